//! Durations as text in a unit, as community.general has them: `to_time_unit`, `to_seconds` and the like.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, binary};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["community.general.to_time_unit", "to_time_unit"], &["unit"], |_, input, args| {
        let unit = args.get(0, "unit").map_or(Ok("ms".to_owned()), Value::to_text)?;
        convert(&input, args, &unit)
    })
    .open(),
    Filter::new(&["community.general.to_milliseconds", "to_milliseconds"], &[], |e, v, a| {
        fixed(e, &v, a, "ms")
    })
    .open(),
    Filter::new(&["community.general.to_seconds", "to_seconds"], &[], |e, v, a| fixed(e, &v, a, "s")).open(),
    Filter::new(&["community.general.to_minutes", "to_minutes"], &[], |e, v, a| fixed(e, &v, a, "m")).open(),
    Filter::new(&["community.general.to_hours", "to_hours"], &[], |e, v, a| fixed(e, &v, a, "h")).open(),
    Filter::new(&["community.general.to_days", "to_days"], &[], |e, v, a| fixed(e, &v, a, "d")).open(),
    Filter::new(&["community.general.to_weeks", "to_weeks"], &[], |e, v, a| fixed(e, &v, a, "w")).open(),
    Filter::new(&["community.general.to_months", "to_months"], &[], |e, v, a| fixed(e, &v, a, "mo")).open(),
    Filter::new(&["community.general.to_years", "to_years"], &[], |e, v, a| fixed(e, &v, a, "y")).open(),
];

/// Text such as `1h 30min` as a number of one unit.
///
/// Errors: text that is none, a unit that is none, other arguments than `year` and `month`, a year or month of no days.
fn fixed(_eval: &mut Eval<'_>, input: &Value, args: &Args, unit: &str) -> Result<Value> {
    if !args.positional.is_empty() {
        let callee = args.callee.rsplit('.').next().unwrap_or_default();
        return Err(Error::new(format!(
            "{callee}() takes 1 positional argument but {} were given",
            args.positional.len() + 1
        )));
    }
    convert(input, args, unit)
}

fn convert(input: &Value, args: &Args, unit: &str) -> Result<Value> {
    let days = |name: &str, default: f64| -> Result<f64> {
        args.keyword(name).map_or(Ok(default), |v| {
            v.as_number().map(|n| n.float()).ok_or_else(|| Error::new(format!("{name} must be a number")))
        })
    };
    let (month, year) = (days("month", 30.0)?, days("year", 365.0)?);
    let unknown: Vec<&str> =
        args.named.iter().map(|(n, _)| &**n).filter(|n| !matches!(*n, "month" | "year" | "unit")).collect();
    if !unknown.is_empty() {
        return Err(Error::new(format!(
            "to_time_unit() got unknown keyword arguments: {}",
            unknown.join(", ")
        )));
    }
    if input.as_str() == Some("0") {
        return Ok(Value::Int(0));
    }
    // Whole numbers, which are exact, unless a month or year of another length is asked for.
    let milliseconds = |name: &str| -> Option<f64> {
        let day = 86_400_000.0;
        let short = match name {
            "ms" => Some(1.0),
            "s" => Some(1000.0),
            "m" => Some(60_000.0),
            "h" => Some(3_600_000.0),
            "d" => Some(day),
            "w" => Some(7.0 * day),
            "mo" => Some(month * day),
            "y" => Some(year * day),
            _ => None,
        };
        // One day or many; the short names are the same for both.
        short.or_else(|| match name.strip_suffix('s').unwrap_or(name) {
            "millisecond" | "msec" | "msecond" => Some(1.0),
            "sec" | "second" => Some(1000.0),
            "min" | "minute" => Some(60_000.0),
            "hour" => Some(3_600_000.0),
            "day" => Some(day),
            "week" => Some(7.0 * day),
            "month" => Some(month * day),
            "year" => Some(year * day),
            _ => None,
        })
    };
    let Some(size) = milliseconds(unit) else {
        return Err(Error::new(format!(
            "to_time_unit() can not convert to the following unit: {unit}. Available units (singular or plural): \
             millisecond, msec, msecond, sec, second, hour, min, minute, day, week, month, year. Available short units: \
             ms, s, h, m, d, w, mo, y"
        )));
    };
    let Some(text) = input.as_str() else {
        return Err(Error::new(format!("'{}' object has no attribute 'split'", input.type_name())));
    };
    let (mut sum, mut exact) = (0.0, BigInt::ZERO);
    for word in text.split_whitespace() {
        let unread = || Error::new(format!("to_time_unit() can not interpret following string: {text}"));
        let rest = word.strip_prefix('-').unwrap_or(word);
        let end = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0).ok_or_else(unread)?;
        let (number, name) = rest.split_at(end);
        // What comes after the unit does not count.
        let name = name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let number: BigInt = number.parse().map_err(|_| unread())?;
        let number = if rest.len() < word.len() { -number } else { number };
        let factor = milliseconds(name).ok_or_else(unread)?;
        sum += number.to_f64().unwrap_or(f64::INFINITY) * factor;
        exact += number * BigInt::from(factor as i64);
    }
    if size == 0.0 {
        return Err(Error::new("division by zero"));
    }
    let whole = month.fract() == 0.0 && year.fract() == 0.0;
    let quotient = match whole.then(|| binary("/", &Value::int(exact), &Value::Int(size as i64))) {
        Some(Ok(Value::Float(quotient))) => quotient,
        _ => sum / size,
    };
    // Rounded to twelve places.
    let rounded = format!("{quotient:.12}").parse().unwrap_or(quotient);
    Ok(Value::Float(rounded))
}
