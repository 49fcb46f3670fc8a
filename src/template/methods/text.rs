//! Methods of `str`.

use crate::template::Eval;
use crate::template::args::Args;
use crate::template::format;
use crate::template::value::{Error, Result, Value, capitalized, titled};

/// The most characters that padding may make.
const LONGEST: usize = 100_000_000;

/// Their names.
pub const NAMES: &[&str] = &[
    "upper",
    "lower",
    "split",
    "rsplit",
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
    "title",
    "capitalize",
    "center",
    "ljust",
    "rjust",
    "zfill",
    "splitlines",
    "isdigit",
    "isnumeric",
    "isalpha",
    "isalnum",
    "islower",
    "isupper",
    "isspace",
    "istitle",
    "isprintable",
    "swapcase",
    "encode",
    "partition",
    "rpartition",
    "expandtabs",
    "translate",
    "casefold",
    "removeprefix",
    "removesuffix",
    "format",
    "format_map",
    "isidentifier",
    "isascii",
    "isdecimal",
];

/// Those that take no arguments.
const BARE: &[&str] = &[
    "upper",
    "lower",
    "title",
    "capitalize",
    "casefold",
    "swapcase",
    "isdigit",
    "isnumeric",
    "isdecimal",
    "isalpha",
    "isalnum",
    "isspace",
    "isascii",
    "isprintable",
    "islower",
    "isupper",
    "istitle",
    "isidentifier",
];

/// Calls one.
pub fn call(eval: &mut Eval<'_>, s: &str, name: &str, args: &Args) -> Result<Value> {
    let given = args.positional.len() + args.named.len();
    if given > 0 && BARE.contains(&name) {
        return Err(Error::new(format!("str.{name}() takes no arguments ({given} given)")));
    }
    let every = |test: fn(char) -> bool| Value::Bool(!s.is_empty() && s.chars().all(test));
    Ok(match name {
        "upper" => s.to_uppercase().into(),
        "lower" => s.to_lowercase().into(),
        "casefold" => s.to_lowercase().replace('ß', "ss").into(),
        "title" => title(s).into(),
        "capitalize" => capitalized(s).into(),
        "swapcase" => {
            let swap = |c: char| -> String {
                if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
            };
            s.chars().map(swap).collect::<String>().into()
        }
        "split" | "rsplit" => split(s, name == "rsplit", args)?,
        "splitlines" => {
            let keep = args.bool(0, "keepends", false)?;
            Value::list(lines(s, keep).into_iter().map(Value::from))
        }
        "replace" => {
            let (old, new) = (args.str(0, "old")?, args.str(1, "new")?);
            let places = if old.is_empty() { s.len() + 1 } else { s.matches(old).count() };
            crate::template::value::fits(places.saturating_mul(new.len()).saturating_add(s.len()))?;
            match args.opt_int(2, "count")? {
                Some(n) if n >= 0 => s.replacen(old, new, n as usize).into(),
                _ => s.replace(old, new).into(),
            }
        }
        "startswith" => affix(s, args, name, |part, fix| part.starts_with(fix))?,
        "endswith" => affix(s, args, name, |part, fix| part.ends_with(fix))?,
        "strip" | "lstrip" | "rstrip" => {
            let chars = args.opt_str(0, "chars")?;
            let drop = |c: char| chars.map_or_else(|| is_blank(c), |set| set.contains(c));
            match name {
                "strip" => s.trim_matches(drop),
                "lstrip" => s.trim_start_matches(drop),
                _ => s.trim_end_matches(drop),
            }
            .into()
        }
        "join" => join(eval, s, args)?,
        "find" | "rfind" | "index" | "rindex" | "count" => search(s, name, args)?,
        "center" | "ljust" | "rjust" => justify(s, name, args)?,
        "zfill" => {
            let width = width(args, 0)?;
            let zeros = "0".repeat(width.saturating_sub(s.chars().count()));
            let (sign, digits) = if s.starts_with(['+', '-']) { s.split_at(1) } else { ("", s) };
            format!("{sign}{zeros}{digits}").into()
        }
        "isdigit" | "isdecimal" => {
            every(|c| c.is_ascii_digit() || c.is_numeric() && !c.is_ascii() && c.is_alphanumeric())
        }
        "isnumeric" => every(char::is_numeric),
        "isalpha" => every(char::is_alphabetic),
        "isalnum" => every(char::is_alphanumeric),
        "isspace" => every(is_blank),
        "isascii" => s.is_ascii().into(),
        "isprintable" => (!s.chars().any(char::is_control)).into(),
        "islower" => (s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase)).into(),
        "isupper" => (s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase)).into(),
        "istitle" => (s.chars().any(char::is_alphabetic) && title(s) == s).into(),
        "isidentifier" => {
            let fits = |(i, c): (usize, char)| c == '_' || c.is_alphabetic() || i > 0 && c.is_alphanumeric();
            (!s.is_empty() && s.chars().enumerate().all(fits)).into()
        }
        "encode" => encode(s, args)?,
        "partition" | "rpartition" => {
            let separator = args.str(0, "sep")?;
            if separator.is_empty() {
                return Err(Error::new("empty separator"));
            }
            let at = if name == "partition" { s.find(separator) } else { s.rfind(separator) };
            let parts = match at {
                Some(i) => [&s[..i], separator, &s[i + separator.len()..]],
                None if name == "partition" => [s, "", ""],
                None => ["", "", s],
            };
            Value::tuple(parts.map(Value::from))
        }
        "expandtabs" => expandtabs(s, args.int(0, "tabsize", 8)?.clamp(0, 1000) as usize).into(),
        "translate" => translate(eval, s, args)?,
        "removeprefix" => {
            let prefix = args.str(0, "prefix")?;
            s.strip_prefix(prefix).unwrap_or(s).into()
        }
        "removesuffix" => {
            let suffix = args.str(0, "suffix")?;
            s.strip_suffix(suffix).unwrap_or(s).into()
        }
        "format" => format::format(eval, s, args)?.into(),
        "format_map" => {
            let mapping = args.required(0, "mapping")?.clone();
            let mut named = Vec::new();
            for key in eval.items(&mapping)? {
                named.push((key.to_text()?.into(), eval.item(&mapping, &key)?));
            }
            format::format(eval, s, &Args { named, ..Args::default() })?.into()
        }
        other => return Err(Error::new(format!("'str' object has no attribute '{other}'"))),
    })
}

fn title(s: &str) -> String {
    let mut out = String::with_capacity(s.len());
    let mut within = false;
    for c in s.chars() {
        match (c.is_alphabetic(), within) {
            (true, true) => out.extend(c.to_lowercase()),
            (true, false) => out.push_str(&titled(c)),
            _ => out.push(c),
        }
        within = c.is_alphabetic();
    }
    out
}

/// The lines of a text, cut where Python cuts them.
pub fn lines(s: &str, keep_ends: bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut line = String::new();
    let mut chars = s.chars().peekable();
    while let Some(c) = chars.next() {
        let ends =
            matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if !ends {
            line.push(c);
            continue;
        }
        if keep_ends {
            line.push(c);
        }
        if c == '\r' && chars.next_if_eq(&'\n').is_some() && keep_ends {
            line.push('\n');
        }
        out.push(std::mem::take(&mut line));
    }
    if !line.is_empty() {
        out.push(line);
    }
    out
}

fn split(s: &str, from_right: bool, args: &Args) -> Result<Value> {
    let most = args.int(1, "maxsplit", -1)?;
    let limit = usize::try_from(most).ok();
    let separator = match args.get(0, "sep") {
        Some(v) if !v.is_none() && v.as_str().is_none() => {
            return Err(Error::new(format!("must be str or None, not {}", v.type_name())));
        }
        _ => args.opt_str(0, "sep")?,
    };
    let parts: Vec<&str> = match separator {
        Some("") => return Err(Error::new("empty separator")),
        Some(separator) => match (limit, from_right) {
            (None, _) => s.split(separator).collect(),
            (Some(n), false) => s.splitn(n.saturating_add(1), separator).collect(),
            (Some(n), true) => {
                let mut parts: Vec<&str> = s.rsplitn(n.saturating_add(1), separator).collect();
                parts.reverse();
                parts
            }
        },
        None => match limit {
            None => blanks(s, usize::MAX),
            Some(n) if from_right => blanks_from_right(s, n),
            Some(n) => blanks(s, n),
        },
    };
    Ok(Value::list(parts.into_iter().map(Value::from)))
}

/// What Python's `str.isspace` accepts.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Split at blanks so many times; what is left then keeps those at its end.
pub(in crate::template) fn blanks(s: &str, limit: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = s.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let end = rest.find(is_blank).filter(|_| out.len() < limit).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        out.push(part);
        rest = after.trim_start_matches(is_blank);
    }
    out
}

/// The same from the right; what is left keeps the blanks at its start.
fn blanks_from_right(s: &str, limit: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = s.trim_end_matches(is_blank);
    while !rest.is_empty() {
        match rest.char_indices().rev().find(|(_, c)| is_blank(*c)) {
            Some((i, c)) if out.len() < limit => {
                out.push(&rest[i + c.len_utf8()..]);
                rest = rest[..i].trim_end_matches(is_blank);
            }
            _ => {
                out.push(rest);
                break;
            }
        }
    }
    out.reverse();
    out
}

/// The part of a text between two character positions, as slices take them.
fn between<'a>(s: &'a str, args: &Args, from: usize) -> Result<&'a str> {
    let length = s.chars().count() as i64;
    let place = |i: i64| if i < 0 { (i + length).max(0) } else { i.min(length) } as usize;
    let start = args.opt_int(from, "start")?.map_or(0, place);
    let end = args.opt_int(from + 1, "end")?.map_or(length as usize, place);
    let byte = |at: usize| s.char_indices().nth(at).map_or(s.len(), |(i, _)| i);
    Ok(s.get(byte(start)..byte(end)).unwrap_or(""))
}

fn affix(s: &str, args: &Args, name: &str, test: fn(&str, &str) -> bool) -> Result<Value> {
    let part = between(s, args, 1)?;
    match args.required(0, "prefix")? {
        Value::Str(fix) => Ok(test(part, &fix.text).into()),
        Value::Tuple(all) => Ok(all.iter().any(|v| v.as_str().is_some_and(|fix| test(part, fix))).into()),
        other => Err(Error::new(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            other.type_name()
        ))),
    }
}

fn join(eval: &mut Eval<'_>, separator: &str, args: &Args) -> Result<Value> {
    let mut texts = Vec::new();
    let mut secret = false;
    for (i, item) in eval.items(args.required(0, "iterable")?)?.into_iter().enumerate() {
        let item = item.defined()?;
        secret |= item.is_secret();
        match item.as_str() {
            Some(text) => texts.push(text.to_owned()),
            None => {
                let of = item.type_name();
                return Err(Error::new(format!("sequence item {i}: expected str instance, {of} found")));
            }
        }
    }
    Ok(Value::text(texts.join(separator), secret))
}

fn search(s: &str, name: &str, args: &Args) -> Result<Value> {
    let wanted = args.str(0, "sub")?;
    let part = between(s, args, 1)?;
    if name == "count" {
        let count = if wanted.is_empty() { part.chars().count() + 1 } else { part.matches(wanted).count() };
        return Ok(count.into());
    }
    let found = if name.starts_with('r') { part.rfind(wanted) } else { part.find(wanted) };
    match found {
        Some(i) => {
            let before = part.as_ptr() as usize - s.as_ptr() as usize + i;
            Ok(s.get(..before).unwrap_or("").chars().count().into())
        }
        None if name.ends_with("index") => Err(Error::new("substring not found")),
        None => Ok(Value::Int(-1)),
    }
}

fn width(args: &Args, index: usize) -> Result<usize> {
    args.required(index, "width")?;
    let width = args.int(index, "width", 0)?.max(0) as usize;
    if width > LONGEST {
        return Err(Error::new(format!("a width of {width} is too large")));
    }
    Ok(width)
}

fn justify(s: &str, name: &str, args: &Args) -> Result<Value> {
    let width = width(args, 0)?;
    let fill = args.str_or(1, "fillchar", " ")?;
    if fill.chars().count() != 1 {
        return Err(Error::new("The fill character must be exactly one character long"));
    }
    let length = s.chars().count();
    let total = width.saturating_sub(length);
    let left = match name {
        "center" => total / 2 + (total & width & 1),
        "ljust" => 0,
        _ => total,
    };
    Ok(format!("{}{s}{}", fill.repeat(left), fill.repeat(total - left)).into())
}

fn encode(s: &str, args: &Args) -> Result<Value> {
    let encoding = args.str_or(0, "encoding", "utf-8")?;
    Ok(Value::Bytes(crate::template::filters::to_encoding(s, encoding)?.into()))
}

fn expandtabs(s: &str, size: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for c in s.chars() {
        match c {
            '\t' if size > 0 => {
                let blanks = size - column % size;
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            '\t' => {}
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

fn translate(eval: &mut Eval<'_>, s: &str, args: &Args) -> Result<Value> {
    let table = args.required(0, "table")?.clone();
    let mut out = String::new();
    for c in s.chars() {
        match eval.item(&table, &Value::Int(u32::from(c).into()))? {
            Value::None => {}
            Value::Int(i) => out.extend(u32::try_from(i).ok().and_then(char::from_u32)),
            Value::Undefined(_) => out.push(c),
            value => out.push_str(&value.to_text()?),
        }
    }
    Ok(out.into())
}
