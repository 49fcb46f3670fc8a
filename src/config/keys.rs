//! The table of all keys: type, default, environment variables, places in `ansible.cfg`, choices.

/// The table; a line a key, its columns named in the first line.
const TABLE: &str = include_str!("keys.tsv");

/// How a key's text becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Bool,
    Int,
    Float,
    /// Separated by commas.
    List,
    Path,
    /// Paths separated by `:`.
    PathSpec,
    /// Paths separated by `,`.
    PathList,
    /// A dictionary; text makes none.
    Dict,
    /// A number or truth by default, else any text.
    Any,
}

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Empty where there is none, `''` for empty text.
    pub(super) default: &'static str,
    pub(super) environment: Vec<&'static str>,
    /// Sections and keys.
    pub(super) ini: Vec<(&'static str, &'static str)>,
    pub(super) choices: Vec<&'static str>,
}

/// All keys.
pub(super) fn all() -> impl Iterator<Item = Key> {
    TABLE.lines().skip(1).filter_map(key)
}

fn key(line: &'static str) -> Option<Key> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let kind = match columns.next()? {
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "list" => Kind::List,
        "path" => Kind::Path,
        "pathspec" => Kind::PathSpec,
        "pathlist" => Kind::PathList,
        "dict" => Kind::Dict,
        "any" => Kind::Any,
        _ => Kind::String,
    };
    let mut next = || columns.next().unwrap_or_default();
    let default = next();
    let environment = entries(next());
    let ini = entries(next()).into_iter().filter_map(|place| place.split_once('.')).collect();
    Some(Key { name, kind, default, environment, ini, choices: entries(next()) })
}

fn entries(column: &'static str) -> Vec<&'static str> {
    column.split(',').filter(|entry| !entry.is_empty()).collect()
}
