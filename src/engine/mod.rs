//! Plays to batches to tasks on hosts to events.

mod action;
mod answer;
mod args;
mod batch;
mod commit;
mod desk;
mod event;
mod handlers;
mod include;
mod items;
mod meta;
mod options;
mod outcome;
mod position;
mod reach;
mod reserved;
mod run;
mod settings;
mod shared;
mod sight;
mod task_run;
mod turn;
mod workers;

pub use action::{Action, Actions, Arguments, Call, Haste, ModuleCall, Next};
pub use answer::{AddHost, Answer, Consequence, IncludeCall, Included, Show};
pub use event::{
    Delegate, Event, HandlerNotice, HostResult, Include, LeftHost, Message, MessageKind, Origin, PlayLine,
    Recap, Retry, RunLine, Section, Status, TaskLine, Totals, Wire,
};
pub use include::role_ask;
pub use options::{Ask, BecomeFlags, ExtraVars, Listing, RunOptions, Secret, SshArguments, Tags};
pub use outcome::say_why;
pub use reserved::key;
pub use run::{Refresh, Refreshed, Run, Setup, Verdict, missing_error};
pub use settings::{Settings, to_bool};
