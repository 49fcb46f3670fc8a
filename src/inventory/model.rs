//! Hosts and groups: who belongs to what, and what the inventory itself says about them.

use super::varfiles::GroupLayer;
use crate::diag::{Diagnostic, Span};
use crate::maps::{IndexMap, IndexSet};
use crate::yaml::{Kind, Node};
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variables by name, in order of definition.
pub type Vars = IndexMap<Arc<str>, Node>;

/// All hosts and groups of a run. It changes while the run goes on (`add_host`, `group_by`).
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Hosts by name, in order of appearance.
    pub hosts: IndexMap<Arc<str>, Host>,
    /// Groups by name, in order of appearance; `all` and `ungrouped` are always there.
    pub groups: IndexMap<Arc<str>, Group>,
    /// The folders beside which `group_vars` and `host_vars` are looked for, in the order of the sources.
    pub folders: Vec<PathBuf>,
    /// The sources as given, for `ansible_inventory_sources`.
    pub sources: Vec<String>,
    /// What there is to say about the sources at high verbosity, with the verbosity.
    pub notes: Vec<(u8, String)>,
    /// What scripts wrote to their standard error.
    pub said: Vec<String>,
    /// The layers of groups' variables that count, the weakest first.
    pub precedence: Vec<GroupLayer>,
    /// Whether names of groups are made fit for variables (`TRANSFORM_INVALID_GROUP_CHARS`).
    pub transform_group_names: bool,
    /// Whether a name was.
    pub(super) transformed: bool,
    /// What is to be said of hosts that are this machine twice.
    twice: Vec<String>,
    /// Names of which `--limit` leaves nothing but these.
    pub(super) limit: Option<HashSet<Arc<str>>>,
}

/// One host.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name in the inventory.
    pub name: Arc<str>,
    /// What the inventory's sources say about it; shared, so that a layer made of it is made once.
    pub vars: Arc<Vars>,
    /// The groups that name it, without their parents.
    pub groups: IndexSet<Arc<str>>,
    /// The file that first named it; `inventory_file`, and its folder `inventory_dir`.
    pub source: Option<Arc<Path>>,
    /// `localhost` that no source names: not part of `all`.
    pub implicit: bool,
}

/// One group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// What the inventory's sources say about it; shared, so that a layer made of it is made once.
    pub vars: Arc<Vars>,
    /// The hosts that it names itself.
    pub hosts: IndexSet<Arc<str>>,
    /// The groups below it.
    pub children: IndexSet<Arc<str>>,
    /// The groups above it.
    pub parents: IndexSet<Arc<str>>,
    /// `ansible_group_priority`: among groups of one depth, higher wins.
    pub priority: i64,
    /// The longest way down from `all`.
    pub depth: usize,
}

/// The group of all hosts.
pub const ALL: &str = "all";
/// The group of hosts that are in no other.
pub const UNGROUPED: &str = "ungrouped";

impl Default for Inventory {
    fn default() -> Inventory {
        let mut inventory = Inventory {
            hosts: IndexMap::default(),
            groups: IndexMap::default(),
            folders: Vec::new(),
            sources: Vec::new(),
            notes: Vec::new(),
            said: Vec::new(),
            precedence: GroupLayer::USUAL.to_vec(),
            transform_group_names: false,
            transformed: false,
            twice: Vec::new(),
            limit: None,
        };
        for name in [ALL, UNGROUPED] {
            inventory.add_group(name);
        }
        inventory.link(ALL, UNGROUPED);
        inventory
    }
}

impl Inventory {
    /// The group of this name, made if it is new.
    pub fn add_group(&mut self, name: &str) -> &mut Group {
        let name: Arc<str> = match self.groups.get_key_value(name) {
            Some((known, _)) => known.clone(),
            None => name.into(),
        };
        self.groups.entry(name.clone()).or_insert_with(|| Group {
            name,
            vars: Arc::default(),
            hosts: IndexSet::default(),
            children: IndexSet::default(),
            parents: IndexSet::default(),
            priority: 1,
            depth: 0,
        })
    }

    /// Sets what a source says of a group. Its priority is no variable: it only orders the groups.
    ///
    /// # Errors
    /// A priority that is no number, in Python's words.
    pub(super) fn set_group_var(&mut self, group: &str, name: Arc<str>, value: Node) -> Result<(), String> {
        let group = self.add_group(group);
        if &*name == "ansible_group_priority" {
            group.priority = integer(&value)?;
        } else {
            Arc::make_mut(&mut group.vars).insert(name, value);
        }
        Ok(())
    }

    /// The host of this name, made if it is new, in a group if one is named.
    pub fn add_host(&mut self, name: &str, group: Option<&str>) -> &mut Host {
        let name: Arc<str> = match self.hosts.get_key_value(name) {
            Some((known, _)) => known.clone(),
            None => {
                // The search walks all hosts: only for a name that needs it.
                if Inventory::is_localhost(name)
                    && let Some(first) = self.hosts.keys().find(|host| Inventory::is_localhost(host))
                {
                    self.twice.push(format!(
                        "A duplicate localhost-like entry was found ({name}). First found localhost was {first}"
                    ));
                }
                name.into()
            }
        };
        if let Some(group) = group {
            self.add_group(group).hosts.insert(name.clone());
        }
        let group = group.and_then(|group| self.groups.get_key_value(group)).map(|(name, _)| name.clone());
        let host = self.hosts.entry(name.clone()).or_insert_with(|| Host {
            name,
            vars: Arc::default(),
            groups: IndexSet::default(),
            source: None,
            implicit: false,
        });
        host.groups.extend(group);
        host
    }

    /// Puts a group below another; both must be there.
    ///
    /// # Errors
    /// A group cannot be below itself.
    pub fn add_child(&mut self, parent: &str, child: &str) -> Result<(), Diagnostic> {
        if parent == child {
            return Err(Diagnostic::user("can't add group to itself"));
        }
        if self.ancestors(parent).contains(child) {
            let message =
                format!("Adding group '{child}' as child to '{parent}' creates a recursive dependency loop.");
            return Err(Diagnostic::user(message));
        }
        self.add_group(parent);
        self.add_group(child);
        self.link(parent, child);
        Ok(())
    }

    /// Makes the edge and pushes down what lies below. There is no way back up from `child` to `parent`.
    fn link(&mut self, parent: &str, child: &str) {
        let (Some((parent, _)), Some((child, _))) =
            (self.groups.get_key_value(parent), self.groups.get_key_value(child))
        else {
            return;
        };
        let (parent, child) = (parent.clone(), child.clone());
        let mut depth = 0;
        if let Some(group) = self.groups.get_mut(&parent) {
            group.children.insert(child.clone());
            depth = group.depth + 1;
        }
        if let Some(group) = self.groups.get_mut(&child) {
            group.parents.insert(parent);
        }
        let mut lower = vec![(child, depth)];
        while let Some((name, depth)) = lower.pop() {
            let Some(group) = self.groups.get_mut(&name) else { continue };
            if group.depth < depth {
                group.depth = depth;
                lower.extend(group.children.iter().map(|child| (child.clone(), depth + 1)));
            }
        }
    }

    /// The groups above a group, in no particular order.
    pub fn ancestors(&self, group: &str) -> HashSet<Arc<str>> {
        let mut found = HashSet::new();
        let mut next: Vec<&Group> = self.groups.get(group).into_iter().collect();
        while let Some(group) = next.pop() {
            for parent in &group.parents {
                if found.insert(parent.clone()) {
                    next.extend(self.groups.get(parent));
                }
            }
        }
        found
    }

    /// After the sources are read: groups without a parent go below `all`, hosts without a group into `ungrouped`,
    /// and only those. Gives names that are both a host's and a group's.
    ///
    /// # Errors
    /// A group has `all` below it and none above: it would be below itself.
    pub fn settle(&mut self) -> Result<Vec<Arc<str>>, Diagnostic> {
        let orphans: Vec<Arc<str>> = self
            .groups
            .values()
            .filter(|group| &*group.name != ALL && (group.parents.is_empty()))
            .map(|group| group.name.clone())
            .collect();
        for name in orphans {
            self.add_child(ALL, &name)?;
        }
        let mut lonely: IndexSet<Arc<str>> = IndexSet::default();
        for host in self.hosts.values_mut().filter(|host| !host.implicit) {
            if host.groups.iter().any(|group| &**group != ALL && &**group != UNGROUPED) {
                host.groups.shift_remove(UNGROUPED);
            } else {
                host.groups.insert(UNGROUPED.into());
                lonely.insert(host.name.clone());
            }
        }
        if let Some(ungrouped) = self.groups.get_mut(UNGROUPED) {
            // first those that a source itself has put there
            ungrouped.hosts.retain(|host| lonely.contains(host));
            ungrouped.hosts.extend(lonely);
        }
        let mut both: Vec<Arc<str>> =
            self.groups.keys().filter(|name| self.hosts.contains_key(&**name)).cloned().collect();
        both.sort();
        Ok(both)
    }

    /// The host's groups and all above them, `all` included, the weakest first: by depth, priority, name.
    pub fn groups_of(&self, host: &Host) -> Vec<&Group> {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut found: Vec<&Group> = Vec::new();
        let mut next: Vec<&Arc<str>> = host.groups.iter().collect();
        next.extend(self.groups.get(ALL).map(|all| &all.name));
        while let Some(name) = next.pop() {
            let Some(group) = self.groups.get(name) else { continue };
            if seen.insert(&group.name) {
                next.extend(&group.parents);
                found.push(group);
            }
        }
        found.sort_by(|a, b| (a.depth, a.priority, &a.name).cmp(&(b.depth, b.priority, &b.name)));
        found
    }

    /// `group_names`: the host's groups but `all`, sorted.
    pub fn group_names(&self, host: &Host) -> Vec<Arc<str>> {
        let mut names: Vec<Arc<str>> = self
            .groups_of(host)
            .iter()
            .map(|group| group.name.clone())
            .filter(|name| &**name != ALL)
            .collect();
        names.sort();
        names
    }

    /// The hosts of a group and of all groups below, in order of appearance, level by level.
    pub fn members(&self, group: &str) -> IndexSet<Arc<str>> {
        let mut members = IndexSet::default();
        let mut seen: IndexSet<&str> = IndexSet::default();
        let start = self.groups.get(group).map(|group| &*group.name);
        seen.extend(start);
        let mut at = 0;
        while let Some(name) = seen.get_index(at).copied() {
            at += 1;
            let Some(group) = self.groups.get(name) else { continue };
            members.extend(group.hosts.iter().cloned());
            for child in &group.children {
                seen.insert(child);
            }
        }
        members
    }

    /// `groups`: every group with its hosts.
    pub fn members_of_all_groups(&self) -> IndexMap<Arc<str>, IndexSet<Arc<str>>> {
        self.groups.keys().map(|name| (name.clone(), self.members(name))).collect()
    }

    /// Notes something for high verbosity.
    pub(super) fn note(&mut self, verbosity: u8, note: impl FnOnce() -> String) {
        const MOST: usize = 10_000;
        if self.notes.len() < MOST {
            self.notes.push((verbosity, note()));
        }
    }

    /// A group's name as the inventory has it.
    pub fn group_name<'n>(&mut self, name: &'n str) -> std::borrow::Cow<'n, str> {
        if !self.transform_group_names || is_variable_name(name) {
            return name.into();
        }
        self.transformed = true;
        self.note(4, || format!("Replacing invalid character(s) \"{}\" in group name ({name})", unfit(name)));
        fit(name).into()
    }

    /// The host of this name where a source names it; else, for a name that means this machine, the first host with such
    /// a name, or the implicit `localhost`, made if need be.
    pub fn localhost(&mut self, name: &str) -> Option<Arc<str>> {
        if let Some((name, _)) = self.hosts.get_key_value(name) {
            return Some(name.clone());
        }
        if !Inventory::is_localhost(name) {
            return None;
        }
        if let Some(first) = self.hosts.keys().find(|host| Inventory::is_localhost(host)) {
            return Some(first.clone());
        }
        let text = |text: &str| Node {
            kind: Kind::Str { text: text.into(), unsafe_: false },
            span: Span::new(Path::new("<implicit localhost>"), 0, 0),
        };
        let host = self.add_host(name, None);
        host.implicit = true;
        let vars = Arc::make_mut(&mut host.vars);
        vars.insert("ansible_connection".into(), text("local"));
        vars.insert("ansible_python_interpreter".into(), text("/usr/bin/python3"));
        Some(host.name.clone())
    }

    /// `inventory_hostname_short`: what is before the first dot, unless the whole is an address.
    pub fn short_name(name: &str) -> &str {
        let number = |part: &str| {
            (1..=3).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_digit())
                && part.parse().is_ok_and(|n: u16| n < 256)
        };
        let parts: Vec<&str> = name.split('.').collect();
        let address = parts.len() == 4 && parts.iter().all(|part| number(part));
        match name.split_once('.') {
            Some((short, _)) if !address && name.parse::<std::net::Ipv6Addr>().is_err() => short,
            _ => name,
        }
    }

    /// The warnings of hosts whose names mean this machine where another's does already, each given once.
    pub fn take_twice(&mut self) -> Vec<String> {
        std::mem::take(&mut self.twice)
    }

    /// Names that mean this machine.
    pub fn is_localhost(name: &str) -> bool {
        matches!(name, "localhost" | "127.0.0.1" | "::1")
    }
}

/// A letter or `_`, then letters, digits and `_`.
pub(super) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// What a group's name should not hold, as Python shows the set of it.
pub(super) fn unfit(name: &str) -> String {
    let kept: String = fit(name);
    let changed: BTreeSet<char> =
        name.chars().zip(kept.chars()).filter(|(was, is)| was != is).map(|(was, _)| was).collect();
    let shown: Vec<String> = changed.iter().map(|c| crate::yaml::repr::of_str(&c.to_string())).collect();
    format!("{{{}}}", shown.join(", "))
}

/// The name with `_` for what variables' names cannot hold.
pub(super) fn fit(name: &str) -> String {
    let fits = |(at, c): (usize, char)| {
        if c == '_' || c.is_alphabetic() || at > 0 && c.is_alphanumeric() { c } else { '_' }
    };
    name.chars().enumerate().map(fits).collect()
}

/// What Python's `int()` makes of a value.
fn integer(node: &Node) -> Result<i64, String> {
    match &node.kind {
        Kind::Bool(value) => Ok(i64::from(*value)),
        Kind::Int(value) => Ok(*value),
        Kind::Float(value) if value.is_finite() => Ok(*value as i64),
        Kind::Str { text, .. } => {
            let digits = text.trim().strip_prefix('+').unwrap_or(text.trim());
            let parts: Vec<&str> = digits.split('_').collect();
            let whole = parts.iter().all(|part| !part.is_empty());
            let number = parts.concat().parse().ok().filter(|_| whole);
            number.ok_or_else(|| {
                format!("invalid literal for int() with base 10: {}", crate::yaml::repr::of_str(text))
            })
        }
        _ => {
            let class = super::yaml::bare_class(node);
            Err(format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{class}'"
            ))
        }
    }
}
