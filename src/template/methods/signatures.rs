//! How many arguments each method takes, and which of them may be named: most of Python's may not.

use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// What a method takes.
#[derive(Clone, Copy)]
enum Takes {
    /// No arguments.
    Nothing,
    /// Exactly one, by position.
    One,
    /// From so many to so many, by position.
    Some(usize, usize),
    /// A text to search for and two bounds, by position.
    Search,
    /// At least so many of these, by position or name.
    Named(usize, &'static [&'static str]),
    /// It looks at them itself.
    Anything,
}

/// Refuses arguments that the method does not take.
///
/// # Errors
/// In Python's words.
pub fn check(object: &Value, name: &str, args: &Args) -> Result<()> {
    let takes = match object {
        Value::Str(_) => of_text(name),
        Value::Bytes(_) => of_bytes(name),
        Value::List(_) => of_list(name),
        Value::Tuple(_) => of_tuple(name),
        Value::Dict(_) => of_dict(name),
        Value::Set(_) => of_set(name),
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => of_integer(name),
        Value::Float(_) => of_float(name),
        Value::Date(_) | Value::DateTime(_) | Value::Zoned(_) | Value::Time(_) | Value::Duration(_) => {
            of_moment(object, name)
        }
        _ => Takes::Anything,
    };
    let (given, named) = (args.positional.len(), !args.named.is_empty());
    let full = || format!("{}.{name}()", object.type_name());
    let refuse = |text: String| Err(Error::new(text));
    let plural = |n: usize| if n == 1 { "argument" } else { "arguments" };
    match takes {
        Takes::Anything => Ok(()),
        Takes::Named(least, names) => of_names(name, args, least, names),
        _ if named => refuse(format!("{} takes no keyword arguments", full())),
        Takes::Nothing if given > 0 => refuse(format!("{} takes no arguments ({given} given)", full())),
        Takes::One if given != 1 => refuse(format!("{} takes exactly one argument ({given} given)", full())),
        Takes::Some(least, _) if given < least => {
            let bound = if matches!(takes, Takes::Some(a, b) if a == b) { "" } else { "at least " };
            refuse(format!("{name} expected {bound}{least} {}, got {given}", plural(least)))
        }
        Takes::Some(least, most) if given > most => {
            let bound = if least == most { "" } else { "at most " };
            refuse(format!("{name} expected {bound}{most} {}, got {given}", plural(most)))
        }
        Takes::Search if given < 1 => refuse(format!("{name}() takes at least 1 argument (0 given)")),
        Takes::Search if given > 3 => refuse(format!("{name}() takes at most 3 arguments ({given} given)")),
        _ => Ok(()),
    }
}

fn of_names(name: &str, args: &Args, least: usize, names: &[&str]) -> Result<()> {
    let given = args.positional.len() + args.named.len();
    if given > names.len() {
        let (most, s) = (names.len(), if names.len() == 1 { "" } else { "s" });
        return Err(Error::new(format!("{name}() takes at most {most} argument{s} ({given} given)")));
    }
    for (at, required) in names.iter().enumerate().take(least) {
        if args.get(at, required).is_none() {
            let place = at + 1;
            return Err(Error::new(format!("{name}() missing required argument '{required}' (pos {place})")));
        }
    }
    for (key, _) in &args.named {
        match names.iter().position(|n| *n == &**key) {
            None => {
                return Err(Error::new(format!("'{key}' is an invalid keyword argument for {name}()")));
            }
            Some(at) if at < args.positional.len() => {
                let place = at + 1;
                return Err(Error::new(format!(
                    "argument for {name}() given by name ('{key}') and position ({place})"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn of_text(name: &str) -> Takes {
    match name {
        "format" => Takes::Anything,
        "encode" => Takes::Named(0, &["encoding", "errors"]),
        "isascii" | "isdecimal" | "isidentifier" | "isnumeric" | "isprintable" | "casefold" => Takes::Nothing,
        "format_map" => Takes::One,
        "maketrans" => Takes::Some(1, 3),
        "translate" => Takes::One,
        _ => of_either(name),
    }
}

fn of_bytes(name: &str) -> Takes {
    match name {
        "hex" => Takes::Named(0, &["sep", "bytes_per_sep"]),
        "decode" => Takes::Named(0, &["encoding", "errors"]),
        "fromhex" => Takes::One,
        "translate" => Takes::Named(1, &["table", "delete"]),
        "maketrans" => Takes::Some(2, 2),
        "isascii" => Takes::Nothing,
        _ => of_either(name),
    }
}

/// What texts and bytes have both.
fn of_either(name: &str) -> Takes {
    match name {
        "upper" | "lower" | "title" | "capitalize" | "swapcase" | "isdigit" | "isalpha" | "isalnum"
        | "isspace" | "islower" | "isupper" | "istitle" => Takes::Nothing,
        "zfill" | "removeprefix" | "removesuffix" | "partition" | "rpartition" | "join" => Takes::One,
        "split" | "rsplit" => Takes::Named(0, &["sep", "maxsplit"]),
        "splitlines" => Takes::Named(0, &["keepends"]),
        "expandtabs" => Takes::Named(0, &["tabsize"]),
        "center" | "ljust" | "rjust" => Takes::Some(1, 2),
        "replace" => Takes::Some(2, 3),
        "strip" | "lstrip" | "rstrip" => Takes::Some(0, 1),
        "find" | "rfind" | "index" | "rindex" | "count" | "startswith" | "endswith" => Takes::Search,
        _ => Takes::Anything,
    }
}

fn of_list(name: &str) -> Takes {
    match name {
        "append" | "extend" | "remove" | "count" => Takes::One,
        "insert" => Takes::Some(2, 2),
        "pop" => Takes::Some(0, 1),
        "index" => Takes::Some(1, 3),
        "reverse" | "copy" | "clear" => Takes::Nothing,
        _ => Takes::Anything,
    }
}

fn of_tuple(name: &str) -> Takes {
    match name {
        "index" => Takes::Some(1, 3),
        _ => Takes::One,
    }
}

fn of_dict(name: &str) -> Takes {
    match name {
        "keys" | "values" | "items" | "copy" | "clear" | "popitem" => Takes::Nothing,
        // A variable's dict takes names here, which one that was written in the template does not: ours cannot
        // be told apart.
        "get" => Takes::Named(1, &["key", "default"]),
        "pop" | "setdefault" | "fromkeys" => Takes::Some(1, 2),
        _ => Takes::Anything,
    }
}

fn of_set(name: &str) -> Takes {
    match name {
        "add"
        | "remove"
        | "discard"
        | "isdisjoint"
        | "issubset"
        | "issuperset"
        | "symmetric_difference"
        | "symmetric_difference_update" => Takes::One,
        "copy" | "clear" | "pop" => Takes::Nothing,
        _ => Takes::Some(0, usize::MAX),
    }
}

fn of_integer(name: &str) -> Takes {
    match name {
        "to_bytes" => Takes::Named(0, &["length", "byteorder", "signed"]),
        "from_bytes" => Takes::Named(1, &["bytes", "byteorder", "signed"]),
        _ => Takes::Nothing,
    }
}

fn of_float(name: &str) -> Takes {
    if name == "fromhex" { Takes::One } else { Takes::Nothing }
}

fn of_moment(object: &Value, name: &str) -> Takes {
    match (object, name) {
        (Value::Date(_), "isoformat") => Takes::Nothing,
        (Value::Date(_), "replace") => Takes::Named(0, &["year", "month", "day"]),
        (Value::Date(_), "fromtimestamp") => Takes::One,
        (Value::Time(_), "isoformat") => Takes::Named(0, &["timespec"]),
        (Value::Time(_), "replace") => {
            Takes::Named(0, &["hour", "minute", "second", "microsecond", "tzinfo", "fold"])
        }
        (_, "isoformat") => Takes::Named(0, &["sep", "timespec"]),
        (_, "replace") => Takes::Named(
            0,
            &["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"],
        ),
        (_, "strftime") => Takes::Named(1, &["format"]),
        (_, "fromtimestamp") => Takes::Named(1, &["timestamp", "tz"]),
        (_, "now" | "astimezone") => Takes::Named(0, &["tz"]),
        (_, "combine") => Takes::Named(2, &["date", "time", "tzinfo"]),
        (_, "fromisocalendar") => Takes::Named(3, &["year", "week", "day"]),
        (_, "strptime") => Takes::Anything,
        (_, "fromisoformat" | "fromordinal" | "utcfromtimestamp") => Takes::One,
        _ => Takes::Nothing,
    }
}
