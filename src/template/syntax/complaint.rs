//! The parser's complaints in Jinja2's words.

use super::prelex::Rewritten;
use crate::template::value::Error;

/// A syntax error in a `what` (template or expression).
pub fn of(error: &minijinja::Error, rewritten: &Rewritten, source: &str, what: &str) -> Error {
    let range = error.range();
    let token = range.clone().and_then(|r| rewritten.text.get(r)).unwrap_or("");
    let before = range.clone().and_then(|r| rewritten.text.get(..r.start)).unwrap_or("");
    let after = range.clone().and_then(|r| rewritten.text.get(r.start..)).unwrap_or("");
    let message = worded(error.detail().unwrap_or("invalid syntax"), token, before, after);
    let error = Error::failed(format!("Syntax error in {what}: {message}"));
    match range {
        Some(range) if source.contains('\n') => {
            let at = rewritten.original(range.start).min(source.len());
            let line = source.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
            error.hint(format!("in line {line} of the {what}"))
        }
        _ => error,
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
        Some(("end of input", "end of block")) => "Unexpected end of template.".into(),
        Some((got, "expression")) => format!("unexpected '{}'", name(got)),
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
