//! One host: what its shells are opened through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use impel_modules::host::{PipeError, Traffic};

use super::become_user::{Become, Refusal};
use super::carrier::Carrier;
use super::local;
use super::prompt::Prompter;
use super::shell::Shell;
use super::spec::{ConnectionSpec, Reach};
use super::wire::Nonce;

/// How long a password dialogue may take where the connection names no time.
const PATIENCE: Duration = Duration::from_secs(12);

/// A host that can be reached; nothing is opened before it is needed. Clones share one SSH session.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    spec: ConnectionSpec,
    #[expect(dead_code, reason = "asked by SSH")]
    prompter: Arc<dyn Prompter>,
}

/// A shell that has been started and has not been spoken to.
pub struct Opened {
    pub carrier: Box<dyn Carrier>,
    pub nonce: Nonce,
}

impl Connection {
    /// A host as `spec` says; `prompter` is asked about host keys and passphrases.
    pub fn new(spec: ConnectionSpec, prompter: Arc<dyn Prompter>) -> Connection {
        Connection { shared: Arc::new(Shared { spec, prompter }) }
    }

    /// The shell of `identity` (`None`: the user that logs in), opened by its first exchange.
    pub fn shell(&self, identity: Option<Become>) -> Shell {
        Shell::new(self.clone(), identity)
    }

    /// What it was made from.
    pub fn spec(&self) -> &ConnectionSpec {
        &self.shared.spec
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
        let terminal = terminal || identity.is_some_and(Become::needs_terminal);
        let (mut carrier, patience): (Box<dyn Carrier>, Duration) = match &spec.reach {
            Reach::Ssh(_) => {
                return Err(Refusal::Failed(PipeError::Lost("connection ssh is not there yet".into())));
            }
            Reach::Local | Reach::Chroot { .. } | Reach::Exec { .. } => {
                (Box::new(local::open(spec, identity, &nonce, terminal).map_err(Refusal::Failed)?), PATIENCE)
            }
        };
        if let Some(identity) = identity.filter(|identity| identity.waits()) {
            identity.converse(&mut *carrier, &nonce, Instant::now() + patience, &mut traffic.turns)?;
        }
        Ok(Opened { carrier, nonce })
    }
}
