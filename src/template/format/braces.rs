//! `str.format`.

use super::spec;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// How deep a specification may hold fields of its own.
const DEEPEST: usize = 2;

/// Computes `text.format(…)`.
///
/// # Errors
/// In Python's words.
pub fn format(eval: &mut Eval<'_>, text: &str, args: &Args) -> Result<String> {
    fields(eval, text, args, &mut 0, DEEPEST)
}

fn fields(eval: &mut Eval<'_>, text: &str, args: &Args, auto: &mut usize, depth: usize) -> Result<String> {
    if depth == 0 {
        return Err(Error::new("Max string recursion exceeded"));
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(Error::new("Single '}' encountered in format string"));
        }
        let end = closing(after).ok_or_else(|| match after.is_empty() {
            true => Error::new("Single '{' encountered in format string"),
            false => Error::new("expected '}' before end of string"),
        })?;
        out.push_str(&field(eval, &after[..end], args, auto, depth)?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the brace that closes a field stands.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

fn field(eval: &mut Eval<'_>, body: &str, args: &Args, auto: &mut usize, depth: usize) -> Result<String> {
    let (name, spec) = body.split_once(':').unwrap_or((body, ""));
    let (name, conversion) = match name.split_once('!') {
        Some((name, conversion)) => (name, Some(conversion)),
        None => (name, None),
    };
    let value = lookup(eval, name, args, auto)?;
    let value = eval.deep(value)?.defined()?;
    let spec = if spec.contains('{') { fields(eval, spec, args, auto, depth - 1)? } else { spec.to_owned() };
    let value = match conversion {
        None => value,
        Some("r") => value.repr()?.into(),
        Some("a") => crate::template::value::ascii(&value)?.into(),
        Some("s") => value.to_text()?.into(),
        Some(other) => {
            return Err(Error::new(format!("Unknown conversion specifier {other}")));
        }
    };
    spec::apply(&value, &spec)
}

fn lookup(eval: &mut Eval<'_>, name: &str, args: &Args, auto: &mut usize) -> Result<Value> {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (base, mut path) = name.split_at(end);
    let by_index = |index: usize| {
        args.positional.get(index).cloned().ok_or_else(|| {
            Error::new(format!("Replacement index {index} out of range for positional args tuple"))
        })
    };
    let mut value = if base.is_empty() {
        *auto += 1;
        by_index(*auto - 1)?
    } else if let Ok(index) = base.parse() {
        by_index(index)?
    } else {
        let named = args.keyword(base).cloned();
        named.ok_or_else(|| Error::new(crate::template::value::str_repr(base)))?
    };
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('[') {
            let Some((key, rest)) = rest.split_once(']') else {
                return Err(Error::new("Missing ']' in format string"));
            };
            let key = key.parse().map(Value::Int).unwrap_or_else(|_| Value::str(key));
            value = eval.item(&value, &key)?.defined()?;
            path = rest;
        } else {
            let rest = &path[1..];
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            value = python_attribute(eval, &value, &rest[..end])?;
            path = &rest[end..];
        }
    }
    Ok(value)
}

/// An attribute as Python has it: a dict's items are none.
fn python_attribute(eval: &mut Eval<'_>, value: &Value, name: &str) -> Result<Value> {
    let known = matches!(value, Value::Object(_))
        || crate::template::methods::property(value, name).is_some()
        || crate::template::methods::has(value, name);
    if !known {
        return Err(Error::new(format!("'{}' object has no attribute '{name}'", value.type_name())));
    }
    eval.attribute(value, name)?.defined()
}
