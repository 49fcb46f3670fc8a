//! Whether something is there: `defined`, `undefined`, `none`.

use super::Test;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["defined"], &[], defined).lazy().sees_undefined(),
    Test::new(&["undefined"], &[], |eval, input, args| defined(eval, input, args).map(|d| !d))
        .lazy()
        .sees_undefined(),
    Test::new(&["none"], &[], |_, input, _| Ok(input.is_none())).lazy(),
];

/// Whether it is defined; a vault must open. What failed otherwise (an error in a variable) is handed on before it
/// comes here.
fn defined(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<bool> {
    match input {
        Value::Undefined(marker) if marker.sealed.is_some() => Err(Error(marker)),
        Value::Undefined(_) | Value::Void(_) => Ok(false),
        _ => Ok(true),
    }
}
