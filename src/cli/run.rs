//! `impel run`, `ansible-playbook`: playbooks from beginning to end.

use super::display::{self, Output};
use super::error::{Caller, Ended, Failure};
use super::flags::{self, AllFlags};
use super::launch::{self, Ground};
use super::listing::Lister;
use super::notices::Notices;
use super::streams;
use super::vault::passwords as vault_passwords;
use crate::config::Config;
use crate::diag::{Diagnostic, ErrorKind};
use crate::engine::{Listing, RunOptions};
use crate::playbook::{self, Playbook};
use crate::report::Screen;
use clap::Args;
use std::collections::BTreeSet;
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
    let all = &arguments.all;
    let mut screen = display::screen(&config, all.general.verbosity(&config), all.general.no_mask)?;
    display::greet(&mut screen, &config, caller);
    all.warn_of_what_is_not_there(&mut screen);
    for path in &arguments.playbooks {
        check_file(path)?;
    }
    let Some(first) = arguments.playbooks.first() else {
        return Err(Diagnostic::new(ErrorKind::Options, "no playbook was given").into());
    };
    let vault = vault_passwords::vault(&all.vault, &config, &mut screen)?;
    let mut options = arguments.options(&config)?;
    options.told = super::told::lines(all, &options, &config, &arguments.playbooks);
    let folder = first.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mut ground = launch::ground(&config, &options, &all.inventory.inventory, folder, vault, &mut screen)?;
    let notices = Notices::default();
    notices.hear_yaml();
    let disk = launch::disk(&config, &ground, folder, &notices);
    let mut playbooks = Vec::new();
    for path in &arguments.playbooks {
        let loaded = playbook::load(&std::path::absolute(path).unwrap_or_else(|_| path.clone()), &disk);
        notices.show(&mut screen);
        playbooks.push(loaded?);
    }
    if let Some(listing) = options.listing {
        return arguments.list(listing, &options, &playbooks, &mut ground, &mut screen);
    }
    let missing = playbooks.iter().try_for_each(launch::refuse_missing);
    if options.syntax_check {
        if let Err(error) = missing {
            screen.warning(&error.to_string());
        }
        return arguments.list(Listing::default(), &options, &playbooks, &mut ground, &mut screen);
    }
    missing?;
    let output = match all.run.output {
        Some(output) => output,
        None => Output::configured(&config)?,
    };
    options.terse = output == Output::Default && options.verbosity == 0;
    options.hide_passwords(&screen.masks);
    let reports = display::reports(output, screen);
    let verdict = launch::execute(config, options, reports, &notices, ground, &disk, |run| {
        for (path, playbook) in arguments.playbooks.iter().zip(&playbooks) {
            run.playbook(path, playbook)?;
        }
        Ok(())
    })?;
    Ok(ExitCode::from(verdict.code()))
}

fn check_file(path: &Path) -> Result<(), Diagnostic> {
    if !path.exists() {
        return Err(Diagnostic::user(format!("the playbook: {} could not be found", path.display())));
    }
    if path.is_dir() {
        let message = format!("the playbook: {} does not appear to be a file", path.display());
        return Err(Diagnostic::user(message));
    }
    Ok(())
}

impl Arguments {
    /// What the command line and the configuration ask of the run.
    fn options(&self, config: &Config) -> Result<RunOptions, Failure> {
        let mut options = self.all.options(config)?;
        let split = |given: &[String]| -> BTreeSet<String> {
            given.iter().flat_map(|text| text.split(',')).map(|tag| tag.trim().to_string()).collect()
        };
        let given = if self.tags.is_empty() { &config.settings.tags_run } else { &self.tags };
        if !given.is_empty() {
            options.tags.run = split(given);
        }
        let given = if self.skip_tags.is_empty() { &config.settings.tags_skip } else { &self.skip_tags };
        options.tags.skip = split(given);
        options.start_at_task.clone_from(&self.start_at_task);
        options.step = self.step;
        options.force_handlers = self.force_handlers || config.settings.force_handlers;
        options.syntax_check = self.syntax_check;
        options.shard = self.shard;
        let listing =
            Listing { hosts: self.all.run.list_hosts, tasks: self.list_tasks, tags: self.list_tags };
        options.listing = (listing != Listing::default()).then_some(listing);
        Ok(options)
    }

    /// Lists instead of running; where nothing is to be listed (a syntax check), just the playbooks' names.
    fn list(
        &self,
        listing: Listing,
        options: &RunOptions,
        playbooks: &[Playbook],
        ground: &mut Ground,
        screen: &mut Screen,
    ) -> Ended {
        let mut lister = Lister {
            listing,
            tags: &options.tags,
            inventory: &mut ground.inventory,
            store: &ground.store,
            warnings: Vec::new(),
        };
        for (path, playbook) in self.playbooks.iter().zip(playbooks) {
            let text = lister.playbook(path, playbook)?;
            std::mem::take(&mut lister.warnings).iter().for_each(|warning| screen.warning(warning));
            match listing == Listing::default() {
                true => streams::out(format!("\nplaybook: {}\n", path.display()))?,
                false => streams::out(text)?,
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
