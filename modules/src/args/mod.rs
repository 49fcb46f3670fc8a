//! A module's arguments: their schema, and the way from loosely typed data to Rust types in Ansible's words.

mod coerce;
mod field;
mod invocation;
mod mode;
mod parse;
mod schema;
#[cfg(test)]
mod tests;

pub use coerce::{coerce, python_repr, python_str, split_words};
pub use field::{Choice, FromArg, PathArg, Raw, Secret, choose, take};
pub use invocation::invocation;
pub use mode::Mode;
pub use parse::{Args, parse, supported, validate};
pub use schema::{Kind, Opt, Rule, Schema};
