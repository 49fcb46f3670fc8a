//! What a task's end does to the run: variables, counts, handlers, the host's way on.

use super::answer::{Answer, Consequence, IncludeCall};
use super::batch::{Batch, Fate};
use super::event::{Event, HostResult, Status};
use super::position::{Fall, Step};
use super::reserved;
use super::turn::TurnEnd;
use crate::diag::{Diagnostic, nearest};
use crate::template::Value;
use crate::vars::HostStore;
use impel_modules::Data;
use std::sync::Arc;

/// An include that a host asked for.
pub struct Wanted {
    /// The host.
    pub host: usize,
    /// What it includes.
    pub call: IncludeCall,
}

impl Batch<'_, '_> {
    /// Takes in a task's end. `also` are the hosts that share the result of a `run_once` task.
    ///
    /// # Errors
    /// A handler that does not exist was notified.
    pub fn commit(&mut self, end: TurnEnd, also: &[usize]) -> Result<Vec<Wanted>, Diagnostic> {
        let TurnEnd { host, step, line, answer, register, notify, .. } = &end;
        let mut hosts = vec![*host];
        hosts.extend(also.iter().filter(|index| *index != host));
        if self.checked.insert(step.task.id) {
            reserved::warn(self.run.source, reserved::of_task(&step.task));
        }
        let registered = register.as_ref().map(|name| {
            let mut result = answer.result.clone();
            add_lines(&mut result);
            add_exception(&mut result, answer.status);
            complete(&mut result, answer.status, end.step.task.loop_.is_some());
            (name.clone(), Value::from_data(&Data::Map(result)))
        });
        let mut includes = Vec::new();
        for index in &hosts {
            let Some(track) = self.tracks.get(*index) else { continue };
            if let Some((name, value)) = &registered {
                track.store.add_set([(name.clone(), value.clone())]);
            }
            // what failed adds nothing to the inventory, and sets nothing
            let failed = matches!(answer.status, Status::Failed);
            for consequence in answer.consequences.iter().filter(|_| !failed) {
                self.follow(*index, consequence, &mut includes);
            }
        }
        if let Some(role) = step.task.role().filter(|_| !matches!(answer.status, Status::Skipped)) {
            for index in &hosts {
                if let Some(track) = self.tracks.get_mut(*index) {
                    track.begun_roles.insert(role.identity);
                }
            }
        }
        let (ignored, rescued) = self.settle(&end, &hosts);
        let Some(track) = self.tracks.get(*host) else { return Ok(includes) };
        let name = track.store.name.clone();
        let notifies = answer.changed() && matches!(answer.status, Status::Ok { .. });
        for _ in hosts.iter().filter(|_| notifies) {
            for handler in notify {
                self.run.shared.verbose(
                    2,
                    None,
                    format!("Notification for handler {handler} has been saved."),
                );
            }
        }
        if notifies {
            for handler in notify {
                self.notify(handler, &hosts, step)?;
            }
        }
        if !line.include || !matches!(answer.status, Status::Ok { .. }) {
            let result = HostResult { ignored, rescued, ..answer.to_result(&name, line, end.took) };
            self.run.shared.emit(Event::Result(Box::new(result.hidden(end.no_log || answer.show.censored))));
        }
        Ok(includes)
    }

    fn follow(&mut self, index: usize, consequence: &Consequence, includes: &mut Vec<Wanted>) {
        let Some(track) = self.tracks.get(index) else { return };
        let store = &track.store;
        match consequence {
            Consequence::Set(vars) => store.add_set(vars.iter().cloned()),
            Consequence::Facts(facts) => {
                store.add_facts(facts.iter().cloned());
                let host = store.name.clone();
                self.look_for_files(&host);
            }
            Consequence::OfDelegate(delegate, consequence) => {
                let Some(host) = self.run.shared.store.host(delegate) else { return };
                match &**consequence {
                    Consequence::Set(vars) => host.add_set(vars.iter().cloned()),
                    Consequence::Facts(facts) => host.add_facts(facts.iter().cloned()),
                    Consequence::Included(vars, _) => self.include_vars(&host, vars),
                    _ => {}
                }
            }
            Consequence::Included(vars, places) => {
                for ((name, _), place) in vars.iter().zip(places) {
                    reserved::warn_of(self.run.source, name, Some(*place));
                }
                self.include_vars(store, vars);
            }
            Consequence::AddHost(add) => {
                let text = format!("creating host via 'add_host': hostname={}", add.name);
                self.run.shared.verbose(2, None, text);
                self.run.add_host(add);
            }
            Consequence::GroupBy { group, parents } => {
                let host = store.name.clone();
                self.run.group_by(&host, group, parents);
            }
            Consequence::Include(call) => includes.push(Wanted { host: index, call: call.clone() }),
            Consequence::Stats { data, per_host, aggregate } => {
                let host = per_host.then(|| store.name.clone());
                self.run.add_stats(host, data, *aggregate);
            }
        }
    }

    fn include_vars(&self, store: &HostStore, vars: &[(Arc<str>, Value)]) {
        let merge = self.run.shared.store.run.merge;
        let known = store.included();
        let value = |(name, value): &(Arc<str>, Value)| match known.get(name).filter(|_| merge) {
            Some(old) => (name.clone(), crate::vars::merged(old, value, 0)),
            None => (name.clone(), value.clone()),
        };
        store.add_included(vars.iter().map(value));
    }

    /// `vars_files` whose names needed facts.
    fn look_for_files(&mut self, host: &Arc<str>) {
        if !self.vars.files_waiting {
            return;
        }
        let mut vars = (*self.vars).clone();
        match self.run.vars_files(&self.play, std::slice::from_ref(host), &mut vars) {
            Ok(()) => self.vars = Arc::new(vars),
            Err(error) => self.run.shared.warn(error.to_string()),
        }
    }

    /// Counts the end and moves the hosts on; says whether a failure is ignored, or rescued.
    fn settle(&mut self, end: &TurnEnd, hosts: &[usize]) -> (bool, bool) {
        let answer = &end.answer;
        let (mut ignored, mut rescued) = (false, false);
        for index in hosts {
            let Some(name) = self.tracks.get(*index).map(|track| track.store.name.clone()) else { continue };
            // only the host that ran it counts the result; the others share what became of it
            let counted = *index == end.host;
            match answer.status {
                Status::Ok { changed } => {
                    if counted && !end.line.include {
                        let totals = self.totals(&name);
                        totals.ok += 1;
                        totals.changed += u64::from(changed);
                    }
                }
                Status::Skipped => self.totals(&name).skipped += u64::from(counted),
                Status::Unreachable if end.ignore_unreachable => {
                    // ansible-core counts it as done and as ignored
                    let totals = self.totals(&name);
                    totals.ok += u64::from(counted);
                    totals.ignored += u64::from(counted);
                    ignored = true;
                    if let Some(track) = self.tracks.get_mut(*index) {
                        track.next = None;
                    }
                }
                Status::Unreachable => {
                    self.totals(&name).unreachable += u64::from(counted);
                    self.run.unreachable.insert(name);
                    if let Some(track) = self.tracks.get_mut(*index) {
                        track.fate = Fate::Unreachable;
                        track.next = None;
                        track.position.end();
                    }
                }
                Status::Failed if end.ignore_errors => {
                    if counted {
                        let totals = self.totals(&name);
                        totals.ok += 1;
                        totals.ignored += 1;
                        totals.changed += u64::from(answer.changed());
                    }
                    ignored = true;
                }
                Status::Failed => rescued |= self.fail(*index, answer, &end.step, counted),
            }
        }
        (ignored, rescued)
    }

    /// A host failed a task; says whether a rescue takes it up.
    fn fail(&mut self, index: usize, answer: &Answer, step: &Step, counted: bool) -> bool {
        let Some(track) = self.tracks.get_mut(index) else { return false };
        let name = track.store.name.clone();
        track.next = None;
        let fall = track.position.fail();
        match fall {
            Fall::Rescued => {
                let mut task = impel_modules::Map::new();
                let shown = step.task.name.as_ref().and_then(|n| n.as_str()).unwrap_or_default();
                task.insert("name".into(), shown.into());
                task.insert("action".into(), (&*step.task.action.written).into());
                track.store.add_set([
                    ("ansible_failed_task".into(), Value::from_data(&Data::Map(task))),
                    ("ansible_failed_result".into(), Value::from_data(&Data::Map(answer.result.clone()))),
                ]);
                self.totals(&name).rescued += u64::from(counted);
                true
            }
            Fall::Always => {
                self.totals(&name).failed += u64::from(counted);
                false
            }
            Fall::Failed => {
                self.totals(&name).failed += u64::from(counted);
                self.lose(index);
                false
            }
        }
    }

    /// A host has failed for good; its notified handlers still run under `force_handlers`.
    pub fn lose(&mut self, index: usize) {
        let force = self.run.force_handlers(&self.play);
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.fate = Fate::Failed;
        self.run.failed.insert(track.store.name.clone());
        track.next = None;
        if force && !track.forced && !track.notified.is_empty() {
            track.forced = true;
            track.position = super::position::Position::new(Arc::new([]));
            self.flush(index);
        } else {
            track.forced = false;
            track.position.end();
        }
    }

    fn notify(&mut self, name: &str, hosts: &[usize], step: &Step) -> Result<(), Diagnostic> {
        let matching = self.handlers.matching(name);
        if matching.is_empty() {
            let message = format!(
                "The requested handler '{name}' was not found in either the main handlers list nor in the \
                 listening handlers list"
            );
            let mut error = Diagnostic::user(message).at(step.task.span);
            if let Some(near) = nearest(name, self.handlers.known()) {
                error = error.hint(format!("did you mean '{near}'?"));
            }
            if self.run.shared.config.settings.error_on_missing_handler {
                return Err(error);
            }
            self.run.shared.warn(error.message);
            return Ok(());
        }
        for index in hosts {
            let Some(track) = self.tracks.get_mut(*index) else { continue };
            if track.notified.is_empty() {
                track.names.clear();
            }
            track.names.insert(name.to_string());
            for handler in &matching {
                if track.notified.insert(*handler) {
                    track.order.push(*handler);
                }
            }
        }
        Ok(())
    }
}

/// A failure's `exception`, which ansible-core 2.19 registers even where it shows no traceback.
pub fn add_exception(result: &mut impel_modules::Map, status: Status) {
    if status == Status::Failed {
        result.entry("exception".into()).or_insert_with(|| "(traceback unavailable)".into());
    }
}

/// What every registered result says: whether it changed anything, and of what ran by itself whether it failed.
pub fn complete(result: &mut impel_modules::Map, status: Status, looped: bool) {
    result.shift_remove("invocation");
    result.entry("changed".into()).or_insert(Data::Bool(false));
    if !looped && !matches!(status, Status::Skipped | Status::Unreachable) {
        result.entry("failed".into()).or_insert(Data::Bool(false));
    }
}

/// `register` adds `stdout_lines` and `stderr_lines` where a module gave text without them.
pub fn add_lines(result: &mut impel_modules::Map) {
    for name in ["stdout", "stderr"] {
        let lines = format!("{name}_lines");
        if result.contains_key(&lines) {
            continue;
        }
        if let Some(Data::Str(text)) = result.get(name) {
            let secret = text.secret;
            let split = split_lines(&text.text)
                .map(|line| Data::Str(impel_modules::Text { text: line.into(), secret }));
            let split = split.collect();
            result.insert(lines, Data::List(split));
        }
    }
}

/// Python's `str.splitlines`.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let is_end =
        |c: &char| matches!(c, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    // Most bytes begin none of these: what a command printed may be large.
    let may_end = |b: &u8| matches!(b, 0..=0x1f | 0xc2 | 0xe2);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        let (at, end) = loop {
            let Some(at) = rest.as_bytes().get(from..).and_then(|rest| rest.iter().position(may_end)) else {
                return Some(std::mem::take(&mut rest));
            };
            let at = from + at;
            match rest.get(at..).and_then(|rest| rest.chars().next()) {
                Some(c) if is_end(&c) => break (at, c),
                other => from = at + other.map_or(1, char::len_utf8),
            }
        };
        let line = rest.get(..at)?;
        let width = if rest.get(at..)?.starts_with("\r\n") { 2 } else { end.len_utf8() };
        rest = rest.get(at + width..)?;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_end_where_python_ends_them() {
        let text = "a\tb\nc\r\nd\re\u{b}f\u{1c}g\u{85}h\u{2028}i é€\u{1f}\u{0}\n\nj";
        let lines: Vec<&str> = super::split_lines(text).collect();
        assert_eq!(lines, ["a\tb", "c", "d", "e", "f", "g", "h", "i é€\u{1f}\u{0}", "", "j"]);
        assert_eq!(super::split_lines("x\n").collect::<Vec<_>>(), ["x"]);
    }
}
