//! Playbooks as the engine walks them: plays, blocks, tasks, roles and their keywords.

mod keywords;
mod model;

pub use keywords::{Keywords, Vars};
pub use model::{
    Action, Block, Gather, Item, Loop, LoopControl, Parent, Play, Playbook, Prompt, Role, Scope, Section,
    Task,
};
