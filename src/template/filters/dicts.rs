//! Dicts: `combine`, `dict2items`, `items2dict`, `subelements`, `rekey_on_member`, `extract`.

use super::Filter;
use crate::template::args::Args;
use crate::template::value::{Error, MarkerKind, Result, Value};
use crate::template::{Dict, Eval, Key};

/// How deep dicts are merged.
const DEEPEST: usize = crate::template::value::DEEPEST;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["combine"], &[], combine).open(),
    Filter::new(&["dict2items"], &["key_name", "value_name"], dict_to_items),
    Filter::new(&["items2dict"], &["key_name", "value_name"], items_to_dict),
    Filter::new(&["subelements"], &["subelements", "skip_missing"], subelements),
    Filter::new(&["rekey_on_member"], &["key", "duplicates"], rekey_on_member),
    Filter::new(&["extract"], &["container", "morekeys"], extract).lazy(),
];

/// How lists under the same key are merged.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Lists {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendUnique,
    PrependUnique,
}

/// Merges dicts, later ones winning; lists of them spread by one level, what is null drops out. One term alone is
/// given back as it is, whatever it is.
///
/// # Errors
/// Two terms are not both dicts, or a keyword is not `recursive` or `list_merge` with one of its values.
fn combine(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if args.named.iter().any(|(n, _)| !matches!(&**n, "recursive" | "list_merge")) {
        return Err(Error::new("'recursive' and 'list_merge' are the only valid keyword arguments"));
    }
    let recursive = args.keyword("recursive").map_or(Ok(false), Value::is_true)?;
    let lists = args.keyword("list_merge").map_or(Ok("replace".to_owned()), Value::to_text)?;
    let mut terms = Vec::new();
    for term in std::iter::once(&input).chain(&args.positional) {
        match term {
            Value::List(_) | Value::Tuple(_) | Value::View(_) => terms.extend(term.iter()?),
            other => terms.push(other.clone()),
        }
    }
    terms.retain(|term| !super::sequences::is_null(term));
    if let Some(Value::Undefined(marker)) = terms.iter().find(|term| term.is_undefined()) {
        return Err(Error(marker.clone()));
    }
    let Some(mut merged) = terms.pop() else { return Ok(Value::Dict(Dict::default())) };
    while let Some(before) = terms.pop() {
        let lists = merged_by(&lists)?;
        let (Value::Dict(a), Value::Dict(b)) = (&before, &merged) else {
            return Err(not_dicts(&before, &merged));
        };
        merged = Value::Dict(merge(a, b, recursive, lists, DEEPEST)?);
    }
    Ok(merged)
}

/// How lists are merged, by its name.
///
/// # Errors
/// There is no such way.
pub(super) fn merged_by(name: &str) -> Result<Lists> {
    Ok(match name {
        "replace" => Lists::Replace,
        "keep" => Lists::Keep,
        "append" => Lists::Append,
        "prepend" => Lists::Prepend,
        "append_rp" => Lists::AppendUnique,
        "prepend_rp" => Lists::PrependUnique,
        _ => {
            return Err(Error::new(
                "merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', \
                 'prepend', 'append_rp' or 'prepend_rp'",
            ));
        }
    })
}

fn not_dicts(a: &Value, b: &Value) -> Error {
    Error::new(format!(
        "failed to combine variables, expected dicts but got a '{}' and a '{}'.",
        a.class_name(),
        b.class_name()
    ))
}

/// Two dicts as one, the second winning. Where there is nothing to merge, or both are equal, one of them is the
/// result: equal lists are then not appended to each other.
///
/// # Errors
/// They nest too deep.
pub(super) fn merge(a: &Dict, b: &Dict, recursive: bool, lists: Lists, depth: usize) -> Result<Dict> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    if b.is_empty() {
        return Ok(a.clone());
    }
    if a.is_empty() || Value::Dict(a.clone()).equals(&Value::Dict(b.clone()))? {
        return Ok(Dict::new((*b.pairs()).clone()));
    }
    let mut out = (*a.pairs()).clone();
    for (key, value) in b.pairs().iter() {
        let merged = match (out.get(key), value) {
            (Some(Value::Dict(old)), Value::Dict(new)) if recursive => {
                Value::Dict(merge(old, new, recursive, lists, depth)?)
            }
            (Some(Value::List(old)), Value::List(new)) if lists != Lists::Replace => {
                let (old, new) = (old.items(), new.items());
                let without = |from: &[Value], what: &[Value]| -> Vec<Value> {
                    from.iter().filter(|v| !what.contains(v)).cloned().collect()
                };
                match lists {
                    Lists::Keep => out.get(key).cloned().unwrap_or_default(),
                    Lists::Append => Value::list(old.iter().chain(new.iter()).cloned()),
                    Lists::Prepend => Value::list(new.iter().chain(old.iter()).cloned()),
                    Lists::AppendUnique => {
                        Value::list(without(&old, &new).into_iter().chain(new.iter().cloned()))
                    }
                    Lists::PrependUnique => Value::list(new.iter().cloned().chain(without(&old, &new))),
                    Lists::Replace => value.clone(),
                }
            }
            _ => value.clone(),
        };
        out.insert(key.clone(), merged);
    }
    Ok(Dict::new(out))
}

/// A dict as a list of dicts with a key and a value, under these names or given ones.
///
/// # Errors
/// It is no dict.
fn dict_to_items(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(dict) = input.as_dict() else {
        return Err(Error::new(format!(
            "dict2items requires a dictionary, got {} instead.",
            class_name(&input)
        )));
    };
    let name = |at, param, default: &str| args.get(at, param).cloned().unwrap_or_else(|| Value::str(default));
    let key_name = Key::new(name(0, "key_name", "key"))?;
    let value_name = Key::new(name(1, "value_name", "value"))?;
    let pairs = dict.pairs();
    Ok(Value::list(pairs.iter().map(|(key, value)| {
        let item = [(key_name.clone(), key.plain().value().clone()), (value_name.clone(), value.clone())];
        Value::Dict(item.into_iter().collect())
    })))
}

/// How ansible-core prints a value's class in messages.
pub(crate) fn class_name(value: &Value) -> String {
    match value.type_name() {
        "dict" => "<class 'ansible._internal._templating._lazy_containers._AnsibleLazyTemplateDict'>".into(),
        "list" => "<class 'ansible._internal._templating._lazy_containers._AnsibleLazyTemplateList'>".into(),
        name => format!("<class '{name}'>"),
    }
}

/// A list of dicts with a key and a value each as a dict; the inverse of `dict2items`.
///
/// # Errors
/// It is no list of such dicts.
fn items_to_dict(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let items = match &input {
        Value::List(_) | Value::Tuple(_) | Value::View(_) => input.iter()?,
        other => {
            return Err(Error::new(format!(
                "items2dict requires a list, got {} instead.",
                class_name(other)
            )));
        }
    };
    let name = |at, param, default: &str| args.get(at, param).cloned().unwrap_or_else(|| Value::str(default));
    let (key_name, value_name) = (name(0, "key_name", "key"), name(1, "value_name", "value"));
    let (key_at, value_at) = (Key::new(key_name.clone())?, Key::new(value_name.clone())?);
    let out = Dict::default();
    for item in items {
        if let (Value::Tuple(_) | Value::View(_) | Value::List(_), Value::Int(_), Value::Int(_)) =
            (&item, &key_name, &value_name)
        {
            let (key, value) = (eval.item(&item, &key_name)?, eval.item(&item, &value_name)?);
            out.insert(Key::new(key.defined()?)?, value);
            continue;
        }
        let Some(dict) = item.as_dict() else {
            return Err(Error::new(format!(
                "items2dict requires a list of dictionaries, got {} instead.",
                input.repr()?
            )));
        };
        let (Some(key), Some(value)) = (dict.get_key(&key_at), dict.get_key(&value_at)) else {
            return Err(Error::new(format!(
                "items2dict requires each dictionary in the list to contain the keys {} and {}, got {} instead.",
                key_name.repr()?,
                value_name.repr()?,
                input.repr()?
            )));
        };
        out.insert(Key::new(key)?, value);
    }
    Ok(Value::Dict(out))
}

/// Each item with each element of the list that lies under a key of it.
fn subelements(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let elements = match &input {
        Value::Dict(dict) => dict.pairs().values().cloned().collect(),
        Value::List(list) => list.items().to_vec(),
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        _ => return Err(Error::new("obj must be a list of dicts or a nested dict")),
    };
    let path: Vec<String> = match args.required(0, "subelements")? {
        Value::List(l) => l.items().iter().map(Value::to_text).collect::<Result<_>>()?,
        Value::Str(s) => s.text.split('.').map(str::to_owned).collect(),
        _ => return Err(Error::new("subelements must be a list or a string")),
    };
    let skip = args.bool(1, "skip_missing", false)?;
    let mut out = Vec::new();
    for element in elements {
        let mut values = element.clone();
        let mut missing = false;
        for key in &path {
            let Some(dict) = values.as_dict() else {
                let name = values.type_name();
                return Err(Error::new(format!(
                    "the key {key} should point to a dictionary, got '{}': '{name}' object is not subscriptable",
                    values.to_text()?
                )));
            };
            match dict.get(key) {
                Some(value) => values = value.defined()?,
                None if skip => {
                    missing = true;
                    break;
                }
                None => {
                    return Err(Error::new(format!(
                        "could not find '{key}' key in iterated item {}",
                        values.repr()?
                    )));
                }
            }
        }
        if missing {
            continue;
        }
        let Some(list) = values.as_list() else {
            let key = path.last().map_or("", String::as_str);
            return Err(Error::new(format!(
                "the key '{key}' should point to a list, got {}",
                values.repr()?
            )));
        };
        out.extend(list.items().iter().map(|v| Value::tuple([element.clone(), v.clone()])));
    }
    Ok(Value::list(out))
}

/// Dicts as one dict, by the value of a key that they all have.
fn rekey_on_member(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let overwrite = match args.str_or(1, "duplicates", "error")? {
        "error" => false,
        "overwrite" => true,
        other => {
            return Err(Error::new(format!(
                "duplicates parameter to rekey_on_member has unknown value '{other}'"
            )));
        }
    };
    let name = args.required(0, "key")?;
    let key = Key::new(name.clone())?;
    let items: Vec<Value> = match &input {
        Value::Dict(dict) => dict.pairs().values().cloned().collect(),
        Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::View(_) => input.iter()?.collect(),
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        _ => return Err(Error::new("Type is not a valid list, set, or dict")),
    };
    let out = Dict::default();
    for item in items {
        let Some(dict) = item.as_dict() else {
            return Err(Error::new("List item is not a valid dict"));
        };
        let Some(member) = dict.get_key(&key) else {
            return Err(Error::new(format!("Key {} was not found.", name.repr()?)));
        };
        let member_key = Key::new(member.clone())?;
        if !overwrite && out.get_key(&member_key).is_some() {
            return Err(Error::new(format!("Key {} is not unique, cannot convert to dict.", member.repr()?)));
        }
        out.insert(member_key, item);
    }
    Ok(Value::Dict(out))
}

/// `key|extract(container, more)`: `container[key][more]…`.
fn extract(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let mut value = eval.item(args.required(0, "container")?, &input)?;
    let more = match args.get(1, "morekeys") {
        None | Some(Value::None) => Vec::new(),
        Some(Value::List(l)) => eval.items(&Value::List(l.clone()))?,
        Some(key) => vec![key.clone()],
    };
    for key in more {
        match &value {
            Value::Undefined(marker) if marker.kind != MarkerKind::Undefined => break,
            _ => value = eval.item(&value, &key)?,
        }
    }
    Ok(value)
}
