//! What `stat` says of a path.

use std::rc::Rc;

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// The status of a path that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The path, as it was asked for.
    pub path: Vec<u8>,
    /// Type and permission bits (`st_mode`).
    pub raw_mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// The owner's name, where there is one.
    pub user: Option<String>,
    /// The group's name, where there is one.
    pub group: Option<String>,
    /// Size in bytes.
    pub size: u64,
    /// Times in seconds: access, modification, change.
    pub atime: f64,
    /// Modification time.
    pub mtime: f64,
    /// Time of the last change of attributes.
    pub ctime: f64,
    /// Inode.
    pub inode: u64,
    /// Device it is on.
    pub dev: u64,
    /// Hard links.
    pub nlink: u64,
    /// Blocks of `block_unit` bytes it takes.
    pub blocks: u64,
    /// Bytes of one block.
    pub block_unit: u64,
    /// Which device it is, for devices: major and minor.
    pub device: (u64, u64),
}

impl Status {
    /// The permission bits.
    pub fn mode(&self) -> u32 {
        self.raw_mode & 0o7777
    }

    /// What it is.
    pub fn kind(&self) -> FileKind {
        match self.raw_mode & 0o170_000 {
            0o040_000 => FileKind::Folder,
            0o120_000 => FileKind::Link,
            0o020_000 => FileKind::CharDevice,
            0o060_000 => FileKind::BlockDevice,
            0o010_000 => FileKind::Fifo,
            0o140_000 => FileKind::Socket,
            _ => FileKind::File,
        }
    }

    /// It is a folder.
    pub fn is_folder(&self) -> bool {
        self.kind() == FileKind::Folder
    }

    /// It is a regular file.
    pub fn is_file(&self) -> bool {
        self.kind() == FileKind::File
    }

    /// It is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.kind() == FileKind::Link
    }

    /// The records of a reply: `NONCE|f|u|g|U|G|s|X|Y|Z|i|d|h|b|B|t|T|name`.
    pub(super) fn records<'a>(reply: &'a [u8], nonce: &Rc<str>) -> impl Iterator<Item = Status> + use<'a> {
        let finder = memchr::memmem::Finder::new(nonce.as_bytes()).into_owned();
        let starts: Vec<usize> = finder.find_iter(reply).map(|at| at + nonce.len()).collect();
        let ends: Vec<usize> =
            starts.iter().skip(1).map(|at| at - nonce.len()).chain([reply.len()]).collect();
        starts.into_iter().zip(ends).filter_map(move |(start, end)| Status::record(reply.get(start..end)?))
    }

    /// The record that `act_place` prints of what it wrote.
    pub(super) fn written(reply: &[u8]) -> Option<Status> {
        let at = memchr::memmem::find(reply, b"STATUS|")?;
        Status::record(reply.get(at + 6..)?)
    }

    fn record(record: &[u8]) -> Option<Status> {
        let record = record.strip_prefix(b"|")?;
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let mut fields = record.splitn(17, |b| *b == b'|');
        let mut next = || fields.next().and_then(|f| std::str::from_utf8(f).ok());
        let hex = |text: &str| u64::from_str_radix(text, 16).unwrap_or(0);
        let raw_mode = u32::from_str_radix(next()?, 16).ok()?;
        let (uid, gid) = (next()?.parse().ok()?, next()?.parse().ok()?);
        let name = |text: &str| (!text.is_empty() && text != "UNKNOWN").then(|| text.to_string());
        let (user, group) = (name(next()?), name(next()?));
        let size = next()?.parse().ok()?;
        let (atime, mtime, ctime) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
        let (inode, dev) = (next()?.parse().ok()?, next()?.parse().ok()?);
        let nlink = next()?.parse().ok()?;
        let (blocks, block_unit) = (next()?.parse().unwrap_or(0), next()?.parse().unwrap_or(512));
        let device = (hex(next()?), hex(next()?));
        let path = fields.next()?.to_vec();
        Some(Status {
            path,
            raw_mode,
            uid,
            gid,
            user,
            group,
            size,
            atime,
            mtime,
            ctime,
            inode,
            dev,
            nlink,
            blocks,
            block_unit,
            device,
        })
    }
}
