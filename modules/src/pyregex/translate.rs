//! Reads a pattern as Python's `re` does and writes the same pattern for fancy-regex.
//!
//! Everything is parsed, nothing is passed through: what Python rejects is rejected with Python's words, and
//! what the two engines read differently (`$`, `\Z`, `\w`, classes, octal escapes, flags) is spelled out.

use super::{Flags, RegexError};

/// How deep groups may nest; Python's own limit is its stack.
const MAX_DEPTH: usize = 100;
/// What Python's engine writes for "no upper bound".
const MAX_REPEAT: u64 = 4_294_967_295;

/// A translated pattern and what it captures.
pub(super) struct Translated {
    pub pattern: String,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

/// Translates a whole pattern.
pub(super) fn translate(pattern: &str, flags: Flags) -> Result<Translated, RegexError> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        flags,
        groups: Vec::new(),
        names: Vec::new(),
        behind: None,
        late: Vec::new(),
    };
    parser.leading_flags()?;
    let part = parser.alternatives(0)?;
    if parser.peek() == Some(')') {
        return Err(parser.error("unbalanced parenthesis", parser.at));
    }
    if let Some(&(group, at)) = parser.late.iter().find(|(group, _)| *group > parser.groups.len()) {
        return Err(parser.error(&format!("invalid group reference {group}"), at));
    }
    let pattern = if parser.flags.ignore_case { format!("(?i:{})", part.text) } else { part.text };
    Ok(Translated { pattern, groups: parser.groups.len(), names: parser.names })
}

/// A translated piece with the least and greatest number of characters it matches.
struct Part {
    text: String,
    low: u64,
    high: u64,
    kind: Kind,
}

/// What a quantifier after a piece would mean.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Atom,
    Repeat,
    Assertion,
    Nothing,
}

impl Part {
    fn one(text: impl Into<String>) -> Part {
        Part { text: text.into(), low: 1, high: 1, kind: Kind::Atom }
    }
    fn assertion(text: impl Into<String>) -> Part {
        Part { text: text.into(), low: 0, high: 0, kind: Kind::Assertion }
    }
    fn nothing() -> Part {
        Part { text: String::new(), low: 0, high: 0, kind: Kind::Nothing }
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    flags: Flags,
    /// The widths of the groups opened so far; none while a group is open.
    groups: Vec<Option<(u64, u64)>>,
    names: Vec<(String, usize)>,
    /// How many groups there were when the look-behind being read began.
    behind: Option<usize>,
    /// Conditions on groups that may come later, with their places.
    late: Vec<(usize, usize)>,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn accept(&mut self, c: char) -> bool {
        let hit = self.peek() == Some(c);
        self.at += usize::from(hit);
        hit
    }

    fn error(&self, message: &str, at: usize) -> RegexError {
        let before = self.chars.get(..at).unwrap_or(&self.chars);
        if !self.chars.contains(&'\n') {
            return RegexError(format!("{message} at position {at}"));
        }
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
        RegexError(format!("{message} at position {at} (line {line}, column {column})"))
    }

    /// Flags of the form `(?i)` count for the whole pattern and may only open it.
    fn leading_flags(&mut self) -> Result<(), RegexError> {
        loop {
            if self.flags.verbose {
                self.skip_blank();
            }
            let start = self.at;
            if self.peek() != Some('(') || self.chars.get(start + 1) != Some(&'?') {
                return Ok(());
            }
            let rest = self.chars.get(start + 2..).unwrap_or(&[]);
            let letters: Vec<char> = rest.iter().copied().take_while(|c| "aiLmsux".contains(*c)).collect();
            if letters.is_empty() || rest.get(letters.len()) != Some(&')') {
                return Ok(());
            }
            for letter in &letters {
                self.set_flag(*letter, start + 2)?;
            }
            self.at = start + 3 + letters.len();
        }
    }

    fn set_flag(&mut self, letter: char, at: usize) -> Result<(), RegexError> {
        match letter {
            'i' => self.flags.ignore_case = true,
            'm' => self.flags.multiline = true,
            's' => self.flags.dot_all = true,
            'x' => self.flags.verbose = true,
            'a' => self.flags.ascii = true,
            'u' => {}
            _ => {
                return Err(self.error("bad inline flags: cannot use 'L' flag with a str pattern", at));
            }
        }
        Ok(())
    }

    fn skip_blank(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' => self.at += 1,
                '#' => while self.next().is_some_and(|c| c != '\n') {},
                _ => return,
            }
        }
    }

    fn alternatives(&mut self, depth: usize) -> Result<Part, RegexError> {
        if depth > MAX_DEPTH {
            return Err(RegexError("groups are nested too deeply".to_owned()));
        }
        let mut all = self.sequence(depth)?;
        while self.accept('|') {
            let next = self.sequence(depth)?;
            all.text.push('|');
            all.text.push_str(&next.text);
            all.low = all.low.min(next.low);
            all.high = all.high.max(next.high);
        }
        Ok(all)
    }

    fn sequence(&mut self, depth: usize) -> Result<Part, RegexError> {
        let mut all = Part::nothing();
        let mut last = Part::nothing();
        loop {
            if self.flags.verbose {
                self.skip_blank();
            }
            let Some(c) = self.peek() else { break };
            if c == '|' || c == ')' {
                break;
            }
            let start = self.at;
            if let Some((low, high)) = self.quantifier(start)? {
                last = self.repeat(last, low, high, start)?;
                continue;
            }
            self.push(&mut all, last);
            self.at += 1;
            last = self.item(c, start, depth)?;
        }
        self.push(&mut all, last);
        Ok(all)
    }

    fn push(&self, all: &mut Part, part: Part) {
        all.text.push_str(&part.text);
        all.low = (all.low + part.low).min(MAX_REPEAT);
        all.high = (all.high + part.high).min(MAX_REPEAT);
    }

    fn item(&mut self, c: char, start: usize, depth: usize) -> Result<Part, RegexError> {
        Ok(match c {
            '.' => Part::one(if self.flags.dot_all { "(?s:.)" } else { r"[^\n]" }),
            '^' => Part::assertion(if self.flags.multiline { "(?m:^)" } else { r"\A" }),
            '$' => Part::assertion(if self.flags.multiline { "(?m:$)" } else { r"(?=\n?\z)" }),
            '(' => self.group(start, depth)?,
            '[' => self.class(start)?,
            '\\' => self.escape(start)?,
            c => Part::one(literal(c)),
        })
    }

    /// A quantifier at this place: its bounds. A brace that is none is a literal.
    fn quantifier(&mut self, start: usize) -> Result<Option<(u64, u64)>, RegexError> {
        Ok(Some(match self.peek() {
            Some('?') => (self.at += 1, (0, 1)).1,
            Some('*') => (self.at += 1, (0, MAX_REPEAT)).1,
            Some('+') => (self.at += 1, (1, MAX_REPEAT)).1,
            Some('{') => {
                self.at += 1;
                let low = self.digits();
                let high = if self.accept(',') { self.digits() } else { low.clone() };
                let comma = self.chars.get(self.at.wrapping_sub(1)) == Some(&',') || low != high;
                if (low.is_empty() && high.is_empty() && !comma) || !self.accept('}') {
                    self.at = start;
                    return Ok(None);
                }
                let read = |s: &str, none: u64| match s {
                    "" => Ok(none),
                    s => s.parse::<u64>().ok().filter(|n| *n < MAX_REPEAT).ok_or(()),
                };
                let (Ok(low), Ok(high)) = (read(&low, 0), read(&high, MAX_REPEAT)) else {
                    return Err(RegexError("the repetition number is too large".to_owned()));
                };
                if high < low {
                    return Err(self.error("min repeat greater than max repeat", start + 1));
                }
                (low, high)
            }
            _ => return Ok(None),
        }))
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        digits
    }

    fn repeat(&mut self, part: Part, low: u64, high: u64, start: usize) -> Result<Part, RegexError> {
        match part.kind {
            Kind::Nothing | Kind::Assertion => return Err(self.error("nothing to repeat", start)),
            Kind::Repeat => return Err(self.error("multiple repeat", start)),
            Kind::Atom => {}
        }
        let mut text = part.text;
        match (low, high) {
            (0, 1) => text.push('?'),
            (0, MAX_REPEAT) => text.push('*'),
            (1, MAX_REPEAT) => text.push('+'),
            (l, MAX_REPEAT) => text.push_str(&format!("{{{l},}}")),
            (l, h) => text.push_str(&format!("{{{l},{h}}}")),
        }
        if self.accept('?') {
            text.push('?');
        } else if self.accept('+') {
            text = format!("(?>{text})");
        }
        let width = |n: u64, w: u64| n.saturating_mul(w).min(MAX_REPEAT);
        Ok(Part { text, low: width(low, part.low), high: width(high, part.high), kind: Kind::Repeat })
    }

    fn group(&mut self, start: usize, depth: usize) -> Result<Part, RegexError> {
        if !self.accept('?') {
            return self.capture(None, start, depth);
        }
        let Some(c) = self.next() else {
            return Err(self.error("unexpected end of pattern", self.at));
        };
        match c {
            ':' => self.wrapped("(?:", start, depth),
            '>' => self.wrapped("(?>", start, depth),
            '=' => self.look("(?=", start, depth),
            '!' => self.look("(?!", start, depth),
            '<' => match self.next() {
                Some('=') => self.look("(?<=", start, depth),
                Some('!') => self.look("(?<!", start, depth),
                Some(c) => Err(self.error(&format!("unknown extension ?<{c}"), start + 1)),
                None => Err(self.error("unexpected end of pattern", self.at)),
            },
            '#' => loop {
                match self.next() {
                    None => return Err(self.error("missing ), unterminated comment", start)),
                    Some(')') => return Ok(Part::nothing()),
                    Some(_) => {}
                }
            },
            'P' => match self.next() {
                Some('<') => {
                    let from = self.at;
                    let name = self.name('>', "group name")?;
                    self.check_name(&name, from)?;
                    if let Some((_, old)) = self.names.iter().find(|(n, _)| *n == name) {
                        let message = format!(
                            "redefinition of group name {} as group {}; was group {old}",
                            quoted(&name),
                            self.groups.len() + 1
                        );
                        return Err(self.error(&message, from));
                    }
                    self.capture(Some(name), start, depth)
                }
                Some('=') => {
                    let from = self.at;
                    let name = self.name(')', "group name")?;
                    self.check_name(&name, from)?;
                    let Some(group) = self.group_named(&name) else {
                        return Err(self.error(&format!("unknown group name {}", quoted(&name)), from));
                    };
                    self.back_reference(group, from, from)
                }
                Some(c) => Err(self.error(&format!("unknown extension ?P{c}"), start + 1)),
                None => Err(self.error("unexpected end of pattern", self.at)),
            },
            '(' => self.conditional(start, depth),
            c if "aiLmsux-".contains(c) => self.scoped_flags(c, start, depth),
            c => Err(self.error(&format!("unknown extension ?{c}"), start + 1)),
        }
    }

    fn close(&mut self, start: usize) -> Result<(), RegexError> {
        if self.accept(')') {
            return Ok(());
        }
        Err(self.error("missing ), unterminated subpattern", start))
    }

    fn capture(&mut self, name: Option<String>, start: usize, depth: usize) -> Result<Part, RegexError> {
        self.groups.push(None);
        let group = self.groups.len();
        self.names.extend(name.map(|name| (name, group)));
        let flags = self.flags;
        let inner = self.alternatives(depth + 1)?;
        self.close(start)?;
        self.flags = flags;
        if let Some(slot) = self.groups.get_mut(group - 1) {
            *slot = Some((inner.low, inner.high));
        }
        Ok(Part { text: format!("({})", inner.text), kind: Kind::Atom, ..inner })
    }

    fn wrapped(&mut self, open: &str, start: usize, depth: usize) -> Result<Part, RegexError> {
        let inner = self.alternatives(depth + 1)?;
        self.close(start)?;
        Ok(Part { text: format!("{open}{})", inner.text), kind: Kind::Atom, ..inner })
    }

    fn look(&mut self, open: &str, start: usize, depth: usize) -> Result<Part, RegexError> {
        let is_behind = open.starts_with("(?<");
        let outer = self.behind;
        if is_behind && outer.is_none() {
            self.behind = Some(self.groups.len());
        }
        let inner = self.wrapped(open, start, depth)?;
        self.behind = outer;
        if is_behind && inner.low != inner.high {
            return Err(RegexError("look-behind requires fixed-width pattern".to_owned()));
        }
        Ok(Part { low: 0, high: 0, ..inner })
    }

    fn scoped_flags(&mut self, first: char, start: usize, depth: usize) -> Result<Part, RegexError> {
        let outer = self.flags;
        let mut next = first;
        let mut case = None;
        while next != '-' {
            self.set_flag(next, start + 2)?;
            if next == 'u' {
                self.flags.ascii = false;
            }
            if next == 'i' {
                case = Some(true);
            }
            match self.next() {
                Some(')') => {
                    return Err(self.error("global flags not at the start of the expression", start));
                }
                Some(':') => return self.with_flags(outer, case, start, depth),
                Some(c) if "aiLmsux-".contains(c) => next = c,
                Some(c) if c.is_alphabetic() => return Err(self.error("unknown flag", self.at - 1)),
                Some(_) => return Err(self.error("missing -, : or )", self.at - 1)),
                None => return Err(self.error("missing -, : or )", self.at)),
            }
        }
        let mut any = false;
        loop {
            match self.next() {
                Some('i') => (self.flags.ignore_case, case) = (false, Some(false)),
                Some('m') => self.flags.multiline = false,
                Some('s') => self.flags.dot_all = false,
                Some('x') => self.flags.verbose = false,
                Some('a' | 'u' | 'L') => {
                    let message = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return Err(self.error(message, self.at));
                }
                Some(':') if any => return self.with_flags(outer, case, start, depth),
                Some(c) if c.is_alphabetic() => return Err(self.error("unknown flag", self.at - 1)),
                Some(_) if any => return Err(self.error("missing :", self.at - 1)),
                Some(_) => return Err(self.error("missing flag", self.at - 1)),
                None if any => return Err(self.error("missing :", self.at)),
                None => return Err(self.error("missing flag", self.at)),
            }
            any = true;
        }
    }

    fn with_flags(
        &mut self,
        outer: Flags,
        case: Option<bool>,
        start: usize,
        depth: usize,
    ) -> Result<Part, RegexError> {
        let open = match case {
            Some(true) => "(?i:",
            Some(false) => "(?-i:",
            None => "(?:",
        };
        let inner = self.wrapped(open, start, depth)?;
        self.flags = outer;
        Ok(inner)
    }

    fn conditional(&mut self, start: usize, depth: usize) -> Result<Part, RegexError> {
        let from = self.at;
        let name = self.name(')', "group name")?;
        let group = if !name.is_empty() && name.chars().all(|c| c.is_ascii_digit()) {
            match name.parse::<usize>() {
                Ok(0) => return Err(self.error("bad group number", from)),
                Ok(n) if n < 10_000 => n,
                _ => return Err(self.error(&format!("invalid group reference {name}"), from)),
            }
        } else {
            self.check_name(&name, from)?;
            self.group_named(&name)
                .ok_or_else(|| self.error(&format!("unknown group name {}", quoted(&name)), from))?
        };
        self.late.push((group, from));
        let yes = self.sequence(depth + 1)?;
        let no = if self.accept('|') {
            let no = self.sequence(depth + 1)?;
            if self.peek() == Some('|') {
                return Err(self.error("conditional backref with more than two branches", self.at));
            }
            no
        } else {
            Part::nothing()
        };
        self.close(start)?;
        Ok(Part {
            text: format!("(?({group})(?:{})|(?:{}))", yes.text, no.text),
            low: yes.low.min(no.low),
            high: yes.high.max(no.high),
            kind: Kind::Atom,
        })
    }

    fn name(&mut self, end: char, what: &str) -> Result<String, RegexError> {
        let from = self.at;
        let mut name = String::new();
        loop {
            match self.next() {
                None if name.is_empty() => {
                    return Err(self.error(&format!("missing {what}"), from));
                }
                None => return Err(self.error(&format!("missing {end}, unterminated name"), from)),
                Some(c) if c == end && name.is_empty() => {
                    return Err(self.error(&format!("missing {what}"), from));
                }
                Some(c) if c == end => return Ok(name),
                Some(c) => name.push(c),
            }
        }
    }

    fn check_name(&self, name: &str, from: usize) -> Result<(), RegexError> {
        let mut chars = name.chars();
        let good = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_');
        if good {
            return Ok(());
        }
        Err(self.error(&format!("bad character in group name {}", quoted(name)), from))
    }

    fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, group)| *group)
    }

    fn back_reference(&mut self, group: usize, at: usize, open_at: usize) -> Result<Part, RegexError> {
        let Some(width) = group.checked_sub(1).and_then(|i| self.groups.get(i)) else {
            return Err(self.error(&format!("invalid group reference {group}"), at));
        };
        let Some((low, high)) = *width else {
            return Err(self.error("cannot refer to an open group", open_at));
        };
        if self.behind.is_some_and(|before| group > before) {
            return Err(self.error("cannot refer to group defined in the same lookbehind subpattern", at));
        }
        Ok(Part { text: format!("(?:\\{group})"), low, high, kind: Kind::Atom })
    }

    fn escape(&mut self, start: usize) -> Result<Part, RegexError> {
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
                "(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))"
            } else {
                r"\B"
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

    fn class(&mut self, start: usize) -> Result<Part, RegexError> {
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

fn literal(c: char) -> String {
    match c {
        c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
        c if c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    }
}

fn quoted(name: &str) -> String {
    if name.contains('\'') && !name.contains('"') { format!("\"{name}\"") } else { format!("'{name}'") }
}
