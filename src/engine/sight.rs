//! Which of a play's tasks a host sees: those that tags, `--start-at-task` and the roles that have run leave, and the
//! handlers that it has notified.

use super::position::Around;
use crate::playbook::{Item, Task, tags_match};
use crate::template::{self, Value};
use crate::vars::{HostStore, Layers, PlayVars, TaskWorld};
use crate::yaml::Node;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Around one track.
pub struct Sight<'a> {
    /// What is known of tasks already, by their identity.
    pub tagged: &'a Mutex<HashMap<u32, bool>>,
    /// `--tags`.
    pub run_tags: &'a [String],
    /// `--skip-tags`.
    pub skip_tags: &'a [String],
    /// A task's tags.
    pub world: &'a dyn Fn(&Task) -> Vec<String>,
    /// The roles that have run on the host.
    pub roles: &'a HashSet<u32>,
    /// `--start-at-task` has been reached.
    pub started: &'a mut bool,
    /// `--start-at-task`.
    pub start_at: Option<&'a str>,
    /// The play's handlers.
    pub handlers: &'a [Arc<Task>],
    /// Those of them that the host has notified.
    pub notified: &'a mut BTreeSet<usize>,
}

impl Around for Sight<'_> {
    fn wanted(&mut self, task: &Task) -> bool {
        if !*self.started && !task.implicit && !task.handler {
            if !is_start(task, self.start_at.unwrap_or_default()) {
                return false;
            }
            *self.started = true;
        }
        // a role that has run is over, but its handlers may be notified still
        if let Some(role) = task.role()
            && !task.handler
            && !role.allow_duplicates
            && self.roles.contains(&role.identity)
        {
            return false;
        }
        if task.implicit || task.handler {
            return true;
        }
        let mut tagged = self.tagged.lock().unwrap_or_else(|e| e.into_inner());
        *tagged.entry(task.id).or_insert_with(|| {
            let tags = (self.world)(task);
            tags_match(&tags, self.run_tags, self.skip_tags)
        })
    }

    fn handler(&mut self, from: usize) -> Option<(usize, Arc<Task>)> {
        let index = *self.notified.range(from..).next()?;
        self.notified.remove(&index);
        Some((index, self.handlers.get(index)?.clone()))
    }
}

/// Whether `--start-at-task` names this task.
fn is_start(task: &Task, wanted: &str) -> bool {
    let name = task.name.as_ref().and_then(Node::as_str).unwrap_or_default();
    let role = task.role().map(|role| format!("{} : {name}", role.name));
    let matches = |name: &str| name == wanted || glob(wanted, name);
    matches(name) || role.is_some_and(|full| matches(&full)) || matches(&task.action.name)
}

/// Whether `--start-at-task` names one of these.
pub fn has_start(items: &[Item], wanted: &str) -> bool {
    items.iter().any(|item| match item {
        Item::Task(task) => is_start(task, wanted),
        Item::Block(block) => {
            [&block.block, &block.rescue, &block.always].into_iter().any(|part| has_start(part, wanted))
        }
    })
}

/// Shell patterns, as `--start-at-task` takes them.
fn glob(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[char], name: &[char]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some('*'), _) => {
                (0..=name.len()).any(|skip| matches(&pattern[1..], name.get(skip..).unwrap_or_default()))
            }
            (Some('?'), Some(_)) => matches(&pattern[1..], &name[1..]),
            (Some(a), Some(b)) if a == b => matches(&pattern[1..], &name[1..]),
            _ => false,
        }
    }
    pattern.contains(['*', '?'])
        && matches(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}

/// A task's tags, rendered. Only a text that stands in the playbook was split at commas, when it was read.
pub fn tags(
    store: &Arc<crate::vars::VarStore>,
    play: &Arc<PlayVars>,
    host: &Arc<HostStore>,
    task: &Task,
) -> Vec<String> {
    let nodes = task.tags();
    if nodes.iter().all(|node| node.as_str().is_some_and(|text| !template::is_template(text))) {
        let plain = nodes.iter().filter_map(|node| node.as_str());
        return plain.map(str::to_string).collect();
    }
    let world = TaskWorld::new(Arc::new(Layers::new(store, play, host.clone(), None)));
    let mut all = Vec::new();
    for node in nodes {
        let value = super::settings::rendered(node, &world).unwrap_or_else(|_| Value::from_node(node));
        let items = match &value {
            Value::List(list) => list.items().to_vec(),
            value => vec![value.clone()],
        };
        all.extend(items.iter().map(ToString::to_string));
    }
    all
}
