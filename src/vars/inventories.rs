//! What the inventory says about hosts, as layers: made at the start, and again for what changes.

use super::layer::{Layer, Setting};
use super::scope::Scope;
use super::store::VarStore;
use crate::diag::Diagnostic;
use crate::inventory::{Host, Inventory, VarFiles, Vars};
use crate::maps::IndexMap;
use crate::template::Value;
use crate::yaml::Node;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Turns an inventory and the files beside it and beside the playbook into layers of variables.
#[derive(Default)]
pub struct Inventories {
    beside_inventory: Vec<VarFiles>,
    beside_playbook: Vec<VarFiles>,
    /// Layers that many hosts share, by the address of what they were made from.
    made: Mutex<HashMap<usize, (Arc<Vars>, Scope)>>,
}

impl Inventories {
    /// With these folders' `group_vars` and `host_vars`.
    pub fn new(beside_inventory: Vec<VarFiles>, beside_playbook: Vec<VarFiles>) -> Inventories {
        Inventories { beside_inventory, beside_playbook, made: Mutex::default() }
    }

    /// Gives the store every host's layers, and `groups`. A host one of whose files cannot be read is noted as broken:
    /// that is an error only where a play needs the host.
    pub fn fill(&self, inventory: &Inventory, store: &VarStore) {
        for files in self.beside_inventory.iter().chain(&self.beside_playbook) {
            files.read_ahead(inventory);
        }
        let hosts: Vec<&Host> = inventory.hosts.values().collect();
        let layers: Vec<Result<Vec<Scope>, Diagnostic>> =
            hosts.par_iter().map(|host| self.layers(inventory, host)).collect();
        for (host, layers) in hosts.iter().zip(layers) {
            let (layers, broken) = match layers {
                Ok(layers) => (layers, None),
                Err(error) => (vec![place(host), self.scope(&host.vars)], Some(error)),
            };
            store.set_host(&host.name, layers, inventory.group_names(host));
            if let Some(known) = store.host(&host.name) {
                known.set_broken(broken);
            }
        }
        groups(inventory, store);
    }

    /// Takes in what has changed for one host, and `groups`.
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub fn update(&self, inventory: &Inventory, store: &VarStore, host: &str) -> Result<(), Diagnostic> {
        if let Some(host) = inventory.hosts.get(host) {
            store.set_host(&host.name, self.layers(inventory, host)?, inventory.group_names(host));
        }
        groups(inventory, store);
        Ok(())
    }

    /// What the inventory's layers say about one of a host's variables, the weakest first.
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub fn settings(
        &self,
        inventory: &Inventory,
        host: &Host,
        name: &str,
    ) -> Result<Vec<Setting>, Diagnostic> {
        let layers = inventory.layers(host, &self.beside_inventory, &self.beside_playbook)?;
        let nodes = layers.iter().filter_map(|layer| layer.get(name));
        let setting = |node: &Node| Setting {
            layer: Layer::Inventory,
            span: Some(node.span),
            value: Value::from_node(node),
        };
        Ok(nodes.map(setting).collect())
    }

    fn layers(&self, inventory: &Inventory, host: &Host) -> Result<Vec<Scope>, Diagnostic> {
        let found = inventory.layers(host, &self.beside_inventory, &self.beside_playbook)?;
        let mut layers = vec![place(host)];
        layers.extend(found.iter().map(|vars| self.scope(vars)));
        Ok(layers)
    }

    fn scope(&self, vars: &Arc<Vars>) -> Scope {
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        let key = Arc::as_ptr(vars) as usize;
        let make = || (vars.clone(), scope(vars));
        made.entry(key).or_insert_with(make).1.clone()
    }
}

fn scope(vars: &Vars) -> Scope {
    Arc::new(vars.iter().map(|(name, node)| (name.clone(), Value::from_node(node))).collect())
}

/// `inventory_file` and `inventory_dir`.
fn place(host: &Host) -> Scope {
    let mut place: IndexMap<Arc<str>, Value> = IndexMap::default();
    let text = |path: &Path| Value::str(path.to_string_lossy().into_owned());
    place.insert("inventory_file".into(), host.source.as_deref().map_or(Value::None, text));
    // a list of hosts is in no folder, and ansible-core says so by this text
    let folder = host.source.as_deref().map(|source| match source.is_absolute() {
        true => source.parent().map_or(Value::None, text),
        false => Value::str("None"),
    });
    place.insert("inventory_dir".into(), folder.unwrap_or(Value::None));
    Arc::new(place)
}

/// `groups`, and the hosts in order.
fn groups(inventory: &Inventory, store: &VarStore) {
    let groups: IndexMap<Arc<str>, Value> = inventory
        .members_of_all_groups()
        .into_iter()
        .map(|(name, hosts)| (name, Value::list(hosts.into_iter().map(Value::str))))
        .collect();
    store.set_groups(Arc::new(groups));
    let hosts = inventory.hosts.values().filter(|host| !host.implicit);
    store.run.set_hosts(hosts.map(|host| host.name.clone()).collect());
}

/// The variables of a mapping node.
///
/// # Errors
/// It is none.
pub fn mapping(node: &crate::yaml::Node) -> Result<IndexMap<Arc<str>, Value>, Diagnostic> {
    if node.is_null() {
        return Ok(IndexMap::default());
    }
    let Some(map) = node.as_map() else {
        let message =
            format!("variables must be given as a dictionary, but a {} was found", node.type_name());
        return Err(Diagnostic::parse(message, node.span));
    };
    let pairs = map.pairs.iter();
    Ok(pairs
        .map(|(key, value)| (Value::from_node(key).to_string().into(), Value::from_node(value)))
        .collect())
}
