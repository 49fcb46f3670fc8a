//! Cutting texts into parts, and finding one in another, as Python's `str` does it.

use crate::python::letters::is_space;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, fits};

/// A text of that many bytes has not too many parts, however it is cut.
const FEW: usize = 5_000_000;

/// The lines of a text, cut where Python cuts them.
pub fn lines(s: &str, keep_ends: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut line = String::new();
    let mut chars = s.chars().peekable();
    while let Some(c) = chars.next() {
        let ends =
            matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if !ends {
            line.push(c);
            continue;
        }
        if keep_ends {
            line.push(c);
        }
        if c == '\r' && chars.next_if_eq(&'\n').is_some() && keep_ends {
            line.push('\n');
        }
        out.push(std::mem::take(&mut line));
    }
    if !line.is_empty() {
        out.push(line);
    }
    out
}

/// `str.split` and `str.rsplit` with their two arguments.
///
/// # Errors
/// The separator is empty or no text.
pub fn split(s: &str, from_right: bool, args: &Args) -> Result<Value> {
    let separator = match args.get(0, "sep") {
        Some(v) if !v.is_none() && v.as_str().is_none() => {
            return Err(Error::new(format!("must be str or None, not {}", v.type_name())));
        }
        _ => args.opt_str(0, "sep")?,
    };
    let limit = usize::try_from(args.index(1, "maxsplit", -1)?).ok();
    if s.len() > FEW {
        let places =
            separator.filter(|sep| !sep.is_empty()).map_or(s.len() / 2, |sep| s.matches(sep).count());
        fits(places.min(limit.unwrap_or(usize::MAX)).saturating_mul(16))?;
    }
    let parts: Vec<&str> = match separator {
        Some("") => return Err(Error::new("empty separator")),
        Some(separator) => match (limit, from_right) {
            (None, _) => s.split(separator).collect(),
            (Some(n), false) => s.splitn(n.saturating_add(1), separator).collect(),
            (Some(n), true) => {
                let mut parts: Vec<&str> = s.rsplitn(n.saturating_add(1), separator).collect();
                parts.reverse();
                parts
            }
        },
        None => match limit {
            None => s.split(is_space).filter(|part| !part.is_empty()).collect(),
            Some(n) if from_right => blanks_from_right(s, n),
            Some(n) => blanks(s, n),
        },
    };
    Ok(Value::list(parts.into_iter().map(Value::from)))
}

/// Split at blanks so many times; what is left then keeps those at its end.
pub(in crate::template) fn blanks(s: &str, limit: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = s.trim_start_matches(is_space);
    while !rest.is_empty() {
        let end = if out.len() < limit { rest.find(is_space) } else { None };
        let Some(end) = end else {
            out.push(rest);
            break;
        };
        out.push(&rest[..end]);
        rest = rest[end..].trim_start_matches(is_space);
    }
    out
}

fn blanks_from_right(s: &str, limit: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = s.trim_end_matches(is_space);
    while !rest.is_empty() {
        let blank = rest.char_indices().rev().find(|(_, c)| is_space(*c));
        match blank {
            Some((i, c)) if out.len() < limit => {
                out.push(&rest[i + c.len_utf8()..]);
                rest = rest[..i].trim_end_matches(is_space);
            }
            _ => {
                out.push(rest);
                break;
            }
        }
    }
    out.reverse();
    out
}

/// `partition` and `rpartition`.
pub(super) fn partition(s: &str, from_right: bool, args: &Args) -> Result<Value> {
    let separator = args.str(0, "sep")?;
    if separator.is_empty() {
        return Err(Error::new("empty separator"));
    }
    let at = if from_right { s.rfind(separator) } else { s.find(separator) };
    let parts = match at {
        Some(i) => [&s[..i], separator, &s[i + separator.len()..]],
        None if from_right => ["", "", s],
        None => [s, "", ""],
    };
    Ok(Value::tuple(parts.map(Value::from)))
}

/// Where a part between two arguments begins and ends in something of that length; `None` where it cannot be.
pub(super) fn bounds(length: usize, args: &Args) -> Result<Option<(usize, usize)>> {
    let length = length as i64;
    let place = |at: usize, otherwise: i64| -> Result<i64> {
        match args.positional.get(at) {
            None | Some(Value::None) => Ok(otherwise),
            Some(Value::Big(big)) if big.sign() == num_bigint::Sign::Minus => Ok(0),
            Some(Value::Big(_)) => Ok(i64::MAX),
            Some(v) => match v.as_int() {
                Some(i) if i < 0 => Ok(i.saturating_add(length).max(0)),
                Some(i) => Ok(i),
                None => Err(Error::new("slice indices must be integers or None or have an __index__ method")),
            },
        }
    };
    let (start, end) = (place(1, 0)?, place(2, length)?.min(length));
    Ok((start <= end).then_some((start as usize, end as usize)))
}

/// The part of a text between two character positions, as slices take them.
fn between<'a>(s: &'a str, args: &Args) -> Result<Option<&'a str>> {
    let byte = |at: usize| s.char_indices().nth(at).map_or(s.len(), |(i, _)| i);
    let length = if args.positional.len() > 1 { s.chars().count() } else { return Ok(Some(s)) };
    Ok(bounds(length, args)?.and_then(|(start, end)| s.get(byte(start)..byte(end))))
}

/// `startswith` and `endswith`.
pub(super) fn affix(s: &str, args: &Args, name: &str) -> Result<Value> {
    let part = between(s, args)?;
    let fits = |fix: &str| match (part, name) {
        (Some(part), "startswith") => part.starts_with(fix),
        (Some(part), _) => part.ends_with(fix),
        (None, _) => false,
    };
    match args.required(0, "prefix")? {
        Value::Str(fix) => Ok(fits(&fix.text).into()),
        Value::Tuple(all) => {
            for fix in all.iter() {
                let Some(text) = fix.as_str() else {
                    let of = fix.class_name();
                    return Err(Error::new(format!("tuple for {name} must only contain str, not {of}")));
                };
                if fits(text) {
                    return Ok(true.into());
                }
            }
            Ok(false.into())
        }
        other => Err(Error::new(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            other.class_name()
        ))),
    }
}

/// `find`, `index`, `count` and those from the right.
pub(super) fn search(s: &str, name: &str, args: &Args) -> Result<Value> {
    let wanted = args.str(0, "sub")?;
    let part = between(s, args)?;
    if name == "count" {
        return Ok(match part {
            None => 0usize,
            Some(part) if wanted.is_empty() => part.chars().count() + 1,
            Some(part) => part.matches(wanted).count(),
        }
        .into());
    }
    let found = part.and_then(|part| {
        let at = if name.starts_with('r') { part.rfind(wanted) } else { part.find(wanted) }?;
        Some(part.as_ptr() as usize - s.as_ptr() as usize + at)
    });
    match found {
        Some(before) => Ok(s.get(..before).unwrap_or("").chars().count().into()),
        None if name.ends_with("index") => Err(Error::new("substring not found")),
        None => Ok(Value::Int(-1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(s: &str, from_right: bool, limit: i64) -> String {
        let args = Args::of("split", vec![Value::None, Value::Int(limit)]);
        split(s, from_right, &args).unwrap().repr().unwrap()
    }

    #[test]
    fn the_rest_after_the_last_split_keeps_its_outer_blanks() {
        assert_eq!(cut("a b ", false, 1), "['a', 'b ']");
        assert_eq!(cut("  a b  ", false, 0), "['a b  ']");
        assert_eq!(cut(" a b", true, 1), "[' a', 'b']");
        assert_eq!(cut("  a  b ", true, 1), "['  a', 'b']");
        assert_eq!(cut("  a  b ", true, 5), "['a', 'b']");
    }

    #[test]
    fn what_lies_beyond_the_end_is_not_found() {
        let at = |name: &str, start: i64| {
            let args = Args::of(name, vec!["".into(), Value::Int(start)]);
            search("abc", name, &args).unwrap().as_int()
        };
        assert_eq!(at("find", 3), Some(3));
        assert_eq!(at("find", 4), Some(-1));
        assert_eq!(at("rfind", 9), Some(-1));
        assert_eq!(at("count", 9), Some(0));
    }
}
