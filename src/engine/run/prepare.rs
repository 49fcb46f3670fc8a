//! A play before its first task: its hosts, variables, prompts, batches, and the task that gathers facts.

use super::*;
use crate::engine::reserved;

impl Run<'_> {
    /// A world for what belongs to the play and to no host: the first host stands in.
    pub(super) fn play_world(&self, vars: &PlayVars, host: Option<&Arc<str>>) -> TaskWorld {
        let name: Arc<str> = host.cloned().unwrap_or_else(|| "localhost".into());
        let store = &self.shared.store;
        let host = store.host(&name).unwrap_or_else(|| crate::vars::HostStore::unknown(&name));
        TaskWorld::new(Arc::new(Layers::new(store, &Arc::new(vars.clone()), host, None)))
    }

    pub(super) fn pattern(&self, play: &Play, vars: &PlayVars) -> Result<String, Diagnostic> {
        let value = rendered(&play.hosts, &self.play_world(vars, None))?;
        Ok(match &value {
            Value::List(list) => list.items().iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            value => value.to_string(),
        })
    }

    pub(super) fn hosts(
        &mut self,
        play: &Play,
        pattern: &str,
        vars: &PlayVars,
    ) -> Result<Vec<Arc<str>>, Diagnostic> {
        let matched = self.inventory.hosts_matching(pattern)?;
        for warning in matched.warnings {
            match self.shared.config.settings.host_pattern_mismatch.as_str() {
                "error" => return Err(Diagnostic::user(warning)),
                "ignore" => {}
                _ => self.shared.warn(warning),
            }
        }
        let mut hosts = matched.hosts;
        // an implicit localhost is made when it is named
        for host in &hosts {
            if self.shared.store.host(host).is_none() {
                self.inventories.update(&self.inventory, &self.shared.store, host)?;
            }
        }
        let order = match &play.order {
            Some(node) => rendered(node, &self.play_world(vars, None))?.to_string(),
            None => "inventory".into(),
        };
        match order.as_str() {
            "inventory" | "" => {}
            "reverse_inventory" => hosts.reverse(),
            "sorted" => hosts.sort(),
            "reverse_sorted" => {
                hosts.sort();
                hosts.reverse();
            }
            "shuffle" => shuffle(&mut hosts),
            other => {
                let known = ["inventory", "reverse_inventory", "sorted", "reverse_sorted", "shuffle"];
                let mut error = Diagnostic::parse(
                    format!("Invalid 'order' specified for inventory hosts: {other}"),
                    play.order.as_ref().map_or(play.span, |node| node.span),
                );
                if let Some(near) = nearest(other, known) {
                    error = error.hint(format!("did you mean '{near}'?"));
                }
                return Err(error);
            }
        }
        Ok(hosts)
    }

    pub(super) fn named(
        &self,
        play: &Play,
        mut vars: PlayVars,
        pattern: &str,
        hosts: &[Arc<str>],
    ) -> PlayVars {
        vars.magic.all_hosts = hosts.into();
        vars.magic.hosts = hosts
            .iter()
            .filter(|host| !self.failed.contains(*host) && !self.unreachable.contains(*host))
            .cloned()
            .collect();
        vars.magic.batch = vars.magic.hosts.clone();
        let world = self.play_world(&vars, None);
        let name = play.name.as_ref().map(|node| {
            let raw = Value::from_node(node);
            template::render(&raw, &world).unwrap_or(raw).to_string()
        });
        vars.magic.name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| pattern.to_string()).into();
        vars
    }

    /// How a play is announced.
    pub fn play_line(&self, play: &Play, vars: &Arc<PlayVars>) -> PlayLine {
        let pattern = match &play.hosts.kind {
            Kind::Str { text, .. } => text.clone(),
            _ => vars.magic.name.clone(),
        };
        PlayLine {
            uuid: format!("{:08x}", play.id).into(),
            name: vars.magic.name.clone(),
            pattern,
            hosts: vars.magic.hosts.to_vec(),
            check_mode: self.shared.options.check,
            origin: Some(Origin { file: play.file.clone(), line: play.span.line }),
        }
    }

    pub(super) fn strategy(&self, play: &Play, vars: &PlayVars) -> Result<Strategy, Diagnostic> {
        let name = match &play.strategy {
            Some(node) => rendered(node, &self.play_world(vars, None))?.to_string(),
            None => self.shared.config.settings.strategy.clone(),
        };
        match name.rsplit('.').next().unwrap_or(&name) {
            "linear" | "" => Ok(Strategy::Linear),
            "free" | "host_pinned" => Ok(Strategy::Free),
            other => {
                let message = format!("Invalid play strategy specified: {other}");
                let mut error = Diagnostic::user(message).at(play.strategy.as_ref().map(|node| node.span));
                if let Some(near) = nearest(other, ["linear", "free", "host_pinned"]) {
                    error = error.hint(format!("did you mean '{near}'?"));
                }
                Err(error)
            }
        }
    }

    /// Sizes of the batches; the last one repeats.
    pub(super) fn serial(
        &self,
        play: &Play,
        vars: &PlayVars,
        hosts: usize,
    ) -> Result<Vec<usize>, Diagnostic> {
        let world = self.play_world(vars, None);
        let mut sizes = Vec::new();
        for node in &play.serial {
            let value = rendered(node, &world)?;
            let entries = match &value {
                Value::List(list) => list.items().to_vec(),
                value => vec![value.clone()],
            };
            for entry in entries {
                let text = entry.to_string();
                let size = match text.trim().strip_suffix('%') {
                    Some(percent) => percent
                        .trim()
                        .parse::<f64>()
                        .ok()
                        .map(|p| ((p / 100.0 * hosts as f64) as usize).max(1)),
                    None => text.trim().parse::<i64>().ok().map(|n| if n <= 0 { hosts } else { n as usize }),
                };
                let Some(size) = size else {
                    let message = format!("serial must be a number or a percentage, not '{text}'");
                    return Err(Diagnostic::parse(message, node.span));
                };
                sizes.push(size);
            }
        }
        Ok(if sizes.is_empty() { vec![hosts] } else { sizes })
    }

    /// Tells what went wrong with the cache of facts.
    pub(super) fn warn_of_cache(&self) {
        let cache = self.shared.store.cache.as_ref();
        cache
            .map(|cache| cache.take_warnings())
            .into_iter()
            .flatten()
            .for_each(|text| self.shared.warn(text));
    }

    /// Warns of what means something else, in what files, the command line, roles and the inventory define.
    pub(super) fn warn_of_reserved(&self, vars: &PlayVars, hosts: &[Arc<str>]) {
        let store = &self.shared.store;
        let files =
            vars.files.iter().chain(hosts.iter().filter_map(|host| vars.host_files.get(host)).flatten());
        let roles =
            vars.role_defaults.iter().zip(&vars.role_vars).flat_map(|(defaults, vars)| [defaults, vars]);
        for layer in files.chain([&store.extra]).chain(roles) {
            reserved::warn_of_layer(self.source, &store.scopes, layer);
        }
        let mut seen = HashSet::new();
        for name in hosts {
            let Some(host) = store.host(name) else { continue };
            for layer in host.inventory().iter().filter(|layer| seen.insert(Arc::as_ptr(layer))) {
                let places = layer.keys().filter(|name| reserved::is_reserved(name)).filter_map(|variable| {
                    let host = self.inventory.hosts.get(name)?;
                    let settings = self.inventories.settings(&self.inventory, host, variable).ok()?;
                    Some((variable, settings.last()?.span))
                });
                places.for_each(|(variable, place)| reserved::warn_of(self.source, variable, place));
            }
        }
    }

    /// `vars_files`: once for all hosts where their names do not depend on the host.
    pub fn vars_files(&self, play: &Play, hosts: &[Arc<str>], vars: &mut PlayVars) -> Result<(), Diagnostic> {
        if play.vars_files.is_empty() {
            return Ok(());
        }
        let folder = play.file.parent().map(Path::to_path_buf).unwrap_or_default();
        let constant = play.vars_files.iter().all(|node| !mentions_template(node));
        if constant {
            let world = self.play_world(vars, hosts.first());
            vars.files = crate::vars::vars_files(&play.vars_files, &folder, &world, self.source)?.layers;
            return Ok(());
        }
        for host in hosts {
            let world = self.play_world(vars, Some(host));
            let files = crate::vars::vars_files(&play.vars_files, &folder, &world, self.source)?;
            vars.files_waiting |= files.waiting;
            vars.host_files.insert(host.clone(), files.layers);
        }
        Ok(())
    }

    /// The task that gathers facts, where they are wanted.
    pub(super) fn facts_task(
        &self,
        play: &Arc<Play>,
        hosts: &[Arc<str>],
        vars: &PlayVars,
    ) -> Result<Option<Arc<Task>>, Diagnostic> {
        let world = self.play_world(vars, hosts.first());
        let wanted = match &play.gather.wanted {
            Some(node) => to_bool(&rendered(node, &world)?),
            None => None,
        };
        let known = |host: &Arc<str>| {
            let store = self.shared.store.host(host);
            store.is_some_and(|store| !store.facts().is_empty())
        };
        let gather = match self.shared.config.settings.gathering {
            Gathering::Implicit => wanted.unwrap_or(true),
            Gathering::Explicit => wanted.unwrap_or(false),
            Gathering::Smart => wanted.unwrap_or(true) && !hosts.iter().all(known),
        };
        if !gather {
            return Ok(None);
        }
        let mut args = Vec::new();
        let given = [
            ("gather_subset", &play.gather.subset),
            ("gather_timeout", &play.gather.timeout),
            ("fact_path", &play.gather.fact_path),
        ];
        for (name, node) in given {
            args.extend(node.as_ref().map(|node| (Arc::from(name), node.clone())));
        }
        let mut task = implicit_task(play, "gather_facts", None, args, u32::MAX - 2 * play.id);
        task.name = Some(text_node("Gathering Facts", play));
        Ok(Some(Arc::new(task)))
    }
}

pub(super) fn mentions_template(node: &Node) -> bool {
    match &node.kind {
        Kind::Str { text, .. } => template::is_template(text),
        Kind::Seq(items) | Kind::Tuple(items) => items.iter().any(mentions_template),
        _ => false,
    }
}

/// Fisher and Yates, with the system's randomness.
pub(super) fn shuffle<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let mut bytes = [0u8; 8];
        if getrandom::fill(&mut bytes).is_err() {
            return;
        }
        items.swap(last, (u64::from_le_bytes(bytes) % (last as u64 + 1)) as usize);
    }
}

pub(super) fn text_node(text: &str, play: &Play) -> Node {
    Node { kind: Kind::Str { text: text.into(), unsafe_: true }, span: play.span }
}

pub(super) fn flush_task(play: &Play) -> Task {
    implicit_task(
        play,
        "meta",
        Some(text_node("flush_handlers", play)),
        Vec::new(),
        u32::MAX - 2 * play.id - 1,
    )
}

pub(super) fn implicit_task(
    play: &Play,
    action: &str,
    raw: Option<Node>,
    args: Vec<(Arc<str>, Node)>,
    id: u32,
) -> Task {
    let parent = Parent {
        scope: playbook::Scope::Play {
            id: play.id,
            keywords: play.keywords.clone(),
            vars_files: play.vars_files.clone(),
        },
        up: None,
    };
    Task {
        id,
        span: play.span,
        name: None,
        action: playbook::Action {
            name: action.into(),
            written: action.into(),
            span: play.span,
            args,
            raw,
            whole: None,
        },
        keywords: Arc::default(),
        loop_: None,
        loop_control: playbook::LoopControl::default(),
        register: None,
        changed_when: Vec::new(),
        failed_when: Vec::new(),
        until: Vec::new(),
        retries: None,
        delay: None,
        async_: None,
        poll: None,
        listen: Vec::new(),
        handler: false,
        implicit: true,
        parent: Arc::new(parent),
    }
}
