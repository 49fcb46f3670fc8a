//! Where something stands in a source file: small, copyable, good for pointing at.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, RwLock};

/// A place in a source: file, line and column, both counted from 1 (0 means "the file as a whole").
///
/// Files are interned once for the life of the process, so that a span is 12 bytes and `Copy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    file: u32,
    /// Line, from 1; 0 where only the file is known.
    pub line: u32,
    /// Column in characters, from 1; 0 where only the line is known.
    pub column: u32,
}

static FILES: LazyLock<RwLock<Vec<Arc<Path>>>> = LazyLock::new(Default::default);

/// Interns a file's name; the same path gives the same number.
fn intern(path: &Path) -> u32 {
    let mut files = FILES.write().unwrap_or_else(|e| e.into_inner());
    if let Some(at) = files.iter().position(|known| &**known == path) {
        return at as u32;
    }
    files.push(path.into());
    (files.len() - 1) as u32
}

impl Span {
    /// A span in `file` at `line` and `column` (from 1). Interning costs a walk over the names of all files
    /// seen, so a loader makes one span and moves it with [`Span::at`].
    pub fn new(file: &Path, line: u32, column: u32) -> Span {
        Span { file: intern(file), line, column }
    }

    /// The same file at another place.
    pub fn at(self, line: u32, column: u32) -> Span {
        Span { line, column, ..self }
    }

    /// The file that the span points into (`<string>`-like names for what has no file).
    pub fn file(self) -> Arc<Path> {
        let files = FILES.read().unwrap_or_else(|e| e.into_inner());
        files.get(self.file as usize).cloned().unwrap_or_else(|| PathBuf::from("<unknown>").into())
    }
}

/// `file:line:column`, leaving out what is not known.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file().display())?;
        match (self.line, self.column) {
            (0, _) => Ok(()),
            (line, 0) => write!(f, ":{line}"),
            (line, column) => write!(f, ":{line}:{column}"),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
