//! Text in the encodings that `output_encoding` may name, under Python's names for them.

use crate::diag::Diagnostic;
use impel_modules::undecoded;

/// Where cp1252 differs from latin-1: 0x80 to 0x9f; a blank is unassigned.
const CP1252: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";
/// Where latin-9 differs from latin-1.
const LATIN9: [(char, u8); 8] =
    [('€', 0xa4), ('Š', 0xa6), ('š', 0xa8), ('Ž', 0xb4), ('ž', 0xb8), ('Œ', 0xbc), ('œ', 0xbd), ('Ÿ', 0xbe)];

/// The text's bytes in an encoding.
///
/// # Errors
/// The encoding is unknown, or has no place for a letter; in Python's words.
pub fn encode(text: &str, name: &str) -> Result<Vec<u8>, Diagnostic> {
    let plain = name.to_lowercase().replace(['_', ' '], "-");
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let wider =
        |bytes: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| bytes(u32::from(c))).collect::<Vec<u8>>();
    let marked = |mark: &[u8], rest: Vec<u8>| [mark, &rest].concat();
    Ok(match plain.as_str() {
        "utf-8" | "utf8" | "u8" => undecoded::bytes_of(text).into_owned(),
        "utf-8-sig" => marked(b"\xef\xbb\xbf", undecoded::bytes_of(text).into_owned()),
        "utf-16" | "utf16" | "u16" => marked(b"\xff\xfe", wide(u16::to_le_bytes)),
        "utf-16-le" | "utf-16le" => wide(u16::to_le_bytes),
        "utf-16-be" | "utf-16be" => wide(u16::to_be_bytes),
        "utf-32" | "utf32" | "u32" => marked(b"\xff\xfe\0\0", wider(u32::to_le_bytes)),
        "utf-32-le" | "utf-32le" => wider(u32::to_le_bytes),
        "utf-32-be" | "utf-32be" => wider(u32::to_be_bytes),
        "ascii" | "us-ascii" | "646" => bytes(text, "ascii", "ordinal not in range(128)", |c| {
            u8::try_from(u32::from(c)).ok().filter(u8::is_ascii)
        })?,
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "cp819" | "latin" => {
            bytes(text, "latin-1", "ordinal not in range(256)", |c| u8::try_from(u32::from(c)).ok())?
        }
        "iso-8859-15" | "iso8859-15" | "latin-9" | "latin9" | "l9" => {
            bytes(text, "charmap", "character maps to <undefined>", |c| {
                let own = LATIN9.iter().find(|(letter, _)| *letter == c).map(|(_, byte)| *byte);
                own.or_else(|| u8::try_from(u32::from(c)).ok().filter(|b| LATIN9.iter().all(|(_, o)| o != b)))
            })?
        }
        "cp1252" | "windows-1252" | "1252" => bytes(text, "charmap", "character maps to <undefined>", |c| {
            let own = CP1252.chars().position(|letter| letter == c && c != ' ');
            let own = own.and_then(|at| u8::try_from(at + 0x80).ok());
            own.or_else(|| u8::try_from(u32::from(c)).ok().filter(|b| !(0x80..0xa0).contains(b)))
        })?,
        _ => return Err(raised(format!("unknown encoding: {name}"))),
    })
}

fn bytes(
    text: &str,
    codec: &str,
    why: &str,
    byte: impl Fn(char) -> Option<u8>,
) -> Result<Vec<u8>, Diagnostic> {
    let one = |(at, c): (usize, char)| {
        byte(c).ok_or_else(|| {
            let code = u32::from(c);
            let letter = match code {
                0..=0xff => format!("\\x{code:02x}"),
                0x100..=0xffff => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            raised(format!("'{codec}' codec can't encode character '{letter}' in position {at}: {why}"))
        })
    };
    text.chars().enumerate().map(one).collect()
}

fn raised(message: String) -> Diagnostic {
    Diagnostic::user("Task failed").because(Diagnostic::user(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_encoded_as_python_does_it() {
        for (name, text, wanted) in [
            ("latin-1", "é", &b"\xe9"[..]),
            ("UTF_16_LE", "é", b"\xe9\0"),
            ("utf-16", "a", b"\xff\xfea\0"),
            ("iso-8859-15", "€é", b"\xa4\xe9"),
            ("cp1252", "€Ÿ’", b"\x80\x9f\x92"),
            ("utf-8-sig", "a", b"\xef\xbb\xbfa"),
        ] {
            assert_eq!(encode(text, name).unwrap(), wanted, "{name}");
        }
        let error = encode("aé", "ascii").unwrap_err().to_string();
        assert!(error.ends_with(
            "'ascii' codec can't encode character '\\xe9' in position 1: ordinal not in range(128)"
        ));
        assert!(
            encode("☃", "latin1").is_err()
                && encode("¤", "latin-9").is_err()
                && encode("a", "nonsense").is_err()
        );
    }
}
