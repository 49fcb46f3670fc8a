//! The parsers of inventories and host patterns, opened to fuzz targets.

use std::path::Path;

use super::{Inventory, ini, literal, names, words};
use crate::diag::Span;

/// An inventory in INI form, line by line, and what its values mean.
pub fn ini(text: &str) {
    let mut inventory = Inventory::default();
    let origin = Span::new(Path::new("hosts"), 1, 1);
    let _ = ini::read(&mut inventory, text, origin);
    let _ = inventory.settle();
    for line in text.lines().take(20) {
        let _ = words::split(line);
        let _ = names::expand(line);
        let _ = literal::value(line, origin);
    }
}

/// A pattern of hosts, and the same as a limit.
pub fn patterns(text: &str) {
    let mut inventory = Inventory::default();
    for (host, group) in [("web1", "web"), ("web2", "web"), ("db1", "db"), ("10.0.0.1", "db")] {
        inventory.add_host(host, Some(group));
    }
    let _ = inventory.settle();
    let _ = inventory.hosts_matching(text);
    // what stands behind @ is a file of the controller
    if !text.contains('@') {
        let _ = inventory.set_limit(Some(text));
        let _ = inventory.hosts_matching("all");
    }
}
