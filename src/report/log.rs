//! The log that `log_path` names: what the screen shows, in the form of Python's `logging` as ansible-core sets it up.

use std::io::Write;

/// A log of what the screen shows.
pub struct Log {
    to: Box<dyn Write + Send>,
    user: String,
    verbosity: u8,
}

impl Log {
    /// A log of the user's, which takes lines of verbosity up to `verbosity` whatever the screen takes.
    pub fn new(to: Box<dyn Write + Send>, user: impl Into<String>, verbosity: u8) -> Log {
        Log { to, user: user.into(), verbosity }
    }

    /// Whether a line of this verbosity belongs here even where the screen leaves it out.
    pub(super) fn takes(&self, level: u8) -> bool {
        level <= self.verbosity
    }

    /// Writes a text with its time and its level, which is told by how it begins.
    pub(super) fn write(&mut self, text: &str) {
        let text = text.trim_start_matches('\n');
        if text.is_empty() {
            return;
        }
        let level = match text {
            text if text.starts_with("[ERROR]") => "ERROR",
            text if text.starts_with("[WARNING]") => "WARNING",
            _ => "INFO",
        };
        let now = jiff::Zoned::now();
        let milliseconds = now.subsec_nanosecond() / 1_000_000;
        let stamp = now.strftime("%Y-%m-%d %H:%M:%S");
        let (process, user) = (std::process::id(), &self.user);
        // a log that cannot be written any more is no reason to stop changing hosts half way
        let _ = writeln!(self.to, "{stamp},{milliseconds:03} p={process} u={user} n=ansible {level}| {text}");
        let _ = self.to.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_have_their_time_process_user_and_level() {
        let kept = Kept::default();
        let mut log = Log::new(Box::new(kept.clone()), "me", 3);
        log.write("\nTASK [a] ***");
        log.write("");
        log.write("[WARNING]: careful\n");
        assert!(log.takes(3) && !log.takes(4));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let pattern = format!(" p={} u=me n=ansible INFO| TASK [a] ***", std::process::id());
        assert!(lines[0].ends_with(&pattern), "{text}");
        assert!(lines[1].ends_with("WARNING| [WARNING]: careful"), "{text}");
        assert_eq!(lines[0].find(','), Some(19));
    }
}
