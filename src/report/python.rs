//! Data written as Python writes it: `str()` for labels, `repr()` inside them, floats.

use impel_modules::Data;

/// What Python's `str()` gives; how a loop item is labelled.
pub fn str(data: &Data) -> String {
    match data {
        Data::Str(text) => text.text.to_string(),
        other => repr(other),
    }
}

/// What Python's `repr()` gives.
pub fn repr(data: &Data) -> String {
    match data {
        Data::Null => "None".into(),
        Data::Bool(true) => "True".into(),
        Data::Bool(false) => "False".into(),
        Data::Int(i) => i.to_string(),
        Data::Big(i) => i.to_string(),
        Data::Float(f) => float(*f),
        Data::Str(text) => quoted(&text.text),
        Data::Bytes(bytes) => format!("b{}", quoted(&bytes.escape_ascii().to_string())),
        Data::List(items) => {
            format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", "))
        }
        Data::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", quoted(key), repr(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// A string in the quotes that Python chooses: single ones unless only those occur inside.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A float as Python prints it: `1.0`, `1e+100`, `1e-07`, `inf`.
pub(super) fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    // Rust's shortest digits are Python's; only the notation differs.
    let scientific = format!("{f:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = f.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (f, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (2.5, "2.5"),
            (1e100, "1e+100"),
            (1e-7, "1e-07"),
            (0.0001, "0.0001"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e-5, "1.5e-05"),
            (123456.789, "123456.789"),
        ] {
            assert_eq!(float(f), expected);
        }
    }

    #[test]
    fn labels_are_written_as_python_writes_them() {
        assert_eq!(str(&Data::str("q'x")), "q'x");
        assert_eq!(repr(&Data::str("q'x")), "\"q'x\"");
        assert_eq!(repr(&Data::List(vec![Data::Int(1), Data::str("é"), Data::Null])), "[1, 'é', None]");
        assert_eq!(str(&Data::Bool(true)), "True");
    }
}
