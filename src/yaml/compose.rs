//! From libyaml's events to a graph of nodes that have tags, not yet values: anchors and aliases.

use super::explain::{bare_words, explain, place, sentence};
use super::load::Limits;
use super::scalar::{self, Type};
use super::tag::Tag;
use super::{Node, Notice, construct};
use crate::diag::{Diagnostic, Span};
use libyaml_safer::{Event, EventData, Mark, Parser};
use std::collections::HashMap;

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

/// A node as it is written. An alias is the same node again, so that a graph may run in circles.
pub(super) struct Raw {
    pub(super) tag: Tag,
    pub(super) mark: Mark,
    pub(super) content: Content,
}

/// Where a node is in its graph.
pub(super) type Id = usize;

/// What a node consists of.
pub(super) enum Content {
    Scalar(String),
    Seq(Vec<Id>),
    Map(Vec<(Id, Id)>),
}

impl Content {
    /// What PyYAML calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Content::Scalar(_) => "scalar",
            Content::Seq(_) => "sequence",
            Content::Map(_) => "mapping",
        }
    }
}

/// Where and in whose words errors are told.
pub(super) struct Place<'t> {
    pub(super) text: &'t str,
    pub(super) origin: Span,
    pub(super) dialect: Dialect,
}

impl Place<'_> {
    pub(super) fn is_bare(&self) -> bool {
        self.dialect == Dialect::Bare
    }

    pub(super) fn span(&self, mark: Mark) -> Span {
        let shift = if mark.line == 0 { self.origin.column.saturating_sub(1) } else { 0 };
        let line = self.origin.line.max(1) + mark.line as u32;
        self.origin.at(line, mark.column as u32 + 1 + shift)
    }

    /// An error at a mark, with the explanation that the line suggests.
    pub(super) fn fault(&self, message: &str, mark: Mark) -> Diagnostic {
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
    pub(super) fn fault_in(&self, context: &str, start: Mark, problem: &str, mark: Mark) -> Diagnostic {
        if self.is_bare() {
            let message = format!("{context}{}\n{problem}{}", place(start), place(mark));
            return Diagnostic::parse(message, self.origin);
        }
        self.fault(&format!("{context} {problem}"), mark)
    }

    /// What no tag is at fault for: the document stands for too much.
    pub(super) fn too_many(&self, most: usize, mark: Mark) -> Diagnostic {
        let message = format!("the document stands for more than {most} values");
        Diagnostic::parse(sentence(&message), self.span(mark))
            .hint("Aliases count with everything that they stand for.")
    }
}

/// Reads a stream of documents, one node each.
pub(super) struct Composer<'t> {
    parser: Parser<&'t [u8]>,
    place: Place<'t>,
    limits: Limits,
    /// Whether there may be one document only.
    one: bool,
    /// Whether a document has been read.
    begun: bool,
    graph: Vec<Raw>,
    /// Nodes so far, aliases counted with all that they stand for.
    nodes: usize,
    anchors: HashMap<String, Anchored>,
    pub(super) notices: Vec<Notice>,
}

/// What an alias stands for, how many nodes that are and how deep; not yet known while it is being read.
struct Anchored {
    id: Id,
    nodes: usize,
    depth: usize,
}

/// A collection whose end has not come yet.
struct Frame {
    id: Id,
    anchor: Option<String>,
    /// Read, and waiting for its value.
    key: Option<Id>,
    /// Nodes counted before it.
    before: usize,
    deepest: usize,
}

impl<'t> Composer<'t> {
    pub(super) fn new(
        text: &'t str,
        origin: Span,
        limits: Limits,
        dialect: Dialect,
        one: bool,
    ) -> Composer<'t> {
        let mut parser = Parser::new();
        parser.set_encoding(libyaml_safer::Encoding::Utf8);
        parser.set_input(text.as_bytes());
        Composer {
            parser,
            place: Place { text, origin, dialect },
            limits,
            one,
            begun: false,
            graph: Vec::new(),
            nodes: 0,
            anchors: HashMap::new(),
            notices: Vec::new(),
        }
    }

    /// The next document, `None` at the end of the stream; an error where there must not be another.
    pub(super) fn document(&mut self) -> Result<Option<Node>, Diagnostic> {
        loop {
            let event = self.event()?;
            match event.data {
                EventData::StreamStart { .. } => {}
                EventData::StreamEnd => return Ok(None),
                _ if self.one && self.begun => return Err(self.another_document(event.start_mark)),
                _ => {
                    self.begun = true;
                    self.anchors.clear();
                    self.graph.clear();
                    let first = self.event()?;
                    let root = self.node(first)?;
                    self.event()?;
                    let graph = std::mem::take(&mut self.graph);
                    let nodes = (self.nodes, self.limits.nodes);
                    let made = construct::document(graph, root, &self.place, nodes, &mut self.notices);
                    return match made {
                        Ok(node) => Ok(Some(node)),
                        Err(error) if self.one => Err(self.first_of(error)),
                        Err(error) => Err(error),
                    };
                }
            }
        }
    }

    /// Where there may be one document only, PyYAML makes values once it has read all of the stream: what is wrong
    /// further down comes first.
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
        if self.place.is_bare() {
            let first =
                "expected a single document in the stream\n  in \"<unicode string>\", line 1, column 1";
            return Diagnostic::parse(
                format!("{first}\nbut found another document{}", place(mark)),
                self.place.origin,
            );
        }
        Diagnostic::parse(ANOTHER_DOCUMENT, self.place.span(mark))
    }

    fn event(&mut self) -> Result<Event, Diagnostic> {
        self.parser.parse().map_err(|error| {
            let context = error.context().unwrap_or_default();
            if self.place.is_bare() {
                return Diagnostic::parse(bare_words(&error), self.place.origin);
            }
            let message = [context, error.problem()].join(" ");
            match error.problem_mark().or(error.context_mark()) {
                Some(mark) => self.place.fault(&message, mark),
                None => Diagnostic::parse(sentence(&message), self.place.origin),
            }
        })
    }

    /// Counts nodes and depth against the limits.
    fn charge(&mut self, nodes: usize, depth: usize, mark: Mark) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.nodes {
            return Err(self.place.too_many(self.limits.nodes, mark));
        }
        if depth > self.limits.depth {
            let message = format!("the document is nested deeper than {} levels", self.limits.depth);
            return Err(Diagnostic::parse(sentence(&message), self.place.span(mark)));
        }
        Ok(())
    }

    fn add(&mut self, tag: Tag, mark: Mark, content: Content) -> Id {
        self.graph.push(Raw { tag, mark, content });
        self.graph.len() - 1
    }

    /// A node with all below it. A stack of our own rather than recursion: depth costs no thread's stack.
    fn node(&mut self, first: Event) -> Result<Id, Diagnostic> {
        let mut open: Vec<Frame> = Vec::new();
        let mut event = first;
        loop {
            let mark = event.start_mark;
            let depth = open.len();
            let (id, deep) = match event.data {
                EventData::Alias { anchor } => {
                    let found = self.anchors.get(&anchor);
                    let found = found.ok_or_else(|| self.place.fault("found undefined alias", mark))?;
                    let (id, nodes, deep) = (found.id, found.nodes, found.depth);
                    self.charge(nodes, depth + deep, mark)?;
                    (id, deep)
                }
                EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                    self.charge(1, depth, mark)?;
                    let tag = match tag.as_deref().filter(|tag| *tag != "!") {
                        Some(tag) => self.tag(tag),
                        None if plain_implicit => Tag::Scalar(scalar::resolve(&value)),
                        None => Tag::Scalar(Type::Str),
                    };
                    let id = self.add(tag, mark, Content::Scalar(value));
                    self.anchor(anchor.as_ref(), id, mark)?;
                    (id, 1)
                }
                EventData::SequenceStart { anchor, tag, .. } => {
                    let tag = self.collection(tag.as_deref(), Tag::Seq);
                    open.push(self.open(anchor, tag, mark, Content::Seq(Vec::new()), depth)?);
                    event = self.event()?;
                    continue;
                }
                EventData::MappingStart { anchor, tag, .. } => {
                    let tag = self.collection(tag.as_deref(), Tag::Map);
                    open.push(self.open(anchor, tag, mark, Content::Map(Vec::new()), depth)?);
                    event = self.event()?;
                    continue;
                }
                EventData::SequenceEnd | EventData::MappingEnd => {
                    let Some(frame) = open.pop() else {
                        return Err(self.place.fault("did not find expected node content", mark));
                    };
                    let nodes = self.nodes - frame.before;
                    if let Some(anchored) = frame.anchor.and_then(|anchor| self.anchors.get_mut(&anchor)) {
                        (anchored.nodes, anchored.depth) = (nodes, frame.deepest + 1);
                    }
                    (frame.id, frame.deepest + 1)
                }
                _ => return Err(self.place.fault("did not find expected node content", mark)),
            };
            let Some(frame) = open.last_mut() else { return Ok(id) };
            let mut below = deep;
            match self.graph.get_mut(frame.id).map(|raw| &mut raw.content) {
                Some(Content::Seq(items)) => items.push(id),
                Some(Content::Map(pairs)) => match frame.key.take() {
                    None => frame.key = Some(id),
                    Some(key) => {
                        pairs.push((key, id));
                        // What is merged in ends up on the level of the mapping itself.
                        if self.graph.get(key).is_some_and(|raw| raw.tag == Tag::Scalar(Type::Merge)) {
                            below = deep.saturating_sub(1);
                        }
                    }
                },
                _ => {}
            }
            frame.deepest = frame.deepest.max(below);
            event = self.event()?;
        }
    }

    fn tag(&self, name: &str) -> Tag {
        Tag::named(name, !self.place.is_bare())
    }

    fn collection(&self, tag: Option<&str>, plain: Tag) -> Tag {
        tag.filter(|tag| *tag != "!").map_or(plain, |tag| self.tag(tag))
    }

    fn open(
        &mut self,
        anchor: Option<String>,
        tag: Tag,
        mark: Mark,
        content: Content,
        depth: usize,
    ) -> Result<Frame, Diagnostic> {
        let before = self.nodes;
        self.charge(1, depth + 1, mark)?;
        let id = self.add(tag, mark, content);
        self.anchor(anchor.as_ref(), id, mark)?;
        Ok(Frame { id, anchor, key: None, before, deepest: 0 })
    }

    fn anchor(&mut self, anchor: Option<&String>, id: Id, mark: Mark) -> Result<(), Diagnostic> {
        let Some(anchor) = anchor else { return Ok(()) };
        if let Some(first) = self.anchors.get(anchor).and_then(|first| self.graph.get(first.id)) {
            let context = "found duplicate anchor; first occurrence";
            return Err(self.place.fault_in(context, first.mark, "second occurrence", mark));
        }
        self.anchors.insert(anchor.clone(), Anchored { id, nodes: 1, depth: 1 });
        Ok(())
    }
}
