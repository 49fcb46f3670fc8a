//! How a test is declared and found.

use super::FAMILIES;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Result, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a test does: input and arguments to yes or no.
pub type TestFn = fn(&mut Eval<'_>, Value, &Args) -> Result<bool>;

/// A test; declared as a filter is.
pub struct Test {
    /// Its names, the main one first.
    pub names: &'static [&'static str],
    /// Its parameters after the input, in order.
    pub params: &'static [&'static str],
    /// What it does.
    pub run: TestFn,
    /// Any arguments are allowed.
    pub open: bool,
    /// Containers come as they are.
    pub lazy: bool,
    /// Markers are handed to it.
    pub sees_undefined: bool,
}

impl Test {
    /// Declares a test.
    pub const fn new(names: &'static [&'static str], params: &'static [&'static str], run: TestFn) -> Test {
        Test { names, params, run, open: false, lazy: false, sees_undefined: false }
    }

    /// Any arguments are allowed.
    pub const fn open(self) -> Test {
        Test { open: true, ..self }
    }

    /// Containers come as they are.
    pub const fn lazy(self) -> Test {
        Test { lazy: true, ..self }
    }

    /// Markers are handed to it.
    pub const fn sees_undefined(self) -> Test {
        Test { sees_undefined: true, ..self }
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Test>> = LazyLock::new(|| {
    let all = FAMILIES.iter().copied().flatten();
    all.flat_map(|test| test.names.iter().map(move |name| (*name, test))).collect()
});

/// The test of that name.
pub fn find(name: &str) -> Option<&'static Test> {
    let short = name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy."));
    BY_NAME.get(short.unwrap_or(name)).copied()
}

/// All names, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
