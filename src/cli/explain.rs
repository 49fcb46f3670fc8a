//! `impel explain`: every place that sets a variable for a host, and which one wins.

use super::display::{greet, screen};
use super::error::{Caller, Ended};
use super::flags;
use super::stage::{Stage, Wanted, tasks};
use crate::diag::{Diagnostic, Span, nearest};
use crate::playbook::{Play, Task};
use crate::report::{Masks, pretty_json, python_repr};
use crate::template::{self, Effect, Value, World};
use crate::vars::{Layer, PlayVars, Setting, TaskWorld};
use clap::Args;
use impel_modules::{Data, Map};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Shows every layer that sets a variable for a host, the weakest first, with its place and value; the winner is marked.
///
/// Nothing is run and no host is contacted: facts and what tasks set while a playbook runs are not known.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The variable.
    #[arg(value_name = "VAR")]
    variable: String,
    /// A playbook whose variables count too.
    #[arg(value_name = "PLAYBOOK")]
    playbook: Option<PathBuf>,
    /// The host.
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    host: String,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
    /// Inventory path or comma separated host list. May be given several times.
    #[arg(short, long, value_name = "INVENTORY")]
    inventory: Vec<String>,
    #[command(flatten)]
    general: flags::GeneralFlags,
    #[command(flatten, next_help_heading = "Vault")]
    vault: flags::VaultFlags,
}

/// Explains the variable.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    if flags::version(caller, &arguments.general)? {
        return Ok(ExitCode::SUCCESS);
    }
    let config = flags::configuration()?;
    let mut screen = screen(&config, arguments.general.verbosity(&config), arguments.general.no_mask)?;
    greet(&mut screen, &config, caller);
    let wanted = Wanted {
        inventory: &arguments.inventory,
        host: &arguments.host,
        playbook: arguments.playbook.as_deref(),
        vault: &arguments.vault,
        extra_vars: &arguments.general.extra_vars,
    };
    let stage = Stage::set(&config, &wanted, &mut screen)?;
    let name = &*arguments.variable;
    let mut views = Vec::new();
    if stage.plays.is_empty() {
        views.push(View::of(&stage, name, None, &PlayVars::default())?);
    }
    for (play, vars) in &stage.plays {
        views.push(View::of(&stage, name, Some(play), vars)?);
    }
    let shown = Shown { masks: &screen.masks, name, host: &stage.host };
    if arguments.json {
        println!("{}", pretty_json(&Data::List(views.iter().map(|view| shown.data(view)).collect())));
    } else {
        views.iter().for_each(|view| print!("{}", shown.text(view)));
    }
    if views.iter().all(View::is_empty) {
        let message = format!("nothing sets '{name}' for {}", stage.host);
        let mut error = Diagnostic::user(message);
        let world = stage.plays.first().map_or_else(PlayVars::default, |(_, vars)| (**vars).clone());
        let names = stage.world(&world, None).variable_names();
        if let Some(near) = nearest(name, names.iter().map(|name| &**name)) {
            error = error.hint(format!("did you mean '{near}'?"));
        }
        return Err(error.into());
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known of the variable in one play.
struct View {
    /// The play's name and place.
    play: Option<(Arc<str>, Span)>,
    /// What holds for all of the play, the weakest first.
    settings: Vec<Setting>,
    /// What the winner renders to, and what it read on the way.
    rendered: Option<Result<Rendered, Diagnostic>>,
    /// What counts in some tasks only, with the first of them and whether it wins there.
    in_tasks: Vec<InTasks>,
    /// Tasks that set it while the run goes on.
    later: Vec<(&'static str, Span)>,
}

struct Rendered {
    value: Value,
    read: Vec<(Arc<str>, Option<Setting>)>,
}

struct InTasks {
    setting: Setting,
    first: Span,
    tasks: usize,
    wins: bool,
}

impl View {
    fn of(stage: &Stage, name: &str, play: Option<&Arc<Play>>, vars: &PlayVars) -> Result<View, Diagnostic> {
        let world = stage.world(vars, None);
        let settings = with_places(stage, name, world.explain(name))?;
        let is_template = |setting: &Setting| {
            matches!(setting.value, Value::Str(_) | Value::Vault(_) | Value::List(_) | Value::Dict(_))
        };
        let rendered = settings.last().filter(|winner| is_template(winner)).map(|_| {
            let spy = Spy { world: &world, read: RefCell::default() };
            let value = template::expression(name, &spy)?;
            let names = spy.read.into_inner();
            let read = names.into_iter().filter(|read| **read != *name).map(|read| {
                let winner = with_places(stage, &read, world.explain(&read))?.pop();
                Ok((read, winner))
            });
            Ok(Rendered { value, read: read.collect::<Result<_, Diagnostic>>()? })
        });
        let mut view = View {
            play: play.map(|play| (vars.magic.name.clone(), play.span)),
            settings,
            rendered,
            in_tasks: Vec::new(),
            later: Vec::new(),
        };
        for task in play.iter().flat_map(|play| tasks(play)) {
            view.add_task(stage, name, vars, task)?;
        }
        Ok(view)
    }

    fn add_task(
        &mut self,
        stage: &Stage,
        name: &str,
        vars: &PlayVars,
        task: &Arc<Task>,
    ) -> Result<(), Diagnostic> {
        let of_task = with_places(stage, name, stage.world(vars, Some(task)).explain(name))?;
        let count = of_task.len();
        for (at, setting) in of_task.into_iter().enumerate() {
            let same = |known: &Setting| known.layer == setting.layer && known.span == setting.span;
            if setting.layer == Layer::Magic || self.settings.iter().any(same) {
                continue;
            }
            let wins = at + 1 == count;
            match self.in_tasks.iter_mut().find(|known| same(&known.setting) && known.wins == wins) {
                Some(known) => known.tasks += 1,
                None => self.in_tasks.push(InTasks { setting, first: task.span, tasks: 1, wins }),
            }
        }
        if task.register.as_ref().is_some_and(|register| register.as_str() == Some(name)) {
            self.later.push(("register", task.span));
        }
        match &*task.action.name {
            "set_fact" if task.action.arg(name).is_some() => self.later.push(("set_fact", task.span)),
            "include_vars" => self.later.push(("include_vars (perhaps)", task.span)),
            _ => {}
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.in_tasks.is_empty() && self.later.is_empty()
    }
}

/// The settings with those of the inventory taken anew: its layers know the place of every value.
fn with_places(stage: &Stage, name: &str, settings: Vec<Setting>) -> Result<Vec<Setting>, Diagnostic> {
    let ground = &stage.ground;
    let mut inventory = match stage.in_inventory() {
        Some(host) => ground.inventories.settings(&ground.inventory, host, name)?,
        None => Vec::new(),
    };
    let mut all = Vec::new();
    for setting in settings {
        match (setting.layer == Layer::Inventory, inventory.is_empty()) {
            (true, false) => {
                // a folder that is both the inventory's and the playbook's is read twice
                for setting in std::mem::take(&mut inventory) {
                    all.retain(|known: &Setting| known.span.is_none() || known.span != setting.span);
                    all.push(setting);
                }
            }
            // taken with the first one
            (true, true) if all.iter().any(|known: &Setting| known.layer == Layer::Inventory) => {}
            _ => all.push(setting),
        }
    }
    Ok(all)
}

/// A world that remembers which variables were read.
struct Spy<'w> {
    world: &'w TaskWorld,
    read: RefCell<Vec<Arc<str>>>,
}

impl World for Spy<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        let mut read = self.read.borrow_mut();
        if !read.iter().any(|known| &**known == name) {
            read.push(name.into());
        }
        self.world.variable(name)
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.world.variable_names()
    }

    fn find_file(&self, subfolder: &str, name: &Path) -> Option<PathBuf> {
        self.world.find_file(subfolder, name)
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.world.search_path()
    }

    fn read_file(&self, path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        self.world.read_file(path)
    }

    fn decrypt(&self, vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        self.world.decrypt(vault)
    }

    fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.world.sealed(plain)
    }

    fn effect(&self, effect: Effect) -> Result<(), Diagnostic> {
        match effect {
            Effect::Acts => {
                Err(Diagnostic::user("this would run a command or write a file; explain does not"))
            }
            effect => self.world.effect(effect),
        }
    }

    fn remembered(&self, template: &Arc<str>) -> Option<Value> {
        self.world.remembered(template)
    }

    fn remember(&self, template: &Arc<str>, value: &Value) {
        self.world.remember(template, value);
    }

    fn config(&self, name: &str) -> Option<Value> {
        self.world.config(name)
    }

    fn hosts_matching(
        &self,
        groups: &[(String, Vec<String>)],
        patterns: &[String],
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        self.world.hosts_matching(groups, patterns)
    }

    fn warn(&self, text: &str) {
        self.world.warn(text);
    }
}

/// How views are shown.
struct Shown<'s> {
    masks: &'s Masks,
    name: &'s str,
    host: &'s str,
}

impl Shown<'_> {
    fn value(&self, value: &Value) -> Data {
        match value {
            Value::Vault(_) => Data::str("!vault (encrypted)"),
            value => {
                value.to_data().map_or_else(|_| Data::str(value.to_string()), |data| self.masks.data(&data))
            }
        }
    }

    fn text(&self, view: &View) -> String {
        let mut out = format!("{} for {}", self.name, self.host);
        if let Some((play, span)) = &view.play {
            out.push_str(&format!(" in play '{play}' ({})", place(Some(*span))));
        }
        out.push_str(":\n");
        if view.is_empty() {
            out.push_str("    nothing sets it\n");
        }
        let places = view.settings.iter().map(|setting| place(setting.span).len());
        let width = places.max().unwrap_or(0).min(60);
        for (at, setting) in view.settings.iter().enumerate() {
            let mark = if at + 1 == view.settings.len() { '*' } else { ' ' };
            out.push_str(&format!("  {mark} {}\n", self.line(setting, width)));
        }
        match &view.rendered {
            Some(Ok(rendered)) => {
                let value = python_repr(&self.value(&rendered.value));
                let raw = view.settings.last().map(|winner| python_repr(&self.value(&winner.value)));
                if raw.as_ref() != Some(&value) {
                    out.push_str(&format!("      is {value} ({})\n", rendered.value.type_name()));
                }
                for (name, winner) in &rendered.read {
                    out.push_str(&match winner {
                        Some(winner) => format!("      with {name}: {}\n", self.line(winner, 0)),
                        None => format!("      with {name}: not defined\n"),
                    });
                }
            }
            Some(Err(error)) => out.push_str(&format!("      cannot be rendered: {}\n", innermost(error))),
            None => {}
        }
        if !view.in_tasks.is_empty() {
            out.push_str("  in some tasks:\n");
        }
        for some in &view.in_tasks {
            let mark = if some.wins { '*' } else { ' ' };
            let tasks =
                if some.tasks == 1 { "1 task".into() } else { format!("{} tasks, first", some.tasks) };
            let line = self.line(&some.setting, 0);
            out.push_str(&format!("  {mark} {line} (in {tasks} {})\n", place(Some(some.first))));
        }
        if !view.later.is_empty() {
            out.push_str("  set while the run goes on:\n");
        }
        for (what, span) in &view.later {
            out.push_str(&format!("    {what}  {}\n", place(Some(*span))));
        }
        out
    }

    fn line(&self, setting: &Setting, width: usize) -> String {
        let value = python_repr(&self.value(&setting.value));
        format!("{:<15} {:<width$}  {value}", setting.layer.to_string(), place(setting.span))
    }

    fn data(&self, view: &View) -> Data {
        let entry = |setting: &Setting, winner: bool| {
            let mut map = self.setting(setting);
            map.insert("winner".into(), Data::Bool(winner));
            map
        };
        let last = view.settings.len();
        let settings = view.settings.iter().zip(1..).map(|(setting, n)| Data::Map(entry(setting, n == last)));
        let mut map = Map::from([
            ("variable".to_string(), self.name.into()),
            ("host".to_string(), self.host.into()),
            ("play".to_string(), view.play.as_ref().map_or(Data::Null, |(name, _)| Data::str(name.clone()))),
            ("settings".to_string(), Data::List(settings.collect())),
        ]);
        match &view.rendered {
            Some(Ok(rendered)) => {
                map.insert("value".into(), self.value(&rendered.value));
                map.insert("type".into(), rendered.value.type_name().into());
                let read = rendered.read.iter().map(|(name, winner)| {
                    let mut map = winner.as_ref().map(|winner| self.setting(winner)).unwrap_or_default();
                    map.insert("variable".into(), Data::str(name.clone()));
                    Data::Map(map)
                });
                map.insert("read".into(), Data::List(read.collect()));
            }
            Some(Err(error)) => drop(map.insert("error".into(), innermost(error).into())),
            None => {
                let value = view.settings.last().map(|winner| &winner.value);
                map.insert("value".into(), value.map_or(Data::Null, |value| self.value(value)));
                map.insert("type".into(), value.map_or("undefined", Value::type_name).into());
            }
        }
        let in_tasks = view.in_tasks.iter().map(|some| {
            let mut map = entry(&some.setting, some.wins);
            map.insert("tasks".into(), Data::Int(some.tasks as i64));
            map.insert("first_task".into(), place(Some(some.first)).into());
            Data::Map(map)
        });
        map.insert("in_tasks".into(), Data::List(in_tasks.collect()));
        let later = view.later.iter().map(|(what, span)| {
            let what = ("what".to_string(), (*what).into());
            Data::Map(Map::from([what, ("place".to_string(), place(Some(*span)).into())]))
        });
        map.insert("later".into(), Data::List(later.collect()));
        Data::Map(map)
    }

    fn setting(&self, setting: &Setting) -> Map {
        Map::from([
            ("layer".to_string(), setting.layer.to_string().into()),
            ("place".to_string(), setting.span.map_or(Data::Null, |span| place(Some(span)).into())),
            ("value".to_string(), self.value(&setting.value)),
        ])
    }
}

/// The first cause of an error.
fn innermost(error: &Diagnostic) -> &str {
    let mut error = error;
    while let Some(cause) = &error.cause {
        error = cause;
    }
    &error.message
}

/// A place as `file:line:col`, below this folder without the folder.
fn place(span: Option<Span>) -> String {
    let Some(span) = span else { return "-".into() };
    let shown = span.to_string();
    let here = std::env::current_dir().unwrap_or_default();
    let here = format!("{}/", here.display());
    shown.strip_prefix(&here).map_or(shown.clone(), str::to_string)
}
