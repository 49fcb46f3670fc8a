//! Regular expressions: `regex_replace`, `regex_search`, `regex_findall`, `regex_escape`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::pyregex::{self, Flags, Match, PyRegex, RegexError, Replacement};
use crate::template::value::{Error, Result, Value, str_repr};
use std::sync::Arc;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["regex_replace"],
        &["pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"],
        replace,
    ),
    Filter::new(&["regex_search"], &[], search).open(),
    Filter::new(&["regex_findall"], &["regex", "multiline", "ignorecase"], find_all),
    Filter::new(&["regex_escape"], &["re_type"], escape),
];

impl From<RegexError> for Error {
    fn from(error: RegexError) -> Error {
        Error::new(error.0)
    }
}

fn compile(pattern: &str, ignore_case: bool, multiline: bool) -> Result<Arc<PyRegex>> {
    Ok(PyRegex::new(pattern, Flags { ignore_case, multiline, ..Flags::default() })?)
}

/// The text to look in: anything as it prints, bytes as UTF-8.
fn subject(input: &Value) -> Result<String> {
    match input {
        Value::Bytes(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        other => other.to_text(),
    }
}

/// A pattern's text.
///
/// # Errors
/// It is no text.
pub(crate) fn pattern_text(value: &Value) -> Result<&str> {
    match value {
        Value::Str(s) => Ok(&s.text),
        Value::Undefined(marker) => Err(Error(marker.clone())),
        Value::List(_) | Value::Dict(_) => {
            Err(Error::new(format!("unhashable type: '{}'", value.class_name())))
        }
        _ => Err(Error::new("first argument must be string or compiled pattern")),
    }
}

/// What matches a pattern replaced, as often as `count` says.
///
/// # Errors
/// The pattern or the replacement is no text, or Python would not take it; `mandatory_count` is not met.
fn replace(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = subject(&input)?;
    let pattern = args.get(0, "pattern").map_or(Ok(""), pattern_text)?.to_owned();
    let with = match args.get(1, "replacement") {
        None => String::new(),
        Some(Value::Str(s)) => s.text.to_string(),
        Some(other) => {
            let name = other.class_name();
            return Err(Error::new(format!("decoding to str: need a bytes-like object, {name} found")));
        }
    };
    let regex = compile(&pattern, args.bool(2, "ignorecase", false)?, args.bool(3, "multiline", false)?)?;
    if let Some(Value::None) = args.get(4, "count") {
        return Err(Error::new("'NoneType' object cannot be interpreted as an integer"));
    }
    let count = args.int(4, "count", 0)?;
    let must = match args.get(5, "mandatory_count") {
        Some(count) if count.is_true()? => args.int(5, "mandatory_count", 0)?,
        _ => 0,
    };
    let replacement = Replacement::parse(&with, &regex)?;
    let (out, made) = match usize::try_from(count) {
        Ok(count) => regex.replace(&text, &replacement, count)?,
        // Less than none is none.
        Err(_) => (text.clone(), 0),
    };
    if must != 0 && must != made as i64 {
        return Err(Error::new(format!(
            "{} should match {must} times, but matches {count} times in {}",
            str_repr(&pattern),
            str_repr(&text)
        )));
    }
    Ok(Value::text(out, input.is_secret() || args.is_secret()))
}

/// The first match, or the groups asked for (`'\\1'`, `'\\g<name>'`); `None` where nothing matches.
fn search(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = subject(&input)?;
    let Some(pattern) = args.get(0, "regex") else {
        return Err(Error::new("regex_search() missing 1 required positional argument: 'regex'"));
    };
    let flag = |name: &str| args.keyword(name).map_or(Ok(false), Value::is_true);
    let secret = input.is_secret();
    let mut groups = Vec::new();
    for group in args.rest(1) {
        let Some(group) = group.as_str() else {
            let name = group.class_name();
            return Err(Error::new(format!("'{name}' object has no attribute 'startswith'")));
        };
        let none = || Error::new("'NoneType' object has no attribute 'group'");
        groups.push(if let Some(rest) = group.strip_prefix("\\g") {
            let name = rest.strip_prefix('<').and_then(|r| r.rsplit_once('>')).map(|(name, _)| name);
            let name = name.filter(|n| !n.is_empty() && !n.contains(char::is_whitespace));
            Group::Named(name.ok_or_else(none)?.to_owned())
        } else if let Some(rest) = group.strip_prefix('\\') {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            Group::Number(rest[..end].parse().map_err(|_| none())?)
        } else {
            return Err(Error::new("Unknown argument"));
        });
    }
    let regex = compile(pattern_text(pattern)?, flag("ignorecase")?, flag("multiline")?)?;
    let Some(found) = regex.search(&text)? else {
        return Ok(Value::None);
    };
    let value = |group: Option<&str>| group.map_or(Value::None, |t| Value::text(t, secret));
    if groups.is_empty() {
        return Ok(value(found.group(0)));
    }
    let mut out = Vec::new();
    for group in groups {
        let number = match group {
            Group::Number(number) => Some(number),
            Group::Named(name) => regex.group_named(&name),
        };
        match number.filter(|n| *n <= regex.groups()) {
            Some(number) => out.push(value(found.group(number))),
            None => return Err(Error::new("no such group")),
        }
    }
    Ok(Value::list(out))
}

enum Group {
    Number(usize),
    Named(String),
}

/// Everything that matches a pattern: as texts, or with several groups as tuples of theirs.
///
/// # Errors
/// The pattern is none of Python's.
fn find_all(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = subject(&input)?;
    let pattern = pattern_text(args.required(0, "regex")?)?;
    let regex = compile(pattern, args.bool(2, "ignorecase", false)?, args.bool(1, "multiline", false)?)?;
    let secret = input.is_secret();
    let group = |found: &Match<'_>, group: usize| Value::text(found.group(group).unwrap_or(""), secret);
    let found = regex.find_all(&text)?;
    Ok(Value::list(found.iter().map(|found| match regex.groups() {
        0 => group(found, 0),
        1 => group(found, 1),
        n => Value::tuple((1..=n).map(|i| group(found, i))),
    })))
}

/// A text with the characters escaped that mean something in a regular expression of the given kind.
///
/// # Errors
/// There is no such kind here.
fn escape(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = subject(&input)?;
    if let Some(Value::None) = args.get(0, "re_type") {
        return Err(Error::new("Invalid regex type (None)"));
    }
    let escaped = match args.str_or(0, "re_type", "python")? {
        "python" => pyregex::escape(&text),
        "posix_basic" => {
            let special = |c: char| "[].^$*\\".contains(c);
            text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
        }
        "posix_extended" => {
            return Err(Error::new("Regex type (posix_extended) not yet implemented"));
        }
        other => return Err(Error::new(format!("Invalid regex type ({other})"))),
    };
    Ok(Value::text(escaped, input.is_secret()))
}
