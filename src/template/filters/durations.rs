//! Durations as text in a unit, as community.general has them: `to_time_unit`, `to_seconds` and the like.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

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
    let seconds = |name: &str| -> Option<f64> {
        // One day or many, except for the short names.
        let singular = name.strip_suffix('s').filter(|n| !n.is_empty() && *n != "m").unwrap_or(name);
        Some(match singular {
            "millisecond" | "ms" | "msec" | "msecond" => 0.001,
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            "d" | "day" => 86_400.0,
            "w" | "week" => 604_800.0,
            "mo" | "month" => month * 86_400.0,
            "y" | "year" => year * 86_400.0,
            _ => return None,
        })
    };
    let Some(size) = seconds(unit) else {
        return Err(Error::new(format!(
            "to_time_unit() can not convert to the following unit: {unit}. Available units (singular or plural): \
             millisecond, msec, msecond, sec, second, hour, min, minute, day, week, month, year. Available short units: \
             ms, s, h, m, d, w, mo, y"
        )));
    };
    let Some(text) = input.as_str() else {
        return Err(Error::new(format!("'{}' object has no attribute 'split'", input.type_name())));
    };
    let mut sum = 0.0;
    for word in text.split_whitespace() {
        let unread = || Error::new(format!("to_time_unit() can not interpret following string: {text}"));
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '-').ok_or_else(unread)?;
        let (number, name) = word.split_at(end);
        let number: f64 = number.parse::<i64>().map_err(|_| unread())? as f64;
        sum += number * seconds(name).ok_or_else(unread)?;
    }
    if size == 0.0 {
        return Err(Error::new("division by zero"));
    }
    // Rounded to twelve places.
    let rounded = format!("{:.12}", sum / size).parse().unwrap_or(sum / size);
    Ok(Value::Float(rounded))
}
