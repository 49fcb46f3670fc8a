//! What runs on the controller: actions, declared here and written in the layer above.

use super::answer::Answer;
use super::settings::Settings;
use super::shared::Shared;
use crate::diag::Diagnostic;
use crate::maps::IndexMap;
use crate::playbook::Task;
use crate::template::Value;
use crate::vars::TaskWorld;
use impel_modules::Map;
use impel_modules::host::Input;
use std::sync::Arc;

/// Arguments of an action: rendered, in the order written.
pub type Arguments = IndexMap<Arc<str>, Value>;

/// One call of an action: for a task, or for one item of its loop, on one host.
pub struct Call<'a> {
    /// The run.
    pub shared: &'a Shared,
    /// The task.
    pub task: &'a Task,
    /// The action's name.
    pub name: &'a str,
    /// Its arguments, rendered unless the action wants them as written.
    pub args: Arguments,
    /// The free-form text, likewise.
    pub raw: Option<Value>,
    /// Variables and templates.
    pub world: &'a TaskWorld,
    /// The task's keywords, rendered.
    pub settings: &'a Settings,
    /// The loop's variables of this item, for includes.
    pub locals: &'a [(Arc<str>, Value)],
}

/// What an action wants next.
pub enum Next {
    /// It is done.
    Done(Answer),
    /// A module on the host, whose outcome is the answer.
    Module(ModuleCall),
}

/// A module to be run on the host.
pub struct ModuleCall {
    /// The module.
    pub name: Arc<str>,
    /// Its arguments.
    pub args: Map,
    /// What is sent along, by the argument that names it: the file or tree of `copy`, the text of `template`.
    pub inputs: Vec<(String, Input)>,
    /// Looks at the module's answer before anybody else does.
    pub finish: Option<Box<dyn FnOnce(Answer) -> Answer>>,
}

impl ModuleCall {
    /// A call without source.
    pub fn new(name: impl Into<Arc<str>>, args: Map) -> ModuleCall {
        ModuleCall { name: name.into(), args, inputs: Vec::new(), finish: None }
    }
}

/// How an action may be started ahead of its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// At any time: it computes, or asks the host through a module.
    Any,
    /// Only at its turn: it acts on the controller or the run.
    AtTurn,
}

/// Something that runs on the controller.
pub trait Action: Sync {
    /// Whether it may be started ahead of its turn.
    fn haste(&self) -> Haste {
        Haste::Any
    }

    /// Whether its arguments are given to it as they were written, for it to render what it needs.
    fn wants_raw(&self) -> bool {
        false
    }

    /// Runs it.
    ///
    /// # Errors
    /// The task fails with it.
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic>;
}

/// The actions that there are; the layer above has the list.
pub trait Actions: Send + Sync {
    /// The action of that name; a name without one is a module's.
    fn find(&self, name: &str) -> Option<&'static dyn Action>;
}
