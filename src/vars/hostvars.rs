//! `hostvars`: every host's variables, rendered in that host's own world when they are read; and those of a delegate.

use super::store::HostStore;
use super::world::{Layers, TaskWorld};
use crate::inventory::Inventory;
use crate::template::value::Result;
use crate::template::{Effect, Eval, Marker, MarkerKind, Object, Value, World, resolve};
use std::sync::Arc;

/// All hosts by name.
pub struct HostVars {
    /// The world of the task that looks.
    pub layers: Arc<Layers>,
}

/// One host's variables.
pub struct OneHost {
    world: Arc<Layers>,
    own: bool,
}

impl HostVars {
    fn host(&self, name: &str) -> Option<Value> {
        // this machine is there without being named anywhere
        let implicit = || Inventory::is_localhost(name).then(|| HostStore::unknown(&name.into()));
        let host = self.layers.store.meant(name).or_else(implicit)?;
        let own = host.name == self.layers.host.name;
        let world = Arc::new(Layers::of_host(&self.layers, host));
        Some(Value::object(OneHost { world, own }))
    }
}

/// What `hostvars` has for a host that there is not.
fn unknown(name: &str) -> Value {
    let message = format!("hostvars[{}]", crate::yaml::repr::of_str(name));
    Value::Undefined(Arc::new(Marker::new(MarkerKind::Undefined, message)))
}

impl Object for HostVars {
    fn type_name(&self) -> &'static str {
        "HostVars"
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(Some(self.host(name).unwrap_or_else(|| unknown(name))))
    }

    fn item(&self, _eval: &mut Eval<'_>, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().map(|name| self.host(name).unwrap_or_else(|| unknown(name))))
    }

    fn has_unlisted(&self, key: &Value) -> bool {
        key.as_str().is_some_and(Inventory::is_localhost)
    }

    fn keys(&self) -> Option<Vec<Value>> {
        Some(self.layers.store.host_names().into_iter().map(Value::str).collect())
    }
}

/// The variables of the host that a task is delegated to (`ansible_delegated_vars`): that host's values, rendered in the
/// world of the task.
pub struct Delegated {
    /// The host's layers, those of the task included.
    pub layers: Arc<Layers>,
}

impl Delegated {
    fn read(&self, eval: &mut Eval<'_>, name: &str) -> Option<Value> {
        let value = match name {
            "inventory_hostname" => eval.world().variable(name),
            name => TaskWorld::new(self.layers.clone()).variable(name),
        };
        value.map(|raw| resolve(&raw, eval.world()))
    }
}

impl Object for Delegated {
    fn type_name(&self) -> &'static str {
        "dict"
    }

    fn attribute(&self, eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(self.read(eval, name))
    }

    fn item(&self, eval: &mut Eval<'_>, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| self.read(eval, name)))
    }

    fn keys(&self) -> Option<Vec<Value>> {
        let world = TaskWorld::new(self.layers.clone());
        Some(world.variable_names().into_iter().map(Value::str).collect())
    }
}

impl OneHost {
    fn read(&self, eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        if !self.own {
            eval.world().effect(Effect::ReadsOtherHost)?;
        }
        let world = TaskWorld::new(self.world.clone());
        Ok(world.variable(name).map(|raw| resolve(&raw, &world)))
    }
}

impl Object for OneHost {
    fn type_name(&self) -> &'static str {
        "HostVarsVars"
    }

    fn attribute(&self, eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        self.read(eval, name)
    }

    fn item(&self, eval: &mut Eval<'_>, key: &Value) -> Result<Option<Value>> {
        match key.as_str() {
            Some(name) => self.read(eval, name),
            None => Ok(None),
        }
    }

    fn keys(&self) -> Option<Vec<Value>> {
        let world = TaskWorld::new(self.world.clone());
        Some(world.variable_names().into_iter().map(Value::str).collect())
    }
}
