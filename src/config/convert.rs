//! From a key's text to its value.

use super::Environment;
use super::keys::{Key, Kind};
use impel_modules::Data;
use std::path::Path;

/// The text as the key's type, relative paths from `base`; an error says what it should have been.
pub(super) fn convert(key: &Key, text: &str, base: &Path, environment: &Environment) -> Result<Data, String> {
    let invalid = |kind: &str| format!("Invalid value provided for '{kind}': {}", quoted(text));
    let path = |text: &str| -> Data { environment.path(text, base).to_string_lossy().as_ref().into() };
    let list = |separator: char| text.split(separator).map(str::trim).filter(|part| !part.is_empty());
    let value = match key.kind {
        Kind::Bool => Data::Bool(is_true(text)),
        Kind::Int => Data::Int(integer(text).ok_or_else(|| invalid("integer"))?),
        Kind::Float => Data::Float(text.trim().parse().map_err(|_| invalid("float"))?),
        Kind::List => Data::List(list(',').map(Data::from).collect()),
        Kind::Path if text.is_empty() || text == "None" => Data::Null,
        Kind::Path => path(text),
        Kind::PathSpec => Data::List(list(':').map(path).collect()),
        Kind::PathList => Data::List(list(',').map(path).collect()),
        Kind::Any if text != key.default => Data::str(unquoted(text)),
        Kind::Any if text == "false" => Data::Bool(false),
        Kind::Any => text.parse().map_or_else(|_| Data::str(text), Data::Int),
        Kind::Dict => match serde_json::from_str(text) {
            Ok(serde_json::Value::Object(map)) => Data::Map(
                map.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.into()))).collect(),
            ),
            _ => return Err(invalid("dictionary")),
        },
        Kind::String => Data::str(unquoted(text)),
    };
    match &value {
        Data::Str(chosen) if !key.choices.is_empty() && !key.choices.contains(&&*chosen.text) => {
            Err(format!("Valid values are: {}", key.choices.join(", ")))
        }
        _ => Ok(value),
    }
}

/// Python's notion of a loose boolean: what is not clearly true is false.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim().to_lowercase().as_str(), "y" | "yes" | "on" | "1" | "1.0" | "true" | "t")
}

/// A whole number, written as one or with an empty fraction.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let whole =
        text.split_once('.').filter(|(_, rest)| rest.chars().all(|c| c == '0')).map_or(text, |(w, _)| w);
    whole.replace('_', "").parse().ok()
}

/// The text without the quotes around it, where there are some.
fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}
