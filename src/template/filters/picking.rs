//! Item by item: `map`, `select`, `reject`, `selectattr`, `rejectattr`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, MarkerKind, Result, Value, str_repr};
use std::sync::Arc;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["map"], &[], map).open().lazy(),
    Filter::new(&["select"], &[], |eval, input, args| pick(eval, &input, args, None, true)).open().lazy(),
    Filter::new(&["reject"], &[], |eval, input, args| pick(eval, &input, args, None, false)).open().lazy(),
    Filter::new(&["selectattr"], &[], |eval, input, args| by_attribute(eval, &input, args, true))
        .open()
        .lazy(),
    Filter::new(&["rejectattr"], &[], |eval, input, args| by_attribute(eval, &input, args, false))
        .open()
        .lazy(),
];

/// The arguments that are handed on to the filter or test applied to each item.
fn handed_on(callee: &str, args: &Args, from: usize) -> Args {
    Args { callee: Arc::from(callee), positional: args.rest(from).to_vec(), named: args.named.clone() }
}

/// What a filter makes of each item, or an attribute of each (`attribute`, `default`).
///
/// # Errors
/// There is no such filter; what fails for an item stands in its place.
fn map(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if !input.is_true()? {
        return Ok(Value::list([]));
    }
    if args.positional.is_empty()
        && let Some(path) = args.keyword("attribute")
    {
        if let Some((name, _)) = args.named.iter().find(|(n, _)| !matches!(&**n, "attribute" | "default")) {
            return Err(Error::new(format!("Unexpected keyword argument '{name}'")));
        }
        let default = args.keyword("default").filter(|v| !v.is_none());
        let mut out = Vec::new();
        for item in eval.items(&input)? {
            let value = if path.is_none() { item } else { eval.path(&item, path)? };
            out.push(match (default, &value) {
                (Some(default), Value::Undefined(m)) if m.kind == MarkerKind::Undefined => default.clone(),
                _ => value,
            });
        }
        return Ok(Value::list(out));
    }
    let Some(name) = args.positional.first() else {
        return Err(Error::new("map requires a filter argument"));
    };
    let Some(name) = name.as_str() else {
        return Err(Error::new(format!("No filter named {}.", name.repr()?)));
    };
    let Some(filter) = crate::template::filters::find(name) else {
        return Err(Error::new(format!("No filter named {}.", str_repr(name))));
    };
    let handed_on = handed_on(name, args, 1);
    let items = eval.items(&input)?;
    let out = items.into_iter().map(|item| eval.apply(filter, name, item, handed_on.clone()));
    let out: Vec<Value> = out.collect();
    Ok(Value::list(out))
}

/// The items for whose attribute a test holds (or does not).
///
/// # Errors
/// There are items, and no attribute is named.
fn by_attribute(eval: &mut Eval<'_>, input: &Value, args: &Args, keep: bool) -> Result<Value> {
    if !input.is_true()? {
        return Ok(Value::list([]));
    }
    let attribute = args.positional.first();
    let attribute = attribute.ok_or_else(|| Error::new("Missing parameter for attribute name"))?;
    pick(eval, input, args, Some(attribute), keep)
}

fn pick(
    eval: &mut Eval<'_>,
    input: &Value,
    args: &Args,
    attribute: Option<&Value>,
    keep: bool,
) -> Result<Value> {
    if !input.is_true()? {
        return Ok(Value::list([]));
    }
    let at = usize::from(attribute.is_some());
    let test = match args.positional.get(at) {
        None => None,
        Some(Value::Str(name)) => match crate::template::tests::find(&name.text) {
            Some(test) => Some((test, &*name.text, handed_on(&name.text, args, at + 1))),
            None => return Err(Error::new(format!("No test named {}.", str_repr(&name.text)))),
        },
        Some(other) => return Err(Error::new(format!("No test named {}.", other.repr()?))),
    };
    let mut out = Vec::new();
    for item in eval.items(input)? {
        let subject = match attribute {
            Some(path) => eval.path(&item, path)?,
            None => item.clone(),
        };
        let holds = match &test {
            Some((test, name, args)) => eval.ask(test, name, subject, args.clone()).is_true()?,
            None => subject.is_true()?,
        };
        if holds == keep {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}
