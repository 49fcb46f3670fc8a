//! What `ansible` shows for a task given on the command line: the minimal and the oneline callback.

use super::default::{leave, tell, wire};
use super::dump::{self, Layout};
use super::shown::{self, bare};
use super::{Hue, Screen, Sink, Stream, ansible_error, diff, hinted_error, python};
use crate::engine::{Event, HostResult, Status};
use impel_modules::{Data, Map};

/// Actions whose output is shown as it came.
const PLAIN: [&str; 5] = ["command", "shell", "raw", "script", "win_command"];

/// The minimal callback.
pub struct Minimal {
    screen: Screen,
}

impl Minimal {
    /// The minimal callback on a screen.
    pub fn new(screen: Screen) -> Minimal {
        Minimal { screen }
    }

    fn result(&mut self, result: &HostResult) {
        let host = &result.host;
        let masks = self.screen.masks.clone();
        let map = shown::cleaned(result, &self.screen.look, &masks);
        let (word, hue) = verdict(result.status);
        difference(&mut self.screen, result);
        notes(&mut self.screen, result);
        let text = match result.status {
            Status::Skipped => format!("{host} | SKIPPED"),
            Status::Ok { .. } | Status::Failed if is_plain(result, &map) => {
                format!("{host} | {} | rc={} >>\n{}", word.trim_end_matches('!'), number(&map), output(&map))
            }
            _ => format!("{host} | {word} => {}", dump::map(&map, Layout::Indented(4))),
        };
        self.screen.line(&text, Some(hue));
    }
}

impl Sink for Minimal {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Result(result) => self.result(result),
            other => beside(&mut self.screen, other),
        }
    }
}

/// The oneline callback.
pub struct OneLine {
    screen: Screen,
}

impl OneLine {
    /// The oneline callback on a screen.
    pub fn new(screen: Screen) -> OneLine {
        OneLine { screen }
    }

    fn result(&mut self, result: &HostResult) {
        let host = &result.host;
        let masks = self.screen.masks.clone();
        let map = shown::cleaned(result, &self.screen.look, &masks);
        let (word, hue) = verdict(result.status);
        notes(&mut self.screen, result);
        let text = match result.status {
            Status::Skipped => format!("{host} | SKIPPED"),
            Status::Ok { .. } | Status::Failed if is_plain(result, &map) => {
                let text = |key: &str| map.get(key).map(python::str).unwrap_or_default().replace('\n', "\\n");
                let error = text("stderr");
                let error = if error.is_empty() { error } else { format!(" (stderr) {error}") };
                let word = word.trim_end_matches('!');
                format!("{host} | {word} | rc={} | (stdout) {}{error}", number(&map), text("stdout"))
            }
            _ => {
                let indent = if result.verbose_always { 4 } else { 0 };
                let dumped = dump::map(&map, Layout::Indented(indent)).replace('\n', "");
                format!("{host} | {word} => {dumped}")
            }
        };
        self.screen.line(&text, Some(hue));
    }
}

impl Sink for OneLine {
    fn take(&mut self, event: &Event) {
        match event {
            Event::Result(result) => self.result(result),
            other => beside(&mut self.screen, other),
        }
    }
}

/// What both show alike besides results.
fn beside(screen: &mut Screen, event: &Event) {
    match event {
        Event::Message(message) => tell(screen, message),
        Event::Left(left) => leave(screen, left),
        Event::Recap(recap) => wire(screen, recap),
        _ => {}
    }
}

fn verdict(status: Status) -> (&'static str, Hue) {
    match status {
        Status::Ok { changed: true } => ("CHANGED", Hue::Changed),
        Status::Ok { changed: false } => ("SUCCESS", Hue::Ok),
        Status::Failed => ("FAILED!", Hue::Error),
        Status::Skipped => ("SKIPPED", Hue::Skip),
        Status::Unreachable => ("UNREACHABLE!", Hue::Unreachable),
    }
}

/// Whether its output is shown as it came; a job in the background has none yet.
fn is_plain(result: &HostResult, map: &Map) -> bool {
    PLAIN.contains(&bare(&result.task.action)) && !result.no_log && !map.contains_key("ansible_job_id")
}

fn number(map: &Map) -> String {
    map.get("rc").map_or("-1".to_string(), python::str)
}

/// stdout, stderr and the message, run together as Ansible does it.
fn output(map: &Map) -> String {
    let text = |key: &str| map.get(key).map(python::str).unwrap_or_default();
    format!("{}{}{}", text("stdout"), text("stderr"), text("msg"))
}

fn difference(screen: &mut Screen, result: &HostResult) {
    if result.no_log || !result.task.diff {
        return;
    }
    if let Some(difference) = result.result.get("diff").filter(|d| **d != Data::List(vec![])) {
        let masked = screen.masks.data(difference);
        let pieces = diff::pieces(&masked, screen.look.diff_context);
        screen.painted(&pieces, Stream::Out);
    }
}

fn notes(screen: &mut Screen, result: &HostResult) {
    for warning in shown::warnings(result) {
        screen.warning(&warning);
    }
    for deprecation in shown::deprecations(result) {
        screen.deprecation(&deprecation);
    }
    if let Some(error) = &result.error {
        let text = if screen.look.hints { hinted_error(error) } else { ansible_error(error) };
        screen.error(&text, Stream::Out);
    }
}
