//! From one checked value to a field's Rust type.

use super::schema::{Kind, Schema};
use super::{Args, Mode};
use crate::{Data, Fault, Map};

/// A Rust type that an argument may have.
pub trait FromArg: Sized {
    /// How the raw value is coerced first.
    fn kind() -> Kind;
    /// The type of the elements of a list.
    fn elements() -> Option<Kind> {
        None
    }
    /// The only words it takes.
    fn choices() -> &'static [&'static str] {
        &[]
    }
    /// The arguments inside a map.
    fn inside() -> Option<fn() -> Schema> {
        None
    }
    /// Never to be shown.
    fn no_log() -> bool {
        false
    }
    /// The value of an argument that was not given.
    fn absent() -> Option<Self> {
        None
    }
    /// The typed value of what was coerced.
    ///
    /// # Errors
    /// Where the value means nothing to this type.
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault>;
}

/// An enum whose variants are an argument's choices.
pub trait Choice: Sized + Copy {
    /// All words, in order.
    const NAMES: &'static [&'static str];
    /// The word for this one.
    fn name(self) -> &'static str;
    /// The one with this word.
    fn named(word: &str) -> Option<Self>;
}

/// The choice that a value names.
///
/// # Errors
/// It names none of them.
pub fn choose<C: Choice>(value: &Data, argument: &str) -> Result<C, Fault> {
    let word = super::python_str(value);
    C::named(&word).ok_or_else(|| {
        Fault::at(
            argument,
            format!("value of {argument} must be one of: {}, got: {word}", C::NAMES.join(", ")),
        )
    })
}

/// Takes the field `name` out of validated arguments; for the derive.
///
/// # Errors
/// The value does not fit the field's type.
pub fn take<T: FromArg>(map: &mut Map, name: &'static str) -> Result<T, Fault> {
    match map.shift_remove(name) {
        None | Some(Data::Null) => {
            T::absent().ok_or_else(|| Fault::at(name, format!("missing required arguments: {name}")))
        }
        Some(value) => T::from_arg(value, name),
    }
}

fn unfit(value: &Data, argument: &str, kind: Kind) -> Fault {
    Fault::at(
        argument,
        format!(
            "argument '{argument}' is of type {} and we were unable to convert to {}",
            value.type_name(),
            kind.name()
        ),
    )
}

impl<T: FromArg> FromArg for Option<T> {
    fn kind() -> Kind {
        T::kind()
    }
    fn elements() -> Option<Kind> {
        T::elements()
    }
    fn choices() -> &'static [&'static str] {
        T::choices()
    }
    fn inside() -> Option<fn() -> Schema> {
        T::inside()
    }
    fn no_log() -> bool {
        T::no_log()
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        T::from_arg(value, argument).map(Some)
    }
}

impl<T: FromArg> FromArg for Vec<T> {
    fn kind() -> Kind {
        Kind::List
    }
    fn elements() -> Option<Kind> {
        Some(T::kind())
    }
    fn choices() -> &'static [&'static str] {
        T::choices()
    }
    fn inside() -> Option<fn() -> Schema> {
        T::inside()
    }
    fn no_log() -> bool {
        T::no_log()
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        match value {
            Data::List(items) => items.into_iter().map(|item| T::from_arg(item, argument)).collect(),
            other => Err(unfit(&other, argument, Kind::List)),
        }
    }
}

impl FromArg for String {
    fn kind() -> Kind {
        Kind::Str
    }
    fn from_arg(value: Data, _: &str) -> Result<Self, Fault> {
        Ok(super::python_str(&value))
    }
}

impl FromArg for bool {
    fn kind() -> Kind {
        Kind::Bool
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        value.as_bool().ok_or_else(|| unfit(&value, argument, Kind::Bool))
    }
}

impl FromArg for i64 {
    fn kind() -> Kind {
        Kind::Int
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        match value {
            Data::Int(i) => Ok(i),
            Data::Bool(b) => Ok(i64::from(b)),
            other => Err(Fault::at(
                argument,
                format!("argument '{argument}' is out of range: {}", super::python_str(&other)),
            )),
        }
    }
}

impl FromArg for f64 {
    fn kind() -> Kind {
        Kind::Float
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        match value {
            Data::Float(f) => Ok(f),
            #[expect(clippy::cast_precision_loss, reason = "Python's float() rounds as well")]
            Data::Int(i) => Ok(i as f64),
            other => Err(unfit(&other, argument, Kind::Float)),
        }
    }
}

impl FromArg for Map {
    fn kind() -> Kind {
        Kind::Dict
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        match value {
            Data::Map(map) => Ok(map),
            other => Err(unfit(&other, argument, Kind::Dict)),
        }
    }
}

/// Any value, as it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw(pub Data);

impl FromArg for Raw {
    fn kind() -> Kind {
        Kind::Raw
    }
    fn from_arg(value: Data, _: &str) -> Result<Self, Fault> {
        Ok(Raw(value))
    }
}

/// A path on the target as it was written; [`crate::Host::path`] expands `~` and `$VAR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathArg(pub(crate) String);

impl PathArg {
    /// A path that impel itself names.
    pub fn new(text: impl Into<String>) -> PathArg {
        PathArg(text.into())
    }

    /// The text as it was written, for messages.
    pub fn written(&self) -> &str {
        &self.0
    }
}

impl FromArg for PathArg {
    fn kind() -> Kind {
        Kind::Path
    }
    fn from_arg(value: Data, _: &str) -> Result<Self, Fault> {
        Ok(PathArg(super::python_str(&value)))
    }
}

/// Text that is never shown; its `Debug` is a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself; it goes to a host over stdin only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl FromArg for Secret {
    fn kind() -> Kind {
        Kind::Str
    }
    fn no_log() -> bool {
        true
    }
    fn from_arg(value: Data, _: &str) -> Result<Self, Fault> {
        Ok(Secret(super::python_str(&value)))
    }
}

impl FromArg for Mode {
    fn kind() -> Kind {
        Kind::Raw
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        Mode::read(&value).map_err(|fault| fault.with_argument(argument))
    }
}

impl<T: Args> FromArg for Box<T> {
    fn kind() -> Kind {
        Kind::Dict
    }
    fn inside() -> Option<fn() -> Schema> {
        Some(T::schema)
    }
    fn from_arg(value: Data, argument: &str) -> Result<Self, Fault> {
        match value {
            Data::Map(mut map) => T::take(&mut map).map(Box::new),
            other => Err(unfit(&other, argument, Kind::Dict)),
        }
    }
}
