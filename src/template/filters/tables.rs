//! Text in columns, as community.general has it: `from_csv`.

use super::Filter;
use crate::template::args::Args;
use crate::template::csv::Csv;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[Filter::new(
    &["community.general.from_csv", "from_csv"],
    &["dialect", "fieldnames", "delimiter", "skipinitialspace", "strict"],
    from_csv,
)];

/// Text as a list of dicts by the names in `fieldnames`, else in its first row. What a row has beyond them is a list
/// under the key `None`; what it lacks is `None`. `dialect` is excel, excel-tab or unix; the rest changes it.
///
/// Errors: another dialect, a delimiter that is not one character, names that are no list; with `strict`, bad quoting.
fn from_csv(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let shown = |value: &Value| if value.is_str() { value.to_text() } else { value.repr() };
    let dialect = args.get(0, "dialect").map_or(Ok("excel".to_owned()), shown)?;
    let delimiter = match dialect.as_str() {
        "excel" | "unix" => ',',
        "excel-tab" => '\t',
        other => {
            return Err(Error::new(format!("Dialect '{other}' is not supported by your version of python.")));
        }
    };
    let flag = |index: usize, name: &str| args.get(index, name).map_or(Ok(false), Value::is_true);
    let reader = Csv {
        delimiter: match args.get(2, "delimiter").filter(|v| !v.is_none()) {
            None => delimiter,
            Some(value) => one_character(value)?,
        },
        skip_spaces: flag(3, "skipinitialspace")?,
        strict: flag(4, "strict")?,
        lone_returns: false,
    };
    let text = input.to_text()?;
    let rows = reader.rows(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let rows = rows.map_err(|e| Error::new(format!("Unable to process file: {e}")))?;
    let mut rows = rows.into_iter();
    let cell = |text: String| Value::text(text, input.is_secret());
    let names: Vec<Value> = match args.get(1, "fieldnames").filter(|v| !v.is_none()) {
        Some(names) => names.iter()?.collect(),
        None => rows.next().unwrap_or_default().into_iter().map(cell).collect(),
    };
    let mut out = Vec::new();
    for row in rows.filter(|row| !row.is_empty()) {
        let dict = Dict::default();
        let mut cells = row.into_iter();
        for name in &names {
            let key = Key::new(name.clone())?;
            match cells.next() {
                Some(text) => dict.insert(key, cell(text)),
                None => dict.insert(key, Value::None),
            }
        }
        let beyond: Vec<Value> = cells.map(cell).collect();
        if !beyond.is_empty() {
            dict.insert(Key::new(Value::None)?, Value::list(beyond));
        }
        out.push(Value::Dict(dict));
    }
    Ok(Value::list(out))
}

fn one_character(value: &Value) -> Result<char> {
    let wrong =
        |what: String| Error::new(format!("Unable to create custom dialect: \"delimiter\" must be {what}"));
    let Some(text) = value.as_str() else { return Err(wrong(format!("string, not {}", value.type_name()))) };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(wrong("a 1-character string".into())),
    }
}
