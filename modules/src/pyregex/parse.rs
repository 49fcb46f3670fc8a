//! Reads a pattern as Python's `re` does: what Python rejects is rejected with Python's words.

use super::node::{Fold, How, Node, Place};
use super::sets::Set;
use super::{Flags, RegexError};

/// How deep groups may nest; Python's own limit is its stack.
const MAX_DEPTH: usize = 100;
/// Python knows no more groups than these.
pub(super) const MAX_GROUPS: usize = 2_147_483_647 / 2;
/// What Python's engine writes for "no upper bound".
const MAX_REPEAT: u64 = 4_294_967_295;

/// A parsed pattern and what it captures.
pub(super) struct Parsed {
    pub node: Node,
    pub groups: usize,
    pub names: Vec<(String, usize)>,
}

/// Parses a whole pattern.
pub(super) fn parse(pattern: &str, flags: Flags) -> Result<Parsed, RegexError> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        flags,
        groups: Vec::new(),
        names: Vec::new(),
        behind: None,
        late: Vec::new(),
        leading_types: None,
        is_wide: false,
    };
    parser.leading_flags()?;
    let part = parser.alternatives(0)?;
    if parser.peek() == Some(')') {
        return Err(parser.error("unbalanced parenthesis", parser.at));
    }
    if let Some(&(group, at)) = parser.late.iter().find(|(group, _)| *group > parser.groups.len()) {
        return Err(parser.error(&format!("invalid group reference {group}"), at));
    }
    if parser.is_wide {
        return Err(RegexError("look-behind requires fixed-width pattern".to_owned()));
    }
    Ok(Parsed { node: part.node, groups: parser.groups.len(), names: parser.names })
}

/// A piece with the least and greatest number of characters it matches.
pub(super) struct Part {
    pub node: Node,
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
    pub fn one(node: Node) -> Part {
        Part { node, low: 1, high: 1, kind: Kind::Atom }
    }
    pub fn at(place: Place) -> Part {
        Part { node: Node::At(place), low: 0, high: 0, kind: Kind::Assertion }
    }
    pub fn nothing() -> Part {
        Part { node: Node::Empty, low: 0, high: 0, kind: Kind::Nothing }
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
    /// Which of `a` and `u` the pattern opened with.
    leading_types: Option<char>,
    /// A look-behind has no fixed width, which Python tells once all else is read.
    is_wide: bool,
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
            if self.chars.get(start + 2) == Some(&'#') {
                let rest = self.chars.get(start..).unwrap_or(&[]);
                let Some(length) = rest.iter().position(|c| *c == ')') else { return Ok(()) };
                self.at += length + 1;
                continue;
            }
            let rest = self.chars.get(start + 2..).unwrap_or(&[]);
            let letters: Vec<char> = rest.iter().copied().take_while(|c| "aiLmstux".contains(*c)).collect();
            if letters.is_empty() || rest.get(letters.len()) != Some(&')') {
                return Ok(());
            }
            let mut types = None;
            for (letter, at) in letters.iter().zip(start + 3..) {
                self.set_flag(*letter, at, &mut types)?;
            }
            let types = (types, self.leading_types);
            self.leading_types = types.0.or(types.1);
            if let (Some(a), Some(b)) = types
                && a != b
            {
                return Err(RegexError("ASCII and UNICODE flags are incompatible".to_owned()));
            }
            self.at = start + 3 + letters.len();
        }
    }

    /// Sets a flag that was read up to `at`; `types` is which of `a` and `u` came before.
    fn set_flag(&mut self, letter: char, at: usize, types: &mut Option<char>) -> Result<(), RegexError> {
        if "au".contains(letter) && *types.get_or_insert(letter) != letter {
            return Err(self.error("bad inline flags: flags 'a', 'u' and 'L' are incompatible", at));
        }
        match letter {
            'i' => self.flags.ignore_case = true,
            'm' => self.flags.multiline = true,
            's' => self.flags.dot_all = true,
            'x' => self.flags.verbose = true,
            'a' => self.flags.ascii = true,
            'u' => self.flags.ascii = false,
            't' => {}
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
        if self.peek() != Some('|') {
            return Ok(all);
        }
        let mut branches = vec![std::mem::replace(&mut all.node, Node::Empty)];
        while self.accept('|') {
            let next = self.sequence(depth)?;
            branches.push(next.node);
            all.low = all.low.min(next.low);
            all.high = all.high.max(next.high);
        }
        Ok(Part { node: Node::Either(branches), ..all })
    }

    fn sequence(&mut self, depth: usize) -> Result<Part, RegexError> {
        let mut all = Part::nothing();
        let mut nodes = Vec::new();
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
                self.push(&mut all, &mut nodes, std::mem::replace(&mut last, next));
            }
        }
        self.push(&mut all, &mut nodes, last);
        all.node = match (nodes.len(), nodes.pop()) {
            (1, Some(only)) => only,
            (_, None) => Node::Empty,
            (_, Some(last)) => {
                nodes.push(last);
                Node::Sequence(nodes)
            }
        };
        Ok(all)
    }

    fn push(&self, all: &mut Part, nodes: &mut Vec<Node>, part: Part) {
        if part.kind != Kind::Nothing {
            nodes.push(part.node);
        }
        all.low = (all.low + part.low).min(MAX_REPEAT);
        all.high = (all.high + part.high).min(MAX_REPEAT);
    }

    fn item(&mut self, c: char, start: usize, depth: usize) -> Result<Part, RegexError> {
        Ok(match c {
            '.' => Part::one(if self.flags.dot_all { Node::All } else { Node::Any }),
            '^' => Part::at(if self.flags.multiline { Place::LineStart } else { Place::Start }),
            '$' => Part::at(if self.flags.multiline { Place::LineEnd } else { Place::LastLineEnd }),
            '(' => self.group(start, depth)?,
            '[' => self.class(start)?,
            '\\' => self.escape(start)?,
            c => Part::one(self.literal(c)),
        })
    }

    /// How letters are compared here.
    pub fn fold(&self) -> Fold {
        match (self.flags.ignore_case, self.flags.ascii) {
            (false, _) => Fold::No,
            (true, true) => Fold::Ascii,
            (true, false) => Fold::Unicode,
        }
    }

    /// A character that stands for itself.
    pub fn literal(&self, c: char) -> Node {
        Set::cased(c, self.fold()).map_or(Node::Char(c), Node::Set)
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
        let how = if self.accept('?') {
            How::Lazy
        } else if self.accept('+') {
            How::Possessive
        } else {
            How::Greedy
        };
        let bound = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        // What takes no characters is there after one turn as after many.
        let least = if part.high == 0 { bound(low).min(1) } else { bound(low) };
        let node = Node::Repeat { body: Box::new(part.node), low: least, high: bound(high), how };
        let width = |n: u64, w: u64| n.saturating_mul(w).min(MAX_REPEAT);
        Ok(Part { node, low: width(low, part.low), high: width(high, part.high), kind: Kind::Repeat })
    }

    fn group(&mut self, start: usize, depth: usize) -> Result<Part, RegexError> {
        if !self.accept('?') {
            return self.capture(None, start, depth);
        }
        let Some(c) = self.next() else {
            return Err(self.error("unexpected end of pattern", self.at));
        };
        match c {
            ':' => self.wrapped(start, depth),
            '>' => {
                let inner = self.wrapped(start, depth)?;
                Ok(Part { node: Node::Atomic(Box::new(inner.node)), ..inner })
            }
            '=' => self.look(true, false, start, depth),
            '!' => self.look(false, false, start, depth),
            '<' => match self.next() {
                Some('=') => self.look(true, true, start, depth),
                Some('!') => self.look(false, true, start, depth),
                Some(c) => Err(self.unknown_extension("?<", c, start)),
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
                Some(c) => Err(self.unknown_extension("?P", c, start)),
                None => Err(self.error("unexpected end of pattern", self.at)),
            },
            '(' => self.conditional(start, depth),
            c if "aiLmstux-".contains(c) => self.scoped_flags(c, start, depth),
            c => Err(self.unknown_extension("?", c, start)),
        }
    }

    /// Python reads a backslash and what follows it as one.
    fn unknown_extension(&self, before: &str, c: char, start: usize) -> RegexError {
        let escaped = self.peek().filter(|_| c == '\\').map(String::from).unwrap_or_default();
        self.error(&format!("unknown extension {before}{c}{escaped}"), start + 1)
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
        Ok(Part { node: Node::Group(group, Box::new(inner.node)), kind: Kind::Atom, ..inner })
    }

    fn wrapped(&mut self, start: usize, depth: usize) -> Result<Part, RegexError> {
        let inner = self.alternatives(depth + 1)?;
        self.close(start)?;
        Ok(Part { kind: Kind::Atom, ..inner })
    }

    fn look(
        &mut self,
        wanted: bool,
        is_behind: bool,
        start: usize,
        depth: usize,
    ) -> Result<Part, RegexError> {
        let outer = self.behind;
        if is_behind && outer.is_none() {
            self.behind = Some(self.groups.len());
        }
        let inner = self.wrapped(start, depth)?;
        self.behind = outer;
        if is_behind && inner.low != inner.high {
            self.is_wide = true;
        }
        let behind = is_behind.then(|| u32::try_from(inner.low).unwrap_or(u32::MAX));
        let node = Node::Look { body: Box::new(inner.node), wanted, behind };
        Ok(Part { node, low: 0, high: 0, ..inner })
    }

    fn scoped_flags(&mut self, first: char, start: usize, depth: usize) -> Result<Part, RegexError> {
        let outer = self.flags;
        let mut next = first;
        let mut types = None;
        let mut on = String::new();
        while next != '-' {
            self.set_flag(next, self.at, &mut types)?;
            on.push(next);
            match self.next() {
                Some(')') => {
                    return Err(self.error("global flags not at the start of the expression", start));
                }
                Some(':') => return self.with_flags(outer, start, depth),
                Some(c) if "aiLmstux-".contains(c) => next = c,
                Some(c) if c.is_alphabetic() => return Err(self.error("unknown flag", self.at - 1)),
                Some(_) => return Err(self.error("missing -, : or )", self.at - 1)),
                None => return Err(self.error("missing -, : or )", self.at)),
            }
        }
        let mut any = false;
        loop {
            let letter = self.next();
            if letter.is_some_and(|c| on.contains(c)) {
                return Err(self.error("bad inline flags: flag turned on and off", self.at));
            }
            match letter {
                Some('i') => self.flags.ignore_case = false,
                Some('m') => self.flags.multiline = false,
                Some('s') => self.flags.dot_all = false,
                Some('x') => self.flags.verbose = false,
                Some('a' | 'u' | 'L') => {
                    let message = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return Err(self.error(message, self.at));
                }
                Some(':') if any => return self.with_flags(outer, start, depth),
                Some(c) if c.is_alphabetic() => return Err(self.error("unknown flag", self.at - 1)),
                Some(_) if any => return Err(self.error("missing :", self.at - 1)),
                Some(_) => return Err(self.error("missing flag", self.at - 1)),
                None if any => return Err(self.error("missing :", self.at)),
                None => return Err(self.error("missing flag", self.at)),
            }
            any = true;
        }
    }

    fn with_flags(&mut self, outer: Flags, start: usize, depth: usize) -> Result<Part, RegexError> {
        let inner = self.wrapped(start, depth)?;
        self.flags = outer;
        Ok(inner)
    }

    fn conditional(&mut self, start: usize, depth: usize) -> Result<Part, RegexError> {
        let from = self.at;
        let name = self.name(')', "group name")?;
        let group = if let Some(number) = group_number(&name) {
            match number {
                0 => return Err(self.error("bad group number", from)),
                n if n < MAX_GROUPS => n,
                n => return Err(self.error(&format!("invalid group reference {n}"), from)),
            }
        } else {
            self.check_name(&name, from)?;
            self.group_named(&name)
                .ok_or_else(|| self.error(&format!("unknown group name {}", quoted(&name)), from))?
        };
        if let Some(before) = self.behind {
            if self.groups.get(group - 1).is_none_or(Option::is_none) {
                return Err(self.error("cannot refer to an open group", self.at));
            }
            if group > before {
                return Err(
                    self.error("cannot refer to group defined in the same lookbehind subpattern", self.at)
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
            node: Node::Condition { group, yes: Box::new(yes.node), no: Box::new(no.node) },
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
        Ok(Part { node: Node::Back { group, fold: self.fold() }, low, high, kind: Kind::Atom })
    }
}

/// The number of a group as Python's `int` reads it; none where it is no number or less than nothing.
pub(super) fn group_number(text: &str) -> Option<usize> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let fine = digits.split('_').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    let number = fine.then(|| digits.replace('_', "").parse().unwrap_or(usize::MAX))?;
    (!negative || number == 0).then_some(number)
}

fn quoted(name: &str) -> String {
    if name.contains('\'') && !name.contains('"') { format!("\"{name}\"") } else { format!("'{name}'") }
}
