//! The terminal's keys one by one, Ctrl-C among them; as it was when dropped.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcsetattr,
};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The standard input, where a person is at it.
pub struct Keyboard {
    before: Termios,
}

/// How reading ended.
pub enum Pressed {
    /// A line and enter.
    Line(String),
    /// The time was over.
    Time,
    /// Ctrl-C.
    Interrupt,
    /// The run is to stop, or the terminal is gone.
    Stop,
}

const INTERRUPT: u8 = 3;

impl Keyboard {
    /// The keyboard, unless nobody is there: no terminal, or we are in the background.
    pub fn open() -> Option<Keyboard> {
        let stdin = std::io::stdin();
        let ours = rustix::process::getpgrp();
        if !stdin.is_terminal() || rustix::termios::tcgetpgrp(&stdin).ok() != Some(ours) {
            return None;
        }
        let before = tcgetattr(&stdin).ok()?;
        let mut now = before.clone();
        now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN);
        now.special_codes[SpecialCodeIndex::VMIN] = 1;
        now.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&stdin, OptionalActions::Now, &now).ok()?;
        // What was typed before the question is no answer to it.
        let _ = tcflush(&stdin, QueueSelector::IFlush);
        Some(Keyboard { before })
    }

    /// What is typed until enter, or until a time: then enter is no end.
    pub fn read(&mut self, until: Option<Instant>, echo: bool, stop: &dyn Fn() -> bool) -> Pressed {
        let mut typed: Vec<u8> = Vec::new();
        loop {
            if until.is_some_and(|until| Instant::now() >= until) {
                return Pressed::Time;
            }
            if stop() {
                return Pressed::Stop;
            }
            let key = match self.key(until) {
                Ok(Some(key)) => key,
                Ok(None) => continue,
                Err(()) => return Pressed::Stop,
            };
            match key {
                INTERRUPT => return Pressed::Interrupt,
                b'\r' | b'\n' if until.is_some() => {}
                b'\r' | b'\n' => {
                    self.show(echo, "\r\n");
                    return Pressed::Line(String::from_utf8_lossy(&typed).into_owned());
                }
                8 | 127 => {
                    if erase(&mut typed) {
                        self.show(echo, "\u{8} \u{8}");
                    }
                }
                key => {
                    typed.push(key);
                    if echo {
                        let mut out = std::io::stdout();
                        drop(out.write_all(&[key]).and_then(|()| out.flush()));
                    }
                }
            }
        }
    }

    /// After Ctrl-C: C goes on, A does not.
    pub fn goes_on(&mut self, stop: &dyn Fn() -> bool) -> bool {
        loop {
            if stop() {
                return false;
            }
            match self.key(None) {
                Ok(Some(b'c' | b'C')) => return true,
                Ok(Some(b'a' | b'A')) | Err(()) => return false,
                Ok(_) => {}
            }
        }
    }

    /// One key, if it comes within a moment.
    fn key(&mut self, until: Option<Instant>) -> Result<Option<u8>, ()> {
        let moment = Duration::from_millis(200);
        let wait = until.map_or(moment, |until| moment.min(until.saturating_duration_since(Instant::now())));
        let stdin = std::io::stdin();
        let wait = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&wait)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => Ok(None),
            Ok(_) => {
                let mut byte = [0];
                match rustix::io::read(&stdin, &mut byte) {
                    Ok(1) => Ok(byte.first().copied()),
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(None),
                    _ => Err(()),
                }
            }
            Err(_) => Err(()),
        }
    }

    fn show(&self, echo: bool, text: &str) {
        if echo {
            let mut out = std::io::stdout();
            drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        }
    }
}

/// Takes the last character away.
fn erase(typed: &mut Vec<u8>) -> bool {
    while let Some(byte) = typed.pop() {
        if byte & 0xc0 != 0x80 {
            return true;
        }
    }
    false
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::erase;

    #[test]
    fn a_character_is_erased_whole() {
        let mut typed = "aé".as_bytes().to_vec();
        assert!(erase(&mut typed));
        assert_eq!(typed, b"a");
        assert!(erase(&mut typed) && !erase(&mut typed));
    }
}
