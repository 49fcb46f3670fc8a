//! Equality, order and membership as Python has them, on values whose templates are already rendered.

use super::{Dict, Error, Key, Result, Value};
use std::cell::Cell;
use std::cmp::Ordering;

/// How deep values may nest where they are compared, printed, rendered or written: no less than ansible-core reaches
/// before Python's stack ends.
pub(crate) const DEEPEST: usize = 300;

fn too_deep() -> Error {
    Error::new("maximum recursion depth exceeded")
}

impl Value {
    /// Python's `==`.
    ///
    /// # Errors
    /// A marker takes part, or the values nest too deep.
    pub fn equals(&self, other: &Value) -> Result<bool> {
        equal(self, other, DEEPEST, &Cell::new(0))
    }

    /// Python's order, as `op` (`<`, `>=` …) needs it; `None` where a NaN takes part.
    ///
    /// # Errors
    /// The types have no order, a marker takes part, or the values nest too deep.
    pub fn compare(&self, other: &Value, op: &str) -> Result<Option<Ordering>> {
        order(self, other, op, DEEPEST, &Cell::new(0))
    }

    /// Python's `item in self`.
    ///
    /// # Errors
    /// It is no container, a marker takes part, or a string is searched for something else.
    pub fn contains(&self, item: &Value) -> Result<bool> {
        match (self, item) {
            (Value::Undefined(marker), _) => return Err(Error(marker.clone())),
            // what has no items is never compared with a marker
            (Value::List(_) | Value::Tuple(_) | Value::View(_), _) => return any_equal(self, item),
            (_, Value::Undefined(marker)) if self.is_container() => return Err(Error(marker.clone())),
            _ => {}
        }
        match self {
            Value::Str(s) => match item {
                Value::Str(t) => Ok(s.text.contains(&*t.text)),
                other => Err(Error::new(format!(
                    "'in <string>' requires string as left operand, not {}",
                    other.class_name()
                ))),
            },
            Value::Dict(d) => Ok(d.get_key(&Key::new(item.clone())?).is_some()),
            Value::Set(s) => Ok(s.contains(&Key::new(item.clone())?)),
            Value::Range(r) => match item.as_int() {
                Some(i) => {
                    let offset = i128::from(i) - i128::from(r.start);
                    let step = i128::from(r.step);
                    Ok(step != 0 && offset % step == 0 && (0..r.len() as i128).contains(&(offset / step)))
                }
                None => Ok(false),
            },
            Value::Bytes(bytes) => match item {
                Value::Bytes(part) => Ok(part.is_empty() || bytes.windows(part.len()).any(|w| *w == **part)),
                Value::Int(_) | Value::Bool(_) | Value::Big(_) => {
                    match item.as_int().and_then(|i| u8::try_from(i).ok()) {
                        Some(byte) => Ok(bytes.contains(&byte)),
                        None => Err(Error::new("byte must be in range(0, 256)")),
                    }
                }
                other => {
                    Err(Error::new(format!("a bytes-like object is required, not '{}'", other.class_name())))
                }
            },
            Value::Object(o) if o.has_unlisted(item) => Ok(true),
            Value::Object(o) if o.keys().or_else(|| o.values()).is_some() => any_equal(self, item),
            other => Err(Error::new(format!("argument of type '{}' is not iterable", other.class_name()))),
        }
    }
}

impl Value {
    /// Whether something can be searched for in it.
    fn is_container(&self) -> bool {
        use Value::{Bytes, Dict, Object, Range, Set, Str};
        matches!(self, Str(_) | Bytes(_) | Dict(_) | Set(_) | Range(_) | Object(_))
    }
}

fn any_equal(container: &Value, item: &Value) -> Result<bool> {
    for each in container.iter()? {
        if each.equals(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal(a: &Value, b: &Value, depth: usize, met: &Cell<usize>) -> Result<bool> {
    let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
    met.set(met.get() + 1);
    super::fits(met.get() * 4)?;
    Ok(match (a, b) {
        (Value::Undefined(marker), _) | (_, Value::Undefined(marker)) => return Err(Error(marker.clone())),
        (Value::Str(x), Value::Str(y)) => x.text == y.text,
        (Value::Int(x), Value::Int(y)) => x == y,
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::None, Value::None) | (Value::Omit, Value::Omit) | (Value::Void(_), Value::Void(_)) => true,
        (Value::List(x), Value::List(y)) => x.same(y) || sequences(&x.items(), &y.items(), depth, met)?,
        (Value::Tuple(x), Value::Tuple(y)) => sequences(x, y, depth, met)?,
        (Value::Dict(x), Value::Dict(y)) => x.same(y) || dicts(x, y, depth, met)?,
        (Value::Set(x), Value::Set(y)) => {
            let inside = |v: Value| Key::new(v).is_ok_and(|k| y.contains(&k));
            x.len() == y.len() && x.items().into_iter().all(inside)
        }
        (Value::View(x), Value::Tuple(y)) | (Value::Tuple(y), Value::View(x)) if x.is_tuple() => {
            sequences(&x.items, y, depth, met)?
        }
        (Value::View(x), Value::View(y)) => x.name == y.name && sequences(&x.items, &y.items, depth, met)?,
        (Value::Bytes(x), Value::Bytes(y)) => x == y,
        (Value::Range(x), Value::Range(y)) => x == y,
        (Value::Date(x), Value::Date(y)) => x == y,
        (Value::DateTime(x), Value::DateTime(y)) => x == y,
        (Value::Zoned(x), Value::Zoned(y)) => x == y,
        (Value::Time(x), Value::Time(y)) => x == y,
        (Value::Duration(x), Value::Duration(y)) => x == y,
        (Value::Vault(x), Value::Vault(y)) => x.text == y.text,
        (Value::Function(x), Value::Function(y)) => x == y,
        (Value::Object(x), Value::Object(y)) => std::sync::Arc::ptr_eq(x, y),
        _ => match (a.as_number(), b.as_number()) {
            (Some(x), Some(y)) => x.order(&y) == Some(Ordering::Equal),
            _ => false,
        },
    })
}

fn sequences(a: &[Value], b: &[Value], depth: usize, met: &Cell<usize>) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b) {
        if !equal(x, y, depth, met)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn dicts(a: &Dict, b: &Dict, depth: usize, met: &Cell<usize>) -> Result<bool> {
    let (a, b) = (a.pairs(), b.pairs());
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, x) in a.iter() {
        match b.get(key) {
            Some(y) if equal(x, y, depth, met)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn order(a: &Value, b: &Value, op: &str, depth: usize, met: &Cell<usize>) -> Result<Option<Ordering>> {
    let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
    met.set(met.get() + 1);
    super::fits(met.get() * 4)?;
    Ok(match (a, b) {
        (Value::Undefined(marker), _) | (_, Value::Undefined(marker)) => return Err(Error(marker.clone())),
        (Value::Str(x), Value::Str(y)) => Some(x.text.cmp(&y.text)),
        (Value::Bytes(x), Value::Bytes(y)) => Some(x.cmp(y)),
        (Value::List(x), Value::List(y)) => orders(&x.items(), &y.items(), op, depth, met)?,
        (Value::Tuple(x), Value::Tuple(y)) => orders(x, y, op, depth, met)?,
        (Value::Date(x), Value::Date(y)) => Some(x.cmp(y)),
        (Value::DateTime(x), Value::DateTime(y)) => Some(x.cmp(y)),
        (Value::Zoned(x), Value::Zoned(y)) => Some(x.cmp(y)),
        (Value::Time(x), Value::Time(y)) => Some(x.cmp(y)),
        (Value::Duration(x), Value::Duration(y)) => Some(x.cmp(y)),
        (Value::DateTime(_) | Value::Zoned(_), Value::Date(_))
        | (Value::Date(_), Value::DateTime(_) | Value::Zoned(_)) => {
            return Err(Error::new("can't compare datetime.datetime to datetime.date"));
        }
        (Value::DateTime(_), Value::Zoned(_)) | (Value::Zoned(_), Value::DateTime(_)) => {
            return Err(Error::new("can't compare offset-naive and offset-aware datetimes"));
        }
        _ => match (a.as_number(), b.as_number()) {
            (Some(x), Some(y)) => x.order(&y),
            _ => {
                let (a, b) = (a.class_name(), b.class_name());
                return Err(Error::new(format!("'{op}' not supported between instances of '{a}' and '{b}'")));
            }
        },
    })
}

fn orders(a: &[Value], b: &[Value], op: &str, depth: usize, met: &Cell<usize>) -> Result<Option<Ordering>> {
    for (x, y) in a.iter().zip(b) {
        if !equal(x, y, depth, met)? {
            return order(x, y, op, depth, met);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

/// Python's equality; what cannot be compared is unequal.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.equals(other).unwrap_or(false)
    }
}
