//! Arguments that ansible.utils' filters declare with a type, as modules do theirs: what is taken for it, and what is
//! said of the rest.

use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// A list of complaints, as such filters raise them.
pub(super) fn complaint(said: String) -> Error {
    Error::new(Value::list([Value::from(said)]).repr().unwrap_or_default())
}

/// A complaint that ends in the value's type.
pub(super) fn complaint_of_kind(said: &str, value: &Value) -> Error {
    Error::new(format!("{said} <class '{}'>", value.type_name()))
}

/// Text that Python's `int()` takes.
pub(super) fn whole(text: &str) -> Option<i128> {
    let text = text.trim();
    let apart = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    text.replace('_', "").parse().ok().filter(|_| apart)
}

/// Text; nothing becomes none.
pub(super) fn text(value: &Value) -> Result<String> {
    if value.is_none() { Ok(String::new()) } else { value.to_text() }
}

/// An integer; nothing where it was not given or is `None`.
pub(super) fn int(args: &Args, index: usize, name: &str) -> Result<Option<i128>> {
    let Some(value) = args.get(index, name).filter(|v| !v.is_none()) else { return Ok(None) };
    let number = match value {
        Value::Bool(b) => Some(i128::from(*b)),
        Value::Int(_) | Value::Big(_) | Value::Float(_) | Value::Str(_) => {
            let text = value.to_text()?;
            let text = text.trim();
            whole(text.strip_suffix(".0").unwrap_or(text))
        }
        _ => None,
    };
    if number.is_none() {
        return Err(complaint(format!(
            "argument '{name}' is of type {} and we were unable to convert to int: \"{}\" cannot be converted to an \
             int",
            value.type_name(),
            value.repr()?
        )));
    }
    Ok(number)
}

/// A boolean; nothing where it was not given or is `None`.
pub(super) fn flag(args: &Args, index: usize, name: &str) -> Result<Option<bool>> {
    let Some(value) = args.get(index, name).filter(|v| !v.is_none()) else { return Ok(None) };
    let text = value.to_text()?.to_lowercase();
    match text.as_str() {
        "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Ok(Some(true)),
        "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Ok(Some(false)),
        _ => Err(complaint(format!(
            "argument '{name}' is of type {} and we were unable to convert to bool: The value {} is not a valid \
             boolean.",
            value.type_name(),
            value.repr()?
        ))),
    }
}

/// A list: text is split at commas, a number or boolean stands for itself as text.
pub(super) fn list(value: &Value, name: &str) -> Result<Vec<Value>> {
    match value {
        Value::Str(s) => Ok(s.text.split(',').map(|part| Value::text(part, s.secret)).collect()),
        Value::List(_) | Value::View(_) => Ok(value.iter()?.collect()),
        Value::Int(_) | Value::Big(_) | Value::Float(_) | Value::Bool(_) => Ok(vec![value.to_text()?.into()]),
        Value::Undefined(marker) => Err(Error(marker.clone())),
        other => Err(complaint(format!(
            "argument '{name}' is of type {0} and we were unable to convert to list: <class '{0}'> cannot be \
             converted to a list",
            other.type_name()
        ))),
    }
}

/// A list of text.
pub(super) fn texts(value: &Value, name: &str) -> Result<Vec<String>> {
    list(value, name)?.iter().map(text).collect()
}

/// An argument that must be there.
pub(super) fn required<'a>(args: &'a Args, index: usize, name: &str) -> Result<&'a Value> {
    args.get(index, name).ok_or_else(|| complaint(format!("missing required arguments: {name}")))
}
