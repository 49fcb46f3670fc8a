//! What tasks would do to a host's variables, done to them in order without running anything.

use super::Entry;
use super::spy::Spy;
use crate::cli::stage::Stage;
use crate::diag::{Diagnostic, Span};
use crate::engine::role_ask;
use crate::inventory::files_of;
use crate::playbook::{Item, Loader, Play, Task, Vars};
use crate::template::{self, Key, Marker, MarkerKind, Value, World};
use crate::vars::{Layer, PlayVars, Setting, TaskWorld};
use crate::yaml::Node;
use impel_modules::Map;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What a task has set, as it was written.
#[derive(Clone)]
struct Written {
    what: &'static str,
    span: Span,
    value: Option<Value>,
    perhaps: bool,
}

impl Written {
    fn entry(&self, layer: &'static str) -> Entry {
        Entry { perhaps: self.perhaps, ..Entry::new(layer, Some(self.span), self.value.clone()) }
    }
}

/// A task that sets variables once it runs.
pub(super) struct Later {
    /// What it does: `set_fact`, `register` …
    pub(super) what: &'static str,
    /// Where the value stands, or the task.
    pub(super) span: Span,
    /// The value as written, where it is known.
    pub(super) value: Option<Value>,
    /// It may also not run: it has a condition that cannot be told, or is a handler, or stands in a `rescue`.
    pub(super) perhaps: bool,
}

/// A stage on which tasks have done what they would do.
pub(super) struct Foresight<'s> {
    pub(super) stage: &'s mut Stage,
    /// The variable that is asked for.
    name: &'s str,
    /// All that tasks have set, the last of each name counting.
    set: HashMap<Arc<str>, Vec<Written>>,
    included: HashMap<Arc<str>, Span>,
    cached: HashMap<Arc<str>, Written>,
    /// Places in `add_host` tasks.
    added: Vec<Span>,
    /// What those tasks have put something else for.
    replaced: Vec<(Arc<str>, Node)>,
}

/// Includes within includes.
const DEEPEST: usize = 30;

impl<'s> Foresight<'s> {
    /// Nothing has been done yet.
    pub(super) fn new(stage: &'s mut Stage, name: &'s str) -> Foresight<'s> {
        Foresight {
            stage,
            name,
            set: HashMap::new(),
            included: HashMap::new(),
            cached: HashMap::new(),
            added: Vec::new(),
            replaced: Vec::new(),
        }
    }

    /// All that sets a variable in a world, the weakest first, each place once.
    pub(super) fn entries(&self, world: &TaskWorld, name: &str) -> Result<Vec<Entry>, Diagnostic> {
        let stage = &*self.stage;
        let mut inventory = match stage.in_inventory() {
            Some(host) => self
                .with_files(name, stage.ground.inventories.settings(&stage.ground.inventory, host, name)?)?,
            None => Vec::new(),
        };
        let mut all: Vec<Entry> = Vec::new();
        let push = |all: &mut Vec<Entry>, entry: Entry| {
            // what is read twice is told once, where it is strongest
            all.retain(|known| {
                known.span.is_none() || known.span != entry.span || known.layer != entry.layer
            });
            all.push(entry);
        };
        for setting in world.explain(name) {
            match setting.layer {
                // taken anew, all at once: its layers know the place of every value
                Layer::Inventory if !inventory.is_empty() => {
                    std::mem::take(&mut inventory).into_iter().for_each(|entry| push(&mut all, entry));
                }
                Layer::Inventory if all.iter().any(|known| known.is_inventory()) => {}
                Layer::SetFact if self.set.contains_key(name) => {
                    let written = self.set.get(name).into_iter().flatten();
                    written.for_each(|written| push(&mut all, written.entry(written.what)));
                }
                _ => push(&mut all, self.entry(setting, name, world)),
            }
        }
        if let Some(cached) = self.cached.get(name) {
            let at = all.iter().rposition(Entry::is_below_facts).map_or(0, |at| at + 1);
            all.insert(at, cached.entry("cached fact"));
        }
        Ok(all)
    }

    fn entry(&self, setting: Setting, name: &str, world: &TaskWorld) -> Entry {
        let Setting { layer, span, value } = setting;
        match layer {
            Layer::IncludeVars => {
                Entry::new("include_vars", span.or(self.included.get(name).copied()), Some(value))
            }
            Layer::Facts => {
                let known = world.facts().given.as_dict().is_some_and(|facts| facts.get(name).is_some());
                Entry::new(if known { "facts" } else { "magic variable" }, span, Some(value))
            }
            layer => Entry::new(layer.to_string(), span, Some(value)),
        }
    }

    /// The inventory's settings; of a folder that stands for one group or host all files that set the variable.
    fn with_files(&self, name: &str, settings: Vec<Setting>) -> Result<Vec<Entry>, Diagnostic> {
        let mut all = Vec::new();
        for Setting { span, value, .. } in settings {
            let added = span.is_some_and(|span| self.added.contains(&span));
            if added {
                for (_, node) in self.replaced.iter().filter(|(known, _)| **known == *name) {
                    let layer = if self.added.contains(&node.span) { "add_host" } else { "inventory" };
                    all.push(Entry::new(layer, Some(node.span), Some(Value::from_node(node))));
                }
            }
            let own = Entry::new(if added { "add_host" } else { "inventory" }, span, Some(value));
            let Some((folder, span)) = span.and_then(|span| Some((folder_of(&span.file())?, span))) else {
                all.push(own);
                continue;
            };
            for file in files_of(&folder) {
                if *file == *span.file() {
                    break;
                }
                let node = self.stage.ground.store.vault.yaml(&file)?;
                if let Some(node) = node.as_map().and_then(|map| map.get(name)) {
                    all.push(Entry::new("inventory", Some(node.span), Some(Value::from_node(node))));
                }
            }
            all.push(own);
        }
        Ok(all)
    }

    /// Walks a play's tasks in order: `look` sees each with the world that it would find, then its effects are done.
    ///
    /// # Errors
    /// `look` fails, or a file that is included cannot be read.
    pub(super) fn walk(
        &mut self,
        play: &Arc<Play>,
        vars: &Arc<PlayVars>,
        look: &mut Look<'_>,
    ) -> Result<Vec<Later>, Diagnostic> {
        let mut walk = Walk { play: play.clone(), vars: vars.clone(), later: Vec::new(), depth: 0 };
        for section in &play.sections {
            self.items(&section.items, &mut walk, false, look)?;
        }
        for handlers in &play.handlers {
            self.items(handlers, &mut walk, true, look)?;
        }
        Ok(walk.later)
    }

    fn items(
        &mut self,
        items: &[Item],
        walk: &mut Walk,
        perhaps: bool,
        look: &mut Look<'_>,
    ) -> Result<(), Diagnostic> {
        if walk.depth > DEEPEST {
            return Ok(());
        }
        walk.depth += 1;
        for item in items {
            match item {
                Item::Task(task) if task.implicit => {}
                Item::Task(task) => {
                    look(self, task, &walk.vars)?;
                    self.task(task, walk, perhaps, look)?;
                }
                Item::Block(block) => {
                    self.items(&block.block, walk, perhaps, look)?;
                    self.items(&block.rescue, walk, true, look)?;
                    self.items(&block.always, walk, perhaps, look)?;
                }
            }
        }
        walk.depth -= 1;
        Ok(())
    }

    /// Does what a task would do. One that may also not run is told of, and does nothing.
    fn task(
        &mut self,
        task: &Arc<Task>,
        walk: &mut Walk,
        perhaps: bool,
        look: &mut Look<'_>,
    ) -> Result<(), Diagnostic> {
        let mut world = self.stage.world(&walk.vars, Some(task));
        let runs = self.runs(task, &world);
        if runs == Some(false) {
            return Ok(());
        }
        let done = Done { perhaps: perhaps || runs.is_none(), skipped: perhaps };
        if task.loop_.is_some() {
            let unknown = Value::Undefined(Arc::new(Marker::new(
                MarkerKind::Pending,
                "the loop's item is not known before it runs",
            )));
            world.set_local(loop_var(task), unknown);
        }
        match &*task.action.name {
            "set_fact" => self.set_fact(task, &world, done, walk),
            "include_vars" => self.include_vars(task, &world, done, walk),
            // its group may have variables that the host has not yet
            "group_by" => walk.later.push(Later {
                what: "group_by (perhaps)",
                span: task.span,
                value: None,
                perhaps: done.perhaps,
            }),
            "add_host" if !done.skipped => self.add_host(task, &world)?,
            "include_tasks" | "include_role" => self.include(task, &world, perhaps, walk, look)?,
            _ => {}
        }
        if let Some(name) = task.register.as_ref().and_then(Node::as_str) {
            let written = Written { what: "register", span: task.span, value: None, perhaps: done.perhaps };
            self.keep(name, written, Value::Undefined(Arc::new(not_run())), done, walk);
        }
        Ok(())
    }

    /// Whether a task runs, as far as its conditions tell without facts and results.
    fn runs(&self, task: &Task, world: &TaskWorld) -> Option<bool> {
        let mut all = Some(true);
        for condition in task.when() {
            let spy = Spy { world, read: Default::default() };
            let holds = template::conditional(&Value::from_node(condition), &spy);
            let known = spy.read.into_inner().iter().all(|name| {
                crate::cli::explain::is_global(name)
                    || world.variable(name).is_some_and(|value| !matches!(value, Value::Undefined(_)))
            });
            match holds {
                Ok(false) if known => return Some(false),
                Ok(true) if known => {}
                _ => all = None,
            }
        }
        all
    }

    fn set_fact(&mut self, task: &Task, world: &TaskWorld, done: Done, walk: &mut Walk) {
        let given = || task.action.args.iter().filter(|(name, _)| &**name != "cacheable");
        let cacheable = task.action.arg("cacheable").is_some_and(|node| {
            let value = template::render(&Value::from_node(node), &Spy { world, read: Default::default() });
            value.ok().and_then(|value| crate::engine::to_bool(&value)) == Some(true)
        });
        for (name, node) in given() {
            let raw = Value::from_node(node);
            let spy = Spy { world, read: Default::default() };
            let name = match template::is_template(name) {
                true => match template::render(&Value::trusted(name.clone(), Some(node.span)), &spy) {
                    Ok(name) => Arc::from(name.to_string()),
                    Err(_) => continue,
                },
                false => name.clone(),
            };
            let value = template::render(&raw, &spy);
            let value = value.unwrap_or_else(|error| {
                let why =
                    format!("a task sets it to what cannot be told before: {}", super::innermost(&error));
                Value::Undefined(Arc::new(Marker::new(MarkerKind::Pending, why)))
            });
            let written =
                Written { what: "set_fact", span: node.span, value: Some(raw), perhaps: done.perhaps };
            if cacheable && !done.skipped {
                self.cached.insert(name.clone(), written.clone());
            }
            self.keep(&name, written, value, done, walk);
        }
    }

    fn keep(&mut self, name: &str, written: Written, value: Value, done: Done, walk: &mut Walk) {
        if name == self.name {
            let Written { what, span, value, perhaps } = written.clone();
            walk.later.push(Later { what, span, value, perhaps });
        }
        if done.skipped {
            return;
        }
        let name: Arc<str> = name.into();
        self.set.entry(name.clone()).or_default().push(written);
        if let Some(host) = self.stage.ground.store.host(&self.stage.host) {
            host.add_set([(name, value)]);
        }
    }

    fn include_vars(&mut self, task: &Task, world: &TaskWorld, done: Done, walk: &mut Walk) {
        let unknown =
            Later { what: "include_vars (perhaps)", span: task.span, value: None, perhaps: done.perhaps };
        let text = |node: &Node| {
            let spy = Spy { world, read: Default::default() };
            template::render(&Value::from_node(node), &spy).ok().map(|value| value.to_string())
        };
        let file = task.action.raw.as_ref().or_else(|| task.action.arg("file")).and_then(text);
        let path = file.and_then(|file| world.find_file("vars", Path::new(file.trim())));
        let node = path.and_then(|path| self.stage.ground.store.vault.yaml(&path).ok());
        let Some(node) = node else {
            walk.later.push(unknown);
            return;
        };
        let pairs = node.as_map().map(|map| map.pairs.clone()).unwrap_or_default();
        let pairs: Vec<(Arc<str>, Node)> = pairs
            .into_iter()
            .map(|(key, value)| (Value::from_node(&key).to_string().into(), value))
            .collect();
        let vars: Vec<(Arc<str>, Value, Span)> = match task.action.arg("name").and_then(text) {
            Some(name) if !name.is_empty() => {
                let all = pairs.iter().map(|(name, node)| (Key::str(name.clone()), Value::from_node(node)));
                vec![(name.into(), Value::Dict(all.collect()), node.span)]
            }
            _ => pairs
                .into_iter()
                .map(|(name, node)| {
                    let value = Value::from_node(&node);
                    (name, value, node.span)
                })
                .collect(),
        };
        for (name, value, span) in vars {
            if &*name == self.name {
                let value = Some(value.clone());
                walk.later.push(Later { what: "include_vars", span, value, perhaps: done.perhaps });
            }
            if done.skipped {
                continue;
            }
            self.included.insert(name.clone(), span);
            if let Some(host) = self.stage.ground.store.host(&self.stage.host) {
                host.add_included([(name, value)]);
            }
        }
    }

    fn add_host(&mut self, task: &Task, world: &TaskWorld) -> Result<(), Diagnostic> {
        const NAMES: [&str; 3] = ["name", "hostname", "host"];
        const SPECIAL: [&str; 6] = ["name", "hostname", "groups", "groupname", "group", "groupnames"];
        let named = NAMES.iter().find_map(|name| task.action.arg(name)).and_then(|node| {
            let spy = Spy { world, read: Default::default() };
            template::render(&Value::from_node(node), &spy).ok().map(|value| value.to_string())
        });
        let stage = &mut *self.stage;
        if named.as_deref() != Some(&*stage.host) {
            return Ok(());
        }
        let Some(host) = stage.ground.inventory.hosts.get_mut(&stage.host) else { return Ok(()) };
        let vars = Arc::make_mut(&mut host.vars);
        for (name, node) in task.action.args.iter().filter(|(name, _)| !SPECIAL.contains(&&**name)) {
            let old = vars.insert(name.clone(), node.clone());
            self.replaced.extend(old.map(|old| (name.clone(), old)));
            self.added.push(node.span);
        }
        stage.ground.inventories.update(&stage.ground.inventory, &stage.ground.store, &stage.host)
    }

    /// Goes through what a task includes, where its name can be told.
    fn include(
        &mut self,
        task: &Arc<Task>,
        world: &TaskWorld,
        perhaps: bool,
        walk: &mut Walk,
        look: &mut Look<'_>,
    ) -> Result<(), Diagnostic> {
        let render = |node: &Node| {
            let spy = Spy { world, read: Default::default() };
            template::render(&Value::from_node(node), &spy).ok()
        };
        let base = walk.play.file.parent().map(Path::to_path_buf).unwrap_or_default();
        let disk = self.stage.disk.clone();
        let Some(disk) = disk.as_deref() else { return Ok(()) };
        let loader = Loader::new(disk, base);
        let none: Option<Arc<Vars>> = None;
        // what a file of an unknown name sets cannot be told
        let unknown = |what: &'static str| Later { what, span: task.span, value: None, perhaps };
        let mut roles = Vec::new();
        let items = if &*task.action.name == "include_tasks" {
            let file = task.action.raw.as_ref().or_else(|| task.action.arg("file")).and_then(render);
            let path = file.and_then(|file| loader.tasks_path(task, file.to_string().trim()).ok());
            let Some(path) = path else {
                walk.later.push(unknown("include_tasks (perhaps)"));
                return Ok(());
            };
            loader.include_tasks(task, &path, none)?
        } else {
            let args = task.action.args.iter().filter_map(|(name, node)| {
                let value = render(node)?;
                let value = match &**name {
                    "public" | "allow_duplicates" | "rolespec_validate" => {
                        crate::engine::to_bool(&value)?.into()
                    }
                    "apply" => return None,
                    _ => value.to_data().ok()?,
                };
                Some((name.to_string(), value))
            });
            let args: Map = args.collect();
            let named = args.contains_key("name") || args.contains_key("role");
            let ask = || role_ask(&args, disk, task.action.span);
            let loaded = named.then(|| loader.include_role(task, ask(), none).ok()).flatten();
            let Some(loaded) = loaded else {
                walk.later.push(unknown("include_role (perhaps)"));
                return Ok(());
            };
            roles.push(loaded.role);
            loaded.items
        };
        roles.splice(0..0, loader.take_imported().roles);
        let mut vars = (*walk.vars).clone();
        vars.take_in(&roles, &self.stage.ground.store.scopes);
        walk.vars = Arc::new(vars);
        self.items(&items, walk, perhaps, look)
    }
}

/// Sees a task, before it has done anything, with the play's variables.
pub(super) type Look<'l> =
    dyn FnMut(&Foresight<'_>, &Arc<Task>, &Arc<PlayVars>) -> Result<(), Diagnostic> + 'l;

/// Where the walk is.
struct Walk {
    play: Arc<Play>,
    vars: Arc<PlayVars>,
    later: Vec<Later>,
    depth: usize,
}

/// How sure it is that a task runs.
#[derive(Clone, Copy)]
struct Done {
    /// It may also not.
    perhaps: bool,
    /// What it does is not done: it stands where tasks do not usually run.
    skipped: bool,
}

fn not_run() -> Marker {
    Marker::new(MarkerKind::Pending, "it is the result of a task that has not run")
}

/// The name of a loop's variable.
pub(super) fn loop_var(task: &Task) -> Arc<str> {
    let named = task.loop_control.loop_var.as_ref().and_then(Node::as_str);
    named.unwrap_or("item").into()
}

/// The folder that stands for one group or host, if the file is one of several in it.
fn folder_of(file: &Path) -> Option<std::path::PathBuf> {
    let kind = |path: &Path| {
        let above = path.parent()?.file_name()?;
        (above == "group_vars" || above == "host_vars").then_some(())
    };
    let folder = file.ancestors().skip(1).find(|folder| kind(folder).is_some())?;
    Some(folder.to_path_buf())
}
