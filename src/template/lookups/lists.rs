//! Lists from lists: `items`, `list`, `dict`, `nested`, `together`, `indexed_items`, `subelements`,
//! `random_choice`, `sequence`; community.general's `flattened`, `cartesian`, `dependent`.

use super::dependent::dependent;
use super::{Lookup, options, sequence};
use crate::template::args::Args;
use crate::template::filters::Random;
use crate::template::filters::class_name;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Effect, Eval, Key};

/// The most items that a lookup may yield.
pub(super) const MOST: usize = 1_000_000;

/// How deep lists are spread out.
const DEEPEST: usize = 200;

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new("list", &[], |_, terms, _| Ok(terms)).open(),
    Lookup::new("items", &[], |_, terms, _| Ok(flattened(terms))).open(),
    Lookup::new("dict", &[], dict).open(),
    Lookup::new("nested", &[], nested).open(),
    Lookup::new("together", &[], together).open(),
    Lookup::new("indexed_items", &[], |_, terms, _| {
        let pairs = flattened(terms).into_iter().enumerate();
        Ok(pairs.map(|(i, item)| Value::tuple([Value::from(i), item])).collect())
    })
    .open(),
    Lookup::new("subelements", &[], subelements).open(),
    Lookup::new("random_choice", &[], |eval, terms, _| {
        if terms.is_empty() {
            return Ok(terms);
        }
        eval.world().effect(Effect::Volatile)?;
        let at = Random::from_system()?.index(terms.len());
        Ok(terms.into_iter().nth(at).into_iter().collect())
    })
    .open(),
    Lookup::new("sequence", &[], sequence::sequence).open(),
    Lookup::new("ansible.utils.get_path", &[], |e, t, a| as_filter(e, "get_path", "var", t, a)).open(),
    Lookup::new("ansible.utils.to_paths", &[], |e, t, a| as_filter(e, "to_paths", "var", t, a)).open(),
    Lookup::new("ansible.utils.index_of", &[], |e, t, a| as_filter(e, "index_of", "data", t, a)).open(),
    Lookup::new("community.general.flattened", &[], |_, terms, _| {
        let mut out = Vec::new();
        flat(terms, &mut out, DEEPEST)?;
        Ok(out)
    })
    .open(),
    Lookup::new("community.general.cartesian", &[], cartesian).open(),
    Lookup::new("community.general.dependent", &[], dependent).open(),
];

/// One level of lists spread out.
fn flattened(terms: Vec<Value>) -> Vec<Value> {
    let mut out = Vec::new();
    for term in terms {
        match &term {
            Value::List(l) => out.extend(l.items().iter().cloned()),
            Value::Tuple(t) => out.extend(t.iter().cloned()),
            Value::View(v) => out.extend(v.items.iter().cloned()),
            _ => out.push(term),
        }
    }
    out
}

/// A filter as a lookup: its input is the first term or a named option.
fn as_filter(
    eval: &mut Eval<'_>,
    name: &str,
    input: &str,
    terms: Vec<Value>,
    args: &Args,
) -> Result<Vec<Value>> {
    let mut terms = terms.into_iter();
    let mut named = args.named.clone();
    let first = match named.iter().position(|(n, _)| &**n == input) {
        Some(at) => named.remove(at).1,
        None => terms.next().ok_or_else(|| Error::new(format!("['missing required arguments: {input}']")))?,
    };
    let args = Args { callee: name.into(), positional: terms.collect(), named };
    let found = eval.filter(&format!("ansible.utils.{name}"), first, args)?;
    match found {
        Value::Undefined(marker) => Err(Error(marker)),
        other => Ok(vec![other]),
    }
}

/// All levels of lists spread out. The words `None` and `null` end the list that they are in.
fn flat(terms: Vec<Value>, out: &mut Vec<Value>, depth: usize) -> Result<()> {
    let depth = depth.checked_sub(1).ok_or_else(|| Error::new("maximum recursion depth exceeded"))?;
    for term in terms {
        match &term {
            Value::Str(s) if matches!(&*s.text, "None" | "null") => break,
            Value::List(list) => flat(list.items().to_vec(), out, depth)?,
            _ => out.push(term),
        }
    }
    Ok(())
}

/// Every combination, the first list varying slowest; of dicts their keys.
fn cartesian(_eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    if terms.is_empty() {
        return Err(Error::new("with_cartesian requires at least one element in each list"));
    }
    let keys = |term: Value| match &term {
        Value::Dict(dict) => Value::list(dict.keys()),
        _ => term,
    };
    let columns = terms.into_iter().map(|term| as_list(&keys(term))).collect::<Vec<_>>();
    Ok(combined(&columns)?.into_iter().map(Value::list).collect())
}

/// A term as a list: what is none is a list of itself.
fn as_list(term: &Value) -> Vec<Value> {
    match term {
        Value::List(_) | Value::Tuple(_) | Value::View(_) => {
            term.iter().map(Iterator::collect).unwrap_or_default()
        }
        other => vec![other.clone()],
    }
}

/// Every combination of the columns' items, each spread by one level.
fn combined(columns: &[Vec<Value>]) -> Result<Vec<Vec<Value>>> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for items in columns {
        if rows.len().saturating_mul(items.len()) > MOST {
            return Err(Error::new(format!("the result would have more than {MOST} items")));
        }
        let with = |row: &Vec<Value>, item: &Value| {
            let mut row = row.clone();
            row.extend(flattened(vec![item.clone()]));
            row
        };
        rows = rows.iter().flat_map(|row| items.iter().map(move |item| with(row, item))).collect();
    }
    Ok(rows)
}

fn dict(_eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    for term in terms {
        let Value::Dict(dict) = &term else {
            return Err(Error::new(format!(
                "the 'dict' lookup plugin expects a dictionary, got '{}' of type {})",
                term.to_text()?,
                class_name(&term)
            )));
        };
        for (key, value) in dict.pairs().iter() {
            out.push(Value::dict([("key", key.value().clone()), ("value", value.clone())]));
        }
    }
    Ok(out)
}

/// Every combination, the first list varying slowest; lists within are spread.
fn nested(_eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    if terms.is_empty() {
        return Err(Error::new("with_nested requires at least one element in the nested list"));
    }
    let columns = terms.iter().map(|term| Ok(term.iter()?.collect())).collect::<Result<Vec<_>>>()?;
    let rows = combined(&columns)?;
    // a combination is flattened once more
    Ok(rows.into_iter().map(|row| Value::list(flattened(row))).collect())
}

fn together(_eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    if terms.is_empty() {
        return Err(Error::new("with_together requires at least one element in each list"));
    }
    let columns: Vec<Vec<Value>> =
        terms.iter().map(|t| t.iter().map(Iterator::collect)).collect::<Result<_>>()?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |i: usize| columns.iter().map(|c| c.get(i).cloned().unwrap_or_default()).collect();
    Ok((0..length).map(|i| Value::list(flattened(row(i)))).collect())
}

const TWO_OR_THREE: &str = "subelements lookup expects a list of two or three items,";

/// Each item (without the list) with each element of the list under a key of it.
fn subelements(_eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let (elements, path, flags) = match terms.as_slice() {
        [elements, path] => (elements, path, None),
        [elements, path, flags] => (elements, path, Some(flags)),
        _ => return Err(Error::new(TWO_OR_THREE)),
    };
    let is_container = matches!(elements, Value::List(_) | Value::Dict(_) | Value::Tuple(_));
    let Some(path) = path.as_str().filter(|_| is_container) else {
        return Err(Error::new(format!(
            "{TWO_OR_THREE} first a dict or a list, second a string pointing to the subkey"
        )));
    };
    let path: Vec<&str> = path.split('.').collect();
    let is_skipped = |v: &Value| v.get("skipped").is_some_and(|s| !matches!(s, Value::Bool(false)));
    let elements: Vec<Value> = match elements {
        Value::Dict(_) if is_skipped(elements) => return Ok(Vec::new()),
        Value::Dict(dict) => dict.pairs().values().cloned().collect(),
        other => other.iter()?.collect(),
    };
    let skip_missing = match flags {
        None => false,
        Some(Value::Dict(flags)) => {
            if let Some(unknown) = flags.keys().iter().find(|k| k.as_str() != Some("skip_missing")) {
                let _ = unknown;
                return Err(Error::new(format!(
                    "{TWO_OR_THREE} the optional third item must be a dict with flags ('skip_missing',)"
                )));
            }
            options::flag(flags.get("skip_missing").as_ref(), false)?
        }
        Some(_) => {
            return Err(Error::new(format!(
                "{TWO_OR_THREE} the optional third item must be a dict with flags ('skip_missing',)"
            )));
        }
    };
    let mut out = Vec::new();
    for element in elements {
        if !matches!(element, Value::Dict(_)) {
            return Err(Error::new(format!(
                "subelements lookup expects a dictionary, got '{}'",
                element.to_text()?
            )));
        }
        if is_skipped(&element) {
            continue;
        }
        let Some((rest, items)) = taken(&element, &path, skip_missing)? else { continue };
        out.extend(items.into_iter().map(|item| Value::tuple([rest.clone(), item])));
    }
    Ok(out)
}

/// A copy of the dict without what lies at the path, and the list that lies there.
fn taken(element: &Value, path: &[&str], skip_missing: bool) -> Result<Option<(Value, Vec<Value>)>> {
    let Some((key, deeper)) = path.split_first() else { return Ok(None) };
    let Some(dict) = element.as_dict() else { return Ok(None) };
    let Some(value) = dict.get(key) else {
        if skip_missing {
            return Ok(None);
        }
        return Err(Error::new(format!(
            "could not find '{key}' key in iterated item '{}'",
            element.to_text()?
        )));
    };
    let mut copy = (*dict.pairs()).clone();
    if deeper.is_empty() {
        let Value::List(list) = &value else {
            return Err(Error::new(format!(
                "the key {key} should point to a list, got '{}'",
                value.to_text()?
            )));
        };
        copy.shift_remove(*key);
        return Ok(Some((Value::Dict(Dict::new(copy)), list.items().to_vec())));
    }
    if !matches!(value, Value::Dict(_)) {
        if skip_missing {
            return Ok(None);
        }
        return Err(Error::new(format!(
            "the key {key} should point to a dictionary, got '{}'",
            value.to_text()?
        )));
    }
    let Some((rest, items)) = taken(&value, deeper, skip_missing)? else { return Ok(None) };
    copy.insert(Key::str(*key), rest);
    Ok(Some((Value::Dict(Dict::new(copy)), items)))
}
