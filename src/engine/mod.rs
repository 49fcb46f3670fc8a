//! Plays to batches to tasks on hosts to events.

mod event;
mod options;
mod position;

pub use event::{
    Delegate, Event, HandlerNotice, HostResult, Include, LeftHost, Message, MessageKind, Origin, PlayLine,
    Recap, Retry, RunLine, Section, Status, TaskLine, Totals, Wire,
};
pub use options::{Ask, BecomeFlags, ExtraVars, Listing, RunOptions, Secret, SshArguments, Tags};
pub use position::{Around, Fall, Key, Position, Step};
