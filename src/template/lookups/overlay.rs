//! A world with some variables of its own in front of another's.

use crate::diag::Diagnostic;
use crate::template::value::Value;
use crate::template::{Effect, World};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variables by name.
pub(super) type Variables = HashMap<Arc<str>, Value>;

/// A world whose own variables hide those of the world behind it; it remembers nothing, since what is rendered in
/// it may depend on them.
pub(super) struct Overlay<'w> {
    behind: &'w dyn World,
    variables: Variables,
    /// Searched first: the folder of the template being read.
    folder: Option<PathBuf>,
}

impl<'w> Overlay<'w> {
    pub fn new(behind: &'w dyn World, variables: Variables, folder: Option<PathBuf>) -> Overlay<'w> {
        Overlay { behind, variables, folder }
    }
}

impl World for Overlay<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned().or_else(|| self.behind.variable(name))
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        let mut names = self.behind.variable_names();
        let own: Vec<Arc<str>> = self.variables.keys().filter(|n| !names.contains(n)).cloned().collect();
        names.extend(own);
        names
    }

    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf> {
        let near = self.folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
        near.or_else(|| self.behind.find_file(subfolder, name))
    }

    fn find_included(&self, name: &Path) -> Option<PathBuf> {
        self.behind.find_included(name)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.folder.iter().cloned().chain(self.behind.search_path()).collect()
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        self.behind.read_file(path)
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        self.behind.decrypt(vault)
    }

    fn secret_made(&self, text: &str) {
        self.behind.secret_made(text);
    }

    fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.behind.sealed(plain)
    }

    fn effect(&self, effect: Effect) -> Result<(), Diagnostic> {
        self.behind.effect(effect)
    }

    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    fn config_origin(&self, name: &str) -> Option<String> {
        self.behind.config_origin(name)
    }

    fn config(&self, name: &str) -> Option<Value> {
        self.behind.config(name)
    }

    fn hosts_matching(
        &self,
        groups: &[(String, Vec<String>)],
        patterns: &[String],
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.behind.hosts_matching(groups, patterns)
    }

    fn warn(&self, text: &str) {
        self.behind.warn(text);
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.behind.environment(name)
    }
}
