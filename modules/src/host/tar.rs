//! A tar stream of many files, made while it is sent.

use super::input::{Content, Source};
use std::collections::VecDeque;
use std::io::{Cursor, Read};

/// One file of the stream.
pub struct TarFile {
    /// Which folder (a number) it goes to.
    pub folder: usize,
    /// Its name there.
    pub name: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Its content.
    pub source: Source,
}

enum Segment {
    Bytes(Cursor<Vec<u8>>),
    /// Still so many bytes of a file, opened when its turn comes.
    File {
        content: Content,
        open: Option<Box<dyn Read + Send>>,
        left: u64,
    },
}

/// The stream, and how long it is.
pub struct TarStream {
    segments: VecDeque<Segment>,
    len: u64,
}

impl TarStream {
    /// A stream of these files.
    pub fn new(files: &[TarFile]) -> TarStream {
        let mut stream = TarStream { segments: VecDeque::new(), len: 0 };
        let folders = files.iter().map(|f| f.folder + 1).max().unwrap_or(0);
        for folder in 0..folders {
            stream.add(header(format!("{folder}/").as_bytes(), 0o700, 0, 0, 0, b'5'));
        }
        for file in files {
            let name = [format!("{}/", file.folder).as_bytes(), &file.name].concat();
            if name.len() > 99 {
                let mut long = [name.as_slice(), b"\0"].concat();
                stream.add(header(b"././@LongLink", 0, 0, 0, long.len() as u64, b'L'));
                long.resize(long.len().next_multiple_of(512), 0);
                stream.add(long);
            }
            let len = file.source.len();
            stream.add(header(&name, file.mode, file.uid, file.gid, len, b'0'));
            stream.segments.push_back(Segment::File {
                content: file.source.content().clone(),
                open: None,
                left: len,
            });
            stream.len += len;
            let pad = usize::try_from(len.next_multiple_of(512) - len).unwrap_or(0);
            stream.add(vec![0; pad]);
        }
        stream.add(vec![0; 1024]);
        stream
    }

    /// How many bytes it will give.
    pub fn len(&self) -> u64 {
        self.len
    }

    fn add(&mut self, bytes: Vec<u8>) {
        self.len += bytes.len() as u64;
        self.segments.push_back(Segment::Bytes(Cursor::new(bytes)));
    }
}

impl Read for TarStream {
    /// As much as there is room for: what comes in small packets costs the other end far more.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(segment) = self.segments.front_mut() else { break };
            let count = segment.read(buffer.get_mut(filled..).unwrap_or_default())?;
            filled += count;
            if count == 0 {
                self.segments.pop_front();
            }
        }
        Ok(filled)
    }
}

impl Segment {
    /// The next bytes of it, none at its end.
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Segment::Bytes(bytes) => bytes.read(buffer),
            Segment::File { left: 0, .. } => Ok(0),
            Segment::File { content, open, left } => {
                let file = match open {
                    Some(file) => file,
                    None => open.insert(content.open()?),
                };
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                let count = file.read(buffer.get_mut(..most).unwrap_or_default())?;
                if count == 0 && most > 0 {
                    return Err(std::io::Error::other("a file became shorter while it was sent"));
                }
                *left -= count as u64;
                Ok(count)
            }
        }
    }
}

/// A header of POSIX's ustar format.
fn header(name: &[u8], mode: u32, uid: u32, gid: u32, size: u64, kind: u8) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    let mut put = |at: usize, bytes: &[u8], most: usize| {
        for (slot, byte) in block.iter_mut().skip(at).zip(bytes.iter().take(most)) {
            *slot = *byte;
        }
    };
    put(0, name, 100);
    put(100, format!("{mode:07o}\0").as_bytes(), 8);
    put(108, number(u64::from(uid), 8).as_slice(), 8);
    put(116, number(u64::from(gid), 8).as_slice(), 8);
    put(124, number(size, 12).as_slice(), 12);
    put(136, b"00000000000\0", 12);
    put(148, b"        ", 8);
    put(156, &[kind], 1);
    put(257, b"ustar\x0000", 8);
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    for (slot, byte) in block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *slot = byte;
    }
    block
}

/// Octal where it fits, else GNU's binary form.
fn number(value: u64, width: usize) -> Vec<u8> {
    let octal = format!("{value:0width$o}\0", width = width - 1).into_bytes();
    if octal.len() == width {
        return octal;
    }
    let mut binary = vec![0u8; width];
    for (slot, byte) in binary.iter_mut().rev().zip(value.to_le_bytes()) {
        *slot = byte;
    }
    if let Some(first) = binary.first_mut() {
        *first |= 0x80;
    }
    binary
}
