//! The terminal (or what stands for it): lines in colour, banners, each warning once.

use super::{Hue, Log, Look, Masks};
use impel_modules::undecoded;
use indicatif::ProgressBar;
use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use unicode_width::UnicodeWidthStr;

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Writes for a person: colours, banners, warnings once each, control characters made harmless.
pub struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// How it looks.
    pub look: Look,
    /// What it hides.
    pub masks: Masks,
    said: HashSet<String>,
    log: Option<Log>,
    bar: Option<ProgressBar>,
    deprecated: bool,
}

impl Screen {
    /// A screen on the process's own streams.
    pub fn terminal(look: Look, masks: Masks) -> Screen {
        Screen::new(Box::new(std::io::stdout()), Box::new(std::io::stderr()), look, masks)
    }

    /// A screen on any streams.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, look: Look, masks: Masks) -> Screen {
        Screen { out, err, look, masks, said: HashSet::new(), log: None, bar: None, deprecated: false }
    }

    /// Also writes every line, without colours, to a log.
    #[must_use]
    pub fn logged(mut self, log: Log) -> Screen {
        self.log = Some(log);
        self
    }

    /// Keeps clear of a progress line.
    #[must_use]
    pub fn beside(mut self, bar: ProgressBar) -> Screen {
        self.bar = Some(bar);
        self
    }

    /// A line in a colour on stdout.
    pub fn line(&mut self, text: &str, hue: Option<Hue>) {
        self.write(text, hue, Stream::Out);
    }

    /// A line in a colour on either stream.
    pub fn write(&mut self, text: &str, hue: Option<Hue>, stream: Stream) {
        self.painted(&[(text.to_string(), hue)], stream);
    }

    /// One line made of pieces in different colours.
    pub fn painted(&mut self, pieces: &[(String, Option<Hue>)], stream: Stream) {
        let mut line = String::new();
        for (text, hue) in pieces {
            let text = harmless(&self.masks.text(text));
            match hue {
                Some(hue) if self.look.colour => line.push_str(&self.look.palette.paint(&text, *hue)),
                _ => line.push_str(&text),
            }
        }
        if undecoded::is_in(&line) {
            line = undecoded::shown(&line).into_owned();
            self.warning(
                "Non UTF-8 encoded data replaced with \"?\" while displaying text to stdout/stderr.",
            );
        }
        line.push('\n');
        if let Some(log) = &mut self.log {
            let plain: String = pieces.iter().map(|(text, _)| harmless(&self.masks.text(text))).collect();
            let plain = undecoded::shown(&plain);
            log.write(&plain);
        }
        let to = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        // A reader that has gone (`| head`) is no reason to stop changing hosts half way.
        let mut put = || {
            let _ = to.write_all(line.as_bytes());
            let _ = to.flush();
        };
        match &self.bar {
            Some(bar) => bar.suspend(put),
            None => put(),
        }
    }

    /// A blank line, the text, stars up to the width.
    pub fn banner(&mut self, text: &str) {
        let text = self.masks.text(text.trim());
        let stars = self.look.width().saturating_sub(text.width()).max(3);
        self.line(&format!("\n{text} {}", "*".repeat(stars)), None);
    }

    /// `[WARNING]: text` on stderr, once.
    pub fn warning(&mut self, text: &str) {
        if self.look.warnings {
            self.once(&format!("[WARNING]: {text}"), Hue::Warn, Stream::Err);
        }
    }

    /// `[DEPRECATION WARNING]: text` on stderr, once, where those are wanted.
    pub fn deprecation(&mut self, text: &str) {
        if !self.look.deprecations {
            return;
        }
        if !std::mem::replace(&mut self.deprecated, true) {
            self.warning(
                "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.",
            );
        }
        self.once(&format!("[DEPRECATION WARNING]: {text}"), Hue::Deprecate, Stream::Err);
    }

    /// `[ERROR]: text`, once.
    pub fn error(&mut self, text: &str, stream: Stream) {
        self.once(&format!("[ERROR]: {text}"), Hue::Error, stream);
    }

    /// A line from some verbosity on, with the host that it is about.
    pub fn verbose(&mut self, level: u8, host: Option<&str>, text: &str) {
        let text = match host {
            Some(host) => format!("<{host}> {text}"),
            None => text.to_string(),
        };
        if self.look.verbosity >= level {
            let stream = if self.look.verbose_to_stderr { Stream::Err } else { Stream::Out };
            self.write(&text, Some(Hue::Verbose), stream);
        } else if let Some(log) = self.log.as_mut().filter(|log| log.takes(level)) {
            log.write(&harmless(&self.masks.text(&text)));
        }
    }

    fn once(&mut self, text: &str, hue: Hue, stream: Stream) {
        if self.said.insert(text.to_string()) {
            self.write(text, Some(hue), stream);
        }
    }
}

impl Look {
    /// What the process's streams and environment say about colours and width.
    #[must_use]
    pub fn of_terminal(mut self, force_colour: bool, no_colour: bool) -> Look {
        let terminal = std::io::stdout().is_terminal();
        self.colour = force_colour || (terminal && !no_colour);
        self.columns = None;
        if terminal && let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout()) {
            self.columns = Some(usize::from(size.ws_col));
        }
        self
    }
}

/// The text without what a terminal would obey: control characters but line feed and tab are spelled out.
pub fn harmless(text: &str) -> String {
    if !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => out.push_str("\\r"),
            c if c.is_control() && u32::from(c) < 0x100 => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(harmless("a\x1b[2J\tb\r\n\u{9b}31m"), "a\\x1b[2J\tb\\r\n\\x9b31m");
    }
}
