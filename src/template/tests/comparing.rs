//! Comparisons and membership: `eq` … `ge`, `sameas`, `in`, `contains`, `subset`, `superset`, `any`, `all`.

use super::Test;
use crate::template::value::{Error, Key, Result, Value};
use std::cmp::Ordering;
use std::collections::HashSet;

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["eq", "equalto", "=="], &["b"], |_, input, args| equal(&input, args.required(0, "b")?)),
    Test::new(&["ne", "!="], &["b"], |_, input, args| equal(&input, args.required(0, "b")?).map(|e| !e)),
    Test::new(&["lt", "lessthan", "<"], &["b"], |_, input, args| {
        Ok(input.compare(args.required(0, "b")?, "<")? == Some(Ordering::Less))
    }),
    Test::new(&["le", "<="], &["b"], |_, input, args| {
        Ok(input.compare(args.required(0, "b")?, "<=")?.is_some_and(Ordering::is_le))
    }),
    Test::new(&["gt", "greaterthan", ">"], &["b"], |_, input, args| {
        Ok(input.compare(args.required(0, "b")?, ">")? == Some(Ordering::Greater))
    }),
    Test::new(&["ge", ">="], &["b"], |_, input, args| {
        Ok(input.compare(args.required(0, "b")?, ">=")?.is_some_and(Ordering::is_ge))
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

/// Python's `==`; what is undefined in a list raises.
fn equal(a: &Value, b: &Value) -> Result<bool> {
    whole(a)?;
    a.equals(b)
}

/// Raises what is undefined among the items of a list.
fn whole(value: &Value) -> Result<()> {
    match value {
        Value::List(items) => items.items().iter().try_for_each(|item| item.clone().defined().map(|_| ())),
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
