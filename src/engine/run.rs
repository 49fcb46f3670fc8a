//! A run: plays one after the other, their batches, and what the run as a whole knows.

mod prepare;
mod prompts;

use super::action::Actions;
use super::answer::AddHost;
use super::batch::{Batch, Fate, Strategy, Track, program};
use super::event::{Event, Message, MessageKind, Origin, PlayLine, Recap, RunLine, Totals, Wire};
use super::handlers::Handlers;
use super::options::{Ask, RunOptions};
use super::position::Position;
use super::settings::{rendered, to_bool};
use super::shared::Shared;
use super::workers::Workers;
use crate::config::{Config, Gathering};
use crate::diag::{Diagnostic, ErrorKind, nearest};
use crate::inventory::Inventory;
use crate::pipe::Prompter;
use crate::playbook::{self, Item, Known, Missing, Parent, Play, Playbook, Source, Task};
use crate::template::{self, Value};
use crate::vars::{Inventories, Layers, PlayVars, TaskWorld, VarStore};
use crate::yaml::{Kind, Node};
use impel_modules::{Data, Map};
use prepare::flush_task;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Reads the inventory once more.
pub type Refresh<'r> = dyn Fn() -> Result<Refreshed, Diagnostic> + 'r;

/// An inventory that was read once more.
pub struct Refreshed {
    /// Hosts and groups.
    pub inventory: Inventory,
    /// What turns inventory changes into layers.
    pub inventories: Inventories,
    /// What is to be warned about.
    pub warnings: Vec<String>,
}

/// What a run adds to its inventory by itself: it survives `meta: refresh_inventory`.
enum Addition {
    Host(AddHost),
    Group { host: Arc<str>, group: String, parents: Vec<Arc<str>> },
}

/// What a run is made from.
pub struct Setup<'r> {
    /// What the command line asks.
    pub options: RunOptions,
    /// The configuration.
    pub config: Arc<Config>,
    /// Hosts and groups.
    pub inventory: Inventory,
    /// Inventory variables as layers, and what magic variables say of the run.
    pub store: Arc<VarStore>,
    /// What turns inventory changes into layers.
    pub inventories: Inventories,
    /// What reads the inventory once more.
    pub refresh: Box<Refresh<'r>>,
    /// How playbook files are read.
    pub source: &'r dyn Source,
    /// What there is, for what is included while the run goes on.
    pub known: &'r dyn Known,
    /// The actions of the controller.
    pub actions: &'static dyn Actions,
    /// Whom to ask about host keys and passphrases.
    pub prompter: Arc<dyn Prompter>,
    /// Whom to ask for `vars_prompt` and `--step`.
    pub ask: &'r dyn Ask,
    /// Where events go.
    pub events: Sender<Event>,
    /// How often the user has interrupted.
    pub interrupts: Arc<AtomicU8>,
    /// Set to cut every pipe.
    pub cut: Arc<AtomicBool>,
}

/// A run under way.
pub struct Run<'r> {
    /// What every thread sees.
    pub shared: Arc<Shared>,
    /// Hosts and groups.
    pub inventory: Inventory,
    inventories: Inventories,
    refresh: Box<Refresh<'r>>,
    additions: Vec<Addition>,
    /// How playbook files are read.
    pub source: &'r dyn Source,
    /// What there is.
    pub known: &'r dyn Known,
    /// Whom to ask.
    pub ask: &'r dyn Ask,
    /// `--step` still asks.
    pub step: bool,
    /// `--start-at-task` has been met, if it was given: later plays begin at their beginning.
    started: bool,
    /// Hosts that failed.
    pub failed: HashSet<Arc<str>>,
    /// Hosts that could not be reached.
    pub unreachable: HashSet<Arc<str>>,
    /// What hosts have been through.
    pub totals: BTreeMap<Arc<str>, Totals>,
    /// What the pipes cost.
    pub wire: Wire,
    /// `meta: end_play` was met.
    pub end_play: bool,
    /// Hosts' threads.
    pub workers: Workers,
    homes: HashMap<Arc<str>, usize>,
    stats: Map,
    host_stats: BTreeMap<Arc<str>, Map>,
    any_failed: bool,
    any_unreachable: bool,
    begun: Instant,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A host failed.
    pub failed: bool,
    /// A host could not be reached.
    pub unreachable: bool,
    /// The user interrupted.
    pub interrupted: bool,
}

impl Verdict {
    /// ansible-playbook's exit code.
    pub fn code(self) -> u8 {
        if self.interrupted {
            return 99;
        }
        // as ansible-core does: what could not be reached outweighs what failed
        match self {
            Verdict { unreachable: true, .. } => 4,
            Verdict { failed: true, .. } => 2,
            _ => 0,
        }
    }
}

/// The error for what a playbook uses and impel does not have yet: one list with places.
pub fn missing_error(missing: &[Missing]) -> Diagnostic {
    let mut lines: Vec<String> = Vec::new();
    for found in missing {
        let what = format!("{:?}", found.what).to_lowercase();
        lines.push(format!("{what} '{}' at {}", found.name, found.span));
    }
    let message = format!("this playbook uses what impel does not have yet:\n  {}", lines.join("\n  "));
    let place = missing.first().map(|found| found.span);
    Diagnostic::new(ErrorKind::User, message).at(place).hint("nothing was run; no host was contacted")
}

impl<'r> Run<'r> {
    /// Starts the hosts' threads; nothing is connected yet.
    pub fn new(setup: Setup<'r>) -> Run<'r> {
        let Setup { options, config, inventory, store, inventories, refresh, source, known, actions, .. } =
            setup;
        let forks =
            options.forks.or(config.settings.forks).unwrap_or_else(|| inventory.hosts.len().clamp(1, 64));
        let threads = forks.clamp(1, inventory.hosts.len().max(1) + 8);
        let (step, started) = (options.step, options.start_at_task.is_none());
        let shared = Arc::new(Shared {
            options,
            config,
            store,
            actions,
            prompter: setup.prompter,
            epoch: AtomicU64::new(0),
            interrupts: setup.interrupts,
            cut: setup.cut,
            events: setup.events,
        });
        Run {
            workers: Workers::start(&shared, threads),
            shared,
            inventory,
            inventories,
            refresh,
            additions: Vec::new(),
            source,
            known,
            ask: setup.ask,
            step,
            started,
            failed: HashSet::new(),
            unreachable: HashSet::new(),
            totals: BTreeMap::new(),
            wire: Wire::default(),
            end_play: false,
            homes: HashMap::new(),
            stats: Map::new(),
            host_stats: BTreeMap::new(),
            any_failed: false,
            any_unreachable: false,
            begun: Instant::now(),
        }
    }

    /// Runs a playbook.
    ///
    /// # Errors
    /// What ends a run: a play that cannot be understood, an unknown handler.
    pub fn playbook(&mut self, path: &Path, playbook: &Playbook) -> Result<(), Diagnostic> {
        let check_mode = self.shared.options.check;
        let plays = playbook.plays.len();
        let told = self.shared.options.told.clone();
        let line = RunLine { playbook: path.to_path_buf(), plays, check_mode, told };
        self.shared.emit(Event::PlaybookStart(line));
        for play in &playbook.plays {
            if self.shared.interrupted() {
                break;
            }
            if !self.play(play)? {
                break;
            }
        }
        Ok(())
    }

    /// Closes the pipes, sends the recap where the run came to its end, and says how it went.
    pub fn finish(self, complete: bool) -> Verdict {
        self.warn_of_cache();
        let wire = self.workers.close();
        let verdict = Verdict {
            failed: self.any_failed,
            unreachable: self.any_unreachable,
            interrupted: self.shared.interrupted(),
        };
        if let Some(name) = &self.shared.options.start_at_task
            && complete
            && self.totals.values().all(|totals| *totals == Totals::default())
        {
            let text = format!(
                "No matching task \"{name}\" found. Note: --start-at-task can only follow static includes."
            );
            self.shared.emit(Event::Message(Message { kind: MessageKind::Error, text }));
        }
        let recap = Recap {
            // a host that no task came to has no line
            hosts: self.totals.into_iter().filter(|(_, totals)| *totals != Totals::default()).collect(),
            custom: self.stats,
            custom_per_host: self.host_stats.into_iter().collect(),
            check_mode: self.shared.options.check,
            wire,
            took: self.begun.elapsed(),
        };
        if complete {
            self.shared.emit(Event::Recap(Box::new(recap)));
        }
        verdict
    }

    /// Runs a play; says whether the run goes on.
    ///
    /// # Errors
    /// It cannot be understood.
    pub fn play(&mut self, play: &Arc<Play>) -> Result<bool, Diagnostic> {
        self.end_play = false;
        let vars = PlayVars::of_play(play, &self.shared.store.scopes);
        let pattern = self.pattern(play, &vars)?;
        let hosts = self.hosts(play, &pattern, &vars)?;
        let mut vars = self.named(play, vars, &pattern, &hosts);
        self.prompts(play, &mut vars)?;
        if hosts.is_empty() {
            let line = self.play_line(play, &Arc::new(vars));
            self.shared.emit(Event::PlayStart(Arc::new(line)));
            self.shared.emit(Event::NoHostsMatched);
            return Ok(true);
        }
        let broken = hosts.iter().find_map(|host| self.shared.store.host(host)?.broken());
        if let Some(error) = broken {
            let line = self.play_line(play, &Arc::new(vars));
            self.shared.emit(Event::PlayStart(Arc::new(line)));
            return Err(Diagnostic { kind: ErrorKind::Parse, ..error });
        }
        let corrupt = hosts.iter().find_map(|host| self.shared.store.host(host)?.corrupt_cache());
        if let Some(error) = corrupt {
            let line = self.play_line(play, &Arc::new(vars));
            self.shared.emit(Event::PlayStart(Arc::new(line)));
            self.warn_of_cache();
            return Err(error);
        }
        let defined = play.keywords.vars.pairs.iter().map(|(name, node)| (&**name, node.span));
        let asked = play.vars_prompt.iter().map(|prompt| (&*prompt.name, prompt.span));
        super::reserved::warn(self.source, defined.chain(asked));
        self.vars_files(play, &hosts, &mut vars)?;
        self.warn_of_reserved(&vars, &hosts);
        self.warn_of_cache();
        let alive: Vec<Arc<str>> = hosts
            .iter()
            .filter(|host| !self.failed.contains(*host) && !self.unreachable.contains(*host))
            .cloned()
            .collect();
        let strategy = self.strategy(play, &vars)?;
        let sizes = self.serial(play, &vars, hosts.len())?;
        let mut rest: &[Arc<str>] = if alive.is_empty() { &hosts } else { &alive };
        let (mut step, mut first) = (0, true);
        while first || !rest.is_empty() {
            first = false;
            let size = sizes.get(step.min(sizes.len().saturating_sub(1))).copied().unwrap_or(rest.len());
            let (now, later) = rest.split_at(size.clamp(1, rest.len().max(1)).min(rest.len()));
            rest = later;
            step += 1;
            let lost = self.batch(play, &vars, now, strategy)?;
            if self.end_play || self.shared.interrupted() {
                break;
            }
            // a batch that failed as a whole ends the play, and the run
            if lost == now.len() && !now.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Runs a batch; how many of its hosts were lost.
    fn batch(
        &mut self,
        play: &Arc<Play>,
        vars: &PlayVars,
        hosts: &[Arc<str>],
        strategy: Strategy,
    ) -> Result<usize, Diagnostic> {
        let mut vars = vars.clone();
        let lost = |host: &Arc<str>| self.failed.contains(host) || self.unreachable.contains(host);
        vars.magic.batch = hosts.into();
        vars.magic.hosts = vars.magic.hosts.iter().filter(|host| !lost(host)).cloned().collect();
        let vars = Arc::new(vars);
        let begins = match &self.shared.options.start_at_task {
            Some(wanted) if !self.started => {
                play.sections.iter().any(|section| super::sight::has_start(&section.items, wanted))
            }
            _ => true,
        };
        // a play that is passed over gathers nothing
        let facts = if begins { self.facts_task(play, hosts, &vars)? } else { None };
        let flush = || Arc::new(flush_task(play));
        let items = program(play, facts, &flush);
        let stores: Vec<_> = hosts.iter().filter_map(|name| self.shared.store.host(name)).collect();
        let started = self.started;
        let tracks = stores
            .iter()
            .map(|store| Track {
                store: store.clone(),
                position: Position::new(items.clone()),
                next: None,
                fate: match () {
                    () if self.failed.contains(&store.name) => Fate::Failed,
                    () if self.unreachable.contains(&store.name) => Fate::Unreachable,
                    () => Fate::Active,
                },
                notified: BTreeSet::new(),
                order: Vec::new(),
                names: BTreeSet::new(),
                begun_roles: HashSet::new(),
                roles: HashSet::new(),
                started,
                busy: false,
                forced: false,
            })
            .collect();
        self.workers.set_hosts(stores, &mut self.homes);
        for host in hosts {
            self.totals.entry(host.clone()).or_default();
        }
        let mut batch = Batch {
            run: self,
            play: play.clone(),
            vars,
            tracks,
            handlers: Handlers::default(),
            tagged: Arc::new(Mutex::default()),
            lost: 0,
            announced: HashMap::new(),
            checked: HashSet::new(),
            over: false,
        };
        batch.add_handlers(&play.handlers);
        let result = batch.execute(strategy);
        let count = |fate: Fate| batch.tracks.iter().filter(|track| track.fate == fate).count();
        let (failed, unreachable) = (count(Fate::Failed), count(Fate::Unreachable));
        let met = batch.tracks.iter().any(|track| track.started);
        self.started |= met;
        self.any_failed |= failed > 0;
        self.any_unreachable |= unreachable > 0;
        result.map(|()| failed + unreachable)
    }

    /// Whether handlers run on hosts that failed.
    pub fn force_handlers(&self, play: &Play) -> bool {
        let own = play.force_handlers.as_ref().and_then(|node| to_bool(&Value::from_node(node)));
        own.unwrap_or(self.shared.options.force_handlers || self.shared.config.settings.force_handlers)
    }

    /// The folder of the playbook that a play stands in.
    pub fn base_of(&self, play: &Play) -> PathBuf {
        play.file.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// `add_host`.
    pub fn add_host(&mut self, add: &AddHost) {
        self.join(add);
        self.additions.push(Addition::Host(add.clone()));
        self.inventory_changed(&add.name);
    }

    fn join(&mut self, add: &AddHost) {
        if self.inventory.hosts.get(&add.name).is_none_or(|host| host.implicit) {
            self.inventory.add_host(&add.name, Some("all"));
        }
        for group in &add.groups {
            self.inventory.add_host(&add.name, Some(group));
        }
        if let Some(host) = self.inventory.hosts.get_mut(&add.name) {
            host.implicit = false;
            let span = crate::diag::Span::new(Path::new("<add_host>"), 0, 0);
            let merge = self.shared.store.run.merge;
            let vars = Arc::make_mut(&mut host.vars);
            for (name, value) in &add.vars {
                let value = match vars.get(name).filter(|_| merge) {
                    Some(old) => crate::vars::merged(&Value::from_node(old), value, 0),
                    None => value.clone(),
                };
                vars.insert(name.clone(), super::include::to_node(&value, span, 0));
            }
        }
    }

    /// `group_by`.
    pub fn group_by(&mut self, host: &Arc<str>, group: &str, parents: &[Arc<str>]) {
        self.regroup(host, group, parents);
        let (host, parents) = (host.clone(), parents.to_vec());
        self.inventory_changed(&host);
        self.additions.push(Addition::Group { host, group: group.to_string(), parents });
    }

    fn regroup(&mut self, host: &Arc<str>, group: &str, parents: &[Arc<str>]) {
        self.inventory.add_host(host, Some(group));
        for parent in parents {
            self.inventory.add_group(parent);
            if let Err(error) = self.inventory.add_child(parent, group) {
                self.shared.warn(error.to_string());
            }
        }
    }

    fn inventory_changed(&mut self, host: &str) {
        if let Err(error) = self.inventory.settle() {
            self.shared.warn(error.to_string());
        }
        self.inventory.take_twice().into_iter().for_each(|warning| self.shared.warn(warning));
        if let Err(error) = self.inventories.update(&self.inventory, &self.shared.store, host) {
            self.shared.warn(error.to_string());
        }
        self.shared.altered();
    }

    /// `meta: refresh_inventory`.
    ///
    /// # Errors
    /// A source cannot be read any more.
    pub fn refresh_inventory(&mut self) -> Result<(), Diagnostic> {
        let Refreshed { inventory, inventories, warnings } = (self.refresh)()?;
        warnings.into_iter().for_each(|warning| self.shared.warn(warning));
        (self.inventory, self.inventories) = (inventory, inventories);
        let additions = std::mem::take(&mut self.additions);
        for addition in &additions {
            match addition {
                Addition::Host(add) => self.join(add),
                Addition::Group { host, group, parents } => self.regroup(host, group, parents),
            }
        }
        self.additions = additions;
        self.inventory.settle()?;
        self.inventories.fill(&self.inventory, &self.shared.store);
        self.shared.altered();
        Ok(())
    }

    /// `set_stats`.
    pub fn add_stats(&mut self, host: Option<Arc<str>>, data: &Map, aggregate: bool) {
        let stats = match host {
            Some(host) => self.host_stats.entry(host).or_default(),
            None => &mut self.stats,
        };
        for (name, value) in data {
            let sum = match (stats.get(name), value) {
                (Some(Data::Int(a)), Data::Int(b)) if aggregate => Data::Int(a.saturating_add(*b)),
                (Some(Data::List(a)), Data::List(b)) if aggregate => {
                    Data::List(a.iter().chain(b).cloned().collect())
                }
                (Some(Data::Map(a)), Data::Map(b)) if aggregate => {
                    let mut sum = a.clone();
                    sum.extend(b.clone());
                    Data::Map(sum)
                }
                (Some(Data::Str(a)), Data::Str(b)) if aggregate => {
                    Data::from(format!("{}{}", a.text, b.text))
                }
                _ => value.clone(),
            };
            stats.insert(name.clone(), sum);
        }
    }
}

impl Batch<'_, '_> {
    /// Adds lists of handlers, names rendered with what the play knows.
    pub fn add_handlers(&mut self, lists: &[Vec<Item>]) {
        let names: BTreeSet<&String> = self.tracks.iter().flat_map(|track| &track.names).collect();
        let before: Vec<(String, Vec<usize>)> =
            names.into_iter().map(|name| (name.clone(), self.handlers.matching(name))).collect();
        for list in lists {
            let world = self.world(0, None);
            let render = |_: &Task, node: &Node| -> Option<String> {
                match (node.as_str(), &world) {
                    (Some(text), _) if !template::is_template(text) => Some(text.to_string()),
                    (_, Some(world)) => rendered(node, world).ok().map(|value| value.to_string()),
                    _ => None,
                }
            };
            let mut handlers = std::mem::take(&mut self.handlers);
            handlers.add(list, &render);
            self.handlers = handlers;
        }
        // ansible-core looks names up when handlers are flushed
        for (name, old) in before {
            let new = self.handlers.matching(&name);
            for track in self.tracks.iter_mut().filter(|track| track.names.contains(&name)) {
                if old.iter().any(|index| track.notified.contains(index)) {
                    track.notified.retain(|index| !old.contains(index));
                    track.notified.extend(&new);
                    track.order.extend(&new);
                }
            }
        }
    }
}
