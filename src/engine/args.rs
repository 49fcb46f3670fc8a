//! A task's arguments: as written for showing, rendered for running.

use crate::diag::Diagnostic;
use crate::maps::IndexMap;
use crate::playbook::Task;
use crate::template::{self, Value, World};
use crate::vars::TaskWorld;
use crate::yaml::{Kind, Node};
use impel_modules::{Data, Map};
use std::sync::Arc;

/// Arguments as they were written.
pub fn shown(task: &Task) -> Map {
    let mut map = Map::new();
    if let Some(raw) = &task.action.raw {
        map.insert("_raw_params".into(), plain(raw));
    }
    map.extend(task.action.args.iter().map(|(name, node)| (name.to_string(), plain(node))));
    map
}

fn plain(node: &Node) -> Data {
    match &node.kind {
        Kind::Str { text, .. } => Data::str(text.clone()),
        _ => Value::from_node(node).to_data().unwrap_or(Data::Null),
    }
}

/// Arguments as an action gets them, in the order written, and its free-form text.
pub type Rendered = (IndexMap<Arc<str>, Value>, Option<Value>);

/// What ansible-core says where one template yields all arguments.
const UNSAFE: &str = "Using a template for task args is unsafe in some situations (see https://docs.ansible.com/ansible/devel/reference_appendices/faq.html#argsplat-unsafe).";

/// Renders a task's arguments.
///
/// # Errors
/// A template fails; the chain says which argument it belongs to, in the words of ansible-core 2.19.
pub fn render(task: &Task, world: &TaskWorld) -> Result<Rendered, Diagnostic> {
    let fails = |error: Diagnostic, name: Option<&str>, node: &Node| {
        let error = error.at(node.span);
        let error = match name {
            Some(name) => Diagnostic::user(format!("Error while resolving value for '{name}'"))
                .at(node.span)
                .because(error),
            None => error,
        };
        Diagnostic::user(format!("Finalization of task args for '{}' failed", qualified(task)))
            .at(task.action.span)
            .because(error)
    };
    let mut args = IndexMap::default();
    if let Some(whole) = &task.action.whole {
        world.warn(UNSAFE);
        let value = template::render(&Value::from_node(whole), world).map_err(|e| fails(e, None, whole))?;
        match &value {
            Value::Dict(dict) => {
                for (key, value) in dict.pairs().iter() {
                    args.insert(Arc::from(key.value().to_string()), value.clone());
                }
            }
            Value::Omit => {}
            other => {
                let found = other.type_name();
                let wrong = Diagnostic::user(format!("Task args must resolve to a 'dict' not '{found}'."));
                return Err(fails(wrong, None, whole));
            }
        }
    }
    for (name, node) in &task.action.args {
        let value =
            template::render(&Value::from_node(node), world).map_err(|e| fails(e, Some(name), node))?;
        if !matches!(value, Value::Omit) {
            args.insert(name.clone(), value);
        } else {
            args.shift_remove(name);
        }
    }
    let raw = match &task.action.raw {
        Some(node) => {
            let value = template::render(&Value::from_node(node), world)
                .map_err(|e| fails(e, Some("_raw_params"), node))?;
            // a text that is one template may yield all arguments at once; to set_fact it is a value like others
            if &*task.action.name == "set_fact" {
                args.insert("_raw_params".into(), value.clone());
            } else if let Value::Dict(dict) = &value {
                for (key, value) in dict.pairs().iter() {
                    args.entry(Arc::from(key.value().to_string())).or_insert_with(|| value.clone());
                }
            }
            (!matches!(value, Value::Omit | Value::Dict(_))).then_some(value)
        }
        None => None,
    };
    Ok((args, raw))
}

/// Arguments as they stand, for an action that renders what it needs.
pub fn as_written(task: &Task) -> Rendered {
    let args = task.action.args.iter().map(|(name, node)| (name.clone(), Value::from_node(node))).collect();
    (args, task.action.raw.as_ref().map(Value::from_node))
}

/// The action's full name, as messages show it.
pub fn qualified(task: &Task) -> String {
    let written = &*task.action.written;
    if written.contains('.') { written.to_string() } else { format!("ansible.builtin.{written}") }
}

/// Whether a command looks first whether it must run (`creates`, `removes`): then asking may start ahead of its turn.
pub fn is_conditional(args: &Map) -> bool {
    args.contains_key("creates") || args.contains_key("removes")
}
