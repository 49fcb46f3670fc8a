//! From libyaml's events to nodes: anchors, tags, merge keys, duplicate keys.

use super::explain::{bare_words, explain, place, sentence};
use super::load::Limits;
use super::mapping::{Builder, unhashable};
use super::scalar::{self, Type};
use super::{Kind, Node, Notice};
use crate::diag::{Diagnostic, Span};
use libyaml_safer::{Event, EventData, Mark, Parser};
use std::collections::HashMap;
use std::sync::Arc;

/// What a second document is answered with.
pub(super) const ANOTHER_DOCUMENT: &str =
    "YAML parsing failed: Expected a single document in the stream but found another document.";

/// Whose tags and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Ansible's loader of files: its tags, its explanations, its warnings.
    Ansible,
    /// PyYAML's safe loader as it comes.
    Bare,
}

/// Reads a stream of documents, one node each.
pub(super) struct Composer<'t> {
    parser: Parser<&'t [u8]>,
    text: &'t str,
    origin: Span,
    limits: Limits,
    /// Nodes so far, aliases counted with all that they stand for.
    nodes: usize,
    anchors: HashMap<String, Anchored>,
    /// Whether an error came of reading rather than of making values.
    broken: bool,
    dialect: Dialect,
    pub(super) notices: Vec<Notice>,
}

/// What an alias stands for; `None` while it is being read.
struct Anchored {
    node: Option<Node>,
    nodes: usize,
    depth: usize,
}

/// A node and how deep it is.
type Composed = (Node, usize);

/// What a collection's tag makes of it.
enum Shape {
    Plain,
    Unsafe,
    Set,
    /// `!!omap`, `!!pairs`: a list of one-pair mappings becomes a list of pairs.
    Pairs,
}

/// A collection whose end has not come yet.
struct Frame {
    anchor: Option<String>,
    shape: Shape,
    /// Under `!unsafe`.
    unsafe_: bool,
    content: Content,
    mark: Mark,
    /// Nodes counted before it.
    before: usize,
    deepest: usize,
}

enum Content {
    Seq(Vec<Node>),
    Map {
        /// Read, and waiting for its value.
        key: Option<Key>,
        own: Vec<(Node, Node)>,
        merged: Vec<(Node, Node)>,
    },
}

enum Key {
    Node(Node),
    Merge,
}

impl Frame {
    fn new(
        anchor: Option<String>,
        shape: Shape,
        unsafe_: bool,
        content: Content,
        mark: Mark,
        before: usize,
    ) -> Frame {
        let unsafe_ = unsafe_ || matches!(shape, Shape::Unsafe);
        Frame { anchor, shape, unsafe_, content, mark, before, deepest: 0 }
    }

    fn wants_key(&self) -> bool {
        matches!(self.content, Content::Map { key: None, .. })
    }
}

fn is_merge(tag: Option<&str>, value: &str, plain: bool) -> bool {
    plain && value == "<<" || tag == Some("tag:yaml.org,2002:merge")
}

impl<'t> Composer<'t> {
    pub(super) fn new(text: &'t str, origin: Span, limits: Limits, dialect: Dialect) -> Composer<'t> {
        let mut parser = Parser::new();
        parser.set_encoding(libyaml_safer::Encoding::Utf8);
        parser.set_input(text.as_bytes());
        Composer {
            parser,
            text,
            origin,
            limits,
            nodes: 0,
            anchors: HashMap::new(),
            broken: false,
            dialect,
            notices: Vec::new(),
        }
    }

    fn is_bare(&self) -> bool {
        self.dialect == Dialect::Bare
    }

    /// The next document, `None` at the end of the stream; an error where there must not be another.
    pub(super) fn document(&mut self, may_come: bool) -> Result<Option<Node>, Diagnostic> {
        loop {
            let event = self.event()?;
            match event.data {
                EventData::StreamStart { .. } => {}
                EventData::StreamEnd => return Ok(None),
                _ if !may_come => return Err(self.another_document(event.start_mark)),
                _ => {
                    self.anchors.clear();
                    let first = self.event()?;
                    match self.node(first) {
                        Ok(node) => {
                            self.event()?;
                            return Ok(Some(node));
                        }
                        Err(error) if self.broken => return Err(error),
                        Err(error) => return Err(self.first_of(error)),
                    }
                }
            }
        }
    }

    /// PyYAML makes values only once it has read all of the stream: what is wrong further down comes first.
    fn first_of(&mut self, error: Diagnostic) -> Diagnostic {
        loop {
            match self.event() {
                Err(earlier) => return earlier,
                Ok(Event { data: EventData::StreamEnd, .. }) => return error,
                Ok(Event { data: EventData::DocumentStart { .. }, start_mark, .. }) => {
                    return self.another_document(start_mark);
                }
                Ok(_) => {}
            }
        }
    }

    fn another_document(&self, mark: Mark) -> Diagnostic {
        if self.is_bare() {
            let first =
                "expected a single document in the stream\n  in \"<unicode string>\", line 1, column 1";
            return Diagnostic::parse(
                format!("{first}\nbut found another document{}", place(mark)),
                self.origin,
            );
        }
        Diagnostic::parse(ANOTHER_DOCUMENT, self.span(mark))
    }

    fn span(&self, mark: Mark) -> Span {
        let shift = if mark.line == 0 { self.origin.column.saturating_sub(1) } else { 0 };
        let line = self.origin.line.max(1) + mark.line as u32;
        self.origin.at(line, mark.column as u32 + 1 + shift)
    }

    fn event(&mut self) -> Result<Event, Diagnostic> {
        self.parser.parse().map_err(|error| {
            self.broken = true;
            let context = error.context().unwrap_or_default();
            if self.is_bare() {
                return Diagnostic::parse(bare_words(&error), self.origin);
            }
            let message = [context, error.problem()].join(" ");
            match error.problem_mark().or(error.context_mark()) {
                Some(mark) => self.fault(&message, mark),
                None => Diagnostic::parse(sentence(&message), self.origin),
            }
        })
    }

    /// An error at a mark, with the explanation that the line suggests.
    fn fault(&self, message: &str, mark: Mark) -> Diagnostic {
        if self.is_bare() {
            return Diagnostic::parse(format!("{message}{}", place(mark)), self.origin);
        }
        let span = self.span(mark);
        match self.text.lines().nth(mark.line as usize).and_then(explain) {
            Some(better) => {
                let error = Diagnostic::parse(sentence(better.message), span.at(span.line, better.column));
                match better.hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
            None => Diagnostic::parse(sentence(message), span),
        }
    }

    /// A [`Self::fault`] in something that began at another mark.
    fn fault_in(&self, context: &str, start: Mark, problem: &str, mark: Mark) -> Diagnostic {
        if self.is_bare() {
            let message = format!("{context}{}\n{problem}{}", place(start), place(mark));
            return Diagnostic::parse(message, self.origin);
        }
        self.fault(&format!("{context} {problem}"), mark)
    }

    /// A [`Self::fault`] that ends the reading.
    fn breaks(&mut self, message: &str, mark: Mark) -> Diagnostic {
        self.broken = true;
        self.fault(message, mark)
    }

    /// Counts nodes and depth against the limits.
    fn charge(&mut self, nodes: usize, depth: usize, mark: Mark) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.broken = self.nodes > self.limits.nodes || depth > self.limits.depth;
        if self.nodes > self.limits.nodes {
            let message = format!("the document stands for more than {} values", self.limits.nodes);
            return Err(Diagnostic::parse(sentence(&message), self.span(mark))
                .hint("Aliases count with everything that they stand for."));
        }
        if depth > self.limits.depth {
            let message = format!("the document is nested deeper than {} levels", self.limits.depth);
            return Err(Diagnostic::parse(sentence(&message), self.span(mark)));
        }
        Ok(())
    }

    /// A node with all below it. A stack of our own rather than recursion: depth costs no thread's stack.
    fn node(&mut self, first: Event) -> Result<Node, Diagnostic> {
        let mut open: Vec<Frame> = Vec::new();
        let mut event = first;
        loop {
            let mark = event.start_mark;
            let depth = open.len();
            let unsafe_ = open.last().is_some_and(|frame| frame.unsafe_);
            let (composed, mark) = match event.data {
                EventData::Alias { anchor } => (self.alias(&anchor, mark, depth)?, mark),
                EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                    self.charge(1, depth, mark)?;
                    self.open(anchor.as_ref(), mark)?;
                    let wants_key = open.last().is_some_and(Frame::wants_key);
                    let is_plain = plain_implicit && tag.as_deref().is_none_or(|tag| tag == "!");
                    let composed = if wants_key && is_merge(tag.as_deref(), &value, is_plain) {
                        None
                    } else {
                        let kind = if wants_key && is_plain && value == "=" {
                            Kind::Str { text: value.into(), unsafe_ }
                        } else {
                            self.scalar(tag.as_deref(), value, plain_implicit, mark, unsafe_)?
                        };
                        Some((Node { kind, span: self.span(mark) }, 1))
                    };
                    let Some(composed) = composed else {
                        if let Some(Content::Map { key, .. }) =
                            open.last_mut().map(|frame| &mut frame.content)
                        {
                            *key = Some(Key::Merge);
                        }
                        event = self.event()?;
                        continue;
                    };
                    (self.close(anchor, composed, self.nodes - 1), mark)
                }
                EventData::SequenceStart { anchor, tag, .. } => {
                    let before = self.nodes;
                    self.charge(1, depth + 1, mark)?;
                    self.open(anchor.as_ref(), mark)?;
                    let shape = self.shape(tag.as_deref(), "sequence", mark)?;
                    let content = Content::Seq(Vec::new());
                    open.push(Frame::new(anchor, shape, unsafe_, content, mark, before));
                    event = self.event()?;
                    continue;
                }
                EventData::MappingStart { anchor, tag, .. } => {
                    let before = self.nodes;
                    self.charge(1, depth + 1, mark)?;
                    self.open(anchor.as_ref(), mark)?;
                    let shape = self.shape(tag.as_deref(), "mapping", mark)?;
                    let content = Content::Map { key: None, own: Vec::new(), merged: Vec::new() };
                    open.push(Frame::new(anchor, shape, unsafe_, content, mark, before));
                    event = self.event()?;
                    continue;
                }
                EventData::SequenceEnd | EventData::MappingEnd => {
                    let Some(frame) = open.pop() else {
                        return Err(self.fault("did not find expected node content", mark));
                    };
                    {
                        let start = frame.mark;
                        (self.finish(frame), start)
                    }
                }
                _ => return Err(self.fault("did not find expected node content", mark)),
            };
            let Some(frame) = open.last_mut() else { return Ok(composed.0) };
            self.deliver(frame, composed, mark)?;
            event = self.event()?;
        }
    }

    /// Puts a node where it belongs in the collection around it.
    fn deliver(&mut self, frame: &mut Frame, (node, depth): Composed, mark: Mark) -> Result<(), Diagnostic> {
        frame.deepest = frame.deepest.max(depth);
        match &mut frame.content {
            Content::Seq(items) => items.push(match frame.shape {
                Shape::Pairs => self.pair(node, mark)?,
                _ => node,
            }),
            Content::Map { key, own, merged } => match key.take() {
                None if unhashable(&node) => {
                    let start = frame.mark;
                    return Err(self.fault_in(MAPPING, start, "found unhashable key", mark));
                }
                None => *key = Some(Key::Node(node)),
                Some(Key::Merge) => self.merge(&node, merged, frame.mark, mark)?,
                Some(Key::Node(key)) => own.push((key, node)),
            },
        }
        Ok(())
    }

    /// A collection whose end has come.
    fn finish(&mut self, frame: Frame) -> Composed {
        let kind = match frame.content {
            Content::Seq(items) => Kind::Seq(items.into()),
            Content::Map { own, merged, .. } => {
                let mut builder = Builder::with_capacity(merged.len() + own.len());
                for (key, value) in merged.into_iter().chain(own) {
                    if let Some(twice) = builder.insert(key, value)
                        && !self.is_bare()
                    {
                        let message =
                            format!("Found duplicate mapping key {}.", super::repr::of_node(&twice));
                        let said =
                            Diagnostic::parse(message, twice.span).hint("Using last defined value only.");
                        self.notices.push(Notice::Warning(said));
                    }
                }
                let mapping = builder.finish();
                match frame.shape {
                    Shape::Set => Kind::Set(mapping.pairs.into_iter().map(|(key, _)| key).collect()),
                    _ => Kind::Map(Arc::new(mapping)),
                }
            }
        };
        let node = Node { kind, span: self.span(frame.mark) };
        self.close(frame.anchor, (node, frame.deepest + 1), frame.before)
    }

    fn alias(&mut self, anchor: &str, mark: Mark, place_depth: usize) -> Result<Composed, Diagnostic> {
        let Some(found) = self.anchors.get(anchor) else {
            return Err(self.breaks("found undefined alias", mark));
        };
        let Some(node) = found.node.clone() else {
            return Err(self.fault("found an alias inside the very node that it stands for", mark));
        };
        let depth = found.depth;
        self.charge(found.nodes, place_depth + depth, mark)?;
        Ok((node, depth))
    }

    fn open(&mut self, anchor: Option<&String>, mark: Mark) -> Result<(), Diagnostic> {
        let Some(anchor) = anchor else { return Ok(()) };
        if self.anchors.contains_key(anchor) {
            return Err(self.breaks("found duplicate anchor; first occurrence second occurrence", mark));
        }
        self.anchors.insert(anchor.clone(), Anchored { node: None, nodes: 0, depth: 0 });
        Ok(())
    }

    fn close(&mut self, anchor: Option<String>, composed: Composed, before: usize) -> Composed {
        if let Some(anchor) = anchor {
            let nodes = self.nodes.saturating_sub(before);
            self.anchors
                .insert(anchor, Anchored { node: Some(composed.0.clone()), nodes, depth: composed.1 });
        }
        composed
    }

    fn unknown_tag(&self, tag: &str, mark: Mark) -> Diagnostic {
        self.fault(
            &format!("could not determine a constructor for the tag {}", super::repr::of_str(tag)),
            mark,
        )
    }

    fn expected(&self, wanted: &str, found: &str, mark: Mark) -> Diagnostic {
        self.fault(&format!("expected a {wanted} node, but found {found}"), mark)
    }

    fn scalar(
        &mut self,
        tag: Option<&str>,
        value: String,
        plain: bool,
        mark: Mark,
        unsafe_: bool,
    ) -> Result<Kind, Diagnostic> {
        let tag = tag.filter(|tag| *tag != "!");
        let kind = match tag
            .map(|tag| tag.strip_prefix("tag:yaml.org,2002:").map_or((tag, false), |name| (name, true)))
        {
            None if plain => scalar::resolve(&value),
            None => Type::Str,
            // `!unsafe "12"` is the number 12: below the tag, what quotes there were is forgotten.
            Some(("!unsafe", false)) if !self.is_bare() => {
                let kind = scalar::resolve(&value);
                return self.construct(kind, value, mark, true);
            }
            Some((tag @ ("!vault" | "!vault-encrypted"), false)) if !self.is_bare() => {
                if tag == "!vault-encrypted" {
                    self.deprecated("!vault-encrypted", "Use the `!vault` tag instead.", mark);
                }
                return match scalar::resolve(&value) {
                    Type::Str => Ok(Kind::Vault(value.into())),
                    _ => Err(self.vault_needs_text(tag, mark)),
                };
            }
            Some(("null", true)) => Type::Null,
            Some(("bool", true)) => Type::Bool,
            Some(("int", true)) => Type::Int,
            Some(("float", true)) => Type::Float,
            Some(("timestamp", true)) => Type::Timestamp,
            Some(("binary", true)) => Type::Binary,
            Some(("str" | "python/unicode", true)) => Type::Str,
            Some(("seq" | "omap" | "pairs", true)) => return Err(self.expected("sequence", "scalar", mark)),
            Some(("map" | "set" | "python/dict", true)) => {
                return Err(self.expected("mapping", "scalar", mark));
            }
            Some(_) => return Err(self.unknown_tag(tag.unwrap_or_default(), mark)),
        };
        match kind {
            Type::Value => Err(self.unknown_tag("tag:yaml.org,2002:value", mark)),
            Type::Merge => Err(self.unknown_tag("tag:yaml.org,2002:merge", mark)),
            kind => self.construct(kind, value, mark, unsafe_),
        }
    }

    fn construct(&self, kind: Type, value: String, mark: Mark, unsafe_: bool) -> Result<Kind, Diagnostic> {
        if kind == Type::Str {
            return Ok(Kind::Str { text: value.into(), unsafe_ });
        }
        scalar::construct(kind, &value).map_err(|why| match self.dialect {
            Dialect::Bare => Diagnostic::parse(why.to_string(), self.origin),
            Dialect::Ansible => Diagnostic::parse(format!("YAML parsing failed: {why}"), self.span(mark)),
        })
    }

    fn vault_needs_text(&self, tag: &str, mark: Mark) -> Diagnostic {
        Diagnostic::parse(
            format!("YAML parsing failed: The '{tag}' tag requires a string value."),
            self.span(mark),
        )
    }

    fn deprecated(&mut self, tag: &str, instead: &str, mark: Mark) {
        if self.is_bare() {
            return;
        }
        let message = format!(
            "Use of the YAML `{tag}` tag is deprecated. This feature will be removed from ansible-core version 2.23."
        );
        self.notices.push(Notice::Deprecated(Diagnostic::parse(message, self.span(mark)).hint(instead)));
    }

    fn shape(&mut self, tag: Option<&str>, found: &str, mark: Mark) -> Result<Shape, Diagnostic> {
        let Some(tag) = tag.filter(|tag| *tag != "!") else { return Ok(Shape::Plain) };
        let mapping = found == "mapping";
        match tag.strip_prefix("tag:yaml.org,2002:") {
            None if tag == "!unsafe" && !self.is_bare() => Ok(Shape::Unsafe),
            None if matches!(tag, "!vault" | "!vault-encrypted") && !self.is_bare() => {
                Err(self.vault_needs_text(tag, mark))
            }
            Some("map" | "python/dict") if mapping => Ok(Shape::Plain),
            Some("set") if mapping => Ok(Shape::Set),
            Some("map" | "python/dict" | "set") => Err(self.expected("mapping", found, mark)),
            Some("seq") if !mapping => Ok(Shape::Plain),
            Some("omap") if !mapping => {
                self.deprecated(
                    "!!omap",
                    "Use a standard mapping instead, as key order is always preserved.",
                    mark,
                );
                Ok(Shape::Pairs)
            }
            Some("pairs") if !mapping => {
                self.deprecated("!!pairs", "Use a standard mapping instead.", mark);
                Ok(Shape::Pairs)
            }
            Some("seq" | "omap" | "pairs") => Err(self.expected("sequence", found, mark)),
            Some("null" | "bool" | "int" | "float" | "timestamp" | "binary" | "str" | "python/unicode") => {
                Err(self.expected("scalar", found, mark))
            }
            _ => Err(self.unknown_tag(tag, mark)),
        }
    }

    /// A one-pair mapping as a list of two.
    fn pair(&self, item: Node, mark: Mark) -> Result<Node, Diagnostic> {
        let Kind::Map(map) = &item.kind else {
            return Err(self.fault("expected a mapping of length 1", mark));
        };
        match map.pairs.as_slice() {
            [(key, value)] => {
                Ok(Node { kind: Kind::Seq(Arc::new([key.clone(), value.clone()])), span: item.span })
            }
            pairs => {
                Err(self
                    .fault(&format!("expected a single mapping item, but found {} items", pairs.len()), mark))
            }
        }
    }

    /// The pairs of `<<: {…}` or `<<: [{…}, {…}]`; of a list, the first has the last word.
    fn merge(
        &mut self,
        value: &Node,
        merged: &mut Vec<(Node, Node)>,
        mark: Mark,
        value_at: Mark,
    ) -> Result<(), Diagnostic> {
        let sources = match &value.kind {
            Kind::Map(_) => std::slice::from_ref(value),
            Kind::Seq(items) => items,
            _ => {
                let problem = "expected a mapping or list of mappings for merging, but found scalar";
                return Err(self.fault_in(MAPPING, mark, problem, value_at));
            }
        };
        for source in sources.iter().rev() {
            let Kind::Map(map) = &source.kind else {
                let found = if matches!(source.kind, Kind::Seq(_)) { "sequence" } else { "scalar" };
                let problem = format!("expected a mapping for merging, but found {found}");
                return Err(self.fault_in(
                    MAPPING,
                    mark,
                    &problem,
                    if self.is_bare() { value_at } else { mark },
                ));
            };
            // Merging copies the pairs, so that it counts as much as an alias does.
            self.charge(map.pairs.len(), 0, value_at)?;
            merged.extend(map.pairs.iter().cloned());
        }
        Ok(())
    }
}

const MAPPING: &str = "while constructing a mapping";
