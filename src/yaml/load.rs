//! From text to nodes.

use super::Node;
use crate::diag::{Diagnostic, Span};
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
        Limits { depth: 250, nodes: 20_000_000 }
    }
}

/// Reads one document. `origin` names the file (and where in it the text starts) for spans and errors.
/// An empty document is a null node.
///
/// # Errors
/// Whatever PyYAML's loader with Ansible's constructors refuses; more than one document; beyond `limits`.
pub fn load(text: &str, origin: Span, limits: Limits) -> Result<Node, Diagnostic> {
    let _ = (text, limits);
    Err(Diagnostic::parse("not written yet", origin))
}

/// Reads a file with [`load`] and the default limits.
///
/// # Errors
/// As [`load`]; the file cannot be read or is not UTF-8.
pub fn load_file(path: &Path) -> Result<Node, Diagnostic> {
    load("", Span::new(path, 1, 1), Limits::default())
}
