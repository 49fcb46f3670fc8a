//! `script`: the controller's side, which finds the script.

use super::arguments::{known, text, to_map};
use crate::diag::Diagnostic;
use crate::engine::{Action, Call, ModuleCall, Next};
use crate::template::World;
use impel_modules::host::Input;
use std::path::Path;

/// Finds the script that is to be run.
pub struct Script;

impl Action for Script {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let line = call.raw.as_ref().map(ToString::to_string).or_else(|| text(&call, "cmd"));
        known(&call, &["_raw_params", "chdir", "cmd", "creates", "executable", "removes"])?;
        // a script is always opened: ansible-core's documentation names `decrypt`, the action refuses it
        let mut module = ModuleCall::new("script", to_map(&call)?);
        // Without a line the module says what is missing.
        if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
            let words = impel_modules::words::split(&line).map_err(Diagnostic::user)?;
            let name = words.first().map(String::as_str).unwrap_or_default();
            let Some(path) = call.world.find_file("files", Path::new(name)) else {
                return Err(super::copy::missing(&call, "files", name));
            };
            let source = super::copy::file(call.world, &path, true)?;
            module.inputs.push(("script".into(), Input::File(source)));
        }
        Ok(Next::Module(module))
    }
}
