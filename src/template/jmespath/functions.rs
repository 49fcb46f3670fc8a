//! JMESPath's built-in functions.

use super::parse::Node;
use super::run;
use crate::template::filters::sorted_by;
use crate::template::pyjson::write_string;
use crate::template::value::{Error, Result, Value};
use std::cmp::Ordering;

/// Calls a function on its arguments, which see `value` as the current node.
///
/// # Errors
/// There is no such function, or it does not take such arguments.
pub fn call(name: &str, arguments: &[Node], value: &Value) -> Result<Value> {
    let expected: usize = match name {
        "abs" | "avg" | "ceil" | "floor" | "keys" | "values" | "length" | "max" | "min" | "reverse"
        | "sort" | "sum" | "to_array" | "to_number" | "to_string" | "type" => 1,
        "contains" | "ends_with" | "starts_with" | "join" | "map" | "max_by" | "min_by" | "sort_by" => 2,
        "merge" | "not_null" => arguments.len().max(1),
        _ => return Err(Error::new(format!("Unknown function: {name}()"))),
    };
    if arguments.len() != expected {
        return Err(Error::new(format!(
            "Expected {expected} argument(s) for function {name}(), received {}",
            arguments.len()
        )));
    }
    let expression = |at: usize| match arguments.get(at) {
        Some(Node::Reference(inner)) => Ok(&**inner),
        _ => Err(Error::new(format!("In function {name}(), an expression reference (&…) is expected"))),
    };
    match name {
        "map" => {
            let (by, items) = (expression(0)?, list(name, &nth(arguments, 1, value)?)?);
            return Ok(Value::list(items.iter().map(|v| run(by, v)).collect::<Result<Vec<_>>>()?));
        }
        "sort_by" | "max_by" | "min_by" => {
            let (items, by) = (list(name, &nth(arguments, 0, value)?)?, expression(1)?);
            let mut keyed = Vec::new();
            for item in items {
                keyed.push((run(by, &item)?, item));
            }
            let sorted = ordered(name, keyed)?;
            return Ok(match name {
                "sort_by" => Value::list(sorted.into_iter().map(|(_, item)| item)),
                "min_by" => sorted.into_iter().next().map(|(_, item)| item).unwrap_or_default(),
                _ => {
                    // The first of equal ones.
                    let greatest = sorted.last().map(|(key, _)| key.clone());
                    let first = sorted.into_iter().find(|(key, _)| Some(key) == greatest.as_ref());
                    first.map(|(_, item)| item).unwrap_or_default()
                }
            });
        }
        _ => {}
    }
    let values = arguments.iter().map(|a| run(a, value)).collect::<Result<Vec<_>>>()?;
    let first = values.first().cloned().unwrap_or_default();
    let second = values.get(1).cloned().unwrap_or_default();
    let mistaken = |v: &Value| {
        let shown = v.repr().unwrap_or_default();
        Error::new(format!("In function {name}(), invalid type for value: {shown}, received: {}", kind(v)))
    };
    Ok(match name {
        "abs" => match &first {
            Value::Int(i) => Value::int(num_bigint::BigInt::from(i.unsigned_abs())),
            v => Value::Float(number(v).ok_or_else(|| mistaken(v))?.abs()),
        },
        "ceil" | "floor" => match &first {
            Value::Int(_) => first,
            v => {
                let n = number(v).ok_or_else(|| mistaken(v))?;
                let n = if name == "ceil" { n.ceil() } else { n.floor() };
                num_traits::FromPrimitive::from_f64(n).map_or(Value::None, Value::int)
            }
        },
        "avg" | "sum" => {
            let items = list(name, &first)?;
            let mut sum = Value::Int(0);
            for item in &items {
                number(item).ok_or_else(|| mistaken(&first))?;
                sum = crate::template::value::binary("+", &sum, item)?;
            }
            match (name, items.len()) {
                ("sum", _) => sum,
                (_, 0) => Value::None,
                (_, n) => crate::template::value::binary("/", &sum, &Value::from(n))?,
            }
        }
        "length" => match &first {
            Value::Str(_) | Value::List(_) | Value::Dict(_) => Value::from(first.len()?),
            v => return Err(mistaken(v)),
        },
        "keys" => Value::list(first.as_dict().ok_or_else(|| mistaken(&first))?.keys()),
        "values" => Value::list(first.as_dict().ok_or_else(|| mistaken(&first))?.pairs().values().cloned()),
        "max" | "min" => {
            let keyed = list(name, &first)?.into_iter().map(|v| (v.clone(), v)).collect();
            let sorted = ordered(name, keyed)?;
            let chosen = if name == "min" { sorted.first() } else { sorted.last() };
            chosen.map(|(_, v)| v.clone()).unwrap_or_default()
        }
        "sort" => {
            let keyed = list(name, &first)?.into_iter().map(|v| (v.clone(), v)).collect();
            Value::list(ordered(name, keyed)?.into_iter().map(|(_, v)| v))
        }
        "reverse" => match &first {
            Value::Str(s) => Value::text(s.text.chars().rev().collect::<String>(), s.secret),
            v => Value::list(list(name, v)?.into_iter().rev()),
        },
        "to_array" => match first {
            Value::List(_) => first,
            v => Value::list([v]),
        },
        "to_number" => match &first {
            Value::Int(_) | Value::Big(_) | Value::Float(_) => first,
            Value::Str(s) => match (s.text.trim().parse::<i64>(), s.text.trim().parse::<f64>()) {
                (Ok(i), _) => Value::Int(i),
                (_, Ok(f)) => Value::Float(f),
                _ => Value::None,
            },
            _ => Value::None,
        },
        "to_string" => match &first {
            Value::Str(_) => first,
            v => {
                let mut text = String::new();
                compact(v, &mut text, super::DEEPEST)?;
                Value::text(text, v.is_secret())
            }
        },
        "type" => match kind(&first) {
            "null" if !first.is_none() => Value::None,
            kind => Value::str(kind),
        },
        "contains" => match &first {
            Value::Str(s) => match second.as_str() {
                Some(part) => Value::Bool(s.text.contains(part)),
                None => {
                    return Err(Error::new(format!(
                        "'in <string>' requires string as left operand, not {}",
                        second.type_name()
                    )));
                }
            },
            v => Value::Bool(list(name, v)?.contains(&second)),
        },
        "starts_with" | "ends_with" => {
            let (Some(text), Some(part)) = (first.as_str(), second.as_str()) else {
                return Err(mistaken(if first.is_str() { &second } else { &first }));
            };
            Value::Bool(if name == "starts_with" { text.starts_with(part) } else { text.ends_with(part) })
        }
        "join" => {
            let glue = first.as_str().ok_or_else(|| mistaken(&first))?;
            let items = list(name, &second)?;
            if let Some(other) = items.iter().find(|v| !v.is_str()) {
                return Err(mistaken(other));
            }
            let texts = items.iter().map(Value::to_text).collect::<Result<Vec<_>>>()?;
            Value::text(texts.join(glue), second.is_secret())
        }
        "merge" => {
            let merged = crate::template::Dict::default();
            for value in &values {
                for (key, item) in value.as_dict().ok_or_else(|| mistaken(value))?.pairs().iter() {
                    merged.insert(key.clone(), item.clone());
                }
            }
            Value::Dict(merged)
        }
        _ => values.into_iter().find(|v| !v.is_none()).unwrap_or_default(),
    })
}

fn nth(arguments: &[Node], at: usize, value: &Value) -> Result<Value> {
    arguments.get(at).map_or(Ok(Value::None), |node| run(node, value))
}

fn list(name: &str, value: &Value) -> Result<Vec<Value>> {
    value.as_list().map(|l| l.items().to_vec()).ok_or_else(|| {
        let shown = value.repr().unwrap_or_default();
        Error::new(format!(
            "In function {name}(), invalid type for value: {shown}, expected one of: ['array'], received: {}",
            kind(value)
        ))
    })
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(_) => None,
        other => other.as_number().map(|n| n.float()),
    }
}

/// What JMESPath calls a value's type.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::None => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Big(_) | Value::Float(_) => "number",
        Value::List(_) | Value::View(_) => "array",
        Value::Dict(_) => "object",
        Value::Str(_) => "string",
        // It knows no tuples, dates and the like.
        _ => "null",
    }
}

/// Items by their keys, which are all numbers or all text.
fn ordered(name: &str, keyed: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>> {
    let kinds: Vec<&str> = keyed.iter().map(|(key, _)| kind(key)).collect();
    let alike = kinds.windows(2).all(|pair| pair.first() == pair.last());
    if !alike || kinds.first().is_some_and(|k| !matches!(*k, "number" | "string")) {
        return Err(Error::new(format!(
            "In function {name}(), all values must be numbers or all must be strings"
        )));
    }
    sorted_by(keyed, &mut |(a, _), (b, _)| Ok(a.compare(b, "<")? == Some(Ordering::Less)))
}

/// JSON without blanks.
fn compact(value: &Value, out: &mut String, depth: usize) -> Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("the value nests too deep"));
    };
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::List(_) | Value::Tuple(_) | Value::View(_) => {
            out.push('[');
            for (i, item) in value.iter()?.enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                compact(&item, out, depth)?;
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (i, (key, item)) in dict.pairs().iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                write_string(&key.value().to_text()?, true, out);
                out.push(':');
                compact(item, out, depth)?;
            }
            out.push('}');
        }
        Value::Str(s) => write_string(&s.text, true, out),
        other => out.push_str(&other.repr()?),
    }
    Ok(())
}
