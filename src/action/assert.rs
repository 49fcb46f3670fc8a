//! `assert`: fails unless all conditions hold.

use super::arguments::{flag, known};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Next};
use crate::template::{self, Value};
use impel_modules::{Data, Map};

/// Fails unless all conditions hold.
pub struct Assert;

impl Action for Assert {
    fn wants_raw(&self) -> bool {
        true
    }

    fn run(&self, mut call: Call<'_>) -> Result<Next, Diagnostic> {
        known(&call, &["that", "msg", "fail_msg", "success_msg", "quiet"])?;
        let span = call.task.action.span;
        let Some(that) = call.args.shift_remove("that") else {
            return Err(Diagnostic::user("missing required arguments: that").at(span));
        };
        for (name, value) in &mut call.args {
            let raised = |error| {
                let named = Diagnostic::user(format!("Error while resolving value for '{name}'"));
                Diagnostic::user("Task failed").because(
                    Diagnostic::user("Finalization of task args for 'ansible.builtin.assert' failed")
                        .because(named.because(error)),
                )
            };
            *value = template::render(value, call.world).map_err(raised)?;
        }
        for name in ["fail_msg", "msg", "success_msg"] {
            spoken(&call, name)?;
        }
        let fail = call.args.get("fail_msg").or(call.args.get("msg")).cloned();
        let success = call.args.get("success_msg").cloned();
        let quiet = flag(&call, "quiet")?.unwrap_or(false);
        let conditions = match &that {
            Value::List(list) => list.items().to_vec(),
            // a template of the whole list
            Value::Str(text) if text.is_template() => match template::render(&that, call.world)? {
                Value::List(list) => list.items().to_vec(),
                truth @ Value::Bool(_) => vec![truth],
                _ => vec![that.clone()],
            },
            value => vec![value.clone()],
        };
        let mut all = Vec::new();
        for condition in &conditions {
            let raised = |error| Diagnostic::user("Task failed").because(error);
            if !matches!(condition, Value::Str(_) | Value::Bool(_)) {
                let error = Diagnostic::user("Conditional expressions must be strings.");
                return Err(Diagnostic::user("Task failed").because(error));
            }
            let holds = template::conditional(condition, call.world).map_err(raised)?;
            if !holds {
                let message = fail.as_ref().map_or(Ok(Data::from("Assertion failed")), Value::to_data)?;
                let text = message.as_str().unwrap_or("Assertion failed").to_string();
                let mut answer = Answer::failed(text.clone()).explained("Action", &text, call.task.span);
                answer.result.insert("msg".into(), message);
                answer.result.insert("evaluated_to".into(), false.into());
                answer.result.insert("assertion".into(), shown(condition));
                answer.show.always = !quiet;
                return Ok(Next::Done(answer));
            }
            all.push(condition);
        }
        let mut result = Map::new();
        let message = success.as_ref().map_or(Ok(Data::from("All assertions passed")), Value::to_data)?;
        result.insert("msg".into(), message);
        let mut answer = Answer::ok(false, result);
        answer.show.always = !quiet;
        Ok(Next::Done(answer))
    }
}

/// A message is text or a list of texts.
fn spoken(call: &Call<'_>, name: &str) -> Result<(), Diagnostic> {
    let wrong = match call.args.get(name) {
        None | Some(Value::None | Value::Str(_)) => return Ok(()),
        Some(Value::List(list)) if list.items().iter().all(|item| matches!(item, Value::Str(_))) => {
            return Ok(());
        }
        Some(wrong) => wrong,
    };
    let name = if name == "msg" { "fail_msg" } else { name };
    Err(Diagnostic::user(format!(
        "argument '{name}' is of type {} and we were unable to convert to str_or_list_of_str: a string or list of \
         strings is required",
        wrong.type_name()
    ))
    .at(call.task.action.span))
}

/// A condition as it was written.
fn shown(condition: &Value) -> Data {
    match condition {
        Value::Str(text) => Data::str(text.text.clone()),
        value => value.to_data().unwrap_or(Data::Null),
    }
}
