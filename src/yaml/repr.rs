//! Python's `repr`, for messages that quote a value.

use super::{Kind, Node};
use crate::python::repr::of_bytes;
pub use crate::python::repr::{of_float, of_str};

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
        Kind::Bytes(bytes) => of_bytes(bytes),
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
        Kind::Tuple(items) => match &**items {
            [only] => format!("({},)", of_node(only)),
            items => format!("({})", items.iter().map(of_node).collect::<Vec<_>>().join(", ")),
        },
        Kind::Again(again) => match again.type_name() {
            "dict" => "{...}".into(),
            _ => "[...]".into(),
        },
        Kind::Set(items) if items.is_empty() => "set()".into(),
        Kind::Set(items) => format!("{{{}}}", items.iter().map(of_node).collect::<Vec<_>>().join(", ")),
        Kind::Map(map) => {
            let pairs = map.pairs.iter().map(|(key, value)| format!("{}: {}", of_node(key), of_node(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}
