//! What a command on the controller prints: `pipe`, `lines`.

use super::Lookup;
use crate::template::value::{Error, Result, Value};
use crate::template::{Effect, Eval};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How many seconds a command may take, unless the environment says otherwise.
const LONGEST: u64 = 600;

/// How many bytes a command may print.
const MOST: u64 = 256 << 20;

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
    let failed =
        |what: &dyn std::fmt::Display| Error::new(format!("lookup_plugin.{lookup}({command}): {what}"));
    let mut child = Command::new("/bin/sh");
    child.arg("-c").arg(&command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    child.process_group(0);
    if let Some(folder) = eval.world().search_path().into_iter().rev().find(|folder| folder.is_dir()) {
        child.current_dir(folder);
    }
    let mut child = child.spawn().map_err(|e| failed(&e))?;
    let seconds =
        eval.world().environment("IMPEL_LOOKUP_TIMEOUT").and_then(|t| t.parse().ok()).unwrap_or(LONGEST);
    let output = read_all(&mut child, Duration::from_secs(seconds));
    let Some(output) = output else {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait();
        return Err(failed(&format!(
            "it did not end within {seconds} seconds, or printed more than {MOST} bytes"
        ))
        .hint("IMPEL_LOOKUP_TIMEOUT sets another number of seconds"));
    };
    let status = child.wait().map_err(|e| failed(&e))?;
    if !status.success() {
        use std::os::unix::process::ExitStatusExt;
        let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
        return Err(Error::new(format!("lookup_plugin.{lookup}({command}) returned {code}")));
    }
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// All that a command prints, unless it takes too long or is too much.
fn read_all(child: &mut Child, limit: Duration) -> Option<Vec<u8>> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.take(MOST + 1).read_to_end(&mut output);
        let _ = sender.send(read.map(|_| output));
    });
    let output = receiver.recv_timeout(limit).ok()?.ok()?;
    (output.len() as u64 <= MOST).then_some(output)
}
