//! Lists and dicts as community.general handles them: `dict`, `dict_kv`, `groupby_as_dict`, `lists_mergeby`, `counter`,
//! `version_sort`, `lists_union` and the like, `accumulate`.

use super::Filter;
use super::dicts::{merge, merged_by};
use super::sorting::sorted_by;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};
use std::cmp::Ordering;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["community.general.dict", "dict"], &[], to_dict),
    Filter::new(&["community.general.dict_kv", "dict_kv"], &["key"], |_, input, args| {
        let key = Key::new(args.required(0, "key")?.clone())?;
        Ok(Value::Dict([(key, input)].into_iter().collect()))
    }),
    Filter::new(&["community.general.groupby_as_dict", "groupby_as_dict"], &["attribute"], group_by),
    Filter::new(&["community.general.lists_mergeby", "lists_mergeby"], &[], merge_by).open(),
    Filter::new(&["community.general.counter", "counter"], &[], counter),
    Filter::new(&["community.general.version_sort", "version_sort"], &["reverse"], version_sort),
    Filter::new(&["community.general.lists_union", "lists_union"], &[], |_, v, a| lists(&v, a, Sets::Union))
        .open(),
    Filter::new(&["community.general.lists_intersect", "lists_intersect"], &[], |_, v, a| {
        lists(&v, a, Sets::Intersect)
    })
    .open(),
    Filter::new(&["community.general.lists_difference", "lists_difference"], &[], |_, v, a| {
        lists(&v, a, Sets::Difference)
    })
    .open(),
    Filter::new(
        &["community.general.lists_symmetric_difference", "lists_symmetric_difference"],
        &[],
        |_, v, a| lists(&v, a, Sets::Symmetric),
    )
    .open(),
];

/// A list of pairs as a dict.
fn to_dict(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let out = Dict::default();
    for (at, pair) in input.iter()?.enumerate() {
        let parts: Vec<Value> = pair.iter()?.collect();
        let [key, value] = parts.as_slice() else {
            return Err(Error::new(format!(
                "dictionary update sequence element #{at} has length {}; 2 is required",
                parts.len()
            )));
        };
        out.insert(Key::new(key.clone())?, value.clone());
    }
    Ok(Value::Dict(out))
}

/// A list of dicts as a dict of them, by the value of an attribute that each has for itself.
fn group_by(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if !input.is_sequence() {
        return Err(Error::new("Input is not a sequence"));
    }
    let attribute = Key::new(args.required(0, "attribute")?.clone())?;
    let out = Dict::default();
    for (at, item) in input.iter()?.enumerate() {
        let Some(dict) = item.as_dict() else {
            return Err(Error::new(format!("Sequence element #{at} is not a mapping")));
        };
        let Some(value) = dict.get_key(&attribute) else {
            return Err(Error::new(format!("Attribute not contained in element #{at} of sequence")));
        };
        let key = Key::new(value.clone())?;
        if out.get_key(&key).is_some() {
            return Err(Error::new(format!(
                "Multiple sequence entries have attribute value {}",
                value.repr()?
            )));
        }
        out.insert(key, item);
    }
    Ok(Value::Dict(out))
}

/// Lists of dicts merged into one: dicts with the same value under `index` are combined; sorted by it.
fn merge_by(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if let Some((name, _)) = args.named.iter().find(|(n, _)| !matches!(&**n, "recursive" | "list_merge")) {
        return Err(Error::new(format!("lists_mergeby() got an unexpected keyword argument '{name}'")));
    }
    let recursive = args.keyword("recursive").map_or(Ok(false), Value::is_true)?;
    let how = args.keyword("list_merge").map_or(Ok("replace".to_owned()), Value::to_text)?;
    let how = merged_by(&how)?;
    let mut terms: Vec<Value> = std::iter::once(input).chain(args.positional.iter().cloned()).collect();
    let index = terms.pop().filter(|_| !terms.is_empty());
    let Some(index) = index else { return Err(Error::new("At least one list and index are needed.")) };
    let mut dicts = Vec::new();
    for term in &terms {
        let Some(list) = term.as_list() else {
            return Err(Error::new(format!(
                "All arguments before the argument index for community.general.lists_mergeby must be lists. {} is \
                 <class '{}'>",
                term.repr()?,
                term.type_name()
            )));
        };
        for item in list.items().iter() {
            match item {
                Value::List(inner) => dicts.extend(inner.items().iter().cloned()),
                other => dicts.push(other.clone()),
            }
        }
    }
    let index = Key::new(index)?;
    let mut found: Vec<(Value, Dict)> = Vec::new();
    for item in &dicts {
        let Some(dict) = item.as_dict() else {
            return Err(Error::new(format!(
                "Elements of list arguments for lists_mergeby must be dictionaries. {} is <class '{}'>",
                item.repr()?,
                item.type_name()
            )));
        };
        let Some(value) = dict.get_key(&index) else { continue };
        match found.iter_mut().find(|(known, _)| *known == value) {
            Some((_, known)) => *known = merge(known, dict, recursive, how, 200)?,
            None => found.push((value, dict.clone())),
        }
    }
    let sorted = sorted_by(found, &mut |(a, _), (b, _)| Ok(a.compare(b, "<")? == Some(Ordering::Less)))?;
    Ok(Value::list(sorted.into_iter().map(|(_, dict)| Value::Dict(dict))))
}

/// How often each item occurs.
fn counter(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    if !input.is_sequence() && !input.is_str() {
        return Err(Error::new(format!(
            "Argument for community.general.counter must be a sequence (string or list). {} is <class '{}'>",
            input.repr()?,
            input.type_name()
        )));
    }
    let out = Dict::default();
    for item in input.iter()? {
        let key = Key::new(item).map_err(|e| {
            Error::new(format!(
                "community.general.counter needs a sequence with hashable elements (int, float or str) - {}",
                e.message()
            ))
        })?;
        let count = out.get_key(&key).and_then(|v| v.as_int()).unwrap_or(0);
        out.insert(key, Value::Int(count + 1));
    }
    Ok(Value::Dict(out))
}

/// Sorted as versions: digits count as numbers.
fn version_sort(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let reverse = args.bool(0, "reverse", false)?;
    let mut keyed = Vec::new();
    for item in input.iter()? {
        keyed.push((item.to_text()?, item));
    }
    let wanted = if reverse { Ordering::Greater } else { Ordering::Less };
    let sorted = sorted_by(keyed, &mut |(a, _): &(String, Value), (b, _)| {
        Ok(crate::template::tests::loose(a, b).map_err(Error::new)? == wanted)
    })?;
    Ok(Value::list(sorted.into_iter().map(|(_, item)| item)))
}

#[derive(Clone, Copy)]
enum Sets {
    Union,
    Intersect,
    Difference,
    Symmetric,
}

/// Lists as sets that keep their order.
fn lists(input: &Value, args: &Args, how: Sets) -> Result<Value> {
    let flatten = args.keyword("flatten").map_or(Ok(false), Value::is_true)?;
    let mut all: Vec<Value> = std::iter::once(input.clone()).chain(args.positional.iter().cloned()).collect();
    if flatten {
        let mut flat = Vec::new();
        for list in all {
            let items: Vec<Value> = list.iter()?.collect();
            match items.iter().all(Value::is_sequence) {
                true => flat.extend(items),
                false => flat.push(list),
            }
        }
        all = flat;
    }
    let mut lists = Vec::new();
    for list in all {
        if !list.is_sequence() {
            return Err(Error::new(format!(
                "All arguments must be lists. {} is a {}",
                list.repr()?,
                list.type_name()
            )));
        }
        lists.push(once_each(list.iter()?)?);
    }
    let mut lists = lists.into_iter();
    let mut out = lists.next().unwrap_or_default();
    for next in lists {
        let only = |a: &[Value], b: &[Value]| -> Vec<Value> {
            a.iter().filter(|v| !b.contains(v)).cloned().collect()
        };
        out = match how {
            Sets::Union => once_each(out.into_iter().chain(next))?,
            Sets::Intersect => out.into_iter().filter(|v| next.contains(v)).collect(),
            Sets::Difference => only(&out, &next),
            Sets::Symmetric => {
                let mut both = only(&out, &next);
                both.extend(only(&next, &out));
                both
            }
        };
    }
    Ok(Value::list(out))
}

fn once_each(items: impl Iterator<Item = Value>) -> Result<Vec<Value>> {
    let mut seen = std::collections::HashSet::new();
    let mut out = Vec::new();
    for item in items {
        if seen.insert(Key::new(item.clone())?) {
            out.push(item);
        }
    }
    Ok(out)
}
