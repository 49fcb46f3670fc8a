//! One host's variables as a play of a playbook would find them, without running anything.

use super::error::Failure;
use super::flags::VaultFlags;
use super::launch::{self, Ground};
use super::notices::Notices;
use super::vault::passwords as vault_passwords;
use crate::config::Config;
use crate::diag::{Diagnostic, ErrorKind, nearest};
use crate::engine::{ExtraVars, RunOptions};
use crate::inventory::Host;
use crate::playbook::{self, Disk, Play, Task};
use crate::report::Screen;
use crate::template::{self, Value};
use crate::vars::{Layers, PlayVars, TaskWorld};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is asked for.
pub(super) struct Wanted<'w> {
    /// `-i`.
    pub(super) inventory: &'w [String],
    /// The host.
    pub(super) host: &'w str,
    /// The playbook, if its variables count too.
    pub(super) playbook: Option<&'w Path>,
    /// `--extra-vars`.
    pub(super) extra_vars: &'w [String],
    /// The passwords of vaults.
    pub(super) vault: &'w VaultFlags,
}

/// A host with its variables, and the plays that reach it.
pub(super) struct Stage {
    /// Inventory and variables.
    pub(super) ground: Ground,
    /// The host.
    pub(super) host: Arc<str>,
    /// The plays that name the host, with their variables; none where no playbook was given.
    pub(super) plays: Vec<(Arc<Play>, Arc<PlayVars>)>,
    /// Where the playbook's files are read.
    pub(super) disk: Option<Arc<Disk>>,
}

impl Stage {
    /// Reads inventory and playbook.
    ///
    /// # Errors
    /// One of them cannot be read; there is no such host; no play names it.
    pub(super) fn set(config: &Config, wanted: &Wanted<'_>, screen: &mut Screen) -> Result<Stage, Failure> {
        let options = RunOptions {
            extra_vars: wanted.extra_vars.iter().map(|text| ExtraVars::parse(text)).collect(),
            ..RunOptions::default()
        };
        let folder = wanted.playbook.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        // as the inventory's folder is, so that a file that lies beside both is told once
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        let vault = vault_passwords::vault(wanted.vault, config, screen)?;
        let mut ground = launch::ground(config, &options, wanted.inventory, &folder, vault, screen)?;
        let known = ground.inventory.localhost(wanted.host);
        let Some(host) = known else {
            let message = format!("there is no host '{}' in the inventory", wanted.host);
            let mut error = Diagnostic::new(ErrorKind::Options, message);
            if let Some(near) = nearest(wanted.host, ground.inventory.hosts.keys().map(|host| &**host)) {
                error = error.hint(format!("did you mean '{near}'?"));
            }
            return Err(error.into());
        };
        if ground.store.host(&host).is_none() {
            ground.inventories.update(&ground.inventory, &ground.store, &host)?;
        }
        if let Some(error) = ground.store.host(&host).and_then(|host| host.broken()) {
            return Err(error.into());
        }
        let mut stage = Stage { ground, host, plays: Vec::new(), disk: None };
        if let Some(path) = wanted.playbook {
            let notices = Notices::default();
            notices.hear_yaml();
            let disk = launch::disk(config, &stage.ground, &folder, &notices);
            let loaded = playbook::load(&std::path::absolute(path).unwrap_or_else(|_| path.into()), &disk);
            notices.show(screen);
            for play in &loaded?.plays {
                stage.enter(play, &disk)?;
            }
            notices.show(screen);
            stage.disk = Some(Arc::new(disk));
            if stage.plays.is_empty() {
                let message = format!("no play of {} names the host '{}'", path.display(), stage.host);
                return Err(Diagnostic::user(message).into());
            }
        }
        Ok(stage)
    }

    /// Takes a play in, if it names the host.
    fn enter(&mut self, play: &Arc<Play>, disk: &Disk) -> Result<(), Diagnostic> {
        let mut vars = PlayVars::of_play(play, &self.ground.store.scopes);
        let pattern = template::render(&Value::from_node(&play.hosts), &self.world(&vars, None))?;
        let pattern = match &pattern {
            Value::List(list) => list.items().iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            value => value.to_string(),
        };
        let hosts = self.ground.inventory.hosts_matching(&pattern)?.hosts;
        if !hosts.contains(&self.host) {
            return Ok(());
        }
        let hosts: Arc<[Arc<str>]> = hosts.into();
        vars.magic.all_hosts.clone_from(&hosts);
        vars.magic.batch.clone_from(&hosts);
        vars.magic.hosts = hosts;
        let name = play.name.as_ref().map(Value::from_node);
        let name = name.and_then(|name| template::render(&name, &self.world(&vars, None)).ok());
        let name = name.map(|name| name.to_string()).filter(|name| !name.is_empty());
        vars.magic.name = name.unwrap_or(pattern).into();
        let defaults = play.vars_prompt.iter().filter_map(|prompt| {
            let default = prompt.default.as_ref().map_or(Value::str(""), Value::from_node);
            (!self.ground.store.extra.contains_key(&prompt.name)).then(|| (prompt.name.clone(), default))
        });
        vars.prompts = Arc::new(defaults.collect());
        let places = play.vars_prompt.iter().map(|prompt| (prompt.name.clone(), prompt.span)).collect();
        self.ground.store.scopes.note(&vars.prompts, places);
        let folder = play.file.parent().map(Path::to_path_buf).unwrap_or_default();
        let world = self.world(&vars, None);
        vars.files = crate::vars::vars_files(&play.vars_files, &folder, &world, disk)?.layers;
        self.plays.push((play.clone(), Arc::new(vars)));
        Ok(())
    }

    /// The host's world in a play, or in one of its tasks.
    pub(super) fn world(&self, vars: &PlayVars, task: Option<&Arc<Task>>) -> TaskWorld {
        let store = &self.ground.store;
        let host = store.host(&self.host).unwrap_or_else(|| crate::vars::HostStore::unknown(&self.host));
        TaskWorld::new(Arc::new(Layers::new(store, &Arc::new(vars.clone()), host, task.cloned())))
    }

    /// The host in the inventory.
    pub(super) fn in_inventory(&self) -> Option<&Host> {
        self.ground.inventory.hosts.get(&self.host)
    }
}
