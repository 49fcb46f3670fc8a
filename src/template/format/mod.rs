//! Python's `%` and `str.format`.

mod braces;
mod float;
mod percent;
mod spec;

pub use braces::format;
pub(crate) use float::fixed;
pub use percent::{percent, percent_bytes};
pub use spec::apply as format_spec;
