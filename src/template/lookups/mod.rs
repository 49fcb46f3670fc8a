//! Lookups (`lookup('name', …)`): one small file per family, each with a table; [`FAMILIES`] is the only list.

mod basic;
mod registry;

pub use registry::{Lookup, LookupFn, find, names};

/// Every family's table.
const FAMILIES: &[&[Lookup]] = &[basic::LOOKUPS];
