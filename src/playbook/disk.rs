//! The parser's view of the controller: its files, what is known before anything runs, its plugins.

use super::source::{Source, StaticNames, What, not_found};
use crate::diag::{Diagnostic, ErrorKind, Span};
use crate::maps::IndexMap;
use crate::template::{self, Effect, Value, World};
use crate::vault::Vault;
use crate::yaml::Node;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where warnings go.
pub type Warn = dyn Fn(&str, Option<Span>) + Send + Sync;
/// What impel itself has.
pub type Has = dyn Fn(What, &str) -> bool + Send + Sync;
/// Variables as values.
type Values = Arc<IndexMap<Arc<str>, Value>>;

/// [`Source`] for the controller's disk.
pub struct Disk {
    /// Layers above everything else, the lowest precedence first: extra vars, magic variables.
    pub extra: Vec<Values>,
    /// The playbook's folder, for plugins beside it.
    pub base: PathBuf,
    /// `roles_path`.
    pub roles_path: Vec<PathBuf>,
    /// `private_role_vars`, where it is set.
    pub private_role_vars: Option<bool>,
    /// `collections_path`.
    pub collections_path: Vec<PathBuf>,
    /// Folders of modules (`library`).
    pub library: Vec<PathBuf>,
    /// Opens vaults.
    pub vault: Vault,
    /// Shows warnings.
    pub warn: Box<Warn>,
    /// Asks what impel has.
    pub has: Box<Has>,
}

impl Disk {
    /// A view that knows no variables, no vault and no plugins but impel's.
    pub fn new(base: impl Into<PathBuf>, has: Box<Has>) -> Disk {
        Disk {
            extra: Vec::new(),
            base: base.into(),
            roles_path: Vec::new(),
            private_role_vars: None,
            collections_path: Vec::new(),
            library: Vec::new(),
            vault: Vault::default(),
            warn: Box::new(|_, _| {}),
            has,
        }
    }

    /// A file of variables that `vars_files` names: the first that exists, where it is a list. `None` where a name
    /// cannot be rendered yet (a fact, say) or no file exists.
    fn vars_file(&self, entry: &Node, world: &StaticWorld<'_>) -> Option<Values> {
        let names = entry.as_seq().unwrap_or(std::slice::from_ref(entry));
        let rendered = names.iter().filter_map(|name| {
            let value = template::render(&Value::from_node(name), world).ok()?;
            value.as_str().map(PathBuf::from)
        });
        let path = rendered.map(|name| self.base.join(name)).find(|path| path.is_file())?;
        values_of(&self.read(&path).ok()?)
    }
}

fn values_of(node: &Node) -> Option<Values> {
    let pairs = node.as_map()?.pairs.iter();
    Some(Arc::new(pairs.filter_map(|(k, v)| Some((Arc::from(k.as_str()?), Value::from_node(v)))).collect()))
}

impl Source for Disk {
    fn read(&self, path: &Path) -> Result<Node, Diagnostic> {
        if !path.is_file() {
            return Err(not_found(path));
        }
        self.vault.yaml(path)
    }

    fn static_name(&self, name: &Node, known: &StaticNames<'_>) -> Result<String, Diagnostic> {
        let mut layers: Vec<Values> = Vec::new();
        let mut magic: IndexMap<Arc<str>, Value> = IndexMap::default();
        let text = |path: &Path| Value::str(&*path.to_string_lossy());
        magic.insert("playbook_dir".into(), text(&self.base));
        if let Some(role) = known.role {
            magic.insert("role_path".into(), text(&role.path));
            magic.insert("role_name".into(), Value::str(role.name.clone()));
        }
        for vars in &known.vars {
            let pairs = vars.pairs.iter();
            layers.push(Arc::new(pairs.map(|(name, node)| (name.clone(), Value::from_node(node))).collect()));
        }
        layers.extend(self.extra.iter().cloned());
        layers.push(Arc::new(magic));
        let mut world = StaticWorld { disk: self, layers, role: known.role.map(|role| role.path.clone()) };
        // files of variables rank above the play's own vars and below what stands nearer
        for entry in known.vars_files.iter() {
            if let Some(values) = self.vars_file(entry, &world) {
                let at = usize::from(!known.vars.is_empty());
                world.layers.insert(at, values);
            }
        }
        let value = template::render(&Value::from_node(name), &world)?;
        match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => {
                Err(Diagnostic::new(ErrorKind::Parse, "the name does not come to a string").at(name.span))
            }
        }
    }

    fn has(&self, what: What, name: &str, role: Option<&Path>) -> bool {
        if (self.has)(what, super::known::short(name)) {
            return true;
        }
        let (beside, kinds): (&str, &[&str]) = match what {
            What::Module => ("library", &["modules", "action"]),
            What::Lookup => ("lookup_plugins", &["lookup"]),
            What::Filter => ("filter_plugins", &["filter"]),
            What::Test => ("test_plugins", &["test"]),
            What::Strategy => ("strategy_plugins", &["strategy"]),
            What::Connection => ("connection_plugins", &["connection"]),
            What::Become => ("become_plugins", &["become"]),
            What::Keyword => return false,
        };
        let parts: Vec<&str> = name.split('.').collect();
        if let [space, collection, rest @ ..] = parts.as_slice()
            && !rest.is_empty()
        {
            let within = Path::new("ansible_collections").join(space).join(collection).join("plugins");
            let own = self.base.join("collections");
            let roots = self.collections_path.iter().chain([&own]);
            return roots.flat_map(|root| kinds.iter().map(|kind| root.join(&within).join(kind))).any(
                |folder| {
                    let file = rest.iter().fold(folder, |path, part| path.join(part));
                    file.with_extension("py").is_file() || file.is_file()
                },
            );
        }
        let mut folders = vec![self.base.join(beside)];
        folders.extend(role.map(|role| role.join(beside)));
        if what == What::Module {
            folders.push(self.base.join("action_plugins"));
            folders.extend(role.map(|role| role.join("action_plugins")));
            folders.extend(self.library.iter().cloned());
        }
        let short = super::known::short(name);
        folders.iter().any(|folder| {
            ["", ".py", ".sh", ".ps1"].iter().any(|end| folder.join(format!("{short}{end}")).is_file())
        })
    }

    fn private_role_vars(&self) -> Option<bool> {
        self.private_role_vars
    }

    fn roles_path(&self) -> Vec<PathBuf> {
        self.roles_path.clone()
    }

    fn warn(&self, text: &str, span: Option<Span>) {
        (self.warn)(text, span);
    }
}

/// What is known before anything runs.
struct StaticWorld<'a> {
    disk: &'a Disk,
    layers: Vec<Values>,
    role: Option<PathBuf>,
}

impl World for StaticWorld<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        self.layers.iter().rev().find_map(|layer| layer.get(name)).cloned()
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.layers.iter().flat_map(|layer| layer.keys().cloned()).collect()
    }

    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf> {
        let folders = self.search_path();
        let places = folders.iter().flat_map(|folder| [folder.join(subfolder).join(name), folder.join(name)]);
        places.into_iter().find(|path| path.exists())
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.role.iter().chain([&self.disk.base]).cloned().collect()
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        let bytes = std::fs::read(path).map_err(|_| not_found(path))?;
        let content = self.disk.vault.content(path, bytes)?;
        Ok((content.bytes.to_vec(), content.secret))
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Ok(self.disk.vault.text(vault)?)
    }

    fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.disk.vault.sealed(plain)
    }

    fn effect(&self, _effect: Effect) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    fn config(&self, _name: &str) -> Option<Value> {
        None
    }

    fn warn(&self, text: &str) {
        (self.disk.warn)(text, None);
    }
}
