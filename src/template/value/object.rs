//! Values with behaviour of their own: `hostvars`, macros, loops, namespaces.

use super::{Error, Result, Value};
use crate::template::Eval;
use crate::template::args::Args;
use std::any::Any;

/// A value with behaviour of its own. What it hands out is taken as already rendered.
pub trait Object: Any + Send + Sync {
    /// What Python calls its type.
    fn type_name(&self) -> &'static str;

    /// How it prints.
    fn repr(&self) -> String {
        format!("<{} object>", self.type_name())
    }

    /// Its text, where that is not how it prints within a list.
    fn text(&self) -> String {
        self.repr()
    }

    /// The text that stands for it wherever it is printed or stored, if there is one.
    fn printed(&self) -> Option<Value> {
        None
    }

    /// An attribute (`object.name`), if there is one.
    ///
    /// # Errors
    /// It exists and cannot be computed.
    fn attribute(&self, _eval: &mut Eval<'_>, _name: &str) -> Result<Option<Value>> {
        Ok(None)
    }

    /// An item (`object[key]`), if there is one.
    ///
    /// # Errors
    /// It exists and cannot be computed.
    fn item(&self, _eval: &mut Eval<'_>, _key: &Value) -> Result<Option<Value>> {
        Ok(None)
    }

    /// Its keys, if it is a mapping; it then has `keys()`, `items()`, `get()` and the like too.
    fn keys(&self) -> Option<Vec<Value>> {
        None
    }

    /// Whether it has what it does not list among its keys, if it is a mapping.
    fn has_unlisted(&self, _key: &Value) -> bool {
        false
    }

    /// Its items, if it can be iterated and is no mapping.
    fn values(&self) -> Option<Vec<Value>> {
        None
    }

    /// Whether it may be called.
    fn callable(&self) -> bool {
        false
    }

    /// Calls it.
    ///
    /// # Errors
    /// It is not callable, or the call fails.
    fn call(&self, _eval: &mut Eval<'_>, _args: Args) -> Result<Value> {
        Err(Error::new(format!("'{}' object is not callable", self.type_name())))
    }

    /// The names of its methods.
    fn methods(&self) -> &'static [&'static str] {
        &[]
    }

    /// Calls one of [`Object::methods`].
    ///
    /// # Errors
    /// The call fails.
    fn call_method(&self, _eval: &mut Eval<'_>, name: &str, _args: &Args) -> Result<Value> {
        Err(Error::new(format!("'{}' object has no method '{name}'", self.type_name())))
    }

    /// Whether its parameters may be missing values (a macro's may).
    fn takes_markers(&self) -> bool {
        false
    }

    /// Sets an attribute (`{% set object.name = … %}`); only namespaces can.
    ///
    /// # Errors
    /// It has none that can be set.
    fn set(&self, _name: &str, _value: Value) -> Result<()> {
        Err(Error::new("cannot assign attribute on non-namespace object"))
    }
}
