//! Arithmetic on dates, times and their differences.

use super::{Error, Number, Result, Value, reckoning};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};
use std::sync::Arc;

const DAY: i128 = 86_400_000_000;

/// That a date has left the years from 1 to 9999.
pub(super) fn overflow() -> Error {
    Error::new("date value out of range")
}

/// Computes `a op b`; `None` where Python has no such operation.
pub(super) fn binary(op: &str, a: &Value, b: &Value) -> Option<Result<Value>> {
    Some(match (op, a, b) {
        ("-", Value::Date(x), Value::Date(y)) => Ok(Value::Duration(x.duration_since(*y))),
        ("-", Value::DateTime(x), Value::DateTime(y)) => Ok(Value::Duration(x.duration_since(**y))),
        ("-", Value::Zoned(x), Value::Zoned(y)) => Ok(Value::Duration(x.duration_since(y))),
        ("-", Value::DateTime(_), Value::Zoned(_)) | ("-", Value::Zoned(_), Value::DateTime(_)) => {
            Err(Error::new("can't subtract offset-naive and offset-aware datetimes"))
        }
        ("+", moment, Value::Duration(d)) | ("+", Value::Duration(d), moment) if is_moment(moment) => {
            moved(moment, *d)
        }
        ("-", moment, Value::Duration(d)) if is_moment(moment) => {
            d.checked_neg().ok_or_else(overflow).and_then(|d| moved(moment, d))
        }
        (_, Value::Duration(x), Value::Duration(y)) => return durations(op, *x, *y),
        ("*", Value::Duration(d), n) | ("*", n, Value::Duration(d)) => {
            let (up, down) = ratio(&n.as_number()?)?;
            of_micros(&nearest(&(micros(*d) * up), &down))
        }
        ("/", Value::Duration(d), n) => {
            let (up, down) = ratio(&n.as_number()?)?;
            divided(&(micros(*d) * down), &up, nearest)
        }
        ("//", Value::Duration(d), n) => {
            divided(&micros(*d), &n.as_number()?.integer()?, |a, b| a.div_floor(b))
        }
        _ => return None,
    })
}

fn is_moment(value: &Value) -> bool {
    matches!(value, Value::Date(_) | Value::DateTime(_) | Value::Zoned(_))
}

fn durations(op: &str, x: SignedDuration, y: SignedDuration) -> Option<Result<Value>> {
    let (a, b) = (micros(x), micros(y));
    Some(match op {
        "+" => of_micros(&(a + b)),
        "-" => of_micros(&(a - b)),
        "/" | "//" | "%" if b.is_zero() => Err(zero()),
        "/" => reckoning::quotient(&a, &b).map(Value::Float),
        "//" => Ok(Value::int(a.div_floor(&b))),
        "%" => of_micros(&a.mod_floor(&b)),
        _ => return None,
    })
}

fn zero() -> Error {
    Error::new("integer division or modulo by zero")
}

fn divided(a: &BigInt, b: &BigInt, by: fn(&BigInt, &BigInt) -> BigInt) -> Result<Value> {
    if b.is_zero() { Err(zero()) } else { of_micros(&by(a, b)) }
}

fn micros(duration: SignedDuration) -> BigInt {
    duration.as_micros().into()
}

/// A difference of that many microseconds.
///
/// # Errors
/// It is more than Python's `timedelta` holds.
pub(super) fn of_micros(micros: &BigInt) -> Result<Value> {
    let most = DAY * 1_000_000_000;
    match micros.to_i128().filter(|m| (-most..most).contains(m)) {
        Some(m) => {
            let (seconds, rest) = (m.div_euclid(1_000_000) as i64, m.rem_euclid(1_000_000) as i32);
            Ok(Value::Duration(SignedDuration::new(seconds, rest * 1000)))
        }
        None => {
            let days = micros.div_floor(&BigInt::from(DAY));
            Err(Error::new(format!("days={days}; must have magnitude <= 999999999")))
        }
    }
}

/// `a / b` to the nearest integer, halves to the even one.
fn nearest(a: &BigInt, b: &BigInt) -> BigInt {
    let (whole, rest) = a.div_mod_floor(b);
    let twice: BigInt = rest.abs() * 2;
    match twice.cmp(&b.abs()) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => {
            if whole.is_even() {
                whole
            } else {
                whole + 1
            }
        }
    }
}

/// A number as a fraction of integers; `None` for what is no number of things (NaN, infinity).
pub(crate) fn ratio(number: &Number) -> Option<(BigInt, BigInt)> {
    let Number::Float(f) = number else { return Some((number.integer()?, 1.into())) };
    if !f.is_finite() {
        return None;
    }
    let (mut f, mut twos) = (*f, 0usize);
    while f.fract() != 0.0 {
        f *= 2.0;
        twos += 1;
    }
    let (up, down) = (BigInt::from_f64(f)?, BigInt::from(1) << twos);
    let common = up.gcd(&down);
    Some((up / &common, down / common))
}

/// A moment later by a difference.
fn moved(moment: &Value, by: SignedDuration) -> Result<Value> {
    let within = |year: i16| if (1..=9999).contains(&year) { Ok(()) } else { Err(overflow()) };
    let added = |time: &DateTime| {
        let time = time.checked_add(by).map_err(|_| overflow())?;
        within(time.year()).map(|()| time)
    };
    match moment {
        Value::Date(d) => {
            // only whole days count
            let days = by.as_micros().div_euclid(DAY) as i64;
            let days = SignedDuration::try_from_hours(days.saturating_mul(24)).ok_or_else(overflow)?;
            let date = d.checked_add(days).map_err(|_| overflow())?;
            within(date.year()).map(|()| Value::Date(date))
        }
        Value::DateTime(t) => Ok(Value::DateTime(Arc::new(added(t)?))),
        Value::Zoned(t) => {
            let zoned = added(&t.datetime())?.to_zoned(t.time_zone().clone()).map_err(|_| overflow())?;
            Ok(Value::Zoned(Arc::new(zoned)))
        }
        other => Ok(other.clone()),
    }
}
