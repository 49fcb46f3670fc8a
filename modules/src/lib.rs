//! What can be done to one host: task modules as conversations of asks and changes.
//!
//! This crate knows no playbook, no template and no SSH; a host is whatever [`host::Pipe`] leads to.

// The derives name this crate by its name, here too.
extern crate self as impel_modules;

pub mod args;
pub mod data;
pub mod host;
pub mod outcome;
pub mod registry;

pub use data::{Data, Map, Text};
pub use host::Host;
pub use impel_modules_derive::{Args, Choice};
pub use outcome::{Diff, Fault, Outcome};

#[cfg(test)]
mod account_tests;
#[cfg(test)]
mod apt_tests;
pub mod attributes;
mod blockinfile;
#[cfg(test)]
mod copy_tests;
#[cfg(test)]
mod documented_tests;
#[cfg(test)]
mod module_tests;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod search_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod twins;

mod accounts;
mod apt;
pub mod assemble;
mod calendar;
mod command;
pub mod configparser;
mod copy;
mod cron;
pub mod edit;
pub mod encoding;
mod fetch;
mod file;
mod find;
mod fnmatch;
mod get_url;
mod getent;
mod group;
mod hostname;
mod known_hosts;
mod lineinfile;
mod package;
mod pattern;
mod ping;
pub mod pyregex;
mod reboot;
mod replace;
mod script;
mod service;
mod setup;
mod slurp;
mod stat;
mod systemd;
mod tempfile;
mod together;
mod unarchive;
pub mod undecoded;
mod user;
mod wait_for;
mod wait_for_connection;
pub mod words;
