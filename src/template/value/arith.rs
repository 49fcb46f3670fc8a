//! Arithmetic as Python does it: `+ - * / // % **`, on numbers, strings, lists, dates.

use super::containers::LARGEST;
use super::{Error, Number, Result, Str, Value, markup};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

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
        return numbers(op, &x, &y);
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
            Err(Error::new(format!("can only concatenate str (not \"{}\") to str", b.type_name())))
        }
        ("+", Value::List(x), Value::List(y)) => {
            fits(x.len().saturating_add(y.len()).saturating_mul(16))?;
            Ok(Value::list(x.items().iter().chain(y.items().iter()).cloned()))
        }
        ("+", Value::List(_), _) => {
            Err(Error::new(format!("can only concatenate list (not \"{}\") to list", b.type_name())))
        }
        ("+", Value::Tuple(x), Value::Tuple(y)) => Ok(Value::tuple(x.iter().chain(y.iter()).cloned())),
        ("+", Value::Tuple(_), _) => {
            Err(Error::new(format!("can only concatenate tuple (not \"{}\") to tuple", b.type_name())))
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
        _ => dates(op, a, b).unwrap_or_else(|| Err(unsupported(op, a, b))),
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
        None => Err(bad_unary('-', value)),
    }
}

/// Python's unary plus.
///
/// # Errors
/// It is no number, or a marker.
pub fn positive(value: &Value) -> Result<Value> {
    match value {
        Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
        v if v.as_number().is_some() => Ok(v.clone()),
        _ => Err(bad_unary('+', value)),
    }
}

fn bad_unary(op: char, value: &Value) -> Error {
    match value {
        Value::Undefined(marker) => Error(marker.clone()),
        v => Error::new(format!("bad operand type for unary {op}: '{}'", v.type_name())),
    }
}

fn unsupported(op: &str, a: &Value, b: &Value) -> Error {
    let op = if op == "**" { "** or pow()" } else { op };
    Error::new(format!("unsupported operand type(s) for {op}: '{}' and '{}'", a.type_name(), b.type_name()))
}

/// How often something of `size` is repeated, bounded.
fn times(op: &str, a: &Value, b: &Value, n: &Value, size: usize) -> Result<usize> {
    let times = match n {
        Value::Bool(_) | Value::Int(_) => n.as_int().unwrap_or(0).max(0) as usize,
        Value::Big(n) if n.is_negative() => 0,
        Value::Big(_) => usize::MAX,
        _ if a.is_str() || b.is_str() || a.is_sequence() || b.is_sequence() => {
            return Err(Error::new(format!(
                "can't multiply sequence by non-int of type '{}'",
                n.type_name()
            )));
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

fn numbers(op: &str, x: &Number, y: &Number) -> Result<Value> {
    if let (Number::Small(a), Number::Small(b)) = (x, y) {
        let small = match op {
            "+" => a.checked_add(*b),
            "-" => a.checked_sub(*b),
            "*" => a.checked_mul(*b),
            "//" if *b != 0 && *b != -1 => Some(a.div_floor(b)),
            "%" if *b != 0 && *b != -1 => Some(a.mod_floor(b)),
            _ => None,
        };
        if let Some(i) = small {
            return Ok(Value::Int(i));
        }
    }
    match (x.integer(), y.integer()) {
        (Some(a), Some(b)) => integers(op, &a, &b, x, y),
        _ => floats(op, x.float(), y.float()),
    }
}

fn integers(op: &str, a: &BigInt, b: &BigInt, x: &Number, y: &Number) -> Result<Value> {
    Ok(match op {
        "+" => Value::int(a + b),
        "-" => Value::int(a - b),
        "*" => Value::int(a * b),
        "/" | "//" | "%" if b.is_zero() => {
            return Err(Error::new(match op {
                "/" => "division by zero",
                "//" => "integer division or modulo by zero",
                _ => "integer modulo by zero",
            }));
        }
        "/" => Value::Float(x.float() / y.float()),
        "//" => Value::int(a.div_floor(b)),
        "%" => Value::int(a.mod_floor(b)),
        "**" if b.is_negative() && a.is_zero() => {
            return Err(Error::new("0.0 cannot be raised to a negative power"));
        }
        "**" if b.is_negative() => Value::Float(x.float().powf(y.float())),
        "**" => match b.to_u32() {
            Some(n) if a.bits().saturating_mul(n.into()) <= 4_000_000 => {
                Value::int(num_traits::pow::Pow::pow(a, n))
            }
            _ => return Err(Error::new("the power is too large to compute")),
        },
        _ => return Err(unsupported(op, &Value::Int(0), &Value::Int(0))),
    })
}

fn floats(op: &str, a: f64, b: f64) -> Result<Value> {
    Ok(Value::Float(match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" if b == 0.0 => return Err(Error::new("float division by zero")),
        "/" => a / b,
        "//" if b == 0.0 => return Err(Error::new("float floor division by zero")),
        "//" => (a / b).floor(),
        "%" if b == 0.0 => return Err(Error::new("float modulo")),
        "%" => {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
        }
        "**" if a == 0.0 && b < 0.0 => return Err(Error::new("0.0 cannot be raised to a negative power")),
        "**" => a.powf(b),
        _ => return Err(unsupported(op, &Value::Float(a), &Value::Float(b))),
    }))
}

/// Differences of times, and times moved by a difference.
fn dates(op: &str, a: &Value, b: &Value) -> Option<Result<Value>> {
    let overflow = || Error::new("date value out of range");
    Some(match (op, a, b) {
        ("-", Value::Date(x), Value::Date(y)) => Ok(Value::Duration(x.duration_since(*y))),
        ("-", Value::DateTime(x), Value::DateTime(y)) => Ok(Value::Duration(x.duration_since(**y))),
        ("-", Value::Zoned(x), Value::Zoned(y)) => Ok(Value::Duration(x.duration_since(y))),
        ("+", Value::Duration(x), Value::Duration(y)) => {
            x.checked_add(*y).map(Value::Duration).ok_or_else(overflow)
        }
        ("-", Value::Duration(x), Value::Duration(y)) => {
            x.checked_sub(*y).map(Value::Duration).ok_or_else(overflow)
        }
        ("+", Value::Date(d), Value::Duration(s)) | ("+", Value::Duration(s), Value::Date(d)) => {
            d.checked_add(*s).map(Value::Date).map_err(|_| overflow())
        }
        ("-", Value::Date(d), Value::Duration(s)) => {
            d.checked_sub(*s).map(Value::Date).map_err(|_| overflow())
        }
        ("+", Value::DateTime(d), Value::Duration(s)) | ("+", Value::Duration(s), Value::DateTime(d)) => {
            d.checked_add(*s).map(|t| Value::DateTime(t.into())).map_err(|_| overflow())
        }
        ("-", Value::DateTime(d), Value::Duration(s)) => {
            d.checked_sub(*s).map(|t| Value::DateTime(t.into())).map_err(|_| overflow())
        }
        ("+", Value::Zoned(d), Value::Duration(s)) | ("+", Value::Duration(s), Value::Zoned(d)) => {
            d.checked_add(*s).map(|t| Value::Zoned(t.into())).map_err(|_| overflow())
        }
        ("-", Value::Zoned(d), Value::Duration(s)) => {
            d.checked_sub(*s).map(|t| Value::Zoned(t.into())).map_err(|_| overflow())
        }
        _ => return None,
    })
}
