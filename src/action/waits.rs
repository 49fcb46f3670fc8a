//! `wait_for_connection` and `reboot`: their arguments in ansible-core's words.

use super::arguments::to_map;
use crate::diag::Diagnostic;
use crate::engine::{Action, Call, Haste, ModuleCall, Next};
use impel_modules::registry;

/// Waits for a host.
pub struct Waits;

impl Action for Waits {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let schema = registry::find(call.name).map(|module| (module.schema)());
        let known: Vec<&str> =
            schema.iter().flat_map(|schema| schema.options.iter().map(|o| o.name)).collect();
        let wrong: Vec<&str> = call.args.keys().map(|n| &**n).filter(|n| !known.contains(n)).collect();
        if !wrong.is_empty() {
            let message = format!("Invalid options for {}: {}", call.name, wrong.join(","));
            return Err(Diagnostic::user(message));
        }
        for (name, value) in &call.args {
            let number = ["delay", "sleep", "timeout"].iter().any(|word| name.ends_with(word));
            let text = value.to_string();
            if number && !value.is_none() && text.trim().parse::<f64>().is_err() {
                let why = Diagnostic::user(format!("invalid literal for int() with base 10: '{text}'"));
                return Err(Diagnostic::user("Task failed").because(why));
            }
        }
        Ok(Next::Module(ModuleCall::new(call.name, to_map(&call)?)))
    }
}
