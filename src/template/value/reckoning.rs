//! Arithmetic on numbers as Python does it: integers of any size, floats, and what overflows.

use super::arith::unsupported;
use super::complex::Complex;
use super::{Error, Number, Result, Value};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

/// Computes `x op y`.
///
/// # Errors
/// Division by zero, or a result that is too large for a float or for memory.
pub(super) fn numbers(op: &str, x: &Number, y: &Number) -> Result<Value> {
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
        _ => floats(op, x.finite()?, y.finite()?),
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
        "/" => Value::Float(quotient(a, b)?),
        "//" => Value::int(a.div_floor(b)),
        "%" => Value::int(a.mod_floor(b)),
        "**" if b.is_negative() => return power(x.finite()?, y.finite()?),
        "**" => match b.to_u32() {
            Some(n) if a.bits().saturating_mul(n.into()) <= 4_000_000 => {
                Value::int(num_traits::pow::Pow::pow(a, n))
            }
            _ => return Err(Error::new("the power is too large to compute")),
        },
        _ => return Err(unsupported(op, &Value::Int(0), &Value::Int(0))),
    })
}

/// `a / b` of integers of any size, rounded once.
///
/// # Errors
/// It is too large for a float.
pub(crate) fn quotient(a: &BigInt, b: &BigInt) -> Result<f64> {
    let exact = |n: &BigInt| n.to_i64().filter(|n| n.unsigned_abs() <= 1 << 53);
    if let (Some(a), Some(b)) = (exact(a), exact(b)) {
        return Ok(a as f64 / b as f64);
    }
    // As many bits as give 64 of the quotient; what is left over only says which way to round.
    let shift = b.bits() as i64 - a.bits() as i64 + 64;
    let (high, low) = (a.magnitude().clone(), b.magnitude().clone());
    let (high, low) = if shift >= 0 { (high << shift, low) } else { (high, low << -shift) };
    let (whole, rest) = high.div_rem(&low);
    let whole = whole.to_u128().unwrap_or(u128::MAX) | u128::from(!rest.is_zero());
    let mut result = whole as f64;
    let mut power = -shift;
    while power != 0 {
        let step = power.clamp(-1000, 1000);
        result *= 2f64.powi(step as i32);
        power -= step;
    }
    if !result.is_finite() {
        return Err(Error::new("integer division result too large for a float"));
    }
    Ok(if a.is_negative() != b.is_negative() { -result } else { result })
}

fn floats(op: &str, a: f64, b: f64) -> Result<Value> {
    Ok(Value::Float(match op {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" if b == 0.0 => return Err(Error::new("float division by zero")),
        "/" => a / b,
        "//" if b == 0.0 => return Err(Error::new("float floor division by zero")),
        "//" => floor_division(a, b).0,
        "%" if b == 0.0 => return Err(Error::new("float modulo")),
        "%" => floor_division(a, b).1,
        "**" => return power(a, b),
        _ => return Err(unsupported(op, &Value::Float(a), &Value::Float(b))),
    }))
}

/// Quotient and rest, the rest with the sign of the divisor.
fn floor_division(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut whole = (a - rest) / b;
    if rest == 0.0 {
        rest = 0f64.copysign(b);
    } else if (rest < 0.0) != (b < 0.0) {
        rest += b;
        whole -= 1.0;
    }
    if whole == 0.0 {
        return (0f64.copysign(a / b), rest);
    }
    let floor = whole.floor();
    (if whole - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn power(a: f64, b: f64) -> Result<Value> {
    if a == 0.0 && b < 0.0 {
        return Err(Error::new("0.0 cannot be raised to a negative power"));
    }
    if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
        let (length, angle) = ((-a).powf(b), std::f64::consts::PI * b);
        if !length.is_finite() {
            return Err(out_of_range());
        }
        return Ok(Value::object(Complex { real: length * angle.cos(), imaginary: length * angle.sin() }));
    }
    let result = a.powf(b);
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(out_of_range());
    }
    Ok(Value::Float(result))
}

fn out_of_range() -> Error {
    Error::new("(34, 'Numerical result out of range')")
}
