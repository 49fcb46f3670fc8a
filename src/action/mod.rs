//! What runs on the controller: one action a file.

mod add_host;
mod arguments;
mod assemble;
mod assert;
mod copy;
mod debug;
mod encoding;
mod fail;
mod fetch;
mod gather_facts;
mod group_by;
mod include_role;
mod include_tasks;
mod include_vars;
mod pause;
mod registry;
mod script;
mod set_fact;
mod set_stats;
mod template;
mod unarchive;
mod validate_argument_spec;
mod waits;

pub use registry::{NAMES, Registry};
pub use template::describe as describe_template;
