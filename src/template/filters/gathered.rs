//! Lists and dicts as community.general handles them: `dict`, `dict_kv`, `groupby_as_dict`, `lists_mergeby`, `counter`,
//! `version_sort`, `lists_union` and the like, `accumulate`.

use super::Filter;
use super::dicts::{Lists, merge, merged_by};
use super::sorting::sorted_by;
use crate::template::args::Args;

use crate::template::value::{Error, Result, Value, binary};
use crate::template::{Dict, Eval, Key};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["community.general.dict", "dict"], &[], to_dict),
    Filter::new(&["community.general.accumulate", "accumulate"], &[], accumulate),
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

/// A list of pairs as a dict; a dict as it is.
fn to_dict(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    if input.is_mapping() {
        return Ok(input);
    }
    let out = Dict::default();
    for (at, pair) in input.iter()?.enumerate() {
        let parts: Vec<Value> = pair
            .iter()
            .map_err(|_| {
                Error::new(format!("cannot convert dictionary update sequence element #{at} to a sequence"))
            })?
            .collect();
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
    if !input.is_sequence() && !input.is_str() {
        return Err(Error::new("Input is not a sequence"));
    }
    let attribute = Key::new(args.required(0, "attribute")?.clone())?;
    let out = Dict::default();
    for (at, item) in input.iter()?.enumerate() {
        if let Value::Undefined(marker) = &item {
            return Err(Error(marker.clone()));
        }
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

/// Lists of dicts merged into one: dicts with the same value under the last argument are combined, and sorted by it.
/// Input and arguments are lists of dicts or lists of such lists; one list alone comes out as it is. `recursive` and
/// `list_merge` are `combine`'s.
///
/// Errors: what is no list or no dict, an index that is no text, values of it that cannot be hashed or compared.
fn merge_by(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if let Some((name, _)) = args.named.iter().find(|(n, _)| !matches!(&**n, "recursive" | "list_merge")) {
        return Err(Error::new(format!("lists_mergeby() got an unexpected keyword argument '{name}'")));
    }
    let recursive = args.keyword("recursive").map_or(Ok(false), Value::is_true)?;
    let mut terms: Vec<Value> = std::iter::once(input).chain(args.positional.iter().cloned()).collect();
    let index = terms.pop().filter(|_| !terms.is_empty());
    let Some(index) = index else { return Err(Error::new("At least one list and index are needed.")) };
    if let Some(term) = terms.iter().find(|term| !is_list(term) && !term.is_str()) {
        return Err(Error::new(format!(
            "All arguments before the argument index for community.general.lists_mergeby must be lists. {} is \
             <class '{}'>",
            shown(term)?,
            term.type_name()
        )));
    }
    let mut lists = flattened(terms)?;
    if lists.len() < 2 {
        return Ok(lists.pop().unwrap_or_else(|| Value::list(Vec::new())));
    }
    if !index.is_str() {
        return Err(Error::new(format!(
            "First argument after the lists for community.general.lists_mergeby must be string. {} is <class '{}'>",
            shown(&index)?,
            index.type_name()
        )));
    }
    let index = Key::new(index)?;
    let how = match args.keyword("list_merge") {
        Some(how) => merged_by(&how.to_text()?)?,
        None => merged_by("replace")?,
    };
    // From the last to the first, as `combine` does.
    let mut out: Vec<Value> =
        lists.pop().map_or(Ok(Vec::new()), |list| list.iter().map(Iterator::collect))?;
    while let Some(list) = lists.pop() {
        out = paired(list.iter()?.chain(out), &index, recursive, how)?;
    }
    Ok(Value::list(out))
}

/// The dicts of two lists, those with the same value under `index` combined, sorted by it.
fn paired(
    items: impl Iterator<Item = Value>,
    index: &Key,
    recursive: bool,
    how: Lists,
) -> Result<Vec<Value>> {
    let mut found: Vec<Dict> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    for item in items {
        let Some(dict) = item.as_dict() else {
            return Err(Error::new(format!(
                "Elements of list arguments for lists_mergeby must be dictionaries. {} is <class '{}'>",
                shown(&item)?,
                item.type_name()
            )));
        };
        let Some(value) = dict.get_key(index) else { continue };
        let next = found.len();
        let place = *places.entry(Key::new(value)?).or_insert(next);
        match found.get_mut(place) {
            // What it had keeps its place.
            Some(known) => {
                for (key, value) in merge(known, dict, recursive, how, 200)?.pairs().iter() {
                    known.insert(key.clone(), value.clone());
                }
            }
            None => found.push(Dict::new((*dict.pairs()).clone())),
        }
    }
    let keyed = found.into_iter().filter_map(|dict| Some((dict.get_key(index)?, dict))).collect();
    let sorted = sorted_by(keyed, &mut |(a, _): &(Value, Dict), (b, _)| {
        Ok(a.compare(b, "<")? == Some(Ordering::Less))
    })?;
    Ok(sorted.into_iter().map(|(_, dict)| Value::Dict(dict)).collect())
}

fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Tuple(_) | Value::View(_))
}

/// As Python's `str`, which has a word for nothing.
fn shown(value: &Value) -> Result<String> {
    if value.is_str() { value.to_text() } else { value.repr() }
}

/// The lists, those of a list of lists in its stead.
fn flattened(terms: Vec<Value>) -> Result<Vec<Value>> {
    let mut lists = Vec::new();
    for term in terms {
        if !is_list(&term) {
            lists.push(term);
            continue;
        }
        let items: Vec<Value> = term.iter()?.collect();
        match items.iter().all(is_list) {
            true => lists.extend(items),
            false => lists.push(term),
        }
    }
    Ok(lists)
}

/// The sums (what `+` makes) of the items up to each.
///
/// Errors: an input that is no sequence, and items that cannot be added.
fn accumulate(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    if !is_list(&input) && !input.is_str() {
        return Err(Error::new(format!(
            "Invalid value type (<class '{}'>) for accumulate ({})",
            input.type_name(),
            input.repr()?
        )));
    }
    let mut out: Vec<Value> = Vec::new();
    for item in input.iter()? {
        let sum = match out.last() {
            Some(last) => binary("+", last, &item)?,
            None => item,
        };
        out.push(sum);
    }
    Ok(Value::list(out))
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

/// Sorted as versions: digits count as numbers, the rest as text. What is empty stands for no version, which is only an
/// error once it is compared.
///
/// Errors: items that are no text, a number that meets text, `reverse` that is neither a boolean nor a number.
fn version_sort(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let mut keyed = Vec::new();
    for item in input.iter()? {
        let key = match item.as_str() {
            Some(text) => Some(text.to_owned()).filter(|t| !t.is_empty()),
            None if !item.is_true()? => None,
            None => {
                return Err(Error::new(format!(
                    "expected string or bytes-like object, got '{}'",
                    item.type_name()
                )));
            }
        };
        keyed.push((key, item));
    }
    let reverse = match args.get(0, "reverse") {
        None => false,
        Some(value @ (Value::Bool(_) | Value::Int(_) | Value::Big(_))) => value.is_true()?,
        Some(other) => {
            return Err(Error::new(format!(
                "'{}' object cannot be interpreted as an integer",
                other.type_name()
            )));
        }
    };
    let wanted = if reverse { Ordering::Greater } else { Ordering::Less };
    let sorted = sorted_by(keyed, &mut |(a, _): &(Option<String>, Value), (b, _)| match (a, b) {
        (Some(a), Some(b)) => Ok(crate::template::tests::loose(a, b).map_err(Error::new)? == wanted),
        _ => Err(Error::new("'LooseVersion' object has no attribute 'version'")),
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

/// Lists as sets that keep their order; one list alone stays as it is. With `flatten`, a list of lists stands for them.
///
/// Errors: what is no list, and other named arguments.
fn lists(input: &Value, args: &Args, how: Sets) -> Result<Value> {
    let unknown: Vec<&str> = args.named.iter().map(|(n, _)| &**n).filter(|n| *n != "flatten").collect();
    if !unknown.is_empty() {
        let callee = args.callee.rsplit('.').next().unwrap_or_default();
        return Err(Error::new(format!(
            "{callee}() got unexpected keywords arguments: {}",
            unknown.join(", ")
        )));
    }
    let mut all: Vec<Value> = std::iter::once(input.clone()).chain(args.positional.iter().cloned()).collect();
    if args.keyword("flatten").map_or(Ok(false), Value::is_true)? {
        all = flattened(all)?;
    }
    if all.len() < 2 {
        return Ok(all.pop().unwrap_or_else(|| Value::list(Vec::new())));
    }
    let class = |value: &Value| match value {
        Value::List(_) | Value::View(_) => Some(0),
        Value::Tuple(_) => Some(1),
        Value::Str(_) => Some(2),
        _ => None,
    };
    let added = matches!(how, Sets::Union | Sets::Symmetric);
    let first = all.first().and_then(class);
    let mut lists = Vec::new();
    for list in all {
        // Union and symmetric difference add them, which takes two of a kind.
        if added && (first.is_none() || class(&list) != first) {
            return Err(Error::new(format!(
                "All arguments must be lists. {} is a {}",
                list.repr()?,
                list.type_name()
            )));
        }
        lists.push(OnceEach::of(list.iter()?));
    }
    let mut lists = lists.into_iter();
    let mut out = lists.next().unwrap_or_default();
    for next in lists {
        let only = |a: &OnceEach, b: &OnceEach| -> Vec<Value> {
            a.items.iter().filter(|v| !b.holds(v)).cloned().collect()
        };
        out = match how {
            Sets::Union => OnceEach::of(out.items.into_iter().chain(next.items)),
            Sets::Intersect => OnceEach::of(out.items.into_iter().filter(|v| next.holds(v))),
            Sets::Difference => OnceEach::of(only(&out, &next).into_iter()),
            Sets::Symmetric => OnceEach::of(only(&out, &next).into_iter().chain(only(&next, &out))),
        };
    }
    Ok(Value::list(out.items))
}

/// Items without those that equal an earlier one, hashed where they can be.
#[derive(Default)]
struct OnceEach {
    items: Vec<Value>,
    hashed: HashSet<Key>,
    /// Those that cannot be hashed.
    others: Vec<Value>,
}

impl OnceEach {
    fn of(items: impl Iterator<Item = Value>) -> OnceEach {
        let mut all = OnceEach::default();
        for item in items {
            let is_new = match Key::new(item.clone()) {
                Ok(key) => all.hashed.insert(key),
                Err(_) if all.others.contains(&item) => false,
                Err(_) => {
                    all.others.push(item.clone());
                    true
                }
            };
            if is_new {
                all.items.push(item);
            }
        }
        all
    }

    fn holds(&self, item: &Value) -> bool {
        match Key::new(item.clone()) {
            Ok(key) => self.hashed.contains(&key),
            Err(_) => self.others.contains(item),
        }
    }
}
