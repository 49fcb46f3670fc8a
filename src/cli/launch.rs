//! Wires a run: inventory, variables, actions, sinks and signals around the engine.

use super::error::Failure;
use super::extra_vars;
use super::notices::Notices;
use super::passwords::Attended;
use super::sources::{self, Sources};
use crate::action;
use crate::config::{Config, HashBehaviour, Origin};
use crate::diag::Diagnostic;
use crate::engine::{Refresh, Refreshed, Run, RunOptions, Setup, Verdict};
use crate::inventory::{ALL, Inventory, Vars};
use crate::pipe::Terminal;
use crate::playbook::{self, Disk, Known, Playbook, What};
use crate::report::{Reports, Screen};
use crate::template::{Value, filters, lookups, tests};
use crate::vars::{ConnectionMagic, FactsCache, Inventories, VarStore};
use crate::vault::Vault;
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
    pub(super) store: Arc<VarStore>,
    /// Reads the inventory once more.
    refresh: Box<Refresh<'static>>,
}

/// Reads the inventory and everything that belongs to it.
///
/// # Errors
/// A source cannot be read; `--limit` matches nothing; `-e` is wrong.
pub(super) fn ground(
    config: &Config,
    options: &RunOptions,
    given: &[String],
    playbook_dir: &Path,
    vault: Vault,
    screen: &mut Screen,
) -> Result<Ground, Failure> {
    ground_for(ALL, config, options, given, playbook_dir, vault, screen)
}

/// [`ground`], where `--limit` is of the hosts of a pattern.
///
/// # Errors
/// As there.
pub(super) fn ground_for(
    pattern: &str,
    config: &Config,
    options: &RunOptions,
    given: &[String],
    playbook_dir: &Path,
    vault: Vault,
    screen: &mut Screen,
) -> Result<Ground, Failure> {
    let merge = config.settings.hash_behaviour == HashBehaviour::Merge;
    let extra = Arc::new(extra_vars::read(&options.extra_vars, &vault, merge)?);
    let Sources { mut inventory, beside_inventory, beside_playbook, .. } =
        sources::read(given, playbook_dir, &extra, &vault, config, screen)?;
    limit(&mut inventory, pattern, config, options, screen)?;
    if let Some((k, n)) = options.shard {
        inventory.share(k, n)?;
    }
    let inventories = Inventories::new(beside_inventory, beside_playbook);
    let mut store = VarStore::default();
    store.vault = vault;
    store.extra = Arc::new(extra.iter().map(|(name, node)| (name.clone(), Value::from_node(node))).collect());
    match facts_cache(config) {
        Ok(cache) => store.cache = cache,
        // a run goes on without
        Err(error) => screen.warning(&error.message),
    }
    if options.flush_cache
        && let Some(cache) = &store.cache
    {
        inventory.hosts.keys().for_each(|host| cache.forget(host));
    }
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
    magic.merge = merge;
    magic.inject_facts = config.settings.inject_facts;
    magic.connection = connection(config, options);
    let origin = |origin: &Origin| match origin {
        Origin::Default => None,
        Origin::Environment(name) => Some(format!("env: {name}")),
        Origin::File(span) => Some(span.file().display().to_string()),
    };
    let set = config.all().into_iter();
    magic.config_origins =
        set.filter_map(|(name, setting)| Some((name.to_string(), origin(&setting.origin)?))).collect();
    let all = config.all().into_iter();
    magic.config = all.map(|(name, setting)| (name.to_string(), Value::from_data(&setting.value))).collect();
    store.scopes.note(&store.extra, extra.iter().map(|(name, node)| (name.clone(), node.span)).collect());
    inventories.fill(&inventory, &store);
    let again = (store.vault.clone(), options.limit.clone(), options.shard);
    let refresh = refresh(config.clone(), again, given.to_vec(), playbook_dir.into(), extra);
    Ok(Ground { inventory, inventories, store: Arc::new(store), refresh })
}

/// What flags and configuration say of connections.
fn connection(config: &Config, options: &RunOptions) -> ConnectionMagic {
    let settings = &config.settings;
    let pipelining = config.get("ANSIBLE_PIPELINING").and_then(|setting| setting.value.as_bool());
    ConnectionMagic {
        connection: options.connection.clone().unwrap_or_else(|| settings.transport.clone()),
        user: options.remote_user.clone().or_else(|| settings.remote_user.clone()),
        port: settings.remote_port,
        private_key: options.private_key.clone().or_else(|| settings.private_key.clone()),
        executable: settings.executable.clone(),
        timeout: options.timeout.unwrap_or(settings.timeout),
        pipelining: pipelining.unwrap_or(false),
    }
}

/// What reads the inventory once more (`meta: refresh_inventory`).
fn refresh(
    config: Config,
    (vault, limit, shard): (Vault, Option<String>, Option<(usize, usize)>),
    given: Vec<String>,
    playbook_dir: PathBuf,
    extra: Arc<Vars>,
) -> Box<Refresh<'static>> {
    Box::new(move || {
        let mut warnings = Vec::new();
        let sources = sources::load(&given, &playbook_dir, &extra, &vault, &config, &mut warnings)?;
        let Sources { mut inventory, beside_inventory, beside_playbook, .. } = sources;
        warnings.append(&mut inventory.said);
        if let Some(limit) = &limit {
            warnings.extend(inventory.set_limit(Some(limit))?);
        }
        if let Some((k, n)) = shard {
            inventory.share(k, n)?;
        }
        let inventories = Inventories::new(beside_inventory, beside_playbook);
        Ok(Refreshed { inventory, inventories, warnings })
    })
}

/// The facts cache that the configuration asks for.
///
/// # Errors
/// Its folder cannot be used.
pub(super) fn facts_cache(config: &Config) -> Result<Option<Arc<FactsCache>>, Diagnostic> {
    if config.settings.fact_caching.trim_start_matches("ansible.builtin.") != "jsonfile" {
        return Ok(None);
    }
    let text = |name: &str| config.get(name).and_then(|setting| setting.value.as_str().map(str::to_owned));
    let folder = text("CACHE_PLUGIN_CONNECTION").unwrap_or_default();
    let folder = match (folder.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => Path::new(&folder).to_path_buf(),
    };
    // ansible-core documents a prefix and uses none unless one is set
    let set = config.get("CACHE_PLUGIN_PREFIX").is_some_and(|setting| setting.origin != Origin::Default);
    let prefix = text("CACHE_PLUGIN_PREFIX").filter(|_| set).unwrap_or_default();
    let lasts = config.get("CACHE_PLUGIN_TIMEOUT").and_then(|setting| setting.value.as_int());
    let lasts = lasts.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(86400);
    Ok(Some(Arc::new(FactsCache::open(&folder, &prefix, lasts)?)))
}

/// Obeys `--limit`, and says so where there is nothing but localhost.
fn limit(
    inventory: &mut Inventory,
    pattern: &str,
    config: &Config,
    options: &RunOptions,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let empty = !inventory.hosts.values().any(|host| !host.implicit);
    if empty && config.settings.localhost_warning {
        screen.warning(
            "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not \
             match 'all'",
        );
    }
    let Some(limit) = &options.limit else { return Ok(()) };
    let failed = |error| Failure::with_code(error, 1);
    for warning in inventory.hosts_matching(pattern).map_err(failed)?.warnings {
        screen.warning(&warning);
    }
    for warning in inventory.set_limit(Some(limit)).map_err(failed)? {
        screen.warning(&warning);
    }
    let left = inventory.hosts_matching(pattern).map_err(failed)?.hosts;
    if left.is_empty() && !empty && !Inventory::is_localhost(pattern) {
        let message = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";
        return Err(Failure::with_code(Diagnostic::user(message), 1));
    }
    Ok(())
}

/// The controller's disk as the parser sees it.
pub(super) fn disk(config: &Config, ground: &Ground, folder: &Path, notices: &Notices) -> Disk {
    let mut disk = Disk::new(folder, Box::new(|what, name| Has.has(what, name)));
    disk.vault.clone_from(&ground.store.vault);
    disk.extra.push(ground.store.extra.clone());
    disk.roles_path.clone_from(&config.settings.roles_path);
    let private = config.get("DEFAULT_PRIVATE_ROLE_VARS").filter(|set| set.origin != Origin::Default);
    disk.private_role_vars = private.map(|_| config.settings.private_role_vars);
    disk.collections_path.clone_from(&config.settings.collections_path);
    disk.library.clone_from(&config.settings.library);
    let notices = notices.clone();
    disk.warn = Box::new(move |text, span| notices.warn(text, span));
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

/// Runs what `body` runs between start and recap, and lets the sinks tell it.
///
/// # Errors
/// What ends a run.
pub(super) fn execute(
    config: Config,
    options: RunOptions,
    reports: Reports,
    notices: &Notices,
    ground: Ground,
    source: &dyn playbook::Source,
    body: impl FnOnce(&mut Run<'_>) -> Result<(), Diagnostic>,
) -> Result<Verdict, Failure> {
    let (events, listener) = channel();
    notices.to_events(Some(events.clone()));
    let sinks = std::thread::Builder::new()
        .name("reports".into())
        .spawn(move || reports.run(&listener))
        .map_err(|e| Diagnostic::user(format!("the reports' thread could not be started: {e}")))?;
    let interrupts: Arc<AtomicU8> = Arc::default();
    let cut: Arc<AtomicBool> = Arc::default();
    listen_for_interrupts(&interrupts, &cut);
    let person = Attended { interrupts: interrupts.clone() };
    let setup = Setup {
        options,
        config: Arc::new(config),
        inventory: ground.inventory,
        store: ground.store,
        inventories: ground.inventories,
        refresh: ground.refresh,
        source,
        known: &Has,
        actions: &action::Registry,
        prompter: Arc::new(Terminal::default()),
        ask: &person,
        events,
        interrupts,
        cut,
    };
    let mut run = Run::new(setup);
    let result = body(&mut run);
    let verdict = run.finish(result.is_ok());
    notices.to_events(None);
    // the engine has hung up: the sinks end by themselves
    let _ = sinks.join();
    match result {
        Err(error) if verdict.interrupted => Err(Failure::with_code(error, verdict.code())),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(verdict),
    }
}

/// The first interrupt stops new tasks, the second cuts the pipes and ends what is being rendered.
fn listen_for_interrupts(interrupts: &Arc<AtomicU8>, cut: &Arc<AtomicBool>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else { return };
    let (interrupts, cut) = (interrupts.clone(), cut.clone());
    let listen = move || {
        for signal in signals.forever() {
            if interrupts.fetch_add(1, Ordering::SeqCst) > 0 || signal != SIGINT {
                cut.store(true, Ordering::SeqCst);
                crate::template::halt();
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("signals".into()).spawn(listen) {
        tracing::warn!("signals are not listened to: {error}");
    }
}
