//! Logging in: what OpenSSH would try, in its order, and the list of it where nothing was good enough.

use std::path::{Path, PathBuf};

use ssh2::{ErrorCode, KeyboardInteractivePrompt, PublicKey, Session};

use super::super::prompt::Prompter;
use super::super::spec::Secret;
use super::keys::{self, KeyFile};
use super::settings::Settings;

/// The server said no to this very attempt.
const AUTHENTICATION_FAILED: i32 = -18;
const PUBLICKEY_UNVERIFIED: i32 = -19;
const PASSWORD_EXPIRED: i32 = -15;

/// Who logs in, with what.
pub struct Login<'a> {
    pub user: &'a str,
    /// What the user calls the host.
    pub host: &'a str,
    pub settings: &'a Settings,
    pub password: Option<&'a Secret>,
    pub key_passphrase: Option<&'a Secret>,
    pub prompter: &'a dyn Prompter,
    /// Nobody vouches for the host: send no password.
    pub no_password: bool,
}

/// Why logging in failed.
pub enum Refused {
    /// What was tried.
    Denied(String),
    /// The `ssh` program can use a key that libssh2 cannot.
    Binary(String),
    /// The connection broke.
    Lost(String),
}

impl Login<'_> {
    /// Tries what the configuration allows and the server offers.
    ///
    /// # Errors
    /// All that was tried, and how it went.
    pub fn log_in(&self, session: &Session, turns: &mut u64) -> Result<(), Refused> {
        let mut tried = Tried::default();
        // Without a password only a key can open, so what the server offers need not be asked first.
        let keys_first = self.settings.publickey
            && self.password.is_none()
            && self.settings.preferred.first().is_some_and(|method| method == "publickey");
        *turns += 1;
        if keys_first {
            self.keys(session, &mut tried)?;
            if session.authenticated() {
                *turns += tried.turns;
                return Ok(());
            }
        }
        *turns += 1;
        let offered = match session.auth_methods(self.user) {
            Ok(methods) => methods.to_owned(),
            Err(_) if session.authenticated() => return Ok(()),
            // After too many keys the server hangs up.
            Err(_) if !tried.notes.is_empty() => "publickey".to_owned(),
            Err(error) => return Err(Refused::Lost(error.message().to_owned())),
        };
        for method in &self.settings.preferred {
            if !offered.split(',').any(|name| name == method) {
                continue;
            }
            match method.as_str() {
                "publickey" if self.settings.publickey && !keys_first => self.keys(session, &mut tried)?,
                "keyboard-interactive" if self.settings.keyboard_interactive && !self.no_password => {
                    self.questions(session, &mut tried);
                }
                "password" if self.settings.password && !self.no_password => self.word(session, &mut tried),
                _ => {}
            }
            if session.authenticated() {
                *turns += tried.turns;
                return Ok(());
            }
        }
        let mut message = format!("{}@{}: Permission denied ({offered}).", self.user, self.host);
        if self.no_password && self.password.is_some() {
            tried.notes.push("no password is sent to a host whose key has changed".into());
        }
        if tried.notes.is_empty() {
            message.push_str(" Nothing could be tried: no key, no agent, no password.");
        } else {
            message.push_str(&format!(" Tried: {}.", tried.notes.join("; ")));
        }
        Err(Refused::Denied(message))
    }

    /// The agent's keys that the configuration names, its other ones, then the key files.
    fn keys(&self, session: &Session, tried: &mut Tried) -> Result<(), Refused> {
        let mut files = Vec::new();
        for path in self.settings.identities(self.host, self.user) {
            match KeyFile::read(&path) {
                Ok(Some(key)) => files.push(key),
                Ok(None) if self.settings.identity_files.is_empty() => {}
                // A public key without its private half names one of the agent's.
                Ok(None) => tried.notes.push(format!("key {}: no such file", path.display())),
                Err(why) => tried.notes.push(format!("key {why}")),
            }
        }
        let mut wanted: Vec<Vec<u8>> = files.iter().filter_map(KeyFile::blob).collect();
        wanted.extend(
            self.settings.identities(self.host, self.user).iter().filter_map(|path| public_half(path)),
        );
        let refused = self.agent(session, &wanted, tried);
        if session.authenticated() {
            return Ok(());
        }
        for key in &files {
            if key.is_in_device() {
                return Err(Refused::Binary(format!("the key {} is in a device", key.path.display())));
            }
            if key.blob().is_some_and(|blob| refused.contains(&blob)) {
                continue;
            }
            let certificate = key.certificate.clone().or_else(|| self.certificate_for(key));
            for public in certificate.iter().map(Some).chain([key.public.as_ref()]) {
                self.file(session, key, public.map(String::as_str), tried);
                if session.authenticated() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A configured certificate for `key`. Which key it is for stands inside, so each is tried with each.
    fn certificate_for(&self, key: &KeyFile) -> Option<String> {
        let kind = keys::key_type(&key.blob()?)?;
        self.settings.certificate_files.iter().find_map(|file| {
            let text = std::fs::read_to_string(self.settings.expand(file, self.host, self.user)).ok()?;
            text.starts_with(&kind).then(|| text.trim().to_owned())
        })
    }

    fn file(&self, session: &Session, key: &KeyFile, public: Option<&str>, tried: &mut Tried) {
        let name = key.path.display();
        let mut attempt = |passphrase: Option<&Secret>| {
            tried.turns += 2;
            session.userauth_pubkey_memory(self.user, public, &key.text, passphrase.map(Secret::reveal))
        };
        let given = self.key_passphrase.filter(|_| key.encrypted);
        let outcome = match (key.encrypted && given.is_none() && public.is_none(), given) {
            // Without the public half nothing can be asked of the server before the key is opened.
            (true, _) => Err(None),
            (false, given) => attempt(given).map_err(Some),
        };
        let Err(error) = outcome else { return };
        if error.as_ref().is_some_and(says_no) || !key.encrypted || given.is_some() {
            let why = match error {
                Some(error) if says_no(&error) => "refused by the server".to_owned(),
                Some(error) if key.encrypted => format!("wrong passphrase ({})", error.message()),
                Some(error) => error.message().to_owned(),
                None => String::new(),
            };
            tried.notes.push(format!("key {name}: {why}"));
            return;
        }
        if self.settings.batch_mode {
            tried.notes.push(format!("key {name}: needs a passphrase"));
            return;
        }
        for _ in 0..3 {
            let Some(passphrase) = keys::passphrase(&key.path, self.prompter) else {
                tried.notes.push(format!("key {name}: needs a passphrase (add it to an agent with ssh-add)"));
                return;
            };
            match attempt(Some(&passphrase)) {
                Ok(()) => return,
                Err(error) if says_no(&error) => {
                    tried.notes.push(format!("key {name}: refused by the server"));
                    return;
                }
                Err(_) => keys::forget_passphrase(&key.path),
            }
        }
        tried.notes.push(format!("key {name}: wrong passphrase"));
    }

    /// Offers the agent's keys; those that the server refused.
    fn agent(&self, session: &Session, wanted: &[Vec<u8>], tried: &mut Tried) -> Vec<Vec<u8>> {
        let path = match self.settings.identity_agent.as_deref() {
            Some("none") => return Vec::new(),
            Some(path) => self.settings.expand(path, self.host, self.user),
            None => PathBuf::from(std::env::var_os("SSH_AUTH_SOCK").unwrap_or_default()),
        };
        if path.as_os_str().is_empty() {
            return Vec::new();
        }
        let open = || {
            let mut agent = session.agent()?;
            agent.set_identity_path(&path)?;
            agent.connect()?;
            agent.list_identities()?;
            let identities = agent.identities()?;
            Ok::<_, ssh2::Error>((agent, identities))
        };
        let (agent, identities) = match open() {
            Ok(opened) => opened,
            Err(error) => {
                tried.notes.push(format!("agent {}: {}", path.display(), error.message()));
                return Vec::new();
            }
        };
        let named = |identity: &&PublicKey| wanted.iter().any(|blob| blob == identity.blob());
        let (first, others): (Vec<&PublicKey>, Vec<&PublicKey>) = identities.iter().partition(named);
        let others = if self.settings.identities_only { Vec::new() } else { others };
        let mut refused = Vec::new();
        for identity in first.into_iter().chain(others) {
            tried.turns += 2;
            match agent.userauth(self.user, identity) {
                Ok(()) => return refused,
                Err(error) => {
                    let why = if says_no(&error) { "refused by the server" } else { error.message() };
                    tried.notes.push(format!("agent's key {}: {why}", identity.comment()));
                    refused.push(identity.blob().to_vec());
                }
            }
        }
        refused
    }

    fn questions(&self, session: &Session, tried: &mut Tried) {
        let mut answers = Answers { login: self, sent: false };
        tried.turns += 2;
        if let Err(error) = session.userauth_keyboard_interactive(self.user, &mut answers) {
            let why = if says_no(&error) { "refused by the server" } else { error.message() };
            tried.notes.push(format!("keyboard-interactive: {why}"));
        }
    }

    fn word(&self, session: &Session, tried: &mut Tried) {
        let asked = || {
            let question = format!("{}@{}'s password: ", self.user, self.host);
            self.prompter.ask_secret(&question).filter(|_| !self.settings.batch_mode)
        };
        let Some(password) = self.password.cloned().or_else(asked) else { return };
        tried.turns += 1;
        if let Err(error) = session.userauth_password(self.user, password.reveal()) {
            let why = match error.code() {
                ErrorCode::Session(PASSWORD_EXPIRED) => "expired: it must be changed by logging in once",
                _ if says_no(&error) => "refused by the server",
                _ => error.message(),
            };
            tried.notes.push(format!("password: {why}"));
        }
    }
}

#[derive(Default)]
struct Tried {
    notes: Vec<String>,
    turns: u64,
}

fn says_no(error: &ssh2::Error) -> bool {
    // The same code stands for a key that could not be used for signing: locked, or a wrong passphrase.
    matches!(error.code(), ErrorCode::Session(AUTHENTICATION_FAILED | PUBLICKEY_UNVERIFIED))
        && !error.message().contains("Callback returned error")
}

fn public_half(path: &Path) -> Option<Vec<u8>> {
    let own = std::fs::read_to_string(path).ok().filter(|text| !text.contains("PRIVATE"));
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    keys::blob(&own.or_else(|| std::fs::read_to_string(name).ok())?)
}

/// Answers a server's questions: the password once, anything else by asking the user.
struct Answers<'a> {
    login: &'a Login<'a>,
    sent: bool,
}

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt<'a>(&mut self, _user: &str, instructions: &str, prompts: &[ssh2::Prompt<'a>]) -> Vec<String> {
        let mut answers = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            let mut answer = None;
            if !prompt.echo && !self.sent {
                answer = self.login.password.map(|password| password.reveal().to_owned());
                self.sent = answer.is_some();
            }
            let question = format!("{instructions}{}", prompt.text);
            if answer.is_none() && !self.login.settings.batch_mode {
                answer = if prompt.echo {
                    self.login.prompter.ask(&question)
                } else {
                    self.login.prompter.ask_secret(&question).map(|secret| secret.reveal().to_owned())
                };
            }
            answers.push(answer.unwrap_or_default());
        }
        answers
    }
}
