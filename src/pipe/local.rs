//! Shells that impel starts itself: on its own machine, under another root, or through `docker exec` and its like.

use std::process::Command;

use impel_modules::host::PipeError;

use super::become_user::Become;
use super::child::ChildCarrier;
use super::spec::{ConnectionSpec, Reach};
use super::wire::{LOOP, Nonce};

/// Starts the shell of `identity` as a child.
///
/// # Errors
/// The program cannot be started.
pub fn open(
    spec: &ConnectionSpec,
    identity: Option<&Become>,
    nonce: &Nonce,
    terminal: bool,
) -> Result<ChildCarrier, PipeError> {
    let mut argv: Vec<String> = match &spec.reach {
        Reach::Chroot { root, executable } => vec![executable.clone(), root.to_string_lossy().into_owned()],
        Reach::Exec { argv } => argv.clone(),
        Reach::Local | Reach::Ssh(_) => Vec::new(),
    };
    match identity {
        None => argv.extend([spec.shell.clone(), "-c".into(), LOOP.into()]),
        Some(identity) => {
            argv.extend(["sh".into(), "-c".into(), format!("exec {}", identity.command(&spec.shell, nonce))]);
        }
    }
    let Some((program, arguments)) = argv.split_first() else {
        return Err(PipeError::Lost(format!("no command that reaches {}", spec.host)));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    let child =
        if terminal { ChildCarrier::spawn_on_terminal(command) } else { ChildCarrier::spawn(command) };
    child.map_err(|error| PipeError::Lost(format!("cannot start {program}: {error}")))
}
