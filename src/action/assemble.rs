//! `assemble`: the controller's side, which puts fragments of its own together.

use super::arguments::{flag, text, to_map};
use crate::diag::Diagnostic;
use crate::engine::{Action, Call, ModuleCall, Next};
use crate::template::World;
use impel_modules::assemble::{Assembly, Selection, unescape};
use impel_modules::host::{Input, Source};
use std::path::{Path, PathBuf};

/// Larger fragments are not assembled.
const LIMIT: u64 = 64 << 20;

/// Puts fragments of the controller together.
pub struct Assemble;

impl Action for Assemble {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let (Some(src), Some(_)) = (text(&call, "src"), text(&call, "dest")) else {
            return Err(Diagnostic::user("src and dest are required"));
        };
        let mut module = ModuleCall::new("assemble", to_map(&call)?);
        if flag(&call, "remote_src")?.unwrap_or(true) {
            return Ok(Next::Module(module));
        }
        let Some(folder) = call.world.find_file("files", Path::new(&src)) else {
            let missing = super::copy::missing(&call, "files", &src);
            return Err(Diagnostic::user("Task failed").because(missing));
        };
        if !folder.is_dir() {
            let message = format!("Source ({}) is not a directory", folder.display());
            return Err(Diagnostic::user(message));
        }
        let ignore_hidden = flag(&call, "ignore_hidden")?.unwrap_or(false);
        let selection = Selection::new(text(&call, "regexp").as_deref(), ignore_hidden)
            .map_err(|fault| Diagnostic::user(fault.message))?;
        let delimiter = text(&call, "delimiter").map(|delimiter| unescape(&delimiter));
        let decrypt = flag(&call, "decrypt")?.unwrap_or(true);
        let (mut assembly, mut secret) = (Assembly::default(), false);
        for path in files(&folder, &selection)? {
            let source = super::copy::file(call.world, &path, decrypt)?;
            let content = source.read(LIMIT).map_err(|fault| Diagnostic::user(fault.message))?;
            let Some(content) = content else {
                return Err(Diagnostic::user(format!("{} is too large to be assembled", path.display())));
            };
            secret |= source.secret;
            assembly.add(&content, delimiter.as_deref());
        }
        let mut source = Source::bytes(assembly.content());
        source.secret = secret;
        module.inputs.push(("src".into(), Input::File(source)));
        Ok(Next::Module(module))
    }
}

/// The files of a folder that are taken, in order of their names.
fn files(folder: &Path, selection: &Selection) -> Result<Vec<PathBuf>, Diagnostic> {
    let read = std::fs::read_dir(folder).map_err(|error| super::copy::unreadable(folder, &error))?;
    let mut paths: Vec<PathBuf> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| {
        path.is_file() && path.file_name().is_some_and(|name| selection.takes(&name.to_string_lossy()))
    });
    paths.sort();
    Ok(paths)
}
