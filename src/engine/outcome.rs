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
        let facts: Vec<(Arc<str>, Value)> =
            facts.iter().map(|(name, data)| (Arc::from(name.as_str()), Value::from_data(data))).collect();
        let to = settings
            .delegate
            .as_ref()
            .filter(|_| settings.delegate_facts && settings.delegate.as_ref() != Some(host));
        answer.consequences.push(match to {
            Some(delegate) => Consequence::OfDelegate(delegate.clone(), Box::new(Consequence::Facts(facts))),
            None => Consequence::Facts(facts),
        });
    }
    answer
}

/// A module's fault in ansible-core's words; the hint tells the argument at fault.
fn located(fault: &impel_modules::Fault, task: &Task) -> Diagnostic {
    // its script fails, not a module on the host
    let what = if &*task.action.name == "script" { "Action" } else { "Module" };
    let mut error = Diagnostic::user(format!("Task failed: {what} failed: {}", fault.message)).at(task.span);
    if let Some(cause) = &fault.cause {
        error = error.because(Diagnostic::user(cause.clone()));
    }
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
            Err(error) => return fail_with(answer, "changed_when", &error, task),
        }
        answer.result.insert("changed".into(), changed.into());
    }
    if !task.failed_when.is_empty() {
        match all_hold(&task.failed_when, world) {
            Ok(holds) => failed = holds,
            Err(error) => return fail_with(answer, "failed_when", &error, task),
        }
        answer.result.insert("failed_when_result".into(), failed.into());
        answer.result.insert("failed".into(), failed.into());
        if failed {
            say_why(answer, task.span);
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

/// What was well by itself and has failed all the same says so.
pub fn say_why(answer: &mut Answer, task: Span) {
    if answer.error.is_some() {
        return;
    }
    let text = match answer.result.get("msg") {
        None => "Action failed: Unknown error.".to_string(),
        Some(text) => match text.as_str().filter(|text| !text.is_empty()) {
            Some(text) => format!("Action failed: {text}"),
            None => "Action failed.".to_string(),
        },
    };
    let text = format!("Task failed: {text}");
    // an inventory that was not changed
    if answer.consequences.iter().any(|c| matches!(c, Consequence::AddHost(_) | Consequence::GroupBy { .. }))
    {
        answer.result.insert("changed".into(), false.into());
    }
    answer.result.entry("msg".into()).or_insert_with(|| text.as_str().into());
    answer.error = Some(Arc::new(Diagnostic::user(text).at(task)));
}

/// A condition that cannot be evaluated fails the task: what is wrong with it stands beside the action's own result.
fn fail_with(answer: &mut Answer, keyword: &str, error: &Diagnostic, task: &Task) {
    answer.status = Status::Failed;
    answer.result.insert("failed".into(), true.into());
    answer.result.insert(format!("{keyword}_result"), error.to_string().into());
    if answer.error.is_some() {
        return;
    }
    say_why(answer, task.span);
    // ansible-core leaves why to the result; the condition's place is what the user needs
    if let Some(said) = answer.error.take() {
        let place = error.span.map_or_else(String::new, |span| format!(" at {span}"));
        let hint = format!("`{keyword}`{place} cannot be evaluated: {error}");
        answer.error = Some(Arc::new((*said).clone().hint(hint)));
    }
}
