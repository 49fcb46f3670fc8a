//! Format specifications: what stands after the colon in `{:>10.2f}`.

use super::float;
use crate::template::calendar;
use crate::template::value::{Error, Number, Result, Value};
use num_bigint::BigInt;

/// The widest that a specification may ask for.
const WIDEST: usize = 10_000_000;

#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    /// A negative zero loses its sign.
    coerce: bool,
    alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// A number as it is written, in the parts that padding and grouping see.
struct Written {
    /// The sign and `0x`.
    prefix: String,
    /// The digits before the point.
    digits: String,
    /// Everything after them.
    tail: String,
}

/// A value under a format specification.
///
/// # Errors
/// In Python's words.
pub fn apply(value: &Value, text: &str) -> Result<String> {
    if text.is_empty() {
        return value.to_text();
    }
    match value {
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => return calendar::of_value(text, value),
        Value::Time(time) => {
            let day = jiff::civil::date(1900, 1, 1).to_datetime(*time);
            return calendar::of_value(text, &Value::DateTime(day.into()));
        }
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        _ => {}
    }
    if value.is_str() {
        return Spec::parse(text, value, 's')?.text(&value.to_text()?);
    }
    match value.as_number() {
        Some(Number::Float(f)) => Spec::parse(text, value, '\0')?.float(f, value),
        Some(number) => {
            let spec = Spec::parse(text, value, 'd')?;
            match spec.kind {
                Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => spec.float(number.finite()?, value),
                _ => spec.integer(&number.integer().unwrap_or_default(), value),
            }
        }
        None => {
            let of = value.class_name();
            Err(Error::new(format!("unsupported format string passed to {of}.__format__")))
        }
    }
}

impl Spec {
    fn parse(text: &str, value: &Value, default: char) -> Result<Spec> {
        let chars: Vec<char> = text.chars().collect();
        let get = |i: usize| chars.get(i).copied();
        let is_align = |c: Option<char>| c.is_some_and(|c| "<>^=".contains(c));
        let mut spec = Spec::default();
        let mut at = 0;
        if is_align(get(1)) {
            (spec.fill, spec.align, at) = (get(0), get(1), 2);
        } else if is_align(get(0)) {
            (spec.align, at) = (get(0), 1);
        }
        if let Some(c @ ('+' | '-' | ' ')) = get(at) {
            spec.sign = Some(c);
            at += 1;
        }
        if get(at) == Some('z') {
            spec.coerce = true;
            at += 1;
        }
        if get(at) == Some('#') {
            spec.alternate = true;
            at += 1;
        }
        if spec.fill.is_none() && get(at) == Some('0') {
            spec.fill = Some('0');
            spec.align = spec.align.or(value.as_number().map(|_| '='));
            at += 1;
        }
        let digits = |at: &mut usize| -> Result<Option<usize>> {
            let mut number = None;
            while let Some(digit) = get(*at).and_then(|c| c.to_digit(10)) {
                number = Some(number.unwrap_or(0usize) * 10 + digit as usize);
                if number > Some(WIDEST) {
                    return Err(Error::new("Too many decimal digits in format string"));
                }
                *at += 1;
            }
            Ok(number)
        };
        spec.width = digits(&mut at)?.unwrap_or(0);
        while let Some(c @ (',' | '_')) = get(at) {
            match spec.group {
                None => spec.group = Some(c),
                Some(before) if before == c => {
                    return Err(Error::new(format!("Cannot specify '{c}' with '{c}'.")));
                }
                Some(_) => return Err(Error::new("Cannot specify both ',' and '_'.")),
            }
            at += 1;
        }
        if get(at) == Some('.') {
            at += 1;
            spec.precision = digits(&mut at)?;
            if spec.precision.is_none() {
                return Err(Error::new("Format specifier missing precision"));
            }
        }
        spec.kind = get(at);
        if chars.len() > at + 1 {
            let of = value.type_name();
            return Err(Error::new(format!("Invalid format specifier '{text}' for object of type '{of}'")));
        }
        if let Some(group) = spec.group {
            let fits = match spec.kind.unwrap_or(default) {
                'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0' => true,
                'b' | 'o' | 'x' | 'X' => group == '_',
                _ => false,
            };
            if !fits {
                let kind = spec.kind.unwrap_or(default);
                return Err(Error::new(format!("Cannot specify '{group}' with '{kind}'.")));
            }
        }
        Ok(spec)
    }

    fn unknown(kind: char, value: &Value) -> Error {
        Error::new(format!("Unknown format code '{kind}' for object of type '{}'", value.type_name()))
    }

    fn text(&self, text: &str) -> Result<String> {
        if let Some(kind) = self.kind.filter(|k| *k != 's') {
            return Err(Spec::unknown(kind, &Value::str("")));
        }
        let refused = match (self.sign, self.coerce, self.alternate, self.align) {
            (Some(' '), ..) => "Space not allowed in string format specifier",
            (Some(_), ..) => "Sign not allowed in string format specifier",
            (_, true, ..) => "Negative zero coercion (z) not allowed in string format specifier",
            (_, _, true, _) => "Alternate form (#) not allowed in string format specifier",
            (.., Some('=')) => "'=' alignment not allowed in string format specifier",
            _ => "",
        };
        if !refused.is_empty() {
            return Err(Error::new(refused));
        }
        let text = match self.precision {
            Some(n) => text.chars().take(n).collect(),
            None => text.to_owned(),
        };
        Ok(self.padded("", &text, '<'))
    }

    fn integer(&self, number: &BigInt, value: &Value) -> Result<String> {
        let kind = self.kind.unwrap_or('d');
        if !matches!(kind, 'd' | 'n' | 'x' | 'X' | 'o' | 'b' | 'c') {
            return Err(Spec::unknown(kind, value));
        }
        if self.precision.is_some() {
            return Err(Error::new("Precision not allowed in integer format specifier"));
        }
        if self.coerce {
            return Err(Error::new(
                "Negative zero coercion (z) not allowed in format specifier with integer presentation type",
            ));
        }
        if kind == 'c' {
            if self.sign.is_some() {
                return Err(Error::new("Sign not allowed with integer format specifier 'c'"));
            }
            if self.alternate {
                return Err(Error::new("Alternate form (#) not allowed with integer format specifier 'c'"));
            }
            let c = u32::try_from(number).ok().and_then(char::from_u32);
            let c = c.ok_or_else(|| Error::new("%c arg not in range(0x110000)"))?;
            return Ok(self.padded("", &c.to_string(), '>'));
        }
        let (radix, prefix) = match kind {
            'o' => (8, "0o"),
            'b' => (2, "0b"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let text = number.magnitude().to_str_radix(radix);
        let text = if kind == 'X' { text.to_uppercase() } else { text };
        let negative = number.sign() == num_bigint::Sign::Minus;
        let prefix = if self.alternate { prefix } else { "" };
        let prefix = format!("{}{prefix}", self.sign_of(negative));
        Ok(self.written(Written { prefix, digits: text, tail: String::new() }))
    }

    fn float(&self, f: f64, value: &Value) -> Result<String> {
        let precision = self.precision.unwrap_or(6);
        let text = match self.kind {
            None => match self.precision {
                Some(precision) => float::shortest(f, precision, self.alternate, true),
                None => {
                    let text = crate::template::value::float_repr(f);
                    match (self.alternate && f.is_finite() && !text.contains('.'), text.split_once('e')) {
                        (true, Some((mantissa, power))) => format!("{mantissa}.e{power}"),
                        _ => text,
                    }
                }
            },
            Some('f' | 'F') => self.pointed(float::fixed(f, precision)),
            Some('e' | 'E') => self.pointed(float::exponent(f, precision)),
            Some('g' | 'G' | 'n') => float::general(f, precision, self.alternate),
            Some('%') => self.pointed(float::fixed(f * 100.0, precision)) + "%",
            Some(other) => return Err(Spec::unknown(other, value)),
        };
        let text = if self.kind.is_some_and(char::is_uppercase) { text.to_uppercase() } else { text };
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        // only the digits count, not those of the exponent
        let mantissa = text.split(['e', 'E']).next().unwrap_or("");
        let is_zero = !mantissa.contains(|c: char| ('1'..='9').contains(&c) || c.is_alphabetic());
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, tail) = text.split_at(end);
        Ok(self.written(Written {
            prefix: self.sign_of(negative && !(self.coerce && is_zero)).to_owned(),
            digits: digits.to_owned(),
            tail: tail.to_owned(),
        }))
    }

    /// The alternate form always has a point.
    fn pointed(&self, text: String) -> String {
        if !self.alternate || text.contains('.') || !text.contains(|c: char| c.is_ascii_digit()) {
            return text;
        }
        match text.split_once('e') {
            Some((mantissa, power)) => format!("{mantissa}.e{power}"),
            None => text + ".",
        }
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }

    /// The parts together: grouped, and padded.
    fn written(&self, number: Written) -> String {
        let Written { prefix, mut digits, tail } = number;
        if let Some(group) = self.group
            && !digits.is_empty()
        {
            let size = if matches!(self.kind, Some('x' | 'X' | 'o' | 'b')) { 4 } else { 3 };
            // Zeros that fill up are grouped with the digits.
            let filled = self.fill == Some('0') && self.align == Some('=');
            let least = if filled { self.width.saturating_sub(prefix.len() + tail.len()) } else { 0 };
            while digits.len() + (digits.len() - 1) / size < least {
                digits.insert(0, '0');
            }
            let mut out = String::new();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i) % size == 0 {
                    out.push(group);
                }
                out.push(c);
            }
            digits = out;
        }
        self.padded(&prefix, &(digits + &tail), '>')
    }

    fn padded(&self, prefix: &str, text: &str, default: char) -> String {
        let missing = self.width.saturating_sub(prefix.chars().count() + text.chars().count());
        let fill = |n: usize| self.fill.unwrap_or(' ').to_string().repeat(n);
        match self.align.unwrap_or(default) {
            '<' => format!("{prefix}{text}{}", fill(missing)),
            '>' => format!("{}{prefix}{text}", fill(missing)),
            '^' => format!("{}{prefix}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            _ => format!("{prefix}{}{text}", fill(missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_asked() {
        let int = Value::Int;
        for (spec, value, expected) in [
            ("10", Value::Bool(true), "         1"),
            ("08,", int(-7), "-000,007"),
            ("08,", Value::Float(1e20), "0,001e+20"),
            ("#010x", int(42), "0x0000002a"),
            ("_b", int(42), "10_1010"),
            ("#", Value::Float(1e20), "1.e+20"),
            ("#.3", Value::Float(1e20), "1.00e+20"),
            (".0", Value::Float(3.24159), "3e+00"),
            (".2", Value::Float(-0.0), "-0.0"),
            (".3", Value::Float(123.0), "1.23e+02"),
            ("z.1f", Value::Float(-0.01), "0.0"),
            ("z%", int(-7), "-700.000000%"),
            ("é<8", Value::str("x"), "xééééééé"),
            ("*^7", int(-5), "**-5***"),
        ] {
            assert_eq!(apply(&value, spec).unwrap(), expected, "{spec}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (spec, value, expected) in [
            (".2d", Value::Int(1), "Precision not allowed in integer format specifier"),
            (",x", Value::Int(1), "Cannot specify ',' with 'x'."),
            ("+c", Value::Int(1), "Sign not allowed with integer format specifier 'c'"),
            ("+", Value::str("x"), "Sign not allowed in string format specifier"),
            ("=10", Value::str("x"), "'=' alignment not allowed in string format specifier"),
            (",", Value::str("x"), "Cannot specify ',' with 's'."),
            ("5", Value::None, "unsupported format string passed to NoneType.__format__"),
        ] {
            assert_eq!(apply(&value, spec).unwrap_err().message(), expected, "{spec}");
        }
    }
}
