//! What the dispatcher and the hosts' threads say to each other.

use super::answer::Answer;
use super::event::TaskLine;
use super::position::{Position, Step};
use crate::playbook::Task;
use crate::vars::{HostStore, PlayVars};
use impel_modules::host::Traffic;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A task's turn on a host: from here on it may change things.
pub struct Turn {
    /// The host, by its number in the batch.
    pub host: usize,
    /// Its variables.
    pub store: Arc<HostStore>,
    /// The task.
    pub step: Step,
    /// How it is announced.
    pub line: Arc<TaskLine>,
    /// The play's variables.
    pub play: Arc<PlayVars>,
    /// Where the host stands behind the task; from here it may look ahead. `None` where it must not.
    pub ahead: Option<Outlook>,
}

/// What a host needs to know to look ahead in its play.
#[derive(Clone)]
pub struct Outlook {
    /// Where the host stands.
    pub position: Position,
    /// The play's handlers.
    pub handlers: Arc<[Arc<Task>]>,
    /// Those notified for the host.
    pub notified: BTreeSet<usize>,
    /// Tasks that do not run (tags, roles that ran already), by [`Task::id`].
    pub unwanted: Arc<dyn Fn(&Task) -> bool + Send + Sync>,
}

/// What a host is asked to do.
pub enum Order {
    /// Run a task.
    Run(Box<Turn>),
    /// Forget what was started ahead and close the host's connection (`meta: reset_connection`).
    Reset(usize),
    /// The batch is over: close everything.
    Close,
}

/// How a turn ended.
pub struct TurnEnd {
    /// The host.
    pub host: usize,
    /// The task.
    pub step: Step,
    /// How it is announced.
    pub line: Arc<TaskLine>,
    /// How it ended.
    pub answer: Answer,
    /// Where `register` puts it.
    pub register: Option<Arc<str>>,
    /// The handlers that it notifies, where it changed something.
    pub notify: Vec<Arc<str>>,
    /// `ignore_errors`.
    pub ignore_errors: bool,
    /// `ignore_unreachable`.
    pub ignore_unreachable: bool,
    /// `no_log`.
    pub no_log: bool,
    /// How long it took, from its turn on.
    pub took: Duration,
}

/// What a host's thread reports.
pub enum Report {
    /// A turn has ended.
    Ended(Box<TurnEnd>),
    /// The thread has closed its connections; what they cost.
    Closed {
        /// Traffic of all its pipes.
        traffic: Traffic,
        /// Connections opened.
        connections: u64,
        /// Requests whose replies were thrown away.
        wasted: u64,
    },
}
