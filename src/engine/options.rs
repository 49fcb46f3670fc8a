//! What the command line asks of a run.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything that flags say about a run. What a flag leaves open is `None`: then the play, the variables and
/// the configuration decide.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// `-l`, the separate uses joined by `,`.
    pub limit: Option<String>,
    /// `-f`; where neither it nor the configuration says, the number of hosts up to 64.
    pub forks: Option<usize>,
    /// `-e`, in order.
    pub extra_vars: Vec<ExtraVars>,
    /// `-t` and `--skip-tags`.
    pub tags: Tags,
    /// `-C`.
    pub check: bool,
    /// `-D`.
    pub diff: bool,
    /// `--start-at-task`.
    pub start_at_task: Option<String>,
    /// `--step`.
    pub step: bool,
    /// `--force-handlers`.
    pub force_handlers: bool,
    /// `--flush-cache`.
    pub flush_cache: bool,
    /// `-u`.
    pub remote_user: Option<String>,
    /// `-c`.
    pub connection: Option<String>,
    /// `-T`, in seconds.
    pub timeout: Option<u64>,
    /// `--private-key`.
    pub private_key: Option<PathBuf>,
    /// `-k` or `--connection-password-file`.
    pub connection_password: Option<Secret>,
    /// `-b` and its kin.
    pub become_: BecomeFlags,
    /// `--ssh-common-args` and its kin.
    pub ssh: SshArguments,
    /// `-v` counted, with the configuration's.
    pub verbosity: u8,
    /// Nothing shows what successful results contain: one that nobody registers need not be built.
    pub terse: bool,
    /// The command line as `-vvvv` tells it, a line an option.
    pub told: Vec<String>,
    /// How much the log takes beyond what is shown.
    pub log_verbosity: u8,
    /// Do not run but list.
    pub listing: Option<Listing>,
    /// Read and check everything, then stop.
    pub syntax_check: bool,
    /// Show secrets (`--no-mask`).
    pub unmasked: bool,
    /// `--shard k/n`: only that slice of the hosts, counted from 1.
    pub shard: Option<(usize, usize)>,
}

/// One `-e`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtraVars {
    /// `@file`.
    File(PathBuf),
    /// `key=value …`, or a YAML or JSON mapping.
    Text(String),
}

impl ExtraVars {
    /// One argument of `-e` as it was given.
    pub fn parse(argument: &str) -> ExtraVars {
        match argument.strip_prefix('@') {
            Some(file) => ExtraVars::File(PathBuf::from(file)),
            None => ExtraVars::Text(argument.to_string()),
        }
    }
}

/// Which tags run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags {
    /// `-t`: `all` where none was given.
    pub run: BTreeSet<String>,
    /// `--skip-tags`.
    pub skip: BTreeSet<String>,
}

impl Default for Tags {
    fn default() -> Tags {
        Tags { run: BTreeSet::from(["all".to_string()]), skip: BTreeSet::new() }
    }
}

/// Becoming another user, as the command line asks for it.
#[derive(Clone, Debug, Default)]
pub struct BecomeFlags {
    /// `-b`.
    pub on: bool,
    /// `--become-method`.
    pub method: Option<String>,
    /// `--become-user`.
    pub user: Option<String>,
    /// `-K` or `--become-password-file`.
    pub password: Option<Secret>,
}

/// Arguments for ssh and its kin, as the command line gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshArguments {
    /// `--ssh-common-args`.
    pub common: Option<String>,
    /// `--ssh-extra-args`.
    pub extra: Option<String>,
    /// `--sftp-extra-args`.
    pub sftp_extra: Option<String>,
    /// `--scp-extra-args`.
    pub scp_extra: Option<String>,
}

/// What is listed instead of a run; several may be asked for at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// `--list-hosts`.
    pub hosts: bool,
    /// `--list-tasks`.
    pub tasks: bool,
    /// `--list-tags`.
    pub tags: bool,
}

/// A password: never shown, wiped when dropped.
#[derive(Clone)]
pub struct Secret(Arc<zeroize::Zeroizing<String>>);

impl Secret {
    /// Takes a password over.
    pub fn new(text: String) -> Secret {
        Secret(Arc::new(zeroize::Zeroizing::new(text)))
    }

    /// The password itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// Whom the engine asks when a person must answer: `vars_prompt`, `--step`, `pause`.
pub trait Ask: Send + Sync {
    /// One line; not echoed where `hidden`. `None` where nobody can answer (no terminal, end of input).
    fn line(&self, prompt: &str, hidden: bool) -> Option<String>;

    /// Whether there is anybody: someone at a terminal.
    fn is_there(&self) -> bool {
        true
    }
}
