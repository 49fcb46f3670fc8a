//! Single characters of a pattern: escapes and classes.

use super::RegexError;
use super::node::{Node, Place};
use super::parse::{Parser, Part};
use super::sets::{Category, Set};

impl Parser {
    pub(super) fn escape(&mut self, start: usize) -> Result<Part, RegexError> {
        let Some(c) = self.next() else {
            return Err(self.error("bad escape (end of pattern)", start));
        };
        let ascii = self.flags.ascii;
        Ok(match c {
            'A' => Part::at(Place::Start),
            'Z' => Part::at(Place::End),
            'b' => Part::at(Place::Boundary { ascii }),
            'B' => Part::at(Place::NoBoundary { ascii }),
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => {
                let category = Category { letter: c, ascii };
                Part::one(Node::Set(Set::new(false, self.fold(), Vec::new(), vec![category])))
            }
            '1'..='9' => {
                let mut digits = String::from(c);
                if let Some(second) = self.peek().filter(char::is_ascii_digit) {
                    let third = self.chars.get(self.at + 1).copied();
                    let octal = |c: char| ('0'..='7').contains(&c);
                    if octal(c) && octal(second) && third.is_some_and(octal) {
                        self.at += 2;
                        digits.push(second);
                        digits.extend(third);
                        return self.octal(&digits, start).map(|c| Part::one(self.literal(c)));
                    }
                    self.at += 1;
                    digits.push(second);
                }
                let group = digits.parse().unwrap_or(usize::MAX);
                return self.back_reference(group, start + 1, start);
            }
            c => {
                let c = self.character(c, start)?;
                Part::one(self.literal(c))
            }
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
            'N' => return self.named(start),
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

    fn named(&mut self, start: usize) -> Result<char, RegexError> {
        if !self.accept('{') {
            return Err(self.error("missing {", self.at));
        }
        let from = self.at;
        let mut name = String::new();
        let closed = loop {
            match self.next() {
                None => break false,
                Some('}') => break true,
                Some(c) => name.push(c),
            }
        };
        if name.is_empty() {
            return Err(self.error("missing character name", from));
        }
        if !closed {
            return Err(self.error("missing }, unterminated name", from));
        }
        let shown = name.replace('\\', "\\\\").replace('\'', "\\'");
        super::character_named(&name)
            .ok_or_else(|| self.error(&format!("undefined character name '{shown}'"), start))
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
        let negated = self.accept('^');
        let (mut ranges, mut categories) = (Vec::new(), Vec::new());
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
                match low {
                    Item::Char(c) => ranges.push((c, c)),
                    Item::Category(category) => categories.push(category),
                }
                continue;
            }
            self.at += 1;
            let place = self.at;
            let Some(c) = self.next() else {
                return Err(self.error("unterminated character set", start));
            };
            let high = self.class_item(c, place)?;
            let (Item::Char(a), Item::Char(b)) = (low, high) else {
                return Err(self.bad_range(here));
            };
            if a > b {
                return Err(self.bad_range(here));
            }
            ranges.push((a, b));
        }
        // One character alone is that character.
        if let ([(a, b)], [], false) = (&*ranges, &*categories, negated)
            && a == b
        {
            return Ok(Part::one(self.literal(*a)));
        }
        Ok(Part::one(Node::Set(Set::new(negated, self.fold(), ranges, categories))))
    }

    fn bad_range(&self, here: usize) -> RegexError {
        let range: String = self.chars.get(here..self.at).unwrap_or(&[]).iter().collect();
        self.error(&format!("bad character range {range}"), here)
    }

    fn class_item(&mut self, c: char, here: usize) -> Result<Item, RegexError> {
        if c != '\\' {
            return Ok(Item::Char(c));
        }
        let Some(c) = self.next() else {
            return Err(self.error("bad escape (end of pattern)", here));
        };
        if "dDwWsS".contains(c) {
            return Ok(Item::Category(Category { letter: c, ascii: self.flags.ascii }));
        }
        let c = if c == 'b' { '\x08' } else { self.character(c, here)? };
        Ok(Item::Char(c))
    }
}

/// What stands in a class.
enum Item {
    Char(char),
    Category(Category),
}
