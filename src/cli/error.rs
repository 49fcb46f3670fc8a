//! How a command ends: exit codes, and errors as impel or as Ansible shows them.

use super::flags;
use super::streams;
use crate::diag::{Diagnostic, ErrorKind};
use crate::report::{Hue, Look, Masks, Palette, ansible_error, help_of, impel_error};
use std::process::ExitCode;
use std::sync::OnceLock;

/// What the command has learnt to hide; the error that ends it hides it, too.
static MASKS: OnceLock<Masks> = OnceLock::new();

/// Has the error that ends the command hide these.
pub(super) fn hide(masks: &Masks) {
    let _ = MASKS.set(masks.clone());
}

/// Under which name a command was called; its errors are worded accordingly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// `impel …`
    Impel,
    /// One of Ansible's commands.
    Ansible(String),
}

impl Caller {
    /// Whom this process was started by: `impel`, or one of Ansible's names.
    pub(super) fn of_process() -> Caller {
        let word = std::env::args_os().next().unwrap_or_default();
        let name = std::path::Path::new(&word).file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("ansible") { Caller::Ansible(name.into_owned()) } else { Caller::Impel }
    }
}

/// How a command ended: with an exit code of its own, or with an error.
pub(super) type Ended = Result<ExitCode, Failure>;

/// An error that ends a command.
#[derive(Debug)]
pub(super) struct Failure {
    error: Box<Diagnostic>,
    code: u8,
}

impl Failure {
    /// An error with an exit code of its own.
    pub(super) fn with_code(error: Diagnostic, code: u8) -> Failure {
        Failure { error: Box::new(error), code }
    }

    /// What went wrong.
    pub(super) fn error(&self) -> &Diagnostic {
        &self.error
    }
}

impl From<Diagnostic> for Failure {
    fn from(error: Diagnostic) -> Failure {
        let code = match error.kind {
            ErrorKind::Parse => 4,
            ErrorKind::Options => 5,
            ErrorKind::User => 1,
            ErrorKind::Internal => 250,
        };
        Failure::with_code(error, code)
    }
}

impl Caller {
    /// Shows the error, if there is one, and gives the exit code.
    pub(super) fn end(&self, ended: Ended) -> ExitCode {
        match ended {
            Ok(code) => code,
            Err(failure) => {
                streams::err(self.words(failure.error()));
                ExitCode::from(failure.code)
            }
        }
    }

    fn words(&self, error: &Diagnostic) -> String {
        let masked = |text: &str| MASKS.get().map_or_else(|| text.to_owned(), |masks| masks.text(text));
        match self {
            Caller::Impel => masked(impel_error(error).trim_end()),
            Caller::Ansible(_) => {
                let mut text = format!("[ERROR]: {}", ansible_error(error));
                if let Some(hint) = error.hint.as_deref().filter(|hint| hint.starts_with("For example:")) {
                    // Ansible's own help text on YAML, laid out as there.
                    text = format!("{}\n\n\n{hint}\n", text.trim_end_matches('\n'));
                } else if let Some(hint) = error.hint.as_ref().filter(|_| help_of(error).is_none()) {
                    text = format!("{}\nhint: {hint}", text.trim_end_matches('\n'));
                }
                let text = masked(&text);
                let (force, plain) = flags::configuration()
                    .map(|config| (config.settings.force_colour, config.settings.no_colour))
                    .unwrap_or_default();
                let look = Look::default().of_terminal(force, plain);
                if look.colour { Palette::default().paint(&text, Hue::Error) } else { text }
            }
        }
    }
}
