//! What `ansible-playbook` shows: the default callback of ansible-core 2.19.

use super::shown::{self, host, is_shown, label};
use super::{Hue, Screen, Sink, Stream, ansible_error, diff, dump, hinted_error};
use crate::engine::{
    Event, HostResult, LeftHost, Message, MessageKind, PlayLine, Recap, Retry, RunLine, Section, Status,
    TaskLine, Totals,
};
use impel_modules::{Data, Map};
use std::sync::Arc;

/// The default callback.
pub struct Default {
    screen: Screen,
    /// The task under whose banner we are.
    banner: Option<Arc<str>>,
    check_mode: bool,
}

impl Default {
    /// The default callback on a screen.
    pub fn new(screen: Screen) -> Default {
        Default { screen, banner: None, check_mode: false }
    }

    fn playbook(&mut self, run: &RunLine) {
        self.check_mode = run.check_mode;
        if self.screen.look.verbosity > 1 {
            let name = run.playbook.file_name().unwrap_or(run.playbook.as_os_str());
            self.screen.banner(&format!("PLAYBOOK: {}", name.to_string_lossy()));
            for option in &run.told {
                self.screen.verbose(4, None, option);
            }
            let plays = format!("{} plays in {}", run.plays, run.playbook.display());
            self.screen.verbose(2, None, &plays);
        }
        if run.check_mode && self.screen.look.check_markers {
            self.screen.banner("DRY RUN");
        }
    }

    fn play(&mut self, play: &PlayLine) {
        self.banner = None;
        let mark = self.mark(play.check_mode);
        match &*play.name {
            "" => self.screen.banner(&format!("PLAY{mark}")),
            name => self.screen.banner(&format!("PLAY [{name}]{mark}")),
        }
    }

    fn task(&mut self, task: &Arc<TaskLine>) {
        if !self.waits() && !task.free {
            self.announce(task);
        }
    }

    /// Where hosts may stay silent, a banner waits for the first that does not.
    fn waits(&self) -> bool {
        !self.screen.look.skipped || !self.screen.look.ok
    }

    fn announce(&mut self, task: &TaskLine) {
        self.banner = Some(task.uuid.clone());
        let word = match task.section {
            Section::Task => "TASK",
            Section::Handler => "RUNNING HANDLER",
        };
        let mut name = full_name(task);
        if self.screen.look.args && !task.no_log {
            let masked = self.screen.masks.map(&task.args);
            let args: Vec<String> =
                masked.iter().map(|(key, value)| format!("{key}={}", super::python::str(value))).collect();
            name = format!("{name} {}", args.join(", "));
        }
        let mark = self.mark(task.check_mode);
        self.screen.banner(&format!("{word} [{name}]{mark}"));
        if self.screen.look.verbosity >= 2 {
            self.path(task);
        }
    }

    fn path(&mut self, task: &TaskLine) {
        if let Some(origin) = &task.origin {
            let text = format!("task path: {}:{}", origin.file.display(), origin.line);
            self.screen.line(&text, Some(Hue::Debug));
        }
    }

    fn mark(&self, check_mode: bool) -> &'static str {
        if check_mode && self.screen.look.check_markers { " [CHECK MODE]" } else { "" }
    }

    /// Announces the task unless it is the one announced last.
    fn under_banner(&mut self, task: &TaskLine) {
        if self.banner.as_ref() != Some(&task.uuid) {
            self.announce(task);
        }
    }

    fn result(&mut self, result: &HostResult) {
        // The items of a loop have been shown; what is left is the loop's own end.
        let looped = result.item.is_none() && result.result.contains_key("results");
        match result.status {
            Status::Ok { changed } => self.ok(result, changed, looped),
            Status::Failed => self.failed(result, looped),
            Status::Skipped => self.skipped(result),
            Status::Unreachable => self.unreachable(result),
        }
    }

    fn ok(&mut self, result: &HostResult, changed: bool, looped: bool) {
        if result.task.include && result.item.is_none() && result.result.contains_key("include") {
            self.under_banner(&result.task);
            return;
        }
        self.difference(result, changed);
        self.side_notes(result);
        if looped || (!changed && !self.screen.look.ok) {
            return;
        }
        self.under_banner(&result.task);
        let (word, hue) = if changed { ("changed", Hue::Changed) } else { ("ok", Hue::Ok) };
        let mut text = format!("{word}: [{}]", host(result));
        if result.item.is_some() {
            text.push_str(&format!(" => (item={})", label(result, &self.screen.masks)));
        }
        self.append(&mut text, result, 0);
        self.screen.line(&text, Some(hue));
    }

    fn append(&self, text: &mut String, result: &HostResult, above: u8) {
        if is_shown(result, &self.screen.look, above) {
            text.push_str(" => ");
            text.push_str(&shown::dumped(result, &self.screen.look, &self.screen.masks));
        }
    }

    fn failed(&mut self, result: &HostResult, looped: bool) {
        self.under_banner(&result.task);
        self.side_notes(result);
        if looped && shown::bare(&result.task.action) == "debug" {
            // ansible-core's debug has lost its items by then, and so shows the loop's own end
            let dumped = shown::dumped(result, &self.screen.look, &self.screen.masks);
            let stream = self.failures();
            let text = format!("fatal: [{}]: FAILED! => {dumped}", host(result));
            self.screen.write(&text, Some(Hue::Error), stream);
        }
        if !looped {
            self.explain(result);
            let dumped = shown::dumped(result, &self.screen.look, &self.screen.masks);
            let text = match result.item {
                Some(_) => {
                    let label = label(result, &self.screen.masks);
                    format!("failed: [{}] (item={label}) => {dumped}", host(result))
                }
                None => format!("fatal: [{}]: FAILED! => {dumped}", host(result)),
            };
            let stream = self.failures();
            self.screen.write(&text, Some(Hue::Error), stream);
        }
        self.ignoring(result);
    }

    fn unreachable(&mut self, result: &HostResult) {
        self.under_banner(&result.task);
        self.side_notes(result);
        self.explain(result);
        let dumped = shown::dumped(result, &self.screen.look, &self.screen.masks);
        let stream = self.failures();
        let text = format!("fatal: [{}]: UNREACHABLE! => {dumped}", host(result));
        self.screen.write(&text, Some(Hue::Unreachable), stream);
        self.ignoring(result);
    }

    /// Why it failed, with places.
    fn explain(&mut self, result: &HostResult) {
        let stream = self.failures();
        if let Some(error) = &result.error {
            let text = if self.screen.look.hints { hinted_error(error) } else { ansible_error(error) };
            self.screen.error(&text, stream);
        }
        if self.screen.look.path_on_failure && self.screen.look.verbosity < 2 {
            self.path(&result.task);
        }
    }

    fn ignoring(&mut self, result: &HostResult) {
        if result.ignored && result.item.is_none() {
            self.screen.line("...ignoring", Some(Hue::Skip));
        }
    }

    fn failures(&self) -> Stream {
        if self.screen.look.failed_stderr { Stream::Err } else { Stream::Out }
    }

    fn skipped(&mut self, result: &HostResult) {
        self.side_notes(result);
        if !self.screen.look.skipped {
            return;
        }
        self.under_banner(&result.task);
        let mut text = format!("skipping: [{}]", host(result));
        if result.item.is_some() {
            text.push_str(&format!(" => (item={}) ", label(result, &self.screen.masks)));
        }
        self.append(&mut text, result, 0);
        self.screen.line(&text, Some(Hue::Skip));
    }

    fn difference(&mut self, result: &HostResult, changed: bool) {
        if !result.task.diff || !changed || result.no_log {
            return;
        }
        let Some(difference) = result.result.get("diff") else { return };
        let masked = self.screen.masks.data(difference);
        let pieces = diff::pieces(&masked, self.screen.look.diff_context);
        if !pieces.is_empty() {
            self.under_banner(&result.task);
            self.screen.painted(&pieces, Stream::Out);
        }
    }

    /// Warnings and deprecations that came with a result.
    fn side_notes(&mut self, result: &HostResult) {
        for warning in shown::warnings(result) {
            self.screen.warning(&warning);
        }
        for deprecation in shown::deprecations(result) {
            self.screen.deprecation(&deprecation);
        }
    }

    fn retry(&mut self, retry: &Retry) {
        let attempt = &retry.attempt;
        self.under_banner(&attempt.task);
        let name = full_name(&attempt.task);
        let mut text =
            format!("FAILED - RETRYING: [{}]: {name} ({} retries left).", host(attempt), retry.left);
        if is_shown(attempt, &self.screen.look, 2) {
            text.push_str("Result was: ");
            text.push_str(&shown::dumped(attempt, &self.screen.look, &self.screen.masks));
        }
        self.screen.line(&text, Some(Hue::Debug));
    }

    fn start_on(&mut self, name: &str, task: &TaskLine) {
        if self.screen.look.host_start {
            let word = if task.section == Section::Handler { "HANDLER" } else { "TASK" };
            let text = format!(" [started {word}: {} on {name}]", full_name(task));
            self.screen.line(&text, Some(Hue::Ok));
        }
    }

    fn poll(&mut self, result: &HostResult) {
        let value = |key: &str| result.result.get(key).map(super::python::str).unwrap_or_default();
        let text = format!(
            "ASYNC POLL on {}: jid={} started={} finished={}",
            result.host,
            value("ansible_job_id"),
            value("started"),
            value("finished")
        );
        self.screen.line(&text, Some(Hue::Debug));
    }

    fn async_end(&mut self, result: &HostResult) {
        let word = if matches!(result.status, Status::Ok { .. }) { "OK" } else { "FAILED" };
        let job = result.result.get("ansible_job_id").map(super::python::str).unwrap_or_default();
        self.screen.line(&format!("ASYNC {word} on {}: jid={job}", result.host), Some(Hue::Debug));
    }

    fn recap(&mut self, recap: &Recap) {
        self.screen.banner("PLAY RECAP");
        for (name, totals) in &recap.hosts {
            let pieces = recap_line(name, totals);
            self.screen.painted(&pieces, Stream::Out);
        }
        self.screen.line("", None);
        if self.screen.look.custom_stats && (!recap.custom.is_empty() || !recap.custom_per_host.is_empty()) {
            self.custom_stats(recap);
        }
        if recap.check_mode && self.screen.look.check_markers {
            self.screen.banner("DRY RUN");
        }
        wire(&mut self.screen, recap);
    }

    fn custom_stats(&mut self, recap: &Recap) {
        self.screen.banner("CUSTOM STATS: ");
        for (name, stats) in &recap.custom_per_host {
            let text = format!("\t{name}: {}", on_one_line(&self.screen.masks.map(stats)));
            self.screen.line(&text, None);
        }
        if !recap.custom.is_empty() {
            self.screen.line("", None);
            let text = format!("\tRUN: {}", on_one_line(&self.screen.masks.map(&recap.custom)));
            self.screen.line(&text, None);
        }
        self.screen.line("", None);
    }
}

impl Sink for Default {
    fn take(&mut self, event: &Event) {
        match event {
            Event::PlaybookStart(run) => self.playbook(run),
            Event::PlayStart(play) => self.play(play),
            Event::NoHostsMatched => self.screen.line("skipping: no hosts matched", Some(Hue::Skip)),
            Event::NoHostsLeft => self.screen.banner("NO MORE HOSTS LEFT"),
            Event::TaskStart(task) => self.task(task),
            Event::HostStart { host, task } => self.start_on(host, task),
            Event::Item(result) | Event::Result(result) => self.result(result),
            Event::Retry(retry) => self.retry(retry),
            Event::AsyncPoll(result) => self.poll(result),
            Event::AsyncEnd(result) => self.async_end(result),
            Event::Told(_) => {}
            Event::Included(include) => {
                if self.waits() {
                    self.under_banner(&include.task);
                }
                let hosts = include.hosts.join(", ");
                let mut text = format!("included: {} for {hosts}", include.file);
                if let Some(item) = &include.item {
                    let label = super::python::str(&self.screen.masks.data(item));
                    text.push_str(&format!(" => (item={label})"));
                }
                self.screen.line(&text, Some(Hue::Included));
            }
            Event::Notified(notice) => {
                let text = format!("NOTIFIED HANDLER {} for {}", notice.handler, notice.host);
                self.screen.verbose(2, None, &text);
            }
            Event::Message(message) => tell(&mut self.screen, message),
            Event::Left(left) => leave(&mut self.screen, left),
            Event::Recap(recap) => self.recap(recap),
        }
    }
}

/// Shows a message that belongs to no task; all callbacks do it alike.
pub(super) fn tell(screen: &mut Screen, message: &Message) {
    match &message.kind {
        MessageKind::Line => screen.line(&message.text, None),
        MessageKind::Verbose { level, host } => screen.verbose(*level, host.as_deref(), &message.text),
        MessageKind::Warning => screen.warning(&message.text),
        MessageKind::Deprecation => screen.deprecation(&message.text),
        MessageKind::Error => screen.error(&message.text, Stream::Err),
    }
}

/// Says where an interrupt left a host.
pub(super) fn leave(screen: &mut Screen, left: &LeftHost) {
    let text = match (&left.task, left.cut) {
        (None, _) => format!("interrupted: [{}] before its first task", left.host),
        (Some(task), false) => format!("interrupted: [{}] after TASK [{}]", left.host, full_name(task)),
        (Some(task), true) => {
            format!("interrupted: [{}] in the middle of TASK [{}]", left.host, full_name(task))
        }
    };
    screen.write(&text, Some(Hue::Warn), Stream::Err);
}

/// What the wire has cost, from `-vvvv` on.
pub(super) fn wire(screen: &mut Screen, recap: &Recap) {
    let wire = &recap.wire;
    let text = format!(
        "wire: {} connections, {} turns, {} requests ({} wasted), {} bytes sent, {} bytes received, {:.3} s",
        wire.connections,
        wire.turns,
        wire.requests,
        wire.wasted,
        wire.sent,
        wire.received,
        recap.took.as_secs_f64()
    );
    screen.verbose(4, None, &text);
}

/// `role : name`.
pub(super) fn full_name(task: &TaskLine) -> String {
    match &task.role {
        Some(role) => format!("{role} : {}", task.name),
        None => task.name.to_string(),
    }
}

/// JSON with its line breaks taken out, as Ansible shows custom statistics.
fn on_one_line(map: &Map) -> String {
    let spread = dump::data(&Data::Map(map.clone()), dump::Layout::Indented(0));
    spread.replacen('\n', " ", 1).replace(",\n", ", ").replace('\n', "")
}

fn recap_line(name: &str, totals: &Totals) -> Vec<(String, Option<Hue>)> {
    let hue = if totals.failed > 0 || totals.unreachable > 0 {
        Hue::Error
    } else if totals.changed > 0 {
        Hue::Changed
    } else {
        Hue::Ok
    };
    let counts = [
        ("ok", totals.ok, Hue::Ok),
        ("changed", totals.changed, Hue::Changed),
        ("unreachable", totals.unreachable, Hue::Unreachable),
        ("failed", totals.failed, Hue::Error),
        ("skipped", totals.skipped, Hue::Skip),
        ("rescued", totals.rescued, Hue::Ok),
        ("ignored", totals.ignored, Hue::Warn),
    ];
    let padding = " ".repeat(26usize.saturating_sub(name.chars().count()));
    let mut pieces = vec![(name.to_string(), Some(hue)), (format!("{padding} :"), None)];
    for (word, count, hue) in counts {
        pieces.push((" ".into(), None));
        pieces.push((format!("{word}={count:<4}"), (count > 0).then_some(hue)));
    }
    pieces
}
