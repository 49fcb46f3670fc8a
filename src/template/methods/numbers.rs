//! Methods and attributes of `int` and `float`.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, quotient, ratio};
use num_bigint::{BigInt, Sign};
use num_traits::{Num, Signed};

/// Methods of `int`.
pub const INT_NAMES: &[&str] =
    &["bit_length", "bit_count", "conjugate", "as_integer_ratio", "to_bytes", "from_bytes"];

/// Methods of `float`.
pub const FLOAT_NAMES: &[&str] = &["is_integer", "conjugate", "hex", "fromhex", "as_integer_ratio"];

/// A boolean as the integer that it is.
fn plain(object: &Value) -> Value {
    match object {
        Value::Bool(b) => Value::Int(i64::from(*b)),
        other => other.clone(),
    }
}

/// Attributes that are no methods.
pub fn property(object: &Value, name: &str) -> Option<Value> {
    let integer = !matches!(object, Value::Float(_));
    match name {
        "real" => Some(plain(object)),
        "imag" if integer => Some(Value::Int(0)),
        "imag" => Some(Value::Float(0.0)),
        "numerator" if integer => Some(plain(object)),
        "denominator" if integer => Some(Value::Int(1)),
        _ => None,
    }
}

/// Calls a method.
pub fn call(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    let Some(number) = object.as_number() else { return Ok(Value::None) };
    match (name, object, number.integer()) {
        ("conjugate", _, _) => Ok(plain(object)),
        ("is_integer", Value::Float(f), _) => Ok(Value::Bool(f.is_finite() && f.fract() == 0.0)),
        ("hex", Value::Float(f), _) => Ok(hex(*f).into()),
        ("fromhex", _, _) => from_hex(args.str(0, "string")?).map(Value::Float),
        ("bit_length", _, Some(n)) => Ok(Value::Int(n.bits() as i64)),
        ("bit_count", _, Some(n)) => {
            Ok(Value::Int(n.magnitude().iter_u64_digits().map(|d| i64::from(d.count_ones())).sum()))
        }
        ("as_integer_ratio", _, _) => match (ratio(&number), object) {
            (Some((up, down)), _) => Ok(Value::tuple([Value::int(up), Value::int(down)])),
            (None, Value::Float(f)) if f.is_nan() => Err(Error::new("cannot convert NaN to integer ratio")),
            (None, _) => Err(Error::new("cannot convert Infinity to integer ratio")),
        },
        ("to_bytes", _, Some(n)) => to_bytes(&n, args),
        ("from_bytes", _, _) => {
            let number = from_bytes(eval, args)?;
            match object {
                Value::Bool(_) => number.is_true().map(Value::Bool),
                _ => Ok(number),
            }
        }
        (other, _, _) => {
            Err(Error::new(format!("'{}' object has no attribute '{other}'", object.type_name())))
        }
    }
}

/// Whether the first byte is the lowest.
fn is_little(args: &Args) -> Result<bool> {
    match args.str_or(1, "byteorder", "big")? {
        "big" => Ok(false),
        "little" => Ok(true),
        _ => Err(Error::new("byteorder must be either 'little' or 'big'")),
    }
}

fn signed(args: &Args) -> Result<bool> {
    args.keyword("signed").map_or(Ok(false), Value::is_true)
}

fn to_bytes(number: &BigInt, args: &Args) -> Result<Value> {
    let length = args.index(0, "length", 1)?;
    let little = is_little(args)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(Error::new("length argument must be non-negative"));
    };
    crate::template::value::fits(length)?;
    let signed = signed(args)?;
    if number.is_negative() && !signed {
        return Err(Error::new("can't convert negative int to unsigned"));
    }
    let mut bytes = match signed {
        true => number.to_signed_bytes_le(),
        false => number.magnitude().to_bytes_le(),
    };
    if number.sign() == Sign::NoSign {
        bytes.clear();
    }
    if bytes.len() > length {
        return Err(Error::new("int too big to convert"));
    }
    bytes.resize(length, if number.is_negative() { 0xff } else { 0 });
    if !little {
        bytes.reverse();
    }
    Ok(Value::Bytes(bytes.into()))
}

fn from_bytes(eval: &mut Eval<'_>, args: &Args) -> Result<Value> {
    let given = args.required(0, "bytes")?.clone();
    let little = is_little(args)?;
    let mut bytes: Vec<u8> = match &given {
        Value::Bytes(b) => b.to_vec(),
        Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::None => {
            return Err(Error::new(format!("cannot convert '{}' object to bytes", given.type_name())));
        }
        items => {
            let byte = |v: Value| {
                let i = v.as_int().ok_or_else(|| {
                    let of = v.class_name();
                    Error::new(format!("'{of}' object cannot be interpreted as an integer"))
                })?;
                u8::try_from(i).map_err(|_| Error::new("bytes must be in range(0, 256)"))
            };
            eval.items(items)?.into_iter().map(byte).collect::<Result<_>>()?
        }
    };
    if !little {
        bytes.reverse();
    }
    Ok(Value::int(match signed(args)? {
        true => BigInt::from_signed_bytes_le(&bytes),
        false => BigInt::from_bytes_le(Sign::Plus, &bytes),
    }))
}

/// `float.hex`: the bits of a float.
fn hex(f: f64) -> String {
    if !f.is_finite() {
        return crate::template::value::float_repr(f);
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let bits = f.to_bits();
    let (power, digits) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
    match (power, digits) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, _) => format!("{sign}0x0.{digits:013x}p-1022"),
        _ => format!("{sign}0x1.{digits:013x}p{:+}", power - 1023),
    }
}

/// `float.fromhex`.
fn from_hex(text: &str) -> Result<f64> {
    let bad = || Error::new("invalid hexadecimal floating-point string");
    let text = text.trim().to_ascii_lowercase();
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    match rest {
        "inf" | "infinity" => return Ok(f64::INFINITY * sign),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let rest = rest.strip_prefix("0x").unwrap_or(rest);
    let (digits, power) = rest.split_once('p').unwrap_or((rest, "0"));
    let power: i64 = power.parse().map_err(|_| bad())?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 5000 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(bad());
    }
    let number = BigInt::from_str_radix(&digits, 16).map_err(|_| bad())?;
    let large = || Error::new("hexadecimal value too large to represent as a float");
    let power = power.saturating_sub(4 * fraction.len() as i64);
    if number.sign() == Sign::NoSign || power < -50_000 {
        return Ok(0.0 * sign);
    }
    if power > 50_000 {
        return Err(large());
    }
    let one = BigInt::from(1);
    let value = match power {
        p if p >= 0 => quotient(&(number << p), &one),
        p => quotient(&number, &(one << -p)),
    };
    value.map(|f| f * sign).map_err(|_| large())
}
