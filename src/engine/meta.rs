//! `meta`: tasks that steer the play itself.

use super::answer::Answer;
use super::batch::{Batch, Fate, Strategy};
use super::event::Event;
use super::position::Step;
use super::turn::Order;
use crate::diag::Diagnostic;
use crate::playbook::Task;
use crate::template;
use crate::yaml::Node;
use std::sync::Arc;
use std::time::Duration;

impl Batch<'_, '_> {
    /// Runs a `meta` task for these hosts.
    ///
    /// # Errors
    /// There is no such action; its condition fails.
    pub fn meta(&mut self, step: &Step, hosts: &[usize]) -> Result<(), Diagnostic> {
        let task = &step.task;
        let wanted = task.action.raw.as_ref().or_else(|| task.action.args.first().map(|(_, node)| node));
        let what = wanted.and_then(Node::as_str).unwrap_or_default().trim().to_string();
        let line = match hosts.first() {
            Some(first) if !task.implicit => {
                let line = self.line(step, *first, Strategy::Linear);
                self.run.shared.emit(Event::TaskStart(line.clone()));
                Some(line)
            }
            _ => None,
        };
        // as ansible-core's linear strategy does: these are announced for every host, the others once
        let each = matches!(&*what, "noop" | "flush_handlers" | "end_host" | "end_role" | "reset_connection");
        let unconditional =
            matches!(&*what, "noop" | "flush_handlers" | "reset_connection" | "refresh_inventory");
        if unconditional && !task.implicit && !task.when().is_empty() {
            self.run.shared.warn(format!("{what} task does not support when conditional"));
        }
        let mut chosen = Vec::new();
        for (at, index) in hosts.iter().enumerate() {
            if let Some(line) = line.as_ref().filter(|_| each && at > 0) {
                self.run.shared.emit(Event::TaskStart(line.clone()));
            }
            if task.implicit || unconditional || self.holds(*index, task)? {
                chosen.push(*index);
            } else if let (Some(line), Some(track)) = (&line, self.tracks.get(*index)) {
                // shown, but not counted
                let skipped = Answer::skipped("Conditional result was False", None);
                let result = skipped.to_result(&track.store.name, line, Duration::ZERO);
                self.run.shared.emit(Event::Result(Box::new(result)));
            }
        }
        match what.as_str() {
            "noop" => {}
            "flush_handlers" => {
                for index in chosen {
                    if let Some(track) = self.tracks.get_mut(index) {
                        track.position.flush_handlers();
                    }
                }
            }
            "role_complete" => {
                for index in chosen {
                    if let (Some(track), Some(role)) = (self.tracks.get_mut(index), task.role()) {
                        // a role that was skipped throughout has not run
                        if track.begun_roles.contains(&role.identity) {
                            track.roles.insert(role.identity);
                        }
                    }
                }
            }
            "clear_facts" => {
                chosen.iter().filter_map(|i| self.tracks.get(*i)).for_each(|t| t.store.clear_facts())
            }
            "clear_host_errors" => {
                for track in &mut self.tracks {
                    self.run.failed.remove(&track.store.name);
                    self.run.unreachable.remove(&track.store.name);
                    if matches!(track.fate, Fate::Failed | Fate::Unreachable) {
                        track.fate = Fate::Ended;
                    }
                }
            }
            "end_host" => self.end_hosts(&chosen),
            "end_batch" if !chosen.is_empty() => self.end_hosts(&(0..self.tracks.len()).collect::<Vec<_>>()),
            "end_play" if !chosen.is_empty() => {
                self.end_hosts(&(0..self.tracks.len()).collect::<Vec<_>>());
                self.over = true;
                self.run.end_play = true;
            }
            "end_batch" | "end_play" => {}
            "end_role" => {
                let Some(role) = task.role() else {
                    return Err(Diagnostic::parse(
                        "Cannot execute 'end_role' from outside of a role",
                        task.span,
                    ));
                };
                let identity = role.identity;
                for index in chosen {
                    let Some(track) = self.tracks.get_mut(index) else { continue };
                    let of_role = |task: &Task| {
                        let completes = task.implicit;
                        !completes && task.parent.roles().any(|role| role.identity == identity)
                    };
                    track.position.end_role(of_role);
                }
            }
            "reset_connection" => {
                chosen.iter().for_each(|index| self.run.workers.send(*index, Order::Reset(*index)));
            }
            "refresh_inventory" => self.run.refresh_inventory()?,
            other => {
                let message = format!("invalid meta action requested: {other}");
                return Err(Diagnostic::parse(message, task.span));
            }
        }
        Ok(())
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
