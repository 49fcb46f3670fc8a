//! `--list-hosts`, `--list-tasks`, `--list-tags`: what a playbook would do.

use crate::diag::Diagnostic;
use crate::engine::{Listing, Tags};
use crate::inventory::Inventory;
use crate::playbook::{Item, Play, Playbook, Task, tags_match};
use crate::report::python_str;
use crate::template::{self, Value};
use crate::vars::{HostStore, Layers, PlayVars, TaskWorld, VarStore};
use crate::yaml::{Node, repr};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// What is looked at while listing.
pub(super) struct Lister<'l> {
    /// What is to be listed.
    pub(super) listing: Listing,
    /// Which tags are chosen.
    pub(super) tags: &'l Tags,
    /// Hosts and groups, limited.
    pub(super) inventory: &'l mut Inventory,
    /// Variables that names and tags may use.
    pub(super) store: &'l Arc<VarStore>,
    /// Warnings of patterns that match nothing.
    pub(super) warnings: Vec<String>,
}

impl Lister<'_> {
    /// The list for one playbook.
    ///
    /// # Errors
    /// A host pattern that is none.
    pub(super) fn playbook(&mut self, path: &Path, playbook: &Playbook) -> Result<String, Diagnostic> {
        let mut text = format!("\nplaybook: {}\n", path.display());
        for (play, number) in playbook.plays.iter().zip(1..) {
            self.play(&mut text, play, number)?;
        }
        Ok(text)
    }

    fn play(&mut self, text: &mut String, play: &Play, number: usize) -> Result<(), Diagnostic> {
        let vars =
            Arc::new(PlayVars { vars: self.store.scopes.get(&play.keywords.vars), ..PlayVars::default() });
        let world = self.world(&vars, None);
        let patterns: Vec<String> = match play.hosts.as_seq() {
            Some(items) => items.iter().map(|item| shown(item, &world)).collect(),
            None => vec![shown(&play.hosts, &world)],
        };
        let joined = patterns.join(",");
        let name = play.name.as_ref().map(|name| shown(name, &world)).filter(|name| !name.is_empty());
        let tags = rendered(&play.keywords.tags, &world);
        let tags: Vec<String> = tags.into_iter().collect();
        let _ = writeln!(
            text,
            "\n  play #{number} ({joined}): {}\tTAGS: [{}]",
            name.unwrap_or_else(|| joined.clone()),
            tags.join(",")
        );
        let matched = self.inventory.hosts_matching_all(&patterns)?;
        self.warnings.extend(matched.warnings);
        if self.listing.hosts {
            let quoted: Vec<String> = patterns.iter().map(|pattern| repr::of_str(pattern)).collect();
            let _ = writeln!(text, "    pattern: [{}]", quoted.join(", "));
            let _ = writeln!(text, "    hosts ({}):", matched.hosts.len());
            for host in &matched.hosts {
                let _ = writeln!(text, "      {host}");
            }
        }
        if !self.listing.tasks && !self.listing.tags {
            return Ok(());
        }
        if self.listing.tasks {
            text.push_str("    tasks:\n");
        }
        let mut all = BTreeSet::new();
        for section in &play.sections {
            self.items(text, &section.items, &vars, &mut all);
        }
        if self.listing.tags {
            let all: Vec<String> = all.into_iter().collect();
            let _ = writeln!(text, "      TASK TAGS: [{}]", all.join(", "));
        }
        Ok(())
    }

    /// The tasks of a list; of a block only those that run where nothing fails, as Ansible lists them.
    fn items(&self, text: &mut String, items: &[Item], vars: &Arc<PlayVars>, all: &mut BTreeSet<String>) {
        for item in items {
            match item {
                Item::Block(block) => self.items(text, &block.block, vars, all),
                Item::Task(task) if task.implicit => {}
                Item::Task(task) => self.task(text, task, vars, all),
            }
        }
    }

    fn task(&self, text: &mut String, task: &Arc<Task>, vars: &Arc<PlayVars>, all: &mut BTreeSet<String>) {
        let world = self.world(vars, Some(task));
        let tags: BTreeSet<String> = task.tags().into_iter().flat_map(|node| one(node, &world)).collect();
        let list: Vec<&String> = tags.iter().collect();
        let only: Vec<&String> = self.tags.run.iter().collect();
        let skip: Vec<&String> = self.tags.skip.iter().collect();
        // Asked for the tags and no more, Ansible shows those of tasks that never run by themselves, too.
        let everything = self.listing.tags && *self.tags == Tags::default();
        if !everything && !tags_match(&list, &only, &skip) {
            return;
        }
        if self.listing.tasks {
            let name = match &task.name {
                Some(name) => {
                    let role = task.role().map_or(String::new(), |role| format!("{} : ", role.name));
                    format!("{role}{}", name.as_str().unwrap_or_default())
                }
                None => task.action.written.to_string(),
            };
            let list: Vec<&str> = list.iter().map(|tag| tag.as_str()).collect();
            let _ = writeln!(text, "      {name}\tTAGS: [{}]", list.join(", "));
        }
        all.extend(tags);
    }

    fn world(&self, vars: &Arc<PlayVars>, task: Option<&Arc<Task>>) -> TaskWorld {
        let host = HostStore::unknown(&Arc::from("localhost"));
        TaskWorld::new(Arc::new(Layers::new(self.store, vars, host, task.cloned())))
    }
}

/// A node as text, rendered where it can be.
fn shown(node: &Node, world: &TaskWorld) -> String {
    let raw = Value::from_node(node);
    let value = template::render(&raw, world).unwrap_or(raw);
    value.to_data().map(|data| python_str(&data)).unwrap_or_default()
}

/// Tags, rendered; one that cannot be rendered yet stays as it was written.
fn rendered(nodes: &[Node], world: &TaskWorld) -> BTreeSet<String> {
    nodes.iter().flat_map(|node| one(node, world)).collect()
}

fn one(node: &Node, world: &TaskWorld) -> Vec<String> {
    let raw = Value::from_node(node);
    let value = template::render(&raw, world).unwrap_or(raw);
    match value.to_data() {
        Ok(impel_modules::Data::List(items)) => items.iter().map(python_str).collect(),
        Ok(data) => vec![python_str(&data)],
        Err(_) => Vec::new(),
    }
}
