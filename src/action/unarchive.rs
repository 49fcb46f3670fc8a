//! `unarchive`: the controller's side, which finds the archive.

use super::arguments::{flag, text, to_map};
use crate::diag::Diagnostic;
use crate::engine::{Action, Call, ModuleCall, Next};
use crate::template::World;
use impel_modules::host::Input;
use std::path::Path;

/// Finds the archive that is to be unpacked.
pub struct Unarchive;

impl Action for Unarchive {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let copy = call.args.get("copy").is_some_and(|value| !value.is_none());
        if copy && call.args.get("remote_src").is_some_and(|value| !value.is_none()) {
            return Err(Diagnostic::user("parameters are mutually exclusive: ('copy', 'remote_src')"));
        }
        let remote = match copy {
            true => !flag(&call, "copy")?.unwrap_or(true),
            false => flag(&call, "remote_src")?.unwrap_or(false),
        };
        let (Some(src), Some(_)) = (text(&call, "src"), text(&call, "dest")) else {
            return Err(Diagnostic::user("src (or content) and dest are required"));
        };
        let decrypt = flag(&call, "decrypt")?.unwrap_or(true);
        let mut args = to_map(&call)?;
        for own in ["copy", "decrypt"] {
            args.shift_remove(own);
        }
        args.insert("remote_src".into(), remote.into());
        let mut module = ModuleCall::new("unarchive", args);
        if !remote {
            let Some(path) = call.world.find_file("files", Path::new(&src)) else {
                let missing = super::copy::missing(&call, "files", &src);
                return Err(Diagnostic::user("Task failed").because(missing));
            };
            let source = super::copy::file(call.world, &path, decrypt)?;
            module.inputs.push(("src".into(), Input::File(source)));
        }
        Ok(Next::Module(module))
    }
}
