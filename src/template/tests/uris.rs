//! What text looks like: `uri`, `url`, `urn`, `vault_encrypted`.

use super::Test;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["uri"], &["schemes"], |_, input, args| Ok(read(&input, args)?.is_some())),
    Test::new(&["url"], &["schemes"], |_, input, args| {
        let of_file = || {
            input.as_str().and_then(|text| text.get(..6)).is_some_and(|s| s.eq_ignore_ascii_case("file:/"))
        };
        Ok(read(&input, args)?.is_some_and(|host| !host.is_empty() || of_file()))
    }),
    Test::new(&["urn"], &[], |_, input, _| {
        let text = input.as_str().unwrap_or("");
        Ok(text.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("urn")))
    }),
    Test::new(&["vault_encrypted"], &[], |eval, input, _| {
        Ok(match &input {
            Value::Vault(_) => true,
            Value::Undefined(marker) if marker.sealed.is_some() => true,
            Value::Undefined(marker) => return Err(Error(marker.clone())),
            Value::Str(s) => s.secret && eval.world().sealed(&s.text).is_some(),
            _ => false,
        })
    })
    .lazy()
    .sees_undefined(),
];

/// The host's part of a URI with an allowed scheme. Without a list of schemes even plain text counts as a URI: its
/// scheme is implied.
fn read(input: &Value, args: &Args) -> Result<Option<String>> {
    let text = match input {
        Value::Str(text) => &*text.text,
        // what is empty counts as empty text
        other if !other.is_true()? && !matches!(other, Value::Void(_)) => {
            return match args.get(0, "schemes") {
                Some(schemes) if schemes.is_true()? => Ok(None),
                _ => Ok(Some(String::new())),
            };
        }
        _ => return Ok(None),
    };
    let scheme_like = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let (scheme, rest) = text.split_once(':').filter(|(s, _)| scheme_like(s)).unwrap_or(("", text));
    let host = match rest.strip_prefix("//") {
        Some(after) => after.split(['/', '?', '#']).next().unwrap_or(""),
        None => "",
    };
    if host.contains('[') != host.contains(']') {
        return Ok(None);
    }
    let allowed = match args.get(0, "schemes") {
        Some(schemes) if schemes.is_true()? => {
            // what cannot be searched allows nothing
            schemes.contains(&Value::str(scheme.to_lowercase())).unwrap_or(false)
        }
        _ => true,
    };
    Ok(allowed.then(|| host.to_owned()))
}
