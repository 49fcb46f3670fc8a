//! Terms of the old form `word name=value name="a b"`, as Ansible splits them.

use crate::template::value::{Error, Result};

/// A term's free words and its parameters in order.
pub(super) struct Parameters {
    /// What is no parameter, joined by blanks.
    pub raw: String,
    /// Names and values.
    pub named: Vec<(String, String)>,
}

/// Splits a term.
///
/// # Errors
/// A quote stays open.
pub(super) fn split(term: &str) -> Result<Parameters> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut chars = term.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) if chars.peek().is_some_and(|n| matches!(n, '"' | '\'' | '=')) => {
                word.push('\\');
                word.extend(chars.next());
            }
            (q @ ('"' | '\''), None) => {
                quote = Some(q);
                word.push(q);
            }
            (q, Some(open)) if q == open => {
                quote = None;
                word.push(q);
            }
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (c, _) => word.push(c),
        }
    }
    if quote.is_some() {
        return Err(Error::new("failed at splitting arguments, either an unbalanced jinja2 block or quotes"));
    }
    if !word.is_empty() {
        words.push(word);
    }
    let mut raw: Vec<String> = Vec::new();
    let mut named = Vec::new();
    for word in words {
        let at = word
            .char_indices()
            .find(|(i, c)| *c == '=' && !word[..*i].ends_with('\\'))
            .map(|(i, _)| i)
            .filter(|i| *i > 0);
        match at {
            Some(at) => {
                let (name, value) = (word[..at].trim(), word[at + 1..].trim());
                named.push((name.to_owned(), unquoted(value).to_owned()));
            }
            None => raw.push(word.replace("\\=", "=")),
        }
    }
    Ok(Parameters { raw: raw.join(" "), named })
}

fn unquoted(value: &str) -> &str {
    let inner = |q: char| value.strip_prefix(q).and_then(|v| v.strip_suffix(q));
    inner('"').or_else(|| inner('\'')).filter(|_| value.len() > 1).unwrap_or(value)
}
