//! Plays to batches to tasks on hosts to events.

mod event;
mod options;

pub use event::{
    Delegate, Event, HandlerNotice, HostResult, Include, LeftHost, Message, MessageKind, Origin, PlayLine,
    Recap, Retry, RunLine, Section, Status, TaskLine, Totals, Wire,
};
pub use options::{Ask, BecomeFlags, ExtraVars, Listing, RunOptions, Secret, SshArguments, Tags};
