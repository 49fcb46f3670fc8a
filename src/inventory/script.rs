//! Executable inventories: `--list` answers with JSON, `--host` where that has no `_meta`.

use super::model::{Inventory, Vars};
use super::yaml::{not_a_dictionary, text_of};
use crate::diag::{Diagnostic, Span};
use crate::maps::IndexSet;
use crate::template::pyjson;
use crate::yaml::{Kind, Limits, Mapping, Node, json, repr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Runs the script and reads what it says.
///
/// # Errors
/// It cannot be run, fails, or says what is no inventory.
pub fn read(inventory: &mut Inventory, path: &Path) -> Result<(), Diagnostic> {
    const CONTEXT: &str = "Unable to get JSON decoder for inventory script result: ";
    let answer = ask(path, None, &mut inventory.said)?
        .map_err(|why| Diagnostic::user(format!("{CONTEXT}Value could not be parsed as JSON: {why}")))?;
    let fail = |message: String| Diagnostic::parse(format!("{CONTEXT}{message}"), answer.span);
    let Kind::Map(groups) = &answer.kind else {
        return Err(fail(format!("Value is '{}' instead of 'dict'.", answer.type_name())));
    };
    let meta = groups.get("_meta");
    if let Some(meta) = meta.filter(|meta| meta.as_map().is_none()) {
        return Err(fail(wrong_type("_meta", meta, "dict").message));
    }
    if let Some(profile) = meta.and_then(|meta| meta.as_map()?.get("profile")) {
        match profile.as_str() {
            None => return Err(fail(wrong_type("_meta.profile", profile, "str").message)),
            Some("inventory_legacy") => {}
            Some(name) if name.starts_with("inventory_") => {
                return Err(fail(format!("Unknown profile name {}.", repr::of_str(name))));
            }
            Some(name) => {
                return Err(fail(format!("Non-inventory profile {} is not allowed.", repr::of_str(name))));
            }
        }
    }
    let has_meta = meta.is_some();
    let meta = meta.and_then(|meta| meta.as_map()?.get("hostvars"));
    if has_meta && meta.is_none() {
        let message = "Value contains '_meta.hostvars' which is 'NoneType' instead of 'dict'.";
        return Err(Diagnostic::parse(message, answer.span));
    }
    if let Some(vars) = meta.filter(|vars| vars.as_map().is_none()) {
        return Err(wrong_type("_meta.hostvars", vars, "dict"));
    }
    let mut reader = Reader { inventory, source: path.into(), mentioned: IndexSet::default() };
    for (key, content) in &groups.pairs {
        match key.as_str() {
            Some("_meta") => {}
            Some(name) => reader.group(name, content)?,
            None => {}
        }
    }
    if let Some(vars) = meta.and_then(Node::as_map) {
        for (host, vars) in &vars.pairs {
            let name = text_of(host);
            if vars.is_null() {
                return Err(Diagnostic::parse(not_a_dictionary(vars), vars.span));
            }
            let vars = pairs_of(vars)?;
            if reader.inventory.hosts.contains_key(name.as_str()) {
                reader.set(&name, vars);
            }
        }
        return Ok(());
    }
    // Without `_meta`, each host is asked for: as many at once as there are processors.
    use rayon::prelude::*;
    let names: Vec<Arc<str>> = reader.mentioned.iter().cloned().collect();
    let answers: Vec<_> = names
        .par_iter()
        .map(|name| {
            let mut said = Vec::new();
            ask(path, Some(name), &mut said).map(|answer| (answer, said))
        })
        .collect();
    for (name, answer) in names.iter().zip(answers) {
        let (answer, said) = answer?;
        reader.inventory.said.extend(said);
        let answer = answer.map_err(|why| {
            let host = repr::of_str(name);
            Diagnostic::user(format!(
                "Inventory script result for host {host} could not be parsed as JSON: JSON parsing failed: {why}"
            ))
        })?;
        reader.set(name, pairs_of(&answer)?);
    }
    Ok(())
}

/// What the script prints about a host, or about all; why not, where that is no JSON. Gathers what it says besides.
fn ask(
    path: &Path,
    host: Option<&str>,
    besides: &mut Vec<String>,
) -> Result<Result<Node, String>, Diagnostic> {
    let arguments = host.map_or_else(|| vec!["--list"], |host| vec!["--host", host]);
    let shown = repr::of_str(&path.to_string_lossy());
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let output = Command::new(&full).args(arguments).stdin(Stdio::null()).output().map_err(|error| {
        let number = error.raw_os_error().map(|n| format!("[Errno {n}] ")).unwrap_or_default();
        let words = error.to_string();
        let words = words.split(" (os error").next().unwrap_or_default();
        Diagnostic::user(format!("Failed to execute inventory script command {shown}."))
            .because(Diagnostic::user(format!("{number}{words}: {shown}")))
    })?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() {
        let code = output.status.code().map_or_else(|| output.status.to_string(), |code| code.to_string());
        let error = Diagnostic::user(format!("Inventory script returned non-zero exit code {code}."));
        let place = format!("<inventory plugin 'script' with source {shown}>");
        let error = error.at(Span::new(Path::new(&place), 0, 0));
        return Err(match said.is_empty() {
            true => error,
            false => error.hint(format!("Standard error from inventory script:\n{said}")),
        });
    }
    if !said.is_empty() {
        besides.push(said);
    }
    let text = String::from_utf8(output.stdout).map_err(|_| {
        Diagnostic::user("Inventory script result contained characters that cannot be interpreted as UTF-8.")
    })?;
    let span = Span::new(path, 0, 0);
    if text.trim().is_empty() && host.is_some() {
        return Ok(Ok(Node { kind: Kind::Map(Arc::new(Mapping::default())), span }));
    }
    Ok(json::read(&text, span, Limits::default()).map(|node| placed(node, span)).ok_or_else(|| {
        let why = pyjson::read(&text, false).err().map(|error| error.to_string());
        why.unwrap_or_else(|| "it nests too deep".into())
    }))
}

/// Places within a program's output mean nothing to anyone: they become the program's.
fn placed(node: Node, span: Span) -> Node {
    let kind = match node.kind {
        Kind::Seq(items) => Kind::Seq(items.iter().map(|item| placed(item.clone(), span)).collect()),
        Kind::Map(map) => {
            let pairs =
                map.pairs.iter().map(|(k, v)| (placed(k.clone(), span), placed(v.clone(), span))).collect();
            Kind::Map(Arc::new(Mapping { pairs }))
        }
        kind => kind,
    };
    Node { kind, span }
}

/// The same with no string in it a template.
fn untrusted(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Str { text, .. } => Kind::Str { text: text.clone(), unsafe_: true },
        Kind::Seq(items) => Kind::Seq(items.iter().map(untrusted).collect()),
        Kind::Map(map) => {
            let pairs = map.pairs.iter().map(|(key, value)| (key.clone(), untrusted(value))).collect();
            Kind::Map(Arc::new(Mapping { pairs }))
        }
        kind => kind.clone(),
    };
    Node { kind, span: node.span }
}

/// A mapping as variables.
fn pairs_of(node: &Node) -> Result<Vars, Diagnostic> {
    match &node.kind {
        Kind::Map(map) => {
            Ok(map.pairs.iter().map(|(name, value)| (text_of(name).into(), value.clone())).collect())
        }
        Kind::Null => Ok(Vars::default()),
        _ => Err(Diagnostic::parse(not_a_dictionary(node), node.span)),
    }
}

fn wrong_type(what: &str, found: &Node, wanted: &str) -> Diagnostic {
    let message = format!("Value contains '{what}' which is '{}' instead of '{wanted}'.", found.type_name());
    Diagnostic::parse(message, found.span)
}

/// What Python finds when it goes through a value, as text: a string has its letters, a mapping its keys.
fn items(node: &Node) -> Result<Vec<String>, Diagnostic> {
    match &node.kind {
        Kind::Seq(items) => Ok(items.iter().map(text_of).collect()),
        Kind::Map(map) => Ok(map.pairs.iter().map(|(key, _)| text_of(key)).collect()),
        Kind::Str { text, .. } => Ok(text.chars().map(String::from).collect()),
        _ => Err(Diagnostic::parse(super::yaml::not_iterable(node), node.span)),
    }
}

struct Reader<'i> {
    inventory: &'i mut Inventory,
    source: Arc<Path>,
    /// The hosts that the script has named.
    mentioned: IndexSet<Arc<str>>,
}

impl Reader<'_> {
    /// A group is a list of hosts, or a mapping with `hosts`, `vars` and `children`, or a lone host's variables.
    fn group(&mut self, name: &str, content: &Node) -> Result<(), Diagnostic> {
        let group = self.inventory.group_name(name).into_owned();
        let name = group.as_str();
        self.inventory.add_group(name);
        let bare;
        let sections = match &content.kind {
            Kind::Seq(_) => {
                let key =
                    Node { kind: Kind::Str { text: "hosts".into(), unsafe_: true }, span: content.span };
                bare = Mapping { pairs: vec![(key, content.clone())] };
                &bare
            }
            Kind::Map(map) if ["hosts", "vars", "children"].iter().any(|key| map.get(key).is_some()) => {
                map.as_ref()
            }
            // An old form: the group is the one host in it, and these are its variables, which are not trusted.
            Kind::Map(map) => {
                self.host(name, name);
                let vars = Arc::make_mut(&mut self.inventory.add_group(name).vars);
                vars.extend(map.pairs.iter().map(|(key, value)| (text_of(key).into(), untrusted(value))));
                return Ok(());
            }
            _ => return Err(wrong_type(&format!("{name}.hosts"), content, "list")),
        };
        let list = |key: &str| match sections.get(key).map(|node| (&node.kind, node)) {
            None => Ok(Vec::new()),
            Some((Kind::Seq(items), _)) => Ok(items.to_vec()),
            Some((_, node)) => Err(wrong_type(&format!("{name}.{key}"), node, "list")),
        };
        for host in list("hosts")? {
            let Some(host_name) = host.as_str() else {
                let class = super::yaml::class(&host);
                let message = format!(
                    "Invalid host name supplied, expected a string but got {class} for {}",
                    repr::of_node(&host)
                );
                return Err(Diagnostic::parse(message, host.span));
            };
            self.host(host_name, name);
        }
        if let Some(vars) = sections.get("vars").filter(|vars| !vars.is_null()) {
            let Kind::Map(vars) = &vars.kind else {
                return Err(wrong_type(&format!("{name}.vars"), vars, "dict"));
            };
            for (key, value) in &vars.pairs {
                let set = self.inventory.set_group_var(name, text_of(key).into(), value.clone());
                set.map_err(|why| Diagnostic::parse(why, value.span))?;
            }
        }
        if name != "_meta" {
            for child in sections.get("children").map_or(Ok(Vec::new()), items)? {
                let child = self.inventory.group_name(&child).into_owned();
                self.inventory.add_group(&child);
                self.inventory.add_child(name, &child)?;
            }
        }
        Ok(())
    }

    /// The host's variables, the host made if it is new.
    fn host(&mut self, name: &str, group: &str) -> &mut Vars {
        let host = self.inventory.add_host(name, Some(group));
        self.mentioned.insert(host.name.clone());
        host.source.get_or_insert_with(|| self.source.clone());
        Arc::make_mut(&mut host.vars)
    }

    fn set(&mut self, name: &str, vars: Vars) {
        if let Some(host) = self.inventory.hosts.get_mut(name) {
            Arc::make_mut(&mut host.vars).extend(vars);
        }
    }
}
