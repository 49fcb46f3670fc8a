//! How a lookup is declared and found.

use super::FAMILIES;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Result, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a lookup does: terms and options (all by name) to a list of results. `wantlist` and `errors` are the
/// evaluator's.
pub type LookupFn = fn(&mut Eval<'_>, Vec<Value>, &Args) -> Result<Vec<Value>>;

/// A lookup; terms and options are read through and through before it runs.
pub struct Lookup {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub run: LookupFn,
    /// Options it knows; others are refused.
    pub options: &'static [&'static str],
    /// Any options are allowed.
    pub open: bool,
    /// Markers among the terms are handed to it.
    pub sees_undefined: bool,
}

impl Lookup {
    /// Declares a lookup.
    pub const fn new(name: &'static str, options: &'static [&'static str], run: LookupFn) -> Lookup {
        Lookup { name, run, options, open: false, sees_undefined: false }
    }

    /// Any options are allowed.
    pub const fn open(self) -> Lookup {
        Lookup { open: true, ..self }
    }

    /// Markers among the terms are handed to it.
    pub const fn sees_undefined(self) -> Lookup {
        Lookup { sees_undefined: true, ..self }
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Lookup>> =
    LazyLock::new(|| FAMILIES.iter().copied().flatten().map(|lookup| (lookup.name, lookup)).collect());

/// The lookup of that name.
pub fn find(name: &str) -> Option<&'static Lookup> {
    let short = name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy."));
    let name = short.unwrap_or(name);
    // A collection that the play lists is understood without being named.
    BY_NAME.get(name).or_else(|| BY_NAME.get(format!("community.general.{name}").as_str())).copied()
}

/// All names, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
