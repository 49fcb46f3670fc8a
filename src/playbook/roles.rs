//! Roles: where they are, what their files hold, and the tasks they come to.

use super::includes::{check_apply, expanded, include_parent, static_names};
use super::known::short;
use super::source::class_of;
use super::tasks::{Loader, list_of, next_id, not_an_attribute, shown, vars_of};
use super::{Action, Item, Keywords, LoopControl, Parent, Role, Scope, Task, Vars};
use crate::diag::{Diagnostic, Span};
use crate::yaml::{Kind, Mapping, Node};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

/// How long a chain of dependencies may be.
const DEPTH: usize = 50;

/// What a role came to: itself, its tasks (its dependencies' first) and its handlers.
#[derive(Debug)]
pub struct LoadedRole {
    /// The role.
    pub role: Arc<Role>,
    /// Tasks, behind those of its dependencies; the last one is an implicit `meta: role_complete`.
    pub items: Vec<Item>,
    /// Lists of handlers: those of its dependencies, then its own.
    pub handlers: Vec<Vec<Item>>,
}

/// How a role is asked for.
#[derive(Clone, Debug)]
pub struct RoleAsk {
    /// Its name, rendered.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// Keywords beside it.
    pub keywords: Arc<Keywords>,
    /// Parameters beside it.
    pub params: Arc<Vars>,
    /// `tasks_from`, rendered.
    pub tasks_from: Option<String>,
    /// `vars_from`, rendered.
    pub vars_from: Option<String>,
    /// `defaults_from`, rendered.
    pub defaults_from: Option<String>,
    /// `handlers_from`, rendered.
    pub handlers_from: Option<String>,
    /// By include_role or import_role.
    pub included: bool,
    /// Whether its defaults and vars are seen by the rest of the play.
    pub public: bool,
    /// Overrides what its meta says.
    pub allow_duplicates: Option<bool>,
    /// Whether its argument specification is checked.
    pub validate: bool,
}

impl RoleAsk {
    /// A role by its name alone.
    pub fn new(name: impl Into<String>, span: Span) -> RoleAsk {
        RoleAsk {
            name: name.into(),
            span,
            keywords: Arc::default(),
            params: Arc::default(),
            tasks_from: None,
            vars_from: None,
            defaults_from: None,
            handlers_from: None,
            included: false,
            public: true,
            allow_duplicates: None,
            validate: true,
        }
    }
}

/// A role with the files that its tasks come from.
struct Files {
    role: Arc<Role>,
    tasks: Option<Node>,
    handlers: Option<Node>,
    dependencies: Vec<Files>,
    entry: String,
    validate: bool,
}

impl Loader<'_> {
    /// The roles of a play.
    pub(super) fn play_roles(
        &self,
        node: Option<&Node>,
        play: Span,
        top: &Arc<Parent>,
    ) -> Result<Vec<LoadedRole>, Diagnostic> {
        let entries = match node.map(|n| (n, &n.kind)) {
            None | Some((_, Kind::Null)) => return Ok(Vec::new()),
            Some((_, Kind::Seq(entries))) => entries,
            Some((node, _)) => {
                return Err(Diagnostic::parse(
                    format!(
                        "A malformed role declaration was encountered: ds ({}) should be a list but was a {}",
                        shown(node),
                        class_of(node)
                    ),
                    play,
                ));
            }
        };
        entries.iter().map(|entry| self.role(self.ask(entry, top)?, top)).collect()
    }

    /// A role below `parent`, its dependencies included.
    ///
    /// # Errors
    /// It is not there, or one of its files is not what it should be.
    pub fn role(&self, ask: RoleAsk, parent: &Arc<Parent>) -> Result<LoadedRole, Diagnostic> {
        let files = self.files(ask, parent, 0)?;
        let (mut items, mut handlers) = (Vec::new(), Vec::new());
        self.compile(&files, parent, &mut items, &mut handlers)?;
        Ok(LoadedRole { role: files.role, items, handlers })
    }

    /// The role of a dynamic include. `ask` holds its arguments, rendered.
    ///
    /// # Errors
    /// As [`Loader::role`].
    pub fn include_role(
        &self,
        include: &Arc<Task>,
        ask: RoleAsk,
        values: Option<Arc<Vars>>,
    ) -> Result<LoadedRole, Diagnostic> {
        self.role(ask, &include_parent(include, values)?)
    }

    pub(super) fn import_role(&self, task: Task, items: &mut Vec<Item>) -> Result<(), Diagnostic> {
        self.check_role_args(&task)?;
        if task.loop_.is_some() {
            return Err(Diagnostic::parse(
                format!(
                    "You cannot use loops on '{}' statements. You should use 'include_role' instead.",
                    task.action.written
                ),
                task.span,
            ));
        }
        let text = |name: &str| -> Result<Option<String>, Diagnostic> {
            task.action.arg(name).map(|node| self.static_name(node, &task, "path")).transpose()
        };
        let flag = |name: &str| task.action.arg(name).and_then(truth);
        let Some(node) = role_name(&task.action) else { return Ok(()) };
        let ask = RoleAsk {
            tasks_from: text("tasks_from")?,
            vars_from: text("vars_from")?,
            defaults_from: text("defaults_from")?,
            handlers_from: text("handlers_from")?,
            included: true,
            public: flag("public").unwrap_or(!self.source.private_role_vars().unwrap_or(false)),
            allow_duplicates: Some(flag("allow_duplicates").unwrap_or(true)),
            validate: flag("rolespec_validate").unwrap_or(true),
            ..RoleAsk::new(self.static_name(node, &task, "path")?, node.span)
        };
        let parent = task.parent.below(Scope::Import(task.keywords.clone()));
        let loaded = self.role(ask, &parent)?;
        items.extend(loaded.items);
        let mut imported = self.imported.lock().unwrap_or_else(|e| e.into_inner());
        imported.handlers.extend(loaded.handlers);
        imported.roles.push(loaded.role);
        Ok(())
    }

    pub(super) fn check_role_args(&self, task: &Task) -> Result<(), Diagnostic> {
        let action = &task.action;
        let written = short(&action.written);
        if role_name(action).is_none() && action.whole.is_none() {
            let message = format!("'name' is a required field for {written}.");
            return Err(Diagnostic::parse(message, task.span));
        }
        let froms = ["tasks_from", "vars_from", "defaults_from", "handlers_from"];
        let others = ["name", "role", "public", "allow_duplicates", "rolespec_validate"];
        let known = |name: &str| {
            froms.contains(&name) || others.contains(&name) || name == "apply" && written == "include_role"
        };
        let mut bad: Vec<&str> = action.args.iter().map(|(n, _)| &**n).filter(|n| !known(n)).collect();
        bad.sort_unstable();
        if !bad.is_empty() {
            let message = format!("Invalid options for {written}: {}", bad.join(","));
            return Err(Diagnostic::parse(message, task.span));
        }
        for name in froms {
            if let Some(node) = action.arg(name).filter(|n| n.as_str().is_none()) {
                let message = format!("Expected a string for {name} but got {} instead", class_of(node));
                return Err(Diagnostic::parse(message, node.span));
            }
        }
        check_apply(task)
    }

    /// An entry of `roles:` or of `dependencies:`.
    fn ask(&self, entry: &Node, parent: &Arc<Parent>) -> Result<RoleAsk, Diagnostic> {
        let named = |node: &Node| match node.as_str() {
            Some(text) if text.contains("{{") => self.source.static_name(node, &static_names(parent, None)),
            Some(text) => Ok(text.to_owned()),
            None => Err(Diagnostic::parse("Invalid role definition.", entry.span)),
        };
        let public = !self.source.private_role_vars().unwrap_or(false);
        let Some(map) = entry.as_map() else {
            return Ok(RoleAsk { public, ..RoleAsk::new(named(entry)?, entry.span) });
        };
        let Some(name) = map.get("role").or_else(|| map.get("name")).filter(|n| !n.is_null()) else {
            return Err(Diagnostic::user("role definitions must contain a role name").at(entry.span));
        };
        let mut keywords = Keywords::default();
        let mut params = Vars::default();
        for (key, value) in &map.pairs {
            match key.as_str() {
                Some("role" | "name") => {}
                Some(word) if keywords.read(word, value, "RoleInclude")? => {}
                Some(word) => params.pairs.push((word.into(), value.clone())),
                None => return Err(Diagnostic::parse("Invalid role definition.", key.span)),
            }
        }
        Ok(RoleAsk {
            keywords: Arc::new(keywords),
            params: Arc::new(params),
            public,
            ..RoleAsk::new(named(name)?, entry.span)
        })
    }

    /// The role's folder.
    fn find(&self, ask: &RoleAsk, parent: &Arc<Parent>) -> Result<PathBuf, Diagnostic> {
        let mut places = vec![self.base.join("roles")];
        places.extend(self.source.roles_path());
        places.extend(parent.role().and_then(|above| above.path.parent()).map(Path::to_path_buf));
        places.push(self.base.clone());
        let name = expanded(&ask.name);
        let here = std::path::absolute(&name).ok();
        let found = places.iter().map(|place| place.join(&name)).chain(here).find(|path| path.is_dir());
        found.map(|path| tidy(&path)).ok_or_else(|| {
            let places: Vec<String> = places.iter().map(|p| p.display().to_string()).collect();
            Diagnostic::user(format!("the role '{}' was not found in {}", ask.name, places.join(":")))
                .at(ask.span)
        })
    }

    fn files(&self, ask: RoleAsk, parent: &Arc<Parent>, depth: usize) -> Result<Files, Diagnostic> {
        if depth > DEPTH {
            return Err(Diagnostic::user(
                "A recursion loop was detected with the roles specified. Make sure child roles do not have \
                 dependencies on parent roles",
            )
            .at(ask.span));
        }
        let path = self.find(&ask, parent)?;
        let name: Arc<str> = match path.file_name() {
            Some(last) if ask.name.starts_with(['/', '~']) => last.to_string_lossy().into(),
            _ => ask.name.as_str().into(),
        };
        let meta = self.role_file(&path, "meta", None)?;
        let meta = Meta::read(meta.as_ref(), &name)?;
        let entry = ask.tasks_from.clone().unwrap_or_else(|| "main".into());
        let specs = match self.role_yaml(&path.join("meta"), "argument_specs")? {
            Some(node) => node.as_map().and_then(|map| map.get("argument_specs")).cloned(),
            None => meta.argument_specs,
        };
        let mut role = Role {
            identity: 0,
            name: name.clone(),
            span: ask.span,
            keywords: ask.keywords.clone(),
            params: ask.params.clone(),
            defaults: self.role_vars(&path, "defaults", ask.defaults_from.as_deref(), &name)?,
            vars: self.role_vars(&path, "vars", ask.vars_from.as_deref(), &name)?,
            allow_duplicates: ask.allow_duplicates.unwrap_or(meta.allow_duplicates),
            dependencies: Vec::new(),
            argument_specs: specs,
            public: ask.public,
            included: ask.included,
            path,
        };
        role.identity = identity(&role, &ask, parent);
        // the link that dependencies see above them; the role itself is made anew once they are known
        let above = parent.below(Scope::Role(Arc::new(bare(&role))));
        let mut dependencies = Vec::new();
        for entry in &meta.dependencies {
            dependencies.push(self.files(self.ask(entry, &above)?, &above, depth + 1)?);
        }
        role.dependencies = dependencies.iter().map(|files| files.role.clone()).collect();
        let tasks = self.role_file(&role.path, "tasks", ask.tasks_from.as_deref())?;
        let handlers = self.role_file(&role.path, "handlers", ask.handlers_from.as_deref())?;
        Ok(Files { role: Arc::new(role), tasks, handlers, dependencies, entry, validate: ask.validate })
    }

    fn compile(
        &self,
        files: &Files,
        parent: &Arc<Parent>,
        items: &mut Vec<Item>,
        handlers: &mut Vec<Vec<Item>>,
    ) -> Result<(), Diagnostic> {
        let role = &files.role;
        let below = parent.below(Scope::Role(role.clone()));
        for dependency in &files.dependencies {
            self.compile(dependency, &below, items, handlers)?;
        }
        if files.validate {
            items.extend(validation(role, &files.entry, &below));
        }
        for (kind, node, from) in [("tasks", &files.tasks, true), ("handlers", &files.handlers, false)] {
            let Some(node) = node else { continue };
            if !matches!(node.kind, Kind::Null | Kind::Seq(_)) {
                return Err(Diagnostic::parse(
                    format!(
                        "The {kind}/main.yml file for role '{}' must contain a list of tasks: {} should be a list or \
                         None but is {}",
                        role.name,
                        shown(node),
                        class_of(node)
                    ),
                    node.span,
                ));
            }
            let folder = below.below(Scope::File(role.path.join(kind)));
            let list = self.items(node, &folder, !from, (kind, node.span))?;
            if from { items.extend(list) } else { handlers.push(list) }
        }
        let complete =
            Action { raw: Some(text_node("role_complete", role.span)), ..action("meta", role.span) };
        items.push(Item::Task(Arc::new(implicit(complete, None, Keywords::default(), &below))));
        Ok(())
    }

    /// `<kind>/main.yml`, or the file that `<kind>_from` names.
    fn role_file(&self, role: &Path, kind: &str, from: Option<&str>) -> Result<Option<Node>, Diagnostic> {
        let folder = role.join(kind);
        let node = self.role_yaml(&folder, from.unwrap_or("main"))?;
        match (node, from) {
            (None, Some(name)) if kind == "tasks" || folder.is_dir() => Err(Diagnostic::new(
                crate::diag::ErrorKind::Parse,
                format!("Could not find specified file in role: {kind}/{name}"),
            )),
            (node, _) => Ok(node),
        }
    }

    fn role_yaml(&self, folder: &Path, stem: &str) -> Result<Option<Node>, Diagnostic> {
        let names = ["", ".yml", ".yaml", ".json"].map(|end| folder.join(format!("{stem}{end}")));
        // `main` without an ending comes last: it may be a folder beside main.yml
        let found = names[1..].iter().chain(&names[..1]).find(|path| path.is_file());
        found.map(|path| self.source.read(path)).transpose()
    }

    /// The variables of `defaults` or `vars`: a file, or a folder `main` of files that add up.
    fn role_vars(
        &self,
        role: &Path,
        kind: &str,
        from: Option<&str>,
        name: &str,
    ) -> Result<Arc<Vars>, Diagnostic> {
        let folder = role.join(kind).join(from.unwrap_or("main"));
        let mut nodes = Vec::new();
        match self.role_yaml(&role.join(kind), from.unwrap_or("main"))? {
            Some(node) => nodes.push(node),
            None if folder.is_dir() => {
                for path in yaml_files(&folder, 0) {
                    nodes.push(self.source.read(&path)?);
                }
            }
            None => nodes.extend(self.role_file(role, kind, from)?),
        }
        let mut pairs: Vec<(Arc<str>, Node)> = Vec::new();
        for node in nodes {
            if !node.is_null() && node.as_map().is_none() {
                return Err(Diagnostic::parse(
                    format!(
                        "The {kind}/main.yml file for role '{name}' must contain a dictionary of variables"
                    ),
                    node.span,
                ));
            }
            for (name, value) in &vars_of(&node, "Role")?.pairs {
                pairs.retain(|(known, _)| known != name);
                pairs.push((name.clone(), value.clone()));
            }
        }
        Ok(Arc::new(Vars { pairs }))
    }
}

/// What `meta/main.yml` says.
struct Meta {
    allow_duplicates: bool,
    dependencies: Vec<Node>,
    argument_specs: Option<Node>,
}

impl Meta {
    fn read(node: Option<&Node>, role: &str) -> Result<Meta, Diagnostic> {
        let mut meta = Meta { allow_duplicates: false, dependencies: Vec::new(), argument_specs: None };
        let Some(node) = node.filter(|n| !n.is_null()) else { return Ok(meta) };
        let Some(map) = node.as_map() else {
            let message = format!("the 'meta/main.yml' for role {role} is not a dictionary");
            return Err(Diagnostic::parse(message, node.span));
        };
        for (key, value) in &map.pairs {
            match key.as_str() {
                Some("allow_duplicates") => meta.allow_duplicates = truth(value).unwrap_or(false),
                Some("dependencies") => {
                    if !matches!(value.kind, Kind::Null | Kind::Seq(_)) {
                        let message = "Expected role dependencies to be a list.";
                        return Err(Diagnostic::parse(message, value.span));
                    }
                    meta.dependencies = list_of(value);
                }
                Some("argument_specs") => meta.argument_specs = Some(value.clone()),
                Some("galaxy_info" | "collections" | "standalone") => {}
                Some(word) if Keywords::default().read(word, value, "Block")? => {}
                _ => return Err(not_an_attribute(key, "RoleMetadata", node.span)),
            }
        }
        Ok(meta)
    }
}

/// The role without dependencies, as they see it above them.
fn bare(role: &Role) -> Role {
    Role {
        identity: role.identity,
        name: role.name.clone(),
        path: role.path.clone(),
        span: role.span,
        keywords: role.keywords.clone(),
        params: role.params.clone(),
        defaults: role.defaults.clone(),
        vars: role.vars.clone(),
        allow_duplicates: role.allow_duplicates,
        dependencies: Vec::new(),
        argument_specs: None,
        public: role.public,
        included: role.included,
    }
}

/// One number for all roles of a play that were asked for alike.
fn identity(role: &Role, ask: &RoleAsk, parent: &Arc<Parent>) -> u32 {
    static KNOWN: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);
    let play = parent.chain().find_map(|link| match &link.scope {
        Scope::Play { id, .. } => Some(*id),
        _ => None,
    });
    let froms = [&ask.tasks_from, &ask.vars_from, &ask.defaults_from, &ask.handlers_from];
    let mut key = format!("{play:?} {:?} {froms:?} {}", role.path, ask.included);
    for (name, value) in role.params.pairs.iter().chain(&role.keywords.vars.pairs) {
        key.push_str(&format!("\0{name}={}", super::tasks::printed(value, usize::MAX)));
    }
    for node in role.keywords.when.iter().chain(&role.keywords.tags) {
        key.push_str(&format!("\0{}", super::tasks::printed(node, usize::MAX)));
    }
    *KNOWN.lock().unwrap_or_else(|e| e.into_inner()).entry(key).or_insert_with(next_id)
}

/// The task that checks a role's arguments, where it has a specification for them.
fn validation(role: &Arc<Role>, entry: &str, below: &Arc<Parent>) -> Option<Item> {
    let spec = role.argument_specs.as_ref()?.as_map()?.get(entry)?;
    let options = spec.as_map()?.get("options")?.clone();
    let span = spec.span;
    let mut name = format!("Validating arguments against arg spec '{entry}'");
    if let Some(about) = spec.as_map()?.get("short_description").and_then(Node::as_str) {
        name.push_str(&format!(" - {about}"));
    }
    let map = |pairs: Vec<(&str, Node)>| {
        let pairs = pairs.into_iter().map(|(key, value)| (text_node(key, span), value)).collect();
        Node { kind: Kind::Map(Arc::new(Mapping { pairs })), span }
    };
    let context = map(vec![
        ("type", text_node("role", span)),
        ("name", text_node(&role.name, span)),
        ("argument_spec_name", text_node(entry, span)),
        ("path", text_node(&role.path.to_string_lossy(), span)),
    ]);
    let given = role.params.pairs.iter();
    let provided = map(given.map(|(name, value)| (&**name, value.clone())).collect());
    let args = vec![
        ("argument_spec".into(), unrendered(&options, 0)),
        ("provided_arguments".into(), provided),
        ("validate_args_context".into(), context),
    ];
    let action = Action { args, ..action("validate_argument_spec", span) };
    let keywords = Keywords { tags: vec![text_node("always", span)], ..Keywords::default() };
    Some(Item::Task(Arc::new(implicit(action, Some(text_node(&name, span)), keywords, below))))
}

/// A specification's own strings are no templates.
fn unrendered(node: &Node, depth: usize) -> Node {
    let kind = match &node.kind {
        Kind::Str { text, .. } => Kind::Str { text: text.clone(), unsafe_: true },
        Kind::Seq(items) if depth < 100 => {
            Kind::Seq(items.iter().map(|n| unrendered(n, depth + 1)).collect())
        }
        Kind::Map(map) if depth < 100 => {
            let pairs = map.pairs.iter().map(|(k, v)| (k.clone(), unrendered(v, depth + 1))).collect();
            Kind::Map(Arc::new(Mapping { pairs }))
        }
        kind => kind.clone(),
    };
    Node { kind, span: node.span }
}

fn text_node(text: &str, span: Span) -> Node {
    Node { kind: Kind::Str { text: text.into(), unsafe_: false }, span }
}

fn action(name: &str, span: Span) -> Action {
    Action { name: name.into(), written: name.into(), span, args: Vec::new(), raw: None, whole: None }
}

fn implicit(action: Action, name: Option<Node>, keywords: Keywords, parent: &Arc<Parent>) -> Task {
    Task {
        id: next_id(),
        span: action.span,
        name,
        action,
        keywords: Arc::new(keywords),
        loop_: None,
        loop_control: LoopControl::default(),
        register: None,
        changed_when: Vec::new(),
        failed_when: Vec::new(),
        until: Vec::new(),
        retries: None,
        delay: None,
        async_: None,
        poll: None,
        listen: Vec::new(),
        handler: false,
        implicit: true,
        parent: parent.clone(),
    }
}

/// The node that names the role of an include_role or import_role.
pub(super) fn role_name(action: &Action) -> Option<&Node> {
    action.arg("name").or_else(|| action.arg("role")).filter(|n| !n.is_null())
}

fn truth(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Bool(b) => Some(*b),
        Kind::Int(n) => Some(*n == 1),
        Kind::Str { text, .. } => {
            Some(matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1" | "y" | "t"))
        }
        _ => None,
    }
}

/// A path without `.` and `..` as far as they can be taken away by name.
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !tidy.pop() {
                    tidy.push("..");
                }
            }
            part => tidy.push(part),
        }
    }
    tidy
}

/// The YAML files of a folder and its folders, sorted by name.
fn yaml_files(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let hidden = |path: &Path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    let mut files = Vec::new();
    for path in paths.into_iter().filter(|path| !hidden(path)) {
        if path.is_dir() && depth < 20 {
            files.extend(yaml_files(&path, depth + 1));
        } else if path.extension().is_some_and(|end| end == "yml" || end == "yaml" || end == "json") {
            files.push(path);
        }
    }
    files
}
