//! Playbooks as the engine walks them: plays, blocks, tasks, roles and their keywords.

mod action;
mod disk;
mod includes;
mod keywords;
mod known;
mod missing;
mod model;
mod plays;
mod roles;
mod source;
mod split;
mod tags;
mod tasks;
#[cfg(test)]
mod tests;

pub use disk::Disk;
pub use includes::include_parent;
pub use keywords::{Keywords, Vars};
pub use missing::{Known, Missing, missing, missing_in};
pub use model::{
    Action, Block, Gather, Item, Loop, LoopControl, Parent, Play, Playbook, Prompt, Role, Scope, Section,
    Task,
};
pub use plays::{load, of_node};
pub use roles::{LoadedRole, RoleAsk, tidy};
pub use source::{Source, StaticNames, What, not_found};
pub use split::{Words, split};
pub use tags::tags_match;
pub use tasks::{Loader, is_variable_name, no_variable_name};
