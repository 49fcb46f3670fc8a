//! Hosts and groups from INI, YAML, TOML, scripts and lists; their variables; and patterns that pick hosts.

#[cfg(test)]
mod asked_tests;
mod constructed;
mod generator;
mod ini;
mod literal;
mod load;
mod model;
mod names;
#[cfg(test)]
mod odd_cases;
mod pattern;
#[cfg(feature = "fuzzing")]
pub mod probes;
mod script;
mod terraform;
#[cfg(test)]
mod terraform_tests;
#[cfg(test)]
mod tests;
mod toml;
mod varfiles;
mod words;
mod world;
mod yaml;

pub use load::{CachedFacts, GroupNames, Options};
pub use model::{ALL, Group, Host, Inventory, UNGROUPED, Vars};
pub use pattern::Matched;
pub use varfiles::{GroupLayer, Place, VarFiles, files_of, read_file};
pub use world::node_of;
