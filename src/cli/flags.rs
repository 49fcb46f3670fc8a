//! Flags that several commands share, in groups.

use super::error::{Caller, Failure};
use super::passwords::{Person, Wanted, passwords};
use super::streams;
use crate::config::Config;
use crate::diag::{Diagnostic, ErrorKind};
use crate::engine::{BecomeFlags, ExtraVars, RunOptions, SshArguments};
use crate::report::{Masks, Screen};
use clap::{ArgAction, Args};
use impel_modules::Data;
use std::path::PathBuf;

/// Which inventory, and which of its hosts.
#[derive(Clone, Debug, Args)]
pub(super) struct InventoryFlags {
    /// Specify inventory host path or comma separated host list. May be given several times.
    #[arg(short = 'i', long = "inventory", alias = "inventory-file", value_name = "INVENTORY")]
    pub(super) inventory: Vec<String>,
    /// Further limit selected hosts to an additional pattern.
    #[arg(short = 'l', long = "limit", value_name = "SUBSET", overrides_with = "limit")]
    pub(super) limit: Option<String>,
    /// Clear the fact cache for every host in inventory.
    #[arg(long)]
    pub(super) flush_cache: bool,
}

/// Additional variables and how much is said.
#[derive(Clone, Debug, Args)]
pub(super) struct GeneralFlags {
    /// Set additional variables as key=value or YAML/JSON, if filename prepend with @. May be given several times.
    #[arg(short = 'e', long = "extra-vars", value_name = "EXTRA_VARS", allow_hyphen_values = true)]
    pub(super) extra_vars: Vec<String>,
    /// Say more; up to -vvvv.
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show version, config file location and executable location.
    #[arg(long)]
    pub(super) version: bool,
    /// Show secrets that came out of vaults as they are.
    #[arg(long)]
    pub(super) no_mask: bool,
}

/// Vault passwords.
#[derive(Clone, Debug, Args)]
pub(super) struct VaultFlags {
    /// The vault identity to use. May be given several times.
    #[arg(long = "vault-id", value_name = "VAULT_IDS")]
    pub(super) ids: Vec<String>,
    /// Ask for vault password.
    #[arg(
        short = 'J',
        long = "ask-vault-password",
        alias = "ask-vault-pass",
        conflicts_with = "password_files"
    )]
    pub(super) ask: bool,
    /// Vault password file.
    #[arg(
        id = "password_files",
        long = "vault-password-file",
        alias = "vault-pass-file",
        value_name = "FILE"
    )]
    pub(super) files: Vec<PathBuf>,
}

/// Control as whom and how to connect to hosts.
#[derive(Clone, Debug, Args)]
pub(super) struct ConnectionFlags {
    /// Use this file to authenticate the connection.
    #[arg(long = "private-key", alias = "key-file", value_name = "PRIVATE_KEY_FILE")]
    pub(super) private_key: Option<PathBuf>,
    /// Connect as this user.
    #[arg(short = 'u', long = "user", value_name = "REMOTE_USER")]
    pub(super) user: Option<String>,
    /// Connection type to use.
    #[arg(short = 'c', long, value_name = "CONNECTION")]
    pub(super) connection: Option<String>,
    /// Override the connection timeout in seconds.
    #[arg(short = 'T', long, value_name = "TIMEOUT")]
    pub(super) timeout: Option<u64>,
    /// Specify common arguments to pass to sftp/scp/ssh (e.g. ProxyCommand).
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub(super) ssh_common_args: Option<String>,
    /// Specify extra arguments to pass to sftp only (e.g. -f, -l).
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub(super) sftp_extra_args: Option<String>,
    /// Specify extra arguments to pass to scp only (e.g. -l).
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub(super) scp_extra_args: Option<String>,
    /// Specify extra arguments to pass to ssh only (e.g. -R).
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub(super) ssh_extra_args: Option<String>,
    /// Ask for connection password.
    #[arg(short = 'k', long = "ask-pass", conflicts_with = "connection_password_file")]
    pub(super) ask_pass: bool,
    /// Connection password file.
    #[arg(long, alias = "conn-pass-file", value_name = "FILE")]
    pub(super) connection_password_file: Option<PathBuf>,
}

/// Control how and which user you become as on target hosts.
#[derive(Clone, Debug, Args)]
pub(super) struct BecomeUserFlags {
    /// Run operations with become (does not imply password prompting).
    #[arg(short = 'b', long = "become")]
    become_: bool,
    /// Privilege escalation method to use.
    #[arg(long, value_name = "BECOME_METHOD")]
    become_method: Option<String>,
    /// Run operations as this user.
    #[arg(long, value_name = "BECOME_USER")]
    become_user: Option<String>,
    /// Ask for privilege escalation password.
    #[arg(short = 'K', long = "ask-become-pass", conflicts_with = "become_password_file")]
    pub(super) ask_become_pass: bool,
    /// Become password file.
    #[arg(long, alias = "become-pass-file", value_name = "FILE")]
    pub(super) become_password_file: Option<PathBuf>,
}

/// How a run is carried out.
#[derive(Clone, Debug, Args)]
pub(super) struct RunFlags {
    /// Don't make any changes; instead, try to predict some of the changes that may occur.
    #[arg(short = 'C', long)]
    check: bool,
    /// When changing (small) files and templates, show the differences in those files.
    #[arg(short = 'D', long)]
    diff: bool,
    /// Specify number of parallel processes to use (default: the number of hosts, up to 64).
    #[arg(short = 'f', long, value_name = "FORKS")]
    forks: Option<usize>,
    /// Prepend colon-separated path(s) to module library.
    #[arg(short = 'M', long = "module-path", value_name = "MODULE_PATH")]
    pub(super) module_path: Vec<String>,
    /// Outputs a list of matching hosts; does not execute anything else.
    #[arg(long)]
    pub(super) list_hosts: bool,
    /// In what form the run is shown.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) output: Option<super::display::Output>,
}

/// The flags of a command that runs tasks.
#[derive(Clone, Debug, Args)]
pub(super) struct AllFlags {
    #[command(flatten)]
    pub(super) inventory: InventoryFlags,
    #[command(flatten)]
    pub(super) general: GeneralFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
    #[command(flatten, next_help_heading = "Connection Options")]
    pub(super) connection: ConnectionFlags,
    #[command(flatten, next_help_heading = "Privilege Escalation Options")]
    pub(super) become_user: BecomeUserFlags,
    #[command(flatten, next_help_heading = "Vault")]
    pub(super) vault: VaultFlags,
}

impl GeneralFlags {
    /// `-v` counted on top of what the configuration says.
    pub(super) fn verbosity(&self, config: &Config) -> u8 {
        if self.verbose > 0 { self.verbose } else { config.settings.verbosity }
    }
}

impl AllFlags {
    /// Says of flags that are taken and have no effect yet that it is so.
    pub(super) fn warn_of_what_is_not_there(&self, screen: &mut Screen) {
        if !self.run.module_path.is_empty() {
            screen.warning("-M has no effect yet: impel runs its own modules only");
        }
    }

    /// What the flags say about a run. Asks for passwords where they are wanted.
    ///
    /// # Errors
    /// A flag's value cannot be; a password cannot be had.
    pub(super) fn options(&self, config: &Config) -> Result<RunOptions, Failure> {
        if self.run.forks == Some(0) || config.settings.forks == Some(0) {
            let message = "The number of processes (--forks) must be >= 1";
            return Err(Failure::with_code(Diagnostic::new(ErrorKind::Options, message), 2));
        }
        let settings = &config.settings;
        let method = self.become_user.become_method.clone();
        let connection = &self.connection;
        let become_user = &self.become_user;
        let found = passwords(
            Wanted {
                ask_connection: connection.ask_pass || settings.ask_pass,
                connection_file: connection
                    .connection_password_file
                    .as_deref()
                    .or(settings.connection_password_file.as_deref()),
                ask_become: become_user.ask_become_pass || settings.become_ask_pass,
                become_file: become_user
                    .become_password_file
                    .as_deref()
                    .or(settings.become_password_file.as_deref()),
                method: "BECOME",
            },
            &Person,
        )?;
        Ok(RunOptions {
            limit: self.inventory.limit.clone(),
            forks: self.run.forks.or(settings.forks),
            extra_vars: self.general.extra_vars.iter().map(|text| ExtraVars::parse(text)).collect(),
            check: self.run.check,
            diff: self.run.diff || settings.diff,
            flush_cache: self.inventory.flush_cache,
            remote_user: connection.user.clone(),
            connection: connection.connection.clone(),
            timeout: connection.timeout,
            private_key: connection.private_key.clone(),
            connection_password: found.connection,
            become_: BecomeFlags {
                on: become_user.become_,
                method,
                user: become_user.become_user.clone(),
                password: found.become_,
            },
            ssh: SshArguments {
                common: connection.ssh_common_args.clone(),
                extra: connection.ssh_extra_args.clone(),
                sftp_extra: connection.sftp_extra_args.clone(),
                scp_extra: connection.scp_extra_args.clone(),
            },
            verbosity: self.general.verbosity(config),
            log_verbosity: match config.get("LOG_VERBOSITY").map(|setting| &setting.value) {
                Some(Data::Int(level)) if settings.log_path.is_some() => u8::try_from(*level).unwrap_or(0),
                _ => 0,
            },
            unmasked: self.general.no_mask,
            ..RunOptions::default()
        })
    }
}

/// Loads the configuration of this process.
pub(super) fn configuration() -> Result<Config, Failure> {
    Ok(Config::load(&crate::config::Environment::process())?)
}

/// Prints the version where that was asked for.
pub(super) fn version(caller: &Caller, flags: &GeneralFlags) -> Result<bool, Failure> {
    if flags.version {
        print_version(caller)?;
    }
    Ok(flags.version)
}

/// Prints the version as the caller's name asks for it.
pub(super) fn print_version(caller: &Caller) -> Result<(), Failure> {
    match caller {
        Caller::Impel => streams::out(format!("impel {}\n", super::version::IMPEL))?,
        Caller::Ansible(name) => {
            streams::out(super::version::of_ansible(name, &configuration()?) + "\n")?;
        }
    }
    Ok(())
}

impl RunOptions {
    /// Makes the passwords known as secrets, so that no sink shows them.
    pub(super) fn hide_passwords(&self, masks: &Masks) {
        for password in [&self.connection_password, &self.become_.password].into_iter().flatten() {
            masks.add(password.reveal());
        }
    }
}
