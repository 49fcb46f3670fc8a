//! Lists of VLANs, as ansible.netcommon has them: `vlan_parser` and `vlan_expander`.

use super::Filter;
use super::declared::{int, list};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, fits};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(
        &["ansible.netcommon.vlan_parser", "vlan_parser"],
        &["first_line_len", "other_line_len"],
        shortened,
    ),
    Filter::new(&["ansible.netcommon.vlan_expander", "vlan_expander"], &[], expanded),
];

/// A list of numbers as lines such as `1,5-9`: the first up to `first_line_len` characters (48), the others up to
/// `other_line_len` (44). Two neighbours stay two numbers.
///
/// Errors: an empty list, what is no number, numbers that are not within 1 to 4094.
fn shortened(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let length = |index: usize, name: &str, default: i128| -> Result<usize> {
        if let Some(Value::None) = args.get(index, name) {
            return Err(super::declared::complaint(format!(
                "argument '{name}' is of type NoneType and we were unable to convert to int: \"None\" cannot be \
                 converted to an int"
            )));
        }
        Ok(usize::try_from(int(args, index, name)?.unwrap_or(default)).unwrap_or(0))
    };
    let (first, other) = (length(0, "first_line_len", 48)?, length(1, "other_line_len", 44)?);
    let mut numbers = Vec::new();
    for item in list(&input, "data")? {
        let number = item.as_int().filter(|_| !item.is_str()).ok_or_else(|| {
            Error::new(format!("'<' not supported between instances of '{}' and 'int'", item.type_name()))
        })?;
        numbers.push(number);
    }
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        return Err(Error::new("list index out of range"));
    }
    if numbers.iter().any(|n| !(1..=4094).contains(n)) {
        return Err(Error::new("Valid VLAN range is 1-4094"));
    }
    let mut parts: Vec<String> = Vec::new();
    for run in numbers.chunk_by(|a, b| a + 1 == *b) {
        match run {
            [first, _, .., last] => parts.push(format!("{first}-{last}")),
            few => parts.extend(few.iter().map(i64::to_string)),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let limit = if lines.len() < 2 { first } else { other };
        match lines.last_mut() {
            Some(line) if line.len() + 1 + part.len() <= limit => {
                line.push(',');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    Ok(Value::list(lines.into_iter().map(Value::from)))
}

/// Text such as `1,5-9` as a sorted list of numbers.
///
/// Errors: what is no number, a range of more than two ends.
fn expanded(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let text = if input.is_str() || input.is_none() { input.to_text()? } else { input.repr()? };
    let number = |text: &str| -> Result<i64> {
        let number = super::declared::whole(text).and_then(|n| i64::try_from(n).ok());
        number.ok_or_else(|| {
            let shown = Value::str(text).repr().unwrap_or_default();
            Error::new(format!("invalid literal for int() with base 10: {shown}"))
        })
    };
    let mut out: Vec<i64> = Vec::new();
    for part in text.split(',') {
        let ends: Vec<&str> = part.split('-').collect();
        match ends.as_slice() {
            [one] => out.push(number(one)?),
            [first, last] => {
                let (first, last) = (number(first)?, number(last)?);
                let count = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
                fits(out.len().saturating_add(count).saturating_mul(16))?;
                out.extend(first..=last);
            }
            _ => return Err(Error::new("too many values to unpack (expected 2)")),
        }
    }
    out.sort_unstable();
    Ok(Value::list(out.into_iter().map(Value::Int)))
}
