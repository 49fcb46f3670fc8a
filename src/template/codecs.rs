//! Text as bytes and back, by Python's names of encodings and of what is done where a character has no place.

mod domains;
mod pages;
mod wide;

use super::args::Args;
use super::value::{Error, Result, Value};
use crate::python::repr::{escaped, write_escape};
use encoding_rs::{CoderResult, DecoderResult, EncoderResult, Encoding};
use impel_modules::undecoded;
use pages::{PAGES, Page};

/// An encoding.
enum Codec {
    Utf8,
    /// With a mark in front.
    Utf8Marked,
    /// The first so many of Unicode's characters, a byte each.
    Direct(u32),
    Wide(wide::Wide),
    Page(&'static Page),
    /// Several bytes a character, as in East Asia; under its name in messages.
    Eastern(&'static Encoding, &'static str),
    Domain,
    Punycode,
    Escapes,
}

/// The names of encoding and error handling that `encode` or `decode` was given.
///
/// # Errors
/// One is no text.
pub(crate) fn names(callee: &str, args: &Args) -> Result<(String, String)> {
    let one = |at: usize, name: &str, default: &str| match args.get(at, name) {
        None => Ok(default.to_owned()),
        Some(Value::Str(s)) => Ok(s.text.to_string()),
        Some(v) => {
            let of = v.class_name();
            Err(Error::new(format!("{callee}() argument '{name}' must be str, not {of}")))
        }
    };
    Ok((one(0, "encoding", "utf-8")?, one(1, "errors", "strict")?))
}

/// The encoding of that name.
fn find(encoding: &str) -> Result<Codec> {
    let lower = encoding.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let name = words.join("_");
    let eastern = |encoding, name| Ok(Codec::Eastern(encoding, name));
    match name.as_str() {
        "utf_8" | "utf8" | "u8" | "utf" | "utf8_ucs2" | "utf8_ucs4" | "cp65001" => return Ok(Codec::Utf8),
        "utf_8_sig" => return Ok(Codec::Utf8Marked),
        "ascii" | "us_ascii" | "us" | "646" | "ansi_x3_4_1968" | "iso646_us" | "cp367" | "ibm367" => {
            return Ok(Codec::Direct(128));
        }
        "latin_1" | "latin1" | "latin" | "l1" | "iso_8859_1" | "iso8859_1" | "iso8859" | "8859" | "cp819"
        | "ibm819" => return Ok(Codec::Direct(256)),
        "idna" => return Ok(Codec::Domain),
        "punycode" => return Ok(Codec::Punycode),
        "unicode_escape" => return Ok(Codec::Escapes),
        "shift_jis" | "sjis" | "s_jis" | "shiftjis" | "csshiftjis" => {
            return eastern(encoding_rs::SHIFT_JIS, "shift_jis");
        }
        "cp932" | "932" | "ms932" | "mskanji" | "ms_kanji" | "windows_31j" => {
            return eastern(encoding_rs::SHIFT_JIS, "cp932");
        }
        "euc_jp" | "eucjp" | "ujis" | "u_jis" => return eastern(encoding_rs::EUC_JP, "euc_jp"),
        "iso2022_jp" | "iso_2022_jp" | "csiso2022jp" | "iso2022jp" => {
            return eastern(encoding_rs::ISO_2022_JP, "iso2022_jp");
        }
        "gbk" | "936" | "cp936" | "ms936" => return eastern(encoding_rs::GBK, "gbk"),
        "gb2312" | "chinese" | "euc_cn" | "euccn" | "gb2312_80" => {
            return eastern(encoding_rs::GBK, "gb2312");
        }
        "gb18030" | "gb18030_2000" => return eastern(encoding_rs::GB18030, "gb18030"),
        "big5" | "big5_tw" | "csbig5" | "950" | "cp950" | "ms950" => {
            return eastern(encoding_rs::BIG5, "big5");
        }
        "euc_kr" | "euckr" | "korean" | "ksc5601" | "ks_c_5601" | "ks_c_5601_1987" | "ksx1001" => {
            return eastern(encoding_rs::EUC_KR, "euc_kr");
        }
        "cp949" | "949" | "ms949" | "uhc" => return eastern(encoding_rs::EUC_KR, "cp949"),
        "hex" | "hex_codec" | "base64" | "base_64" | "base64_codec" | "bz2" | "bz2_codec" | "zip"
        | "zlib" | "zlib_codec" | "quopri" | "quopri_codec" | "quoted_printable" | "uu" | "uu_codec"
        | "rot13" | "rot_13" => {
            return Err(Error::new(format!(
                "'{encoding}' is not a text encoding; use codecs.encode() to handle arbitrary codecs"
            )));
        }
        "utf_7" | "utf7" | "u7" | "unicode_1_1_utf_7" | "raw_unicode_escape" | "mbcs" | "palmos" | "hz"
        | "johab" | "big5hkscs" => {
            return Err(Error::new(format!("the encoding '{encoding}' is not supported")));
        }
        _ => {}
    }
    if let Some(wide) = wide::find(&name) {
        return Ok(Codec::Wide(wide));
    }
    match PAGES.iter().find(|page| page.names.contains(&name.as_str())) {
        Some(page) => Ok(Codec::Page(page)),
        None => Err(Error::new(format!("unknown encoding: {encoding}"))),
    }
}

/// Text as bytes.
///
/// # Errors
/// In Python's words: there is no such encoding, or it has no place for a character.
pub fn encode(text: &str, encoding: &str, errors: &str) -> Result<Vec<u8>> {
    match find(encoding)? {
        Codec::Utf8 => utf8_bytes(text, errors),
        Codec::Utf8Marked => Ok([b"\xef\xbb\xbf".as_slice(), &utf8_bytes(text, errors)?].concat()),
        Codec::Direct(end) => {
            let name = if end == 128 { "ascii" } else { "latin-1" };
            let reason = format!("ordinal not in range({end})");
            let place = |c: char| Some(u32::from(c)).filter(|code| *code < end).map(|code| code as u8);
            singly(text, (name, &reason), errors, place)
        }
        Codec::Page(page) => {
            let table: Vec<char> = page.all().collect();
            let place = |c: char| match c {
                '\u{fffe}' => None,
                c => table.iter().position(|t| *t == c).map(|at| at as u8),
            };
            singly(text, ("charmap", "character maps to <undefined>"), errors, place)
        }
        Codec::Wide(wide) => Ok(wide.encode(text)),
        Codec::Eastern(eastern, name) => eastern_bytes(text, eastern, name, errors),
        Codec::Domain => domains::encode(text),
        Codec::Punycode => Ok(domains::punycode(text).into_bytes()),
        Codec::Escapes => Ok(escaped(text).into_bytes()),
    }
}

/// Bytes as text.
///
/// # Errors
/// In Python's words: there is no such encoding, or the bytes are none of its texts.
pub fn decode(bytes: &[u8], encoding: &str, errors: &str) -> Result<String> {
    if bytes.is_empty() {
        // Python does not look at the name then.
        return Ok(String::new());
    }
    match find(encoding)? {
        Codec::Utf8 => utf8(bytes, errors),
        Codec::Utf8Marked => utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), errors),
        Codec::Direct(end) => {
            let mut out = String::new();
            for (at, byte) in bytes.iter().enumerate() {
                match u32::from(*byte) < end {
                    true => out.push(char::from(*byte)),
                    false => {
                        let bad = Bad { codec: "ascii", bytes, start: at, end: at + 1 };
                        bad.handle("ordinal not in range(128)", errors, &mut out)?;
                    }
                }
            }
            Ok(out)
        }
        Codec::Page(page) => {
            let table: Vec<char> = page.all().collect();
            let mut out = String::new();
            for (at, byte) in bytes.iter().enumerate() {
                match table.get(usize::from(*byte)).filter(|c| **c != '\u{fffe}') {
                    Some(c) => out.push(*c),
                    None => {
                        let bad = Bad { codec: "charmap", bytes, start: at, end: at + 1 };
                        bad.handle("character maps to <undefined>", errors, &mut out)?;
                    }
                }
            }
            Ok(out)
        }
        Codec::Wide(wide) => wide.decode(bytes, errors),
        Codec::Eastern(eastern, name) => eastern_text(bytes, eastern, name, errors),
        Codec::Domain => domains::decode(bytes),
        Codec::Punycode => domains::unpunycode(&utf8(bytes, errors)?),
        Codec::Escapes => Err(Error::new("decoding by 'unicode_escape' is not supported")),
    }
}

impl Page {
    /// The characters of all 256 bytes.
    fn all(&self) -> impl Iterator<Item = char> {
        let low = if self.characters.chars().count() < 256 { 128u8 } else { 0 };
        (0..low).map(char::from).chain(self.characters.chars())
    }
}

/// A byte a character; runs of characters without a place are told together.
fn singly(
    text: &str,
    (codec, reason): (&str, &str),
    errors: &str,
    place: impl Fn(char) -> Option<u8>,
) -> Result<Vec<u8>> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::with_capacity(chars.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if let Some(byte) = place(*c) {
            out.push(byte);
            at += 1;
            continue;
        }
        let run = chars.iter().skip(at).take_while(|c| place(**c).is_none()).count();
        let missing = chars.get(at..at + run).unwrap_or(&[]);
        for c in instead(missing, at, (codec, reason), errors)?.chars() {
            match place(c) {
                Some(byte) => out.push(byte),
                None => return Err(cannot_encode(missing, at, (codec, reason))),
            }
        }
        at += run;
    }
    Ok(out)
}

/// What stands for characters that have no place.
fn instead(missing: &[char], at: usize, why: (&str, &str), errors: &str) -> Result<String> {
    let mut out = String::new();
    match errors {
        "ignore" => {}
        "replace" => out.extend(missing.iter().map(|_| '?')),
        "backslashreplace" => missing.iter().for_each(|c| write_escape(*c, &mut out)),
        "xmlcharrefreplace" => missing.iter().for_each(|c| out.push_str(&format!("&#{};", u32::from(*c)))),
        "strict" | "surrogateescape" | "surrogatepass" => return Err(cannot_encode(missing, at, why)),
        "namereplace" => return Err(Error::new("the error handler 'namereplace' is not supported")),
        other => return Err(unknown_handler(other)),
    }
    Ok(out)
}

fn unknown_handler(name: &str) -> Error {
    Error::new(format!("unknown error handler name '{name}'"))
}

fn cannot_encode(missing: &[char], at: usize, (codec, reason): (&str, &str)) -> Error {
    match missing {
        [c] => {
            let mut escape = String::new();
            write_escape(*c, &mut escape);
            Error::new(format!(
                "'{codec}' codec can't encode character '{escape}' in position {at}: {reason}"
            ))
        }
        all => {
            let end = at + all.len().saturating_sub(1);
            Error::new(format!("'{codec}' codec can't encode characters in position {at}-{end}: {reason}"))
        }
    }
}

/// Bytes that an encoding cannot read.
struct Bad<'a> {
    codec: &'a str,
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

impl Bad<'_> {
    /// Puts what `errors` asks for in their place.
    fn handle(&self, reason: &str, errors: &str, out: &mut String) -> Result<()> {
        let bad = self.bytes.get(self.start..self.end).unwrap_or(&[]);
        match errors {
            "ignore" => {}
            "replace" => out.push('\u{fffd}'),
            "backslashreplace" => bad.iter().for_each(|b| out.push_str(&format!("\\x{b:02x}"))),
            "surrogateescape" if !bad.iter().any(u8::is_ascii) => out.push_str(&undecoded::text_of(bad)),
            "strict" | "surrogatepass" | "surrogateescape" => return Err(self.error(reason)),
            "xmlcharrefreplace" | "namereplace" => {
                return Err(Error::new("don't know how to handle UnicodeDecodeError in error callback"));
            }
            other => return Err(unknown_handler(other)),
        }
        Ok(())
    }

    fn error(&self, reason: &str) -> Error {
        let (codec, start, last) = (self.codec, self.start, self.end.saturating_sub(1));
        match self.bytes.get(self.start..self.end) {
            Some([byte]) => Error::new(format!(
                "'{codec}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}"
            )),
            _ => {
                Error::new(format!("'{codec}' codec can't decode bytes in position {start}-{last}: {reason}"))
            }
        }
    }
}

/// UTF-8 has a place for all but bytes that were kept.
fn utf8_bytes(text: &str, errors: &str) -> Result<Vec<u8>> {
    if errors == "surrogateescape" || !undecoded::is_in(text) {
        return Ok(undecoded::bytes_of(text).into_owned());
    }
    let chars: Vec<char> = text.chars().collect();
    let kept = |c: &&char| undecoded::byte_of(**c).is_some();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let run = chars.iter().skip(at).take_while(kept).count();
        match chars.get(at..at + run).filter(|run| !run.is_empty()) {
            None => out.push(*c),
            Some(missing) => {
                out.push_str(&instead(missing, at, ("utf-8", "surrogates not allowed"), errors)?)
            }
        }
        at += run.max(1);
    }
    Ok(out.into_bytes())
}

fn utf8(bytes: &[u8], errors: &str) -> Result<String> {
    let mut out = String::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or(&[]);
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return Ok(out);
            }
            Err(error) => error,
        };
        let good = rest.get(..error.valid_up_to()).unwrap_or(&[]);
        out.push_str(&String::from_utf8_lossy(good));
        let start = at + good.len();
        let (end, reason) = match (error.error_len(), bytes.get(start)) {
            (None, _) => (bytes.len(), "unexpected end of data"),
            (Some(n), Some(0x80..=0xc1 | 0xf5..)) => (start + n, "invalid start byte"),
            (Some(n), _) => (start + n, "invalid continuation byte"),
        };
        Bad { codec: "utf-8", bytes, start, end }.handle(reason, errors, &mut out)?;
        at = end;
    }
}

fn eastern_bytes(text: &str, encoding: &'static Encoding, name: &str, errors: &str) -> Result<Vec<u8>> {
    let mut encoder = encoding.new_encoder();
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or("");
        out.reserve(rest.len() * 4 + 16);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut out, true);
        at += read;
        match result {
            EncoderResult::InputEmpty => return Ok(out),
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(c) => {
                let place = text.get(..at).unwrap_or("").chars().count().saturating_sub(1);
                let text = instead(&[c], place, (name, "illegal multibyte sequence"), errors)?;
                out.reserve(text.len() * 4 + 16);
                let (result, ..) = encoder.encode_from_utf8_to_vec(&text, &mut out, false);
                debug_assert!(matches!(result, CoderResult::InputEmpty));
            }
        }
    }
}

fn eastern_text(bytes: &[u8], encoding: &'static Encoding, name: &str, errors: &str) -> Result<String> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut out = String::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or(&[]);
        out.reserve(rest.len() * 3 + 16);
        let (result, read) = decoder.decode_to_string_without_replacement(rest, &mut out, true);
        at += read;
        match result {
            DecoderResult::InputEmpty => return Ok(out),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, extra) => {
                let end = at.saturating_sub(usize::from(extra));
                let start = end.saturating_sub(usize::from(length));
                let cut = at >= bytes.len() && length == 1 && start + 1 == bytes.len();
                let reason = if cut { "incomplete multibyte sequence" } else { "illegal multibyte sequence" };
                Bad { codec: name, bytes, start, end }.handle(reason, errors, &mut out)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T>(result: Result<T>) -> String {
        result.err().map(|e| e.message().to_owned()).unwrap_or_default()
    }

    #[test]
    fn what_has_no_place_is_told_or_replaced() {
        assert_eq!(
            message(encode("é☃x", "ascii", "strict")),
            "'ascii' codec can't encode characters in position 0-1: ordinal not in range(128)"
        );
        assert_eq!(encode("é☃😀x", "ASCII", "backslashreplace").unwrap(), b"\\xe9\\u2603\\U0001f600x");
        assert_eq!(encode("é☃", "us-ascii", "xmlcharrefreplace").unwrap(), b"&#233;&#9731;");
        assert_eq!(encode("é☃x", "latin-1", "ignore").unwrap(), b"\xe9x");
        assert_eq!(encode("é☃x", "cp437", "replace").unwrap(), b"\x82?x");
        assert_eq!(
            message(encode("é☃x", "windows-1252", "strict")),
            "'charmap' codec can't encode character '\\u2603' in position 1: character maps to <undefined>"
        );
        assert_eq!(message(encode("é", "ascii", "nosuch")), "unknown error handler name 'nosuch'");
        assert_eq!(message(encode("", "no such", "strict")), "unknown encoding: no such");
    }

    #[test]
    fn bytes_that_are_no_text_are_told_or_replaced() {
        assert_eq!(decode(b"a\xe9x", "utf-8", "replace").unwrap(), "a\u{fffd}x");
        assert_eq!(
            message(decode(b"a\xe9x", "utf-8", "strict")),
            "'utf-8' codec can't decode byte 0xe9 in position 1: invalid continuation byte"
        );
        assert_eq!(
            message(decode("é😀".as_bytes().split_at(4).0, "utf-8", "strict")),
            "'utf-8' codec can't decode bytes in position 2-3: unexpected end of data"
        );
        assert_eq!(decode(b"\x80\x81", "cp1252", "backslashreplace").unwrap(), "€\\x81");
        assert_eq!(decode(b"", "nosuch", "strict").unwrap(), "");
    }

    #[test]
    fn every_page_comes_back() {
        for page in PAGES {
            let text: String = page.all().filter(|c| *c != '\u{fffe}').collect();
            let name = page.names[0];
            assert_eq!(page.all().count(), 256, "{name}");
            assert_eq!(
                decode(&encode(&text, name, "strict").unwrap(), name, "strict").unwrap(),
                text,
                "{name}"
            );
        }
    }

    #[test]
    fn eastern_encodings() {
        for (name, text, bytes) in [
            ("shift_jis", "日本語", &b"\x93\xfa\x96{\x8c\xea"[..]),
            ("euc-jp", "日本語", b"\xc6\xfc\xcb\xdc\xb8\xec"),
            ("gbk", "日本語", b"\xc8\xd5\xb1\xbe\xd5Z"),
            ("iso2022_jp", "日本語", b"\x1b$BF|K\\8l\x1b(B"),
            ("euc-kr", "한국", b"\xc7\xd1\xb1\xb9"),
        ] {
            assert_eq!(encode(text, name, "strict").unwrap(), bytes, "{name}");
            assert_eq!(decode(bytes, name, "strict").unwrap(), text, "{name}");
        }
        assert_eq!(encode("日😀", "gbk", "ignore").unwrap(), b"\xc8\xd5");
    }
}
