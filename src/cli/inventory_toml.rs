//! Trees as TOML text, laid out as Python's `tomli_w` lays it out, which is what Ansible writes with.

use crate::yaml::{Tree, repr};

/// How far values are followed inwards.
const DEPTH: usize = 200;
/// A table in an array stands on one line where it fits into this many characters.
const LINE: usize = 100;

/// What a table holds.
type Pairs<'t> = &'t [(Tree, Tree)];

/// A mapping as a TOML document, its end cut off. TOML has neither null nor bytes: such entries are left out, bytes
/// are text.
pub(super) fn document(tree: &Tree) -> String {
    let mut out = String::new();
    if let Tree::Map(pairs) = tree {
        table(&mut out, pairs, "", false, 0);
    }
    out.trim().to_string()
}

/// A table: its values first, then its tables, each with its whole name.
fn table(out: &mut String, pairs: Pairs<'_>, name: &str, in_array: bool, level: usize) {
    let pairs = pairs.iter().filter(|(_, value)| *value != Tree::Null && level < DEPTH);
    let mut values: Vec<(String, &Tree)> = Vec::new();
    let mut tables: Vec<(String, Pairs<'_>, bool)> = Vec::new();
    for (name, value) in pairs {
        let name = key(name);
        match (value, array_of_tables(value)) {
            (Tree::Map(pairs), _) => tables.push((name, pairs, false)),
            (_, Some(items)) => tables.extend(items.into_iter().map(|item| (name.clone(), item, true))),
            _ => values.push((name, value)),
        }
    }
    let mut begun = in_array || !name.is_empty() && (!values.is_empty() || tables.is_empty());
    if begun {
        out.push_str(&if in_array { format!("[[{name}]]\n") } else { format!("[{name}]\n") });
    }
    for (name, value) in values {
        begun = true;
        out.push_str(&format!("{name} = {}\n", literal(value, 0)));
    }
    for (inner, pairs, in_array) in tables {
        if begun {
            out.push('\n');
        }
        begun = true;
        let full = if name.is_empty() { inner } else { format!("{name}.{inner}") };
        table(out, pairs, &full, in_array, level + 1);
    }
}

/// The tables of an array that holds nothing else, one of which is too long for one line.
fn array_of_tables(value: &Tree) -> Option<Vec<Pairs<'_>>> {
    let Tree::Seq(items) = value else { return None };
    let tables: Option<Vec<Pairs<'_>>> = items
        .iter()
        .map(|item| match item {
            Tree::Map(pairs) => Some(pairs.as_slice()),
            _ => None,
        })
        .collect();
    let fits = |item: &Tree| {
        let text = literal(item, 0);
        text.chars().count() + "    ,".len() <= LINE && !text.contains('\n')
    };
    tables.filter(|tables| !tables.is_empty() && !items.iter().all(fits))
}

fn literal(value: &Tree, level: usize) -> String {
    if level > DEPTH {
        return "\"\"".into();
    }
    match value {
        Tree::Null => "\"\"".into(),
        Tree::Bool(value) => value.to_string(),
        Tree::Int(value) => value.to_string(),
        Tree::Big(value) => value.to_string(),
        Tree::Float(value) if value.is_nan() => "nan".into(),
        Tree::Float(value) if value.is_infinite() => if *value > 0.0 { "inf" } else { "-inf" }.into(),
        Tree::Float(value) => repr::of_float(*value),
        Tree::Str(text) | Tree::Block(text) | Tree::Tagged(_, text, _) => string(text),
        Tree::Stamp(text) => text.clone(),
        Tree::Bytes(bytes) => string(&String::from_utf8_lossy(bytes)),
        Tree::Shared(inner) => literal(inner, level),
        Tree::Map(pairs) => {
            let pairs = pairs.iter().filter(|(_, value)| *value != Tree::Null);
            // what stands within braces begins at the margin again
            let pairs: Vec<String> =
                pairs.map(|(name, value)| format!("{} = {}", key(name), literal(value, 0))).collect();
            if pairs.is_empty() { "{}".into() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
        Tree::Seq(items) | Tree::Set(items) => {
            let items = items.iter().filter(|item| **item != Tree::Null);
            let (inner, outer) = ("    ".repeat(level + 1), "    ".repeat(level));
            let items: Vec<String> =
                items.map(|item| format!("{inner}{},\n", literal(item, level + 1))).collect();
            if items.is_empty() { "[]".into() } else { format!("[\n{}{outer}]", items.concat()) }
        }
    }
}

fn key(name: &Tree) -> String {
    let text = match name {
        Tree::Str(text) | Tree::Block(text) | Tree::Stamp(text) | Tree::Tagged(_, text, _) => text.clone(),
        other => literal(other, 0),
    };
    let bare = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { text } else { string(&text) }
}

fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() && c != '\t' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Tree {
        Tree::Str(text.into())
    }

    fn map<const N: usize>(pairs: [(&str, Tree); N]) -> Tree {
        Tree::Map(pairs.into_iter().map(|(name, value)| (text(name), value)).collect())
    }

    #[test]
    fn documents_are_laid_out_as_tomli_w_lays_them_out() {
        let host = map([("x", Tree::Int(1)), ("none", Tree::Null), ("tab", text("a\tb\u{1}\"\n"))]);
        let long = map([("a", text(&"a".repeat(100)))]);
        let tree = map([(
            "web",
            map([
                ("hosts", map([("w.1", host), ("e", map([]))])),
                ("children", Tree::Seq(vec![text("a")])),
                ("short", Tree::Seq(vec![map([("a", Tree::Float(1.0))])])),
                ("nested", Tree::Seq(vec![Tree::Seq(vec![Tree::Bool(true)]), Tree::Seq(vec![])])),
                ("long", Tree::Seq(vec![long, map([])])),
                ("day", Tree::Stamp("2024-01-02 03:04:05+00:00".into())),
            ]),
        )]);
        let wanted = format!(
            "[web]\nchildren = [\n    \"a\",\n]\nshort = [\n    {{ a = 1.0 }},\n]\nnested = [\n    [\n        true,\n    ],\n    \
             [],\n]\nday = 2024-01-02 03:04:05+00:00\n\n[web.hosts.\"w.1\"]\nx = 1\ntab = \"a\tb\\u0001\\\"\\n\"\n\n\
             [web.hosts.e]\n\n[[web.long]]\na = \"{}\"\n\n[[web.long]]",
            "a".repeat(100)
        );
        assert_eq!(document(&tree), wanted);
    }
}
