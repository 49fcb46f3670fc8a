//! Python's `re`: its syntax, its errors, its way of matching.
//!
//! A matcher of its own that goes back over its choices as Python's does, since what a pattern captures, which
//! letters are the same and where a word ends differ in small ways between engines.

mod characters;
mod expand;
mod matcher;
mod named;
mod node;
mod parse;
mod program;
mod sets;
#[cfg(test)]
mod tests;

pub use expand::Replacement;
pub use named::character_named;
pub use sets::Letters;

use matcher::Matcher;
use program::Program;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// How long a text may become by what is put into it, if it was not as long before.
const LONGEST: usize = 160_000_000;
/// How many matches with their groups are held at once.
const MOST_MATCHES: usize = 10_000_000;
/// How many compiled patterns are kept; Python keeps 512.
const KEPT: usize = 256;

/// What `re` would raise: its message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RegexError(pub String);

impl RegexError {
    /// A message with its place in the pattern or replacement: where that has lines, by line and column too.
    pub(crate) fn at(chars: &[char], message: &str, at: usize) -> RegexError {
        let before = chars.get(..at).unwrap_or(chars);
        if !chars.contains(&'\n') {
            return RegexError(format!("{message} at position {at}"));
        }
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
        RegexError(format!("{message} at position {at} (line {line}, column {column})"))
    }
}

/// Python's flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// `re.I`
    pub ignore_case: bool,
    /// `re.M`: `^` and `$` match at lines.
    pub multiline: bool,
    /// `re.S`: `.` matches a newline.
    pub dot_all: bool,
    /// `re.X`: blanks and comments in the pattern do not count.
    pub verbose: bool,
    /// `re.A`: `\w`, `\d`, `\s`, `\b` know ASCII only.
    pub ascii: bool,
}

/// A compiled pattern.
pub struct PyRegex {
    program: Program,
    names: Vec<(String, usize)>,
}

/// One match, with its groups.
pub struct Match<'t> {
    groups: Vec<Option<(usize, usize)>>,
    text: &'t str,
}

impl<'t> Match<'t> {
    /// The text of a group; 0 is the whole match.
    pub fn group(&self, group: usize) -> Option<&'t str> {
        let (start, end) = (*self.groups.get(group)?)?;
        self.text.get(start..end)
    }

    /// Where a group starts and ends, in bytes.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        self.groups.get(group).copied().flatten()
    }

    /// Where the match starts, in bytes.
    pub fn start(&self) -> usize {
        self.groups.first().copied().flatten().map_or(0, |g| g.0)
    }

    /// Where the match ends, in bytes.
    pub fn end(&self) -> usize {
        self.groups.first().copied().flatten().map_or(0, |g| g.1)
    }
}

impl PyRegex {
    /// Compiles a pattern, or takes it from those compiled before.
    ///
    /// # Errors
    /// What Python rejects, in its words; a pattern that is too large.
    pub fn new(pattern: &str, flags: Flags) -> Result<Arc<PyRegex>, RegexError> {
        type Kept = HashMap<(String, Flags), Arc<PyRegex>>;
        static COMPILED: OnceLock<Mutex<Kept>> = OnceLock::new();
        let compiled = COMPILED.get_or_init(Mutex::default);
        let key = (pattern.to_owned(), flags);
        if let Ok(kept) = compiled.lock()
            && let Some(regex) = kept.get(&key)
        {
            return Ok(regex.clone());
        }
        let parsed = parse::parse(pattern, flags)?;
        let program = Program::new(parsed.node, parsed.groups)?;
        let regex = Arc::new(PyRegex { program, names: parsed.names });
        if let Ok(mut kept) = compiled.lock() {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(key, regex.clone());
        }
        Ok(regex)
    }

    /// How many groups the pattern has, the whole match not counted.
    pub fn groups(&self) -> usize {
        self.program.groups
    }

    /// The number of a named group.
    pub fn group_named(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(n, _)| n == name).map(|(_, group)| *group)
    }

    /// The named groups, with their numbers.
    pub fn names(&self) -> &[(String, usize)] {
        &self.names
    }

    /// `re.search`: the first match anywhere.
    ///
    /// # Errors
    /// The match took too many steps.
    pub fn search<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let mut matcher = Matcher::new(&self.program, text)?;
        Ok(matcher.search(0, false)?.then(|| Match { groups: matcher.groups(), text }))
    }

    /// `re.match`: a match at the start of the text.
    ///
    /// # Errors
    /// The match took too many steps.
    pub fn match_start<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let mut matcher = Matcher::new(&self.program, text)?;
        Ok(matcher.match_at(0, false)?.then(|| Match { groups: matcher.groups(), text }))
    }

    /// `re.fullmatch`: a match of the whole text.
    ///
    /// # Errors
    /// The match took too many steps.
    pub fn full_match<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let mut matcher = Matcher::new(&self.program, text)?;
        Ok(matcher.match_at(0, true)?.then(|| Match { groups: matcher.groups(), text }))
    }

    /// `re.finditer`: all matches. An empty match may follow right after a match that was not.
    ///
    /// # Errors
    /// The matches took too many steps, or are too many.
    pub fn find_all<'t>(&self, text: &'t str) -> Result<Vec<Match<'t>>, RegexError> {
        let mut found = Vec::new();
        self.each(text, usize::MAX, |next| {
            if found.len() * (self.groups() + 3) >= MOST_MATCHES {
                return Err(RegexError("the pattern matches too often".to_owned()));
            }
            found.push(next);
            Ok(())
        })?;
        Ok(found)
    }

    /// Gives the first matches, `count` at most, one after the other; how many they were.
    fn each<'t>(
        &self,
        text: &'t str,
        count: usize,
        mut take: impl FnMut(Match<'t>) -> Result<(), RegexError>,
    ) -> Result<usize, RegexError> {
        let mut matcher = Matcher::new(&self.program, text)?;
        let (mut at, mut was_empty, mut taken) = (0, false, 0);
        while taken < count && matcher.search(at, was_empty)? {
            let next = Match { groups: matcher.groups(), text };
            was_empty = next.start() == next.end();
            at = next.end();
            taken += 1;
            take(next)?;
        }
        Ok(taken)
    }

    /// `re.subn`: replaces the first `count` matches (0: all); the text, and how many were replaced.
    ///
    /// # Errors
    /// The matches took too many steps, or the text becomes too long.
    pub fn replace(
        &self,
        text: &str,
        replacement: &Replacement,
        count: usize,
    ) -> Result<(String, usize), RegexError> {
        let mut out = String::new();
        let mut at = 0;
        let most = LONGEST.max(text.len().saturating_mul(2));
        let made = self.each(text, if count == 0 { usize::MAX } else { count }, |next| {
            out.push_str(text.get(at..next.start()).unwrap_or(""));
            replacement.expand(&next, &mut out);
            at = next.end();
            if out.len() > most {
                return Err(RegexError(format!("the result would be too large (over {most} bytes)")));
            }
            Ok(())
        })?;
        out.push_str(text.get(at..).unwrap_or(""));
        Ok((out, made))
    }

    /// `re.split`: the text between matches, and the groups of the matches.
    ///
    /// # Errors
    /// The matches took too many steps, or are too many.
    pub fn split<'t>(&self, text: &'t str, most: usize) -> Result<Vec<Option<&'t str>>, RegexError> {
        let mut parts = Vec::new();
        let mut at = 0;
        self.each(text, if most == 0 { usize::MAX } else { most }, |next| {
            if parts.len() >= MOST_MATCHES {
                return Err(RegexError("the pattern matches too often".to_owned()));
            }
            parts.push(text.get(at..next.start()));
            parts.extend((1..=self.groups()).map(|group| next.group(group)));
            at = next.end();
            Ok(())
        })?;
        parts.push(text.get(at..));
        Ok(parts)
    }
}

/// `re.escape`: every character that could mean something gets a backslash.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
