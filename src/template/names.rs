//! A world in which some names mean other values: for expressions that a filter or lookup evaluates.

use super::{Dict, Effect, Value, World};
use crate::diag::Diagnostic;
use std::path::{Path, PathBuf};
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

    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf> {
        self.world.find_file(subfolder, name)
    }

    fn find_included(&self, name: &Path) -> Option<PathBuf> {
        self.world.find_included(name)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.world.search_path()
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        self.world.read_file(path)
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        self.world.decrypt(vault)
    }

    fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.world.sealed(plain)
    }

    fn secret_made(&self, text: &str) {
        self.world.secret_made(text);
    }

    fn effect(&self, effect: Effect) -> Result<(), Diagnostic> {
        self.world.effect(effect)
    }

    // What a variable yields may depend on the names, so nothing is remembered.
    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    fn hosts_matching(
        &self,
        groups: &[(String, Vec<String>)],
        patterns: &[String],
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.world.hosts_matching(groups, patterns)
    }

    fn config_origin(&self, name: &str) -> Option<String> {
        self.world.config_origin(name)
    }

    fn config(&self, name: &str) -> Option<Value> {
        self.world.config(name)
    }

    fn warn(&self, text: &str) {
        self.world.warn(text);
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.world.environment(name)
    }
}
