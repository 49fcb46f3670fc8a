//! From a module's outcome to a task's answer.

use super::answer::{Answer, Consequence};
use super::event::Status;
use super::settings::Settings;
use crate::diag::{Diagnostic, Span};
use crate::playbook::Task;
use crate::template::{self, Value};
use crate::vars::TaskWorld;
use crate::yaml::Node;
use impel_modules::{Data, Map, Outcome};
use std::sync::Arc;

/// What a module's outcome means for its task.
pub fn answer(outcome: Outcome, task: &Task, settings: &Settings, host: &Arc<str>) -> Answer {
    let mut result = outcome.to_map();
    let strings = |list: &[String]| Data::List(list.iter().map(|text| Data::from(text.as_str())).collect());
    if !outcome.warnings.is_empty() {
        result.insert("warnings".into(), strings(&outcome.warnings));
    }
    if !outcome.deprecations.is_empty() {
        let all = outcome.deprecations.iter().map(|text| {
            Data::Map(Map::from([
                ("msg".to_string(), Data::from(text.as_str())),
                ("version".to_string(), Data::Null),
            ]))
        });
        result.insert("deprecations".into(), Data::List(all.collect()));
    }
    let status = match (&outcome.failed, outcome.skipped) {
        (Some(_), _) => Status::Failed,
        (None, true) => {
            // what skips itself has run, and has not failed
            result.insert("failed".into(), Data::Bool(false));
            Status::Skipped
        }
        (None, false) => Status::Ok { changed: outcome.changed },
    };
    let mut answer = Answer::new(status, result);
    if let Some(fault) = &outcome.failed {
        answer.error = Some(Arc::new(located(fault, task)));
    }
    if let Some(facts) = outcome.facts {
        let facts: Vec<(Arc<str>, Value)> = facts
            .iter()
            .map(|(name, data)| {
                let short = name.strip_prefix("ansible_").filter(|_| name != "ansible_local");
                (
                    Arc::from(short.unwrap_or(if name == "ansible_local" { "local" } else { name })),
                    Value::from_data(data),
                )
            })
            .collect();
        let to = settings
            .delegate
            .as_ref()
            .filter(|_| settings.delegate_facts && settings.delegate.as_ref() != Some(host));
        answer.consequences.push(match to {
            Some(delegate) => Consequence::DelegateFacts(delegate.clone(), facts),
            None => Consequence::Facts(facts),
        });
    }
    answer
}

/// A module's fault in ansible-core's words; the hint tells the argument at fault.
fn located(fault: &impel_modules::Fault, task: &Task) -> Diagnostic {
    let mut error = Diagnostic::user(format!("Task failed: Module failed: {}", fault.message)).at(task.span);
    if let Some(hint) = &fault.hint {
        error = error.hint(hint.clone());
    }
    error
}

/// Whether a condition holds.
///
/// # Errors
/// It cannot be evaluated; in ansible-core's words.
pub fn holds(condition: &Value, world: &TaskWorld, span: Span) -> Result<bool, Diagnostic> {
    template::conditional(condition, world).map_err(|error| error.at(span))
}

/// Whether all conditions hold.
///
/// # Errors
/// One cannot be evaluated.
pub fn all_hold(conditions: &[Node], world: &TaskWorld) -> Result<bool, Diagnostic> {
    for condition in conditions {
        if !holds(&Value::from_node(condition), world, condition.span)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Applies `changed_when` and `failed_when` to an answer that is registered in the world already.
pub fn judge(answer: &mut Answer, task: &Task, world: &TaskWorld) {
    if matches!(answer.status, Status::Skipped | Status::Unreachable) {
        return;
    }
    let mut changed = answer.changed();
    let mut failed = answer.status == Status::Failed;
    if !task.changed_when.is_empty() {
        match all_hold(&task.changed_when, world) {
            Ok(holds) => changed = holds,
            Err(error) => return fail_with(answer, "changed_when", error, task.span),
        }
        answer.result.insert("changed".into(), changed.into());
    }
    if !task.failed_when.is_empty() {
        match all_hold(&task.failed_when, world) {
            Ok(holds) => failed = holds,
            Err(error) => return fail_with(answer, "failed_when", error, task.span),
        }
        answer.result.insert("failed_when_result".into(), failed.into());
        answer.result.insert("failed".into(), failed.into());
        if failed {
            answer.error.get_or_insert_with(|| {
                let text = match answer.result.get("msg").and_then(Data::as_str) {
                    Some(text) if !text.is_empty() => text.to_string(),
                    _ => "Action failed.".to_string(),
                };
                let text = if text == "Action failed." { text } else { format!("Action failed: {text}") };
                Arc::new(Diagnostic::user(format!("Task failed: {text}")).at(task.span))
            });
        } else {
            answer.error = None;
            if answer.status == Status::Failed {
                answer
                    .result
                    .insert("failed_when_suppressed_exception".into(), "(traceback unavailable)".into());
            }
        }
    }
    answer.status = if failed { Status::Failed } else { Status::Ok { changed } };
}

fn fail_with(answer: &mut Answer, keyword: &str, error: Diagnostic, task: Span) {
    let failed = Answer::failed_at(error, task);
    answer.status = Status::Failed;
    answer.result.insert("failed".into(), true.into());
    if let Some(message) = failed.result.get("msg") {
        answer.result.insert(format!("{keyword}_result"), message.clone());
        answer.result.insert("msg".into(), message.clone());
    }
    answer.error = failed.error;
}
