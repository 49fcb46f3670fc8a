//! `meta`: tasks that steer the play itself.

use super::answer::Answer;
use super::batch::{Batch, Fate, Strategy};
use super::event::{Event, HandlerNotice, TaskLine};
use super::position::Step;
use super::turn::Order;
use crate::diag::Diagnostic;
use crate::playbook::Task;
use crate::template;
use crate::yaml::Node;
use std::sync::Arc;
use std::time::Duration;

impl Batch<'_, '_> {
    /// Runs a `meta` task for these hosts. Under the free strategy it has no banner of its own.
    ///
    /// # Errors
    /// There is no such action; its condition fails.
    pub fn meta(&mut self, step: &Step, hosts: &[usize], strategy: Strategy) -> Result<(), Diagnostic> {
        let task = &step.task;
        let wanted = task.action.raw.as_ref().or_else(|| task.action.args.first().map(|(_, node)| node));
        let what = wanted.and_then(Node::as_str).unwrap_or_default().trim().to_string();
        let Some(first) = hosts.first().copied() else { return Ok(()) };
        let line = (!task.implicit).then(|| self.line(step, first, strategy));
        // as ansible-core's linear strategy does: these run for every host, the others for the first alone
        let each = matches!(
            &*what,
            "noop" | "flush_handlers" | "end_host" | "end_role" | "role_complete" | "reset_connection"
        );
        let unconditional =
            matches!(&*what, "noop" | "flush_handlers" | "reset_connection" | "refresh_inventory");
        if unconditional && !task.implicit && !task.when().is_empty() {
            self.run.shared.warn(format!("{what} task does not support when conditional"));
        }
        for index in if each { hosts } else { &hosts[..1] } {
            if let Some(line) = line.as_ref().filter(|_| strategy == Strategy::Linear) {
                self.run.shared.emit(Event::TaskStart(line.clone()));
            }
            if task.implicit || unconditional || self.holds(*index, task)? {
                if let Some(said) = self.act(&what, task, *index)?.filter(|_| !task.implicit) {
                    self.run.shared.verbose(2, None, format!("META: {said}"));
                }
            } else if let Some(line) = &line {
                self.skip_meta(&what, *index, line);
            }
        }
        Ok(())
    }

    /// Does what the action does, for a host or for all; what ansible-core says of it from `-vv` on.
    fn act(&mut self, what: &str, task: &Arc<Task>, index: usize) -> Result<Option<String>, Diagnostic> {
        let name = self.tracks.get(index).map(|track| track.store.name.clone()).unwrap_or_default();
        let said = match what {
            "noop" => "noop".to_string(),
            "flush_handlers" => {
                self.flush(index);
                format!("triggered running handlers for {name}")
            }
            "role_complete" => {
                if let (Some(track), Some(role)) = (self.tracks.get_mut(index), task.role()) {
                    // a role that was skipped throughout has not run
                    if track.begun_roles.contains(&role.identity) {
                        track.roles.insert(role.identity);
                    }
                }
                return Ok(None);
            }
            "clear_facts" => {
                for host in self.vars.magic.all_hosts.iter() {
                    if let Some(store) = self.run.shared.store.host(host) {
                        store.clear_facts();
                    }
                }
                self.run.shared.altered();
                "facts cleared".into()
            }
            "clear_host_errors" => {
                for host in self.vars.magic.all_hosts.iter() {
                    self.run.failed.remove(host);
                    self.run.unreachable.remove(host);
                }
                for track in &mut self.tracks {
                    if matches!(track.fate, Fate::Failed | Fate::Unreachable) {
                        track.fate = Fate::Ended;
                    }
                }
                "cleared host errors".into()
            }
            "end_host" => {
                self.end_hosts(&[index]);
                format!("ending play for {name}")
            }
            "end_batch" => {
                self.end_hosts(&(0..self.tracks.len()).collect::<Vec<_>>());
                "ending batch".into()
            }
            "end_play" => {
                self.end_hosts(&(0..self.tracks.len()).collect::<Vec<_>>());
                self.over = true;
                self.run.end_play = true;
                "ending play".into()
            }
            "end_role" => {
                self.end_role(task, index)?;
                return Ok(None);
            }
            "reset_connection" => {
                self.run.workers.send(index, Order::Reset(index));
                "reset connection".into()
            }
            "refresh_inventory" => {
                self.run.refresh_inventory()?;
                let known = &self.run.inventory.hosts;
                let gone =
                    self.tracks.iter().enumerate().filter(|(_, t)| !known.contains_key(&*t.store.name));
                let gone: Vec<usize> = gone.map(|(index, _)| index).collect();
                self.end_hosts(&gone);
                "inventory successfully refreshed".into()
            }
            other => {
                let message = format!("invalid meta action requested: {other}");
                return Err(Diagnostic::parse(message, task.span));
            }
        };
        Ok(Some(said))
    }

    /// A host's notified handlers run next.
    pub fn flush(&mut self, index: usize) {
        let Some(track) = self.tracks.get_mut(index) else { return };
        track.position.flush_handlers();
        let host = &track.store.name;
        for handler in track.order.drain(..).filter(|handler| track.notified.contains(handler)) {
            let notice = HandlerNotice { handler: self.handlers.shown(handler).into(), host: host.clone() };
            self.run.shared.emit(Event::Notified(notice));
        }
    }

    fn end_role(&mut self, task: &Arc<Task>, index: usize) -> Result<(), Diagnostic> {
        let Some(role) = task.role() else {
            return Err(Diagnostic::parse("Cannot execute 'end_role' from outside of a role", task.span));
        };
        let identity = role.identity;
        if let Some(track) = self.tracks.get_mut(index) {
            let of_role =
                |task: &Task| !task.implicit && task.parent.roles().any(|role| role.identity == identity);
            track.position.end_role(of_role);
        }
        Ok(())
    }

    /// An action whose condition does not hold: shown in ansible-core's words, but not counted.
    fn skip_meta(&self, what: &str, index: usize, line: &Arc<TaskLine>) {
        let Some(name) = self.tracks.get(index).map(|track| track.store.name.clone()) else { return };
        let consequence = match what {
            "clear_facts" => format!(", not clearing facts and fact cache for {name}"),
            "clear_host_errors" => format!(", not clearing host error state for {name}"),
            "end_batch" => ", continuing current batch".into(),
            "end_play" => ", continuing play".into(),
            "end_host" => format!(", continuing execution for {name}"),
            // sic
            "end_role" => format!("continuing role {} for {name}", line.role.as_deref().unwrap_or_default()),
            _ => String::new(),
        };
        let reason = format!("{what} conditional evaluated to False{consequence}");
        let message = match what {
            "end_host" => format!("{what} conditional evaluated to false{consequence}"),
            _ => what.to_string(),
        };
        let mut skipped = Answer::skipped(&reason, None);
        skipped.result.shift_remove("changed");
        skipped.result.insert("msg".into(), message.as_str().into());
        self.run.shared.verbose(2, None, format!("META: {reason}"));
        let result = skipped.to_result(&name, line, Duration::ZERO);
        self.run.shared.emit(Event::Result(Box::new(result)));
    }

    fn end_hosts(&mut self, hosts: &[usize]) {
        for index in hosts {
            let Some(track) = self.tracks.get_mut(*index) else { continue };
            if track.fate == Fate::Active {
                track.fate = Fate::Ended;
            }
            track.next = None;
            track.position.end();
        }
        self.refresh_vars();
    }

    /// Whether a task's conditions hold for a host, outside of any turn.
    fn holds(&self, index: usize, task: &Arc<Task>) -> Result<bool, Diagnostic> {
        let Some(world) = self.world(index, Some(task)) else { return Ok(false) };
        for condition in task.when() {
            if !template::conditional(&template::Value::from_node(condition), &world)
                .map_err(|error| error.at(condition.span))?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
