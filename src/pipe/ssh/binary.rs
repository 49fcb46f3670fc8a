//! The system's `ssh` program, for what libssh2 cannot do.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command;

use impel_modules::host::PipeError;

use zeroize::Zeroizing;

use super::super::child::ChildCarrier;
use super::super::spec::{Secret, SshSpec};
use super::resolve::option_words;

/// How often `ssh` may ask for the password before it gets no more answers.
const ANSWERS: usize = 8;

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
            let asked = Asked::new(password).map_err(|error| fail(error.to_string()))?;
            program.args(["-o", "NumberOfPasswordPrompts=1", "-o", "StrictHostKeyChecking=yes"]);
            program.env("SSH_ASKPASS", asked.folder.path().join("ask"));
            program.env("SSH_ASKPASS_REQUIRE", "force");
            Some(asked)
        }
    };
    program.args(["--", &ssh.address]);
    program.arg(command);
    // ssh gives the far terminal the modes of the near one, which is raw and passes every byte. And when impel is
    // killed the near one hangs up, so that ssh ends; a mere end of its input would leave both ends waiting forever.
    let started =
        if terminal { ChildCarrier::spawn_on_terminal(program) } else { ChildCarrier::spawn(program) };
    let mut child = started.map_err(|error| fail(format!("{}: {error}", ssh.executable)))?;
    if let Some(asked) = asked {
        child.keep(asked);
    }
    Ok(child)
}

/// A folder with a program that says the password. It reads it from a named pipe: neither the arguments nor the
/// environment of a process hold it, nor a file.
struct Asked {
    folder: tempfile::TempDir,
    _pipe: std::fs::File,
}

impl Asked {
    fn new(password: &Secret) -> std::io::Result<Asked> {
        let folder = tempfile::tempdir()?;
        let pipe = folder.path().join("ask.in");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )?;
        // Open for both directions it waits for no reader, and what is written stays until it is read.
        let mut writer = std::fs::OpenOptions::new().read(true).write(true).open(&pipe)?;
        rustix::io::ioctl_fionbio(&writer, true)?;
        let line = Zeroizing::new([password.reveal().as_bytes(), b"\n"].concat());
        // A password may be asked for by more than one method, each once.
        for _ in 0..ANSWERS {
            writer.write_all(&line)?;
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o700)
            .open(folder.path().join("ask"))?;
        file.write_all(b"#!/bin/sh\nIFS= read -r answer <\"$0.in\" && printf '%s\\n' \"$answer\"\n")?;
        Ok(Asked { folder, _pipe: writer })
    }
}
