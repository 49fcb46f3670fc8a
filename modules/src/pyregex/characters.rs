//! Single characters of a pattern: escapes, classes, and how they are written for fancy-regex.

use super::RegexError;
use super::translate::{Parser, Part};

impl Parser {
    pub(super) fn escape(&mut self, start: usize) -> Result<Part, RegexError> {
        let Some(c) = self.next() else {
            return Err(self.error("bad escape (end of pattern)", start));
        };
        let ascii = self.flags.ascii;
        Ok(match c {
            'A' => Part::assertion(r"\A"),
            'Z' => Part::assertion(r"\z"),
            'b' => Part::assertion(if ascii {
                "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"
            } else {
                r"\b"
            }),
            'B' => Part::assertion(if ascii {
                r"(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_])(?!\A\z))"
            } else {
                // Nothing at all has no place that is no boundary.
                r"(?:\B(?!\A\z))"
            }),
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => Part::one(category(c, ascii)),
            '1'..='9' => {
                let mut digits = String::from(c);
                if let Some(second) = self.peek().filter(char::is_ascii_digit) {
                    let third = self.chars.get(self.at + 1).copied();
                    let octal = |c: char| ('0'..='7').contains(&c);
                    if octal(c) && octal(second) && third.is_some_and(octal) {
                        self.at += 2;
                        digits.push(second);
                        digits.extend(third);
                        return self.octal(&digits, start).map(|c| Part::one(literal(c)));
                    }
                    self.at += 1;
                    digits.push(second);
                }
                let group = digits.parse().unwrap_or(usize::MAX);
                return self.back_reference(group, start + 1, start);
            }
            c => Part::one(literal(self.character(c, start)?)),
        })
    }

    /// The character that an escape stands for, inside and outside of classes alike.
    fn character(&mut self, c: char, start: usize) -> Result<char, RegexError> {
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '\\' => '\\',
            'x' => return self.hex(2, start),
            'u' => return self.hex(4, start),
            'U' => return self.hex(8, start),
            'N' => {
                return Err(RegexError(
                    "named characters (\\N{...}) are not supported in patterns".to_owned(),
                ));
            }
            '0'..='7' => {
                let mut digits = String::from(c);
                while digits.len() < 3 {
                    let Some(c) = self.peek().filter(|c| ('0'..='7').contains(c)) else { break };
                    digits.push(c);
                    self.at += 1;
                }
                return self.octal(&digits, start);
            }
            c if c.is_ascii_alphanumeric() => {
                return Err(self.error(&format!("bad escape \\{c}"), start));
            }
            c => c,
        })
    }

    fn octal(&self, digits: &str, start: usize) -> Result<char, RegexError> {
        match u8::from_str_radix(digits, 8) {
            Ok(n) => Ok(char::from(n)),
            Err(_) => {
                Err(self.error(&format!("octal escape value \\{digits} outside of range 0-0o377"), start))
            }
        }
    }

    fn hex(&mut self, length: usize, start: usize) -> Result<char, RegexError> {
        let mut digits = String::new();
        while digits.len() < length {
            let Some(c) = self.peek().filter(char::is_ascii_hexdigit) else { break };
            digits.push(c);
            self.at += 1;
        }
        let letter = self.chars.get(start + 1).copied().unwrap_or('x');
        if digits.len() < length {
            return Err(self.error(&format!("incomplete escape \\{letter}{digits}"), start));
        }
        u32::from_str_radix(&digits, 16)
            .ok()
            .and_then(char::from_u32)
            .ok_or_else(|| self.error(&format!("bad escape \\{letter}{digits}"), start))
    }

    pub(super) fn class(&mut self, start: usize) -> Result<Part, RegexError> {
        let mut text = String::from(if self.accept('^') { "[^" } else { "[" });
        let first = self.at;
        loop {
            let here = self.at;
            let Some(c) = self.next() else {
                return Err(self.error("unterminated character set", start));
            };
            if c == ']' && here != first {
                break;
            }
            let low = self.class_item(c, here)?;
            let closes = self.chars.get(self.at + 1) == Some(&']');
            if self.peek() != Some('-') || closes {
                text.push_str(&low.1);
                continue;
            }
            self.at += 1;
            let place = self.at;
            let Some(c) = self.next() else {
                return Err(self.error("unterminated character set", start));
            };
            let high = self.class_item(c, place)?;
            let (Some(a), Some(b)) = (low.0, high.0) else {
                return Err(self.bad_range(here));
            };
            if a > b {
                return Err(self.bad_range(here));
            }
            text.push_str(&format!("{}-{}", literal(a), literal(b)));
        }
        text.push(']');
        Ok(Part::one(text))
    }

    fn bad_range(&self, here: usize) -> RegexError {
        let range: String = self.chars.get(here..self.at).unwrap_or(&[]).iter().collect();
        self.error(&format!("bad character range {range}"), here)
    }

    fn class_item(&mut self, c: char, here: usize) -> Result<(Option<char>, String), RegexError> {
        if c != '\\' {
            return Ok((Some(c), literal(c)));
        }
        let Some(c) = self.next() else {
            return Err(self.error("bad escape (end of pattern)", here));
        };
        if "dDwWsS".contains(c) {
            return Ok((None, category(c, self.flags.ascii).to_owned()));
        }
        let c = if c == 'b' { '\x08' } else { self.character(c, here)? };
        Ok((Some(c), literal(c)))
    }
}

/// Python's categories: `\w` is letters, numbers and `_` (no marks), `\s` includes the four separators.
fn category(letter: char, ascii: bool) -> &'static str {
    match (letter, ascii) {
        ('d', false) => r"\p{Nd}",
        ('D', false) => r"\P{Nd}",
        ('w', false) => r"[\p{L}\p{N}_]",
        ('W', false) => r"[^\p{L}\p{N}_]",
        ('s', false) => r"[\s\x1c-\x1f]",
        ('S', false) => r"[^\s\x1c-\x1f]",
        ('d', true) => "[0-9]",
        ('D', true) => "[^0-9]",
        ('w', true) => "[0-9A-Za-z_]",
        ('W', true) => "[^0-9A-Za-z_]",
        ('s', true) => r"[ \t\n\r\x0b\x0c]",
        _ => r"[^ \t\n\r\x0b\x0c]",
    }
}

/// A character that stands for itself.
pub(super) fn literal(c: char) -> String {
    match c {
        c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
        c if c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    }
}
