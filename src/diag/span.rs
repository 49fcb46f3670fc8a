//! Where something stands in a source file: small, copyable, good for pointing at.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, RwLock};

/// A place in a source: file, line and column, both counted from 1 (0 means "the file as a whole").
///
/// Files are interned once for the life of the process, so that a span is 12 bytes and `Copy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Its number; the highest bit says that the file is encrypted.
    file: u32,
    /// Line, from 1; 0 where only the file is known.
    pub line: u32,
    /// Column in characters, from 1; 0 where only the line is known.
    pub column: u32,
}

/// The names of files seen, by number and by name.
#[derive(Default)]
struct Files {
    names: Vec<Arc<Path>>,
    numbers: HashMap<Arc<OsStr>, u32>,
}

static FILES: LazyLock<RwLock<Files>> = LazyLock::new(Default::default);

/// The bit of a file's number that says that it is encrypted.
const SEALED: u32 = 1 << 31;

/// Interns a file's name; the same path gives the same number.
fn intern(path: &Path) -> u32 {
    if let Some(number) = FILES.read().unwrap_or_else(|e| e.into_inner()).numbers.get(path.as_os_str()) {
        return *number;
    }
    let mut files = FILES.write().unwrap_or_else(|e| e.into_inner());
    let next = files.names.len() as u32;
    let number = *files.numbers.entry(path.as_os_str().into()).or_insert(next);
    if number == next {
        files.names.push(path.into());
    }
    number
}

impl Span {
    /// A span in `file` at `line` and `column` (from 1). Interning takes a lock, so a loader makes
    /// one span and moves it with [`Span::at`].
    pub fn new(file: &Path, line: u32, column: u32) -> Span {
        Span { file: intern(file), line, column }
    }

    /// The same file at another place.
    pub fn at(self, line: u32, column: u32) -> Span {
        Span { line, column, ..self }
    }

    /// The same place of a file that is encrypted as a whole: what stands in it is secret.
    pub fn sealed(self) -> Span {
        Span { file: self.file | SEALED, ..self }
    }

    /// Whether the file is encrypted as a whole.
    pub fn is_sealed(self) -> bool {
        self.file & SEALED != 0
    }

    /// The file that the span points into (`<string>`-like names for what has no file).
    pub fn file(self) -> Arc<Path> {
        let files = FILES.read().unwrap_or_else(|e| e.into_inner());
        files
            .names
            .get((self.file & !SEALED) as usize)
            .cloned()
            .unwrap_or_else(|| PathBuf::from("<unknown>").into())
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
