//! `comment`: text as a comment of some language.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, fits, str_repr};
use num_traits::ToPrimitive;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[Filter::new(&["comment"], &["style"], comment).open()];

/// How often a prefix or postfix may be repeated.
const MOST_REPEATS: i64 = 10_000;

/// A text as a comment in a `style`, each part of which can be given by name.
///
/// # Errors
/// There is no such style, it is no text, or a count no number.
fn comment(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let style = match args.get(0, "style") {
        None => "plain",
        Some(style) => match style.as_str() {
            Some(style) => style,
            None => return Err(Error::new(format!("Invalid style {}.", style.repr()?))),
        },
    };
    // Beginning, decoration, end.
    let (beginning, decoration, end) = match style {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        _ => return Err(Error::new(format!("Invalid style {}.", str_repr(style)))),
    };
    let text_of = |name: &str, default: &str| -> Result<String> {
        match args.keyword(name) {
            None => Ok(default.to_owned()),
            // what is false is left out
            Some(value) if !value.is_true()? => Ok(String::new()),
            Some(value) => value.to_text(),
        }
    };
    let count_of = |name: &str| -> Result<i64> {
        match args.keyword(name) {
            None => Ok(1),
            Some(Value::Str(text)) => {
                match crate::python::number::int(&text.text, 10).and_then(|n| n.to_i64()) {
                    Some(number) => Ok(number),
                    None => {
                        let shown = str_repr(&text.text);
                        Err(Error::new(format!("invalid literal for int() with base 10: {shown}")))
                    }
                }
            }
            Some(v) => match v.as_number() {
                Some(number) => Ok(number.float() as i64),
                None => Err(Error::new(format!(
                    "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                    v.class_name()
                ))),
            },
        }
    };
    if let Some(newline) = args.keyword("newline").filter(|newline| newline.as_str().is_none()) {
        let name = if newline.is_none() { "None" } else { newline.class_name() };
        return Err(Error::new(format!("replace() argument 1 must be str, not {name}")));
    }
    if let Some(postfix) = args.keyword("postfix").filter(|postfix| postfix.as_str().is_none()) {
        let name = postfix.class_name();
        return Err(Error::new(format!("sequence item 1: expected str instance, {name} found")));
    }
    let newline = text_of("newline", "\n")?;
    let beginning = text_of("beginning", beginning)?;
    if let Some(decoration) = args.keyword("decoration") {
        super::strings::text_with(decoration, "rstrip")?;
    }
    let decoration = text_of("decoration", decoration)?;
    let end = text_of("end", end)?;
    let stripped = decoration.trim_end().to_owned();
    let prefix = text_of("prefix", &stripped)?;
    let postfix = text_of("postfix", &stripped)?;
    let postfixes = args.keyword("postfix_count").map_or(Ok(1), |count| {
        let name = count.class_name();
        let bad = || Error::new(format!("'{name}' object cannot be interpreted as an integer"));
        count.as_int().ok_or_else(bad)
    })?;
    let prefixes = count_of("prefix_count")?;
    if prefixes > MOST_REPEATS || postfixes > MOST_REPEATS {
        return Err(Error::new(format!("more than {MOST_REPEATS} repetitions")));
    }
    let times = |n: i64| usize::try_from(n).unwrap_or(0);
    let mut out = String::new();
    if !beginning.is_empty() {
        out.push_str(&beginning);
        out.push_str(&newline);
    }
    if !prefix.is_empty() {
        fits((prefix.len() + newline.len()).saturating_mul(times(prefixes)))?;
        // a newline is a line already
        let line = if prefix == newline { newline.clone() } else { format!("{prefix}{newline}") };
        out.push_str(&line.repeat(times(prefixes)));
    }
    let text = super::strings::text_with(&input, "replace")?;
    let places = if newline.is_empty() { text.len() + 1 } else { text.matches(newline.as_str()).count() };
    let each = (decoration.len() + newline.len()).saturating_mul(places + 1);
    fits(each.saturating_add(text.len()).saturating_add(out.len()))?;
    let body = format!("{decoration}{}", text.replace(newline.as_str(), &format!("{newline}{decoration}")));
    out.push_str(&body.replace(&format!("{decoration}{newline}"), &format!("{stripped}{newline}")));
    fits((postfix.len() + newline.len()).saturating_mul(times(postfixes)).saturating_add(out.len()))?;
    for _ in 0..times(postfixes) {
        out.push_str(&newline);
        out.push_str(&postfix);
    }
    if !end.is_empty() {
        out.push_str(&newline);
        out.push_str(&end);
    }
    Ok(Value::text(out, input.is_secret()))
}
