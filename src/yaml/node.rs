//! The tree that the loader yields.

use super::Again;
use crate::diag::Span;
use num_bigint::BigInt;
use std::sync::Arc;

/// One node with its place (its start mark). Clones share the content, as aliases do.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it starts.
    pub span: Span,
}

/// What a node holds, resolved by PyYAML's YAML 1.1 rules.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`, `~`, or nothing.
    Null,
    /// `yes`, `on`, `true` and their opposites.
    Bool(bool),
    /// An integer in machine range; `0777` is octal, `12:30` sexagesimal.
    Int(i64),
    /// An integer beyond machine range.
    Big(Arc<BigInt>),
    /// A floating-point number.
    Float(f64),
    /// A string. `unsafe_` where it stood under `!unsafe`: never a template.
    Str {
        /** The text. */
        text: Arc<str>,
        /** Under `!unsafe`. */
        unsafe_: bool,
    },
    /// `!!binary`.
    Bytes(Arc<[u8]>),
    /// A date without time.
    Date(jiff::civil::Date),
    /// A time stamp without zone.
    DateTime(jiff::civil::DateTime),
    /// A time of day, which TOML has and YAML has not.
    Time(jiff::civil::Time),
    /// A time stamp with its zone.
    Zoned(jiff::Zoned),
    /// `!vault`: the encrypted text.
    Vault(Arc<str>),
    /// A sequence.
    Seq(Arc<[Node]>),
    /// One of the pairs that `!!omap` and `!!pairs` make: a tuple, as those written in Python's notation.
    Tuple(Arc<[Node]>),
    /// A mapping, keys unique, in order of first appearance.
    Map(Arc<Mapping>),
    /// `!!set`.
    Set(Arc<[Node]>),
    /// A collection that this stands in, once more: `&a [*a]`.
    Again(Again),
}

/// A mapping's pairs in order of appearance.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Key and value; keys are scalars and unique by Python's equality.
    pub pairs: Vec<(Node, Node)>,
}

impl Mapping {
    /// The value under a string key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.pairs.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(_, v)| v)
    }
}

impl Node {
    /// The text, if the node is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The pairs, if the node is a mapping.
    pub fn as_map(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items, if the node is a sequence.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Whether the node is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// What Python calls the type, for messages: `str`, `int`, `dict` …
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "NoneType",
            Kind::Bool(_) => "bool",
            Kind::Int(_) | Kind::Big(_) => "int",
            Kind::Float(_) => "float",
            Kind::Str { .. } | Kind::Vault(_) => "str",
            Kind::Bytes(_) => "bytes",
            Kind::Date(_) => "date",
            Kind::DateTime(_) | Kind::Zoned(_) => "datetime",
            Kind::Time(_) => "time",
            Kind::Seq(_) => "list",
            Kind::Tuple(_) => "tuple",
            Kind::Map(_) => "dict",
            Kind::Set(_) => "set",
            Kind::Again(again) => again.type_name(),
        }
    }
}
