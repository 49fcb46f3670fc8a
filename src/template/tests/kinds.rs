//! What sort of value it is: `string`, `number`, `mapping`, `odd`, `lower`, `callable` …

use super::Test;
use crate::template::args::Args;
use crate::template::value::{Error, Number, Result, Value, binary};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["boolean"], &[], |_, input, _| Ok(matches!(input, Value::Bool(_)))).lazy(),
    Test::new(&["true"], &[], |_, input, _| Ok(matches!(input, Value::Bool(true)))).lazy(),
    Test::new(&["false"], &[], |_, input, _| Ok(matches!(input, Value::Bool(false)))).lazy(),
    Test::new(&["integer"], &[], |_, input, _| Ok(matches!(input, Value::Int(_) | Value::Big(_)))).lazy(),
    Test::new(&["float"], &[], |_, input, _| Ok(matches!(input, Value::Float(_)))).lazy(),
    Test::new(&["number"], &[], |_, input, _| Ok(input.as_number().is_some())).lazy(),
    Test::new(&["string"], &[], |_, input, _| Ok(input.is_str())).lazy(),
    Test::new(&["mapping"], &[], |_, input, _| Ok(input.is_mapping())).lazy(),
    Test::new(&["sequence"], &[], |_, input, _| Ok(is_sequence(&input))).lazy(),
    Test::new(&["iterable"], &[], |_, input, _| Ok(input.iter().is_ok())).lazy(),
    Test::new(&["callable"], &[], |_, input, _| {
        Ok(match &input {
            Value::Function(_) | Value::Method(_) => true,
            Value::Object(object) => object.callable(),
            _ => false,
        })
    })
    .lazy(),
    Test::new(&["escaped"], &[], |_, input, _| Ok(input.is_markup())).lazy(),
    Test::new(&["odd"], &[], |_, input, _| rest(&input, &Value::Int(2))?.equals(&Value::Int(1))),
    Test::new(&["even"], &[], |_, input, _| rest(&input, &Value::Int(2))?.equals(&Value::Int(0))),
    Test::new(&["divisibleby"], &["num"], |_, input, args| {
        rest(&input, args.required(0, "num")?)?.equals(&Value::Int(0))
    }),
    Test::new(&["lower"], &[], |_, input, _| is_cased(&input, char::is_lowercase, char::is_uppercase)),
    Test::new(&["upper"], &[], |_, input, _| is_cased(&input, char::is_uppercase, char::is_lowercase)),
    Test::new(&["nan", "isnan"], &[], |_, input, _| {
        Ok(matches!(input.as_number(), Some(Number::Float(f)) if f.is_nan()))
    }),
    Test::new(&["filter"], &[], |_, input, _| {
        named(&input, |name| crate::template::filters::find(name).is_some())
    }),
    Test::new(&["test"], &[], |_, input, _| named(&input, |name| super::find(name).is_some())),
    Test::new(&["truthy"], &["convert_bool"], |_, input, args| truthy(&input, args)),
    Test::new(&["falsy"], &["convert_bool"], |_, input, args| truthy(&input, args).map(|t| !t)),
];

/// Whether there is a plugin of that name. What is no text passes for one, as in ansible-core.
fn named(input: &Value, is_known: fn(&str) -> bool) -> Result<bool> {
    match input {
        Value::Str(name) => Ok(is_known(&name.text)),
        Value::List(_) | Value::Dict(_) => {
            Err(Error::new(format!("unhashable type: '{}'", input.class_name())))
        }
        _ => Ok(true),
    }
}

fn is_sequence(value: &Value) -> bool {
    match value {
        Value::List(_)
        | Value::Tuple(_)
        | Value::Dict(_)
        | Value::Str(_)
        | Value::Vault(_)
        | Value::Range(_)
        | Value::Bytes(_) => true,
        Value::Object(object) => object.keys().is_some(),
        _ => false,
    }
}

fn rest(value: &Value, by: &Value) -> Result<Value> {
    binary("%", value, by)
}

fn is_cased(value: &Value, wanted: fn(char) -> bool, other: fn(char) -> bool) -> Result<bool> {
    let text = value.to_text()?;
    Ok(text.chars().any(wanted) && !text.chars().any(other))
}

/// Python's truth; with `convert_bool`, words such as `no` count as what they say.
fn truthy(input: &Value, args: &Args) -> Result<bool> {
    if args.bool(0, "convert_bool", false)? {
        let word = input.to_text()?.to_lowercase();
        match word.as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => return Ok(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => return Ok(false),
            _ => {}
        }
    }
    input.is_true()
}
