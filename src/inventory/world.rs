//! What templates in inventory sources see: one host's variables, or a generator's layers.

use crate::diag::{Diagnostic, Span};
use crate::maps::{IndexMap, IndexSet};
use crate::template::{Effect, Value, World};
use crate::vault::Vault;
use crate::yaml::{Kind, Mapping, Node};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

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
    /// Where the text lies that sources wrote themselves.
    own: OnceLock<HashSet<usize>>,
}

impl<'t> SourceWorld<'t> {
    pub(super) fn new(
        vars: IndexMap<Arc<str>, Value>,
        source: &Path,
        vault: Vault,
        told: &'t Told,
    ) -> SourceWorld<'t> {
        let folder = source.parent().unwrap_or(Path::new(".")).to_owned();
        SourceWorld { vars, vault, folder, rendered: Mutex::default(), told, own: OnceLock::new() }
    }
}

impl SourceWorld<'_> {
    /// A rendered value as the inventory holds it. Text that a source itself wrote, and that came through unchanged,
    /// may be an expression still; what a template made is never one again.
    pub(super) fn node_of(&self, value: &Value, span: Span) -> Node {
        let own = |text: &Arc<str>| {
            let own = self.own.get_or_init(|| {
                let mut own = HashSet::new();
                self.vars.values().for_each(|value| trusted(value, &mut own, DEEPEST));
                own
            });
            own.contains(&address(text))
        };
        node(value, span, &own)
    }
}

/// The addresses of all text in a value that its source may use as templates.
fn trusted(value: &Value, found: &mut HashSet<usize>, depth: u32) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Str(text) if text.trusted => {
            found.insert(address(&text.text));
        }
        Value::List(list) => list.items().iter().for_each(|item| trusted(item, found, depth)),
        Value::Dict(dict) => {
            for (key, item) in dict.pairs().iter() {
                trusted(key.value(), found, depth);
                trusted(item, found, depth);
            }
        }
        _ => {}
    }
}

/// How deep variables are searched.
const DEEPEST: u32 = 100;

/// A value as the inventory holds it, with no string in it a template.
pub fn node_of(value: &Value, span: Span) -> Node {
    node(value, span, &|_| false)
}

fn node(value: &Value, span: Span, own: &dyn Fn(&Arc<str>) -> bool) -> Node {
    let deeper = |value: &Value| node(value, span, own);
    let text = |text: Arc<str>| Kind::Str { unsafe_: !own(&text), text };
    let kind = match value {
        Value::Bool(value) => Kind::Bool(*value),
        Value::Int(value) => Kind::Int(*value),
        Value::Big(value) => Kind::Big(value.clone()),
        Value::Float(value) => Kind::Float(*value),
        Value::Str(value) => text(value.text.clone()),
        Value::Vault(vault) => Kind::Vault(vault.text.clone()),
        Value::Bytes(value) => Kind::Bytes(value.clone()),
        Value::Date(value) => Kind::Date(*value),
        Value::DateTime(value) => Kind::DateTime(**value),
        Value::Time(value) => Kind::Time(*value),
        Value::Zoned(value) => Kind::Zoned((**value).clone()),
        Value::None | Value::Omit | Value::Undefined(_) => Kind::Null,
        Value::Dict(dict) => {
            let pairs =
                dict.pairs().iter().map(|(key, value)| (deeper(key.value()), deeper(value))).collect();
            Kind::Map(Arc::new(Mapping { pairs }))
        }
        value => match value.iter() {
            Ok(items) => Kind::Seq(items.map(|item| deeper(&item)).collect()),
            Err(_) => text(value.to_text().unwrap_or_default().into()),
        },
    };
    // what is secret stays so
    let sealed = matches!(value, Value::Str(s) if s.secret);
    Node { kind, span: if sealed { span.sealed() } else { span } }
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
