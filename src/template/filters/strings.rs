//! Text: `capitalize`, `center`, `format`, `indent`, `replace`, `string`, `title`, `trim`, `truncate`, `wordcount`,
//! `wordwrap`, `quote`, `split`; community.general's `unicode_normalize`.

use super::Filter;
use crate::python::letters;
use crate::template::args::Args;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value, binary};
use crate::template::{Dict, Eval, Key};
use unicode_normalization::UnicodeNormalization;

/// The longest text that padding and indentation may come to.
const LONGEST: usize = 100_000_000;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["capitalize"], &[], capitalize),
    Filter::new(&["center"], &["width"], center),
    Filter::new(&["format"], &[], format_text).open(),
    Filter::new(&["indent"], &["width", "first", "blank"], indent),
    Filter::new(&["replace"], &["old", "new", "count"], replace),
    Filter::new(&["string"], &[], string),
    Filter::new(&["title"], &[], title),
    Filter::new(&["trim"], &["chars"], trim),
    Filter::new(&["truncate"], &["length", "killwords", "end", "leeway"], truncate),
    Filter::new(&["wordcount"], &[], word_count),
    Filter::new(&["wordwrap"], &["width", "break_long_words", "wrapstring", "break_on_hyphens"], word_wrap),
    Filter::new(&["quote"], &[], quote),
    Filter::new(&["split"], &["sep", "maxsplit"], split),
    Filter::new(&["community.general.unicode_normalize", "unicode_normalize"], &["form"], normalized),
];

/// Text in a normal form of Unicode: NFC (not given), NFD, NFKC or NFKD.
///
/// Errors: what is no text, another form.
fn normalized(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(text) = input.as_str() else {
        return Err(Error::new(format!("<class '{}'> is not a valid input type", input.type_name())));
    };
    let form = args.get(0, "form").cloned().unwrap_or_else(|| Value::str("NFC"));
    let text: String = match form.as_str() {
        Some("NFC") => text.nfc().collect(),
        Some("NFD") => text.nfd().collect(),
        Some("NFKC") => text.nfkc().collect(),
        Some("NFKD") => text.nfkd().collect(),
        Some(other) => return Err(Error::new(format!("{other} is not a valid form"))),
        None => return Err(Error::new(format!("{} is not a valid form", form.repr()?))),
    };
    Ok(Value::text(text, input.is_secret()))
}

/// The first letter as a word starts, the rest lower case.
fn capitalize(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    Ok(Value::text(letters::capitalize(&input.to_text()?), input.is_secret()))
}

/// The text of what must be text.
///
/// # Errors
/// It is none: it has no such method.
pub(super) fn text_with<'a>(value: &'a Value, method: &str) -> Result<&'a str> {
    match value {
        Value::Str(s) => Ok(&s.text),
        Value::Undefined(marker) => Err(Error(marker.clone())),
        other => Err(Error::new(format!("'{}' object has no attribute '{method}'", other.class_name()))),
    }
}

/// Python's `str.center`: the odd blank goes left where the width is odd.
fn center(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = input.to_text()?;
    if let Some(Value::None) = args.get(0, "width") {
        return Err(Error::new("'NoneType' object cannot be interpreted as an integer"));
    }
    let width = bounded(args.int(0, "width", 80)?)?;
    let length = text.chars().count();
    let Some(pad) = width.checked_sub(length) else {
        return Ok(Value::text(text, input.is_secret()));
    };
    let left = pad / 2 + (pad & width & 1);
    let centered = format!("{}{text}{}", " ".repeat(left), " ".repeat(pad - left));
    Ok(Value::text(centered, input.is_secret()))
}

fn bounded(width: i64) -> Result<usize> {
    let width = usize::try_from(width.max(0)).unwrap_or(usize::MAX);
    if width > LONGEST {
        return Err(Error::new(format!("the width {width} is too large")));
    }
    Ok(width)
}

/// `'%s …'|format(…)`: printf-style with positions or names.
fn format_text(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if !args.positional.is_empty() && !args.named.is_empty() {
        return Err(Error::new("can't handle positional and keyword arguments at the same time"));
    }
    let with = if args.named.is_empty() {
        Value::tuple(args.positional.iter().cloned())
    } else {
        Value::Dict(args.named.iter().map(|(k, v)| (Key::str(k.clone()), v.clone())).collect::<Dict>())
    };
    binary("%", &Value::text(input.to_text()?, input.is_secret()), &with)
}

/// Indents every line but the first (`first`), and blank ones only if asked to (`blank`), by blanks or by a text.
///
/// # Errors
/// It is no text, or `width` neither text nor a number.
fn indent(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let by = match args.get(0, "width") {
        Some(Value::Str(s)) => s.text.to_string(),
        Some(width) if width.as_int().is_none() => {
            let name = width.class_name();
            return Err(Error::new(format!("can't multiply sequence by non-int of type '{name}'")));
        }
        _ => " ".repeat(bounded(args.int(0, "width", 4)?)?),
    };
    let (first, blank) = (args.bool(1, "first", false)?, args.bool(2, "blank", false)?);
    let text = match &input {
        Value::Str(s) => format!("{}\n", s.text),
        Value::List(_) => {
            return Err(text_with(&input, "splitlines").err().unwrap_or_else(|| Error::new("")));
        }
        Value::Tuple(_) => {
            return Err(Error::new("can only concatenate tuple (not \"str\") to tuple"));
        }
        other => {
            let name = other.class_name();
            return Err(Error::new(format!("unsupported operand type(s) for +=: '{name}' and 'str'")));
        }
    };
    let lines = split_lines(&text);
    if lines.len().saturating_mul(by.len()) > LONGEST {
        return Err(Error::new("the indented text would be too large"));
    }
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push('\n');
            if blank || !line.is_empty() {
                out.push_str(&by);
            }
        } else if first {
            out.push_str(&by);
        }
        out.push_str(line);
    }
    Ok(Value::text(out, input.is_secret() || args.is_secret()))
}

/// Python's `str.splitlines()`.
pub(super) fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    let is_end = |c: char| {
        matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_end(*c)) {
        lines.push(&rest[..at]);
        let end = if rest[at..].starts_with("\r\n") { at + 2 } else { at + c.len_utf8() };
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// Python's `str.replace`.
fn replace(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if args.get(0, "old").is_none() && args.get(1, "new").is_none() {
        return Err(Error::new("do_replace() missing 2 required positional arguments: 'old' and 'new'"));
    }
    let (old, new) = (args.required(0, "old")?.to_text()?, args.required(1, "new")?.to_text()?);
    let text = input.to_text()?;
    let secret = input.is_secret() || args.is_secret();
    let places = if old.is_empty() { text.chars().count() + 1 } else { text.matches(old.as_str()).count() };
    crate::template::value::fits(places.saturating_mul(new.len()).saturating_add(text.len()))?;
    let count = args.opt_int(2, "count")?.unwrap_or(-1);
    let text = match usize::try_from(count) {
        Ok(count) => text.replacen(&old, &new, count),
        Err(_) => text.replace(&old, &new),
    };
    Ok(Value::text(text, secret))
}

/// Python's `str()`.
fn string(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    match input {
        Value::Str(_) => Ok(input),
        other => Ok(Value::text(other.to_text()?, other.is_secret())),
    }
}

/// Every word with a capital, as Jinja has it: words start after blanks, `-`, and opening brackets.
fn title(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let mut out = String::new();
    let mut start = true;
    for c in input.to_text()?.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = c.is_whitespace() || "-({[<".contains(c);
    }
    Ok(Value::text(out, input.is_secret()))
}

/// Takes blanks, or the given characters, off both ends.
fn trim(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = input.to_text()?;
    let trimmed = match args.opt_str(0, "chars")? {
        Some(chars) => text.trim_matches(|c| chars.contains(c)),
        None => text.trim_matches(is_blank),
    };
    Ok(Value::text(trimmed, input.is_secret()))
}

/// What Python's `str.isspace` accepts.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Cuts the text at a length, at a word's end unless `killwords`; anything short enough stays as it is.
///
/// # Errors
/// It has no length, it is too long and no text, or the numbers do not fit.
fn truncate(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let secret = input.is_secret();
    let uncompared = |value: &Value, op: &str| {
        let name = value.class_name();
        Error::new(format!("'{op}' not supported between instances of '{name}' and 'int'"))
    };
    if let Some(none @ Value::None) = args.get(0, "length") {
        return Err(uncompared(none, ">="));
    }
    let (length, leeway) = (args.int(0, "length", 255)?, args.int(3, "leeway", 5)?);
    let dots = Value::str("...");
    let end = args.get(2, "end").unwrap_or(&dots);
    let end_length = end.len()? as i64;
    if length < end_length {
        return Err(Error::new(format!("expected length >= {end_length}, got {length}")));
    }
    if leeway < 0 {
        return Err(Error::new(format!("expected leeway >= 0, got {leeway}")));
    }
    if input.len()? as i64 <= length.saturating_add(leeway) {
        return Ok(input);
    }
    let text = text_with(&input, "rsplit")?;
    let Some(end) = end.as_str() else {
        let name = end.class_name();
        return Err(Error::new(format!("can only concatenate str (not \"{name}\") to str")));
    };
    let keep = usize::try_from(length - end_length).unwrap_or(0);
    let cut: String = text.chars().take(keep).collect();
    let cut = match cut.rsplit_once(' ') {
        Some((words, _)) if !args.bool(1, "killwords", false)? => words.to_owned(),
        _ => cut,
    };
    Ok(Value::text(cut + end, secret))
}

/// How many runs of `\w` there are.
fn word_count(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let text = input.to_text()?;
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty());
    Ok(Value::from(words.count()))
}

/// Wraps at a width as Python's `textwrap` does; line breaks that are there stay.
///
/// # Errors
/// It is no text, or the width not above zero.
fn word_wrap(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = text_with(&input, "splitlines")?;
    if let Some(none @ Value::None) = args.get(0, "width") {
        let name = none.class_name();
        return Err(Error::new(format!("'<=' not supported between instances of '{name}' and 'int'")));
    }
    let width = args.int(0, "width", 79)?;
    let with = args.str_or(2, "wrapstring", "\n")?;
    let wrap = Wrap {
        width: usize::try_from(width)
            .ok()
            .filter(|w| *w > 0)
            .ok_or_else(|| Error::new(format!("invalid width {width} (must be > 0)")))?,
        break_long: args.bool(1, "break_long_words", true)?,
        hyphens: args.bool(3, "break_on_hyphens", true)?,
    };
    let mut lines = Vec::new();
    let mut size: usize = 0;
    for line in split_lines(text) {
        let parts = wrap.wrap(line)?;
        let wrapped: usize = parts.iter().map(|part| part.len().saturating_add(with.len())).sum();
        size = size.saturating_add(wrapped).saturating_add(with.len());
        crate::template::value::fits(size)?;
        lines.push(parts.join(with));
    }
    Ok(Value::text(lines.join(with), input.is_secret()))
}

/// How lines are wrapped.
struct Wrap {
    width: usize,
    break_long: bool,
    hyphens: bool,
}

/// What cannot be broken, as `textwrap` sees it: blanks, dashes, words, parts of hyphenated words.
const CHUNK: &str = concat!(
    r#"([\t\n\x0b\x0c\r ]+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\x0b\x0c\r ]+?(?:"#,
    r"-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-))(?=[^\d\W]-?[^\d\W])",
    r#"|(?=[\t\n\x0b\x0c\r ]|\Z)|(?<=[\w!"'&.,?])(?=-{2,}\w)))"#,
);

impl Wrap {
    fn wrap(&self, line: &str) -> Result<Vec<String>> {
        let pattern = if self.hyphens { CHUNK } else { r"([\t\n\x0b\x0c\r ]+)" };
        let regex = PyRegex::new(pattern, Flags::default()).map_err(|e| Error::new(e.0))?;
        let parts = regex.split(line, 0).map_err(|e| Error::new(e.0))?;
        let mut chunks: Vec<Vec<char>> =
            parts.into_iter().flatten().filter(|p| !p.is_empty()).map(|p| p.chars().collect()).collect();
        chunks.reverse();
        let is_blank = |chunk: &Vec<char>| chunk.iter().all(|c| is_blank(*c));
        let mut lines: Vec<String> = Vec::new();
        while !chunks.is_empty() {
            let mut current: Vec<Vec<char>> = Vec::new();
            let mut length = 0;
            if !lines.is_empty() && chunks.last().is_some_and(is_blank) {
                chunks.pop();
            }
            while let Some(chunk) = chunks.pop_if(|c| length + c.len() <= self.width) {
                length += chunk.len();
                current.push(chunk);
            }
            if chunks.last().is_some_and(|c| c.len() > self.width) {
                self.take_long(&mut chunks, &mut current, length);
            }
            current.pop_if(|c| is_blank(c));
            if !current.is_empty() {
                lines.push(current.into_iter().flatten().collect());
            }
        }
        Ok(lines)
    }

    /// A word longer than a line: broken, or set alone.
    fn take_long(&self, chunks: &mut Vec<Vec<char>>, current: &mut Vec<Vec<char>>, length: usize) {
        let space = self.width.saturating_sub(length).max(usize::from(self.width < 1));
        let Some(chunk) = chunks.last_mut() else { return };
        if self.break_long {
            let mut end = space;
            if self.hyphens && chunk.len() > space {
                let before = chunk.get(..space).unwrap_or(&[]);
                let hyphen = before.iter().rposition(|c| *c == '-').filter(|at| *at > 0);
                if let Some(at) = hyphen
                    && before.iter().take(at).any(|c| *c != '-')
                {
                    end = at + 1;
                }
            }
            let rest = chunk.split_off(end.min(chunk.len()));
            current.push(std::mem::replace(chunk, rest));
        } else if current.is_empty() {
            current.extend(chunks.pop());
        }
    }
}

/// `shlex.quote`; `None` is the empty text.
fn quote(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let text = match &input {
        Value::None => String::new(),
        Value::Bytes(bytes) => super::from_encoding(bytes, "utf-8")?,
        other => other.to_text()?,
    };
    Ok(Value::text(shell_quote(&text), input.is_secret()))
}

/// The text as one word for a POSIX shell, quoted only where it must be.
pub(crate) fn shell_quote(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Python's `str.split`: at blanks, or at a separator.
fn split(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(text) = input.as_str() else {
        let name = input.class_name();
        return Err(Error::new(format!(
            "descriptor 'split' for 'str' objects doesn't apply to a '{name}' object"
        )));
    };
    let most = args.int(1, "maxsplit", -1)?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let parts: Vec<&str> = match args.opt_str(0, "sep")? {
        Some("") => return Err(Error::new("empty separator")),
        Some(sep) => text.splitn(most.saturating_add(1), sep).collect(),
        None => crate::template::methods::blanks(text, most),
    };
    let secret = input.is_secret();
    Ok(Value::list(parts.into_iter().map(|part| Value::text(part, secret))))
}
