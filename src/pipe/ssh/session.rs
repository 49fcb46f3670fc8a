//! One SSH session by libssh2: connect, check the host's key, log in, open channels.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;
use ssh2::{BlockDirections, ErrorCode};

use super::super::carrier::Broken;
use super::super::prompt::Prompter;
use super::super::spec::SshSpec;
use super::authentication::{Login, Refused};
use super::channel::ChannelCarrier;
use super::host_key::{self, Accepted, Presented};
use super::known_hosts::{self, Known};
use super::settings::{Family, Settings, login};
use super::{agreement, jump, keys, limits, watchdog};

/// libssh2 would have to wait.
pub const EAGAIN: i32 = -37;

/// No algorithm in common with the other end.
const NO_AGREEMENT: [i32; 3] = [-5, -8, -17];

/// How long a peer may leave sent bytes unacknowledged before the connection counts as lost.
const SILENCE: u32 = 60_000;

/// A session that is logged in. Channels share it.
pub struct Session {
    ssh: ssh2::Session,
    socket: Arc<OwnedFd>,
    dead: AtomicBool,
    waiting: AtomicUsize,
    /// Shells on this connection.
    pub(super) channels: AtomicUsize,
    alive: Option<(Duration, u32)>,
    /// When the peer was last heard, for whichever channel.
    heard: Mutex<Instant>,
    /// What the kernel said of the connection when it broke.
    broke: Mutex<Option<rustix::io::Errno>>,
    /// Variables that go along with every shell (`SendEnv`, `SetEnv`).
    environment: Vec<(String, String)>,
    timeout: Duration,
}

/// Why there is no session.
pub enum NoSession {
    /// Unreachable, refused, not trusted.
    Lost(String),
    /// The `ssh` program may do it.
    Binary(String),
}

/// Lets libssh2 and poll share one descriptor.
struct Shared(Arc<OwnedFd>);

impl AsRawFd for Shared {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Session {
    /// Connects and logs in as `ssh` and `settings` say.
    ///
    /// # Errors
    /// The message for the user, or the reason to use the `ssh` program.
    pub fn connect(
        ssh: &SshSpec,
        settings: &Settings,
        prompter: &dyn Prompter,
        depth: usize,
        turns: &mut u64,
    ) -> Result<Session, NoSession> {
        raise_limit();
        let host = bare(settings.host_name.as_deref().unwrap_or(&ssh.address));
        let user = settings.user.clone().unwrap_or_else(|| login().0.clone());
        let expand = |files: &[String]| -> Vec<PathBuf> {
            let files = files.iter().filter(|file| *file != "none");
            files.map(|file| settings.expand(file, &ssh.address, &user)).collect()
        };
        let user_files = expand(&settings.user_known_hosts);
        let files = [user_files.clone(), expand(&settings.global_known_hosts)].concat();
        let name = match &settings.host_key_alias {
            Some(alias) => alias.to_ascii_lowercase(),
            None => known_hosts::host_name(host, settings.port),
        };
        let known = Known::read(&files, &name);
        if known.has_authority() {
            return Err(NoSession::Binary(
                "a certificate authority speaks for the host (@cert-authority)".into(),
            ));
        }
        let timeout = settings.timeout.unwrap_or(ssh.timeout);

        let mut ssh_session = ssh2::Session::new().map_err(lost)?;
        agreement::prefer(&ssh_session, settings, &known).map_err(NoSession::Binary)?;
        let (socket, address, slot) = match &settings.jump {
            Some(list) => {
                let stream = jump::stream(ssh, list, host, settings.port, prompter, depth, turns)?;
                (OwnedFd::from(stream), list.clone(), limits::slot(None))
            }
            None => {
                let (stream, slot) = dial(host, settings, timeout)?;
                let address =
                    stream.peer_addr().map_or_else(|_| host.to_owned(), |peer| peer.ip().to_string());
                *turns += 1;
                (OwnedFd::from(stream), address, slot)
            }
        };
        let socket = Arc::new(socket);
        ssh_session.set_timeout(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
        ssh_session.set_tcp_stream(Shared(socket.clone()));
        *turns += 3;
        let watch = watchdog::watch(&socket, timeout + Duration::from_secs(1));
        ssh_session.handshake().map_err(|error| match error.code() {
            _ if watch.is_over() => NoSession::Lost(format!(
                "ssh: handshake with {host} port {}: timed out; what answers there may be no sshd",
                settings.port
            )),
            ErrorCode::Session(code) if NO_AGREEMENT.contains(&code) => NoSession::Binary(format!(
                "libssh2 and the host have no algorithm in common ({})",
                error.message()
            )),
            _ => NoSession::Lost(format!(
                "ssh: handshake with {host} port {}: {}",
                settings.port,
                error.message()
            )),
        })?;
        drop(watch);
        let trusted = {
            let key = ssh_session.host_key().map(|(key, _)| key.to_vec()).unwrap_or_default();
            let key_type = keys::key_type(&key).unwrap_or_default();
            let presented =
                Presented { host, name: &name, address: &address, key_type: &key_type, key: &key };
            // A second look: another thread may have accepted the same key meanwhile.
            let known = Known::read(&files, &name);
            host_key::check(settings, &presented, &known, &user_files, prompter).map_err(NoSession::Lost)?
        };
        let credentials = Login {
            user: &user,
            host,
            settings,
            password: ssh.password.as_ref(),
            key_passphrase: ssh.key_passphrase.as_ref(),
            prompter,
            no_password: trusted == Accepted::Changed,
        };
        credentials.log_in(&ssh_session, turns).map_err(|refused| match refused {
            Refused::Denied(why) => NoSession::Lost(why),
            Refused::Binary(why) => NoSession::Binary(why),
            Refused::Lost(why) => NoSession::Lost(format!("ssh: logging in on {host}: {why}")),
        })?;
        drop(slot);
        ssh_session.set_blocking(false);
        // libssh2 knows no interval below two seconds.
        let least = Duration::from_secs(2);
        let alive =
            settings.alive_interval.map(|interval| (interval.max(least), settings.alive_count.max(1)));
        if let Some((interval, _)) = alive {
            ssh_session.set_keepalive(true, u32::try_from(interval.as_secs()).unwrap_or(u32::MAX));
        }
        Ok(Session {
            ssh: ssh_session,
            socket,
            dead: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            channels: AtomicUsize::new(0),
            alive,
            heard: Mutex::new(Instant::now()),
            broke: Mutex::default(),
            environment: settings.environment(
                std::env::vars_os()
                    .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
            ),
            timeout,
        })
    }

    /// Runs `command` in a channel of its own, with a raw terminal where one is needed.
    ///
    /// # Errors
    /// The connection broke or the host allows no more channels.
    pub fn run(
        self: &Arc<Self>,
        command: &str,
        terminal: bool,
        turns: &mut u64,
    ) -> Result<ChannelCarrier, Broken> {
        *turns += 2 + u64::from(terminal);
        // A window of 8 MB keeps 100 Mbit/s at 500 ms.
        let asked = Instant::now();
        let mut channel = self.patiently(|ssh| ssh.channel_open("session", 8 << 20, 32768, None))?;
        let answers = asked.elapsed();
        self.patiently(|_| channel.handle_extended_data(ssh2::ExtendedData::Merge))?;
        if terminal {
            self.patiently(|_| channel.request_pty("dumb", Some(raw_modes()), Some((200, 50, 0, 0))))?;
        }
        let Some((last, others)) = self.environment.split_last() else {
            self.patiently(|_| channel.exec(command))?;
            return Ok(ChannelCarrier::new(self.clone(), channel, terminal, answers));
        };
        for (name, value) in others {
            *turns += 1;
            // What the host does not accept (`AcceptEnv`) is left out without a word, as OpenSSH has it.
            match self.patiently(|_| channel.setenv(name, value)) {
                Err(broken) if self.is_dead() => return Err(broken),
                _ => {}
            }
        }
        self.exec_with(&mut channel, last, command)?;
        Ok(ChannelCarrier::new(self.clone(), channel, terminal, answers))
    }

    /// Sends a variable and the command at once. The answers come in that order, and libssh2 tells them apart by
    /// nothing else: whichever call ends first has read the variable's, the other one the command's.
    fn exec_with(
        &self,
        channel: &mut ssh2::Channel,
        (name, value): &(String, String),
        command: &str,
    ) -> Result<(), Broken> {
        let waits = |outcome: &Result<(), ssh2::Error>| {
            outcome.as_ref().is_err_and(|error| error.code() == ErrorCode::Session(EAGAIN))
        };
        let (mut set, mut executed) = (false, false);
        self.patiently(|ssh| {
            if !set {
                let outcome = channel.setenv(name, value);
                if !waits(&outcome) {
                    set = true;
                    if executed || outcome.as_ref().is_err_and(|error| !is_refusal(error)) {
                        return outcome;
                    }
                } else if executed || ssh.block_directions() != BlockDirections::Inbound {
                    // nothing else may be sent before all of it is out
                    return outcome;
                }
            }
            let outcome = channel.exec(command);
            if waits(&outcome) {
                return outcome;
            }
            executed = true;
            if set || outcome.as_ref().is_err_and(|error| !is_refusal(error)) {
                return outcome;
            }
            // the command's answer is still to be read, and may have come already
            channel.setenv(name, value)
        })
    }

    /// A connection from the host to another one.
    pub(super) fn reach(&self, host: &str, port: u16, turns: &mut u64) -> Result<ssh2::Channel, Broken> {
        *turns += 1;
        self.patiently(|ssh| ssh.channel_direct_tcpip(host, port, None))
    }

    /// Repeats what would block until it is done or the connection's time is up.
    fn patiently<T>(
        &self,
        mut what: impl FnMut(&ssh2::Session) -> Result<T, ssh2::Error>,
    ) -> Result<T, Broken> {
        let until = Instant::now() + self.timeout;
        loop {
            match what(&self.ssh) {
                Ok(value) => return Ok(value),
                Err(error) if error.code() == ErrorCode::Session(EAGAIN) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        self.dead.store(true, Ordering::Relaxed);
                        return Err(Broken("timed out opening a channel".into()));
                    }
                    self.wait(left)?;
                }
                Err(error) => {
                    if !is_refusal(&error) {
                        self.dead.store(true, Ordering::Relaxed);
                    }
                    return Err(self.broken(&error));
                }
            }
        }
    }

    /// An error of libssh2 in words that say what happened.
    pub(super) fn broken(&self, error: &ssh2::Error) -> Broken {
        use rustix::io::Errno;
        let ErrorCode::Session(code) = error.code() else { return Broken(error.message().to_owned()) };
        let why = match (*self.broke.lock().unwrap_or_else(PoisonError::into_inner), code) {
            (Some(Errno::TIMEDOUT), _) => "the host did not answer any more",
            (Some(Errno::CONNRESET | Errno::PIPE), _) => {
                "it was reset by the host or by something on the way"
            }
            (Some(Errno::HOSTUNREACH | Errno::NETUNREACH), _) => "no network leads to the host any more",
            // socket disconnected, cannot be read, cannot be written; a channel that is closed
            (_, -13 | -43 | -7 | -26 | -1) => "the host closed it",
            _ => return Broken(error.message().to_owned()),
        };
        Broken(format!(
            "the connection was lost: {why}. Look whether the host is up and its sshd runs; what was being done \
             there may be done in part"
        ))
    }

    /// Waits until the socket can do what libssh2 wants of it, or `time` is up: then false.
    pub(super) fn wait(&self, time: Duration) -> Result<bool, Broken> {
        let mut wanted = PollFlags::IN;
        if matches!(self.ssh.block_directions(), BlockDirections::Outbound | BlockDirections::Both) {
            wanted |= PollFlags::OUT;
        }
        acknowledge_at_once(&self.socket);
        // Another thread's read may take this one's bytes from the socket, so nobody sleeps long beside another.
        let others = self.waiting.fetch_add(1, Ordering::Relaxed);
        let most = Duration::from_millis(if others > 0 { 5 } else { 250 });
        let time = Timespec::try_from(time.min(most)).map_err(|error| Broken(error.to_string()));
        let mut socket = [PollFd::from_borrowed_fd(self.socket.as_fd(), wanted)];
        let outcome = time.map(|time| poll(&mut socket, Some(&time)));
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        match outcome? {
            Ok(count) => {
                if socket.iter().any(|socket| socket.revents().contains(PollFlags::ERR))
                    && let Ok(Err(error)) = sockopt::socket_error(&*self.socket)
                {
                    *self.broke.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
                if socket.iter().any(|socket| !(socket.revents() - PollFlags::OUT).is_empty()) {
                    self.heard_now();
                }
                Ok(count > 0)
            }
            Err(rustix::io::Errno::INTR) => Ok(true),
            Err(error) => Err(Broken(error.to_string())),
        }
    }

    /// Where keepalives are sent: notes whether the peer has said something that nobody has read yet.
    pub(super) fn listen(&self) -> Result<(), Broken> {
        if self.alive.is_some() {
            self.wait(Duration::ZERO)?;
        }
        Ok(())
    }

    /// Whether another shell's reads may take this one's bytes from the socket, so that waiting for the socket
    /// alone does not do.
    pub(super) fn may_lose_bytes(&self) -> bool {
        self.channels.load(Ordering::Relaxed) > 1
    }

    fn heard_now(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// Sends a keepalive where one is due, and says whether the peer has been silent for too long, at the
    /// earliest from `since` on.
    pub(super) fn is_silent(&self, since: Instant) -> bool {
        let Some((interval, count)) = self.alive else { return false };
        let _ = self.ssh.keepalive_send();
        let since = since.max(*self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        since.elapsed() > interval * (count + 1)
    }

    /// The last error's code.
    pub(super) fn last_error(&self) -> Option<ssh2::Error> {
        ssh2::Error::last_session_error(&self.ssh)
    }

    pub(super) fn died(&self) {
        self.dead.store(true, Ordering::Relaxed);
    }

    /// Whether it broke, so that the next shell needs a new one.
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }
}

/// Thousands of hosts need as many descriptors; the usual soft limit is 1,024.
fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let limit = getrlimit(Resource::Nofile);
        let most = limit.maximum.unwrap_or(65_536).min(65_536);
        if limit.current.is_some_and(|current| current < most) {
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum });
        }
    });
}

fn lost(error: ssh2::Error) -> NoSession {
    NoSession::Lost(error.message().to_owned())
}

/// Whether the host said no to one request or channel, which leaves the session as it is.
fn is_refusal(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(-21 | -22))
}

/// An IPv6 literal may come in brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Connects to the first address that answers, within a slot for that address.
fn dial(host: &str, settings: &Settings, timeout: Duration) -> Result<(TcpStream, limits::Slot), NoSession> {
    let port = settings.port;
    let addresses = (host, port).to_socket_addrs().map_err(|error| {
        // "failed to lookup address information: Name or service not known"
        let text = error.to_string();
        let why = text.rsplit(": ").next().unwrap_or_default();
        NoSession::Lost(format!("ssh: Could not resolve hostname {host}: {why}"))
    })?;
    let fits = |address: &SocketAddr| match (settings.family, address.ip()) {
        (Family::Any, _) => true,
        (Family::Inet, ip) => ip.is_ipv4(),
        (Family::Inet6, ip) => ip.is_ipv6(),
    };
    let addresses: Vec<SocketAddr> = addresses.filter(fits).collect();
    let mut why = "no address of the wanted kind".to_owned();
    for attempt in 0..settings.attempts {
        if attempt > 0 {
            std::thread::sleep(Duration::from_secs(1));
        }
        for address in &addresses {
            let slot = limits::slot(Some(address.ip()));
            match TcpStream::connect_timeout(address, timeout) {
                Ok(stream) => {
                    keep_watch(&stream);
                    return Ok((stream, slot));
                }
                Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                    why = "Connection timed out".into()
                }
                Err(error) => why = plain(&error),
            }
        }
    }
    Err(NoSession::Lost(format!("ssh: connect to host {host} port {port}: {why}")))
}

/// The system's words without Rust's "(os error 111)".
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Has the kernel find out when the peer is gone without a word.
fn keep_watch(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, Duration::from_secs(30));
    let _ = sockopt::set_tcp_keepintvl(stream, Duration::from_secs(10));
    let _ = sockopt::set_tcp_keepcnt(stream, 3);
    #[cfg(target_os = "linux")]
    let _ = sockopt::set_tcp_user_timeout(stream, SILENCE);
}

/// What comes next is acknowledged at once. sshd sends small packets by Nagle's rules, the second only when the first
/// has been acknowledged, which the kernel would leave for 40 ms; it falls back to that by itself, so each time.
fn acknowledge_at_once(socket: &OwnedFd) {
    // what is no TCP connection (through a jump host) has no such option
    #[cfg(target_os = "linux")]
    let _ = sockopt::set_tcp_quickack(socket, true);
}

/// A terminal that passes every byte both ways.
fn raw_modes() -> ssh2::PtyModes {
    use ssh2::PtyModeOpcode::*;
    let mut modes = ssh2::PtyModes::new();
    for mode in [
        ECHO, ECHOE, ECHOK, ECHONL, ICANON, ISIG, IEXTEN, OPOST, ONLCR, IXON, IXOFF, IXANY, ICRNL, INLCR,
        IGNCR, ISTRIP, IUCLC, PARMRK, INPCK, ECHOCTL, ECHOKE,
    ] {
        modes.set_boolean(mode, false);
    }
    modes.set_boolean(CS8, true);
    modes
}
