//! Inventories that are mappings of groups: YAML, and what TOML becomes.

use super::ini::add;
use super::model::{Inventory, Vars};
use super::names::expand;
use crate::diag::{Diagnostic, Span};
use crate::yaml::{Kind, Node, repr};
use std::path::Path;
use std::sync::Arc;

/// Reads a tree of groups into the inventory.
///
/// # Errors
/// What is not a mapping where one must be.
pub fn read(
    inventory: &mut Inventory,
    root: &Node,
    path: &Path,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Diagnostic> {
    let mut reader = Reader { inventory, source: path.into(), warnings, toml: false };
    let Kind::Map(groups) = &root.kind else {
        let message = if empty(root) {
            "Parsed empty YAML file".into()
        } else {
            format!("YAML inventory has invalid structure, it should be a dictionary, got: {}", class(root))
        };
        return Err(Diagnostic::parse(message, root.span));
    };
    if groups.pairs.is_empty() {
        return Err(Diagnostic::parse("Parsed empty YAML file", root.span));
    }
    if groups.get("plugin").is_some_and(|plugin| !empty(plugin)) {
        return Err(Diagnostic::parse("Plugin configuration YAML file, not YAML inventory", root.span));
    }
    for (name, content) in &groups.pairs {
        reader.group(name, content, 0)?;
    }
    Ok(())
}

/// Reads the groups of a TOML inventory, where messages have other words.
///
/// # Errors
/// As [`read`].
pub(super) fn read_toml(
    inventory: &mut Inventory,
    groups: &[(Node, Node)],
    path: &Path,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(), Diagnostic> {
    let mut reader = Reader { inventory, source: path.into(), warnings, toml: true };
    for (name, content) in groups {
        reader.group(name, content, 0)?;
    }
    Ok(())
}

/// What Python counts as false.
fn empty(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => true,
        Kind::Bool(value) => !value,
        Kind::Int(value) => *value == 0,
        Kind::Str { text, .. } => text.is_empty(),
        Kind::Seq(items) => items.is_empty(),
        _ => false,
    }
}

/// The type's name as Ansible prints it.
pub(super) fn class(node: &Node) -> String {
    let name = match &node.kind {
        Kind::Str { .. } => "ansible.module_utils._internal._datatag._AnsibleTaggedStr",
        Kind::Seq(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedList",
        Kind::Map(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedDict",
        Kind::Int(_) | Kind::Big(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedInt",
        Kind::Float(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedFloat",
        Kind::Date(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedDate",
        Kind::DateTime(_) | Kind::Zoned(_) => {
            "ansible.module_utils._internal._datatag._AnsibleTaggedDateTime"
        }
        Kind::Bytes(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedBytes",
        _ => node.type_name(),
    };
    format!("<class '{name}'>")
}

/// The type's name alone.
pub(super) fn bare_class(node: &Node) -> String {
    let class = class(node);
    let class = class.trim_start_matches("<class '").trim_end_matches("'>");
    class.rsplit('.').next().unwrap_or_default().to_owned()
}

/// What Python says where it cannot go through a value.
pub(super) fn not_iterable(node: &Node) -> String {
    format!("'{}' object is not iterable", bare_class(node))
}

struct Reader<'i> {
    inventory: &'i mut Inventory,
    source: Arc<Path>,
    warnings: &'i mut Vec<Diagnostic>,
    toml: bool,
}

/// Deeper than YAML's own limit is no inventory.
const DEEPEST: usize = 250;

impl Reader<'_> {
    fn warn(&mut self, message: String, span: Span) {
        self.warnings.push(Diagnostic::user(message).at(span));
    }

    /// One group with its hosts, variables and children; gives its name.
    fn group(&mut self, key: &Node, content: &Node, depth: usize) -> Result<Option<Arc<str>>, Diagnostic> {
        let Some(name) = key.as_str().filter(|_| depth < DEEPEST) else {
            let message = format!(
                "Unable to add group {}: Invalid group name supplied, expected a string but got {} for {}",
                repr::of_node(key),
                class(key),
                repr::of_node(key)
            );
            return Err(Diagnostic::parse(message, key.span));
        };
        if name.is_empty() {
            let message = "Unable to add group : Invalid empty/false group name provided:";
            return Err(Diagnostic::parse(message, key.span));
        }
        let name: Arc<str> = self.inventory.group_name(name).into();
        let sections = match &content.kind {
            Kind::Map(sections) => sections.pairs.as_slice(),
            Kind::Null => &[],
            _ => {
                self.warn(format!("Skipping '{name}' as this is not a valid group definition"), content.span);
                return Ok(None);
            }
        };
        self.inventory.add_group(&name);
        for (section, entries) in sections {
            let section_name = section.as_str().unwrap_or_default();
            if !matches!(section_name, "vars" | "children" | "hosts") {
                let key = section.as_str().map_or_else(|| repr::of_node(section), str::to_owned);
                let message = match &entries.kind {
                    _ if self.toml => format!(
                        "Skipping unexpected key \"{key}\" in group \"{name}\", only \"vars\", \"children\" and \"hosts\" are valid"
                    ),
                    Kind::Map(_) | Kind::Null => format!(
                        "Skipping unexpected key ({key}) in group ({name}), only \"vars\", \"children\" and \"hosts\" are valid"
                    ),
                    _ => format!(
                        "Skipping key ({key}) in group ({name}) as it is not a mapping, it is a {}",
                        class(entries)
                    ),
                };
                self.warn(message, section.span);
                continue;
            }
            let pairs = match &entries.kind {
                Kind::Map(entries) => entries.pairs.clone(),
                Kind::Null => continue,
                // One name works without a colon.
                Kind::Str { .. } if !self.toml => {
                    vec![(entries.clone(), Node { kind: Kind::Null, span: entries.span })]
                }
                _ if self.toml => {
                    let class = entries.type_name();
                    let message = format!(
                        "Invalid \"{section_name}\" entry for \"{name}\" group, requires a dict, found \"<class '{class}'>\" instead."
                    );
                    return Err(Diagnostic::parse(message, entries.span));
                }
                _ => {
                    let message = format!(
                        "Invalid \"{section_name}\" entry for \"{name}\" group, requires a dictionary, found \"{}\" instead.",
                        class(entries)
                    );
                    return Err(Diagnostic::parse(message, entries.span));
                }
            };
            for (key, value) in &pairs {
                match section_name {
                    "vars" => {
                        let set = self.inventory.set_group_var(&name, text_of(key).into(), value.clone());
                        set.map_err(|why| Diagnostic::parse(why, value.span))?;
                    }
                    "children" => {
                        let child = self.group(key, value, depth + 1)?;
                        let child = child.unwrap_or_else(|| text_of(key).into());
                        if !self.inventory.groups.contains_key(&child) {
                            let message = format!("{child} is not a known host nor group");
                            return Err(Diagnostic::parse(message, key.span));
                        }
                        self.inventory.add_child(&name, &child).map_err(|error| error.at(key.span))?;
                    }
                    _ => self.host(&name, key, value)?,
                }
            }
        }
        Ok(Some(name))
    }

    fn host(&mut self, group: &str, key: &Node, value: &Node) -> Result<(), Diagnostic> {
        let Some(pattern) = key.as_str() else {
            let message = format!(
                "Host pattern {} must be a string. Enclose integers/floats in quotation marks.",
                repr::of_node(key)
            );
            return Err(Diagnostic::parse(message, key.span));
        };
        if pattern.is_empty() {
            return Err(Diagnostic::parse("Invalid empty host name provided:", key.span));
        }
        let vars: Vars = match &value.kind {
            Kind::Map(vars) => {
                vars.pairs.iter().map(|(name, value)| (text_of(name).into(), value.clone())).collect()
            }
            Kind::Null => Vars::default(),
            Kind::Str { text, .. } if text.is_empty() => Vars::default(),
            _ => {
                let message = not_a_dictionary(value);
                return Err(Diagnostic::parse(message, value.span));
            }
        };
        let (names, port) = expand(pattern).map_err(|why| Diagnostic::parse(why, key.span))?;
        let vars = Arc::new(vars);
        for name in names {
            add(self.inventory, &name, group, port, &vars, &self.source, key.span);
        }
        Ok(())
    }
}

/// What Ansible says of variables that are no mapping.
pub(super) fn not_a_dictionary(node: &Node) -> String {
    let shown = node.as_str().map_or_else(|| repr::of_node(node), str::to_owned);
    format!("Invalid data from file, expected dictionary and got:\n\n{shown}")
}

/// A variable's name; names that are no strings by their Python text.
pub(super) fn text_of(key: &Node) -> String {
    key.as_str().map_or_else(|| repr::of_node(key), str::to_owned)
}
