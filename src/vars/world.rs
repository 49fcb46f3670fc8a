//! The world of one task on one host: the stack of layers that a name is looked up in, and where files are.

use super::layer::{Layer, Setting, merged, that_say_something};
use super::magic;
use super::scope::Scope;
use super::store::{Facts, HostStore, PlayVars, VarStore};
use crate::diag::{Diagnostic, ErrorKind};
use crate::inventory::Inventory;
use crate::maps::{HashMap, IndexMap};
use crate::playbook::{self, Task};
use crate::template::{Effect, Marker, MarkerKind, Value, World};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Everything that a name can come from, for one task on one host. Made once for both, shared by the loop's items.
pub struct Layers {
    /// The run's variables.
    pub store: Arc<VarStore>,
    /// The play's.
    pub play: Arc<PlayVars>,
    /// The host's.
    pub host: Arc<HostStore>,
    /// The task, if it is a task's world.
    pub task: Option<Arc<Task>>,
    /// From the lowest precedence to the highest, without facts and magic: role defaults, inventory; then, above
    /// the facts, play to extra vars.
    below_facts: Vec<(Layer, Scope)>,
    above_facts: Vec<(Layer, Scope)>,
    facts: Facts,
    /// As `hostvars` shows a host: nothing of a play or a task.
    pub(super) bare: bool,
    /// The name under which a task is delegated to the host, where it has another.
    pub called: Option<Arc<str>>,
}

impl Layers {
    /// The layers of a task on a host.
    pub fn new(
        store: &Arc<VarStore>,
        play: &Arc<PlayVars>,
        host: Arc<HostStore>,
        task: Option<Arc<Task>>,
    ) -> Layers {
        let scopes = |vars: &Arc<playbook::Vars>| store.scopes.get(vars);
        let of = |layer: Layer| move |scope: Scope| (layer, scope);
        let mut below: Vec<(Layer, Scope)> =
            play.role_defaults.iter().cloned().map(of(Layer::RoleDefaults)).collect();
        // from the play down to the task
        let mut chain: Vec<&playbook::Scope> =
            task.iter().flat_map(|task| task.parent.chain()).map(|link| &link.scope).collect();
        chain.reverse();
        // of roles that include this one their own word counts, not that of their dependencies; among defaults
        // those of this role's dependencies come below theirs, among vars above
        let roles: Vec<&playbook::Role> = chain
            .iter()
            .filter_map(|scope| match scope {
                playbook::Scope::Role(role) => Some(&**role),
                _ => None,
            })
            .collect();
        let own = roles.last().map(|role| role.with_dependencies()).unwrap_or_default();
        let including = roles.iter().rev().skip(1).rev().copied();
        let (itself, dependencies) =
            own.split_last().map_or((None, &own[..]), |(role, rest)| (Some(*role), rest));
        let defaults = dependencies.iter().copied().chain(including.clone()).chain(itself);
        below.extend(defaults.map(|role| (Layer::RoleDefaults, scopes(&role.defaults))));
        below.extend(host.inventory().into_iter().map(of(Layer::Inventory)));
        let mut above = vec![(Layer::Play, play.vars.clone()), (Layer::Prompt, play.prompts.clone())];
        let host_files = play.host_files.get(&host.name).into_iter().flatten();
        above.extend(play.files.iter().chain(host_files).cloned().map(of(Layer::VarsFiles)));
        above.extend(play.role_vars.iter().cloned().map(of(Layer::RoleVars)));
        let role_vars = including.chain(dependencies.iter().copied()).chain(itself);
        above.extend(role_vars.map(|role| (Layer::RoleVars, scopes(&role.vars))));
        for scope in &chain {
            match scope {
                playbook::Scope::Block(k) | playbook::Scope::Import(k) | playbook::Scope::Apply(k) => {
                    above.push((Layer::Block, scopes(&k.vars)));
                }
                playbook::Scope::Role(role) => above.push((Layer::Block, scopes(&role.keywords.vars))),
                _ => {}
            }
        }
        above.extend(task.iter().map(|task| (Layer::Task, scopes(&task.keywords.vars))));
        above.push((Layer::IncludeVars, host.included()));
        above.push((Layer::SetFact, host.set()));
        for scope in &chain {
            if let playbook::Scope::Role(role) = scope {
                above.push((Layer::RoleParams, scopes(&role.params)));
            }
        }
        // an include's own variables, unrendered, and the values that the engine knows (the loop's item)
        for scope in &chain {
            match scope {
                playbook::Scope::Include(task) => {
                    above.push((Layer::IncludeParams, scopes(&task.keywords.vars)));
                }
                playbook::Scope::Values(values) => above.push((Layer::IncludeParams, scopes(values))),
                _ => {}
            }
        }
        above.push((Layer::Extra, store.extra.clone()));
        that_say_something(&mut below);
        that_say_something(&mut above);
        let facts = host.facts();
        Layers {
            store: store.clone(),
            play: play.clone(),
            host,
            task,
            below_facts: below,
            above_facts: above,
            facts,
            bare: false,
            called: None,
        }
    }

    /// A host's variables as `hostvars` shows them: without what belongs to the play and the task that looks.
    pub fn of_host(looking: &Layers, host: Arc<HostStore>) -> Layers {
        let mut play = PlayVars::default();
        play.magic.playbook_dir.clone_from(&looking.play.magic.playbook_dir);
        Layers { bare: true, ..Layers::new(&looking.store, &Arc::new(play), host, None) }
    }

    /// `playbook_dir`.
    pub fn playbook_dir(&self) -> &Path {
        self.play.magic.playbook_dir.as_deref().unwrap_or(&self.store.run.playbook_dir)
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.above_facts.iter().rev().find_map(|(_, scope)| scope.get(name))
    }

    fn find_below(&self, name: &str) -> Option<&Value> {
        self.below_facts.iter().rev().find_map(|(_, scope)| scope.get(name))
    }

    /// What the layers say about a variable, the weakest first; facts, where they count, are `fact`.
    fn settings(&self, name: &str, fact: Option<Value>) -> Vec<Setting> {
        let said = |(layer, scope): &(Layer, Scope)| {
            let value = scope.get(name)?.clone();
            let own = match &value {
                Value::Str(text) => text.span,
                _ => None,
            };
            let span = own.or_else(|| self.store.scopes.place(scope, name));
            Some(Setting { layer: *layer, span, value })
        };
        let fact = fact.map(|value| Setting { layer: Layer::Facts, span: None, value });
        let below = self.below_facts.iter().filter_map(said);
        below.chain(fact).chain(self.above_facts.iter().filter_map(said)).collect()
    }
}

/// What is known of a task's start ahead of its turn.
#[derive(Clone, Default)]
pub struct Ahead {
    /// Variables that earlier tasks will have set, once they are committed; the last one of a name counts.
    pub provisional: Rc<Vec<(Arc<str>, Value)>>,
    /// Facts that earlier tasks will have set.
    pub facts: Option<Facts>,
    /// Names that earlier tasks will set to what is not known yet.
    pub pending: Rc<Vec<Arc<str>>>,
}

/// Where a task's files are looked for.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Folders in the order of Ansible's search: role, including roles, task file, playbook.
    pub search: Rc<[PathBuf]>,
}

impl Files {
    /// The folders of a task.
    pub fn of(task: Option<&Task>, playbook_dir: &Path) -> Files {
        let mut search: Vec<PathBuf> = Vec::new();
        let mut add = |folder: PathBuf| {
            if !search.contains(&folder) {
                search.push(folder);
            }
        };
        if let Some(task) = task {
            task.parent.roles().for_each(|role| add(role.path.clone()));
            // of nested includes only the file that the task itself stands in counts
            let own = task.parent.chain().find_map(|link| match &link.scope {
                playbook::Scope::File(folder) => Some(folder.clone()),
                _ => None,
            });
            own.into_iter().for_each(&mut add);
        }
        add(playbook_dir.to_path_buf());
        Files { search: search.into() }
    }

    /// The same with one more folder, looked into last.
    fn and(&self, folder: &Path) -> Files {
        Files { search: self.search.iter().cloned().chain([folder.to_path_buf()]).collect() }
    }
}

/// One task, or one item of its loop, on one host.
pub struct TaskWorld {
    layers: Arc<Layers>,
    locals: IndexMap<Arc<str>, Value>,
    files: Files,
    ahead: Option<Ahead>,
    at_turn: bool,
    check: Option<bool>,
    delegate: Option<Arc<Layers>>,
    memory: RefCell<HashMap<usize, (Arc<str>, Value)>>,
    effect: Cell<Option<Effect>>,
    touched_pending: Cell<bool>,
    warnings: RefCell<Vec<String>>,
}

impl TaskWorld {
    /// The world of these layers.
    pub fn new(layers: Arc<Layers>) -> TaskWorld {
        let files = Files::of(layers.task.as_deref(), layers.playbook_dir());
        TaskWorld {
            layers,
            locals: IndexMap::default(),
            files,
            ahead: None,
            at_turn: false,
            check: None,
            delegate: None,
            memory: RefCell::default(),
            effect: Cell::new(None),
            touched_pending: Cell::new(false),
            warnings: RefCell::default(),
        }
    }

    /// The same task with other local variables: an item of its loop. Nothing rendered is remembered.
    pub fn for_item(&self, locals: IndexMap<Arc<str>, Value>) -> TaskWorld {
        TaskWorld {
            layers: self.layers.clone(),
            locals,
            files: self.files.clone(),
            ahead: self.ahead.clone(),
            at_turn: self.at_turn,
            check: self.check,
            delegate: self.delegate.clone(),
            memory: RefCell::default(),
            effect: Cell::new(None),
            touched_pending: Cell::new(false),
            warnings: RefCell::default(),
        }
    }

    /// Marks it as a start ahead of its turn: effects are refused, what is pending is a marker.
    pub fn looking_ahead(mut self, ahead: Ahead) -> TaskWorld {
        self.ahead = Some(ahead);
        self
    }

    /// Says anew what earlier tasks will have set.
    pub fn set_ahead(&mut self, ahead: Ahead) {
        self.ahead = Some(ahead);
        self.effect.set(None);
        self.touched_pending.set(false);
        self.memory.borrow_mut().clear();
    }

    /// Its turn has come: effects are allowed, and what earlier tasks have set is in these layers.
    pub fn turn_has_come(&mut self, layers: Arc<Layers>) {
        self.layers = layers;
        self.ahead = None;
        self.at_turn = true;
        self.touched_pending.set(false);
        self.memory.borrow_mut().clear();
    }

    /// Whether rendering ahead of the turn met something that must wait for it; what it yielded means nothing then.
    pub fn blocked(&self) -> bool {
        self.ahead.is_some() && !self.at_turn && (self.effect.get().is_some() || self.touched_pending.get())
    }

    /// Looks for files in one more folder, after all others.
    pub fn search_also(&mut self, folder: &Path) {
        self.files = self.files.and(folder);
    }

    /// Gives the check mode that the task itself runs in.
    pub fn set_check_mode(&mut self, check: bool) {
        self.check = Some(check);
    }

    /// Another host does the task's work: `ansible_delegated_vars`, and what is told of the connection, are that
    /// host's. Gives that host's world.
    pub fn set_delegate(&mut self, name: &Arc<str>, host: Arc<HostStore>) -> TaskWorld {
        let Layers { store, play, task, .. } = &*self.layers;
        let mut layers = Layers::new(store, play, host, task.clone());
        layers.called = Some(name.clone());
        let layers = Arc::new(layers);
        self.delegate = Some(layers.clone());
        let vars = Value::object(super::hostvars::Delegated { layers: layers.clone() });
        self.set_local("ansible_delegated_vars", Value::dict([(name.clone(), vars)]));
        TaskWorld::new(layers).for_item(self.locals.clone())
    }

    /// The layers of the host that does the work, where that is another.
    pub fn delegate(&self) -> Option<&Arc<Layers>> {
        self.delegate.as_ref()
    }

    /// Sets a local variable: above everything. What was rendered before is forgotten.
    pub fn set_local(&mut self, name: impl Into<Arc<str>>, value: Value) {
        self.locals.insert(name.into(), value);
        self.memory.borrow_mut().clear();
    }

    /// Takes a local variable away again.
    pub fn remove_local(&mut self, name: &str) {
        self.locals.shift_remove(name);
        self.memory.borrow_mut().clear();
    }

    /// The local variables: the loop's.
    pub fn locals(&self) -> &IndexMap<Arc<str>, Value> {
        &self.locals
    }

    /// What it is made of.
    pub fn layers(&self) -> &Arc<Layers> {
        &self.layers
    }

    /// Where its files are.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// `ansible_check_mode`.
    pub fn check_mode(&self) -> bool {
        self.check.or(self.layers.play.magic.check).unwrap_or(self.layers.store.run.check)
    }

    /// The host's facts.
    pub fn facts(&self) -> &Facts {
        self.ahead.as_ref().and_then(|ahead| ahead.facts.as_ref()).unwrap_or(&self.layers.facts)
    }

    /// The strongest effect that rendering had.
    pub fn strongest_effect(&self) -> Option<Effect> {
        self.effect.get()
    }

    /// The warnings that rendering gave; they are forgotten here.
    pub fn take_warnings(&self) -> Vec<String> {
        self.warnings.take()
    }

    fn earlier_tasks_value(&self, name: &str) -> Option<Value> {
        let ahead = self.ahead.as_ref()?;
        if ahead.pending.iter().any(|pending| &**pending == name) {
            self.touched_pending.set(true);
            let marker = Marker::new(MarkerKind::Pending, format!("'{name}' is not known yet"));
            return Some(Value::Undefined(Arc::new(marker)));
        }
        ahead.provisional.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
    }

    /// All that sets a variable, the weakest first; the last one is what the variable is.
    pub fn explain(&self, name: &str) -> Vec<Setting> {
        let fact = magic::of_host(self, name).or_else(|| self.injected_fact(name));
        let mut settings = self.layers.settings(name, fact);
        if let Some(value) = magic::value(self, name) {
            settings.push(Setting { layer: Layer::Magic, span: None, value });
        }
        settings
    }

    /// A variable under `hash_behaviour = merge`.
    fn merged(&self, name: &str) -> Option<Value> {
        let fact = magic::of_host(self, name).or_else(|| self.injected_fact(name));
        let mut settings = self.layers.settings(name, fact);
        if let Some(value) = self.earlier_tasks_value(name) {
            settings.retain(|setting| setting.layer != Layer::SetFact);
            let at = settings.partition_point(|setting| setting.layer < Layer::SetFact);
            settings.insert(at, Setting { layer: Layer::SetFact, span: None, value });
        }
        let mut counting: Vec<Setting> = Vec::new();
        for setting in settings {
            counting.retain(|weak| !setting.layer.replaces(weak.layer));
            counting.push(setting);
        }
        counting.into_iter().map(|setting| setting.value).reduce(|weak, strong| merged(&weak, &strong, 0))
    }

    /// A fact by the name of the variable that it is injected as.
    fn injected_fact(&self, name: &str) -> Option<Value> {
        if !self.layers.store.run.inject_facts {
            return None;
        }
        self.facts().given.as_dict()?.get(name)
    }
}

impl TaskWorld {
    /// A variable that somebody set: without what a task sees of its own connection.
    pub fn given(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.locals.get(name) {
            return Some(value.clone());
        }
        // no magic name is ever set by an earlier task, and most names are not magic
        if let Some(value) = magic::value(self, name) {
            return Some(value);
        }
        if self.layers.store.run.merge {
            return self.merged(name);
        }
        if let Some(value) = self.layers.store.extra.get(name) {
            return Some(value.clone());
        }
        if let Some(value) = self.earlier_tasks_value(name) {
            return Some(value);
        }
        if let Some(value) = self.layers.find(name) {
            return Some(value.clone());
        }
        let below = || self.injected_fact(name).or_else(|| self.layers.find_below(name).cloned());
        magic::of_host(self, name).or_else(below)
    }
}

impl World for TaskWorld {
    fn variable(&self, name: &str) -> Option<Value> {
        self.given(name).or_else(|| magic::connection(self, name))
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        let mut names: IndexMap<Arc<str>, ()> = IndexMap::default();
        let layers = self.layers.below_facts.iter().chain(&self.layers.above_facts);
        names.extend(layers.flat_map(|(_, scope)| scope.keys()).map(|name| (name.clone(), ())));
        if self.layers.store.run.inject_facts
            && let Some(facts) = self.facts().given.as_dict()
        {
            names.extend(facts.keys().into_iter().filter_map(|key| Some((Arc::from(key.as_str()?), ()))));
        }
        if let Some(ahead) = &self.ahead {
            names.extend(ahead.provisional.iter().map(|(name, _)| (name.clone(), ())));
        }
        for name in magic::NAMES {
            if magic::value(self, name).or_else(|| magic::of_host(self, name)).is_some() {
                names.insert((*name).into(), ());
            }
        }
        names.extend(self.locals.keys().map(|name| (name.clone(), ())));
        names.into_keys().collect()
    }

    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf> {
        if name.is_absolute() {
            return name.exists().then(|| name.to_path_buf());
        }
        let roles: Vec<&Path> = self
            .layers
            .task
            .iter()
            .flat_map(|task| task.parent.roles())
            .map(|role| role.path.as_path())
            .collect();
        let mut candidates = self.files.search.iter().flat_map(|folder| {
            let within = !subfolder.is_empty() && !name.starts_with(subfolder);
            // ansible-core looks for files in a role's tasks, too
            let in_tasks = subfolder == "files" && roles.contains(&folder.as_path());
            [
                within.then(|| folder.join(subfolder).join(name)),
                Some(folder.join(name)),
                in_tasks.then(|| folder.join("tasks").join(name)),
            ]
            .into_iter()
            .flatten()
        });
        candidates.find(|path| path.exists())
    }

    fn find_included(&self, name: &Path) -> Option<PathBuf> {
        // ansible-core looks beside the playbook alone
        self.files.search.last().map(|folder| folder.join(name)).filter(|path| path.is_file())
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.files.search.to_vec()
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        let bytes = std::fs::read(path).map_err(|e| {
            Diagnostic::user(format!(
                "an error occurred while trying to read the file '{}': {e}",
                path.display()
            ))
        })?;
        let content = self.layers.store.vault.content(path, bytes)?;
        Ok((content.bytes.to_vec(), content.secret))
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Ok(self.layers.store.vault.text(vault)?)
    }

    fn secret_made(&self, text: &str) {
        self.layers.store.vault.tell_made(text);
    }

    fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.layers.store.vault.sealed(plain)
    }

    fn effect(&self, effect: Effect) -> Result<(), Diagnostic> {
        self.effect.set(self.effect.get().max(Some(effect)));
        match self.ahead {
            Some(_) if !self.at_turn => {
                Err(Diagnostic::new(ErrorKind::Internal, "this template waits for its task's turn"))
            }
            _ => Ok(()),
        }
    }

    fn remembered(&self, template: &Arc<str>) -> Option<Value> {
        let memory = self.memory.borrow();
        memory.get(&(Arc::as_ptr(template) as *const u8 as usize)).map(|(_, value)| value.clone())
    }

    fn remember(&self, template: &Arc<str>, value: &Value) {
        // the key is an address; holding the string keeps it from being used again
        let key = Arc::as_ptr(template) as *const u8 as usize;
        self.memory.borrow_mut().insert(key, (template.clone(), value.clone()));
    }

    fn config(&self, name: &str) -> Option<Value> {
        self.layers.store.run.config.get(name).cloned()
    }

    fn config_origin(&self, name: &str) -> Option<String> {
        self.layers.store.run.config_origins.get(name).cloned()
    }

    fn hosts_matching(
        &self,
        groups: &[(String, Vec<String>)],
        patterns: &[String],
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        let matched = Inventory::among(groups, patterns)?;
        matched.warnings.iter().for_each(|warning| World::warn(self, warning));
        Ok(matched.hosts)
    }

    fn warn(&self, text: &str) {
        self.warnings.borrow_mut().push(text.to_string());
    }
}
