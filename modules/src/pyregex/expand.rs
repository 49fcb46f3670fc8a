//! The text that replaces a match, in Python's template syntax: `\1`, `\g<name>`, `\n`.

use super::parse::group_number;
use super::{Match, PyRegex, RegexError};

/// A parsed replacement: text and the groups to put in.
pub struct Replacement(Vec<Piece>);

enum Piece {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Parses a replacement for a pattern; group numbers and names are checked against it.
    ///
    /// # Errors
    /// Python's: unknown groups, letters that are no escape.
    pub fn parse(template: &str, regex: &PyRegex) -> Result<Replacement, RegexError> {
        let mut reader = Reader {
            chars: template.chars().collect(),
            at: 0,
            regex,
            pieces: Vec::new(),
            text: String::new(),
        };
        while let Some(c) = reader.next() {
            match c {
                '\\' => reader.escape()?,
                c => reader.text.push(c),
            }
        }
        reader.flush();
        Ok(Replacement(reader.pieces))
    }

    /// The text for one match; a group that took no part is empty.
    pub fn expand(&self, found: &Match<'_>, out: &mut String) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(group) => out.push_str(found.group(*group).unwrap_or("")),
            }
        }
    }
}

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    regex: &'a PyRegex,
    pieces: Vec<Piece>,
    text: String,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.text)));
        }
    }

    fn group(&mut self, group: usize, at: usize) -> Result<(), RegexError> {
        if group > self.regex.groups() {
            return Err(self.error(&format!("invalid group reference {group}"), at));
        }
        self.flush();
        self.pieces.push(Piece::Group(group));
        Ok(())
    }

    fn error(&self, message: &str, at: usize) -> RegexError {
        RegexError::at(&self.chars, message, at)
    }

    fn digit(&mut self, octal: bool) -> Option<char> {
        let top = if octal { '7' } else { '9' };
        let c = self.chars.get(self.at).copied().filter(|c| ('0'..=top).contains(c))?;
        self.at += 1;
        Some(c)
    }

    fn escape(&mut self) -> Result<(), RegexError> {
        let start = self.at - 1;
        let Some(c) = self.next() else {
            return Err(self.error("bad escape (end of pattern)", start));
        };
        match c {
            'g' => return self.named(start),
            '0' => {
                let mut digits = String::from('0');
                digits.extend(self.digit(true));
                if digits.len() == 2 {
                    digits.extend(self.digit(true));
                }
                self.text.push(char::from(u8::from_str_radix(&digits, 8).unwrap_or(0)));
            }
            '1'..='9' => {
                let mut digits = String::from(c);
                if let Some(second) = self.digit(false) {
                    digits.push(second);
                    let octal = digits.chars().all(|c| c < '8');
                    if octal && let Some(third) = self.digit(true) {
                        digits.push(third);
                        let Ok(code) = u8::from_str_radix(&digits, 8) else {
                            return Err(self.error(
                                &format!("octal escape value \\{digits} outside of range 0-0o377"),
                                start,
                            ));
                        };
                        self.text.push(char::from(code));
                        return Ok(());
                    }
                }
                return self.group(digits.parse().unwrap_or(usize::MAX), start + 1);
            }
            'a' => self.text.push('\x07'),
            'b' => self.text.push('\x08'),
            'f' => self.text.push('\x0c'),
            'n' => self.text.push('\n'),
            'r' => self.text.push('\r'),
            't' => self.text.push('\t'),
            'v' => self.text.push('\x0b'),
            '\\' => self.text.push('\\'),
            c if c.is_ascii_alphabetic() => {
                return Err(self.error(&format!("bad escape \\{c}"), start));
            }
            c => self.text.extend(['\\', c]),
        }
        Ok(())
    }

    fn named(&mut self, start: usize) -> Result<(), RegexError> {
        if self.next() != Some('<') {
            return Err(self.error("missing <", start + 2));
        }
        let from = self.at;
        let mut name = String::new();
        loop {
            match self.next() {
                None if name.is_empty() => return Err(self.error("missing group name", from)),
                None => return Err(self.error("missing >, unterminated name", from)),
                Some('>') if name.is_empty() => {
                    return Err(self.error("missing group name", from));
                }
                Some('>') => break,
                Some(c) => name.push(c),
            }
        }
        if let Some(number) = group_number(&name) {
            return self.group(number, from);
        }
        let mut chars = name.chars();
        let good = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_');
        if !good {
            return Err(self.error(&format!("bad character in group name '{name}'"), from));
        }
        match self.regex.group_named(&name) {
            Some(group) => self.group(group, from),
            None => Err(RegexError(format!("unknown group name '{name}'"))),
        }
    }
}
