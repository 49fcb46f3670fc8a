//! Variables as text: JSON with what JSON lacks wrapped, and trees for YAML and TOML.

use crate::inventory::Vars;
use crate::report::{MASK, Masks};
use crate::yaml::{Emit, Kind, Mapping, Node, Style, Tree, dump};
use impel_modules::{Data, Map, Text};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// How far values are followed inwards.
const DEPTH: usize = 200;

/// The variables as plain data; `!unsafe` strings wrapped where `wrapped`, vaults always.
pub(super) fn data(vars: &Vars, wrapped: bool) -> Map {
    vars.iter().map(|(name, node)| (name.to_string(), value(node, wrapped, 0))).collect()
}

/// A variable with secrets masked: what stands in an encrypted file, and what is known from elsewhere.
pub(super) fn masked(node: &Node, masks: &Masks) -> Node {
    below_mask(node, masks, 0)
}

fn below_mask(node: &Node, masks: &Masks, level: usize) -> Node {
    let text = |text: String| Kind::Str { text: text.into(), unsafe_: false };
    let deeper = |node: &Node| below_mask(node, masks, level + 1);
    let kind = match &node.kind {
        _ if level > DEPTH => Kind::Null,
        Kind::Seq(items) => Kind::Seq(items.iter().map(deeper).collect()),
        Kind::Tuple(items) => Kind::Tuple(items.iter().map(deeper).collect()),
        Kind::Set(items) => Kind::Set(items.iter().map(deeper).collect()),
        Kind::Map(map) => {
            let pairs = map.pairs.iter().map(|(key, value)| (key.clone(), deeper(value))).collect();
            Kind::Map(Arc::new(Mapping { pairs }))
        }
        _ if secret_text(node) => text(MASK.into()),
        Kind::Str { text: plain, .. } => text(masks.text(plain)),
        kind => kind.clone(),
    };
    Node { kind, span: node.span }
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
        Kind::Date(date) if node.span.is_sealed() => secret(&date.to_string()),
        Kind::DateTime(stamp) if node.span.is_sealed() => secret(&stamp.to_string()),
        Kind::Zoned(stamp) if node.span.is_sealed() => secret(&stamp.to_string()),
        Kind::Date(date) => date.to_string().into(),
        Kind::DateTime(stamp) => stamp.to_string().into(),
        Kind::Time(time) if node.span.is_sealed() => secret(&time.to_string()),
        Kind::Time(time) => time.to_string().into(),
        Kind::Zoned(stamp) => stamp.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string().into(),
        Kind::Seq(items) | Kind::Tuple(items) | Kind::Set(items) => {
            Data::List(items.iter().map(deeper).collect())
        }
        Kind::Again(_) => Data::str(crate::yaml::repr::of_node(node)),
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

/// Makes trees of variables, secrets masked. It remembers what it made of groups' variables: a value that several
/// hosts have is one to PyYAML, and written once.
pub(super) struct Trees<'m> {
    masks: &'m Masks,
    known: RefCell<Known>,
}

/// Trees by the name of the variable and where its value lies. The value is kept, so that no other comes to lie there.
type Known = HashMap<(Arc<str>, usize), (Node, Arc<Tree>)>;

impl<'m> Trees<'m> {
    /// Trees that these masks hide the secrets of.
    pub(super) fn new(masks: &'m Masks) -> Trees<'m> {
        Trees { masks, known: RefCell::default() }
    }

    /// The variables as a tree that stands alone.
    pub(super) fn of(&self, vars: &Vars) -> Tree {
        self.of_host(vars, |_| true)
    }

    /// A host's variables as a tree, in which what is not its own may be another host's, too.
    pub(super) fn of_host(&self, vars: &Vars, is_own: impl Fn(&str) -> bool) -> Tree {
        let made = |node: &Node| branch(node, self.masks, 0);
        let value = |name: &Arc<str>, node: &Node| {
            let Some(address) = address(node).filter(|_| !is_own(name)) else { return made(node) };
            let mut known = self.known.borrow_mut();
            let known = known.entry((name.clone(), address));
            Tree::Shared(known.or_insert_with(|| (node.clone(), Arc::new(made(node)))).1.clone())
        };
        Tree::Map(vars.iter().map(|(name, node)| (Tree::Str(name.to_string()), value(name, node))).collect())
    }
}

/// Where a value lies, for those of which PyYAML writes an alias where they come again.
fn address(node: &Node) -> Option<usize> {
    match &node.kind {
        Kind::Seq(items) | Kind::Tuple(items) | Kind::Set(items) => Some(items.as_ptr() as usize),
        Kind::Map(map) => Some(Arc::as_ptr(map) as usize),
        Kind::Vault(text) => Some(text.as_ptr() as usize),
        _ => None,
    }
}

/// Whether the node is text, or what is written as text, out of a vault.
fn secret_text(node: &Node) -> bool {
    use Kind::{Bytes, Date, DateTime, Str, Time, Zoned};
    let written = matches!(node.kind, Str { .. } | Bytes(_) | Date(_) | Time(_) | DateTime(_) | Zoned(_));
    written && node.span.is_sealed()
}

fn branch(node: &Node, masks: &Masks, level: usize) -> Tree {
    if level > DEPTH {
        return Tree::Null;
    }
    let deeper = |node: &Node| branch(node, masks, level + 1);
    match &node.kind {
        _ if masks.hide() && secret_text(node) => match masks.data(&value(node, false, level)) {
            Data::Str(text) => Tree::Str(text.text.to_string()),
            _ => Tree::Null,
        },
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
        Kind::Time(time) => Tree::Str(time.to_string()),
        Kind::DateTime(stamp) => Tree::Stamp(stamp.to_string().replace('T', " ")),
        Kind::Zoned(stamp) => Tree::Stamp(stamp.strftime("%Y-%m-%d %H:%M:%S%:z").to_string()),
        Kind::Seq(items) | Kind::Tuple(items) | Kind::Set(items) => {
            Tree::Seq(items.iter().map(deeper).collect())
        }
        Kind::Again(_) => Tree::Str(crate::yaml::repr::of_node(node)),
        Kind::Map(map) => {
            // keys are names, wherever they stand
            let open = Masks::new(true);
            let pair = |(key, value): &(Node, Node)| (branch(key, &open, level + 1), deeper(value));
            Tree::Map(map.pairs.iter().map(pair).collect())
        }
    }
}

/// The tree as a document, its end cut off.
pub(super) fn yaml(tree: &Tree) -> String {
    dump(tree, &Emit { sort_keys: true, ..Emit::default() }).unwrap_or_default().trim_end().to_string()
}
