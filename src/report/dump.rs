//! Results written out as JSON in the manner of Python's `json` module, keys sorted.

use crate::python::repr::of_float;
use impel_modules::{Data, Map};

/// How the JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// On one line: `{"a": 1, "b": 2}`.
    Line,
    /// One entry a line, indented by this much a level.
    Indented(usize),
}

/// How deep a result is written out; past that stands `...`. No honest result comes near it.
const DEPTH: usize = 500;

/// The map as JSON.
pub(super) fn map(map: &Map, layout: Layout) -> String {
    let mut out = String::new();
    write_map(&mut out, map, layout, 0);
    out
}

/// The value as JSON over several lines, indented by four, keys sorted.
pub fn pretty_json(value: &Data) -> String {
    data(value, Layout::Indented(4))
}

/// The value as [`pretty_json`] writes it, but so many levels further in.
pub fn pretty_json_at(value: &Data, level: usize) -> String {
    let mut out = String::new();
    write(&mut out, value, Layout::Indented(4), level);
    out
}

/// The value as JSON.
pub(super) fn data(data: &Data, layout: Layout) -> String {
    let mut out = String::new();
    write(&mut out, data, layout, 0);
    out
}

fn write(out: &mut String, data: &Data, layout: Layout, level: usize) {
    match data {
        Data::Null => out.push_str("null"),
        Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Data::Int(i) => out.push_str(&i.to_string()),
        Data::Big(i) => out.push_str(&i.to_string()),
        Data::Float(f) if f.is_nan() => out.push_str("NaN"),
        Data::Float(f) if f.is_infinite() => out.push_str(if *f > 0.0 { "Infinity" } else { "-Infinity" }),
        Data::Float(f) => out.push_str(&of_float(*f)),
        Data::Str(text) => string(out, &text.text),
        Data::Bytes(bytes) => string(out, &String::from_utf8_lossy(bytes)),
        Data::List(_) | Data::Map(_) if level > DEPTH => out.push_str("\"...\""),
        Data::List(items) => {
            let entries =
                items.iter().map(|item| move |out: &mut String| write(out, item, layout, level + 1));
            enclose(out, ('[', ']'), layout, level, entries);
        }
        Data::Map(map) => write_map(out, map, layout, level),
    }
}

fn write_map(out: &mut String, map: &Map, layout: Layout, level: usize) {
    let mut pairs: Vec<(&String, &Data)> = map.iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    let entries = pairs.into_iter().map(|(key, value)| {
        move |out: &mut String| {
            string(out, key);
            out.push_str(": ");
            write(out, value, layout, level + 1);
        }
    });
    enclose(out, ('{', '}'), layout, level, entries);
}

fn enclose<F: FnOnce(&mut String)>(
    out: &mut String,
    (open, close): (char, char),
    layout: Layout,
    level: usize,
    entries: impl ExactSizeIterator<Item = F>,
) {
    out.push(open);
    let empty = entries.len() == 0;
    for (at, entry) in entries.enumerate() {
        match layout {
            Layout::Line if at > 0 => out.push_str(", "),
            Layout::Line => {}
            Layout::Indented(by) => {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                out.extend(std::iter::repeat_n(' ', by * (level + 1)));
            }
        }
        entry(out);
    }
    if let (Layout::Indented(by), false) = (layout, empty) {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', by * level));
    }
    out.push(close);
}

/// A JSON string. Python leaves DEL and the C1 controls as they are; a terminal obeys those, so they are
/// escaped too, which reads back the same.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_sorts_its_keys_and_spaces_as_python_does() {
        let value = Map::from([
            ("b".into(), Data::List(vec![Data::Int(1), Data::Float(1e-7)])),
            ("a".into(), Data::str("é\u{1b}[31m\"\u{80}")),
            ("c".into(), Data::Map(Map::new())),
        ]);
        assert_eq!(map(&value, Layout::Line), r#"{"a": "é\u001b[31m\"\u0080", "b": [1, 1e-07], "c": {}}"#);
    }

    #[test]
    fn indented_json_keeps_what_is_empty_on_its_line() {
        let value = Map::from([
            ("a".into(), Data::List(vec![Data::Null, Data::List(vec![])])),
            ("b".into(), Data::Map(Map::new())),
        ]);
        assert_eq!(
            map(&value, Layout::Indented(4)),
            "{\n    \"a\": [\n        null,\n        []\n    ],\n    \"b\": {}\n}"
        );
    }
}
