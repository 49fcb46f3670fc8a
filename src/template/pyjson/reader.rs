//! JSON as Python's `json` reads it.

use super::Profile;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Key};
use num_bigint::BigInt;

/// How deep a text may nest: as deep as Python's stack allows.
const DEEPEST: usize = 930;

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
        let next = self.peek();
        if depth > DEEPEST {
            let what = match next {
                Some('{') => "object",
                _ => "array",
            };
            return Err(Error::new(format!(
                "maximum recursion depth exceeded while decoding a JSON {what} from a unicode string"
            )));
        }
        match next {
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

    /// One of `heads`, a sign where it may have one, and digits; where a digit is missing nothing is taken.
    fn tail(&mut self, out: &mut String, heads: &[char], signed: bool) -> bool {
        let mark = (self.at, out.len());
        let head = self.peek().filter(|c| heads.contains(c));
        if let Some(head) = head {
            out.push(head);
            self.at += 1;
            if let Some(sign @ ('+' | '-')) = self.peek().filter(|_| signed) {
                out.push(sign);
                self.at += 1;
            }
            if self.digits(out) > 0 {
                return true;
            }
            self.at = mark.0;
            out.truncate(mark.1);
        }
        false
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
        let fraction = self.tail(&mut text, &['.'], false);
        let exponent = self.tail(&mut text, &['e', 'E'], true);
        if fraction || exponent {
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
