//! `impel vault`, `ansible-vault`: encrypts, shows, edits and decrypts files and strings.

mod editor;
mod files;
pub(super) mod passwords;
mod strings;

use super::display;
use super::error::{Caller, Ended, Failure};
use super::flags::{self, VaultFlags};
use super::passwords::INTERRUPTED;
use super::streams;
use crate::config::Config;
use crate::diag::{Diagnostic, ErrorKind};
use crate::report::Screen;
use crate::template::filters::{expand_user, expand_vars};
use crate::vault::{Secret, Vault};
use clap::{ArgAction, Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Encryption/decryption utility for Ansible data files.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Show version, config file location and executable location.
    #[arg(long)]
    version: bool,
    /// Say more; up to -vvvv.
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Create new vault encrypted file.
    Create {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        by: EncryptBy,
        /// Allows editor to be opened when no tty attached.
        #[arg(long)]
        skip_tty_check: bool,
    },
    /// Decrypt vault encrypted file or string.
    Decrypt {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        to: Output,
    },
    /// Edit vault encrypted file.
    Edit {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        by: EncryptBy,
    },
    /// View vault encrypted file.
    View {
        #[command(flatten)]
        common: Common,
    },
    /// Encrypt YAML file.
    Encrypt {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        by: EncryptBy,
        #[command(flatten)]
        to: Output,
    },
    /// Encrypt a string.
    #[command(name = "encrypt_string")]
    EncryptString {
        #[command(flatten)]
        vault: VaultFlags,
        #[command(flatten)]
        by: EncryptBy,
        #[command(flatten)]
        to: Output,
        #[command(flatten)]
        strings: strings::Strings,
    },
    /// Re-key a vault encrypted file.
    Rekey {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        by: EncryptBy,
        /// New vault password file for rekey.
        #[arg(long, conflicts_with = "new_vault_id", value_name = "NEW_VAULT_PASSWORD_FILE")]
        new_vault_password_file: Option<PathBuf>,
        /// The new vault identity to use for rekey.
        #[arg(long, value_name = "NEW_VAULT_ID")]
        new_vault_id: Option<String>,
    },
}

impl Action {
    /// Refuses names that a vault's first line cannot hold.
    fn check_names(&self) -> Result<(), Diagnostic> {
        let vault = match self {
            Action::EncryptString { vault, .. } => vault,
            Action::Create { common, .. }
            | Action::Decrypt { common, .. }
            | Action::Edit { common, .. }
            | Action::View { common }
            | Action::Encrypt { common, .. }
            | Action::Rekey { common, .. } => &common.vault,
        };
        match vault.ids.iter().find(|id| id.contains(';')) {
            Some(id) => Err(options_error(format!(
                "{} is not a valid vault id. The character ';' is not allowed in vault ids",
                crate::yaml::repr::of_str(id)
            ))),
            None => Ok(()),
        }
    }
}

/// What every action on files takes.
#[derive(Clone, Debug, Args)]
struct Common {
    /// Filename.
    #[arg(value_name = "file_name")]
    files: Vec<String>,
    #[command(flatten)]
    vault: VaultFlags,
}

/// Which of several passwords encrypts.
#[derive(Clone, Debug, Args)]
struct EncryptBy {
    /// The vault id used to encrypt (required if more than one vault-id is provided).
    #[arg(long, value_name = "ENCRYPT_VAULT_ID")]
    encrypt_vault_id: Option<String>,
}

/// Where the result goes.
#[derive(Clone, Debug, Args)]
struct Output {
    /// Output file name for encrypt or decrypt; use - for stdout.
    #[arg(long, value_name = "OUTPUT_FILE")]
    output: Option<String>,
}

/// What a command works with.
struct Desk {
    config: Config,
    screen: Screen,
    /// Whether a signal asked for the end while the editor ran.
    interrupted: Arc<AtomicBool>,
}

/// Does what the action says.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    if arguments.version {
        flags::print_version(caller)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(action) = arguments.action else {
        streams::err("error: the following arguments are required: action");
        streams::err("choose from create, decrypt, edit, view, encrypt, encrypt_string, rekey");
        return Ok(ExitCode::from(2));
    };
    let config = flags::configuration()?;
    let verbosity = if arguments.verbose > 0 { arguments.verbose } else { config.settings.verbosity };
    // what is shown here is shown because it was asked for
    let mut screen = display::screen(&config, verbosity, true)?;
    display::greet(&mut screen, &config, caller);
    let mut desk = Desk { config, screen, interrupted: Arc::default() };
    match desk.run(action) {
        Err(error) if desk.interrupted.load(Ordering::SeqCst) => Err(Failure::with_code(error, INTERRUPTED)),
        ended => Ok(ended.map(|()| ExitCode::SUCCESS)?),
    }
}

/// Something for the person, beside what is asked for.
fn say(text: &str) {
    streams::err(text);
}

fn options_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(ErrorKind::Options, message)
}

impl Desk {
    fn run(&mut self, action: Action) -> Result<(), Diagnostic> {
        action.check_names()?;
        match action {
            Action::Encrypt { common, by, to } => {
                to.check(&common)?;
                let by = self.encrypting(&common.vault, &by)?;
                self.encrypt(&common.files, &by, to.file().as_deref())
            }
            Action::Decrypt { common, to } => {
                to.check(&common)?;
                let vault = self.decrypting(&common.vault)?;
                self.decrypt(&common.files, &vault, to.file().as_deref())
            }
            Action::View { common } => {
                let vault = self.decrypting(&common.vault)?;
                self.view(&common.files, &vault)
            }
            Action::Create { common, by, skip_tty_check } => {
                let [file] = &common.files[..] else {
                    return Err(options_error("ansible-vault create can take only one filename argument"));
                };
                let by = self.encrypting(&common.vault, &by)?;
                self.create(file, &by, skip_tty_check)
            }
            Action::Edit { common, by: _ } => {
                // a file stays with the password that it has
                let vault = self.decrypting(&common.vault)?;
                common.files.iter().try_for_each(|file| self.edit(file, &vault))
            }
            Action::Rekey { common, by, new_vault_password_file, new_vault_id } => {
                let vault = self.decrypting(&common.vault)?;
                let named = self.chosen(&by);
                let wants = passwords::renewed(
                    new_vault_id.as_deref(),
                    new_vault_password_file.as_deref(),
                    &common.vault,
                    named.is_some(),
                    &self.config,
                );
                let secrets = passwords::secrets(&wants, &self.config, true, &mut self.screen)?;
                let by = self.encrypting_with(secrets, named.as_deref())?;
                common.files.iter().try_for_each(|file| self.rekey(file, &vault, &by))?;
                say("Rekey successful");
                Ok(())
            }
            Action::EncryptString { vault, by, to, strings } => {
                strings.check()?;
                let by = self.encrypting(&vault, &by)?;
                self.encrypt_strings(strings, &by, to.file().as_deref())
            }
        }
    }

    /// The passwords to decrypt with.
    fn decrypting(&mut self, given: &VaultFlags) -> Result<Vault, Diagnostic> {
        let wants = passwords::wanted(given, &self.config, true);
        let secrets = passwords::secrets(&wants, &self.config, false, &mut self.screen)?;
        if secrets.is_empty() {
            return Err(options_error("A vault password is required to use Ansible's Vault"));
        }
        let settings = &self.config.settings;
        Ok(Vault::new(secrets, &settings.vault_identity, settings.vault_id_match))
    }

    /// The password to encrypt with.
    fn encrypting(&mut self, given: &VaultFlags, by: &EncryptBy) -> Result<EncryptWith, Diagnostic> {
        let wants = passwords::wanted(given, &self.config, true);
        let secrets = passwords::secrets(&wants, &self.config, true, &mut self.screen)?;
        let named = self.chosen(by);
        if secrets.len() > 1 && named.is_none() {
            let names: Vec<&str> = secrets.iter().map(|secret| secret.id.as_str()).collect();
            return Err(options_error(format!(
                "The vault-ids {} are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id",
                names.join(",")
            )));
        }
        self.encrypting_with(secrets, named.as_deref())
    }

    /// Which of several passwords encrypts, where that is said.
    fn chosen(&self, by: &EncryptBy) -> Option<String> {
        by.encrypt_vault_id.clone().or_else(|| self.config.settings.vault_encrypt_identity.clone())
    }

    fn encrypting_with(&self, secrets: Vec<Secret>, named: Option<&str>) -> Result<EncryptWith, Diagnostic> {
        let names: Vec<String> = secrets.iter().map(|secret| crate::yaml::repr::of_str(&secret.id)).collect();
        let mut secrets = secrets.into_iter();
        let secret = match named {
            Some(named) => secrets.find(|secret| secret.id == named).ok_or_else(|| {
                Diagnostic::user(format!(
                    "Did not find a match for --encrypt-vault-id={named} in the known vault-ids [{}]",
                    names.join(", ")
                ))
            })?,
            None => secrets
                .next()
                .ok_or_else(|| options_error("A vault password is required to use Ansible's Vault"))?,
        };
        Ok(self.with(secret))
    }

    /// A password as one to encrypt with. Its name is written into the vault, save `default`: that very word,
    /// whatever `vault_identity` is.
    fn with(&self, secret: Secret) -> EncryptWith {
        let id = Some(secret.id).filter(|id| id != "default");
        EncryptWith { password: secret.password, id, salt: self.config.settings.vault_encrypt_salt.clone() }
    }
}

impl Output {
    /// The file's name, `~` and variables expanded.
    fn file(&self) -> Option<String> {
        let variable = |name: &str| std::env::var(name).ok();
        let expanded = |text: &String| expand_user(&expand_vars(text, variable), variable("HOME").as_deref());
        self.output.as_ref().map(expanded)
    }

    fn check(&self, common: &Common) -> Result<(), Diagnostic> {
        match self.output.is_some() && common.files.len() > 1 {
            true => Err(options_error("At most one input file may be used with the --output option")),
            false => Ok(()),
        }
    }
}

/// What something is encrypted with.
struct EncryptWith {
    password: crate::vault::Password,
    id: Option<String>,
    salt: Option<String>,
}

impl EncryptWith {
    fn seal(&self, plain: &[u8]) -> Result<String, Diagnostic> {
        if crate::vault::is_encrypted(plain) {
            return Err(Diagnostic::user("input is already encrypted"));
        }
        let salt = self.salt.as_deref().map(str::as_bytes);
        Ok(crate::vault::seal(plain, &self.password, salt, self.id.as_deref())?)
    }
}
