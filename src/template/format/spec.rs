//! Format specifications: what stands after the colon in `{:>10.2f}`.

use super::float;
use crate::template::calendar;
use crate::template::value::{Error, Number, Result, Value};

/// The widest that a specification may ask for.
const WIDEST: usize = 10_000_000;

#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// A value under a format specification.
///
/// # Errors
/// In Python's words.
pub fn apply(value: &Value, text: &str) -> Result<String> {
    if text.is_empty() {
        return value.to_text();
    }
    if matches!(value, Value::Date(_) | Value::DateTime(_) | Value::Zoned(_)) {
        return calendar::of_value(text, value);
    }
    let spec = Spec::parse(text, value)?;
    let body = spec.body(value)?;
    let number = value.as_number().is_some();
    Ok(spec.pad(body, number))
}

impl Spec {
    fn parse(text: &str, value: &Value) -> Result<Spec> {
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
        if get(at) == Some('#') {
            spec.alternate = true;
            at += 1;
        }
        if get(at) == Some('0') {
            spec.fill = spec.fill.or(Some('0'));
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
        if let Some(c @ (',' | '_')) = get(at) {
            spec.group = Some(c);
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
        Ok(spec)
    }

    fn body(&self, value: &Value) -> Result<String> {
        let unknown = |kind: char| {
            Error::new(format!("Unknown format code '{kind}' for object of type '{}'", value.type_name()))
        };
        let text = match (value.as_number(), self.kind) {
            (None, None | Some('s')) if value.is_str() => {
                let text = value.to_text()?;
                return Ok(match self.precision {
                    Some(n) => text.chars().take(n).collect(),
                    None => text,
                });
            }
            (None, Some(kind)) if value.is_str() => return Err(unknown(kind)),
            (None, _) => {
                return Err(Error::new(format!(
                    "unsupported format string passed to {}.__format__",
                    value.type_name()
                )));
            }
            (Some(_), None) if matches!(value, Value::Bool(_)) => value.to_text()?,
            (Some(Number::Float(f)), None) => match self.precision {
                Some(precision) => float::general(f, precision, false),
                None => value.to_text()?,
            },
            (Some(n), None | Some('d' | 'n')) if n.integer().is_some() => n.to_string(),
            (Some(n), Some(kind @ ('x' | 'X' | 'o' | 'b' | 'c'))) => {
                let Some(integer) = n.integer() else { return Err(unknown(kind)) };
                if kind == 'c' {
                    let c = n.to_string().parse().ok().and_then(char::from_u32);
                    return c.map(String::from).ok_or_else(|| Error::new("%c arg not in range(0x110000)"));
                }
                let radix = match kind {
                    'o' => 8,
                    'b' => 2,
                    _ => 16,
                };
                let text = integer.to_str_radix(radix);
                let text = if kind == 'X' { text.to_uppercase() } else { text };
                match (self.alternate, text.strip_prefix('-')) {
                    (true, Some(digits)) => format!("-0{kind}{digits}"),
                    (true, None) => format!("0{kind}{text}"),
                    (false, _) => text,
                }
            }
            (Some(n), Some(kind)) => {
                let (f, precision) = (n.float(), self.precision.unwrap_or(6));
                match kind {
                    'f' => float::fixed(f, precision),
                    'F' => float::fixed(f, precision).to_uppercase(),
                    'e' => float::exponent(f, precision),
                    'E' => float::exponent(f, precision).to_uppercase(),
                    'g' | 'n' => float::general(f, precision, self.alternate),
                    'G' => float::general(f, precision, self.alternate).to_uppercase(),
                    '%' => float::fixed(f * 100.0, precision) + "%",
                    other => return Err(unknown(other)),
                }
            }
            (Some(n), None) => n.to_string(),
        };
        let text = self.grouped(text);
        Ok(match self.sign {
            Some(sign @ ('+' | ' ')) if !text.starts_with('-') => format!("{sign}{text}"),
            _ => text,
        })
    }

    fn grouped(&self, text: String) -> String {
        let Some(group) = self.group else { return text };
        let (sign, rest) = if text.starts_with('-') { text.split_at(1) } else { ("", text.as_str()) };
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let (whole, tail) = rest.split_at(end);
        let size = if matches!(self.kind, Some('x' | 'X' | 'o' | 'b')) { 4 } else { 3 };
        let mut out = String::new();
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % size == 0 {
                out.push(group);
            }
            out.push(c);
        }
        format!("{sign}{out}{tail}")
    }

    fn pad(&self, text: String, number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        let fill = |n: usize| self.fill.unwrap_or(' ').to_string().repeat(n);
        match self.align.unwrap_or(if number { '>' } else { '<' }) {
            '<' => text + &fill(missing),
            '>' => fill(missing) + &text,
            '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            _ => {
                let sign = usize::from(text.starts_with(['-', '+', ' ']));
                let (sign, digits) = text.split_at(sign);
                format!("{sign}{}{digits}", fill(missing))
            }
        }
    }
}
