//! How values print: Python's `str()` and `repr()`.

use super::compare::DEEPEST;
use super::{Error, Number, Result, Value, View, fits};
use crate::python::repr;
use num_traits::ToPrimitive;
use std::borrow::Cow;
use std::fmt::{self, Write};

/// The most digits that Python writes an integer with.
const MOST_DIGITS: usize = 4300;

impl Value {
    /// Python's `repr()`.
    ///
    /// # Errors
    /// A marker is in it, or it nests too deep (a list may contain itself).
    pub fn repr(&self) -> Result<String> {
        let mut out = String::new();
        write_repr(self, &mut out, DEEPEST)?;
        Ok(out)
    }

    /// Python's `str()`: text as it is, everything else as `repr()`.
    ///
    /// # Errors
    /// As [`Value::repr`].
    pub fn to_text(&self) -> Result<String> {
        self.as_text().map(Cow::into_owned)
    }

    /// Appends what [`Value::to_text`] gives.
    ///
    /// # Errors
    /// As [`Value::repr`].
    pub fn write_text(&self, out: &mut String) -> Result<()> {
        match self {
            Value::Int(_) | Value::List(_) | Value::Dict(_) => write_repr(self, out, DEEPEST)?,
            other => out.push_str(&other.as_text()?),
        }
        Ok(())
    }

    /// As [`Value::to_text`], without a copy of what is text already.
    ///
    /// # Errors
    /// As [`Value::repr`].
    pub fn as_text(&self) -> Result<Cow<'_, str>> {
        Ok(Cow::Owned(match self {
            Value::Str(s) => return Ok(Cow::Borrowed(&s.text)),
            Value::Void(_) => String::new(),
            Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Time(_) => isoformat(self, " "),
            Value::Duration(d) => duration(*d),
            Value::Object(o) => match o.printed() {
                Some(Value::Str(text)) => text.text.to_string(),
                _ => o.text(),
            },
            other => other.repr()?,
        }))
    }
}

/// Python's `str()`; where a marker is in it, its message in angle brackets.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text().unwrap_or_else(|e| format!("<{e}>")))
    }
}

fn write_repr(value: &Value, out: &mut String, depth: usize) -> Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Value::Int(i) => push(out, i),
        Value::Big(b) => {
            let text = b.to_string();
            if text.trim_start_matches('-').len() > MOST_DIGITS {
                return Err(Error::new(format!(
                    "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
                )));
            }
            out.push_str(&text);
        }
        Value::Float(f) => out.push_str(&repr::of_float(*f)),
        Value::Str(s) if s.markup => push(out, format_args!("Markup({})", repr::of_str(&s.text))),
        Value::Str(s) => out.push_str(&repr::of_str(&s.text)),
        Value::Vault(_) => out.push_str("'<vault>'"),
        Value::Bytes(b) => out.push_str(&repr::of_bytes(b)),
        Value::List(l) => write_all(&l.items(), ("[", "]"), out, depth)?,
        Value::Tuple(t) if t.len() == 1 => write_all(t, ("(", ",)"), out, depth)?,
        Value::Tuple(t) => write_all(t, ("(", ")"), out, depth)?,
        Value::Set(s) if s.is_empty() => out.push_str("set()"),
        Value::Set(s) => write_all(&s.items(), ("{", "}"), out, depth)?,
        Value::View(v) if v.name == View::GROUP => write_all(&v.items, ("(", ")"), out, depth)?,
        Value::View(v) if v.is_tuple() => {
            let module = if v.name == "struct_time" { "time" } else { "datetime" };
            push(out, format_args!("{module}.{}(", v.name));
            for (i, (field, item)) in v.fields().iter().zip(v.items.iter()).enumerate() {
                push(out, format_args!("{}{field}=", if i > 0 { ", " } else { "" }));
                write_repr(item, out, depth)?;
            }
            out.push(')');
        }
        Value::View(v) if v.sized => {
            out.push_str(v.name);
            write_all(&v.items, ("([", "])"), out, depth)?;
        }
        Value::View(v) => write_all(&v.items, ("[", "]"), out, depth)?,
        Value::Dict(d) => {
            out.push('{');
            for (i, (key, value)) in d.pairs().iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_repr(key.value(), out, depth)?;
                out.push_str(": ");
                write_repr(value, out, depth)?;
                fits(out.len())?;
            }
            out.push('}');
        }
        Value::Range(r) if r.step == 1 => push(out, format_args!("range({}, {})", r.start, r.stop)),
        Value::Range(r) => push(out, format_args!("range({}, {}, {})", r.start, r.stop, r.step)),
        Value::Date(d) => push(out, format_args!("datetime.date({}, {}, {})", d.year(), d.month(), d.day())),
        Value::DateTime(t) => push(out, format_args!("datetime.datetime({})", fields(t))),
        Value::Zoned(t) => {
            let zone = zone_repr(t.offset().seconds());
            push(out, format_args!("datetime.datetime({}, tzinfo={zone})", fields(&t.datetime())));
        }
        Value::Time(t) => push(out, format_args!("datetime.time({})", clock_fields(*t))),
        Value::Duration(d) => out.push_str(&duration_repr(*d)),
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        Value::Void(_) => out.push_str("Undefined"),
        Value::Omit => out.push_str("<<Omit>>"),
        Value::Function(name) => out.push_str(&match &**name {
            "dict" | "range" => format!("<class '{name}'>"),
            "namespace" => "<class 'jinja2.utils.Namespace'>".to_owned(),
            "cycler" => "<class 'jinja2.utils.Cycler'>".to_owned(),
            "joiner" => "<class 'jinja2.utils.Joiner'>".to_owned(),
            _ => format!("<function {name}>"),
        }),
        Value::Method(m) => {
            push(out, format_args!("<built-in method {} of {} object>", m.name, m.object.type_name()));
        }
        Value::Object(o) => out.push_str(&o.repr()),
    }
    Ok(())
}

/// Writing to a string cannot fail.
fn push(out: &mut String, what: impl fmt::Display) {
    let _ = write!(out, "{what}");
}

fn write_all(items: &[Value], ends: (&str, &str), out: &mut String, depth: usize) -> Result<()> {
    out.push_str(ends.0);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write_repr(item, out, depth)?;
        // A list that holds another twice, and so on, is short in memory only.
        fits(out.len())?;
    }
    out.push_str(ends.1);
    Ok(())
}

/// Python's `ascii()`: `repr()` with everything beyond ASCII escaped.
///
/// # Errors
/// As [`Value::repr`].
pub(crate) fn ascii(value: &Value) -> Result<String> {
    let text = value.repr()?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() { out.push(c) } else { repr::write_escape(c, &mut out) }
    }
    Ok(out)
}

/// A date or time in ISO form, date and time set apart by `separator`; text and others as they print.
pub fn isoformat(value: &Value, separator: &str) -> String {
    let date = |d: jiff::civil::Date| format!("{:04}-{:02}-{:02}", d.year(), d.month(), d.day());
    let both = |t: &jiff::civil::DateTime| {
        let clock = clock_text(t.time(), "auto").unwrap_or_default();
        format!("{}{separator}{clock}", date(t.date()))
    };
    match value {
        Value::Date(d) => date(*d),
        Value::DateTime(t) => both(t),
        Value::Zoned(t) => both(&t.datetime()) + &zone_text(t.offset().seconds()),
        Value::Time(t) => clock_text(*t, "auto").unwrap_or_default(),
        other => other.to_string(),
    }
}

/// A time of day, as exact as `timespec` of Python's `isoformat` asks; `None` where there is no such word.
pub(crate) fn clock_text(t: jiff::civil::Time, timespec: &str) -> Option<String> {
    let micros = t.subsec_nanosecond() / 1000;
    let seconds = || format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second());
    Some(match timespec {
        "auto" if micros == 0 => seconds(),
        "auto" | "microseconds" => format!("{}.{micros:06}", seconds()),
        "milliseconds" => format!("{}.{:03}", seconds(), micros / 1000),
        "seconds" => seconds(),
        "minutes" => format!("{:02}:{:02}", t.hour(), t.minute()),
        "hours" => format!("{:02}", t.hour()),
        _ => return None,
    })
}

/// A distance from UTC: `+01:00`.
pub(crate) fn zone_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    match rest {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        rest => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// How Python writes a zone of that distance from UTC.
pub(crate) fn zone_repr(seconds: i32) -> String {
    match seconds {
        0 => "datetime.timezone.utc".to_owned(),
        s => format!("datetime.timezone({})", duration_repr(jiff::SignedDuration::from_secs(s.into()))),
    }
}

fn fields(t: &jiff::civil::DateTime) -> String {
    format!("{}, {}, {}, {}", t.year(), t.month(), t.day(), clock_fields(t.time()))
}

fn clock_fields(t: jiff::civil::Time) -> String {
    let mut parts = vec![t.hour().to_string(), t.minute().to_string()];
    let micros = t.subsec_nanosecond() / 1000;
    if t.second() > 0 || micros > 0 {
        parts.push(t.second().to_string());
    }
    if micros > 0 {
        parts.push(micros.to_string());
    }
    parts.join(", ")
}

/// Days, seconds and microseconds with Python's signs: only the days are ever negative.
fn duration_parts(d: jiff::SignedDuration) -> (i64, i64, i64) {
    let micros = d.as_micros();
    let day = 86_400_000_000i128;
    let days = micros.div_euclid(day);
    let rest = micros.rem_euclid(day);
    (days.to_i64().unwrap_or(i64::MAX), (rest / 1_000_000) as i64, (rest % 1_000_000) as i64)
}

fn duration(d: jiff::SignedDuration) -> String {
    let (days, seconds, micros) = duration_parts(d);
    let prefix = match days {
        0 => String::new(),
        1 | -1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let fraction = if micros > 0 { format!(".{micros:06}") } else { String::new() };
    format!("{prefix}{}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn duration_repr(d: jiff::SignedDuration) -> String {
    let (days, seconds, micros) = duration_parts(d);
    let parts = [("days", days), ("seconds", seconds), ("microseconds", micros)];
    let parts: Vec<String> = parts.iter().filter(|p| p.1 != 0).map(|(n, v)| format!("{n}={v}")).collect();
    format!("datetime.timedelta({})", if parts.is_empty() { "0".into() } else { parts.join(", ") })
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Small(i) => write!(f, "{i}"),
            Number::Big(b) => write!(f, "{b}"),
            Number::Float(x) => f.write_str(&repr::of_float(*x)),
        }
    }
}
