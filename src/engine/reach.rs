//! How hosts are reached: from connection variables to pipes, one a host and identity, kept for the whole run.

use super::settings::{Settings, to_bool};
use super::shared::Shared;
use super::task_run;
use crate::diag::{Diagnostic, nearest};
use crate::pipe::{
    Become, Connection, ConnectionSpec, Method, Note, Reach, Secret, Shell, SshSpec, Transport,
};
use crate::template::{self, Value};
use crate::vars::TaskWorld;
use impel_modules::host::{Identity, Pipe, PipeError, Reply, Request, Run, Traffic};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// `ssh_args` where nobody set it.
const USUAL_SSH_ARGS: &str = "-C -o ControlMaster=auto -o ControlPersist=60s";

/// The pipes of one thread.
pub struct Pipes {
    shared: Arc<Shared>,
    open: Vec<Open>,
    by_key: HashMap<String, usize>,
    connections: HashMap<String, Connection>,
    /// Traffic of pipes that were closed.
    past: Traffic,
}

struct Open {
    host: Arc<str>,
    shell: Shell,
    used: bool,
    local: bool,
}

/// The user that a host is entered as, where that is known without asking.
fn login_of(reach: &Reach) -> Option<String> {
    match reach {
        Reach::Local => crate::pipe::login_name(),
        Reach::Ssh(ssh) => ssh.user.clone(),
        _ => None,
    }
}

/// The variables that say how a host is reached, each the first that is set.
struct Wanted<'a> {
    world: &'a TaskWorld,
}

/// A connection variable that cannot be rendered: ansible-core names the keyword that it stands for.
fn processed(variable: &str, error: Diagnostic) -> Diagnostic {
    let keyword = match variable {
        "ansible_connection" => "connection",
        "ansible_ssh_host" | "ansible_host" => "remote_addr",
        "ansible_ssh_port" | "ansible_port" => "port",
        "ansible_ssh_user" | "ansible_user" => "remote_user",
        "ansible_ssh_pass" | "ansible_password" => "password",
        "ansible_ssh_private_key_file" | "ansible_private_key_file" => "private_key_file",
        "ansible_shell_executable" => "executable",
        other => match other.strip_prefix("ansible_").filter(|name| name.starts_with("become")) {
            Some(keyword) => keyword,
            None => return error,
        },
    };
    let place = error.span;
    super::settings::processing(keyword, error, place)
}

impl Wanted<'_> {
    fn value(&self, names: &[&str]) -> Result<Option<Value>, Diagnostic> {
        for name in names {
            if let Some(raw) = self.world.given(name) {
                let value = template::render(&raw, self.world).map_err(|error| processed(name, error))?;
                if !matches!(value, Value::None | Value::Omit) {
                    return Ok(Some(value));
                }
            }
        }
        Ok(None)
    }

    fn text(&self, names: &[&str]) -> Result<Option<String>, Diagnostic> {
        Ok(self.value(names)?.map(|value| value.to_string()).filter(|text| !text.is_empty()))
    }

    fn number<T: std::str::FromStr>(&self, names: &[&str]) -> Result<Option<T>, Diagnostic> {
        let Some(text) = self.text(names)? else { return Ok(None) };
        let wrong = || Diagnostic::user(format!("{} must be a number, not '{text}'", names.join("/")));
        text.trim().parse().map(Some).map_err(|_| wrong())
    }

    fn flag(&self, names: &[&str]) -> Result<Option<bool>, Diagnostic> {
        Ok(self.value(names)?.as_ref().and_then(to_bool))
    }
}

impl Pipes {
    /// No pipes yet.
    pub fn new(shared: Arc<Shared>) -> Pipes {
        Pipes {
            shared,
            open: Vec::new(),
            by_key: HashMap::new(),
            connections: HashMap::new(),
            past: Traffic::default(),
        }
    }

    /// Whether anything was ever sent through it.
    pub fn is_open(&self, identity: Identity) -> bool {
        self.open.get(identity.0 as usize).is_some_and(|open| open.used)
    }

    /// Sends requests and reads their replies.
    ///
    /// # Errors
    /// The host is lost, or the identity cannot be taken.
    pub fn exchange(&mut self, identity: Identity, requests: Vec<Request>) -> Result<Vec<Reply>, PipeError> {
        if requests.iter().any(alters_accounts) {
            self.leave_accounts(identity);
        }
        let Some(open) = self.open.get_mut(identity.0 as usize) else {
            return Err(PipeError::Protocol("there is no such pipe".into()));
        };
        let replies = open.shell.exchange(requests);
        for note in open.shell.take_notes() {
            match note {
                Note::Chosen(text) => self.shared.verbose(3, Some(&open.host), text),
                Note::Warning(text) => self.shared.warn(text),
            }
        }
        open.used |= replies.is_ok();
        replies
    }

    /// Ends the shells that were become on this identity's host: an account in use can be neither removed nor
    /// changed, and a shell keeps the groups that it was opened with. They open anew when they are needed.
    fn leave_accounts(&mut self, identity: Identity) {
        let Some(host) = self.open.get(identity.0 as usize).map(|open| open.host.clone()) else { return };
        for (at, open) in self.open.iter_mut().enumerate() {
            if at != identity.0 as usize && open.used && open.host == host && open.shell.identity().is_some()
            {
                open.shell.close();
                open.used = false;
            }
        }
    }

    /// Closes a pipe; its next exchange opens it anew.
    pub fn close(&mut self, identity: Identity) {
        if let Some(open) = self.open.get_mut(identity.0 as usize) {
            open.shell.close();
            open.used = false;
        }
    }

    /// Forgets all pipes and the connection of a host.
    pub fn reset(&mut self, host: &str) {
        for open in self.open.iter_mut().filter(|open| &*open.host == host) {
            open.shell.close();
            open.used = false;
        }
        let prefix = format!("{host}\u{0}");
        self.by_key.retain(|key, _| !key.starts_with(&prefix));
        self.connections.retain(|key, _| !key.starts_with(&prefix));
    }

    /// Closes everything; what it cost, and how many connections there were.
    pub fn close_all(&mut self) -> (Traffic, u64) {
        let mut total = self.past;
        for open in &mut self.open {
            let traffic = open.shell.traffic();
            total.turns += traffic.turns;
            total.requests += traffic.requests;
            total.sent += traffic.sent;
            total.received += traffic.received;
            open.shell.leave();
        }
        (total, self.connections.len() as u64)
    }

    fn spec(
        &self,
        wanted: &Wanted<'_>,
        settings: &Settings,
        host: &str,
    ) -> Result<ConnectionSpec, Diagnostic> {
        let (options, config) = (&self.shared.options, &self.shared.config.settings);
        let local_name = matches!(host, "localhost" | "127.0.0.1" | "::1");
        let plugin = match wanted.text(&["ansible_connection"])? {
            Some(plugin) => plugin,
            None => match (&settings.connection, &options.connection) {
                (Some(plugin), _) | (None, Some(plugin)) => plugin.clone(),
                (None, None) if local_name && wanted.world.layers().host.inventory().is_empty() => {
                    "local".into()
                }
                (None, None) => config.transport.clone(),
            },
        };
        let short = plugin.rsplit('.').next().unwrap_or(&plugin);
        let address = || -> Result<String, Diagnostic> {
            Ok(wanted.text(&["ansible_ssh_host", "ansible_host"])?.unwrap_or_else(|| host.to_string()))
        };
        let exec =
            |words: &[&str]| Reach::Exec { argv: words.iter().map(|word| (*word).to_string()).collect() };
        let reach = match short {
            "local" => {
                // not needed, and yet wrong where it cannot be rendered
                for name in ["ansible_host", "ansible_port", "ansible_user"] {
                    wanted.value(&[name])?;
                }
                Reach::Local
            }
            "chroot" => Reach::Chroot {
                root: PathBuf::from(address()?),
                executable: wanted.text(&["ansible_chroot_exe"])?.unwrap_or_else(|| "chroot".into()),
            },
            "docker" => exec(&["docker", "exec", "-i", &address()?]),
            "podman" => exec(&["podman", "exec", "-i", &address()?]),
            "ssh" | "smart" | "paramiko" | "paramiko_ssh" | "ssh2" | "libssh" => {
                Reach::Ssh(Box::new(self.ssh(wanted, settings, address()?, short)?))
            }
            other => {
                let known = ["ssh", "local", "chroot", "docker", "podman"];
                let mut error = Diagnostic::user(format!("the connection plugin '{other}' was not found"));
                if let Some(near) = nearest(other, known) {
                    error = error.hint(format!("did you mean '{near}'?"));
                }
                return Err(error);
            }
        };
        let mut spec = ConnectionSpec::new(host, reach);
        let configured =
            Some(config.executable.clone()).filter(|shell| shell != "/bin/sh" && !shell.is_empty());
        if let Some(shell) = wanted.text(&["ansible_shell_executable"])?.or(configured) {
            spec.shell = shell;
        }
        spec.cut = self.shared.cut.clone();
        Ok(spec)
    }

    fn ssh(
        &self,
        wanted: &Wanted<'_>,
        settings: &Settings,
        address: String,
        plugin: &str,
    ) -> Result<SshSpec, Diagnostic> {
        let (options, config) = (&self.shared.options, &self.shared.config.settings);
        let mut ssh = SshSpec::new(address);
        ssh.port = match wanted.number(&["ansible_ssh_port", "ansible_port"])? {
            Some(port) => Some(port),
            None => settings.port.or(config.remote_port),
        };
        ssh.user = wanted
            .text(&["ansible_ssh_user", "ansible_user"])?
            .or_else(|| settings.remote_user.clone())
            .or_else(|| options.remote_user.clone())
            .or_else(|| config.remote_user.clone());
        ssh.password = wanted
            .text(&["ansible_ssh_password", "ansible_ssh_pass", "ansible_password"])?
            .map(Secret::new)
            .or_else(|| options.connection_password.as_ref().map(|p| Secret::new(p.reveal())));
        ssh.key_file = wanted
            .text(&["ansible_ssh_private_key_file", "ansible_private_key_file"])?
            .map(|path| expand(&path))
            .or_else(|| options.private_key.clone())
            .or_else(|| config.private_key.clone());
        ssh.key_passphrase = wanted
            .text(&["ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase"])?
            .map(Secret::new);
        let or = |names: &[&str],
                  flag: &Option<String>,
                  configured: Option<String>|
         -> Result<String, Diagnostic> {
            Ok(wanted.text(names)?.or_else(|| flag.clone()).or(configured).unwrap_or_default())
        };
        // the usual arguments share connections between processes, of which there are none here
        let own = (config.ssh_args != USUAL_SSH_ARGS).then(|| config.ssh_args.clone());
        ssh.ssh_args = or(&["ansible_ssh_args"], &None, own)?;
        ssh.common_args =
            or(&["ansible_ssh_common_args"], &options.ssh.common, config.ssh_common_args.clone())?;
        ssh.extra_args = or(&["ansible_ssh_extra_args"], &options.ssh.extra, config.ssh_extra_args.clone())?;
        let timeout = match wanted.number(&["ansible_ssh_timeout", "ansible_timeout"])? {
            Some(seconds) => seconds,
            None => options.timeout.unwrap_or(config.timeout),
        };
        ssh.timeout = Duration::from_secs(timeout);
        ssh.retries = wanted.number(&["ansible_ssh_retries"])?.unwrap_or(0);
        let checking = ["ansible_ssh_host_key_checking", "ansible_host_key_checking"];
        ssh.host_key_checking = wanted.flag(&checking)?.unwrap_or(config.host_key_checking);
        if let Some(program) = wanted.text(&["ansible_ssh_executable"])? {
            ssh.executable = program;
        }
        ssh.transport = match wanted.text(&["impel_ssh_transport"])?.as_deref().unwrap_or(plugin) {
            "ssh2" => Transport::Ssh2,
            "binary" => Transport::Binary,
            _ => Transport::Auto,
        };
        Ok(ssh)
    }

    /// Whom to become; `None` for the user that logs in.
    fn become_(&self, wanted: &Wanted<'_>, settings: &Settings) -> Result<Option<Become>, Diagnostic> {
        let (options, config) = (&self.shared.options, &self.shared.config.settings);
        let on = match wanted.flag(&["ansible_become"])? {
            Some(on) => on,
            None => settings.become_.unwrap_or(options.become_.on || config.become_),
        };
        if !on {
            return Ok(None);
        }
        let method = wanted
            .text(&["ansible_become_method"])?
            .or_else(|| settings.become_method.clone())
            .or_else(|| options.become_.method.clone())
            .unwrap_or_else(|| config.become_method.clone());
        let (kind, name) = match method.rsplit('.').next().unwrap_or(&method) {
            "sudo" => (Method::Sudo, "sudo"),
            "su" => (Method::Su, "su"),
            "doas" => (Method::Doas, "doas"),
            other => {
                let message =
                    format!("Invalid become method specified, could not find matching plugin: '{other}'.");
                let error = Diagnostic::user(message).hint("impel knows sudo, su and doas so far");
                return Err(error);
            }
        };
        let own = |what: &str| [format!("ansible_{name}_{what}"), format!("ansible_become_{what}")];
        let of = |what: &str| -> Result<Option<String>, Diagnostic> {
            let names = own(what);
            wanted.text(&[&names[0], &names[1]])
        };
        let user = of("user")?
            .or_else(|| settings.become_user.clone())
            .or_else(|| options.become_.user.clone())
            .unwrap_or_else(|| config.become_user.clone());
        let mut become_ = Become::new(kind, user);
        become_.executable =
            of("exe")?.or_else(|| settings.become_exe.clone()).or_else(|| config.become_exe.clone());
        become_.flags =
            of("flags")?.or_else(|| settings.become_flags.clone()).or_else(|| config.become_flags.clone());
        let password = match of("password")? {
            Some(password) => Some(password),
            None => of("pass")?,
        };
        become_.password = password
            .map(Secret::new)
            .or_else(|| options.become_.password.as_ref().map(|p| Secret::new(p.reveal())));
        Ok(Some(become_))
    }
}

/// Whether a request runs a tool that changes accounts or their groups.
fn alters_accounts(request: &Request) -> bool {
    const TOOLS: [&[u8]; 13] = [
        b"useradd",
        b"usermod",
        b"userdel",
        b"luserdel",
        b"lusermod",
        b"adduser",
        b"deluser",
        b"groupadd",
        b"groupmod",
        b"groupdel",
        b"gpasswd",
        b"addgroup",
        b"delgroup",
    ];
    let program = request.argv.first().and_then(|word| word.rsplit(|b| *b == b'/').next());
    matches!(request.run, Run::Command(_)) && program.is_some_and(|name| TOOLS.contains(&name))
}

impl task_run::Reach for Pipes {
    fn identity(&mut self, world: &TaskWorld, settings: &Settings) -> Result<Identity, Diagnostic> {
        // a delegate is reached by its own variables
        let own = &world.layers().host;
        let delegate = settings.delegate.as_ref().filter(|name| **name != own.name);
        let delegated;
        let (world, host) = match delegate {
            None => (world, own.name.clone()),
            Some(name) => {
                let host = self.shared.store.delegate(name);
                delegated = world.for_item(world.locals().clone()).set_delegate(name, host);
                (&delegated, name.clone())
            }
        };
        let wanted = Wanted { world };
        let mut settings = settings.clone();
        if delegate.is_some() && matches!(&*host, "localhost" | "127.0.0.1" | "::1") {
            settings.connection.get_or_insert_with(|| "local".into());
        }
        let spec = self.spec(&wanted, &settings, &host)?;
        // as ansible-core does it: who is that user already becomes nobody
        let same = |become_: &Become| login_of(&spec.reach).is_some_and(|user| user == become_.user);
        let always = self.shared.config.settings.become_allow_same_user;
        let become_ = self.become_(&wanted, &settings)?.filter(|become_| always || !same(become_));
        let local = matches!(spec.reach, Reach::Local);
        let link = format!("{host}\u{0}{}\u{0}{:?}", spec.shell, spec.reach);
        let key = format!("{link}\u{0}{become_:?}");
        if let Some(known) = self.by_key.get(&key) {
            return Ok(Identity(*known as u32));
        }
        let prompter = self.shared.prompter.clone();
        let connection =
            self.connections.entry(link).or_insert_with(|| Connection::new(spec, prompter)).clone();
        let shell = connection.shell(become_);
        self.open.push(Open { host, shell, used: false, local });
        self.by_key.insert(key, self.open.len() - 1);
        Ok(Identity((self.open.len() - 1) as u32))
    }

    fn is_local(&self, identity: Identity) -> bool {
        self.open.get(identity.0 as usize).is_some_and(|open| open.local)
    }
}

fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}
