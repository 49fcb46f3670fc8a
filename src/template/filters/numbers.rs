//! Numbers: `abs`, `int`, `float`, `round`, `sum`, `log`, `pow`, `root`, `filesizeformat`, `human_readable`,
//! `human_to_bytes`.

use super::Filter;
use crate::python::number;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Number, Result, Value, binary};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["abs"], &[], abs),
    Filter::new(&["int"], &["default", "base"], int),
    Filter::new(&["float"], &["default"], float),
    Filter::new(&["round"], &["precision", "method"], round),
    Filter::new(&["sum"], &["attribute", "start"], sum),
    Filter::new(&["log"], &["base"], log),
    Filter::new(&["pow"], &["y"], pow),
    Filter::new(&["root"], &["base"], root),
    Filter::new(&["filesizeformat"], &["binary"], file_size),
    Filter::new(&["human_readable"], &["isbits", "unit"], human_readable),
    Filter::new(&["human_to_bytes"], &["default_unit", "isbits"], human_to_bytes),
];

/// A number without its sign.
///
/// # Errors
/// It is no number.
fn abs(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    match input.as_number() {
        Some(Number::Float(f)) => Ok(Value::Float(f.abs())),
        Some(n) => Ok(Value::int(n.integer().unwrap_or_default().abs())),
        None if matches!(input, Value::Duration(d) if d.is_negative()) => {
            crate::template::value::negative(&input)
        }
        None if matches!(input, Value::Duration(_)) => Ok(input),
        None => {
            let name = input.defined()?.class_name();
            Err(Error::new(format!("bad operand type for abs(): '{name}'")))
        }
    }
}

/// A number, or the text of one in a base (10), as an integer; `default` (0) for everything else. An infinite float is
/// an error.
fn int(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let default = || args.get(0, "default").cloned().unwrap_or(Value::Int(0));
    let truncated = |f: f64| BigInt::from_f64(f.trunc()).map(Value::int);
    Ok(match &input {
        Value::Bool(b) => Value::Int(i64::from(*b)),
        Value::Int(_) | Value::Big(_) => input,
        Value::Float(f) if f.is_infinite() => {
            return Err(Error::new("cannot convert float infinity to integer"));
        }
        Value::Float(f) => truncated(*f).unwrap_or_else(default),
        Value::Str(s) => {
            let base = args.get(1, "base").map_or(Some(10), Value::as_int);
            match base.and_then(|base| number::int(&s.text, base)) {
                Some(number) => Value::int(number),
                None => number::float(&s.text).and_then(truncated).unwrap_or_else(default),
            }
        }
        _ => default(),
    })
}

/// A number, or the text of one, as a float; `default` (0.0) for everything else.
fn float(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let default = || args.get(0, "default").cloned().unwrap_or(Value::Float(0.0));
    Ok(match (&input, input.as_number()) {
        (_, Some(number)) => Value::Float(number.finite()?),
        (Value::Str(s), _) => number::float(&s.text).map_or_else(default, Value::Float),
        _ => default(),
    })
}

/// A number to a precision (0; `None` makes an integer of it), to the nearest, up (`ceil`) or down (`floor`).
///
/// # Errors
/// Another method, or no number.
fn round(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let to_integer = args.get(0, "precision").is_some_and(Value::is_none);
    let precision = args.int(0, "precision", 0)?.clamp(-400, 400) as i32;
    let method = match args.get(1, "method") {
        None => "common",
        Some(method) => method.as_str().unwrap_or(""),
    };
    if !matches!(method, "common" | "ceil" | "floor") {
        return Err(Error::new("method must be common, ceil or floor"));
    }
    let Some(number) = input.as_number() else {
        let name = input.clone().defined()?.class_name();
        return Err(Error::new(match method {
            "common" => format!("type {name} doesn't define __round__ method"),
            _ if to_integer => "unsupported operand type(s) for ** or pow(): 'int' and 'NoneType'".to_owned(),
            _ if input.is_str() || input.is_sequence() => {
                format!("must be real number, not {name}")
            }
            _ => format!("unsupported operand type(s) for *: '{name}' and 'int'"),
        }));
    };
    if method == "common" {
        return Ok(match (&number, number.integer()) {
            (Number::Float(f), _) if to_integer => Value::int(integral(f.round_ties_even())?),
            (Number::Float(f), _) => Value::Float(round_float(*f, precision)),
            (_, Some(integer)) => Value::int(round_integer(&integer, precision)),
            _ => input,
        });
    }
    if to_integer {
        return Err(Error::new("unsupported operand type(s) for ** or pow(): 'int' and 'NoneType'"));
    }
    if precision >= 0 && number.integer().is_some() {
        return Ok(Value::Float(number.float()));
    }
    // Python has an integer here, or what C's pow gives
    let scale = match precision {
        0.. => format!("1e{precision}").parse().unwrap_or(f64::INFINITY),
        _ => 10f64.powf(precision.into()),
    };
    if scale.is_infinite() {
        return Err(Error::new("int too large to convert to float"));
    }
    let scaled = number.float() * scale;
    let whole = integral(if method == "ceil" { scaled.ceil() } else { scaled.floor() })?;
    Ok(Value::Float(whole.to_f64().unwrap_or(f64::INFINITY) / scale))
}

/// A float without fraction as an integer.
fn integral(f: f64) -> Result<BigInt> {
    BigInt::from_f64(f).ok_or_else(|| {
        let what = if f.is_nan() { "NaN" } else { "infinity" };
        Error::new(format!("cannot convert float {what} to integer"))
    })
}

/// Python's `round(f, n)`: exact, ties to even.
pub(super) fn round_float(f: f64, precision: i32) -> f64 {
    if !f.is_finite() || precision > 320 {
        return f;
    }
    if precision < -308 {
        return 0.0f64.copysign(f);
    }
    match usize::try_from(precision) {
        Ok(digits) => format!("{f:.digits$}").parse().unwrap_or(f),
        Err(_) if f.fract() == 0.0 && f.abs() >= 9e15 => {
            let exact = BigInt::from_f64(f).map(|whole| round_integer(&whole, precision));
            exact.and_then(|whole| whole.to_string().parse().ok()).unwrap_or(f)
        }
        Err(_) => {
            let scale = 10f64.powi(-precision);
            (f / scale).round_ties_even() * scale
        }
    }
}

fn round_integer(integer: &BigInt, precision: i32) -> BigInt {
    let Ok(digits @ 1..) = u32::try_from(-precision) else { return integer.clone() };
    let unit = num_traits::pow::Pow::pow(BigInt::from(10), digits);
    let (quotient, rest) = integer.div_mod_floor(&unit);
    let twice: BigInt = rest * 2;
    let up = twice > unit || (twice == unit && quotient.is_odd());
    (quotient + i32::from(up)) * unit
}

/// All items, or an attribute of each, added to `start` (0).
///
/// # Errors
/// Something cannot be walked or added.
fn sum(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let attribute = args.get(0, "attribute").filter(|v| !v.is_none());
    let mut total = args.get(1, "start").cloned().unwrap_or(Value::Int(0));
    if total.is_str() {
        return Err(Error::new("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    for item in input.iter()? {
        let item = match attribute {
            Some(path) => eval.path(&item, path)?,
            None => item,
        };
        total = binary("+", &total, &item)?;
    }
    Ok(total)
}

/// The number as a float, or Python's complaint behind Ansible's.
fn real(value: &Value, filter: &str) -> Result<f64> {
    match value.as_number() {
        Some(number) => Ok(number.float()),
        None => {
            let name = value.clone().defined()?.type_name();
            Err(Error::new(format!(
                "{filter}() can only be used on numbers: must be real number, not {name}"
            )))
        }
    }
}

/// The logarithm of a number to a base (e).
///
/// # Errors
/// One of them is no number, or not above zero.
fn log(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let x = real(&input, "log")?;
    let base = match args.get(0, "base") {
        Some(base) => real(base, "log")?,
        None => std::f64::consts::E,
    };
    if x <= 0.0 || base <= 0.0 {
        return Err(Error::new("math domain error"));
    }
    if base == 1.0 {
        return Err(Error::new("float division by zero"));
    }
    Ok(Value::Float(if base == 10.0 {
        x.log10()
    } else if args.get(0, "base").is_none() {
        x.ln()
    } else {
        x.ln() / base.ln()
    }))
}

/// A number to a power, as a float.
///
/// # Errors
/// One of them is no number, or there is no such power.
fn pow(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let (x, y) = (real(&input, "pow")?, real(args.required(0, "y")?, "pow")?);
    power(x, y, "pow")
}

/// A root (the second) of a number, as a float.
///
/// # Errors
/// One of them is no number, or there is no such root.
fn root(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let x = real(&input, "root")?;
    let base = match args.get(0, "base") {
        Some(Value::Str(text)) => number::float(&text.text).ok_or_else(|| {
            let shown = crate::template::value::str_repr(&text.text);
            Error::new(format!(
                "root() can only be used on numbers: could not convert string to float: {shown}"
            ))
        })?,
        Some(base) => real(base, "root")?,
        None => 2.0,
    };
    if base == 2.0 {
        if x < 0.0 {
            return Err(Error::new("root() can only be used on numbers: math domain error"));
        }
        return Ok(Value::Float(x.sqrt()));
    }
    if base == 0.0 {
        return Err(Error::new("float division by zero"));
    }
    power(x, 1.0 / base, "root")
}

fn power(x: f64, y: f64, filter: &str) -> Result<Value> {
    let result = x.powf(y);
    if (result.is_nan() && !x.is_nan() && !y.is_nan()) || (x == 0.0 && y < 0.0) {
        return Err(Error::new(format!("{filter}() can only be used on numbers: math domain error")));
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(Error::new("math range error"));
    }
    Ok(Value::Float(result))
}

/// Jinja's sizes: `1.0 kB`, or with `binary` `1.0 KiB`.
///
/// # Errors
/// It is no number nor the text of one.
fn file_size(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let bytes = match (&input, input.as_number()) {
        (_, Some(number)) => number.float(),
        (Value::Str(s), _) => number::float(&s.text).ok_or_else(|| {
            Error::new(format!("could not convert string to float: {}", input.repr().unwrap_or_default()))
        })?,
        _ => {
            let name = input.defined()?.type_name();
            return Err(Error::new(format!(
                "float() argument must be a string or a real number, not '{name}'"
            )));
        }
    };
    let binary = args.bool(0, "binary", false)?;
    let base: u32 = if binary { 1024 } else { 1000 };
    if bytes == 1.0 {
        return Ok(Value::str("1 Byte"));
    }
    if bytes < f64::from(base) {
        return Ok(Value::str(format!("{} Bytes", integral(bytes.trunc())?)));
    }
    let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut unit = BigInt::from(base);
    let mut name = "k";
    for prefix in prefixes {
        unit *= base;
        name = prefix;
        // compared as Python compares a float with an integer: exactly
        if BigInt::from_f64(bytes.trunc()).is_some_and(|whole| whole < unit) {
            break;
        }
    }
    let name = if binary { format!("{}iB", name.to_uppercase()) } else { format!("{name}B") };
    let shown = f64::from(base) * bytes / unit.to_f64().unwrap_or(f64::INFINITY);
    Ok(Value::str(format!("{} {name}", crate::template::format::fixed(shown, 1))))
}

const UNITS: [(char, f64); 9] = [
    ('Y', 1208925819614629174706176.0),
    ('Z', 1180591620717411303424.0),
    ('E', 1152921504606846976.0),
    ('P', 1125899906842624.0),
    ('T', 1099511627776.0),
    ('G', 1073741824.0),
    ('M', 1048576.0),
    ('K', 1024.0),
    ('B', 1.0),
];

/// A number of bytes or bits with its unit.
fn human_readable(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let is_bits = args.bool(0, "isbits", false)?;
    let unit = match args.get(1, "unit") {
        None | Some(Value::None) => None,
        Some(Value::Str(unit)) => Some(unit.text.to_uppercase()),
        Some(other) => {
            let name = other.class_name();
            return Err(Error::new(format!("'{name}' object has no attribute 'upper'")));
        }
    };
    let base = if is_bits { "bits" } else { "Bytes" };
    let Some(size) = input.as_number().map(|n| n.float()) else {
        let name = input.defined()?.type_name();
        return Err(Error::new(format!(
            "human_readable() failed on bad input: '>=' not supported between instances of '{name}' and 'int'"
        )));
    };
    let fits = |letter: char, limit: f64| match &unit {
        None => size >= limit,
        Some(unit) => unit.strip_prefix(letter) == Some(""),
    };
    let (letter, limit) = UNITS.into_iter().find(|(l, limit)| fits(*l, *limit)).unwrap_or(('B', 1.0));
    let suffix = match letter {
        'B' => base.to_owned(),
        letter => format!("{letter}{}", if is_bits { "b" } else { "B" }),
    };
    Ok(Value::str(format!("{} {suffix}", crate::template::format::fixed(size / limit, 2))))
}

/// `10M` as a number of bytes (or bits): a number, then a unit or the default one.
///
/// # Errors
/// The whole text is nothing like that, or there is no such unit.
fn human_to_bytes(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = input.to_text()?;
    let is_bits = args.bool(1, "isbits", false)?;
    let default_unit =
        args.get(0, "default_unit").filter(|v| !v.is_none()).map(Value::to_text).transpose()?;
    to_bytes(&text, default_unit.as_deref(), is_bits)
        .map_err(|e| Error::new(format!("human_to_bytes() can't interpret the input: {e}")))
}

/// A number and the letters behind it, if that is all of the text.
fn amount(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let end = match text.get(end..).and_then(|rest| rest.strip_prefix('.')) {
        Some(rest) => end + 1 + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()),
        None => end,
    };
    let (number, rest) = text.split_at_checked(end)?;
    if number.ends_with('.') {
        return None;
    }
    let unit = rest.trim_matches(super::strings::is_blank);
    (unit.is_empty() || unit.chars().all(|c| c.is_ascii_alphabetic())).then_some((number.parse().ok()?, unit))
}

fn to_bytes(text: &str, default_unit: Option<&str>, is_bits: bool) -> Result<Value, String> {
    let Some((value, unit)) = amount(text) else {
        return Err(format!("human_to_bytes() can't interpret following string: {text}"));
    };
    let unit = match (unit, default_unit) {
        ("", Some("")) => return Err("string index out of range".into()),
        ("", Some(unit)) => unit.to_owned(),
        ("", None) => return Ok(whole(value)),
        (unit, _) => unit.to_owned(),
    };
    let key = unit.chars().next().map(|c| c.to_ascii_uppercase()).unwrap_or(' ');
    let known = UNITS.iter().find(|(letter, _)| *letter == key);
    let Some((_, limit)) = known else {
        return Err(format!(
            "human_to_bytes() failed to convert {text} (unit = {unit}). The suffix must be one of {}",
            UNITS.map(|(l, _)| l.to_string()).join(", ")
        ));
    };
    let (class, word) = if is_bits { ("b", "bit") } else { ("B", "byte") };
    if unit.len() > 1 {
        let expected = if key == 'B' { class.to_owned() } else { format!("{key}{class}") };
        let or = if key == 'B' { word.to_owned() } else { key.to_string() };
        let message = format!(
            "human_to_bytes() failed to convert {text}. Value is not a valid string (expect {expected} or {or})"
        );
        let prefixes = match key {
            'Y' => "yotta",
            // so ansible-core spells it
            'Z' => "zeta",
            'E' => "exa",
            'P' => "peta",
            'T' => "tera",
            'G' => "giga",
            'M' => "mega",
            'K' => "kilo",
            _ => "",
        };
        if unit.to_lowercase() != format!("{prefixes}{word}") && unit != expected {
            return Err(message);
        }
    }
    Ok(whole((value * limit).round_ties_even()))
}

fn whole(value: f64) -> Value {
    BigInt::from_f64(value.round_ties_even()).map_or(Value::Float(value), Value::int)
}
