//! One layer of variables: shared and never changed in place.

use crate::diag::Span;
use crate::maps::IndexMap;
use crate::playbook::Vars;
use crate::template::Value;
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
pub struct ScopeCache {
    made: Mutex<HashMap<usize, (Arc<Vars>, Scope)>>,
    /// Of layers made elsewhere, by the layer's address: where each variable stands.
    noted: Mutex<HashMap<usize, Noted>>,
}

/// A layer, kept so that its address is not used again, and the places of its variables.
type Noted = (Scope, HashMap<Arc<str>, Span>);

impl ScopeCache {
    /// Gives variables that are known as values their layer: a node could not carry what is secret.
    pub fn put(&self, vars: &Arc<Vars>, scope: Scope) {
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        made.insert(Arc::as_ptr(vars) as usize, (vars.clone(), scope));
    }

    /// The layer of these variables.
    pub fn get(&self, vars: &Arc<Vars>) -> Scope {
        // the key is an address; holding the variables keeps it from being used again
        let key = Arc::as_ptr(vars) as usize;
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        made.entry(key).or_insert_with(|| (vars.clone(), scope_of(vars))).1.clone()
    }

    /// Remembers where a layer's variables stand, for [`Self::place`].
    pub fn note(&self, scope: &Scope, places: HashMap<Arc<str>, Span>) {
        let mut noted = self.noted.lock().unwrap_or_else(|e| e.into_inner());
        noted.insert(Arc::as_ptr(scope) as usize, (scope.clone(), places));
    }

    /// Where a layer's variable stands in a file, as far as that is known.
    pub fn place(&self, scope: &Scope, name: &str) -> Option<Span> {
        let noted = self.noted.lock().unwrap_or_else(|e| e.into_inner());
        if let Some((_, places)) = noted.get(&(Arc::as_ptr(scope) as usize)) {
            return places.get(name).copied();
        }
        let made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        let (vars, _) = made.values().find(|(_, made)| Arc::ptr_eq(made, scope))?;
        vars.pairs.iter().find(|(known, _)| &**known == name).map(|(_, node)| node.span)
    }
}
