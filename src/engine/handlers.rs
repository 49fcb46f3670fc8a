//! The handlers of a play and how they are found by the names that tasks notify.

use crate::playbook::{Item, Task};
use std::sync::Arc;

/// A play's handlers in order of definition, with their names rendered.
///
/// They come in lists, one a role and one for the play. Where names meet, the last list that has one wins, and within a
/// list the first.
#[derive(Default)]
pub struct Handlers {
    tasks: Arc<[Arc<Task>]>,
    names: Vec<Names>,
    lists: usize,
}

struct Names {
    list: usize,
    own: Option<String>,
    role: Option<Arc<str>>,
    topics: Vec<String>,
}

impl Handlers {
    /// Adds a list of handlers; `render` gives the text of a name or topic (`None` where it cannot be rendered yet).
    pub fn add(&mut self, items: &[Item], render: &dyn Fn(&Task, &crate::yaml::Node) -> Option<String>) {
        self.lists += 1;
        let mut tasks = self.tasks.to_vec();
        let mut found = Vec::new();
        flatten(items, &mut found);
        for task in found {
            if tasks.iter().any(|known| known.id == task.id) {
                continue;
            }
            let own = task.name.as_ref().and_then(|name| render(&task, name));
            let topics = task.listen.iter().filter_map(|topic| render(&task, topic)).collect();
            self.names.push(Names {
                list: self.lists,
                own,
                role: task.role().map(|role| role.name.clone()),
                topics,
            });
            tasks.push(task);
        }
        self.tasks = tasks.into();
    }

    /// All of them in order.
    pub fn tasks(&self) -> &Arc<[Arc<Task>]> {
        &self.tasks
    }

    /// The indices of the handlers that a name notifies: the last one of that name, and all that listen to it.
    pub fn matching(&self, notified: &str) -> Vec<usize> {
        let is_named = |names: &Names| {
            let Some(own) = &names.own else { return false };
            own == notified
                || names.role.as_ref().is_some_and(|role| {
                    notified.strip_prefix(&**role).and_then(|rest| rest.strip_prefix(" : ")) == Some(own)
                })
        };
        let last = self.names.iter().rev().find(|names| is_named(names)).map(|names| names.list);
        let named = self.names.iter().position(|names| Some(names.list) == last && is_named(names));
        let mut all: Vec<usize> = named.into_iter().collect();
        for (index, names) in self.names.iter().enumerate() {
            let listens = names.topics.iter().any(|topic| topic == notified);
            if listens && !all.contains(&index) {
                all.push(index);
            }
        }
        all.sort_unstable();
        all
    }

    /// How a handler is named where its notification is shown: with its role.
    pub fn shown(&self, index: usize) -> String {
        let Some(names) = self.names.get(index) else { return String::new() };
        let own =
            names.own.clone().or_else(|| self.tasks.get(index).map(|task| task.action.written.to_string()));
        match &names.role {
            Some(role) => format!("{role} : {}", own.unwrap_or_default()),
            None => own.unwrap_or_default(),
        }
    }

    /// The names that can be notified, for suggestions.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flat_map(|names| names.own.iter().chain(&names.topics)).map(String::as_str)
    }
}

fn flatten(items: &[Item], into: &mut Vec<Arc<Task>>) {
    for item in items {
        match item {
            Item::Task(task) => into.push(task.clone()),
            Item::Block(block) => flatten(&block.block, into),
        }
    }
}
