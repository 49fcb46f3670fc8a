//! From module data and JSON to values, and back to module data.

use super::compare::DEEPEST;
use super::{Dict, Error, Key, List, Result, Str, Value, fits, isoformat};
use impel_modules::{Data, Map, Text};
use num_bigint::BigInt;
use std::cell::Cell;

impl Value {
    /// What a host or a module said: never a template.
    pub fn from_data(data: &Data) -> Value {
        match data {
            Data::Null => Value::None,
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(i) => Value::Int(*i),
            Data::Big(b) => Value::Big(b.clone()),
            Data::Float(f) => Value::Float(*f),
            Data::Str(t) => Value::text(t.text.clone(), t.secret),
            Data::Bytes(b) => Value::Bytes(b.clone()),
            Data::List(items) => frozen_list(items.iter().map(Value::from_data)),
            Data::Map(map) => {
                let pairs = map.iter().map(|(k, v)| (Key::str(k.as_str()), Value::from_data(v)));
                Value::Dict(pairs.collect::<Dict>().frozen())
            }
        }
    }

    /// What JSON text held: never a template.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::None,
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::String(s) => Value::str(s.as_str()),
            serde_json::Value::Number(n) => {
                let text = n.to_string();
                match text.parse::<BigInt>() {
                    Ok(big) => Value::int(big),
                    Err(_) => Value::Float(text.parse().unwrap_or(f64::NAN)),
                }
            }
            serde_json::Value::Array(items) => Value::list(items.iter().map(Value::from_json)),
            serde_json::Value::Object(map) => {
                Value::dict(map.iter().map(|(k, v)| (k.as_str(), Value::from_json(v))))
            }
        }
    }

    /// The same with every string in it trusted: for `-e`, `vars_prompt` and other sources of the user's own.
    pub fn into_trusted(self) -> Value {
        match self {
            Value::Str(s) => Value::Str(Str { trusted: true, ..s }),
            Value::List(l) => Value::list(l.items().iter().cloned().map(Value::into_trusted)),
            Value::Tuple(t) => Value::tuple(t.iter().cloned().map(Value::into_trusted)),
            Value::Dict(d) => {
                let pairs = d.pairs();
                Value::Dict(pairs.iter().map(|(k, v)| (k.clone(), v.clone().into_trusted())).collect())
            }
            other => other,
        }
    }

    /// The same with every string in it secret.
    pub fn into_secret(self) -> Value {
        match self {
            Value::Str(s) => Value::Str(s.marked(true)),
            Value::List(l) => Value::list(l.items().iter().cloned().map(Value::into_secret)),
            Value::Tuple(t) => Value::tuple(t.iter().cloned().map(Value::into_secret)),
            Value::Dict(d) => {
                let pairs = d.pairs();
                Value::Dict(pairs.iter().map(|(k, v)| (k.clone(), v.clone().into_secret())).collect())
            }
            other => other,
        }
    }

    /// As plain data for a module: of a value that was rendered. Tuples, sets and views become lists, dates ISO
    /// text, keys text; `omit` drops out.
    ///
    /// # Errors
    /// It holds a marker, or something that no variable can hold (a function, a macro), or nests too deep.
    pub fn to_data(&self) -> Result<Data> {
        to_data(self, DEEPEST, &Cell::new(0))
    }
}

fn frozen_list(items: impl Iterator<Item = Value>) -> Value {
    Value::List(List::new(items.collect()).frozen())
}

fn to_data(value: &Value, depth: usize, met: &Cell<usize>) -> Result<Data> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    // A list that holds another twice, and so on, is short in memory only.
    met.set(met.get() + 1);
    fits(met.get() * 16)?;
    let all = |items: &[Value]| -> Result<Data> {
        let kept = items.iter().filter(|v| !matches!(v, Value::Omit));
        Ok(Data::List(kept.map(|v| to_data(v, depth, met)).collect::<Result<_>>()?))
    };
    Ok(match value {
        Value::None => Data::Null,
        Value::Bool(b) => Data::Bool(*b),
        Value::Int(i) => Data::Int(*i),
        Value::Big(b) => Data::Big(b.clone()),
        Value::Float(f) => Data::Float(*f),
        Value::Str(s) => Data::Str(Text { text: s.text.clone(), secret: s.secret }),
        Value::Bytes(b) => Data::Bytes(b.clone()),
        Value::List(l) => all(&l.items())?,
        Value::Tuple(t) => all(t)?,
        Value::View(v) => all(&v.items)?,
        Value::Set(s) => all(&s.items())?,
        Value::Range(r) => all(&r.items()?)?,
        Value::Dict(d) => dict_data(d, depth, met)?,
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => Data::str(isoformat(value, "T")),
        Value::Time(_) | Value::Duration(_) => Data::str(value.to_text()?),
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        Value::Vault(_) => {
            return Err(Error::new("an encrypted string was not decrypted before it was used"));
        }
        Value::Void(_) | Value::Omit | Value::Function(_) | Value::Method(_) | Value::Object(_) => {
            return Err(Error::new(format!(
                "Type '{}' is unsupported for variable storage.",
                value.type_name()
            )));
        }
    })
}

fn dict_data(dict: &Dict, depth: usize, met: &Cell<usize>) -> Result<Data> {
    let mut map = Map::new();
    for (key, value) in dict.pairs().iter() {
        if !matches!(value, Value::Omit) {
            // As JSON's writers name the keys that are no text.
            let name = match key.value() {
                Value::None => "null".to_owned(),
                Value::Bool(b) => b.to_string(),
                other => other.to_text()?,
            };
            map.insert(name, to_data(value, depth, met)?);
        }
    }
    Ok(Data::Map(map))
}
