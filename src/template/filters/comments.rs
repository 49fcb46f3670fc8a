//! `comment`: text as a comment of some language.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, str_repr};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[Filter::new(&["comment"], &["style"], comment).open()];

/// How often a prefix or postfix may be repeated.
const MOST_REPEATS: i64 = 10_000;

fn comment(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let style = args.str_or(0, "style", "plain")?;
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
        args.keyword(name).map_or(Ok(default.to_owned()), Value::to_text)
    };
    let count_of = |name: &str| -> Result<i64> {
        match args.keyword(name) {
            None => Ok(1),
            Some(v) => v.as_int().ok_or_else(|| Error::new(format!("{name} must be an integer"))),
        }
    };
    let newline = text_of("newline", "\n")?;
    let beginning = text_of("beginning", beginning)?;
    let decoration = text_of("decoration", decoration)?;
    let end = text_of("end", end)?;
    let stripped = decoration.trim_end().to_owned();
    let prefix = text_of("prefix", &stripped)?;
    let postfix = text_of("postfix", &stripped)?;
    let (prefixes, postfixes) = (count_of("prefix_count")?, count_of("postfix_count")?);
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
        out.push_str(&format!("{prefix}{newline}").repeat(times(prefixes)));
    }
    let text = input.to_text()?;
    let body = format!("{decoration}{}", text.replace(newline.as_str(), &format!("{newline}{decoration}")));
    out.push_str(&body.replace(&format!("{decoration}{newline}"), &format!("{stripped}{newline}")));
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
