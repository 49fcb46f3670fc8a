//! Encodings of text by their Python names, as filters use them.

use crate::template::codecs;
use crate::template::value::Result;

/// What a byte is in Windows' western encoding, if it is one.
pub(super) fn windows(byte: u8) -> Option<char> {
    codecs::decode(&[byte], "cp1252", "strict").ok().and_then(|text| text.chars().next())
}

/// Text in one of the encodings that Python knows.
///
/// # Errors
/// There is none of that name here, or a character is not in it.
pub(super) fn to_encoding(text: &str, encoding: &str) -> Result<Vec<u8>> {
    codecs::encode(text, encoding, "surrogateescape")
}

/// Bytes read in an encoding. What is none in it is kept, to be the same bytes where the text is written.
///
/// # Errors
/// There is no encoding of that name here.
pub(crate) fn from_encoding(bytes: &[u8], encoding: &str) -> Result<String> {
    codecs::decode(bytes, encoding, "surrogateescape")
}
