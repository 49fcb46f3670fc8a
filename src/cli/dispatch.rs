//! Which command was called: a subcommand of `impel`, or one of Ansible's names by `argv[0]`.

use super::error::{Caller, Ended};
use super::{adhoc, explain, inventory, run, streams, template, vault, version};
use crate::diag::{Diagnostic, nearest};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Runs Ansible playbooks as they are, in parallel over SSH, with nothing installed on the target.
#[derive(Debug, Parser)]
#[command(name = "impel", version = version::IMPEL, infer_subcommands = false, infer_long_args = true)]
struct Impel {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run playbooks (ansible-playbook).
    Run(Box<run::Arguments>),
    /// Run one task on some hosts (ansible).
    Adhoc(Box<adhoc::Arguments>),
    /// Show the inventory (ansible-inventory).
    Inventory(Box<inventory::Arguments>),
    /// Show every place that sets a variable for a host, and which one wins.
    Explain(Box<explain::Arguments>),
    /// Render a template file or an expression for a host.
    Template(Box<template::Arguments>),
    /// Encrypt, view, edit and decrypt files and strings (ansible-vault).
    Vault(Box<vault::Arguments>),
}

/// Ansible's commands that impel does not have yet.
const MISSING: [&str; 6] =
    ["ansible-config", "ansible-console", "ansible-doc", "ansible-galaxy", "ansible-pull", "ansible-test"];

/// The whole program: reads the command line, does what it says, answers with the exit code.
pub fn main() -> ExitCode {
    super::logging::start();
    let words: Vec<OsString> = std::env::args_os().collect();
    let name = words.first().and_then(|word| Path::new(word).file_name()?.to_str()).unwrap_or("impel");
    match name {
        "ansible-playbook" => called::<run::Arguments>(name, words.clone(), run::main),
        "ansible" => called::<adhoc::Arguments>(name, words.clone(), adhoc::main),
        "ansible-vault" => called::<vault::Arguments>(name, words.clone(), vault::main),
        "ansible-inventory" => called::<inventory::Arguments>(name, words.clone(), inventory::main),
        name if MISSING.contains(&name) => {
            let error = Diagnostic::user(format!("{name} is not there yet in impel"))
                .hint("impel has ansible-playbook, ansible, ansible-inventory and ansible-vault so far");
            Caller::Ansible(name.to_string()).end(Err(error.into()))
        }
        _ => impel(words),
    }
}

fn impel(words: Vec<OsString>) -> ExitCode {
    let parsed = match Impel::try_parse_from(words) {
        Ok(parsed) => parsed,
        Err(error) => return refused(&error),
    };
    let caller = Caller::Impel;
    let ended = match parsed.command {
        Command::Run(arguments) => run::main(&caller, *arguments),
        Command::Adhoc(arguments) => adhoc::main(&caller, *arguments),
        Command::Inventory(arguments) => inventory::main(&caller, *arguments),
        Command::Explain(arguments) => explain::main(&caller, *arguments),
        Command::Template(arguments) => template::main(&caller, *arguments),
        Command::Vault(arguments) => vault::main(&caller, *arguments),
    };
    caller.end(ended)
}

/// One of Ansible's commands under its own name.
fn called<A: clap::Args + FromArgMatches>(
    name: &str,
    words: Vec<OsString>,
    main: fn(&Caller, A) -> Ended,
) -> ExitCode {
    let command = clap::Command::new(name.to_string()).infer_long_args(true).disable_version_flag(true);
    let command = A::augment_args(command);
    let matches = match command.try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return refused(&error),
    };
    let caller = Caller::Ansible(name.to_string());
    match A::from_arg_matches(&matches) {
        Ok(arguments) => caller.end(main(&caller, arguments)),
        Err(error) => refused(&error),
    }
}

/// What clap says about a command line that it cannot read; help is no error.
fn refused(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if let Some(name) = unknown_command(error)
        && let Some(near) = nearest(&name, Impel::command().get_subcommands().map(clap::Command::get_name))
    {
        streams::err(format_args!("\n  tip: did you mean 'impel {near}'?"));
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn unknown_command(error: &clap::Error) -> Option<String> {
    if error.kind() != clap::error::ErrorKind::InvalidSubcommand {
        return None;
    }
    // clap gives its own tip where it has one.
    if error.get(clap::error::ContextKind::SuggestedSubcommand).is_some() {
        return None;
    }
    Some(error.get(clap::error::ContextKind::InvalidSubcommand)?.to_string())
}
