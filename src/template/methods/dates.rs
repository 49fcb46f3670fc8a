//! Methods and attributes of dates, with a time and without.

use super::clocks;
use super::zones::{self, Zone};
use crate::template::args::Args;
use crate::template::calendar;
use crate::template::value::{Error, Result, Value, View, isoformat, zone_text};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, Zoned};
use std::sync::Arc;

/// Methods of dates.
const DATE: &[&str] = &[
    "strftime",
    "isoformat",
    "ctime",
    "weekday",
    "isoweekday",
    "isocalendar",
    "timetuple",
    "toordinal",
    "replace",
    "today",
    "fromisoformat",
    "fromisocalendar",
    "fromordinal",
    "fromtimestamp",
];

/// What dates with a time have besides.
const TIMED: &[&str] = &[
    "timestamp",
    "date",
    "time",
    "timetz",
    "utcoffset",
    "utctimetuple",
    "dst",
    "tzname",
    "astimezone",
    "combine",
    "now",
    "utcnow",
    "utcfromtimestamp",
    "strptime",
];

/// Whether a value has that method.
pub fn has(object: &Value, name: &str) -> bool {
    DATE.contains(&name) || !matches!(object, Value::Date(_)) && TIMED.contains(&name)
}

fn datetime(object: &Value) -> DateTime {
    match object {
        Value::Date(d) => d.to_datetime(Time::midnight()),
        Value::DateTime(t) => **t,
        Value::Zoned(t) => t.datetime(),
        _ => DateTime::default(),
    }
}

fn naive(time: DateTime) -> Value {
    Value::DateTime(Arc::new(time))
}

fn bad(e: jiff::Error) -> Error {
    Error::new(e.to_string())
}

fn in_zone(time: DateTime, zone: TimeZone) -> Result<Value> {
    Ok(Value::Zoned(Arc::new(time.to_zoned(zone).map_err(bad)?)))
}

/// An attribute that is no method.
pub fn property(object: &Value, name: &str) -> Option<Value> {
    let time = datetime(object);
    let is_date = matches!(object, Value::Date(_));
    Some(match name {
        "year" => Value::Int(time.year().into()),
        "month" => Value::Int(time.month().into()),
        "day" => Value::Int(time.day().into()),
        "min" if is_date => Value::Date(first()),
        "max" if is_date => Value::Date(last()),
        "resolution" if is_date => Value::Duration(SignedDuration::from_hours(24)),
        _ if is_date => return None,
        "min" => naive(first().to_datetime(Time::midnight())),
        "max" => naive(last().to_datetime(clocks::last())),
        "tzinfo" => match object {
            Value::Zoned(zoned) => Value::object(Zone::of(zoned)),
            _ => Value::None,
        },
        name => return clocks::property(time.time(), name),
    })
}

fn first() -> Date {
    jiff::civil::date(1, 1, 1)
}

fn last() -> Date {
    jiff::civil::date(9999, 12, 31)
}

/// Calls a method.
pub fn call(object: &Value, name: &str, args: &Args) -> Result<Value> {
    let time = datetime(object);
    let is_date = matches!(object, Value::Date(_));
    Ok(match name {
        "strftime" => calendar::of_value(&clocks::format(args)?, object)?.into(),
        "isoformat" if is_date => isoformat(object, "").into(),
        "isoformat" => iso(object, time, args)?.into(),
        "ctime" => calendar::of_value("%a %b %e %H:%M:%S %Y", &naive(time))?.into(),
        "timestamp" => Value::Float(instant(object, time)?.timestamp().as_microsecond() as f64 / 1e6),
        "date" => Value::Date(time.date()),
        "time" => Value::Time(time.time()),
        "timetz" if !matches!(object, Value::Zoned(_)) => Value::Time(time.time()),
        "timetz" => return Err(Error::new("a time of day with a zone is not supported")),
        "weekday" => Value::Int(time.weekday().to_monday_zero_offset().into()),
        "isoweekday" => Value::Int(time.weekday().to_monday_one_offset().into()),
        "isocalendar" => {
            let week = time.date().iso_week_date();
            let parts =
                [week.year().into(), week.week().into(), week.weekday().to_monday_one_offset().into()];
            Value::View(View::named("IsoCalendarDate", parts.into_iter().map(Value::Int).collect()))
        }
        "timetuple" => tuple(time, -1),
        "utctimetuple" => match object {
            Value::Zoned(zoned) => tuple(zoned.with_time_zone(TimeZone::UTC).datetime(), 0),
            _ => tuple(time, 0),
        },
        "toordinal" => Value::Int(time.date().duration_since(first()).as_hours() / 24 + 1),
        "utcoffset" => match object {
            Value::Zoned(z) => Value::Duration(SignedDuration::from_secs(z.offset().seconds().into())),
            _ => Value::None,
        },
        "tzname" => match object {
            Value::Zoned(zoned) => calendar::zone_name(zoned).into(),
            _ => Value::None,
        },
        "dst" => Value::None,
        "astimezone" => {
            let zone = zones::argument(args.get(0, "tz"))?.unwrap_or_else(TimeZone::system);
            Value::Zoned(Arc::new(instant(object, time)?.with_time_zone(zone)))
        }
        "replace" => replace(object, time, args)?,
        name => made(name, is_date, args)?,
    })
}

/// The methods of the class, which make a date from something else.
fn made(name: &str, is_date: bool, args: &Args) -> Result<Value> {
    let dated = |date: Date| match is_date {
        true => Value::Date(date),
        false => naive(date.to_datetime(Time::midnight())),
    };
    Ok(match name {
        "today" if is_date => Value::Date(Zoned::now().date()),
        "today" => naive(now(TimeZone::system())),
        "now" => match zones::argument(args.get(0, "tz"))? {
            Some(zone) => in_zone(now(zone.clone()), zone)?,
            None => naive(now(TimeZone::system())),
        },
        "utcnow" => naive(now(TimeZone::UTC)),
        "fromtimestamp" => {
            let zone = zones::argument(args.get(1, "tz"))?;
            let at = stamp(args.required(0, "timestamp")?)?;
            let zoned = at.to_zoned(zone.clone().unwrap_or_else(TimeZone::system));
            match zone {
                Some(_) => Value::Zoned(Arc::new(zoned)),
                None if is_date => Value::Date(zoned.date()),
                None => naive(zoned.datetime()),
            }
        }
        "utcfromtimestamp" => {
            naive(stamp(args.required(0, "timestamp")?)?.to_zoned(TimeZone::UTC).datetime())
        }
        "fromordinal" => match args.index(0, "ordinal", 0)? {
            ordinal if ordinal < 1 => return Err(Error::new("ordinal must be >= 1")),
            ordinal if ordinal > 3_652_059 => return Err(Error::new("year is out of range")),
            ordinal => {
                dated(first().checked_add(SignedDuration::from_hours((ordinal - 1) * 24)).map_err(bad)?)
            }
        },
        "fromisocalendar" => {
            let part = |at, name| args.index(at, name, 0);
            dated(clocks::of_week(part(0, "year")?, part(1, "week")?, part(2, "day")?)?)
        }
        "fromisoformat" => from_iso(&clocks::iso_text(args)?, is_date)?,
        "strptime" => {
            if args.positional.len() != 2 || !args.named.is_empty() {
                let given = args.positional.len();
                return Err(Error::new(format!("strptime() takes exactly 2 arguments ({given} given)")));
            }
            calendar::parse(args.str(0, "string")?, args.str(1, "format")?)?
        }
        "combine" => combine(args)?,
        other => {
            let of = if is_date { "date" } else { "datetime" };
            return Err(Error::new(format!("'{of}' object has no attribute '{other}'")));
        }
    })
}

/// The time now, to the microsecond.
fn now(zone: TimeZone) -> DateTime {
    let now = Timestamp::now();
    let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    now.to_zoned(zone).datetime()
}

/// The instant of a time; one without a zone is local.
fn instant(object: &Value, time: DateTime) -> Result<Zoned> {
    match object {
        Value::Zoned(zoned) => Ok((**zoned).clone()),
        _ => time.to_zoned(TimeZone::system()).map_err(bad),
    }
}

/// Seconds since 1970 as an instant, to the nearest microsecond.
fn stamp(value: &Value) -> Result<Timestamp> {
    let out = || Error::new("timestamp out of range for platform time_t");
    let year = |_: jiff::Error| Error::new("year is out of range");
    match value {
        Value::Int(_) | Value::Bool(_) => {
            Timestamp::from_second(value.as_int().unwrap_or_default()).map_err(year)
        }
        Value::Float(f) if f.is_nan() => Err(Error::new("Invalid value NaN (not a number)")),
        Value::Float(f) if f.abs() < 9e15 => {
            let micros = (f * 1e6).round_ties_even();
            Timestamp::from_microsecond(micros as i64).map_err(year)
        }
        Value::Float(_) | Value::Big(_) => Err(out()),
        other => {
            let of = other.class_name();
            Err(Error::new(format!("'{of}' object cannot be interpreted as an integer")))
        }
    }
}

fn iso(object: &Value, time: DateTime, args: &Args) -> Result<String> {
    let separator = match args.get(0, "sep") {
        None => "T",
        Some(Value::Str(s)) if s.text.chars().count() == 1 => &s.text,
        Some(v) => {
            let of = v.class_name();
            return Err(Error::new(format!("isoformat() argument 1 must be a unicode character, not {of}")));
        }
    };
    let clock = clocks::text(time.time(), args.str_or(1, "timespec", "auto")?)?;
    let zone = match object {
        Value::Zoned(zoned) => zone_text(zoned.offset().seconds()),
        _ => String::new(),
    };
    Ok(format!("{}{separator}{clock}{zone}", isoformat(&Value::Date(time.date()), "")))
}

fn tuple(time: DateTime, summer: i64) -> Value {
    let parts = [
        time.year().into(),
        time.month().into(),
        time.day().into(),
        time.hour().into(),
        time.minute().into(),
        time.second().into(),
        time.weekday().to_monday_zero_offset().into(),
        time.date().day_of_year().into(),
        summer,
    ];
    Value::View(View::named("struct_time", parts.into_iter().map(Value::Int).collect()))
}

fn replace(object: &Value, time: DateTime, args: &Args) -> Result<Value> {
    let year = args.index(0, "year", time.year().into())?;
    let month = args.index(1, "month", time.month().into())?;
    let day = args.index(2, "day", time.day().into())?;
    let date = clocks::of_date(year, month, day)?;
    if matches!(object, Value::Date(_)) {
        return Ok(Value::Date(date));
    }
    let changed = date.to_datetime(clocks::replaced(time.time(), args, 3)?);
    clocks::no_fold(args, 8)?;
    match (args.get(7, "tzinfo"), object) {
        (None, Value::Zoned(zoned)) => in_zone(changed, zoned.time_zone().clone()),
        (given, _) => match zones::argument(given)? {
            Some(zone) => in_zone(changed, zone),
            None => Ok(naive(changed)),
        },
    }
}

fn combine(args: &Args) -> Result<Value> {
    let wrong = |at: usize, kind: &str, v: &Value| {
        let of = v.class_name();
        Error::new(format!("combine() argument {at} must be {kind}, not {of}"))
    };
    let date = match args.required(0, "date")? {
        value @ (Value::Date(_) | Value::DateTime(_) | Value::Zoned(_)) => datetime(value).date(),
        other => return Err(wrong(1, "datetime.date", other)),
    };
    let time = match args.required(1, "time")? {
        Value::Time(time) => *time,
        other => return Err(wrong(2, "datetime.time", other)),
    };
    match zones::argument(args.get(2, "tzinfo"))? {
        Some(zone) => in_zone(date.to_datetime(time), zone),
        None => Ok(naive(date.to_datetime(time))),
    }
}

fn from_iso(text: &str, is_date: bool) -> Result<Value> {
    let Some((date, rest)) = clocks::date(text) else { return Err(clocks::invalid(text)) };
    if rest.is_empty() {
        let date = date?;
        return Ok(if is_date { Value::Date(date) } else { naive(date.to_datetime(Time::midnight())) });
    }
    if is_date {
        return Err(clocks::invalid(text));
    }
    // any one character may stand between date and time
    let mut clock = rest.chars();
    clock.next();
    let Some(clock) = clocks::clock(clock.as_str()) else { return Err(clocks::invalid(text)) };
    let (date, (time, offset)) = (date?, clock?);
    match offset {
        None => Ok(naive(date.to_datetime(time))),
        Some(seconds) => {
            let offset = Offset::from_seconds(seconds).map_err(|_| {
                Error::new("offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24).")
            })?;
            in_zone(date.to_datetime(time), TimeZone::fixed(offset))
        }
    }
}
