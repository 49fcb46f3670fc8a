//! Reads a pattern as Python's `re` does and writes the same pattern for fancy-regex.
//!
//! Everything is parsed, nothing is passed through: what Python rejects is rejected with Python's words, and
//! what the two engines read differently (`$`, `\Z`, `\w`, classes, octal escapes, flags) is spelled out.

use super::characters::literal;
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
pub(super) struct Part {
    pub text: String,
    pub low: u64,
    pub high: u64,
    pub kind: Kind,
}

/// What a quantifier after a piece would mean.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Atom,
    Repeat,
    Assertion,
    Nothing,
}

impl Part {
    pub fn one(text: impl Into<String>) -> Part {
        Part { text: text.into(), low: 1, high: 1, kind: Kind::Atom }
    }
    pub fn assertion(text: impl Into<String>) -> Part {
        Part { text: text.into(), low: 0, high: 0, kind: Kind::Assertion }
    }
    pub fn nothing() -> Part {
        Part { text: String::new(), low: 0, high: 0, kind: Kind::Nothing }
    }
}

/// The pattern and how far it is read.
pub(super) struct Parser {
    pub chars: Vec<char>,
    pub at: usize,
    pub flags: Flags,
    /// The widths of the groups opened so far; none while a group is open.
    pub groups: Vec<Option<(u64, u64)>>,
    pub names: Vec<(String, usize)>,
    /// How many groups there were when the look-behind being read began.
    behind: Option<usize>,
    /// Conditions on groups that may come later, with their places.
    late: Vec<(usize, usize)>,
}

impl Parser {
    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    pub fn accept(&mut self, c: char) -> bool {
        let hit = self.peek() == Some(c);
        self.at += usize::from(hit);
        hit
    }

    pub fn error(&self, message: &str, at: usize) -> RegexError {
        RegexError::at(&self.chars, message, at)
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
            self.at += 1;
            let next = self.item(c, start, depth)?;
            // A quantifier after a comment is that of what stands before the comment.
            if next.kind != Kind::Nothing {
                self.push(&mut all, std::mem::replace(&mut last, next));
            }
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
        if part.high == 0 {
            return Ok(self.repeated_nothing(&part.text, low, high));
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

    /// What matches no characters, repeated: it is there once, or may be missing. fancy-regex repeats no such thing.
    fn repeated_nothing(&mut self, text: &str, low: u64, high: u64) -> Part {
        let lazy = self.accept('?');
        let open = if !lazy && self.accept('+') { "(?>" } else { "(?:" };
        let text = match (low, high, lazy) {
            // The groups in it still count.
            (_, 0, _) => format!("(?:(?!){text}|)"),
            (0, _, false) => format!("{open}{text}|)"),
            (0, _, true) => format!("(?:|{text})"),
            _ => format!("{open}{text})"),
        };
        Part { text, low: 0, high: 0, kind: Kind::Repeat }
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
        if let Some(before) = self.behind {
            if self.groups.get(group - 1).is_none_or(Option::is_none) {
                return Err(self.error("cannot refer to an open group", from));
            }
            if group > before {
                return Err(
                    self.error("cannot refer to group defined in the same lookbehind subpattern", from)
                );
            }
        }
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

    pub fn name(&mut self, end: char, what: &str) -> Result<String, RegexError> {
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

    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, group)| *group)
    }

    pub fn back_reference(&mut self, group: usize, at: usize, open_at: usize) -> Result<Part, RegexError> {
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
}

fn quoted(name: &str) -> String {
    if name.contains('\'') && !name.contains('"') { format!("\"{name}\"") } else { format!("'{name}'") }
}
