//! Tests (`x is name`): one small file per family, each with a table; `FAMILIES` is the only list.

mod addresses;
mod comparing;
mod files;
mod kinds;
mod matching;
mod presence;
mod registry;
mod results;
mod uris;
mod versions;

pub use registry::{Test, TestFn, find, names};
pub(crate) use versions::loose;

/// Every family's table.
const FAMILIES: &[&[Test]] = &[
    addresses::TESTS,
    comparing::TESTS,
    files::TESTS,
    kinds::TESTS,
    matching::TESTS,
    presence::TESTS,
    results::TESTS,
    uris::TESTS,
    versions::TESTS,
];
