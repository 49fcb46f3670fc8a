//! Places in sources, and errors that point at them.

mod error;
mod source;
mod span;
mod suggest;

pub use error::{Diagnostic, ErrorKind};
pub use source::{remember_source, source_line};
pub use span::Span;
pub use suggest::nearest;
