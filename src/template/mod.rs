//! Jinja2 as ansible-core 2.19 speaks it: values with Python's semantics, lowering, an evaluator, filters, tests
//! and lookups.

pub mod args;
pub mod calendar;
pub mod codecs;
pub mod crypt;
mod csv;
mod entry;
pub mod eval;
pub mod filters;
pub mod format;
mod jmespath;
pub mod lookups;
pub mod methods;
mod names;
pub mod netaddr;
pub mod pyjson;
pub use impel_modules::pyregex;
mod syntax;
#[cfg(test)]
mod testing;
pub mod tests;
pub mod value;
mod web;
mod world;

pub use args::Args;
pub use entry::{
    TemplateOptions, absent, conditional, expression, expression_shown, is_template, render, render_str,
    render_template_file, resolve,
};
pub use eval::{Eval, halt};
pub use syntax::PluginKind;
pub use value::{Dict, Error, Key, List, Marker, MarkerKind, Object, Str, Value};
pub(crate) use world::as_behind;
pub use world::{Effect, World};
