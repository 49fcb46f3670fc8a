//! Data written as Python writes it: `str()` for labels, `repr()` inside them, floats.

use crate::python::repr::{of_bytes, of_float, of_str};
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
        Data::Float(f) => of_float(*f),
        Data::Str(text) => of_str(&text.text),
        Data::Bytes(bytes) => of_bytes(bytes),
        Data::List(items) => {
            format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", "))
        }
        Data::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", of_str(key), repr(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
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
            assert_eq!(of_float(f), expected);
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
