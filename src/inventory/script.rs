//! Executable inventories: `--list` answers with JSON, `--host` where that has no `_meta`.

use super::model::{Inventory, UNGROUPED, Vars};
use super::yaml::{not_a_dictionary, text_of};
use crate::diag::{Diagnostic, Span};
use crate::yaml::{Kind, Limits, Mapping, Node, json, repr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Runs the script and reads what it says.
///
/// # Errors
/// It cannot be run, fails, or says what is no inventory.
pub fn read(
    inventory: &mut Inventory,
    path: &Path,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Diagnostic> {
    let answer = ask(path, &["--list"])?;
    let Kind::Map(groups) = &answer.kind else {
        let message = format!(
            "Unable to get JSON decoder for inventory script result: Value is '{}' instead of 'dict'.",
            answer.type_name()
        );
        return Err(Diagnostic::parse(message, answer.span));
    };
    let meta = groups.get("_meta").and_then(|meta| meta.as_map()?.get("hostvars"));
    if let Some(vars) = meta.filter(|vars| vars.as_map().is_none()) {
        return Err(wrong_type("_meta.hostvars", vars, "dict"));
    }
    let mut reader = Reader { inventory, source: path.into() };
    let known: std::collections::HashSet<Arc<str>> = reader.inventory.hosts.keys().cloned().collect();
    for (key, content) in &groups.pairs {
        match key.as_str() {
            Some("_meta") => {}
            Some(name) => reader.group(name, content, warnings)?,
            None => {}
        }
    }
    if let Some(vars) = meta.and_then(Node::as_map) {
        for (host, vars) in &vars.pairs {
            let name = text_of(host);
            let vars = pairs_of(vars)?;
            if reader.inventory.hosts.contains_key(name.as_str()) {
                reader.set(&name, vars);
            }
        }
        return Ok(());
    }
    // Without `_meta`, each host is asked for: as many at once as there are processors.
    let names: Vec<Arc<str>> = reader
        .inventory
        .hosts
        .values()
        .filter(|host| host.source.as_deref() == Some(path) || !known.contains(&host.name))
        .map(|host| host.name.clone())
        .collect();
    use rayon::prelude::*;
    let answers: Vec<_> = names.par_iter().map(|name| ask(path, &["--host", name])).collect();
    for (name, answer) in names.iter().zip(answers) {
        let answer = answer?;
        reader.set(name, pairs_of(&answer)?);
    }
    Ok(())
}

/// What the script prints, read as JSON.
fn ask(path: &Path, arguments: &[&str]) -> Result<Node, Diagnostic> {
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
        return Err(if said.is_empty() {
            error
        } else {
            error.hint(format!("Standard error from inventory script: {said}"))
        });
    }
    if !said.is_empty() {
        tracing::warn!(target: "impel::notice", "Standard error from inventory script {shown}: {said}");
    }
    let text = String::from_utf8(output.stdout).map_err(|_| {
        Diagnostic::user(format!("Inventory script result for {shown} could not be decoded as UTF-8."))
    })?;
    let span = Span::new(path, 0, 0);
    if text.trim().is_empty() && arguments.first() == Some(&"--host") {
        return Ok(Node { kind: Kind::Map(Arc::new(Mapping::default())), span });
    }
    json::read(&text, span, Limits::default()).map(|node| placed(node, span)).ok_or_else(|| {
        Diagnostic::user(
            "Unable to get JSON decoder for inventory script result: Value could not be parsed as JSON.",
        )
    })
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

/// A mapping as variables.
fn pairs_of(node: &Node) -> Result<Vars, Diagnostic> {
    match &node.kind {
        Kind::Map(map) => {
            Ok(map.pairs.iter().map(|(name, value)| (text_of(name).into(), value.clone())).collect())
        }
        Kind::Null => Ok(Vars::new()),
        _ => Err(Diagnostic::parse(not_a_dictionary(node), node.span)),
    }
}

fn wrong_type(what: &str, found: &Node, wanted: &str) -> Diagnostic {
    let message = format!("Value contains '{what}' which is '{}' instead of '{wanted}'.", found.type_name());
    Diagnostic::parse(message, found.span)
}

struct Reader<'i> {
    inventory: &'i mut Inventory,
    source: Arc<Path>,
}

impl Reader<'_> {
    /// A group is a list of hosts, or a mapping with `hosts`, `vars` and `children`, or a lone host's variables.
    fn group(
        &mut self,
        name: &str,
        content: &Node,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<(), Diagnostic> {
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
            // An old form: the "group" is a host, and these are its variables.
            Kind::Map(map) => {
                let host = self.host(name, name);
                host.extend(map.pairs.iter().map(|(key, value)| (text_of(key).into(), value.clone())));
                return Ok(());
            }
            Kind::Null => return Ok(()),
            _ => {
                // Ansible takes anything else for an empty group, and says that it will not for long.
                warnings.push(Diagnostic::parse(
                    format!(
                        "Group {} was converted to 'dict' from '{}'.",
                        repr::of_str(name),
                        content.type_name()
                    ),
                    content.span,
                ));
                return Ok(());
            }
        };
        let list = |key: &str| match sections.get(key).map(|node| (&node.kind, node)) {
            None | Some((Kind::Null, _)) => Ok(Vec::new()),
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
            let known = Arc::make_mut(&mut self.inventory.add_group(name).vars);
            known.extend(vars.pairs.iter().map(|(key, value)| (text_of(key).into(), value.clone())));
        }
        if name != "_meta" {
            for child in list("children")? {
                let child = text_of(&child);
                self.inventory.add_group(&child);
                self.inventory.add_child(name, &child)?;
            }
        }
        Ok(())
    }

    /// The host's variables, the host made if it is new.
    fn host(&mut self, name: &str, group: &str) -> &mut Vars {
        let group = if group == name { UNGROUPED } else { group };
        let host = self.inventory.add_host(name, Some(group));
        host.source.get_or_insert_with(|| self.source.clone());
        Arc::make_mut(&mut host.vars)
    }

    fn set(&mut self, name: &str, vars: Vars) {
        if let Some(host) = self.inventory.hosts.get_mut(name) {
            Arc::make_mut(&mut host.vars).extend(vars);
        }
    }
}
