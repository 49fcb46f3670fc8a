//! Values with Python's semantics: what variables hold and templates compute with.

mod arith;
mod compare;
mod containers;
mod convert;
mod kind;
mod letters;
mod marker;
pub mod markup;
mod number;
mod object;
pub mod pyset;
mod text;

pub use arith::{binary, fits, negative, positive};
pub use containers::{Dict, Key, Kin, List, Range, Set, View};
pub use kind::{Bound, Str, Value};
pub use letters::{capitalized, titled};
pub use marker::{Error, Marker, MarkerKind, Result};
pub use markup::escape_html;
pub use number::Number;
pub use object::Object;
pub use text::{float_repr, isoformat, str_repr};
