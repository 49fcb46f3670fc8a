//! A long-lived shell under one identity: batches of requests go in, replies come back.

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use impel_modules::host::{Payload, Pipe, PipeError, Reply, Request, Run, Traffic};

use super::become_user::{Become, Refusal, said};
use super::carrier::{Carrier, Ending};
use super::connection::{Connection, Opened};
use super::outgoing::Outgoing;
use super::prompt::Note;
use super::spec::Reach;
use super::wire::{self, Mark, Nonce, Piece, Replies};

/// How often an exchange looks up whether it is to be cut or out of time.
const TICK: Duration = Duration::from_millis(500);

/// How long a login shell may take, beside the connection's own time, until it says its first word.
const LOGIN: Duration = Duration::from_secs(60);

/// How long a host may take to end what is over its own limit of time, and to answer.
const SLACK: Duration = Duration::from_secs(20);

/// The most that one answer may hold in memory; what is larger goes into files.
const LARGEST: usize = 1 << 30;

/// How much of what comes before the shell's first word is kept for messages.
const NOISE: usize = 8 * 1024;

/// A shell on a host. It opens itself with the first exchange, and anew with the one after it broke.
pub struct Shell {
    connection: Connection,
    identity: Option<Become>,
    /// This host's program that changes the user wants a terminal.
    terminal: bool,
    deadline: Option<Instant>,
    open: Option<Open>,
    traffic: Traffic,
}

struct Open {
    carrier: Box<dyn Carrier>,
    nonce: Nonce,
    replies: Replies,
    outgoing: Outgoing,
    defined: HashSet<&'static str>,
    /// Known once the shell has said its first word.
    folder: Option<Vec<u8>>,
    noise: Vec<u8>,
    started: Instant,
}

impl Shell {
    pub(super) fn new(connection: Connection, identity: Option<Become>) -> Shell {
        Shell {
            connection,
            identity,
            terminal: false,
            deadline: None,
            open: None,
            traffic: Traffic::default(),
        }
    }

    /// Exchanges end with [`PipeError::Closed`] when this moment has come.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Whom it works as; `None` is the user that logs in.
    pub fn identity(&self) -> Option<&Become> {
        self.identity.as_ref()
    }

    /// What came up while its host was reached, each once.
    pub fn take_notes(&self) -> Vec<Note> {
        self.connection.take_notes()
    }

    /// Ends the shell and waits a moment until its session folder is gone. The next exchange opens a new one.
    pub fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            open.carrier.finish(Duration::from_secs(3));
        }
    }

    /// Ends the shell at the end of a run: one on this machine is waited for, one behind a network only told, which
    /// saves a round trip; it removes its session folder by itself.
    pub fn leave(&mut self) {
        if let Some(mut open) = self.open.take() {
            let far = matches!(self.connection.spec().reach, Reach::Ssh(_));
            open.carrier.finish(if far { Duration::ZERO } else { Duration::from_secs(3) });
        }
    }

    fn attempt(&mut self, batch: &mut [Request]) -> Result<Vec<Reply>, Refusal> {
        if self.open.is_none() {
            let Opened { carrier, nonce } =
                self.connection.open(self.identity.as_ref(), self.terminal, &mut self.traffic)?;
            let mut outgoing = Outgoing::default();
            outgoing.push(&nonce.first_line());
            let replies = Replies::new(nonce.marker());
            self.open = Some(Open {
                carrier,
                nonce,
                replies,
                outgoing,
                defined: HashSet::new(),
                folder: None,
                noise: Vec::new(),
                started: Instant::now(),
            });
        }
        let Some(mut open) = self.open.take() else {
            return Err(Refusal::Failed(PipeError::Lost("no shell".into())));
        };
        for request in batch.iter_mut() {
            wire::encode(request, &open.nonce, &mut open.defined, &mut open.outgoing);
        }
        self.traffic.turns += 1;
        tracing::debug!(
            host = %self.connection.spec().host,
            turn = self.traffic.turns,
            requests = %names(batch),
            "exchange"
        );
        self.traffic.requests += batch.len() as u64;
        let until = limit(batch).map(|limit| Instant::now() + limit);
        let own = self.deadline;
        self.deadline = own.into_iter().chain(until).min();
        let replies = self.run(&mut open, batch);
        self.deadline = own;
        let replies = replies?;
        self.open = Some(open);
        Ok(replies)
    }

    fn run(&mut self, open: &mut Open, batch: &mut [Request]) -> Result<Vec<Reply>, Refusal> {
        let mut gathered = Gathered::new(batch);
        // What came after the last reply belongs to nobody: only markers count.
        loop {
            while let Some(piece) = open.replies.next().map_err(Refusal::Failed)? {
                match piece {
                    Piece::Data(data) if open.folder.is_none() => {
                        open.noise.extend_from_slice(&data);
                        let excess = open.noise.len().saturating_sub(NOISE);
                        open.noise.drain(..excess);
                    }
                    Piece::Mark(Mark::Hello(folder)) if open.folder.is_none() => open.folder = Some(folder),
                    Piece::Mark(Mark::Refused(why)) if open.folder.is_none() => {
                        return Err(Refusal::Failed(PipeError::Lost(why)));
                    }
                    Piece::Data(data) => gathered.data(data).map_err(Refusal::Failed)?,
                    Piece::Mark(mark) => gathered.mark(mark).map_err(Refusal::Failed)?,
                }
            }
            let chunk = open.outgoing.chunk().map_err(|error| {
                Refusal::Failed(PipeError::Request(format!("what is sent cannot be read: {error}")))
            })?;
            if open.folder.is_some() && gathered.complete() && chunk.is_empty() {
                // Thousands of idle shells keep no buffers.
                open.replies.rest();
                open.outgoing = Outgoing::default();
                return gathered.replies().map_err(Refusal::Failed);
            }
            let until = Instant::now() + TICK;
            let until = self.deadline.map_or(until, |deadline| deadline.min(until));
            let step = open
                .carrier
                .step(chunk, open.replies.incoming(), until)
                .map_err(|broken| Refusal::Failed(PipeError::Lost(broken.0)))?;
            open.outgoing.sent(step.wrote);
            self.traffic.sent += step.wrote as u64;
            self.traffic.received += step.read as u64;
            if step.ended {
                // The last replies may have come with the end.
                while let Some(piece) = open.replies.next().map_err(Refusal::Failed)? {
                    match piece {
                        Piece::Data(data) if open.folder.is_none() => open.noise.extend_from_slice(&data),
                        Piece::Mark(Mark::Refused(why)) => return Err(Refusal::Failed(PipeError::Lost(why))),
                        Piece::Mark(Mark::Hello(folder)) => open.folder = Some(folder),
                        Piece::Data(data) => gathered.data(data).map_err(Refusal::Failed)?,
                        Piece::Mark(mark) => gathered.mark(mark).map_err(Refusal::Failed)?,
                    }
                }
                return Err(self.ended(open));
            }
            self.look_up()?;
            if open.folder.is_none() && open.started.elapsed() > self.patience() {
                open.noise.extend_from_slice(&open.replies.rest());
                return Err(Refusal::Failed(PipeError::Lost(format!(
                    "no shell came up within {} seconds; the login shell said: {}",
                    self.patience().as_secs(),
                    said(&open.noise)
                ))));
            }
        }
    }

    /// How long the shell may take to say its first word.
    fn patience(&self) -> Duration {
        LOGIN
            + match &self.connection.spec().reach {
                Reach::Ssh(ssh) => ssh.timeout,
                _ => Duration::ZERO,
            }
    }

    fn look_up(&self) -> Result<(), Refusal> {
        if self.connection.spec().cut.load(Ordering::Relaxed) {
            return Err(Refusal::Failed(PipeError::Lost("interrupted".into())));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Refusal::Failed(PipeError::Closed(
                "timed out: the host did not answer in time, so its shell was given up".into(),
            )));
        }
        Ok(())
    }

    fn ended(&self, open: &mut Open) -> Refusal {
        let rest = open.replies.rest();
        let how = open.carrier.ending();
        if how == Some(Ending::Status(255)) && self.connection.is_ssh_program() {
            open.noise.extend_from_slice(&rest);
            let why = said(&open.noise);
            return Refusal::Failed(PipeError::Lost(format!("Failed to connect to the host via ssh: {why}")));
        }
        let how = how.map_or_else(String::new, |how| format!(" ({how})"));
        if open.folder.is_some() {
            let host = &self.connection.spec().host;
            let mut text = format!("the shell on {host} ended while it worked{how}");
            if !rest.is_empty() {
                text.push_str(&format!(": {}", said(&rest)));
            }
            return Refusal::Failed(PipeError::Closed(text));
        }
        open.noise.extend_from_slice(&rest);
        match &self.identity {
            Some(identity) => identity.refusal(&open.noise, false),
            None => Refusal::Failed(PipeError::Lost(format!(
                "no shell could be started{how}: {}",
                said(&open.noise)
            ))),
        }
    }
}

/// What the requests of a batch run: impel's own functions by name. What the user's commands are called may be a
/// secret as their arguments may.
fn names(batch: &[Request]) -> String {
    let name = |request: &Request| match (&request.run, request.argv.first()) {
        (Run::Function, Some(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => "command".to_owned(),
    };
    batch.iter().map(name).collect::<Vec<String>>().join(" ")
}

/// How long a batch may take whose commands all have a limit of time: the host ends them itself, unless it is frozen.
fn limit(batch: &[Request]) -> Option<Duration> {
    let mut sum = None;
    for request in batch {
        match (&request.run, &request.payload) {
            (_, Payload::Stream { .. }) => return None,
            (Run::Function, _) => {}
            (Run::Command(command), _) => sum = Some(sum.unwrap_or(SLACK) + command.timeout?),
        }
    }
    sum
}

impl Pipe for Shell {
    fn exchange(&mut self, mut batch: Vec<Request>) -> Result<Vec<Reply>, PipeError> {
        batch.iter().try_for_each(wire::check)?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        // A stream can be sent only once, so the shell must be known to work before.
        if self.open.is_none() && batch.iter().any(|r| matches!(r.payload, Payload::Stream { .. })) {
            self.session_folder()?;
        }
        match self.attempt(&mut batch) {
            Err(Refusal::NeedsTerminal(_)) if !self.terminal => {
                self.terminal = true;
                self.attempt(&mut batch).map_err(Refusal::into_error)
            }
            outcome => outcome.map_err(Refusal::into_error),
        }
    }

    fn session_folder(&mut self) -> Result<Vec<u8>, PipeError> {
        if let Some(folder) = self.open.as_ref().and_then(|open| open.folder.clone()) {
            return Ok(folder);
        }
        let hello = match self.attempt(&mut []) {
            Err(Refusal::NeedsTerminal(_)) if !self.terminal => {
                self.terminal = true;
                self.attempt(&mut [])
            }
            outcome => outcome,
        };
        hello.map_err(Refusal::into_error)?;
        let folder = self.open.as_ref().and_then(|open| open.folder.clone());
        folder.ok_or_else(|| PipeError::Protocol("the shell named no session folder".into()))
    }

    fn traffic(&self) -> Traffic {
        self.traffic
    }
}

/// The replies of a batch as they come in.
struct Gathered<'a> {
    requests: std::slice::IterMut<'a, Request>,
    current: Option<&'a mut Request>,
    reply: Reply,
    in_stderr: bool,
    done: Vec<Reply>,
    sink_failed: Option<std::io::Error>,
}

impl<'a> Gathered<'a> {
    fn new(batch: &'a mut [Request]) -> Gathered<'a> {
        let done = Vec::with_capacity(batch.len());
        let mut requests = batch.iter_mut();
        let current = requests.next();
        Gathered { requests, current, reply: Reply::default(), in_stderr: false, done, sink_failed: None }
    }

    fn complete(&self) -> bool {
        self.current.is_none()
    }

    fn data(&mut self, data: Vec<u8>) -> Result<(), PipeError> {
        let Some(request) = &mut self.current else { return Ok(()) };
        let into = if self.in_stderr { &mut self.reply.err } else { &mut self.reply.out };
        match &mut request.sink {
            Some(sink) if !self.in_stderr => {
                // What is still to come may have no end, so it is not waited for.
                sink.write_all(&data).map_err(unwritten)?;
            }
            _ if into.len() + data.len() > LARGEST => {
                return Err(PipeError::Protocol(format!(
                    "the host sent more than {} MB for one answer, so its connection was given up",
                    LARGEST >> 20
                )));
            }
            _ if into.is_empty() => *into = data,
            _ => into.extend_from_slice(&data),
        }
        Ok(())
    }

    fn mark(&mut self, mark: Mark) -> Result<(), PipeError> {
        let unexpected = || Err(PipeError::Protocol("a marker that no request asked for".into()));
        if self.current.is_none() {
            return unexpected();
        }
        match mark {
            Mark::Status { rc, stderr, timed_out, lost } if !self.in_stderr => {
                self.reply.rc = rc;
                self.reply.timed_out = timed_out;
                if lost {
                    self.reply.rc = -1;
                    self.reply.err =
                        b"the session folder was removed while the command ran: its output is lost".into();
                }
                self.in_stderr = stderr;
                if !stderr {
                    self.next();
                }
                Ok(())
            }
            Mark::End if self.in_stderr => {
                self.in_stderr = false;
                self.next();
                Ok(())
            }
            _ => unexpected(),
        }
    }

    fn next(&mut self) {
        if let Some(sink) = self.current.as_mut().and_then(|request| request.sink.as_mut())
            && self.sink_failed.is_none()
        {
            self.sink_failed = sink.flush().err();
        }
        self.done.push(std::mem::take(&mut self.reply));
        self.current = self.requests.next();
    }

    fn replies(self) -> Result<Vec<Reply>, PipeError> {
        match self.sink_failed {
            Some(error) => Err(unwritten(error)),
            None => Ok(self.done),
        }
    }
}

fn unwritten(error: std::io::Error) -> PipeError {
    PipeError::Request(format!("what was received cannot be written: {error}"))
}
