//! One task on one host: its items, each from its condition to its result. Driven by the host's desk, which knows
//! the pipes.

use super::action::{Call, Haste, ModuleCall, Next};
use super::answer::{Answer, Consequence};
use super::args;
use super::commit::add_lines;
use super::event::{Event, HostResult, Retry, Status, TaskLine};
use super::items::{self, Items};
use super::outcome::{self, all_hold, judge};
use super::position::Step;
use super::settings::{Settings, rendered};
use super::shared::Shared;
use crate::diag::Diagnostic;
use crate::playbook::Task;
use crate::template::{self, Value};
use crate::vars::{Ahead, HostStore, Layers, PlayVars, TaskWorld};
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
            settings: Settings::default(),
            asked_ahead: 0,
        };
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
            settings: Settings::default(),
            asked_ahead: 0,
        })
    }

    fn lay_out(&mut self, items: Option<Items>) {
        let blank = |locals| ItemRun {
            locals,
            state: State::Waiting,
            attempts: 0,
            begun: Instant::now(),
            delegate: None,
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
        // ansible-core shows what is wrong with a loop as it is, without "Task failed"
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
        for run in &mut self.runs {
            if let State::Running(running) = &mut run.state {
                running.world.turn_has_come(layers.clone());
            }
        }
    }

    /// Tells it what earlier tasks will have set.
    pub fn look_ahead(&mut self, ahead: Ahead) {
        self.base.set_ahead(ahead);
    }

    fn sequential(&self) -> bool {
        let task = &self.step.task;
        !task.until.is_empty()
            || task.retries.is_some()
            || !task.loop_control.break_when.is_empty()
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
            if ended && item_grant == Grant::Turn && self.note_acts(shared, index) {
                moved = true;
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
                            let Some(run) = self.runs.get_mut(index) else { return moved };
                            run.state = state;
                            moved = true;
                        }
                    }
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

    /// From an item's condition to the start of its module, or its end where it has none.
    fn begin(&mut self, shared: &Shared, reach: &mut dyn Reach, index: usize, grant: Grant) -> Begun {
        let task = self.step.task.clone();
        let locals = self.items.as_ref().map(|items| items.locals(index)).unwrap_or_default();
        let mut world = self.base.for_item(locals.clone());
        if let Some(run) = self.runs.get_mut(index) {
            run.locals = locals.into_iter().collect();
        }
        let sets = matches!(&*task.action.name, "set_fact" | "include_vars");
        for earlier in self.runs.iter().take(if sets { index } else { 0 }) {
            let State::Ended(answer) = &earlier.state else { continue };
            for consequence in &answer.consequences {
                let (Consequence::Set(vars) | Consequence::Included(vars)) = consequence else { continue };
                for (name, value) in vars.iter().filter(|(name, _)| !shared.store.extra.contains_key(name)) {
                    world.set_local(name.clone(), value.clone());
                }
            }
        }
        let begun = self.begin_in(shared, reach, &task, &mut world, index, grant);
        if grant == Grant::Ahead && world.blocked() {
            return Begun::NotYet;
        }
        let (mut answer, settings) = match begun {
            Ok(Start::Conversation(conversation, call, settings)) => {
                let settings = *settings;
                let running = Running {
                    world,
                    settings: settings.clone(),
                    conversation: *conversation,
                    finish: call.finish,
                    module: call.name,
                };
                return Begun::Yes(State::Running(Box::new(running)), Box::new(settings));
            }
            Ok(Start::NotYet) => return Begun::NotYet,
            Ok(Start::Answer(answer, settings)) => (*answer, *settings),
            Err(error) => {
                // what failed may be a condition: the keywords still say what a failure means
                let settings =
                    Settings::of(&task, &world).unwrap_or_else(|_| Settings::of_failure(&task, &world));
                (Answer::failed_at(error, self.step.task.span), settings)
            }
        };
        finish_answer(&mut answer, &task, &mut world);
        if grant == Grant::Ahead && world.blocked() {
            return Begun::NotYet;
        }
        warn(&mut answer, &world);
        Begun::Yes(self.retry(shared, answer, &world, index, None), Box::new(settings))
    }

    fn begin_in(
        &mut self,
        shared: &Shared,
        reach: &mut dyn Reach,
        task: &Arc<Task>,
        world: &mut TaskWorld,
        index: usize,
        grant: Grant,
    ) -> Result<Start, Diagnostic> {
        for condition in task.when() {
            let value = Value::from_node(condition);
            if !outcome::holds(&value, world, condition.span)? {
                let answer = Answer::skipped("Conditional result was False", value.to_data().ok());
                let settings =
                    Settings::of(task, world).unwrap_or_else(|_| Settings::of_failure(task, world));
                return Ok(Start::Answer(Box::new(answer), Box::new(settings)));
            }
        }
        let settings = Settings::of(task, world)?;
        world.set_check_mode(settings.check);
        self.settings = settings.clone();
        if let Some(name) = settings.delegate.as_ref().filter(|name| **name != self.host)
            && let Some(run) = self.runs.get_mut(index)
        {
            run.delegate = Some(super::event::Delegate { name: name.clone(), address: None });
        }
        let name = action_name(task, world)?;
        let action = shared.actions.find(&name);
        if let Some(action) = action
            && action.haste() == Haste::AtTurn
            && grant == Grant::Ahead
        {
            return Ok(Start::NotYet);
        }
        if task.action.raw.is_some() && !task.action.takes_raw_text() {
            let message = format!("Action '{}' does not support raw params.", args::qualified(task));
            return Err(Diagnostic::user(message));
        }
        let (mut arguments, raw) = match action {
            Some(action) if action.wants_raw() => args::as_written(task),
            _ => args::render(task, world)?,
        };
        for (name, data) in &settings.defaults {
            if !arguments.contains_key(name.as_str()) {
                arguments.insert(name.as_str().into(), Value::from_data(data));
            }
        }
        let call = match action {
            Some(action) => {
                let locals = self.runs.get(index).map(|run| run.locals.clone()).unwrap_or_default();
                let call = Call {
                    task,
                    name: &name,
                    args: arguments,
                    raw,
                    world,
                    settings: &settings,
                    locals: &locals,
                };
                let next = match action.run(call) {
                    Ok(next) => next,
                    Err(error) => {
                        let answer = Answer::refused(error, task.span);
                        return Ok(Start::Answer(Box::new(answer), Box::new(settings)));
                    }
                };
                match next {
                    Next::Done(answer) => return Ok(Start::Answer(Box::new(answer), Box::new(settings))),
                    Next::Module(call) => call,
                }
            }
            None => ModuleCall::new(name, to_map(&arguments, raw.as_ref())?),
        };
        let Some(module) = registry::find(&call.name) else {
            let message = format!("couldn't resolve module/action '{}'", call.name);
            return Err(Diagnostic::user(message).at(task.action.span));
        };
        if grant == Grant::Ahead && module.always_acts && !args::is_conditional(&call.args) {
            return Ok(Start::NotYet);
        }
        let identity = reach.identity(world, &settings)?;
        let setting = Setting {
            identity,
            check_mode: settings.check,
            diff_mode: settings.diff,
            verbosity: shared.options.verbosity,
            turn: grant == Grant::Turn,
            environment: settings
                .environment
                .iter()
                .map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes()))
                .collect(),
            inputs: call.inputs.clone(),
            no_log: settings.no_log,
            timeout: (settings.timeout > 0).then(|| std::time::Duration::from_secs(settings.timeout)),
        };
        let conversation = Conversation::start(module, call.args.clone(), setting);
        Ok(Start::Conversation(Box::new(conversation), call, Box::new(settings)))
    }

    fn module_ended(
        &mut self,
        shared: &Shared,
        index: usize,
        outcome: impel_modules::Outcome,
        grant: Grant,
        line: Option<&Arc<TaskLine>>,
    ) {
        let task = self.step.task.clone();
        let Some(run) = self.runs.get_mut(index) else { return };
        let State::Running(running) = std::mem::replace(&mut run.state, State::Waiting) else { return };
        let Running { mut world, settings, conversation, finish, module } = *running;
        if conversation.has_acted() {
            self.acted = true;
            shared.altered();
        }
        let mut answer = outcome::answer(outcome, &task, &settings, &self.host);
        if matches!(&*module, "setup" | "gather_facts") {
            answer.show.seldom = true;
        }
        if let Some(finish) = finish {
            answer = finish(answer);
        }
        finish_answer(&mut answer, &task, &mut world);
        warn(&mut answer, &world);
        if grant == Grant::Ahead && world.blocked() {
            // what judges the result is known only at its turn
            return;
        }
        let state = self.retry(shared, answer, &world, index, line);
        if let Some(run) = self.runs.get_mut(index) {
            run.state = state;
        }
    }

    /// `until`: another attempt, or the end.
    fn retry(
        &mut self,
        shared: &Shared,
        mut answer: Answer,
        world: &TaskWorld,
        index: usize,
        line: Option<&Arc<TaskLine>>,
    ) -> State {
        let task = self.step.task.clone();
        if task.until.is_empty() && task.retries.is_none() || answer.status == Status::Skipped {
            return State::Ended(answer);
        }
        let number = |node: &Option<crate::yaml::Node>, default: f64| match node {
            Some(node) => {
                rendered(node, world).ok().and_then(|v| v.to_string().parse().ok()).unwrap_or(default)
            }
            None => default,
        };
        let retries = number(&task.retries, 3.0).max(0.0) as u64;
        let delay = number(&task.delay, 5.0).clamp(0.0, 86_400.0);
        let Some(attempts) = self.runs.get(index).map(|run| run.attempts) else {
            return State::Ended(answer);
        };
        let done = match task.until.is_empty() {
            true => Ok(answer.status != Status::Failed),
            false => all_hold(&task.until, world),
        };
        answer.result.insert("attempts".into(), Data::Int(attempts as i64));
        match done {
            Ok(true) => State::Ended(answer),
            Err(error) => State::Ended(Answer::failed_at(error, self.step.task.span)),
            Ok(false) if attempts > retries || answer.status == Status::Unreachable => {
                answer.status = Status::Failed;
                answer.result.insert("failed".into(), true.into());
                answer.result.insert("attempts".into(), Data::Int(retries as i64));
                State::Ended(answer)
            }
            Ok(false) => {
                if let Some(line) = line.or(self.line.as_ref()) {
                    let mut shown = answer.clone();
                    shown.result.insert("retries".into(), Data::Int(retries as i64 + 1));
                    let mut attempt = shown.to_result(&self.host, line, Duration::ZERO);
                    attempt.no_log = self.settings.no_log;
                    let left = (retries + 1).saturating_sub(attempts);
                    shared.emit(Event::Retry(Box::new(Retry { attempt, left })));
                }
                State::Paused(Instant::now() + Duration::from_secs_f64(delay))
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
    pub fn broke(&mut self, identity: Identity, error: &PipeError) {
        let task = self.step.task.clone();
        for run in &mut self.runs {
            let State::Running(running) = &run.state else { continue };
            if running.conversation.identity() != identity {
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

    /// Shows the items that have ended since the last time, in order.
    fn show_items(&mut self, shared: &Shared, line: &Arc<TaskLine>) {
        let Some(items) = &self.items else { return };
        while let Some(run) = self.runs.get(self.shown) {
            let State::Ended(answer) = &run.state else { return };
            let world = self.base.for_item(items.locals(self.shown));
            let label = label(&self.step.task, items, self.shown, &world);
            let mut result: HostResult = answer.to_result(&self.host, line, run.begun.elapsed());
            result.delegate.clone_from(&run.delegate);
            result.no_log = self.settings.no_log;
            result.ignored = self.settings.ignore_errors;
            describe_item(&mut result.result, items, self.shown, &label);
            result.item = Some(label.clone());
            result.index = Some(self.shown);
            if !line.include || !matches!(answer.status, Status::Ok { .. }) {
                shared.emit(Event::Item(Box::new(result)));
            }
            if let Some(State::Ended(answer)) = self.runs.get_mut(self.shown).map(|run| &mut run.state) {
                for consequence in &mut answer.consequences {
                    if let Consequence::Include(call) = consequence {
                        call.item = Some(label.clone());
                    }
                }
            }
            self.shown += 1;
        }
    }

    /// Its settings, as far as they are known.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The answer of the task as a whole; `None` while it is not complete.
    pub fn answer(&self) -> Option<Answer> {
        if let Some(whole) = &self.whole {
            return Some(whole.clone());
        }
        let ended: Vec<&Answer> = self
            .runs
            .iter()
            .map(|run| match &run.state {
                State::Ended(answer) => Some(answer),
                _ => None,
            })
            .collect::<Option<_>>()?;
        match &self.items {
            None => {
                let mut answer = (*ended.first()?).clone();
                answer.delegate = self.runs.first().and_then(|run| run.delegate.clone());
                Some(answer)
            }
            Some(items) => Some(self.gather(items, &ended)),
        }
    }

    /// One answer of a loop's answers.
    fn gather(&self, items: &Items, ended: &[&Answer]) -> Answer {
        let mut results = Vec::with_capacity(ended.len());
        let (mut changed, mut failed, mut skipped, mut unreachable) = (false, false, true, false);
        let mut consequences = Vec::new();
        let mut lists: [(&str, Vec<Data>); 2] = [("warnings", Vec::new()), ("deprecations", Vec::new())];
        for (index, answer) in ended.iter().enumerate() {
            changed |= answer.changed();
            failed |= answer.status == Status::Failed;
            unreachable |= answer.status == Status::Unreachable;
            skipped &= answer.status == Status::Skipped;
            consequences.extend(answer.consequences.iter().cloned());
            let mut result = answer.result.clone();
            for (name, list) in &mut lists {
                if let Some(Data::List(found)) = result.shift_remove(*name) {
                    list.extend(found);
                }
            }
            if answer.status != Status::Skipped {
                result.entry("failed".into()).or_insert(Data::Bool(answer.status == Status::Failed));
            }
            add_lines(&mut result);
            describe_item(&mut result, items, index, &Data::Null);
            results.push(Data::Map(result));
        }
        let mut result = Map::new();
        result.insert("changed".into(), changed.into());
        let message = match (failed, skipped, unreachable) {
            (_, _, true) => "One or more items failed",
            (true, ..) => "One or more items failed",
            (_, true, _) => "All items skipped",
            _ => "All items completed",
        };
        result.insert("msg".into(), message.into());
        result.insert("results".into(), Data::List(results));
        for (name, list) in lists {
            if !list.is_empty() {
                result.insert(name.into(), Data::List(list));
            }
        }
        let status = if unreachable {
            Status::Unreachable
        } else if failed {
            Status::Failed
        } else if skipped {
            Status::Skipped
        } else {
            Status::Ok { changed }
        };
        let mut answer = Answer::new(status, result);
        answer.result.insert("changed".into(), changed.into());
        answer.result.entry("skipped".into()).or_insert(Data::Bool(false));
        answer.consequences = consequences;
        answer.show = ended.first().map(|answer| answer.show).unwrap_or_default();
        answer.error = ended.iter().find_map(|answer| answer.error.clone());
        answer
    }

    /// Where `register` puts the result.
    pub fn register(&self) -> Option<Arc<str>> {
        register_name(&self.step.task, &self.base)
    }

    /// The handlers that it notifies.
    ///
    /// # Errors
    /// A handler's name cannot be rendered.
    pub fn notify(&self) -> Result<Vec<Arc<str>>, Diagnostic> {
        let mut names = Vec::new();
        for node in self.step.task.inherited(|k| &k.notify).into_iter() {
            let changed_items: Vec<usize> = match &self.items {
                Some(_) => (0..self.runs.len())
                    .filter(|i| matches!(self.runs.get(*i).map(|r| &r.state), Some(State::Ended(a)) if a.changed()))
                    .collect(),
                None => vec![0],
            };
            for index in changed_items {
                let locals = self.items.as_ref().map(|items| items.locals(index)).unwrap_or_default();
                let value = rendered(node, &self.base.for_item(locals))?;
                let list = match &value {
                    Value::List(list) => list.items().to_vec(),
                    value => vec![value.clone()],
                };
                for name in list {
                    let name: Arc<str> = name.to_string().into();
                    if !name.is_empty() && !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        }
        Ok(names)
    }
}

/// What an item's begin came to.
enum Start {
    Answer(Box<Answer>, Box<Settings>),
    Conversation(Box<Conversation>, ModuleCall, Box<Settings>),
    NotYet,
}

/// The action's name; it may be a template (`action: "{{ … }}"`).
fn action_name(task: &Task, world: &TaskWorld) -> Result<Arc<str>, Diagnostic> {
    let name = &task.action.name;
    if !template::is_template(name) {
        return Ok(name.clone());
    }
    let rendered =
        template::render(&Value::trusted(name.clone(), Some(task.action.span)), world)?.to_string();
    let short =
        rendered.strip_prefix("ansible.builtin.").or_else(|| rendered.strip_prefix("ansible.legacy."));
    Ok(short.unwrap_or(&rendered).into())
}

/// `changed_when`, `failed_when` and what they see.
fn finish_answer(answer: &mut Answer, task: &Task, world: &mut TaskWorld) {
    if let Some(name) = register_name(task, world) {
        let mut registered = answer.result.clone();
        add_lines(&mut registered);
        registered.entry("failed".into()).or_insert(Data::Bool(answer.status == Status::Failed));
        super::commit::add_exception(&mut registered, answer.status);
        world.set_local(name, Value::from_data(&Data::Map(registered)));
    }
    judge(answer, task, world);
}

fn warn(answer: &mut Answer, world: &TaskWorld) {
    let warnings = world.take_warnings();
    if warnings.is_empty() {
        return;
    }
    let entry = answer.result.entry("warnings".into()).or_insert_with(|| Data::List(Vec::new()));
    if let Data::List(list) = entry {
        list.extend(warnings.into_iter().map(Data::from));
    }
}

fn register_name(task: &Task, world: &TaskWorld) -> Option<Arc<str>> {
    let node = task.register.as_ref()?;
    match node.as_str() {
        Some(text) if !template::is_template(text) => Some(text.into()),
        _ => Some(rendered(node, world).ok()?.to_string().into()),
    }
}

/// What a result says about its item.
fn describe_item(result: &mut Map, items: &Items, index: usize, label: &Data) {
    let item = items.values.get(index).and_then(|value| value.to_data().ok()).unwrap_or(Data::Null);
    result.insert(items.loop_var.to_string(), item);
    result.insert("ansible_loop_var".into(), Data::from(&*items.loop_var));
    if let Some(name) = &items.index_var {
        result.insert(name.to_string(), Data::Int(index as i64));
        result.insert("ansible_index_var".into(), Data::from(&**name));
    }
    if items.extended
        && let Ok(extended) = items.locals(index).get("ansible_loop").map_or(Ok(Data::Null), Value::to_data)
    {
        result.insert("ansible_loop".into(), extended);
    }
    if !matches!(label, Data::Null) {
        result.insert("_ansible_item_label".into(), label.clone());
    }
}

/// The label of an item: `label` rendered, or the item itself.
fn label(task: &Task, items: &Items, index: usize, world: &TaskWorld) -> Data {
    let value = match &task.loop_control.label {
        Some(node) => rendered(node, world).unwrap_or_else(|error| Value::str(error.to_string())),
        None => items.values.get(index).cloned().unwrap_or_default(),
    };
    value.to_data().unwrap_or_else(|error| Data::Str(Text { text: error.to_string().into(), secret: false }))
}

/// Arguments as a module gets them.
fn to_map(args: &super::action::Arguments, raw: Option<&Value>) -> Result<Map, Diagnostic> {
    let mut map = Map::new();
    if let Some(raw) = raw {
        map.insert("_raw_params".into(), raw.to_data()?);
    }
    for (name, value) in args {
        map.insert(name.to_string(), value.to_data()?);
    }
    Ok(map)
}
