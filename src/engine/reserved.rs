//! Warnings about variables whose names mean something else: keywords, and the loop's variable that is in use.

use super::shared::Shared;
use crate::diag::{Span, source_line};
use crate::playbook::{Source, Task};
use crate::vars::{Scope, ScopeCache};
use std::sync::Arc;

/// Names that ansible-core warns of: the keywords of plays, roles, blocks and tasks, and the names that every template
/// has.
const RESERVED: &[&str] = &[
    "action",
    "always",
    "any_errors_fatal",
    "args",
    "async",
    "async_val",
    "become",
    "become_exe",
    "become_flags",
    "become_method",
    "become_user",
    "block",
    "changed_when",
    "check_mode",
    "collections",
    "connection",
    "cycler",
    "debugger",
    "delay",
    "delegate_facts",
    "delegate_to",
    "dict",
    "diff",
    "environment",
    "fact_path",
    "failed_when",
    "force_handlers",
    "gather_facts",
    "gather_timeout",
    "handlers",
    "hosts",
    "ignore_errors",
    "ignore_unreachable",
    "joiner",
    "lipsum",
    "local_action",
    "lookup",
    "loop",
    "loop_control",
    "loop_with",
    "max_fail_percentage",
    "module_defaults",
    "name",
    "namespace",
    "no_log",
    "notify",
    "now",
    "omit",
    "order",
    "poll",
    "port",
    "post_tasks",
    "pre_tasks",
    "q",
    "query",
    "range",
    "register",
    "remote_user",
    "rescue",
    "retries",
    "roles",
    "run_once",
    "serial",
    "strategy",
    "tags",
    "tasks",
    "throttle",
    "timeout",
    "undef",
    "until",
    "vars_files",
    "vars_prompt",
    "when",
];

/// How far above its value a key is looked for.
const ABOVE: u32 = 20;

/// Warns of the variables that a play or a task defines, each with the place of its value.
pub fn warn<'v>(source: &dyn Source, defined: impl IntoIterator<Item = (&'v str, Span)>) {
    for (name, value) in defined {
        warn_of(source, name, Some(value));
    }
}

/// Warns of one variable, if its name is reserved, with the place of its value.
pub fn warn_of(source: &dyn Source, name: &str, value: Option<Span>) {
    if !is_reserved(name) {
        return;
    }
    let text = format!("Found variable using reserved name '{name}'.");
    match value {
        // what was given on the command line stands on no line
        Some(value) if value.file().starts_with("<CLI option '-e'>") => {
            source.warn(&format!("{text}\nOrigin: {}\n\n{name}\n", value.file().display()), None);
        }
        value => source.warn(&text, value.map(|value| key(name, value))),
    }
}

/// Whether a name is a keyword's, or one that every template has.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

/// Warns of the variables of a layer.
pub fn warn_of_layer(source: &dyn Source, scopes: &ScopeCache, layer: &Scope) {
    for name in layer.keys().filter(|name| is_reserved(name)) {
        warn_of(source, name, scopes.place(layer, name));
    }
}

/// What a task defines, once it has run: `vars` of its own and of what it stands in, `register`, the names that
/// `set_fact` sets.
pub fn of_task(task: &Task) -> Vec<(&str, Span)> {
    let levels = task.levels().flat_map(|level| level.vars.pairs.iter());
    let own = levels.filter(|(name, _)| !matches!(&**name, "when" | "tags"));
    let facts = task.action.args.iter().rev().filter(|_| &*task.action.name == "set_fact");
    let mut all: Vec<(&str, Span)> = own.chain(facts).map(|(name, node)| (&**name, node.span)).collect();
    if let Some(node) = &task.register
        && let Some(name) = node.as_str()
    {
        all.push((name, node.span));
    }
    all
}

/// Where the key of a value stands; the value's own place where the key is not found.
pub fn key(name: &str, value: Span) -> Span {
    let file = value.file();
    let lines = (value.line.saturating_sub(ABOVE)..=value.line).rev();
    for number in lines {
        let Some(line) = source_line(&file, number) else { break };
        let before = match number == value.line {
            true => line.chars().take(value.column.saturating_sub(1) as usize).collect(),
            false => line,
        };
        let ways = [format!("\"{name}\":"), format!("'{name}':"), format!("{name}:"), format!("{name}=")];
        let found = ways.iter().find_map(|key| before.rfind(key.as_str()));
        if let Some(at) = found {
            let column = before.get(..at).map_or(0, |text| text.chars().count()) + 1;
            return Span::new(&file, number, column as u32);
        }
    }
    value
}

/// Warns of a loop's variable that has a value already.
pub fn loop_variable(shared: &Shared, name: &Arc<str>) {
    shared.warn(format!(
        "The loop variable '{name}' is already in use.\nOrigin: <unknown>\n\n{name}\n\nYou should set the `loop_var` \
         value in the `loop_control` option for the task to something else to avoid variable collisions and \
         unexpected behavior.\n"
    ));
}

#[cfg(test)]
mod tests {
    #[test]
    fn reserved_names_are_found() {
        assert!(super::RESERVED.is_sorted());
        assert!(super::RESERVED.iter().all(|name| super::is_reserved(name)));
        assert!(!super::is_reserved("colour"));
    }
}
