//! Methods of `bytes`. Those that search and cut work as a text's do, on the text whose characters are the bytes.

use super::{cutting, text};
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
use crate::template::{Eval, codecs};

/// Their names.
pub const NAMES: &[&str] = &[
    "decode",
    "hex",
    "fromhex",
    "upper",
    "lower",
    "title",
    "capitalize",
    "swapcase",
    "isdigit",
    "isalpha",
    "isalnum",
    "isspace",
    "isascii",
    "islower",
    "isupper",
    "istitle",
    "split",
    "rsplit",
    "splitlines",
    "replace",
    "startswith",
    "endswith",
    "strip",
    "lstrip",
    "rstrip",
    "join",
    "find",
    "rfind",
    "index",
    "rindex",
    "count",
    "center",
    "ljust",
    "rjust",
    "zfill",
    "partition",
    "rpartition",
    "expandtabs",
    "translate",
    "maketrans",
    "removeprefix",
    "removesuffix",
];

/// What bytes take for blanks.
const BLANKS: &str = " \t\n\r\x0b\x0c";

/// Calls one.
pub fn call(eval: &mut Eval<'_>, bytes: &[u8], name: &str, args: &Args) -> Result<Value> {
    let every = |test: fn(&u8) -> bool| Value::Bool(!bytes.is_empty() && bytes.iter().all(test));
    let (small, large) = (u8::is_ascii_lowercase, u8::is_ascii_uppercase);
    Ok(match name {
        "hex" => hex(bytes, args)?.into(),
        "fromhex" => Value::Bytes(from_hex(args)?.into()),
        "decode" => {
            let (encoding, errors) = codecs::names("decode", args)?;
            codecs::decode(bytes, &encoding, &errors)?.into()
        }
        "upper" => Value::Bytes(bytes.to_ascii_uppercase().into()),
        "lower" => Value::Bytes(bytes.to_ascii_lowercase().into()),
        "swapcase" => {
            Value::Bytes(bytes.iter().map(|b| if b.is_ascii_alphabetic() { b ^ 0x20 } else { *b }).collect())
        }
        "capitalize" => {
            let mut bytes = bytes.to_ascii_lowercase();
            bytes.iter_mut().take(1).for_each(|b| b.make_ascii_uppercase());
            Value::Bytes(bytes.into())
        }
        "title" => Value::Bytes(title(bytes).into()),
        "istitle" => (bytes.iter().any(u8::is_ascii_alphabetic) && title(bytes) == bytes).into(),
        "isdigit" => every(u8::is_ascii_digit),
        "isalpha" => every(u8::is_ascii_alphabetic),
        "isalnum" => every(u8::is_ascii_alphanumeric),
        "isspace" => every(|b| BLANKS.contains(char::from(*b))),
        "isascii" => bytes.is_ascii().into(),
        "islower" => (bytes.iter().any(small) && !bytes.iter().any(large)).into(),
        "isupper" => (bytes.iter().any(large) && !bytes.iter().any(small)).into(),
        "split" | "rsplit" if args.get(0, "sep").is_none_or(Value::is_none) => {
            let most = usize::try_from(args.index(1, "maxsplit", -1)?).unwrap_or(usize::MAX);
            split(bytes, name == "rsplit", most)
        }
        "splitlines" => lines(bytes, args.index(0, "keepends", 0)? != 0),
        "translate" => translate(bytes, args)?,
        "maketrans" => {
            let (from, to) = (required(args, 0)?, required(args, 1)?);
            if from.len() != to.len() {
                return Err(Error::new("maketrans arguments must have same length"));
            }
            let mut table: Vec<u8> = (0..=255).collect();
            for (from, to) in from.iter().zip(to) {
                if let Some(place) = table.get_mut(usize::from(*from)) {
                    *place = *to;
                }
            }
            Value::Bytes(table.into())
        }
        _ => as_text(eval, bytes, name, args)?,
    })
}

fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

fn wanted(value: &Value) -> Error {
    Error::new(format!("a bytes-like object is required, not '{}'", value.class_name()))
}

fn required(args: &Args, at: usize) -> Result<&[u8]> {
    match args.positional.get(at) {
        Some(Value::Bytes(b)) => Ok(b),
        other => Err(wanted(other.unwrap_or(&Value::None))),
    }
}

/// The method of a text, on the text whose characters are the bytes.
fn as_text(eval: &mut Eval<'_>, bytes: &[u8], name: &str, args: &Args) -> Result<Value> {
    let mut given = args.clone();
    for (at, value) in given.positional.iter_mut().enumerate() {
        *value = argument(eval, name, at, value)?;
    }
    for (key, value) in &mut given.named {
        *value = argument(eval, name, usize::from(&**key == "maxsplit"), value)?;
    }
    if matches!(name, "strip" | "lstrip" | "rstrip") && given.positional.first().is_none_or(Value::is_none) {
        given.positional = vec![BLANKS.into()];
    }
    let value = text::call(eval, &letters(bytes), name, &given).map_err(|e| match e.message() {
        "substring not found" => Error::new("subsection not found"),
        _ => e,
    })?;
    Ok(as_bytes(value))
}

/// An argument as the method of a text takes it.
fn argument(eval: &mut Eval<'_>, name: &str, at: usize, value: &Value) -> Result<Value> {
    let of = value.class_name();
    Ok(match (name, at, value) {
        ("join", _, value) => {
            let items = eval.items(value)?.into_iter().enumerate().map(|(i, item)| match item {
                Value::Bytes(b) => Ok(letters(&b).into()),
                item => Err(Error::new(format!(
                    "sequence item {i}: expected a bytes-like object, {} found",
                    item.class_name()
                ))),
            });
            Value::list(items.collect::<Result<Vec<_>>>()?)
        }
        (_, _, Value::Bytes(b)) => letters(b).into(),
        (
            "find" | "rfind" | "index" | "rindex" | "count",
            0,
            Value::Int(_) | Value::Bool(_) | Value::Big(_),
        ) => match value.as_int().and_then(|i| u8::try_from(i).ok()) {
            Some(byte) => char::from(byte).to_string().into(),
            None => return Err(Error::new("byte must be in range(0, 256)")),
        },
        ("find" | "rfind" | "index" | "rindex" | "count", 0, _) => {
            return Err(Error::new(format!("argument should be integer or bytes-like object, not '{of}'")));
        }
        ("startswith" | "endswith", 0, Value::Tuple(all)) => {
            let all = all.iter().map(|v| match v {
                Value::Bytes(b) => Ok(letters(b).into()),
                other => Err(wanted(other)),
            });
            Value::tuple(all.collect::<Result<Vec<Value>>>()?)
        }
        ("startswith" | "endswith", 0, _) => {
            return Err(Error::new(format!("{name} first arg must be bytes or a tuple of bytes, not {of}")));
        }
        ("center" | "ljust" | "rjust", 1, _) => {
            return Err(Error::new(format!(
                "{name}() argument 2 must be a byte string of length 1, not {of}"
            )));
        }
        (_, _, Value::Str(_)) => return Err(wanted(value)),
        (_, _, other) => other.clone(),
    })
}

fn as_bytes(value: Value) -> Value {
    match value {
        Value::Str(s) => Value::Bytes(s.text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()),
        Value::List(l) => Value::list(l.items().iter().cloned().map(as_bytes)),
        Value::Tuple(t) => Value::tuple(t.iter().cloned().map(as_bytes)),
        other => other,
    }
}

fn title(bytes: &[u8]) -> Vec<u8> {
    let mut within = false;
    let one = |b: &u8| {
        let out = if within { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
        within = b.is_ascii_alphabetic();
        out
    };
    bytes.iter().map(one).collect()
}

/// `split` and `rsplit` at blanks.
fn split(bytes: &[u8], from_right: bool, most: usize) -> Value {
    let text = letters(bytes);
    let is_blank = |c: char| BLANKS.contains(c);
    let mut parts: Vec<&str> = Vec::new();
    let trim = |s: &'_ str, right: bool| -> (usize, usize) {
        let trimmed = if right { s.trim_end_matches(is_blank) } else { s.trim_start_matches(is_blank) };
        if right { (0, trimmed.len()) } else { (s.len() - trimmed.len(), s.len()) }
    };
    let mut rest = text.as_str();
    loop {
        let (start, end) = trim(rest, from_right);
        rest = rest.get(start..end).unwrap_or("");
        if rest.is_empty() {
            break;
        }
        let at = match (parts.len() < most, from_right) {
            (false, _) => None,
            (true, false) => rest.find(is_blank),
            (true, true) => rest.rfind(is_blank),
        };
        let Some(at) = at else {
            parts.push(rest);
            break;
        };
        let (left, right) = (rest.get(..at).unwrap_or(""), rest.get(at + 1..).unwrap_or(""));
        parts.push(if from_right { right } else { left });
        rest = if from_right { left } else { rest.get(at..).unwrap_or("") };
    }
    if from_right {
        parts.reverse();
    }
    Value::list(parts.into_iter().map(|part| as_bytes(part.into())))
}

fn lines(bytes: &[u8], keep_ends: bool) -> Value {
    // what else ends a line of text is no end here
    let hidden = |c: char| match c {
        '\r' | '\n' => c,
        c => char::from_u32(u32::from(c) + 0x1000).unwrap_or(c),
    };
    let shown = |c: char| match c {
        '\r' | '\n' => c,
        c => char::from_u32(u32::from(c) - 0x1000).unwrap_or(c),
    };
    let text: String = letters(bytes).chars().map(hidden).collect();
    let lines = cutting::lines(&text, keep_ends).into_iter();
    Value::list(lines.map(|line| as_bytes(line.chars().map(shown).collect::<String>().into())))
}

fn translate(bytes: &[u8], args: &Args) -> Result<Value> {
    let table = match args.get(0, "table") {
        None | Some(Value::None) => None,
        Some(Value::Bytes(table)) if table.len() == 256 => Some(table),
        Some(Value::Bytes(_)) => return Err(Error::new("translation table must be 256 characters long")),
        Some(other) => return Err(wanted(other)),
    };
    let gone: &[u8] = match args.get(1, "delete") {
        None => &[],
        Some(Value::Bytes(gone)) => gone,
        Some(other) => return Err(wanted(other)),
    };
    let kept = bytes.iter().filter(|b| !gone.contains(b));
    let put = |b: &u8| table.and_then(|t| t.get(usize::from(*b)).copied()).unwrap_or(*b);
    Ok(Value::Bytes(kept.map(put).collect()))
}

fn hex(bytes: &[u8], args: &Args) -> Result<String> {
    let digits: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let separator = match args.get(0, "sep") {
        None => return Ok(digits.concat()),
        Some(Value::Str(s)) => s.text.to_string(),
        Some(Value::Bytes(b)) => letters(b),
        Some(other) => {
            return Err(Error::new(format!("object of type '{}' has no len()", other.class_name())));
        }
    };
    if separator.chars().count() != 1 {
        return Err(Error::new("sep must be length 1."));
    }
    if !separator.is_ascii() {
        return Err(Error::new("sep must be ASCII."));
    }
    let every = args.index(1, "bytes_per_sep", 1)?;
    let size = every.unsigned_abs() as usize;
    if size == 0 || size >= digits.len() {
        return Ok(digits.concat());
    }
    // counted from the right, unless the number is negative
    let first = if every > 0 { digits.len() % size } else { 0 };
    let (head, tail) = digits.split_at(first);
    let groups = std::iter::once(head).filter(|h| !h.is_empty()).chain(tail.chunks(size));
    Ok(groups.map(<[String]>::concat).collect::<Vec<_>>().join(&separator))
}

fn from_hex(args: &Args) -> Result<Vec<u8>> {
    let Some(Value::Str(text)) = args.positional.first() else {
        let of = args.positional.first().map_or("None", Value::class_name);
        return Err(Error::new(format!("fromhex() argument must be str, not {of}")));
    };
    let chars: Vec<char> = text.text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if BLANKS.contains(*c) {
            at += 1;
            continue;
        }
        let digit = |at: usize| {
            chars.get(at).and_then(|c| c.to_digit(16)).ok_or_else(|| {
                Error::new(format!("non-hexadecimal number found in fromhex() arg at position {at}"))
            })
        };
        out.push((digit(at)? * 16 + digit(at + 1)?) as u8);
        at += 2;
    }
    Ok(out)
}
