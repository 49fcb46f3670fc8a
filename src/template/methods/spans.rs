//! Attributes of differences of times (`timedelta`).

use crate::template::value::Value;
use jiff::SignedDuration;

/// The most days that Python's `timedelta` holds.
const MOST: i64 = 999_999_999;

/// An attribute that is no method.
pub fn property(duration: SignedDuration, name: &str) -> Option<Value> {
    let micros = duration.as_micros();
    let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    Some(match name {
        "days" => Value::Int(days as i64),
        "seconds" => Value::Int((rest / 1_000_000) as i64),
        "microseconds" => Value::Int((rest % 1_000_000) as i64),
        "max" => Value::Duration(SignedDuration::new(MOST * 86_400 + 86_399, 999_999_000)),
        "min" => Value::Duration(SignedDuration::from_secs(-MOST * 86_400)),
        "resolution" => Value::Duration(SignedDuration::from_micros(1)),
        _ => return None,
    })
}
