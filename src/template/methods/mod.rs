//! Python's methods on the built-in types.

mod bytes;
mod clocks;
mod cutting;
mod dates;
mod dict;
mod dispatch;
mod list;
mod numbers;
mod set;
mod signatures;
mod spans;
mod text;
mod zones;

pub(in crate::template) use cutting::blanks;
pub use cutting::{lines, split};
pub use dispatch::{call, has, property};
