//! Facts about a host: one script that reads, and what its text means.

mod devices;
mod distribution;
mod facts;
mod gathered;
mod hardware;
mod local;
mod module;
mod network;
mod platform;
mod subset;
mod system;
mod virtualization;

#[cfg(test)]
mod distributions;
#[cfg(test)]
mod oracle;

pub use module::Setup;
