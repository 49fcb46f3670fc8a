//! The `generator` plugin: a host for every combination of the values of its layers.

use super::load::Options;
use super::model::Inventory;
use super::world::{SourceWorld, Told, node_of};
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
    // a name that is missing is told as Python tells it
    let missing = |name: &str| Diagnostic::parse(format!("'{name}'"), root.span);
    let layers = at("layers").ok_or_else(|| missing("layers"))?;
    let combinations = combinations(layers)?;
    for combination in combinations {
        let world = SourceWorld::new(combination, path, options.vault.clone(), told);
        let hosts = at("hosts").ok_or_else(|| missing("hosts"))?;
        let Some(hosts) = hosts.as_map() else { return Err(no_attribute(hosts, "get")) };
        let name = hosts.get("name").ok_or_else(|| missing("name"))?;
        let host = text(name, &world, "host")?;
        inventory.add_host(&host, None).source.get_or_insert_with(|| path.into());
        parents(inventory, &world, &host, false, hosts.get("parents"), 0)?;
    }
    Ok(())
}

/// Every combination of the layers' values, the last layer varying fastest.
fn combinations(layers: &Node) -> Result<Vec<IndexMap<Arc<str>, Value>>, Diagnostic> {
    let Some(layers) = layers.as_map() else { return Err(no_attribute(layers, "keys")) };
    let mut combinations: Vec<IndexMap<Arc<str>, Value>> = vec![IndexMap::default()];
    for (layer, values) in &layers.pairs {
        let values = items(values)?;
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
                    combination.insert(layer.clone(), value.clone());
                    combination
                })
            })
            .collect();
    }
    Ok(combinations)
}

/// What Python finds when it goes through a value: a string has its letters, a mapping its keys.
fn items(node: &Node) -> Result<Vec<Value>, Diagnostic> {
    Ok(match &node.kind {
        Kind::Seq(items) | Kind::Set(items) => items.iter().map(Value::from_node).collect(),
        Kind::Map(map) => map.pairs.iter().map(|(key, _)| Value::from_node(key)).collect(),
        Kind::Str { text, .. } => text.chars().map(|c| Value::str(c.to_string())).collect(),
        _ => return Err(Diagnostic::parse(super::yaml::not_iterable(node), node.span)),
    })
}

/// What Python says where something else stands than a mapping.
fn no_attribute(node: &Node, name: &str) -> Diagnostic {
    let class = super::yaml::bare_class(node);
    Diagnostic::parse(format!("'{class}' object has no attribute '{name}'"), node.span)
}

/// A rendered name.
fn text(node: &Node, world: &SourceWorld<'_>, what: &str) -> Result<String, Diagnostic> {
    let value = template::render(&Value::from_node(node), world)?;
    let wrong = |message: String| Err(Diagnostic::parse(message, node.span));
    match &value {
        Value::Omit => wrong("A template was resolved to an Omit scalar.".into()),
        Value::None => wrong(format!("Invalid empty {what} name provided: None")),
        _ => match value.as_str() {
            Some("") => wrong(format!("Invalid empty {what} name provided:")),
            Some(text) => Ok(text.to_owned()),
            None => {
                let class = super::yaml::class(&node_of(&value, node.span));
                let shown = value.to_text()?;
                wrong(format!("Invalid {what} name supplied, expected a string but got {class} for {shown}"))
            }
        },
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
    let Some(list) = list.filter(|_| depth < DEEPEST) else { return Ok(()) };
    let list = match &list.kind {
        Kind::Seq(list) => list,
        Kind::Str { .. } | Kind::Map(_) => {
            return Err(Diagnostic::parse("'str' object has no attribute 'get'", list.span));
        }
        _ => return Err(Diagnostic::parse(super::yaml::not_iterable(list), list.span)),
    };
    for parent in list.iter() {
        let map = parent.as_map().ok_or_else(|| no_attribute(parent, "get"))?;
        let nameless =
            || Diagnostic::parse(format!("Element {child} has a parent with no name."), parent.span);
        let name = map.get("name").filter(|name| name.as_str() != Some("")).ok_or_else(nameless)?;
        let name = text(name, world, "group")?;
        inventory.add_group(&name);
        match map.get("vars").map(|vars| (&vars.kind, vars)) {
            None => {}
            Some((Kind::Map(vars), _)) => {
                for (key, value) in &vars.pairs {
                    let key = repr::str_of_node(key);
                    let value = variable(value, world)?;
                    let span = value.span;
                    let set = inventory.set_group_var(&name, key.into(), value);
                    set.map_err(|why| Diagnostic::parse(why, span))?;
                }
            }
            Some((_, vars)) => return Err(no_attribute(vars, "items")),
        }
        if child_is_group {
            inventory.add_child(&name, child)?;
        } else if child == name {
            return Err(Diagnostic::user("can't add group to itself"));
        } else {
            inventory.add_host(child, Some(&name));
        }
        parents(inventory, world, &name, true, map.get("parents"), depth + 1)?;
    }
    Ok(())
}

/// A variable of a group: a string is rendered here and never again. In lists and mappings templates stay what they
/// are, the source's own, and see what a host has when it reads them.
fn variable(source: &Node, world: &SourceWorld<'_>) -> Result<Node, Diagnostic> {
    let Kind::Str { text, unsafe_ } = &source.kind else { return Ok(source.clone()) };
    if *unsafe_ || !template::is_template(text) {
        return Ok(source.clone());
    }
    let value = template::render(&Value::from_node(source), world)?;
    if matches!(value, Value::Omit) {
        return Err(Diagnostic::parse("A template was resolved to an Omit scalar.", source.span));
    }
    Ok(world.node_of(&value, source.span))
}
