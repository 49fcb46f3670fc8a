//! JSON as Python's `json` writes and reads it.

use super::filters::sorted_by;
use super::value::{Error, Result, Value, float_repr, isoformat};
use super::{Dict, Eval, Key};
use num_bigint::BigInt;
use std::cmp::Ordering;

/// How deep values may nest.
const DEEPEST: usize = 200;
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
            Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Set(_) | Value::Range(_)
                if self.layout.profile == Profile::Python =>
            {
                return Err(self.unserializable(value));
            }
            Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) => {
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

/// JSON text as a value that is never a template: integers of any size, `NaN` and `Infinity` understood.
///
/// # Errors
/// In the words of Python's `json`, with line, column and character.
pub fn read(text: &str, secret: bool) -> Result<Value> {
    read_as(text, secret, None, true)
}

/// As [`read`]; with a profile, Ansible's own marks in objects count. Unless `strict`, strings may hold control
/// characters.
///
/// # Errors
/// As [`read`], and a mark that the profile does not have.
pub fn read_as(text: &str, secret: bool, profile: Option<Profile>, strict: bool) -> Result<Value> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, secret, profile, strict };
    if reader.chars.first() == Some(&'\u{feff}') {
        return Err(reader.error("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
    }
    reader.blank();
    let value = reader.value(0)?;
    reader.blank();
    if reader.at < reader.chars.len() {
        return Err(reader.error("Extra data", reader.at));
    }
    Ok(value)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    secret: bool,
    profile: Option<Profile>,
    strict: bool,
}

/// The keys by which Ansible's own JSON says that an object stands for something else.
const MARKS: [&str; 3] = ["__ansible_type", "__ansible_unsafe", "__ansible_vault"];

impl Reader {
    fn error(&self, message: &str, at: usize) -> Error {
        let before = self.chars.get(..at).unwrap_or(&self.chars);
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
        Error::new(format!("{message}: line {line} column {column} (char {at})"))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let hit = self.chars.get(self.at..end).is_some_and(|c| c.iter().copied().eq(word.chars()));
        if hit {
            self.at = end;
        }
        hit
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        if depth > DEEPEST {
            return Err(Error::new("maximum recursion depth exceeded while decoding a JSON document"));
        }
        match self.peek() {
            Some('"') => {
                self.at += 1;
                Ok(Value::text(self.string()?, self.secret))
            }
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            _ if self.word("null") => Ok(Value::None),
            _ if self.word("true") => Ok(Value::Bool(true)),
            _ if self.word("false") => Ok(Value::Bool(false)),
            _ if self.word("NaN") => Ok(Value::Float(f64::NAN)),
            _ if self.word("Infinity") => Ok(Value::Float(f64::INFINITY)),
            _ if self.word("-Infinity") => Ok(Value::Float(f64::NEG_INFINITY)),
            _ => self.number(),
        }
    }

    fn digits(&mut self, out: &mut String) -> usize {
        let start = self.at;
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            out.push(c);
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value> {
        let start = self.at;
        let mut text = String::new();
        if self.peek() == Some('-') {
            text.push('-');
            self.at += 1;
        }
        if self.peek() == Some('0') {
            text.push('0');
            self.at += 1;
        } else if self.digits(&mut text) == 0 {
            return Err(self.error("Expecting value", start));
        }
        let mut is_float = false;
        let mark = (self.at, text.len());
        if self.peek() == Some('.') {
            text.push('.');
            self.at += 1;
            if self.digits(&mut text) > 0 {
                is_float = true;
            } else {
                self.at = mark.0;
                text.truncate(mark.1);
            }
        }
        let mark = (self.at, text.len());
        if let Some(e @ ('e' | 'E')) = self.peek() {
            text.push(e);
            self.at += 1;
            if let Some(sign @ ('+' | '-')) = self.peek() {
                text.push(sign);
                self.at += 1;
            }
            if self.digits(&mut text) > 0 {
                is_float = true;
            } else {
                self.at = mark.0;
                text.truncate(mark.1);
            }
        }
        if is_float {
            return Ok(Value::Float(text.parse().unwrap_or(f64::NAN)));
        }
        if text.len() > 4300 {
            return Err(Error::new(format!(
                "Exceeds the limit (4300 digits) for integer string conversion: value has {} digits; use sys.set_int_max_str_digits() to increase the limit",
                text.len()
            )));
        }
        Ok(text.parse::<BigInt>().map_or(Value::Int(0), Value::int))
    }

    fn array(&mut self, depth: usize) -> Result<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.blank();
        if self.peek() == Some(']') {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blank();
            match self.peek() {
                Some(']') => {
                    self.at += 1;
                    return Ok(Value::list(items));
                }
                Some(',') => self.at += 1,
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
            self.blank();
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value> {
        const NAME: &str = "Expecting property name enclosed in double quotes";
        self.at += 1;
        let mut pairs = crate::maps::IndexMap::default();
        self.blank();
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(Value::Dict(Dict::new(pairs)));
        }
        loop {
            if self.peek() != Some('"') {
                return Err(self.error(NAME, self.at));
            }
            self.at += 1;
            let key = Key::new(Value::text(self.string()?, self.secret))?;
            self.blank();
            if self.peek() != Some(':') {
                return Err(self.error("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.blank();
            let value = self.value(depth + 1)?;
            pairs.insert(key, value);
            self.blank();
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return self.marked(Dict::new(pairs));
                }
                Some(',') => self.at += 1,
                _ => return Err(self.error("Expecting ',' delimiter", self.at)),
            }
            self.blank();
        }
    }

    /// What an object stands for.
    fn marked(&self, object: Dict) -> Result<Value> {
        let Some(profile) = self.profile else { return Ok(Value::Dict(object)) };
        let Some((mark, value)) = MARKS.iter().find_map(|mark| Some((*mark, object.get(mark)?))) else {
            return Ok(Value::Dict(object));
        };
        let unknown = |name: String| {
            let profile = profile.name();
            Err(Error::new(format!(
                "Object of type {name} is not JSON deserializable by the '{profile}' profile."
            )))
        };
        match (mark, profile) {
            ("__ansible_type", _) => unknown(value.repr()?),
            (_, Profile::Legacy) if !value.is_str() => {
                let name = value.type_name();
                Err(Error::new(format!("{mark} is <class '{name}'> not <class 'str'>")))
            }
            ("__ansible_vault", Profile::Legacy) => match value {
                Value::Str(text) => Ok(Value::Vault(text.marked(true))),
                other => Ok(other),
            },
            (_, Profile::Legacy) => Ok(value),
            _ => unknown(format!("'{mark}'")),
        }
    }

    /// The rest of a string whose opening quote was read.
    fn string(&mut self) -> Result<String> {
        let start = self.at - 1;
        let mut out = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(self.error("Unterminated string starting at", start));
            };
            self.at += 1;
            match c {
                '"' => return Ok(out),
                '\\' => self.escape(start, &mut out)?,
                c if c < ' ' && self.strict => {
                    return Err(self.error("Invalid control character at", self.at - 1));
                }
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, start: usize, out: &mut String) -> Result<()> {
        let Some(c) = self.peek() else {
            return Err(self.error("Unterminated string starting at", start));
        };
        let at = self.at;
        self.at += 1;
        out.push(match c {
            '"' | '\\' | '/' => c,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.hex4(at)?;
                let mut code = high;
                if (0xd800..0xdc00).contains(&high)
                    && self.chars.get(self.at) == Some(&'\\')
                    && self.chars.get(self.at + 1) == Some(&'u')
                {
                    let back = self.at;
                    self.at += 2;
                    match self.hex4(back + 1)? {
                        low @ 0xdc00..0xe000 => {
                            code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                        }
                        _ => self.at = back,
                    }
                }
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            _ => return Err(self.error("Invalid \\escape", at - 1)),
        });
        Ok(())
    }

    fn hex4(&mut self, at: usize) -> Result<u32> {
        let digits: String = self.chars.get(self.at..self.at + 4).unwrap_or(&[]).iter().collect();
        if digits.len() != 4 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(self.error("Invalid \\uXXXX escape", at));
        }
        self.at += 4;
        Ok(u32::from_str_radix(&digits, 16).unwrap_or(0xfffd))
    }
}
