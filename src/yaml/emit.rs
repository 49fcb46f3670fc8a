//! YAML out, byte for byte as PyYAML's `yaml.dump` over libyaml writes it.

use super::scalar::{Type, resolve};
use libyaml_safer::{
    Break, Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle, TagDirective, VersionDirective,
};
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What can be written: a plain tree, keys in the order in which they shall appear.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer in machine range.
    Int(i64),
    /// An integer beyond machine range.
    Big(BigInt),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Str(String),
    /// A string that is wanted as a literal block, where its characters allow it.
    Block(String),
    /// A date or a time stamp in ISO form, `2001-12-14 21:59:43`.
    Stamp(String),
    /// A scalar with a tag that is always written, as `!vault` with its text in a literal block.
    Tagged(&'static str, String, Style),
    /// `!!binary`
    Bytes(Vec<u8>),
    /// A sequence.
    Seq(Vec<Tree>),
    /// A mapping.
    Map(Vec<(Tree, Tree)>),
    /// `!!set`
    Set(Vec<Tree>),
    /// A value with an identity: where the same one (by its `Arc`) appears again, it is written as an alias.
    Shared(Arc<Tree>),
}

/// How a scalar is asked to be written; the emitter departs from it where it must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// As bare as can be.
    #[default]
    Plain,
    /// `'…'`
    Single,
    /// `"…"`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A style that YAML does not have: written as bare as can be, yet a style, so that nothing goes in flow style.
    Unknown,
}

/// How lines end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineBreak {
    /// A line feed.
    #[default]
    Unix,
    /// A carriage return.
    Mac,
    /// Both.
    Dos,
}

/// `yaml.dump`'s options, by their names there.
#[derive(Clone, Debug)]
pub struct Emit {
    /// Columns a level; PyYAML's own default is 2, `to_nice_yaml` asks for 4.
    pub indent: i32,
    /// Where long scalars are folded.
    pub width: i32,
    /// Whether mappings are sorted by key (the caller hands strings; other keys sort by their text).
    pub sort_keys: bool,
    /// Characters beyond ASCII as they are.
    pub allow_unicode: bool,
    /// `false`: block style; `true`: flow style; `None`: flow style for collections of scalars.
    pub default_flow_style: Option<bool>,
    /// Style for all scalars.
    pub default_style: Style,
    /// `---` at the start.
    pub explicit_start: bool,
    /// `...` at the end.
    pub explicit_end: bool,
    /// The long form with every tag.
    pub canonical: bool,
    /// How lines end.
    pub line_break: LineBreak,
    /// `%YAML major.minor` in front.
    pub version: Option<(i32, i32)>,
    /// `%TAG handle prefix` in front, each.
    pub tags: Vec<(String, String)>,
}

impl Default for Emit {
    fn default() -> Emit {
        Emit {
            indent: 2,
            width: 80,
            sort_keys: true,
            allow_unicode: true,
            default_flow_style: Some(false),
            default_style: Style::Plain,
            explicit_start: false,
            explicit_end: false,
            canonical: false,
            line_break: LineBreak::Unix,
            version: None,
            tags: Vec::new(),
        }
    }
}

/// Writes one document. `None` where the tree holds what cannot be written (nothing that [`Tree`] can hold, so far
/// as is known), or is nested beyond all reason.
pub fn dump(tree: &Tree, options: &Emit) -> Option<String> {
    try_dump(tree, options).ok()
}

/// As [`dump`].
///
/// # Errors
/// What the emitter refuses, in its words: a version or a tag's handle that YAML does not have.
pub fn try_dump(tree: &Tree, options: &Emit) -> Result<String, String> {
    let mut out = Vec::new();
    {
        let mut emitter = Emitter::new();
        emitter.set_output_string(&mut out);
        emitter.set_indent(options.indent);
        emitter.set_width(options.width);
        emitter.set_unicode(options.allow_unicode);
        emitter.set_canonical(options.canonical);
        emitter.set_break(match options.line_break {
            LineBreak::Unix => Break::Ln,
            LineBreak::Mac => Break::Cr,
            LineBreak::Dos => Break::CrLn,
        });
        let mut anchors = Anchors::default();
        anchors.walk(tree, options, 0).ok_or_else(too_deep)?;
        let version = options.version.map(|(major, minor)| VersionDirective::new(major, minor));
        let tags =
            options.tags.iter().map(|(handle, prefix)| TagDirective::new(handle.clone(), prefix.clone()));
        let tags: Vec<TagDirective> = tags.collect();
        let mut writer = Writer { emitter: &mut emitter, options, anchors, refused: None };
        let written = writer
            .emit(Event::stream_start(Encoding::Utf8))
            .and_then(|()| writer.emit(Event::document_start(version, &tags, !options.explicit_start)))
            .and_then(|()| writer.tree(tree, 0, None))
            .and_then(|()| writer.emit(Event::document_end(!options.explicit_end)))
            .and_then(|()| writer.emit(Event::stream_end()));
        if written.is_none() {
            return Err(writer.refused.unwrap_or_else(too_deep));
        }
        emitter.flush().map_err(|e| e.problem().to_owned())?;
    }
    String::from_utf8(out).map_err(|e| e.to_string())
}

fn too_deep() -> String {
    "maximum recursion depth exceeded".into()
}

const DEEPEST: usize = 1_000;

/// Which shared values need an anchor: numbered in the order in which they are met again, as PyYAML numbers them.
#[derive(Default)]
struct Anchors {
    names: HashMap<*const Tree, Option<String>>,
    count: usize,
    written: HashSet<*const Tree>,
}

impl Anchors {
    fn walk(&mut self, tree: &Tree, options: &Emit, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match tree {
            Tree::Shared(inner) => match self.names.get_mut(&Arc::as_ptr(inner)) {
                Some(Some(_)) => {}
                Some(none) => {
                    self.count += 1;
                    *none = Some(format!("id{:03}", self.count));
                }
                None => {
                    self.names.insert(Arc::as_ptr(inner), None);
                    self.walk(inner, options, depth + 1)?;
                }
            },
            Tree::Seq(items) | Tree::Set(items) => {
                for item in items {
                    self.walk(item, options, depth + 1)?;
                }
            }
            Tree::Map(pairs) => {
                let mut pairs: Vec<_> = pairs.iter().map(|(key, value)| (key, value)).collect();
                if options.sort_keys {
                    sort(&mut pairs);
                }
                for (key, value) in pairs {
                    self.walk(key, options, depth + 1)?;
                    self.walk(value, options, depth + 1)?;
                }
            }
            _ => {}
        }
        Some(())
    }
}

struct Writer<'e, 'w> {
    emitter: &'e mut Emitter<'w>,
    options: &'e Emit,
    anchors: Anchors,
    /// Why the emitter would not go on.
    refused: Option<String>,
}

impl Writer<'_, '_> {
    fn emit(&mut self, event: Event) -> Option<()> {
        match self.emitter.emit(event) {
            Ok(()) => Some(()),
            Err(error) => {
                self.refused.get_or_insert_with(|| error.problem().to_owned());
                None
            }
        }
    }

    fn tree(&mut self, tree: &Tree, depth: usize, anchor: Option<&str>) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match tree {
            Tree::Null => self.scalar("null", Type::Null, anchor),
            Tree::Bool(value) => self.scalar(if *value { "true" } else { "false" }, Type::Bool, anchor),
            Tree::Int(value) => self.scalar(&value.to_string(), Type::Int, anchor),
            Tree::Big(value) => self.scalar(&value.to_string(), Type::Int, anchor),
            Tree::Float(value) => self.scalar(&float(*value), Type::Float, anchor),
            Tree::Stamp(text) => self.scalar(text, Type::Timestamp, anchor),
            Tree::Str(text) => self.scalar(text, Type::Str, anchor),
            Tree::Block(text) => {
                let tag = Some("tag:yaml.org,2002:str");
                self.emit(Event::scalar(anchor, tag, text, true, true, ScalarStyle::Literal))
            }
            Tree::Tagged(tag, text, style) => {
                self.emit(Event::scalar(anchor, Some(tag), text, false, false, scalar_style(*style)))
            }
            Tree::Bytes(bytes) => {
                let tag = Some("tag:yaml.org,2002:binary");
                self.emit(Event::scalar(
                    anchor,
                    tag,
                    &base64_lines(bytes),
                    false,
                    false,
                    ScalarStyle::Literal,
                ))
            }
            Tree::Seq(items) => self.sequence(items, anchor, depth),
            Tree::Map(pairs) => {
                self.mapping(&pairs.iter().map(|(k, v)| (k, v)).collect::<Vec<_>>(), None, anchor, depth)
            }
            Tree::Set(items) => {
                let tag = Some("tag:yaml.org,2002:set");
                self.mapping(&items.iter().map(|k| (k, &Tree::Null)).collect::<Vec<_>>(), tag, anchor, depth)
            }
            Tree::Shared(inner) => {
                let name = self.anchors.names.get(&Arc::as_ptr(inner)).cloned().flatten();
                match name {
                    Some(name) if !self.anchors.written.insert(Arc::as_ptr(inner)) => {
                        self.emit(Event::alias(&name))
                    }
                    name => self.tree(inner, depth + 1, name.as_deref()),
                }
            }
        }
    }

    /// A scalar whose tag is left out where reading it back gives the same type.
    fn scalar(&mut self, text: &str, kind: Type, anchor: Option<&str>) -> Option<()> {
        let (tag, plain, quoted) = match kind {
            Type::Null => ("tag:yaml.org,2002:null", resolve(text) == Type::Null, false),
            Type::Bool => ("tag:yaml.org,2002:bool", resolve(text) == Type::Bool, false),
            Type::Int => ("tag:yaml.org,2002:int", resolve(text) == Type::Int, false),
            Type::Float => ("tag:yaml.org,2002:float", resolve(text) == Type::Float, false),
            Type::Timestamp => ("tag:yaml.org,2002:timestamp", resolve(text) == Type::Timestamp, false),
            _ => ("tag:yaml.org,2002:str", resolve(text) == Type::Str, true),
        };
        self.emit(Event::scalar(
            anchor,
            Some(tag),
            text,
            plain,
            quoted,
            scalar_style(self.options.default_style),
        ))
    }

    /// Whether a collection of these is written in flow style.
    fn flow<'t>(&self, mut parts: impl Iterator<Item = &'t Tree>) -> bool {
        self.options.default_flow_style.unwrap_or_else(|| {
            parts.all(|part| match part {
                Tree::Shared(inner) => is_bare(inner),
                part => is_bare(part),
            }) && self.options.default_style == Style::Plain
        })
    }

    fn sequence(&mut self, items: &[Tree], anchor: Option<&str>, depth: usize) -> Option<()> {
        let style = if self.flow(items.iter()) { SequenceStyle::Flow } else { SequenceStyle::Block };
        self.emit(Event::sequence_start(anchor, Some("tag:yaml.org,2002:seq"), true, style))?;
        for item in items {
            self.tree(item, depth + 1, None)?;
        }
        self.emit(Event::sequence_end())
    }

    fn mapping(
        &mut self,
        pairs: &[(&Tree, &Tree)],
        tag: Option<&str>,
        anchor: Option<&str>,
        depth: usize,
    ) -> Option<()> {
        let flow = self.flow(pairs.iter().flat_map(|(key, value)| [*key, *value]));
        let style = if flow { MappingStyle::Flow } else { MappingStyle::Block };
        let implicit = tag.is_none();
        self.emit(Event::mapping_start(anchor, tag.or(Some("tag:yaml.org,2002:map")), implicit, style))?;
        let mut pairs = pairs.to_vec();
        if self.options.sort_keys {
            sort(&mut pairs);
        }
        for (key, value) in pairs {
            self.tree(key, depth + 1, None)?;
            self.tree(value, depth + 1, None)?;
        }
        self.emit(Event::mapping_end())
    }
}

/// A scalar without a style of its own.
fn is_bare(tree: &Tree) -> bool {
    use Tree::{Block, Bytes, Map, Seq, Set, Shared, Tagged};
    !matches!(tree, Seq(_) | Map(_) | Set(_) | Shared(_) | Bytes(_) | Block(_) | Tagged(..))
}

/// By key as Python sorts; keys that Python cannot compare leave the order as it was.
fn sort(pairs: &mut [(&Tree, &Tree)]) {
    let numeric = |tree: &Tree| match tree {
        Tree::Bool(value) => Some(f64::from(u8::from(*value))),
        Tree::Int(value) => Some(*value as f64),
        Tree::Float(value) => Some(*value),
        Tree::Big(value) => value.to_f64(),
        _ => None,
    };
    if pairs.iter().all(|(key, _)| matches!(key, Tree::Str(_))) {
        pairs.sort_by(|(a, _), (b, _)| match (a, b) {
            (Tree::Str(a), Tree::Str(b)) => a.cmp(b),
            _ => std::cmp::Ordering::Equal,
        });
    } else if pairs.iter().all(|(key, _)| numeric(key).is_some()) {
        pairs.sort_by(|(a, _), (b, _)| {
            numeric(a).partial_cmp(&numeric(b)).unwrap_or(std::cmp::Ordering::Equal)
        });
    }
}

fn scalar_style(style: Style) -> ScalarStyle {
    match style {
        Style::Plain | Style::Unknown => ScalarStyle::Plain,
        Style::Single => ScalarStyle::SingleQuoted,
        Style::Double => ScalarStyle::DoubleQuoted,
        Style::Literal => ScalarStyle::Literal,
        Style::Folded => ScalarStyle::Folded,
    }
}

/// PyYAML's form of a float: as `repr`, but `1e+20` needs a point to be a float in YAML 1.1.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let text = super::repr::of_float(value);
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => text,
    }
}

/// Python's `base64.encodebytes`: lines of 76 characters, each ended.
fn base64_lines(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let mut out = String::new();
    for chunk in bytes.chunks(57) {
        base64::engine::general_purpose::STANDARD.encode_string(chunk, &mut out);
        out.push('\n');
    }
    out
}
