//! The simplest filters: `default`, `upper`, `lower`, `length`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, MarkerKind, Result, Value};
use std::sync::Arc;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["default", "d"], &["default_value", "boolean"], default).lazy().sees_undefined(),
    Filter::new(&["upper"], &[], upper),
    Filter::new(&["lower"], &[], lower),
    Filter::new(&["length", "count"], &[], length).lazy(),
];

/// `default(value, boolean)`: replaces what is undefined, or with `boolean` what is false; failures stay.
///
/// # Errors
/// `boolean` is none.
fn default(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if let Some(boolean) = args.get(1, "boolean").filter(|value| value.as_bool().is_none()) {
        let name = boolean.clone().defined()?.class_name();
        return Err(Error::new(format!("The 'boolean' argument must be of type 'bool', not '{name}'.")));
    }
    let replace = match &input {
        Value::Undefined(marker) => marker.kind == MarkerKind::Undefined,
        value => args.bool(1, "boolean", false)? && !value.is_true()?,
    };
    if !replace {
        return Ok(input);
    }
    Ok(args.get(0, "default_value").cloned().unwrap_or_else(|| Value::str("")))
}

/// Upper case of the text.
fn upper(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let text = input.as_text()?;
    Ok(Value::text(in_case(&text, str::make_ascii_uppercase, str::to_uppercase), input.is_secret()))
}

/// Lower case of the text.
fn lower(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let text = input.as_text()?;
    Ok(Value::text(in_case(&text, str::make_ascii_lowercase, str::to_lowercase), input.is_secret()))
}

/// The text in another case, made in one piece where it is ASCII.
fn in_case(text: &str, ascii: fn(&mut str), any: fn(&str) -> String) -> Arc<str> {
    if !text.is_ascii() {
        return any(text).into();
    }
    let mut new = Arc::from(text);
    // nobody else has it yet
    Arc::get_mut(&mut new).map(ascii);
    new
}

/// The number of items.
fn length(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    Ok(input.len()?.into())
}
