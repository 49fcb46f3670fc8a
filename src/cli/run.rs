//! `impel run`, `ansible-playbook`: playbooks from beginning to end.

use super::display::Output;
use super::error::{Caller, Ended};
use super::flags::{self, AllFlags};
use super::launch;
use crate::diag::{Diagnostic, ErrorKind};
use crate::playbook;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs Ansible playbooks, executing the defined tasks on the targeted hosts.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Playbook(s).
    #[arg(required_unless_present = "version", value_name = "playbook")]
    playbooks: Vec<PathBuf>,
    /// Only run plays and tasks tagged with these values. May be given several times.
    #[arg(short = 't', long, value_name = "TAGS")]
    tags: Vec<String>,
    /// Only run plays and tasks whose tags do not match these values. May be given several times.
    #[arg(long, value_name = "SKIP_TAGS")]
    skip_tags: Vec<String>,
    /// Start the playbook at the task matching this name.
    #[arg(long, value_name = "START_AT_TASK")]
    start_at_task: Option<String>,
    /// One-step-at-a-time: confirm each task before running.
    #[arg(long)]
    step: bool,
    /// Perform a syntax check on the playbook, but do not execute it.
    #[arg(long)]
    syntax_check: bool,
    /// List all tasks that would be executed.
    #[arg(long)]
    list_tasks: bool,
    /// List all available tags.
    #[arg(long)]
    list_tags: bool,
    /// Run handlers even if a task fails.
    #[arg(long)]
    force_handlers: bool,
    /// Only this slice of the hosts: k/n, counted from 1.
    #[arg(long, value_name = "K/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
    #[command(flatten)]
    all: AllFlags,
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parsed = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    parsed.filter(|(k, n)| (1..=*n).contains(k)).ok_or_else(|| "it should be k/n, such as 1/4".to_string())
}

/// Runs the playbooks.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    if flags::version(caller, &arguments.all.general)? {
        return Ok(ExitCode::SUCCESS);
    }
    let config = flags::configuration()?;
    let mut options = arguments.all.options(&config)?;
    let split = |given: &[String]| {
        given.iter().flat_map(|text| text.split(',')).map(|tag| tag.trim().to_string()).collect()
    };
    if !arguments.tags.is_empty() {
        options.tags.run = split(&arguments.tags);
    }
    options.tags.skip = split(&arguments.skip_tags);
    options.start_at_task.clone_from(&arguments.start_at_task);
    options.step = arguments.step;
    options.force_handlers = arguments.force_handlers;
    let Some(first) = arguments.playbooks.first() else {
        return Err(Diagnostic::user("no playbook was given").into());
    };
    let folder = first.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let ground = launch::ground(&config, &options, &arguments.all.inventory.inventory, folder)?;
    for warning in &ground.warnings {
        eprintln!("[WARNING]: {warning}");
    }
    let disk = launch::disk(&config, &ground, folder);
    let mut playbooks = Vec::new();
    for path in &arguments.playbooks {
        let loaded =
            playbook::load(path, &disk).map_err(|error| Diagnostic { kind: ErrorKind::Parse, ..error })?;
        launch::refuse_missing(&loaded)?;
        playbooks.push(loaded);
    }
    if arguments.syntax_check {
        for path in &arguments.playbooks {
            println!("\nplaybook: {}", path.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let output = match arguments.all.run.output {
        Some(output) => output,
        None => Output::configured(&config)?,
    };
    let verdict = launch::execute(config, options, output, ground, &disk, |run| {
        for (path, playbook) in arguments.playbooks.iter().zip(&playbooks) {
            run.playbook(path, playbook)?;
        }
        Ok(())
    })?;
    Ok(ExitCode::from(verdict.code()))
}
