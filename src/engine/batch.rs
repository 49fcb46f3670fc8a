//! One batch of a play: which host runs which task when. Hosts' threads do the work; everything that happens to the
//! run as a whole happens here, in one thread and one order.

use super::event::{Event, PlayLine, Section, TaskLine, Totals};
use super::handlers::Handlers;
use super::position::{Position, Step};
use super::run::Run;
use super::settings::{keyword, to_bool};
use super::sight::{Sight, tags};
use super::turn::{Order, Outlook, Report, Turn, TurnEnd};
use crate::diag::Diagnostic;
use crate::playbook::{Item, Play, Task, tags_match};
use crate::template::{self, Value};
use crate::vars::{HostStore, Layers, PlayVars, TaskWorld};
use crate::yaml::Node;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// What has become of a host in this batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Active,
    /// It failed for good.
    Failed,
    /// It could not be reached.
    Unreachable,
    /// It ended the play early, and well.
    Ended,
}

/// One host's way through the batch.
pub struct Track {
    /// Its variables, and its name.
    pub store: Arc<HostStore>,
    /// Where it stands.
    pub position: Position,
    /// What it runs next, where that is known already.
    pub next: Option<Step>,
    /// What has become of it.
    pub fate: Fate,
    /// The handlers notified for it.
    pub notified: BTreeSet<usize>,
    /// The same in the order of their notification.
    pub order: Vec<usize>,
    /// The names notified since there was nothing to flush: what they mean may change with what is included.
    pub names: BTreeSet<String>,
    /// Roles of which a task has run that was not skipped.
    pub begun_roles: HashSet<u32>,
    /// Roles that it has run to their end.
    pub roles: HashSet<u32>,
    /// `--start-at-task` has been met.
    pub started: bool,
    /// A task of it is running (free strategy).
    pub busy: bool,
    /// Its handlers were flushed after its failure (`force_handlers`).
    pub forced: bool,
}

/// A batch of hosts in a play.
pub struct Batch<'b, 'r> {
    /// The run.
    pub run: &'b mut Run<'r>,
    /// The play.
    pub play: Arc<Play>,
    /// Its variables; made anew when hosts drop out.
    pub vars: Arc<PlayVars>,
    /// The hosts in order.
    pub tracks: Vec<Track>,
    /// The handlers.
    pub handlers: Handlers,
    /// Tags of tasks, by [`Task::id`]: whether they run.
    pub tagged: Arc<Mutex<HashMap<u32, bool>>>,
    /// Hosts that failed or were unreachable in this play so far, for `max_fail_percentage`.
    pub lost: usize,
    /// Announced tasks of the free strategy.
    pub announced: HashMap<u32, Arc<TaskLine>>,
    /// Tasks whose variables' names were looked at for reserved ones.
    pub checked: HashSet<u32>,
    /// The play is over (`meta: end_play`, too many failures).
    pub over: bool,
}

/// The strategies that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// All hosts do a task before any goes on.
    Linear,
    /// Every host goes on as fast as it can.
    Free,
}

/// Whether an action is done once for all hosts: it is about the inventory, or one person is asked.
fn is_for_all(task: &Task) -> bool {
    matches!(&*task.action.name, "add_host" | "pause")
}

impl Batch<'_, '_> {
    /// Runs the batch to its end.
    ///
    /// # Errors
    /// What ends the whole run: a file to include that cannot be parsed, an unknown handler.
    pub fn execute(&mut self, strategy: Strategy) -> Result<(), Diagnostic> {
        self.announce_play();
        match strategy {
            Strategy::Linear => self.linear(),
            Strategy::Free => self.free(),
        }
    }

    fn announce_play(&mut self) {
        let hosts = self.tracks.iter().map(|track| track.store.name.clone()).collect();
        let line = PlayLine { hosts, ..self.run.play_line(&self.play, &self.vars) };
        self.run.shared.emit(Event::PlayStart(Arc::new(line)));
    }

    /// A world for what is rendered outside of any task on a host.
    pub fn world(&self, track: usize, task: Option<&Arc<Task>>) -> Option<TaskWorld> {
        let host = self.tracks.get(track)?.store.clone();
        let layers = Layers::new(&self.run.shared.store, &self.vars, host, task.cloned());
        Some(TaskWorld::new(Arc::new(layers)))
    }

    /// Fills in what each host runs next.
    fn look(&mut self) {
        for index in 0..self.tracks.len() {
            self.look_one(index);
        }
    }

    fn look_one(&mut self, index: usize) {
        let Some(track) = self.tracks.get(index) else { return };
        if track.fate != Fate::Active && !track.forced || track.next.is_some() || track.busy {
            return;
        }
        let (store, vars, host) = (&self.run.shared.store, &self.vars, track.store.clone());
        let tags_of = |task: &Task| tags(store, vars, &host, task);
        let options = &self.run.shared.options;
        let (run_tags, skip_tags): (Vec<String>, Vec<String>) =
            (options.tags.run.iter().cloned().collect(), options.tags.skip.iter().cloned().collect());
        let handlers = self.handlers.tasks().clone();
        let tagged = self.tagged.clone();
        let start_at = options.start_at_task.clone();
        let Some(track) = self.tracks.get_mut(index) else { return };
        let mut sight = Sight {
            tagged: &tagged,
            run_tags: &run_tags,
            skip_tags: &skip_tags,
            world: &tags_of,
            roles: &track.roles,
            started: &mut track.started,
            start_at: start_at.as_deref(),
            handlers: &handlers,
            notified: &mut track.notified,
        };
        track.next = track.position.advance(&mut sight);
        if track.next.is_none() && track.position.fell() && track.fate == Fate::Active {
            self.lose(index);
        }
    }

    fn linear(&mut self) -> Result<(), Diagnostic> {
        loop {
            if self.over || self.run.shared.interrupted() {
                return Ok(());
            }
            self.look();
            let steps = self.tracks.iter().filter_map(|track| track.next.as_ref());
            let Some(first) = steps.min_by(|a, b| a.key.cmp(&b.key)).cloned() else { return Ok(()) };
            let runners: Vec<usize> = (0..self.tracks.len())
                .filter(|i| {
                    self.tracks.get(*i).and_then(|t| t.next.as_ref()).is_some_and(|n| same(n, &first))
                })
                .collect();
            for index in &runners {
                if let Some(track) = self.tracks.get_mut(*index) {
                    track.next = None;
                }
            }
            self.step(&first, runners)?;
            if self.tracks.iter().all(|t| matches!(t.fate, Fate::Failed | Fate::Unreachable) && !t.forced) {
                return Ok(());
            }
        }
    }

    /// One task on the hosts that run it now.
    fn step(&mut self, step: &Step, runners: Vec<usize>) -> Result<(), Diagnostic> {
        let task = &step.task;
        if &*task.action.name == "meta" {
            return self.meta(step, &runners, Strategy::Linear);
        }
        let Some(first) = runners.first().copied() else { return Ok(()) };
        let world = self.world(first, Some(task));
        let once = match &world {
            Some(world) => {
                keyword(task, world, "run_once", |k| &k.run_once)?.as_ref().and_then(to_bool).unwrap_or(false)
            }
            None => false,
        };
        // once for all, and only the first host has the result
        let alone = !once && is_for_all(task);
        let throttle = match &world {
            Some(world) => keyword(task, world, "throttle", |k| &k.throttle)?
                .and_then(|v| v.to_string().parse::<usize>().ok()),
            None => None,
        };
        let line = self.line(step, first, Strategy::Linear);
        if !self.confirmed(&line)? {
            return Ok(());
        }
        self.run.shared.emit(Event::TaskStart(line.clone()));
        let chosen = if once || alone { vec![first] } else { runners.clone() };
        let at_once = throttle.filter(|n| *n > 0).unwrap_or(usize::MAX);
        let mut ends = Vec::new();
        for group in chosen.chunks(at_once.min(chosen.len().max(1))) {
            for index in group {
                self.send(*index, step, &line, !once && !alone);
            }
            let mut waiting = group.len();
            while waiting > 0 {
                let Some(end) = self.receive() else { break };
                waiting -= 1;
                let fatal = alone && !end.ignore_errors && end.answer.status == super::event::Status::Failed;
                let also: &[usize] = if once || fatal { &runners } else { &[] };
                ends.extend(self.commit(*end, also)?);
            }
        }
        self.include(step, ends)?;
        self.after_step(task, first)
    }

    /// Under `--step` asks whether to run a task.
    fn confirmed(&mut self, line: &TaskLine) -> Result<bool, Diagnostic> {
        if !self.run.step {
            return Ok(true);
        }
        let name = match &line.role {
            Some(role) => format!("{role} : {}", line.name),
            None => line.name.to_string(),
        };
        let question = format!("Perform task: TASK: {name} (N)o/(y)es/(c)ontinue: ");
        let answer = self.run.ask.line(&question, false).unwrap_or_default().trim().to_lowercase();
        match answer.as_str() {
            "y" | "yes" => Ok(true),
            "c" | "continue" => {
                self.run.step = false;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// `any_errors_fatal` and `max_fail_percentage`, once every host has ended the task.
    fn after_step(&mut self, task: &Arc<Task>, first: usize) -> Result<(), Diagnostic> {
        let failed = |batch: &Self| {
            batch.tracks.iter().filter(|t| matches!(t.fate, Fate::Failed | Fate::Unreachable)).count()
        };
        let now = failed(self);
        if now > self.lost {
            self.lost = now;
            self.refresh_vars();
            let Some(world) = self.world(first, Some(task)) else { return Ok(()) };
            let fatal = keyword(task, &world, "any_errors_fatal", |k| &k.any_errors_fatal)?
                .as_ref()
                .and_then(to_bool);
            if fatal.unwrap_or(self.run.shared.config.settings.any_errors_fatal) {
                for track in &mut self.tracks {
                    if track.fate == Fate::Active {
                        track.next = None;
                        if track.position.fail() == super::position::Fall::Failed {
                            track.fate = Fate::Failed;
                            self.run.failed.insert(track.store.name.clone());
                        }
                    }
                }
            }
            if let Some(limit) = &self.play.max_fail_percentage {
                let value = super::settings::rendered(limit, &world)?;
                let limit: f64 = value.to_string().trim_end_matches('%').parse().map_err(|_| {
                    Diagnostic::user(format!("max_fail_percentage must be a number, not {value}"))
                        .at(limit.span)
                })?;
                if now as f64 / self.tracks.len().max(1) as f64 * 100.0 > limit {
                    self.run.shared.emit(Event::NoHostsLeft);
                    for track in &mut self.tracks {
                        if track.fate == Fate::Active {
                            track.fate = Fate::Failed;
                            self.run.failed.insert(track.store.name.clone());
                        }
                        track.next = None;
                    }
                }
            }
        }
        Ok(())
    }

    fn free(&mut self) -> Result<(), Diagnostic> {
        let mut running = 0usize;
        loop {
            let stop = self.over || self.run.shared.interrupted();
            if !stop {
                self.look();
                for index in 0..self.tracks.len() {
                    running += usize::from(self.start_free(index)?);
                }
            }
            if running == 0 {
                let waiting = self.tracks.iter().any(|track| track.next.is_some());
                if stop || !waiting {
                    return Ok(());
                }
                continue;
            }
            let Some(end) = self.receive() else { return Ok(()) };
            running -= 1;
            let (index, step) = (end.host, end.step.clone());
            if let Some(track) = self.tracks.get_mut(index) {
                track.busy = false;
            }
            let includes = self.commit(*end, &[])?;
            self.include(&step, includes.into_iter().collect())?;
            self.after_step(&step.task, index)?;
        }
    }

    /// Starts a host's next task under the free strategy, if it has one and is idle.
    fn start_free(&mut self, index: usize) -> Result<bool, Diagnostic> {
        let step = loop {
            let track = self.tracks.get_mut(index).filter(|track| !track.busy);
            let Some(step) = track.and_then(|track| track.next.take()) else { return Ok(false) };
            if &*step.task.action.name != "meta" {
                break step;
            }
            self.meta(&step, &[index], Strategy::Free)?;
            self.look_one(index);
        };
        if is_for_all(&step.task) {
            let message = format!(
                "The '{}' module bypasses the host loop, which is currently not supported in the free strategy and \
                 would instead execute for every host in the inventory list.",
                step.task.action.written
            );
            return Err(Diagnostic::user(message).at(step.task.span));
        }
        if let Some(world) = self.world(index, Some(&step.task))
            && keyword(&step.task, &world, "run_once", |k| &k.run_once)?.as_ref().and_then(to_bool)
                == Some(true)
        {
            self.run.shared.warn(
                "Using run_once with the free strategy is not currently supported. This task will still be executed \
                 for every host in the inventory list.",
            );
        }
        if let Some(track) = self.tracks.get_mut(index) {
            track.busy = true;
        }
        let line = match self.announced.get(&step.task.id) {
            Some(line) => line.clone(),
            None => {
                let line = self.line(&step, index, Strategy::Free);
                self.announced.insert(step.task.id, line.clone());
                line
            }
        };
        self.run.shared.emit(Event::TaskStart(line.clone()));
        self.send(index, &step, &line, true);
        Ok(true)
    }

    fn send(&mut self, index: usize, step: &Step, line: &Arc<TaskLine>, ahead: bool) {
        let Some(track) = self.tracks.get(index) else { return };
        let tagged = self.tagged.clone();
        let roles = track.roles.clone();
        let started = track.started;
        let (store, vars, host) = (self.run.shared.store.clone(), self.vars.clone(), track.store.clone());
        let options = &self.run.shared.options;
        let (run_tags, skip_tags): (Vec<String>, Vec<String>) =
            (options.tags.run.iter().cloned().collect(), options.tags.skip.iter().cloned().collect());
        let unwanted = move |task: &Task| {
            if !started {
                return true;
            }
            let over =
                |role: &Arc<crate::playbook::Role>| !role.allow_duplicates && roles.contains(&role.identity);
            if !task.handler && task.role().is_some_and(over) {
                return true;
            }
            if task.implicit || task.handler {
                return false;
            }
            let mut tagged = tagged.lock().unwrap_or_else(|e| e.into_inner());
            let wanted = tagged
                .entry(task.id)
                .or_insert_with(|| tags_match(&tags(&store, &vars, &host, task), &run_tags, &skip_tags));
            !*wanted
        };
        let outlook = ahead.then(|| Outlook {
            position: track.position.clone(),
            handlers: self.handlers.tasks().clone(),
            notified: track.notified.clone(),
            unwanted: Arc::new(unwanted),
        });
        let turn = Turn {
            host: index,
            store: track.store.clone(),
            step: step.clone(),
            line: line.clone(),
            play: self.vars.clone(),
            ahead: outlook,
        };
        self.run.shared.emit(Event::HostStart { host: track.store.name.clone(), task: line.clone() });
        self.run.workers.send(index, Order::Run(Box::new(turn)));
    }

    fn receive(&mut self) -> Option<Box<TurnEnd>> {
        match self.run.workers.receive()? {
            Report::Ended(end) => Some(end),
            Report::Closed { .. } => None,
        }
    }

    /// How a task is announced: its name is rendered as far as it can be.
    pub fn line(&self, step: &Step, host: usize, strategy: Strategy) -> Arc<TaskLine> {
        let task = &step.task;
        let world = self.world(host, Some(task));
        let name = match (&task.name, &world) {
            (Some(name), Some(world)) => {
                let raw = Value::from_node(name);
                let shown = template::render(&raw, world).unwrap_or(raw);
                shown.to_string()
            }
            _ => String::new(),
        };
        let name = if name.is_empty() { unnamed(task) } else { name };
        let flag = |of: fn(&crate::playbook::Keywords) -> &Option<Node>, run: bool| {
            let world = world.as_ref()?;
            let value = keyword(task, world, "", of).ok().flatten();
            Some(value.as_ref().and_then(to_bool).unwrap_or(run))
        };
        let options = &self.run.shared.options;
        Arc::new(TaskLine {
            uuid: format!("{:08x}-{}", task.id, self.play.id).into(),
            name: name.into(),
            // ansible-core shows an include_role without the role that it stands in
            role: task.role().filter(|_| &*task.action.name != "include_role").map(|role| role.name.clone()),
            action: task.action.written.clone(),
            section: if task.handler { Section::Handler } else { Section::Task },
            origin: (!task.implicit)
                .then(|| super::event::Origin { file: task.span.file().to_path_buf(), line: task.span.line }),
            check_mode: flag(|k| &k.check_mode, options.check).unwrap_or(options.check),
            diff: flag(|k| &k.diff, options.diff).unwrap_or(options.diff),
            no_log: flag(|k| &k.no_log, false).unwrap_or(false),
            looped: task.loop_.is_some(),
            free: strategy == Strategy::Free,
            include: matches!(&*task.action.name, "include_tasks" | "include_role"),
            args: super::args::shown(task),
            hosts: None,
        })
    }

    /// Drops hosts that failed or ended from the play's magic variables.
    pub fn refresh_vars(&mut self) {
        let alive: Vec<Arc<str>> = self
            .tracks
            .iter()
            .filter(|track| track.fate == Fate::Active)
            .map(|track| track.store.name.clone())
            .collect();
        let mut vars = (*self.vars).clone();
        let gone: HashSet<&Arc<str>> = self
            .tracks
            .iter()
            .filter(|track| track.fate != Fate::Active)
            .map(|track| &track.store.name)
            .collect();
        vars.magic.hosts = vars.magic.hosts.iter().filter(|host| !gone.contains(host)).cloned().collect();
        vars.magic.batch = alive.into();
        self.vars = Arc::new(vars);
    }

    /// The totals of a host.
    pub fn totals(&mut self, host: &Arc<str>) -> &mut Totals {
        self.run.totals.entry(host.clone()).or_default()
    }
}

/// How a task without a name is shown: as its action; an `include_role` as the role, too.
fn unnamed(task: &Task) -> String {
    let action = &task.action;
    let role = || action.arg("name").or_else(|| action.arg("role")).and_then(Node::as_str);
    match &*action.name {
        "include_role" => role().map(|role| format!("{} : {role}", action.written)),
        _ => None,
    }
    .unwrap_or_else(|| action.written.to_string())
}

fn same(a: &Step, b: &Step) -> bool {
    a.task.id == b.task.id && a.key == b.key
}

/// The items of a play in one list, with the flushes between its sections.
pub fn program(play: &Play, facts: Option<Arc<Task>>, flush: &dyn Fn() -> Arc<Task>) -> Arc<[Item]> {
    let mut items: Vec<Item> = facts.into_iter().map(Item::Task).collect();
    for section in play.sections.iter().filter(|section| !section.items.is_empty()) {
        items.extend(section.items.iter().cloned());
        items.push(Item::Task(flush()));
    }
    items.into()
}
