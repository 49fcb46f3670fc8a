//! From what `-i` says to an inventory: folders, lists of hosts, scripts and files, each tried by the plugins that
//! are enabled, in their order.

use super::model::{self, Inventory, UNGROUPED, is_variable_name};
use super::varfiles::GroupLayer;
use super::world::Told;
use super::{constructed, generator, ini, names, script, terraform, toml, yaml};
use crate::diag::{Diagnostic, Span, nearest};
use crate::template::Value;
use crate::template::pyregex::{Flags, PyRegex};
use crate::vault::Vault;
use crate::yaml::{Node, repr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What configuration says about inventories; the defaults are Ansible's.
#[derive(Clone)]
pub struct Options {
    /// The plugins that may read a source, in order (`INVENTORY_ENABLED`).
    pub enabled: Vec<String>,
    /// Endings of files in a folder that are left out (`INVENTORY_IGNORE_EXTS`).
    pub ignored_endings: Vec<String>,
    /// Patterns of files in a folder that are left out (`INVENTORY_IGNORE_PATTERNS`).
    pub ignored_patterns: Vec<String>,
    /// One source that cannot be read is an error (`INVENTORY_ANY_UNPARSED_IS_FAILED`).
    pub any_unparsed_is_failed: bool,
    /// No source that can be read is an error (`INVENTORY_UNPARSED_IS_FAILED`).
    pub unparsed_is_failed: bool,
    /// Whether to warn that there is nothing but localhost (`INVENTORY_UNPARSED_WARNING`).
    pub unparsed_warning: bool,
    /// What becomes of names of groups that are not fit for variables (`TRANSFORM_INVALID_GROUP_CHARS`).
    pub group_names: GroupNames,
    /// Opens encrypted sources.
    pub vault: Vault,
    /// `-e`, for `constructed` with `use_extra_vars`.
    pub extra_vars: Arc<super::Vars>,
    /// Whether `constructed` sees them where it does not say so itself (`ANSIBLE_INVENTORY_USE_EXTRA_VARS`).
    pub use_extra_vars: bool,
    /// The layers of groups' variables that count, the weakest first (`VARIABLE_PRECEDENCE`).
    pub precedence: Vec<String>,
    /// Whether `group_vars` and `host_vars` are read at all (`VARIABLE_PLUGINS_ENABLED`).
    pub vars_files: bool,
    /// The facts that are cached for a host, which `constructed` sees.
    pub cached_facts: Option<CachedFacts>,
}

/// Gives the facts that are cached for a host.
pub type CachedFacts = Arc<dyn Fn(&str) -> Vec<(Arc<str>, Value)> + Send + Sync>;

/// What becomes of names of groups that are not fit for variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupNames {
    /// They stay, with a warning.
    #[default]
    Never,
    /// They stay.
    Ignore,
    /// They are changed, with a warning.
    Always,
    /// They are changed.
    Silently,
}

impl GroupNames {
    /// By the name in the configuration.
    pub fn named(name: &str) -> GroupNames {
        match name {
            "always" => GroupNames::Always,
            "silently" => GroupNames::Silently,
            "ignore" => GroupNames::Ignore,
            _ => GroupNames::Never,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        Options {
            enabled: list(&["host_list", "script", "auto", "yaml", "ini", "toml"]),
            ignored_endings: list(&[
                ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
            ]),
            ignored_patterns: Vec::new(),
            any_unparsed_is_failed: false,
            unparsed_is_failed: false,
            unparsed_warning: true,
            group_names: GroupNames::Never,
            vault: Vault::default(),
            extra_vars: Arc::default(),
            use_extra_vars: false,
            precedence: Vec::new(),
            vars_files: true,
            cached_facts: None,
        }
    }
}

impl Inventory {
    /// Reads all sources, in order; gives the inventory. The warnings are there with an error, too: they say why.
    ///
    /// # Errors
    /// A source that cannot be read, where the options make that an error; no plugin is enabled.
    pub fn load(
        sources: &[String],
        options: &Options,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Inventory, Diagnostic> {
        let plugins = plugins(&options.enabled, warnings);
        if plugins.is_empty() && !sources.is_empty() {
            return Err(Diagnostic::user(
                "No inventory plugins available to generate inventory, make sure you have at least one enabled.",
            ));
        }
        let mut loading = Loading { inventory: Inventory::default(), options, plugins, warnings };
        let transform = matches!(options.group_names, GroupNames::Always | GroupNames::Silently);
        loading.inventory.transform_group_names = transform;
        if !options.precedence.is_empty() {
            loading.inventory.precedence.clear();
        }
        for name in &options.precedence {
            match GroupLayer::named(name) {
                Some(layer) => loading.inventory.precedence.push(layer),
                None => loading.warn(format!("Ignoring unknown variable precedence entry: {name}")),
            }
        }
        let mut parsed = false;
        for source in sources.iter().map(|source| source.trim()).filter(|source| !source.is_empty()) {
            // A list of hosts is no path, whatever it looks like.
            let is_list = source.contains(',') && !Path::new(source).exists();
            let full =
                if is_list { source.to_owned() } else { absolute(source).to_string_lossy().into_owned() };
            loading.inventory.sources.push(full.clone());
            loading.remember_folder(&full);
            parsed |= loading.source(&full, 0)?;
        }
        let Loading { mut inventory, warnings, .. } = loading;
        if parsed {
            for name in inventory.settle()? {
                warnings.push(Diagnostic::user(format!("Found both group and host with same name: {name}")));
            }
        } else {
            if options.unparsed_is_failed {
                return Err(Diagnostic::user(
                    "No inventory was parsed, please check your configuration and options.",
                ));
            }
            if options.unparsed_warning {
                let message = "No inventory was parsed, only implicit localhost is available";
                warnings.push(Diagnostic::user(message));
            }
        }
        let unfit: Vec<Arc<str>> =
            inventory.groups.keys().filter(|name| !is_variable_name(name)).cloned().collect();
        match options.group_names {
            GroupNames::Never => {
                for name in &unfit {
                    let chars = model::unfit(name);
                    inventory.note(4, || {
                        format!("Not replacing invalid character(s) \"{chars}\" in group name ({name})")
                    });
                }
            }
            GroupNames::Silently => {
                inventory.notes.retain(|(_, note)| !note.starts_with("Replacing invalid"))
            }
            GroupNames::Ignore | GroupNames::Always => {}
        }
        let done = match options.group_names {
            GroupNames::Never if !unfit.is_empty() => Some("but not replaced"),
            GroupNames::Always if inventory.transformed => Some("and automatically replaced"),
            _ => None,
        };
        if let Some(done) = done {
            let message =
                format!("Invalid characters were found in group names {done}, use -vvvv to see details");
            warnings.push(Diagnostic::user(message));
        }
        warnings.extend(inventory.take_twice().into_iter().map(Diagnostic::user));
        Ok(inventory)
    }
}

/// The enabled plugins that there are, with their names as messages show them.
fn plugins<'o>(enabled: &'o [String], warnings: &mut Vec<Diagnostic>) -> Vec<(&'o str, String)> {
    let mut found = Vec::new();
    for named in enabled.iter().map(|named| named.trim()) {
        let builtin = named.strip_prefix("ansible.builtin.");
        let plugin = builtin.or(named.strip_prefix("ansible.legacy.")).unwrap_or(named);
        if !ALL_PLUGINS.contains(&plugin) {
            let warning = Diagnostic::user(format!("Failed to load inventory plugin, skipping {named}"));
            let known = ALL_PLUGINS.into_iter();
            warnings.push(match nearest(plugin, known).filter(|_| !plugin.contains('.')) {
                Some(near) => warning.hint(format!("did you mean '{near}'?")),
                None => warning,
            });
            continue;
        }
        // Ansible shows a full name as the Python module that it stands for
        let shown =
            builtin.map(|name| format!("ansible_collections.ansible.builtin.plugins.inventory.{name}"));
        found.push((plugin, shown.unwrap_or_else(|| plugin.to_owned())));
    }
    found
}

/// All plugins that impel has.
const ALL_PLUGINS: [&str; 10] = [
    "host_list",
    "advanced_host_list",
    "script",
    "auto",
    "yaml",
    "ini",
    "toml",
    "constructed",
    "generator",
    "terraform",
];

/// The path from the root, `~` and `..` resolved as text.
fn absolute(source: &str) -> PathBuf {
    let home = source.strip_prefix("~/").zip(std::env::var_os("HOME"));
    let path = home.map_or_else(|| PathBuf::from(source), |(rest, home)| Path::new(&home).join(rest));
    let full = std::path::absolute(&path).unwrap_or(path);
    let mut clean = PathBuf::new();
    for part in full.components() {
        match part {
            std::path::Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

struct Loading<'o> {
    inventory: Inventory,
    options: &'o Options,
    /// What may read a source, in order; and its name as messages show it.
    plugins: Vec<(&'o str, String)>,
    warnings: &'o mut Vec<Diagnostic>,
}

/// Folders within folders.
const DEEPEST: usize = 20;

impl Loading<'_> {
    fn warn(&mut self, message: String) {
        self.warnings.push(Diagnostic::user(message));
    }

    /// Where `group_vars` and `host_vars` are looked for: the source itself if it is a folder, else beside it.
    fn remember_folder(&mut self, source: &str) {
        let path = Path::new(source);
        let folder = match path.is_dir() {
            true => Some(path.to_owned()),
            false if path.exists() => path.parent().map(Path::to_owned),
            false => None,
        };
        if let Some(folder) = folder.filter(|folder| !self.inventory.folders.contains(folder)) {
            self.inventory.folders.push(folder);
        }
    }

    /// Reads one source; whether anything could.
    fn source(&mut self, source: &str, depth: usize) -> Result<bool, Diagnostic> {
        let path = Path::new(source);
        if path.is_dir() {
            let parsed = self.folder(path, depth)?;
            return if parsed { Ok(true) } else { self.unparsed(source) };
        }
        let mut failures = Vec::new();
        // what Terraform wrote says so itself; it needs no configuration where configured plugins are read
        let state = terraform::is_state(path);
        let plugins =
            match state && self.plugins.iter().any(|(plugin, _)| matches!(*plugin, "auto" | "terraform")) {
                true => vec![("terraform", "terraform".to_owned())],
                false => self.plugins.clone(),
            };
        for (plugin, shown) in plugins {
            if !verifies(plugin, source) {
                let unread = !matches!(plugin, "host_list" | "advanced_host_list" | "auto") && !path.exists();
                if unread {
                    let why = "Skipping due to inventory source not existing or not being readable by the current user";
                    self.inventory.note(3, || why.into());
                }
                self.inventory.note(3, || {
                    format!("{shown} declined parsing {source} as it did not pass its verify_file() method")
                });
                continue;
            }
            match self.plugin(plugin, source) {
                Ok(()) => {
                    self.inventory
                        .note(3, || format!("Parsed {source} inventory source with {shown} plugin"));
                    return Ok(true);
                }
                Err(error) => failures.push((shown, error)),
            }
        }
        if state && !failures.iter().any(|(plugin, _)| plugin == "terraform") {
            let message = "this is what Terraform wrote, and neither 'terraform' nor 'auto' is among the enabled plugins";
            failures.push(("terraform".into(), Diagnostic::user(message)));
        }
        for (plugin, error) in failures {
            let failed = Diagnostic::user(format!("Failed to parse inventory with '{plugin}' plugin"));
            self.warnings.push(failed.because(error));
        }
        self.unparsed(source)
    }

    /// Nothing could be read: an error where that is asked for, else a warning.
    fn unparsed(&mut self, source: &str) -> Result<bool, Diagnostic> {
        if self.options.any_unparsed_is_failed {
            return Err(Diagnostic::user(format!("Completely failed to parse inventory source {source}")));
        }
        self.warn(format!("Unable to parse {source} as an inventory source"));
        Ok(false)
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<bool, Diagnostic> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .map_err(|error| {
                Diagnostic::user(format!("cannot list the folder {}: {error}", folder.display()))
            })?
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !self.is_ignored(name))
            .collect();
        names.sort();
        let mut parsed = false;
        for name in names {
            let inside = folder.join(&name).to_string_lossy().into_owned();
            if depth < DEEPEST {
                parsed |= self.source(&inside, depth + 1)?;
            }
        }
        Ok(parsed)
    }

    fn is_ignored(&self, name: &str) -> bool {
        name.starts_with('.')
            || matches!(name, "group_vars" | "host_vars" | "vars_plugins")
            || self.options.ignored_endings.iter().any(|ending| name.ends_with(ending))
            || self.options.ignored_patterns.iter().any(|pattern| {
                PyRegex::new(pattern, Flags::default())
                    .is_ok_and(|regex| regex.search(name).is_ok_and(|found| found.is_some()))
            })
    }

    fn plugin(&mut self, plugin: &str, source: &str) -> Result<(), Diagnostic> {
        let path = Path::new(source);
        let vault = self.options.vault.clone();
        let text = || vault.text_of(path);
        let root = || vault.yaml(path);
        match plugin {
            "host_list" | "advanced_host_list" => self.host_list(source, plugin == "advanced_host_list"),
            "script" => script::read(&mut self.inventory, path),
            "ini" => {
                let (text, origin) = text().or_else(|error| self.lossy(path).ok_or(error))?;
                let read = ini::read(&mut self.inventory, &text, origin);
                self.tell(origin);
                read
            }
            "toml" => {
                let (text, origin) = text()?;
                let read = toml::read(&mut self.inventory, &text, origin, self.warnings);
                self.tell(origin);
                read
            }
            "terraform" if terraform::is_state(path) => {
                let before = self.inventory.clone();
                let read = terraform::read_alone(&mut self.inventory, path, &vault);
                if read.is_err() {
                    self.inventory = before;
                }
                read
            }
            "yaml" => yaml::read(&mut self.inventory, &root()?, path, self.warnings),
            "auto" => {
                let root = root()?;
                let named = root.as_map().and_then(|map| map.get("plugin"));
                let Some(named) = named.and_then(|name| name.as_str()).filter(|name| !name.is_empty()) else {
                    let shown = repr::of_str(source);
                    let message = format!(
                        "no root 'plugin' key found, {shown} is not a valid YAML inventory plugin config file"
                    );
                    return Err(Diagnostic::parse(message, root.span));
                };
                let short = named.strip_prefix("ansible.builtin.").or(named.strip_prefix("ansible.legacy."));
                let plugin = short.unwrap_or(named);
                if !ALL_PLUGINS.contains(&plugin) || plugin == "auto" {
                    return Err(unknown_plugin(source, named, &root));
                }
                if !verifies(plugin, source) {
                    let message = format!(
                        "inventory source {} could not be verified by inventory plugin {}",
                        repr::of_str(source),
                        repr::of_str(named)
                    );
                    return Err(Diagnostic::parse(message, root.span));
                }
                self.inventory.note(2, || {
                    format!("Using inventory plugin '{named}' to process inventory source '{source}'")
                });
                match plugin {
                    plugin if PLUGINS.contains(&plugin) => self.configured(plugin, &root, path),
                    plugin => self.plugin(plugin, source),
                }
            }
            "constructed" | "generator" | "terraform" => {
                let root = root()?;
                self.configured(plugin, &root, path)
            }
            _ => Err(Diagnostic::user(format!("impel has no inventory plugin {}", repr::of_str(plugin)))),
        }
    }

    /// Has the values of an encrypted source masked.
    fn tell(&self, origin: Span) {
        if !origin.is_sealed() {
            return;
        }
        let of_hosts = self.inventory.hosts.values().map(|host| &host.vars);
        let of_groups = self.inventory.groups.values().map(|group| &group.vars);
        let values = of_hosts.chain(of_groups).flat_map(|vars| vars.values());
        values.filter(|node| node.span.is_sealed()).for_each(|node| self.options.vault.tell_all(node));
    }

    /// The text of a file that is no UTF-8, which INI inventories may be.
    fn lossy(&mut self, path: &Path) -> Option<(Zeroizing<String>, Span)> {
        let bytes = std::fs::read(path).ok().filter(|bytes| std::str::from_utf8(bytes).is_err())?;
        let origin = Span::new(path, 1, 1);
        let shown = repr::of_str(&path.to_string_lossy());
        self.warn(format!(
            "the inventory {shown} is no UTF-8: what cannot be read as such has become U+FFFD"
        ));
        Some((Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()), origin))
    }

    /// A source that says which plugin reads it.
    fn configured(&mut self, plugin: &str, root: &Node, path: &Path) -> Result<(), Diagnostic> {
        let named = root.as_map().and_then(|map| map.get("plugin")).and_then(Node::as_str);
        if named.is_none_or(|named| named.rsplit('.').next() != Some(plugin)) {
            let message = format!("Incorrect plugin name in file: {}", named.unwrap_or("none found"));
            return Err(Diagnostic::parse(message, root.span));
        }
        let told = Told::default();
        let read = match plugin {
            "constructed" => constructed::read(&mut self.inventory, root, path, self.options, &told),
            "generator" => generator::read(&mut self.inventory, root, path, self.options, &told),
            "terraform" => {
                let before = self.inventory.clone();
                let read = terraform::read(&mut self.inventory, root, path, &self.options.vault);
                // half a state is no inventory
                if read.is_err() {
                    self.inventory = before;
                }
                read
            }
            _ => Err(unknown_plugin(&path.to_string_lossy(), plugin, root)),
        };
        self.warnings.extend(told.into_warnings());
        read
    }

    /// `host1,host2:22,`, and with `advanced_host_list` ranges.
    fn host_list(&mut self, source: &str, ranges: bool) -> Result<(), Diagnostic> {
        let span = Span::new(Path::new("<host list>"), 0, 0);
        for item in source.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (hosts, port) = if ranges {
                match names::expand(item) {
                    Ok(found) => found,
                    // as it is, what Python itself trips over apart
                    Err(why) if names::is_pythons(&why) => {
                        let message = format!("Invalid data from string, could not parse: {why}");
                        return Err(Diagnostic::parse(message, span));
                    }
                    Err(why) => {
                        let note = format!("Unable to parse address from hostname, leaving unchanged: {why}");
                        self.inventory.note(3, || note);
                        (vec![item.to_owned()], None)
                    }
                }
            } else {
                // a range is no name here, and no port follows it
                let (name, port) =
                    names::split_port(item).filter(|(name, _)| !name.contains('[')).unwrap_or((item, None));
                (vec![name.to_owned()], port)
            };
            for name in hosts {
                if self.inventory.hosts.contains_key(name.as_str()) {
                    continue;
                }
                let host = self.inventory.add_host(&name, Some(UNGROUPED));
                host.source = Some(Path::new(source).into());
                if let Some(port) = port {
                    let node = crate::yaml::Node { kind: crate::yaml::Kind::Int(port), span };
                    Arc::make_mut(&mut host.vars).insert("ansible_port".into(), node);
                }
            }
        }
        Ok(())
    }
}

/// The plugins that a configuration file may name.
const PLUGINS: [&str; 3] = ["constructed", "generator", "terraform"];

fn unknown_plugin(source: &str, named: &str, root: &Node) -> Diagnostic {
    let message =
        format!("inventory config {} specifies unknown plugin {}", repr::of_str(source), repr::of_str(named));
    Diagnostic::parse(message, root.span)
        .hint("impel runs no inventory plugins of collections; an executable inventory script can do so.")
}

/// Whether a plugin takes such a source at all.
fn verifies(plugin: &str, source: &str) -> bool {
    let path = Path::new(source);
    let extension = path.extension().map(|ext| ext.to_string_lossy().into_owned());
    let extension = extension.as_deref();
    match plugin {
        "host_list" | "advanced_host_list" => source.contains(',') && !path.exists(),
        "script" => path.is_file() && is_script(path),
        "constructed" | "generator" | "terraform" => {
            path.is_file() && matches!(extension, None | Some("yml" | "yaml" | "json" | "config" | "tfstate"))
        }
        "auto" => path.is_file() && matches!(extension, Some("yml" | "yaml")),
        "yaml" => path.is_file() && matches!(extension, None | Some("yml" | "yaml" | "json")),
        "toml" => path.is_file() && extension == Some("toml"),
        // what is empty is an inventory without hosts
        "ini" if path == Path::new("/dev/null") => true,
        "ini" => path.is_file() && extension != Some("toml"),
        _ => true,
    }
}

fn is_script(path: &Path) -> bool {
    use std::io::Read as _;
    let executable = path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
    executable || {
        let mut start = [0; 2];
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && &start == b"#!"
    }
}
