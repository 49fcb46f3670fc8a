//! The commands: what is typed, wired to what does it.

mod adhoc;
mod dispatch;
mod display;
mod error;
mod flags;
mod inventory;
mod passwords;
mod run;
mod version;

pub use dispatch::main;
