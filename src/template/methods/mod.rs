//! Python's methods on the built-in types.

mod bytes;
mod dates;
mod dict;
mod dispatch;
mod list;
mod numbers;
mod set;
mod text;

pub use dispatch::{call, has, property};
pub(in crate::template) use text::blanks;
pub use text::lines;
