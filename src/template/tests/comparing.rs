//! Comparisons and membership: `eq` … `ge`, `sameas`, `in`, `contains`, `subset`, `superset`, `any`, `all`.

use super::Test;
use crate::template::args::Args;
use crate::template::value::{Error, Key, Result, Value};
use std::cmp::Ordering;
use std::collections::HashSet;

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["eq", "equalto", "=="], &["b"], |_, input, args| input.equals(other(&input, args, "eq")?)),
    Test::new(&["ne", "!="], &["b"], |_, input, args| {
        input.equals(other(&input, args, "ne")?).map(|equal| !equal)
    }),
    Test::new(&["lt", "lessthan", "<"], &["b"], |_, input, args| {
        Ok(input.compare(other(&input, args, "lt")?, "<")? == Some(Ordering::Less))
    }),
    Test::new(&["le", "<="], &["b"], |_, input, args| {
        Ok(input.compare(other(&input, args, "le")?, "<=")?.is_some_and(Ordering::is_le))
    }),
    Test::new(&["gt", "greaterthan", ">"], &["b"], |_, input, args| {
        Ok(input.compare(other(&input, args, "gt")?, ">")? == Some(Ordering::Greater))
    }),
    Test::new(&["ge", ">="], &["b"], |_, input, args| {
        Ok(input.compare(other(&input, args, "ge")?, ">=")?.is_some_and(Ordering::is_ge))
    }),
    Test::new(&["sameas"], &["other"], |_, input, args| Ok(same(&input, args.required(0, "other")?))).lazy(),
    Test::new(&["in"], &["seq"], |_, input, args| {
        whole(&input)?;
        args.required(0, "seq")?.contains(&input)
    }),
    Test::new(&["contains"], &["value"], |_, input, args| input.contains(args.required(0, "value")?)),
    Test::new(&["subset", "issubset"], &["b"], |_, input, args| includes(args.required(0, "b")?, &input)),
    Test::new(&["superset", "issuperset"], &["b"], |_, input, args| includes(&input, args.required(0, "b")?)),
    Test::new(&["any"], &[], |_, input, _| {
        for item in input.iter()? {
            if item.is_true()? {
                return Ok(true);
            }
        }
        Ok(false)
    }),
    Test::new(&["all"], &[], |_, input, _| {
        for item in input.iter()? {
            if !item.is_true()? {
                return Ok(false);
            }
        }
        Ok(true)
    }),
];

/// What to compare with, which these tests take by position only; what is undefined in the input raises.
fn other<'a>(input: &Value, args: &'a Args, operator: &str) -> Result<&'a Value> {
    whole(input)?;
    match args.positional.first() {
        None if args.named.is_empty() => Err(Error::new(format!("{operator} expected 2 arguments, got 1"))),
        None => Err(Error::new(format!("_operator.{operator}() takes no keyword arguments"))),
        Some(other) => Ok(other),
    }
}

/// Raises what is undefined among the items of a list or dict.
fn whole(value: &Value) -> Result<()> {
    let there = |item: &Value| item.clone().defined().map(|_| ());
    match value {
        Value::List(items) => items.items().iter().try_for_each(there),
        Value::Dict(dict) => dict.pairs().values().try_for_each(there),
        _ => Ok(()),
    }
}

/// Python's `is`, as far as it can be told: containers by identity, scalars by kind and value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(x), Value::List(y)) => x.same(y),
        (Value::Dict(x), Value::Dict(y)) => x.same(y),
        _ => a.type_name() == b.type_name() && a.equals(b).unwrap_or(false),
    }
}

fn includes(all: &Value, some: &Value) -> Result<bool> {
    let keys = |value: &Value| -> Result<HashSet<Key>> {
        value.iter()?.map(|v| Key::new(v.defined()?)).collect::<Result<_, Error>>()
    };
    let (some, all) = (keys(some)?, keys(all)?);
    Ok(some.is_subset(&all))
}
