//! What can be done to one host: task modules as conversations of asks and changes.
//!
//! This crate knows no playbook, no template and no SSH; a host is whatever [`host::Pipe`] leads to.

pub mod data;
pub mod host;
pub mod setup;

pub use data::{Data, Map, Text};
