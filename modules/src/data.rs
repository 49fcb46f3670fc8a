//! Plain data as it crosses from impel to a module and back.

use indexmap::IndexMap;
use num_bigint::BigInt;
use std::sync::Arc;

/// An ordered map from names to data: a module's arguments, a module's result.
pub type Map = IndexMap<String, Data>;

/// A value without behaviour: what JSON has, and bytes. Strings carry whether they are secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An integer in machine range.
    Int(i64),
    /// An integer beyond machine range.
    Big(Arc<BigInt>),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(Text),
    /// Bytes that are not text.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Vec<Data>),
    /// A map with string keys, in order.
    Map(Map),
}

/// A string with its secret bit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text {
    /// The characters.
    pub text: Arc<str>,
    /// It came out of a vault, or from something that did: never to be shown.
    pub secret: bool,
}

impl Data {
    /// Public text.
    pub fn str(text: impl Into<Arc<str>>) -> Data {
        Data::Str(Text { text: text.into(), secret: false })
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::Str(t) => Some(&t.text),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Data]> {
        match self {
            Data::List(l) => Some(l),
            _ => None,
        }
    }

    /// The truth value of a boolean; nothing else counts as one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Data::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer in machine range, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Data::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// Bytes as they go into a result: what is not UTF-8 becomes U+FFFD.
    pub fn lossy(bytes: &[u8]) -> Data {
        Data::str(String::from_utf8_lossy(bytes))
    }

    /// Parsed JSON.
    pub fn from_json(value: &serde_json::Value) -> Data {
        use serde_json::Value;
        match value {
            Value::Null => Data::Null,
            Value::Bool(b) => Data::Bool(*b),
            Value::Number(n) => {
                let text = n.to_string();
                if let Ok(i) = text.parse() {
                    Data::Int(i)
                } else if let Ok(big) = text.parse::<BigInt>() {
                    Data::Big(Arc::new(big))
                } else {
                    Data::Float(n.as_f64().unwrap_or(f64::NAN))
                }
            }
            Value::String(s) => Data::str(s.as_str()),
            Value::Array(items) => Data::List(items.iter().map(Data::from_json).collect()),
            Value::Object(map) => {
                Data::Map(map.iter().map(|(k, v)| (k.clone(), Data::from_json(v))).collect())
            }
        }
    }

    /// JSON text as Python writes it: a space behind commas and colons, ASCII only.
    pub fn to_json_text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        self.json_into(&mut text, 0);
        if text.is_ascii() {
            return text;
        }
        let mut out = String::with_capacity(text.len() * 2);
        for c in text.chars() {
            if c.is_ascii() {
                out.push(c);
                continue;
            }
            if let Some(byte) = crate::undecoded::byte_of(c) {
                let _ = write!(out, "\\udc{byte:02x}");
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
        out
    }

    fn json_into(&self, out: &mut String, depth: usize) {
        let text = |t: &str| serde_json::Value::String(t.to_string()).to_string();
        match self {
            _ if depth > 200 => out.push_str("null"),
            Data::Null => out.push_str("null"),
            Data::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Data::Int(_) | Data::Big(_) | Data::Float(_) => out.push_str(&crate::args::python_repr(self)),
            Data::Str(t) => out.push_str(&text(&t.text)),
            Data::Bytes(b) => out.push_str(&text(&String::from_utf8_lossy(b))),
            Data::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    item.json_into(out, depth + 1);
                }
                out.push(']');
            }
            Data::Map(map) => {
                out.push('{');
                for (i, (key, item)) in map.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    out.push_str(&text(key));
                    out.push_str(": ");
                    item.json_into(out, depth + 1);
                }
                out.push('}');
            }
        }
    }

    /// What Python calls the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Data::Null => "NoneType",
            Data::Bool(_) => "bool",
            Data::Int(_) | Data::Big(_) => "int",
            Data::Float(_) => "float",
            Data::Str(_) => "str",
            Data::Bytes(_) => "bytes",
            Data::List(_) => "list",
            Data::Map(_) => "dict",
        }
    }
}

impl From<bool> for Data {
    fn from(b: bool) -> Data {
        Data::Bool(b)
    }
}

impl From<i64> for Data {
    fn from(i: i64) -> Data {
        Data::Int(i)
    }
}

impl From<i32> for Data {
    fn from(i: i32) -> Data {
        Data::Int(i.into())
    }
}

impl From<u32> for Data {
    fn from(i: u32) -> Data {
        Data::Int(i.into())
    }
}

impl From<u64> for Data {
    fn from(i: u64) -> Data {
        i64::try_from(i).map_or_else(|_| Data::Big(Arc::new(i.into())), Data::Int)
    }
}

impl From<f64> for Data {
    fn from(f: f64) -> Data {
        Data::Float(f)
    }
}

impl From<&str> for Data {
    fn from(s: &str) -> Data {
        Data::str(s)
    }
}

impl From<String> for Data {
    fn from(s: String) -> Data {
        Data::str(s)
    }
}

impl From<Vec<Data>> for Data {
    fn from(l: Vec<Data>) -> Data {
        Data::List(l)
    }
}

impl From<Map> for Data {
    fn from(m: Map) -> Data {
        Data::Map(m)
    }
}

impl<T: Into<Data>> From<Option<T>> for Data {
    fn from(o: Option<T>) -> Data {
        o.map_or(Data::Null, Into::into)
    }
}
