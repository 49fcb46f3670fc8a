//! How a filter is declared and found.

use super::FAMILIES;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Result, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a filter does: input and arguments to a result.
pub type FilterFn = fn(&mut Eval<'_>, Value, &Args) -> Result<Value>;

/// A filter. Unless it is declared otherwise, its input and arguments are read through and through before it runs
/// (no template is left in them; what is undefined inside containers is a marker that raises when it is used), a
/// marker as input or argument makes the result that marker, and arguments beyond `params` are refused.
pub struct Filter {
    /// Its names, the main one first; `ansible.builtin.` in front is understood.
    pub names: &'static [&'static str],
    /// Its parameters after the input, in order.
    pub params: &'static [&'static str],
    /// What it does.
    pub run: FilterFn,
    /// Any arguments are allowed (`*args`, `**kwargs`).
    pub open: bool,
    /// Containers come as they are; it reads what it needs with [`Eval::items`] and the like.
    pub lazy: bool,
    /// Markers are handed to it.
    pub sees_undefined: bool,
}

impl Filter {
    /// Declares a filter.
    pub const fn new(
        names: &'static [&'static str],
        params: &'static [&'static str],
        run: FilterFn,
    ) -> Filter {
        Filter { names, params, run, open: false, lazy: false, sees_undefined: false }
    }

    /// Any arguments are allowed.
    pub const fn open(self) -> Filter {
        Filter { open: true, ..self }
    }

    /// Containers come as they are.
    pub const fn lazy(self) -> Filter {
        Filter { lazy: true, ..self }
    }

    /// Markers are handed to it.
    pub const fn sees_undefined(self) -> Filter {
        Filter { sees_undefined: true, ..self }
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Filter>> = LazyLock::new(|| {
    let all = FAMILIES.iter().copied().flatten();
    all.flat_map(|filter| filter.names.iter().map(move |name| (*name, filter))).collect()
});

/// The filter of that name.
pub fn find(name: &str) -> Option<&'static Filter> {
    let short = name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy."));
    BY_NAME.get(short.unwrap_or(name)).copied()
}

/// All names, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
