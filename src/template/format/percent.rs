//! `format % values`.

use super::float;
use crate::template::value::{Error, Key, Number, Result, Value, ascii};
use num_bigint::BigInt;
use num_traits::FromPrimitive;

/// The most characters that a width or precision may ask for.
const WIDEST: usize = 10_000_000;

/// Computes `format % values`.
///
/// # Errors
/// In Python's words.
pub fn percent(format: &str, values: &Value) -> Result<String> {
    printed(&format.chars().collect::<Vec<_>>(), values, false)
}

/// Computes `format % values` of bytes.
///
/// # Errors
/// In Python's words.
pub fn percent_bytes(format: &[u8], values: &Value) -> Result<Value> {
    let chars: Vec<char> = format.iter().map(|b| char::from(*b)).collect();
    let text = printed(&chars, values, true)?;
    Ok(Value::Bytes(text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()))
}

fn printed(chars: &[char], values: &Value, bytes: bool) -> Result<String> {
    let mut reader = Reader { chars, at: 0, values, next: 0, named: false, bytes };
    let mut out = String::new();
    while let Some(c) = reader.take() {
        if c == '%' { reader.conversion(&mut out)? } else { out.push(c) }
    }
    reader.all_used()?;
    Ok(out)
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    values: &'a Value,
    next: usize,
    named: bool,
    /// Whether it is bytes that are made, a character each.
    bytes: bool,
}

#[derive(Default)]
struct Flags {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn positional(&mut self) -> Result<Value> {
        let value = match self.values {
            Value::Tuple(all) => all.get(self.next).cloned(),
            one if self.next == 0 => Some(one.clone()),
            _ => None,
        };
        self.next += 1;
        value.ok_or_else(|| Error::new("not enough arguments for format string"))?.defined()
    }

    fn all_used(&self) -> Result<()> {
        let given = match self.values {
            Value::Tuple(all) => all.len(),
            Value::Dict(_) | Value::List(_) => 0,
            _ => 1,
        };
        if !self.named && self.next < given {
            return Err(Error::new("not all arguments converted during string formatting"));
        }
        Ok(())
    }

    /// A width or precision; `negative` is set where an argument gives it below zero.
    fn number(&mut self, negative: &mut bool) -> Result<usize> {
        if self.peek() == Some('*') {
            self.at += 1;
            let value = self.positional()?;
            let number = value.as_int().ok_or_else(|| Error::new("* wants int"))?;
            *negative |= number < 0;
            return bounded(number.unsigned_abs() as usize);
        }
        let mut number = 0usize;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            number = bounded(number * 10 + digit as usize)?;
            self.at += 1;
        }
        Ok(number)
    }

    fn key(&mut self) -> Result<Option<Value>> {
        if self.peek() != Some('(') {
            return Ok(None);
        }
        self.at += 1;
        let mut key = String::new();
        let mut depth = 1;
        loop {
            match self.take() {
                Some('(') => depth += 1,
                Some(')') if depth == 1 => break,
                Some(')') => depth -= 1,
                Some(_) => {}
                None => return Err(Error::new("incomplete format key")),
            }
            key.extend(self.chars.get(self.at - 1));
        }
        self.named = true;
        let Value::Dict(dict) = self.values else { return Err(Error::new("format requires a mapping")) };
        if self.bytes {
            let key = Value::Bytes(key.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect());
            return match dict.get_key(&Key::new(key.clone())?) {
                Some(value) => value.defined().map(Some),
                None => Err(Error::new(key.repr()?)),
            };
        }
        match dict.get(&key) {
            Some(value) => value.defined().map(Some),
            None => Err(Error::new(crate::template::value::str_repr(&key))),
        }
    }

    fn conversion(&mut self, out: &mut String) -> Result<()> {
        let key = self.key()?;
        let mut flags = Flags::default();
        while let Some(c) = self.peek() {
            match c {
                '-' => flags.left = true,
                '0' => flags.zero = true,
                '+' => flags.plus = true,
                ' ' => flags.space = true,
                '#' => flags.alternate = true,
                _ => break,
            }
            self.at += 1;
        }
        let starred = self.peek() == Some('*');
        flags.width = self.number(&mut flags.left)?;
        if self.peek() == Some('.') {
            self.at += 1;
            flags.precision = Some(self.number(&mut false)?);
        }
        while matches!(self.peek(), Some('h' | 'l' | 'L')) {
            self.at += 1;
        }
        let Some(kind) = self.take() else { return Err(Error::new("incomplete format")) };
        if kind == '%' {
            if starred {
                self.positional()?;
            }
            out.push('%');
            return Ok(());
        }
        let value = match key {
            Some(value) => value,
            None => self.positional()?,
        };
        if self.bytes
            && let Some(text) = flags.convert_bytes(kind, &value)?
        {
            out.push_str(&text);
            return Ok(());
        }
        out.push_str(&flags.convert(kind, &value, self.at - 1)?);
        Ok(())
    }
}

fn bounded(number: usize) -> Result<usize> {
    if number > WIDEST { Err(Error::new("a width in a format is too large")) } else { Ok(number) }
}

impl Flags {
    /// What bytes convert in a way of their own.
    fn convert_bytes(&self, kind: char, value: &Value) -> Result<Option<String>> {
        let text = match (kind, value) {
            ('s' | 'b', Value::Bytes(b)) => b.iter().map(|b| char::from(*b)).collect(),
            ('s' | 'b', other) => {
                return Err(Error::new(format!(
                    "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
                    other.class_name()
                )));
            }
            ('r' | 'a', other) => ascii(other)?,
            ('c', Value::Bytes(b)) if b.len() == 1 => b.iter().map(|b| char::from(*b)).collect(),
            ('c', Value::Int(_) | Value::Bool(_) | Value::Big(_)) => {
                match value.as_int().and_then(|n| u8::try_from(n).ok()) {
                    Some(byte) => char::from(byte).to_string(),
                    None => return Err(Error::new("%c arg not in range(256)")),
                }
            }
            ('c', _) => return Err(Error::new("%c requires an integer in range(256) or a single byte")),
            _ => return Ok(None),
        };
        let precision = if kind == 'c' { None } else { self.precision };
        Ok(Some(self.pad(cut(text, precision), false)))
    }

    fn convert(&self, kind: char, value: &Value, at: usize) -> Result<String> {
        match kind {
            's' | 'r' | 'a' => {
                let text = match kind {
                    's' => value.to_text()?,
                    'r' => value.repr()?,
                    _ => ascii(value)?,
                };
                Ok(self.pad(cut(text, self.precision), false))
            }
            'd' | 'i' | 'u' => {
                let text = match value.as_number() {
                    Some(Number::Float(f)) if !f.is_finite() => {
                        return Err(Error::new(format!("cannot convert float {f} to integer")));
                    }
                    Some(Number::Float(f)) => BigInt::from_f64(f.trunc()).unwrap_or_default().to_string(),
                    Some(n) => n.to_string(),
                    None => {
                        let of = value.type_name();
                        return Err(Error::new(format!(
                            "%{kind} format: a real number is required, not {of}"
                        )));
                    }
                };
                Ok(self.pad(self.sign(self.digits(text)), true))
            }
            'x' | 'X' | 'o' => {
                let Some(number) = value.as_number().and_then(|n| n.integer()) else {
                    let of = value.type_name();
                    return Err(Error::new(format!("%{kind} format: an integer is required, not {of}")));
                };
                let text = number.to_str_radix(if kind == 'o' { 8 } else { 16 });
                let text = if kind == 'X' { text.to_uppercase() } else { text };
                let text = self.digits(text);
                let text = match self.alternate {
                    true if text.starts_with('-') => format!("-0{kind}{}", &text[1..]),
                    true => format!("0{kind}{text}"),
                    false => text,
                };
                Ok(self.pad(self.sign(text), true))
            }
            'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
                let Some(number) = value.as_number() else {
                    return Err(Error::new(format!("must be real number, not {}", value.type_name())));
                };
                let (number, precision) = (number.float(), self.precision.unwrap_or(6));
                let text = match kind {
                    'f' | 'F' => float::fixed(number, precision),
                    'e' | 'E' => float::exponent(number, precision),
                    _ => float::general(number, precision, self.alternate),
                };
                let text = if kind.is_uppercase() { text.to_uppercase() } else { text };
                Ok(self.pad(self.sign(text), true))
            }
            'c' => {
                let text = match value {
                    Value::Int(_) | Value::Bool(_) | Value::Big(_) => {
                        let code = value.as_int().and_then(|n| u32::try_from(n).ok());
                        match code.and_then(char::from_u32) {
                            Some(c) => Some(c.to_string()),
                            None => return Err(Error::new("%c arg not in range(0x110000)")),
                        }
                    }
                    Value::Str(s) if s.text.chars().count() == 1 => Some(s.text.to_string()),
                    _ => None,
                };
                let text = text.ok_or_else(|| Error::new("%c requires int or char"))?;
                Ok(self.pad(text, false))
            }
            other => Err(Error::new(format!(
                "unsupported format character '{other}' ({:#x}) at index {at}",
                u32::from(other)
            ))),
        }
    }

    /// An integer's precision is its least number of digits.
    fn digits(&self, text: String) -> String {
        let Some(least) = self.precision else { return text };
        let (sign, digits) = if text.starts_with('-') { text.split_at(1) } else { ("", text.as_str()) };
        format!("{sign}{}{digits}", "0".repeat(least.saturating_sub(digits.len())))
    }

    fn sign(&self, text: String) -> String {
        match text.starts_with('-') {
            true => text,
            false if self.plus => format!("+{text}"),
            false if self.space => format!(" {text}"),
            false => text,
        }
    }

    fn pad(&self, text: String, number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        if self.left {
            return text + &" ".repeat(missing);
        }
        if self.zero && number {
            let sign = text.len() - text.trim_start_matches(['-', '+', ' ']).len();
            let (sign, digits) = text.split_at(sign);
            return format!("{sign}{}{digits}", "0".repeat(missing));
        }
        " ".repeat(missing) + &text
    }
}

fn cut(text: String, precision: Option<usize>) -> String {
    match precision {
        Some(n) => text.chars().take(n).collect(),
        None => text,
    }
}
