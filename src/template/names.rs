//! A world in which some names mean other values: for expressions that a filter or lookup evaluates.

use super::{Dict, Value, World, as_behind};
use std::sync::Arc;

/// Another world with names of its own.
pub(crate) struct Named<'w> {
    /// The world behind it.
    pub world: &'w dyn World,
    /// The names.
    pub names: Dict,
    /// No other variables are seen.
    pub alone: bool,
}

impl World for Named<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match self.names.get(name) {
            None if !self.alone => self.world.variable(name),
            own => own,
        }
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        let own = self.names.keys();
        let mut names: Vec<Arc<str>> = own.iter().filter_map(|k| k.as_str().map(Arc::from)).collect();
        if !self.alone {
            names.extend(self.world.variable_names());
        }
        names
    }

    // What a variable yields may depend on the names, so nothing is remembered.
    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    as_behind!(
        world: find_file, find_included, search_path, read_file, decrypt, sealed, secret_made, effect, config,
        config_origin, hosts_matching, warn, environment,
    );
}
