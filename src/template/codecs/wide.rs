//! UTF-16 and UTF-32, in either order of bytes, with a mark in front or without.

use super::Bad;
use crate::template::value::Result;

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Wide {
    /// Bytes of a unit: two or four.
    size: usize,
    /// The order of bytes, where the name says it; otherwise a mark does.
    order: Option<Order>,
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Little,
    Big,
}

/// The one of that name.
pub(super) fn find(name: &str) -> Option<Wide> {
    let (size, rest) = match name {
        "u16" => (2, ""),
        "u32" => (4, ""),
        "unicodebigunmarked" => (2, "be"),
        "unicodelittleunmarked" => (2, "le"),
        name => {
            let rest = name.strip_prefix("utf_").or_else(|| name.strip_prefix("utf"))?;
            match (rest.strip_prefix("16"), rest.strip_prefix("32")) {
                (Some(rest), _) => (2, rest),
                (_, Some(rest)) => (4, rest),
                _ => return None,
            }
        }
    };
    let order = match rest.trim_start_matches('_') {
        "" => None,
        "le" => Some(Order::Little),
        "be" => Some(Order::Big),
        _ => return None,
    };
    Some(Wide { size, order })
}

impl Wide {
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() * self.size + self.size);
        if self.order.is_none() {
            self.put(0xfeff, &mut out);
        }
        for c in text.chars() {
            match self.size {
                2 => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| self.put((*unit).into(), &mut out)),
                _ => self.put(c.into(), &mut out),
            }
        }
        out
    }

    fn put(self, unit: u32, out: &mut Vec<u8>) {
        let little = unit.to_le_bytes();
        let bytes = little.iter().take(self.size);
        match self.order {
            Some(Order::Big) => out.extend(bytes.rev()),
            _ => out.extend(bytes),
        }
    }

    pub(super) fn decode(self, bytes: &[u8], errors: &str) -> Result<String> {
        let mut at = 0;
        let mut order = self.order.unwrap_or(Order::Little);
        if self.order.is_none() {
            let (little, big): (&[u8], &[u8]) = match self.size {
                2 => (b"\xff\xfe", b"\xfe\xff"),
                _ => (b"\xff\xfe\0\0", b"\0\0\xfe\xff"),
            };
            if bytes.starts_with(little) || bytes.starts_with(big) {
                at = self.size;
            }
            if bytes.starts_with(big) {
                order = Order::Big;
            }
        }
        let codec = match (self.size, order) {
            (2, Order::Little) => "utf-16-le",
            (2, Order::Big) => "utf-16-be",
            (_, Order::Little) => "utf-32-le",
            (_, Order::Big) => "utf-32-be",
        };
        let unit = |at: usize| {
            let unit = bytes.get(at..at + self.size)?;
            let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
            Some(match order {
                Order::Little => unit.iter().rev().fold(0, add),
                Order::Big => unit.iter().fold(0, add),
            })
        };
        let mut out = String::new();
        while at < bytes.len() {
            let mut bad = |end: usize, reason: &str| {
                Bad { codec, bytes, start: at, end }.handle(reason, errors, &mut out).map(|()| end)
            };
            let Some(first) = unit(at) else {
                at = bad(bytes.len(), "truncated data")?;
                continue;
            };
            let end = at + self.size;
            at = match (self.size, first, unit(end)) {
                (2, 0xd800..0xdc00, Some(second @ 0xdc00..0xe000)) => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    out.extend(char::from_u32(code));
                    end + 2
                }
                (2, 0xd800..0xdc00, None) => bad(bytes.len(), "unexpected end of data")?,
                (2, 0xd800..0xdc00, _) => bad(end, "illegal UTF-16 surrogate")?,
                (2, 0xdc00..0xe000, _) => bad(end, "illegal encoding")?,
                (_, 0xd800..0xe000, _) => {
                    bad(end, "code point in surrogate code point range(0xd800, 0xe000)")?
                }
                (_, 0x110000.., _) => bad(end, "code point not in range(0x110000)")?,
                _ => {
                    out.extend(char::from_u32(first));
                    end
                }
            };
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};

    #[test]
    fn marks_and_orders() {
        assert_eq!(encode("é😀", "utf-16", "strict").unwrap(), b"\xff\xfe\xe9\0\x3d\xd8\0\xde");
        assert_eq!(encode("é", "UTF-16BE", "strict").unwrap(), b"\0\xe9");
        assert_eq!(encode("é", "utf_32_le", "strict").unwrap(), b"\xe9\0\0\0");
        for name in ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"] {
            assert_eq!(decode(&encode("é☃😀x", name, "strict").unwrap(), name, "strict").unwrap(), "é☃😀x");
        }
        assert_eq!(decode(b"\xfe\xff\0a", "utf16", "strict").unwrap(), "a");
        assert_eq!(
            decode(b"abc", "utf-16", "strict").unwrap_err().message(),
            "'utf-16-le' codec can't decode byte 0x63 in position 2: truncated data"
        );
        assert_eq!(decode(b"abc", "utf-16", "replace").unwrap(), "扡\u{fffd}");
    }
}
