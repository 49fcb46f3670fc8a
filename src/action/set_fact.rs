//! `set_fact`: variables of the host, for the rest of the run.

use super::arguments::flag;
use crate::diag::Diagnostic;
use crate::engine::{self, Action, Answer, Call, Consequence, Next};
use crate::playbook::is_variable_name;
use crate::template::{self, Value};
use impel_modules::{Data, Map};
use std::sync::Arc;

/// Sets variables of the host.
pub struct SetFact;

impl Action for SetFact {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let cacheable = flag(&call, "cacheable")?.unwrap_or(false);
        let mut vars: Vec<(Arc<str>, Value)> = Vec::new();
        let mut facts = Map::new();
        for (written, value) in call.args.iter().filter(|(name, _)| &***name != "cacheable") {
            // names may be templates too
            let rendered = match template::is_template(written) {
                true => template::render(&Value::trusted(written.clone(), None), call.world)?,
                false => Value::str(written.clone()),
            };
            let name: Arc<str> = rendered.to_string().into();
            if rendered.as_str().is_none() || !is_variable_name(&name) {
                let kind = match rendered.as_str() {
                    Some(_) => String::new(),
                    None => format!(" of type '{}'", rendered.type_name()),
                };
                let node = call.task.action.arg(written).filter(|_| !template::is_template(written));
                let place = node.map_or(call.task.action.span, |node| engine::key(written, node.span));
                let error = Diagnostic::user(format!("Invalid variable name '{name}'{kind}."))
                    .at(place)
                    .hint(
                        "Variable names must be strings starting with a letter or underscore character, and contain \
                         only letters, numbers and underscores.",
                    );
                let mut answer = Answer::failed_at(error, call.task.span);
                answer.result.insert("changed".into(), false.into());
                return Ok(Next::Done(answer));
            }
            if call.shared.is_read(call.task) {
                facts.insert(name.to_string(), value.to_data()?);
            }
            vars.push((name, value.clone()));
        }
        if vars.is_empty() {
            let message = "No key/value pairs provided, at least one is required for this action to succeed";
            return Err(Diagnostic::user(message).at(call.task.action.span));
        }
        let mut result = Map::new();
        result.insert("ansible_facts".into(), Data::Map(facts));
        let mut answer = Answer::ok(false, result);
        if cacheable {
            // the name of all facts is nobody's fact
            let facts = vars.iter().filter(|(name, _)| &**name != "ansible_facts").cloned().collect();
            answer.consequences.push(Consequence::Facts(facts).for_host(call.settings));
        }
        answer.consequences.push(Consequence::Set(vars).for_host(call.settings));
        Ok(Next::Done(answer))
    }
}
