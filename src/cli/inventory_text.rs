//! Variables as text: JSON with what JSON lacks wrapped, YAML, TOML, and Python's `str` for the graph.

use crate::inventory::Vars;
use crate::report::Masks;
use crate::yaml::{Emit, Kind, Node, Style, Tree, dump};
use impel_modules::{Data, Map, Text};

/// How far values are followed inwards.
const DEPTH: usize = 200;

/// The variables as plain data; `!unsafe` strings wrapped where `wrapped`, vaults always.
pub(super) fn data(vars: &Vars, wrapped: bool) -> Map {
    vars.iter().map(|(name, node)| (name.to_string(), value(node, wrapped, 0))).collect()
}

/// One variable as plain data; vaults wrapped.
pub(super) fn one_unwrapped(node: &Node) -> Data {
    value(node, false, 0)
}

/// One variable as plain data; `!unsafe` strings and vaults wrapped.
pub(super) fn one(node: &Node) -> Data {
    value(node, true, 0)
}

fn value(node: &Node, wrapped: bool, level: usize) -> Data {
    if level > DEPTH {
        return Data::Null;
    }
    let deeper = |node: &Node| value(node, wrapped, level + 1);
    match &node.kind {
        Kind::Null => Data::Null,
        Kind::Bool(b) => Data::Bool(*b),
        Kind::Int(i) => Data::Int(*i),
        Kind::Big(i) => Data::Big(i.clone()),
        Kind::Float(f) => Data::Float(*f),
        // out of an encrypted file: masked where it is shown
        Kind::Str { text, .. } if node.span.is_sealed() => secret(text),
        Kind::Str { text, unsafe_: true } if wrapped => tagged("__ansible_unsafe", text),
        Kind::Str { text, .. } => Data::str(text.clone()),
        Kind::Vault(text) => tagged("__ansible_vault", text),
        Kind::Bytes(bytes) if node.span.is_sealed() => secret(&String::from_utf8_lossy(bytes)),
        Kind::Bytes(bytes) => Data::Bytes(bytes.clone()),
        Kind::Date(date) => date.to_string().into(),
        Kind::DateTime(stamp) => stamp.to_string().into(),
        Kind::Zoned(stamp) => stamp.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string().into(),
        Kind::Seq(items) | Kind::Set(items) => Data::List(items.iter().map(deeper).collect()),
        Kind::Map(map) => {
            Data::Map(map.pairs.iter().map(|(key, value)| (name_of(key), deeper(value))).collect())
        }
    }
}

fn secret(text: &str) -> Data {
    Data::Str(Text { text: text.into(), secret: true })
}

fn tagged(tag: &str, text: &str) -> Data {
    Data::Map(Map::from([(tag.to_string(), text.into())]))
}

/// A key as the text that JSON makes of it.
fn name_of(key: &Node) -> String {
    match &key.kind {
        Kind::Str { text, .. } => text.to_string(),
        Kind::Null => "null".into(),
        Kind::Bool(b) => b.to_string(),
        Kind::Int(i) => i.to_string(),
        Kind::Big(i) => i.to_string(),
        Kind::Float(f) => crate::yaml::repr::of_float(*f),
        _ => crate::yaml::repr::of_node(key),
    }
}

/// The variables as YAML's tree, secrets masked.
pub(super) fn tree(vars: &Vars, masks: &Masks) -> Tree {
    Tree::Map(vars.iter().map(|(name, node)| (Tree::Str(name.to_string()), branch(node, masks, 0))).collect())
}

fn branch(node: &Node, masks: &Masks, level: usize) -> Tree {
    if level > DEPTH {
        return Tree::Null;
    }
    let deeper = |node: &Node| branch(node, masks, level + 1);
    match &node.kind {
        Kind::Str { .. } | Kind::Bytes(_) if node.span.is_sealed() && masks.hide() => {
            match masks.data(&value(node, false, level)) {
                Data::Str(text) => Tree::Str(text.text.to_string()),
                _ => Tree::Null,
            }
        }
        Kind::Str { text, .. } if masks.hide() => Tree::Str(masks.text(text)),
        Kind::Null => Tree::Null,
        Kind::Bool(b) => Tree::Bool(*b),
        Kind::Int(i) => Tree::Int(*i),
        Kind::Big(i) => Tree::Big((**i).clone()),
        Kind::Float(f) => Tree::Float(*f),
        Kind::Str { text, .. } => Tree::Str(text.to_string()),
        Kind::Vault(text) => Tree::Tagged("!vault", text.to_string(), Style::Literal),
        Kind::Bytes(bytes) => Tree::Bytes(bytes.to_vec()),
        Kind::Date(date) => Tree::Stamp(date.to_string()),
        Kind::DateTime(stamp) => Tree::Stamp(stamp.to_string().replace('T', " ")),
        Kind::Zoned(stamp) => Tree::Stamp(stamp.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()),
        Kind::Seq(items) | Kind::Set(items) => Tree::Seq(items.iter().map(deeper).collect()),
        Kind::Map(map) => {
            Tree::Map(map.pairs.iter().map(|(key, value)| (deeper(key), deeper(value))).collect())
        }
    }
}

/// The tree as a document, its end cut off.
pub(super) fn yaml(tree: &Tree) -> String {
    dump(tree, &Emit { sort_keys: true, ..Emit::default() }).unwrap_or_default().trim_end().to_string()
}

/// Data as a TOML document: tables for maps, everything else inline. TOML has no null; such entries are left out.
pub(super) fn toml(map: &Map) -> String {
    let mut out = String::new();
    table(&mut out, map, &mut Vec::new());
    out.trim().to_string()
}

fn table(out: &mut String, map: &Map, path: &mut Vec<String>) {
    let is_table = |value: &Data| value.as_map().is_some_and(|map| !map.is_empty());
    for (key, value) in map.iter().filter(|(_, value)| !is_table(value)) {
        if *value != Data::Null {
            out.push_str(&format!("{} = {}\n", toml_key(key), inline(value, 0)));
        }
    }
    for (key, value) in map.iter().filter(|(_, value)| is_table(value)) {
        if path.len() > DEPTH {
            return;
        }
        path.push(toml_key(key));
        if let Some(inner) = value.as_map() {
            if inner.values().any(|value| !is_table(value)) {
                out.push_str(&format!("\n[{}]\n", path.join(".")));
            }
            table(out, inner, path);
        }
        path.pop();
    }
}

fn toml_key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_string() } else { toml_string(key) }
}

fn inline(value: &Data, level: usize) -> String {
    match value {
        Data::Bool(b) => b.to_string(),
        Data::Int(i) => i.to_string(),
        Data::Big(i) => toml_string(&i.to_string()),
        Data::Float(f) if f.is_nan() => "nan".into(),
        Data::Float(f) if f.is_infinite() => if *f > 0.0 { "inf" } else { "-inf" }.into(),
        Data::Float(f) => crate::yaml::repr::of_float(*f),
        Data::Str(text) => toml_string(&text.text),
        Data::Bytes(bytes) => toml_string(&String::from_utf8_lossy(bytes)),
        Data::List(items) if level < DEPTH => {
            let items: Vec<String> = items
                .iter()
                .filter(|item| **item != Data::Null)
                .map(|item| inline(item, level + 1))
                .collect();
            format!("[{}]", items.join(", "))
        }
        Data::Map(map) if level < DEPTH => {
            let pairs = map.iter().filter(|(_, value)| **value != Data::Null);
            let pairs: Vec<String> = pairs
                .map(|(key, value)| format!("{} = {}", toml_key(key), inline(value, level + 1)))
                .collect();
            if pairs.is_empty() { "{}".into() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
        Data::Null | Data::List(_) | Data::Map(_) => "\"\"".into(),
    }
}

fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_keeps_values_above_tables() {
        let map = Map::from([(
            "web".into(),
            Data::Map(Map::from([
                (
                    "hosts".into(),
                    Data::Map(Map::from([(
                        "w.1".into(),
                        Data::Map(Map::from([("x".into(), Data::Int(1))])),
                    )])),
                ),
                ("children".into(), Data::List(vec!["a".into()])),
            ])),
        )]);
        assert_eq!(toml(&map), "[web]\nchildren = [\"a\"]\n\n[web.hosts.\"w.1\"]\nx = 1");
    }
}
