//! Places in sources, and errors that point at them.

mod error;
mod span;
mod suggest;

pub use error::{Diagnostic, ErrorKind};
pub use span::Span;
pub use suggest::nearest;
