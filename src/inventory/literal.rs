//! Python literals, as `ast.literal_eval` reads them: what values in INI inventories may be.

use crate::diag::Span;
use crate::yaml::{Kind, Mapping, Node};
use num_bigint::BigInt;
use num_traits::ToPrimitive as _;
use std::sync::Arc;

/// The literal's value, or the text itself as a string where it is none.
///
/// # Errors
/// A literal that no value can be, `{{1}}` for one, in Python's words.
pub fn value(text: &str, span: Span) -> Result<Node, String> {
    let kind = literal(text, span)?.unwrap_or_else(|| string(text.to_owned()));
    Ok(Node { kind, span })
}

/// The literal's value, if the text is one.
fn literal(text: &str, span: Span) -> Result<Option<Kind>, String> {
    let mut reader = Reader { text, at: 0, span, unhashable: None };
    let kind = whole(&mut reader);
    match reader.unhashable {
        Some(class) if kind.is_some() => Err(format!("unhashable type: '{class}'")),
        _ => Ok(kind),
    }
}

fn whole(reader: &mut Reader<'_>) -> Option<Kind> {
    let text = reader.text;
    let start = text.trim_start_matches([' ', '\t']);
    // Most values are plain words: they cannot be literals.
    let first = start.chars().next()?;
    if !(first.is_ascii_digit() || "+-.'\"[({TFNrRuUbBs".contains(first)) {
        return None;
    }
    reader.text = start;
    let kind = reader.tuple_or_value()?;
    reader.space();
    let rest = reader.rest();
    (rest.is_empty() || rest.starts_with('#')).then_some(kind)
}

fn string(text: String) -> Kind {
    Kind::Str { text: text.into(), unsafe_: false }
}

const DEEPEST: usize = 100;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    span: Span,
    /// The sort of a value that stands where sets and dicts look up by value.
    unhashable: Option<&'static str>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn node(&self, kind: Kind) -> Node {
        Node { kind, span: self.span }
    }

    /// `1, 2` without parentheses is a tuple, too.
    fn tuple_or_value(&mut self) -> Option<Kind> {
        let first = self.value(0)?;
        if !self.take(",") {
            return Some(first);
        }
        let mut items = vec![self.node(first)];
        loop {
            self.space();
            if self.rest().is_empty() || self.rest().starts_with('#') {
                return Some(Kind::Seq(items.into()));
            }
            let item = self.value(0)?;
            items.push(self.node(item));
            if !self.take(",") {
                return Some(Kind::Seq(items.into()));
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Kind> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        let rest = self.rest();
        match rest.chars().next()? {
            '[' => {
                self.at += 1;
                self.items("]", depth).map(|(items, _)| Kind::Seq(items.into()))
            }
            '(' => {
                self.at += 1;
                let (mut items, comma) = self.items(")", depth)?;
                match items.pop() {
                    Some(only) if items.is_empty() && !comma => Some(only.kind),
                    last => {
                        items.extend(last);
                        Some(Kind::Seq(items.into()))
                    }
                }
            }
            '{' => {
                self.at += 1;
                self.braces(depth)
            }
            '+' | '-' => {
                let negative = rest.starts_with('-');
                self.at += 1;
                self.space();
                // one sign is a number's own, a second one an operation
                if self.rest().starts_with(['+', '-']) {
                    return None;
                }
                match self.value(depth + 1)? {
                    Kind::Int(value) if negative => Some(int(-BigInt::from(value))),
                    Kind::Big(value) if negative => Some(int(-(*value).clone())),
                    Kind::Float(value) if negative => Some(Kind::Float(-value)),
                    number @ (Kind::Int(_) | Kind::Big(_) | Kind::Float(_)) => Some(number),
                    _ => None,
                }
            }
            c if c.is_ascii_digit() || c == '.' => self.number(),
            _ => self.word_or_string(),
        }
    }

    /// Items up to the closing bracket, and whether a comma came last.
    fn items(&mut self, close: &str, depth: usize) -> Option<(Vec<Node>, bool)> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            if self.take(close) {
                return Some((items, comma));
            }
            if !items.is_empty() && !comma {
                return None;
            }
            let item = self.value(depth + 1)?;
            items.push(self.node(item));
            comma = self.take(",");
        }
    }

    fn braces(&mut self, depth: usize) -> Option<Kind> {
        let mut mapping = Mapping::default();
        if self.take("}") {
            return Some(Kind::Map(Arc::new(mapping)));
        }
        let first = self.value(depth + 1)?;
        if !self.take(":") {
            let mut items = vec![self.node(first)];
            if self.take(",") {
                items.extend(self.items("}", depth)?.0);
            } else if !self.take("}") {
                return None;
            }
            items.iter().for_each(|item| self.hash(&item.kind));
            return Some(Kind::Set(items.into()));
        }
        let mut key = first;
        loop {
            self.hash(&key);
            let value = self.value(depth + 1)?;
            let (key_node, value) = (self.node(key), self.node(value));
            let shown = crate::yaml::repr::of_node(&key_node);
            match mapping.pairs.iter_mut().find(|(known, _)| crate::yaml::repr::of_node(known) == shown) {
                Some(pair) => pair.1 = value,
                None => mapping.pairs.push((key_node, value)),
            }
            let comma = self.take(",");
            if self.take("}") {
                return Some(Kind::Map(Arc::new(mapping)));
            }
            if !comma {
                return None;
            }
            key = self.value(depth + 1)?;
            if !self.take(":") {
                return None;
            }
        }
    }

    /// Notes what can be neither in a set nor a key.
    fn hash(&mut self, value: &Kind) {
        let class = match value {
            Kind::Map(_) => "dict",
            Kind::Set(_) => "set",
            _ => return,
        };
        self.unhashable.get_or_insert(class);
    }

    fn number(&mut self) -> Option<Kind> {
        let rest = self.rest();
        let lower = rest.get(..2).unwrap_or_default().to_ascii_lowercase();
        let based = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find(|(prefix, _)| *prefix == lower);
        let end = match based {
            Some((_, base)) => 2 + rest.chars().skip(2).take_while(|c| c.is_digit(base) || *c == '_').count(),
            None => decimal_end(rest),
        };
        let text = rest.get(..end)?;
        // `1.2.3`, `10abc`, `1j` are no numbers.
        if rest.get(end..)?.starts_with(|c: char| c.is_alphanumeric() || c == '.' || c == '_') {
            return None;
        }
        if text.contains("__") || text.ends_with('_') || text.starts_with('_') {
            return None;
        }
        self.at += end;
        let clean = text.replace('_', "");
        if let Some((_, base)) = based {
            return BigInt::parse_bytes(clean.get(2..)?.as_bytes(), base).map(int);
        }
        if clean.contains(['.', 'e', 'E']) {
            return clean.parse().ok().map(Kind::Float);
        }
        // Python has no numbers with leading zeros, but zero itself.
        if clean.len() > 1 && clean.starts_with('0') && clean.bytes().any(|b| b != b'0') {
            return None;
        }
        BigInt::parse_bytes(clean.as_bytes(), 10).map(int)
    }

    fn word_or_string(&mut self) -> Option<Kind> {
        let rest = self.rest();
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if word == "set" {
            self.at += word.len();
            return (self.take("(") && self.take(")")).then(|| Kind::Set([].into()));
        }
        let constant = match &*word {
            "True" => Some(Kind::Bool(true)),
            "False" => Some(Kind::Bool(false)),
            "None" => Some(Kind::Null),
            _ => None,
        };
        if constant.is_some() {
            self.at += word.len();
            return constant;
        }
        if matches!(word.as_str(), "b" | "B") && rest.is_ascii() {
            self.at += word.len();
            // bytes become text that is never a template
            return self.string().map(|text| Kind::Str { text: text.into(), unsafe_: true });
        }
        let mut text = self.string()?;
        // Neighbouring strings are one.
        loop {
            self.space();
            let next = self.rest().trim_start_matches(['r', 'R', 'u', 'U']);
            if !next.starts_with(['"', '\'']) {
                return Some(string(text));
            }
            text.push_str(&self.string()?);
        }
    }

    fn string(&mut self) -> Option<String> {
        let rest = self.rest();
        let prefix = rest.chars().take_while(|c| c.is_ascii_alphabetic()).count();
        let raw = match rest.get(..prefix)? {
            "" | "u" | "U" => false,
            "r" | "R" => true,
            _ => return None,
        };
        self.at += prefix;
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let triple = quote.to_string().repeat(3);
        let close = if self.rest().starts_with(&triple) { triple } else { quote.to_string() };
        self.at += close.len();
        let mut out = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(&close) {
                self.at += close.len();
                return Some(out);
            }
            let c = rest.chars().next()?;
            self.at += c.len_utf8();
            match c {
                '\n' if close.len() == 1 => return None,
                '\\' if raw => {
                    out.push('\\');
                    let next = self.rest().chars().next()?;
                    self.at += next.len_utf8();
                    out.push(next);
                }
                '\\' => self.escape(&mut out)?,
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        let code = |reader: &mut Self, digits: usize| {
            let text = reader.rest().get(..digits)?;
            reader.at += digits;
            u32::from_str_radix(text, 16).ok().and_then(char::from_u32)
        };
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            '\\' | '\'' | '"' => out.push(c),
            '\n' => {}
            'x' => out.push(code(self, 2)?),
            'u' => out.push(code(self, 4)?),
            'U' => out.push(code(self, 8)?),
            '0'..='7' => {
                let more = self.rest().chars().take(2).take_while(|c| ('0'..='7').contains(c)).count();
                let text = format!("{c}{}", self.rest().get(..more)?);
                self.at += more;
                out.push(u32::from_str_radix(&text, 8).ok().and_then(char::from_u32)?);
            }
            other => out.extend(['\\', other]),
        }
        Some(())
    }
}

/// Where a decimal integer or float ends.
fn decimal_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let tail = bytes.get(from..).unwrap_or_default();
        from + tail.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}

fn int(value: BigInt) -> Kind {
    match value.to_i64() {
        Some(small) => Kind::Int(small),
        None => Kind::Big(Arc::new(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::repr;

    #[test]
    fn literals_are_read_as_python_reads_them() {
        let span = Span::new(std::path::Path::new("i"), 1, 0);
        let table = [
            ("1", "1"),
            ("-5", "-5"),
            ("--5", "'--5'"),
            ("- 5", "-5"),
            ("set()", "set()"),
            ("setup", "'setup'"),
            ("b'x'", "'x'"),
            ("bash", "'bash'"),
            ("0777", "'0777'"),
            ("00", "0"),
            ("0x1f", "31"),
            ("1_000", "1000"),
            ("1__0", "'1__0'"),
            ("1.5", "1.5"),
            ("1e3", "1000.0"),
            (".5", "0.5"),
            ("1.", "1.0"),
            ("10.0.0.1", "'10.0.0.1'"),
            ("1j", "'1j'"),
            ("True", "True"),
            ("true", "'true'"),
            ("None", "None"),
            ("Nonesuch", "'Nonesuch'"),
            ("\"a\" # c", "'a'"),
            ("'a' 'b'", "'ab'"),
            ("'a", "\"'a\""),
            ("r'a\\n'", "'a\\\\n'"),
            ("'a\\x41\\n'", "'aA\\n'"),
            ("[1, 2,]", "[1, 2]"),
            ("[1 2]", "'[1 2]'"),
            ("(1,)", "[1]"),
            ("(1)", "1"),
            ("()", "[]"),
            ("1, 2", "[1, 2]"),
            ("{'a': 1, 'b': (1, 2)}", "{'a': 1, 'b': [1, 2]}"),
            ("{1, 2}", "{1, 2}"),
            ("{}", "{}"),
            ("{a:1}", "'{a:1}'"),
            ("foo()", "'foo()'"),
            ("{{ foo }}", "'{{ foo }}'"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("", "''"),
            ("# c", "'# c'"),
        ];
        for (text, wanted) in table {
            assert_eq!(repr::of_node(&value(text, span).unwrap()), wanted, "{text}");
        }
        let tower = "[".repeat(100_000);
        assert_eq!(value("{{1}}", span).unwrap_err(), "unhashable type: 'set'");
        assert_eq!(value("{{}: 1}", span).unwrap_err(), "unhashable type: 'dict'");
        assert_eq!(value("{{x}}", span).unwrap().as_str(), Some("{{x}}"));
        assert_eq!(value(&tower, span).unwrap().as_str(), Some(&*tower));
    }
}
