//! Filters: one small file per family, each with a table; [`FAMILIES`] is the only list.

mod basic;
mod registry;

pub use registry::{Filter, FilterFn, find, names};

/// Every family's table.
const FAMILIES: &[&[Filter]] = &[basic::FILTERS];
