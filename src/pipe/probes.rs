//! The parsers of what comes from outside, opened to fuzz targets.

use super::ssh::probes as ssh;
use super::wire::Replies;

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
