//! How a task ended on a host, and what follows from it for the run.

use super::event::{Delegate, HostResult, Status, TaskLine};
use super::settings::Settings;
use crate::diag::{Diagnostic, Span};
use crate::template::Value;
use impel_modules::{Data, Map};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How an action ended for one item (or the task as a whole).
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it ended.
    pub status: Status,
    /// What it returned, as `register` keeps it.
    pub result: Map,
    /// What follows for the run.
    pub consequences: Vec<Consequence>,
    /// How it is shown.
    pub show: Show,
    /// Why it failed, with places.
    pub error: Option<Arc<Diagnostic>>,
    /// Who did the work, where it was delegated.
    pub delegate: Option<Delegate>,
}

/// How a result is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// In full whatever the verbosity.
    pub always: bool,
    /// Not in full below `-vv`.
    pub seldom: bool,
    /// It is `debug`'s.
    pub debug: bool,
    /// Censored, as under `no_log`.
    pub censored: bool,
}

/// What a task's end means for the run beside its result.
#[derive(Clone, Debug)]
pub enum Consequence {
    /// `set_fact`: variables of the host.
    Set(Vec<(Arc<str>, Value)>),
    /// Facts of the host.
    Facts(Vec<(Arc<str>, Value)>),
    /// What is the delegate's own (`delegate_facts`).
    OfDelegate(Arc<str>, Box<Consequence>),
    /// `include_vars`: variables, and where they stand.
    Included(Vec<(Arc<str>, Value)>, Vec<Span>),
    /// `add_host`.
    AddHost(AddHost),
    /// `group_by`: the host joins a group, which joins its parents.
    GroupBy {
        /// The group.
        group: Arc<str>,
        /// Its parents.
        parents: Vec<Arc<str>>,
    },
    /// `include_tasks` and `include_role`.
    Include(IncludeCall),
    /// `set_stats`.
    Stats {
        /// The values.
        data: Map,
        /// For this host alone.
        per_host: bool,
        /// Add to what is there.
        aggregate: bool,
    },
}

/// What `add_host` adds.
#[derive(Clone, Debug)]
pub struct AddHost {
    /// The host.
    pub name: Arc<str>,
    /// Its groups.
    pub groups: Vec<Arc<str>>,
    /// Its variables.
    pub vars: Vec<(Arc<str>, Value)>,
}

/// A file of tasks or a role to be included for a host.
#[derive(Clone, Debug)]
pub struct IncludeCall {
    /// What is included.
    pub what: Included,
    /// Variables that the tasks within see: the loop's item and index.
    pub values: Vec<(Arc<str>, Value)>,
    /// The item's label, to show.
    pub item: Option<Data>,
}

/// What is included.
#[derive(Clone, Debug, PartialEq)]
pub enum Included {
    /// `include_tasks`: the file that was found.
    Tasks(PathBuf),
    /// `include_tasks` of a file that is nowhere: its name as given, and where it was looked for last.
    Missing {
        /// The name.
        file: String,
        /// The place.
        path: PathBuf,
    },
    /// `include_role`, its arguments rendered (`name`, `tasks_from`, `public` …).
    Role(Map),
}

impl Consequence {
    /// The same for the host that it is meant for: the delegate under `delegate_facts`.
    pub fn for_host(self, settings: &Settings) -> Consequence {
        match &settings.delegate {
            Some(delegate) if settings.delegate_facts => {
                Consequence::OfDelegate(delegate.clone(), Box::new(self))
            }
            _ => self,
        }
    }
}

impl Answer {
    /// A good end.
    pub fn ok(changed: bool, result: Map) -> Answer {
        Answer::new(Status::Ok { changed }, result)
    }

    /// An end of that sort.
    pub fn new(status: Status, mut result: Map) -> Answer {
        match status {
            Status::Ok { changed } => drop(result.insert("changed".into(), changed.into())),
            Status::Failed => {
                result.entry("changed".into()).or_insert(Data::Bool(false));
                result.insert("failed".into(), true.into());
            }
            Status::Skipped => {
                result.entry("changed".into()).or_insert(Data::Bool(false));
                result.insert("skipped".into(), true.into());
            }
            Status::Unreachable => {
                result.entry("changed".into()).or_insert(Data::Bool(false));
                result.insert("unreachable".into(), true.into());
            }
        }
        let (consequences, show) = (Vec::new(), Show::default());
        Answer { status, result, consequences, show, error: None, delegate: None }
    }

    /// A failure with its message.
    pub fn failed(message: impl Into<String>) -> Answer {
        let message: String = message.into();
        Answer::new(Status::Failed, Map::from([("msg".to_string(), Data::from(message))]))
    }

    /// A failure before or around the action, in the words of ansible-core 2.19: `msg` is the whole chain. `task` is
    /// where the task stands.
    pub fn failed_at(error: Diagnostic, task: Span) -> Answer {
        let error = Diagnostic::user("Task failed").at(task).because(error);
        let mut answer = Answer::failed(error.to_string());
        answer.error = Some(Arc::new(error));
        answer
    }

    /// An action that refused to go on.
    pub fn refused(error: Diagnostic, task: Span) -> Answer {
        // what a template raised inside an action is no refusal
        if error.message == "Task failed"
            && let Some(cause) = error.cause
        {
            return Answer::failed_at(*cause, task);
        }
        let mut answer = Answer::failed(error.to_string());
        let message = format!("Task failed: {error}");
        let mut shown = Diagnostic::user(message).at(task);
        shown.hint = error.hint;
        answer.error = Some(Arc::new(shown));
        answer
    }

    /// Says on stderr why an action or a module failed: its own message behind ansible-core's words.
    pub fn explained(mut self, who: &str, message: &str, task: Span) -> Answer {
        self.error =
            Some(Arc::new(Diagnostic::user(format!("Task failed: {who} failed: {message}")).at(task)));
        self
    }

    /// The keyword `timeout` ended it.
    pub fn timed_out(seconds: u64, task: Span) -> Answer {
        let message = format!("Timed out after {seconds} second(s).");
        let mut answer = Answer::failed_at(Diagnostic::user(message.clone()), task);
        // the message stands for the whole: it has no cause
        let shown = Diagnostic::user(format!("Task failed: {message}")).at(task);
        answer.error = Some(Arc::new(shown));
        answer.result.insert("changed".into(), false.into());
        let frame = "Configure `DISPLAY_TRACEBACK` to see a traceback on timeout errors.";
        let period = i64::try_from(seconds).unwrap_or(i64::MAX);
        let told =
            Map::from([("frame".to_string(), Data::from(frame)), ("period".to_string(), Data::Int(period))]);
        answer.result.insert("timedout".into(), Data::Map(told));
        answer
    }

    /// A host that cannot be reached; `task` is where the task stands.
    pub fn unreachable(message: impl Into<String>, task: Span) -> Answer {
        let error = Diagnostic::user(format!("Task failed: {}", message.into())).at(task);
        let result = Map::from([("msg".to_string(), Data::from(error.message.clone()))]);
        let mut answer = Answer::new(Status::Unreachable, result);
        answer.error = Some(Arc::new(error));
        answer
    }

    /// Not run, and why.
    pub fn skipped(reason: &str, condition: Option<Data>) -> Answer {
        let mut result = Map::new();
        if let Some(condition) = condition {
            result.insert("false_condition".into(), condition);
        }
        result.insert("skip_reason".into(), reason.into());
        Answer::new(Status::Skipped, result)
    }

    /// The same with a consequence.
    pub fn with(mut self, consequence: Consequence) -> Answer {
        self.consequences.push(consequence);
        self
    }

    /// Whether it changed something.
    pub fn changed(&self) -> bool {
        self.result.get("changed").and_then(Data::as_bool).unwrap_or(false)
    }

    /// The event for it.
    pub fn to_result(&self, host: &Arc<str>, task: &Arc<TaskLine>, took: Duration) -> HostResult {
        let mut result = self.result.clone();
        super::commit::add_lines(&mut result);
        HostResult {
            verbose_always: self.show.always,
            verbose_override: self.show.seldom,
            debug: self.show.debug,
            error: self.error.clone(),
            delegate: self.delegate.clone(),
            took,
            ..HostResult::new(host.clone(), task.clone(), self.status, result)
        }
    }
}
