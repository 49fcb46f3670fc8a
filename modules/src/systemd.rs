//! `systemd_service`: units of systemd.

use crate::args::Choice as _;
use crate::host::{Host, Perform, Probe, Reply, Stat, Unit};
use crate::registry::Module;
use crate::together::together;
use crate::{Args, Choice, Data, Fault, Map, Outcome};

/// Control systemd units: start, stop, restart, reload, enable, mask.
#[derive(Args)]
#[args(required_one_of("state", "enabled", "masked", "daemon_reload", "daemon_reexec"))]
#[args(
    required_by("state", all("name")),
    required_by("enabled", all("name")),
    required_by("masked", all("name"))
)]
pub struct Systemd {
    /// The unit; without an extension a service.
    #[arg(alias("service", "unit"))]
    pub(crate) name: Option<String>,
    /// What the unit should be doing.
    pub(crate) state: Option<State>,
    /// Whether it should start at boot.
    pub(crate) enabled: Option<bool>,
    /// Whether links that are there give way.
    #[arg(default = false)]
    pub(crate) force: bool,
    /// Whether it should be masked: impossible to start.
    pub(crate) masked: Option<bool>,
    /// Read all unit files anew before anything else.
    #[arg(default = false, alias("daemon-reload"))]
    pub(crate) daemon_reload: bool,
    /// Start systemd itself anew before anything else, keeping its state.
    #[arg(default = false, alias("daemon-reexec"))]
    pub(crate) daemon_reexec: bool,
    /// Whose units: the system's, the user's, or those of all users.
    #[arg(default = "system")]
    pub(crate) scope: Scope,
    /// Do not wait for the job to end.
    #[arg(default = false)]
    pub(crate) no_block: bool,
}

/// What a service should be doing.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum State {
    Reloaded,
    Restarted,
    Started,
    Stopped,
}

/// Whose units.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum Scope {
    System,
    User,
    Global,
}

impl Module for Systemd {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        self.converse(host).await
    }
}

impl Systemd {
    /// The conversation; `service` has it too.
    pub(crate) async fn converse(&self, host: &Host) -> Result<Outcome, Fault> {
        if let Some(name) = &self.name
            && let Some(sign) = ['*', '?', '['].into_iter().find(|c| name.contains(*c))
        {
            return Err(Fault::at(
                "name",
                format!(
                    "This module does not currently support using glob patterns, found '{sign}' in service name: {name}"
                ),
            ));
        }
        for (wanted, verb) in [(self.daemon_reload, "daemon-reload"), (self.daemon_reexec, "daemon-reexec")] {
            if wanted && !host.check_mode() {
                let reply = self.act(host, &[verb], false).await?;
                if reply.rc != 0 {
                    return Err(Fault::new(format!(
                        "failure {} during {verb}: {}",
                        reply.rc,
                        text(&reply.err)
                    )));
                }
            }
        }
        let outcome = Outcome::new().with("name", self.name.as_deref().map(Data::from).unwrap_or(Data::Null));
        let Some(unit) = &self.name else {
            return Ok(outcome.with("status", Map::new()));
        };
        let script = format!("/etc/init.d/{unit}");
        let (status, script) =
            together(self.show(host, unit), host.ask(Stat::behind(script.as_bytes()))).await;
        let (status, is_script) = (status?, script?.is_some());
        let mut outcome = outcome;
        let Some(status) = status else {
            return self.offline(host, unit, is_script, outcome).await;
        };
        let load = field(&status, "LoadState").to_owned();
        let known = !load.is_empty() && load != "not-found";
        if known && load != "masked" {
            let error = field(&status, "LoadError");
            let plain = error.trim_matches('"').trim();
            if !plain.is_empty() && load == "error" {
                return Err(Fault::new(format!("Error loading unit file '{unit}': {error}")));
            }
        }
        let found = known || is_script;
        if let Some(wanted) = self.masked {
            let masked = load == "masked" || field(&status, "UnitFileState").starts_with("masked");
            if masked != wanted {
                let verb = if wanted { "mask" } else { "unmask" };
                self.alter(host, unit, verb).await?;
            }
        }
        if let Some(wanted) = self.enabled {
            self.needs(found, unit)?;
            if self.is_enabled(host, unit, &status, is_script).await? != wanted {
                self.alter(host, unit, if wanted { "enable" } else { "disable" }).await?;
            }
            outcome = outcome.with("enabled", wanted);
        }
        if let Some(wanted) = self.state {
            self.needs(found, unit)?;
            let active = field(&status, "ActiveState");
            if active.is_empty() {
                return Err(Fault::new("Service is in unknown state").with("status", status));
            }
            let running = matches!(active, "active" | "activating");
            let (verb, state) = match wanted {
                State::Started => ((!running).then_some("start"), "started"),
                State::Stopped => ((running || active == "deactivating").then_some("stop"), "stopped"),
                State::Restarted => (Some(if running { "restart" } else { "start" }), "started"),
                State::Reloaded => (Some(if running { "reload" } else { "start" }), "started"),
            };
            if let Some(verb) = verb {
                self.alter(host, unit, verb).await?;
            }
            outcome = outcome.with("state", state);
        }
        Ok(outcome.with("status", status))
    }

    /// The unit's properties; none where systemd does not answer because it does not run.
    async fn show(&self, host: &Host, unit: &str) -> Result<Option<Map>, Fault> {
        if self.scope == Scope::System {
            return match host.ask(Unit(unit.to_owned())).await {
                Ok(map) => Ok(Some(tidy(map)).filter(|map| !map.is_empty())),
                Err(fault) if is_offline(&fault.message) => Ok(None),
                Err(fault) => Err(fault),
            };
        }
        let mut argv = self.systemctl(host).await?;
        argv.extend(["show", "--", unit].map(str::to_owned));
        let part = host.ask(Probe::command(argv)).await?;
        if part.rc != 0 {
            return Err(Fault::new(part.error().trim()));
        }
        let pairs = part
            .text()
            .lines()
            .filter_map(|l| l.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.into()))
            .collect();
        Ok(Some(tidy(pairs)))
    }

    /// Without a running systemd only links can be made: as on a chroot.
    async fn offline(
        &self,
        host: &Host,
        unit: &str,
        is_script: bool,
        outcome: Outcome,
    ) -> Result<Outcome, Fault> {
        let mut outcome = outcome.warn(
            "Target is a chroot or systemd is offline. This can lead to false positives or prevent the init system \
             tools from working.",
        );
        let part = host.ask(Probe::command(["systemctl", "is-enabled", "--", unit])).await?;
        let said = part.text().trim().to_owned();
        let found = is_script || !said.is_empty() && said != "not-found";
        if let Some(wanted) = self.masked
            && (said == "masked") != wanted
        {
            self.alter(host, unit, if wanted { "mask" } else { "unmask" }).await?;
        }
        if let Some(wanted) = self.enabled {
            if !found {
                return Err(Fault::new(part.error().trim()).with("rc", i64::from(part.rc)));
            }
            let enabled = part.rc == 0 && said != "indirect" && said != "alias";
            if enabled != wanted {
                self.alter(host, unit, if wanted { "enable" } else { "disable" }).await?;
            }
            outcome = outcome.with("enabled", wanted);
        }
        if let Some(state) = self.state {
            outcome = outcome.with("state", state.name());
        }
        Ok(outcome.with("status", Map::new()))
    }

    async fn is_enabled(
        &self,
        host: &Host,
        unit: &str,
        status: &Map,
        is_script: bool,
    ) -> Result<bool, Fault> {
        // What is-enabled would say is in the properties already, save for odd ones and for units that are init
        // scripts and nothing else.
        let said = field(status, "UnitFileState");
        let enabled = matches!(said, "enabled" | "enabled-runtime" | "static");
        let certain = !said.is_empty() && (!is_script || enabled || said == "disabled");
        if certain && self.scope == Scope::System {
            return Ok(enabled || said == "generated");
        }
        let mut argv = self.systemctl(host).await?;
        argv.extend(["is-enabled", "--", unit].map(str::to_owned));
        let part = host.ask(Probe::command(argv)).await?;
        let out = part.text();
        if part.rc == 0 {
            return Ok(!matches!(out.trim(), "indirect" | "alias"));
        }
        if is_script && self.scope == Scope::System && !out.trim().ends_with("disabled") {
            return starts_by_link(host, unit).await;
        }
        Ok(false)
    }

    fn needs(&self, found: bool, unit: &str) -> Result<(), Fault> {
        if found {
            Ok(())
        } else {
            Err(Fault::new(format!("Could not find the requested service {unit}: host")))
        }
    }

    /// A verb on the unit, through the gate.
    async fn alter(&self, host: &Host, unit: &str, verb: &str) -> Result<(), Fault> {
        if host.check_mode() {
            host.foretell([]);
            return Ok(());
        }
        let reply = self.act(host, &[verb, "--", unit], true).await?;
        if reply.rc != 0 {
            return Err(Fault::new(format!("Unable to {verb} service {unit}: {}", text(&reply.err))));
        }
        Ok(())
    }

    async fn act(&self, host: &Host, words: &[&str], changes: bool) -> Result<Reply, Fault> {
        let mut argv = self.systemctl(host).await?;
        if self.no_block {
            argv.push("--no-block".to_owned());
        }
        if self.force {
            argv.push("--force".to_owned());
        }
        argv.extend(words.iter().map(|w| (*w).to_owned()));
        let act = Perform::command("systemctl failed", argv).variable("LC_ALL", "C").any_status();
        let gate = host.change_if([], act, |reply| changes && reply.rc == 0).await?;
        Ok(gate.acted().unwrap_or_default())
    }

    async fn systemctl(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let words: Vec<String> = match self.scope {
            Scope::System => vec!["systemctl".to_owned()],
            Scope::Global => vec!["systemctl".to_owned(), "--global".to_owned()],
            Scope::User => {
                // A login by SSH has it; after sudo it is missing.
                let uid = host.me().await?.uid;
                let folder = format!("XDG_RUNTIME_DIR=/run/user/{uid}");
                vec!["env".to_owned(), folder, "systemctl".to_owned(), "--user".to_owned()]
            }
        };
        Ok(words)
    }
}

/// Whether an init script has a link that starts it.
pub(crate) async fn starts_by_link(host: &Host, name: &str) -> Result<bool, Fault> {
    let script = "for f in /etc/rc?.d/S??\"$1\"; do [ -e \"$f\" ] && exit 0; done; exit 1";
    Ok(host.ask(Probe::command(["sh", "-c", script, "sh", name])).await?.rc == 0)
}

fn field<'a>(status: &'a Map, name: &str) -> &'a str {
    status.get(name).and_then(Data::as_str).unwrap_or("")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Properties without blanks around them.
fn tidy(map: Map) -> Map {
    let trimmed = map.into_iter().map(|(name, value)| {
        let text = value.as_str().map(|t| t.trim().to_owned());
        (name, text.map_or(value, Data::from))
    });
    trimmed.collect()
}

/// systemd's ways to say that it does not run here.
fn is_offline(message: &str) -> bool {
    ["System has not been booted with systemd", "Failed to connect to bus", "Running in chroot, ignoring"]
        .iter()
        .any(|said| message.contains(said))
}
