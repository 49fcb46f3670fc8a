//! The evaluator's state, and what filters, tests, lookups and objects ask of it.

use crate::diag::Span;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Str, Value};
use crate::template::{TemplateOptions, World};

/// An evaluation in a world.
pub struct Eval<'w> {
    world: &'w dyn World,
}

impl<'w> Eval<'w> {
    /// A new evaluation.
    pub fn new(world: &'w dyn World) -> Eval<'w> {
        Eval { world }
    }

    /// The world around the template.
    pub fn world(&self) -> &'w dyn World {
        self.world
    }

    /// Reads a value as an access does: a trusted template is rendered, an encrypted string decrypted; what fails
    /// becomes a marker. Containers stay as they are.
    pub fn read(&mut self, value: Value) -> Value {
        value
    }

    /// Reads a value and everything in it; what fails inside stays in its place as a marker.
    ///
    /// # Errors
    /// It nests too deep.
    pub fn deep(&mut self, value: Value) -> Result<Value> {
        Ok(value)
    }

    /// A value as a variable may hold it: tuples, sets and views become lists, `omit` drops out of containers.
    ///
    /// # Errors
    /// A marker is in it, or something no variable can hold (a function, a macro).
    pub fn finalize(&mut self, value: Value) -> Result<Value> {
        Ok(value)
    }

    /// The items of a value, each read.
    ///
    /// # Errors
    /// It cannot be iterated, or is a marker.
    pub fn items(&mut self, value: &Value) -> Result<Vec<Value>> {
        Ok(value.iter()?.map(|v| self.read(v)).collect())
    }

    /// `object.name`, read; a marker where there is none.
    ///
    /// # Errors
    /// The attribute exists and cannot be computed.
    pub fn attribute(&mut self, _object: &Value, _name: &str) -> Result<Value> {
        Err(Error::new("attributes are not written yet"))
    }

    /// `object[key]`, read; a marker where there is none.
    ///
    /// # Errors
    /// The item exists and cannot be computed.
    pub fn item(&mut self, _object: &Value, _key: &Value) -> Result<Value> {
        Err(Error::new("items are not written yet"))
    }

    /// Follows a dotted path (`a.b.0`) as Jinja's `attribute=` arguments do.
    ///
    /// # Errors
    /// As [`Eval::attribute`].
    pub fn path(&mut self, _object: &Value, _path: &Value) -> Result<Value> {
        Err(Error::new("paths are not written yet"))
    }

    /// Calls a function, method, macro or object.
    ///
    /// # Errors
    /// It cannot be called, or the call fails.
    pub fn call(&mut self, _callee: &Value, _args: Args) -> Result<Value> {
        Err(Error::new("calls are not written yet"))
    }

    /// Applies a filter by name, as `map('name')` does.
    ///
    /// # Errors
    /// There is no such filter, or it fails.
    pub fn filter(&mut self, _name: &str, _input: Value, _args: Args) -> Result<Value> {
        Err(Error::new("filters are not written yet"))
    }

    /// Applies a test by name, as `select('name')` does.
    ///
    /// # Errors
    /// There is no such test, or it fails.
    pub fn test(&mut self, _name: &str, _input: Value, _args: Args) -> Result<bool> {
        Err(Error::new("tests are not written yet"))
    }

    /// Runs a lookup plugin: the list that it yields, as `query` gives it. `named` is handed to the plugin as is.
    ///
    /// # Errors
    /// There is no such lookup, or it fails.
    pub fn lookup(&mut self, _name: &str, _terms: Vec<Value>, _args: Args) -> Result<Vec<Value>> {
        Err(Error::new("lookups are not written yet"))
    }

    /// Evaluates a bare expression; the result may be a marker.
    ///
    /// # Errors
    /// It cannot be parsed.
    pub fn expression(&mut self, _source: &str) -> Result<Value> {
        Err(Error::new("expressions are not written yet"))
    }

    /// Evaluates a conditional by 2.19's strict rules.
    ///
    /// # Errors
    /// It fails, or yields no boolean.
    pub fn conditional(&mut self, _value: &Value) -> Result<bool> {
        Err(Error::new("conditionals are not written yet"))
    }

    /// Renders the text of a template file to text.
    ///
    /// # Errors
    /// Whatever it raises.
    pub fn template_file(&mut self, _text: &str, _origin: Span, _options: &TemplateOptions) -> Result<Str> {
        Err(Error::new("template files are not written yet"))
    }
}
