//! One layer of variables: shared and never changed in place.

use crate::playbook::Vars;
use crate::template::Value;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A layer: names to raw values, in order. Shared between all that see it.
pub type Scope = Arc<IndexMap<Arc<str>, Value>>;

/// A layer from what a playbook's `vars` holds.
pub fn scope_of(vars: &Vars) -> Scope {
    Arc::new(vars.pairs.iter().map(|(name, node)| (name.clone(), Value::from_node(node))).collect())
}

/// Layers made from the playbook, each made once: a thousand hosts share one.
#[derive(Default)]
pub struct ScopeCache(Mutex<HashMap<usize, (Arc<Vars>, Scope)>>);

impl ScopeCache {
    /// The layer of these variables.
    pub fn get(&self, vars: &Arc<Vars>) -> Scope {
        // the key is an address; holding the variables keeps it from being used again
        let key = Arc::as_ptr(vars) as usize;
        let mut made = self.0.lock().unwrap_or_else(|e| e.into_inner());
        made.entry(key).or_insert_with(|| (vars.clone(), scope_of(vars))).1.clone()
    }
}
