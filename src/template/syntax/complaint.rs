//! The parser's complaints in Jinja2's words.

use super::prelex::{self, Rewritten};
use crate::template::TemplateOptions;
use crate::template::value::Error;

/// A syntax error in a template.
pub fn of_template(
    error: &minijinja::Error,
    rewritten: &Rewritten,
    source: &str,
    options: &TemplateOptions,
) -> Error {
    let detail = error.detail().unwrap_or_default();
    let at = error.range().map_or(source.len(), |range| rewritten.original(range.start).min(source.len()));
    let misplaced =
        detail.strip_suffix("must be placed inside a loop").map(|tag| tag.trim().trim_matches('\''));
    let unknown = detail.strip_prefix("unknown statement ").map(|tag| tag.trim_matches('`')).or(misplaced);
    let is_cut = detail == "unexpected end of input, expected end of block";
    let opened = prelex::open_tags(source, options, if is_cut { source.len() } else { at });
    let message = match (unknown, &opened) {
        (Some(tag), _) => format!("Encountered unknown tag '{tag}'."),
        // the tag itself was not closed
        (None, None) if is_cut => "unexpected end of template, expected 'end of statement block'.".to_owned(),
        (None, Some(_)) if is_cut => "Unexpected end of template.".to_owned(),
        _ => return of(error, rewritten, source, "template"),
    };
    let wanted = opened.as_ref().and_then(|tags| tags.last()).map_or(String::new(), |tag| {
        let closers: Vec<String> = tag.closers().iter().map(|closer| format!("'{closer}'")).collect();
        let (closers, name) = (closers.join(" or "), tag.name);
        format!(
            " Jinja was looking for the following tags: {closers}. The innermost block that needs to be closed is \
             '{name}'."
        )
    });
    let error = Error::failed(format!("Syntax error in template: {message}{wanted}"));
    placed(error, source, at, "template")
}

/// The error with the line that it is in, where there are several.
fn placed(error: Error, source: &str, at: usize, what: &str) -> Error {
    if !source.contains('\n') {
        return error;
    }
    let line = source.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    error.hint(format!("in line {line} of the {what}"))
}

/// A syntax error in a `what` (template or expression).
pub fn of(error: &minijinja::Error, rewritten: &Rewritten, source: &str, what: &str) -> Error {
    let range = error.range();
    let token = range.clone().and_then(|r| rewritten.text.get(r)).unwrap_or("");
    let before = range.clone().and_then(|r| rewritten.text.get(..r.start)).unwrap_or("");
    let after = range.clone().and_then(|r| rewritten.text.get(r.start..)).unwrap_or("");
    let message = worded(error.detail().unwrap_or("invalid syntax"), token, before, after);
    let error = Error::failed(format!("Syntax error in {what}: {message}"));
    match range {
        Some(range) => placed(error, source, rewritten.original(range.start).min(source.len()), what),
        None => error,
    }
}

fn worded(detail: &str, token: &str, before: &str, after: &str) -> String {
    if let Some(tag) = detail.strip_prefix("unknown statement ") {
        return format!("Encountered unknown tag '{}'.", tag.trim_matches('`'));
    }
    match detail {
        "unexpected input after expression" => return "chunk after expression".into(),
        "unexpected character" => {
            let at = before.chars().count();
            let c = token.chars().next().or_else(|| after.chars().next()).unwrap_or(' ');
            return format!("unexpected char {} at {at}", crate::template::value::str_repr(&c.to_string()));
        }
        "unexpected end of string" => {
            let (at, quote) = open_quote(&format!("{before}{after}"));
            return format!(
                "unexpected char {} at {at}",
                crate::template::value::str_repr(&quote.to_string())
            );
        }
        "unexpected end of comment" => return "Missing end of comment tag".into(),
        "unexpected end of raw block" => return "Missing end of raw directive".into(),
        _ => {}
    }
    let Some(rest) = detail.strip_prefix("unexpected ") else { return detail.to_owned() };
    let name = |token_name: &str| match token_name {
        "identifier" => token.to_owned(),
        "end of block" => "end of statement block".into(),
        "end of variable block" => "end of print statement".into(),
        "end of input" => "end of template".into(),
        other => other.trim_matches('`').to_owned(),
    };
    match rest.split_once(", expected ") {
        Some((_, "identifier or integer")) => "expected name or number".into(),
        Some((got, expected)) if is_closing(got) && is_closing(expected) => {
            format!("unexpected '{}', expected '{}'", name(got), name(expected))
        }
        Some((got, "expression")) => format!("unexpected '{}'", name(got)),
        Some(("end of input", expected)) => {
            format!("unexpected end of template, expected '{}'.", name(expected))
        }
        Some((got, "identifier")) => format!("expected token 'name', got '{}'", name(got)),
        Some((got, expected)) => format!("expected token '{}', got '{}'", name(expected), name(got)),
        None if rest == "end of string"
            || rest == "character"
            || rest.contains(' ') && !rest.starts_with("end of") =>
        {
            detail.to_owned()
        }
        None => {
            let before = before.trim_end();
            let nothing = before.ends_with(['{', '%', '-', '+'])
                && (before.ends_with("{{") || before.ends_with("{%"))
                || ["if", "elif", "in"].iter().any(|word| before.ends_with(&format!(" {word}")));
            match nothing {
                true => format!("Expected an expression, got '{}'", name(rest)),
                false => format!("unexpected '{}'", name(rest)),
            }
        }
    }
}

/// The quote of the last tag that is not closed, and which character of the text it is.
fn open_quote(text: &str) -> (usize, char) {
    let from = ["{{", "{%"].iter().filter_map(|mark| text.rfind(mark)).max().unwrap_or(0);
    let mut open = None;
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        match open {
            Some((_, quote)) if c == quote && !escaped => open = None,
            None if matches!(c, '\'' | '"') => open = Some((from + at, c)),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    let (at, quote) = open.unwrap_or((from, '"'));
    (text[..at].chars().count(), quote)
}

/// Whether a token closes a bracket.
fn is_closing(token: &str) -> bool {
    matches!(token.trim_matches('`'), ")" | "]" | "}")
}
