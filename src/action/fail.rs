//! `fail`: fails with a message.

use super::arguments::{options, text};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Next};
use crate::template::Value;

/// Fails with a message.
pub struct Fail;

impl Action for Fail {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        options(&call, "fail", &["msg"])?;
        let message = text(&call, "msg").unwrap_or_else(|| "Failed as requested from task".into());
        let shown = call.args.get("msg").map_or(Ok(message.as_str().into()), Value::to_data)?;
        let mut answer = Answer::failed(message.clone()).explained("Action", &message, call.task.span);
        answer.result.insert("msg".into(), shown);
        Ok(Next::Done(answer))
    }
}
