//! What happens in a run, as typed events on one channel; everything shown or stored is a view of this stream.

use crate::diag::Diagnostic;
use impel_modules::{Data, Map};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// One thing that happened. The engine sends them in the order in which they are to be shown.
#[derive(Clone, Debug)]
pub enum Event {
    /// The run begins with this playbook (one event per playbook given; ad-hoc runs send none).
    PlaybookStart(RunLine),
    /// A play begins, or its next batch under `serial`.
    PlayStart(Arc<PlayLine>),
    /// The play's pattern matches no host of the inventory.
    NoHostsMatched,
    /// Every host of the batch has failed; the play ends.
    NoHostsLeft,
    /// A task begins (under the free strategy: for the first host that reaches it).
    TaskStart(Arc<TaskLine>),
    /// A host begins the task.
    HostStart {
        /// The host.
        host: Arc<str>,
        /// The task.
        task: Arc<TaskLine>,
    },
    /// One item of a task's loop has ended on a host; `HostResult::item` is set.
    Item(Box<HostResult>),
    /// A task has ended on a host; for a loop `result` holds `results`.
    Result(Box<HostResult>),
    /// An attempt under `until` failed and another follows.
    Retry(Box<Retry>),
    /// A running asynchronous job was asked for its state.
    AsyncPoll(Box<HostResult>),
    /// An asynchronous job has ended well or badly (`HostResult::status`).
    AsyncEnd(Box<HostResult>),
    /// A file of tasks or a role was included for some hosts.
    Included(Include),
    /// Handlers are about to run, and this one was notified.
    Notified(HandlerNotice),
    /// `vars` of an imported or prompted kind, a warning, a line of verbosity: text beside the tasks.
    Message(Message),
    /// The run was interrupted and this host stopped here.
    Left(LeftHost),
    /// The end of a play's or run's counting: shown last.
    Recap(Box<Recap>),
    /// Answered once every event before it has been shown.
    Told(Sender<()>),
}

/// Waits until all events that were sent so far have been shown.
pub fn told(events: &Sender<Event>) {
    let (answer, heard) = std::sync::mpsc::channel();
    if events.send(Event::Told(answer)).is_ok() {
        // where nobody listens any more nothing is shown either
        let _ = heard.recv();
    }
}

/// The first event of a playbook.
#[derive(Clone, Debug, Default)]
pub struct RunLine {
    /// The playbook as it was given.
    pub playbook: PathBuf,
    /// How many plays it has.
    pub plays: usize,
    /// The whole run only foretells.
    pub check_mode: bool,
    /// The command line as `-vvvv` tells it, a line an option.
    pub told: Vec<String>,
}

/// A play as it is announced.
#[derive(Clone, Debug, Default)]
pub struct PlayLine {
    /// A name of its own, for sinks that keep records.
    pub uuid: Arc<str>,
    /// Its `name`, rendered; where there is none, its pattern as Ansible shows it.
    pub name: Arc<str>,
    /// The pattern of `hosts`.
    pub pattern: Arc<str>,
    /// The hosts of this batch, in order.
    pub hosts: Vec<Arc<str>>,
    /// The play only foretells.
    pub check_mode: bool,
    /// Where it stands.
    pub origin: Option<Origin>,
}

/// Which part of a play a task belongs to; decides its banner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// `TASK`.
    #[default]
    Task,
    /// `RUNNING HANDLER`.
    Handler,
}

/// A place in a playbook: `file:line`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: u32,
}

/// A task as it is announced.
#[derive(Clone, Debug, Default)]
pub struct TaskLine {
    /// A name of its own.
    pub uuid: Arc<str>,
    /// Its `name` with what could be rendered rendered, or its action's name; without the role.
    pub name: Arc<str>,
    /// The role that it belongs to; shown as `role : name`.
    pub role: Option<Arc<str>>,
    /// The action as it was written (`apt`, `ansible.builtin.apt`).
    pub action: Arc<str>,
    /// Task or handler.
    pub section: Section,
    /// Where it stands.
    pub origin: Option<Origin>,
    /// It only foretells.
    pub check_mode: bool,
    /// Its differences are shown.
    pub diff: bool,
    /// What it does is censored.
    pub no_log: bool,
    /// It runs a loop.
    pub looped: bool,
    /// The hosts run it at their own pace; its banner may come again.
    pub free: bool,
    /// It is an `include_*` or `import_*`: its good results have no line (their [`Event::Included`] has).
    pub include: bool,
    /// Its arguments as written, for `display_args_to_stdout`.
    pub args: Map,
    /// On how many hosts it will run, where that is known; for progress.
    pub hosts: Option<usize>,
}

/// How a task or an item ended on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Well; `changed` says whether it altered anything.
    Ok {
        /// It altered the host (or would have, in check mode).
        changed: bool,
    },
    /// It failed.
    Failed,
    /// Its condition was false, or it cannot run in check mode.
    Skipped,
    /// The host could not be reached.
    Unreachable,
}

/// The host that did the work instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegate {
    /// Its name in the inventory.
    pub name: Arc<str>,
    /// The address behind it, where that is not its name.
    pub address: Option<Arc<str>>,
}

/// The end of a task, or of one item, on a host.
#[derive(Clone, Debug)]
pub struct HostResult {
    /// The host.
    pub host: Arc<str>,
    /// The task.
    pub task: Arc<TaskLine>,
    /// Who did the work, where it was delegated.
    pub delegate: Option<Delegate>,
    /// How it ended.
    pub status: Status,
    /// The failure (or unreachability) does not end the host's play: `ignore_errors`, `ignore_unreachable`.
    pub ignored: bool,
    /// The failure is taken up by a `rescue`.
    pub rescued: bool,
    /// What was returned, as `register` keeps it (`warnings`, `deprecations`, `diff`, `results` included), not
    /// censored; strings carry their secret bit.
    pub result: Map,
    /// What it shows is censored.
    pub no_log: bool,
    /// The item's label, rendered (its index in `index`), where this is an item of a loop.
    pub item: Option<Data>,
    /// The item's index from 0.
    pub index: Option<usize>,
    /// Shown in full whatever the verbosity (`debug`).
    pub verbose_always: bool,
    /// Not shown in full at any verbosity (`setup`).
    pub verbose_override: bool,
    /// The task is `debug`: its own values are shown only, not the bookkeeping around them.
    pub debug: bool,
    /// Why it failed, with places; shown before the failure, each text once.
    pub error: Option<Arc<Diagnostic>>,
    /// How long it took.
    pub took: Duration,
}

impl HostResult {
    /// A result without flags.
    pub fn new(host: Arc<str>, task: Arc<TaskLine>, status: Status, result: Map) -> HostResult {
        HostResult {
            host,
            status,
            result,
            no_log: task.no_log,
            task,
            delegate: None,
            ignored: false,
            rescued: false,
            item: None,
            index: None,
            verbose_always: false,
            verbose_override: false,
            debug: false,
            error: None,
            took: Duration::ZERO,
        }
    }

    /// Whether it altered anything.
    pub fn changed(&self) -> bool {
        self.status == Status::Ok { changed: true }
    }

    /// Sets whether it is hidden (`no_log`): then its error too says only what sort it is and where, since its words
    /// come from arguments and results.
    #[must_use]
    pub fn hidden(mut self, no_log: bool) -> HostResult {
        self.no_log = no_log;
        if no_log {
            self.error = self.error.map(|error| Arc::new(hide(&error)));
        }
        self
    }
}

fn hide(error: &Diagnostic) -> Diagnostic {
    const SORTS: [&str; 3] = [
        "Task failed: Module failed",
        "Task failed: Action failed",
        "Task failed: Finalization of task args",
    ];
    let sort = SORTS.iter().find(|sort| error.message.starts_with(**sort)).unwrap_or(&"Task failed");
    let mut hidden = Diagnostic::new(
        error.kind,
        format!("{sort}: the message has been hidden due to the fact that 'no_log: true' was specified"),
    );
    hidden.span = error.span;
    hidden
}

/// An attempt that failed and will be repeated.
#[derive(Clone, Debug)]
pub struct Retry {
    /// What the attempt returned; `result` holds `attempts` and `retries` as Ansible's does.
    pub attempt: HostResult,
    /// How many attempts are left.
    pub left: u64,
}

/// An included file for the hosts that share it.
#[derive(Clone, Debug, Default)]
pub struct Include {
    /// The file, or the role's name.
    pub file: String,
    /// The hosts, in order.
    pub hosts: Vec<Arc<str>>,
    /// The loop item's label.
    pub item: Option<Data>,
    /// The including task.
    pub task: Arc<TaskLine>,
}

/// A handler that will run.
#[derive(Clone, Debug, Default)]
pub struct HandlerNotice {
    /// Its name.
    pub handler: Arc<str>,
    /// For which host.
    pub host: Arc<str>,
}

/// Text beside the tasks.
#[derive(Clone, Debug)]
pub struct Message {
    /// What sort of text.
    pub kind: MessageKind,
    /// The text.
    pub text: String,
}

/// What sort of text a message is; decides where and when it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// A plain line on stdout.
    Line,
    /// A line from this verbosity on (1 for `-v`); with a host it is shown as `<host> text`.
    Verbose {
        /// The verbosity from which it is shown.
        level: u8,
        /// The host that it is about.
        host: Option<Arc<str>>,
    },
    /// `[WARNING]: text` on stderr, each text once.
    Warning,
    /// `[DEPRECATION WARNING]: text` on stderr, each once, where those are wanted.
    Deprecation,
    /// `[ERROR]: text` on stderr.
    Error,
}

/// A host that an interrupt stopped.
#[derive(Clone, Debug)]
pub struct LeftHost {
    /// The host.
    pub host: Arc<str>,
    /// The last task that it finished or was in.
    pub task: Option<Arc<TaskLine>>,
    /// It was in the middle of that task when the pipes were cut.
    pub cut: bool,
}

/// What a host has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Tasks that ended well, changed ones included.
    pub ok: u64,
    /// Tasks that changed something.
    pub changed: u64,
    /// Times it was unreachable.
    pub unreachable: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks skipped.
    pub skipped: u64,
    /// Failures that a `rescue` took up.
    pub rescued: u64,
    /// Failures ignored.
    pub ignored: u64,
}

/// The end of the run.
#[derive(Clone, Debug, Default)]
pub struct Recap {
    /// Per host, in order of name.
    pub hosts: Vec<(Arc<str>, Totals)>,
    /// `set_stats` of the whole run.
    pub custom: Map,
    /// `set_stats` per host.
    pub custom_per_host: Vec<(Arc<str>, Map)>,
    /// The run only foretold.
    pub check_mode: bool,
    /// What the wire has cost.
    pub wire: Wire,
    /// How long the run took.
    pub took: Duration,
}

/// What all pipes of a run have cost together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// Connections opened.
    pub connections: u64,
    /// Times that impel had to wait for another end.
    pub turns: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests whose answers were thrown away (started ahead, then dropped).
    pub wasted: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
}
