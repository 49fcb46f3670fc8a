//! The `constructed` plugin: variables and groups made from what earlier sources said about each host.

use super::load::Options;
use super::model::{ALL, Inventory, Vars, fit};
use super::varfiles::VarFiles;
use super::world::{SourceWorld, Told, node_of};
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
    let config = Config::read(root, options)?;
    let shown = repr::of_str(&path.to_string_lossy());
    apply(inventory, &config, path, options, told).map_err(|error| Diagnostic {
        message: format!("Failed to parse {shown}: {}", error.message),
        ..error
    })
}

fn apply(
    inventory: &mut Inventory,
    config: &Config,
    path: &Path,
    options: &Options,
    told: &Told,
) -> Result<(), Diagnostic> {
    let keyed: Vec<Keyed> = config.keyed.iter().map(Keyed::read).collect::<Result<_, _>>()?;
    let folders: Vec<VarFiles> = match config.use_vars_plugins && options.vars_files {
        true => {
            inventory.folders.iter().map(|folder| VarFiles::find(folder, options.vault.clone())).collect()
        }
        false => Vec::new(),
    };
    let names: Vec<Arc<str>> = inventory.hosts.keys().cloned().collect();
    for name in names {
        let vars = visible(inventory, &name, &folders, config, options)?;
        let world = SourceWorld::new(vars, path, options.vault.clone(), told);
        let (composed, failed) = compose(config, &world, &name);
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
        groups(inventory, config, &world, &name)?;
        for keyed in &keyed {
            keyed_group(inventory, config, keyed, &world, &name)?;
        }
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
    keyed: Vec<Node>,
}

struct Keyed {
    key: Node,
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
    fn read(root: &Node, options: &Options) -> Result<Config, Diagnostic> {
        let empty = Mapping::default();
        let map = root.as_map().unwrap_or(&empty);
        let wrong = |name: &str, wanted: &str, node: &Node| {
            let message = format!(
                "Config '{name}' for 'constructed' inventory plugin from 'Direct' has an invalid value: Invalid value \
                 provided for '{wanted}': {}",
                repr::of_node(node)
            );
            Diagnostic::parse(message, node.span)
        };
        let mapping = |name: &str| match map.get(name).map(|node| (&node.kind, node)) {
            None | Some((Kind::Null, _)) => Ok(Mapping::default()),
            Some((Kind::Map(map), _)) => Ok((**map).clone()),
            Some((_, node)) => Err(wrong(name, "dict", node)),
        };
        let keyed = match map.get("keyed_groups").map(|node| (&node.kind, node)) {
            None | Some((Kind::Null, _)) => Vec::new(),
            Some((Kind::Seq(items), _)) => items.to_vec(),
            Some((_, node)) => return Err(wrong("keyed_groups", "list", node)),
        };
        Ok(Config {
            strict: flag(map, "strict", false),
            leading_separator: flag(map, "leading_separator", true),
            use_extra_vars: flag(map, "use_extra_vars", options.use_extra_vars),
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
                format!("Invalid keyed group entry, it must be a dictionary: {}", repr::str_of_node(node));
            Diagnostic::parse(message, node.span)
        })?;
        let set = |name: &str| map.get(name).filter(|node| !node.is_null());
        if set("trailing_separator").is_some() && set("default_value").is_some() {
            let message =
                "parameters are mutually exclusive for keyed groups: default_value|trailing_separator";
            return Err(Diagnostic::parse(message, node.span));
        }
        Ok(Keyed {
            key: map.get("key").cloned().unwrap_or(Node { kind: Kind::Null, span: node.span }),
            // what is null here is Python's `None`, and so it is written
            prefix: map.get("prefix").map(repr::str_of_node).unwrap_or_default(),
            separator: map.get("separator").map_or_else(|| "_".into(), repr::str_of_node),
            default: set("default_value").map(repr::str_of_node),
            trailing_separator: !matches!(
                map.get("trailing_separator").map(|node| &node.kind),
                Some(Kind::Bool(false) | Kind::Int(0))
            ),
            parent: set("parent_group").cloned(),
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
        for layer in inventory.layers_within(host, folders, &[], below_all)? {
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
    seen.insert("inventory_hostname_short".into(), Value::str(super::Inventory::short_name(name)));
    seen.insert("group_names".into(), Value::list(names.into_iter().map(Value::str)));
    if let Some(source) = &host.source {
        // a list of hosts is in no folder, and ansible-core says so by this text
        let folder = source.parent().filter(|_| source.is_absolute()).map(Path::to_string_lossy);
        seen.insert("inventory_dir".into(), Value::str(folder.unwrap_or("None".into()).into_owned()));
        seen.insert("inventory_file".into(), Value::str(source.to_string_lossy().into_owned()));
    }
    if let Some(cached) = &options.cached_facts {
        seen.extend(cached(name));
    }
    if config.use_extra_vars {
        seen.extend(options.extra_vars.iter().map(|(key, node)| (key.clone(), Value::from_node(node))));
    }
    Ok(seen)
}

fn compose(config: &Config, world: &SourceWorld<'_>, host: &str) -> (Vars, Option<Diagnostic>) {
    let mut composed = Vars::default();
    for (key, source) in &config.compose.pairs {
        let name = super::yaml::text_of(key);
        match evaluate(source, world) {
            Ok(value) => {
                composed.insert(name.into(), world.node_of(&value, source.span));
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

/// An expression's value.
fn evaluate(source: &Node, world: &SourceWorld<'_>) -> Result<Value, Diagnostic> {
    let Kind::Str { text, unsafe_ } = &source.kind else {
        let class = super::yaml::class(source);
        let message = format!("Expressions must be <class 'str'>, got {class}.");
        return Err(Diagnostic::user(message).at(source.span));
    };
    if *unsafe_ {
        return Err(Diagnostic::user("Encountered untrusted template or expression.").at(source.span));
    }
    match template::expression(text, world)? {
        Value::Omit => Err(Diagnostic::user("A template was resolved to an Omit scalar.").at(source.span)),
        value => Ok(value),
    }
}

/// Whether a condition holds.
fn holds(source: &Node, world: &SourceWorld<'_>) -> Result<bool, Diagnostic> {
    match &source.kind {
        Kind::Str { .. } | Kind::Bool(_) | Kind::Null => {
            template::conditional(&Value::from_node(source), world)
        }
        _ => Err(Diagnostic::user("Conditional expressions must be strings.").at(source.span)),
    }
}

/// A group's name without what names cannot hold.
fn named(name: &str, span: Span) -> Result<String, Diagnostic> {
    match name.is_empty() {
        true => Err(Diagnostic::parse("Invalid empty/false group name provided:", span)),
        false => Ok(fit(name)),
    }
}

/// What Python's regular expressions say of a name that is no string.
fn no_string(node: &Node) -> Diagnostic {
    let class = super::yaml::bare_class(node);
    Diagnostic::parse(format!("expected string or bytes-like object, got '{class}'"), node.span)
}

fn groups(
    inventory: &mut Inventory,
    config: &Config,
    world: &SourceWorld<'_>,
    host: &str,
) -> Result<(), Diagnostic> {
    for (key, source) in &config.groups.pairs {
        match holds(source, world) {
            Ok(true) => {
                let name = key.as_str().ok_or_else(|| no_string(key))?;
                inventory.add_host(host, Some(&named(name, key.span)?));
            }
            Ok(false) => {}
            Err(error) if config.strict => {
                let name = fit(&repr::str_of_node(key));
                let message = format!("Could not add host {host} to group {name}");
                return Err(Diagnostic::user(message).because(error).at(source.span));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn keyed_group(
    inventory: &mut Inventory,
    config: &Config,
    keyed: &Keyed,
    world: &SourceWorld<'_>,
    host: &str,
) -> Result<(), Diagnostic> {
    let span = keyed.key.span;
    let key = repr::str_of_node(&keyed.key);
    let value = match evaluate(&keyed.key, world) {
        Ok(value) => value,
        Err(error) if config.strict => {
            let message = format!("Could not generate group for host {host} from {key} entry");
            return Err(Diagnostic::user(message).because(error).at(span));
        }
        Err(_) => return Ok(()),
    };
    let Some(bare) = bare_names(keyed, &value)? else {
        if config.strict {
            let message = format!("No key or key resulted empty for {key} in host {host}, invalid entry");
            return Err(Diagnostic::user(message).at(span));
        }
        return Ok(());
    };
    let parent = match &keyed.parent {
        None => None,
        Some(node) => match template::render(&Value::from_node(node), world) {
            Ok(Value::Omit | Value::None) => None,
            Ok(parent) if parent.is_empty().unwrap_or(false) => None,
            Ok(parent) => Some(node_of(&parent, node.span)),
            Err(error) if config.strict => {
                let message = format!(
                    "Could not generate parent group '{}' for group {}",
                    repr::str_of_node(node),
                    repr::of_node(&node_of(&value, span))
                );
                return Err(Diagnostic::user(message).because(error).at(node.span));
            }
            Err(_) => return Ok(()),
        },
    };
    let separator = match keyed.prefix.is_empty() && !config.leading_separator {
        true => "",
        false => &keyed.separator,
    };
    for bare in bare {
        let name = named(&format!("{}{separator}{bare}", keyed.prefix), span)?;
        inventory.add_host(host, Some(&name));
        if let Some(parent) = &parent {
            let parent = named(parent.as_str().ok_or_else(|| no_string(parent))?, parent.span)?;
            inventory.add_group(&parent);
            inventory.add_child(&parent, &name)?;
        }
    }
    Ok(())
}

/// What `default_value` stands in for.
fn is_nothing(value: &Value) -> bool {
    value.is_none() || value.as_str() == Some("")
}

/// The names that a value stands for, without prefix; `None` where it stands for nothing.
fn bare_names(keyed: &Keyed, value: &Value) -> Result<Option<Vec<String>>, Diagnostic> {
    let default = || keyed.default.clone();
    if is_nothing(value) {
        return Ok(default().map(|name| vec![name]));
    }
    if let Some(text) = value.as_str() {
        return Ok(Some(vec![text.to_owned()]));
    }
    let text = |value: &Value| if value.is_none() { Ok("None".into()) } else { value.to_text() };
    if let Some(dict) = value.as_dict() {
        let mut names = Vec::new();
        for (key, value) in dict.pairs().iter() {
            let key = text(key.value())?;
            names.push(match (is_nothing(value), default()) {
                (true, Some(default)) => format!("{key}{}{default}", keyed.separator),
                (true, None) if !keyed.trailing_separator => key,
                _ => format!("{key}{}{}", keyed.separator, text(value)?),
            });
        }
        return Ok(Some(names));
    }
    if value.is_sequence() {
        let items: Vec<Value> = value.iter()?.collect();
        let name = |item: &Value| match default().filter(|_| is_nothing(item)) {
            Some(default) => Ok(default),
            None => text(item),
        };
        return Ok(Some(items.iter().map(name).collect::<Result<_, _>>()?));
    }
    if matches!(value, Value::Bool(false) | Value::Int(0)) || matches!(value, Value::Float(f) if *f == 0.0) {
        return Ok(None);
    }
    let class = super::yaml::class(&node_of(value, keyed.key.span));
    let message =
        format!("Invalid group name format, expected a string or a list of them or dictionary, got: {class}");
    Err(Diagnostic::user(message).at(keyed.key.span))
}
