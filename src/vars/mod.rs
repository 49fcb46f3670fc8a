//! Variables: which value a name has for a task on a host, by Ansible's order of precedence.

mod cache;
mod files;
mod hostvars;
mod inventories;
mod layer;
mod magic;
mod plays;
mod scope;
mod store;
#[cfg(test)]
mod tests;
mod world;

pub use cache::FactsCache;
pub use files::{VarsFiles, vars_files};
pub use inventories::{Inventories, mapping};
pub use layer::{Layer, Setting, merged};
pub use magic::{ConnectionMagic, PlayMagic, RunMagic};
pub use scope::{Scope, ScopeCache, scope_of};
pub use store::{Facts, HostStore, PlayVars, VarStore};
pub use world::{Ahead, Files, Layers, TaskWorld};
