//! `vars_files` of a play.

use super::inventories::mapping;
use super::scope::Scope;
use super::world::TaskWorld;
use crate::diag::{Diagnostic, ErrorKind, Span};
use crate::maps::IndexMap;
use crate::playbook::Source;
use crate::template::{self, Error, Marker, MarkerKind, Value};
use crate::yaml::{Kind, Node, repr};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a play's `vars_files` came to for a host.
#[derive(Default)]
pub struct VarsFiles {
    /// A layer a file.
    pub layers: Vec<Scope>,
    /// A name needs a variable that is not there yet (a fact, say): it is worth looking again later.
    pub waiting: bool,
}

/// The layers of a play's `vars_files`: of an entry that is a list, the first file that exists counts. As with
/// ansible-core 2.19, a name that cannot be rendered yet and a file that is not there are passed over.
///
/// # Errors
/// A name fails to render or is no text; a file cannot be read or holds no variables.
pub fn vars_files(
    entries: &[Node],
    folder: &Path,
    world: &TaskWorld,
    source: &dyn Source,
) -> Result<VarsFiles, Diagnostic> {
    let mut found = VarsFiles::default();
    for entry in entries {
        let names = match &entry.kind {
            Kind::Seq(names) => &**names,
            _ => std::slice::from_ref(entry),
        };
        for name in names {
            let value = template::resolve(&Value::from_node(name), world);
            if let Value::Undefined(marker) = &value {
                if !is_undefined(marker) {
                    return Err(Error(marker.clone()).into());
                }
                source.warn("skipping vars_files item due to an undefined variable", Some(entry.span));
                found.waiting = true;
                break;
            }
            let Some(text) = value.as_str() else {
                let message = format!("Invalid `vars_files` value of type '{}'.", value.type_name());
                return Err(Diagnostic::parse(message, name.span)
                    .hint("A `vars_files` value should either be a string or list of strings."));
            };
            if let Some(path) = place(text, folder) {
                if path.is_dir() {
                    let path = repr::of_str(&path.to_string_lossy());
                    let message = format!(
                        "An error occurred while trying to read the file {path}: [Errno 21] Is a directory: {path}"
                    );
                    return Err(Diagnostic::new(ErrorKind::Parse, message));
                }
                let node = source.read(&path)?;
                let layer: Scope = Arc::new(variables(&node)?);
                world.layers().store.scopes.note(&layer, places(&node));
                found.layers.push(layer);
                break;
            }
        }
    }
    Ok(found)
}

/// Whether what is missing is a name, here or in what caused it.
fn is_undefined(marker: &Marker) -> bool {
    let mut next = Some(marker);
    for _ in 0..50 {
        let Some(marker) = next else { return false };
        if marker.kind == MarkerKind::Undefined {
            return true;
        }
        next = marker.cause.as_deref();
    }
    false
}

/// A file's variables: a mapping, or a list of mappings.
fn variables(node: &Node) -> Result<IndexMap<Arc<str>, Value>, Diagnostic> {
    let parts = match &node.kind {
        Kind::Seq(parts) => &**parts,
        _ => std::slice::from_ref(node),
    };
    let mut all = IndexMap::default();
    for part in parts {
        if !matches!(part.kind, Kind::Map(_) | Kind::Null) {
            return Err(Diagnostic::parse("Invalid variable file contents.", part.span).hint(
                "Variable files must contain either a dictionary of variables, or a list of dictionaries.",
            ));
        }
        all.extend(mapping(part)?);
    }
    Ok(all)
}

/// Where the variables of a file stand.
fn places(node: &Node) -> HashMap<Arc<str>, Span> {
    let parts = node.as_seq().unwrap_or(std::slice::from_ref(node));
    let pairs = parts.iter().filter_map(Node::as_map).flat_map(|map| &map.pairs);
    pairs.filter_map(|(name, value)| Some((Arc::from(name.as_str()?), value.span))).collect()
}

/// In `vars/` of the playbook's folder, then in the folder itself.
fn place(name: &str, folder: &Path) -> Option<PathBuf> {
    let name = match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    };
    [folder.join("vars").join(&name), folder.join(&name)].into_iter().find(|path| path.exists())
}
