//! Keys of dicts kept, dropped or renamed: `keep_keys`, `remove_keys`, `replace_keys` of community.general (the dicts
//! of a list) and of ansible.utils (all dicts within a value).

use super::Filter;
use super::declared::{complaint, list, required};
use crate::template::args::Args;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};
use indexmap::IndexMap;
use std::sync::Arc;

/// How deep dicts are searched.
const DEEPEST: usize = crate::template::value::DEEPEST;

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

    /// Whether a key fits; one that is no text only ever differs.
    fn fits(&self, key: &Value) -> Result<bool> {
        let key = match (self, key.as_str()) {
            (_, Some(text)) => text,
            (Pattern::Equal(_), None) => return Ok(false),
            (Pattern::Start(_) | Pattern::End(_), None) => {
                let method = if matches!(self, Pattern::Start(_)) { "startswith" } else { "endswith" };
                let name = key.type_name();
                return Err(Error::new(format!("'{name}' object has no attribute '{method}'")));
            }
            (Pattern::Regex(_), None) => {
                let name = key.type_name();
                return Err(Error::new(format!("expected string or bytes-like object, got '{name}'")));
            }
        };
        Ok(match self {
            Pattern::Equal(text) => key == text,
            Pattern::Start(text) => key.starts_with(text.as_str()),
            Pattern::End(text) => key.ends_with(text.as_str()),
            Pattern::Regex(regex) => regex.match_start(key)?.is_some(),
        })
    }
}

/// What is looked for, and, where keys are renamed, the new name.
type Targets = Vec<(Pattern, Value)>;

/// The targets of community.general's filters.
fn targets(args: &Args, deed: Deed) -> Result<Targets> {
    let by = match args.get(1, "matching_parameter") {
        None => "equal".to_owned(),
        Some(by) => shown(by)?,
    };
    if !matches!(by.as_str(), "equal" | "starts_with" | "ends_with" | "regex") {
        return Err(Error::new(format!(
            "The matching_parameter must be one of ['equal', 'starts_with', 'ends_with', 'regex']. \
             matching_parameter={by}"
        )));
    }
    let target = args.get(0, "target").cloned().unwrap_or_default();
    let empty = || Error::new("The target can't be empty.");
    if deed == Deed::Replace {
        return renamed(&target, &by);
    }
    let items: Vec<Value> = match &target {
        Value::Str(s) if s.text.is_empty() => return Err(empty()),
        Value::Str(_) => vec![target.clone()],
        Value::List(_) | Value::Tuple(_) => target.iter()?.collect(),
        other => {
            return Err(Error::new(format!(
                "The target must be a string or a list. target is <class '{}'>.",
                other.type_name()
            )));
        }
    };
    if items.is_empty() {
        return Err(empty());
    }
    // The items of a tuple are not looked at: what is no text equals no key.
    let is_tuple = matches!(target, Value::Tuple(_)) && by == "equal";
    let items: Vec<Value> = items.into_iter().filter(|item| item.is_str() || !is_tuple).collect();
    if let Some(other) = items.iter().find(|item| !item.is_str()) {
        return Err(Error::new(format!(
            "The target items must be strings. {} is <class '{}'>",
            shown(other)?,
            other.type_name()
        )));
    }
    if by == "regex" && items.len() != 1 {
        return Err(Error::new("Single item is required in the target list if matching_parameter=regex."));
    }
    items.into_iter().map(|item| Ok((Pattern::new(item.to_text()?, &by)?, Value::None))).collect()
}

/// The pairs of old and new names.
fn renamed(target: &Value, by: &str) -> Result<Targets> {
    let Some(list) = target.as_list() else {
        return Err(Error::new(format!(
            "The target must be a list of dictionaries. target is {}.",
            target.type_name()
        )));
    };
    let items = list.items();
    if items.is_empty() {
        return Err(Error::new("The target can't be empty."));
    }
    let mut out = Vec::new();
    for item in items.iter() {
        if !item.is_mapping() {
            return Err(Error::new(format!(
                "The target items must be dictionaries. {} is <class '{}'>",
                shown(item)?,
                item.type_name()
            )));
        }
        let (Some(before), Some(after)) = (item.get("before"), item.get("after")) else {
            return Err(Error::new("All dictionaries in target must include attributes: after, before."));
        };
        for (name, value) in [("before", &before), ("after", &after)] {
            if !value.is_str() {
                return Err(Error::new(format!(
                    "The attributes {name} must be strings. {} is <class '{}'>",
                    shown(value)?,
                    value.type_name()
                )));
            }
        }
        let text = before.to_text()?;
        let pattern = Pattern::new(text.clone(), by).map_err(|_| {
            Error::new(format!(
                "The attributes before must be valid regex if matching_parameter=regex. Not all items are valid regex \
                 in: ['{text}']"
            ))
        })?;
        out.push((pattern, after));
    }
    Ok(out)
}

/// As Python's `str`, which has a word for nothing.
fn shown(value: &Value) -> Result<String> {
    if value.is_str() { value.to_text() } else { value.repr() }
}

/// The new name of the first target that a key fits.
fn hit<'t>(key: &Key, targets: &'t Targets) -> Result<Option<&'t Value>> {
    for (pattern, after) in targets {
        if pattern.fits(key.value())? {
            return Ok(Some(after));
        }
    }
    Ok(None)
}

/// The new name of a key, its own where it stays, nothing where it goes.
fn fate(key: &Key, targets: &Targets, deed: Deed) -> Result<Option<Key>> {
    Ok(match (hit(key, targets)?, deed) {
        (Some(_), Deed::Keep) | (None, Deed::Remove | Deed::Replace) => Some(key.clone()),
        (Some(after), Deed::Replace) => Some(Key::new(after.clone())?),
        _ => None,
    })
}

/// Of each dict of a list; `target` is a name or a list of them (of dicts with `before` and `after` where keys are
/// renamed), and `matching_parameter` says how keys fit: equal, starts_with, ends_with, regex (one target).
///
/// Errors: what is no list of dicts with text for keys, an empty target, targets that are no text, a bad expression.
fn of_list(_eval: &mut Eval<'_>, input: &Value, args: &Args, deed: Deed) -> Result<Value> {
    if !matches!(input, Value::List(_) | Value::Tuple(_) | Value::View(_) | Value::Str(_)) {
        return Err(Error::new(format!(
            "First argument must be a list. {} is <class '{}'>",
            shown(input)?,
            input.type_name()
        )));
    }
    let items: Vec<Value> = input.iter()?.collect();
    if let Some(other) = items.iter().find(|item| item.as_dict().is_none()) {
        return Err(Error::new(format!(
            "The data items must be dictionaries. {} is <class '{}'>",
            shown(other)?,
            other.type_name()
        )));
    }
    for dict in items.iter().filter_map(Value::as_dict) {
        let keys = dict.keys();
        if keys.iter().any(|key| !key.is_str()) {
            let keys = Value::list(keys).repr()?;
            return Err(Error::new(format!("Top level keys must be strings. keys: dict_keys({keys})")));
        }
    }
    let targets = targets(args, deed)?;
    let mut out = Vec::new();
    for item in &items {
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

/// Of every dict within a value; `target` is a list of names (of dicts with `before` and `after` where keys are renamed),
/// and `matching_parameter` says how keys fit: not given they are equal, else starts_with, ends_with, regex.
///
/// Errors: what is neither dict nor list, targets of other types, a bad expression.
fn throughout(_eval: &mut Eval<'_>, input: &Value, args: &Args, deed: Deed) -> Result<Value> {
    let by = match args.get(1, "matching_parameter").map(shown).transpose()? {
        None => "equal".to_owned(),
        Some(by) if matches!(by.as_str(), "starts_with" | "ends_with" | "regex") => by,
        Some(by) => {
            return Err(complaint(format!(
                "value of matching_parameter must be one of: starts_with, ends_with, regex, got: {by}"
            )));
        }
    };
    let mut targets = Targets::new();
    for item in list(required(args, 0, "target")?, "target")? {
        if deed != Deed::Replace {
            let text = item.to_text()?;
            targets.push((Pattern::new(text.clone(), &by)?, text.into()));
            continue;
        }
        let Some(pair) = item.as_dict() else {
            return Err(complaint("dictionary requested, could not parse JSON or key=value".to_owned()));
        };
        if let Some(other) = pair.keys().iter().find(|k| !matches!(k.as_str(), Some("before" | "after"))) {
            return Err(complaint(format!(
                "target.{}. Supported parameters include: after, before.",
                other.to_text()?
            )));
        }
        // A pair without an old name renames nothing.
        if let Some(before) = pair.get("before").filter(|v| !v.is_none()) {
            let after = pair.get("after").unwrap_or_default();
            let after = if after.is_none() { after } else { after.to_text()?.into() };
            targets.push((Pattern::new(before.to_text()?, &by)?, after));
        }
    }
    if !matches!(input, Value::Dict(_) | Value::List(_)) {
        let (name, what) = match deed {
            Deed::Keep => ("keep_keys", "keep operation"),
            Deed::Remove => ("remove_keys", "attribute removal"),
            Deed::Replace => ("replace_keys", "replace operation"),
        };
        return Err(Error::new(format!("Error when using plugin '{name}': Input is not valid for {what}")));
    }
    match deed {
        Deed::Keep => kept(input, &targets, DEEPEST),
        Deed::Remove => removed(input, &targets, DEEPEST),
        Deed::Replace => replaced(input, &targets, DEEPEST),
    }
}

fn deeper(depth: usize) -> Result<usize> {
    depth.checked_sub(1).ok_or_else(|| Error::new("maximum recursion depth exceeded"))
}

/// Whether it is a dict or list without anything in it.
fn is_bare(value: &Value) -> bool {
    match value {
        Value::Dict(dict) => dict.is_empty(),
        Value::List(list) => list.is_empty(),
        _ => false,
    }
}

/// Keys stay that fit and hold neither dict nor list. A dict or list stays with what is left of it, whatever its key, if
/// anything is; whole, where its key is the last target itself (however keys fit), or any of them and nothing is left.
fn kept(value: &Value, targets: &Targets, depth: usize) -> Result<Value> {
    let depth = deeper(depth)?;
    match value {
        Value::Dict(dict) => {
            let new = Dict::default();
            for (key, item) in dict.pairs().iter() {
                if !matches!(item, Value::Dict(_) | Value::List(_)) {
                    if hit(key, targets)?.is_some() {
                        new.insert(key.clone(), item.clone());
                    }
                    continue;
                }
                let is_named = |(_, name): &(Pattern, Value)| name == key.value();
                let inner = kept(item, targets, depth)?;
                let full: Vec<Value> = match &inner {
                    Value::List(list) => list.items().iter().filter(|v| !is_bare(v)).cloned().collect(),
                    _ => Vec::new(),
                };
                let left = if targets.last().is_some_and(is_named) {
                    item.clone()
                } else if !full.is_empty() {
                    Value::list(full)
                } else if inner.is_mapping() && !is_bare(&inner) {
                    inner
                } else if targets.iter().any(is_named) {
                    item.clone()
                } else if !is_bare(&inner) {
                    inner
                } else {
                    continue;
                };
                new.insert(key.clone(), left);
            }
            Ok(Value::Dict(new))
        }
        Value::List(list) => {
            let items = list.items();
            Ok(Value::list(items.iter().map(|i| kept(i, targets, depth)).collect::<Result<Vec<_>>>()?))
        }
        other => Ok(other.clone()),
    }
}

/// Keys that fit go; so do dicts in lists that are left empty, and items of lists that are nothing, zero or empty.
fn removed(value: &Value, targets: &Targets, depth: usize) -> Result<Value> {
    let depth = deeper(depth)?;
    match value {
        Value::Dict(dict) => {
            let new = Dict::default();
            for (key, item) in dict.pairs().iter() {
                if hit(key, targets)?.is_none() {
                    new.insert(key.clone(), removed(item, targets, depth)?);
                }
            }
            Ok(Value::Dict(new))
        }
        Value::List(list) => {
            let mut out = Vec::new();
            for item in list.items().iter() {
                let new = removed(item, targets, depth)?;
                let stays = if item.is_mapping() { &new } else { item };
                if stays.is_true()? {
                    out.push(new);
                }
            }
            Ok(Value::list(out))
        }
        other => Ok(other.clone()),
    }
}

/// Keys that fit are renamed, one target after the other; what is renamed comes after what stays.
fn replaced(value: &Value, targets: &Targets, depth: usize) -> Result<Value> {
    let depth = deeper(depth)?;
    match value {
        Value::Dict(dict) => {
            let mut new = IndexMap::default();
            for (key, item) in dict.pairs().iter() {
                new.insert(key.clone(), replaced(item, targets, depth)?);
            }
            for (pattern, after) in targets {
                let keys: Vec<Key> = new.keys().cloned().collect();
                for key in keys {
                    if pattern.fits(key.value())?
                        && let Some(item) = new.shift_remove(&key)
                    {
                        new.insert(Key::new(after.clone())?, item);
                    }
                }
            }
            Ok(Value::Dict(Dict::new(new)))
        }
        Value::List(list) => {
            let items = list.items();
            Ok(Value::list(items.iter().map(|i| replaced(i, targets, depth)).collect::<Result<Vec<_>>>()?))
        }
        other => Ok(other.clone()),
    }
}
