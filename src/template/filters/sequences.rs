//! Lists: `batch`, `slice`, `first`, `last`, `list`, `reverse`, `join`, `sort`, `min`, `max`, `groupby`, `flatten`,
//! `dictsort`, `items`.

use super::Filter;
use super::sorting::{Order, folded, sorted};
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, View, binary};
use crate::template::{Dict, Eval};

/// How deep `flatten` goes.
const DEEPEST: usize = 1_000;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["batch"], &["linecount", "fill_with"], batch).lazy(),
    Filter::new(&["slice"], &["slices", "fill_with"], slice).lazy(),
    Filter::new(&["first"], &[], first).lazy(),
    Filter::new(&["last"], &[], last).lazy(),
    Filter::new(&["list"], &[], |eval, input, _| Ok(Value::list(eval.items(&input)?))).lazy(),
    Filter::new(&["reverse"], &[], reverse).lazy(),
    Filter::new(&["join"], &["d", "attribute"], join),
    Filter::new(&["sort"], &["reverse", "case_sensitive", "attribute"], sort),
    Filter::new(&["min"], &["case_sensitive", "attribute"], |eval, input, args| {
        extreme(eval, &input, args, Order::Less)
    }),
    Filter::new(&["max"], &["case_sensitive", "attribute"], |eval, input, args| {
        extreme(eval, &input, args, Order::Greater)
    }),
    Filter::new(&["groupby"], &["attribute", "default", "case_sensitive"], group_by),
    Filter::new(&["flatten"], &["levels", "skip_nulls"], flatten),
    Filter::new(&["dictsort"], &["case_sensitive", "by", "reverse"], dict_sort),
    Filter::new(&["items"], &[], items),
];

/// Rows of `linecount` items, the last one filled up with `fill_with`.
///
/// # Errors
/// There is nothing to walk.
fn batch(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let count = args.required(0, "linecount")?;
    let fill = args.get(1, "fill_with").filter(|v| !v.is_none());
    let is_full = |row: &[Value]| Value::from(row.len()).equals(count);
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut row: Vec<Value> = Vec::new();
    for item in eval.items(&input)? {
        if is_full(&row)? {
            rows.push(std::mem::take(&mut row));
        }
        row.push(item);
    }
    if !row.is_empty() {
        if let Some(fill) = fill {
            let Some(target) = count.as_number() else {
                return Err(Error::new(format!(
                    "'<' not supported between instances of 'int' and '{}'",
                    count.class_name()
                )));
            };
            if target.float() > super::combinations::MOST as f64 {
                return Err(Error::new(format!("the line count {target} is too large to fill")));
            }
            let missing = match count.as_int() {
                Some(target) => usize::try_from(target).unwrap_or(0).saturating_sub(row.len()),
                None if target.float() > row.len() as f64 => {
                    return Err(Error::new("can't multiply sequence by non-int of type 'float'"));
                }
                None => 0,
            };
            row.extend(std::iter::repeat_n(fill.clone(), missing));
        }
        rows.push(row);
    }
    Ok(Value::list(rows.into_iter().map(Value::list)))
}

/// So many columns of the items, shorter ones filled up with `fill_with`.
///
/// # Errors
/// There is nothing to walk, or `slices` is no whole number above zero.
fn slice(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let wanted = args.required(0, "slices")?;
    let items = eval.items(&input)?;
    let Some(slices) = wanted.as_int() else {
        return Err(Error::new(match wanted {
            Value::Float(f) if *f == 0.0 => "float floor division by zero".to_owned(),
            Value::Float(_) => "'float' object cannot be interpreted as an integer".to_owned(),
            other => {
                format!("unsupported operand type(s) for //: 'int' and '{}'", other.class_name())
            }
        }));
    };
    if slices == 0 {
        return Err(Error::new("integer division or modulo by zero"));
    }
    let Ok(slices) = usize::try_from(slices) else { return Ok(Value::list([])) };
    if slices > super::combinations::MOST {
        return Err(Error::new(format!("{slices} slices are too many")));
    }
    let (each, more) = (items.len() / slices, items.len() % slices);
    let fill = args.get(1, "fill_with").filter(|v| !v.is_none());
    let mut rest = items.into_iter();
    let rows = (0..slices).map(|i| {
        let mut row: Vec<Value> = rest.by_ref().take(each + usize::from(i < more)).collect();
        if i >= more {
            row.extend(fill.cloned());
        }
        Value::list(row)
    });
    Ok(Value::list(rows))
}

/// The first item; undefined where there is none.
///
/// # Errors
/// There is nothing to walk.
fn first(eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    match input.iter()?.next() {
        Some(item) => Ok(eval.read(item)),
        None => Ok(Value::undefined("No first item, sequence was empty.")),
    }
}

/// The last item; undefined where there is none.
///
/// # Errors
/// There is nothing to walk.
fn last(eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    match input.iter()?.next_back() {
        Some(item) => Ok(eval.read(item)),
        None => Ok(Value::undefined("No last item, sequence was empty.")),
    }
}

/// A text or list from its end to its start.
///
/// # Errors
/// There is nothing to walk.
fn reverse(eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    if let Value::Str(s) = &input {
        return Ok(Value::text(s.text.chars().rev().collect::<String>(), s.secret));
    }
    let mut items = match eval.items(&input) {
        Ok(items) => items,
        Err(error) if input.is_undefined() => return Err(error),
        Err(error) => return Err(Error::new(format!("argument must be iterable: {}", error.message()))),
    };
    items.reverse();
    Ok(Value::list(items))
}

/// All items, or an attribute of each, as one text with `d` between them.
///
/// # Errors
/// There is nothing to walk, or the text would be too long.
fn join(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let with = args.get(0, "d").map(Value::to_text).transpose()?.unwrap_or_default();
    let attribute = args.get(1, "attribute").filter(|v| !v.is_none());
    let secret = input.is_secret() || args.is_secret();
    let mut out = String::new();
    for (i, item) in input.iter()?.enumerate() {
        if i > 0 {
            out.push_str(&with);
        }
        let item = match attribute {
            Some(path) => eval.path(&item, path)?,
            None => item,
        };
        item.write_text(&mut out)?;
        crate::template::value::fits(out.len())?;
    }
    Ok(Value::text(out, secret))
}

/// The items in order, by themselves or by one or more attributes; case does not count unless asked to.
///
/// # Errors
/// Two of them cannot be compared, or an attribute is missing.
fn sort(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let fold = !args.bool(1, "case_sensitive", false)?;
    let attribute = args.get(2, "attribute").filter(|v| !v.is_none());
    let mut keyed = Vec::new();
    for item in input.iter()? {
        let key = match attribute {
            None => folded(item.clone(), fold),
            Some(Value::Str(paths)) if paths.text.contains(',') => {
                let mut keys = Vec::new();
                for path in paths.text.split(',') {
                    keys.push(folded(eval.path(&item, &path_part(path))?.defined()?, fold));
                }
                Value::list(keys)
            }
            Some(path) => folded(eval.path(&item, path)?.defined()?, fold),
        };
        keyed.push((key, item));
    }
    let sorted = sorted(keyed, reversed(args, 0)?)?;
    Ok(Value::list(sorted.into_iter().map(|(_, item)| item)))
}

/// Whether to sort the other way round: a boolean or a number.
///
/// # Errors
/// It is something else.
fn reversed(args: &Args, index: usize) -> Result<bool> {
    match args.get(index, "reverse") {
        None => Ok(false),
        Some(value) => value.as_int().map(|number| number != 0).ok_or_else(|| {
            Error::new(format!("'{}' object cannot be interpreted as an integer", value.class_name()))
        }),
    }
}

/// A path of its own out of a list of paths.
fn path_part(path: &str) -> Value {
    match path.parse::<i64>() {
        Ok(index) => Value::Int(index),
        Err(_) => Value::str(path),
    }
}

fn extreme(eval: &mut Eval<'_>, input: &Value, args: &Args, order: Order) -> Result<Value> {
    let fold = !args.bool(0, "case_sensitive", false)?;
    let attribute = args.get(1, "attribute").filter(|v| !v.is_none());
    let mut best: Option<(Value, Value)> = None;
    for item in input.iter()? {
        let key = match attribute {
            Some(path) => eval.path(&item, path)?.defined()?,
            None => item.clone(),
        };
        let key = folded(key, fold);
        let better = match &best {
            None => true,
            Some((top, _)) => order.holds(&key, top)?,
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(match best {
        Some((_, item)) => item,
        None => Value::undefined("No aggregated item, sequence was empty."),
    })
}

/// Pairs of a value and the items that have it, in order of the values.
fn group_by(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let attribute = args.required(0, "attribute")?;
    let fold = !args.bool(2, "case_sensitive", false)?;
    let mut keyed = Vec::new();
    for item in input.iter()? {
        let value = match attribute {
            // no attribute: the item itself
            Value::None => item.clone(),
            attribute => eval.path(&item, attribute)?.defined()?,
        };
        keyed.push((folded(value.clone(), fold), (value, item)));
    }
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (key, (value, item)) in sorted(keyed, false)? {
        match groups.last_mut() {
            Some((last, _, items)) if last.equals(&key)? => items.push(item),
            _ => groups.push((key, value, vec![item])),
        }
    }
    Ok(Value::list(groups.into_iter().map(|(_, value, items)| Value::View(View::group(value, items)))))
}

/// Ansible's `flatten`: inner lists spread, to any depth or only so many `levels`, nulls dropped.
///
/// # Errors
/// There is nothing to walk, or `levels` is no number.
fn flatten(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let levels = args.get(0, "levels").filter(|levels| !levels.is_none());
    let skip = args.bool(1, "skip_nulls", true)?;
    let mut out = Vec::new();
    spread(&input, levels, skip, DEEPEST, &mut 0, &mut out)?;
    Ok(Value::list(out))
}

/// What Ansible takes for null in lists.
pub(super) fn is_null(value: &Value) -> bool {
    match value {
        Value::None => true,
        Value::Str(s) => matches!(&*s.text, "None" | "null"),
        _ => false,
    }
}

fn spread(
    input: &Value,
    levels: Option<&Value>,
    skip: bool,
    depth: usize,
    met: &mut usize,
    out: &mut Vec<Value>,
) -> Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    for item in input.iter()? {
        *met += 1;
        crate::template::value::fits(*met * 16)?;
        match &item {
            item if skip && is_null(item) => {}
            Value::List(_) | Value::Tuple(_) | Value::View(_) | Value::Range(_) => match levels {
                None => spread(&item, None, skip, depth, met, out)?,
                Some(levels) if levels.compare(&Value::Int(1), ">=")?.is_some_and(|o| o.is_ge()) => {
                    let less = binary("-", levels, &Value::Int(1))?;
                    spread(&item, Some(&less), skip, depth, met, out)?;
                }
                Some(_) => out.push(item),
            },
            _ => out.push(item),
        }
    }
    Ok(())
}

/// A dict's pairs as a list, sorted by key or by value.
///
/// # Errors
/// It is no dict, `by` is neither, or two of them cannot be compared.
fn dict_sort(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let fold = !args.bool(0, "case_sensitive", false)?;
    let by_value = match args.get(1, "by").map_or(Some("key"), Value::as_str) {
        Some("key") => false,
        Some("value") => true,
        _ => return Err(Error::new("You can only sort by either \"key\" or \"value\"")),
    };
    let Some(dict) = input.as_dict() else {
        return Err(Error::new(format!("'{}' object has no attribute 'items'", input.type_name())));
    };
    let pairs = dict.pairs();
    let keyed = pairs.iter().map(|(key, value)| {
        let by = if by_value { value.clone() } else { key.plain().value().clone() };
        (folded(by, fold), (key.plain().value().clone(), value.clone()))
    });
    let sorted = sorted(keyed.collect(), reversed(args, 2)?)?;
    Ok(Value::list(sorted.into_iter().map(|(_, (key, value))| Value::tuple([key, value]))))
}

/// A dict's pairs as a list.
///
/// # Errors
/// It is no dict.
fn items(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let pairs = |dict: &Dict| {
        let pairs = dict.pairs();
        Value::list(
            pairs.iter().map(|(key, value)| Value::tuple([key.plain().value().clone(), value.clone()])),
        )
    };
    match &input {
        Value::Dict(dict) => Ok(pairs(dict)),
        _ => Err(Error::new("Can only get item pairs from a mapping.")),
    }
}
