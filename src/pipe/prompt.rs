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
