//! What a command on the controller prints: `pipe`, `lines`.

use super::Lookup;
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use std::process::{Command, Stdio};

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new("pipe", &[], |eval, terms, _| {
        let mut out = Vec::new();
        for term in &terms {
            out.push(Value::text(run(eval, term, "pipe")?.trim_end(), term.is_secret()));
        }
        Ok(out)
    })
    .open(),
    Lookup::new("lines", &[], |eval, terms, _| {
        let mut out = Vec::new();
        for term in &terms {
            let text = run(eval, term, "lines")?;
            out.extend(text.lines().map(|line| Value::text(line, term.is_secret())));
        }
        Ok(out)
    })
    .open(),
];

/// Runs a command with the shell in the playbook's folder; its errors go to impel's own.
fn run(eval: &Eval<'_>, term: &Value, lookup: &str) -> Result<String> {
    eval.world().effect(Effect::Acts)?;
    let command = term.to_text()?;
    let mut child = Command::new("/bin/sh");
    child.arg("-c").arg(&command).stdin(Stdio::null()).stderr(Stdio::inherit());
    if let Some(folder) = eval.world().search_path().into_iter().rev().find(|folder| folder.is_dir()) {
        child.current_dir(folder);
    }
    let output = child.output().map_err(|e| Error::new(format!("lookup_plugin.{lookup}({command}): {e}")))?;
    if !output.status.success() {
        use std::os::unix::process::ExitStatusExt;
        let code = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(1));
        return Err(Error::new(format!("lookup_plugin.{lookup}({command}) returned {code}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
