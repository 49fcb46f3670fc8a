//! YAML 1.1 scalars by PyYAML's rules: which type a plain scalar is, and its value.

use super::Kind;
use crate::python::number;
use crate::python::repr::escaped;
use base64::Engine as _;
use num_bigint::BigInt;
use num_traits::ToPrimitive as _;
use std::sync::Arc;

/// The types that a scalar's text may resolve to, and that `!!` tags name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Binary,
    Str,
    /// `<<`: only as a key.
    Merge,
    /// `=`: only as a key.
    Value,
}

/// The type that PyYAML's resolver gives a plain scalar.
pub(super) fn resolve(text: &str) -> Type {
    let Some(first) = text.bytes().next() else { return Type::Null };
    // In Python's patterns the end is in front of a line's end, too, which quoted text and blocks may have.
    let text = text.strip_suffix('\n').unwrap_or(text);
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => match text {
            "yes" | "Yes" | "YES" | "no" | "No" | "NO" | "true" | "True" | "TRUE" | "false" | "False"
            | "FALSE" | "on" | "On" | "ON" | "off" | "Off" | "OFF" => Type::Bool,
            "null" | "Null" | "NULL" => Type::Null,
            _ => Type::Str,
        },
        b'~' if text == "~" => Type::Null,
        b'<' if text == "<<" => Type::Merge,
        b'=' if text == "=" => Type::Value,
        b'-' | b'+' | b'.' | b'0'..=b'9' => {
            if is_float(text) {
                Type::Float
            } else if is_int(text) {
                Type::Int
            } else if first.is_ascii_digit() && Stamp::read(text).is_some_and(|stamp| stamp.is_plain) {
                Type::Timestamp
            } else {
                Type::Str
            }
        }
        _ => Type::Str,
    }
}

/// The text after an optional sign.
fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

/// `[0-9][0-9_]*`
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// `(:[0-5]?[0-9])+` after the first part; `parts` come after the first colon.
fn are_sixtieths<'a>(mut parts: impl Iterator<Item = &'a str>) -> bool {
    parts.all(|part| match part.as_bytes() {
        [a] => a.is_ascii_digit(),
        [a, b] => (b'0'..=b'5').contains(a) && b.is_ascii_digit(),
        _ => false,
    })
}

fn is_int(text: &str) -> bool {
    let digits = unsigned(text);
    let all =
        |rest: &str, known: fn(u8) -> bool| !rest.is_empty() && rest.bytes().all(|b| known(b) || b == b'_');
    if let Some(rest) = digits.strip_prefix("0b") {
        return all(rest, |b| matches!(b, b'0' | b'1'));
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        return all(rest, |b| b.is_ascii_hexdigit());
    }
    if let Some(rest) = digits.strip_prefix('0') {
        return rest.is_empty() || all(rest, |b| (b'0'..=b'7').contains(&b));
    }
    match digits.split_once(':') {
        None => is_number(digits),
        Some((first, rest)) => is_number(first) && are_sixtieths(rest.split(':')),
    }
}

fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let digits = unsigned(text);
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let Some((whole, rest)) = digits.split_once('.') else { return false };
    if let Some((first, parts)) = whole.split_once(':') {
        return is_number(first)
            && are_sixtieths(parts.split(':'))
            && rest.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let exponent_holds = exponent.is_none_or(|e| {
        e.strip_prefix(['+', '-']).is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    });
    // `.5` is a number, but `-.5` and `._5` are not.
    let mantissa_holds = if whole.is_empty() {
        digits.len() == text.len() && is_number(fraction)
    } else {
        is_number(whole) && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    };
    exponent_holds && mantissa_holds
}

/// The value of a scalar as the given type; the error is what Python says.
pub(super) fn construct(kind: Type, text: &str) -> Result<Kind, String> {
    match kind {
        Type::Null => Ok(Kind::Null),
        Type::Bool => match text.to_lowercase().as_str() {
            "yes" | "true" | "on" => Ok(Kind::Bool(true)),
            "no" | "false" | "off" => Ok(Kind::Bool(false)),
            _ => Err(format!("expected a boolean, but found {}", super::repr::of_str(text))),
        },
        Type::Int => construct_int(text),
        Type::Float => construct_float(text),
        Type::Timestamp => Stamp::read(text.strip_suffix('\n').unwrap_or(text))
            .ok_or_else(|| {
                format!("expected a date or a time stamp, but found {}", super::repr::of_str(text))
            })?
            .construct(),
        Type::Binary => construct_binary(text),
        Type::Str | Type::Merge | Type::Value => Ok(Kind::Str { text: text.into(), unsafe_: false }),
    }
}

fn construct_int(original: &str) -> Result<Kind, String> {
    if let Ok(small) = original.parse::<i64>()
        && !unsigned(original).starts_with('0')
    {
        return Ok(Kind::Int(small));
    }
    let text = original.replace('_', "");
    let negative = text.starts_with('-');
    let digits = unsigned(&text);
    let value = if digits == "0" {
        BigInt::ZERO
    } else if let Some(rest) = digits.strip_prefix("0b") {
        integer(rest, 2)?
    } else if let Some(rest) = digits.strip_prefix("0x") {
        integer(rest, 16)?
    } else if digits.starts_with('0') {
        integer(digits, 8)?
    } else if digits.contains(':') {
        let mut sum = BigInt::ZERO;
        if digits.len() > LONGEST_SIXTIETHS {
            return Err(format!("an integer in sixtieths of more than {LONGEST_SIXTIETHS} characters"));
        }
        for part in digits.split(':') {
            sum = sum * 60 + integer(part, 10)?;
        }
        sum
    } else {
        integer(digits, 10)?
    };
    Ok(int(if negative { -value } else { value }))
}

/// Summing takes the square of the length.
const LONGEST_SIXTIETHS: usize = 100_000;

/// An integer node's content, small where it fits.
pub(super) fn int(value: BigInt) -> Kind {
    match value.to_i64() {
        Some(small) => Kind::Int(small),
        None => Kind::Big(Arc::new(value)),
    }
}

fn integer(digits: &str, base: i64) -> Result<BigInt, String> {
    number::int(digits, base).ok_or_else(|| {
        let count = digits.chars().filter(|c| c.is_ascii_digit()).count();
        if base == 10 && count > number::MOST_DIGITS && count == digits.len() {
            let most = number::MOST_DIGITS;
            return format!(
                "Exceeds the limit ({most} digits) for integer string conversion: value has {count} digits; use sys.set_int_max_str_digits() to increase the limit"
            );
        }
        format!("invalid literal for int() with base {base}: {}", super::repr::of_str(digits))
    })
}

fn construct_float(original: &str) -> Result<Kind, String> {
    let text = original.replace('_', "").to_lowercase();
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let float = |text: &str| {
        let wrong = || format!("could not convert string to float: {}", super::repr::of_str(text));
        number::float(text).ok_or_else(wrong)
    };
    let value = match unsigned(&text) {
        ".inf" => f64::INFINITY,
        ".nan" => return Ok(Kind::Float(f64::NAN)),
        sixtieths if sixtieths.contains(':') => {
            let mut parts = sixtieths.split(':').map(float).collect::<Result<Vec<_>, _>>()?;
            parts.reverse();
            let mut base = 1.0;
            parts.iter().fold(0.0, |sum, part| {
                let more = sum + base * part;
                base *= 60.0;
                more
            })
        }
        digits => float(digits)?,
    };
    Ok(Kind::Float(sign * value))
}

/// Python's `base64.decodebytes`: what is not of the alphabet is skipped.
fn construct_binary(text: &str) -> Result<Kind, String> {
    let fail = |why: String| Err(format!("failed to decode base64 data: {why}"));
    if let Some(first) = text.chars().position(|c| !c.is_ascii()) {
        let run = text.chars().skip(first).take_while(|c| !c.is_ascii());
        let what = match run.clone().count() {
            1 => format!("character '{}' in position {first}", escaped(&run.collect::<String>())),
            count => format!("characters in position {first}-{}", first + count - 1),
        };
        return Err(format!(
            "failed to convert base64 data into ascii: 'ascii' codec can't encode {what}: ordinal not in range(128)"
        ));
    }
    let mut data = String::new();
    let mut padding = 0;
    for c in text.chars() {
        match c {
            '=' if data.len() % 4 >= 2 => {
                padding += 1;
                if data.len() % 4 + padding >= 4 {
                    break;
                }
            }
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' => {
                padding = 0;
                data.push(c);
            }
            _ => {}
        }
    }
    match data.len() % 4 {
        1 => {
            return fail(format!(
                "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
                data.len()
            ));
        }
        0 => {}
        over if over + padding < 4 => return fail("Incorrect padding".into()),
        _ => {}
    }
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    match engine.decode(&data) {
        Ok(bytes) => Ok(Kind::Bytes(bytes.into())),
        Err(error) => fail(error.to_string()),
    }
}

/// A time stamp's parts as they are written.
struct Stamp {
    date: (i16, i8, i8),
    time: Option<(i8, i8, i8, i32)>,
    /// Seconds east of UTC.
    zone: Option<i32>,
    /// Whether a plain scalar is one, too: a bare date has two digits each there.
    is_plain: bool,
}

/// Takes between `least` and `most` digits off the front.
fn digits<'a>(rest: &mut &'a str, least: usize, most: usize) -> Option<&'a str> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (taken, left) = rest.split_at(count);
    *rest = left;
    Some(taken)
}

fn literal(rest: &mut &str, wanted: char) -> Option<()> {
    *rest = rest.strip_prefix(wanted)?;
    Some(())
}

impl Stamp {
    /// The parts, if the text has PyYAML's form of a date (`2001-01-01`) or a time stamp.
    fn read(text: &str) -> Option<Stamp> {
        let mut rest = text;
        let rest = &mut rest;
        let year = digits(rest, 4, 4)?;
        literal(rest, '-')?;
        let month = digits(rest, 1, 2)?;
        literal(rest, '-')?;
        let day = digits(rest, 1, 2)?;
        let date = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        if rest.is_empty() {
            let is_plain = month.len() == 2 && day.len() == 2;
            return Some(Stamp { date, time: None, zone: None, is_plain });
        }
        match rest.strip_prefix(['T', 't']) {
            Some(left) => *rest = left,
            None => {
                let left = rest.trim_start_matches([' ', '\t']);
                if left.len() == rest.len() {
                    return None;
                }
                *rest = left;
            }
        }
        let hour = digits(rest, 1, 2)?.parse().ok()?;
        literal(rest, ':')?;
        let minute = digits(rest, 2, 2)?.parse().ok()?;
        literal(rest, ':')?;
        let second = digits(rest, 2, 2)?.parse().ok()?;
        let mut micros = 0;
        if literal(rest, '.').is_some() {
            let fraction = digits(rest, 0, usize::MAX)?;
            // Python knows microseconds; more digits are cut off.
            let six: String = fraction.chars().chain("000000".chars()).take(6).collect();
            micros = six.parse().ok()?;
        }
        let left = rest.trim_start_matches([' ', '\t']);
        let zone = if left.is_empty() {
            if left.len() != rest.len() {
                return None;
            }
            None
        } else if left == "Z" {
            Some(0)
        } else {
            *rest = left.strip_prefix(['+', '-'])?;
            let hours: i32 = digits(rest, 1, 2)?.parse().ok()?;
            let mut minutes: i32 = 0;
            if literal(rest, ':').is_some() {
                minutes = digits(rest, 2, 2)?.parse().ok()?;
            }
            if !rest.is_empty() {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            Some(if left.starts_with('-') { -seconds } else { seconds })
        };
        Some(Stamp { date, time: Some((hour, minute, second, micros)), zone, is_plain: true })
    }

    fn construct(self) -> Result<Kind, String> {
        let (year, month, day) = self.date;
        if let Some(zone) = self.zone.filter(|zone| zone.abs() >= 86_400) {
            let (days, seconds) = (zone.div_euclid(86_400), zone.rem_euclid(86_400));
            let seconds = if seconds == 0 { String::new() } else { format!(", seconds={seconds}") };
            return Err(format!(
                "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not datetime.timedelta(days={days}{seconds})."
            ));
        }
        if year == 0 {
            return Err("year 0 is out of range".into());
        }
        if !(1..=12).contains(&month) {
            return Err("month must be in 1..12".into());
        }
        let date = jiff::civil::Date::new(year, month, day).map_err(|_| "day is out of range for month")?;
        let Some((hour, minute, second, micros)) = self.time else { return Ok(Kind::Date(date)) };
        let limits = [("hour", hour, 23), ("minute", minute, 59), ("second", second, 59)];
        if let Some((name, _, most)) = limits.into_iter().find(|(_, value, most)| value > most) {
            return Err(format!("{name} must be in 0..{most}"));
        }
        let at = date.at(hour, minute, second, micros * 1000);
        let Some(zone) = self.zone else { return Ok(Kind::DateTime(at)) };
        let zone = match zone {
            0 => jiff::tz::TimeZone::UTC,
            _ => jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_seconds(zone).map_err(|_| TOO_LATE)?),
        };
        at.to_zoned(zone).map(Kind::Zoned).map_err(|_| TOO_LATE.into())
    }
}

/// Instants end a day before the year 9999 does, so that each can be told in every zone.
const TOO_LATE: &str = "a time stamp with a zone must be before 9999-12-30T22:00:01Z";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_pyyaml_resolves_them() {
        let table = [
            (Type::Bool, "yes No ON off True FALSE"),
            (Type::Null, "~ null Null NULL"),
            (Type::Int, "0 -0 +12 0777 0_ 0b1_0 0b_ 0x1F -0xff 1_000 1__0 12:30:45 -1:30 1_2:30 1:5:09"),
            (
                Type::Float,
                "1. 1.5 .5 .1_ 1.e+5 1.5e-3 .5e-3 1_0.5_0 1:30.5 190:20:30.15 -.inf +.INF .NaN 08.5",
            ),
            (
                Type::Timestamp,
                "2001-01-01 2001-12-14t21:59:43.10-05:00 2001-1-1T1:02:03 2001-12-14T21:59:43.",
            ),
            (
                Type::Str,
                "y Y n nULL yES 0o777 08 09:30 1e3 1.5e3 1.e5 ._1 -.5 +.5 . - + 0:30 1:99 01:02 2001-1-1 0x 0b -.nan nan 1.2.3 127.0.0.1",
            ),
            (Type::Merge, "<<"),
            (Type::Value, "="),
        ];
        for (wanted, texts) in table {
            for text in texts.split(' ') {
                assert_eq!(resolve(text), wanted, "{text}");
            }
        }
        assert_eq!(resolve(""), Type::Null);
    }
}
