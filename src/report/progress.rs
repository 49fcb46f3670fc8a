//! The progress line of a terminal: hosts done, the running task, the slowest hosts.

use super::Sink;
use super::default::full_name;
use crate::engine::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// From when on a host is called slow.
const SLOW: Duration = Duration::from_secs(2);

/// How many slow hosts are named.
const NAMED: usize = 3;

/// Draws one line about the run, and takes it away at the end.
pub struct Progress {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    task: String,
    hosts: usize,
    done: usize,
    running: HashMap<Arc<str>, Instant>,
    /// A person is asked something.
    asks: bool,
}

impl Progress {
    /// A progress line, where both streams are a terminal; a pipe or a file gets none.
    pub fn on_terminal() -> Option<Progress> {
        let terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        terminal.then(|| Progress::on(ProgressDrawTarget::stderr_with_hz(10)))
    }

    fn on(target: ProgressDrawTarget) -> Progress {
        let state: Arc<Mutex<State>> = Arc::default();
        let bar = ProgressBar::with_draw_target(None, target);
        let seen = state.clone();
        let style = ProgressStyle::with_template("{spinner} {elapsed} {state}").map(|style| {
            style.with_key("state", move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
                let state = seen.lock().unwrap_or_else(|e| e.into_inner());
                let _ = out.write_str(&state.line(Instant::now()));
            })
        });
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Progress { bar, state }
    }

    /// The line itself, for a screen to keep clear of.
    pub fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }
}

impl State {
    fn line(&self, now: Instant) -> String {
        let mut line = format!("{}/{} hosts", self.done, self.hosts);
        if !self.task.is_empty() {
            let _ = write!(line, " · {}", self.task);
        }
        let mut slow: Vec<(Duration, &Arc<str>)> = self
            .running
            .iter()
            .map(|(host, since)| (now.saturating_duration_since(*since), host))
            .filter(|(took, _)| *took >= SLOW)
            .collect();
        slow.sort_by(|a, b| b.cmp(a));
        let named: Vec<String> =
            slow.iter().take(NAMED).map(|(took, host)| format!("{host} {}s", took.as_secs())).collect();
        if !named.is_empty() {
            let _ = write!(line, " · slowest: {}", named.join(", "));
        }
        line
    }
}

impl Sink for Progress {
    fn take(&mut self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        match event {
            Event::PlayStart(play) => {
                self.bar.enable_steady_tick(Duration::from_millis(200));
                *state = State { hosts: play.hosts.len(), ..State::default() };
            }
            Event::TaskStart(task) => {
                state.task = full_name(task).chars().filter(|c| !c.is_control()).collect();
                state.done = 0;
                state.hosts = task.hosts.unwrap_or(state.hosts);
                if task.action.rsplit('.').next() == Some("pause") {
                    // the terminal is the person's until they have answered
                    state.asks = true;
                    drop(state);
                    self.bar.finish_and_clear();
                }
            }
            Event::HostStart { host, .. } => {
                state.running.insert(host.clone(), Instant::now());
            }
            Event::Result(result) => {
                state.running.remove(&result.host);
                state.done += 1;
                if std::mem::take(&mut state.asks) {
                    drop(state);
                    let passed = self.bar.elapsed();
                    self.bar.reset();
                    self.bar.set_elapsed(passed);
                }
            }
            Event::Recap(_) => {
                drop(state);
                self.bar.finish_and_clear();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_slowest_hosts_first() {
        let now = Instant::now() + Duration::from_secs(100);
        let running = HashMap::from([
            (Arc::from("a"), now - Duration::from_secs(3)),
            (Arc::from("b"), now - Duration::from_secs(9)),
            (Arc::from("c"), now - Duration::from_secs(1)),
        ]);
        let state = State { task: "apt".into(), hosts: 5, done: 2, running, asks: false };
        assert_eq!(state.line(now), "2/5 hosts · apt · slowest: b 9s, a 3s");
    }
}
