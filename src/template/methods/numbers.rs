//! Methods and attributes of `int` and `float`.

use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// Methods of `int`.
pub const INT_NAMES: &[&str] = &["bit_length", "bit_count", "conjugate", "as_integer_ratio", "is_integer"];

/// Methods of `float`.
pub const FLOAT_NAMES: &[&str] = &["is_integer", "conjugate", "hex"];

/// Attributes that are no methods.
pub fn property(object: &Value, name: &str) -> Option<Value> {
    let integer = !matches!(object, Value::Float(_));
    let number = || match object {
        Value::Bool(b) => Value::Int(i64::from(*b)),
        number => number.clone(),
    };
    match name {
        "real" => Some(number()),
        "imag" if integer => Some(Value::Int(0)),
        "imag" => Some(Value::Float(0.0)),
        "numerator" if integer => Some(number()),
        "denominator" if integer => Some(Value::Int(1)),
        _ => None,
    }
}

/// Calls a method.
pub fn call(object: &Value, name: &str, args: &Args) -> Result<Value> {
    args.fit(&[], 0)?;
    let number = object.as_number();
    match (name, object, number.and_then(|n| n.integer())) {
        ("conjugate", _, _) => Ok(object.clone()),
        ("is_integer", Value::Float(f), _) => Ok(Value::Bool(f.fract() == 0.0)),
        ("is_integer", _, _) => Ok(Value::Bool(true)),
        ("bit_length", _, Some(n)) => Ok(Value::Int(n.bits() as i64)),
        ("bit_count", _, Some(n)) => {
            Ok(Value::Int(n.magnitude().iter_u64_digits().map(|d| i64::from(d.count_ones())).sum()))
        }
        ("as_integer_ratio", _, Some(_)) => Ok(Value::tuple([object.clone(), Value::Int(1)])),
        (other, _, _) => {
            Err(Error::new(format!("'{}' object has no attribute '{other}'", object.type_name())))
        }
    }
}
