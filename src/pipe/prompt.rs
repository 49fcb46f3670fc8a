//! Asking the person at the terminal: unknown host keys, passphrases, one-time codes.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Mutex;

use rustix::termios::Termios;
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
        match self.hidden(question) {
            Ok(answer) => Some(answer),
            Err(Unanswered::Interrupted) => {
                // what the key does where nobody asks: whoever handles the signal hears of it
                let _ =
                    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT);
                None
            }
            Err(_) => None,
        }
    }
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// There is no terminal.
    Nobody,
    /// The input was ended (Ctrl-D).
    Ended,
    /// The person wants to stop (Ctrl-C).
    Interrupted,
}

impl Terminal {
    /// A line that is typed in sight; `None` at the end of input, or once `stop` says so.
    pub fn visible(&self, question: &str, stop: &dyn Fn() -> bool) -> Option<String> {
        let _one = self.busy.lock().ok()?;
        let mut terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        terminal.write_all(question.as_bytes()).ok()?;
        let mut line = Vec::new();
        // in short steps: a signal comes to another thread
        let step = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        loop {
            if stop() {
                return None;
            }
            match poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&step)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(_) => return None,
            }
            let mut piece = [0u8; 4096];
            match terminal.read(&mut piece) {
                Ok(0) if line.is_empty() => return None,
                Ok(count) => line.extend_from_slice(piece.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return None,
            }
            if line.last() == Some(&b'\n') {
                let text = String::from_utf8_lossy(&line);
                return Some(text.trim_end_matches(['\r', '\n']).to_owned());
            }
        }
    }

    /// The answer to `question`, typed without echo. The terminal is as it was afterwards, whatever is answered: the
    /// keys that would end this program are read as keys.
    ///
    /// # Errors
    /// There is none.
    pub fn hidden(&self, question: &str) -> Result<Secret, Unanswered> {
        use rustix::termios::SpecialCodeIndex as Code;
        let gone = |_: std::io::Error| Unanswered::Nobody;
        let _one = self.busy.lock().map_err(|_| Unanswered::Nobody)?;
        let mut terminal =
            std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(gone)?;
        // Before the question is shown: an answer may come at once.
        let mut quiet = Quiet::new(&terminal).map_err(gone)?;
        terminal.write_all(question.as_bytes()).map_err(gone)?;
        let is = |modes: &Termios, code: Code, byte: u8| byte != 0 && modes.special_codes[code] == byte;
        // no password outgrows this, so no piece of it is left behind where it was before
        let mut line = Zeroizing::new(Vec::with_capacity(4096));
        let mut byte = Zeroizing::new([0u8; 1]);
        let answer = loop {
            match terminal.read(&mut *byte) {
                Ok(0) => break Err(Unanswered::Ended),
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => break Err(Unanswered::Nobody),
            }
            match byte[0] {
                b'\r' | b'\n' => break Ok(()),
                key if is(&quiet.modes, Code::VINTR, key) || is(&quiet.modes, Code::VQUIT, key) => {
                    break Err(Unanswered::Interrupted);
                }
                key if is(&quiet.modes, Code::VEOF, key) => {
                    if line.is_empty() {
                        break Err(Unanswered::Ended);
                    }
                }
                key if is(&quiet.modes, Code::VERASE, key) || key == 8 => {
                    // a character, not a byte of it
                    while line.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {}
                }
                key if is(&quiet.modes, Code::VKILL, key) => line.clear(),
                key if is(&quiet.modes, Code::VSUSP, key) => {
                    drop(quiet);
                    let group = rustix::process::Signal::TSTP;
                    let _ = rustix::process::kill_current_process_group(group);
                    quiet = Quiet::new(&terminal).map_err(gone)?;
                    terminal.write_all(question.as_bytes()).map_err(gone)?;
                }
                key => line.push(key),
            }
        };
        drop(quiet);
        if answer.is_ok() {
            let _ = terminal.write_all(b"\n");
        }
        answer.map(|()| Secret::new(String::from_utf8_lossy(&line)))
    }
}

/// A terminal without echo that hands over each key, until this is dropped.
struct Quiet {
    terminal: std::fs::File,
    modes: Termios,
}

impl Quiet {
    fn new(terminal: &std::fs::File) -> std::io::Result<Quiet> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let terminal = terminal.try_clone()?;
        let modes = tcgetattr(&terminal)?;
        let mut quiet = modes.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
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
