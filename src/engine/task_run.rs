//! One task on one host: its items, each from its condition to its result. Driven by the host's desk, which knows
//! the pipes.

mod begin;
mod result;

use super::action::{Call, Haste, ModuleCall, Next};
use super::answer::{Answer, Consequence};
use super::args;
use super::commit::add_lines;
use super::event::{Event, Retry, Status, TaskLine};
use super::items::{self, Items};
use super::outcome::{self, all_hold, judge};
use super::position::Step;
use super::settings::{Settings, rendered};
use super::shared::Shared;
use crate::diag::Diagnostic;
use crate::maps::IndexMap;
use crate::playbook::Task;
use crate::template::{self, Value};
use crate::vars::{Ahead, HostStore, Layers, PlayVars, TaskWorld};
use begin::register_name;
use impel_modules::host::{Conversation, Identity, PipeError, Setting};
use impel_modules::{Data, Map, Text, registry};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Gives the pipe that an item's module talks through.
pub trait Reach {
    /// The identity for a task's settings on a host (the delegate's where there is one).
    ///
    /// # Errors
    /// The connection variables are wrong.
    fn identity(&mut self, world: &TaskWorld, settings: &Settings) -> Result<Identity, Diagnostic>;

    /// Whether that identity is on the controller itself.
    fn is_local(&self, identity: Identity) -> bool;
}

/// One task on one host.
pub struct TaskRun {
    /// The task and its place.
    pub step: Step,
    /// How many conversations were begun ahead of the turn and sent something.
    pub asked_ahead: u64,
    base: TaskWorld,
    host: Arc<str>,
    items: Option<Items>,
    runs: Vec<ItemRun>,
    shown: usize,
    whole: Option<Answer>,
    epoch: u64,
    started: Instant,
    /// How it is announced, once its turn has come.
    line: Option<Arc<TaskLine>>,
    /// It altered something.
    acted: bool,
    /// Items in a row that left the host as it is, since the last that did not.
    calm: u32,
    /// It could not begin ahead of its turn, and for nothing but a name that is not known yet.
    waits_for_names: bool,
    /// Its templates mention what it registers: an item sees the result of the one before it.
    sees_itself: bool,
    /// Whether anything reads what the results of its items contain.
    is_read: bool,
    /// What the items have set that ended before the one with this number (`set_fact` in a loop).
    set: (usize, IndexMap<Arc<str>, Value>),
    /// How it is set, once an item has been begun.
    settings: Settings,
}

/// An item of the loop, or the task itself where it has none.
struct ItemRun {
    locals: Vec<(Arc<str>, Value)>,
    state: State,
    attempts: u64,
    begun: Instant,
    delegate: Option<super::event::Delegate>,
    /// `no_log`, as the item decides it.
    no_log: bool,
    /// `ignore_errors`, likewise.
    ignored: bool,
}

enum State {
    Waiting,
    Paused(Instant),
    Running(Box<Running>),
    Ended(Answer),
}

struct Running {
    world: TaskWorld,
    settings: Settings,
    conversation: Conversation,
    finish: Option<Box<dyn FnOnce(Answer) -> Answer>>,
    module: Arc<str>,
    args: Map,
    begun: Instant,
}

impl Running {
    /// Whether it has had all the time that `timeout` gives.
    fn late(&self) -> bool {
        let limit = self.settings.timeout;
        limit > 0 && self.begun.elapsed() >= Duration::from_secs(limit)
    }
}

/// Whether an item could be begun.
enum Begun {
    Yes(State, Box<Settings>),
    /// It needs what is known only at its turn.
    NotYet,
}

/// How far a task may go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Its turn has come.
    Turn,
    /// It may only ask.
    Ahead,
}

impl TaskRun {
    /// Lays a task out; its loop is evaluated. `None` where that must wait for its turn.
    pub fn new(
        shared: &Shared,
        store: &Arc<HostStore>,
        play: &Arc<PlayVars>,
        step: Step,
        ahead: Option<Ahead>,
    ) -> Option<TaskRun> {
        let is_read = shared.is_read(&step.task);
        let layers = Arc::new(Layers::new(&shared.store, play, store.clone(), Some(step.task.clone())));
        let mut base = TaskWorld::new(layers);
        if let Some(ahead) = ahead {
            base = base.looking_ahead(ahead);
        }
        let mut run = TaskRun {
            host: store.name.clone(),
            epoch: shared.epoch(),
            started: Instant::now(),
            step,
            base,
            items: None,
            runs: Vec::new(),
            shown: 0,
            whole: None,
            line: None,
            acted: false,
            calm: 0,
            is_read,
            set: Default::default(),
            settings: Settings::default(),
            asked_ahead: 0,
            sees_itself: false,
            waits_for_names: false,
        };
        run.sees_itself = items::mention_register(&run.step.task);
        match items::items(&run.step.task, &run.base) {
            _ if run.base.blocked() => return None,
            Ok(items) => run.lay_out(items),
            Err(error) => {
                run.settings = Settings::of(&run.step.task, &run.base)
                    .unwrap_or_else(|_| Settings::of_failure(&run.step.task, &run.base));
                run.whole = Some(run.loop_failed(error));
                if run.base.blocked() {
                    return None;
                }
            }
        }
        Some(run)
    }

    /// A task at its turn: nothing waits.
    pub fn at_turn(shared: &Shared, store: &Arc<HostStore>, play: &Arc<PlayVars>, step: Step) -> TaskRun {
        let is_read = shared.is_read(&step.task);
        let made = TaskRun::new(shared, store, play, step.clone(), None);
        // without a look ahead nothing blocks
        made.unwrap_or_else(|| TaskRun {
            host: store.name.clone(),
            epoch: shared.epoch(),
            started: Instant::now(),
            base: TaskWorld::new(Arc::new(Layers::new(
                &shared.store,
                play,
                store.clone(),
                Some(step.task.clone()),
            ))),
            step,
            items: None,
            runs: Vec::new(),
            shown: 0,
            whole: Some(Answer::failed("the task could not be laid out")),
            line: None,
            acted: false,
            calm: 0,
            is_read,
            set: Default::default(),
            settings: Settings::default(),
            asked_ahead: 0,
            sees_itself: false,
            waits_for_names: false,
        })
    }

    fn lay_out(&mut self, items: Option<Items>) {
        let blank = |locals| ItemRun {
            locals,
            state: State::Waiting,
            attempts: 0,
            begun: Instant::now(),
            delegate: None,
            no_log: false,
            ignored: false,
        };
        match items {
            None => self.runs.push(blank(Vec::new())),
            Some(items) if items.values.is_empty() => {
                let mut result = Map::new();
                result.insert("skipped_reason".into(), "No items in the list".into());
                result.insert("results".into(), Data::List(Vec::new()));
                self.whole = Some(Answer::new(Status::Skipped, result));
            }
            Some(items) => {
                self.runs.extend((0..items.values.len()).map(|_| blank(Vec::new())));
                self.items = Some(items);
            }
        }
    }

    /// A loop that fails: unless the task would be skipped anyway.
    fn loop_failed(&self, error: Diagnostic) -> Answer {
        for condition in self.step.task.when() {
            match template::conditional(&Value::from_node(condition), &self.base) {
                Ok(true) => {}
                Ok(false) => {
                    let written = Value::from_node(condition).to_data().ok();
                    return Answer::skipped("Conditional result was False", written);
                }
                Err(_) => break,
            }
        }
        // ansible-core shows what is wrong with a loop as it is, but for what is undefined in it
        if error.message.ends_with("is undefined") {
            return Answer::failed_at(error, self.step.task.span);
        }
        let mut answer = Answer::failed(error.to_string());
        answer.result.shift_remove("changed");
        answer.error = Some(Arc::new(error));
        answer
    }

    /// Whether nothing is left to do.
    pub fn complete(&self) -> bool {
        self.whole.is_some() || self.runs.iter().all(|run| matches!(run.state, State::Ended(_)))
    }

    /// Whether what it learnt ahead of its turn still holds.
    pub fn fresh(&self, epoch: u64) -> bool {
        self.epoch == epoch && self.started.elapsed() < Duration::from_secs(5)
    }

    /// Whether it wanted to alter something, in vain or not.
    pub fn wants_change(&self) -> bool {
        self.runs.iter().any(|run| match &run.state {
            State::Running(running) => running.conversation.has_changed(),
            State::Ended(answer) => answer.changed(),
            State::Waiting | State::Paused(_) => false,
        })
    }

    /// Whether it waits for its turn to alter something.
    pub fn will_act(&self) -> bool {
        let wants = |run: &ItemRun| matches!(&run.state, State::Running(running) if running.conversation.has_changed());
        !self.settings().check && self.runs.iter().any(wants)
    }

    /// Whether it waits for nothing but names that earlier tasks will set.
    pub fn waits_for_names(&self) -> bool {
        self.waits_for_names
    }

    /// Whether it altered anything.
    pub fn acted(&self) -> bool {
        self.acted
    }

    /// Its turn has come: what it knows from earlier tasks is now committed.
    pub fn take_turn(
        &mut self,
        shared: &Shared,
        store: &Arc<HostStore>,
        play: &Arc<PlayVars>,
        line: &Arc<TaskLine>,
    ) {
        self.line = Some(line.clone());
        let layers = Arc::new(Layers::new(&shared.store, play, store.clone(), Some(self.step.task.clone())));
        self.base = TaskWorld::new(layers.clone());
        if let Some(items) = self.items.as_ref().filter(|items| self.base.given(&items.loop_var).is_some()) {
            super::reserved::loop_variable(shared, &items.loop_var);
        }
        for run in &mut self.runs {
            if let State::Running(running) = &mut run.state {
                running.world.turn_has_come(layers.clone());
            }
        }
    }

    /// Tells it what earlier tasks have set, and will have. What waits since an earlier turn knows the variables of
    /// that turn only: those that were committed since are neither in there nor ahead.
    pub fn look_ahead(
        &mut self,
        shared: &Shared,
        store: &Arc<HostStore>,
        play: &Arc<PlayVars>,
        ahead: Ahead,
    ) {
        if self.runs.iter().any(|run| matches!(run.state, State::Waiting)) {
            let task = Some(self.step.task.clone());
            let layers = Layers::new(&shared.store, play, store.clone(), task);
            self.base = TaskWorld::new(Arc::new(layers)).looking_ahead(ahead);
        } else {
            self.base.set_ahead(ahead);
        }
    }

    fn sequential(&self) -> bool {
        let task = &self.step.task;
        !task.until.is_empty()
            || task.retries.is_some()
            || !task.loop_control.break_when.is_empty()
            || self.sees_itself
            // each item sees what the items before it have set
            || self.items.is_some() && matches!(&*task.action.name, "set_fact" | "include_vars")
            || self.items.as_ref().is_some_and(|items| items.pause > 0.0)
    }

    /// Begins items, polls conversations, takes results: everything that needs no exchange. Says whether anything
    /// moved. At most `window` items are under way at once.
    pub fn progress(
        &mut self,
        shared: &Shared,
        reach: &mut dyn Reach,
        grant: Grant,
        window: usize,
        line: Option<&Arc<TaskLine>>,
    ) -> bool {
        let mut moved = false;
        if self.whole.is_some() {
            return false;
        }
        // each change makes stale what later items asked: after one, few ask before it is known that calm is back
        let window = if self.acted { window.min(1 << self.calm.min(8)) } else { window };
        let sequential = self.sequential();
        if sequential && grant == Grant::Ahead {
            return false;
        }
        let mut under_way = 0;
        let mut first_open = true;
        for index in 0..self.runs.len() {
            if self.runs.get(index).is_none_or(|run| matches!(run.state, State::Ended(_))) {
                continue;
            }
            let item_grant = if first_open { grant } else { Grant::Ahead };
            if !first_open && (sequential || under_way >= window) {
                break;
            }
            moved |= self.advance_item(shared, reach, index, item_grant, line);
            let ended = self.runs.get(index).is_some_and(|run| matches!(run.state, State::Ended(_)));
            if ended && item_grant == Grant::Turn {
                let acted = self.note_acts(shared, index);
                self.calm = if acted { 0 } else { self.calm + 1 };
                moved |= acted;
            }
            if ended && item_grant == Grant::Turn && self.breaks(index) {
                self.runs.truncate(index + 1);
            }
            if !ended {
                first_open = false;
                under_way += 1;
            }
        }
        if grant == Grant::Turn
            && let Some(line) = line
        {
            self.show_items(shared, line);
        }
        moved
    }

    /// An item altered the host: what later items asked before is stale.
    fn note_acts(&mut self, shared: &Shared, index: usize) -> bool {
        if !self.acted {
            return false;
        }
        if shared.epoch() == self.epoch {
            return false;
        }
        self.epoch = shared.epoch();
        self.started = Instant::now();
        for later in self.runs.iter_mut().skip(index + 1) {
            if !matches!(later.state, State::Waiting) {
                later.state = State::Waiting;
                later.attempts = 0;
            }
        }
        true
    }

    fn breaks(&mut self, index: usize) -> bool {
        let task = self.step.task.clone();
        if task.loop_control.break_when.is_empty() {
            return false;
        }
        let (Some(items), Some(run)) = (&self.items, self.runs.get(index)) else { return false };
        let mut world = self.base.for_item(items.locals(index));
        if let (Some(name), State::Ended(answer)) = (register_name(&task, &world), &run.state) {
            world.set_local(name, Value::from_data(&Data::Map(answer.result.clone())));
        }
        match all_hold(&task.loop_control.break_when, &world) {
            Ok(holds) => holds,
            Err(error) => {
                if let Some(run) = self.runs.get_mut(index) {
                    run.state = State::Ended(Answer::failed_at(error, self.step.task.span));
                }
                true
            }
        }
    }

    fn advance_item(
        &mut self,
        shared: &Shared,
        reach: &mut dyn Reach,
        index: usize,
        grant: Grant,
        line: Option<&Arc<TaskLine>>,
    ) -> bool {
        let mut moved = false;
        loop {
            let Some(run) = self.runs.get_mut(index) else { return moved };
            match &mut run.state {
                State::Ended(_) => return moved,
                State::Paused(until) => {
                    if grant == Grant::Ahead {
                        return moved;
                    }
                    let left = until.saturating_duration_since(Instant::now());
                    std::thread::sleep(left);
                    run.state = State::Waiting;
                }
                State::Waiting => {
                    if grant == Grant::Turn
                        && index > 0
                        && run.attempts == 0
                        && let Some(items) = &self.items
                        && items.pause > 0.0
                    {
                        std::thread::sleep(Duration::from_secs_f64(items.pause.clamp(0.0, 86_400.0)));
                    }
                    run.begun = Instant::now();
                    run.attempts += 1;
                    match self.begin(shared, reach, index, grant) {
                        Begun::NotYet => {
                            if let Some(run) = self.runs.get_mut(index) {
                                run.attempts -= 1;
                            }
                            return moved;
                        }
                        Begun::Yes(state, settings) => {
                            self.settings = *settings;
                            self.decide(index);
                            let Some(run) = self.runs.get_mut(index) else { return moved };
                            run.state = state;
                            moved = true;
                        }
                    }
                }
                State::Running(running) if grant == Grant::Turn && running.late() => {
                    let seconds = running.settings.timeout;
                    let acted = running.conversation.has_acted();
                    run.state = State::Ended(Answer::timed_out(seconds, self.step.task.span));
                    if acted {
                        self.acted = true;
                        shared.altered();
                    }
                    return true;
                }
                State::Running(running) => {
                    if grant == Grant::Turn {
                        running.conversation.grant_turn();
                    }
                    match running.conversation.poll() {
                        impel_modules::host::Step::Done(outcome) => {
                            moved = true;
                            self.module_ended(shared, index, *outcome, grant, line);
                        }
                        impel_modules::host::Step::Waiting | impel_modules::host::Step::WantsTurn => {
                            return moved;
                        }
                    }
                }
            }
        }
    }

    /// The conversations that wait for something.
    pub fn conversations(&self) -> impl Iterator<Item = &Conversation> {
        self.runs.iter().filter_map(|run| match &run.state {
            State::Running(running) => Some(&running.conversation),
            _ => None,
        })
    }

    /// A pipe broke: everything that talked through it ends so.
    /// A module that waits for its host goes on, unless the user wants it to stop.
    pub fn broke(&mut self, shared: &Shared, identity: Identity, error: &PipeError) {
        let task = self.step.task.clone();
        for run in &mut self.runs {
            let State::Running(running) = &mut run.state else { continue };
            if running.conversation.identity() != identity {
                continue;
            }
            if !shared.interrupted() && running.conversation.broke(&error.to_string()) {
                continue;
            }
            let mut answer = match error {
                PipeError::Lost(text) => Answer::unreachable(text.clone(), task.span),
                other => Answer::failed(other.to_string()),
            };
            if answer.status == Status::Failed {
                answer = answer.explained("Module", &error.to_string(), task.span);
            }
            run.state = State::Ended(answer);
        }
    }

    /// What the settings at hand say of an item; those of the next one replace them.
    fn decide(&mut self, index: usize) {
        if let Some(run) = self.runs.get_mut(index) {
            run.no_log = self.settings.no_log;
            run.ignored = self.settings.ignore_errors;
        }
    }

    /// Whether the task's result is hidden: where any of its items is.
    pub fn no_log(&self) -> bool {
        self.settings.no_log || self.runs.iter().any(|run| run.no_log)
    }

    /// Its settings, as far as they are known.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
