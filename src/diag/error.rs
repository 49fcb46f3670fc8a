//! The error that a user can cause: a message, where it was caused, what to do, and why it came about.

use super::Span;
use std::fmt;

/// What sort of error it is; this decides the exit code (DESIGN: ansible-playbook's codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A file that cannot be read as what it should be: YAML, inventory, playbook (exit 4 for playbooks).
    Parse,
    /// A wrong option or argument on the command line (exit 5).
    Options,
    /// Anything else a user can cause (exit 1).
    User,
    /// Something that should not happen (exit 250).
    Internal,
}

/// An error with its place. The chain of causes goes from the outermost to the root.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// What sort of error it is.
    pub kind: ErrorKind,
    /// What happened, without a full stop where it is a fragment.
    pub message: String,
    /// Where in the user's files.
    pub span: Option<Span>,
    /// What to do about it; shown apart from the message.
    pub hint: Option<String>,
    /// What caused it.
    pub cause: Option<Box<Diagnostic>>,
}

impl Diagnostic {
    /// An error of the given kind without place or hint.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Diagnostic {
        Diagnostic { kind, message: message.into(), span: None, hint: None, cause: None }
    }

    /// An error in a file that was being read.
    pub fn parse(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::new(ErrorKind::Parse, message).at(span)
    }

    /// An error that the user can mend.
    pub fn user(message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(ErrorKind::User, message)
    }

    /// Points at a place, unless it points at one already.
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Diagnostic {
        self.span = self.span.or(span.into());
        self
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what caused it.
    pub fn because(mut self, cause: Diagnostic) -> Diagnostic {
        self.cause = Some(Box::new(cause));
        self
    }
}

/// One line: the message and its causes, joined by `: ` (the shape of ansible-core 2.19's error lines).
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut next = self.cause.as_deref();
        while let Some(cause) = next {
            write!(f, ": {}", cause.message)?;
            next = cause.cause.as_deref();
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}
