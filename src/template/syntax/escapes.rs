//! Python's escapes in string literals.

/// The text of a literal's body with Python's escapes resolved; what is no escape stays as it is.
pub fn unescape(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
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
            'x' => rest = code(rest, 2, c, &mut out),
            'u' => rest = code(rest, 4, c, &mut out),
            'U' => rest = code(rest, 8, c, &mut out),
            '0'..='7' => {
                let more = rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let digits = format!("{c}{}", &rest[..more]);
                rest = &rest[more..];
                out.extend(u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32));
            }
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out.push_str(rest);
    out
}

/// A character by its code in hexadecimal digits; gives what is left.
fn code<'a>(rest: &'a str, digits: usize, letter: char, out: &mut String) -> &'a str {
    let number = rest.get(..digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    match number {
        Some(n) => {
            out.push(char::from_u32(n).unwrap_or('\u{fffd}'));
            &rest[digits..]
        }
        None => {
            out.push('\\');
            out.push(letter);
            rest
        }
    }
}
