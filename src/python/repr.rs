//! Python's `repr` of texts, bytes and floats.

use super::letters::is_printable;
use std::fmt::Write as _;

/// Of a string: single quotes unless it holds some and no double ones.
pub fn of_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            c if c == quote => out.extend(['\\', c]),
            c => write_char(c, is_printable(c), &mut out),
        }
    }
    out.push(quote);
    out
}

/// Of bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.extend(['b', quote]);
    for byte in bytes {
        match char::from(*byte) {
            c if c == quote => out.extend(['\\', c]),
            c => write_char(c, matches!(c, ' '..='~'), &mut out),
        }
    }
    out.push(quote);
    out
}

/// A text without quotes, escaped where it is not printable ASCII.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| write_char(c, matches!(c, ' '..='~'), &mut out));
    out
}

fn write_char(c: char, printable: bool, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if printable => out.push(c),
        c => write_escape(c, out),
    }
}

/// `\xe9`, `\u2603`, `\U0001f600`.
pub fn write_escape(c: char, out: &mut String) {
    if let Some(byte) = impel_modules::undecoded::byte_of(c) {
        out.push_str(&format!("\\udc{byte:02x}"));
        return;
    }
    // Writing to a string does not fail.
    let _ = match u32::from(c) {
        n @ 0..=0xff => write!(out, "\\x{n:02x}"),
        n @ 0x100..=0xffff => write!(out, "\\u{n:04x}"),
        n => write!(out, "\\U{n:08x}"),
    };
}

/// Of a float: the shortest that reads back, an exponent below 1e-4 and from 1e16.
pub fn of_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.into();
    }
    // Rust's shortest digits are Python's; only the notation differs.
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = value.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
