//! What the parser needs of the world: files, the names of static imports, and which plugins there are.

use super::{Role, Vars};
use crate::diag::{Diagnostic, Span};
use crate::yaml::Node;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A sort of thing that a playbook names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A keyword of a play, role, block or task.
    Keyword,
    /// A module or action.
    Module,
    /// A lookup, `with_…` included.
    Lookup,
    /// A filter in a template.
    Filter,
    /// A test in a template.
    Test,
    /// A strategy.
    Strategy,
    /// A connection plugin.
    Connection,
    /// A become method.
    Become,
}

/// What a static import's file name may use.
pub struct StaticNames<'a> {
    /// Variables from the play down to the importing task, the lowest precedence first.
    pub vars: Vec<Arc<Vars>>,
    /// The play's `vars_files`.
    pub vars_files: Arc<[Node]>,
    /// The role that the import stands in.
    pub role: Option<&'a Arc<Role>>,
}

/// The parser's view of the world. The command line implements it; the engine hands it on for dynamic includes.
pub trait Source: Sync {
    /// Reads a YAML file, decrypted if it is wholly a vault.
    ///
    /// # Errors
    /// It cannot be read, decrypted or parsed.
    fn read(&self, path: &Path) -> Result<Node, Diagnostic>;

    /// Renders a name that must be known before anything runs.
    ///
    /// # Errors
    /// It uses a variable that is not known yet, or does not yield text.
    fn static_name(&self, name: &Node, known: &StaticNames<'_>) -> Result<String, Diagnostic>;

    /// Whether the user has a plugin of that name: in impel, beside the playbook, in a role or in a collection.
    /// ansible-core's own names need not be answered for.
    fn has(&self, what: What, name: &str, role: Option<&Path>) -> bool;

    /// `private_role_vars`, where the configuration sets it.
    fn private_role_vars(&self) -> Option<bool> {
        None
    }

    /// The folders of `roles_path`.
    fn roles_path(&self) -> Vec<PathBuf>;

    /// A warning to show.
    fn warn(&self, text: &str, span: Option<Span>);
}

/// The error of a file that is not there, in Ansible's words.
pub fn not_found(path: &Path) -> Diagnostic {
    let path = path.display();
    Diagnostic::user(format!(
        "Unable to retrieve file contents.\nCould not find or access '{path}' on the Ansible Controller.\nIf you \
         are using a module and expect the file to exist on the remote, see the remote_src option: [Errno 2] No \
         such file or directory: '{path}'"
    ))
}

/// Python's name of the class that ansible-core reads such a node into.
pub fn class_of(node: &Node) -> String {
    match node.type_name() {
        _ if matches!(node.kind, crate::yaml::Kind::Vault(_)) => {
            "<class 'ansible.parsing.vault.EncryptedString'>".into()
        }
        "NoneType" => "<class 'NoneType'>".into(),
        "bool" => "<class 'bool'>".into(),
        name => {
            let mut letters = name.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
            let tagged = format!("_AnsibleTagged{first}{}", letters.as_str());
            format!("<class 'ansible.module_utils._internal._datatag.{tagged}'>")
        }
    }
}
