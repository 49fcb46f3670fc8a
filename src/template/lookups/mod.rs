//! Lookups (`lookup('name', …)`): one small file per family, each with a table; `FAMILIES` is the only list.

mod commands;
mod dependent;
mod files;
mod hosts;
mod lists;
mod options;
mod overlay;
mod parameters;
mod passwords;
mod registry;
mod sequence;
mod strings;
mod tables;
mod variables;
mod web;

pub use files::user_name;
pub use registry::{Lookup, LookupFn, find, names};

/// Every family's table.
const FAMILIES: &[&[Lookup]] = &[
    commands::LOOKUPS,
    files::LOOKUPS,
    hosts::LOOKUPS,
    lists::LOOKUPS,
    passwords::LOOKUPS,
    strings::LOOKUPS,
    tables::LOOKUPS,
    variables::LOOKUPS,
    web::LOOKUPS,
];
