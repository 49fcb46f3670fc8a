//! What the engine knows about reaching a host, filled in from its variables.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use zeroize::Zeroizing;

/// A password or passphrase: never printed, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text` as a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself, for the place that must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A host and how it is reached.
#[derive(Clone, Debug)]
pub struct ConnectionSpec {
    /// The inventory's name, for messages.
    pub host: String,
    /// What carries the shell.
    pub reach: Reach,
    /// The shell that is started at the other end (`ansible_shell_executable`).
    pub shell: String,
    /// Set to end every exchange at once (the second interrupt).
    pub cut: Arc<AtomicBool>,
}

impl ConnectionSpec {
    /// A host reached by `reach`, with `sh` at the other end.
    pub fn new(host: impl Into<String>, reach: Reach) -> ConnectionSpec {
        ConnectionSpec { host: host.into(), reach, shell: "sh".into(), cut: Arc::default() }
    }

    /// The machine that impel runs on.
    pub fn local(host: impl Into<String>) -> ConnectionSpec {
        ConnectionSpec::new(host, Reach::Local)
    }
}

/// What carries a shell: the connection plugin.
#[derive(Clone, Debug)]
pub enum Reach {
    /// A child of impel itself.
    Local,
    /// A child under another root folder.
    Chroot {
        /// The folder (`ansible_host` or the inventory's name).
        root: PathBuf,
        /// The program that changes root (`ansible_chroot_exe`).
        executable: String,
    },
    /// A command in front of the shell's own: `docker exec -i NAME`, `nsenter …`.
    Exec {
        /// The words before the shell.
        argv: Vec<String>,
    },
    /// SSH.
    Ssh(Box<SshSpec>),
}

/// Who speaks SSH.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// libssh2, or the system's `ssh` where the configuration asks for what libssh2 cannot do.
    #[default]
    Auto,
    /// Always libssh2; an option that it cannot honour is an error.
    Ssh2,
    /// Always the system's `ssh`.
    Binary,
}

/// How a host is reached by SSH; what is `None` or empty is left to the user's configuration.
#[derive(Clone, Debug)]
pub struct SshSpec {
    /// `ansible_host`, else the inventory's name: what `ssh` would be given.
    pub address: String,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_password`.
    pub password: Option<Secret>,
    /// `ansible_ssh_private_key_file`.
    pub key_file: Option<PathBuf>,
    /// The passphrase of `key_file`, where it is known.
    pub key_passphrase: Option<Secret>,
    /// `ansible_ssh_args`, before all else on the command line.
    pub ssh_args: String,
    /// `ansible_ssh_common_args`, after what the variables say.
    pub common_args: String,
    /// `ansible_ssh_extra_args`.
    pub extra_args: String,
    /// How long connecting and logging in may take.
    pub timeout: Duration,
    /// How often connecting is tried again (`ansible_ssh_retries`).
    pub retries: u32,
    /// `host_key_checking`: without it every host key is accepted.
    pub host_key_checking: bool,
    /// The `ssh` program.
    pub executable: String,
    /// Who speaks SSH.
    pub transport: Transport,
}

impl SshSpec {
    /// `address` with everything else left to the user's configuration.
    pub fn new(address: impl Into<String>) -> SshSpec {
        SshSpec {
            address: address.into(),
            port: None,
            user: None,
            password: None,
            key_file: None,
            key_passphrase: None,
            ssh_args: String::new(),
            common_args: String::new(),
            extra_args: String::new(),
            timeout: Duration::from_secs(10),
            retries: 0,
            host_key_checking: true,
            executable: "ssh".into(),
            transport: Transport::Auto,
        }
    }
}
