//! Parts of certificates as text, as community.crypto has them: `split_pem`, `parse_serial`, `to_serial`.

use super::Filter;
use super::declared::complaint_of_kind;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
use num_bigint::{BigInt, Sign};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["community.crypto.split_pem", "split_pem"], &[], split_pem),
    Filter::new(&["community.crypto.parse_serial", "parse_serial"], &[], parse_serial),
    Filter::new(&["community.crypto.to_serial", "to_serial"], &[], to_serial),
];

/// The blocks between `-----BEGIN …-----` and `-----END …-----` lines, each with these; the rest is left out.
///
/// Errors: what is no text.
fn split_pem(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Some(text) = input.as_str() else {
        return Err(complaint_of_kind(
            "The community.crypto.split_pem input must be a text type, not",
            &input,
        ));
    };
    let is_mark = |line: &str, start: &str| line.starts_with(start) && line.trim_end().ends_with("-----");
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.split_inclusive('\n') {
        if is_mark(line, "-----BEGIN ") {
            block = Some(String::new());
        }
        let Some(open) = &mut block else { continue };
        open.push_str(line);
        if is_mark(line, "-----END ") {
            blocks.extend(block.take().map(|text| Value::text(text, input.is_secret())));
        }
    }
    Ok(Value::list(blocks))
}

/// A number from its bytes in hex between colons (`12:D6:87`).
///
/// Errors: what is no text, a part that is no number from 0 to 255.
fn parse_serial(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Some(text) = input.as_str() else {
        let error = "The input for the community.crypto.parse_serial filter must be a string; got";
        return Err(Error::new(format!("{error} <class '{}'> instead", input.type_name())));
    };
    let mut bytes = Vec::new();
    for (at, part) in text.split(':').enumerate() {
        let failed = |why: String| {
            let ending = match (at + 1) % 10 {
                _ if (at + 1) % 100 / 10 == 1 => "th",
                1 => "st",
                2 => "nd",
                3 => "rd",
                _ => "th",
            };
            Error::new(format!(
                "The {}{ending} part {} is not a hexadecimal number in range [0, 255]: {why}",
                at + 1,
                Value::str(part).repr().unwrap_or_default()
            ))
        };
        // As Python's int() with a base of 16.
        let digits = part.trim().trim_start_matches('+').replace('_', "");
        let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(&digits);
        let number = i64::from_str_radix(digits, 16).map_err(|_| {
            let shown = Value::str(part).repr().unwrap_or_default();
            failed(format!("invalid literal for int() with base 16: {shown}"))
        })?;
        bytes
            .push(u8::try_from(number).map_err(|_| failed("the value is not in range [0, 255]".to_owned()))?);
    }
    Ok(Value::int(BigInt::from_bytes_be(Sign::Plus, &bytes)))
}

/// A number as its bytes in hex between colons.
///
/// Errors: what is no whole number or is negative.
fn to_serial(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let number = match &input {
        Value::Bool(_) | Value::Int(_) | Value::Big(_) => input.as_number().and_then(|n| n.integer()),
        _ => None,
    };
    let Some(number) = number else {
        let error = "The input for the community.crypto.to_serial filter must be an integer; got";
        return Err(Error::new(format!("{error} <class '{}'> instead", input.type_name())));
    };
    if number.sign() == Sign::Minus {
        return Err(Error::new("The input for the community.crypto.to_serial filter must not be negative"));
    }
    let bytes: Vec<String> = number.to_bytes_be().1.iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(bytes.join(":").into())
}
