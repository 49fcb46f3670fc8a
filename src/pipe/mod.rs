//! Long-lived shells on hosts: the wire protocol, what carries it, and becoming other users.

mod become_user;
mod carrier;
mod child;
mod connection;
mod local;
mod outgoing;
#[cfg(feature = "fuzzing")]
pub mod probes;
mod prompt;
mod shell;
mod spec;
mod ssh;
mod wire;

pub use become_user::{Become, Method};
pub use connection::Connection;
pub use prompt::{Nobody, Note, Prompter, Terminal, Unanswered};
pub use shell::Shell;
pub use spec::{ConnectionSpec, Reach, Secret, SshSpec, Transport};
pub use wire::minify;

/// The name of whoever runs impel, where the system knows it.
pub fn login_name() -> Option<String> {
    Some(ssh::login().0.clone()).filter(|name| !name.is_empty())
}
