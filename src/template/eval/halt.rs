//! Rendering ends where the user has ended the program.

use crate::template::value::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};

static HALTED: AtomicBool = AtomicBool::new(false);

/// Ends whatever is being rendered, on every thread, and whatever would be rendered after it.
pub fn halt() {
    HALTED.store(true, Ordering::Relaxed);
}

/// Asked wherever rendering may go on for long: each turn of a loop, each call.
///
/// # Errors
/// The program is being ended.
pub(super) fn check() -> Result<()> {
    match HALTED.load(Ordering::Relaxed) {
        true => Err(Error::failed("rendering was interrupted")),
        false => Ok(()),
    }
}
