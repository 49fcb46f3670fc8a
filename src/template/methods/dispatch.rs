//! Which type has which method.

use super::{bytes, dates, dict, list, numbers, set, text};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, View, markup};

/// Methods of objects that behave as dicts.
const MAPPING: &[&str] = &["keys", "values", "items", "get", "copy"];

/// Whether a value has that method.
pub fn has(object: &Value, name: &str) -> bool {
    match object {
        Value::Str(s) if s.markup && markup::NAMES.contains(&name) => true,
        Value::Str(_) | Value::Vault(_) => text::NAMES.contains(&name),
        Value::List(_) => list::NAMES.contains(&name),
        Value::Tuple(_) | Value::Range(_) => matches!(name, "index" | "count"),
        Value::Dict(_) => dict::NAMES.contains(&name),
        Value::Set(_) => set::NAMES.contains(&name),
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => numbers::INT_NAMES.contains(&name),
        Value::Float(_) => numbers::FLOAT_NAMES.contains(&name),
        Value::Bytes(_) => bytes::NAMES.contains(&name),
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Duration(_) => {
            dates::has(object, name)
        }
        Value::Object(o) => o.methods().contains(&name) || MAPPING.contains(&name) && o.keys().is_some(),
        _ => false,
    }
}

/// An attribute that is no method (`date.year`).
pub fn property(object: &Value, name: &str) -> Option<Value> {
    match object {
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Duration(_) => {
            dates::property(object, name)
        }
        Value::Range(r) => match name {
            "start" => Some(Value::Int(r.start)),
            "stop" => Some(Value::Int(r.stop)),
            "step" => Some(Value::Int(r.step)),
            _ => None,
        },
        Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => numbers::property(object, name),
        // What `groupby` yields has names for its two parts.
        Value::View(v) if v.name == View::GROUP => match name {
            "grouper" => v.items.first().cloned(),
            "list" => v.items.get(1).cloned(),
            _ => None,
        },
        _ => None,
    }
}

/// Calls a method.
///
/// # Errors
/// In Python's words.
pub fn call(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    match object {
        Value::Str(s) => {
            let secret = s.secret || args.is_secret();
            let value = match s.markup {
                true => markup::method(eval, &s.text, name, args, text::call)?,
                false => text::call(eval, &s.text, name, args)?,
            };
            Ok(if secret { value.into_secret() } else { value })
        }
        Value::List(_) => list::call(eval, object, name, args),
        Value::Tuple(_) | Value::Range(_) => list::search(eval, object, name, args),
        Value::Dict(_) => dict::call(eval, object, name, args),
        Value::Set(s) => set::call(eval, s, name, args),
        Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => numbers::call(object, name, args),
        Value::Bytes(b) => bytes::call(b, name, args),
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Duration(_) => {
            dates::call(object, name, args)
        }
        Value::Object(o) if o.methods().contains(&name) => {
            let object = o.clone();
            object.call_method(eval, name, args)
        }
        Value::Object(_) => dict::mapping(eval, object, name, args),
        other => Err(Error::new(format!("'{}' object has no attribute '{name}'", other.type_name()))),
    }
}
