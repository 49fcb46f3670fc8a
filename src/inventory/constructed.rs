//! The `constructed` plugin: variables and groups made from what earlier sources said about each host.

use super::load::Options;
use super::model::{ALL, Inventory, Vars, fit};
use super::varfiles::VarFiles;
use super::world::{SourceWorld, Told};
use crate::diag::{Diagnostic, Span};
use crate::maps::IndexMap;
use crate::template::{self, Value};
use crate::yaml::{Kind, Mapping, Node, repr};
use std::path::Path;
use std::sync::Arc;

/// Reads a configuration and applies it to every host that is known by now.
///
/// # Errors
/// An option that makes no sense; with `strict`, an expression that fails.
pub fn read(
    inventory: &mut Inventory,
    root: &Node,
    path: &Path,
    options: &Options,
    told: &Told,
) -> Result<(), Diagnostic> {
    let config = Config::read(root)?;
    let folders: Vec<VarFiles> = match config.use_vars_plugins {
        true => {
            inventory.folders.iter().map(|folder| VarFiles::find(folder, options.vault.clone())).collect()
        }
        false => Vec::new(),
    };
    let names: Vec<Arc<str>> = inventory.hosts.keys().cloned().collect();
    for name in names {
        let vars = visible(inventory, &name, &folders, &config, options)?;
        let world = SourceWorld::new(vars, path, options.vault.clone(), told);
        let (composed, failed) = compose(&config, &world, &name);
        let mut seen = world.vars;
        seen.extend(composed.iter().map(|(key, node)| (key.clone(), Value::from_node(node))));
        if let Some(host) = inventory.hosts.get_mut(&name) {
            Arc::make_mut(&mut host.vars).extend(composed);
        }
        // What was composed before an expression failed stays.
        if let Some(error) = failed {
            return Err(error);
        }
        let world = SourceWorld::new(seen, path, options.vault.clone(), told);
        groups(inventory, &config, &world, &name)?;
        keyed_groups(inventory, &config, &world, &name)?;
    }
    Ok(())
}

struct Config {
    strict: bool,
    leading_separator: bool,
    use_extra_vars: bool,
    use_vars_plugins: bool,
    compose: Mapping,
    groups: Mapping,
    keyed: Vec<Keyed>,
}

struct Keyed {
    key: Value,
    prefix: String,
    separator: String,
    default: Option<String>,
    trailing_separator: bool,
    parent: Option<Node>,
}

fn flag(map: &Mapping, name: &str, default: bool) -> bool {
    match map.get(name).map(|node| &node.kind) {
        Some(Kind::Bool(value)) => *value,
        Some(Kind::Str { text, .. }) => {
            matches!(&*text.to_lowercase(), "yes" | "true" | "on" | "1" | "y" | "t")
        }
        Some(Kind::Int(value)) => *value == 1,
        _ => default,
    }
}

impl Config {
    fn read(root: &Node) -> Result<Config, Diagnostic> {
        let empty = Mapping::default();
        let map = root.as_map().unwrap_or(&empty);
        let mapping = |name: &str| match map.get(name).map(|node| (&node.kind, node.span)) {
            None | Some((Kind::Null, _)) => Ok(Mapping::default()),
            Some((Kind::Map(map), _)) => Ok((**map).clone()),
            Some((_, span)) => Err(Diagnostic::parse(format!("{name} must be a dictionary"), span)),
        };
        let keyed = match map.get("keyed_groups") {
            None => Vec::new(),
            Some(node) if node.is_null() => Vec::new(),
            Some(node) => match &node.kind {
                Kind::Seq(items) => items.iter().map(Keyed::read).collect::<Result<_, _>>()?,
                _ => return Err(Diagnostic::parse("keyed_groups must be a list", node.span)),
            },
        };
        Ok(Config {
            strict: flag(map, "strict", false),
            leading_separator: flag(map, "leading_separator", true),
            use_extra_vars: flag(map, "use_extra_vars", false),
            use_vars_plugins: flag(map, "use_vars_plugins", false),
            compose: mapping("compose")?,
            groups: mapping("groups")?,
            keyed,
        })
    }
}

impl Keyed {
    fn read(node: &Node) -> Result<Keyed, Diagnostic> {
        let map = node.as_map().filter(|map| !map.pairs.is_empty()).ok_or_else(|| {
            let message =
                format!("Invalid keyed group entry, it must be a dictionary: {} ", repr::of_node(node));
            Diagnostic::parse(message, node.span)
        })?;
        let text = |name: &str| map.get(name).filter(|node| !node.is_null()).map(super::yaml::text_of);
        let trailing = map.get("trailing_separator");
        if trailing.is_some_and(|node| !node.is_null()) && text("default_value").is_some() {
            let message =
                "parameters are mutually exclusive for keyed groups: default_value|trailing_separator";
            return Err(Diagnostic::parse(message, node.span));
        }
        Ok(Keyed {
            key: map.get("key").map_or(Value::None, Value::from_node),
            prefix: text("prefix").unwrap_or_default(),
            separator: text("separator").unwrap_or_else(|| "_".into()),
            default: text("default_value"),
            trailing_separator: flag(map, "trailing_separator", true),
            parent: map.get("parent_group").filter(|node| !node.is_null()).cloned(),
        })
    }
}

/// What the host's expressions see. The group `all` counts only where a source has put the host's groups below it.
fn visible(
    inventory: &Inventory,
    name: &Arc<str>,
    folders: &[VarFiles],
    config: &Config,
    options: &Options,
) -> Result<IndexMap<Arc<str>, Value>, Diagnostic> {
    let mut seen = IndexMap::default();
    let Some(host) = inventory.hosts.get(name) else { return Ok(seen) };
    let below_all =
        host.groups.iter().any(|group| &**group == ALL || inventory.ancestors(group).contains(ALL));
    let mut add =
        |vars: &Vars| seen.extend(vars.iter().map(|(key, node)| (key.clone(), Value::from_node(node))));
    if config.use_vars_plugins {
        for layer in inventory.layers(host, folders, &[])? {
            add(&layer);
        }
    } else {
        for group in inventory.groups_of(host).iter().filter(|group| below_all || &*group.name != ALL) {
            add(&group.vars);
        }
        add(&host.vars);
    }
    let names = inventory.group_names(host);
    seen.insert("inventory_hostname".into(), Value::str(name.clone()));
    seen.insert("inventory_hostname_short".into(), Value::str(name.split('.').next().unwrap_or_default()));
    seen.insert("group_names".into(), Value::list(names.into_iter().map(Value::str)));
    if config.use_extra_vars {
        seen.extend(options.extra_vars.iter().map(|(key, node)| (key.clone(), Value::from_node(node))));
    }
    Ok(seen)
}

fn compose(config: &Config, world: &SourceWorld<'_>, host: &str) -> (Vars, Option<Diagnostic>) {
    let mut composed = Vars::default();
    for (key, source) in &config.compose.pairs {
        let name = super::yaml::text_of(key);
        match evaluate(&Value::from_node(source), world) {
            Ok(value) => {
                composed.insert(name.into(), node_of(&value, source.span));
            }
            Err(error) if config.strict => {
                let failed = Diagnostic::user(format!("Could not set {name} for host {host}"));
                return (composed, Some(failed.because(error).at(source.span)));
            }
            Err(_) => {}
        }
    }
    (composed, None)
}

/// An expression's value; what is no string is its own.
fn evaluate(source: &Value, world: &SourceWorld<'_>) -> Result<Value, Diagnostic> {
    match source.as_str() {
        Some(text) => template::expression(text, world),
        None => template::render(source, world),
    }
}

fn groups(
    inventory: &mut Inventory,
    config: &Config,
    world: &SourceWorld<'_>,
    host: &str,
) -> Result<(), Diagnostic> {
    for (key, source) in &config.groups.pairs {
        let name = fit(&super::yaml::text_of(key));
        match template::conditional(&Value::from_node(source), world) {
            Ok(true) => {
                inventory.add_host(host, Some(&name));
            }
            Ok(false) => {}
            Err(error) if config.strict => {
                let message = format!("Could not add host {host} to group {name}");
                return Err(Diagnostic::user(message).because(error).at(source.span));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn keyed_groups(
    inventory: &mut Inventory,
    config: &Config,
    world: &SourceWorld<'_>,
    host: &str,
) -> Result<(), Diagnostic> {
    for keyed in &config.keyed {
        let value = match evaluate(&keyed.key, world) {
            Ok(value) => value,
            Err(error) if config.strict => {
                let message = format!(
                    "Could not generate group for host {host} from {} entry",
                    keyed.key.as_str().unwrap_or_default()
                );
                return Err(Diagnostic::user(message).because(error));
            }
            Err(_) => continue,
        };
        let bare = bare_names(keyed, &value)?;
        if bare.is_empty() {
            let is_empty = value.is_none() || value.is_empty().unwrap_or(false);
            if config.strict && is_empty && keyed.default.is_none() {
                let key = keyed.key.as_str().unwrap_or_default();
                let message =
                    format!("No key or key resulting empty for {key} in host {host}, invalid entry");
                return Err(Diagnostic::user(message));
            }
            continue;
        }
        let separator = match keyed.prefix.is_empty() && !config.leading_separator {
            true => "",
            false => &keyed.separator,
        };
        let parent = match &keyed.parent {
            None => None,
            Some(node) => {
                match template::render(&Value::from_node(node), world).and_then(|v| Ok(v.to_text()?)) {
                    Ok(parent) => Some(fit(&parent)),
                    Err(error) if config.strict => {
                        return Err(Diagnostic::user("Could not generate parent group")
                            .because(error)
                            .at(node.span));
                    }
                    Err(_) => continue,
                }
            }
        };
        for bare in bare {
            let name = match bare.is_empty() && !keyed.trailing_separator {
                true => fit(&keyed.prefix),
                false => fit(&format!("{}{separator}{bare}", keyed.prefix)),
            };
            inventory.add_host(host, Some(&name));
            if let Some(parent) = &parent {
                inventory.add_group(parent);
                inventory.add_child(parent, &name)?;
            }
        }
    }
    Ok(())
}

/// The names that a value stands for, without prefix.
fn bare_names(keyed: &Keyed, value: &Value) -> Result<Vec<String>, Diagnostic> {
    let default = || keyed.default.clone();
    if value.is_none() {
        return Ok(default().into_iter().collect());
    }
    if let Some(text) = value.as_str() {
        return Ok(if text.is_empty() { default().into_iter().collect() } else { vec![text.to_owned()] });
    }
    let text = |value: &Value| if value.is_none() { Ok(String::new()) } else { value.to_text() };
    if let Some(dict) = value.as_dict() {
        let mut names = Vec::new();
        for (key, value) in dict.pairs().iter() {
            let (key, value) = (text(key.value())?, text(value)?);
            names.push(match (value.is_empty(), default()) {
                (true, Some(default)) => format!("{key}{}{default}", keyed.separator),
                (true, None) if !keyed.trailing_separator => key,
                _ => format!("{key}{}{value}", keyed.separator),
            });
        }
        return Ok(names);
    }
    if value.is_sequence() {
        let items: Vec<Value> = value.iter()?.collect();
        return Ok(items
            .iter()
            .map(|item| {
                text(item).map(|name| if name.is_empty() { default().unwrap_or_default() } else { name })
            })
            .collect::<Result<_, _>>()?);
    }
    let kind = match value.type_name() {
        "int" => "ansible.module_utils._internal._datatag._AnsibleTaggedInt",
        "float" => "ansible.module_utils._internal._datatag._AnsibleTaggedFloat",
        other => other,
    };
    Err(Diagnostic::user(format!(
        "Invalid group name format, expected a string or a list of them or dictionary, got: <class '{kind}'>"
    )))
}

/// A rendered value as the inventory holds it: its strings are never templates again.
pub(super) fn node_of(value: &Value, span: Span) -> Node {
    let text = |text: Arc<str>| Kind::Str { text, unsafe_: true };
    let sealed = matches!(value, Value::Str(s) if s.secret);
    // what is secret stays so
    let node = |kind| Node { kind, span: if sealed { span.sealed() } else { span } };
    let kind = match value {
        Value::Bool(value) => Kind::Bool(*value),
        Value::Int(value) => Kind::Int(*value),
        Value::Big(value) => Kind::Big(value.clone()),
        Value::Float(value) => Kind::Float(*value),
        Value::Str(value) => text(value.text.clone()),
        Value::Vault(vault) => Kind::Vault(vault.text.clone()),
        Value::Bytes(value) => Kind::Bytes(value.clone()),
        Value::Date(value) => Kind::Date(*value),
        Value::DateTime(value) => Kind::DateTime(**value),
        Value::Zoned(value) => Kind::Zoned((**value).clone()),
        Value::None | Value::Omit | Value::Undefined(_) => Kind::Null,
        Value::Dict(dict) => {
            let pairs = dict
                .pairs()
                .iter()
                .map(|(key, value)| (node_of(key.value(), span), node_of(value, span)))
                .collect();
            Kind::Map(Arc::new(Mapping { pairs }))
        }
        value => match value.iter() {
            Ok(items) => Kind::Seq(items.map(|item| node_of(&item, span)).collect()),
            Err(_) => text(value.to_text().unwrap_or_default().into()),
        },
    };
    node(kind)
}
