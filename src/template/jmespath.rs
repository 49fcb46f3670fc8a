//! JMESPath, the query language of `json_query`: <https://jmespath.org/specification.html>, on template values.

mod functions;
mod parse;

use super::Key;
use super::value::{Error, Result, Value};
use parse::{Compared, Node, Slice};
use std::cmp::Ordering;

/// How deep expressions may nest.
const DEEPEST: usize = 200;

/// What an expression selects in a value.
///
/// # Errors
/// The expression cannot be read, or a function is called with what it does not take.
pub fn search(expression: &str, value: &Value) -> Result<Value> {
    let tree = parse::parse(expression)?;
    run(&tree, value)
}

fn run(node: &Node, value: &Value) -> Result<Value> {
    Ok(match node {
        Node::Current => value.clone(),
        Node::Literal(literal) => literal.clone(),
        Node::Field(name) => field(value, name),
        Node::Index(index) => at(value, *index),
        Node::Slice(slice) => sliced(value, slice)?,
        Node::Sub(left, right) | Node::Pipe(left, right) => run(right, &run(left, value)?)?,
        Node::Project(left, right) => match run(left, value)? {
            Value::List(list) => projected(list.items().iter(), right)?,
            _ => Value::None,
        },
        Node::ProjectValues(left, right) => match run(left, value)? {
            Value::Dict(dict) => projected(dict.pairs().values(), right)?,
            _ => Value::None,
        },
        Node::Filter(left, test, right) => {
            let Value::List(list) = run(left, value)? else { return Ok(Value::None) };
            let mut out = Vec::new();
            for item in list.items().iter() {
                if is_true(&run(test, item)?) {
                    out.extend(Some(run(right, item)?).filter(|v| !v.is_none()));
                }
            }
            Value::list(out)
        }
        Node::Flatten(inner) => {
            let Value::List(list) = run(inner, value)? else { return Ok(Value::None) };
            let mut out = Vec::new();
            for item in list.items().iter() {
                match item {
                    Value::List(inner) => out.extend(inner.items().iter().cloned()),
                    other => out.push(other.clone()),
                }
            }
            Value::list(out)
        }
        Node::List(_) | Node::Dict(_) if value.is_none() => Value::None,
        Node::List(parts) => Value::list(parts.iter().map(|p| run(p, value)).collect::<Result<Vec<_>>>()?),
        Node::Dict(parts) => {
            let pairs = parts.iter().map(|(name, part)| Ok((Key::str(name.as_str()), run(part, value)?)));
            Value::Dict(pairs.collect::<Result<_>>()?)
        }
        Node::Or(left, right) => {
            let first = run(left, value)?;
            if is_true(&first) { first } else { run(right, value)? }
        }
        Node::And(left, right) => {
            let first = run(left, value)?;
            if is_true(&first) { run(right, value)? } else { first }
        }
        Node::Not(inner) => Value::Bool(!is_true(&run(inner, value)?)),
        Node::Compare(op, left, right) => compared(*op, &run(left, value)?, &run(right, value)?)?,
        Node::Call(name, arguments) => functions::call(name, arguments, value)?,
        Node::Reference(_) => {
            return Err(Error::new("an expression reference stands where a value is needed"));
        }
    })
}

fn projected<'v>(items: impl Iterator<Item = &'v Value>, right: &Node) -> Result<Value> {
    let mut out = Vec::new();
    for item in items {
        out.extend(Some(run(right, item)?).filter(|v| !v.is_none()));
    }
    Ok(Value::list(out))
}

fn field(value: &Value, name: &str) -> Value {
    value.get(name).unwrap_or_default()
}

fn at(value: &Value, index: i64) -> Value {
    let Value::List(list) = value else { return Value::None };
    let items = list.items();
    let index = if index < 0 { index + items.len() as i64 } else { index };
    usize::try_from(index).ok().and_then(|i| items.get(i)).cloned().unwrap_or_default()
}

fn sliced(value: &Value, slice: &Slice) -> Result<Value> {
    let Value::List(list) = value else { return Ok(Value::None) };
    let items = list.items();
    let len = items.len() as i64;
    let step = slice.step.unwrap_or(1);
    if step == 0 {
        return Err(Error::new("slice step cannot be zero"));
    }
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let bound = |given: Option<i64>, default: i64| match given {
        None => default,
        Some(n) if n < 0 => n.saturating_add(len).clamp(low, high),
        Some(n) => n.clamp(low, high),
    };
    let (mut i, end) = match step > 0 {
        true => (bound(slice.start, 0), bound(slice.stop, len)),
        false => (bound(slice.start, len - 1), bound(slice.stop, -1)),
    };
    let mut out = Vec::new();
    while (step > 0 && i < end) || (step < 0 && i > end) {
        out.extend(usize::try_from(i).ok().and_then(|i| items.get(i)).cloned());
        i = i.saturating_add(step);
    }
    Ok(Value::list(out))
}

/// What JMESPath holds to be true: all but null, false and what is empty.
fn is_true(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(b) => *b,
        Value::Int(_) | Value::Big(_) | Value::Float(_) => true,
        other => other.is_true().unwrap_or(false),
    }
}

/// Equality in which booleans are no numbers.
fn is_equal(left: &Value, right: &Value) -> Result<bool> {
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => Ok(false),
        _ => left.equals(right),
    }
}

fn compared(op: Compared, left: &Value, right: &Value) -> Result<Value> {
    if op == Compared::Equal || op == Compared::Unequal {
        return Ok(Value::Bool(is_equal(left, right)? == (op == Compared::Equal)));
    }
    let comparable = |v: &Value| matches!(v, Value::Int(_) | Value::Big(_) | Value::Float(_) | Value::Str(_));
    if !comparable(left) || !comparable(right) {
        return Ok(Value::None);
    }
    let order = left.compare(right, "<")?;
    Ok(Value::Bool(match op {
        Compared::Less => order == Some(Ordering::Less),
        Compared::AtMost => order.is_some_and(Ordering::is_le),
        Compared::More => order == Some(Ordering::Greater),
        _ => order.is_some_and(Ordering::is_ge),
    }))
}
