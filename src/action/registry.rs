//! The list of actions.

use super::{
    add_host, assemble, assert, copy, debug, fail, fetch, gather_facts, group_by, include_role,
    include_tasks, include_vars, pause, script, set_fact, set_stats, template, unarchive,
    validate_argument_spec, waits,
};
use crate::engine::{Action, Actions};

/// Every action that there is.
pub struct Registry;

/// Names of actions that are no modules, for the check of what a playbook uses; `meta` and imports belong to the
/// engine and the parser.
pub const NAMES: &[&str] = &[
    "add_host",
    "assemble",
    "assert",
    "copy",
    "debug",
    "fail",
    "fetch",
    "gather_facts",
    "group_by",
    "import_playbook",
    "import_role",
    "import_tasks",
    "include_role",
    "include_tasks",
    "include_vars",
    "meta",
    "pause",
    "reboot",
    "script",
    "set_fact",
    "set_stats",
    "template",
    "unarchive",
    "validate_argument_spec",
    "wait_for_connection",
];

impl Actions for Registry {
    fn find(&self, name: &str) -> Option<&'static dyn Action> {
        Some(match name {
            "add_host" => &add_host::AddHost,
            "assemble" => &assemble::Assemble,
            "assert" => &assert::Assert,
            "copy" => &copy::Copy,
            "debug" => &debug::Debug,
            "fail" => &fail::Fail,
            "fetch" => &fetch::Fetch,
            "gather_facts" => &gather_facts::GatherFacts,
            "group_by" => &group_by::GroupBy,
            "include_role" => &include_role::IncludeRole,
            "include_tasks" => &include_tasks::IncludeTasks,
            "include_vars" => &include_vars::IncludeVars,
            "pause" => &pause::Pause,
            "script" => &script::Script,
            "set_fact" => &set_fact::SetFact,
            "set_stats" => &set_stats::SetStats,
            "template" => &template::Template,
            "unarchive" => &unarchive::Unarchive,
            "validate_argument_spec" => &validate_argument_spec::ValidateArgumentSpec,
            "wait_for_connection" | "reboot" => &waits::Waits,
            _ => return None,
        })
    }
}
