//! `impel inventory`, `ansible-inventory`: the inventory as JSON, YAML, TOML or a tree.

use super::display::{greet, screen};
use super::error::{Caller, Ended, Failure};
use super::flags::{self, GeneralFlags, InventoryFlags, VaultFlags};
use super::inventory_json::{host_vars, list};
use super::inventory_text::Trees;
use super::sources::{self, Sources};
use super::vault::passwords as vault_passwords;
use super::{extra_vars, inventory_text as text, inventory_toml as toml, streams};
use crate::config::HashBehaviour;
use crate::diag::{Diagnostic, ErrorKind, Span, nearest};
use crate::engine::ExtraVars;
use crate::inventory::{ALL, Group, UNGROUPED, Vars};
use crate::report::{Masks, Screen, pretty_json, pretty_json_at, python_str};
use crate::vault::Vault;
use crate::yaml::{Kind, Node, Tree, repr};
use clap::Args;
use impel_modules::{Data, Map, Text};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Show Ansible inventory information, by default it uses the inventory script JSON format.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The name of a group in the inventory, relevant when using --graph.
    #[arg(value_name = "group")]
    group: Option<String>,
    /// Output all hosts info, works as inventory script.
    #[arg(long)]
    list: bool,
    /// Output specific host info, works as inventory script. It will ignore limit.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Create inventory graph, if supplying pattern it must be a valid group name. It will ignore limit.
    #[arg(long)]
    graph: bool,
    /// Use YAML format instead of default JSON, ignored for --graph.
    #[arg(short = 'y', long)]
    yaml: bool,
    /// Use TOML format instead of default JSON, ignored for --graph.
    #[arg(long)]
    toml: bool,
    /// Add vars to graph display, ignored unless used with --graph.
    #[arg(long)]
    vars: bool,
    /// When doing --list, represent in a way that is optimized for export.
    #[arg(long)]
    export: bool,
    /// Send the inventory to a file instead of to the screen.
    #[arg(long, value_name = "OUTPUT_FILE")]
    output: Option<PathBuf>,
    /// Use this as a substitute playbook directory.
    #[arg(long, value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    #[command(flatten)]
    inventory: InventoryFlags,
    #[command(flatten)]
    general: GeneralFlags,
    #[command(flatten)]
    vault: VaultFlags,
}

/// Shows the inventory.
pub(super) fn main(caller: &Caller, mut arguments: Arguments) -> Ended {
    if flags::version(caller, &arguments.general)? {
        return Ok(ExitCode::SUCCESS);
    }
    let config = flags::configuration()?;
    let actions = [arguments.list, arguments.graph, arguments.host.is_some()];
    match actions.iter().filter(|on| **on).count() {
        1 => {}
        0 => {
            return refuse(
                "No action selected, at least one of --host, --graph or --list needs to be specified.",
            );
        }
        _ => {
            return refuse(
                "Conflicting options used, only one of --host, --graph or --list can be used at the same time.",
            );
        }
    }
    let verbosity = arguments.general.verbosity(&config);
    let mut screen = screen(&config, verbosity, arguments.general.no_mask)?;
    greet(&mut screen, &config, caller);
    let vault = vault_passwords::vault(&arguments.vault, &config, &mut screen)?;
    let given: Vec<ExtraVars> =
        arguments.general.extra_vars.iter().map(|text| ExtraVars::parse(text)).collect();
    let merge = config.settings.hash_behaviour == HashBehaviour::Merge;
    let extra = Arc::new(extra_vars::read(&given, &vault, merge)?);
    let folder = match &arguments.playbook_dir {
        Some(folder) => folder.clone(),
        None => std::env::current_dir().unwrap_or_default(),
    };
    let sources =
        sources::read(&arguments.inventory.inventory, &folder, &extra, &vault, &config, &mut screen)?;
    let export = config.get("INVENTORY_EXPORT").and_then(|setting| setting.value.as_bool()).unwrap_or(false);
    arguments.export |= export;
    // without a password nothing was opened, so there is nothing to hide
    let masks = if vault.secrets().is_empty() { Masks::new(true) } else { screen.masks.clone() };
    let mut show = Show { sources, extra, arguments, screen, vault, masks };
    let written = show.text()?;
    match &show.arguments.output {
        Some(path) => {
            // a document ends with its line, JSON and the graph do not
            let document = !show.arguments.graph && (show.arguments.yaml || show.arguments.toml);
            let written = if document { written + "\n" } else { written };
            std::fs::write(path, written).map_err(|e| {
                let shown = crate::yaml::repr::of_str(&path.to_string_lossy());
                let number = e.raw_os_error().map(|number| format!("[Errno {number}] ")).unwrap_or_default();
                let words = e.to_string();
                let words = words.split(" (os error").next().unwrap_or_default();
                let message =
                    format!("Unable to write to destination file {shown}: {number}{words}: b{shown}");
                Diagnostic::user(message)
            })?;
        }
        None => streams::out(written + "\n")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse<T>(message: &str) -> Result<T, Failure> {
    Err(Diagnostic::new(ErrorKind::Options, message).into())
}

/// How deep groups are followed; they have no loops, but may be many.
const DEPTH: usize = 500;

struct Show {
    sources: Sources,
    extra: Arc<Vars>,
    arguments: Arguments,
    screen: Screen,
    vault: Vault,
    masks: Masks,
}

/// A walk down the groups: what is shown of it, and what was met.
struct Walk<'w> {
    left: &'w HashSet<Arc<str>>,
    trees: &'w Trees<'w>,
    hosts: HashSet<Arc<str>>,
    groups: HashSet<Arc<str>>,
}

impl Show {
    fn text(&mut self) -> Result<String, Failure> {
        if let Some(name) = self.arguments.host.clone() {
            return self.host(&name);
        }
        if self.arguments.graph {
            return self.graph();
        }
        self.list()
    }

    /// All that is known of one host.
    fn host(&mut self, name: &str) -> Result<String, Failure> {
        let matched = self.sources.inventory.hosts_matching(name)?;
        let [only] = &matched.hosts[..] else {
            matched.warnings.iter().for_each(|warning| self.screen.warning(warning));
            let mut error =
                Diagnostic::new(ErrorKind::Options, "You must pass a single valid host to --host parameter");
            let hosts = self.sources.inventory.hosts.keys();
            if let Some(near) = nearest(name, hosts.map(|host| &**host)) {
                error = error.hint(format!("did you mean '{near}'?"));
            }
            return Err(error.into());
        };
        let vars = self.vars_of(only)?;
        let written = if self.arguments.yaml {
            text::yaml(&Trees::new(&self.masks).of(&vars))
        } else if self.arguments.toml {
            toml::document(&Trees::new(&self.masks).of(&vars))
        } else {
            pretty_json(&Data::Map(self.data(&vars, false)))
        };
        Ok(written)
    }

    /// Variables as plain data, secrets masked.
    fn data(&self, vars: &Vars, wrapped: bool) -> Map {
        let data = text::data(vars, wrapped);
        if self.masks.hide() { self.masks.map(&data) } else { data }
    }

    /// A host's variables as the form asks for them: all that it has, or under `--export` its own only.
    fn vars_of(&self, name: &str) -> Result<Vars, Diagnostic> {
        let Some(host) = self.sources.inventory.hosts.get(name) else { return Ok(Vars::default()) };
        if self.arguments.export {
            return self.sources.host_alone(host, self.beside_playbook());
        }
        let mut vars = self.sources.of_host(host)?;
        self.sources.add(&mut vars, &self.extra);
        Ok(vars)
    }

    /// Whether what a host or a group has of its own may stand beside the playbook: only where that was named.
    fn beside_playbook(&self) -> bool {
        self.arguments.playbook_dir.is_some()
    }

    /// What a group has of its own, its priority among it.
    fn vars_of_group(&self, name: &str) -> Result<Vars, Diagnostic> {
        let mut vars = self.sources.group_alone(name, self.beside_playbook())?;
        let group = self.sources.inventory.groups.get(name).filter(|group| group.priority != 1);
        if let Some(group) = group {
            let span = Span::new(Path::new("<inventory>"), 0, 0);
            let node = Node { kind: Kind::Int(group.priority), span };
            vars.insert("ansible_group_priority".into(), node);
        }
        Ok(vars)
    }

    /// The groups at and below `all`, each above those below it. What was left half read hangs nowhere.
    fn reachable(&self) -> Vec<&Group> {
        let groups = &self.sources.inventory.groups;
        let mut found = Vec::new();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next: Vec<&Group> = groups.get(ALL).into_iter().collect();
        while let Some(group) = next.pop() {
            if seen.insert(&group.name) {
                found.push(group);
                next.extend(group.children.iter().rev().filter_map(|child| groups.get(child)));
            }
        }
        found
    }

    /// The hosts that `--limit` leaves.
    fn limited(&mut self) -> Result<HashSet<Arc<str>>, Diagnostic> {
        if let Some(limit) = self.arguments.inventory.limit.clone() {
            for warning in self.sources.inventory.set_limit(Some(&limit))? {
                self.screen.warning(&warning);
            }
        }
        let left = self.sources.inventory.hosts_matching(ALL)?.hosts;
        Ok(left.into_iter().collect())
    }

    fn list(&mut self) -> Result<String, Failure> {
        let left = self.limited()?;
        let written = if self.arguments.yaml {
            let trees = Trees::new(&self.masks);
            let mut walk = Walk { left: &left, trees: &trees, hosts: HashSet::new(), groups: HashSet::new() };
            let all = self.branch(ALL, &mut walk, 0)?;
            let named = (Tree::Str(ALL.into()), all);
            text::yaml(&Tree::Map(if named.1 == Tree::Map(Vec::new()) { Vec::new() } else { vec![named] }))
        } else if self.arguments.toml {
            toml::document(&self.toml(&left)?)
        } else {
            self.json(&left)?
        };
        Ok(written)
    }

    /// As an inventory script answers `--list`.
    fn json(&self, left: &HashSet<Arc<str>>) -> Result<String, Diagnostic> {
        let inventory = &self.sources.inventory;
        let mut map = Map::new();
        for group in self.reachable() {
            let name = &group.name;
            let mut entry = Map::new();
            let hosts = group.hosts.iter().filter(|host| left.contains(*host));
            let hosts: Vec<Data> = hosts.map(|host| Data::str(host.clone())).collect();
            if **name != *ALL && !hosts.is_empty() {
                entry.insert("hosts".into(), hosts.into());
            }
            let children: Vec<Data> = group.children.iter().map(|child| Data::str(child.clone())).collect();
            if !children.is_empty() {
                entry.insert("children".into(), children.into());
            }
            if self.arguments.export {
                let vars = self.vars_of_group(name)?;
                if !vars.is_empty() {
                    entry.insert("vars".into(), self.data(&vars, true).into());
                }
            }
            if !entry.is_empty() {
                map.insert(name.to_string(), entry.into());
            }
        }
        let names: Vec<Arc<str>> =
            inventory.hosts.keys().filter(|name| left.contains(*name)).cloned().collect();
        if !self.arguments.export && !self.sources.merges() {
            return Ok(list(&map, &host_vars(&self.sources, &self.extra, &names, &self.masks)?));
        }
        let mut hostvars = Map::new();
        for name in &names {
            let vars = self.vars_of(name)?;
            if !vars.is_empty() {
                hostvars.insert(name.to_string(), self.data(&vars, true).into());
            }
        }
        Ok(list(&map, &pretty_json_at(&Data::Map(hostvars), 2)))
    }

    /// A group as YAML inventories have it; what hosts and groups hold stands where they are first met.
    fn branch(&self, name: &str, walk: &mut Walk<'_>, level: usize) -> Result<Tree, Diagnostic> {
        let Some(group) = self.sources.inventory.groups.get(name).filter(|_| level < DEPTH) else {
            return Ok(Tree::Map(Vec::new()));
        };
        let mut entry = Vec::new();
        let mut children = Vec::new();
        for child in &group.children {
            if !walk.groups.insert(child.clone()) {
                children.push((Tree::Str(child.to_string()), Tree::Map(Vec::new())));
                continue;
            }
            let below = self.branch(child, walk, level + 1)?;
            if below != Tree::Map(Vec::new()) {
                children.push((Tree::Str(child.to_string()), below));
            }
        }
        if !children.is_empty() {
            entry.push((Tree::Str("children".into()), Tree::Map(children)));
        }
        let mut hosts = Vec::new();
        for host in group.hosts.iter().filter(|host| name != ALL && walk.left.contains(*host)) {
            let vars = if walk.hosts.insert(host.clone()) { self.vars_of(host)? } else { Vars::default() };
            let own = match self.sources.inventory.hosts.get(host) {
                Some(host) => self.sources.own_layers(host)?,
                None => Vec::new(),
            };
            let is_own = |name: &str| {
                self.arguments.export
                    || own.iter().any(|layer| layer.contains_key(name)) && !self.extra.contains_key(name)
            };
            hosts.push((Tree::Str(host.to_string()), walk.trees.of_host(&vars, is_own)));
        }
        if !hosts.is_empty() {
            entry.push((Tree::Str("hosts".into()), Tree::Map(hosts)));
        }
        if self.arguments.export {
            let vars = self.vars_of_group(name)?;
            if !vars.is_empty() {
                entry.push((Tree::Str("vars".into()), walk.trees.of(&vars)));
            }
        }
        Ok(Tree::Map(entry))
    }

    /// A table a group, as TOML inventories have it; of what is below `all` only that.
    fn toml(&self, left: &HashSet<Arc<str>>) -> Result<Tree, Diagnostic> {
        let named = |name: &str, tree: Tree| (Tree::Str(name.to_string()), tree);
        let trees = Trees::new(&self.masks);
        let mut tables = Vec::new();
        let mut seen = HashSet::new();
        for group in self.reachable() {
            let mut entry = Vec::new();
            let children =
                group.children.iter().filter(|child| ***child != *UNGROUPED && &*group.name != ALL);
            let children: Vec<Tree> = children.map(|child| Tree::Str(child.to_string())).collect();
            if !children.is_empty() {
                entry.push(named("children", Tree::Seq(children)));
            }
            let mut hosts = Vec::new();
            for host in group.hosts.iter().filter(|host| &*group.name != ALL && left.contains(*host)) {
                let vars = if seen.insert(host.clone()) { self.vars_of(host)? } else { Vars::default() };
                hosts.push(named(host, trees.of(&vars)));
            }
            if !hosts.is_empty() {
                entry.push(named("hosts", Tree::Map(hosts)));
            }
            if self.arguments.export {
                let vars = self.vars_of_group(&group.name)?;
                if !vars.is_empty() {
                    entry.push(named("vars", trees.of(&vars)));
                }
            }
            if !entry.is_empty() {
                tables.push(named(&group.name, Tree::Map(entry)));
            }
        }
        Ok(Tree::Map(tables))
    }

    fn graph(&self) -> Result<String, Failure> {
        let start = self.arguments.group.as_deref().unwrap_or(ALL);
        if !self.sources.inventory.groups.contains_key(start) {
            let mut error =
                Diagnostic::new(ErrorKind::Options, "Pattern must be valid group name when using --graph");
            let groups = self.sources.inventory.groups.keys();
            if let Some(near) = nearest(start, groups.map(|group| &**group)) {
                error = error.hint(format!("did you mean '{near}'?"));
            }
            return Err(error.into());
        }
        let mut lines = Vec::new();
        self.graph_group(start, 0, &mut lines)?;
        Ok(lines.join("\n"))
    }

    fn graph_group(&self, name: &str, level: usize, lines: &mut Vec<String>) -> Result<(), Diagnostic> {
        let Some(group) = self.sources.inventory.groups.get(name).filter(|_| level < DEPTH) else {
            return Ok(());
        };
        lines.push(twig(&format!("@{name}:"), level));
        for child in &group.children {
            self.graph_group(child, level + 1, lines)?;
        }
        for host in group.hosts.iter().filter(|_| name != ALL) {
            lines.push(twig(host, level + 1));
            if self.arguments.vars {
                self.graph_vars(&self.vars_of(host)?, level + 2, lines)?;
            }
        }
        if self.arguments.vars {
            self.graph_vars(&self.vars_of_group(name)?, level + 1, lines)?;
        }
        Ok(())
    }

    /// Variables as Python shows them: those under `!vault` opened, secrets masked.
    fn graph_vars(&self, vars: &Vars, level: usize, lines: &mut Vec<String>) -> Result<(), Diagnostic> {
        let mut pairs: Vec<(&Arc<str>, &Node)> = vars.iter().collect();
        pairs.sort_by_key(|(name, _)| *name);
        for (name, node) in pairs {
            let shown = match &node.kind {
                Kind::Vault(sealed) => {
                    let plain = self.vault.text(sealed);
                    let plain = plain.map_err(|fault| Diagnostic::from(fault).at(node.span))?;
                    let data = Data::Str(Text { text: plain, secret: true });
                    python_str(&if self.masks.hide() { self.masks.data(&data) } else { data })
                }
                _ if self.masks.hide() => repr::str_of_node(&text::masked(node, &self.masks)),
                _ => repr::str_of_node(node),
            };
            lines.push(twig(&format!("{{{name} = {shown}}}"), level));
        }
        Ok(())
    }
}

/// A line of the tree.
fn twig(text: &str, level: usize) -> String {
    match level {
        0 => text.to_string(),
        level => format!("{}--{text}", "  |".repeat(level)),
    }
}
