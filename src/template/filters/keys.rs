//! Keys of dicts kept, dropped or renamed: `keep_keys`, `remove_keys`, `replace_keys` of community.general (the dicts
//! of a list) and of ansible.utils (all dicts within a value).

use super::Filter;
use crate::template::args::Args;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};
use std::sync::Arc;

/// How deep dicts are searched.
const DEEPEST: usize = 200;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["community.general.keep_keys", "keep_keys"], PARAMS, |e, v, a| {
        of_list(e, &v, a, Deed::Keep)
    }),
    Filter::new(&["community.general.remove_keys", "remove_keys"], PARAMS, |e, v, a| {
        of_list(e, &v, a, Deed::Remove)
    }),
    Filter::new(&["community.general.replace_keys", "replace_keys"], PARAMS, |e, v, a| {
        of_list(e, &v, a, Deed::Replace)
    }),
    Filter::new(&["ansible.utils.keep_keys"], PARAMS, |e, v, a| throughout(e, &v, a, Deed::Keep)),
    Filter::new(&["ansible.utils.remove_keys"], PARAMS, |e, v, a| throughout(e, &v, a, Deed::Remove)),
    Filter::new(&["ansible.utils.replace_keys"], PARAMS, |e, v, a| throughout(e, &v, a, Deed::Replace)),
];

const PARAMS: &[&str] = &["target", "matching_parameter"];

#[derive(Clone, Copy, PartialEq)]
enum Deed {
    Keep,
    Remove,
    Replace,
}

enum Pattern {
    Equal(String),
    Start(String),
    End(String),
    Regex(Arc<PyRegex>),
}

impl Pattern {
    fn new(text: String, by: &str) -> Result<Pattern> {
        Ok(match by {
            "starts_with" => Pattern::Start(text),
            "ends_with" => Pattern::End(text),
            "regex" => Pattern::Regex(PyRegex::new(&text, Flags::default()).map_err(|_| {
                Error::new(format!(
                    "The target must be a valid regex if matching_parameter=regex. target is {text}"
                ))
            })?),
            _ => Pattern::Equal(text),
        })
    }

    fn fits(&self, key: &str) -> Result<bool> {
        Ok(match self {
            Pattern::Equal(text) => key == text,
            Pattern::Start(text) => key.starts_with(text.as_str()),
            Pattern::End(text) => key.ends_with(text.as_str()),
            Pattern::Regex(regex) => regex.match_start(key)?.is_some(),
        })
    }
}

/// What is looked for, and, where keys are renamed, the new name.
type Targets = Vec<(Pattern, String)>;

fn targets(args: &Args, deed: Deed) -> Result<Targets> {
    let by = args.str_or(1, "matching_parameter", "equal")?.to_owned();
    if !matches!(by.as_str(), "equal" | "starts_with" | "ends_with" | "regex") {
        return Err(Error::new(format!(
            "The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. \
             matching_parameter={by}"
        )));
    }
    let target = args.get(0, "target").cloned().unwrap_or_default();
    if deed == Deed::Replace {
        let Some(list) = target.as_list() else {
            return Err(Error::new(format!(
                "The target must be a list of dictionaries. target is {}.",
                target.type_name()
            )));
        };
        let items = list.items();
        return items
            .iter()
            .map(|item| match (item.get("before"), item.get("after")) {
                (Some(before), Some(after)) => Ok((Pattern::new(before.to_text()?, &by)?, after.to_text()?)),
                _ => Err(Error::new("All dictionaries in target must include attributes: after, before.")),
            })
            .collect();
    }
    let texts = match &target {
        Value::Str(s) => vec![s.text.to_string()],
        Value::List(l) => l.items().iter().map(Value::to_text).collect::<Result<_>>()?,
        other => {
            return Err(Error::new(format!(
                "The target must be a string or a list. target is <class '{}'>.",
                other.type_name()
            )));
        }
    };
    if by == "regex" && texts.len() != 1 && args.callee.starts_with("community") {
        return Err(Error::new("Single item is required in the target list if matching_parameter=regex."));
    }
    texts.into_iter().map(|text| Ok((Pattern::new(text, &by)?, String::new()))).collect()
}

/// The new name of a key, its own where it stays, nothing where it goes.
fn fate(key: &Key, targets: &Targets, deed: Deed) -> Result<Option<Key>> {
    let text = key.value().to_text()?;
    let mut hit = None;
    for (pattern, after) in targets {
        if pattern.fits(&text)? {
            hit = Some(after);
            break;
        }
    }
    Ok(match (hit, deed) {
        (Some(_), Deed::Keep) | (None, Deed::Remove | Deed::Replace) => Some(key.clone()),
        (Some(after), Deed::Replace) => Some(Key::str(after.as_str())),
        _ => None,
    })
}

/// Of each dict of a list.
fn of_list(_eval: &mut Eval<'_>, input: &Value, args: &Args, deed: Deed) -> Result<Value> {
    let Some(list) = input.as_list() else {
        return Err(Error::new(format!(
            "First argument must be a list. {} is <class '{}'>",
            input.repr()?,
            input.type_name()
        )));
    };
    let items = list.items();
    if let Some(other) = items.iter().find(|item| item.as_dict().is_none()) {
        return Err(Error::new(format!(
            "The data items must be dictionaries. {} is <class '{}'>",
            other.repr()?,
            other.type_name()
        )));
    }
    let targets = targets(args, deed)?;
    let mut out = Vec::new();
    for item in items.iter() {
        let Some(dict) = item.as_dict() else { continue };
        let new = Dict::default();
        for (key, value) in dict.pairs().iter() {
            if let Some(key) = fate(key, &targets, deed)? {
                new.insert(key, value.clone());
            }
        }
        out.push(Value::Dict(new));
    }
    Ok(Value::list(out))
}

/// Of every dict within a value.
fn throughout(_eval: &mut Eval<'_>, input: &Value, args: &Args, deed: Deed) -> Result<Value> {
    let targets = targets(args, deed)?;
    Ok(within(input, &targets, deed, DEEPEST)?.unwrap_or_else(|| input.clone()))
}

/// The value anew; nothing where none of it is kept.
fn within(value: &Value, targets: &Targets, deed: Deed, depth: usize) -> Result<Option<Value>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    match value {
        Value::Dict(dict) => {
            let new = Dict::default();
            let mut renamed = Vec::new();
            for (key, item) in dict.pairs().iter() {
                match (fate(key, targets, deed)?, deed) {
                    (Some(key), Deed::Keep) => {
                        new.insert(key, item.clone());
                    }
                    (None, Deed::Keep) => {
                        if let Some(inner) = within(item, targets, deed, depth)?
                            && matches!(inner, Value::Dict(_) | Value::List(_))
                            && !inner.is_empty()?
                        {
                            new.insert(key.clone(), inner);
                        }
                    }
                    (Some(name), _) => {
                        let inner = within(item, targets, deed, depth)?.unwrap_or_default();
                        // What is renamed comes after what stays.
                        if name == *key {
                            new.insert(name, inner);
                        } else {
                            renamed.push((name, inner))
                        }
                    }
                    (None, _) => {}
                }
            }
            for (name, inner) in renamed {
                new.insert(name, inner);
            }
            Ok(Some(Value::Dict(new)))
        }
        Value::List(list) => {
            let mut out = Vec::new();
            for item in list.items().iter() {
                out.extend(within(item, targets, deed, depth)?);
            }
            Ok(Some(Value::list(out)))
        }
        _ if deed == Deed::Keep => Ok(None),
        other => Ok(Some(other.clone())),
    }
}
