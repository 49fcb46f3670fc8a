//! Asking the person at the terminal: unknown host keys, passphrases, one-time codes.

use std::io::{BufRead, BufReader, Write};
use std::sync::Mutex;

use zeroize::Zeroizing;

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
        let mut terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        // Before the question is shown: an answer may come at once.
        let quiet = Quiet::new(&terminal).ok()?;
        terminal.write_all(question.as_bytes()).ok()?;
        let mut line = Zeroizing::new(String::new());
        BufReader::new(&terminal).read_line(&mut line).ok()?;
        drop(quiet);
        let _ = terminal.write_all(b"\n");
        Some(Secret::new(line.trim_end_matches(['\r', '\n'])))
    }
}

/// A terminal without echo, until this is dropped.
struct Quiet {
    terminal: std::fs::File,
    modes: rustix::termios::Termios,
}

impl Quiet {
    fn new(terminal: &std::fs::File) -> std::io::Result<Quiet> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let terminal = terminal.try_clone()?;
        let modes = tcgetattr(&terminal)?;
        let mut quiet = modes.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&terminal, OptionalActions::Drain, &quiet)?;
        Ok(Quiet { terminal, modes })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ =
            rustix::termios::tcsetattr(&self.terminal, rustix::termios::OptionalActions::Drain, &self.modes);
    }
}
