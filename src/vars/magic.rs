//! Magic variables: what a playbook can read about the run, the play and the task, and can never set.

use super::world::TaskWorld;
use crate::inventory::Inventory;
use crate::playbook::Role;
use crate::template::{Value, World as _};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

/// What is the same for the whole run.
#[derive(Default)]
pub struct RunMagic {
    /// The folder of the first playbook; `playbook_dir`.
    pub playbook_dir: PathBuf,
    /// `ansible_check_mode`.
    pub check: bool,
    /// `ansible_diff_mode`.
    pub diff: bool,
    /// `ansible_forks`.
    pub forks: usize,
    /// `ansible_verbosity`.
    pub verbosity: u8,
    /// `ansible_limit`, where one was given.
    pub limit: Option<String>,
    /// `ansible_run_tags`.
    pub run_tags: Vec<String>,
    /// `ansible_skip_tags`.
    pub skip_tags: Vec<String>,
    /// `ansible_inventory_sources`.
    pub sources: Vec<String>,
    /// `ansible_config_file`, where there is one.
    pub config_file: Option<PathBuf>,
    /// `hash_behaviour = merge`.
    pub merge: bool,
    /// `inject_facts_as_vars`.
    pub inject_facts: bool,
    /// The configuration by Ansible's names, for `lookup('config')` and what a template reads of it.
    pub config: HashMap<String, Value>,
    /// Where those of them come from that somebody set, in Ansible's words.
    pub config_origins: HashMap<String, String>,
    /// How hosts are reached where nothing else says.
    pub connection: ConnectionMagic,
    hosts: RwLock<Vec<Arc<str>>>,
}

/// How hosts are reached where no variable and no keyword says: flags and configuration.
#[derive(Default)]
pub struct ConnectionMagic {
    /// `ansible_connection`.
    pub connection: String,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_private_key_file`.
    pub private_key: Option<PathBuf>,
    /// `ansible_shell_executable`.
    pub executable: String,
    /// `ansible_timeout`.
    pub timeout: u64,
    /// `ansible_pipelining`.
    pub pipelining: bool,
}

impl RunMagic {
    /// All hosts of the inventory in order.
    pub fn hosts(&self) -> Vec<Arc<str>> {
        self.hosts.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Gives the inventory's hosts, at the start and after it has changed.
    pub fn set_hosts(&self, hosts: Vec<Arc<str>>) {
        *self.hosts.write().unwrap_or_else(|e| e.into_inner()) = hosts;
    }
}

/// What a play's batch shows of itself.
#[derive(Clone, Default)]
pub struct PlayMagic {
    /// `ansible_play_name`.
    pub name: Arc<str>,
    /// `ansible_play_hosts_all`: all hosts of the play, whatever became of them.
    pub all_hosts: Arc<[Arc<str>]>,
    /// `ansible_play_hosts`: those of all batches that have not failed.
    pub hosts: Arc<[Arc<str>]>,
    /// `ansible_play_batch` and `play_hosts`: those of this batch that have not failed.
    pub batch: Arc<[Arc<str>]>,
    /// `role_names` and `ansible_play_role_names`.
    pub roles: Arc<[Arc<str>]>,
    /// The folder of the play's own playbook, where an import brought it in; `playbook_dir`.
    pub playbook_dir: Option<PathBuf>,
    /// Those brought in by dependencies.
    pub dependent_roles: Arc<[Arc<str>]>,
    /// The play's check mode, where it says.
    pub check: Option<bool>,
}

fn names<'a>(names: impl IntoIterator<Item = &'a Arc<str>>) -> Value {
    Value::list(names.into_iter().map(|name| Value::str(name.clone())))
}

fn path(path: &std::path::Path) -> Value {
    Value::str(path.to_string_lossy().into_owned())
}

/// The names that [`value`] may know, for `vars` and suggestions.
pub const NAMES: &[&str] = &[
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "playbook_dir",
    "play_hosts",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_batch",
    "ansible_play_name",
    "ansible_play_role_names",
    "ansible_dependent_role_names",
    "role_names",
    "ansible_role_names",
    "ansible_role_name",
    "role_name",
    "role_path",
    "role_uuid",
    "ansible_collection_name",
    "ansible_parent_role_names",
    "ansible_parent_role_paths",
    "ansible_check_mode",
    "ansible_diff_mode",
    "ansible_forks",
    "ansible_verbosity",
    "ansible_limit",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_inventory_sources",
    "ansible_config_file",
    "ansible_playbook_python",
    "ansible_search_path",
    "ansible_version",
    "ansible_facts",
    "environment",
    "omit",
];

/// What `hostvars` shows of them: nothing of a play or a task.
const OF_ANY_HOST: &[&str] = &[
    "groups",
    "playbook_dir",
    "ansible_check_mode",
    "ansible_diff_mode",
    "ansible_forks",
    "ansible_verbosity",
    "ansible_limit",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_inventory_sources",
    "ansible_config_file",
    "ansible_playbook_python",
    "ansible_version",
];

/// What a host says of itself: below the play, above the inventory and the facts.
pub fn of_host(world: &TaskWorld, name: &str) -> Option<Value> {
    let layers = world.layers();
    let host = &layers.host;
    Some(match name {
        "inventory_hostname" => Value::str(host.name.clone()),
        "inventory_hostname_short" => Value::str(Inventory::short_name(&host.name)),
        "group_names" => names(&host.groups()),
        "ansible_facts" => world.facts().shown.clone(),
        "omit" if !layers.bare => Value::Omit,
        _ => return None,
    })
}

/// The value of a magic variable for a task's world.
pub fn value(world: &TaskWorld, name: &str) -> Option<Value> {
    let layers = world.layers();
    if layers.bare && !OF_ANY_HOST.contains(&name) {
        return None;
    }
    let (run, play) = (&layers.store.run, &layers.play.magic);
    let roles: Vec<_> = layers.task.iter().flat_map(|task| task.parent.roles()).collect();
    Some(match name {
        "groups" => {
            let groups = layers.store.groups();
            Value::dict(groups.iter().map(|(name, hosts)| (name.clone(), hosts.clone())))
        }
        "hostvars" => Value::object(super::hostvars::HostVars { layers: layers.clone() }),
        "playbook_dir" => path(world.layers().playbook_dir()),
        "ansible_play_hosts" => names(play.hosts.iter()),
        "ansible_play_hosts_all" => names(play.all_hosts.iter()),
        "ansible_play_batch" | "play_hosts" => names(play.batch.iter()),
        "ansible_play_name" => Value::str(play.name.clone()),
        "ansible_play_role_names" | "role_names" => names(play.roles.iter()),
        "ansible_dependent_role_names" => names(play.dependent_roles.iter()),
        "ansible_role_names" => {
            let mut seen = std::collections::HashSet::new();
            names(play.roles.iter().chain(play.dependent_roles.iter()).filter(|name| seen.insert(*name)))
        }
        "ansible_collection_name" if !roles.is_empty() => Value::str(""),
        "ansible_role_name" | "role_name" => Value::str(roles.first()?.name.clone()),
        "role_path" => path(&roles.first()?.path),
        "role_uuid" => Value::str(roles.first()?.identity.to_string()),
        "ansible_parent_role_names" if has_parents(&roles) => names(roles.iter().skip(1).map(|r| &r.name)),
        "ansible_parent_role_paths" if has_parents(&roles) => {
            Value::list(roles.iter().skip(1).map(|role| path(&role.path)))
        }
        "ansible_check_mode" => Value::Bool(world.check_mode()),
        "ansible_diff_mode" => Value::Bool(run.diff),
        "ansible_forks" => Value::Int(run.forks as i64),
        "ansible_verbosity" => Value::Int(run.verbosity.into()),
        "ansible_limit" => Value::str(run.limit.as_deref()?),
        "ansible_run_tags" => Value::list(run.run_tags.iter().map(|t| Value::str(t.as_str()))),
        "ansible_skip_tags" => Value::list(run.skip_tags.iter().map(|t| Value::str(t.as_str()))),
        "ansible_inventory_sources" => Value::list(run.sources.iter().map(|t| Value::str(t.as_str()))),
        "ansible_config_file" => run.config_file.as_deref().map_or(Value::None, path),
        // there is no Python on the controller; a playbook that runs one by this name gets the system's
        "ansible_playbook_python" => Value::str("/usr/bin/python3"),
        "ansible_search_path" => Value::list(world.files().search.iter().map(|folder| path(folder))),
        "ansible_version" => version(),
        "environment" => environment(layers.task.as_deref()?),
        _ => return None,
    })
}

/// What the levels above a task and the task itself say about the environment, unrendered.
fn environment(task: &crate::playbook::Task) -> Value {
    let mut all = Vec::new();
    for node in task.gathered(|keywords| &keywords.environment) {
        match node.as_seq() {
            Some(items) => all.extend(items.iter().map(Value::from_node)),
            None => all.push(Value::from_node(node)),
        }
    }
    Value::list(all)
}

/// The names that [`connection`] may know.
const CONNECTION: &[&str] = &[
    "ansible_host",
    "ansible_ssh_host",
    "ansible_connection",
    "ansible_user",
    "ansible_ssh_user",
    "ansible_port",
    "ansible_ssh_port",
    "ansible_private_key_file",
    "ansible_ssh_private_key_file",
    "ansible_shell_executable",
    "ansible_timeout",
    "ansible_ssh_timeout",
    "ansible_pipelining",
    "ansible_ssh_pipelining",
];

/// What a task's templates see of its own connection where no variable says it.
pub fn connection(world: &TaskWorld, name: &str) -> Option<Value> {
    if let Some(delegate) = world.delegate().filter(|_| CONNECTION.contains(&name)) {
        return TaskWorld::new(delegate.clone()).variable(name);
    }
    let layers = world.layers();
    let task = layers.task.as_ref()?;
    let run = &layers.store.run.connection;
    // a keyword that asks for the variable itself finds nothing
    let keyword = |node: Option<&crate::yaml::Node>| {
        let node = node.filter(|node| !node.as_str().is_some_and(|text| text.contains(name)))?;
        Some(Value::from_node(node))
    };
    match name {
        "ansible_host" | "ansible_ssh_host" => {
            Some(Value::str(layers.called.as_ref().unwrap_or(&layers.host.name).clone()))
        }
        "ansible_connection" => {
            keyword(task.inherited(|k| &k.connection)).or_else(|| Some(Value::str(run.connection.as_str())))
        }
        "ansible_user" | "ansible_ssh_user" => {
            keyword(task.inherited(|k| &k.remote_user)).or_else(|| run.user.as_deref().map(Value::str))
        }
        "ansible_port" | "ansible_ssh_port" => run.port.map(|port| Value::Int(port.into())),
        "ansible_private_key_file" | "ansible_ssh_private_key_file" => run.private_key.as_deref().map(path),
        "ansible_shell_executable" => Some(Value::str(run.executable.as_str())),
        "ansible_timeout" | "ansible_ssh_timeout" => i64::try_from(run.timeout).ok().map(Value::Int),
        "ansible_pipelining" | "ansible_ssh_pipelining" => Some(Value::Bool(run.pipelining)),
        _ => None,
    }
}

/// Only a role that another one includes or imports has parents by these names.
fn has_parents(roles: &[&Arc<Role>]) -> bool {
    roles.len() > 1 && roles.first().is_some_and(|role| role.included)
}

/// The version of the language that is spoken: what playbooks compare with.
fn version() -> Value {
    let number = |n: i64| Value::Int(n);
    Value::dict([
        ("full", Value::str("2.19.14")),
        ("major", number(2)),
        ("minor", number(19)),
        ("revision", number(14)),
        ("string", Value::str("2.19.14")),
    ])
}
