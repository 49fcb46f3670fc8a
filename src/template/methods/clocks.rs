//! Methods and attributes of times of day (`time`), and what they share with times that have a date.

use super::zones;
use crate::template::args::Args;
use crate::template::calendar;
use crate::template::value::{Error, Result, Value, clock_text};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};

/// Their methods.
pub const NAMES: &[&str] =
    &["strftime", "isoformat", "replace", "fromisoformat", "utcoffset", "dst", "tzname"];

/// An attribute that is no method.
pub fn property(time: Time, name: &str) -> Option<Value> {
    Some(match name {
        "hour" => Value::Int(time.hour().into()),
        "minute" => Value::Int(time.minute().into()),
        "second" => Value::Int(time.second().into()),
        "microsecond" => Value::Int((time.subsec_nanosecond() / 1000).into()),
        "fold" => Value::Int(0),
        "tzinfo" => Value::None,
        "min" => Value::Time(Time::midnight()),
        "max" => Value::Time(last()),
        "resolution" => Value::Duration(SignedDuration::from_micros(1)),
        _ => return None,
    })
}

/// The last microsecond of a day.
pub(super) fn last() -> Time {
    jiff::civil::time(23, 59, 59, 999_999_000)
}

/// Calls a method.
pub fn call(time: Time, name: &str, args: &Args) -> Result<Value> {
    Ok(match name {
        "isoformat" => text(time, args.str_or(0, "timespec", "auto")?)?.into(),
        "strftime" => {
            let date = jiff::civil::date(1900, 1, 1);
            calendar::of_value(&format(args)?, &Value::DateTime(date.to_datetime(time).into()))?.into()
        }
        "replace" => {
            if zones::argument(args.get(4, "tzinfo"))?.is_some() {
                return Err(Error::new("a time of day with a zone is not supported"));
            }
            no_fold(args, 5)?;
            Value::Time(replaced(time, args, 0)?)
        }
        "fromisoformat" => {
            let text = iso_text(args)?;
            match clock(text.strip_prefix('T').unwrap_or(&text)) {
                Some(Ok((time, None))) => Value::Time(time),
                Some(Ok(_)) => return Err(Error::new("a time of day with a zone is not supported")),
                Some(Err(e)) => return Err(e),
                None => return Err(invalid(&text)),
            }
        }
        _ => Value::None,
    })
}

/// The format that `strftime` was given.
pub(super) fn format(args: &Args) -> Result<String> {
    match args.required(0, "format")? {
        Value::Str(s) => Ok(s.text.to_string()),
        other => Err(Error::new(format!("strftime() argument 1 must be str, not {}", other.type_name()))),
    }
}

/// A clock's text as `timespec` asks.
pub(super) fn text(time: Time, timespec: &str) -> Result<String> {
    clock_text(time, timespec).ok_or_else(|| Error::new("Unknown timespec value"))
}

/// The second of two times of one name, which no time is here.
pub(super) fn no_fold(args: &Args, at: usize) -> Result<()> {
    match args.index(at, "fold", 0)? {
        0 => Ok(()),
        1 => Err(Error::new("a time with fold=1 is not supported")),
        _ => Err(Error::new("fold must be either 0 or 1")),
    }
}

/// A time with the parts replaced that were given from position `first` on.
pub(super) fn replaced(time: Time, args: &Args, first: usize) -> Result<Time> {
    let hour = args.index(first, "hour", time.hour().into())?;
    let minute = args.index(first + 1, "minute", time.minute().into())?;
    let second = args.index(first + 2, "second", time.second().into())?;
    let micros = args.index(first + 3, "microsecond", (time.subsec_nanosecond() / 1000).into())?;
    of_parts(hour, minute, second, micros)
}

/// The time of these parts.
pub(super) fn of_parts(hour: i64, minute: i64, second: i64, micros: i64) -> Result<Time> {
    let within = |value: i64, most: i64, what: &str| match (0..=most).contains(&value) {
        true => Ok(value),
        false => Err(Error::new(format!("{what} must be in 0..{most}"))),
    };
    let hour = within(hour, 23, "hour")? as i8;
    let minute = within(minute, 59, "minute")? as i8;
    let second = within(second, 59, "second")? as i8;
    let micros = within(micros, 999_999, "microsecond")? as i32;
    Time::new(hour, minute, second, micros * 1000).map_err(|e| Error::new(e.to_string()))
}

/// The text that `fromisoformat` was given.
pub(super) fn iso_text(args: &Args) -> Result<String> {
    match args.positional.first() {
        Some(Value::Str(s)) => Ok(s.text.to_string()),
        _ => Err(Error::new("fromisoformat: argument must be str")),
    }
}

/// That a text is no date or time in ISO's form.
pub(super) fn invalid(text: &str) -> Error {
    Error::new(format!("Invalid isoformat string: {}", crate::template::value::str_repr(text)))
}

/// A date in one of ISO's forms, and what stands behind it.
pub(super) fn date(text: &str) -> Option<(Result<Date>, &str)> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let year = number(0, 4)?;
    let dashed = text.as_bytes().get(4) == Some(&b'-');
    let at = if dashed { 5 } else { 4 };
    if text.as_bytes().get(at) == Some(&b'W') {
        let week = number(at + 1, at + 3)?;
        let (day, end) = match (dashed, text.as_bytes().get(at + 3)) {
            (true, Some(b'-')) => (number(at + 4, at + 5)?, at + 5),
            (false, Some(b)) if b.is_ascii_digit() => (number(at + 3, at + 4)?, at + 4),
            _ => (1, at + 3),
        };
        return Some((of_week(year, week, day), text.get(end..)?));
    }
    let month = number(at, at + 2)?;
    let (day, end) = match dashed {
        true if text.as_bytes().get(7) == Some(&b'-') => (number(8, 10)?, 10),
        true => return None,
        false => (number(6, 8)?, 8),
    };
    Some((of_date(year, month, day), text.get(end..)?))
}

/// The date of these parts.
pub(super) fn of_date(year: i64, month: i64, day: i64) -> Result<Date> {
    if !(1..=9999).contains(&year) {
        return Err(Error::new(format!("year {year} is out of range")));
    }
    if !(1..=12).contains(&month) {
        return Err(Error::new("month must be in 1..12"));
    }
    let day = i8::try_from(day).map_err(|_| Error::new("day is out of range for month"))?;
    Date::new(year as i16, month as i8, day).map_err(|_| Error::new("day is out of range for month"))
}

/// The date of a day of a week of ISO's.
pub(super) fn of_week(year: i64, week: i64, day: i64) -> Result<Date> {
    if !(1..=9999).contains(&year) {
        return Err(Error::new(format!("Year is out of range: {year}")));
    }
    let wrong = || Error::new(format!("Invalid week: {week}"));
    if !(1..=53).contains(&week) {
        return Err(wrong());
    }
    if !(1..=7).contains(&day) {
        return Err(Error::new(format!("Invalid day: {day} (range is [1, 7])")));
    }
    let weekday = jiff::civil::Weekday::from_monday_one_offset(day as i8).map_err(|_| wrong())?;
    let date = jiff::civil::ISOWeekDate::new(year as i16, week as i8, weekday).map_err(|_| wrong())?;
    Ok(date.date())
}

/// A clock's time in one of ISO's forms, with its distance from UTC in seconds.
pub(super) fn clock(text: &str) -> Option<Result<(Time, Option<i32>)>> {
    let at = text.find(['+', '-', 'Z']);
    let (clock, zone) = text.split_at(at.unwrap_or(text.len()));
    let (hour, minute, second, micros) = parts(clock)?;
    let zone = match zone {
        "" => None,
        "Z" => Some(0),
        zone => {
            let (hours, minutes, seconds, _) = parts(zone.get(1..)?)?;
            let seconds = hours * 3600 + minutes * 60 + seconds;
            Some(if zone.starts_with('-') { -seconds } else { seconds } as i32)
        }
    };
    Some(of_parts(hour, minute, second, micros).map(|time| (time, zone)))
}

/// `HH[:MM[:SS[.ffffff]]]`, with the colons or without.
fn parts(text: &str) -> Option<(i64, i64, i64, i64)> {
    let (whole, fraction) = match text.find(['.', ',']) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    let numbers: Vec<&str> = match whole.contains(':') {
        true => whole.split(':').collect(),
        false => whole.as_bytes().chunks(2).map(|c| std::str::from_utf8(c).unwrap_or("")).collect(),
    };
    let mut values = [0i64; 3];
    if numbers.is_empty() || numbers.len() > 3 {
        return None;
    }
    for (value, number) in values.iter_mut().zip(&numbers) {
        if number.len() != 2 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *value = number.parse().ok()?;
    }
    let micros = match fraction {
        None => 0,
        Some(_) if numbers.len() < 3 => return None,
        Some(digits) if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => return None,
        Some(digits) => format!("{digits:0<6}").get(..6)?.parse().ok()?,
    };
    let [hour, minute, second] = values;
    Some((hour, minute, second, micros))
}
