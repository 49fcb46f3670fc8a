//! The inventory that `-i` and the configuration name, with the files of variables beside it.

use crate::config::{Config, HashBehaviour, Origin};
use crate::diag::{Diagnostic, Span};
use crate::inventory::{CachedFacts, Host, Inventory, Options, VarFiles, Vars, node_of};
use crate::report::{Screen, Stream, ansible_error};
use crate::vault::Vault;
use crate::yaml::{Kind, Mapping, Node};
use impel_modules::Data;
use std::path::Path;
use std::sync::Arc;

/// An inventory and where else its variables are.
pub(super) struct Sources {
    /// Hosts and groups.
    pub(super) inventory: Inventory,
    /// `group_vars` and `host_vars` beside the inventory's sources.
    pub(super) beside_inventory: Vec<VarFiles>,
    /// The same beside the playbook.
    pub(super) beside_playbook: Vec<VarFiles>,
    merge: bool,
    cached_facts: Option<CachedFacts>,
}

/// Reads the inventory and shows its warnings.
///
/// # Errors
/// A source cannot be read, and the configuration makes that an error.
pub(super) fn read(
    given: &[String],
    folder: &Path,
    extra: &Arc<Vars>,
    vault: &Vault,
    config: &Config,
    screen: &mut Screen,
) -> Result<Sources, Diagnostic> {
    let mut warnings = Vec::new();
    let sources = load(given, folder, extra, vault, config, &mut warnings);
    if let Ok(sources) = &sources {
        // the run's own lines name its hosts
        screen.masks.reveal(sources.inventory.hosts.keys().chain([&"localhost".into()]));
        sources.inventory.said.iter().for_each(|said| screen.error(said, Stream::Err));
        sources.inventory.notes.iter().for_each(|(level, note)| screen.verbose(*level, None, note));
    }
    // what went before an error says why it came to it
    warnings.iter().for_each(|warning| screen.warning(warning));
    let sources = sources?;
    super::notices::show_yaml(screen);
    Ok(sources)
}

/// Reads the inventory; its warnings, which may be there with an error too, are the caller's.
///
/// # Errors
/// A source cannot be read, and the configuration makes that an error.
pub(super) fn load(
    given: &[String],
    folder: &Path,
    extra: &Arc<Vars>,
    vault: &Vault,
    config: &Config,
    warnings: &mut Vec<String>,
) -> Result<Sources, Diagnostic> {
    let settings = &config.settings;
    let on = |name: &str| config.get(name).and_then(|setting| setting.value.as_bool()).unwrap_or(false);
    let configured: Vec<String> =
        settings.inventory.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let options = Options {
        enabled: settings.inventory_plugins.clone(),
        ignored_endings: settings.inventory_ignore_extensions.clone(),
        ignored_patterns: settings.inventory_ignore_patterns.clone(),
        any_unparsed_is_failed: settings.inventory_any_unparsed_is_failed,
        unparsed_is_failed: settings.inventory_unparsed_is_failed,
        unparsed_warning: settings.inventory_unparsed_warning,
        group_names: crate::inventory::GroupNames::named(&settings.transform_group_names),
        extra_vars: extra.clone(),
        vault: vault.clone(),
        use_extra_vars: on("constructed.use_extra_vars"),
        precedence: list(config, "VARIABLE_PRECEDENCE").unwrap_or_default(),
        vars_files: reads_files(config),
        cached_facts: cached_facts(config),
    };
    // the usual place of an inventory need not exist; one that was named must
    let usual = config.get("DEFAULT_HOST_LIST").is_some_and(|setting| setting.origin == Origin::Default);
    let absent = usual && !settings.inventory.iter().any(|path| path.exists());
    let sources = match given {
        [] if absent => &[],
        [] => configured.as_slice(),
        given => given,
    };
    let mut told = Vec::new();
    let inventory = Inventory::load(sources, &options, &mut told);
    warnings.extend(told.iter().map(told_with_hint));
    let inventory = inventory?;
    let merge = settings.hash_behaviour == HashBehaviour::Merge;
    let cached_facts = options.cached_facts.clone();
    if !options.vars_files {
        let (beside_inventory, beside_playbook) = (Vec::new(), Vec::new());
        return Ok(Sources { inventory, beside_inventory, beside_playbook, merge, cached_facts });
    }
    let beside_inventory: Vec<VarFiles> =
        inventory.folders.iter().map(|folder| VarFiles::find(folder, vault.clone())).collect();
    // a folder that is the inventory's and the playbook's says the same twice: once is enough
    let real = |folder: &Path| folder.canonicalize().ok();
    let same = inventory
        .folders
        .last()
        .is_some_and(|last| real(last).is_some_and(|last| real(folder) == Some(last)));
    let beside_playbook = if same { Vec::new() } else { vec![VarFiles::find(folder, vault.clone())] };
    for files in beside_inventory.iter().chain(&beside_playbook) {
        files.read_ahead(&inventory);
    }
    Ok(Sources { inventory, beside_inventory, beside_playbook, merge, cached_facts })
}

/// A warning in Ansible's words, and below them what may help.
fn told_with_hint(warning: &Diagnostic) -> String {
    let text = ansible_error(warning);
    let chain = std::iter::successors(Some(warning), |warning| warning.cause.as_deref());
    match chain.filter_map(|warning| warning.hint.as_deref()).last().filter(|hint| !text.contains(hint)) {
        Some(hint) => format!("{}\nhint: {hint}\n", text.trim_end()),
        None => text,
    }
}

/// Whether the plugin that reads `group_vars` and `host_vars` is enabled.
fn reads_files(config: &Config) -> bool {
    list(config, "VARIABLE_PLUGINS_ENABLED").is_none_or(|plugins| {
        plugins
            .iter()
            .any(|plugin| matches!(plugin.as_str(), "host_group_vars" | "ansible.builtin.host_group_vars"))
    })
}

/// A setting that is a list.
fn list(config: &Config, name: &str) -> Option<Vec<String>> {
    match config.get(name).map(|setting| &setting.value) {
        Some(Data::List(items)) => {
            Some(items.iter().filter_map(Data::as_str).map(|item| item.trim().to_owned()).collect())
        }
        _ => None,
    }
}

/// What tells the cached facts of a host, where facts are cached in files.
fn cached_facts(config: &Config) -> Option<CachedFacts> {
    // a cache that cannot be opened is warned of where it is to be written
    let cache = super::launch::facts_cache(config).ok()??;
    Some(Arc::new(move |host: &str| cache.facts(host).unwrap_or_default()))
}

impl Sources {
    /// All variables that a host has from the inventory, unrendered.
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub(super) fn of_host(&self, host: &Host) -> Result<Vars, Diagnostic> {
        let layers = self.layers(host)?;
        let mut vars = Vars::default();
        for layer in layers {
            self.add(&mut vars, &layer);
        }
        self.add(&mut vars, &self.facts_of(host));
        Ok(vars)
    }

    /// The facts that are cached for a host, which are stronger than what the inventory says.
    pub(super) fn facts_of(&self, host: &Host) -> Vars {
        let Some(cached) = &self.cached_facts else { return Vars::default() };
        let span = Span::new(Path::new("<cached facts>"), 0, 0);
        cached(&host.name).into_iter().map(|(name, value)| (name, node_of(&value, span))).collect()
    }

    /// The host's layers, the weakest first.
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub(super) fn layers(&self, host: &Host) -> Result<Vec<Arc<Vars>>, Diagnostic> {
        self.inventory.layers(host, &self.beside_inventory, &self.beside_playbook)
    }

    /// Those of the layers that no other host has.
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub(super) fn own_layers(&self, host: &Host) -> Result<Vec<Arc<Vars>>, Diagnostic> {
        let mut own = vec![host.vars.clone()];
        for files in self.files(true) {
            own.extend(files.host(&host.name)?);
        }
        Ok(own)
    }

    /// Whether `hash_behaviour = merge`.
    pub(super) fn merges(&self) -> bool {
        self.merge
    }

    /// The variables that a host has of its own: the inventory's and its files'; beside the playbook if asked for.
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub(super) fn host_alone(&self, host: &Host, beside_playbook: bool) -> Result<Vars, Diagnostic> {
        let mut vars = (*host.vars).clone();
        for files in self.files(beside_playbook) {
            if let Some(layer) = files.host(&host.name)? {
                self.add(&mut vars, &layer);
            }
        }
        Ok(vars)
    }

    /// The variables that a group has of its own, as [`Self::host_alone`].
    ///
    /// # Errors
    /// A file of variables cannot be read.
    pub(super) fn group_alone(&self, name: &str, beside_playbook: bool) -> Result<Vars, Diagnostic> {
        let mut vars = self.inventory.groups.get(name).map(|group| (*group.vars).clone()).unwrap_or_default();
        for files in self.files(beside_playbook) {
            if let Some(layer) = files.group(name)? {
                self.add(&mut vars, &layer);
            }
        }
        Ok(vars)
    }

    fn files(&self, beside_playbook: bool) -> impl Iterator<Item = &VarFiles> {
        let beside_playbook = if beside_playbook { self.beside_playbook.as_slice() } else { &[] };
        self.beside_inventory.iter().chain(beside_playbook)
    }

    /// Lays stronger variables over weaker ones.
    pub(super) fn add(&self, vars: &mut Vars, layer: &Vars) {
        for (name, value) in layer {
            let value = match vars.get(name) {
                Some(below) if self.merge => merged(below, value, 0),
                _ => value.clone(),
            };
            vars.insert(name.clone(), value);
        }
    }
}

/// How deep dictionaries are merged.
const DEPTH: usize = 100;

/// Two dictionaries as one, the second winning; of anything else the second.
fn merged(below: &Node, above: &Node, level: usize) -> Node {
    let (Kind::Map(weak), Kind::Map(strong)) = (&below.kind, &above.kind) else { return above.clone() };
    if level > DEPTH {
        return above.clone();
    }
    let mut pairs = weak.pairs.clone();
    for (key, value) in &strong.pairs {
        let known = pairs.iter().position(|(k, _)| k.as_str().is_some() && k.as_str() == key.as_str());
        match known.and_then(|at| pairs.get_mut(at)) {
            Some((_, old)) => *old = merged(old, value, level + 1),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
    Node { kind: Kind::Map(Arc::new(Mapping { pairs })), span: above.span }
}
