//! A collection that holds itself.

use super::Kind;
use std::sync::{Arc, OnceLock};

/// A collection within itself, known once all of it has been read. What holds itself is never given back, as nothing
/// may say that the whole is no longer wanted while a part of it is: such documents are few and small.
#[derive(Clone, Default)]
pub struct Again(Arc<OnceLock<Kind>>);

impl Again {
    /// Says what it is.
    pub(super) fn tie(&self, whole: Kind) {
        let _ = self.0.set(whole);
    }

    /// The collection.
    pub fn whole(&self) -> Option<&Kind> {
        self.0.get()
    }

    /// What Python calls it.
    pub(super) fn type_name(&self) -> &'static str {
        match self.whole() {
            Some(Kind::Map(_)) => "dict",
            _ => "list",
        }
    }
}

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.type_name())
    }
}
