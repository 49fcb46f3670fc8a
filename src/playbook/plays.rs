//! Playbooks and plays.

use super::keywords::Keywords;
use super::roles::tidy;
use super::source::{Source, class_of, not_found};
use super::tasks::{Loader, list_of, next_id, not_an_attribute, shown, text_field};
use super::{Gather, Parent, Play, Playbook, Prompt, Scope, Section, StaticNames, Vars};
use crate::diag::{Diagnostic, ErrorKind, Span};
use crate::yaml::{Kind, Mapping, Node};
use std::path::Path;
use std::sync::Arc;

/// How deep playbooks may import one another.
const DEPTH: usize = 50;

/// Reads a playbook, all that it imports, and its roles.
///
/// # Errors
/// Whatever ansible-playbook refuses before it runs anything, in its words.
pub fn load(path: &Path, source: &dyn Source) -> Result<Playbook, Diagnostic> {
    let mut plays = Vec::new();
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    load_into(&tidy(&path), source, &Keywords::default(), 0, &mut plays)?;
    Ok(Playbook { plays })
}

fn load_into(
    path: &Path,
    source: &dyn Source,
    above: &Keywords,
    depth: usize,
    plays: &mut Vec<Arc<Play>>,
) -> Result<(), Diagnostic> {
    if !path.exists() {
        return Err(not_found(path));
    }
    let node = source.read(path)?;
    plays_of(&node, path, source, above, depth, plays)
}

/// The playbook that a node is, for what stands in no file: a task given on the command line.
///
/// # Errors
/// As [`load`].
pub fn of_node(node: &Node, path: &Path, source: &dyn Source) -> Result<Playbook, Diagnostic> {
    let mut plays = Vec::new();
    plays_of(node, path, source, &Keywords::default(), 0, &mut plays)?;
    Ok(Playbook { plays })
}

fn plays_of(
    node: &Node,
    path: &Path,
    source: &dyn Source,
    above: &Keywords,
    depth: usize,
    plays: &mut Vec<Arc<Play>>,
) -> Result<(), Diagnostic> {
    let entries = match &node.kind {
        Kind::Seq(entries) if !entries.is_empty() => entries,
        Kind::Seq(_) | Kind::Null => {
            let message = format!("Empty playbook, nothing to do: {}", path.display());
            return Err(Diagnostic::new(ErrorKind::Parse, message));
        }
        _ => {
            let class = class_of(node);
            let message =
                format!("A playbook must be a list of plays, got a {class} instead: {}", path.display());
            return Err(Diagnostic::parse(message, node.span));
        }
    };
    let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let loader = Loader::new(source, base);
    for entry in entries.iter() {
        let Some(map) = entry.as_map() else {
            return Err(Diagnostic::parse(
                "playbook entries must be either valid plays or 'import_playbook' statements",
                entry.span,
            ));
        };
        let import = map
            .pairs
            .iter()
            .find(|(k, _)| k.as_str().is_some_and(|k| super::known::short(k) == "import_playbook"));
        match import {
            Some((_, name)) => {
                let (keywords, file) = loader.import_playbook(entry, map, name, above)?;
                if depth >= DEPTH {
                    return Err(Diagnostic::parse("playbooks import one another too deeply", entry.span));
                }
                load_into(&file, source, &keywords, depth + 1, plays)?;
            }
            None => plays.push(Arc::new(loader.play(path, entry, map, above)?)),
        }
    }
    Ok(())
}

/// What stands at an import, added to what stands at the imports above it.
fn merged(above: &Keywords, below: Keywords) -> Keywords {
    let mut merged = below;
    merged.tags.extend(above.tags.iter().cloned());
    merged.when = above.when.iter().cloned().chain(merged.when).collect();
    let mut pairs = merged.vars.pairs.clone();
    for (name, value) in &above.vars.pairs {
        pairs.retain(|(known, _)| known != name);
        pairs.push((name.clone(), value.clone()));
    }
    merged.vars = Arc::new(Vars { pairs });
    merged
}

impl Loader<'_> {
    fn import_playbook(
        &self,
        entry: &Node,
        map: &Mapping,
        name: &Node,
        above: &Keywords,
    ) -> Result<(Keywords, std::path::PathBuf), Diagnostic> {
        let mut own = Keywords::default();
        for (key, value) in &map.pairs {
            match key.as_str() {
                Some(word) if super::known::short(word) == "import_playbook" || word == "name" => {}
                Some(word) if own.read(word, value, "PlaybookInclude")? => {}
                _ => return Err(not_an_attribute(key, "PlaybookInclude", key.span)),
            }
        }
        if name.is_null() {
            return Err(Diagnostic::parse(
                "The field 'import_playbook' is required but was not set.",
                entry.span,
            ));
        }
        let keywords = merged(above, own);
        let known = StaticNames { vars: vec![keywords.vars.clone()], vars_files: Arc::from([]), role: None };
        let file = self.source.static_name(name, &known).map_err(|cause| {
            Diagnostic::parse("Error processing keyword 'import_playbook'", name.span).because(cause)
        })?;
        Ok((keywords, tidy(&self.base.join(file))))
    }

    fn play(&self, file: &Path, entry: &Node, map: &Mapping, above: &Keywords) -> Result<Play, Diagnostic> {
        let span = entry.span;
        if map.get("user").is_some() && map.get("remote_user").is_some() {
            return Err(Diagnostic::parse(
                "both 'user' and 'remote_user' are set for this play. The use of 'user' is deprecated, and should be \
                 removed",
                span,
            ));
        }
        let mut keywords = Keywords::default();
        let mut gather = Gather::default();
        let mut name = None;
        let mut prompts = Vec::new();
        let (mut strategy, mut order, mut max_fail, mut force) = (None, None, None, None);
        for (key, value) in &map.pairs {
            let some = || (!value.is_null()).then(|| value.clone());
            match key.as_str().unwrap_or_default() {
                "hosts" | "pre_tasks" | "tasks" | "post_tasks" | "handlers" | "roles" | "vars_files"
                | "serial" => {}
                "name" => name = some().map(|n| text_field("name", &n, span)).transpose()?,
                "user" => keywords.remote_user = some(),
                "gather_facts" => gather.wanted = some(),
                "gather_subset" => gather.subset = some(),
                "gather_timeout" => gather.timeout = some(),
                "fact_path" => gather.fact_path = some(),
                "strategy" => strategy = some(),
                "order" => order = some(),
                "max_fail_percentage" => max_fail = some(),
                "force_handlers" => force = some(),
                "vars_prompt" => {
                    let read = |entry: &Node| prompt(entry, value.span);
                    prompts = list_of(value).iter().map(read).collect::<Result<_, _>>()?;
                }
                word if keywords.read(word, value, "Play")? => {}
                _ => return Err(not_an_attribute(key, "Play", key.span)),
            }
        }
        let hosts = hosts(map, entry)?;
        boolean("gather_facts", gather.wanted.as_ref())?;
        boolean("force_handlers", force.as_ref())?;
        let keywords = merged(above, keywords);
        let keywords = Arc::new(keywords);
        let bad_file = |node: &Node| match &node.kind {
            Kind::Seq(items) => items.iter().find(|item| item.as_str().is_none()).cloned(),
            Kind::Str { .. } => None,
            _ => Some(node.clone()),
        };
        if let Some(bad) = map.get("vars_files").map(list_of).unwrap_or_default().iter().find_map(bad_file) {
            let message = format!("Invalid `vars_files` value of type '{}'.", bad.type_name());
            return Err(Diagnostic::parse(message, bad.span)
                .hint("A `vars_files` value should either be a string or list of strings."));
        }
        let vars_files: Arc<[Node]> = map.get("vars_files").map(list_of).unwrap_or_default().into();
        let id = next_id();
        let scope = Scope::Play { id, keywords: keywords.clone(), vars_files: vars_files.clone() };
        let top = Arc::new(Parent { scope, up: None });
        let parent = top.below(Scope::File(self.base.clone()));

        let list = |key: &str, handlers: bool| match map.get(key) {
            Some(node) => self.items(node, &parent, handlers, (key, span)),
            None => Ok(Vec::new()),
        };
        let mut handlers = Vec::new();
        let mut roles = Vec::new();
        let mut tasks = Vec::new();
        for role in self.play_roles(map.get("roles"), span, &top)? {
            tasks.extend(role.items);
            handlers.extend(role.handlers);
            roles.push(role.role);
        }
        let pre_tasks = list("pre_tasks", false)?;
        tasks.extend(list("tasks", false)?);
        let post_tasks = list("post_tasks", false)?;
        let own_handlers = list("handlers", true)?;
        let imported = self.take_imported();
        handlers.push(own_handlers);
        handlers.extend(imported.handlers);
        let imported_roles = imported.roles;
        Ok(Play {
            id,
            span,
            file: file.to_path_buf(),
            name,
            hosts,
            keywords,
            vars_files,
            vars_prompt: prompts,
            gather,
            sections: vec![
                Section { name: "pre_tasks", items: pre_tasks },
                Section { name: "tasks", items: tasks },
                Section { name: "post_tasks", items: post_tasks },
            ],
            handlers,
            roles,
            imported_roles,
            serial: map.get("serial").map(list_of).unwrap_or_default(),
            strategy,
            order,
            max_fail_percentage: max_fail,
            force_handlers: force,
        })
    }
}

/// A keyword that is written out must be a boolean already.
fn boolean(name: &str, node: Option<&Node>) -> Result<(), Diagnostic> {
    let Some(node) = node else { return Ok(()) };
    let words = ["y", "yes", "on", "1", "true", "t", "n", "no", "off", "0", "false", "f"];
    let fine = match &node.kind {
        Kind::Bool(_) | Kind::Int(0 | 1) => true,
        Kind::Str { text, .. } => text.contains("{{") || words.contains(&text.to_ascii_lowercase().as_str()),
        _ => false,
    };
    if fine {
        return Ok(());
    }
    let cause = format!("The value {} could not be converted to 'bool'.", super::tasks::quoted(node));
    Err(Diagnostic::parse(format!("Error processing keyword '{name}'"), node.span)
        .because(Diagnostic::parse(cause, node.span)))
}

fn hosts(map: &Mapping, entry: &Node) -> Result<Node, Diagnostic> {
    let Some(hosts) = map.get("hosts") else {
        return Err(Diagnostic::parse("The field 'hosts' is required but was not set.", entry.span));
    };
    let empty =
        || Err(Diagnostic::parse("Hosts list cannot be empty. Please check your playbook", hosts.span));
    match &hosts.kind {
        Kind::Null => empty(),
        Kind::Str { text, .. } if text.is_empty() => empty(),
        Kind::Seq(items) if items.is_empty() => empty(),
        Kind::Seq(items) => match items.iter().find(|item| !item.is_null() && item.as_str().is_none()) {
            Some(bad) => {
                let message = format!("Hosts list contains an invalid host value: '{}'", shown(bad));
                Err(Diagnostic::parse(message, bad.span))
            }
            None if items.iter().any(Node::is_null) => Err(Diagnostic::parse(
                "Hosts list cannot contain values of 'None'. Please check your playbook",
                hosts.span,
            )),
            None => Ok(hosts.clone()),
        },
        Kind::Str { .. } => Ok(hosts.clone()),
        _ => Err(Diagnostic::parse(
            "Hosts list must be a sequence or string. Please check your playbook.",
            hosts.span,
        )),
    }
}

/// One entry of `vars_prompt`; its errors point at the list, as ansible-core's do.
fn prompt(node: &Node, list: Span) -> Result<Prompt, Diagnostic> {
    let Some(map) = node.as_map() else {
        return Err(Diagnostic::parse("Invalid variable file contents.", node.span).hint(
            "Variable files must contain either a dictionary of variables, or a list of dictionaries.",
        ));
    };
    let known = ["name", "prompt", "default", "private", "confirm", "encrypt", "salt_size", "salt", "unsafe"];
    let named = map.get("name");
    let Some(name) = named.and_then(Node::as_str) else {
        return Err(Diagnostic::parse("Invalid vars_prompt data structure, missing 'name' key", list));
    };
    if let Some((key, _)) = map.pairs.iter().find(|(k, _)| !k.as_str().is_some_and(|k| known.contains(&k))) {
        let message = format!("Invalid vars_prompt data structure, found unsupported key '{}'", shown(key));
        return Err(Diagnostic::parse(message, list));
    }
    let some = |key: &str| map.get(key).filter(|n| !n.is_null()).cloned();
    Ok(Prompt {
        name: name.into(),
        prompt: map.get("prompt").cloned(),
        default: some("default"),
        private: some("private"),
        confirm: some("confirm"),
        encrypt: some("encrypt"),
        salt: some("salt"),
        salt_size: some("salt_size"),
        unsafe_: some("unsafe"),
        span: named.map_or(node.span, |name| name.span),
    })
}
