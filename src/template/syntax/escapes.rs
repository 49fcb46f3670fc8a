//! Python's escapes in string literals.

/// The text of a literal's body with Python's escapes resolved; what is no escape stays as it is.
pub fn unescape(body: &str) -> String {
    python_string(body).unwrap_or_else(|_| body.to_owned())
}

/// The same as Jinja does it.
///
/// # Errors
/// An escape that is cut off or names no character, in Python's words.
pub fn python_string(body: &str) -> Result<String, String> {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let before = body.len() - rest.len() - 1;
        let Some(c) = rest.chars().next() else {
            return Err(worded(body, before, 1, "\\ at end of string"));
        };
        rest = &rest[c.len_utf8()..];
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            '\\' | '\'' | '"' => out.push(c),
            '\n' => {}
            'x' | 'u' | 'U' => {
                let (wanted, cut) = match c {
                    'x' => (2, "truncated \\xXX escape"),
                    'u' => (4, "truncated \\uXXXX escape"),
                    _ => (8, "truncated \\UXXXXXXXX escape"),
                };
                let digits = rest.bytes().take(wanted).take_while(u8::is_ascii_hexdigit).count();
                if digits < wanted {
                    return Err(worded(body, before, digits + 2, cut));
                }
                let code = u32::from_str_radix(&rest[..digits], 16).unwrap_or(u32::MAX);
                if code > 0x10_ffff {
                    return Err(worded(body, before, digits + 2, "illegal Unicode character"));
                }
                // half of a surrogate pair is no character here
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                rest = &rest[digits..];
            }
            'N' => {
                let named = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let Some((name, after)) = named.filter(|(name, _)| !name.is_empty()) else {
                    return Err(worded(body, before, 2, "malformed \\N character escape"));
                };
                let Some(character) = impel_modules::pyregex::character_named(name) else {
                    return Err(worded(body, before, name.len() + 4, "unknown Unicode character name"));
                };
                out.push(character);
                rest = after;
            }
            '0'..='7' => {
                let more = rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let digits = format!("{c}{}", &rest[..more]);
                rest = &rest[more..];
                out.extend(u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32));
            }
            // Jinja writes what is not ASCII as an escape first, of which this backslash escapes the backslash
            other if !other.is_ascii() => out.push_str(&format!("\\{}", ascii(other))),
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The escape of a character that is not ASCII, without its backslash.
fn ascii(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xff => format!("x{code:02x}"),
        code @ ..=0xffff => format!("u{code:04x}"),
        code => format!("U{code:08x}"),
    }
}

/// A complaint in Python's words, with its cause.
fn worded(body: &str, before: usize, length: usize, what: &str) -> String {
    let width = |c: char| if c.is_ascii() { 1 } else { ascii(c).len() + 1 };
    let start: usize = body[..before].chars().map(width).sum();
    let end = start + length - 1;
    let place = if end > start {
        format!("bytes in position {start}-{end}")
    } else {
        format!("byte in position {start}")
    };
    format!("{what}: 'unicodeescape' codec can't decode {place}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_stand_for_what_python_reads() {
        for (body, expected) in [
            ("a\\nb", Ok("a\nb")),
            ("\\x41\\u0042\\U00000043\\104", Ok("ABCD")),
            ("\\N{BULLET}\\q\\é", Ok("•\\q\\xe9")),
            (
                "\\N{nope}",
                Err(
                    "unknown Unicode character name: 'unicodeescape' codec can't decode bytes in position 0-7: unknown Unicode character name",
                ),
            ),
            (
                "é\\x4",
                Err(
                    "truncated \\xXX escape: 'unicodeescape' codec can't decode bytes in position 4-6: truncated \\xXX escape",
                ),
            ),
        ] {
            assert_eq!(python_string(body), expected.map(str::to_owned).map_err(str::to_owned), "{body}");
        }
    }
}
