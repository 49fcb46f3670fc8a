//! Which type has which method.

use super::{bytes, clocks, dates, dict, list, numbers, set, signatures, spans, text};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, markup};

/// Methods of objects that behave as dicts.
const MAPPING: &[&str] = &["keys", "values", "items", "get", "copy"];

/// Whether a value has that method.
pub fn has(object: &Value, name: &str) -> bool {
    match object {
        Value::Str(s) if s.markup && markup::NAMES.contains(&name) => true,
        Value::Str(_) | Value::Vault(_) => text::NAMES.contains(&name),
        Value::List(_) => list::NAMES.contains(&name),
        Value::View(v) if v.is_tuple() => matches!(name, "index" | "count"),
        Value::Tuple(_) | Value::Range(_) => matches!(name, "index" | "count"),
        Value::Dict(_) => dict::NAMES.contains(&name),
        Value::Set(_) => set::NAMES.contains(&name),
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => numbers::INT_NAMES.contains(&name),
        Value::Float(_) => numbers::FLOAT_NAMES.contains(&name),
        Value::Bytes(_) => bytes::NAMES.contains(&name),
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => dates::has(object, name),
        Value::Time(_) => clocks::NAMES.contains(&name),
        Value::Duration(_) => name == "total_seconds",
        Value::Object(o) => o.methods().contains(&name) || MAPPING.contains(&name) && o.keys().is_some(),
        _ => false,
    }
}

/// An attribute that is no method (`date.year`).
pub fn property(object: &Value, name: &str) -> Option<Value> {
    match object {
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => dates::property(object, name),
        Value::Time(time) => clocks::property(*time, name),
        Value::Duration(duration) => spans::property(*duration, name),
        Value::Range(r) => match name {
            "start" => Some(Value::Int(r.start)),
            "stop" => Some(Value::Int(r.stop)),
            "step" => Some(Value::Int(r.step)),
            _ => None,
        },
        Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => numbers::property(object, name),
        Value::View(v) => {
            v.fields().iter().zip(v.items.iter()).find(|(f, _)| **f == name).map(|(_, v)| v.clone())
        }
        _ => None,
    }
}

/// Calls a method.
///
/// # Errors
/// In Python's words.
pub fn call(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    signatures::check(object, name, args)?;
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
        Value::Tuple(_) | Value::Range(_) | Value::View(_) => list::search(eval, object, name, args),
        Value::Dict(_) => dict::call(eval, object, name, args),
        Value::Set(s) => set::call(eval, s, name, args),
        Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => {
            numbers::call(eval, object, name, args)
        }
        Value::Bytes(b) => bytes::call(eval, b, name, args),
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => dates::call(object, name, args),
        Value::Time(time) => clocks::call(*time, name, args),
        Value::Duration(d) => Ok(Value::Float(d.as_micros() as f64 / 1e6)),
        Value::Object(o) if o.methods().contains(&name) => {
            let object = o.clone();
            object.call_method(eval, name, args)
        }
        Value::Object(_) => dict::mapping(eval, object, name, args),
        other => Err(Error::new(format!("'{}' object has no attribute '{name}'", other.type_name()))),
    }
}
