//! What templates in inventory sources see: one host's variables, or a generator's layers.

use crate::diag::Diagnostic;
use crate::maps::{IndexMap, IndexSet};
use crate::template::{Effect, Value, World};
use crate::vault::Vault;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What the templates of a source warn of, each once.
#[derive(Default)]
pub(super) struct Told(Mutex<IndexSet<String>>);

impl Told {
    /// The warnings, in the order they came.
    pub(super) fn into_warnings(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_inner().unwrap_or_else(|e| e.into_inner()).into_iter().map(Diagnostic::user)
    }
}

/// Variables, and the memory of what was rendered of them.
pub(super) struct SourceWorld<'t> {
    pub(super) vars: IndexMap<Arc<str>, Value>,
    vault: Vault,
    folder: PathBuf,
    /// By address; holding the string keeps the address from being used again.
    rendered: Mutex<HashMap<usize, (Arc<str>, Value)>>,
    told: &'t Told,
}

impl<'t> SourceWorld<'t> {
    pub(super) fn new(
        vars: IndexMap<Arc<str>, Value>,
        source: &Path,
        vault: Vault,
        told: &'t Told,
    ) -> SourceWorld<'t> {
        let folder = source.parent().unwrap_or(Path::new(".")).to_owned();
        SourceWorld { vars, vault, folder, rendered: Mutex::default(), told }
    }
}

fn address(text: &Arc<str>) -> usize {
    text.as_ptr() as usize
}

impl World for SourceWorld<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        self.vars.get(name).cloned()
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.vars.keys().cloned().collect()
    }

    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf> {
        [self.folder.join(subfolder).join(name), self.folder.join(name)]
            .into_iter()
            .find(|path| path.exists())
    }

    fn search_path(&self) -> Vec<PathBuf> {
        vec![self.folder.clone()]
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        let bytes = std::fs::read(path).map_err(|e| {
            let path = path.display();
            Diagnostic::user(format!("an error occurred while trying to read the file '{path}': {e}"))
        })?;
        let content = self.vault.content(path, bytes)?;
        Ok((content.bytes.to_vec(), content.secret))
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Ok(self.vault.text(vault)?)
    }

    fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.vault.sealed(plain)
    }

    fn effect(&self, _effect: Effect) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn remembered(&self, template: &Arc<str>) -> Option<Value> {
        let known = self.rendered.lock().unwrap_or_else(|e| e.into_inner());
        known
            .get(&address(template))
            .filter(|(text, _)| Arc::ptr_eq(text, template))
            .map(|(_, value)| value.clone())
    }

    fn remember(&self, template: &Arc<str>, value: &Value) {
        let mut known = self.rendered.lock().unwrap_or_else(|e| e.into_inner());
        known.insert(address(template), (template.clone(), value.clone()));
    }

    fn config(&self, _name: &str) -> Option<Value> {
        None
    }

    fn warn(&self, text: &str) {
        self.told.0.lock().unwrap_or_else(|e| e.into_inner()).insert(text.to_owned());
    }
}
