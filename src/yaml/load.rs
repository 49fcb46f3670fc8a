//! From text to nodes.

use super::compose::{ANOTHER_DOCUMENT, Composer, Dialect};
use super::{Kind, Node, Notice, json};
use crate::diag::{Diagnostic, ErrorKind, Span};
use std::path::Path;

/// How much a document may hold, so that no input exhausts the machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Nesting depth.
    pub depth: usize,
    /// Nodes, each use of an alias counted with all that it stands for.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 1_000, nodes: 20_000_000 }
    }
}

/// A document and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The document's root.
    pub node: Node,
    /// In the order in which they were found.
    pub notices: Vec<Notice>,
}

/// Reads one document, JSON where the text is JSON, else YAML, as Ansible's loader does; what there is to say
/// about it goes to [`super::listen`]'s listener. `origin` names the file and where in it the
/// text starts. An empty document is a null node.
///
/// # Errors
/// Whatever PyYAML's loader with Ansible's constructors refuses; more than one document; beyond `limits`.
pub fn load(text: &str, origin: Span, limits: Limits) -> Result<Node, Diagnostic> {
    read(text, origin, limits).map(Loaded::told)
}

/// Reads a file with [`load`] and the default limits.
///
/// # Errors
/// As [`load`]; the file cannot be read or is not UTF-8.
pub fn load_file(path: &Path) -> Result<Node, Diagnostic> {
    let text = text_of(path)?;
    load(&text, Span::new(path, 1, 1), Limits::default())
}

/// A file's text.
///
/// # Errors
/// The file cannot be read or is not UTF-8.
pub fn text_of(path: &Path) -> Result<String, Diagnostic> {
    let bytes = std::fs::read(path).map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("Unable to retrieve file contents. Could not find or access {}", quoted(path))
            }
            _ => format!("an error occurred while trying to read the file {}: {error}", quoted(path)),
        };
        Diagnostic::new(ErrorKind::Parse, message)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() as u32 + 1;
        Diagnostic::parse(
            format!("File {} could not be decoded as 'utf-8'.", quoted(path)),
            Span::new(path, line, 0),
        )
        .hint("This file must be UTF-8 encoded.")
    })
}

fn quoted(path: &Path) -> String {
    super::repr::of_str(&path.to_string_lossy())
}

/// [`load`], with what there is to say returned rather than told.
///
/// # Errors
/// As [`load`].
pub fn read(text: &str, origin: Span, limits: Limits) -> Result<Loaded, Diagnostic> {
    if let Some(node) = json::read(text, origin, limits) {
        return Ok(Loaded { node, notices: Vec::new() });
    }
    read_yaml(text, origin, limits)
}

/// Reads one document of YAML, without looking whether it is JSON (they differ: `1e3`, `\ud83d\ude00`).
///
/// # Errors
/// As [`load`].
pub fn read_yaml(text: &str, origin: Span, limits: Limits) -> Result<Loaded, Diagnostic> {
    let mut documents = documents(text, origin, limits, true, Dialect::Ansible)?;
    match documents.nodes.len() {
        0 => Ok(Loaded { node: Node { kind: Kind::Null, span: origin }, notices: documents.notices }),
        1 => Ok(Loaded { node: documents.nodes.remove(0), notices: documents.notices }),
        _ => Err(Diagnostic::parse(ANOTHER_DOCUMENT, origin)),
    }
}

/// Reads all documents of a stream as PyYAML's safe loader does by itself, of which there may be one only where
/// `one` says so: no JSON, none of Ansible's tags, nothing to be told, errors in PyYAML's words.
///
/// # Errors
/// Whatever that loader refuses; beyond `limits`.
pub fn load_bare(text: &str, origin: Span, limits: Limits, one: bool) -> Result<Vec<Node>, Diagnostic> {
    Ok(documents(text, origin, limits, one, Dialect::Bare)?.nodes)
}

struct Documents {
    nodes: Vec<Node>,
    notices: Vec<Notice>,
}

fn documents(
    text: &str,
    origin: Span,
    limits: Limits,
    one: bool,
    dialect: Dialect,
) -> Result<Documents, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some((at, found)) = text.char_indices().find(|(_, c)| !printable(*c)) {
        if dialect == Dialect::Bare {
            let message = format!(
                "unacceptable character #x{:04x}: control characters are not allowed\n  in \"<unicode string>\", position {at}",
                found as u32
            );
            return Err(Diagnostic::parse(message, origin));
        }
        let line = text.get(..at).unwrap_or_default();
        let column = line.chars().rev().take_while(|c| *c != '\n').count() as u32 + 1;
        let number = line.matches('\n').count() as u32;
        let message = format!(
            "YAML parsing failed: unacceptable character #x{:04x}: control characters are not allowed in \"<unicode string>\", position {at}",
            found as u32
        );
        return Err(Diagnostic::parse(message, origin.at(origin.line.max(1) + number, column)));
    }
    let mut composer = Composer::new(text, origin, limits, dialect, one);
    let mut nodes = Vec::new();
    while let Some(document) = composer.document()? {
        nodes.push(document);
    }
    Ok(Documents { nodes, notices: composer.notices })
}

/// What libyaml's reader lets through.
fn printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

impl Loaded {
    /// Tells of the notices and gives the node.
    pub fn told(self) -> Node {
        self.notices.into_iter().for_each(Notice::tell);
        self.node
    }
}
