//! Ansible's INI inventories: `[group]`, `[group:vars]`, `[group:children]`, hosts with variables beside them.

use super::literal;
use super::model::{Inventory, UNGROUPED, Vars};
use super::names::expand;
use super::words::split;
use crate::diag::{Diagnostic, Span};
use crate::yaml::{Kind, Node};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Hosts,
    Vars,
    Children,
}

/// Reads the text of the file that `origin` names into the inventory. What came before an error stays, as with Ansible.
///
/// # Errors
/// The first line that makes no sense.
pub fn read(inventory: &mut Inventory, text: &str, origin: Span) -> Result<(), Diagnostic> {
    let source: Arc<Path> = origin.file();
    let start = origin.at(1, 0);
    let mut group: Arc<str> = UNGROUPED.into();
    let mut section = Section::Hosts;
    // Groups that were only named, with what named them.
    let mut pending: HashMap<Arc<str>, (Span, String)> = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let span = start.at(number as u32 + 1, 0);
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some((name, kind)) = header(line, span)? {
            group = inventory.group_name(name).into();
            section = match kind {
                "hosts" => Section::Hosts,
                "vars" => Section::Vars,
                "children" => Section::Children,
                _ => return Err(fail(format!("Section [{name}:{kind}] has unknown type: {kind}"), span)),
            };
            if section == Section::Vars {
                if !inventory.groups.contains_key(&group) {
                    let message = format!("Section [{group}:vars] not valid for undefined group '{group}'.");
                    pending.entry(group.clone()).or_insert((span, message));
                }
            } else {
                pending.remove(&group);
            }
            inventory.add_group(&group);
            continue;
        }
        match section {
            Section::Hosts => host(inventory, line, &group, &source, span)?,
            Section::Vars => {
                let (key, value) = line
                    .split_once('=')
                    .ok_or_else(|| fail(format!("Expected key=value, got: {line}"), span))?;
                let value = literal::value(value.trim(), span).map_err(|why| fail(why, span))?;
                let set = inventory.set_group_var(&group, key.trim().into(), value);
                set.map_err(|why| fail(why, span))?;
            }
            Section::Children => {
                let child = group_name(line)
                    .ok_or_else(|| fail(format!("Expected group name, got: {line}"), span))?;
                let child = &*inventory.group_name(child);
                if !inventory.groups.contains_key(child) {
                    let message = format!("Section [{group}:children] includes undefined group '{child}'.");
                    pending.entry(child.into()).or_insert((span, message));
                    inventory.add_group(child);
                }
                inventory.add_child(&group, child).map_err(|error| fail(error.message, span))?;
            }
        }
    }
    match pending.into_values().min_by_key(|(span, _)| *span) {
        Some((span, message)) => Err(fail(message, span)),
        None => Ok(()),
    }
}

fn fail(message: String, span: Span) -> Diagnostic {
    Diagnostic::parse(format!("Failed to parse inventory: {message}"), span)
}

/// A section's group and kind, if the line is a header.
fn header(line: &str, span: Span) -> Result<Option<(&str, &str)>, Diagnostic> {
    let Some(rest) = line.strip_prefix('[') else { return Ok(None) };
    if let Some((inside, after)) = rest.split_once(']') {
        let after = after.trim_start();
        let (name, kind) = inside.split_once(':').unwrap_or((inside, "hosts"));
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let kind_holds = !kind.is_empty() && kind.chars().all(word);
        if (after.is_empty() || after.starts_with('#'))
            && !name.is_empty()
            && !name.contains(char::is_whitespace)
            && kind_holds
        {
            return Ok(Some((name, kind)));
        }
    }
    if line.ends_with(']') {
        let message = format!(
            "Invalid section entry: '{line}'. Please make sure that there are no spaces in the section entry, and that there are no other invalid characters"
        );
        return Err(fail(message, span));
    }
    Ok(None)
}

/// A lone group name, a comment after it left out.
fn group_name(line: &str) -> Option<&str> {
    let (name, rest) = match line.find(char::is_whitespace) {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    let rest = rest.trim_start();
    let name_holds = !name.is_empty() && !name.contains([':', ']']);
    (name_holds && (rest.is_empty() || rest.starts_with('#'))).then_some(name)
}

/// A host line: a name or a range, then `key=value` words.
fn host(
    inventory: &mut Inventory,
    line: &str,
    group: &Arc<str>,
    source: &Arc<Path>,
    span: Span,
) -> Result<(), Diagnostic> {
    let words =
        split(line).map_err(|why| fail(format!("Error parsing host definition '{line}': {why}"), span))?;
    let Some((name, words)) = words.split_first() else { return Ok(()) };
    let (names, port) = expand(name).map_err(|why| fail(why, span))?;
    if name.ends_with(':') {
        let message = format!(
            "Invalid host pattern '{name}' supplied, ending in ':' is not allowed, this character is reserved to provide a port."
        );
        return Err(fail(message, span));
    }
    if name == "---" {
        let message = "Invalid host pattern '---' supplied, '---' is normally a sign this is a YAML file.";
        return Err(fail(message.into(), span));
    }
    let mut vars = Vars::default();
    for word in words {
        let (key, value) = word
            .split_once('=')
            .ok_or_else(|| fail(format!("Expected key=value host variable assignment, got: {word}"), span))?;
        vars.insert(key.into(), literal::value(value, span).map_err(|why| fail(why, span))?);
    }
    let vars = Arc::new(vars);
    for name in names {
        add(inventory, &name, group, port, &vars, source, span);
    }
    Ok(())
}

/// Adds a host with what a source says about it.
pub(super) fn add(
    inventory: &mut Inventory,
    name: &str,
    group: &str,
    port: Option<i64>,
    vars: &Arc<Vars>,
    source: &Arc<Path>,
    span: Span,
) {
    let is_new = !inventory.hosts.contains_key(name);
    let host = inventory.add_host(name, Some(group));
    if is_new {
        host.source = Some(source.clone());
        if let Some(port) = port {
            Arc::make_mut(&mut host.vars).insert("ansible_port".into(), Node { kind: Kind::Int(port), span });
        }
    }
    if host.vars.is_empty() {
        host.vars = vars.clone();
    } else if !vars.is_empty() {
        Arc::make_mut(&mut host.vars).extend(vars.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
}
