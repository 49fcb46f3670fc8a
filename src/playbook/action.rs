//! Which action a task names, and with which arguments.

use super::Action;
use super::known::{self, short};
use super::source::{Source, What, class_of};
use super::split;
use crate::diag::{Diagnostic, Span, nearest};
use crate::yaml::{Kind, Mapping, Node};
use std::path::Path;
use std::sync::Arc;

/// The action of a task and, where it is a `local_action`, the host it is delegated to.
pub(super) struct Named {
    pub(super) action: Action,
    pub(super) local: bool,
}

/// Finds the one action among a task's keys; `is_keyword` tells what is none.
pub(super) fn named(
    source: &dyn Source,
    role: Option<&Path>,
    span: Span,
    task: &Mapping,
    is_keyword: impl Fn(&str) -> bool,
) -> Result<Named, Diagnostic> {
    let (written, local) = match (task.get("action"), task.get("local_action")) {
        (Some(_), Some(_)) => {
            return Err(Diagnostic::parse("action and local_action are mutually exclusive", span));
        }
        (Some(node), None) => (Some(node), false),
        (None, Some(node)) => (Some(node), true),
        (None, None) => (None, false),
    };
    let mut found: Option<Action> = written.map(|node| old_style(node, span)).transpose()?;
    let explicit = found.is_some();
    for (key, value) in &task.pairs {
        let Some(name) = key.as_str() else {
            return Err(Diagnostic::parse(
                format!("a task's keys are names, not {}", class_of(key)),
                key.span,
            ));
        };
        if is_keyword(name) || matches!(name, "action" | "local_action" | "args") || name.starts_with("with_")
        {
            continue;
        }
        if let Some(first) = &found {
            let both = format!("conflicting action statements: {}, {name}", first.written);
            let stranger = [&*first.written, name].into_iter().find(|n| !resolves(source, role, n));
            let slip = stranger.map(|n| hint_for_key(n, &is_keyword));
            let error = Diagnostic::parse(both, span);
            return Err(slip.flatten().into_iter().fold(error, Diagnostic::hint));
        }
        found = Some(Action {
            name: short(name).into(),
            written: name.into(),
            span: key.span,
            ..arguments(name, value, span)?
        });
    }
    let Some(mut action) = found else {
        return Err(Diagnostic::parse("no module/action detected in task.", span));
    };
    if action.name.as_ref() == "include" {
        return Err(Diagnostic::user(
            "The 'ansible.builtin.include' action plugin has been removed. Use include_tasks or import_tasks instead. \
             This feature was removed from ansible-core in a release after 2023-05-16.",
        )
        .at(span));
    }
    if !explicit && !resolves(source, role, &action.written) {
        let error = Diagnostic::parse(
            format!(
                "couldn't resolve module/action '{}'. This often indicates a misspelling, missing collection, or \
                 incorrect module path.",
                action.written
            ),
            span,
        );
        let hint = hint_for_key(&action.written, &is_keyword);
        return Err(hint.into_iter().fold(error, Diagnostic::hint));
    }
    if let Some(args) = task.get("args") {
        merge_args(&mut action, args)?;
    }
    Ok(Named { action, local })
}

/// Whether a name is an action of ansible-core, of the user's or of impel.
fn resolves(source: &dyn Source, role: Option<&Path>, name: &str) -> bool {
    known::ACTIONS.contains(&short(name)) || source.has(What::Module, name, role)
}

fn hint_for_key(name: &str, is_keyword: &impl Fn(&str) -> bool) -> Option<String> {
    let keywords = super::tasks::TASK_KEYWORDS.iter().chain(super::Keywords::NAMES).filter(|k| is_keyword(k));
    let names = keywords.chain(known::ACTIONS).copied();
    nearest(name, names).map(|near| format!("did you mean `{near}`?"))
}

/// `action: name k=v …` or the old mapping form with `module`.
fn old_style(node: &Node, task: Span) -> Result<Action, Diagnostic> {
    match &node.kind {
        Kind::Str { text, .. } => {
            let trimmed = text.trim_start();
            // a template that names the action stays whole
            let end = match trimmed.strip_prefix("{{").and_then(|t| t.find("}}")) {
                Some(close) => close + 4,
                None => trimmed.find(char::is_whitespace).unwrap_or(trimmed.len()),
            };
            let (name, rest) = (&trimmed[..end], trimmed[end..].trim_start());
            if name.is_empty() {
                return Err(Diagnostic::parse("no module/action detected in task.", task));
            }
            let rest = Node { kind: Kind::Str { text: rest.into(), unsafe_: false }, span: node.span };
            Ok(Action {
                name: short(name).into(),
                written: name.into(),
                span: node.span,
                ..arguments(name, &rest, task)?
            })
        }
        Kind::Map(map) => {
            let Some(module) = map.get("module").filter(|m| m.as_str().is_some()) else {
                return Err(Diagnostic::parse("no module/action detected in task.", task));
            };
            let mut action = old_style(module, task)?;
            let pairs: Vec<(Node, Node)> =
                map.pairs.iter().filter(|(k, _)| k.as_str() != Some("module")).cloned().collect();
            let rest = Node { kind: Kind::Map(Arc::new(Mapping { pairs })), span: node.span };
            merge_args(&mut action, &rest)?;
            Ok(action)
        }
        _ => Err(Diagnostic::parse(format!("unexpected parameter type in action: {}", class_of(node)), task)),
    }
}

/// The arguments behind an action's name; name and place are left for the caller.
fn arguments(name: &str, value: &Node, task: Span) -> Result<Action, Diagnostic> {
    let mut action = Action {
        name: Arc::from(""),
        written: Arc::from(""),
        span: value.span,
        args: Vec::new(),
        raw: None,
        whole: None,
    };
    match &value.kind {
        Kind::Null => {}
        Kind::Map(map) => action.args = pairs_of(map)?,
        // never taken apart: what it holds is known only when it is opened
        Kind::Vault(_) => action.raw = Some(value.clone()),
        Kind::Str { text, unsafe_ } => {
            let text_node = |text: &str| Node {
                kind: Kind::Str { text: text.into(), unsafe_: *unsafe_ },
                span: value.span,
            };
            let words = split::split(text, known::FREE_FORM.contains(&short(name)))
                .map_err(|why| Diagnostic::parse(format!("Error loading tasks: {why}"), task))?;
            action.args = words.pairs.iter().map(|(k, v)| (Arc::from(k.as_str()), text_node(v))).collect();
            let raw = words.raw.filter(|raw| !raw.is_empty());
            if raw.as_deref() == Some(&**text) {
                // the very string that was read, so that what is remembered of it is found again
                action.raw = Some(value.clone());
            } else {
                action.raw = raw.as_deref().map(text_node);
            }
            let whole = action.args.is_empty()
                && !known::RAW_TEXT.contains(&short(name))
                && action.raw.as_ref().and_then(Node::as_str).is_some_and(is_one_template);
            if whole {
                action.whole = action.raw.take();
            }
        }
        _ => {
            let message = format!("unexpected parameter type in action: {}", class_of(value));
            return Err(Diagnostic::parse(message, task));
        }
    }
    if let Some(at) = action.args.iter().position(|(name, _)| &**name == "_raw_params") {
        action.raw = Some(action.args.remove(at).1);
    }
    Ok(action)
}

/// Whether a text is nothing but one expression in braces.
fn is_one_template(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}")
}

/// `args`: added to what stands behind the action's name, which wins.
fn merge_args(action: &mut Action, args: &Node) -> Result<(), Diagnostic> {
    match &args.kind {
        Kind::Null => {}
        Kind::Map(map) => {
            for (name, value) in pairs_of(map)? {
                if &*name == "_raw_params" {
                    action.raw.get_or_insert(value);
                } else if !action.args.iter().any(|(known, _)| *known == name) {
                    action.args.push((name, value));
                }
            }
        }
        Kind::Str { text, .. } if text.contains("{{") || text.contains("{%") => {
            action.whole = Some(args.clone());
        }
        _ => {
            return Err(Diagnostic::parse("The value of the task `args` keyword is invalid.", args.span)
                .hint("A mapping or template which resolves to a mapping is required."));
        }
    }
    Ok(())
}

fn pairs_of(map: &Mapping) -> Result<Vec<(Arc<str>, Node)>, Diagnostic> {
    let name = |key: &Node| match &key.kind {
        Kind::Str { text, .. } => Ok(text.clone()),
        Kind::Int(n) => Ok(Arc::from(n.to_string())),
        _ => Err(Diagnostic::parse("an argument's name must be a string", key.span)),
    };
    map.pairs.iter().map(|(key, value)| Ok((name(key)?, value.clone()))).collect()
}

impl Action {
    /// Whether the action takes free-form text at all; Ansible fails the task that gives it to another one.
    pub fn takes_raw_text(&self) -> bool {
        known::RAW_TEXT.contains(&&*self.name)
    }

    /// An argument by name.
    pub fn arg(&self, name: &str) -> Option<&Node> {
        self.args.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}
