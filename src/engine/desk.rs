//! A host's place in its thread: the task whose turn it is, those started ahead of theirs, and the waves that carry
//! what all of them ask.

use super::event::Status;
use super::position::Around;
use super::reach::Pipes;
use super::shared::Shared;
use super::task_run::{Grant, TaskRun};
use super::turn::{Outlook, Turn, TurnEnd};
use crate::playbook::Task;
use crate::template::Value;
use crate::vars::{Ahead, HostStore, PlayVars};
use impel_modules::host::{PipeError, Wave};
use impel_modules::{Data, registry};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// At most so many tasks are started ahead of their turn.
const WIDEST: usize = 64;
/// Before anything is known of a host.
const FIRST_WINDOW: usize = 16;

/// One host in its thread.
pub struct Desk {
    store: Arc<HostStore>,
    ahead: VecDeque<TaskRun>,
    /// Where the walk ahead stands: behind the last task of `ahead`.
    horizon: Option<Outlook>,
    /// The walk ahead met something that nothing may be started behind.
    barrier: bool,
    play: Option<Arc<PlayVars>>,
    window: usize,
    /// Conversations begun ahead whose answers were thrown away.
    pub wasted: u64,
}

impl Desk {
    /// A host that nothing is known of.
    pub fn new(store: Arc<HostStore>) -> Desk {
        Desk {
            store,
            ahead: VecDeque::new(),
            horizon: None,
            barrier: false,
            play: None,
            window: FIRST_WINDOW,
            wasted: 0,
        }
    }

    /// Forgets what was started ahead.
    pub fn forget(&mut self) {
        self.wasted += self.ahead.iter().map(|run| run.asked_ahead).sum::<u64>();
        self.ahead.clear();
        self.horizon = None;
        self.barrier = false;
    }

    /// Runs a task in its turn to its end, and looks ahead meanwhile.
    pub fn turn(&mut self, shared: &Shared, pipes: &mut Pipes, turn: Turn) -> TurnEnd {
        let begun = Instant::now();
        if self.play.as_ref().is_some_and(|play| !Arc::ptr_eq(play, &turn.play)) {
            self.forget();
        }
        self.play = Some(turn.play.clone());
        let mut run = self.current(shared, &turn);
        run.take_turn(shared, &self.store, &turn.play, &turn.line);
        if turn.ahead.is_none() {
            self.forget();
        }
        self.drive(shared, pipes, &mut run, &turn);
        if run.acted() {
            // what was asked behind it is stale; behind a second change in a row nothing is asked, until a task
            // leaves things as they are
            self.forget();
            self.window = usize::from(self.window > 1);
        } else {
            self.window = (self.window * 2).clamp(1, WIDEST);
        }
        end_of(turn, run, begun)
    }

    /// The task's own early start where it still holds, else a new one.
    fn current(&mut self, shared: &Shared, turn: &Turn) -> TaskRun {
        let early = self.ahead.pop_front();
        if let Some(run) = early {
            let same = run.step.task.id == turn.step.task.id && run.step.key == turn.step.key;
            if same && run.fresh(shared.epoch()) {
                return run;
            }
            self.wasted += run.asked_ahead;
            if !self.ahead.is_empty() || run.asked_ahead > 0 {
                self.window = 1;
            }
        }
        self.forget();
        self.horizon.clone_from(&turn.ahead);
        TaskRun::at_turn(shared, &self.store, &turn.play, turn.step.clone())
    }

    fn drive(&mut self, shared: &Shared, pipes: &mut Pipes, run: &mut TaskRun, turn: &Turn) {
        loop {
            let acted = run.acted();
            while run.progress(shared, pipes, Grant::Turn, self.items_window(), Some(&turn.line)) {}
            if run.acted() && !acted {
                self.forget();
            }
            if run.complete() {
                return;
            }
            if !run.acted() && !run.wants_change() {
                self.look_ahead(shared, pipes, run);
            }
            if let Err((identity, error)) = self.exchange(pipes, run) {
                run.broke(shared, identity, &error);
                self.forget();
                pipes.close(identity);
            }
        }
    }

    fn items_window(&self) -> usize {
        (self.window * 4).max(1)
    }

    /// One wave: what the turn's task and the early starts wait for, one exchange a pipe.
    fn exchange(
        &mut self,
        pipes: &mut Pipes,
        run: &mut TaskRun,
    ) -> Result<(), (impel_modules::host::Identity, PipeError)> {
        let mut identities = Vec::new();
        for conversation in run.conversations() {
            if !identities.contains(&conversation.identity()) {
                identities.push(conversation.identity());
            }
        }
        // an identity that no turn has opened yet is not opened ahead of one
        for early in &self.ahead {
            for conversation in early.conversations() {
                let identity = conversation.identity();
                if !identities.contains(&identity) && pipes.is_open(identity) {
                    identities.push(identity);
                }
            }
        }
        for early in &mut self.ahead {
            let asks = early.conversations().next().is_some();
            early.asked_ahead += u64::from(asks);
        }
        let mut sent = false;
        for identity in identities {
            let conversations = run.conversations().chain(self.ahead.iter().flat_map(TaskRun::conversations));
            let (wave, requests) = Wave::gather(identity, conversations);
            if requests.is_empty() {
                continue;
            }
            sent = true;
            let replies = pipes.exchange(identity, requests).map_err(|error| (identity, error))?;
            wave.accept(replies);
        }
        if sent {
            return Ok(());
        }
        match run.conversations().next() {
            Some(conversation) => {
                let error = PipeError::Protocol("the module waits for nothing that can be sent".into());
                Err((conversation.identity(), error))
            }
            None => Ok(()),
        }
    }

    /// Starts following tasks and lets them go as far as they can.
    fn look_ahead(&mut self, shared: &Shared, pipes: &mut Pipes, run: &TaskRun) {
        let mut known = Known::default();
        known.add(run);
        let mut certain = None;
        for (at, early) in self.ahead.iter_mut().enumerate() {
            if known.stop {
                break;
            }
            if let Some(play) = &self.play {
                early.look_ahead(shared, &self.store, play, known.ahead(&self.store));
            }
            while early.progress(shared, pipes, Grant::Ahead, self.window * 4, None) {}
            known.add(early);
            if early.will_act() {
                certain = Some(at + 1);
                break;
            }
        }
        // its change will make stale what was asked behind it: that asks no further
        if let Some(kept) = certain {
            self.wasted += self.ahead.drain(kept..).map(|run| run.asked_ahead).sum::<u64>();
            self.barrier = true;
            return;
        }
        while !known.stop && !self.barrier && self.ahead.len() < self.window {
            let Some(step) = self.next_step() else {
                self.barrier = true;
                return;
            };
            if is_barrier(&step.task) {
                self.barrier = true;
                return;
            }
            let Some(play) = self.play.clone() else { return };
            let Some(mut early) =
                TaskRun::new(shared, &self.store, &play, step, Some(known.ahead(&self.store)))
            else {
                self.barrier = true;
                return;
            };
            while early.progress(shared, pipes, Grant::Ahead, self.window * 4, None) {}
            let stuck = !early.complete() && early.conversations().next().is_none();
            // where it waits for what earlier tasks will have set, what comes behind may do without
            let waits = stuck && !early.waits_for_names();
            known.add(&early);
            self.ahead.push_back(early);
            if waits {
                return;
            }
        }
    }

    fn next_step(&mut self) -> Option<super::position::Step> {
        let outlook = self.horizon.as_mut()?;
        loop {
            let mut sight = Sight {
                handlers: &outlook.handlers,
                notified: &mut outlook.notified,
                unwanted: &*outlook.unwanted,
            };
            let step = outlook.position.advance(&mut sight)?;
            if &*step.task.action.name != "meta" {
                return Some(step);
            }
            let what = step.task.action.raw.as_ref().and_then(crate::yaml::Node::as_str).unwrap_or_default();
            match what.trim() {
                "flush_handlers" if step.task.when().is_empty() => outlook.position.flush_handlers(),
                "noop" | "role_complete" => {}
                _ => return None,
            }
        }
    }
}

struct Sight<'a> {
    handlers: &'a Arc<[Arc<Task>]>,
    notified: &'a mut std::collections::BTreeSet<usize>,
    unwanted: &'a (dyn Fn(&Task) -> bool + Send + Sync),
}

impl Around for Sight<'_> {
    fn wanted(&mut self, task: &Task) -> bool {
        !(self.unwanted)(task)
    }

    fn handler(&mut self, from: usize) -> Option<(usize, Arc<Task>)> {
        let index = *self.notified.range(from..).next()?;
        self.notified.remove(&index);
        Some((index, self.handlers.get(index)?.clone()))
    }
}

/// Whether neither the task nor anything behind it may be started ahead of its turn.
fn is_barrier(task: &Task) -> bool {
    let name = &*task.action.name;
    let written =
        |of: fn(&crate::playbook::Keywords) -> &Option<crate::yaml::Node>| task.inherited(of).is_some();
    matches!(name, "include_tasks" | "include_role" | "include_vars" | "add_host" | "group_by" | "pause")
        || written(|k| &k.run_once)
        || written(|k| &k.delegate_to)
        || written(|k| &k.throttle)
        || written(|k| &k.timeout)
        || task.async_.is_some()
        || !task.until.is_empty()
        || task.retries.is_some()
        || registry::find(name).is_some_and(|module| {
            module.always_acts && !super::args::is_conditional(&super::args::shown(task))
        })
}

/// What the tasks before an early start will have set.
#[derive(Default)]
struct Known {
    vars: Vec<(Arc<str>, Value)>,
    pending: Vec<Arc<str>>,
    facts: Vec<(Arc<str>, Value)>,
    /// Nothing may be started behind what was added last.
    stop: bool,
}

impl Known {
    fn add(&mut self, run: &TaskRun) {
        let Some(answer) = run.answer() else {
            let task = &run.step.task;
            self.pending.extend(run.register());
            match &*task.action.name {
                // which names are set is known only afterwards
                "gather_facts" => self.stop = true,
                name if registry::find(name).is_some_and(|module| module.sets_facts) => self.stop = true,
                "set_fact" => self.pending.extend(task.action.args.iter().map(|(name, _)| name.clone())),
                _ => {}
            }
            return;
        };
        let ignored = run.settings().ignore_errors;
        if matches!(answer.status, Status::Failed | Status::Unreachable) && !ignored
            || answer.changed() && run.step.task.inherited(|k| &k.notify).is_some()
            || run.wants_change() && !run.settings().check && run.acted()
        {
            self.stop = true;
        }
        if let Some(name) = run.register() {
            let mut result = answer.result.clone();
            super::commit::add_lines(&mut result);
            super::commit::add_exception(&mut result, answer.status);
            super::commit::complete(&mut result, answer.status, run.step.task.loop_.is_some());
            self.pending.retain(|pending| *pending != name);
            self.vars.push((name, Value::from_data(&Data::Map(result))));
        }
        for consequence in &answer.consequences {
            use super::answer::Consequence;
            match consequence {
                Consequence::Set(vars) => {
                    for (name, value) in vars {
                        self.pending.retain(|pending| pending != name);
                        self.vars.push((name.clone(), value.clone()));
                    }
                }
                Consequence::Facts(facts) => self.facts.extend(facts.iter().cloned()),
                _ => self.stop = true,
            }
        }
    }

    fn ahead(&self, store: &HostStore) -> Ahead {
        let facts = (!self.facts.is_empty()).then(|| store.facts().with(self.facts.iter().cloned()));
        Ahead { provisional: Rc::new(self.vars.clone()), facts, pending: Rc::new(self.pending.clone()) }
    }
}

fn end_of(turn: Turn, run: TaskRun, begun: Instant) -> TurnEnd {
    let mut answer = run.answer().unwrap_or_else(|| super::answer::Answer::failed("the task did not end"));
    let mut notify = Vec::new();
    if answer.changed() && matches!(answer.status, Status::Ok { .. }) {
        match run.notify() {
            Ok(names) => notify = names,
            Err(error) => answer = super::answer::Answer::failed_at(error, turn.step.task.span),
        }
    }
    let no_log = run.no_log();
    let settings = run.settings();
    TurnEnd {
        host: turn.host,
        register: run.register(),
        notify,
        ignore_errors: settings.ignore_errors,
        ignore_unreachable: settings.ignore_unreachable,
        no_log,
        took: begun.elapsed(),
        step: turn.step,
        line: turn.line,
        answer,
    }
}
