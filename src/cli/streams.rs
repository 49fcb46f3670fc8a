//! The standard streams. A reader may leave early (`| head`), which is an error of the command and no panic.

use crate::diag::Diagnostic;
use std::io::Write;

/// Writes all of it to the standard output.
///
/// # Errors
/// Nobody reads it any more, or there is no room for it.
pub(super) fn out(bytes: impl AsRef<[u8]>) -> Result<(), Diagnostic> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes.as_ref())
        .and_then(|()| out.flush())
        .map_err(|e| Diagnostic::user(format!("the standard output cannot be written: {e}")))
}

/// A line beside what was asked for. Where nobody reads it, nobody misses it.
pub(super) fn err(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
