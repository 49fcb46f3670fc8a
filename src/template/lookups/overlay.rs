//! A world with some variables of its own in front of another's.

use crate::template::value::Value;
use crate::template::{World, as_behind};
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

    fn search_path(&self) -> Vec<PathBuf> {
        self.folder.iter().cloned().chain(self.behind.search_path()).collect()
    }

    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    as_behind!(
        behind: find_included, read_file, decrypt, sealed, secret_made, effect, config, config_origin,
        hosts_matching, warn, environment,
    );
}
