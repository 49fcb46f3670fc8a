//! Times as text: C's `strftime` in the C locale, and Python's `strptime`.

use super::pyregex::{self, Flags, PyRegex};
use super::value::{Error, Result, Value, str_repr, zone_text};
use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use std::sync::Arc;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `strftime` of a date or a time stamp. One without a zone has neither a name nor a distance for it.
///
/// # Errors
/// It is neither, or out of the range of local time.
pub fn of_value(format: &str, value: &Value) -> Result<String> {
    // Python puts microseconds in before C sees the format; `%%f` and `%%z` are no directives.
    let with = |nanos: i32, has_zone: bool| {
        let micros = format!("{:06}", nanos / 1000);
        let filled = format.split("%%").map(|piece| {
            let piece = piece.replace("%f", &micros);
            if has_zone { piece } else { piece.replace("%z", "") }
        });
        filled.collect::<Vec<_>>().join("%%")
    };
    let naive = |time: jiff::civil::DateTime| {
        let local = time.to_zoned(jiff::tz::TimeZone::system()).map_err(|e| Error::new(e.to_string()))?;
        Ok(self::format(&with(time.subsec_nanosecond(), false), &local, ""))
    };
    match value {
        Value::Zoned(time) => {
            let format = with(time.subsec_nanosecond(), true);
            Ok(self::format(&format, time, &zone_name(time)))
        }
        Value::DateTime(time) => naive(**time),
        Value::Date(date) => naive(date.to_datetime(jiff::civil::Time::midnight())),
        other => Err(Error::new(format!("'{}' object has no attribute 'strftime'", other.type_name()))),
    }
}

/// What Python calls the zone of a time.
pub(crate) fn zone_name(time: &Zoned) -> String {
    match (time.time_zone().to_fixed_offset().is_ok(), time.offset().seconds()) {
        (true, 0) => "UTC".into(),
        (true, seconds) => format!("UTC{}", zone_text(seconds)),
        (false, _) => time.strftime("%Z").to_string(),
    }
}

/// `strftime`: a time in a zone as a format asks, with the flags and widths of C's. What is no directive stays as
/// it is.
pub fn format(format: &str, time: &Zoned, zone_name: &str) -> String {
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let flags = after.find(|c| !matches!(c, '-' | '_' | '0' | '^' | '#')).unwrap_or(after.len());
        let (flags, tail) = after.split_at(flags);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (width, tail) = tail.split_at(digits);
        let bare = tail.strip_prefix(['E', 'O']).unwrap_or(tail);
        let directive = bare.chars().next();
        let Some((directive, text)) = directive.and_then(|d| Some((d, directive_text(d, time, zone_name)?)))
        else {
            // kept as it stands, and what follows read on
            let end = after.len() - tail.len() + tail.chars().next().map_or(0, char::len_utf8);
            let (kept, next) = after.split_at(end);
            out.push('%');
            out.push_str(kept);
            rest = next;
            continue;
        };
        out.push_str(&shaped(text, directive, flags, width.parse().unwrap_or(0)));
        rest = bare.get(directive.len_utf8()..).unwrap_or("");
    }
    out + rest
}

/// A directive's text in the case, and padded as, its flags and width ask.
fn shaped(text: String, directive: char, flags: &str, width: usize) -> String {
    let text = match flags.chars().rfind(|c| matches!(c, '^' | '#')) {
        Some('^') => text.to_uppercase(),
        Some(_) if matches!(directive, 'Z' | 'p') => text.to_lowercase(),
        Some(_) => text.to_uppercase(),
        None => text,
    };
    let is_number = !matches!(
        directive,
        'a' | 'A'
            | 'b'
            | 'B'
            | 'h'
            | 'c'
            | 'D'
            | 'x'
            | 'F'
            | 'n'
            | 'p'
            | 'P'
            | 'r'
            | 'R'
            | 't'
            | 'T'
            | 'X'
            | 'z'
            | 'Z'
            | '%'
    );
    let bare = || {
        let bare = text.trim_start_matches(['0', ' ']);
        if bare.is_empty() && !text.is_empty() { "0".to_owned() } else { bare.to_owned() }
    };
    let longest = width.min(10_000);
    let padded = |text: &str, with: char| {
        let missing = longest.saturating_sub(text.chars().count());
        format!("{}{text}", with.to_string().repeat(missing))
    };
    match flags.chars().rfind(|c| matches!(c, '-' | '_' | '0')) {
        Some('-') if is_number => bare(),
        Some('-') => text,
        Some('_') if is_number => {
            let bare = bare();
            let missing = longest.max(text.chars().count()).saturating_sub(bare.chars().count());
            format!("{}{bare}", " ".repeat(missing))
        }
        Some('_') => padded(&text, ' '),
        Some(_) if is_number => {
            let bare = bare();
            let missing = longest.max(text.chars().count()).saturating_sub(bare.chars().count());
            format!("{}{bare}", "0".repeat(missing))
        }
        Some(_) => padded(&text, '0'),
        None if matches!(directive, 'e' | 'k' | 'l') || !is_number => padded(&text, ' '),
        None => padded(&text, '0'),
    }
}

fn directive_text(directive: char, time: &Zoned, zone_name: &str) -> Option<String> {
    let two = |n: i64| format!("{n:02}");
    let date = time.date();
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    let from_sunday = i64::from(date.weekday().to_sunday_zero_offset());
    let from_monday = i64::from(date.weekday().to_monday_zero_offset());
    let (day_of_year, hour) = (i64::from(date.day_of_year()), i64::from(time.hour()));
    let year = i64::from(date.year());
    let day_name = DAYS.get(weekday).copied().unwrap_or("");
    let month_name =
        usize::try_from(date.month() - 1).ok().and_then(|m| MONTHS.get(m).copied()).unwrap_or("");
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let all = |f: &str| Some(format(f, time, zone_name));
    Some(match directive {
        'a' => day_name.get(..3)?.to_owned(),
        'A' => day_name.to_owned(),
        'b' | 'h' => month_name.get(..3)?.to_owned(),
        'B' => month_name.to_owned(),
        'c' => return all("%a %b %e %H:%M:%S %Y"),
        'C' => two(year.div_euclid(100)),
        'd' => two(date.day().into()),
        'D' | 'x' => return all("%m/%d/%y"),
        'e' => format!("{:2}", date.day()),
        'F' => return all("%Y-%m-%d"),
        'g' => two(i64::from(date.iso_week_date().year()).rem_euclid(100)),
        'G' => date.iso_week_date().year().to_string(),
        'H' => two(hour),
        'I' => two(hour12),
        'j' => format!("{day_of_year:03}"),
        'k' => format!("{hour:2}"),
        'l' => format!("{hour12:2}"),
        'm' => two(date.month().into()),
        'M' => two(time.minute().into()),
        'n' => "\n".to_owned(),
        'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'P' => if hour < 12 { "am" } else { "pm" }.to_owned(),
        'r' => return all("%I:%M:%S %p"),
        'R' => return all("%H:%M"),
        's' => time.timestamp().as_second().to_string(),
        'S' => two(time.second().into()),
        't' => "\t".to_owned(),
        'T' | 'X' => return all("%H:%M:%S"),
        'u' => (from_monday + 1).to_string(),
        'U' => two((day_of_year + 6 - from_sunday) / 7),
        'V' => two(date.iso_week_date().week().into()),
        'w' => from_sunday.to_string(),
        'W' => two((day_of_year + 6 - from_monday) / 7),
        'y' => two(year.rem_euclid(100)),
        'Y' => year.to_string(),
        'z' => {
            let seconds = time.offset().seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            format!("{sign}{:02}{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
        }
        'Z' => zone_name.to_owned(),
        '%' => "%".to_owned(),
        _ => return None,
    })
}

/// `datetime.strptime`: text read by a format.
///
/// # Errors
/// In Python's words.
pub fn parse(text: &str, format: &str) -> Result<Value> {
    let given = format;
    let unfolded = unfolded(format);
    let format = unfolded.as_str();
    let mut pattern = String::new();
    let mut seen: Vec<char> = Vec::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            while chars.peek().is_some_and(|c| c.is_whitespace()) {
                chars.next();
            }
            pattern.push_str(r"\s+");
            continue;
        }
        if c != '%' {
            pattern.push_str(&pyregex::escape(&c.to_string()));
            continue;
        }
        let Some(directive) = chars.next() else {
            return Err(Error::new(format!("stray % in format {}", str_repr(format))));
        };
        let part = match directive {
            'Y' => r"\d\d\d\d",
            'm' => r"1[0-2]|0[1-9]|[1-9]",
            'd' => r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]",
            'H' => r"2[0-3]|[0-1]\d|\d",
            'I' => r"1[0-2]|0[1-9]|[1-9]| [1-9]",
            'M' => r"[0-5]\d|\d",
            'S' => r"6[0-1]|[0-5]\d|\d",
            'f' => r"[0-9]{1,6}",
            'y' => r"\d\d",
            'j' => r"36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]",
            'b' => "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
            'B' => "january|february|march|april|may|june|july|august|september|october|november|december",
            'a' => "mon|tue|wed|thu|fri|sat|sun",
            'A' => "monday|tuesday|wednesday|thursday|friday|saturday|sunday",
            'p' => "am|pm",
            'w' => "[0-6]",
            'u' => "[1-7]",
            'U' | 'W' => r"5[0-3]|[0-4]\d|\d",
            'V' => r"5[0-3]|0[1-9]|[1-4]\d|\d",
            'G' => r"\d\d\d\d",
            'z' => r"[+-]\d\d:?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?|Z",
            'Z' => "utc|gmt",
            '%' => {
                pattern.push('%');
                continue;
            }
            other => {
                return Err(Error::new(format!(
                    "'{other}' is a bad directive in format {}",
                    str_repr(format)
                )));
            }
        };
        if seen.contains(&directive) {
            return Err(Error::new(format!(
                "the directive %{directive} stands twice in {}",
                str_repr(format)
            )));
        }
        seen.push(directive);
        pattern.push_str(&format!("({part})"));
    }
    let has = |directives: &str| directives.chars().any(|d| seen.contains(&d));
    const NEEDS: &str = "and a weekday directive ('%A', '%a', '%w', or '%u').";
    if has("G") && has("j") {
        return Err(Error::new(
            "Day of the year directive '%j' is not compatible with ISO year directive '%G'. Use '%Y' instead.",
        ));
    }
    if has("G") && !(has("V") && has("Aawu")) {
        return Err(Error::new(format!(
            "ISO year directive '%G' must be used with the ISO week directive '%V' {NEEDS}"
        )));
    }
    if has("V") && !has("G") {
        return Err(Error::new(match has("Yy") && has("Aawu") {
            true => {
                "ISO week directive '%V' is incompatible with the year directive '%Y'. Use the ISO year '%G' \
                     instead."
                    .to_owned()
            }
            false => {
                format!("ISO week directive '%V' must be used with the ISO year directive '%G' {NEEDS}")
            }
        }));
    }
    let format = given;
    let regex = PyRegex::new(&pattern, Flags { ignore_case: true, ..Flags::default() })?;
    let Some(found) = regex.match_start(text)? else {
        return Err(Error::new(format!(
            "time data {} does not match format {}",
            str_repr(text),
            str_repr(format)
        )));
    };
    if found.end() != text.len() {
        let rest = text.get(found.end()..).unwrap_or("");
        return Err(Error::new(format!("unconverted data remains: {rest}")));
    }
    let mut parts = Parts::default();
    for (i, directive) in seen.iter().enumerate() {
        parts.take(*directive, found.group(i + 1).unwrap_or(""));
    }
    parts.value()
}

/// A format with the directives that stand for several written out.
fn unfolded(format: &str) -> String {
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '%' { chars.next() } else { None }) {
            ('%', Some('c')) => out.push_str("%a %b %d %H:%M:%S %Y"),
            ('%', Some('x')) => out.push_str("%m/%d/%y"),
            ('%', Some('X')) => out.push_str("%H:%M:%S"),
            (c, next) => {
                out.push(c);
                out.extend(next);
            }
        }
    }
    out
}

/// What was read so far.
struct Parts {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    afternoon: Option<bool>,
    minute: i8,
    second: i8,
    micros: i32,
    day_of_year: Option<i16>,
    /// From Monday.
    weekday: Option<i64>,
    /// The week of the year, and whether weeks start on Monday.
    week: Option<(i64, bool)>,
    iso_year: Option<i16>,
    iso_week: Option<i8>,
    offset: Option<i32>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            year: 1900,
            month: 1,
            day: 1,
            hour: 0,
            afternoon: None,
            minute: 0,
            second: 0,
            micros: 0,
            day_of_year: None,
            weekday: None,
            week: None,
            iso_year: None,
            iso_week: None,
            offset: None,
        }
    }
}

impl Parts {
    fn take(&mut self, directive: char, text: &str) {
        let number = text.trim().parse::<i32>().unwrap_or(0);
        let small = number as i8;
        let index = |names: &[&str]| {
            let start = text.get(..3).unwrap_or("").to_lowercase();
            names.iter().position(|n| n.to_lowercase().starts_with(&start)).unwrap_or(0)
        };
        match directive {
            'Y' => self.year = number as i16,
            'y' => self.year = (number + if number <= 68 { 2000 } else { 1900 }) as i16,
            'm' => self.month = small,
            'b' | 'B' => self.month = index(&MONTHS) as i8 + 1,
            'd' => self.day = small,
            'H' | 'I' => self.hour = small,
            'p' => self.afternoon = Some(text.eq_ignore_ascii_case("pm")),
            'M' => self.minute = small,
            'S' => self.second = small,
            'f' => self.micros = format!("{text:0<6}").parse().unwrap_or(0),
            'j' => self.day_of_year = Some(number as i16),
            'a' | 'A' => self.weekday = Some(index(&DAYS) as i64),
            'w' => self.weekday = Some(i64::from(number + 6) % 7),
            'u' => self.weekday = Some(i64::from(number) - 1),
            'U' | 'W' => self.week = Some((number.into(), directive == 'W')),
            'G' => self.iso_year = Some(number as i16),
            'V' => self.iso_week = Some(small),
            'z' if text.eq_ignore_ascii_case("z") => self.offset = Some(0),
            'z' => {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                let part = |range| digits.get(range).and_then(|d: &str| d.parse::<i32>().ok()).unwrap_or(0);
                let seconds = part(0..2) * 3600 + part(2..4) * 60 + part(4..6);
                self.offset = Some(if text.starts_with('-') { -seconds } else { seconds });
            }
            _ => {}
        }
    }

    /// The date that a week and a day of it name.
    fn of_week(&self) -> Result<Date> {
        let bad = |e: jiff::Error| Error::new(e.to_string());
        let weekday = self.weekday.unwrap_or(0);
        if let (Some(year), Some(week)) = (self.iso_year, self.iso_week) {
            let day = jiff::civil::Weekday::from_monday_zero_offset(weekday as i8).map_err(bad)?;
            return jiff::civil::ISOWeekDate::new(year, week, day)
                .map(|date| date.date())
                .map_err(|_| Error::new(format!("Invalid week: {week}")));
        }
        let first = Date::new(self.year, 1, 1).map_err(bad)?;
        let Some((week, from_monday)) = self.week else { return Ok(first) };
        let shift = i64::from(!from_monday);
        let first_day = (i64::from(first.weekday().to_monday_zero_offset()) + shift) % 7;
        let weekday = (weekday + shift) % 7;
        let days = match week {
            0 => weekday - first_day,
            week => (7 - first_day) % 7 + 7 * (week - 1) + weekday,
        };
        first.checked_add(jiff::SignedDuration::from_hours(days * 24)).map_err(bad)
    }

    fn value(mut self) -> Result<Value> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let bad = |e: jiff::Error| Error::new(e.to_string());
        let out_of_range = |_| Error::new("day is out of range for month");
        let date = match self.day_of_year {
            None if self.weekday.is_some() && (self.week.is_some() || self.iso_week.is_some()) => {
                self.of_week()?
            }
            Some(day) => {
                let first = Date::new(self.year, 1, 1).map_err(bad)?;
                first.with().day_of_year(day).build().map_err(out_of_range)?
            }
            None => Date::new(self.year, self.month, self.day).map_err(out_of_range)?,
        };
        if self.second > 59 {
            return Err(Error::new("second must be in 0..59"));
        }
        let time = DateTime::new(
            date.year(),
            date.month(),
            date.day(),
            self.hour,
            self.minute,
            self.second,
            self.micros * 1000,
        )
        .map_err(bad)?;
        match self.offset {
            None => Ok(Value::DateTime(Arc::new(time))),
            Some(seconds) => {
                let offset = jiff::tz::Offset::from_seconds(seconds).map_err(bad)?;
                let zone = jiff::tz::TimeZone::fixed(offset);
                Ok(Value::Zoned(Arc::new(time.to_zoned(zone).map_err(bad)?)))
            }
        }
    }
}
