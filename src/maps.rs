//! The hash maps of what is looked up many times a task: their hash is cheap, and seeded anew for each map, since
//! keys may come from a host.

use foldhash::fast::RandomState;

/// A map in order of insertion.
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
/// A set in order of insertion.
pub type IndexSet<T> = indexmap::IndexSet<T, RandomState>;
/// A map without order.
pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
