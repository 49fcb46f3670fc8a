//! Whether something is there: `defined`, `undefined`, `none`.

use super::Test;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Result, Value};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["defined"], &[], defined).lazy().sees_undefined(),
    Test::new(&["undefined"], &[], |eval, input, args| defined(eval, input, args).map(|d| !d))
        .lazy()
        .sees_undefined(),
    Test::new(&["none"], &[], |_, input, _| Ok(input.is_none())).lazy(),
];

/// Whether it is defined. What failed (an error in a variable, a vault that does not open) is handed on before it
/// comes here.
fn defined(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<bool> {
    Ok(!matches!(input, Value::Undefined(_) | Value::Void(_)))
}
