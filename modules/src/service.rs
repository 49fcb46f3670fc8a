//! `service`: services, whatever starts them: systemd, OpenRC, init scripts.

use crate::args::Choice as _;
use crate::host::{Host, Perform, Probe, Reply, Stat, Which};
use crate::registry::Module;
use crate::systemd::{Scope, State, Systemd, starts_by_link};
use crate::{Args, Fault, Outcome};

/// Control services on hosts with systemd, OpenRC or init scripts.
#[derive(Args)]
pub struct Service {
    /// Name of the service.
    name: String,
    /// What the service should be doing.
    state: Option<State>,
    /// Whether it should start at boot.
    enabled: Option<bool>,
    /// Where the service has no status of its own: text to look for in the list of processes.
    pattern: Option<String>,
    /// Seconds between stop and start of a restart (init scripts).
    sleep: Option<i64>,
    /// The runlevel that the service belongs to (OpenRC).
    #[arg(default = "default")]
    runlevel: String,
    /// More arguments for the script (init scripts).
    #[arg(default = "", alias("args"))]
    arguments: String,
    /// Which kind of services, where it shall not be found out: `systemd`, `openrc`, `sysvinit`, `service`.
    #[arg(name = "use", default = "auto")]
    manager: String,
}

/// What starts the services.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manager {
    Systemd,
    OpenRc,
    Scripts,
}

impl Module for Service {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        match self.found_manager(host).await? {
            Manager::Systemd => self.by_systemd(host).await,
            manager => self.by_script(host, manager).await,
        }
    }
}

impl Service {
    async fn found_manager(&self, host: &Host) -> Result<Manager, Fault> {
        let name = self.manager.rsplit('.').next().unwrap_or("auto");
        match name {
            "systemd" | "systemd_service" => return Ok(Manager::Systemd),
            "openrc" => return Ok(Manager::OpenRc),
            "sysvinit" | "service" => return Ok(Manager::Scripts),
            "auto" => {}
            other => {
                return Err(Fault::at(
                    "use",
                    format!("there is no way here to manage services of '{other}'"),
                )
                .with_hint(Some("systemd, openrc and sysvinit are known".to_owned())));
            }
        }
        let paths = [&b"/run/systemd/system"[..], b"/sbin/openrc", b"/run/openrc"];
        let found = host.ask_all(paths.map(Stat::behind)).await?;
        let there = |n: usize| found.get(n).is_some_and(Option::is_some);
        Ok(match (there(0), there(1) || there(2)) {
            (true, _) => Manager::Systemd,
            (_, true) => Manager::OpenRc,
            _ => Manager::Scripts,
        })
    }

    async fn by_systemd(self, host: &Host) -> Result<Outcome, Fault> {
        let mut ignored = Vec::new();
        for (name, given) in [
            ("pattern", self.pattern.is_some()),
            ("runlevel", self.runlevel != "default"),
            ("sleep", self.sleep.is_some()),
            ("arguments", !self.arguments.is_empty()),
        ] {
            if given {
                ignored.push(format!("Ignoring \"{name}\" as it is not used in \"systemd\""));
            }
        }
        let unit = Systemd {
            name: Some(self.name),
            state: self.state,
            enabled: self.enabled,
            force: false,
            masked: None,
            daemon_reload: false,
            daemon_reexec: false,
            scope: Scope::System,
            no_block: false,
        };
        let mut outcome = unit.converse(host).await?;
        outcome.warnings.extend(ignored);
        Ok(outcome)
    }

    async fn by_script(self, host: &Host, manager: Manager) -> Result<Outcome, Fault> {
        // systemd is content with a name alone, as with Ansible.
        if self.state.is_none() && self.enabled.is_none() {
            return Err(Fault::new("one of the following is required: state, enabled"));
        }
        let script = format!("/etc/init.d/{}", self.name);
        let programs = ["service", "rc-service", "update-rc.d", "chkconfig"].map(|p| Which(p.to_owned()));
        let programs = host.ask_all(programs).await?;
        let program = |n: usize| programs.get(n).cloned().flatten();
        let there = host.ask(Stat::behind(script.as_bytes())).await?.is_some();
        if !there {
            return Err(Fault::new(format!("Could not find the requested service {}: host", self.name)));
        }
        let base = match (manager, program(0), program(1)) {
            (Manager::OpenRc, _, Some(tool)) => vec![tool, self.name.clone()],
            (Manager::Scripts, Some(tool), _) => vec![tool, self.name.clone()],
            _ => vec![script],
        };
        let mut outcome = Outcome::new().with("name", self.name.as_str());
        if let Some(wanted) = self.enabled {
            self.enable(host, manager, wanted, [program(2), program(3)]).await?;
            outcome = outcome.with("enabled", wanted);
        }
        if let Some(wanted) = self.state {
            let running = self.is_running(host, &base).await?;
            let arguments: Vec<String> = self.arguments.split_whitespace().map(str::to_owned).collect();
            let verbs: &[&str] = match (wanted, running) {
                (State::Started, true) | (State::Stopped, false) => &[],
                (State::Started, false) => &["start"],
                (State::Stopped, true) => &["stop"],
                (State::Restarted, true) if self.sleep.is_some() => &["stop", "start"],
                (State::Restarted, true) => &["restart"],
                (State::Reloaded, true) => &["reload"],
                (State::Restarted | State::Reloaded, false) => &["start"],
            };
            for (n, verb) in verbs.iter().enumerate() {
                if n > 0 {
                    let seconds = self.sleep.unwrap_or(1).max(0).to_string();
                    host.ask(Probe::command(["sleep".to_owned(), seconds]).heavy()).await?;
                }
                let mut argv = base.clone();
                argv.push((*verb).to_owned());
                argv.extend(arguments.iter().cloned());
                self.act(host, argv, &format!("Unable to {verb} service {}", self.name)).await?;
            }
            let state = if wanted == State::Stopped { State::Stopped } else { State::Started };
            outcome = outcome.with("state", state.name());
        }
        Ok(outcome)
    }

    async fn act(&self, host: &Host, argv: Vec<String>, what: &str) -> Result<(), Fault> {
        let act = Perform::command(what, argv).variable("LC_ALL", "C").any_status();
        let gate = host.change_if([], act, |reply| reply.rc == 0).await?;
        let reply: Reply = gate.acted().unwrap_or_default();
        if reply.rc == 0 {
            return Ok(());
        }
        let said = if reply.err.is_empty() { &reply.out } else { &reply.err };
        Err(Fault::new(format!("{what}: {}", String::from_utf8_lossy(said))).with("rc", i64::from(reply.rc)))
    }

    /// By the service's own status, or by the list of processes where a pattern is given.
    async fn is_running(&self, host: &Host, base: &[String]) -> Result<bool, Fault> {
        if let Some(pattern) = &self.pattern {
            let list = host.ask(Probe::command(["ps", "-ef"])).await?.text();
            return Ok(list.lines().any(|line| line.contains(pattern.as_str())));
        }
        let mut argv = base.to_vec();
        argv.push("status".to_owned());
        let part = host.ask(Probe::command(argv)).await?;
        let said = part.text().to_lowercase();
        // Scripts that always succeed say it in words.
        let denied = ["not running", "is stopped", "is not running", "status: stopped", "inactive"];
        Ok(part.rc == 0 && !denied.iter().any(|words| said.contains(words)))
    }

    async fn enable(
        &self,
        host: &Host,
        manager: Manager,
        wanted: bool,
        programs: [Option<String>; 2],
    ) -> Result<(), Fault> {
        let what = format!("Unable to {} service {}", if wanted { "enable" } else { "disable" }, self.name);
        if manager == Manager::OpenRc {
            let list = host.ask(Probe::command(["rc-update", "show", self.runlevel.as_str()])).await?.text();
            let enabled =
                list.lines().any(|l| l.split('|').next().is_some_and(|name| name.trim() == self.name));
            if enabled == wanted {
                return Ok(());
            }
            let verb = if wanted { "add" } else { "delete" };
            let argv = ["rc-update", verb, self.name.as_str(), self.runlevel.as_str()];
            return self.act(host, argv.map(str::to_owned).to_vec(), &what).await;
        }
        if starts_by_link(host, &self.name).await? == wanted {
            return Ok(());
        }
        let [update, chkconfig] = programs;
        if let Some(update) = update {
            let name = self.name.clone();
            if wanted {
                self.act(host, vec![update.clone(), name.clone(), "defaults".to_owned()], &what).await?;
            }
            let verb = if wanted { "enable" } else { "disable" };
            return self.act(host, vec![update, name, verb.to_owned()], &what).await;
        }
        if let Some(chkconfig) = chkconfig {
            let verb = if wanted { "on" } else { "off" };
            return self.act(host, vec![chkconfig, self.name.clone(), verb.to_owned()], &what).await;
        }
        Err(Fault::at(
            "enabled",
            "the host has none of systemctl, rc-update, update-rc.d and chkconfig to enable a service with",
        ))
    }
}
