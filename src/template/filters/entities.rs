//! HTML's named and numbered characters, read as Python's `html.unescape` reads them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The names of the HTML standard, each with its code points; `*` marks those that need no semicolon.
const NAMES: &str = include_str!("entities.txt");

/// A name with what it stands for, and whether it needs a semicolon.
static BY_NAME: LazyLock<HashMap<&'static str, (String, bool)>> = LazyLock::new(|| {
    NAMES
        .lines()
        .filter_map(|line| {
            let (name, codes) = line.split_once(' ')?;
            let code = |hex: &str| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
            let text = codes.split(' ').filter_map(code).collect();
            Some((name.trim_start_matches('*'), (text, !name.starts_with('*'))))
        })
        .collect()
});

/// The longest name that is looked for.
const LONGEST: usize = 32;

/// Text with its entities resolved; what is none stays.
pub(crate) fn unescape_html(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let found = match after.strip_prefix('#') {
            Some(number) => numbered(number),
            None => named(after),
        };
        match found {
            Some((text, tail)) => {
                out.push_str(&text);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn named(after: &str) -> Option<(String, &str)> {
    let end = after
        .char_indices()
        .enumerate()
        .find(|(count, (_, c))| {
            *count >= LONGEST || matches!(c, '\t' | '\n' | '\x0c' | ' ' | '<' | '&' | '#' | ';')
        })
        .map_or(after.len(), |(_, (at, _))| at);
    let (name, tail) = after.split_at(end);
    if let (Some((text, _)), Some(tail)) = (BY_NAME.get(name), tail.strip_prefix(';')) {
        return Some((text.clone(), tail));
    }
    // the longest start of it that needs no semicolon
    let starts = name.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
    starts.filter(|end| *end > 1).find_map(|end| {
        let (text, needs) = BY_NAME.get(name.get(..end)?)?;
        (!needs).then(|| Some((text.clone(), after.get(end..)?)))?
    })
}

fn numbered(number: &str) -> Option<(String, &str)> {
    let (radix, digits) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, number),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (digits, tail) = digits.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let tail = tail.strip_prefix(';').unwrap_or(tail);
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    let text = match code {
        0 => "\u{fffd}".to_owned(),
        0x80..=0x9f => match super::encodings::windows(code as u8) {
            Some(c) => c.to_string(),
            None => char::from(code as u8).to_string(),
        },
        0x1..=0x8 | 0xb | 0xe..=0x1f | 0x7f | 0xfdd0..=0xfdef => String::new(),
        code if code & 0xfffe == 0xfffe && code <= 0x10_ffff => String::new(),
        code => char::from_u32(code).unwrap_or('\u{fffd}').to_string(),
    };
    Some((text, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_resolved_as_in_python() {
        let cases = [
            ("&copy; &auml;&notin;&amp;eacute;", "© ä∉&eacute;"),
            ("&copyright &notit; &hellip", "©right ¬it; &hellip"),
            ("&#65;&#x42;&#128;&#0;&#xd800;&#1;&#;&#x;", "AB€\u{fffd}\u{fffd}&#;&#x;"),
            ("a & b &unknown; &", "a & b &unknown; &"),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape_html(text), expected);
        }
    }
}
