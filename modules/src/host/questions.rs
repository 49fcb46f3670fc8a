//! The closed set of typed questions: those about paths. (`system.rs` has those about the host itself.)

use super::ask::{Framing, Lane, Part, Question, path_word};
use super::pipe::Script;
use super::status::Status;
use crate::Fault;

static STAT: Script = Script { name: "ask_stat", text: include_str!("ask/stat.sh"), needs: &[] };
static SUM: Script = Script { name: "ask_sum", text: include_str!("ask/sum.sh"), needs: &[] };
static READ: Script = Script { name: "ask_read", text: include_str!("ask/read.sh"), needs: &[] };
static LINK: Script = Script { name: "ask_link", text: include_str!("ask/link.sh"), needs: &[] };
pub(super) static GLOB: Script = Script { name: "ask_glob", text: include_str!("ask/glob.sh"), needs: &[] };

/// What is at a path; `None` where nothing is.
#[derive(Clone, Debug)]
pub struct Stat {
    path: Vec<u8>,
    follow: bool,
}

impl Stat {
    /// The status of the path itself, a link's own.
    pub fn of(path: &[u8]) -> Stat {
        Stat { path: path_word(path), follow: false }
    }

    /// The status of what links lead to.
    pub fn behind(path: &[u8]) -> Stat {
        Stat { path: path_word(path), follow: true }
    }
}

impl Question for Stat {
    type Answer = Option<Status>;

    fn lane(&self) -> Lane {
        let how: &[u8] = if self.follow { b"L" } else { b"P" };
        Lane { fixed: vec![how.to_vec()], framing: Framing::Whole, ..Lane::new("ask_stat", &STAT) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.path.clone()]
    }

    fn read(&self, part: Part) -> Result<Option<Status>, Fault> {
        if let Some(status) = Status::records(&part.out, &part.nonce).find(|s| s.path == self.path) {
            return Ok(Some(status));
        }
        let named = |line: &&[u8]| memchr::memmem::find(line, &self.path).is_some();
        let absent = [&b"No such file or directory"[..], b"Not a directory"];
        let why = part.err.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let why = why.filter(|line| !absent.iter().any(|reason| line.ends_with(reason)));
        // Quoting may have changed the name in the message, so with one path alone any reason is its own.
        match why.clone().find(named) {
            Some(line) => {
                let reason = line.rsplit(|b| *b == b':').next().unwrap_or(line);
                Err(Fault::new(String::from_utf8_lossy(reason).trim().to_string()))
            }
            None if part.rc > 1 => Err(Fault::new(format!("stat failed: {}", part.error().trim()))),
            None => Ok(None),
        }
    }
}

/// What there is at a path, links followed; costs no fork. Why nothing is seen, [`Stat::behind`] tells.
#[derive(Clone, Debug)]
pub struct There(Vec<u8>);

/// The answer to [`There`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A folder.
    Folder,
    /// Something else.
    Other,
    /// Nothing, a link that leads nowhere, or it is out of reach.
    Nothing,
}

impl There {
    /// At this path.
    pub fn at(path: &[u8]) -> There {
        There(path_word(path))
    }
}

impl Question for There {
    type Answer = What;

    fn lane(&self) -> Lane {
        Lane::new("ask_there", &STAT)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone()]
    }

    fn read(&self, part: Part) -> Result<What, Fault> {
        Ok(match part.rc {
            0 => What::Folder,
            1 => What::Other,
            _ => What::Nothing,
        })
    }
}

/// All that is below a folder, itself first; links are not followed. Heavy.
#[derive(Clone, Debug)]
pub struct Tree {
    path: Vec<u8>,
    depth: Option<u32>,
}

impl Tree {
    /// Everything below.
    pub fn below(path: &[u8]) -> Tree {
        Tree { path: path_word(path), depth: None }
    }

    /// At most so many levels below.
    pub fn levels(path: &[u8], depth: u32) -> Tree {
        Tree { path: path_word(path), depth: Some(depth) }
    }
}

impl Question for Tree {
    type Answer = Vec<Status>;

    fn lane(&self) -> Lane {
        let depth = self.depth.map_or_else(Vec::new, |d| d.to_string().into_bytes());
        Lane { fixed: vec![depth], framing: Framing::Single, heavy: true, ..Lane::new("ask_tree", &STAT) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.path.clone()]
    }

    fn read(&self, part: Part) -> Result<Vec<Status>, Fault> {
        Ok(Status::records(&part.out, &part.nonce).collect())
    }
}

/// Which sum of a file's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5.
    Md5,
    /// SHA-1: Ansible's `checksum`.
    #[default]
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Its name: `sha1`.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "md5",
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha224 => "sha224",
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
        }
    }
}

/// The largest file that is summed ahead of its turn.
const LIGHT: u64 = 64 << 20;

/// The checksum of a regular file (links followed); `None` where it is no such file, cannot be read, or is too
/// large to be asked for lightly.
#[derive(Clone, Debug)]
pub struct Checksum {
    path: Vec<u8>,
    algorithm: Algorithm,
    heavy: bool,
}

impl Checksum {
    /// Of a file that is not large; answered with `None` above 64 MB.
    pub fn light(path: &[u8], algorithm: Algorithm) -> Checksum {
        Checksum { path: path_word(path), algorithm, heavy: false }
    }

    /// Of a file of any size, at its turn only where `size` is large.
    pub fn sized(path: &[u8], algorithm: Algorithm, size: u64) -> Checksum {
        Checksum { path: path_word(path), algorithm, heavy: size >= LIGHT }
    }
}

impl Question for Checksum {
    type Answer = Option<String>;

    fn lane(&self) -> Lane {
        let max = if self.heavy { String::new() } else { LIGHT.to_string() };
        Lane {
            fixed: vec![self.algorithm.name().into(), max.into_bytes()],
            framing: Framing::Whole,
            heavy: self.heavy,
            ..Lane::new("ask_sum", &SUM)
        }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.path.clone()]
    }

    fn read(&self, part: Part) -> Result<Option<String>, Fault> {
        if part.rc == 127 {
            return Err(Fault::new(part.error().trim().to_string()));
        }
        // GNU escapes a name with a newline in it, busybox does not.
        let escaped = escape(&self.path);
        Ok(sum_of(&part.out, &self.path).or_else(|| sum_of(&part.out, &escaped)))
    }
}

/// The digits before `  name` (openssl writes ` *name`).
fn sum_of(out: &[u8], name: &[u8]) -> Option<String> {
    let needle = [name, b"\n"].concat();
    for at in memchr::memmem::find_iter(out, &needle) {
        let Some(before) = out.get(..at) else { continue };
        let Some(before) = before.strip_suffix(b"  ").or_else(|| before.strip_suffix(b" *")) else {
            continue;
        };
        let digits = before.iter().rev().take_while(|b| b.is_ascii_hexdigit()).count();
        let sum = before.get(before.len() - digits..).unwrap_or_default();
        let starts = before.len().checked_sub(digits + 1).and_then(|i| before.get(i));
        if digits >= 32 && matches!(starts, None | Some(b'\n' | b'\\')) {
            return Some(String::from_utf8_lossy(sum).into_owned());
        }
    }
    None
}

fn escape(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.push(*byte),
        }
    }
    out
}

/// A file's content, up to a limit.
#[derive(Clone, Debug)]
pub struct Read {
    path: Vec<u8>,
    limit: u64,
}

/// What reading gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All of it.
    Content(Vec<u8>),
    /// More than the limit.
    TooLong,
    /// Nothing is there.
    Absent,
    /// It is a folder.
    Folder,
    /// It may not be read; why.
    Refused(String),
}

impl Read {
    /// The content where it has at most `limit` bytes.
    pub fn of(path: &[u8], limit: u64) -> Read {
        Read { path: path_word(path), limit }
    }
}

impl Question for Read {
    type Answer = Reading;

    fn lane(&self) -> Lane {
        let limit = (self.limit + 1).to_string().into_bytes();
        Lane { fixed: vec![limit], ..Lane::new("ask_read", &READ) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.path.clone()]
    }

    fn read(&self, part: Part) -> Result<Reading, Fault> {
        Ok(match part.rc {
            0 if part.out.len() as u64 > self.limit => Reading::TooLong,
            0 => Reading::Content(part.out.to_vec()),
            2 => Reading::Absent,
            21 => Reading::Folder,
            13 => Reading::Refused("Permission denied".into()),
            _ => Reading::Refused(part.error().trim().to_string()),
        })
    }
}

/// What a symbolic link says; `None` where it is no link.
#[derive(Clone, Debug)]
pub struct Readlink(Vec<u8>);

impl Readlink {
    /// Of this path.
    pub fn of(path: &[u8]) -> Readlink {
        Readlink(path_word(path))
    }
}

impl Question for Readlink {
    type Answer = Option<Vec<u8>>;

    fn lane(&self) -> Lane {
        Lane { fixed: vec![b"text".to_vec()], ..Lane::new("ask_link", &LINK) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone()]
    }

    fn read(&self, part: Part) -> Result<Option<Vec<u8>>, Fault> {
        Ok((part.rc == 0).then(|| line(&part.out).to_vec()))
    }
}

/// The canonical path, all links followed; `None` where its folder does not exist.
#[derive(Clone, Debug)]
pub struct RealPath(Vec<u8>);

impl RealPath {
    /// Of this path.
    pub fn of(path: &[u8]) -> RealPath {
        RealPath(path_word(path))
    }
}

impl Question for RealPath {
    type Answer = Option<Vec<u8>>;

    fn lane(&self) -> Lane {
        Lane { fixed: vec![b"real".to_vec()], ..Lane::new("ask_link", &LINK) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone()]
    }

    fn read(&self, part: Part) -> Result<Option<Vec<u8>>, Fault> {
        Ok((part.rc == 0).then(|| line(&part.out).to_vec()))
    }
}

/// What we may do with a path.
#[derive(Clone, Debug)]
pub struct Access(Vec<u8>);

impl Access {
    /// Of this path.
    pub fn of(path: &[u8]) -> Access {
        Access(path_word(path))
    }
}

impl Question for Access {
    /// May we read, write, execute it?
    type Answer = (bool, bool, bool);

    fn lane(&self) -> Lane {
        Lane::new("ask_access", &LINK)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone()]
    }

    fn read(&self, part: Part) -> Result<Self::Answer, Fault> {
        let may = |letter| part.out.contains(&letter);
        Ok((may(b'r'), may(b'w'), may(b'x')))
    }
}

/// Whether anything matches a pattern (`*`, `?`, `[…]`), seen from a folder.
#[derive(Clone, Debug)]
pub struct Glob {
    /// Where a relative pattern starts; empty for our own folder.
    pub folder: Vec<u8>,
    /// The pattern.
    pub pattern: Vec<u8>,
}

impl Question for Glob {
    type Answer = bool;

    fn lane(&self) -> Lane {
        Lane::new("ask_glob", &GLOB)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.folder.clone(), self.pattern.clone()]
    }

    fn read(&self, part: Part) -> Result<bool, Fault> {
        Ok(part.rc == 0)
    }
}

/// Without its closing newline.
pub(super) fn line(out: &[u8]) -> &[u8] {
    out.strip_suffix(b"\n").unwrap_or(out)
}
