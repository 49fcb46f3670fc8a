//! Sinks of events: what a run shows and stores.

mod block;
mod colour;
mod default;
mod diff;
mod dump;
mod error;
mod json;
mod log;
mod look;
mod mask;
mod minimal;
mod progress;
mod python;
mod screen;
mod sequence;
mod shown;
mod sink;
#[cfg(test)]
mod tests;

pub use colour::{Hue, Palette};
pub use default::Default;
pub use dump::{pretty_json, pretty_json_at, string as json_string};
pub use error::{ansible_error, help_of, hinted_error, impel_error};
pub use json::Json;
pub use log::Log;
pub use look::{Format, Look};
pub use mask::{MASK, Masks};
pub use minimal::{Minimal, OneLine};
pub use progress::Progress;
pub use python::{repr as python_repr, str as python_str};
pub use screen::{Screen, Stream, harmless};
pub use shown::result_json;
pub use sink::{Reports, Sink};
