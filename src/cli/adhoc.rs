//! `impel adhoc`, `ansible`: one task on some hosts.

use super::error::{Caller, Ended};
use super::flags::{self, AllFlags};
use crate::diag::Diagnostic;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Define and run a single task 'playbook' against a set of hosts.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Host pattern.
    #[arg(required_unless_present = "version", value_name = "pattern")]
    pattern: Option<String>,
    /// Name of the action to execute (default: command).
    #[arg(short = 'm', long, value_name = "MODULE_NAME")]
    module_name: Option<String>,
    /// The action's options in space separated k=v format, or a json string.
    #[arg(short = 'a', long = "args", value_name = "MODULE_ARGS", allow_hyphen_values = true)]
    args: Option<String>,
    /// Run asynchronously, failing after X seconds.
    #[arg(short = 'B', long = "background", value_name = "SECONDS")]
    background: Option<u64>,
    /// Set the poll interval if using -B.
    #[arg(short = 'P', long, value_name = "POLL_INTERVAL")]
    poll: Option<u64>,
    /// Condense output.
    #[arg(short = 'o', long)]
    one_line: bool,
    /// Log output to this directory.
    #[arg(short = 't', long, value_name = "TREE")]
    tree: Option<PathBuf>,
    /// Use this as a substitute playbook directory.
    #[arg(long, value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    /// Set task timeout limit in seconds, must be positive integer.
    #[arg(long, value_name = "TASK_TIMEOUT")]
    task_timeout: Option<u64>,
    #[command(flatten)]
    all: AllFlags,
}

/// Runs the task.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    if flags::version(caller, &arguments.all.general)? {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Diagnostic::user("running single tasks is not there yet").into())
}
