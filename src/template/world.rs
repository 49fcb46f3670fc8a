//! What a template can see and do outside itself; the layer of variables implements it.

use super::Value;
use crate::diag::Diagnostic;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something that a template did besides computing from variables; what it did it with may differ per reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Its value differs from reading to reading: `now()`, `random`, `lookup('password')`.
    Volatile,
    /// It read the controller's files or environment.
    ReadsController,
    /// It read another host's variables, which that host's running tasks may still set.
    ReadsOtherHost,
    /// It ran a command, wrote a file or asked the network on the controller.
    Acts,
}

/// The world around a template: variables, files, memory of what was rendered.
pub trait World {
    /// The raw value of a variable, as the scopes hold it: trusted strings in it are templates yet to render.
    fn variable(&self, name: &str) -> Option<Value>;

    /// The names of all variables, for `vars`, `varnames` and suggestions.
    fn variable_names(&self) -> Vec<Arc<str>>;

    /// The first existing file of that name along the search path of Ansible for `subfolder` (`templates`,
    /// `files`, `vars`): role, role of the includer, folder of the task file, playbook folder.
    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf>;

    /// The template of that name that a value (not a file) includes.
    fn find_included(&self, name: &Path) -> Option<PathBuf> {
        self.find_file("templates", name)
    }

    /// The folders that [`World::find_file`] walks, in order.
    fn search_path(&self) -> Vec<PathBuf>;

    /// A file's content, decrypted if it is wholly a vault; the bit says that it was (then it is secret).
    ///
    /// # Errors
    /// The file cannot be read or decrypted.
    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic>;

    /// The plain text of an inline `!vault` string.
    ///
    /// # Errors
    /// No password fits, or the text is no vault.
    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic>;

    /// The vault that this very string was decrypted from, if it was.
    fn sealed(&self, _plain: &Arc<str>) -> Option<Arc<str>> {
        None
    }

    /// Told of every text that a template made of something secret, so that it is never shown.
    fn secret_made(&self, _text: &str) {}

    /// Told of every effect while rendering; a world that is looking ahead may refuse with an error.
    ///
    /// # Errors
    /// The effect may not happen now (it will be rendered again at its turn).
    fn effect(&self, effect: Effect) -> Result<(), Diagnostic>;

    /// What was rendered before, in this task on this host, from the string at this address.
    fn remembered(&self, template: &Arc<str>) -> Option<Value>;

    /// Remembers what a template string yielded, for this task on this host.
    fn remember(&self, template: &Arc<str>, value: &Value);

    /// A configuration value by its Ansible name (`lookup('config')`), such as `DEFAULT_ROLES_PATH`.
    fn config(&self, name: &str) -> Option<Value>;

    /// Where a configuration value comes from, as `lookup('config', show_origin=true)` says it.
    fn config_origin(&self, _name: &str) -> Option<String> {
        None
    }

    /// The hosts that patterns name among groups and their hosts.
    ///
    /// # Errors
    /// A pattern is none; this world knows no inventory.
    fn hosts_matching(
        &self,
        _groups: &[(String, Vec<String>)],
        _patterns: &[String],
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        Err(Diagnostic::user("there is no inventory here"))
    }

    /// A warning to show once.
    fn warn(&self, text: &str);

    /// The environment that `lookup('pipe')` runs in and `lookup('env')` reads.
    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// For a world in front of another, which its field `$behind` is: these methods are the other's.
macro_rules! as_behind {
    ($behind:ident: $($method:ident),+ $(,)?) => {
        $(as_behind!(@ $behind $method);)+
    };
    (@ $behind:ident find_file) => {
        fn find_file(&self, subfolder: &str, name: &std::path::Path) -> Option<std::path::PathBuf> {
            self.$behind.find_file(subfolder, name)
        }
    };
    (@ $behind:ident find_included) => {
        fn find_included(&self, name: &std::path::Path) -> Option<std::path::PathBuf> {
            self.$behind.find_included(name)
        }
    };
    (@ $behind:ident search_path) => {
        fn search_path(&self) -> Vec<std::path::PathBuf> {
            self.$behind.search_path()
        }
    };
    (@ $behind:ident read_file) => {
        fn read_file(&self, path: &std::path::Path) -> Result<(Vec<u8>, bool), $crate::diag::Diagnostic> {
            self.$behind.read_file(path)
        }
    };
    (@ $behind:ident decrypt) => {
        fn decrypt(&self, vault: &std::sync::Arc<str>) -> Result<std::sync::Arc<str>, $crate::diag::Diagnostic> {
            self.$behind.decrypt(vault)
        }
    };
    (@ $behind:ident sealed) => {
        fn sealed(&self, plain: &std::sync::Arc<str>) -> Option<std::sync::Arc<str>> {
            self.$behind.sealed(plain)
        }
    };
    (@ $behind:ident secret_made) => {
        fn secret_made(&self, text: &str) {
            self.$behind.secret_made(text)
        }
    };
    (@ $behind:ident effect) => {
        fn effect(&self, effect: $crate::template::Effect) -> Result<(), $crate::diag::Diagnostic> {
            self.$behind.effect(effect)
        }
    };
    (@ $behind:ident variable_names) => {
        fn variable_names(&self) -> Vec<std::sync::Arc<str>> {
            self.$behind.variable_names()
        }
    };
    (@ $behind:ident remembered) => {
        fn remembered(&self, template: &std::sync::Arc<str>) -> Option<$crate::template::Value> {
            self.$behind.remembered(template)
        }
    };
    (@ $behind:ident remember) => {
        fn remember(&self, template: &std::sync::Arc<str>, value: &$crate::template::Value) {
            self.$behind.remember(template, value)
        }
    };
    (@ $behind:ident config) => {
        fn config(&self, name: &str) -> Option<$crate::template::Value> {
            self.$behind.config(name)
        }
    };
    (@ $behind:ident config_origin) => {
        fn config_origin(&self, name: &str) -> Option<String> {
            self.$behind.config_origin(name)
        }
    };
    (@ $behind:ident hosts_matching) => {
        fn hosts_matching(
            &self,
            groups: &[(String, Vec<String>)],
            patterns: &[String],
        ) -> Result<Vec<std::sync::Arc<str>>, $crate::diag::Diagnostic> {
            self.$behind.hosts_matching(groups, patterns)
        }
    };
    (@ $behind:ident warn) => {
        fn warn(&self, text: &str) {
            self.$behind.warn(text)
        }
    };
    (@ $behind:ident environment) => {
        fn environment(&self, name: &str) -> Option<String> {
            self.$behind.environment(name)
        }
    };
}
pub(crate) use as_behind;
