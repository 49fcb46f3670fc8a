//! The arguments of a call in a template: by position and by name, with Python's complaints.

use super::value::{Error, Result, Value};
use std::sync::Arc;

/// The arguments of a call to a filter, test, lookup, method or function.
#[derive(Clone, Default)]
pub struct Args {
    /// Whom they are for, in messages.
    pub callee: Arc<str>,
    /// By position; a filter's input is not among them.
    pub positional: Vec<Value>,
    /// By name, in the order they were written.
    pub named: Vec<(Arc<str>, Value)>,
}

impl Args {
    /// Arguments by position only.
    pub fn of(callee: &str, positional: Vec<Value>) -> Args {
        Args { callee: callee.into(), positional, named: Vec::new() }
    }

    /// The argument at that position or of that name.
    pub fn get(&self, index: usize, name: &str) -> Option<&Value> {
        self.positional.get(index).or_else(|| self.keyword(name))
    }

    /// The argument of that name, if it was given by name.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// The argument, which must be there.
    ///
    /// # Errors
    /// It is missing.
    pub fn required(&self, index: usize, name: &str) -> Result<&Value> {
        self.get(index, name).ok_or_else(|| {
            Error::new(format!("{}() missing 1 required positional argument: '{name}'", self.callee))
        })
    }

    /// The arguments from that position on.
    pub fn rest(&self, index: usize) -> &[Value] {
        self.positional.get(index..).unwrap_or(&[])
    }

    /// The truth of the argument, or the default where it was not given.
    ///
    /// # Errors
    /// It is a marker.
    pub fn bool(&self, index: usize, name: &str, default: bool) -> Result<bool> {
        self.get(index, name).map_or(Ok(default), Value::is_true)
    }

    /// The integer, or the default where it was not given or is `None`.
    ///
    /// # Errors
    /// It is something else.
    pub fn int(&self, index: usize, name: &str, default: i64) -> Result<i64> {
        Ok(self.opt_int(index, name)?.unwrap_or(default))
    }

    /// The integer, unless it was not given or is `None`.
    ///
    /// # Errors
    /// It is something else.
    pub fn opt_int(&self, index: usize, name: &str) -> Result<Option<i64>> {
        match self.get(index, name) {
            None | Some(Value::None) => Ok(None),
            Some(v) => match v.as_int() {
                Some(i) => Ok(Some(i)),
                None => Err(mistyped(v, |t| format!("'{t}' object cannot be interpreted as an integer"))),
            },
        }
    }

    /// The integer, or the default where it was not given; `None` is none.
    ///
    /// # Errors
    /// It is something else, or too large.
    pub fn index(&self, index: usize, name: &str, default: i64) -> Result<i64> {
        match self.get(index, name) {
            None => Ok(default),
            Some(Value::Big(_)) => Err(Error::new("Python int too large to convert to C ssize_t")),
            Some(v) => v
                .as_int()
                .ok_or_else(|| mistyped(v, |t| format!("'{t}' object cannot be interpreted as an integer"))),
        }
    }

    /// The number as a float, or the default where it was not given.
    ///
    /// # Errors
    /// It is no number.
    pub fn float(&self, index: usize, name: &str, default: f64) -> Result<f64> {
        match self.get(index, name) {
            None => Ok(default),
            Some(v) => match v.as_number() {
                Some(n) => Ok(n.float()),
                None => Err(mistyped(v, |t| format!("must be real number, not {t}"))),
            },
        }
    }

    /// The text, unless it was not given or is `None`.
    ///
    /// # Errors
    /// It is no string.
    pub fn opt_str(&self, index: usize, name: &str) -> Result<Option<&str>> {
        match self.get(index, name) {
            None | Some(Value::None) => Ok(None),
            Some(v) => text(v).map(Some),
        }
    }

    /// The text, or the default where it was not given.
    ///
    /// # Errors
    /// It is no string.
    pub fn str_or<'a>(&'a self, index: usize, name: &str, default: &'a str) -> Result<&'a str> {
        Ok(self.opt_str(index, name)?.unwrap_or(default))
    }

    /// The text, which must be there.
    ///
    /// # Errors
    /// It is missing or no string.
    pub fn str(&self, index: usize, name: &str) -> Result<&str> {
        text(self.required(index, name)?)
    }

    /// Whether any argument is secret.
    pub fn is_secret(&self) -> bool {
        self.values().any(Value::is_secret)
    }

    /// All arguments.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.positional.iter().chain(self.named.iter().map(|(_, v)| v))
    }

    /// Checks them against a list of parameters: nothing beyond it, nothing twice. `input` counts what is handed
    /// over before them (a filter's input).
    ///
    /// # Errors
    /// In Python's words.
    pub fn fit(&self, params: &[&str], input: usize) -> Result<()> {
        if self.positional.len() > params.len() {
            let (most, given) = (params.len() + input, self.positional.len() + input);
            let s = if most == 1 { "" } else { "s" };
            let callee = &self.callee;
            let was = if given == 1 { "was" } else { "were" };
            return Err(Error::new(format!(
                "{callee}() takes {most} positional argument{s} but {given} {was} given"
            )));
        }
        for (name, _) in &self.named {
            match params.iter().position(|p| *p == &**name) {
                None => {
                    let callee = &self.callee;
                    let error = Error::new(format!("{callee}() got an unexpected keyword argument '{name}'"));
                    return Err(match crate::diag::nearest(name, params.iter().copied()) {
                        Some(near) => error.hint(format!("did you mean '{near}'?")),
                        None => error,
                    });
                }
                Some(at) if at < self.positional.len() => {
                    return Err(Error::new(format!(
                        "{}() got multiple values for argument '{name}'",
                        self.callee
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| mistyped(value, |t| format!("must be str, not {t}")))
}

fn mistyped(value: &Value, message: impl FnOnce(&str) -> String) -> Error {
    match value {
        Value::Undefined(marker) => Error(marker.clone()),
        v => Error::new(message(v.type_name())),
    }
}
