//! From the graph of a document to its values, in PyYAML's order: a collection is there, empty, before it is filled,
//! and is filled after all that stands beside it, so that it may hold itself; what is under `!unsafe` or in pairs is made at once.

use super::compose::{Content, Id, Place, Raw};
use super::mapping::Builder;
use super::scalar::{self, Type};
use super::tag::Tag;
use super::{Again, Kind, Mapping, Node, Notice};
use crate::diag::Diagnostic;
use libyaml_safer::Mark;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The node that the graph's `root` stands for. `(nodes, most)` is how many there are and may be: merging copies some.
pub(super) fn document(
    graph: Vec<Raw>,
    root: Id,
    place: &Place<'_>,
    (nodes, most): (usize, usize),
    notices: &mut Vec<Notice>,
) -> Result<Node, Diagnostic> {
    let made = graph.iter().map(|_| Object::Nothing).collect();
    let mut maker = Maker { graph, made, later: VecDeque::new(), place, copied: nodes, most, notices };
    maker.make(root, false)?;
    while let Some((id, unsafe_)) = maker.later.pop_front() {
        maker.fill(id, unsafe_, false)?;
    }
    Ok(maker.finish(root))
}

/// What has been made of a node.
enum Object {
    Nothing,
    /// All of it is being made at once: it cannot hold itself.
    Begun,
    /// A collection that is there and not filled yet.
    Empty,
    Seq(Vec<Id>),
    /// `!!omap`, `!!pairs`
    Pairs(Vec<(Id, Id)>),
    Map(Vec<(Node, Id)>),
    Set(Vec<Node>),
    Ready(Node),
}

struct Maker<'a, 't> {
    graph: Vec<Raw>,
    /// By the nodes' places in the graph.
    made: Vec<Object>,
    /// Collections to be filled, and whether what is in them is unsafe.
    later: VecDeque<(Id, bool)>,
    place: &'a Place<'t>,
    /// Nodes so far, those that merging copied included, and how many there may be.
    copied: usize,
    most: usize,
    notices: &'a mut Vec<Notice>,
}

const MAPPING: &str = "while constructing a mapping";

/// How far a scalar's text is looked for below it.
const DEEPEST: usize = 100;

impl Maker<'_, '_> {
    fn raw(&self, id: Id) -> Option<&Raw> {
        self.graph.get(id)
    }

    fn mark(&self, id: Id) -> Mark {
        self.raw(id).map(|raw| raw.mark).unwrap_or_default()
    }

    fn put(&mut self, id: Id, object: Object) {
        if let Some(made) = self.made.get_mut(id) {
            *made = object;
        }
    }

    /// Makes a node where it is not made yet; a collection is filled later.
    fn make(&mut self, id: Id, unsafe_: bool) -> Result<(), Diagnostic> {
        self.make_as(id, unsafe_, false)
    }

    /// As [`Self::make`]; `whole` fills collections at once. The depth of documents is bounded, and so is this.
    fn make_as(&mut self, id: Id, unsafe_: bool, whole: bool) -> Result<(), Diagnostic> {
        match self.made.get(id) {
            Some(Object::Nothing) => {}
            Some(Object::Begun) => {
                return Err(self.place.fault("found unconstructable recursive node", self.mark(id)));
            }
            _ => return Ok(()),
        }
        let Some(Raw { tag, mark, .. }) = self.graph.get(id) else { return Ok(()) };
        let mark = *mark;
        match tag {
            Tag::Scalar(kind) => {
                let kind = self.scalar(id, *kind, unsafe_)?;
                self.ready(id, kind);
            }
            Tag::Unsafe => self.resolved(id, true)?,
            Tag::Vault(name) => {
                let name = *name;
                if name == "!vault-encrypted" {
                    self.deprecated(name, "Use the `!vault` tag instead.", mark);
                }
                self.resolved(id, true)?;
                let Some(Object::Ready(Node { kind: Kind::Str { text, .. }, .. })) = self.made.get(id) else {
                    let message = format!("YAML parsing failed: The '{name}' tag requires a string value.");
                    return Err(Diagnostic::parse(message, self.place.span(mark)));
                };
                let text = text.clone();
                self.ready(id, Kind::Vault(text));
            }
            Tag::Unknown(name) => return Err(self.unknown(name, mark)),
            Tag::Ordered => {
                let instead = "Use a standard mapping instead, as key order is always preserved.";
                self.deprecated("!!omap", instead, mark);
                self.put(id, Object::Begun);
                self.fill(id, unsafe_, true)?;
            }
            Tag::Pairs => {
                self.deprecated("!!pairs", "Use a standard mapping instead.", mark);
                self.put(id, Object::Begun);
                self.fill(id, unsafe_, true)?;
            }
            Tag::Seq | Tag::Map | Tag::Set if whole => {
                self.put(id, Object::Begun);
                self.fill(id, unsafe_, true)?;
            }
            Tag::Seq | Tag::Map | Tag::Set => {
                self.put(id, Object::Empty);
                self.later.push_back((id, unsafe_));
            }
        }
        Ok(())
    }

    /// Makes all of a node as if its tag were not there: what quotes there were is forgotten, too.
    fn resolved(&mut self, id: Id, unsafe_: bool) -> Result<(), Diagnostic> {
        let Some(raw) = self.graph.get_mut(id) else { return Ok(()) };
        let plain = match &raw.content {
            Content::Scalar(text) => Tag::Scalar(scalar::resolve(text)),
            Content::Seq(_) => Tag::Seq,
            Content::Map(_) => Tag::Map,
        };
        raw.tag = plain;
        self.make_as(id, unsafe_, true)
    }

    fn ready(&mut self, id: Id, kind: Kind) {
        let span = self.place.span(self.mark(id));
        self.put(id, Object::Ready(Node { kind, span }));
    }

    fn unknown(&self, tag: &str, mark: Mark) -> Diagnostic {
        let message = format!("could not determine a constructor for the tag {}", super::repr::of_str(tag));
        self.place.fault(&message, mark)
    }

    fn expected(&self, wanted: &str, id: Id) -> Diagnostic {
        let found = self.raw(id).map_or("scalar", |raw| raw.content.name());
        self.place.fault(&format!("expected a {wanted} node, but found {found}"), self.mark(id))
    }

    fn deprecated(&mut self, tag: &str, instead: &str, mark: Mark) {
        if self.place.is_bare() {
            return;
        }
        let message = format!(
            "Use of the YAML `{tag}` tag is deprecated. This feature will be removed from ansible-core version 2.23."
        );
        let said = Diagnostic::parse(message, self.place.span(mark)).hint(instead);
        self.notices.push(Notice::Deprecated(said));
    }

    /// A scalar's text; a mapping that is tagged as a scalar has it under its key `=`.
    fn text(&self, id: Id, depth: usize) -> Result<&str, Diagnostic> {
        let below = match self.raw(id).map(|raw| &raw.content) {
            Some(Content::Scalar(text)) => return Ok(text),
            Some(Content::Map(pairs)) => pairs
                .iter()
                .find(|(key, _)| self.raw(*key).is_some_and(|key| key.tag == Tag::Scalar(Type::Value))),
            _ => None,
        };
        let Some((_, below)) = below else { return Err(self.expected("scalar", id)) };
        if depth > DEEPEST {
            let span = self.place.span(self.mark(id));
            return Err(Diagnostic::parse("YAML parsing failed: maximum recursion depth exceeded", span));
        }
        self.text(*below, depth + 1)
    }

    fn scalar(&self, id: Id, kind: Type, unsafe_: bool) -> Result<Kind, Diagnostic> {
        let mark = self.mark(id);
        match kind {
            Type::Merge => return Err(self.unknown("tag:yaml.org,2002:merge", mark)),
            Type::Value => return Err(self.unknown("tag:yaml.org,2002:value", mark)),
            _ => {}
        }
        let text = self.text(id, 0)?;
        if kind == Type::Str {
            return Ok(Kind::Str { text: text.into(), unsafe_ });
        }
        scalar::construct(kind, text).map_err(|why| match self.place.is_bare() {
            _ if kind == Type::Binary => self.place.fault(&why, mark),
            true => Diagnostic::parse(why, self.place.origin),
            false => Diagnostic::parse(format!("YAML parsing failed: {why}"), self.place.span(mark)),
        })
    }

    /// Makes what is in a collection.
    fn fill(&mut self, id: Id, unsafe_: bool, whole: bool) -> Result<(), Diagnostic> {
        let object = match self.raw(id).map(|raw| &raw.tag) {
            Some(Tag::Seq) => self.sequence(id, unsafe_, whole)?,
            Some(Tag::Ordered) => self.pairs(id, "while constructing an ordered map", unsafe_, whole)?,
            Some(Tag::Pairs) => self.pairs(id, "while constructing pairs", unsafe_, whole)?,
            Some(Tag::Set) => {
                let pairs = self.mapping(id, unsafe_, whole)?;
                Object::Set(pairs.into_iter().map(|(key, _)| key).collect())
            }
            _ => Object::Map(self.mapping(id, unsafe_, whole)?),
        };
        self.put(id, object);
        Ok(())
    }

    fn sequence(&mut self, id: Id, unsafe_: bool, whole: bool) -> Result<Object, Diagnostic> {
        let items = match self.raw(id).map(|raw| &raw.content) {
            Some(Content::Seq(items)) => items.clone(),
            _ => return Err(self.expected("sequence", id)),
        };
        for item in &items {
            self.make_as(*item, unsafe_, whole)?;
        }
        Ok(Object::Seq(items))
    }

    /// A list of mappings with one pair each as a list of pairs.
    fn pairs(&mut self, id: Id, context: &str, unsafe_: bool, whole: bool) -> Result<Object, Diagnostic> {
        let start = self.mark(id);
        let items = match self.raw(id).map(|raw| &raw.content) {
            Some(Content::Seq(items)) => items.clone(),
            found => {
                let found = found.map_or("scalar", Content::name);
                let problem = format!("expected a sequence, but found {found}");
                return Err(self.place.fault_in(context, start, &problem, start));
            }
        };
        let mut out = Vec::new();
        for item in items {
            let problem = match self.raw(item).map(|raw| &raw.content) {
                Some(Content::Map(pairs)) => match pairs.as_slice() {
                    [(key, value)] => {
                        let (key, value) = (*key, *value);
                        self.make_as(key, unsafe_, whole)?;
                        self.make_as(value, unsafe_, whole)?;
                        out.push((key, value));
                        continue;
                    }
                    pairs => format!("expected a single mapping item, but found {} items", pairs.len()),
                },
                found => {
                    let found = found.map_or("scalar", Content::name);
                    format!("expected a mapping of length 1, but found {found}")
                }
            };
            return Err(self.place.fault_in(context, start, &problem, self.mark(item)));
        }
        Ok(Object::Pairs(out))
    }

    fn mapping(&mut self, id: Id, unsafe_: bool, whole: bool) -> Result<Vec<(Node, Id)>, Diagnostic> {
        if !matches!(self.raw(id), Some(Raw { content: Content::Map(_), .. })) {
            return Err(self.expected("mapping", id));
        }
        self.flatten(id)?;
        let pairs = match self.raw(id).map(|raw| &raw.content) {
            Some(Content::Map(pairs)) => pairs.clone(),
            _ => Vec::new(),
        };
        let mut builder = Builder::with_capacity(pairs.len());
        for (key, value) in pairs {
            self.make_as(key, unsafe_, whole)?;
            let Some(Object::Ready(Node { kind, span })) = self.made.get(key) else {
                return Err(self.unhashable(id, key));
            };
            let name = Node { kind: kind.clone(), span: *span };
            self.make_as(value, unsafe_, whole)?;
            if let Some(twice) = builder.insert(name, value)
                && !self.place.is_bare()
            {
                let message = format!("Found duplicate mapping key {}.", super::repr::of_node(&twice));
                let said = Diagnostic::parse(message, twice.span).hint("Using last defined value only.");
                self.notices.push(Notice::Warning(said));
            }
        }
        Ok(builder.finish())
    }

    fn unhashable(&self, id: Id, key: Id) -> Diagnostic {
        self.place.fault_in(MAPPING, self.mark(id), "found unhashable key", self.mark(key))
    }

    /// Puts in front of a mapping's pairs those that its keys `<<` bring.
    fn flatten(&mut self, id: Id) -> Result<(), Diagnostic> {
        let mut merged: Vec<(Id, Id)> = Vec::new();
        let mut at = 0;
        while let Some(Content::Map(pairs)) = self.raw(id).map(|raw| &raw.content) {
            let Some((key, value)) = pairs.get(at).copied() else { break };
            match self.raw(key).map(|raw| &raw.tag) {
                Some(Tag::Scalar(Type::Merge)) => {
                    if let Some(Content::Map(pairs)) = self.graph.get_mut(id).map(|raw| &mut raw.content) {
                        pairs.remove(at);
                    }
                    self.merge(id, value, &mut merged)?;
                }
                Some(Tag::Scalar(Type::Value)) => {
                    if let Some(raw) = self.graph.get_mut(key) {
                        raw.tag = Tag::Scalar(Type::Str);
                    }
                    at += 1;
                }
                _ => at += 1,
            }
        }
        if merged.is_empty() {
            return Ok(());
        }
        if let Some(Content::Map(pairs)) = self.graph.get_mut(id).map(|raw| &mut raw.content) {
            merged.append(pairs);
            *pairs = merged;
        }
        Ok(())
    }

    /// The pairs of `<<: {…}` or `<<: [{…}, {…}]`; of a list, the first has the last word.
    fn merge(&mut self, id: Id, source: Id, merged: &mut Vec<(Id, Id)>) -> Result<(), Diagnostic> {
        let sources = match self.raw(source).map(|raw| &raw.content) {
            Some(Content::Map(_)) => vec![source],
            Some(Content::Seq(items)) => items.clone(),
            _ => {
                let problem = "expected a mapping or list of mappings for merging, but found scalar";
                return Err(self.place.fault_in(MAPPING, self.mark(id), problem, self.mark(source)));
            }
        };
        let mut lists = Vec::new();
        for source in sources {
            if let Some(found) = self.raw(source).map(|raw| &raw.content)
                && !matches!(found, Content::Map(_))
            {
                let problem = format!("expected a mapping for merging, but found {}", found.name());
                return Err(self.place.fault_in(MAPPING, self.mark(id), &problem, self.mark(source)));
            }
            self.flatten(source)?;
            if let Some(Content::Map(pairs)) = self.raw(source).map(|raw| &raw.content) {
                // Merging copies the pairs, so that it counts as much as an alias does.
                let pairs = pairs.clone();
                self.copied += pairs.len();
                if self.copied > self.most {
                    return Err(self.place.too_many(self.most, self.mark(source)));
                }
                lists.push(pairs);
            }
        }
        merged.extend(lists.into_iter().rev().flatten());
        Ok(())
    }

    /// The values as a tree, what is met twice shared. A stack of our own: depth costs no thread's stack.
    fn finish(mut self, root: Id) -> Node {
        enum Step {
            Enter(Id),
            Leave(Id),
        }
        let mut knots: HashMap<Id, Again> = HashMap::new();
        let mut entered = vec![false; self.made.len()];
        let mut steps = vec![Step::Enter(root)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(id) => {
                    let Some(entered) = entered.get_mut(id) else { continue };
                    if std::mem::replace(entered, true) {
                        continue;
                    }
                    let enter = |id: &Id| Step::Enter(*id);
                    match self.made.get(id) {
                        None | Some(Object::Ready(_)) => continue,
                        Some(Object::Seq(items)) => {
                            steps.push(Step::Leave(id));
                            steps.extend(items.iter().map(enter));
                        }
                        Some(Object::Map(pairs)) => {
                            steps.push(Step::Leave(id));
                            steps.extend(pairs.iter().map(|(_, value)| Step::Enter(*value)));
                        }
                        Some(Object::Pairs(pairs)) => {
                            steps.push(Step::Leave(id));
                            steps.extend(pairs.iter().flat_map(|(key, value)| [key, value]).map(enter));
                        }
                        Some(_) => steps.push(Step::Leave(id)),
                    }
                }
                Step::Leave(id) => {
                    let Some(object) =
                        self.made.get_mut(id).map(|made| std::mem::replace(made, Object::Begun))
                    else {
                        continue;
                    };
                    let kind = self.kind(object, &mut knots);
                    if let Some(knot) = knots.get(&id) {
                        knot.tie(kind.clone());
                    }
                    self.ready(id, kind);
                }
            }
        }
        self.get(root, &mut knots)
    }

    fn kind(&self, object: Object, knots: &mut HashMap<Id, Again>) -> Kind {
        match object {
            Object::Seq(items) => Kind::Seq(items.into_iter().map(|id| self.get(id, knots)).collect()),
            Object::Map(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| (key, self.get(value, knots)));
                Kind::Map(Arc::new(Mapping { pairs: pairs.collect() }))
            }
            Object::Pairs(pairs) => {
                let pairs = pairs.into_iter().map(|(key, value)| {
                    let pair = [self.get(key, knots), self.get(value, knots)];
                    Node { span: pair[0].span, kind: Kind::Tuple(Arc::new(pair)) }
                });
                Kind::Seq(pairs.collect())
            }
            Object::Set(keys) => Kind::Set(keys.into()),
            _ => Kind::Null,
        }
    }

    /// What has been made of a node; of one that is not finished yet, what will stand for it.
    fn get(&self, id: Id, knots: &mut HashMap<Id, Again>) -> Node {
        match self.made.get(id) {
            Some(Object::Ready(node)) => node.clone(),
            _ => {
                let knot = knots.entry(id).or_default().clone();
                Node { kind: Kind::Again(knot), span: self.place.span(self.mark(id)) }
            }
        }
    }
}
