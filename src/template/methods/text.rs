//! Methods of `str`.

use super::cutting;
use crate::python::letters;
use crate::template::args::Args;
use crate::template::value::{Dict, Error, Key, Result, Value};
use crate::template::{Eval, codecs, format};

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
    "maketrans",
    "casefold",
    "removeprefix",
    "removesuffix",
    "format",
    "format_map",
    "isidentifier",
    "isascii",
    "isdecimal",
];

/// Calls one.
pub fn call(eval: &mut Eval<'_>, s: &str, name: &str, args: &Args) -> Result<Value> {
    let every = |test: fn(char) -> bool| Value::Bool(!s.is_empty() && s.chars().all(test));
    Ok(match name {
        "upper" => s.to_uppercase().into(),
        "lower" => s.to_lowercase().into(),
        "casefold" => letters::casefold(s).into(),
        "title" => letters::title(s).into(),
        "capitalize" => letters::capitalize(s).into(),
        "swapcase" => letters::swapcase(s).into(),
        "split" | "rsplit" => cutting::split(s, name == "rsplit", args)?,
        "splitlines" => {
            let keep = args.index(0, "keepends", 0)? != 0;
            Value::list(cutting::lines(s, keep).into_iter().map(Value::from))
        }
        "replace" => {
            let (old, new) = (args.str(0, "old")?, args.str(1, "new")?);
            let places = if old.is_empty() { s.len() + 1 } else { s.matches(old).count() };
            crate::template::value::fits(places.saturating_mul(new.len()).saturating_add(s.len()))?;
            match usize::try_from(args.index(2, "count", -1)?) {
                Ok(n) => s.replacen(old, new, n).into(),
                Err(_) => s.replace(old, new).into(),
            }
        }
        "startswith" | "endswith" => cutting::affix(s, args, name)?,
        "strip" | "lstrip" | "rstrip" => {
            let chars = match args.positional.first() {
                None | Some(Value::None) => None,
                Some(Value::Str(chars)) => Some(&chars.text),
                Some(_) => return Err(Error::new(format!("{name} arg must be None or str"))),
            };
            let drop = |c: char| chars.map_or(letters::is_space(c), |set| set.contains(c));
            match name {
                "strip" => s.trim_matches(drop),
                "lstrip" => s.trim_start_matches(drop),
                _ => s.trim_end_matches(drop),
            }
            .into()
        }
        "join" => join(eval, s, args)?,
        "find" | "rfind" | "index" | "rindex" | "count" => cutting::search(s, name, args)?,
        "center" | "ljust" | "rjust" => justify(s, name, args)?,
        "zfill" => {
            let width = width(args, 0)?;
            let zeros = "0".repeat(width.saturating_sub(s.chars().count()));
            let (sign, digits) = if s.starts_with(['+', '-']) { s.split_at(1) } else { ("", s) };
            format!("{sign}{zeros}{digits}").into()
        }
        "isdigit" => every(letters::is_digit),
        "isdecimal" => every(letters::is_decimal),
        "isnumeric" => every(letters::is_numeric),
        "isalpha" => every(letters::is_alpha),
        "isalnum" => every(letters::is_alnum),
        "isspace" => every(letters::is_space),
        "isascii" => s.is_ascii().into(),
        "isprintable" => s.chars().all(letters::is_printable).into(),
        "islower" => letters::is_lower(s).into(),
        "isupper" => letters::is_upper(s).into(),
        "istitle" => letters::is_title(s).into(),
        "isidentifier" => letters::is_identifier(s).into(),
        "encode" => {
            let (encoding, errors) = codecs::names("encode", args)?;
            Value::Bytes(codecs::encode(s, &encoding, &errors)?.into())
        }
        "partition" | "rpartition" => cutting::partition(s, name == "rpartition", args)?,
        "expandtabs" => {
            let size = usize::try_from(args.index(0, "tabsize", 8)?).unwrap_or(0);
            expandtabs(s, size)?.into()
        }
        "translate" => translate(eval, s, args)?,
        "maketrans" => maketrans(args)?,
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

fn join(eval: &mut Eval<'_>, separator: &str, args: &Args) -> Result<Value> {
    let mut texts = Vec::new();
    let mut secret = false;
    let items = match args.required(0, "iterable")? {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => {
            return Err(Error::new("can only join an iterable"));
        }
        items => eval.items(items)?,
    };
    for (i, item) in items.into_iter().enumerate() {
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
    let fill = match args.positional.get(1) {
        None => " ",
        Some(Value::Str(fill)) => &fill.text,
        Some(v) => {
            let of = v.class_name();
            return Err(Error::new(format!("The fill character must be a unicode character, not {of}")));
        }
    };
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

fn expandtabs(s: &str, size: usize) -> Result<String> {
    let tabs = s.matches('\t').count();
    crate::template::value::fits(tabs.saturating_mul(size).saturating_add(s.len()))?;
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
    Ok(out)
}

fn translate(eval: &mut Eval<'_>, s: &str, args: &Args) -> Result<Value> {
    let table = args.required(0, "table")?.clone();
    if table.as_number().is_some() || table.is_none() {
        return Err(Error::new(format!("'{}' object is not subscriptable", table.class_name())));
    }
    let mut out = String::new();
    for c in s.chars() {
        match eval.item(&table, &Value::Int(u32::from(c).into()))? {
            Value::None => {}
            Value::Undefined(_) => out.push(c),
            Value::Str(text) => out.push_str(&text.text),
            value @ (Value::Int(_) | Value::Bool(_) | Value::Big(_)) => {
                match value.as_int().and_then(|i| u32::try_from(i).ok()).and_then(char::from_u32) {
                    Some(c) => out.push(c),
                    None => return Err(Error::new("character mapping must be in range(0x110000)")),
                }
            }
            _ => return Err(Error::new("character mapping must return integer, None or str")),
        }
        crate::template::value::fits(out.len())?;
    }
    Ok(out.into())
}

/// What `translate` takes: from two texts of one length, and a third of what is to go.
fn maketrans(args: &Args) -> Result<Value> {
    let code = |c: char| Value::Int(u32::from(c).into());
    if args.positional.len() == 1 {
        // A dict is never exactly one here: ansible-core hands over a class of its own.
        return Err(Error::new("if you give only one argument to maketrans it must be a dict"));
    }
    let text = |at: usize| match args.positional.get(at) {
        Some(Value::Str(s)) => Ok(s.text.clone()),
        Some(v) if at == 0 => Err(Error::new(format!(
            "first maketrans argument must be a string if there is a second argument, not {}",
            v.class_name()
        ))),
        v => Err(Error::new(format!(
            "maketrans() argument {} must be str, not {}",
            at + 1,
            v.map_or("None", Value::class_name)
        ))),
    };
    let (from, to) = (text(0)?, text(1)?);
    if from.chars().count() != to.chars().count() {
        return Err(Error::new("the first two maketrans arguments must have equal length"));
    }
    let pairs = from.chars().zip(to.chars()).map(|(a, b)| (code(a), code(b)));
    let gone = if args.positional.len() > 2 { text(2)? } else { "".into() };
    let gone = gone.chars().map(|c| (code(c), Value::None));
    let pairs = pairs.chain(gone).map(|(k, v)| Ok((Key::new(k)?, v)));
    Ok(Value::Dict(pairs.collect::<Result<Dict>>()?))
}
