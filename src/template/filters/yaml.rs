//! YAML: `to_yaml`, `to_nice_yaml`, `from_yaml`, `from_yaml_all`.

use super::Filter;
use crate::diag::Span;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Str, Value, isoformat};
use crate::template::{Dict, Key};
use crate::yaml::{Emit, Limits, Style, Tree, dump, load, load_all};
use std::path::Path;

/// How deep values may nest.
const DEEPEST: usize = 200;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["to_yaml"], &[], |eval, input, args| {
        let emit = Emit { default_flow_style: None, ..Emit::default() };
        to_yaml(eval, &input, args, emit)
    })
    .open(),
    Filter::new(&["to_nice_yaml"], &[], |eval, input, args| {
        to_yaml(eval, &input, args, Emit { indent: 4, ..Emit::default() })
    })
    .open(),
    Filter::new(&["from_yaml"], &[], from_yaml),
    Filter::new(&["from_yaml_all"], &[], from_yaml_all),
];

fn to_yaml(eval: &mut Eval<'_>, input: &Value, args: &Args, mut emit: Emit) -> Result<Value> {
    let number = |name: &str, v: &Value| -> Result<i32> {
        v.as_int()
            .map(|n| n.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
            .ok_or_else(|| Error::new(format!("{name} must be an integer")))
    };
    if let Some(indent) = args.positional.first() {
        emit.indent = number("indent", indent)?;
    }
    for (name, value) in &args.named {
        match &**name {
            "indent" | "width" | "default_style" if value.is_none() => {}
            "indent" => emit.indent = number("indent", value)?,
            "width" => {
                emit.width = if value.as_number().is_some_and(|n| n.float().is_infinite()) {
                    -1
                } else {
                    number("width", value)?
                }
            }
            "sort_keys" => emit.sort_keys = value.is_true()?,
            "allow_unicode" => emit.allow_unicode = value.is_true()?,
            "default_flow_style" => {
                emit.default_flow_style = if value.is_none() { None } else { Some(value.is_true()?) };
            }
            "default_style" => {
                emit.default_style = match value.as_str() {
                    Some("'") => Style::Single,
                    Some("\"") => Style::Double,
                    Some("|") => Style::Literal,
                    Some(">") => Style::Folded,
                    _ => Style::Plain,
                };
            }
            "explicit_start" => emit.explicit_start = value.is_true()?,
            "explicit_end" => emit.explicit_end = value.is_true()?,
            "canonical" => emit.canonical = value.is_true()?,
            "line_break" | "version" | "tags" | "encoding" => {}
            name => {
                return Err(Error::new(format!("dump_all() got an unexpected keyword argument '{name}'")));
            }
        }
    }
    let tree = tree(eval, input, DEEPEST)?;
    let text = dump(&tree, &emit).ok_or_else(|| Error::new("the value cannot be written as YAML"))?;
    Ok(Value::text(text, input.is_secret()))
}

fn tree(eval: &mut Eval<'_>, value: &Value, depth: usize) -> Result<Tree> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    let mut all = |items: &[Value]| items.iter().map(|v| tree(eval, v, depth)).collect::<Result<Vec<_>>>();
    Ok(match value {
        Value::None => Tree::Null,
        Value::Bool(b) => Tree::Bool(*b),
        Value::Int(i) => Tree::Int(*i),
        Value::Big(b) => Tree::Big((**b).clone()),
        Value::Float(f) => Tree::Float(*f),
        Value::Str(s) => match eval.world().sealed(&s.text).filter(|_| s.secret) {
            Some(vault) => Tree::Tagged("!vault", vault.to_string(), Style::Literal),
            None => Tree::Str(s.text.to_string()),
        },
        Value::Bytes(b) => Tree::Bytes(b.to_vec()),
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => Tree::Stamp(isoformat(value, " ")),
        Value::List(l) => Tree::Seq(all(&l.items())?),
        Value::Tuple(t) => Tree::Seq(all(t)?),
        Value::View(v) => Tree::Seq(all(&v.items)?),
        Value::Set(s) => Tree::Set(all(&s.items())?),
        Value::Dict(dict) => {
            let mut pairs = Vec::new();
            for (key, value) in dict.pairs().iter() {
                pairs.push((tree(eval, key.value(), depth)?, tree(eval, value, depth)?));
            }
            Tree::Map(pairs)
        }
        Value::Object(object) if object.keys().is_some() => {
            let mut pairs = Vec::new();
            for key in object.keys().unwrap_or_default() {
                let item = object.item(eval, &key)?.unwrap_or_default();
                let item = eval.deep(item)?;
                pairs.push((tree(eval, &key, depth)?, tree(eval, &item, depth)?));
            }
            Tree::Map(pairs)
        }
        Value::Undefined(marker) => match &marker.sealed {
            Some(vault) => Tree::Tagged("!vault", vault.to_string(), Style::Literal),
            None => return Err(Error(marker.clone())),
        },
        other => {
            return Err(Error::new(format!("cannot represent an object of type {}", other.type_name())));
        }
    })
}

/// What YAML text held, never a template.
fn untrusted(value: Value, secret: bool, depth: usize) -> Result<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    Ok(match value {
        Value::Str(s) => Value::Str(Str { trusted: false, secret: s.secret || secret, ..s }),
        Value::List(l) => {
            let items = l.items();
            Value::list(
                items.iter().map(|v| untrusted(v.clone(), secret, depth)).collect::<Result<Vec<_>>>()?,
            )
        }
        Value::Dict(d) => {
            let mut out = Vec::new();
            for (key, value) in d.pairs().iter() {
                let key = Key::new(untrusted(key.value().clone(), secret, depth)?)?;
                out.push((key, untrusted(value.clone(), secret, depth)?));
            }
            Value::Dict(out.into_iter().collect::<Dict>())
        }
        other => other,
    })
}

fn origin() -> Span {
    Span::new(Path::new("<unicode string>"), 1, 1)
}

fn from_yaml(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Value::Str(text) = &input else { return Ok(input) };
    let node = load(&text.text, origin(), Limits::default()).map_err(|e| Error::new(e.message))?;
    untrusted(Value::from_node(&node), text.secret, DEEPEST + 100)
}

fn from_yaml_all(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Value::Str(text) = &input else {
        return Ok(if input.is_none() { Value::list([]) } else { input });
    };
    let nodes = load_all(&text.text, origin(), Limits::default()).map_err(|e| Error::new(e.message))?;
    let values = nodes.iter().map(|n| untrusted(Value::from_node(n), text.secret, DEEPEST + 100));
    Ok(Value::list(values.collect::<Result<Vec<_>>>()?))
}
