//! What waits to be sent: lines held in memory and streams read only as they go out.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use super::carrier::CHUNK;

enum Part {
    Bytes(Vec<u8>),
    Shared(Arc<[u8]>),
    Stream(Box<dyn Read + Send>, u64),
}

/// The bytes of a batch in order; at most a few chunks of a stream are in memory at once.
#[derive(Default)]
pub struct Outgoing {
    parts: VecDeque<Part>,
    ready: Vec<u8>,
    at: usize,
    /// How far the first part, if it is `Shared`, has been copied.
    shared_at: usize,
}

impl Outgoing {
    /// Text to send: small pieces are joined.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(Part::Bytes(last)) = self.parts.back_mut() {
            last.extend_from_slice(bytes);
        } else {
            self.parts.push_back(Part::Bytes(bytes.to_vec()));
        }
    }

    /// A payload that others may hold too.
    pub fn push_shared(&mut self, bytes: Arc<[u8]>) {
        self.parts.push_back(Part::Shared(bytes));
    }

    /// Exactly `len` bytes of `from`.
    pub fn push_stream(&mut self, from: Box<dyn Read + Send>, len: u64) {
        self.parts.push_back(Part::Stream(from, len));
    }

    /// The next bytes to send, empty at the end.
    ///
    /// # Errors
    /// A stream failed or ended before its length.
    pub fn chunk(&mut self) -> std::io::Result<&[u8]> {
        if self.at == self.ready.len() {
            self.ready.clear();
            self.at = 0;
            while self.ready.len() < CHUNK && self.refill()? {}
        }
        Ok(self.ready.get(self.at..).unwrap_or_default())
    }

    /// The first `count` bytes of the chunk are on their way.
    pub fn sent(&mut self, count: usize) {
        self.at = (self.at + count).min(self.ready.len());
    }

    fn refill(&mut self) -> std::io::Result<bool> {
        match self.parts.front_mut() {
            None => return Ok(false),
            Some(Part::Bytes(bytes)) if self.ready.is_empty() => self.ready = std::mem::take(bytes),
            Some(Part::Bytes(bytes)) => self.ready.append(bytes),
            Some(Part::Shared(bytes)) => {
                let rest = bytes.get(self.shared_at..).unwrap_or_default();
                let take = rest.len().min(4 * CHUNK);
                self.ready.extend_from_slice(&rest[..take]);
                self.shared_at += take;
                if take < rest.len() {
                    return Ok(true);
                }
                self.shared_at = 0;
            }
            Some(Part::Stream(from, left)) => {
                if *left > 0 {
                    // One read: what a slow source has goes out at once.
                    let start = self.ready.len();
                    let want = usize::try_from(*left).unwrap_or(usize::MAX).min(4 * CHUNK);
                    self.ready.resize(start + want, 0);
                    let got = from.read(self.ready.get_mut(start..).unwrap_or_default());
                    self.ready.truncate(start + *got.as_ref().unwrap_or(&0));
                    match got {
                        Ok(0) => {
                            return Err(std::io::Error::new(
                                std::io::ErrorKind::UnexpectedEof,
                                format!("the source ended {left} bytes early"),
                            ));
                        }
                        Ok(got) => *left -= got as u64,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(true),
                        Err(error) => return Err(error),
                    }
                    return Ok(false);
                }
            }
        }
        self.parts.pop_front();
        Ok(true)
    }
}
