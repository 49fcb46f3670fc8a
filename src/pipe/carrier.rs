//! What moves a shell's bytes, whatever it is: a child's pipes, a terminal, an SSH channel.

use std::time::{Duration, Instant};

/// What one step moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the outgoing slice that were taken.
    pub wrote: usize,
    /// Bytes that were appended to the incoming buffer.
    pub read: usize,
    /// The other end has closed and everything it sent has been read.
    pub ended: bool,
}

/// The connection below the shell broke; the text says how.
#[derive(Debug)]
pub struct Broken(pub String);

/// One shell's bytes, both ways at once.
pub trait Carrier: Send {
    /// Takes what it can of `outgoing` and appends what has come to `incoming`; where nothing can be done it
    /// waits for either direction until `until`.
    fn step(&mut self, outgoing: &[u8], incoming: &mut Vec<u8>, until: Instant) -> Result<Step, Broken>;

    /// Sends the end of input and waits up to `patience` for the other end to finish.
    fn finish(&mut self, patience: Duration);

    /// How the other end came to its end ("exit status 1"), where that is known after it `ended`.
    fn ending(&mut self) -> Option<Ending>;
}

/// How the process at the other end ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this status.
    Status(i32),
    /// By this signal.
    Signal(String),
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ending::Status(status) => write!(f, "exit status {status}"),
            Ending::Signal(signal) => write!(f, "killed by signal {signal}"),
        }
    }
}

/// How much is read or written at once.
pub const CHUNK: usize = 64 * 1024;
