//! What a node's tag says it is.

use super::scalar::Type;

/// A tag by what is made of the node that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// A scalar's type, named or resolved.
    Scalar(Type),
    Seq,
    Map,
    Set,
    /// `!!omap`
    Ordered,
    Pairs,
    Unsafe,
    /// `!vault`, and its old name.
    Vault(&'static str),
    /// Nothing is made of it.
    Unknown(Box<str>),
}

impl Tag {
    /// The tag of that name; Ansible's own only where `ansible` says so.
    pub(super) fn named(name: &str, ansible: bool) -> Tag {
        let Some(core) = name.strip_prefix("tag:yaml.org,2002:") else {
            return match name {
                "!unsafe" if ansible => Tag::Unsafe,
                "!vault" if ansible => Tag::Vault("!vault"),
                "!vault-encrypted" if ansible => Tag::Vault("!vault-encrypted"),
                _ => Tag::Unknown(name.into()),
            };
        };
        match core {
            "null" => Tag::Scalar(Type::Null),
            "bool" => Tag::Scalar(Type::Bool),
            "int" => Tag::Scalar(Type::Int),
            "float" => Tag::Scalar(Type::Float),
            "timestamp" => Tag::Scalar(Type::Timestamp),
            "binary" => Tag::Scalar(Type::Binary),
            "str" => Tag::Scalar(Type::Str),
            "merge" => Tag::Scalar(Type::Merge),
            "value" => Tag::Scalar(Type::Value),
            "python/unicode" if ansible => Tag::Scalar(Type::Str),
            "seq" => Tag::Seq,
            "map" => Tag::Map,
            "python/dict" if ansible => Tag::Map,
            "set" => Tag::Set,
            "omap" => Tag::Ordered,
            "pairs" => Tag::Pairs,
            _ => Tag::Unknown(name.into()),
        }
    }
}
