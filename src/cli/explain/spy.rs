//! A world that remembers which variables were read, and in which nothing is run.

use crate::diag::Diagnostic;
use crate::template::{Effect, Value, World, as_behind};
use crate::vars::TaskWorld;
use std::cell::RefCell;
use std::sync::Arc;

/// A world that remembers which variables were read.
pub(super) struct Spy<'w> {
    pub(super) world: &'w TaskWorld,
    pub(super) read: RefCell<Vec<Arc<str>>>,
}

impl World for Spy<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        let mut read = self.read.borrow_mut();
        if !read.iter().any(|known| &**known == name) {
            read.push(name.into());
        }
        self.world.variable(name)
    }

    fn effect(&self, effect: Effect) -> Result<(), Diagnostic> {
        match effect {
            Effect::Acts => {
                Err(Diagnostic::user("this would run a command or write a file; explain does not"))
            }
            effect => self.world.effect(effect),
        }
    }

    as_behind!(
        world: variable_names, find_file, find_included, search_path, read_file, decrypt, sealed, secret_made,
        remembered, remember, config, config_origin, hosts_matching, warn, environment,
    );
}
