//! From YAML nodes to values.

use super::{Dict, Key, List, Str, Value};
use crate::yaml::{Kind, Node};
use std::collections::HashMap;
use std::sync::Arc;

/// How a document's values are taken.
#[derive(Clone, Copy)]
struct Taken {
    /// From a file of the user's own: strings may be templates, and templates may not change lists and dicts.
    own: bool,
    secret: bool,
}

impl Value {
    /// What a YAML file holds: strings trusted unless they stand under `!unsafe`, `!vault` ones decrypted when
    /// they are read.
    pub fn from_node(node: &Node) -> Value {
        Taken { own: true, secret: false }.value(node)
    }

    /// What a text that came from anywhere holds as YAML: never a template.
    pub fn from_foreign_node(node: &Node, secret: bool) -> Value {
        Taken { own: false, secret }.value(node)
    }
}

impl Taken {
    fn value(self, node: &Node) -> Value {
        match self.plain(node) {
            Some(value) => value,
            None => self.knotted(node, &mut HashMap::new()),
        }
    }

    fn list(self, items: Vec<Value>) -> List {
        let list = List::new(items);
        if self.own { list.frozen() } else { list }
    }

    fn dict(self, pairs: Dict) -> Dict {
        if self.own { pairs.frozen() } else { pairs }
    }

    /// The value, unless something in it holds itself.
    fn plain(self, node: &Node) -> Option<Value> {
        let deeper = |node: &Node| self.plain(node);
        Some(match &node.kind {
            Kind::Seq(items) => Value::List(self.list(items.iter().map(deeper).collect::<Option<_>>()?)),
            Kind::Tuple(items) => Value::Tuple(items.iter().map(deeper).collect::<Option<_>>()?),
            Kind::Map(map) => {
                let pairs = map.pairs.iter().map(|(key, value)| Some((self.key(key)?, deeper(value)?)));
                Value::Dict(self.dict(pairs.collect::<Option<Dict>>()?))
            }
            Kind::Set(items) => Value::Set(items.iter().filter_map(|item| self.key(item)).collect()),
            Kind::Again(_) => return None,
            _ => self.scalar(node),
        })
    }

    /// The loader has refused keys that cannot be hashed.
    fn key(self, node: &Node) -> Option<Key> {
        Key::new(self.plain(node)?).ok()
    }

    fn scalar(self, node: &Node) -> Value {
        match &node.kind {
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Int(i) => Value::Int(*i),
            Kind::Big(b) => Value::Big(b.clone()),
            Kind::Float(f) => Value::Float(*f),
            Kind::Str { text, unsafe_ } => Value::Str(
                Str {
                    text: text.clone(),
                    trusted: self.own && !unsafe_,
                    secret: self.secret,
                    markup: false,
                    embedded: false,
                    span: Some(node.span),
                }
                .marked(node.span.is_sealed()),
            ),
            Kind::Bytes(b) => Value::Bytes(b.clone()),
            Kind::Date(d) => Value::Date(*d),
            Kind::DateTime(t) => Value::DateTime(Arc::new(*t)),
            Kind::Time(t) => Value::Time(*t),
            Kind::Zoned(t) => Value::Zoned(Arc::new(t.clone())),
            Kind::Vault(text) => Value::Vault(Str {
                trusted: false,
                secret: true,
                ..Str::trusted(text.clone(), Some(node.span))
            }),
            Kind::Null | Kind::Seq(_) | Kind::Tuple(_) | Kind::Map(_) | Kind::Set(_) | Kind::Again(_) => {
                Value::None
            }
        }
    }

    /// The value where something in it holds itself: each collection is there before what is in it. `made` are those
    /// that are there, by where their content lies.
    fn knotted(self, node: &Node, made: &mut HashMap<usize, Value>) -> Value {
        match &node.kind {
            Kind::Seq(items) => {
                let address = items.as_ptr() as usize;
                if let Some(known) = made.get(&address).filter(|_| !items.is_empty()) {
                    return known.clone();
                }
                let list = self.list(Vec::new());
                made.insert(address, Value::List(list.clone()));
                let below = items.iter().map(|item| self.knotted(item, made)).collect();
                list.change(|items| *items = below);
                Value::List(list)
            }
            Kind::Map(map) => {
                let address = Arc::as_ptr(map) as usize;
                if let Some(known) = made.get(&address) {
                    return known.clone();
                }
                let dict = self.dict(Dict::default());
                made.insert(address, Value::Dict(dict.clone()));
                let below = map.pairs.iter().filter_map(|(key, value)| {
                    let value = self.knotted(value, made);
                    Some((self.key(key)?, value))
                });
                let below = below.collect();
                dict.change(|pairs| *pairs = below);
                Value::Dict(dict)
            }
            Kind::Tuple(items) => Value::Tuple(items.iter().map(|item| self.knotted(item, made)).collect()),
            Kind::Again(again) => match again.whole() {
                Some(kind) => self.knotted(&Node { kind: kind.clone(), span: node.span }, made),
                None => Value::None,
            },
            _ => self.plain(node).unwrap_or_default(),
        }
    }
}
