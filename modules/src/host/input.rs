//! What the controller gives a module to bring to the host: a file's bytes, or a tree.

use super::pipe::Payload;
use crate::{Data, Fault};
use sha1::{Digest, Sha1};
use std::cell::OnceCell;
use std::io::Read;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// A resolved argument.
#[derive(Clone, Debug)]
pub enum Input {
    /// One file.
    File(Source),
    /// A folder's contents, parents before children.
    Tree(Vec<TreeEntry>),
}

/// A file's content: in memory, or on the controller's disk and streamed.
#[derive(Clone, Debug)]
pub struct Source {
    content: Content,
    len: u64,
    sums: Rc<Sums>,
    /// The content must not be shown.
    pub secret: bool,
    /// The permission bits it has on the controller, for `mode: preserve`.
    pub mode: Option<u32>,
}

/// Sums in hex, each computed when it is first asked for.
#[derive(Debug, Default)]
struct Sums {
    sha1: OnceCell<String>,
    md5: OnceCell<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Bytes(Arc<[u8]>),
    File(PathBuf),
}

impl Content {
    pub(super) fn open(&self) -> std::io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Content::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
            Content::File(path) => {
                let with_name = |e: std::io::Error| std::io::Error::other(format!("{}: {e}", path.display()));
                Box::new(std::fs::File::open(path).map_err(with_name)?)
            }
        })
    }
}

/// One thing in a tree.
#[derive(Clone, Debug)]
pub struct TreeEntry {
    /// Below the tree's root, without a leading slash.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: TreeKind,
    /// Its permission bits on the controller.
    pub mode: u32,
}

/// What stands in a tree.
#[derive(Clone, Debug)]
pub enum TreeKind {
    /// A folder.
    Folder,
    /// A file.
    File(Source),
    /// A symbolic link and where it leads.
    Link(Vec<u8>),
}

impl Source {
    /// Content held in memory.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Source {
        let bytes = bytes.into();
        Source {
            len: bytes.len() as u64,
            content: Content::Bytes(bytes),
            sums: Rc::default(),
            secret: false,
            mode: None,
        }
    }

    /// A file on the controller, read while it is sent.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn file(path: impl Into<PathBuf>) -> std::io::Result<Source> {
        let path = path.into();
        let meta = std::fs::metadata(&path)?;
        #[cfg(unix)]
        let mode = Some(std::os::unix::fs::MetadataExt::mode(&meta) & 0o7777);
        #[cfg(not(unix))]
        let mode = None;
        Ok(Source { len: meta.len(), content: Content::File(path), sums: Rc::default(), secret: false, mode })
    }

    /// How many bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The SHA-1 of the content, in hex; computed once.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn sha1(&self) -> Result<&str, Fault> {
        self.sum::<Sha1>(&self.sums.sha1)
    }

    /// The MD5 of the content, in hex; computed once.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn md5(&self) -> Result<&str, Fault> {
        self.sum::<md5::Md5>(&self.sums.md5)
    }

    fn sum<'a, D: Digest>(&self, known: &'a OnceCell<String>) -> Result<&'a str, Fault> {
        if let Some(sum) = known.get() {
            return Ok(sum);
        }
        let mut digest = D::new();
        let unreadable = |e: std::io::Error| Fault::new(format!("could not read the source: {e}"));
        let mut file = self.content.open().map_err(unreadable)?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = file.read(&mut buffer).map_err(unreadable)?;
            let some = buffer.get(..count).unwrap_or_default();
            if some.is_empty() {
                break;
            }
            digest.update(some);
        }
        let sum = digest.finalize().iter().map(|b| format!("{b:02x}")).collect::<String>();
        Ok(known.get_or_init(|| sum))
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    /// The content in memory, where it has at most `limit` bytes.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, limit: u64) -> Result<Option<Vec<u8>>, Fault> {
        if self.len > limit {
            return Ok(None);
        }
        match &self.content {
            Content::Bytes(bytes) => Ok(Some(bytes.to_vec())),
            Content::File(path) => {
                let mut bytes = Vec::new();
                let file = std::fs::File::open(path).map_err(|e| unreadable(path, &e))?;
                file.take(limit).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
                Ok(Some(bytes))
            }
        }
    }

    /// What travels, and its length.
    pub(super) fn payload(&self) -> Result<(Payload, u64), Fault> {
        match &self.content {
            Content::Bytes(bytes) => Ok((Payload::Bytes(bytes.clone()), self.len)),
            Content::File(path) => {
                let file = std::fs::File::open(path).map_err(|e| unreadable(path, &e))?;
                Ok((Payload::Stream { from: Box::new(file), len: self.len }, self.len))
            }
        }
    }
}

impl From<&Data> for Source {
    fn from(data: &Data) -> Source {
        match data {
            Data::Bytes(bytes) => Source::bytes(bytes.clone()),
            Data::Str(text) => Source {
                secret: text.secret,
                ..Source::bytes(crate::undecoded::bytes_of(&text.text).into_owned())
            },
            other => Source::bytes(crate::args::python_str(other).into_bytes()),
        }
    }
}

fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Fault {
    Fault::new(format!("could not read {}: {error}", path.display()))
}
