//! Lists as sets: `unique`, `union`, `intersect`, `difference`, `symmetric_difference`.

use super::Filter;
use super::sorting::folded;
use crate::template::args::Args;
use crate::template::value::pyset::Elements;
use crate::template::value::{Error, Result, Value, binary};
use crate::template::{Eval, Key};
use std::collections::HashSet;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["unique"], &["case_sensitive", "attribute"], unique),
    Filter::new(&["union"], &["b"], |_, input, args| combined(&input, args, Elements::union, union)),
    Filter::new(&["intersect"], &["b"], |_, input, args| {
        combined(&input, args, Elements::intersection, |a, b| kept(a, b, true))
    }),
    Filter::new(&["difference"], &["b"], |_, input, args| {
        combined(&input, args, Elements::difference, |a, b| kept(a, b, false))
    }),
    Filter::new(&["symmetric_difference"], &["b"], |_, input, args| {
        combined(&input, args, Elements::symmetric_difference, |a, b| {
            let both = kept(a, b, true)?;
            kept(&union(a, b)?, &both, false)
        })
    }),
];

/// Two lists as sets: a list of what `sets` yields, in the order in which Python walks it (arbitrary there, and
/// that of appearance here, where text is among it). Where an element cannot be hashed, or one of the two cannot be
/// walked, `lists` is asked instead, which compares one by one.
///
/// # Errors
/// Those of `lists`, and any undefined element's.
fn combined(
    input: &Value,
    args: &Args,
    sets: fn(&Elements, &Elements) -> Elements,
    lists: fn(&Value, &Value) -> Result<Value>,
) -> Result<Value> {
    let other = args.required(0, "b")?;
    match (elements(input)?, elements(other)?) {
        (Some(a), Some(b)) => Ok(Value::list(sets(&a, &b).items())),
        _ => lists(input, other),
    }
}

/// A value's elements, unless Python could not make a set of it.
fn elements(value: &Value) -> Result<Option<Elements>> {
    let Ok(items) = value.iter() else { return Ok(None) };
    let mut elements = Elements::default();
    for item in items {
        match Key::new(item.defined()?) {
            Ok(key) => {
                elements.insert(key);
            }
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(elements))
}

/// Both lists, each item once.
fn union(a: &Value, b: &Value) -> Result<Value> {
    let joined = match (a, b) {
        (Value::List(_), Value::List(_)) | (Value::Tuple(_), Value::Tuple(_)) => binary("+", a, b)?,
        (Value::List(_) | Value::Tuple(_) | Value::Str(_), _) => {
            let (name, other) = (a.type_name(), b.class_name());
            return Err(Error::new(format!("can only concatenate {name} (not \"{other}\") to {name}")));
        }
        _ if a.as_number().is_some() && b.as_number().is_some() => binary("+", a, b)?,
        _ => {
            let (a, b) = (a.class_name(), b.class_name());
            return Err(Error::new(format!("unsupported operand type(s) for +: '{a}' and '{b}'")));
        }
    };
    once_each(joined.iter()?)
}

/// The items of the first list that are (or are not) in the second, each once.
fn kept(a: &Value, b: &Value, wanted: bool) -> Result<Value> {
    let mut kept = Vec::new();
    for item in a.iter()? {
        if b.contains(&item)? == wanted {
            kept.push(item);
        }
    }
    once_each(kept.into_iter())
}

/// Each item once.
fn once_each(items: impl Iterator<Item = Value>) -> Result<Value> {
    let mut seen = Members::default();
    let mut out = Vec::new();
    for item in items {
        if seen.add(&item)? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

/// What is in a list: hashed where it can be, compared one by one where not.
#[derive(Default)]
struct Members {
    keys: HashSet<Key>,
    others: Vec<Value>,
}

impl Members {
    fn has(&self, item: &Value) -> Result<bool> {
        if let Value::Undefined(_) = item {
            item.clone().defined()?;
        }
        if let Ok(key) = Key::new(item.clone()) {
            return Ok(self.keys.contains(&key));
        }
        for other in &self.others {
            if other.equals(item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds it; says whether it is new.
    fn add(&mut self, item: &Value) -> Result<bool> {
        if self.has(item)? {
            return Ok(false);
        }
        match Key::new(item.clone()) {
            Ok(key) => {
                self.keys.insert(key);
            }
            Err(_) => self.others.push(item.clone()),
        }
        Ok(true)
    }
}

/// The first of each, by the whole item or by an attribute; case does not count unless asked to. Where Jinja's own
/// filter gives up (on what cannot be hashed), Ansible's takes over: it compares whole items, in their case.
///
/// # Errors
/// There is nothing to walk, or Ansible's cannot take over, since it knows no parameters.
fn unique(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let items: Vec<Value> = input.iter()?.collect();
    let given = args.get(1, "attribute").filter(|v| !v.is_none());
    let attribute = given.filter(|v| v.is_true().unwrap_or(true));
    let asked = attribute.is_some() || args.get(0, "case_sensitive").and_then(Value::as_bool) == Some(false);
    let is_hashed = |item: &Value| item.is_undefined() || Key::new(item.clone()).is_ok();
    let takes_over = !asked && (given.is_some() || !items.iter().all(is_hashed));
    let fold = !takes_over && !args.bool(0, "case_sensitive", false)?;
    let mut seen = Members::default();
    let mut out = Vec::new();
    for item in items {
        let key = match attribute {
            Some(path) => eval.path(&item, path)?.defined()?,
            None => item.clone(),
        };
        if asked && let Value::Dict(_) | Value::List(_) | Value::Set(_) = key {
            return Err(Error::new(format!(
                "Jinja2's unique filter failed and we cannot fall back to Ansible's version as it does not support \
                 the parameters supplied: unhashable type: '{}'",
                key.type_name()
            )));
        }
        if seen.add(&folded(key, fold))? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}
