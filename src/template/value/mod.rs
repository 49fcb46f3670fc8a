//! Values with Python's semantics: what variables hold and templates compute with.

mod arith;
mod compare;
pub(crate) use compare::DEEPEST;
mod complex;
mod containers;
mod convert;
mod kind;
mod marker;
pub mod markup;
mod moments;
mod nodes;
mod number;
mod object;
pub mod pyset;
mod reckoning;
mod text;

pub use crate::python::repr::{of_float as float_repr, of_str as str_repr};
pub use arith::{binary, fits, negative, positive};
pub use containers::{Dict, Key, Kin, List, Range, Set, View};
pub use kind::{Bound, Str, Value};
pub use marker::{Error, Marker, MarkerKind, Result};
pub use markup::escape_html;
pub(crate) use moments::ratio;
pub use number::Number;
pub use object::Object;
pub(crate) use reckoning::quotient;
pub use text::isoformat;
pub(crate) use text::{ascii, clock_text, zone_repr, zone_text};
