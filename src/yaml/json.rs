//! JSON as Python's `json` module reads it, with places: Ansible tries it before YAML.

use super::load::Limits;
use super::mapping::Builder;
use super::scalar::int;
use super::{Kind, Mapping, Node};
use crate::diag::Span;
use num_bigint::BigInt;
use std::sync::Arc;

/// The document, if all of the text is JSON.
pub fn read(text: &str, origin: Span, limits: Limits) -> Option<Node> {
    let start = text.trim_start_matches(SPACE);
    // What cannot be JSON is told by its first characters: playbooks and vars files cost nothing here.
    if !start.starts_with([
        '{', '[', '"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 't', 'f', 'n', 'N', 'I',
    ]) || start.starts_with("- ")
        || start.starts_with("---")
    {
        return None;
    }
    let mut reader = Reader { text, at: 0, line: 0, line_start: 0, origin, limits };
    reader.space();
    let node = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(node)
}

/// Deeper text is left to the reader of YAML, which does not recurse.
const DEEPEST: usize = 250;

const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The two mappings with which Ansible's own JSON stands for a vaulted and for an unsafe string.
fn marked(mapping: &Mapping) -> Option<Kind> {
    let [(key, value)] = mapping.pairs.as_slice() else { return None };
    let text: Arc<str> = value.as_str()?.into();
    match key.as_str()? {
        "__ansible_vault" => Some(Kind::Vault(text)),
        "__ansible_unsafe" => Some(Kind::Str { text, unsafe_: true }),
        _ => None,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    line_start: usize,
    origin: Span,
    limits: Limits,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: &str) -> Option<()> {
        self.rest().starts_with(wanted).then(|| self.at += wanted.len())
    }

    fn space(&mut self) {
        while let Some(b @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.at += 1;
            if b == b'\n' {
                self.line += 1;
                self.line_start = self.at;
            }
        }
    }

    fn span(&self) -> Span {
        let column =
            self.text.get(self.line_start..self.at).map_or(0, |before| before.chars().count()) as u32 + 1;
        let shift = if self.line == 0 { self.origin.column.saturating_sub(1) } else { 0 };
        self.origin.at(self.origin.line.max(1) + self.line, column + shift)
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > self.limits.depth.min(DEEPEST) {
            return None;
        }
        let span = self.span();
        let kind = match self.peek()? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Kind::Str { text: self.string()?.into(), unsafe_: false },
            b't' => self.take("true").map(|()| Kind::Bool(true))?,
            b'f' => self.take("false").map(|()| Kind::Bool(false))?,
            b'n' => self.take("null").map(|()| Kind::Null)?,
            b'N' => self.take("NaN").map(|()| Kind::Float(f64::NAN))?,
            b'I' => self.take("Infinity").map(|()| Kind::Float(f64::INFINITY))?,
            _ if self.rest().starts_with("-Infinity") => {
                self.take("-Infinity").map(|()| Kind::Float(f64::NEG_INFINITY))?
            }
            _ => self.number()?,
        };
        Some(Node { kind, span })
    }

    fn object(&mut self, depth: usize) -> Option<Kind> {
        self.take("{")?;
        let mut pairs = Builder::with_capacity(0);
        self.space();
        if self.take("}").is_some() {
            return Some(Kind::Map(Arc::default()));
        }
        loop {
            self.space();
            let span = self.span();
            // Ansible trusts the values of JSON as templates, not its keys.
            let key = Node { kind: Kind::Str { text: self.string()?.into(), unsafe_: true }, span };
            self.space();
            self.take(":")?;
            self.space();
            let value = self.value(depth + 1)?;
            pairs.insert(key, value);
            self.space();
            if self.take(",").is_none() {
                self.take("}")?;
                let mapping = Mapping { pairs: pairs.finish() };
                return Some(marked(&mapping).unwrap_or_else(|| Kind::Map(Arc::new(mapping))));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Kind> {
        self.take("[")?;
        let mut items = Vec::new();
        self.space();
        if self.take("]").is_some() {
            return Some(Kind::Seq(items.into()));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take(",").is_none() {
                self.take("]")?;
                return Some(Kind::Seq(items.into()));
            }
        }
    }

    fn number(&mut self) -> Option<Kind> {
        let rest = self.rest();
        let digits = |from: usize| rest.bytes().skip(from).take_while(u8::is_ascii_digit).count();
        let sign = usize::from(rest.starts_with('-'));
        let mut end = match rest.as_bytes().get(sign)? {
            b'0' => sign + 1,
            b'1'..=b'9' => sign + digits(sign),
            _ => return None,
        };
        let whole = end;
        if rest.as_bytes().get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(rest.as_bytes().get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.as_bytes().get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + sign);
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        let text = rest.get(..end)?;
        let kind = if end == whole {
            match text.parse() {
                Ok(small) => Kind::Int(small),
                Err(_) => int(BigInt::parse_bytes(text.as_bytes(), 10)?),
            }
        } else {
            Kind::Float(text.parse().ok()?)
        };
        self.at += end;
        Some(kind)
    }

    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ')?;
            out.push_str(rest.get(..plain)?);
            self.at += plain;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(out);
                }
                b'\\' => out.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let kind = *self.text.as_bytes().get(self.at + 1)?;
        self.at += 2;
        Some(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
                    let back = self.at;
                    self.at += 2;
                    let second = self.hex()?;
                    if (0xdc00..0xe000).contains(&second) {
                        return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
                    }
                    self.at = back;
                }
                // A lone surrogate is no text: what holds one is left to the reader of YAML, which refuses it.
                char::from_u32(first)?
            }
            _ => return None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}
