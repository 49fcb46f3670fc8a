//! Tests (`x is name`): one small file per family, each with a table; [`FAMILIES`] is the only list.

mod presence;
mod registry;

pub use registry::{Test, TestFn, find, names};

/// Every family's table.
const FAMILIES: &[&[Test]] = &[presence::TESTS];
