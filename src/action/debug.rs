//! `debug`: shows a message or a variable.

use super::arguments::known;
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Next};
use crate::template::{self, Value, World};
use impel_modules::{Data, Map};

/// Shows a message or a variable.
pub struct Debug;

impl Action for Debug {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        known(&call, &["msg", "var", "verbosity"])?;
        let verbosity = match call.args.get("verbosity") {
            None => 0,
            Some(value) => value.to_string().trim().parse::<i64>().map_err(|_| {
                Diagnostic::user(format!(
                    "argument 'verbosity' is of type {} and we were unable to convert to int: \"'{value}'\" cannot be \
                     converted to an int",
                    value.type_name()
                ))
            })?,
        };
        let shown = call.world.layers().store.run.verbosity;
        if i64::from(shown) < verbosity {
            let mut answer = Answer::skipped("Verbosity threshold not met.", None);
            answer.result.shift_remove("skip_reason");
            answer.result.insert("failed".into(), false.into());
            answer.result.insert("skipped_reason".into(), "Verbosity threshold not met.".into());
            return Ok(Next::Done(answer));
        }
        let mut result = Map::new();
        match (call.args.get("msg"), call.args.get("var")) {
            (Some(_), Some(_)) => {
                return Err(
                    Diagnostic::user("parameters are mutually exclusive: msg|var").at(call.task.action.span)
                );
            }
            (Some(msg), None) => drop(result.insert("msg".into(), msg.to_data()?)),
            (None, Some(var)) => match trusted(var, &call) {
                Ok(expression) => {
                    let (name, value) = variable(expression, &call)?;
                    result.insert(name, value);
                }
                Err(answer) => return Ok(Next::Done(*answer)),
            },
            (None, None) => drop(result.insert("msg".into(), "Hello world!".into())),
        }
        let mut answer = Answer::ok(false, result);
        answer.show.always = true;
        answer.show.debug = true;
        Ok(Next::Done(answer))
    }
}

/// The expression in `var`: text as it stands in the user's own files, there or in a variable that `var` names. What
/// a host, a lookup or a concatenation made is never evaluated.
fn trusted<'v>(var: &'v Value, call: &Call<'_>) -> Result<&'v str, Box<Answer>> {
    let place = call.task.action.arg("var").map_or(call.task.action.span, |node| node.span);
    match var {
        Value::Str(text) if text.trusted => Ok(&text.text),
        Value::Str(_) => {
            let cause = Diagnostic::user("Encountered untrusted template or expression.").at(place).hint(
                "Templates and expressions must be defined by trusted sources such as playbooks or roles, not \
                 untrusted sources such as module results.",
            );
            let error = Diagnostic::user("Error while resolving `var` expression").at(place).because(cause);
            Err(Box::new(Answer::failed_at(error, call.task.span)))
        }
        other => {
            let message = format!(
                "argument 'var' is of type {} and we were unable to convert to _check_type_str_no_conversion: \
                 '{other}' is not a string and conversion is not allowed",
                other.type_name()
            );
            let mut answer = Answer::refused(Diagnostic::user(message), call.task.span);
            answer.result.shift_remove("changed");
            Err(Box::new(answer))
        }
    }
}

/// What `var` names, and its value; what is not defined is said so, and is no failure.
fn variable(expression: &str, call: &Call<'_>) -> Result<(String, Data), Diagnostic> {
    match template::expression_shown(expression, call.world) {
        Ok((omitted @ Value::Omit, _)) => {
            call.world.warn(
                "The result of the `var` expression could not be omitted; a placeholder was used instead.",
            );
            Ok((expression.to_string(), omitted.to_string().into()))
        }
        Ok((value, told)) => {
            if !told.is_empty() {
                // ansible-core 2.19's own words for what cannot be shown
                let s = if told.len() == 1 { "" } else { "s" };
                let text = format!("Encountered {} template error{s}.\n{}", told.len(), told.join("\n"));
                call.world.warn(&text);
            }
            Ok((expression.to_string(), value.to_data()?))
        }
        Err(error) => {
            let written = call.task.action.args.iter().find(|(name, _)| &**name == "var");
            let span = written.map(|(_, node)| node.span);
            let chain = Diagnostic::user("Error while resolving `var` expression").at(span).because(error);
            Err(Diagnostic::user("Task failed").because(chain))
        }
    }
}
