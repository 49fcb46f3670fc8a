//! What a task's result says: `failed`, `succeeded`, `changed`, `skipped`, `reachable`, `started`, `finished`,
//! `timedout`.

use super::Test;
use crate::template::Dict;
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["failed", "failure"], &[], |_, input, _| flag(&input, "failed", "failed", false)),
    Test::new(&["succeeded", "success", "successful"], &[], |_, input, _| {
        flag(&input, "failed", "failed", false).map(|failed| !failed)
    }),
    Test::new(&["changed", "change"], &[], |_, input, _| changed(&input)),
    Test::new(&["skipped", "skip"], &[], |_, input, _| flag(&input, "skipped", "skipped", false)),
    Test::new(&["unreachable"], &[], |_, input, _| flag(&input, "unreachable", "unreachable", false)),
    Test::new(&["reachable"], &[], |_, input, _| {
        flag(&input, "unreachable", "unreachable", false).map(|unreachable| !unreachable)
    }),
    Test::new(&["started"], &[], |_, input, _| flag(&input, "started", "started", true)),
    Test::new(&["finished"], &[], |_, input, _| flag(&input, "finished", "finished", true)),
    Test::new(&["timedout"], &[], |_, input, _| timed_out(&input)),
];

fn result<'a>(input: &'a Value, test: &str) -> Result<&'a Dict> {
    match input {
        Value::Dict(dict) => Ok(dict),
        Value::Undefined(marker) => Err(Error(marker.clone())),
        _ => Err(Error::new(format!("The '{test}' test expects a dictionary"))),
    }
}

fn flag(input: &Value, key: &str, test: &str, default: bool) -> Result<bool> {
    result(input, test)?.get(key).map_or(Ok(default), |v| v.is_true())
}

/// A loop's result has changed where one of its items has.
fn changed(input: &Value) -> Result<bool> {
    let dict = result(input, "changed")?;
    if let (None, Some(Value::List(results))) = (dict.get("changed"), dict.get("results")) {
        if results.is_empty() {
            return Err(Error::new("list index out of range"));
        }
        for item in results.items().iter() {
            if item.get("changed").map_or(Ok(false), |v| v.is_true())? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    flag(input, "changed", "changed", false)
}

fn timed_out(input: &Value) -> Result<bool> {
    match result(input, "timedout")?.get("timedout") {
        None => Ok(false),
        Some(value) if !value.is_true()? => Ok(false),
        Some(Value::Dict(dict)) => dict.get("period").map_or(Ok(false), |v| v.is_true()),
        Some(other) => Err(Error::new(format!("'{}' object has no attribute 'get'", other.type_name()))),
    }
}
