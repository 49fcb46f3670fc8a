//! YAML: `to_yaml`, `to_nice_yaml`, `from_yaml`, `from_yaml_all`.

use super::Filter;
use crate::diag::Span;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::codecs;
use crate::template::value::{Error, Kin, Number, Result, Value, View, fits, isoformat};
use crate::yaml::{Emit, Limits, LineBreak, Style, Tree, load_bare, try_dump};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// How deep values may nest.
const DEEPEST: usize = crate::template::value::DEEPEST;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["to_yaml"], &[], |eval, input, args| {
        let emit = Emit { default_flow_style: None, ..Emit::default() };
        to_yaml(eval, &input, args, emit)
    })
    .open(),
    Filter::new(&["to_nice_yaml"], &[], |eval, input, args| {
        let mut emit = Emit { indent: 4, ..Emit::default() };
        if let Some(indent) = args.positional.first() {
            if args.keyword("indent").is_some() {
                return Err(Error::new("to_nice_yaml() got multiple values for argument 'indent'"));
            }
            emit.indent = whole(indent)?.unwrap_or(2);
        }
        to_yaml(eval, &input, args, emit)
    })
    .open(),
    Filter::new(&["from_yaml"], &[], from_yaml),
    Filter::new(&["from_yaml_all"], &[], from_yaml_all),
];

/// A number for the emitter, whose fractions it forgets; `None` is its own default.
fn whole(value: &Value) -> Result<Option<i32>> {
    let limits = (f64::from(i32::MIN), f64::from(i32::MAX));
    match value.as_number() {
        _ if value.is_none() => Ok(None),
        Some(Number::Float(f)) if f.is_infinite() => {
            Err(Error::new("cannot convert float infinity to integer"))
        }
        Some(number) => Ok(Some(number.float().clamp(limits.0, limits.1) as i32)),
        None => Err(Error::new("an integer is required")),
    }
}

/// What a value looks like as YAML: text, or bytes where an `encoding` is asked for. Takes the keywords of PyYAML's
/// `dump`; what is met twice (the very same list, dict or time) is written once and then referred to.
///
/// # Errors
/// A keyword that `dump` does not have or whose value it does not take, and what has no form in YAML.
fn to_yaml(eval: &mut Eval<'_>, input: &Value, args: &Args, mut emit: Emit) -> Result<Value> {
    if let Some(text) = input.as_str() {
        // libyaml takes no bytes that are no text
        codecs::encode(text, "utf-8", "strict")?;
    }
    let mut encoding = None;
    for (name, value) in &args.named {
        match &**name {
            "indent" => emit.indent = whole(value)?.unwrap_or(2),
            "width" => {
                let endless = value.as_number().is_some_and(|n| n.float() == f64::INFINITY);
                emit.width = if endless { -1 } else { whole(value)?.unwrap_or(80) };
            }
            "sort_keys" => emit.sort_keys = value.is_true()?,
            "default_flow_style" => {
                emit.default_flow_style = if value.is_none() { None } else { Some(value.is_true()?) };
            }
            "default_style" => {
                emit.default_style = match value.as_str() {
                    Some("'") => Style::Single,
                    Some("\"") => Style::Double,
                    Some("|") => Style::Literal,
                    Some(">") => Style::Folded,
                    _ if value.is_true()? => Style::Unknown,
                    _ => Style::Plain,
                };
            }
            "explicit_start" => emit.explicit_start = value.is_true()?,
            "explicit_end" => emit.explicit_end = value.is_true()?,
            "canonical" => emit.canonical = value.is_true()?,
            "line_break" => {
                emit.line_break = match value.as_str() {
                    Some("\r") => LineBreak::Mac,
                    Some("\r\n") => LineBreak::Dos,
                    _ => LineBreak::Unix,
                }
            }
            "version" if value.is_true()? => emit.version = Some(version(eval, value)?),
            "tags" if value.is_true()? => emit.tags = handles(eval, value)?,
            "encoding" if !value.is_none() => encoding = Some(value.to_text()?),
            "stream" if !value.is_none() => {
                let name = value.class_name();
                return Err(Error::new(format!("'{name}' object has no attribute 'write'")));
            }
            "version" | "tags" | "encoding" | "stream" => {}
            "allow_unicode" | "Dumper" => {
                return Err(Error::new(format!(
                    "yaml.dump() got multiple values for keyword argument '{name}'"
                )));
            }
            "data" => return Err(Error::new("dump() got multiple values for argument 'data'")),
            name => {
                return Err(Error::new(format!("dump_all() got an unexpected keyword argument '{name}'")));
            }
        }
    }
    let mut walk = Walk { eval, known: HashMap::new(), within: 0, met: 0 };
    let tree = walk.tree(input, DEEPEST)?;
    let text = try_dump(&tree, &emit).map_err(Error::new)?;
    Ok(match encoding.as_deref() {
        None => Value::text(text, input.is_secret()),
        Some(name @ ("utf-16-le" | "utf-16-be")) => {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            let bytes = units.flat_map(|unit| match name {
                "utf-16-le" => unit.to_le_bytes(),
                _ => unit.to_be_bytes(),
            });
            Value::Bytes(bytes.collect())
        }
        Some(_) => Value::Bytes(text.into_bytes().into()),
    })
}

/// The two numbers of a `%YAML` directive.
fn version(eval: &mut Eval<'_>, value: &Value) -> Result<(i32, i32)> {
    let mut part = |index: i64| -> Result<i32> {
        if value.as_number().is_some() {
            return Err(Error::new(format!("'{}' object is not subscriptable", value.class_name())));
        }
        let part = eval.item(value, &Value::Int(index))?;
        match part {
            Value::Undefined(_) => Err(Error::new(format!("{} index out of range", value.type_name()))),
            part => whole(&part)?.ok_or_else(|| Error::new("an integer is required")),
        }
    };
    Ok((part(0)?, part(1)?))
}

/// The handles and prefixes of `%TAG` directives.
fn handles(eval: &mut Eval<'_>, value: &Value) -> Result<Vec<(String, String)>> {
    let mut handles = Vec::new();
    for handle in eval.items(value)? {
        let prefix = eval.item(value, &handle)?;
        let (Some(handle), Some(prefix)) = (handle.as_str(), prefix.as_str()) else {
            return Err(Error::new(match value {
                Value::Dict(_) if handle.as_str().is_none() => "tag handle must be a string".to_owned(),
                Value::Dict(_) => "tag prefix must be a string".to_owned(),
                other => format!("{} index out of range", other.type_name()),
            }));
        };
        handles.push((handle.to_owned(), prefix.to_owned()));
    }
    Ok(handles)
}

/// On the way through a value.
struct Walk<'a, 'w> {
    eval: &'a mut Eval<'w>,
    /// What has an identity, by where it was met and its address.
    known: HashMap<(usize, usize), Arc<Tree>>,
    /// The rendered variable that is being walked, whose parts are its own; 0 outside of any.
    within: usize,
    /// How many values were met.
    met: usize,
}

impl Walk<'_, '_> {
    /// A value with an identity, made once.
    fn shared(
        &mut self,
        address: usize,
        kin: Kin,
        make: impl FnOnce(&mut Self) -> Result<Tree>,
    ) -> Result<Tree> {
        if kin == Kin::Written {
            return make(self);
        }
        let place = (self.within, address);
        if let Some(known) = self.known.get(&place) {
            return Ok(Tree::Shared(known.clone()));
        }
        let before = self.within;
        if kin == Kin::Apart {
            self.within = address;
        }
        let made = make(self);
        self.within = before;
        let made = Arc::new(made?);
        self.known.insert(place, made.clone());
        Ok(Tree::Shared(made))
    }

    fn all(&mut self, items: &[Value], depth: usize) -> Result<Tree> {
        Ok(Tree::Seq(items.iter().map(|v| self.tree(v, depth)).collect::<Result<_>>()?))
    }

    fn tree(&mut self, value: &Value, depth: usize) -> Result<Tree> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::new("maximum recursion depth exceeded"));
        };
        // A list that holds another twice, and so on, is short in memory only.
        self.met += 1;
        fits(self.met * 32)?;
        Ok(match value {
            Value::None => Tree::Null,
            Value::Bool(b) => Tree::Bool(*b),
            Value::Int(i) => Tree::Int(*i),
            Value::Big(b) => Tree::Big((**b).clone()),
            Value::Float(f) => Tree::Float(*f),
            Value::Str(s) if s.markup => return Err(unrepresentable(value)),
            Value::Str(s) => match self.eval.world().sealed(&s.text).filter(|_| s.secret) {
                Some(vault) => Tree::Tagged("!vault", vault.to_string(), Style::Literal),
                None => Tree::Str(s.text.to_string()),
            },
            Value::Bytes(b) => Tree::Bytes(b.to_vec()),
            Value::Date(_) => Tree::Stamp(isoformat(value, " ")),
            Value::DateTime(t) => self.stamp(Arc::as_ptr(t).addr(), value)?,
            Value::Zoned(t) => self.stamp(Arc::as_ptr(t).addr(), value)?,
            Value::List(l) => self.shared(l.address(), l.kin(), |walk| walk.all(&l.items(), depth))?,
            Value::Tuple(t) => self.all(t, depth)?,
            Value::View(v) if v.name == View::GROUP => return Err(unrepresentable(value)),
            Value::View(v) if v.items.is_empty() => Tree::Seq(Vec::new()),
            Value::View(v) => {
                self.shared(v.items.as_ptr().addr(), Kin::One, |walk| walk.all(&v.items, depth))?
            }
            Value::Set(s) => self.shared(s.address(), Kin::One, |walk| {
                Ok(Tree::Set(s.items().iter().map(|v| walk.tree(v, depth)).collect::<Result<_>>()?))
            })?,
            Value::Dict(dict) => self.shared(dict.address(), dict.kin(), |walk| {
                let mut pairs = Vec::new();
                for (key, value) in dict.pairs().iter() {
                    pairs.push((walk.tree(key.value(), depth)?, walk.tree(value, depth)?));
                }
                Ok(Tree::Map(pairs))
            })?,
            Value::Object(object) if object.keys().is_some() => {
                let mut pairs = Vec::new();
                for key in object.keys().unwrap_or_default() {
                    let item = object.item(self.eval, &key)?.unwrap_or_default();
                    let item = self.eval.deep(item)?;
                    pairs.push((self.tree(&key, depth)?, self.tree(&item, depth)?));
                }
                Tree::Map(pairs)
            }
            Value::Undefined(marker) => match &marker.sealed {
                Some(vault) => Tree::Tagged("!vault", vault.to_string(), Style::Literal),
                None => return Err(Error(marker.clone())),
            },
            other => return Err(unrepresentable(other)),
        })
    }

    fn stamp(&mut self, address: usize, value: &Value) -> Result<Tree> {
        self.shared(address, Kin::One, |_| Ok(Tree::Stamp(isoformat(value, " "))))
    }
}

fn unrepresentable(value: &Value) -> Error {
    let shown = match value {
        Value::View(v) => Value::tuple(v.items.iter().cloned()).repr(),
        Value::Str(s) if s.markup => value.repr().map(|text| format!("Markup({text})")),
        other => other.repr(),
    };
    Error::new(format!("('cannot represent an object', {})", shown.unwrap_or_default()))
}

fn origin() -> Span {
    Span::new(Path::new("<unicode string>"), 1, 1)
}

/// What a text holds as YAML, strings in it never templates; anything but text as it is.
///
/// # Errors
/// What PyYAML's safe loader refuses, in its words.
fn from_yaml(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Value::Str(text) = &input else { return Ok(input) };
    let nodes =
        load_bare(&text.text, origin(), Limits::default(), true).map_err(|e| Error::new(e.message))?;
    Ok(nodes.first().map_or(Value::None, |node| Value::from_foreign_node(node, text.secret)))
}

/// What the documents of a text hold, as a list.
///
/// # Errors
/// As [`from_yaml`].
fn from_yaml_all(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Value::Str(text) = &input else {
        return Ok(if input.is_none() { Value::list([]) } else { input });
    };
    let nodes =
        load_bare(&text.text, origin(), Limits::default(), false).map_err(|e| Error::new(e.message))?;
    Ok(Value::list(nodes.iter().map(|node| Value::from_foreign_node(node, text.secret))))
}
