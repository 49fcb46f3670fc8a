//! Plain data as it crosses from impel to a module and back.

use indexmap::IndexMap;
use num_bigint::BigInt;
use std::sync::Arc;

/// An ordered map from names to data: a module's arguments, a module's result.
pub type Map = IndexMap<String, Data>;

/// A value without behaviour: what JSON has, and bytes. Strings carry whether they are secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Nothing.
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
