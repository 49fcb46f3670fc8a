//! Lists as sets: `unique`, `union`, `intersect`, `difference`, `symmetric_difference`.

use super::Filter;
use super::sorting::folded;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
use crate::template::{Eval, Key};
use std::collections::HashSet;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["unique"], &["case_sensitive", "attribute"], unique),
    Filter::new(&["union"], &["b"], |_, input, args| {
        let (a, b) = both(&input, args)?;
        if let (Value::List(_), false) = (&input, matches!(args.required(0, "b")?, Value::List(_))) {
            let name = args.required(0, "b")?.type_name();
            return Err(Error::new(format!("can only concatenate list (not \"{name}\") to list")));
        }
        distinct(a.into_iter().chain(b))
    }),
    Filter::new(&["intersect"], &["b"], |_, input, args| {
        let (a, b) = both(&input, args)?;
        let b = Members::of(&b)?;
        distinct(keep(a, |v| b.has(v))?)
    }),
    Filter::new(&["difference"], &["b"], |_, input, args| {
        let (a, b) = both(&input, args)?;
        let b = Members::of(&b)?;
        distinct(keep(a, |v| Ok(!b.has(v)?))?)
    }),
    Filter::new(&["symmetric_difference"], &["b"], |_, input, args| {
        let (a, b) = both(&input, args)?;
        let (in_a, in_b) = (Members::of(&a)?, Members::of(&b)?);
        let left = keep(a, |v| Ok(!in_b.has(v)?))?;
        distinct(left.into_iter().chain(keep(b, |v| Ok(!in_a.has(v)?))?))
    }),
];

fn both(input: &Value, args: &Args) -> Result<(Vec<Value>, Vec<Value>)> {
    let a: Vec<Value> = input.iter()?.collect();
    match (input, args.required(0, "b")?) {
        (Value::List(_), b @ (Value::Int(_) | Value::None | Value::Float(_) | Value::Bool(_))) => {
            match &*args.callee {
                "union" => {
                    let name = b.type_name();
                    Err(Error::new(format!("can only concatenate list (not \"{name}\") to list")))
                }
                _ => Ok((a, b.iter()?.collect())),
            }
        }
        (_, b) => Ok((a, b.iter()?.collect())),
    }
}

fn keep(items: Vec<Value>, test: impl Fn(&Value) -> Result<bool>) -> Result<Vec<Value>> {
    let mut kept = Vec::new();
    for item in items {
        if test(&item)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// What is in a list: hashed where it can be, compared one by one where not.
#[derive(Default)]
struct Members {
    keys: HashSet<Key>,
    others: Vec<Value>,
}

impl Members {
    fn of(items: &[Value]) -> Result<Members> {
        let mut members = Members::default();
        for item in items {
            members.add(item)?;
        }
        Ok(members)
    }

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

fn distinct(items: impl IntoIterator<Item = Value>) -> Result<Value> {
    let mut seen = Members::default();
    let mut out = Vec::new();
    for item in items {
        if seen.add(&item)? {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

/// The first of each, by the whole item or by an attribute; case does not count unless asked to.
fn unique(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let fold = !args.bool(0, "case_sensitive", false)?;
    let attribute = args.get(1, "attribute").filter(|v| !v.is_none());
    // Where Jinja's own filter cannot hash, Ansible's takes over, which knows no parameters.
    let asked = attribute.is_some() || args.get(0, "case_sensitive").and_then(Value::as_bool) == Some(false);
    let mut seen = Members::default();
    let mut out = Vec::new();
    for item in input.iter()? {
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
