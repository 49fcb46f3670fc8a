//! Asking: questions that change nothing, and how those of one kind share a fork.

use super::pipe::{Reply, Script};
use crate::Fault;
use std::rc::Rc;

/// How answers are told apart in the reply that several questions share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A call answers one question only.
    Alone,
    /// The same, and the function gets a nonce before its words.
    Single,
    /// The function gets a nonce before its words, and writes behind each answer a line `NONCE RC`.
    Parts,
    /// The function gets a nonce before its words; every question is given the whole reply.
    Whole,
}

/// The shell function that answers a kind of question; questions with equal lanes travel as one call.
#[derive(Clone, Debug)]
pub struct Lane {
    /// The function.
    pub function: &'static str,
    /// What defines it.
    pub script: &'static Script,
    /// Arguments before those of the questions.
    pub fixed: Vec<Vec<u8>>,
    /// How answers are told apart.
    pub framing: Framing,
    /// Too costly to be asked before its turn.
    pub heavy: bool,
    /// The answer holds a secret.
    pub secret: bool,
}

impl Lane {
    /// A lane that is cheap and public, with parts as answers.
    pub fn new(function: &'static str, script: &'static Script) -> Lane {
        Lane { function, script, fixed: Vec::new(), framing: Framing::Parts, heavy: false, secret: false }
    }

    pub(super) fn joins(&self, other: &Lane) -> bool {
        matches!(self.framing, Framing::Parts | Framing::Whole)
            && self.heavy == other.heavy
            && self.function == other.function
            && self.fixed == other.fixed
            && self.framing == other.framing
            && self.secret == other.secret
    }
}

/// A question's share of a reply.
#[derive(Clone, Debug)]
pub struct Part {
    /// The exit status: of this answer where parts are framed, else of the whole call.
    pub rc: i32,
    /// Its bytes.
    pub out: Rc<[u8]>,
    /// What the whole call wrote to stderr.
    pub err: Rc<[u8]>,
    /// What separates records, where the function was given one.
    pub nonce: Rc<str>,
}

impl Part {
    pub(super) fn whole(reply: Reply, nonce: Rc<str>) -> Part {
        Part { rc: reply.rc, out: reply.out.into(), err: reply.err.into(), nonce }
    }

    /// Stdout as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// Stderr as text.
    pub fn error(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }
}

/// A typed question to a host. It must change nothing there.
pub trait Question: 'static {
    /// What it is answered with.
    type Answer;
    /// Which function answers it.
    fn lane(&self) -> Lane;
    /// This question's own arguments to it.
    fn words(&self) -> Vec<Vec<u8>>;
    /// The typed answer.
    ///
    /// # Errors
    /// The host could not answer.
    fn read(&self, part: Part) -> Result<Self::Answer, Fault>;
}

/// A free read-only script, or a read-only command: the exception among questions. Answered with its reply.
pub struct Probe {
    lane: Lane,
    words: Vec<Vec<u8>>,
}

static RUN: Script = Script { name: "ask_run", text: include_str!("ask/run.sh"), needs: &[] };

impl Probe {
    /// A call of `function`, which `script` defines and which changes nothing.
    pub fn script(function: &'static str, script: &'static Script) -> Probe {
        Probe { lane: Lane { framing: Framing::Alone, ..Lane::new(function, script) }, words: Vec::new() }
    }

    /// A command that changes nothing, with `LC_ALL=C`; its stdin is empty.
    pub fn command<W: Into<Vec<u8>>>(argv: impl IntoIterator<Item = W>) -> Probe {
        Probe::script("ask_run", &RUN).args(argv)
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, word: impl Into<Vec<u8>>) -> Probe {
        self.words.push(word.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<W: Into<Vec<u8>>>(mut self, words: impl IntoIterator<Item = W>) -> Probe {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    /// Marks it as too costly to be asked ahead of its turn.
    #[must_use]
    pub fn heavy(mut self) -> Probe {
        self.lane.heavy = true;
        self
    }

    /// Marks arguments or answer as secret.
    #[must_use]
    pub fn secret(mut self) -> Probe {
        self.lane.secret = true;
        self
    }
}

impl Question for Probe {
    type Answer = Part;

    fn lane(&self) -> Lane {
        self.lane.clone()
    }

    fn words(&self) -> Vec<Vec<u8>> {
        self.words.clone()
    }

    fn read(&self, part: Part) -> Result<Part, Fault> {
        Ok(part)
    }
}

/// A path as scripts are given it: never taken for an option.
pub(super) fn path_word(path: &[u8]) -> Vec<u8> {
    match path.first() {
        Some(b'/') => path.to_vec(),
        _ => [b"./", path].concat(),
    }
}
