//! Files of tasks: static imports while a playbook is read, dynamic includes while it runs.

use super::source::{class_of, not_found};
use super::tasks::Loader;
use super::{Item, Parent, Scope, StaticNames, Task};
use crate::diag::Diagnostic;
use crate::yaml::{Kind, Node};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Loader<'_> {
    /// The file that an `import_tasks` or `include_tasks` means: beside the file it stands in, in its role, beside
    /// the playbook.
    ///
    /// # Errors
    /// There is no such file.
    pub fn tasks_path(&self, task: &Task, name: &str) -> Result<PathBuf, Diagnostic> {
        let name = expanded(name);
        let kind = if task.handler { "handlers" } else { "tasks" };
        let mut places = Vec::new();
        if let Some(folder) = task.span.file().parent() {
            places.push(folder.join(&name));
        }
        for role in task.parent.roles() {
            places.push(role.path.join(kind).join(&name));
            places.push(role.path.join("tasks").join(&name));
        }
        places.push(self.base.join(&name));
        match places.iter().find(|place| place.is_file()) {
            Some(place) => Ok(super::roles::tidy(place)),
            None => Err(not_found(&self.base.join(&name))),
        }
    }

    /// The tasks of a file, below `parent`.
    ///
    /// # Errors
    /// It cannot be read, or is no list of tasks.
    pub fn tasks_file(
        &self,
        path: &Path,
        parent: &Arc<Parent>,
        handlers: bool,
    ) -> Result<Vec<Item>, Diagnostic> {
        let list = self.source.read(path)?;
        match &list.kind {
            Kind::Null => {
                let text = format!("file {} is empty and had no tasks to include", path.display());
                self.source.warn(&text, Some(list.span));
                return Ok(Vec::new());
            }
            Kind::Seq(_) => {}
            _ => {
                return Err(Diagnostic::parse("included task files must contain a list of tasks", list.span));
            }
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let parent = parent.below(Scope::File(folder));
        self.items(&list, &parent, handlers, ("tasks", list.span))
    }

    /// The tasks of a dynamic include: below the include, its `apply`, and `parent`'s values (a [`Scope::Values`]
    /// the engine adds for the loop's item).
    ///
    /// # Errors
    /// As [`Loader::tasks_file`]; `apply` is no map of keywords.
    pub fn include_tasks(
        &self,
        include: &Arc<Task>,
        path: &Path,
        values: Option<Arc<super::Vars>>,
    ) -> Result<Vec<Item>, Diagnostic> {
        let parent = include_parent(include, values)?;
        self.tasks_file(path, &parent, include.handler)
    }

    pub(super) fn import_tasks(&self, task: Task, items: &mut Vec<Item>) -> Result<(), Diagnostic> {
        self.check_include_tasks(&task)?;
        if task.loop_.is_some() {
            return Err(Diagnostic::parse(
                format!(
                    "You cannot use loops on '{0}' statements. You should use 'include_tasks' instead.",
                    task.action.written
                ),
                task.span,
            ));
        }
        let Some(file) = task.action.raw.as_ref().or_else(|| task.action.arg("file")) else {
            let message = format!("No file specified for {}", task.action.written);
            return Err(Diagnostic::parse(message, task.span));
        };
        let name = self.static_name(file, &task, "path")?;
        let path = self.tasks_path(&task, &name)?;
        let parent = task.parent.below(Scope::Import(task.keywords.clone()));
        items.extend(self.tasks_file(&path, &parent, task.handler)?);
        Ok(())
    }

    /// Renders what an import names, with what is known before anything runs.
    pub(super) fn static_name(&self, node: &Node, task: &Task, what: &str) -> Result<String, Diagnostic> {
        if let Some(text) = node.as_str()
            && !text.contains("{{")
            && !text.contains("{%")
        {
            return Ok(text.to_owned());
        }
        let known = static_names(&task.parent, Some(task));
        self.source.static_name(node, &known).map_err(|cause| {
            let written = node.as_str().unwrap_or_default();
            Diagnostic::parse(format!("Error when evaluating variable in import {what} '{written}'"), task.span)
                .hint(
                    "When using static imports, ensure that any variables used in their names are defined in \
                     vars/vars_files\nor extra-vars passed in from the command line. Static imports cannot use \
                     variables from facts or inventory\nsources like group or host vars.",
                )
                .because(cause)
        })
    }

    pub(super) fn check_include_tasks(&self, task: &Task) -> Result<(), Diagnostic> {
        let action = &task.action;
        let names = || action.args.iter().map(|(name, _)| &**name);
        let allowed: &[&str] = if &*action.name == "import_tasks" { &["file"] } else { &["file", "apply"] };
        let bad: Vec<&str> = names().filter(|name| !allowed.contains(name)).collect();
        if !bad.is_empty() {
            let message = format!("Invalid options for {}: {}", action.written, bad.join(","));
            return Err(Diagnostic::parse(message, task.span));
        }
        if action.raw.is_none() && action.arg("file").is_none() && action.whole.is_none() {
            return Err(Diagnostic::parse(format!("No file specified for {}", action.written), task.span));
        }
        check_apply(task)
    }
}

/// What the names of static imports below `parent` may use.
pub(super) fn static_names<'a>(parent: &'a Arc<Parent>, task: Option<&Task>) -> StaticNames<'a> {
    let mut vars: Vec<_> = task.map(|task| task.keywords.vars.clone()).into_iter().collect();
    let mut vars_files = Arc::from([]);
    for link in parent.chain() {
        match &link.scope {
            Scope::Role(role) => {
                vars.extend([
                    role.params.clone(),
                    role.keywords.vars.clone(),
                    role.vars.clone(),
                    role.defaults.clone(),
                ]);
            }
            Scope::Include(task) => vars.push(task.keywords.vars.clone()),
            Scope::Values(values) => vars.push(values.clone()),
            Scope::Play { vars_files: files, keywords, .. } => {
                vars_files = files.clone();
                vars.push(keywords.vars.clone());
            }
            scope => vars.extend(scope.keywords().map(|k| k.vars.clone())),
        }
    }
    vars.retain(|vars| !vars.is_empty());
    vars.reverse();
    StaticNames { vars, vars_files, role: parent.role() }
}

/// What stands above the tasks of a dynamic include.
///
/// # Errors
/// `apply` is no map of keywords.
pub fn include_parent(
    include: &Arc<Task>,
    values: Option<Arc<super::Vars>>,
) -> Result<Arc<Parent>, Diagnostic> {
    let mut parent = include.parent.below(Scope::Include(include.clone()));
    if let Some(values) = values {
        parent = parent.below(Scope::Values(values));
    }
    if let Some(keywords) = applied(include)? {
        parent = parent.below(Scope::Apply(Arc::new(keywords)));
    }
    Ok(parent)
}

pub(super) fn check_apply(task: &Task) -> Result<(), Diagnostic> {
    applied(task).map(|_| ())
}

fn applied(task: &Task) -> Result<Option<super::Keywords>, Diagnostic> {
    let Some(apply) = task.action.arg("apply").filter(|node| !node.is_null()) else { return Ok(None) };
    let Some(map) = apply.as_map() else {
        let message = format!("Expected a dict for apply but got {} instead", class_of(apply));
        return Err(Diagnostic::parse(message, task.span));
    };
    let mut keywords = super::Keywords::default();
    for (key, value) in &map.pairs {
        match key.as_str() {
            Some("name") => {}
            Some(word) if keywords.read(word, value, "Block")? => {}
            _ => return Err(super::tasks::not_an_attribute(key, "Block", key.span)),
        }
    }
    Ok(Some(keywords))
}

/// A path with `~` for the user's home.
pub(super) fn expanded(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    }
}
