//! Bytes within text that are no UTF-8, as Python's `surrogateescape` keeps them: each has a private character in its
//! place, and becomes the byte again where the text is written.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The stand-in of byte 0 would be this; only bytes from 0x80 have one.
const FIRST: u32 = 0x10_dc00;

/// Whether there are stand-ins in this run. Without, the characters are what they are.
static MADE: AtomicBool = AtomicBool::new(false);

/// The text of bytes; what is no UTF-8 is kept. So are the stand-ins' own characters, byte by byte.
pub fn text_of(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let keep = |out: &mut String, byte: u8| {
        MADE.store(true, Ordering::Relaxed);
        out.extend(char::from_u32(FIRST + u32::from(byte)));
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match stand_in(c) {
                None => out.push(c),
                Some(_) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| keep(&mut out, byte)),
            }
        }
        chunk.invalid().iter().for_each(|byte| keep(&mut out, *byte));
    }
    out
}

fn stand_in(c: char) -> Option<u8> {
    u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| *byte >= 0x80)
}

/// Whether some bytes were kept in this run.
pub fn any() -> bool {
    MADE.load(Ordering::Relaxed)
}

/// The byte that a character stands for.
pub fn byte_of(c: char) -> Option<u8> {
    stand_in(c).filter(|_| MADE.load(Ordering::Relaxed))
}

/// Whether some character of the text stands for a byte.
pub fn is_in(text: &str) -> bool {
    MADE.load(Ordering::Relaxed) && text.chars().any(|c| stand_in(c).is_some())
}

/// The bytes of a text, with those that were kept.
pub fn bytes_of(text: &str) -> Cow<'_, [u8]> {
    if !is_in(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match stand_in(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

/// The text as a terminal shows it: one `?` for each run of bytes.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !is_in(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for c in text.chars() {
        let kept = stand_in(c).is_some();
        match (kept, within) {
            (true, true) => {}
            (true, false) => out.push('?'),
            (false, _) => out.push(c),
        }
        within = kept;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let all: Vec<u8> = (0..=255).collect();
        for bytes in [b"caf\xe9 \xff\xfe\n".as_slice(), "é\u{10dce9}".as_bytes(), b"\xf0\x9f", &all] {
            assert_eq!(bytes_of(&text_of(bytes)).as_ref(), bytes);
        }
        assert_eq!(text_of(b"caf\xe9").chars().count(), 4);
        assert_eq!(shown(&text_of(b"a\xff\xfeb\xe9")), "a?b?");
    }
}
