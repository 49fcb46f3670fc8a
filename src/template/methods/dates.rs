//! Methods and attributes of dates, times and their differences.

use crate::template::args::Args;
use crate::template::calendar;
use crate::template::value::{Error, Result, Value, isoformat};
use jiff::civil::DateTime;
use std::sync::Arc;

const METHODS: &[&str] = &[
    "strftime",
    "isoformat",
    "timestamp",
    "date",
    "time",
    "weekday",
    "isoweekday",
    "isocalendar",
    "timetuple",
    "toordinal",
    "replace",
    "utcoffset",
];

/// Whether a value has that method.
pub fn has(object: &Value, name: &str) -> bool {
    match object {
        Value::Duration(_) => name == "total_seconds",
        Value::Date(_) => {
            METHODS.contains(&name) && !matches!(name, "timestamp" | "date" | "time" | "utcoffset")
        }
        _ => METHODS.contains(&name),
    }
}

fn datetime(object: &Value) -> Option<DateTime> {
    match object {
        Value::Date(d) => Some(d.to_datetime(jiff::civil::Time::midnight())),
        Value::DateTime(t) => Some(**t),
        Value::Zoned(t) => Some(t.datetime()),
        _ => None,
    }
}

/// An attribute that is no method.
pub fn property(object: &Value, name: &str) -> Option<Value> {
    if let Value::Duration(d) = object {
        let micros = d.as_micros();
        let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
        return match name {
            "days" => Some(Value::Int(days as i64)),
            "seconds" => Some(Value::Int((rest / 1_000_000) as i64)),
            "microseconds" => Some(Value::Int((rest % 1_000_000) as i64)),
            _ => None,
        };
    }
    let time = datetime(object)?;
    let timed = !matches!(object, Value::Date(_));
    Some(Value::Int(match name {
        "year" => time.year().into(),
        "month" => time.month().into(),
        "day" => time.day().into(),
        "hour" if timed => time.hour().into(),
        "minute" if timed => time.minute().into(),
        "second" if timed => time.second().into(),
        "microsecond" if timed => (time.subsec_nanosecond() / 1000).into(),
        _ => return None,
    }))
}

/// Calls a method.
pub fn call(object: &Value, name: &str, args: &Args) -> Result<Value> {
    if let Value::Duration(d) = object {
        return Ok(Value::Float(d.as_micros() as f64 / 1e6));
    }
    let Some(time) = datetime(object) else { return Err(Error::new(format!("no method '{name}'"))) };
    let bad = |e: jiff::Error| Error::new(e.to_string());
    Ok(match name {
        "strftime" => {
            let format = args.str(0, "format")?;
            calendar::of_value(format, object)?.into()
        }
        "isoformat" => isoformat(object, args.str_or(0, "sep", "T")?).into(),
        "timestamp" => {
            let zoned = match object {
                Value::Zoned(z) => (**z).clone(),
                _ => time.to_zoned(jiff::tz::TimeZone::system()).map_err(bad)?,
            };
            Value::Float(zoned.timestamp().as_microsecond() as f64 / 1e6)
        }
        "date" => Value::Date(time.date()),
        // a time of day has no value of its own here: its text stands for it
        "time" => Value::str(time.time().to_string()),
        "weekday" => Value::Int(time.weekday().to_monday_zero_offset().into()),
        "isoweekday" => Value::Int(time.weekday().to_monday_one_offset().into()),
        "isocalendar" => {
            let week = time.date().iso_week_date();
            let day = week.weekday().to_monday_one_offset();
            Value::tuple([week.year().into(), week.week().into(), day.into()].map(Value::Int))
        }
        "timetuple" => Value::tuple(
            [
                time.year().into(),
                time.month().into(),
                time.day().into(),
                time.hour().into(),
                time.minute().into(),
                time.second().into(),
                time.weekday().to_monday_zero_offset().into(),
                time.date().day_of_year().into(),
                -1,
            ]
            .map(Value::Int),
        ),
        "toordinal" => {
            let first = jiff::civil::date(1, 1, 1);
            Value::Int(time.date().duration_since(first).as_hours() / 24 + 1)
        }
        "utcoffset" => match object {
            Value::Zoned(z) => Value::Duration(jiff::SignedDuration::from_secs(z.offset().seconds().into())),
            _ => Value::None,
        },
        "replace" => replace(object, time, args)?,
        other => {
            return Err(Error::new(format!("'{}' object has no attribute '{other}'", object.type_name())));
        }
    })
}

fn replace(object: &Value, time: DateTime, args: &Args) -> Result<Value> {
    let names = ["year", "month", "day", "hour", "minute", "second", "microsecond"];
    args.fit(&names, 0)?;
    let part = |i: usize, now: i64| args.get(i, names[i]).map_or(Ok(now), |_| args.int(i, names[i], now));
    let small = |n: i64| i8::try_from(n).map_err(|_| Error::new("a part of the date is out of range"));
    let year = i16::try_from(part(0, time.year().into())?).map_err(|_| Error::new("year is out of range"))?;
    let changed = time
        .with()
        .year(year)
        .month(small(part(1, time.month().into())?)?)
        .day(small(part(2, time.day().into())?)?)
        .hour(small(part(3, time.hour().into())?)?)
        .minute(small(part(4, time.minute().into())?)?)
        .second(small(part(5, time.second().into())?)?)
        .subsec_nanosecond(
            i32::try_from(part(6, (time.subsec_nanosecond() / 1000).into())?.saturating_mul(1000))
                .map_err(|_| Error::new("microsecond must be in 0..999999"))?,
        )
        .build()
        .map_err(|e| Error::new(e.to_string()))?;
    Ok(match object {
        Value::Date(_) => Value::Date(changed.date()),
        Value::Zoned(z) => {
            let zoned = changed.to_zoned(z.time_zone().clone()).map_err(|e| Error::new(e.to_string()))?;
            Value::Zoned(Arc::new(zoned))
        }
        _ => Value::DateTime(Arc::new(changed)),
    })
}
