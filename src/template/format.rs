//! Python's `%` and `str.format`.

use super::value::{Error, Result, Value};

/// `format % value`.
///
/// # Errors
/// Not written yet.
pub fn percent(format: &str, _value: &Value) -> Result<String> {
    Err(Error::new(format!("the format '{format}' is not written yet")))
}
