//! A shell's bytes over a channel of libssh2, without ever blocking in it.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ssh2::ErrorCode;

use super::super::carrier::{Broken, CHUNK, Carrier, Ending, Step};
use super::session::Session;

/// Something else is half sent: libssh2 wants that finished first.
const BAD_USE: i32 = -39;

/// What the host may have before it without having taken it, where it answers at once. OpenSSH's server grants 2 MB
/// and copies all that waits with every packet that comes to it; it grants more when 96 kB have been taken.
const AHEAD: u32 = 256 * 1024;

/// How much more of it for each millisecond that an answer takes: a gigabit's worth.
const AHEAD_PER_MS: u128 = 128 * 1024;

/// The largest packet that is sent; smaller ones are not worth their overhead.
const PACKET: u32 = 32 * 1024;

/// How long a host that has not taken what it was sent is waited for before it gets all that it has granted.
const HELD: Duration = Duration::from_millis(100);

/// A channel and the session it belongs to.
pub struct ChannelCarrier {
    session: Arc<Session>,
    channel: ssh2::Channel,
    /// A closed input would hang up on the shell instead of ending it.
    terminal: bool,
    /// Since when the peer has been waited for without a byte for this channel.
    waiting: Option<Instant>,
    /// The most that is sent ahead of what the host has taken.
    ahead: u32,
    /// The widest window that the host has granted: what it has not taken is what is missing from that.
    widest: u32,
    /// Since when something waits for the host to take what it has.
    held: Option<Instant>,
}

impl ChannelCarrier {
    /// `answers`: how long the host took to answer while the channel was opened.
    pub(super) fn new(
        session: Arc<Session>,
        channel: ssh2::Channel,
        terminal: bool,
        answers: Duration,
    ) -> ChannelCarrier {
        session.channels.fetch_add(1, Ordering::Relaxed);
        let ahead = u32::try_from(answers.as_millis() * AHEAD_PER_MS).unwrap_or(u32::MAX).max(AHEAD);
        ChannelCarrier { session, channel, terminal, waiting: None, ahead, widest: 0, held: None }
    }

    /// How much may be sent now.
    fn room(&mut self) -> u32 {
        let left = self.channel.write_window().remaining;
        self.widest = self.widest.max(left);
        self.ahead.saturating_sub(self.widest - left)
    }

    /// What an error of libssh2 comes to: nothing for now, or the end.
    fn waits(&self, error: &std::io::Error) -> Result<usize, Broken> {
        if error.kind() == ErrorKind::WouldBlock {
            return Ok(0);
        }
        let last = self.session.last_error();
        if last.as_ref().is_some_and(|last| last.code() == ErrorCode::Session(BAD_USE)) {
            return Ok(0);
        }
        self.session.died();
        Err(last.map_or_else(
            || Broken(format!("the connection was lost: {error}")),
            |last| self.session.broken(&last),
        ))
    }

    fn write(&mut self, outgoing: &[u8]) -> Result<usize, Broken> {
        if outgoing.is_empty() {
            self.held = None;
            return Ok(0);
        }
        let room = self.room();
        let some = outgoing.get(..room as usize).unwrap_or(outgoing);
        if some.len() < outgoing.len() && room < PACKET {
            self.held.get_or_insert_with(Instant::now);
            return Ok(0);
        }
        self.held = None;
        self.channel.write(some).or_else(|error| {
            // After its end the other side reads nothing; what it said before is still to be read.
            if self.channel.eof() { Ok(outgoing.len()) } else { self.waits(&error) }
        })
    }

    fn read(&mut self, incoming: &mut Vec<u8>) -> Result<Option<usize>, Broken> {
        let start = incoming.len();
        incoming.resize(start + CHUNK, 0);
        let outcome = self.channel.read(incoming.get_mut(start..).unwrap_or_default());
        incoming.truncate(start + *outcome.as_ref().unwrap_or(&0));
        match outcome {
            Ok(0) if self.channel.eof() => Ok(None),
            Ok(count) => Ok(Some(count)),
            Err(error) => self.waits(&error).map(Some),
        }
    }
}

impl Drop for ChannelCarrier {
    fn drop(&mut self) {
        self.session.channels.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Carrier for ChannelCarrier {
    fn step(&mut self, outgoing: &[u8], incoming: &mut Vec<u8>, until: Instant) -> Result<Step, Broken> {
        let waiting = *self.waiting.get_or_insert_with(Instant::now);
        loop {
            // What the read takes from the socket may be the answer to a keepalive, which it does not tell.
            self.session.listen()?;
            let wrote = self.write(outgoing)?;
            match self.read(incoming)? {
                None => return Ok(Step { wrote, read: 0, ended: true }),
                Some(read) if wrote + read > 0 => {
                    self.waiting = None;
                    return Ok(Step { wrote, read, ended: false });
                }
                Some(_) => {}
            }
            // A keepalive's answer is to be seen arriving, so nothing is read before the socket has something.
            loop {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(Step::default());
                }
                let patience = if self.held.is_some() { left.min(HELD) } else { left };
                if self.session.wait(patience)? {
                    break;
                }
                if self.held.is_some_and(|since| since.elapsed() >= HELD) {
                    // it is slow, or grants more only when nearly all has been taken
                    self.ahead = u32::MAX;
                    break;
                }
                if self.session.is_silent(waiting) {
                    self.session.died();
                    return Err(Broken(
                        "the connection was lost: the host does not answer any more. What was being done there may \
                         go on, or be done in part"
                            .into(),
                    ));
                }
                if self.session.may_lose_bytes() {
                    break;
                }
            }
        }
    }

    fn finish(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        // The end of input, for a raw terminal a word that means it.
        let _ = self.write(b"exit\n");
        while !self.terminal
            && self
                .channel
                .send_eof()
                .is_err_and(|error| error.code() == ErrorCode::Session(super::session::EAGAIN))
        {
            if Instant::now() >= until || self.session.wait(patience).is_err() {
                return;
            }
        }
        let mut ignored = Vec::new();
        while let Ok(Step { ended: false, .. }) = self.step(&[], &mut ignored, until) {
            ignored.clear();
            if Instant::now() >= until {
                return;
            }
        }
    }

    fn ending(&mut self) -> Option<Ending> {
        let until = Instant::now() + Duration::from_millis(300);
        while self.channel.wait_close().is_err() && Instant::now() < until {
            self.session.wait(Duration::from_millis(50)).ok()?;
        }
        if let Ok(signal) = self.channel.exit_signal()
            && let Some(name) = signal.exit_signal
        {
            return Some(Ending::Signal(name));
        }
        self.channel.exit_status().ok().map(Ending::Status)
    }
}
