//! The keywords that plays, roles, blocks and tasks share, as they were written.

use super::tasks::{list_of, vars_of};
use crate::diag::Diagnostic;
use crate::yaml::{Kind, Node};
use std::sync::Arc;

/// Variables in order of appearance, unrendered. Shared: every task of a block holds the same one.
#[derive(Debug, Default)]
pub struct Vars {
    /// Name and value as it stood in the file.
    pub pairs: Vec<(Arc<str>, Node)>,
}

impl Vars {
    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.pairs.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

macro_rules! keywords {
    ($($(#[$doc:meta])* $field:ident = $name:literal,)*) => {
        /// What was written of the keywords that are handed down from play to role to block to task. A value
        /// is the node itself, since any of them may be a template; `None` where it was not written.
        #[derive(Debug, Default, Clone)]
        pub struct Keywords {
            $($(#[$doc])* pub $field: Option<Node>,)*
            /// `vars`.
            pub vars: Arc<Vars>,
            /// `tags`, split at commas, unrendered.
            pub tags: Vec<Node>,
            /// `when`, each condition by itself.
            pub when: Vec<Node>,
        }

        impl Keywords {
            /// Every keyword here by its name in a playbook, but `vars`, `tags` and `when`.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The place of a keyword, by its name in a playbook.
            pub fn slot(&mut self, name: &str) -> Option<&mut Option<Node>> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            /// What was written, by name.
            pub fn written(&self) -> impl Iterator<Item = (&'static str, &Node)> {
                [$(($name, self.$field.as_ref())),*].into_iter().filter_map(|(name, node)| Some((name, node?)))
            }
        }
    };
}

keywords! {
    /// Fail the play for all hosts when one fails.
    any_errors_fatal = "any_errors_fatal",
    /// Become another user.
    become_ = "become",
    /// The program that becomes.
    become_exe = "become_exe",
    /// Its flags.
    become_flags = "become_flags",
    /// `sudo`, `su`, …
    become_method = "become_method",
    /// Whom to become.
    become_user = "become_user",
    /// Check mode for this alone, or never.
    check_mode = "check_mode",
    /// Collections searched for short names.
    collections = "collections",
    /// The connection plugin.
    connection = "connection",
    /// The task debugger.
    debugger = "debugger",
    /// Facts go to the delegate.
    delegate_facts = "delegate_facts",
    /// The host that the task runs on instead.
    delegate_to = "delegate_to",
    /// Show differences.
    diff = "diff",
    /// The environment of modules: a map or a list of maps.
    environment = "environment",
    /// Go on after a failure.
    ignore_errors = "ignore_errors",
    /// Go on after an unreachable host.
    ignore_unreachable = "ignore_unreachable",
    /// Default arguments by action or action group: a map or a list of maps.
    module_defaults = "module_defaults",
    /// Censor results.
    no_log = "no_log",
    /// Handlers to notify.
    notify = "notify",
    /// The connection's port.
    port = "port",
    /// The user that logs in.
    remote_user = "remote_user",
    /// For one host of the batch only.
    run_once = "run_once",
    /// How many hosts at once.
    throttle = "throttle",
    /// Seconds that an action may take.
    timeout = "timeout",
}

/// The levels that lack some of the keywords, and which.
fn lacks(level: &str, word: &str) -> bool {
    match level {
        "Play" => matches!(word, "when" | "delegate_to" | "delegate_facts" | "notify"),
        "PlaybookInclude" => matches!(word, "collections" | "delegate_to" | "delegate_facts" | "notify"),
        "RoleInclude" => word == "notify",
        _ => false,
    }
}

impl Keywords {
    /// Takes in a key that was written at a level (`Play`, `Block`, `Task`, …); false where the level has no
    /// such keyword. Null counts as not written.
    ///
    /// # Errors
    /// `vars` is no map of variables, or tags are no list.
    pub fn read(&mut self, word: &str, value: &Node, level: &str) -> Result<bool, Diagnostic> {
        if lacks(level, word) {
            return Ok(false);
        }
        match word {
            "vars" => self.vars = vars_of(value, level)?,
            "when" => self.when = list_of(value),
            "tags" => self.tags = tags_of(value)?,
            _ => match self.slot(word) {
                Some(slot) => *slot = (!value.is_null()).then(|| value.clone()),
                None => return Ok(false),
            },
        }
        Ok(true)
    }
}

/// Tags one by one. A string is split at commas; what stands in a list is taken as it is.
fn tags_of(node: &Node) -> Result<Vec<Node>, Diagnostic> {
    match &node.kind {
        Kind::Null => Ok(Vec::new()),
        Kind::Seq(entries) => Ok(entries.to_vec()),
        // a comma inside a template separates nothing
        Kind::Str { text, .. } if !text.contains(',') || text.contains("{{") => Ok(vec![node.clone()]),
        Kind::Str { text, unsafe_ } => {
            let tag = |text: &str| Node {
                kind: Kind::Str { text: text.trim().into(), unsafe_: *unsafe_ },
                span: node.span,
            };
            Ok(text.split(',').map(tag).collect())
        }
        _ => Err(Diagnostic::user("tags must be specified as a list").at(node.span)),
    }
}
