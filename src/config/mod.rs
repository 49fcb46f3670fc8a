//! `ansible.cfg` and the environment: which value every configuration key has, and where it comes from.

mod convert;
mod discover;
mod environment;
mod ini;
mod keys;
mod load;
mod settings;
mod unheeded;

pub use environment::Environment;
pub use load::{Config, Origin, Setting};
pub use settings::{Gathering, HashBehaviour, Settings};
