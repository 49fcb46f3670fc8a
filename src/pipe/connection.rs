//! One host: what its shells are opened through.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use impel_modules::host::{PipeError, Traffic};

use super::become_user::{Become, Refusal, quote, said};
use super::carrier::{Carrier, Ending};
use super::local;
use super::prompt::{Note, Noting, Prompter};
use super::shell::Shell;
use super::spec::{ConnectionSpec, Reach, SshSpec, Transport};
use super::ssh::{self, Choice, NoSession, Session};
use super::wire::{LOOP, Nonce};

/// How long a password dialogue may take where the connection names no time.
const PATIENCE: Duration = Duration::from_secs(12);

/// A host that can be reached; nothing is opened before it is needed. Clones share one SSH session.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    spec: ConnectionSpec,
    prompter: Arc<dyn Prompter>,
    ssh: Mutex<SshState>,
    notes: Mutex<Vec<Note>>,
}

/// What has been found out about reaching the host by SSH.
#[derive(Default)]
struct SshState {
    choice: Option<Arc<Choice>>,
    session: Option<Arc<Session>>,
}

/// A shell that has been started and has not been spoken to.
pub struct Opened {
    pub carrier: Box<dyn Carrier>,
    pub nonce: Nonce,
}

impl Connection {
    /// A host as `spec` says; `prompter` is asked about host keys and passphrases.
    pub fn new(spec: ConnectionSpec, prompter: Arc<dyn Prompter>) -> Connection {
        Connection {
            shared: Arc::new(Shared { spec, prompter, ssh: Mutex::default(), notes: Mutex::default() }),
        }
    }

    /// The shell of `identity` (`None`: the user that logs in), opened by its first exchange.
    pub fn shell(&self, identity: Option<Become>) -> Shell {
        Shell::new(self.clone(), identity)
    }

    /// What it was made from.
    pub fn spec(&self) -> &ConnectionSpec {
        &self.shared.spec
    }

    /// Who speaks SSH with the host and why, once that is settled.
    pub fn chosen(&self) -> Option<String> {
        match self.ssh().choice.as_deref()? {
            Choice::Ssh2(_) => Some("libssh2: the configuration asks for nothing that it cannot do".into()),
            Choice::Binary(why) => Some(format!("the ssh program: {why}")),
        }
    }

    /// What came up since this was last asked.
    pub fn take_notes(&self) -> Vec<Note> {
        std::mem::take(&mut *self.shared.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn noting(&self) -> Noting<'_> {
        Noting { person: &*self.shared.prompter, notes: &self.shared.notes }
    }

    /// Gives up the SSH session: the next shell connects anew. Shells that are open keep theirs.
    pub fn reset(&self) {
        *self.ssh() = SshState::default();
    }

    fn ssh(&self) -> MutexGuard<'_, SshState> {
        self.shared.ssh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a shell that ended with status 255 never reached the host.
    pub(super) fn is_ssh_program(&self) -> bool {
        matches!(self.ssh().choice.as_deref(), Some(Choice::Binary(_)))
    }

    /// Starts a shell, with its password dialogue where there is one.
    pub(super) fn open(
        &self,
        identity: Option<&Become>,
        terminal: bool,
        traffic: &mut Traffic,
    ) -> Result<Opened, Refusal> {
        let spec = self.spec();
        let nonce = Nonce::new().map_err(Refusal::Failed)?;
        if let Some(identity) = identity {
            self.noting().note(Note::Chosen(identity.told()));
        }
        let terminal = terminal || identity.is_some_and(Become::needs_terminal);
        let (mut carrier, patience): (Box<dyn Carrier>, Duration) = match &spec.reach {
            Reach::Ssh(ssh) => {
                let shell = match identity {
                    Some(identity) => identity.command(&spec.shell, &nonce),
                    None => format!("{} -c '{LOOP}'", quote(&spec.shell)),
                };
                (
                    self.over_ssh(ssh, &shell, terminal, traffic).map_err(Refusal::Failed)?,
                    ssh.timeout + PATIENCE,
                )
            }
            Reach::Local | Reach::Chroot { .. } | Reach::Exec { .. } => {
                (Box::new(local::open(spec, identity, &nonce, terminal).map_err(Refusal::Failed)?), PATIENCE)
            }
        };
        if let Some(identity) = identity.filter(|identity| identity.waits()) {
            let mut seen = Vec::new();
            let until = Instant::now() + patience;
            let ready = identity.converse(&mut *carrier, &nonce, until, &mut traffic.turns, &mut seen);
            if let Err(refusal) = ready {
                let unreached = self.is_ssh_program() && carrier.ending() == Some(Ending::Status(255));
                return Err(if unreached {
                    let why = said(&seen);
                    Refusal::Failed(PipeError::Lost(format!("Failed to connect to the host via ssh: {why}")))
                } else {
                    refusal
                });
            }
        }
        Ok(Opened { carrier, nonce })
    }

    /// Runs `command` on the host, over the session that is there or a new one.
    fn over_ssh(
        &self,
        ssh: &SshSpec,
        command: &str,
        terminal: bool,
        traffic: &mut Traffic,
    ) -> Result<Box<dyn Carrier>, PipeError> {
        let mut state = self.ssh();
        let noting = self.noting();
        let unreachable =
            |why: String| PipeError::Lost(format!("Failed to connect to the host via ssh: {why}"));
        let choice = match &state.choice {
            Some(choice) => choice.clone(),
            None => {
                let choice = Arc::new(ssh::resolve(ssh).map_err(unreachable)?);
                let by = match &*choice {
                    Choice::Ssh2(_) => "libssh2".to_owned(),
                    Choice::Binary(why) => format!("the ssh program: {why}"),
                };
                noting.note(Note::Chosen(format!("connecting by {by}")));
                state.choice.insert(choice).clone()
            }
        };
        let Choice::Ssh2(settings) = &*choice else {
            return Ok(Box::new(ssh::open_binary(ssh, command, terminal)?));
        };
        // A session that died since it was last used is worth one new one.
        if let Some(session) = state.session.take_if(|session| !session.is_dead()) {
            match session.run(command, terminal, &mut traffic.turns) {
                Ok(channel) => {
                    state.session = Some(session);
                    return Ok(Box::new(channel));
                }
                Err(broken) if !session.is_dead() => {
                    state.session = Some(session);
                    return Err(unreachable(broken.0));
                }
                Err(_) => {}
            }
        }
        let mut attempt = 0;
        let session = loop {
            match Session::connect(ssh, settings, &noting, 0, &mut traffic.turns) {
                Ok(session) => break Arc::new(session),
                Err(NoSession::Lost(_)) if attempt < ssh.retries => {
                    attempt += 1;
                    std::thread::sleep(Duration::from_secs(u64::from(attempt.min(5))));
                }
                Err(NoSession::Lost(why)) => return Err(unreachable(why)),
                Err(NoSession::Binary(why)) if ssh.transport == Transport::Ssh2 => {
                    return Err(unreachable(why));
                }
                Err(NoSession::Binary(why)) => {
                    noting.note(Note::Chosen(format!("connecting by the ssh program after all: {why}")));
                    state.choice = Some(Arc::new(Choice::Binary(why)));
                    return Ok(Box::new(ssh::open_binary(ssh, command, terminal)?));
                }
            }
        };
        let channel =
            session.run(command, terminal, &mut traffic.turns).map_err(|broken| unreachable(broken.0))?;
        state.session = Some(session);
        Ok(Box::new(channel))
    }
}
