//! Filters: one small file per family, each with a table; `FAMILIES` is the only list.

mod addresses;
mod basic;
mod certificates;
mod chance;
mod choice;
mod combinations;
mod comments;
mod dates;
mod declared;
mod dicts;
mod durations;
mod encodings;
mod entities;
mod gathered;
mod globbing;
mod hardware;
mod hashes;
mod html;
mod inis;
mod json;
mod keys;
mod networks;
mod numbers;
mod paths;
mod picking;
mod regex;
mod registry;
mod secrets;
mod sequences;
mod sets;
mod sorting;
mod strings;
mod structures;
mod tables;
mod vlans;
mod yaml;

pub(crate) use chance::Random;
pub(crate) use dicts::class_name;
pub(crate) use encodings::from_encoding;
pub(crate) use entities::unescape_html;
pub(crate) use globbing::glob;
pub(crate) use html::without_tags;
pub(crate) use paths::{expand_user, expand_vars, normalized};
pub(crate) use regex::pattern_text;
pub use registry::{Filter, FilterFn, find, names};
pub(crate) use sorting::sorted_by;

/// Every family's table.
const FAMILIES: &[&[Filter]] = &[
    addresses::FILTERS,
    basic::FILTERS,
    certificates::FILTERS,
    chance::FILTERS,
    choice::FILTERS,
    combinations::FILTERS,
    comments::FILTERS,
    dates::FILTERS,
    dicts::FILTERS,
    durations::FILTERS,
    gathered::FILTERS,
    hardware::FILTERS,
    hashes::FILTERS,
    html::FILTERS,
    inis::FILTERS,
    json::FILTERS,
    keys::FILTERS,
    networks::FILTERS,
    numbers::FILTERS,
    paths::FILTERS,
    picking::FILTERS,
    regex::FILTERS,
    secrets::FILTERS,
    sequences::FILTERS,
    sets::FILTERS,
    strings::FILTERS,
    structures::FILTERS,
    tables::FILTERS,
    vlans::FILTERS,
    yaml::FILTERS,
];
