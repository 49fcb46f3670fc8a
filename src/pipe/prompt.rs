//! Asking the person at the terminal: unknown host keys, passphrases, one-time codes.

use std::io::{BufRead, BufReader, Write};
use std::sync::Mutex;

use super::spec::Secret;

/// Someone who can be asked while a connection is made; called from hosts' threads.
pub trait Prompter: Send + Sync {
    /// The answer to `question`, or `None` where nobody is there.
    fn ask(&self, question: &str) -> Option<String>;

    /// The same, typed without echo.
    fn ask_secret(&self, question: &str) -> Option<Secret>;

    /// Something the user should know of, although it goes on.
    fn warn(&self, text: String) {
        tracing::warn!("{text}");
    }
}

/// What came up while a connection was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Who speaks SSH with the host, and why: for `-vvv`.
    Chosen(String),
    /// A warning.
    Warning(String),
}

/// Keeps the warnings of one connection; questions go to whoever answers them.
pub(super) struct Noting<'a> {
    pub person: &'a dyn Prompter,
    pub notes: &'a Mutex<Vec<Note>>,
}

impl Noting<'_> {
    pub(super) fn note(&self, note: Note) {
        let mut notes = self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

impl Prompter for Noting<'_> {
    fn ask(&self, question: &str) -> Option<String> {
        self.person.ask(question)
    }

    fn ask_secret(&self, question: &str) -> Option<Secret> {
        self.person.ask_secret(question)
    }

    fn warn(&self, text: String) {
        self.note(Note::Warning(text));
    }
}

/// Nobody is there.
pub struct Nobody;

impl Prompter for Nobody {
    fn ask(&self, _question: &str) -> Option<String> {
        None
    }

    fn ask_secret(&self, _question: &str) -> Option<Secret> {
        None
    }
}

/// The controlling terminal, one question at a time.
#[derive(Default)]
pub struct Terminal {
    busy: Mutex<()>,
}

impl Prompter for Terminal {
    fn ask(&self, question: &str) -> Option<String> {
        let _one = self.busy.lock().ok()?;
        let mut terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        terminal.write_all(question.as_bytes()).ok()?;
        terminal.flush().ok()?;
        let mut line = String::new();
        BufReader::new(terminal).read_line(&mut line).ok()?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn ask_secret(&self, question: &str) -> Option<Secret> {
        let _one = self.busy.lock().ok()?;
        std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        rpassword::prompt_password(question).ok().map(Secret::new)
    }
}
