//! Arithmetic as Python does it: `+ - * / // % **`, on strings, lists, bytes; numbers and dates in their own files.

use super::containers::LARGEST;
use super::{Error, Number, Result, Str, Value, markup, moments, reckoning};

/// Whether text of that many bytes, or a list of that many items, may be made.
///
/// # Errors
/// It would take too much memory.
pub fn fits(size: usize) -> Result<()> {
    match size <= LARGEST * 16 {
        true => Ok(()),
        false => Err(Error::new(format!("the result would be too large ({size} bytes or items)"))),
    }
}

/// Computes `a op b`; `op` is Python's spelling.
///
/// # Errors
/// The types do not fit, division by zero, a result too large, or a marker takes part.
pub fn binary(op: &str, a: &Value, b: &Value) -> Result<Value> {
    if let Value::Undefined(marker) | Value::Void(marker) = a {
        return Err(Error(marker.clone()));
    }
    if let Value::Undefined(marker) | Value::Void(marker) = b {
        return Err(Error(marker.clone()));
    }
    if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
        return reckoning::numbers(op, &x, &y);
    }
    match (op, a, b) {
        ("+", Value::Str(x), Value::Str(y)) if x.markup != y.markup => {
            binary(op, &a.escaped()?, &b.escaped()?)
        }
        ("+", Value::Str(x), Value::Str(y)) => {
            fits(x.text.len().saturating_add(y.text.len()))?;
            let text = Str::plain(format!("{}{}", x.text, y.text)).marked(x.secret || y.secret);
            Ok(Value::Str(Str { markup: x.markup, ..text }))
        }
        ("+", Value::Str(_), _) => {
            Err(Error::new(format!("can only concatenate str (not \"{}\") to str", b.class_name())))
        }
        ("+", Value::List(x), Value::List(y)) => {
            fits(x.len().saturating_add(y.len()).saturating_mul(16))?;
            Ok(Value::list(x.items().iter().chain(y.items().iter()).cloned()))
        }
        ("+", Value::List(_), _) => {
            Err(Error::new(format!("can only concatenate list (not \"{}\") to list", b.class_name())))
        }
        ("+", Value::Tuple(x), Value::Tuple(y)) => Ok(Value::tuple(x.iter().chain(y.iter()).cloned())),
        ("+", Value::Tuple(_), _) => {
            Err(Error::new(format!("can only concatenate tuple (not \"{}\") to tuple", b.class_name())))
        }
        ("*", Value::Str(s), n) | ("*", n, Value::Str(s)) => {
            let times = times(op, a, b, n, s.text.len())?;
            let text = Str::plain(s.text.repeat(times)).marked(s.secret);
            Ok(Value::Str(Str { markup: s.markup, ..text }))
        }
        ("*", Value::List(l), n) | ("*", n, Value::List(l)) => {
            let times = times(op, a, b, n, l.len())?;
            let items = l.items();
            Ok(Value::list(std::iter::repeat_n(&*items, times).flatten().cloned()))
        }
        ("*", Value::Tuple(t), n) | ("*", n, Value::Tuple(t)) => {
            let times = times(op, a, b, n, t.len())?;
            Ok(Value::tuple(std::iter::repeat_n(t, times).flat_map(|t| t.iter()).cloned()))
        }
        ("%", Value::Str(s), _) if s.markup => {
            let text = crate::template::format::percent(&s.text, &markup::beside(b))?;
            Ok(Value::text(text, s.secret || b.is_secret()).into_markup())
        }
        ("%", Value::Str(s), _) => {
            let text = crate::template::format::percent(&s.text, b)?;
            Ok(Value::text(text, s.secret || b.is_secret()))
        }
        ("+", Value::Bytes(x), Value::Bytes(y)) => {
            fits(x.len().saturating_add(y.len()))?;
            Ok(Value::Bytes(x.iter().chain(y.iter()).copied().collect()))
        }
        ("+", Value::Bytes(_), _) => Err(Error::new(format!("can't concat {} to bytes", b.class_name()))),
        ("*", Value::Bytes(s), n) | ("*", n, Value::Bytes(s)) => {
            let times = times(op, a, b, n, s.len())?;
            Ok(Value::Bytes(s.repeat(times).into()))
        }
        ("%", Value::Bytes(s), _) => crate::template::format::percent_bytes(s, b),
        _ => moments::binary(op, a, b).unwrap_or_else(|| Err(unsupported(op, a, b))),
    }
}

/// Python's unary minus.
///
/// # Errors
/// It is no number, or a marker.
pub fn negative(value: &Value) -> Result<Value> {
    match value.as_number() {
        Some(Number::Float(f)) => Ok(Value::Float(-f)),
        Some(n) => Ok(Value::int(-n.integer().unwrap_or_default())),
        None => match value {
            Value::Duration(d) => d.checked_neg().map(Value::Duration).ok_or_else(moments::overflow),
            _ => Err(bad_unary('-', value)),
        },
    }
}

/// Python's unary plus.
///
/// # Errors
/// It is no number, or a marker.
pub fn positive(value: &Value) -> Result<Value> {
    match value {
        Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
        v if v.as_number().is_some() || matches!(v, Value::Duration(_)) => Ok(v.clone()),
        _ => Err(bad_unary('+', value)),
    }
}

fn bad_unary(op: char, value: &Value) -> Error {
    match value {
        Value::Undefined(marker) => Error(marker.clone()),
        v => Error::new(format!("bad operand type for unary {op}: '{}'", v.class_name())),
    }
}

/// That the operator is not there for these types.
pub(super) fn unsupported(op: &str, a: &Value, b: &Value) -> Error {
    let op = if op == "**" { "** or pow()" } else { op };
    Error::new(format!("unsupported operand type(s) for {op}: '{}' and '{}'", a.class_name(), b.class_name()))
}

fn is_repeated(value: &Value) -> bool {
    value.is_str() || value.is_sequence() || matches!(value, Value::Bytes(_))
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_))
}

/// How often something of `size` is repeated, bounded.
fn times(op: &str, a: &Value, b: &Value, n: &Value, size: usize) -> Result<usize> {
    let times = match n {
        Value::Bool(_) | Value::Int(_) => n.as_int().unwrap_or(0).max(0) as usize,
        Value::Big(_) => return Err(Error::new("cannot fit 'int' into an index-sized integer")),
        _ if is_repeated(a) || is_repeated(b) => {
            // ansible-core's own lists ask for a number before Python's do.
            let other = if is_repeated(a) && (is_list(a) || !is_list(b)) { b } else { a };
            let class = other.class_name();
            return Err(Error::new(if is_list(a) || is_list(b) {
                format!("'{class}' object cannot be interpreted as an integer")
            } else {
                format!("can't multiply sequence by non-int of type '{class}'")
            }));
        }
        _ => return Err(unsupported(op, a, b)),
    };
    match size.checked_mul(times) {
        Some(total) if total <= LARGEST * 16 => Ok(times),
        _ => Err(Error::new(format!(
            "the repetition would be {size} times {times} items long, which is too large"
        ))),
    }
}
