//! `vars_files` of a play.

use super::inventories::mapping;
use super::scope::Scope;
use super::world::TaskWorld;
use crate::diag::Diagnostic;
use crate::playbook::Source;
use crate::template::{self, Value};
use crate::yaml::{Kind, Node};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The layers of a play's `vars_files`: of an entry that is a list, the first file that exists counts.
///
/// # Errors
/// A name cannot be rendered, no file of an entry exists, or one holds no variables.
pub fn vars_files(
    entries: &[Node],
    folder: &Path,
    world: &TaskWorld,
    source: &dyn Source,
) -> Result<Vec<Scope>, Diagnostic> {
    let mut layers = Vec::new();
    for entry in entries {
        let names: Vec<&Node> = match &entry.kind {
            Kind::Seq(names) => names.iter().collect(),
            _ => vec![entry],
        };
        let mut tried = Vec::new();
        let mut found = None;
        for name in names {
            let text =
                template::render(&Value::from_node(name), world).map_err(|e| e.at(name.span))?.to_string();
            let Some(path) = place(&text, folder) else {
                tried.push(text);
                continue;
            };
            found = Some(path);
            break;
        }
        let Some(path) = found else {
            let message = match tried.as_slice() {
                [one] => format!("vars file {one} was not found"),
                _ => format!("vars files {} were not found", tried.join(", ")),
            };
            let message = format!("Could not find or access {}", message.trim_start_matches("vars file "));
            return Err(Diagnostic::user(message)
                .at(entry.span)
                .hint(format!("looked in {}", folder.display())));
        };
        layers.push(Arc::new(mapping(&source.read(&path)?)?));
    }
    Ok(layers)
}

/// In `vars/` of the playbook's folder, then in the folder itself.
fn place(name: &str, folder: &Path) -> Option<PathBuf> {
    let name = match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    };
    [folder.join("vars").join(&name), folder.join(&name)].into_iter().find(|path| path.is_file())
}
