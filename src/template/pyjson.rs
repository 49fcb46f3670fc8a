//! JSON as Python's `json` writes and reads it.

mod reader;

pub use reader::{read, read_as};

use super::Eval;
use super::filters::sorted_by;
use super::value::{Error, Result, Value, fits, float_repr, isoformat};
use impel_modules::undecoded;
use std::cmp::Ordering;

/// How deep values may nest.
const DEEPEST: usize = crate::template::value::DEEPEST;
/// The widest indentation of a level.
const WIDEST: i64 = 1_000;

/// Who writes: what has a form besides JSON's own types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Python alone, as Jinja's `tojson` has it: keys are sorted before they become text.
    Python,
    /// Ansible's default: times as text, keys as text.
    Tagless,
    /// As that, with what is no template marked as `__ansible_unsafe`.
    Legacy,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Legacy => "legacy",
            _ => "tagless",
        }
    }
}

/// `json.dumps`' options.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Put before each level, one line an item; everything on one line where there is none.
    pub level: Option<String>,
    /// Between items and after keys.
    pub separators: Option<(String, String)>,
    /// Keys in order.
    pub sort_keys: bool,
    /// Everything beyond ASCII as `\u` escapes.
    pub ensure_ascii: bool,
    /// `NaN` and `Infinity` may be written.
    pub allow_nan: bool,
    /// Who writes.
    pub profile: Profile,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout {
            level: None,
            separators: None,
            sort_keys: false,
            ensure_ascii: true,
            allow_nan: true,
            profile: Profile::Tagless,
        }
    }
}

impl Layout {
    /// Sets the indentation as `indent=` does: a number of blanks, or text.
    ///
    /// # Errors
    /// It is neither, or too wide.
    pub fn indent(&mut self, indent: &Value) -> Result<()> {
        self.level = match indent {
            Value::None => None,
            Value::Str(s) => Some(s.text.to_string()),
            other => match other.as_int() {
                Some(n) if n > WIDEST => {
                    return Err(Error::new(format!("an indentation of {n} is too wide")));
                }
                Some(n) => Some(" ".repeat(usize::try_from(n).unwrap_or(0))),
                None => {
                    let name = other.type_name();
                    return Err(Error::new(format!("can't multiply sequence by non-int of type '{name}'")));
                }
            },
        };
        Ok(())
    }
}

/// A value as JSON.
///
/// # Errors
/// It holds what JSON has no form for, or a marker, or nests too deep.
pub fn write(eval: &mut Eval<'_>, value: &Value, layout: &Layout) -> Result<String> {
    let (item, key) = match (&layout.separators, &layout.level) {
        (Some((item, key)), _) => (item.as_str(), key.as_str()),
        (None, Some(_)) => (",", ": "),
        (None, None) => (", ", ": "),
    };
    let mut writer = Writer { eval, layout, item, key, out: String::new() };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer<'a, 'w> {
    eval: &'a mut Eval<'w>,
    layout: &'a Layout,
    item: &'a str,
    key: &'a str,
    out: String,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(Error::new("maximum recursion depth exceeded while encoding a JSON object"));
        }
        match value {
            Value::None => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(i) => self.out.push_str(&i.to_string()),
            Value::Big(b) => self.out.push_str(&b.to_string()),
            Value::Float(f) => {
                if !f.is_finite() && !self.layout.allow_nan {
                    return Err(Error::new(format!(
                        "Out of range float values are not JSON compliant: {}",
                        float_repr(*f)
                    )));
                }
                self.out.push_str(&json_float(*f));
            }
            Value::Str(s) if self.layout.profile == Profile::Legacy && !s.trusted && !s.markup => {
                let unsafe_ = Value::Str(crate::template::Str { trusted: true, ..s.clone() });
                self.dict([(Value::str("__ansible_unsafe"), unsafe_)].into_iter(), depth)?;
            }
            Value::Str(s) => write_string(&s.text, self.layout.ensure_ascii, &mut self.out),
            Value::Date(_)
            | Value::DateTime(_)
            | Value::Zoned(_)
            | Value::Time(_)
            | Value::Set(_)
            | Value::Range(_)
                if self.layout.profile == Profile::Python =>
            {
                return Err(self.unserializable(value));
            }
            Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Time(_) => {
                write_string(&isoformat(value, "T"), self.layout.ensure_ascii, &mut self.out);
            }
            Value::List(_) | Value::Tuple(_) | Value::Set(_) | Value::View(_) | Value::Range(_) => {
                let items: Vec<Value> = value.iter()?.collect();
                self.list(&items, depth)?;
            }
            Value::Dict(dict) => {
                let pairs = dict.pairs();
                self.dict(pairs.iter().map(|(k, v)| (k.value().clone(), v.clone())), depth)?;
            }
            Value::Object(object) => match object.keys() {
                Some(keys) => {
                    let mut pairs = Vec::new();
                    for key in keys {
                        let item = object.item(self.eval, &key)?.unwrap_or_default();
                        let item = self.eval.deep(item)?;
                        pairs.push((key, item));
                    }
                    self.dict(pairs.into_iter(), depth)?;
                }
                None => match object.values() {
                    Some(items) => self.list(&items, depth)?,
                    None => return Err(self.unserializable(value)),
                },
            },
            Value::Undefined(marker) => return Err(Error(marker.clone())),
            other => return Err(self.unserializable(other)),
        }
        Ok(())
    }

    fn newline(&mut self, depth: usize) {
        if let Some(level) = &self.layout.level {
            self.out.push('\n');
            for _ in 0..depth {
                self.out.push_str(level);
            }
        }
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<()> {
        if items.is_empty() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.out.push('[');
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(self.item);
            }
            self.newline(depth + 1);
            self.value(item, depth + 1)?;
            fits(self.out.len())?;
        }
        self.newline(depth);
        self.out.push(']');
        Ok(())
    }

    /// Keys become text first, so that `1` and `'1'` are one key, as ansible-core 2.19 has it; but not for Jinja's
    /// `tojson`.
    fn dict(&mut self, pairs: impl Iterator<Item = (Value, Value)>, depth: usize) -> Result<()> {
        let mut written: Vec<(String, Value)> = Vec::new();
        if self.layout.profile == Profile::Python {
            let mut keyed: Vec<(Value, Value)> = pairs.collect();
            if self.layout.sort_keys {
                keyed =
                    sorted_by(keyed, &mut |a, b| Ok(a.0.compare(&b.0, "<")?.is_some_and(Ordering::is_lt)))?;
            }
            for (key, value) in keyed {
                written.push((self.key_text(&key)?, value));
            }
        } else {
            let mut named = crate::maps::IndexMap::default();
            for (key, value) in pairs {
                named.insert(self.key_text(&key)?, value);
            }
            if self.layout.sort_keys {
                named.sort_unstable_keys();
            }
            written.extend(named);
        }
        if written.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        self.out.push('{');
        for (i, (key, value)) in written.iter().enumerate() {
            if i > 0 {
                self.out.push_str(self.item);
            }
            self.newline(depth + 1);
            write_string(key, self.layout.ensure_ascii, &mut self.out);
            self.out.push_str(self.key);
            self.value(value, depth + 1)?;
            fits(self.out.len())?;
        }
        self.newline(depth);
        self.out.push('}');
        Ok(())
    }

    fn unserializable(&self, value: &Value) -> Error {
        let name = value.type_name();
        Error::new(match self.layout.profile {
            Profile::Python => format!("Object of type {name} is not JSON serializable"),
            Profile::Legacy if matches!(value, Value::Omit | Value::Function(_) | Value::Method(_)) => {
                format!("Type '{name}' is unsupported for variable storage.")
            }
            profile => {
                let profile = profile.name();
                format!("Object of type '{name}' is not JSON serializable by the '{profile}' profile.")
            }
        })
    }

    fn key_text(&self, key: &Value) -> Result<String> {
        let is_python = self.layout.profile == Profile::Python;
        Ok(match key {
            Value::None => "null".into(),
            Value::Bool(b) => if *b { "true" } else { "false" }.into(),
            Value::Float(f) => json_float(*f),
            Value::Str(s) => s.text.to_string(),
            Value::Int(_) | Value::Big(_) => key.to_text()?,
            Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) if !is_python => isoformat(key, "T"),
            other if is_python => {
                let name = other.type_name();
                return Err(Error::new(format!("keys must be str, int, float, bool or None, not {name}")));
            }
            other => {
                let (name, profile) = (other.type_name(), self.layout.profile.name());
                return Err(Error::new(format!(
                    "Key of type '{name}' is not JSON serializable by the '{profile}' profile."
                )));
            }
        })
    }
}

fn json_float(f: f64) -> String {
    if f.is_nan() {
        "NaN".into()
    } else if f.is_infinite() {
        if f > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else {
        float_repr(f)
    }
}

/// A JSON string with Python's escapes.
pub fn write_string(text: &str, ensure_ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if ensure_ascii && undecoded::byte_of(c).is_some() => {
                undecoded::byte_of(c).iter().for_each(|byte| out.push_str(&format!("\\udc{byte:02x}")));
            }
            c if c < ' ' || (ensure_ascii && c > '~') => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
