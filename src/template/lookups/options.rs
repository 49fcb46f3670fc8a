//! Options of lookups that have a type, and the complaint where a value has none of it.

use crate::template::value::{Error, Result, Value};
use num_traits::ToPrimitive;

/// An option as an integer, as Ansible's configuration reads one: digits, floats without a fraction, booleans.
/// `kind` is how the option's documentation spells the type.
///
/// # Errors
/// It is nothing of the kind.
pub(super) fn integer(plugin: &str, option: &str, value: &Value, kind: &str) -> Result<i64> {
    let number = match value {
        Value::Float(f) if f.fract() == 0.0 => f.to_i64(),
        Value::Str(s) => {
            let text = s.text.trim().replace('_', "");
            let whole = || text.parse::<f64>().ok().filter(|f| f.fract() == 0.0)?.to_i64();
            text.parse().ok().or_else(whole)
        }
        other => other.as_int(),
    };
    number.ok_or_else(|| invalid(plugin, option, value, kind))
}

/// An option as a list: a string's parts between commas, or a list's items.
///
/// # Errors
/// It is nothing of the kind.
pub(super) fn strings(plugin: &str, option: &str, value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Str(s) => Ok(s.text.split(',').map(|part| part.trim().to_owned()).collect()),
        Value::List(_) | Value::Tuple(_) => value.iter()?.map(|v| v.to_text()).collect(),
        other => Err(invalid(plugin, option, other, "list")),
    }
}

/// An option as a boolean, as Ansible's configuration reads one: words for yes, and anything else is no; `none` is
/// as if it were not given.
///
/// # Errors
/// It is a marker.
pub(super) fn flag(value: Option<&Value>, default: bool) -> Result<bool> {
    match value {
        None | Some(Value::None) => Ok(default),
        Some(Value::Str(s)) => {
            Ok(matches!(&*s.text.trim().to_lowercase(), "yes" | "on" | "1" | "1.0" | "true" | "t" | "y"))
        }
        Some(other) => other.is_true(),
    }
}

fn invalid(plugin: &str, option: &str, value: &Value, kind: &str) -> Error {
    Error::new(format!(
        "Config '{option}' for '{plugin}' lookup plugin from 'Direct' has an invalid value: Invalid value provided \
         for '{kind}': {}",
        value.repr().unwrap_or_default()
    ))
}

/// An option as a float.
///
/// # Errors
/// It is nothing of the kind.
pub(super) fn float(plugin: &str, option: &str, value: &Value) -> Result<f64> {
    let number = match value {
        Value::Str(s) => s.text.trim().parse().ok(),
        other => other.as_number().map(|n| n.float()),
    };
    number.filter(|n| n.is_finite()).ok_or_else(|| invalid(plugin, option, value, "float"))
}
