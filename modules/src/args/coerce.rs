//! Ansible's coercions of one value, and Python's way of writing one down.

use super::schema::Kind;
use crate::{Data, Map};
use num_bigint::BigInt;
use std::sync::Arc;

const DEPTH: usize = 100;

/// The value as `kind`; the error is the part of Ansible's message behind "unable to convert to …: ".
///
/// # Errors
/// The value cannot be read as that.
pub fn coerce(kind: Kind, value: Data) -> Result<Data, String> {
    if value == Data::Null {
        return Ok(value);
    }
    match kind {
        Kind::Raw => Ok(value),
        Kind::Str | Kind::Path => Ok(text(value)),
        Kind::Bool => boolean(value),
        Kind::Int => integer(value),
        Kind::Float => float(value),
        Kind::List => list(value),
        Kind::Dict => dict(value),
        Kind::Json => Ok(json(value)),
        Kind::Bytes => human(&value, 'B').ok_or_else(|| unit_error(&value, "Byte")),
        Kind::Bits => human(&value, 'b').ok_or_else(|| unit_error(&value, "Bit")),
    }
}

/// What the value was, for messages: `<class 'dict'>`.
fn class(value: &Data) -> String {
    format!("<class '{}'>", value.type_name())
}

fn unit_error(value: &Data, unit: &str) -> String {
    format!("{} cannot be converted to a {unit} value", class(value))
}

fn text(value: Data) -> Data {
    match value {
        Data::Str(_) => value,
        other => Data::str(python_str(&other)),
    }
}

fn boolean(value: Data) -> Result<Data, String> {
    let word = match &value {
        Data::Bool(_) => return Ok(value),
        Data::Str(t) => t.text.trim().to_lowercase(),
        Data::Int(_) | Data::Big(_) => python_str(&value),
        Data::Float(f) if *f == 0.0 => "0".into(),
        Data::Float(f) if (*f - 1.0).abs() < f64::EPSILON => "1".into(),
        Data::Float(_) => python_str(&value),
        _ => return Err(format!("{} cannot be converted to a bool", class(&value))),
    };
    match word.as_str() {
        "y" | "yes" | "on" | "1" | "true" | "t" => Ok(Data::Bool(true)),
        "n" | "no" | "off" | "0" | "false" | "f" => Ok(Data::Bool(false)),
        // The order there is that of a Python set, different each time.
        _ => Err(format!(
            "The value '{word}' is not a valid boolean. Valid booleans include: 0, 1, '0', '1', 'f', 'false', 'n', \
             'no', 'off', 'on', 't', 'true', 'y', 'yes'"
        )),
    }
}

fn integer(value: Data) -> Result<Data, String> {
    let wrong = |value: &Data| format!("\"{}\" cannot be converted to an int", python_repr(value));
    match &value {
        Data::Int(_) | Data::Big(_) | Data::Bool(_) => Ok(value),
        Data::Float(f) => whole(*f).ok_or_else(|| wrong(&value)),
        Data::Str(t) => {
            let word = t.text.trim();
            let digits = word.replace('_', "");
            if let Ok(i) = digits.parse::<i64>() {
                return Ok(Data::Int(i));
            }
            if let Ok(big) = digits.parse::<BigInt>() {
                return Ok(Data::Big(Arc::new(big)));
            }
            digits.parse::<f64>().ok().and_then(whole).ok_or_else(|| wrong(&value))
        }
        _ => Err(wrong(&value)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
fn whole(f: f64) -> Option<Data> {
    (f.fract() == 0.0 && f.abs() < 9e18).then_some(Data::Int(f as i64))
}

fn float(value: Data) -> Result<Data, String> {
    let wrong = |value: &Data| format!("{} cannot be converted to a float", class(value));
    match &value {
        Data::Float(_) => Ok(value),
        #[expect(clippy::cast_precision_loss, reason = "Python's float() rounds as well")]
        Data::Int(i) => Ok(Data::Float(*i as f64)),
        Data::Str(t) => t.text.trim().replace('_', "").parse().map(Data::Float).map_err(|_| wrong(&value)),
        _ => Err(wrong(&value)),
    }
}

fn list(value: Data) -> Result<Data, String> {
    match &value {
        Data::List(_) => Ok(value),
        Data::Str(t) => {
            let part = |p: &str| Data::Str(crate::Text { text: p.into(), secret: t.secret });
            Ok(Data::List(t.text.split(',').map(part).collect()))
        }
        Data::Int(_) | Data::Big(_) | Data::Float(_) | Data::Bool(_) => Ok(Data::List(vec![text(value)])),
        _ => Err(format!("{} cannot be converted to a list", class(&value))),
    }
}

fn dict(value: Data) -> Result<Data, String> {
    let Data::Str(t) = &value else {
        return match value {
            Data::Map(_) => Ok(value),
            other => Err(format!("{} cannot be converted to a dict", class(&other))),
        };
    };
    if t.text.starts_with('{') {
        let parsed = serde_json::from_str::<serde_json::Value>(&t.text).ok().map(|v| Data::from_json(&v));
        let parsed = parsed.or_else(|| Literal::read(&t.text));
        return match parsed {
            Some(Data::Map(map)) => Ok(Data::Map(map)),
            _ => Err("unable to evaluate string as dictionary".into()),
        };
    }
    if !t.text.contains('=') {
        return Err("dictionary requested, could not parse JSON or key=value".into());
    }
    let mut map = Map::new();
    for pair in split_words(&t.text, &[',', ' ']) {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| "dictionary requested, could not parse JSON or key=value".to_string())?;
        map.insert(key.to_string(), Data::str(value));
    }
    Ok(Data::Map(map))
}

/// Words between any of `separators`, with quotes and backslashes understood and taken away.
pub fn split_words(text: &str, separators: &[char]) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut quote, mut escaped) = (None, false);
    for c in text.trim().chars() {
        if escaped {
            word.push(c);
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if quote == Some(c) {
            quote = None;
        } else if quote.is_some() {
            word.push(c);
        } else if c == '\'' || c == '"' {
            quote = Some(c);
        } else if separators.contains(&c) {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn json(value: Data) -> Data {
    match &value {
        Data::Str(t) => Data::Str(crate::Text { text: t.text.trim().into(), secret: t.secret }),
        Data::List(_) | Data::Map(_) => Data::str(value.to_json_text()),
        _ => text(value),
    }
}

/// `1.5M`, `10 KB`: a number of bytes (`unit` is `B`) or bits (`b`).
#[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
fn human(value: &Data, unit: char) -> Option<Data> {
    let text = python_str(value);
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    let mut letters = suffix.trim().chars();
    let power = match letters.next() {
        None => 0,
        Some(c) if c == unit => 0,
        Some(c) => "KMGTPEZY".find(c.to_ascii_uppercase())? + 1,
    };
    match (letters.next(), letters.next()) {
        (None, None) => {}
        (Some(c), None) if c == unit && power > 0 => {}
        _ => return None,
    }
    let result = (number * 1024f64.powi(i32::try_from(power).ok()?)).round();
    (result < 9e18).then_some(Data::Int(result as i64))
}

/// What Python's `str()` writes.
pub fn python_str(value: &Data) -> String {
    match value {
        Data::Str(t) => t.text.to_string(),
        other => python_repr(other),
    }
}

/// What Python's `repr()` writes.
pub fn python_repr(value: &Data) -> String {
    let mut out = String::new();
    repr_into(value, &mut out, 0);
    out
}

fn repr_into(value: &Data, out: &mut String, depth: usize) {
    match value {
        _ if depth > DEPTH => out.push_str("..."),
        Data::Null => out.push_str("None"),
        Data::Bool(b) => out.push_str(if *b { "True" } else { "False" }),
        Data::Int(i) => out.push_str(&i.to_string()),
        Data::Big(i) => out.push_str(&i.to_string()),
        Data::Float(f) => out.push_str(&float_repr(*f)),
        Data::Str(t) => quote(&t.text, out),
        Data::Bytes(b) => {
            out.push('b');
            quote(&String::from_utf8_lossy(b), out);
        }
        Data::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                repr_into(item, out, depth + 1);
            }
            out.push(']');
        }
        Data::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                quote(key, out);
                out.push_str(": ");
                repr_into(item, out, depth + 1);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(mark);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == mark => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 32 || c as u32 == 127 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(mark);
}

fn float_repr(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if f == 0.0 || (1e-4..1e16).contains(&f.abs()) {
        return format!("{f:?}");
    }
    let text = format!("{f:e}");
    match text.split_once('e') {
        Some((digits, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(('+', power), |p| ('-', p));
            format!("{digits}e{sign}{power:0>2}")
        }
        None => text,
    }
}

/// A Python literal: `{'a': 1}`.
struct Literal<'a> {
    rest: &'a str,
}

impl<'a> Literal<'a> {
    fn read(text: &'a str) -> Option<Data> {
        let mut literal = Literal { rest: text };
        let value = literal.value(0)?;
        literal.rest.trim().is_empty().then_some(value)
    }

    fn eat(&mut self, mark: char) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(mark) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => {
                self.rest = rest;
                false
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Data> {
        if depth > DEPTH {
            return None;
        }
        if self.eat('{') {
            let mut map = Map::new();
            while !self.eat('}') {
                let key = self.value(depth + 1)?;
                self.eat(':').then_some(())?;
                map.insert(python_str(&key), self.value(depth + 1)?);
                if !self.eat(',') {
                    self.eat('}').then_some(())?;
                    break;
                }
            }
            return Some(Data::Map(map));
        }
        for (open, close) in [('[', ']'), ('(', ')')] {
            if self.eat(open) {
                let mut items = Vec::new();
                while !self.eat(close) {
                    items.push(self.value(depth + 1)?);
                    if !self.eat(',') {
                        self.eat(close).then_some(())?;
                        break;
                    }
                }
                return Some(Data::List(items));
            }
        }
        for mark in ['\'', '"'] {
            if self.eat(mark) {
                return self.string(mark);
            }
        }
        let end = self.rest.find([',', '}', ']', ')', ':', ' ', '\n']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        match word {
            "True" => Some(Data::Bool(true)),
            "False" => Some(Data::Bool(false)),
            "None" => Some(Data::Null),
            _ => word.parse().map(Data::Int).or_else(|_| word.parse().map(Data::Float)).ok(),
        }
    }

    fn string(&mut self, mark: char) -> Option<Data> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == mark => {
                    self.rest = self.rest.get(at + c.len_utf8()..)?;
                    return Some(Data::str(out));
                }
                '\\' => match chars.next()?.1 {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    c @ ('\\' | '\'' | '"') => out.push(c),
                    c => {
                        out.push('\\');
                        out.push(c);
                    }
                },
                c => out.push(c),
            }
        }
        None
    }
}
