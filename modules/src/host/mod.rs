//! A host as a module sees it: the two verbs, and what carries them.

mod pipe;

pub use pipe::{Command, Payload, Pipe, PipeError, Reply, Request, Run, Script, Traffic};
