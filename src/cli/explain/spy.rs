//! A world that remembers which variables were read, and in which nothing is run.

use crate::diag::Diagnostic;
use crate::template::{Effect, Value, World};
use crate::vars::TaskWorld;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
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

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.world.variable_names()
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

    fn effect(&self, effect: Effect) -> Result<(), Diagnostic> {
        match effect {
            Effect::Acts => {
                Err(Diagnostic::user("this would run a command or write a file; explain does not"))
            }
            effect => self.world.effect(effect),
        }
    }

    fn remembered(&self, template: &Arc<str>) -> Option<Value> {
        self.world.remembered(template)
    }

    fn remember(&self, template: &Arc<str>, value: &Value) {
        self.world.remember(template, value);
    }

    fn config_origin(&self, name: &str) -> Option<String> {
        self.world.config_origin(name)
    }

    fn config(&self, name: &str) -> Option<Value> {
        self.world.config(name)
    }

    fn hosts_matching(
        &self,
        groups: &[(String, Vec<String>)],
        patterns: &[String],
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.world.hosts_matching(groups, patterns)
    }

    fn warn(&self, text: &str) {
        self.world.warn(text);
    }
}
