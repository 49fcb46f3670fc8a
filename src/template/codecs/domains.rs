//! Names of hosts with letters beyond ASCII: punycode, and IDNA as Python's codec has it (that of 2003).

use crate::python::letters;
use crate::template::value::{Error, Result};

const BASE: u32 = 36;

/// The bias after a difference.
fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count.max(1);
    let mut k = 0;
    while delta > 35 * 26 / 2 {
        delta /= 35;
        k += BASE;
    }
    k + 36 * delta / (delta + 38)
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(1, 26)
}

/// A text as punycode.
pub(super) fn punycode(text: &str) -> String {
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    let total = text.chars().count() as u32;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (128u32, 0u32, 72u32, basic);
    while done < total {
        let next = text.chars().map(u32::from).filter(|c| *c >= n).min().unwrap_or(n);
        delta = delta.saturating_add((next - n).saturating_mul(done + 1));
        n = next;
        for c in text.chars().map(u32::from) {
            if c < n {
                delta = delta.saturating_add(1);
            }
            if c == n {
                let mut rest = delta;
                let mut k = BASE;
                loop {
                    let t = threshold(k, bias);
                    if rest < t {
                        break;
                    }
                    out.push(digit(t + (rest - t) % (BASE - t)));
                    rest = (rest - t) / (BASE - t);
                    k += BASE;
                }
                out.push(digit(rest));
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        delta = delta.saturating_add(1);
        n = n.saturating_add(1);
    }
    out
}

fn digit(value: u32) -> char {
    match value {
        0..26 => char::from(b'a' + value as u8),
        _ => char::from(b'0' + (value.saturating_sub(26)) as u8),
    }
}

/// A text of punycode.
///
/// # Errors
/// It is none.
pub(super) fn unpunycode(text: &str) -> Result<String> {
    let bad = || Error::new("'punycode' codec can't decode the text: invalid extended code point");
    let (basic, rest) = text.rsplit_once('-').unwrap_or(("", text));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = rest.chars().peekable();
    while digits.peek().is_some() {
        let (before, mut weight, mut k) = (i, 1u32, BASE);
        loop {
            let digit = match digits.next() {
                Some(c @ ('a'..='z' | 'A'..='Z')) => u32::from(c.to_ascii_lowercase()) - u32::from('a'),
                Some(c @ '0'..='9') => u32::from(c) - u32::from('0') + 26,
                _ => return Err(bad()),
            };
            i = digit.checked_mul(weight).and_then(|d| i.checked_add(d)).ok_or_else(bad)?;
            let t = threshold(k, bias);
            if digit < t {
                break;
            }
            weight = weight.checked_mul(BASE - t).ok_or_else(bad)?;
            k += BASE;
        }
        let count = out.len() as u32 + 1;
        bias = adapt(i - before, count, before == 0);
        n = n.checked_add(i / count).ok_or_else(bad)?;
        i %= count;
        out.insert(i as usize, char::from_u32(n).ok_or_else(bad)?);
        i += 1;
    }
    Ok(out.into_iter().collect())
}

/// A host's name as bytes.
///
/// # Errors
/// One of its labels is empty or too long.
pub(super) fn encode(text: &str) -> Result<Vec<u8>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let dots = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];
    let mut labels: Vec<&str> = text.split(dots).collect();
    let trailing = labels.last().is_some_and(|l| l.is_empty());
    if trailing {
        labels.pop();
    }
    let mut out = Vec::new();
    for label in labels {
        let label = match label.is_ascii() {
            true => label.to_owned(),
            false => match letters::casefold(label) {
                folded if folded.is_ascii() => folded,
                folded => format!("xn--{}", punycode(&folded)),
            },
        };
        if label.is_empty() || label.len() > 63 {
            return Err(Error::new(
                "encoding with 'idna' codec failed (UnicodeError: label empty or too long)",
            ));
        }
        out.push(label);
    }
    if trailing {
        out.push(String::new());
    }
    Ok(out.join(".").into_bytes())
}

/// A host's name of bytes.
///
/// # Errors
/// It is not ASCII, or a label is no punycode.
pub(super) fn decode(bytes: &[u8]) -> Result<String> {
    let text = super::decode(bytes, "ascii", "strict")?;
    let label = |label: &str| match label.get(..4) {
        Some(mark) if mark.eq_ignore_ascii_case("xn--") => unpunycode(label.get(4..).unwrap_or("")),
        _ => Ok(label.to_owned()),
    };
    Ok(text.split('.').map(label).collect::<Result<Vec<_>>>()?.join("."))
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};

    #[test]
    fn names_of_hosts() {
        for (text, name) in [
            ("bücher.example.com", "xn--bcher-kva.example.com"),
            ("日本語.jp.", "xn--wgv71a119e.jp."),
            ("example.com", "example.com"),
        ] {
            assert_eq!(String::from_utf8(encode(text, "idna", "strict").unwrap()).unwrap(), name);
            assert_eq!(decode(name.as_bytes(), "idna", "strict").unwrap(), text);
        }
        assert_eq!(encode("Straße.DE", "idna", "strict").unwrap(), b"strasse.DE");
        assert!(encode("a..b", "idna", "strict").is_err());
        assert_eq!(encode("bücher", "punycode", "strict").unwrap(), b"bcher-kva");
        assert_eq!(decode(b"bcher-kva", "punycode", "strict").unwrap(), "bücher");
        assert_eq!(encode("他们为什么不说中文", "punycode", "strict").unwrap(), b"ihqwcrb4cv8a8dqg056pqjye");
    }
}
