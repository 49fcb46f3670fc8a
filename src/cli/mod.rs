//! The commands: what is typed, wired to what does it.

// a reader that leaves early must be no panic: what is printed goes through `streams`
#![deny(clippy::print_stdout)]

mod adhoc;
mod dispatch;
mod display;
mod error;
mod explain;
mod extra_vars;
mod flags;
mod inventory;
mod inventory_json;
mod inventory_text;
mod inventory_toml;
mod launch;
mod listing;
mod logging;
mod notices;
mod passwords;
mod run;
mod sources;
mod stage;
mod streams;
mod template;
mod told;
mod vault;
mod version;

pub use dispatch::main;
