//! The parsers of what comes from outside, and the wire's codec, opened to fuzz targets and benches.

use super::outgoing::Outgoing;
use super::ssh::probes as ssh;
use super::wire::{Nonce, Replies, check, encode};
use impel_modules::host::{PipeError, Request};
use std::collections::HashSet;

/// Bytes from a host, in pieces: the first byte says how large they are.
pub fn replies(data: &[u8]) {
    let marker = "@0123456789abcdef0123456789abcdef@";
    let mut replies = Replies::new(marker);
    let Some((size, rest)) = data.split_first() else { return };
    // 0xff stands for the marker, which nobody finds by chance.
    let mut bytes = Vec::new();
    for &byte in rest {
        match byte {
            0xff => bytes.extend_from_slice(marker.as_bytes()),
            byte => bytes.push(byte),
        }
    }
    for piece in bytes.chunks(usize::from(*size).max(1)) {
        replies.incoming().extend_from_slice(piece);
        loop {
            match replies.next() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
    replies.rest();
}

/// What `ssh -G` says, lines of ssh_config, and `ansible_ssh_args`.
pub fn ssh_config(text: &str) {
    ssh::config(text);
}

/// known_hosts files.
pub fn known_hosts(text: &str) {
    ssh::known_hosts(text);
}

/// How many bytes, of one chunk, ask a shell for `count` calls with these arguments.
///
/// # Errors
/// There is no randomness for the markers.
pub fn asked(count: usize, arguments: &[&[u8]]) -> Result<usize, PipeError> {
    let nonce = Nonce::new()?;
    let mut outgoing = Outgoing::default();
    let mut defined = HashSet::new();
    for _ in 0..count {
        let words = arguments.iter().map(|word| word.to_vec());
        let mut request = Request::call("_ign", words, &[]);
        check(&request)?;
        encode(&mut request, &nonce, &mut defined, &mut outgoing);
    }
    Ok(outgoing.chunk().map_err(|error| PipeError::Request(error.to_string()))?.len())
}
