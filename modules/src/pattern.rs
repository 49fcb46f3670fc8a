//! Regular expressions that a task gives for lines of a file: Python's, as far as files need them.

use crate::Fault;
use fancy_regex::{Captures, Regex};

/// A compiled pattern. It is matched against one line without its newline.
pub struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// Compiles the pattern of the argument `argument`.
    ///
    /// # Errors
    /// It is no regular expression.
    pub fn new(text: &str, argument: &str) -> Result<Pattern, Fault> {
        let regex = Regex::new(&translate(text))
            .map_err(|e| Fault::at(argument, format!("{argument} is not a regular expression: {e}")))?;
        Ok(Pattern { regex })
    }

    /// The first match in a line.
    pub fn search<'t>(&self, line: &'t str) -> Option<Captures<'t, str>> {
        self.regex.captures(line).ok().flatten()
    }

    /// The first match from a place on; what comes before still counts for `^` and the like.
    pub fn search_from<'t>(&self, text: &'t str, at: usize) -> Option<Captures<'t, str>> {
        self.regex.captures_from_pos(text, at).ok().flatten()
    }

    /// The names of its groups.
    pub fn names(&self) -> Vec<String> {
        self.regex.capture_names().flatten().map(str::to_owned).collect()
    }

    /// Whether it matches somewhere in a line.
    pub fn is_in(&self, line: &str) -> bool {
        self.search(line).is_some()
    }
}

/// What differs between Python's syntax and ours: `\Z`, and what is plain inside of a class there.
fn translate(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut class = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('Z') if !class => out.push_str("\\z"),
                Some(c) => out.extend(['\\', c]),
                None => out.push('\\'),
            },
            '[' if class => out.push_str("\\["),
            '[' => {
                class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    out.extend(chars.next());
                }
                // A bracket in first place is itself.
                if chars.peek() == Some(&']') {
                    chars.next();
                    out.push_str("\\]");
                }
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '&' | '~' if class => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Python's `match.expand`: `\1`, `\g<name>` and the escapes of control characters.
pub fn expand(template: &str, found: &Captures<'_, str>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let after = tail.get(1..).unwrap_or_default();
        let digits = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let (number, next) = after.split_at_checked(digits).unwrap_or((after, ""));
            let group = number.parse().ok().and_then(|n| found.get(n));
            out.push_str(group.map_or("", |m| m.as_str()));
            rest = next;
            continue;
        }
        if let Some((name, next)) = after.strip_prefix("g<").and_then(|a| a.split_once('>')) {
            let group = match name.parse() {
                Ok(number) => found.get(number),
                Err(_) => found.name(name),
            };
            out.push_str(group.map_or("", |m| m.as_str()));
            rest = next;
            continue;
        }
        let mut chars = after.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('\\') => out.push('\\'),
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

/// Whether a template refers to groups that a pattern has.
///
/// # Errors
/// It does not; in Python's words.
pub fn check_template(template: &str, pattern: &Pattern) -> Result<(), String> {
    let groups = pattern.regex.captures_len();
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        let after = rest.get(at + 1..).unwrap_or_default();
        let place = template.len() - after.len();
        let digits = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
        let number = after.get(..digits).and_then(|d| d.parse::<usize>().ok());
        match (number, after.strip_prefix("g<").and_then(|a| a.split_once('>'))) {
            (Some(number), _) if number >= groups => {
                return Err(format!("invalid group reference {number} at position {place}"));
            }
            (None, Some((name, _))) => {
                let known = match name.parse::<usize>() {
                    Ok(number) => number < groups,
                    Err(_) => pattern.names().iter().any(|known| known == name),
                };
                if !known {
                    return Err(format!("unknown group name {name:?}").replace('"', "'"));
                }
            }
            (None, None) => {
                if let Some(c) =
                    after.chars().next().filter(|c| c.is_ascii_alphabetic() && !"abfnrtvg".contains(*c))
                {
                    return Err(format!("bad escape \\{c} at position {}", place.saturating_sub(1)));
                }
            }
            _ => {}
        }
        let width = after.chars().next().map_or(0, char::len_utf8);
        rest = after.get(width..).unwrap_or_default();
    }
    Ok(())
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
        let found = Pattern::new("(a)(?P<n>b)", "regexp").unwrap();
        assert_eq!(expand(r"\2-\g<n>-\g<1>\t\\", &found.search("ab").unwrap()), "b-b-a\t\\");
    }
}
