//! Methods of `set`.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Key, Result, Set, Value};

/// Their names.
pub const NAMES: &[&str] = &[
    "add",
    "remove",
    "discard",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "copy",
    "update",
];

/// Calls one.
pub fn call(eval: &mut Eval<'_>, set: &Set, name: &str, args: &Args) -> Result<Value> {
    if name == "copy" {
        return Ok(Value::Set(keys(set.items())?.into_iter().collect()));
    }
    let given = args.required(0, "other")?.clone();
    if matches!(name, "add" | "remove" | "discard") {
        let key = Key::new(given.clone())?;
        match name {
            "add" => {
                set.insert(key);
            }
            _ => {
                if !set.remove(&key) && name == "remove" {
                    return Err(Error::new(given.repr()?));
                }
            }
        }
        return Ok(Value::None);
    }
    let other: Set = keys(eval.items(&given)?)?.into_iter().collect();
    let own = keys(set.items())?;
    let theirs = keys(other.items())?;
    Ok(match name {
        "union" => Value::Set(own.into_iter().chain(theirs).collect()),
        "update" => {
            for key in theirs {
                set.insert(key);
            }
            Value::None
        }
        "intersection" => Value::Set(own.into_iter().filter(|k| other.contains(k)).collect()),
        "difference" => Value::Set(own.into_iter().filter(|k| !other.contains(k)).collect()),
        "symmetric_difference" => {
            let left: Vec<Key> = own.into_iter().filter(|k| !other.contains(k)).collect();
            let right = theirs.into_iter().filter(|k| !set.contains(k));
            Value::Set(left.into_iter().chain(right).collect())
        }
        "issubset" => Value::Bool(own.iter().all(|k| other.contains(k))),
        "issuperset" => Value::Bool(theirs.iter().all(|k| set.contains(k))),
        "isdisjoint" => Value::Bool(!own.iter().any(|k| other.contains(k))),
        other => return Err(Error::new(format!("'set' object has no attribute '{other}'"))),
    })
}

fn keys(items: Vec<Value>) -> Result<Vec<Key>> {
    items.into_iter().map(Key::new).collect()
}
