//! Texts of files in the encodings that editing knows, no byte of which is lost.

use crate::Fault;

/// How a file's bytes are read as text and written back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; a byte that is none stands as a character of its own, above all that are in use.
    #[default]
    Utf8,
    /// A byte is a character.
    Latin1,
    /// Only 7 bits.
    Ascii,
}

/// The last 128 private characters stand for the bytes 0x80 to 0xff that are no UTF-8.
const STRAY: u32 = 0x10_FF00;

impl Encoding {
    /// The encoding that Python calls so.
    ///
    /// # Errors
    /// There is none, or none that is known here.
    pub fn named(name: &str) -> Result<Encoding, Fault> {
        match name.to_lowercase().replace(['-', '_', ' '], "").as_str() {
            "utf8" | "u8" | "utf" => Ok(Encoding::Utf8),
            "latin1" | "latin" | "l1" | "iso88591" | "88591" | "cp819" => Ok(Encoding::Latin1),
            "ascii" | "usascii" | "646" => Ok(Encoding::Ascii),
            _ => Err(Fault::at("encoding", format!("unknown encoding: {name}"))
                .with_hint(Some("impel edits files in utf-8, latin-1 and ascii".to_owned()))),
        }
    }

    /// Bytes as text.
    ///
    /// # Errors
    /// They are no such text.
    pub fn decode(self, bytes: Vec<u8>) -> Result<String, Fault> {
        match self {
            Encoding::Latin1 => Ok(bytes.into_iter().map(char::from).collect()),
            Encoding::Ascii => match bytes.is_ascii() {
                true => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                false => {
                    Err(Fault::at("encoding", "'ascii' codec can't decode byte: ordinal not in range(128)"))
                }
            },
            Encoding::Utf8 => match String::from_utf8(bytes) {
                Ok(text) => Ok(text),
                Err(error) => Ok(stray(error.as_bytes())),
            },
        }
    }

    /// Text as bytes.
    ///
    /// # Errors
    /// It has characters that the encoding lacks.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Fault> {
        let lacks = |c: char, name: &str| {
            Fault::at("encoding", format!("'{name}' codec can't encode character '\\u{:04x}'", u32::from(c)))
        };
        match self {
            Encoding::Latin1 => {
                let byte = |c: char| u8::try_from(u32::from(c)).map_err(|_| lacks(c, "latin-1"));
                text.chars().map(byte).collect()
            }
            Encoding::Ascii => match text.chars().find(|c| !c.is_ascii()) {
                None => Ok(text.as_bytes().to_vec()),
                Some(c) => Err(lacks(c, "ascii")),
            },
            Encoding::Utf8 => {
                let mut bytes = Vec::with_capacity(text.len());
                let mut buffer = [0; 4];
                for c in text.chars() {
                    match stray_byte(c) {
                        Some(byte) => bytes.push(byte),
                        None => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
                    }
                }
                Ok(bytes)
            }
        }
    }
}

/// Text to be shown: what stands for a stray byte becomes U+FFFD.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if stray_byte(c).is_some() { '\u{fffd}' } else { c }).collect()
}

fn stray_byte(c: char) -> Option<u8> {
    let byte = u32::from(c).checked_sub(STRAY).and_then(|b| u8::try_from(b).ok());
    byte.filter(|b| *b >= 0x80)
}

fn stray(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let stand_in = |b: &u8| char::from_u32(STRAY + u32::from(*b)).unwrap_or('\u{fffd}');
        text.extend(chunk.invalid().iter().map(stand_in));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_is_lost() {
        let all: Vec<u8> = (0..=255).chain("é€".bytes()).chain([0xff, 0xc3]).collect();
        for encoding in [Encoding::Utf8, Encoding::Latin1] {
            let text = encoding.decode(all.clone()).unwrap();
            assert_eq!(encoding.encode(&text).unwrap(), all, "{encoding:?}");
        }
        assert!(Encoding::Ascii.decode(vec![0x80]).is_err());
        assert!(Encoding::Latin1.encode("€").is_err());
        assert!(Encoding::named("nosuch").is_err());
        assert_eq!(shown(&Encoding::Utf8.decode(b"a\xffb".to_vec()).unwrap()), "a\u{fffd}b");
    }
}
