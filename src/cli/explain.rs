//! `impel explain`: every place that sets a variable for a host, and which one wins.

mod foresight;
mod shown;
mod spy;

use self::foresight::{Foresight, Later, loop_var};
use self::shown::Shown;
use self::spy::Spy;
use super::display::{greet, screen};
use super::error::{Caller, Ended};
use super::flags;
use super::stage::{Stage, Wanted};
use super::streams;
use crate::diag::{Diagnostic, Span, nearest};
use crate::playbook::{Play, Task};
use crate::report::pretty_json;
use crate::template::{self, Value, World};
use crate::vars::PlayVars;
use crate::yaml::Node;
use clap::Args;
use impel_modules::Data;
use std::borrow::Cow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Shows every layer that sets a variable for a host, the weakest first, with its place and value; the winner is marked.
///
/// Nothing is run and no host is contacted. What `set_fact`, `include_vars`, `add_host` and included files would set is
/// foreseen; where a task may set the variable and it cannot be told (`include_vars` of a folder or in a loop, `group_by`),
/// the task is listed with `(perhaps)`. Facts and results of tasks are not known.
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
    let mut stage = Stage::set(&config, &wanted, &mut screen)?;
    let name = &*arguments.variable;
    let mut views = Vec::new();
    let plays = std::mem::take(&mut stage.plays);
    let mut foresight = Foresight::new(&mut stage, name);
    if plays.is_empty() {
        views.push(View::of(&foresight, name, None, &PlayVars::default())?);
    }
    for (play, vars) in &plays {
        let mut view = View::of(&foresight, name, Some(play), vars)?;
        view.later = foresight
            .walk(play, vars, &mut |foresight, task, vars| view.add_task(foresight, name, vars, task))?;
        views.push(view);
    }
    let shown = Shown { masks: &screen.masks, name, host: &stage.host };
    if arguments.json {
        let text = pretty_json(&Data::List(views.iter().map(|view| shown.data(view)).collect()));
        streams::out(text + "\n")?;
    } else {
        streams::out(views.iter().map(|view| shown.text(view)).collect::<String>())?;
    }
    if views.iter().all(View::is_empty) {
        let message = format!("nothing sets '{name}' for {}", stage.host);
        let mut error = Diagnostic::user(message);
        let world = plays.first().map_or_else(PlayVars::default, |(_, vars)| (**vars).clone());
        let names = stage.world(&world, None).variable_names();
        if let Some(near) = nearest(name, names.iter().map(|name| &**name)) {
            error = error.hint(format!("did you mean '{near}'?"));
        }
        return Err(error.into());
    }
    Ok(ExitCode::SUCCESS)
}

/// One word on a variable.
#[derive(Clone)]
struct Entry {
    layer: Cow<'static, str>,
    span: Option<Span>,
    /// As written; `None` where only a run can tell.
    value: Option<Value>,
    /// A task sets it that may also not run.
    perhaps: bool,
}

impl Entry {
    fn new(layer: impl Into<Cow<'static, str>>, span: Option<Span>, value: Option<Value>) -> Entry {
        Entry { layer: layer.into(), span, value, perhaps: false }
    }

    fn is_inventory(&self) -> bool {
        matches!(&*self.layer, "inventory" | "add_host")
    }

    /// Whether facts win over it.
    fn is_below_facts(&self) -> bool {
        self.is_inventory() || self.layer == "role defaults"
    }

    fn is_same(&self, other: &Entry) -> bool {
        self.layer == other.layer && self.span == other.span
    }
}

/// What is known of the variable in one play.
struct View {
    /// The play's name and place.
    play: Option<(Arc<str>, Span)>,
    /// What holds when the play begins, the weakest first.
    settings: Vec<Entry>,
    /// What the winner renders to, and what it read on the way.
    rendered: Option<Result<Rendered, Diagnostic>>,
    /// What counts in some tasks only, with the first of them and whether it wins there.
    in_tasks: Vec<InTasks>,
    /// Tasks that set it while the run goes on.
    later: Vec<Later>,
}

struct Rendered {
    value: Value,
    read: Vec<(Arc<str>, Option<Entry>)>,
    /// The value is of all dicts together (`hash_behaviour = merge`).
    merged: bool,
}

struct InTasks {
    entry: Entry,
    first: Span,
    tasks: usize,
    wins: bool,
}

impl View {
    fn of(
        foresight: &Foresight<'_>,
        name: &str,
        play: Option<&Arc<Play>>,
        vars: &PlayVars,
    ) -> Result<View, Diagnostic> {
        let world = foresight.stage.world(vars, None);
        let settings = foresight.entries(&world, name)?;
        let value = |entry: &Entry| entry.value.clone();
        let is_template = |value: &Value| {
            matches!(value, Value::Str(_) | Value::Vault(_) | Value::List(_) | Value::Dict(_))
        };
        let winner = settings.last().and_then(value).filter(is_template);
        let dicts = settings.iter().filter_map(value).filter(|value| value.as_dict().is_some()).count();
        let merged = foresight.stage.ground.store.run.merge && dicts > 1;
        let rendered = winner.map(|_| {
            let spy = Spy { world: &world, read: Default::default() };
            let value = template::expression(name, &spy)?;
            let names = spy.read.into_inner();
            let names = names.into_iter().filter(|read| **read != *name);
            let read = names.map(|read| Ok((read.clone(), foresight.entries(&world, &read)?.pop())));
            // what nobody set may be Jinja's own
            let read = read.filter(|read| !matches!(read, Ok((name, None)) if is_global(name)));
            Ok(Rendered { value, read: read.collect::<Result<_, Diagnostic>>()?, merged })
        });
        Ok(View {
            play: play.map(|play| (vars.magic.name.clone(), play.span)),
            settings,
            rendered,
            in_tasks: Vec::new(),
            later: Vec::new(),
        })
    }

    fn add_task(
        &mut self,
        foresight: &Foresight<'_>,
        name: &str,
        vars: &PlayVars,
        task: &Arc<Task>,
    ) -> Result<(), Diagnostic> {
        let world = foresight.stage.world(vars, Some(task));
        let mut of_task = foresight.entries(&world, name)?;
        of_task.retain(|entry| entry.layer != "magic variable" || self.settings.is_empty());
        of_task.extend(of_loop(task, name));
        let wins_play = |entry: &Entry| self.settings.last().is_some_and(|winner| winner.is_same(entry));
        let winner = of_task.pop();
        let others =
            of_task.into_iter().filter(|entry| !self.settings.iter().any(|known| known.is_same(entry)));
        let winner = winner.filter(|winner| !wins_play(winner)).map(|winner| (winner, true));
        let news: Vec<(Entry, bool)> = others.map(|entry| (entry, false)).chain(winner).collect();
        for (entry, wins) in news {
            match self.in_tasks.iter_mut().find(|known| known.entry.is_same(&entry) && known.wins == wins) {
                Some(known) => known.tasks += 1,
                None => self.in_tasks.push(InTasks { entry, first: task.span, tasks: 1, wins }),
            }
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.in_tasks.is_empty() && self.later.is_empty()
    }
}

/// What a task's loop makes of the variable: it wins over everything else.
fn of_loop(task: &Task, name: &str) -> Option<Entry> {
    let of = task.loop_.as_ref()?;
    let control = &task.loop_control;
    if *loop_var(task) == *name {
        let span = control.loop_var.as_ref().map_or(of.span, |node| node.span);
        return Some(Entry::new("loop", Some(span), Some(Value::from_node(&of.items))));
    }
    let index = control.index_var.as_ref().filter(|node| node.as_str() == Some(name));
    let extended = control.extended.as_ref().filter(|_| name == "ansible_loop");
    let node: &Node = index.or(extended)?;
    Some(Entry::new("loop", Some(node.span), None))
}

/// The names that templates know without anyone setting them.
fn is_global(name: &str) -> bool {
    const GLOBALS: [&str; 11] =
        ["lookup", "query", "q", "now", "undef", "range", "dict", "lipsum", "cycler", "joiner", "namespace"];
    GLOBALS.contains(&name)
}

/// The first cause of an error.
fn innermost(error: &Diagnostic) -> &str {
    let mut error = error;
    while let Some(cause) = &error.cause {
        error = cause;
    }
    &error.message
}
