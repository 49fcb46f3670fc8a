//! ProxyJump: a host reached through a channel of another host's session, pumped by a thread of its own.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::super::carrier::CHUNK;
use super::super::prompt::Prompter;
use super::super::spec::{SshSpec, Transport};
use super::resolve::{Choice, resolve};
use super::session::{NoSession, Session};

/// Hops behind hops; a configuration that jumps in a circle ends here.
const DEPTH: usize = 8;

/// A stream to `host:port` through the hosts of `list` (`[user@]host[:port],…`, the nearest first).
///
/// # Errors
/// A hop cannot be reached, or needs the `ssh` program.
pub fn stream(
    from: &SshSpec,
    list: &str,
    host: &str,
    port: u16,
    prompter: &dyn Prompter,
    depth: usize,
    turns: &mut u64,
) -> Result<UnixStream, NoSession> {
    if depth >= DEPTH {
        return Err(NoSession::Lost(format!("more than {DEPTH} jumps, or jumps in a circle: {list}")));
    }
    let (before, last) = list.rsplit_once(',').map_or((None, list), |(before, last)| (Some(before), last));
    let hop = hop(from, last.trim(), before).map_err(NoSession::Lost)?;
    let settings = match resolve(&hop).map_err(NoSession::Lost)? {
        Choice::Ssh2(settings) => settings,
        Choice::Binary(why) => {
            return Err(NoSession::Binary(format!("the jump host {last} needs it: {why}")));
        }
    };
    let session = Session::connect(&hop, &settings, prompter, depth + 1, turns).map_err(|no| match no {
        NoSession::Lost(why) => NoSession::Lost(format!("jump host {last}: {why}")),
        binary => binary,
    })?;
    let channel = session.reach(host, port, turns).map_err(|broken| {
        NoSession::Lost(format!("jump host {last}: no way from there to {host} port {port}: {}", broken.0))
    })?;
    let (ours, theirs) = UnixStream::pair().map_err(|error| NoSession::Lost(error.to_string()))?;
    let pump = Pump { session: Arc::new(session), channel, local: ours };
    std::thread::Builder::new()
        .name(format!("jump {last}"))
        .stack_size(256 * 1024)
        .spawn(move || pump.run())
        .map_err(|error| NoSession::Lost(error.to_string()))?;
    Ok(theirs)
}

/// A hop takes its settings from the configuration files alone, as with OpenSSH.
fn hop(from: &SshSpec, text: &str, before: Option<&str>) -> Result<SshSpec, String> {
    let bad = || format!("{text:?} is no jump host");
    let text = text.strip_prefix("ssh://").unwrap_or(text);
    let (user, rest) =
        text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user.to_owned()), rest));
    let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() || host.starts_with('-') {
        return Err(bad());
    }
    let port = port.map(|port| port.parse().map_err(|_| bad())).transpose()?;
    let mut arguments = super::arguments::Arguments::default();
    for text in [&from.ssh_args, &from.common_args, &from.extra_args] {
        arguments.add(text)?;
    }
    let mut words: Vec<String> = Vec::new();
    if let Some(file) = arguments.config_file {
        words.extend(["-F".into(), file]);
    }
    if let Some(before) = before {
        words.extend(["-J".into(), before.to_owned()]);
    }
    let words = shlex::try_join(words.iter().map(String::as_str)).map_err(|error| error.to_string())?;
    Ok(SshSpec {
        user,
        port,
        ssh_args: words,
        timeout: from.timeout,
        executable: from.executable.clone(),
        // The whole chain is done by one or the other.
        transport: if from.transport == Transport::Ssh2 { Transport::Ssh2 } else { Transport::Auto },
        ..SshSpec::new(host)
    })
}

/// Reads a text as a list of hops.
#[cfg(feature = "fuzzing")]
pub fn probe(text: &str) {
    for one in text.split(',') {
        let _ = hop(&SshSpec::new("host"), one, None);
    }
}

struct Pump {
    session: Arc<Session>,
    channel: ssh2::Channel,
    local: UnixStream,
}

impl Pump {
    /// Moves bytes both ways until either end closes.
    fn run(mut self) {
        if self.local.set_nonblocking(true).is_err() {
            return;
        }
        let mut out: Vec<u8> = Vec::new();
        let mut back: Vec<u8> = Vec::new();
        let mut buffer = vec![0; CHUNK];
        loop {
            let mut moved = false;
            if out.is_empty() {
                match self.local.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => out.extend_from_slice(&buffer[..count]),
                    Err(error) if waits(&error) => {}
                    Err(_) => break,
                }
            }
            if !out.is_empty() {
                match self.channel.write(&out) {
                    Ok(count) => {
                        moved |= count > 0;
                        out.drain(..count);
                    }
                    Err(error) if self.retries(&error) => {}
                    Err(_) => break,
                }
            }
            if back.is_empty() {
                match self.channel.read(&mut buffer) {
                    Ok(0) if self.channel.eof() => break,
                    Ok(count) => back.extend_from_slice(&buffer[..count]),
                    Err(error) if self.retries(&error) => {}
                    Err(_) => break,
                }
            }
            if !back.is_empty() {
                match self.local.write(&back) {
                    Ok(count) => {
                        moved |= count > 0;
                        back.drain(..count);
                    }
                    Err(error) if waits(&error) => {}
                    Err(_) => break,
                }
            }
            if !moved && self.wait(out.is_empty(), !back.is_empty()).is_err() {
                break;
            }
        }
        let _ = self.channel.close();
    }

    fn retries(&self, error: &std::io::Error) -> bool {
        let half_sent = |last: ssh2::Error| last.code() == ssh2::ErrorCode::Session(-39);
        waits(error) || self.session.last_error().is_some_and(half_sent)
    }

    fn wait(&self, reading: bool, writing: bool) -> rustix::io::Result<()> {
        let mut local = PollFlags::empty();
        local.set(PollFlags::IN, reading);
        local.set(PollFlags::OUT, writing);
        let mut remote = PollFlags::IN;
        if !reading {
            remote |= PollFlags::OUT;
        }
        // While the window is closed the socket is writable all the time: then wait for what opens it.
        let time = if reading { Duration::from_secs(5) } else { Duration::from_millis(20) };
        let remote = if reading { remote } else { PollFlags::IN };
        let mut both = [
            PollFd::from_borrowed_fd(self.local.as_fd(), local),
            PollFd::from_borrowed_fd(self.session.socket().as_fd(), remote),
        ];
        let time = Timespec::try_from(time).map_err(|_| rustix::io::Errno::INVAL)?;
        match poll(&mut both, Some(&time)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn waits(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_are_read_as_ssh_writes_them() {
        let from = SshSpec { common_args: "-F /c -o Port=9".into(), ..SshSpec::new("x") };
        let one = hop(&from, "me@[::1]:2222", Some("a,b")).unwrap();
        assert_eq!((one.address.as_str(), one.port, one.user.as_deref()), ("::1", Some(2222), Some("me")));
        assert_eq!(one.ssh_args, "-F /c -J 'a,b'");
        assert_eq!(hop(&from, "h", None).unwrap().port, None);
        for bad in ["", "h:x", "-oProxyCommand=x", "me@"] {
            assert!(hop(&from, bad, None).is_err(), "{bad}");
        }
    }
}
