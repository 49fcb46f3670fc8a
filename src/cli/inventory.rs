//! `impel inventory`, `ansible-inventory`: the inventory as JSON, YAML, TOML or a tree.

use super::error::{Caller, Ended};
use super::flags::{self, GeneralFlags, InventoryFlags, VaultFlags};
use crate::diag::Diagnostic;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Show Ansible inventory information, by default it uses the inventory script JSON format.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The name of a group in the inventory, relevant when using --graph.
    #[arg(value_name = "group")]
    group: Option<String>,
    /// Output all hosts info, works as inventory script.
    #[arg(long, group = "action")]
    list: bool,
    /// Output specific host info, works as inventory script. It will ignore limit.
    #[arg(long, value_name = "HOST", group = "action")]
    host: Option<String>,
    /// Create inventory graph, if supplying pattern it must be a valid group name. It will ignore limit.
    #[arg(long, group = "action")]
    graph: bool,
    /// Use YAML format instead of default JSON, ignored for --graph.
    #[arg(short = 'y', long)]
    yaml: bool,
    /// Use TOML format instead of default JSON, ignored for --graph.
    #[arg(long)]
    toml: bool,
    /// Add vars to graph display, ignored unless used with --graph.
    #[arg(long)]
    vars: bool,
    /// When doing --list, represent in a way that is optimized for export.
    #[arg(long)]
    export: bool,
    /// When doing --list, send the inventory to a file instead of to the screen.
    #[arg(long, value_name = "OUTPUT_FILE")]
    output: Option<PathBuf>,
    /// Use this as a substitute playbook directory.
    #[arg(long, value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    #[command(flatten)]
    inventory: InventoryFlags,
    #[command(flatten)]
    general: GeneralFlags,
    #[command(flatten)]
    vault: VaultFlags,
}

/// Shows the inventory.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    if flags::version(caller, &arguments.general)? {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Diagnostic::user("showing inventories is not there yet").into())
}
