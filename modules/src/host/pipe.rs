//! What carries requests to a host's shell; the layer above implements it.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

/// A shell function (or a few) that requests call. Sent once per pipe, before its first use.
#[derive(Debug)]
pub struct Script {
    /// A name that is unique among scripts.
    pub name: &'static str,
    /// The text of its `.sh` file: function definitions, comments allowed.
    pub text: &'static str,
    /// Scripts that it calls, defined before it.
    pub needs: &'static [&'static Script],
}

/// How a request is run at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// Call a shell function with quoted positional arguments inside the long-lived shell; its stdout streams
    /// back, its stderr is caught.
    Function,
    /// Run a user's command in a child of its own, with fresh output files and the user's own umask.
    Command(Command),
}

/// How a user's command is run.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Command {
    /// Folder to change to first; where that fails nothing is run and the rc is 250.
    pub chdir: Option<Vec<u8>>,
    /// Variables to add to its environment.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// Kill its process group after this long (rc 124 and `Reply::timed_out`).
    pub timeout: Option<Duration>,
    /// Give it the request's payload as its standard input (else it is empty); where that does not fit on the host
    /// nothing is run and the rc is 251.
    pub stdin: bool,
    /// The task's own variables are not added to its environment.
    pub plain: bool,
}

/// What travels behind a request line.
#[derive(Default)]
pub enum Payload {
    /// Nothing.
    #[default]
    None,
    /// Bytes held in memory.
    Bytes(Arc<[u8]>),
    /// Exactly `len` bytes read while they are sent.
    Stream {
        /// Where they come from.
        from: Box<dyn Read + Send>,
        /// How many.
        len: u64,
    },
}

impl Payload {
    /// How many bytes travel.
    pub fn len(&self) -> u64 {
        match self {
            Payload::None => 0,
            Payload::Bytes(bytes) => bytes.len() as u64,
            Payload::Stream { len, .. } => *len,
        }
    }

    /// Whether nothing travels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One request: a function or a command with its arguments, never text pasted into code.
pub struct Request {
    /// How it is run.
    pub run: Run,
    /// `argv`: the function's name and its arguments, or the command's program and arguments. No NUL inside
    /// (a pipe refuses such a request); any other byte passes.
    pub argv: Vec<Vec<u8>>,
    /// Scripts that must be defined.
    pub scripts: Vec<&'static Script>,
    /// Bytes for it. A function reads exactly that many with the prelude's `_ird`/`_iup` and ends with `_ie`.
    pub payload: Payload,
    /// Where its stdout goes instead of `Reply::out` (a fetch, streamed with bounded memory).
    pub sink: Option<Box<dyn Write + Send>>,
    /// Never shown, not even at `-vvvv`: arguments or payload hold a secret.
    pub secret: bool,
}

impl Request {
    /// A call of `function` with `arguments`; `scripts` define it.
    pub fn call(
        function: &'static str,
        arguments: impl IntoIterator<Item = Vec<u8>>,
        scripts: &[&'static Script],
    ) -> Request {
        let argv = std::iter::once(function.as_bytes().to_vec()).chain(arguments).collect();
        Request {
            run: Run::Function,
            argv,
            scripts: scripts.to_vec(),
            payload: Payload::None,
            sink: None,
            secret: false,
        }
    }
}

/// What came back for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Exit status; 128 and the number for a signal, -1 where a command removed the session folder and with it its
    /// own output.
    pub rc: i32,
    /// Standard output (empty where it went to a sink).
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
    /// Killed because its time was up.
    pub timed_out: bool,
}

/// Why an exchange broke. After [`PipeError::Closed`] or `Lost` the pipe must be opened anew.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PipeError {
    /// The shell ended (killed by the command that it ran, for instance); the host may still be well.
    #[error("{0}")]
    Closed(String),
    /// The host cannot be reached, or the connection was lost.
    #[error("{0}")]
    Lost(String),
    /// Becoming the other user failed: a task's failure, not an unreachable host.
    #[error("{0}")]
    Become(String),
    /// The request itself cannot be sent (NUL in an argument, an unreadable stream).
    #[error("{0}")]
    Request(String),
    /// The other end broke the protocol.
    #[error("{0}")]
    Protocol(String),
}

/// What a pipe has cost so far; for tests, benches and `-vvvv`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Times that impel had to wait for the other end: an exchange is one, opening may be several.
    pub turns: u64,
    /// Requests sent.
    pub requests: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
}

/// A shell on a host under one identity.
pub trait Pipe {
    /// Sends all requests and returns their replies in order, moving bytes both ways at once.
    /// The pipe defines what the requests' scripts need and has not been defined on it before.
    ///
    /// # Errors
    /// The whole batch is lost; which of its requests took effect is unknown.
    fn exchange(&mut self, batch: Vec<Request>) -> Result<Vec<Reply>, PipeError>;

    /// The session folder on the host: 0700, on tmpfs where there is room, gone when the pipe ends.
    /// Opens the pipe if it is not open.
    ///
    /// # Errors
    /// As for opening: unreachable, or the identity cannot be taken.
    fn session_folder(&mut self) -> Result<Vec<u8>, PipeError>;

    /// What it has cost so far.
    fn traffic(&self) -> Traffic;
}
