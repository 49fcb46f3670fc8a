//! Python's `re` on top of fancy-regex: its syntax, its errors, its rules for empty matches.

mod characters;
mod expand;
#[cfg(test)]
mod tests;
mod translate;

pub use expand::Replacement;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

/// How many steps back a match may take before it is given up: patterns and texts are not trusted.
const BACKTRACK_LIMIT: usize = 5_000_000;
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
    translated: String,
    search: fancy_regex::Regex,
    groups: usize,
    names: Vec<(String, usize)>,
    /// Matches at the start of the text only.
    anchored: OnceLock<Option<fancy_regex::Regex>>,
    /// Does not match empty where the search starts; for the search after an empty match.
    advancing: OnceLock<Option<fancy_regex::Regex>>,
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
    /// What Python rejects, in its words; what fancy-regex cannot do, in its own.
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
        let translated = translate::translate(pattern, flags)?;
        let regex = Arc::new(PyRegex {
            search: build(&translated.pattern)?,
            translated: translated.pattern,
            groups: translated.groups,
            names: translated.names,
            anchored: OnceLock::new(),
            advancing: OnceLock::new(),
        });
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
        self.groups
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
        self.run(&self.search, text, 0)
    }

    /// `re.match`: a match at the start of the text.
    ///
    /// # Errors
    /// The match took too many steps.
    pub fn match_start<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let anchored = self.anchored.get_or_init(|| build(&format!("\\A(?:{})", self.translated)).ok());
        match anchored {
            Some(regex) => self.run(regex, text, 0),
            None => Err(RegexError("the pattern is too large".to_owned())),
        }
    }

    /// `re.fullmatch`: a match of the whole text.
    ///
    /// # Errors
    /// The match took too many steps, or the pattern is too large.
    pub fn full_match<'t>(&self, text: &'t str) -> Result<Option<Match<'t>>, RegexError> {
        let whole = build(&format!("\\A(?:{})\\z", self.translated))?;
        self.run(&whole, text, 0)
    }

    /// `re.finditer`: all matches. An empty match may follow right after a match that was not.
    ///
    /// # Errors
    /// A match took too many steps.
    pub fn find_all<'t>(&self, text: &'t str) -> Result<Vec<Match<'t>>, RegexError> {
        self.find_up_to(text, usize::MAX)
    }

    fn find_up_to<'t>(&self, text: &'t str, count: usize) -> Result<Vec<Match<'t>>, RegexError> {
        let mut found: Vec<Match<'t>> = Vec::new();
        let mut at = 0;
        let mut was_empty = false;
        while at <= text.len() && found.len() < count {
            let regex = if was_empty { self.advancing()? } else { &self.search };
            let Some(next) = self.run(regex, text, at)? else { break };
            was_empty = next.start() == next.end();
            at = next.end();
            found.push(next);
        }
        Ok(found)
    }

    fn advancing(&self) -> Result<&fancy_regex::Regex, RegexError> {
        let built = self.advancing.get_or_init(|| build(&format!("(?:{})(?!\\G)", self.translated)).ok());
        built.as_ref().ok_or_else(|| RegexError("the pattern is too large".to_owned()))
    }

    /// `re.subn`: replaces the first `count` matches (0: all); the text, and how many were replaced.
    ///
    /// # Errors
    /// A match took too many steps.
    pub fn replace(
        &self,
        text: &str,
        replacement: &Replacement,
        count: usize,
    ) -> Result<(String, usize), RegexError> {
        let found = self.find_up_to(text, if count == 0 { usize::MAX } else { count })?;
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for next in &found {
            out.push_str(text.get(at..next.start()).unwrap_or(""));
            replacement.expand(next, &mut out);
            at = next.end();
        }
        out.push_str(text.get(at..).unwrap_or(""));
        Ok((out, found.len()))
    }

    /// `re.split`: the text between matches, and the groups of the matches.
    ///
    /// # Errors
    /// A match took too many steps.
    pub fn split<'t>(&self, text: &'t str, most: usize) -> Result<Vec<Option<&'t str>>, RegexError> {
        let mut parts = Vec::new();
        let mut at = 0;
        for next in self.find_up_to(text, if most == 0 { usize::MAX } else { most })? {
            parts.push(text.get(at..next.start()));
            parts.extend((1..=self.groups).map(|group| next.group(group)));
            at = next.end();
        }
        parts.push(text.get(at..));
        Ok(parts)
    }

    fn run<'t>(
        &self,
        regex: &fancy_regex::Regex,
        text: &'t str,
        at: usize,
    ) -> Result<Option<Match<'t>>, RegexError> {
        let found = regex
            .captures_from_pos(text, at)
            .map_err(|error| RegexError(format!("the pattern took too many steps: {error}")))?;
        Ok(found.map(|captures| Match {
            groups: (0..=self.groups).map(|i| captures.get(i).map(|m| (m.start(), m.end()))).collect(),
            text,
        }))
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

fn build(pattern: &str) -> Result<fancy_regex::Regex, RegexError> {
    fancy_regex::RegexBuilder::new(pattern)
        .backtrack_limit(BACKTRACK_LIMIT)
        .build()
        .map_err(|error| RegexError(format!("the pattern cannot be used: {error}")))
}
