//! The value itself: its kinds, how it is made, what can be asked of it without rendering.

use super::{Dict, Error, Key, Kin, List, Marker, MarkerKind, Number, Object, Range, Result, Set, View};
use crate::diag::Span;
use num_bigint::BigInt;
use num_traits::ToPrimitive;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether any string was ever marked secret: as long as none was, no value needs to be searched.
static SECRETS: AtomicBool = AtomicBool::new(false);

/// Whether any constant of a template was ever a template itself.
static EMBEDDED: AtomicBool = AtomicBool::new(false);

/// A string with its two bits and, where it stands in a file, its place.
#[derive(Clone)]
pub struct Str {
    /// The characters.
    pub text: Arc<str>,
    /// It stands in the user's own files, as it is: a template there is rendered when it is read, and the text may
    /// be evaluated as an expression. What a host, a lookup, a filter or a concatenation made never is.
    pub trusted: bool,
    /// It came out of a vault, or from something that did; set with [`Str::marked`].
    pub secret: bool,
    /// It is HTML already.
    pub markup: bool,
    /// A template's constant that is a template itself: printed as it is, rendered where a lookup takes it as a term.
    pub embedded: bool,
    /// Where it stands, if in a file.
    pub span: Option<Span>,
}

/// A method taken off its object (`list.append`), not yet called.
#[derive(Clone)]
pub struct Bound {
    /// What it was taken off.
    pub object: Value,
    /// Its name.
    pub name: Arc<str>,
}

impl Str {
    /// Whether it stands in a file of the user's, so that ansible-core has tagged it with its place.
    pub(crate) fn is_tagged(&self) -> bool {
        self.trusted || self.span.is_some()
    }
}

impl Bound {
    /// Whether ansible-core's own classes of lists and dicts have the method anew, written in Python.
    fn is_pythons_own(&self) -> bool {
        let names: &[&str] = match self.object {
            Value::Dict(_) => &["copy", "get", "items", "pop", "popitem", "setdefault", "values"],
            Value::List(_) => &["copy", "index", "pop", "remove", "sort"],
            _ => return false,
        };
        names.contains(&&*self.name)
    }
}

/// A value as Python has it. Lists, dicts and sets have identity: clones share what they hold.
#[derive(Clone, Default)]
pub enum Value {
    /// `None`.
    #[default]
    None,
    /// `True`, `False`; an integer too, as in Python.
    Bool(bool),
    /// An integer in machine range.
    Int(i64),
    /// An integer beyond machine range.
    Big(Arc<BigInt>),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Str(Str),
    /// An inline `!vault` string, as it stands in its file: decrypted when it is read, then secret and never a
    /// template.
    Vault(Str),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(List),
    /// A tuple; a list once it is stored in a variable.
    Tuple(Arc<[Value]>),
    /// A dict, in order of insertion.
    Dict(Dict),
    /// A set.
    Set(Set),
    /// What `dict.keys()`, generators and the like yield; a list once it is stored in a variable.
    View(View),
    /// `range(…)`.
    Range(Range),
    /// A date without time.
    Date(jiff::civil::Date),
    /// A time without zone.
    DateTime(Arc<jiff::civil::DateTime>),
    /// A time with its zone.
    Zoned(Arc<jiff::Zoned>),
    /// A time of day.
    Time(jiff::civil::Time),
    /// A difference of times.
    Duration(jiff::SignedDuration),
    /// No value: undefined, failed, or pending.
    Undefined(Arc<Marker>),
    /// What an `if` without `else` yields where it does not hold: prints as nothing, is false, has no items.
    Void(Arc<Marker>),
    /// `omit`: drops out of what contains it.
    Omit,
    /// A global function by its name.
    Function(&'static str),
    /// A method taken off its object.
    Method(Arc<Bound>),
    /// A value with behaviour of its own.
    Object(Arc<dyn Object>),
}

impl Str {
    /// Public text that is never a template.
    pub fn plain(text: impl Into<Arc<str>>) -> Str {
        Str { text: text.into(), trusted: false, secret: false, markup: false, embedded: false, span: None }
    }

    /// Text that may be a template.
    pub fn trusted(text: impl Into<Arc<str>>, span: Option<Span>) -> Str {
        Str { text: text.into(), trusted: true, secret: false, markup: false, embedded: false, span }
    }

    /// A constant of a template.
    pub fn constant(text: impl Into<Arc<str>>) -> Str {
        let text = Str::plain(text);
        let embedded = crate::template::is_template(&text.text);
        if embedded {
            EMBEDDED.store(true, Ordering::Relaxed);
        }
        Str { embedded, ..text }
    }

    /// Whether any constant was ever a template: as long as none was, no value needs to be searched.
    pub fn any_embedded() -> bool {
        EMBEDDED.load(Ordering::Relaxed)
    }

    /// The same with the secret bit set where `secret` is.
    pub fn marked(mut self, secret: bool) -> Str {
        if secret {
            SECRETS.store(true, Ordering::Relaxed);
            self.secret = true;
        }
        self
    }

    /// Whether reading it renders it.
    pub fn is_template(&self) -> bool {
        self.trusted && crate::template::is_template(&self.text)
    }
}

impl Value {
    /// Public text that is never a template.
    pub fn str(text: impl Into<Arc<str>>) -> Value {
        Value::Str(Str::plain(text))
    }

    /// Text that is never a template; secret where `secret` is.
    pub fn text(text: impl Into<Arc<str>>, secret: bool) -> Value {
        Value::Str(Str::plain(text).marked(secret))
    }

    /// Text that may be a template.
    pub fn trusted(text: impl Into<Arc<str>>, span: Option<Span>) -> Value {
        Value::Str(Str::trusted(text, span))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(List::new(items.into_iter().collect()))
    }

    /// A tuple.
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Value {
        Value::Tuple(items.into_iter().collect())
    }

    /// A dict with string keys.
    pub fn dict<K: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Dict(pairs.into_iter().map(|(k, v)| (Key::str(k), v)).collect())
    }

    /// An integer of any size.
    pub fn int(number: BigInt) -> Value {
        match number.to_i64() {
            Some(i) => Value::Int(i),
            None => Value::Big(Arc::new(number)),
        }
    }

    /// A missing name, attribute or item.
    pub fn undefined(message: impl Into<String>) -> Value {
        Value::Undefined(Error::undefined(message).0)
    }

    /// An object.
    pub fn object(object: impl Object) -> Value {
        Value::Object(Arc::new(object))
    }

    /// The text, if it is a string (one that is yet to render too; not an encrypted one).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(s) => Some(&s.text),
            _ => None,
        }
    }

    /// The integer in machine range; booleans count, as in Python.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Bool(b) => Some(i64::from(*b)),
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The number; booleans count, as in Python.
    pub fn as_number(&self) -> Option<Number> {
        Some(match self {
            Value::Bool(b) => Number::Small(i64::from(*b)),
            Value::Int(i) => Number::Small(*i),
            Value::Big(b) => Number::Big(b.clone()),
            Value::Float(f) => Number::Float(*f),
            _ => return None,
        })
    }

    /// The boolean; nothing else counts as one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The dict, if it is one.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Value::Dict(d) => Some(d),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// Whether it is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// Whether it is a marker.
    pub fn is_undefined(&self) -> bool {
        matches!(self, Value::Undefined(_))
    }

    /// Whether it is a string, encrypted ones too.
    pub fn is_str(&self) -> bool {
        matches!(self, Value::Str(_) | Value::Vault(_))
    }

    /// Whether it is a mapping: a dict, or an object that behaves as one.
    pub fn is_mapping(&self) -> bool {
        match self {
            Value::Dict(_) => true,
            Value::Object(o) => o.keys().is_some(),
            _ => false,
        }
    }

    /// Whether it is a list, tuple or view: what Ansible calls a sequence, which strings are not.
    pub fn is_sequence(&self) -> bool {
        matches!(self, Value::List(_) | Value::Tuple(_) | Value::View(_) | Value::Range(_))
    }

    /// Whether it or anything in it carries the secret bit.
    pub fn is_secret(&self) -> bool {
        SECRETS.load(Ordering::Relaxed) && self.secret_within(64)
    }

    fn secret_within(&self, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        match self {
            Value::Str(s) => s.secret,
            Value::Vault(_) => true,
            Value::List(l) => l.items().iter().any(|v| v.secret_within(depth - 1)),
            Value::Tuple(t) => t.iter().any(|v| v.secret_within(depth - 1)),
            Value::View(v) => v.items.iter().any(|v| v.secret_within(depth - 1)),
            Value::Dict(d) => {
                d.pairs().iter().any(|(k, v)| k.value().secret_within(1) || v.secret_within(depth - 1))
            }
            _ => false,
        }
    }

    /// What rendering a variable's template gives: a list or dict that is nobody else's.
    pub fn apart(self) -> Value {
        match self {
            Value::List(l) => Value::List(l.apart()),
            Value::Dict(d) => Value::Dict(d.apart()),
            other => other,
        }
    }

    /// What a filter gives: one list or dict wherever it is met.
    pub fn one(self) -> Value {
        match self {
            Value::List(l) if l.kin() == Kin::Written => Value::List(l.of(Kin::One)),
            Value::Dict(d) if d.kin() == Kin::Written => Value::Dict(d.of(Kin::One)),
            other => other,
        }
    }

    /// The value, or the error that a marker stands for.
    ///
    /// # Errors
    /// It is a marker.
    pub fn defined(self) -> Result<Value> {
        match self {
            Value::Undefined(marker) => Err(Error(marker)),
            value => Ok(value),
        }
    }

    /// The value under a string key of a dict, as it is held: templates in it not rendered.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.as_dict().and_then(|d| d.get(key))
    }

    /// The items as they are held, templates in them not rendered: of lists, tuples, sets and views their
    /// elements, of dicts their keys, of strings their characters.
    ///
    /// # Errors
    /// It has no items, or is a marker.
    pub fn iter(&self) -> Result<std::vec::IntoIter<Value>> {
        Ok(match self {
            Value::List(l) => l.items().to_vec(),
            Value::Tuple(t) => t.to_vec(),
            Value::View(v) => v.items.to_vec(),
            Value::Set(s) => s.items(),
            Value::Dict(d) => d.keys(),
            Value::Range(r) => r.items()?,
            Value::Str(s) => {
                super::fits(s.text.len().saturating_mul(16))?;
                s.text.chars().map(|c| Value::text(c.encode_utf8(&mut [0; 4]) as &str, s.secret)).collect()
            }
            Value::Void(_) => Vec::new(),
            Value::Bytes(b) => {
                super::fits(b.len().saturating_mul(16))?;
                b.iter().map(|b| Value::Int(i64::from(*b))).collect()
            }
            Value::Object(o) => match o.keys().or_else(|| o.values()) {
                Some(items) => items,
                None => return Err(self.not_iterable()),
            },
            _ => return Err(self.not_iterable()),
        }
        .into_iter())
    }

    fn not_iterable(&self) -> Error {
        match self {
            Value::Undefined(marker) => Error(marker.clone()),
            other => Error::new(format!("'{}' object is not iterable", other.class_name())),
        }
    }

    /// How many items it has.
    ///
    /// # Errors
    /// It has no length, or is a marker.
    pub fn len(&self) -> Result<usize> {
        Ok(match self {
            Value::Str(s) => s.text.chars().count(),
            Value::Bytes(b) => b.len(),
            Value::Void(_) => 0,
            Value::List(l) => l.len(),
            Value::Tuple(t) => t.len(),
            Value::Dict(d) => d.len(),
            Value::Set(s) => s.len(),
            Value::Range(r) => r.len(),
            Value::View(v) if v.sized => v.items.len(),
            Value::Object(o) => match o.keys().or_else(|| o.values()) {
                Some(items) => items.len(),
                None => return Err(Error::new(format!("object of type '{}' has no len()", o.type_name()))),
            },
            Value::Undefined(marker) => return Err(Error(marker.clone())),
            other => {
                return Err(Error::new(format!("object of type '{}' has no len()", other.class_name())));
            }
        })
    }

    /// Whether it has no items.
    ///
    /// # Errors
    /// As [`Value::len`].
    pub fn is_empty(&self) -> Result<bool> {
        self.len().map(|n| n == 0)
    }

    /// Python's truth.
    ///
    /// # Errors
    /// It is a marker.
    pub fn is_true(&self) -> Result<bool> {
        Ok(match self {
            Value::None | Value::Void(_) => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::Float(f) => *f != 0.0,
            Value::Str(s) => !s.text.is_empty(),
            Value::Bytes(b) => !b.is_empty(),
            Value::List(l) => !l.is_empty(),
            Value::Tuple(t) => !t.is_empty(),
            Value::Dict(d) => !d.is_empty(),
            Value::Set(s) => !s.is_empty(),
            Value::View(v) => !v.sized || !v.items.is_empty(),
            Value::Range(r) => !r.is_empty(),
            Value::Duration(d) => !d.is_zero(),
            Value::Undefined(marker) => return Err(Error(marker.clone())),
            Value::Object(o) => o.keys().is_none_or(|k| !k.is_empty()),
            Value::Big(_) | Value::Vault(_) | Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => true,
            Value::Time(_) | Value::Omit | Value::Function(_) | Value::Method(_) => true,
        })
    }

    /// What Python calls the type in messages of its own, such as those of operators: text of the user's files,
    /// lists, dicts and tuples are of ansible-core's own classes there. (A template's own literals are not, before a
    /// plugin is handed them; the difference is not made.)
    pub fn class_name(&self) -> &'static str {
        match self {
            Value::Str(s) if s.is_tagged() => "_AnsibleTaggedStr",
            Value::Dict(_) => "_AnsibleLazyTemplateDict",
            Value::List(_) => "_AnsibleLazyTemplateList",
            Value::Tuple(_) => "_AnsibleLazyAccessTuple",
            Value::Date(_) => "datetime.date",
            Value::DateTime(_) | Value::Zoned(_) => "datetime.datetime",
            Value::Time(_) => "datetime.time",
            Value::Duration(_) => "datetime.timedelta",
            other => other.type_name(),
        }
    }

    /// What ansible-core 2.19 calls the type in messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Big(_) => "int",
            Value::Float(_) => "float",
            Value::Str(s) if s.markup => "Markup",
            Value::Str(_) | Value::Vault(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::View(v) => v.name,
            Value::Range(_) => "range",
            Value::Date(_) => "date",
            Value::DateTime(_) | Value::Zoned(_) => "datetime",
            Value::Time(_) => "time",
            Value::Duration(_) => "timedelta",
            Value::Undefined(_) => "UndefinedMarker",
            Value::Void(_) => "Undefined",
            Value::Omit => "_OmitType",
            Value::Function("dict" | "range" | "namespace" | "cycler" | "joiner") => "type",
            Value::Function(_) => "function",
            // ansible-core's dicts and lists are classes of its own, some of their methods written in Python.
            Value::Method(m) if m.is_pythons_own() => "method",
            Value::Method(_) => "builtin_function_or_method",
            Value::Object(o) => o.type_name(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Undefined(marker) => write!(f, "<undefined: {}>", marker.message),
            Value::Str(s) if s.secret => f.write_str("<secret>"),
            Value::Vault(_) => f.write_str("<vault>"),
            value => f.write_str(&value.repr().unwrap_or_else(|e| format!("<{e}>"))),
        }
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Value::Str(self.clone()), f)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::str(text)
    }
}

impl From<Str> for Value {
    fn from(text: Str) -> Value {
        Value::Str(text)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(i: i64) -> Value {
        Value::Int(i)
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Value {
        Value::int(n.into())
    }
}

impl From<f64> for Value {
    fn from(f: f64) -> Value {
        Value::Float(f)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::list(items)
    }
}

impl From<Dict> for Value {
    fn from(dict: Dict) -> Value {
        Value::Dict(dict)
    }
}

impl From<Error> for Value {
    fn from(Error(mut marker): Error) -> Value {
        if !marker.captured && matches!(marker.kind, MarkerKind::Raised | MarkerKind::Failed) {
            Arc::make_mut(&mut marker).captured = true;
        }
        Value::Undefined(marker)
    }
}
