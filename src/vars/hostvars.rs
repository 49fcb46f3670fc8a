//! `hostvars`: every host's variables, rendered in that host's own world when they are read.

use super::world::{Layers, TaskWorld};
use crate::template::value::Result;
use crate::template::{Effect, Eval, Object, Value, World, resolve};
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
        let host = self.layers.store.host(name)?;
        let own = host.name == self.layers.host.name;
        let world = Arc::new(Layers::of_host(&self.layers, host));
        Some(Value::object(OneHost { world, own }))
    }
}

impl Object for HostVars {
    fn type_name(&self) -> &'static str {
        "HostVars"
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(self.host(name))
    }

    fn item(&self, _eval: &mut Eval<'_>, key: &Value) -> Result<Option<Value>> {
        Ok(key.as_str().and_then(|name| self.host(name)))
    }

    fn keys(&self) -> Option<Vec<Value>> {
        Some(self.layers.store.host_names().into_iter().map(Value::str).collect())
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
