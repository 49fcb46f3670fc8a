//! Markup: text that is HTML already, which `escape` leaves alone and which escapes what is put into it.

use super::{Dict, Key, Result, Str, Value};
use crate::template::Eval;
use crate::template::args::Args;

/// How deep arguments are escaped.
const DEEPEST: usize = 20;

/// Filters that yield markup where their input is markup, since they use its methods.
const KEEPING: &[&str] =
    &["upper", "lower", "capitalize", "center", "trim", "indent", "reverse", "format", "string"];

/// Methods whose text is markup where the object's is.
const MAKING: &[&str] = &[
    "upper",
    "lower",
    "title",
    "capitalize",
    "casefold",
    "swapcase",
    "split",
    "rsplit",
    "splitlines",
    "partition",
    "rpartition",
    "replace",
    "join",
    "center",
    "ljust",
    "rjust",
    "strip",
    "lstrip",
    "rstrip",
    "zfill",
    "expandtabs",
    "translate",
    "removeprefix",
    "removesuffix",
    "format",
    "format_map",
];

/// Methods that only markup has.
pub const NAMES: &[&str] = &["striptags", "unescape", "escape"];

/// MarkupSafe's escapes.
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}

impl Str {
    /// The same as markup.
    pub fn as_markup(self) -> Str {
        Str { markup: true, ..self }
    }
}

impl Value {
    /// Whether it is text that is HTML already.
    pub fn is_markup(&self) -> bool {
        matches!(self, Value::Str(s) if s.markup)
    }

    /// Its strings, in lists and tuples too, as markup.
    pub fn into_markup(self) -> Value {
        match self {
            Value::Str(s) => Value::Str(s.as_markup()),
            Value::List(l) => Value::list(l.items().iter().cloned().map(Value::into_markup)),
            Value::Tuple(t) => Value::tuple(t.iter().cloned().map(Value::into_markup)),
            other => other,
        }
    }

    /// Its text as markup: escaped, unless it is markup.
    ///
    /// # Errors
    /// It is a marker.
    pub fn escaped(&self) -> Result<Value> {
        match self {
            Value::Str(s) if s.markup => Ok(self.clone()),
            Value::None => Ok(Value::str("None").into_markup()),
            other => Ok(Value::text(escape_html(&other.to_text()?), other.is_secret()).into_markup()),
        }
    }
}

/// What an operand or argument is worth beside markup: its strings escaped.
pub fn beside(value: &Value) -> Value {
    deep(value, DEEPEST)
}

fn deep(value: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return value.clone() };
    match value {
        Value::Str(_) => value.escaped().unwrap_or_else(Value::from),
        Value::List(l) => Value::list(l.items().iter().map(|v| deep(v, depth))),
        Value::Tuple(t) => Value::tuple(t.iter().map(|v| deep(v, depth))),
        Value::Dict(d) => {
            let pairs = d.pairs();
            let pairs = pairs.iter().map(|(k, v): (&Key, &Value)| (k.clone(), deep(v, depth)));
            Value::Dict(pairs.collect::<Dict>())
        }
        other => other.clone(),
    }
}

/// The arguments of a filter that formats markup.
pub fn arguments_beside(args: &Args) -> Args {
    Args {
        callee: args.callee.clone(),
        positional: args.positional.iter().map(beside).collect(),
        named: args.named.iter().map(|(name, value)| (name.clone(), beside(value))).collect(),
    }
}

/// Whether a filter yields markup where its input is markup.
pub fn is_kept_by(filter: &str) -> bool {
    KEEPING.contains(&filter.strip_prefix("ansible.builtin.").unwrap_or(filter))
}

/// Calls a method of markup; `call` is the method of plain text.
///
/// # Errors
/// In Python's words.
pub fn method(
    eval: &mut Eval<'_>,
    text: &str,
    name: &str,
    args: &Args,
    call: impl FnOnce(&mut Eval<'_>, &str, &str, &Args) -> Result<Value>,
) -> Result<Value> {
    match name {
        "escape" => return args.required(0, "s")?.escaped(),
        "unescape" => return Ok(crate::template::filters::unescape_html(text).into()),
        "striptags" => return Ok(crate::template::filters::without_tags(text).into()),
        _ => {}
    }
    let escaped = match name {
        "join" | "format" | "format_map" => arguments_beside(args),
        "replace" | "ljust" | "rjust" | "center" => {
            let mut args = args.clone();
            if let Some(second) = args.positional.get_mut(1) {
                *second = beside(second);
            }
            args
        }
        _ => args.clone(),
    };
    let value = call(eval, text, name, &escaped)?;
    Ok(if MAKING.contains(&name) { value.into_markup() } else { value })
}
