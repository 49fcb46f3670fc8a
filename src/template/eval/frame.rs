//! The names that a template sets itself, scope within scope.

use crate::template::value::Value;
use std::sync::{Arc, RwLock};

/// One scope; what is not in it is looked for in the one around it.
#[derive(Default)]
pub(super) struct Frame {
    names: RwLock<Vec<(Arc<str>, Value)>>,
    around: Option<Arc<Frame>>,
}

impl Frame {
    /// A scope within another.
    pub fn within(around: &Arc<Frame>) -> Arc<Frame> {
        Arc::new(Frame { names: RwLock::default(), around: Some(around.clone()) })
    }

    /// Forgets the names of this very scope.
    pub fn clear(&mut self) {
        self.names.get_mut().unwrap_or_else(|e| e.into_inner()).clear();
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<Value> {
        let mut frame = Some(self);
        while let Some(here) = frame {
            if let Some(value) = here.own(name) {
                return Some(value);
            }
            frame = here.around.as_deref();
        }
        None
    }

    /// What a name stands for in this very scope.
    pub fn own(&self, name: &str) -> Option<Value> {
        let names = self.names.read().unwrap_or_else(|e| e.into_inner());
        names.iter().find(|(n, _)| &**n == name).map(|(_, v)| v.clone())
    }

    /// Sets a name in this scope.
    pub fn set(&self, name: &Arc<str>, value: Value) {
        let mut names = self.names.write().unwrap_or_else(|e| e.into_inner());
        match names.iter_mut().find(|(n, _)| n == name) {
            Some(slot) => slot.1 = value,
            None => names.push((name.clone(), value)),
        }
    }
}
