//! Methods of `list` and `tuple`.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, List, Result, Value};
use std::cmp::Ordering;

/// Their names.
pub const NAMES: &[&str] =
    &["append", "extend", "insert", "pop", "remove", "sort", "reverse", "index", "count", "copy", "clear"];

/// Calls one; what changes the list changes the evaluation's own copy of a variable's.
pub fn call(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    if matches!(name, "index" | "count") {
        return search(eval, object, name, args);
    }
    let owned = if name == "copy" { object.clone() } else { eval.thawed(object) };
    let Value::List(list) = owned else { return Ok(Value::None) };
    match name {
        "append" => {
            let item = args.required(0, "object")?.clone();
            list.change(|l| l.push(item));
        }
        "extend" => {
            let items = eval.items(args.required(0, "iterable")?)?;
            list.change(|l| l.extend(items));
        }
        "insert" => {
            let item = args.required(1, "object")?.clone();
            let index = args.index(0, "index", 0)?;
            list.change(|l| {
                let length = l.len() as i64;
                let at = if index < 0 { index.saturating_add(length) } else { index }.clamp(0, length);
                l.insert(at as usize, item);
            });
        }
        "pop" => return pop(eval, &list, args.index(0, "index", -1)?),
        "remove" => match position(eval, &Value::List(list.clone()), args.required(0, "value")?)? {
            Some(at) => {
                list.change(|l| l.remove(at));
            }
            None => return Err(Error::new("list.remove(x): x not in list")),
        },
        "reverse" => list.change(|l| l.reverse()),
        "copy" => return Ok(Value::List(List::new(list.items().to_vec()))),
        "clear" => list.change(Vec::clear),
        "sort" => sort(eval, &list, args)?,
        other => return Err(Error::new(format!("'list' object has no attribute '{other}'"))),
    }
    Ok(Value::None)
}

fn pop(eval: &mut Eval<'_>, list: &List, index: i64) -> Result<Value> {
    let length = list.len() as i64;
    if length == 0 {
        return Err(Error::new("pop from empty list"));
    }
    let at = if index < 0 { index.saturating_add(length) } else { index };
    if !(0..length).contains(&at) {
        return Err(Error::new("pop index out of range"));
    }
    let item = list.change(|l| l.remove(at as usize));
    Ok(eval.read(item))
}

fn sort(eval: &mut Eval<'_>, list: &List, args: &Args) -> Result<()> {
    if !args.positional.is_empty() {
        return Err(Error::new("sort() takes no positional arguments"));
    }
    if let Some((name, _)) = args.named.iter().find(|(name, _)| !matches!(&**name, "key" | "reverse")) {
        return Err(Error::new(format!("'{name}' is an invalid keyword argument for sort()")));
    }
    let mut keyed = Vec::new();
    for item in eval.items(&Value::List(list.clone()))? {
        let key = match args.keyword("key") {
            Some(Value::None) | None => item.clone(),
            Some(key) => eval.call(&key.clone(), Args::of("key", vec![item.clone()]))?,
        };
        keyed.push((key, item));
    }
    let mut failed = None;
    let reverse = args.index(usize::MAX, "reverse", 0)? != 0;
    keyed.sort_by(|(a, _), (b, _)| {
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        a.compare(b, "<")
            .unwrap_or_else(|e| {
                failed.get_or_insert(e);
                None
            })
            .unwrap_or(Ordering::Equal)
    });
    match failed {
        Some(error) => Err(error),
        None => {
            list.change(|l| *l = keyed.into_iter().map(|(_, item)| item).collect());
            Ok(())
        }
    }
}

fn position(eval: &mut Eval<'_>, object: &Value, wanted: &Value) -> Result<Option<usize>> {
    for (i, item) in eval.items(object)?.iter().enumerate() {
        if item.equals(wanted)? {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

/// `index` and `count`, which tuples have too.
pub fn search(eval: &mut Eval<'_>, object: &Value, name: &str, args: &Args) -> Result<Value> {
    let wanted = eval.deep(args.required(0, "value")?.clone())?;
    let object = eval.deep(object.clone())?;
    if name == "count" {
        let mut count = 0usize;
        for item in eval.items(&object)? {
            count += usize::from(item.equals(&wanted)?);
        }
        return Ok(count.into());
    }
    let items = eval.items(&object)?;
    let length = items.len() as i64;
    let place = |at: usize, otherwise: i64| match args.positional.get(at) {
        None => Ok(otherwise),
        Some(Value::Big(big)) => Ok(if big.sign() == num_bigint::Sign::Minus { 0 } else { i64::MAX }),
        Some(v) => match v.as_int() {
            Some(i) if i < 0 => Ok(i.saturating_add(length).max(0)),
            Some(i) => Ok(i),
            None => Err(Error::new("slice indices must be integers or have an __index__ method")),
        },
    };
    let (start, stop) = (place(1, 0)?, place(2, i64::MAX)?);
    for (at, item) in (0i64..).zip(&items) {
        if at >= start && at < stop && item.equals(&wanted)? {
            return Ok(Value::Int(at));
        }
    }
    match object {
        Value::Tuple(_) => Err(Error::new("tuple.index(x): x not in tuple")),
        Value::Range(_) => Err(Error::new(format!("{} is not in range", wanted.repr()?))),
        _ => Err(Error::new(format!("{} is not in list", wanted.repr()?))),
    }
}
