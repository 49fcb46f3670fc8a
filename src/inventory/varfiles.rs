//! `group_vars/` and `host_vars/` in a folder: which files count, in which order, and what they hold.

use super::model::{ALL, Group, Host, Inventory, Vars};
use super::yaml::text_of;
use crate::diag::{Diagnostic, Span};
use crate::vault::Vault;
use crate::yaml::{Kind, repr};
use rayon::prelude::*;
use std::collections::HashMap;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The variable files of one folder. A file that cannot be read is an error only for the hosts that need it.
pub struct VarFiles {
    groups: HashMap<String, Entry>,
    hosts: HashMap<String, Entry>,
    vault: Vault,
}

/// A file or a folder of files, read when it is first asked for.
struct Entry {
    path: PathBuf,
    vars: OnceLock<Result<Arc<Vars>, Diagnostic>>,
}

/// Extensions by rank: of `all`, `all.yml` and `all.json` the first counts alone.
const EXTENSIONS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

impl VarFiles {
    /// Finds what the folder holds; nothing is read yet.
    pub fn find(folder: &Path, vault: Vault) -> VarFiles {
        VarFiles {
            groups: entries(&folder.join("group_vars")),
            hosts: entries(&folder.join("host_vars")),
            vault,
        }
    }

    /// Reads all files of the inventory's groups and hosts, in parallel.
    pub fn read_ahead(&self, inventory: &Inventory) {
        let groups = self.groups.iter().filter(|(name, _)| inventory.groups.contains_key(name.as_str()));
        let hosts = self.hosts.iter().filter(|(name, _)| inventory.hosts.contains_key(name.as_str()));
        let wanted: Vec<&Entry> = groups.chain(hosts).map(|(_, entry)| entry).collect();
        wanted.par_iter().for_each(|entry| {
            let _ = self.vars(entry);
        });
    }

    /// What `group_vars` says about a group.
    ///
    /// # Errors
    /// A file that cannot be read or holds no variables.
    pub fn group(&self, name: &str) -> Result<Option<Arc<Vars>>, Diagnostic> {
        self.groups.get(name).map(|entry| self.vars(entry)).transpose()
    }

    /// What `host_vars` says about a host.
    ///
    /// # Errors
    /// As [`Self::group`].
    pub fn host(&self, name: &str) -> Result<Option<Arc<Vars>>, Diagnostic> {
        self.hosts.get(name).map(|entry| self.vars(entry)).transpose()
    }

    fn vars(&self, entry: &Entry) -> Result<Arc<Vars>, Diagnostic> {
        entry.vars.get_or_init(|| read(&entry.path, &self.vault).map(Arc::new)).clone()
    }
}

/// A layer of groups' variables (`VARIABLE_PRECEDENCE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupLayer {
    /// What is said of the group `all`.
    All(Place),
    /// What is said of all other groups.
    Others(Place),
}

/// Where variables of a group stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a source itself.
    Source,
    /// In a file beside a source.
    BesideInventory,
    /// In a file beside the playbook.
    BesidePlaybook,
}

impl GroupLayer {
    /// The usual order, the weakest first.
    pub const USUAL: [GroupLayer; 6] = [
        GroupLayer::All(Place::Source),
        GroupLayer::Others(Place::Source),
        GroupLayer::All(Place::BesideInventory),
        GroupLayer::All(Place::BesidePlaybook),
        GroupLayer::Others(Place::BesideInventory),
        GroupLayer::Others(Place::BesidePlaybook),
    ];

    /// By the name in the configuration.
    pub fn named(name: &str) -> Option<GroupLayer> {
        const NAMES: [&str; 6] = [
            "all_inventory",
            "groups_inventory",
            "all_plugins_inventory",
            "all_plugins_play",
            "groups_plugins_inventory",
            "groups_plugins_play",
        ];
        NAMES.iter().zip(GroupLayer::USUAL).find(|(known, _)| **known == name).map(|(_, layer)| layer)
    }
}

impl Inventory {
    /// The layers of variables that a host has from the inventory and from files beside it and beside the playbook,
    /// the weakest first.
    ///
    /// # Errors
    /// A file of the host or of one of its groups cannot be read.
    pub fn layers(
        &self,
        host: &Host,
        beside_inventory: &[VarFiles],
        beside_playbook: &[VarFiles],
    ) -> Result<Vec<Arc<Vars>>, Diagnostic> {
        self.layers_within(host, beside_inventory, beside_playbook, true)
    }

    /// [`Self::layers`], the group `all` only where the host is said to be in it.
    pub(super) fn layers_within(
        &self,
        host: &Host,
        beside_inventory: &[VarFiles],
        beside_playbook: &[VarFiles],
        in_all: bool,
    ) -> Result<Vec<Arc<Vars>>, Diagnostic> {
        let mut groups = self.groups_of(host);
        groups.retain(|group| in_all || &*group.name != ALL);
        let mut layers = Vec::new();
        let mut push = |vars: Option<Arc<Vars>>| layers.extend(vars.filter(|vars| !vars.is_empty()));
        let (all, others): (Vec<&Group>, Vec<&Group>) = groups.iter().partition(|group| &*group.name == ALL);
        for layer in &self.precedence {
            let (groups, files) = match layer {
                GroupLayer::All(place) => (&all, place),
                GroupLayer::Others(place) => (&others, place),
            };
            let folders = match files {
                Place::Source => {
                    groups.iter().for_each(|group| push(Some(group.vars.clone())));
                    continue;
                }
                Place::BesideInventory => beside_inventory,
                Place::BesidePlaybook => beside_playbook,
            };
            // A folder's word on all groups comes before the next folder's on any.
            for folder in folders {
                for group in groups {
                    push(folder.group(&group.name)?);
                }
            }
        }
        push(Some(host.vars.clone()));
        for folder in beside_inventory.iter().chain(beside_playbook) {
            push(folder.host(&host.name)?);
        }
        Ok(layers)
    }
}

/// The folder's entries by the name that they stand for.
fn entries(folder: &Path) -> HashMap<String, Entry> {
    let mut found: HashMap<String, (usize, PathBuf)> = HashMap::new();
    let Ok(listing) = std::fs::read_dir(folder) else { return HashMap::new() };
    for entry in listing.flatten() {
        let Ok(file) = entry.file_name().into_string() else { continue };
        for (rank, extension) in EXTENSIONS.into_iter().enumerate() {
            let Some(name) = file.strip_suffix(extension).filter(|name| !name.is_empty()) else { continue };
            let better = found.get(name).is_none_or(|(known, _)| rank < *known);
            if better {
                found.insert(name.to_owned(), (rank, entry.path()));
            }
        }
    }
    found.into_iter().map(|(name, (_, path))| (name, Entry { path, vars: OnceLock::new() })).collect()
}

const DEEPEST: usize = 40;

/// A file's variables, or those of all files in a folder, later ones over earlier ones.
fn read(path: &Path, vault: &Vault) -> Result<Vars, Diagnostic> {
    let mut vars = Vars::default();
    for file in files(path, 0) {
        if file.metadata().is_ok_and(|about| about.file_type().is_fifo()) {
            let message =
                format!("{} is a pipe: variables of hosts and groups are read from files", file.display());
            return Err(Diagnostic::parse(message, Span::new(&file, 0, 0)));
        }
        vars.extend(read_file(&file, vault)?);
    }
    Ok(vars)
}

/// The files that count of one that stands for a group or host, in Python's order of names.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    files(path, 0)
}

fn files(path: &Path, depth: usize) -> Vec<PathBuf> {
    if !path.is_dir() {
        return if path.exists() { vec![path.to_owned()] } else { Vec::new() };
    }
    let Ok(listing) = std::fs::read_dir(path) else { return Vec::new() };
    let mut names: Vec<String> =
        listing.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names.iter().filter(|name| !name.starts_with('.') && !name.ends_with('~')) {
        let inside = path.join(name);
        let extension =
            inside.extension().map(|ext| format!(".{}", ext.to_string_lossy())).unwrap_or_default();
        if inside.is_dir() {
            if depth < DEEPEST {
                found.extend(files(&inside, depth + 1));
            }
        } else if inside.is_file() && EXTENSIONS.contains(&&*extension) {
            // neither a link that leads nowhere nor a pipe, which nobody may ever write to
            found.push(inside);
        }
    }
    found
}

/// A vars file's variables.
///
/// # Errors
/// The file cannot be read or opened; it is no YAML, or holds something else than a mapping.
pub fn read_file(path: &Path, vault: &Vault) -> Result<Vars, Diagnostic> {
    let node = vault.yaml(path)?;
    match &node.kind {
        Kind::Map(map) => {
            Ok(map.pairs.iter().map(|(name, value)| (text_of(name).into(), value.clone())).collect())
        }
        Kind::Null => Ok(Vars::default()),
        _ => {
            let class = super::yaml::bare_class(&node);
            let shown = repr::of_str(&path.to_string_lossy());
            let message = format!(
                "Could not process {shown}: failed to combine variables, expected dicts but got a 'dict' and a '{class}'."
            );
            Err(Diagnostic::parse(message, node.span))
        }
    }
}
