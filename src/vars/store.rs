//! Everything that the variables of a run come from, host by host.

use super::cache::{Corrupt, FactsCache};
use super::magic::{PlayMagic, RunMagic};
use super::scope::{Scope, ScopeCache};
use crate::diag::Diagnostic;
use crate::inventory::Inventory;
use crate::maps::IndexMap;
use crate::template::{Dict, Key, Value};
use crate::vault::Vault;
use std::collections::HashMap;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What a lock guards stays valid whatever panicked while it was held: every write is one assignment.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(|e| e.into_inner())
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(|e| e.into_inner())
}

/// The variables of a run.
#[derive(Default)]
pub struct VarStore {
    /// `-e`, above everything but the magic variables.
    pub extra: Scope,
    /// What is the same for the whole run.
    pub run: RunMagic,
    /// Opens what is encrypted.
    pub vault: Vault,
    /// Layers of the playbook, made once.
    pub scopes: ScopeCache,
    /// Where facts are kept between runs, if they are.
    pub cache: Option<Arc<FactsCache>>,
    hosts: RwLock<HashMap<Arc<str>, Arc<HostStore>>>,
    groups: RwLock<Scope>,
    /// The first host whose name means this machine: what its other names stand for.
    localhost: RwLock<Option<Arc<str>>>,
}

/// What is known of one host: what the inventory says, and what the run has learnt.
pub struct HostStore {
    /// Its name in the inventory.
    pub name: Arc<str>,
    inventory: RwLock<Vec<Scope>>,
    groups: RwLock<Vec<Arc<str>>>,
    broken: RwLock<Option<Diagnostic>>,
    /// The file of its cached facts holds none.
    corrupt: Option<Corrupt>,
    facts: RwLock<Facts>,
    cache: Option<Arc<FactsCache>>,
    included: RwLock<Scope>,
    set: RwLock<Scope>,
}

/// Facts of a host. Cheap to clone.
#[derive(Clone)]
pub struct Facts {
    /// By the names under which they were given: what is injected as variables, and cached.
    pub given: Value,
    /// `ansible_facts`: the same without `ansible_` before the names.
    pub shown: Value,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts { given: Value::Dict(Dict::default()), shown: Value::Dict(Dict::default()) }
    }
}

impl Facts {
    /// These facts and others; those of the same name are replaced.
    pub fn with(&self, facts: impl IntoIterator<Item = (Arc<str>, Value)>) -> Facts {
        let pairs = |value: &Value| value.as_dict().map(|dict| (*dict.pairs()).clone()).unwrap_or_default();
        let (mut given, mut shown) = (pairs(&self.given), pairs(&self.shown));
        for (name, value) in facts {
            // as in ansible-core, this one keeps its name
            let short = name.strip_prefix("ansible_").filter(|_| &*name != "ansible_local");
            shown.insert(Key::str(short.map_or_else(|| name.clone(), Arc::from)), value.clone());
            given.insert(Key::str(name), value);
        }
        Facts { given: Value::Dict(Dict::new(given)), shown: Value::Dict(Dict::new(shown)) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.given.len().unwrap_or(0) == 0
    }
}

/// A play's own layers, the same for all of its hosts, and what they show of the play.
#[derive(Clone, Default)]
pub struct PlayVars {
    /// `defaults` of the play's roles, in the roles' order (a later one wins).
    pub role_defaults: Vec<Scope>,
    /// `vars` of the play.
    pub vars: Scope,
    /// `vars_prompt`.
    pub prompts: Scope,
    /// `vars_files`, in order, where they do not depend on the host.
    pub files: Vec<Scope>,
    /// `vars_files` that do: by host.
    pub host_files: HashMap<Arc<str>, Vec<Scope>>,
    /// Some names of `vars_files` need what is not known yet: facts, say.
    pub files_waiting: bool,
    /// `vars` of the play's roles, in the roles' order.
    pub role_vars: Vec<Scope>,
    /// What magic variables say about the play.
    pub magic: PlayMagic,
}

impl VarStore {
    /// The host's variables, if it is known.
    pub fn host(&self, name: &str) -> Option<Arc<HostStore>> {
        read(&self.hosts).get(name).cloned()
    }

    /// The host that a name means: where no host is called so and the name means this machine, the host that has come
    /// first with such a name.
    pub fn meant(&self, name: &str) -> Option<Arc<HostStore>> {
        let localhost = || read(&self.localhost).clone().filter(|_| Inventory::is_localhost(name));
        self.host(name).or_else(|| self.host(&localhost()?))
    }

    /// The host that a task is delegated to under a name; one that no inventory has is known by that name only.
    pub fn delegate(&self, name: &Arc<str>) -> Arc<HostStore> {
        let listed = |host: &Arc<HostStore>| host.name == *name || !host.groups().is_empty();
        self.meant(name).filter(listed).unwrap_or_else(|| HostStore::unknown(name))
    }

    /// Adds a host, or gives a known one new layers from the inventory (lowest precedence first) and groups;
    /// what the run has learnt about it stays.
    pub fn set_host(&self, name: &Arc<str>, inventory: Vec<Scope>, groups: Vec<Arc<str>>) {
        let mut hosts = write(&self.hosts);
        match hosts.get(name) {
            Some(host) => {
                *write(&host.inventory) = inventory;
                *write(&host.groups) = groups;
            }
            None => {
                let host = HostStore::cached(name, self.cache.as_ref());
                *write(&host.inventory) = inventory;
                *write(&host.groups) = groups;
                hosts.insert(name.clone(), host);
            }
        }
        if Inventory::is_localhost(name) {
            write(&self.localhost).get_or_insert_with(|| name.clone());
        }
    }

    /// The names of all hosts that `hostvars` knows.
    pub fn host_names(&self) -> Vec<Arc<str>> {
        self.run.hosts().into_iter().filter(|name| read(&self.hosts).contains_key(name)).collect()
    }

    /// `groups`: every group with its hosts.
    pub fn groups(&self) -> Scope {
        read(&self.groups).clone()
    }

    /// Gives `groups` a new value, after the inventory has changed.
    pub fn set_groups(&self, groups: Scope) {
        *write(&self.groups) = groups;
    }
}

impl HostStore {
    /// A host that no inventory names; where its name means this machine, it is reached without a connection.
    pub fn unknown(name: &Arc<str>) -> Arc<HostStore> {
        let host = HostStore::cached(name, None);
        if Inventory::is_localhost(name) {
            let local = [("ansible_connection".into(), Value::str("local"))];
            *write(&host.inventory) = vec![Arc::new(local.into_iter().collect())];
        }
        host
    }

    /// A host with the facts that are cached for it.
    fn cached(name: &Arc<str>, cache: Option<&Arc<FactsCache>>) -> Arc<HostStore> {
        let cached = cache.map_or_else(|| Ok(Vec::new()), |cache| cache.facts(name));
        let mut host = HostStore::empty(name, cache.cloned());
        match cached {
            Ok(facts) => host.merge_facts(facts),
            Err(corrupt) => host.corrupt = Some(corrupt),
        }
        Arc::new(host)
    }

    fn empty(name: &Arc<str>, cache: Option<Arc<FactsCache>>) -> HostStore {
        HostStore {
            name: name.clone(),
            cache,
            inventory: RwLock::default(),
            groups: RwLock::default(),
            broken: RwLock::default(),
            corrupt: None,
            facts: RwLock::default(),
            included: RwLock::default(),
            set: RwLock::default(),
        }
    }

    /// Layers from the inventory, lowest precedence first.
    pub fn inventory(&self) -> Vec<Scope> {
        read(&self.inventory).clone()
    }

    /// What is wrong with the file of its cached facts, which is removed.
    pub fn corrupt_cache(&self) -> Option<Diagnostic> {
        Some(self.cache.as_ref()?.remove(self.corrupt.as_ref()?))
    }

    /// Why its variables from the inventory are not known, if a file of them could not be read.
    pub fn broken(&self) -> Option<Diagnostic> {
        read(&self.broken).clone()
    }

    /// Says whether its variables from the inventory could be read.
    pub fn set_broken(&self, error: Option<Diagnostic>) {
        *write(&self.broken) = error;
    }

    /// The groups that it is in, but `all`; `group_names`.
    pub fn groups(&self) -> Vec<Arc<str>> {
        read(&self.groups).clone()
    }

    /// Its facts.
    pub fn facts(&self) -> Facts {
        read(&self.facts).clone()
    }

    /// What `set_fact` and `register` gave it.
    pub fn set(&self) -> Scope {
        read(&self.set).clone()
    }

    /// What `include_vars` gave it.
    pub fn included(&self) -> Scope {
        read(&self.included).clone()
    }

    /// Adds facts; those of the same name are replaced.
    pub fn add_facts(&self, facts: impl IntoIterator<Item = (Arc<str>, Value)>) {
        self.merge_facts(facts);
        self.write_cache();
    }

    fn write_cache(&self) {
        let Some(cache) = &self.cache else { return };
        let facts = self.facts();
        let Some(dict) = facts.given.as_dict() else { return };
        let pairs: Vec<_> = dict
            .pairs()
            .iter()
            .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), super::cache::cached(value, 0)?)))
            .collect();
        cache.store(&self.name, &pairs);
    }

    fn merge_facts(&self, facts: impl IntoIterator<Item = (Arc<str>, Value)>) {
        let mut known = write(&self.facts);
        *known = known.with(facts);
    }

    /// Forgets all facts (`meta: clear_facts`).
    pub fn clear_facts(&self) {
        *write(&self.facts) = Facts::default();
        if let Some(cache) = &self.cache {
            cache.forget(&self.name);
        }
    }

    /// Sets variables as `set_fact` and `register` do.
    pub fn add_set(&self, vars: impl IntoIterator<Item = (Arc<str>, Value)>) {
        extend(&self.set, vars);
    }

    /// Sets variables as `include_vars` does.
    pub fn add_included(&self, vars: impl IntoIterator<Item = (Arc<str>, Value)>) {
        extend(&self.included, vars);
    }
}

/// Adds to a layer: in place while nobody else holds it, else on a copy.
fn extend(layer: &RwLock<Scope>, vars: impl IntoIterator<Item = (Arc<str>, Value)>) {
    let mut layer = write(layer);
    let map: &mut IndexMap<Arc<str>, Value> = Arc::make_mut(&mut layer);
    map.extend(vars);
}
