//! Methods of `set`.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::pyset::Elements;
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
        return Ok(Value::Set(Set::new(set.elements().copied())));
    }
    let given = args.required(0, "other")?.clone();
    if matches!(name, "add" | "remove" | "discard") {
        let key = Key::new(given.clone())?;
        match name {
            "add" => {
                set.change(|own| own.insert(key));
            }
            _ => {
                if !set.change(|own| own.remove(&key)) && name == "remove" {
                    return Err(Error::new(given.repr()?));
                }
            }
        }
        return Ok(Value::None);
    }
    let other = match &given {
        Value::Set(other) => other.elements(),
        other => eval.items(other)?.into_iter().map(Key::new).collect::<Result<Elements>>()?.into(),
    };
    let own = set.elements();
    let made = |elements| Ok(Value::Set(Set::new(elements)));
    match name {
        "union" => made(own.union(&other)),
        "update" => {
            set.change(|own| own.merge(&other));
            Ok(Value::None)
        }
        "intersection" => made(own.intersection(&other)),
        "difference" => made(own.difference(&other)),
        "symmetric_difference" => made(own.symmetric_difference(&other)),
        "issubset" => Ok(Value::Bool(own.difference(&other).is_empty())),
        "issuperset" => Ok(Value::Bool(other.difference(&own).is_empty())),
        "isdisjoint" => Ok(Value::Bool(own.intersection(&other).is_empty())),
        other => Err(Error::new(format!("'set' object has no attribute '{other}'"))),
    }
}
