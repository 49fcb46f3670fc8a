//! Regular expressions that a task gives for lines of a file: Python's on bytes, so classes know ASCII only.

use crate::Fault;
use crate::pyregex::{Flags, Match, PyRegex, Replacement};
use std::sync::Arc;

/// A compiled pattern. It is matched against one line without its newline.
pub struct Pattern {
    regex: Arc<PyRegex>,
}

impl Pattern {
    /// Compiles the pattern of the argument `argument`.
    ///
    /// # Errors
    /// It is no regular expression: in Python's words.
    pub fn new(text: &str, argument: &str) -> Result<Pattern, Fault> {
        Pattern::with(text, argument, Flags { ascii: true, ..Flags::default() })
    }

    /// The same where `^` and `$` match at each line of a text.
    ///
    /// # Errors
    /// It is no regular expression.
    pub fn multiline(text: &str, argument: &str) -> Result<Pattern, Fault> {
        Pattern::with(text, argument, Flags { ascii: true, multiline: true, ..Flags::default() })
    }

    /// The same with Python's flags.
    ///
    /// # Errors
    /// It is no regular expression.
    pub fn with(text: &str, argument: &str, flags: Flags) -> Result<Pattern, Fault> {
        let regex =
            PyRegex::new(text, flags).map_err(|e| Fault::raised(e.to_string()).with_argument(argument))?;
        Ok(Pattern { regex })
    }

    /// The first match in a line.
    pub fn search<'t>(&self, line: &'t str) -> Option<Match<'t>> {
        self.regex.search(line).ok().flatten()
    }

    /// `re.subn`: all matches replaced by what a template makes of them; and how many there were.
    ///
    /// # Errors
    /// What is wrong with the template, in Python's words.
    pub fn replace(&self, text: &str, template: &str) -> Result<(String, usize), String> {
        let replacement = Replacement::parse(template, &self.regex).map_err(|e| e.to_string())?;
        self.regex.replace(text, &replacement, 0).map_err(|e| e.to_string())
    }

    /// Where the group of this name begins and ends in the first match.
    pub fn span_of(&self, text: &str, name: &str) -> Option<(usize, usize)> {
        self.search(text)?.span(self.regex.group_named(name)?)
    }

    /// Its named groups, with their numbers.
    pub fn names(&self) -> &[(String, usize)] {
        self.regex.names()
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.regex.groups()
    }

    /// Whether it matches somewhere in a line.
    pub fn is_in(&self, line: &str) -> bool {
        self.search(line).is_some()
    }

    /// Python's `match.expand`: `\1`, `\g<name>` and the escapes of control characters.
    ///
    /// # Errors
    /// The template names a group that there is not, or has an escape that means nothing.
    pub fn expand(&self, template: &str, found: &Match<'_>) -> Result<String, Fault> {
        let replacement =
            Replacement::parse(template, &self.regex).map_err(|e| Fault::raised(e.to_string()))?;
        let mut out = String::new();
        replacement.expand(found, &mut out);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_classes_and_anchors_hold() {
        for (pattern, line, is_in) in [
            ("[[]x]", "[x]", true),
            ("[]a]+$", "]a]", true),
            ("^#? *Port [0-9]+\\Z", "#Port 22", true),
            ("[&~]", "&", true),
            ("(?P<a>x)(?P=a)", "xx", true),
            ("(?<!a)b", "ab", false),
        ] {
            assert_eq!(Pattern::new(pattern, "regexp").unwrap().is_in(line), is_in, "{pattern}");
        }
        let pattern = Pattern::new("(a)(?P<n>b)", "regexp").unwrap();
        let found = pattern.search("ab").unwrap();
        assert_eq!(pattern.expand(r"\2-\g<n>-\g<1>\t\\", &found).unwrap(), "b-b-a\t\\");
        assert_eq!(
            pattern.expand(r"\3", &found).unwrap_err().message,
            "invalid group reference 3 at position 1"
        );
    }
}
