//! Python's `repr`, for messages that quote a value.

use super::{Kind, Node};

/// `repr` of a string: single quotes unless it holds some and no double ones.
pub fn of_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if (c as u32) < 0x20 || (0x7f..0xa1).contains(&(c as u32)) || c == '\u{ad}' => {
                out.push_str(&format!("\\x{:02x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// `repr` of a float.
pub fn of_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.into();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let text = value.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// `str` of a node: text as it is, dates in ISO form, all else as [`of_node`].
pub fn str_of_node(node: &Node) -> String {
    match &node.kind {
        Kind::Str { text, .. } => text.to_string(),
        Kind::Date(date) => date.to_string(),
        Kind::DateTime(at) => at.to_string().replace('T', " "),
        Kind::Time(time) => time.to_string(),
        Kind::Zoned(at) => at.strftime("%Y-%m-%d %H:%M:%S%:z").to_string(),
        _ => of_node(node),
    }
}

/// The numbers of a time stamp, seconds and smaller only where they are not all naught.
fn of_moment(at: jiff::civil::DateTime) -> String {
    let mut numbers = vec![
        i32::from(at.year()),
        at.month().into(),
        at.day().into(),
        at.hour().into(),
        at.minute().into(),
        at.second().into(),
        at.subsec_nanosecond() / 1000,
    ];
    while numbers.len() > 5 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}

/// `repr` of a node: scalars exactly, containers as Python prints them.
pub fn of_node(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "None".into(),
        Kind::Bool(true) => "True".into(),
        Kind::Bool(false) => "False".into(),
        Kind::Int(value) => value.to_string(),
        Kind::Big(value) => value.to_string(),
        Kind::Float(value) => of_float(*value),
        Kind::Str { text, .. } => of_str(text),
        // what is inside is not opened for being shown
        Kind::Vault(text) => format!("EncryptedString(ciphertext={})", of_str(text)),
        Kind::Bytes(bytes) => format!("b{}", of_str(&String::from_utf8_lossy(bytes))),
        Kind::Date(date) => format!("datetime.date({}, {}, {})", date.year(), date.month(), date.day()),
        Kind::DateTime(at) => format!("datetime.datetime({})", of_moment(*at)),
        Kind::Time(time) => format!("datetime.time({}, {}, {})", time.hour(), time.minute(), time.second()),
        Kind::Zoned(at) => {
            let zone = match at.offset().seconds() {
                0 => "datetime.timezone.utc".into(),
                offset => {
                    let (days, seconds) = (offset.div_euclid(86400), offset.rem_euclid(86400));
                    let days = if days == 0 { String::new() } else { format!("days={days}, ") };
                    format!("datetime.timezone(datetime.timedelta({days}seconds={seconds}))")
                }
            };
            format!("datetime.datetime({}, tzinfo={zone})", of_moment(at.datetime()))
        }
        Kind::Seq(items) => format!("[{}]", items.iter().map(of_node).collect::<Vec<_>>().join(", ")),
        Kind::Set(items) if items.is_empty() => "set()".into(),
        Kind::Set(items) => format!("{{{}}}", items.iter().map(of_node).collect::<Vec<_>>().join(", ")),
        Kind::Map(map) => {
            let pairs = map.pairs.iter().map(|(key, value)| format!("{}: {}", of_node(key), of_node(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}
