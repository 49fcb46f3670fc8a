//! Encodings of text by their Python names.

use crate::template::value::{Error, Result};

/// What the bytes 0x80 to 0x9f are in Windows' western encoding; five of them are nothing.
const CP1252: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// What a byte is in Windows' western encoding, if it is one.
pub(super) fn windows(byte: u8) -> Option<char> {
    Single::Cp1252.char(byte)
}

/// Where ISO 8859-15 differs from ISO 8859-1.
const LATIN9: [(u8, char); 8] =
    [(0xa4, '€'), (0xa6, 'Š'), (0xa8, 'š'), (0xb4, 'Ž'), (0xb8, 'ž'), (0xbc, 'Œ'), (0xbd, 'œ'), (0xbe, 'Ÿ')];

/// An encoding of a byte a character.
#[derive(Clone, Copy, PartialEq)]
enum Single {
    Ascii,
    Latin1,
    Latin9,
    Cp1252,
}

impl Single {
    fn codec(self) -> &'static str {
        match self {
            Single::Ascii => "ascii",
            Single::Latin1 => "latin-1",
            Single::Latin9 | Single::Cp1252 => "charmap",
        }
    }

    fn char(self, byte: u8) -> Option<char> {
        match self {
            Single::Ascii => byte.is_ascii().then_some(char::from(byte)),
            Single::Latin1 => Some(char::from(byte)),
            Single::Latin9 => {
                let other = LATIN9.iter().find(|(at, _)| *at == byte).map(|(_, c)| *c);
                Some(other.unwrap_or(char::from(byte)))
            }
            Single::Cp1252 => match byte {
                0x80..=0x9f => CP1252.get(usize::from(byte) - 0x80).copied().flatten(),
                byte => Some(char::from(byte)),
            },
        }
    }

    fn byte(self, c: char) -> Option<u8> {
        (0..=u8::MAX).find(|byte| self.char(*byte) == Some(c))
    }

    fn complaint(self, c: char, at: usize) -> Error {
        let code = u32::from(c);
        let shown = match code {
            0..=0xff => format!("\\x{code:02x}"),
            0x100..=0xffff => format!("\\u{code:04x}"),
            _ => format!("\\U{code:08x}"),
        };
        let why = match self {
            Single::Ascii => "ordinal not in range(128)",
            Single::Latin1 => "ordinal not in range(256)",
            Single::Latin9 | Single::Cp1252 => "character maps to <undefined>",
        };
        let codec = self.codec();
        Error::new(format!("'{codec}' codec can't encode character '{shown}' in position {at}: {why}"))
    }
}

fn single(name: &str) -> Option<Single> {
    Some(match name {
        "ascii" | "usascii" | "646" => Single::Ascii,
        "latin1" | "latin" | "iso88591" | "l1" | "88591" | "cp819" => Single::Latin1,
        "latin9" | "iso885915" | "l9" => Single::Latin9,
        "cp1252" | "windows1252" | "1252" => Single::Cp1252,
        _ => return None,
    })
}

fn unknown(encoding: &str) -> Error {
    Error::new(format!("unknown encoding: {encoding}"))
}

/// Text in one of the encodings that Python knows and people use.
///
/// # Errors
/// There is none of that name here, or a character is not in it.
pub(crate) fn to_encoding(text: &str, encoding: &str) -> Result<Vec<u8>> {
    let name = normalized(encoding);
    if let Some(single) = single(&name) {
        let bytes = text.chars().enumerate();
        return bytes.map(|(at, c)| single.byte(c).ok_or_else(|| single.complaint(c, at))).collect();
    }
    let wide = |unit: fn(u32) -> [u8; 4]| text.chars().flat_map(move |c| unit(u32::from(c)));
    Ok(match name.as_str() {
        "utf8" | "u8" | "utf" => text.as_bytes().to_vec(),
        "utf8sig" => [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat(),
        "utf16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf16" | "u16" => {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
        "utf32le" => wide(u32::to_le_bytes).collect(),
        "utf32be" => wide(u32::to_be_bytes).collect(),
        "utf32" | "u32" => 0xfeff_u32.to_le_bytes().into_iter().chain(wide(u32::to_le_bytes)).collect(),
        _ => return Err(unknown(encoding)),
    })
}

/// Bytes read in an encoding. What is none in it becomes U+FFFD, where Ansible keeps half of a surrogate pair (no
/// string here can hold one).
///
/// # Errors
/// There is no encoding of that name here.
pub(crate) fn from_encoding(bytes: &[u8], encoding: &str) -> Result<String> {
    if bytes.is_empty() {
        return Ok(String::new());
    }
    let name = normalized(encoding);
    if let Some(single) = single(&name) {
        return Ok(bytes.iter().map(|byte| single.char(*byte).unwrap_or('\u{fffd}')).collect());
    }
    Ok(match name.as_str() {
        "utf8" | "u8" | "utf" => String::from_utf8_lossy(bytes).into_owned(),
        "utf8sig" => {
            String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned()
        }
        "utf16le" => wide16(bytes, false, "utf-16-le")?,
        "utf16be" => wide16(bytes, true, "utf-16-be")?,
        "utf16" | "u16" => match (bytes.strip_prefix(b"\xff\xfe"), bytes.strip_prefix(b"\xfe\xff")) {
            (Some(rest), _) => wide16(rest, false, "utf-16")?,
            (_, Some(rest)) => wide16(rest, true, "utf-16")?,
            _ => wide16(bytes, false, "utf-16")?,
        },
        "utf32le" => wide32(bytes, false),
        "utf32be" => wide32(bytes, true),
        "utf32" | "u32" => match (bytes.strip_prefix(b"\xff\xfe\0\0"), bytes.strip_prefix(b"\0\0\xfe\xff")) {
            (Some(rest), _) => wide32(rest, false),
            (_, Some(rest)) => wide32(rest, true),
            _ => wide32(bytes, false),
        },
        _ => return Err(unknown(encoding)),
    })
}

fn wide16(bytes: &[u8], big: bool, codec: &str) -> Result<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if let Some(byte) = rest.first().filter(|byte| byte.is_ascii()) {
        let at = pairs.len() * 2;
        return Err(Error::new(format!(
            "'{codec}' codec can't decode byte 0x{byte:02x} in position {at}: truncated data"
        )));
    }
    let units =
        pairs.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let text = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}'));
    Ok(text.chain(rest.iter().map(|_| '\u{fffd}')).collect())
}

fn wide32(bytes: &[u8], big: bool) -> String {
    let (fours, rest) = bytes.as_chunks::<4>();
    let codes =
        fours.iter().map(|four| if big { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) });
    let text = codes.map(|code| char::from_u32(code).unwrap_or('\u{fffd}'));
    text.chain(rest.iter().map(|_| '\u{fffd}')).collect()
}

fn normalized(encoding: &str) -> String {
    encoding.to_ascii_lowercase().replace(['-', '_', ' '], "")
}
