//! Wires a run: inventory, variables, actions, sinks and signals around the engine.

use super::display::{self, Output};
use super::error::Failure;
use super::extra_vars;
use super::passwords::Person;
use crate::action;
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::engine::{Run, RunOptions, Setup, Verdict};
use crate::inventory::{self, Inventory, VarFiles};
use crate::pipe::Terminal;
use crate::playbook::{self, Disk, Known, Playbook, What};
use crate::report::Masks;
use crate::template::{Value, filters, lookups, tests};
use crate::vars::{Inventories, VarStore};
use impel_modules::registry;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::channel;

/// What impel has, for the list of what a playbook misses.
pub(super) struct Has;

/// Keywords that are read and not obeyed yet.
const UNKNOWN_KEYWORDS: &[&str] = &["async", "poll", "debugger"];

impl Known for Has {
    fn has(&self, what: What, name: &str) -> bool {
        match what {
            What::Keyword => !UNKNOWN_KEYWORDS.contains(&name),
            What::Module => action::NAMES.contains(&name) || registry::find(name).is_some(),
            What::Lookup => lookups::find(name).is_some(),
            What::Filter => filters::find(name).is_some(),
            What::Test => tests::find(name).is_some(),
            What::Strategy => matches!(name, "linear" | "free" | "host_pinned"),
            What::Connection => {
                matches!(
                    name,
                    "ssh" | "smart" | "paramiko" | "local" | "chroot" | "docker" | "podman" | "ssh2"
                )
            }
            What::Become => matches!(name, "sudo" | "su" | "doas"),
        }
    }
}

/// An inventory with its variables, ready for a run.
pub(super) struct Ground {
    /// Hosts and groups, limited.
    pub(super) inventory: Inventory,
    /// Their layers.
    pub(super) inventories: Inventories,
    /// The run's variables.
    pub(super) store: VarStore,
    /// Warnings of the inventory's sources.
    pub(super) warnings: Vec<String>,
}

/// Reads the inventory and everything that belongs to it.
///
/// # Errors
/// A source cannot be read; `--limit` matches nothing; `-e` is wrong.
pub(super) fn ground(
    config: &Config,
    options: &RunOptions,
    sources: &[String],
    playbook_dir: &Path,
) -> Result<Ground, Failure> {
    let settings = &config.settings;
    let sources: Vec<String> = match sources {
        [] => settings.inventory.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        given => given.to_vec(),
    };
    let extra = extra_vars::read(&options.extra_vars)?;
    let reading = inventory::Options {
        enabled: settings.inventory_plugins.clone(),
        ignored_endings: settings.inventory_ignore_extensions.clone(),
        ignored_patterns: settings.inventory_ignore_patterns.clone(),
        any_unparsed_is_failed: settings.inventory_any_unparsed_is_failed,
        unparsed_is_failed: settings.inventory_unparsed_is_failed,
        unparsed_warning: settings.inventory_unparsed_warning,
        unlock: None,
        extra_vars: Arc::new(extra.clone()),
    };
    let (mut inventory, found) = Inventory::load(&sources, &reading)?;
    let mut warnings: Vec<String> = found.iter().map(ToString::to_string).collect();
    if let Some(limit) = &options.limit {
        warnings.extend(inventory.set_limit(Some(limit))?);
        if inventory.hosts_matching("all")?.hosts.is_empty() {
            let error = Diagnostic::user(
                "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.",
            );
            return Err(Failure::with_code(error, 1));
        }
    }
    let beside =
        |folders: &[PathBuf]| folders.iter().map(|folder| VarFiles::find(folder, None)).collect::<Vec<_>>();
    let playbook_files = beside(&[playbook_dir.to_path_buf()]);
    let inventories = Inventories::new(beside(&inventory.folders), playbook_files);
    let mut store = VarStore::default();
    store.extra = Arc::new(extra.iter().map(|(name, node)| (name.clone(), Value::from_node(node))).collect());
    let magic = &mut store.run;
    magic.playbook_dir = std::path::absolute(playbook_dir).unwrap_or_else(|_| playbook_dir.to_path_buf());
    magic.check = options.check;
    magic.diff = options.diff;
    magic.forks = options.forks.unwrap_or_else(|| inventory.hosts.len().clamp(1, 64));
    magic.verbosity = options.verbosity;
    magic.limit.clone_from(&options.limit);
    magic.run_tags = options.tags.run.iter().cloned().collect();
    magic.skip_tags = options.tags.skip.iter().cloned().collect();
    magic.sources.clone_from(&inventory.sources);
    magic.config_file.clone_from(&config.file);
    magic.inject_facts = settings.inject_facts;
    inventories.fill(&inventory, &store)?;
    Ok(Ground { inventory, inventories, store, warnings })
}

/// The controller's disk as the parser sees it.
pub(super) fn disk(config: &Config, ground: &Ground, folder: &Path) -> Disk {
    let has = Has;
    let mut disk = Disk::new(folder, Box::new(move |what, name| has.has(what, name)));
    disk.extra.push(ground.store.extra.clone());
    disk.roles_path.clone_from(&config.settings.roles_path);
    disk.collections_path.clone_from(&config.settings.collections_path);
    disk.library.clone_from(&config.settings.library);
    disk.warn = Box::new(|text, _| eprintln!("[WARNING]: {text}"));
    disk
}

/// Refuses what impel does not have yet, before anything is connected.
///
/// # Errors
/// There is such a thing.
pub(super) fn refuse_missing(playbook: &Playbook) -> Result<(), Diagnostic> {
    let missing = playbook::missing(playbook, &Has);
    if missing.is_empty() { Ok(()) } else { Err(crate::engine::missing_error(&missing)) }
}

/// Runs what `body` runs between start and recap, with the sinks of `output`.
///
/// # Errors
/// What ends a run.
pub(super) fn execute(
    config: Config,
    options: RunOptions,
    output: Output,
    ground: Ground,
    source: &dyn playbook::Source,
    body: impl FnOnce(&mut Run<'_>) -> Result<(), Diagnostic>,
) -> Result<Verdict, Failure> {
    let look = display::look(&config, options.verbosity, options.unmasked);
    let reports = display::reports(&config, output, look, Masks::new(options.unmasked))?;
    let (events, listener) = channel();
    let sinks = std::thread::Builder::new()
        .name("reports".into())
        .spawn(move || reports.run(&listener))
        .map_err(|e| Diagnostic::user(format!("the reports' thread could not be started: {e}")))?;
    let interrupts: Arc<AtomicU8> = Arc::default();
    let cut: Arc<AtomicBool> = Arc::default();
    listen_for_interrupts(&interrupts, &cut);
    let setup = Setup {
        options,
        config: Arc::new(config),
        inventory: ground.inventory,
        store: Arc::new(ground.store),
        inventories: ground.inventories,
        source,
        known: &Has,
        actions: &action::Registry,
        prompter: Arc::new(Terminal::default()),
        ask: &Person,
        events,
        interrupts,
        cut,
    };
    let mut run = Run::new(setup);
    let result = body(&mut run);
    let verdict = run.finish();
    // the engine has hung up: the sinks end by themselves
    let _ = sinks.join();
    result?;
    Ok(verdict)
}

/// The first interrupt stops new tasks, the second cuts the pipes.
fn listen_for_interrupts(interrupts: &Arc<AtomicU8>, cut: &Arc<AtomicBool>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return };
    let (interrupts, cut) = (interrupts.clone(), cut.clone());
    let listen = move || {
        for signal in signals.forever() {
            if interrupts.fetch_add(1, Ordering::SeqCst) > 0 || signal != SIGINT {
                cut.store(true, Ordering::SeqCst);
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("signals".into()).spawn(listen) {
        tracing::warn!("signals are not listened to: {error}");
    }
}
