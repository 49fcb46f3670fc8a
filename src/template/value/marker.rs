//! What stands where a value is missing or could not be made, and the error it raises when it is used.

use crate::diag::{Diagnostic, Span};
use std::fmt;
use std::sync::Arc;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    /// A name, attribute or item that does not exist; `default` replaces it.
    Undefined,
    /// Something failed on the way; only its use raises it, and `default` does not replace it.
    Failed,
    /// As `Failed`, not yet attributed to the template or plugin that it happened in.
    Raised,
    /// It will exist once an earlier task has run; touching it ends a start ahead of its turn.
    Pending,
}

/// The missing value: raised as an [`Error`] by what needs a real one.
#[derive(Clone, Debug)]
pub struct Marker {
    /// Why there is none.
    pub kind: MarkerKind,
    /// In the words of ansible-core.
    pub message: String,
    /// Where in a template.
    pub span: Option<Span>,
    /// The nearest known name, or what else to do.
    pub hint: Option<String>,
    /// What caused it, such as the failure of the variable that was being rendered.
    pub cause: Option<Arc<Marker>>,
    /// It stands for a vault that could not be opened: this one. What only needs the vault itself goes on.
    pub sealed: Option<Arc<str>>,
    /// It has been a value: no plugin that meets it is blamed.
    pub captured: bool,
}

/// An error while rendering; cheap to copy, since markers carry it around as a value.
#[derive(Clone, Debug)]
pub struct Error(pub Arc<Marker>);

/// What rendering yields.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Marker {
    /// A marker of that kind without place.
    pub fn new(kind: MarkerKind, message: impl Into<String>) -> Marker {
        Marker {
            kind,
            message: message.into(),
            span: None,
            hint: None,
            cause: None,
            sealed: None,
            captured: false,
        }
    }
}

impl Error {
    /// A failure.
    pub fn new(message: impl Into<String>) -> Error {
        Error(Arc::new(Marker::new(MarkerKind::Raised, message)))
    }

    /// A failure that says by itself where it belongs.
    pub fn failed(message: impl Into<String>) -> Error {
        Error(Arc::new(Marker::new(MarkerKind::Failed, message)))
    }

    /// Something that does not exist.
    pub fn undefined(message: impl Into<String>) -> Error {
        Error(Arc::new(Marker::new(MarkerKind::Undefined, message)))
    }

    /// The message, without causes.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Points at a place, unless it points at one already.
    pub fn at(self, span: Option<Span>) -> Error {
        if self.0.span.is_some() || span.is_none() {
            return self;
        }
        Error(Arc::new(Marker { span, ..(*self.0).clone() }))
    }

    /// Adds what to do about it, unless there is a hint already.
    pub fn hint(self, hint: impl Into<String>) -> Error {
        if self.0.hint.is_some() {
            return self;
        }
        Error(Arc::new(Marker { hint: Some(hint.into()), ..(*self.0).clone() }))
    }

    /// Another message in front, this one as its cause; what was only raised is then attributed.
    pub fn within(self, message: impl Into<String>) -> Error {
        let kind = match self.0.kind {
            MarkerKind::Raised => MarkerKind::Failed,
            kind => kind,
        };
        Error(Arc::new(Marker { cause: Some(self.0), ..Marker::new(kind, message) }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut next = self.0.cause.as_deref();
        while let Some(cause) = next {
            write!(f, ": {}", cause.message)?;
            next = cause.cause.as_deref();
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Diagnostic {
        let marker = &error.0;
        let mut diagnostic = Diagnostic::user(marker.message.clone()).at(marker.span);
        if let Some(hint) = &marker.hint {
            diagnostic = diagnostic.hint(hint.clone());
        }
        match &marker.cause {
            Some(cause) => diagnostic.because(Error(cause.clone()).into()),
            None => diagnostic,
        }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Error {
        Error(Arc::new(Marker {
            span: diagnostic.span,
            hint: diagnostic.hint,
            cause: diagnostic.cause.map(|cause| Error::from(*cause).0),
            ..Marker::new(MarkerKind::Failed, diagnostic.message)
        }))
    }
}
