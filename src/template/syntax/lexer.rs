//! Cuts a template's text into tokens, as Jinja's lexer does: marks, whitespace control, line statements, literals.

use super::escapes::python_string;
use super::token::{Kind, Mistake, Token};
use crate::template::TemplateOptions;
use crate::template::value::str_repr;
use std::borrow::Cow;

/// How a text is cut.
pub struct Reading<'o> {
    /// The marks, and what becomes of the whitespace around them.
    pub options: &'o TemplateOptions,
    /// Backslashes in the string literals of `{{ }}` stand for themselves.
    pub literal_backslashes: bool,
}

/// The tokens of a template up to its end, or up to what cannot be cut.
pub fn of_template<'s>(source: &'s str, reading: &Reading<'_>) -> (Vec<Token<'s>>, Option<Mistake>) {
    Lexer::new(source, reading).all(Lexer::root)
}

/// The tokens of a bare expression.
pub fn of_expression<'s>(source: &'s str, reading: &Reading<'_>) -> (Vec<Token<'s>>, Option<Mistake>) {
    Lexer::new(source, reading).all(|lexer| {
        lexer.code(Mark::Variable)?;
        lexer.root()
    })
}

/// What may start where text ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Comment,
    Block,
    Variable,
    Line,
    LineComment,
    Raw,
}

/// A mark that was found.
struct Found {
    mark: Mark,
    /// Where the text before it ends.
    start: usize,
    /// Where it ends itself, its sign included.
    end: usize,
    /// `-`, `+` or none.
    sign: Option<u8>,
}

struct Lexer<'s, 'o> {
    source: &'s str,
    options: &'o TemplateOptions,
    literal_backslashes: bool,
    tokens: Vec<Token<'s>>,
    at: usize,
    /// The closing brackets that are waited for.
    brackets: Vec<u8>,
    /// Where each sort of mark comes next, once it was looked for.
    next: [Option<Option<(usize, usize)>>; 5],
}

type Cut<T = ()> = Result<T, Mistake>;

impl<'s, 'o> Lexer<'s, 'o> {
    fn new(source: &'s str, reading: &Reading<'o>) -> Lexer<'s, 'o> {
        Lexer {
            source,
            options: reading.options,
            literal_backslashes: reading.literal_backslashes,
            tokens: Vec::new(),
            at: 0,
            brackets: Vec::new(),
            next: [None; 5],
        }
    }

    fn all(mut self, cut: impl FnOnce(&mut Self) -> Cut) -> (Vec<Token<'s>>, Option<Mistake>) {
        let mistake = cut(&mut self).err();
        let at = mistake.as_ref().map_or(self.source.len(), |mistake| mistake.at);
        self.tokens.push(Token { kind: Kind::End, text: Cow::Borrowed(""), at });
        (self.tokens, mistake)
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn push(&mut self, kind: Kind, from: usize, to: usize) {
        let text = Cow::Borrowed(self.source.get(from..to).unwrap_or(""));
        self.tokens.push(Token { kind, text, at: from });
    }

    /// Text and what is in it.
    fn root(&mut self) -> Cut {
        while self.at < self.source.len() {
            let Some(found) = self.next_mark() else {
                self.push(Kind::Data, self.at, self.source.len());
                self.at = self.source.len();
                break;
            };
            let lstrip = found.mark != Mark::Variable;
            self.text_until(found.start, found.sign, lstrip);
            self.at = found.end;
            match found.mark {
                Mark::Comment => self.comment()?,
                Mark::Raw => self.raw()?,
                Mark::LineComment => self.at = find(self.source, self.at, "\n").unwrap_or(self.source.len()),
                Mark::Variable => {
                    self.push(Kind::VariableBegin, found.start, found.end);
                    self.code(Mark::Variable)?;
                }
                Mark::Block | Mark::Line => {
                    self.push(Kind::BlockBegin, found.start, found.end);
                    self.code(found.mark)?;
                }
            }
        }
        Ok(())
    }

    /// The text up to a mark, without the whitespace that its sign or `lstrip_blocks` take away.
    fn text_until(&mut self, end: usize, sign: Option<u8>, lstrip: bool) {
        let text = self.source.get(self.at..end).unwrap_or("");
        let kept = match sign {
            Some(b'-') => text.trim_end_matches(is_space).len(),
            None if lstrip && self.options.lstrip_blocks => {
                let line = text.rfind('\n').map_or(0, |newline| newline + 1);
                let starts_line = line > 0 || self.at == 0 || self.source[..self.at].ends_with('\n');
                if starts_line && text[line..].chars().all(is_space) { line } else { text.len() }
            }
            _ => text.len(),
        };
        if kept > 0 {
            self.push(Kind::Data, self.at, self.at + kept);
        }
    }

    fn comment(&mut self) -> Cut {
        let body = self.at;
        let Some(end) = find(self.source, body, &self.options.comment_end) else {
            self.at = self.source.len();
            // nothing at all after the mark is no mistake to Jinja
            return match body < self.source.len() {
                true => Err(Mistake::new("Missing end of comment tag", body)),
                false => Ok(()),
            };
        };
        let sign = self.source.as_bytes().get(end.wrapping_sub(1)).filter(|_| end > body).copied();
        self.at = end + self.options.comment_end.len();
        self.trim_after(sign, true);
        Ok(())
    }

    /// Skips what the sign before an end mark, or `trim_blocks`, takes away behind it.
    fn trim_after(&mut self, sign: Option<u8>, block: bool) {
        let rest = self.rest();
        match sign {
            Some(b'-') => self.at += rest.len() - rest.trim_start_matches(is_space).len(),
            Some(b'+') => {}
            _ if block && self.options.trim_blocks && rest.starts_with('\n') => self.at += 1,
            _ => {}
        }
    }

    fn raw(&mut self) -> Cut {
        let body = self.at;
        let mut from = body;
        while let Some(start) = find(self.source, from, &self.options.block_start) {
            from = start + 1;
            let after = start + self.options.block_start.len();
            let Some((sign, end, end_sign)) = self.tag_alone(after, "endraw") else { continue };
            self.text_until(start, sign, true);
            self.at = end;
            self.trim_after(end_sign, true);
            return Ok(());
        }
        self.at = self.source.len();
        match body < self.source.len() {
            true => Err(Mistake::new("Missing end of raw directive", body)),
            false => Ok(()),
        }
    }

    /// Reads, behind a block's start, the word alone and the end mark: the sign before, the end, the sign at the end.
    fn tag_alone(&self, after: usize, word: &str) -> Option<(Option<u8>, usize, Option<u8>)> {
        let (sign, after) = self.sign(after);
        let rest = self.source.get(after..)?.trim_start_matches(is_space);
        let rest = rest.strip_prefix(word)?.trim_start_matches(is_space);
        let end_sign = rest.bytes().next().filter(|b| matches!(b, b'-' | b'+'));
        let bare = rest.strip_prefix(self.options.block_end.as_str());
        let (rest, end_sign) = match bare {
            Some(rest) => (rest, None),
            None => {
                (rest.get(end_sign.map(|_| 1)?..)?.strip_prefix(self.options.block_end.as_str())?, end_sign)
            }
        };
        Some((sign, self.source.len() - rest.len(), end_sign))
    }

    /// The sign at a place, and where what follows begins.
    fn sign(&self, at: usize) -> (Option<u8>, usize) {
        match self.source.as_bytes().get(at) {
            Some(sign @ (b'-' | b'+')) => (Some(*sign), at + 1),
            _ => (None, at),
        }
    }

    /// The next mark. Of several at one place the longest, then in the order of their names backwards.
    fn next_mark(&mut self) -> Option<Found> {
        let options = self.options;
        let prefix = |prefix: &'o Option<String>| prefix.as_deref().unwrap_or("");
        let sorts: [(Mark, &str); 5] = [
            (Mark::Variable, &options.variable_start),
            (Mark::Line, prefix(&options.line_statement)),
            (Mark::LineComment, prefix(&options.line_comment)),
            (Mark::Comment, &options.comment_start),
            (Mark::Block, &options.block_start),
        ];
        let mut best: Option<(usize, usize, usize, Mark)> = None;
        for (i, (mark, text)) in sorts.into_iter().enumerate().filter(|(_, (_, text))| !text.is_empty()) {
            let known = self.next[i].filter(|known| known.is_none_or(|(start, _)| start >= self.at));
            let next = known.unwrap_or_else(|| match mark {
                Mark::Line => line_statement(self.source, self.at, text),
                Mark::LineComment => line_comment(self.source, self.at, text),
                _ => find(self.source, self.at, text).map(|start| (start, start + text.len())),
            });
            self.next[i] = Some(next);
            if let Some((start, end)) = next
                && best
                    .is_none_or(|(first, length, ..)| start < first || start == first && text.len() > length)
            {
                best = Some((start, text.len(), end, mark));
            }
        }
        let (start, _, end, mark) = best?;
        if self.source[start..].starts_with(&options.block_start)
            && let Some((sign, end, end_sign)) = self.tag_alone(start + options.block_start.len(), "raw")
            && end_sign != Some(b'+')
        {
            let rest = &self.source[end..];
            let spaces = rest.len() - rest.trim_start_matches(is_space).len();
            let end = if end_sign == Some(b'-') { end + spaces } else { end };
            return Some(Found { mark: Mark::Raw, start, end, sign });
        }
        let (sign, end) = self.sign(end);
        Some(Found { mark, start, end, sign })
    }

    /// What stands between the marks, the end mark included.
    fn code(&mut self, mark: Mark) -> Cut {
        self.brackets.clear();
        loop {
            if self.brackets.is_empty() && self.end_of_code(mark) {
                return Ok(());
            }
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return Ok(()) };
            let start = self.at;
            if is_space(c) {
                self.at += c.len_utf8();
            } else if c.is_ascii_digit() {
                let (kind, length) = number(rest, self.source[..start].ends_with('.'));
                self.at += length;
                self.push(kind, start, self.at);
            } else if is_name(c) {
                let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
                let mut chars = name.chars();
                let valid = chars.next().is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c));
                if !valid || !chars.all(unicode_ident::is_xid_continue) {
                    return Err(Mistake::new("Invalid character in identifier", start));
                }
                self.at += name.len();
                self.push(Kind::Name, start, self.at);
            } else if let Some(end) = string_end(rest, c) {
                self.at += end;
                let text = self.string(&rest[1..end - 1], mark).map_err(|text| Mistake::new(text, start))?;
                self.tokens.push(Token { kind: Kind::String, text, at: start });
            } else {
                self.operator(rest, c)?;
            }
        }
    }

    /// Consumes the end mark where it stands.
    fn end_of_code(&mut self, mark: Mark) -> bool {
        let (start, rest) = (self.at, self.rest());
        let (end_mark, kind) = match mark {
            Mark::Line => {
                let blank = rest.len() - rest.trim_start_matches(is_space).len();
                let end = match rest[..blank].rfind('\n') {
                    _ if blank == rest.len() => blank,
                    Some(newline) => newline + 1,
                    None => return false,
                };
                self.at += end;
                self.push(Kind::BlockEnd, start, self.at);
                return true;
            }
            Mark::Variable => (self.options.variable_end.as_str(), Kind::VariableEnd),
            _ => (self.options.block_end.as_str(), Kind::BlockEnd),
        };
        let block = kind == Kind::BlockEnd;
        let sign = rest.bytes().next().filter(|b| *b == b'-' || block && *b == b'+');
        let signed = sign.is_some() && rest[1..].starts_with(end_mark);
        if !signed && !rest.starts_with(end_mark) {
            return false;
        }
        self.at += end_mark.len() + usize::from(signed);
        self.push(kind, start, self.at);
        self.trim_after(sign.filter(|_| signed), block);
        true
    }

    /// What a string literal stands for.
    fn string(&self, body: &'s str, mark: Mark) -> Result<Cow<'s, str>, String> {
        let newline = self.options.newline.as_str();
        let body = match newline != "\n" && body.contains('\n') {
            true => Cow::Owned(body.replace('\n', newline)),
            false => Cow::Borrowed(body),
        };
        if !body.contains('\\') || self.literal_backslashes && mark == Mark::Variable {
            return Ok(body);
        }
        python_string(&body).map(Cow::Owned)
    }

    fn operator(&mut self, rest: &'s str, c: char) -> Cut {
        const DOUBLE: [&str; 6] = ["//", "**", "==", "!=", ">=", "<="];
        let start = self.at;
        let length = match rest.get(..2) {
            Some(two) if DOUBLE.contains(&two) => 2,
            _ if "+-/*%~[](){}><=.:|,;".contains(c) => 1,
            _ => {
                let place = self.source[..start].chars().count();
                let shown = str_repr(&c.to_string());
                return Err(Mistake::new(format!("unexpected char {shown} at {place}"), start));
            }
        };
        match c {
            '(' => self.brackets.push(b')'),
            '[' => self.brackets.push(b']'),
            '{' => self.brackets.push(b'}'),
            ')' | ']' | '}' => match self.brackets.pop() {
                None => return Err(Mistake::new(format!("unexpected '{c}'"), start)),
                Some(expected) if char::from(expected) != c => {
                    let expected = char::from(expected);
                    return Err(Mistake::new(format!("unexpected '{c}', expected '{expected}'"), start));
                }
                Some(_) => {}
            },
            _ => {}
        }
        self.at += length;
        self.push(Kind::Operator, start, self.at);
        Ok(())
    }
}

fn find(source: &str, from: usize, what: &str) -> Option<usize> {
    source.get(from..)?.find(what).map(|i| i + from)
}

/// Where a line, after its blanks, starts with a prefix: the line's start and the prefix's end.
fn line_statement(source: &str, from: usize, prefix: &str) -> Option<(usize, usize)> {
    let mut start = if from == 0 { 0 } else { find(source, from - 1, "\n")? + 1 };
    loop {
        let line = source.get(start..)?;
        let blanks = line.len() - line.trim_start_matches([' ', '\t', '\x0b']).len();
        if line[blanks..].starts_with(prefix) {
            return Some((start, start + blanks + prefix.len()));
        }
        start = find(source, start, "\n")? + 1;
    }
}

/// Where a comment that reaches to the line's end starts, with the blanks before it.
fn line_comment(source: &str, from: usize, prefix: &str) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = find(source, at, prefix)?;
        let blank = |c: char| is_space(c) && c != '\n';
        let before = from + source[from..start].trim_end_matches(blank).len();
        let last = source[..before].chars().next_back();
        if last.is_none_or(|c| c == '\n' || !is_space(c)) {
            return Some((before, start + prefix.len()));
        }
        at = start + source[start..].chars().next().map_or(1, char::len_utf8);
    }
}

/// Python's whitespace.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric() || !c.is_ascii() && unicode_ident::is_xid_continue(c)
}

/// The length of a string literal with its quotes, if one is here.
fn string_end(rest: &str, quote: char) -> Option<usize> {
    if !matches!(quote, '\'' | '"') {
        return None;
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The sort and the length of a number.
fn number(text: &str, after_dot: bool) -> (Kind, usize) {
    let bytes = text.as_bytes();
    let whole = digits(bytes, 0, |b| b.is_ascii_digit());
    let fraction = match bytes.get(whole) {
        Some(b'.') => digits(bytes, whole + 1, |b| b.is_ascii_digit()),
        _ => 0,
    };
    let mantissa = if fraction > 0 { fraction } else { whole };
    let exponent = match bytes.get(mantissa) {
        Some(b'e' | b'E') => {
            let sign = usize::from(matches!(bytes.get(mantissa + 1), Some(b'+' | b'-')));
            digits(bytes, mantissa + 1 + sign, |b| b.is_ascii_digit())
        }
        _ => 0,
    };
    if !after_dot && (exponent > 0 || fraction > 0) {
        return (Kind::Float, exponent.max(fraction));
    }
    if bytes.first() != Some(&b'0') {
        return (Kind::Integer, whole);
    }
    let of_base = |is_digit: fn(u8) -> bool| {
        let skipped = usize::from(bytes.get(2) == Some(&b'_'));
        digits(bytes, 2 + skipped, is_digit)
    };
    let based = match bytes.get(1) {
        Some(b'b' | b'B') => of_base(|b| matches!(b, b'0' | b'1')),
        Some(b'o' | b'O') => of_base(|b| matches!(b, b'0'..=b'7')),
        Some(b'x' | b'X') => of_base(|b| b.is_ascii_hexdigit()),
        _ => 0,
    };
    (Kind::Integer, if based > 0 { based } else { digits(bytes, 0, |b| b == b'0') })
}

/// Where a run of digits with single underscores between them ends; 0 where there is none.
fn digits(bytes: &[u8], from: usize, is_digit: fn(u8) -> bool) -> usize {
    let digit = |at: usize| bytes.get(at).is_some_and(|b| is_digit(*b));
    let mut at = from;
    while digit(at) || at > from && bytes.get(at) == Some(&b'_') && digit(at + 1) {
        at += 1;
    }
    if at > from { at } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(source: &str, options: &TemplateOptions) -> String {
        let (tokens, mistake) = of_template(source, &Reading { options, literal_backslashes: true });
        let mut shown: Vec<String> = tokens.iter().map(|token| token.text.clone().into_owned()).collect();
        shown.pop();
        shown.extend(mistake.map(|mistake| format!("!{}@{}", mistake.message, mistake.at)));
        shown.join("⋅")
    }

    #[test]
    fn text_is_cut_as_jinja_cuts_it() {
        let options = TemplateOptions::default();
        for (source, expected) in [
            ("a{{ b.c }}d", "a⋅{{⋅b⋅.⋅c⋅}}⋅d"),
            ("{{ 017 }}", "{{⋅0⋅17⋅}}"),
            ("{{ 0x_ff 1_000 1__0 0b2 }}", "{{⋅0x_ff⋅1_000⋅1⋅__0⋅0⋅b2⋅}}"),
            ("{{ 1. 1.5e3 1e a.1e5 }}", "{{⋅1⋅.⋅1.5e3⋅1⋅e⋅a⋅.⋅1⋅e5⋅}}"),
            ("{{ é }}", "{{⋅é⋅}}"),
            ("{{ a² }}", "{{⋅!Invalid character in identifier@3"),
            ("{{ {'a': {}} }}", "{{⋅{⋅a⋅:⋅{⋅}⋅}⋅}}"),
            ("a {%- b -%} c", "a⋅{%-⋅b⋅-%}⋅c"),
            ("{% a %}\nb{% a +%}\nb", "{%⋅a⋅%}⋅b⋅{%⋅a⋅+%}⋅\nb"),
            ("{% raw %}\n{{ a }}{% endraw %}\nb", "\n{{ a }}⋅b"),
            ("{%- raw -%} a {%- endraw -%} b", "a⋅b"),
            ("{% raw %}", ""),
            ("{% raw %}a", "!Missing end of raw directive@9"),
            ("{# a -#} b{# c", "b⋅!Missing end of comment tag@12"),
            ("{{ 'a\\'b' }}", "{{⋅a\\'b⋅}}"),
            ("{% a 'a\\'b' %}", "{%⋅a⋅a'b⋅%}"),
            ("{{ 'a }}", "{{⋅!unexpected char \"'\" at 3@3"),
            ("{{ (] }}", "{{⋅(⋅!unexpected ']', expected ')'@4"),
        ] {
            assert_eq!(cut(source, &options), expected, "{source}");
        }
    }

    #[test]
    fn lines_may_be_statements_and_end_in_comments() {
        let options = TemplateOptions {
            line_statement: Some("%".into()),
            line_comment: Some("##".into()),
            lstrip_blocks: true,
            ..TemplateOptions::default()
        };
        for (source, expected) in [
            ("a\n  % b\n\n c", "a\n⋅  %⋅b⋅\n\n⋅ c"),
            ("a  ## b\nc", "a⋅\nc"),
            ("  {% a %}b", "{%⋅a⋅%}⋅b"),
            ("  {%+ a %}b", "  ⋅{%+⋅a⋅%}⋅b"),
            ("  {{ a }}", "  ⋅{{⋅a⋅}}"),
            ("% a (\n)\nb", "%⋅a⋅(⋅)⋅\n⋅b"),
        ] {
            assert_eq!(cut(source, &options), expected, "{source}");
        }
    }
}
