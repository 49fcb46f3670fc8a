//! The `generator` plugin: a host for every combination of the values of its layers.

use super::load::Options;
use super::model::Inventory;
use super::world::{SourceWorld, Told};
use crate::diag::Diagnostic;
use crate::maps::IndexMap;
use crate::template::{self, Value};
use crate::yaml::{Kind, Node, repr};
use std::path::Path;
use std::sync::Arc;

/// More hosts than one source may make.
const MOST: usize = 1_000_000;
/// Parents of parents.
const DEEPEST: usize = 50;

/// Reads a configuration and adds its hosts.
///
/// # Errors
/// A template that fails, or yields something else than a name.
pub fn read(
    inventory: &mut Inventory,
    root: &Node,
    path: &Path,
    options: &Options,
    told: &Told,
) -> Result<(), Diagnostic> {
    let at = |name: &str| root.as_map().and_then(|map| map.get(name));
    let missing = |name: &str| Diagnostic::parse(format!("generator needs {name}"), root.span);
    let hosts = at("hosts").and_then(Node::as_map).ok_or_else(|| missing("hosts"))?;
    let layers = at("layers").and_then(Node::as_map).ok_or_else(|| missing("layers"))?;
    let name = hosts.get("name").ok_or_else(|| missing("hosts.name"))?;
    let mut combinations: Vec<IndexMap<Arc<str>, Value>> = vec![IndexMap::default()];
    for (layer, values) in &layers.pairs {
        let values = values.as_seq().ok_or_else(|| missing("a list in every layer"))?;
        if combinations.len().saturating_mul(values.len()) > MOST {
            return Err(Diagnostic::parse(
                format!("the layers stand for more than {MOST} hosts"),
                layer.span,
            ));
        }
        let layer: Arc<str> = super::yaml::text_of(layer).into();
        combinations = combinations
            .iter()
            .flat_map(|before| {
                values.iter().map(|value| {
                    let mut combination = before.clone();
                    combination.insert(layer.clone(), Value::from_node(value));
                    combination
                })
            })
            .collect();
    }
    for combination in combinations {
        let world = SourceWorld::new(combination, path, options.vault.clone(), told);
        let host = text(name, &world, "host")?;
        inventory.add_host(&host, None).source.get_or_insert_with(|| path.into());
        parents(inventory, &world, &host, false, hosts.get("parents"), 0)?;
    }
    Ok(())
}

/// A rendered name.
fn text(node: &Node, world: &SourceWorld<'_>, what: &str) -> Result<String, Diagnostic> {
    let value = template::render(&Value::from_node(node), world)?;
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => {
            let class = super::yaml::class(&super::constructed::node_of(&value, node.span));
            let message = format!(
                "Invalid {what} name supplied, expected a string but got {class} for {}",
                value.to_text()?
            );
            Err(Diagnostic::parse(message, node.span))
        }
    }
}

/// Puts a host or a group below its parents, and these below theirs.
fn parents(
    inventory: &mut Inventory,
    world: &SourceWorld<'_>,
    child: &str,
    child_is_group: bool,
    list: Option<&Node>,
    depth: usize,
) -> Result<(), Diagnostic> {
    let Some(list) = list.filter(|list| !list.is_null() && depth < DEEPEST) else { return Ok(()) };
    for parent in list.as_seq().unwrap_or_default() {
        let map =
            parent.as_map().ok_or_else(|| Diagnostic::parse("a parent must be a dictionary", parent.span))?;
        let Some(name) = map.get("name") else {
            return Err(Diagnostic::parse("Element has a parent with no name.", parent.span));
        };
        let name = text(name, world, "group")?;
        inventory.add_group(&name);
        if let Some(Kind::Map(vars)) = map.get("vars").map(|vars| &vars.kind) {
            for (key, value) in &vars.pairs {
                let value = template::render(&Value::from_node(value), world)?;
                let mut node = super::constructed::node_of(&value, key.span);
                // Ansible trusts these, as it does all that the source itself says.
                if let Kind::Str { unsafe_, .. } = &mut node.kind {
                    *unsafe_ = false;
                }
                let key = key.as_str().map_or_else(|| repr::of_node(key), str::to_owned);
                Arc::make_mut(&mut inventory.add_group(&name).vars).insert(key.into(), node);
            }
        }
        if child_is_group {
            inventory.add_child(&name, child)?;
        } else {
            inventory.add_host(child, Some(&name));
        }
        parents(inventory, world, &name, true, map.get("parents"), depth + 1)?;
    }
    Ok(())
}
