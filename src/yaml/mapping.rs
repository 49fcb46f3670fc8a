//! Mappings in the making: keys unique by Python's equality, the last value wins, the first place stays.

use super::{Kind, Node};
use num_bigint::BigInt;
use num_traits::FromPrimitive as _;
use std::collections::HashMap;
use std::sync::Arc;

/// Collects pairs.
pub(super) struct Builder<V> {
    pairs: Vec<(Node, V)>,
    /// Only made where there are more pairs than a short walk should see.
    index: Option<HashMap<Key, usize>>,
}

/// A key by Python's equality: `1`, `1.0` and `true` are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Null,
    Str(Arc<str>),
    Int(i64),
    Big(Arc<BigInt>),
    Float(u64),
    /// Not a number: equals nothing, itself included.
    Never(usize),
    Bytes(Arc<[u8]>),
    Instant(jiff::Timestamp),
    Other(String),
}

const SHORT: usize = 12;

impl<V> Builder<V> {
    pub(super) fn with_capacity(pairs: usize) -> Builder<V> {
        Builder { pairs: Vec::with_capacity(pairs), index: None }
    }

    /// Adds a pair; gives the key back where it was there already (its value is replaced).
    pub(super) fn insert(&mut self, key: Node, value: V) -> Option<Node> {
        match self.find(&key) {
            Some(at) => {
                if let Some(pair) = self.pairs.get_mut(at) {
                    pair.1 = value;
                }
                Some(key)
            }
            None => {
                self.pairs.push((key, value));
                None
            }
        }
    }

    /// Where the key is; a key not known is noted as coming next.
    fn find(&mut self, key: &Node) -> Option<usize> {
        let next = self.pairs.len();
        if let Some(index) = &mut self.index {
            let at = *index.entry(identity(key, next)).or_insert(next);
            return (at != next).then_some(at);
        }
        if next < SHORT {
            if let Kind::Str { text, .. } = &key.kind {
                return self.pairs.iter().position(|(known, _)| known.as_str() == Some(text));
            }
            let wanted = identity(key, usize::MAX);
            return self.pairs.iter().enumerate().position(|(at, (known, _))| identity(known, at) == wanted);
        }
        let known = self.pairs.iter().enumerate().map(|(at, (known, _))| (identity(known, at), at));
        self.index = Some(known.collect());
        self.find(key)
    }

    pub(super) fn finish(self) -> Vec<(Node, V)> {
        self.pairs
    }
}

fn identity(key: &Node, at: usize) -> Key {
    match &key.kind {
        Kind::Null => Key::Null,
        Kind::Bool(value) => Key::Int(i64::from(*value)),
        Kind::Int(value) => Key::Int(*value),
        Kind::Big(value) => Key::Big(value.clone()),
        Kind::Float(value) if value.is_nan() => Key::Never(at),
        Kind::Float(value) if value.fract() == 0.0 && value.abs() < 9e18 => Key::Int(*value as i64),
        Kind::Float(value) if value.fract() == 0.0 => match BigInt::from_f64(*value) {
            Some(whole) => Key::Big(Arc::new(whole)),
            None => Key::Float(value.to_bits()),
        },
        Kind::Float(value) => Key::Float(value.to_bits()),
        Kind::Zoned(at) => Key::Instant(at.timestamp()),
        Kind::Str { text, .. } => Key::Str(text.clone()),
        Kind::Bytes(bytes) => Key::Bytes(bytes.clone()),
        other => Key::Other(format!("{other:?}")),
    }
}
