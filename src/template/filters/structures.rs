//! Values within structures, as ansible.utils has them: `get_path`, `to_paths`, `index_of`, `consolidate`,
//! `param_list_compare`.

use super::Filter;
use super::declared::{complaint, flag, list, required, text};
use crate::template::args::Args;
use crate::template::names::Named;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};

/// How deep structures are walked.
const DEEPEST: usize = crate::template::value::DEEPEST;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["ansible.utils.get_path", "get_path"], &["path", "environment", "wantlist"], get_path),
    Filter::new(&["ansible.utils.to_paths", "to_paths"], &["prepend", "wantlist"], to_paths),
    Filter::new(
        &["ansible.utils.index_of", "index_of"],
        &["test", "value", "key", "fail_on_missing", "wantlist"],
        index_of,
    ),
    Filter::new(
        &["ansible.utils.consolidate", "consolidate"],
        &["fail_missing_match_key", "fail_missing_match_value", "fail_duplicate"],
        consolidate,
    ),
    Filter::new(&["ansible.utils.param_list_compare", "param_list_compare"], &["target"], compared),
];

/// The value, in a list of its own where that is wanted.
fn wanted(value: Value, wantlist: Option<bool>) -> Value {
    match wantlist {
        Some(true) if value.as_list().is_none() => Value::list([value]),
        _ => value,
    }
}

/// What an expression such as `b.c[0]` yields where the dict's keys are the only variables.
///
/// Errors: an input that is no dict with text for keys, an expression that cannot be read; a path that leads nowhere is
/// undefined.
fn get_path(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let path = text(required(args, 0, "path")?)?;
    let wantlist = flag(args, 2, "wantlist")?;
    let Some(dict) = input.as_dict() else {
        return Err(Error::new(format!(
            "jinja2.environment.Template.render() argument after ** must be a mapping, not {}",
            input.type_name()
        )));
    };
    if dict.pairs().keys().any(|key| key.as_str().is_none()) {
        return Err(Error::new("keywords must be strings"));
    }
    if path.trim().is_empty() {
        return Err(Error::new("Expected an expression, got 'end of print statement'"));
    }
    let world = Named { world: eval.world(), names: dict.clone(), alone: true };
    let mut inner = Eval::new(&world);
    let found = inner.expression(&path)?;
    if let Value::Undefined(marker) = &found {
        return Err(Error(marker.clone()));
    }
    let found = inner.deep(found)?;
    Ok(match wantlist {
        Some(true) => Value::list([found]),
        _ => found,
    })
}

/// A dict from the path of each value (such as `b.c[0]`) to the value; what is empty is a value. `prepend` goes before
/// each path.
///
/// Errors: keys within the structure that are no text.
fn to_paths(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let prefix = args.get(0, "prepend").map_or(Ok(String::new()), text)?;
    let wantlist = flag(args, 1, "wantlist")?;
    let is_empty = |value: &Value| {
        matches!(value, Value::Dict(d) if d.is_empty()) || value.as_list().is_some_and(|l| l.is_empty())
    };
    let out = Dict::default();
    if prefix.is_empty() && is_empty(&input) {
        return Ok(wanted(input, wantlist));
    }
    walk(&input, Key::str(prefix.as_str()), prefix.is_empty(), &out, DEEPEST)?;
    Ok(wanted(Value::Dict(out), wantlist))
}

fn walk(value: &Value, path: Key, is_top: bool, out: &Dict, depth: usize) -> Result<()> {
    let depth = depth.checked_sub(1).ok_or_else(|| Error::new("maximum recursion depth exceeded"))?;
    let prefix = path.as_str().map(str::to_owned);
    match value {
        Value::Dict(dict) if !dict.is_empty() => {
            for (key, item) in dict.pairs().iter() {
                let name = match (is_top, key.as_str()) {
                    (true, _) => key.clone(),
                    (false, Some(text)) => {
                        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                        let prefix = prefix.clone().ok_or_else(|| not_text(&path))?;
                        Key::str(if plain {
                            format!("{prefix}.{text}")
                        } else {
                            format!("{prefix}['{text}']")
                        })
                    }
                    (false, None) => {
                        return Err(Error::new(format!(
                            "expected string or bytes-like object, got '{}'",
                            key.value().type_name()
                        )));
                    }
                };
                walk(item, name, false, out, depth)?;
            }
        }
        Value::List(list) if !list.is_empty() => {
            let prefix = prefix.ok_or_else(|| not_text(&path))?;
            for (at, item) in list.items().iter().enumerate() {
                walk(item, Key::str(format!("{prefix}[{at}]")), false, out, depth)?;
            }
        }
        other => out.insert(path, other.clone()),
    }
    Ok(())
}

fn not_text(path: &Key) -> Error {
    let name = path.value().type_name();
    Error::new(format!("unsupported operand type(s) for +: '{name}' and 'str'"))
}

/// The indices of the items that pass a test (`!` or `not ` in front turns it), one alone as a number. With `key`, the
/// items are dicts and their values under it are tested; `fail_on_missing` refuses dicts without it.
///
/// Errors: what is no list, a test that there is not or that fails.
fn index_of(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let data = list(&input, "data")?;
    let test = required(args, 0, "test")?.to_text()?;
    let value = args.get(1, "value").filter(|v| !v.is_none()).cloned();
    let key = args.get(2, "key").filter(|v| !v.is_none()).map(Value::to_text).transpose()?;
    let (strict, wantlist) = (flag(args, 3, "fail_on_missing")?, flag(args, 4, "wantlist")?);
    let failed = |what: String| Error::new(format!("Error when using plugin 'index_of': {what}"));
    let tested: Vec<(usize, Value)> = match &key {
        None => data.into_iter().enumerate().collect(),
        Some(key) => {
            if data.iter().any(|item| !item.is_mapping()) {
                let names: Vec<&str> = data.iter().map(Value::type_name).collect();
                let said = match names.as_slice() {
                    [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
                    _ => names.join(", "),
                };
                return Err(failed(format!(
                    "When a key name is provided, all list entries are required to be dictionaries, got {said}"
                )));
            }
            let key = Key::str(key.as_str());
            let mut missing = Vec::new();
            let mut found = Vec::new();
            for (at, item) in data.iter().enumerate() {
                match item.as_dict().and_then(|dict| dict.get_key(&key)) {
                    Some(value) => found.push((at, value)),
                    None => missing.push(format!(
                        "{} was not found in '{}' at [{at}]",
                        key.value().repr()?,
                        item.repr()?
                    )),
                }
            }
            if strict == Some(true) && !missing.is_empty() {
                return Err(failed(format!("{}. fail_on_missing=True", missing.join(" and "))));
            }
            found
        }
    };
    let (name, is_turned) = match test.strip_prefix('!').filter(|rest| !rest.starts_with('=')) {
        Some(rest) => (rest.trim(), true),
        None => match test.strip_prefix("not ") {
            Some(rest) => (rest.trim(), true),
            None => (test.as_str(), false),
        },
    };
    let mut out = Vec::new();
    for (at, item) in tested {
        if crate::template::tests::find(name).is_none() {
            let argument = value.clone().unwrap_or_default();
            return Err(failed(format!(
                "Error encountered when testing value '{}' (type={}) against '{}' (type={}) with '{test}'.  Error was: \
                 the test '{test}' was not found.",
                item.to_text()?,
                item.type_name(),
                if argument.is_none() { "None".to_owned() } else { argument.to_text()? },
                argument.type_name()
            )));
        }
        let argument = Args::of(name, value.iter().cloned().collect());
        if eval.test(name, item, argument)? != is_turned {
            out.push(Value::from(at));
        }
    }
    Ok(match out.as_slice() {
        [one] if wantlist != Some(true) => one.clone(),
        _ => Value::list(out),
    })
}

/// Lists of dicts (each `data`, with the `match_key` that names them and the `name` of the list) as one dict: from the
/// values of those keys, sorted, to what each list has of them.
///
/// Errors: other input; entries without their key, values that a list has twice or not at all, unless the arguments
/// allow them.
fn consolidate(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let check = |index: usize, name: &str| Ok::<_, Error>(flag(args, index, name)?.unwrap_or(true));
    let (keys, values) = (check(0, "fail_missing_match_key")?, check(1, "fail_missing_match_value")?);
    let duplicates = check(2, "fail_duplicate")?;
    let failed = |what: String| Error::new(format!("Error when using plugin 'consolidate': {what}"));
    let mut sources: Vec<(Key, Dict)> = Vec::new();
    let mut repeated = Vec::new();
    for (number, source) in list(&input, "data_sources")?.iter().enumerate() {
        let Some(source) = source.as_dict() else {
            return Err(complaint(
                "Elements value for option 'data_sources' is of type str and we were unable to convert to dict: \
                 dictionary requested, could not parse JSON or key=value"
                    .to_owned(),
            ));
        };
        let known = ["data", "match_key", "name"];
        let given = |name: &str| {
            source
                .get(name)
                .ok_or_else(|| complaint(format!("missing required arguments: {name} found in data_sources")))
        };
        if let Some(other) = source.keys().iter().find(|k| !k.as_str().is_some_and(|k| known.contains(&k))) {
            return Err(complaint(format!(
                "data_sources.{}. Supported parameters include: data, match_key, name.",
                other.to_text()?
            )));
        }
        let (data, name) = (given("data")?, given("name")?.to_text()?);
        let match_key = given("match_key")?.to_text()?;
        let entries = Dict::default();
        for (at, entry) in data.iter()?.enumerate() {
            let Some(dict) = entry.as_dict() else {
                return Err(Error::new(format!("'{}' object is not subscriptable", entry.type_name())));
            };
            match dict.get(&match_key) {
                None if keys => {
                    return Err(failed(format!(
                        "'fail_missing_match_key' reported missing match key '{match_key}' in data source {} in list \
                         entry {}",
                        number + 1,
                        at + 1
                    )));
                }
                None => {}
                Some(value) => {
                    let key = Key::new(value)?;
                    if entries.get_key(&key).is_some() {
                        repeated.push(number + 1);
                    }
                    entries.insert(key, entry);
                }
            }
        }
        sources.push((Key::str(name.as_str()), entries));
    }
    if let Some(number) = repeated.first().filter(|_| duplicates) {
        return Err(failed(format!("'fail_duplicate' reported duplicate values in data source {number}")));
    }
    let mut all: Vec<(Value, ())> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for key in sources.iter().flat_map(|(_, entries)| entries.keys()) {
        if seen.insert(Key::new(key.clone())?) {
            all.push((key, ()));
        }
    }
    let out = Dict::default();
    for (key, ()) in super::sorting::sorted(all, false)? {
        let key = Key::new(key)?;
        let row = Dict::default();
        for (number, (name, entries)) in sources.iter().enumerate() {
            let entry = entries.get_key(&key);
            if entry.is_none() && values {
                return Err(failed(format!(
                    "'fail_missing_match_value' reported missing match value {} in data source {}",
                    key.value().to_text()?,
                    number + 1
                )));
            }
            row.insert(name.clone(), entry.unwrap_or_else(|| Value::Dict(Dict::default())));
        }
        out.insert(key, Value::Dict(row));
    }
    Ok(Value::Dict(out))
}

/// Which parameters of the list are asked for (`all`, names, `!name` for all but it), sorted, and which names it lacks.
///
/// Errors: lists of what is no text, a target that is none.
fn compared(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let base = list(&input, "base")?;
    let Some(target) = args.get(0, "target") else {
        return Err(Error::new(
            "Missing either 'base' or 'other value in filter input,refer 'ansible.utils.param_list_compare' filter \
             plugin documentation for details",
        ));
    };
    let mut named = Vec::new();
    let mut left_out = Vec::new();
    for item in target.iter()? {
        let Some(text) = item.as_str() else {
            return Err(Error::new(format!("'{}' object has no attribute 'startswith'", item.type_name())));
        };
        match text.strip_prefix('!') {
            Some(name) => left_out.push(Value::str(name)),
            None => named.push(item),
        }
    }
    let all = Value::str("all");
    let is_all = named.contains(&all);
    let asked = |item: &Value| match is_all {
        true => !left_out.contains(item),
        false => named.contains(item),
    };
    let actionable: Vec<(Value, ())> = base.iter().filter(|i| asked(i)).map(|i| (i.clone(), ())).collect();
    let actionable = super::sorting::sorted(actionable, false)?.into_iter().map(|(item, ())| item);
    let unsupported = named.iter().filter(|item| **item != all && !base.contains(item)).cloned();
    Ok(Value::dict([("actionable", Value::list(actionable)), ("unsupported", Value::list(unsupported))]))
}
