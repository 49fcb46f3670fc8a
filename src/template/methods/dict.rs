//! Methods of `dict`, and of objects that behave as one.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Dict, Error, Key, Result, Value};

/// Their names.
pub const NAMES: &[&str] = &[
    "keys",
    "values",
    "items",
    "get",
    "update",
    "pop",
    "setdefault",
    "copy",
    "clear",
    "fromkeys",
    "popitem",
];

/// Calls one; what changes the dict changes the evaluation's own copy of a variable's.
pub fn call(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    if matches!(name, "keys" | "values" | "items" | "get" | "copy") {
        return mapping(eval, object, name, args);
    }
    if name == "fromkeys" {
        let value = args.get(1, "value").cloned().unwrap_or_default();
        let keys = eval.items(args.required(0, "iterable")?)?;
        let pairs = keys.into_iter().map(|k| Ok((Key::new(k)?, value.clone())));
        return Ok(Value::Dict(pairs.collect::<Result<Dict>>()?));
    }
    let Value::Dict(dict) = eval.thawed(object) else { return Ok(Value::None) };
    match name {
        "update" => {
            if args.positional.len() > 1 {
                let given = args.positional.len();
                return Err(Error::new(format!("update expected at most 1 argument, got {given}")));
            }
            if let Some(from) = args.positional.first() {
                eval.update(&dict, &from.clone())?;
            }
            for (name, value) in &args.named {
                dict.insert(Key::str(name.clone()), value.clone());
            }
            Ok(Value::None)
        }
        "pop" => {
            let key = Key::new(args.required(0, "key")?.clone())?;
            match (dict.change(|d| d.shift_remove(&key)), args.get(1, "default")) {
                (Some(value), _) => Ok(eval.read(value)),
                (None, Some(default)) => Ok(default.clone()),
                (None, None) => Err(Error::new(key.value().repr()?)),
            }
        }
        "setdefault" => {
            let key = Key::new(args.required(0, "key")?.clone())?;
            if let Some(value) = dict.get_key(&key) {
                return Ok(eval.read(value));
            }
            let value = args.get(1, "default").cloned().unwrap_or_default();
            dict.insert(key, value.clone());
            Ok(value)
        }
        "clear" => {
            dict.change(|d| d.clear());
            Ok(Value::None)
        }
        "popitem" => match dict.change(|d| d.pop()) {
            Some((key, value)) => Ok(Value::tuple([key.value().clone(), eval.read(value)])),
            None => Err(Error::new("'popitem(): dictionary is empty'")),
        },
        other => Err(Error::new(format!("'dict' object has no attribute '{other}'"))),
    }
}

/// The methods that only read.
pub fn mapping(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    match name {
        "keys" => {
            // ansible-core makes lists of a dict's views.
            Ok(Value::list(eval.items(object)?))
        }
        "values" | "items" => {
            let mut all = Vec::new();
            for key in eval.items(object)? {
                let value = eval.item(object, &key)?;
                all.push(if name == "items" { Value::tuple([key, value]) } else { value });
            }
            Ok(Value::list(all))
        }
        "get" => {
            let key = args.required(0, "key")?;
            let found = match object {
                Value::Dict(d) => d.get_key(&Key::new(key.clone())?),
                Value::Object(o) => o.clone().item(eval, key)?,
                _ => None,
            };
            match found {
                Some(value) => Ok(eval.read(value)),
                None => Ok(args.get(1, "default").cloned().unwrap_or_default()),
            }
        }
        "copy" => match object {
            Value::Dict(d) => Ok(Value::Dict(Dict::new((*d.pairs()).clone()))),
            other => Ok(other.clone()),
        },
        other => Err(Error::new(format!("'{}' object has no attribute '{other}'", object.type_name()))),
    }
}
