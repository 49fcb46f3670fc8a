//! The system's `ssh` program, for what libssh2 cannot do.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;

use impel_modules::host::PipeError;

use super::super::child::ChildCarrier;
use super::super::spec::SshSpec;
use super::resolve::option_words;

/// Starts `command` on the host. `ssh` asks nothing on the terminal: a password goes by its askpass.
///
/// # Errors
/// There is no such program.
pub fn open(ssh: &SshSpec, command: &str, terminal: bool) -> Result<ChildCarrier, PipeError> {
    let fail = |error: String| PipeError::Lost(format!("Failed to connect to the host via ssh: {error}"));
    let mut program = Command::new(&ssh.executable);
    program.arg(if terminal { "-tt" } else { "-T" }).args(["-e", "none"]);
    program.args(option_words(ssh).map_err(fail)?);
    let asked = match &ssh.password {
        None => {
            program.args(["-o", "BatchMode=yes"]);
            None
        }
        Some(password) => {
            let folder = askpass().map_err(|error| fail(error.to_string()))?;
            program.args(["-o", "NumberOfPasswordPrompts=1", "-o", "StrictHostKeyChecking=yes"]);
            program.env("SSH_ASKPASS", folder.path().join("ask"));
            program.env("SSH_ASKPASS_REQUIRE", "force").env("IMPEL_ASKPASS", password.reveal());
            Some(folder)
        }
    };
    program.args(["--", &ssh.address]);
    program.arg(command);
    // ssh gives the far terminal the modes of the near one, which is raw and passes every byte. And when impel is
    // killed the near one hangs up, so that ssh ends; a mere end of its input would leave both ends waiting forever.
    let started =
        if terminal { ChildCarrier::spawn_on_terminal(program) } else { ChildCarrier::spawn(program) };
    let mut child = started.map_err(|error| fail(format!("{}: {error}", ssh.executable)))?;
    if let Some(folder) = asked {
        child.keep(folder);
    }
    Ok(child)
}

/// A folder with a program that says the password, which it finds in its environment.
fn askpass() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o700)
        .open(folder.path().join("ask"))?;
    file.write_all(b"#!/bin/sh\nprintf '%s\\n' \"$IMPEL_ASKPASS\"\n")?;
    Ok(folder)
}
