//! `apt`: packages of Debian and its kin.

mod arguments;
mod install;
mod spec;

use crate::host::{Host, Perform, Probe, Read, Reading, Reply, Stat, join};
use crate::registry::Module;
use crate::{Data, Diff, Fault, Map, Outcome};
pub use arguments::Apt;
use arguments::{State, Upgrade};
use spec::Spec;

const RUN: &str = include_str!("apt/run.sh");

/// What is told of the package lists.
#[derive(Default)]
struct Cache {
    updated: bool,
    time: i64,
    shown: bool,
}

impl Cache {
    fn tell(&self, outcome: Outcome) -> Outcome {
        if !self.shown {
            return outcome;
        }
        outcome.with("cache_updated", self.updated).with("cache_update_time", self.time)
    }
}

impl Module for Apt {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let mut packages = Vec::new();
        let mut everything = false;
        for text in self.name.iter().flatten() {
            match text.trim() {
                "*" => everything = true,
                "" => {}
                text => packages.push(Spec::new(text).map_err(|m| Fault::at("name", m))?),
            }
        }
        let upgrade = self.upgrade.mode();
        let asked = self.name.is_some() || self.deb.is_some() || upgrade.is_some();
        if self.clean {
            let argv = vec!["apt-get".to_owned(), "clean".to_owned()];
            let gate = host.change([], self.perform(argv)).await?;
            if !asked && self.update_cache.is_none() && !self.autoclean && !self.autoremove {
                let reply = gate.acted().unwrap_or_default();
                return Ok(spoken(Outcome::new(), &reply).with("msg", text(&reply.out)));
            }
        }
        let (cache, installed) = join(self.refresh(host), self.look(host, &packages)).await;
        let (mut cache, installed) = (cache?, installed?);
        if !asked && !self.autoclean && !self.autoremove && self.state != State::Fixed {
            cache.shown = true;
            return Ok(cache.tell(Outcome::new()));
        }
        if let Some(mode) = upgrade {
            return self.upgrade_all(host, mode, &cache).await;
        }
        if let Some(deb) = &self.deb {
            return self.install_deb(host, deb, &cache).await;
        }
        if everything && self.state == State::Latest {
            if !packages.is_empty() {
                return Err(Fault::at(
                    "name",
                    "unable to install additional packages when upgrading all installed packages",
                ));
            }
            return self.upgrade_all(host, Upgrade::Yes, &cache).await;
        }
        if packages.is_empty() && self.state != State::Fixed {
            for (wanted, operation) in [(self.autoclean, "autoclean"), (self.autoremove, "autoremove")] {
                if wanted {
                    return self.clean_up(host, operation).await;
                }
            }
        }
        cache.shown = true;
        match self.state {
            State::Absent => self.remove(host, &packages).await,
            _ => self.install(host, &packages, installed, &cache).await.map_err(|fault| {
                if fault.message.starts_with("No package") {
                    return fault;
                }
                fault.with("cache_updated", cache.updated).with("cache_update_time", cache.time)
            }),
        }
    }
}

impl Apt {
    /// When the lists were last fetched, by the stamp of apt's own hooks or the lists' folder.
    async fn stamp(&self, host: &Host) -> Result<i64, Fault> {
        let paths = [&b"/var/lib/apt/periodic/update-success-stamp"[..], b"/var/lib/apt/lists"];
        let found = host.ask_all(paths.map(Stat::behind)).await?;
        Ok(found.into_iter().flatten().next().map_or(0, |status| status.mtime as i64))
    }

    /// Whether the lists may be fetched.
    fn refreshes(&self) -> bool {
        self.update_cache.unwrap_or(self.cache_valid_time > 0)
    }

    /// Fetches the lists where that is wanted and they are too old.
    async fn refresh(&self, host: &Host) -> Result<Cache, Fault> {
        let valid = self.cache_valid_time;
        let time = self.stamp(host).await?;
        let mut cache = Cache { updated: false, time, shown: false };
        if !self.refreshes() {
            return Ok(cache);
        }
        cache.shown = true;
        if valid > 0 {
            let now = host.ask(Probe::command(["date", "+%s"])).await?.text();
            if now.trim().parse::<i64>().is_ok_and(|now| time + valid >= now) {
                return Ok(cache);
            }
        }
        if host.check_mode() {
            host.foretell([]);
            cache.updated = true;
            return Ok(cache);
        }
        let mut reply = Reply::default();
        for attempt in 0..=self.update_cache_retries.max(0) {
            if attempt > 0 {
                let delay = 2_i64.saturating_pow(u32::try_from(attempt - 1).unwrap_or(30));
                let delay = delay.min(self.update_cache_retry_max_delay).max(0);
                host.ask(Probe::command(["sleep".to_owned(), delay.to_string()]).heavy()).await?;
            }
            let mut argv = vec!["apt-get".to_owned(), "update".to_owned()];
            argv.extend(self.lock_option());
            if self.allow_unauthenticated || self.force {
                argv.push("--allow-unauthenticated".to_owned());
            }
            let act = self.perform(argv).any_status();
            // Whether anything changed is for the stamp to tell.
            if let Some(answer) = host.change_if([], act, |_| false).await?.acted() {
                reply = answer;
            }
            if reply.rc == 0 {
                break;
            }
        }
        if reply.rc != 0 {
            let why = text(&reply.err);
            return Err(Fault::new(format!(
                "Failed to update apt cache after {} retries: {}",
                self.update_cache_retries,
                why.trim()
            ))
            .with("rc", i64::from(reply.rc)));
        }
        let after = self.stamp(host).await?;
        cache.updated = after != time;
        cache.time = after;
        if cache.updated && self.only_refreshes() {
            host.foretell([]);
        }
        Ok(cache)
    }

    /// Nothing but the lists is asked for: only then does their age make the task "changed", as with Ansible.
    fn only_refreshes(&self) -> bool {
        self.name.is_none() && self.deb.is_none() && self.upgrade.mode().is_none()
    }

    fn lock_option(&self) -> [String; 2] {
        ["-o".to_owned(), format!("DPkg::Lock::Timeout={}", self.lock_timeout)]
    }

    /// `apt-get -y` with what the arguments ask of every operation.
    fn apt_get(&self) -> Vec<String> {
        let mut argv = vec!["apt-get".to_owned(), "-y".to_owned()];
        for option in self.dpkg_options.split(',').filter(|o| !o.is_empty()) {
            argv.extend(["-o".to_owned(), format!("Dpkg::Options::=--{option}")]);
        }
        argv.extend(self.lock_option());
        let flags = [
            (self.force, "--force-yes"),
            (self.allow_unauthenticated, "--allow-unauthenticated"),
            (self.allow_downgrade, "--allow-downgrades"),
            (self.allow_change_held_packages, "--allow-change-held-packages"),
            (self.fail_on_autoremove && self.state != State::Absent, "--no-remove"),
            (self.only_upgrade, "--only-upgrade"),
        ];
        argv.extend(flags.iter().filter(|(on, _)| *on).map(|(_, flag)| (*flag).to_owned()));
        if let Some(release) = &self.default_release {
            argv.extend(["-t".to_owned(), release.clone()]);
        }
        if let Some(recommends) = self.install_recommends {
            let word = if recommends { "yes" } else { "no" };
            argv.extend(["-o".to_owned(), format!("APT::Install-Recommends={word}")]);
        }
        argv
    }

    fn perform(&self, argv: Vec<String>) -> Perform {
        let what = format!("'{}' failed", shown(&argv));
        let policy = self.policy_rc_d.map(|rc| rc.to_string()).unwrap_or_default();
        Perform::command(what, ["sh", "-c", RUN, "sh", policy.as_str()])
            .args(argv)
            .variable("LC_ALL", "C")
            .variable("DEBIAN_FRONTEND", "noninteractive")
            .variable("DEBIAN_PRIORITY", "critical")
            .any_status()
    }

    /// What the operation would do; it needs no lock and changes nothing.
    async fn simulate(&self, host: &Host, argv: &[String]) -> Result<Reply, Fault> {
        let mut argv = argv.to_vec();
        argv.insert(1, "--simulate".to_owned());
        let part = host.ask(Probe::command(argv.clone()).heavy()).await?;
        let reply = Reply { rc: part.rc, out: part.out.to_vec(), err: part.err.to_vec(), timed_out: false };
        if reply.rc != 0 {
            return Err(failure(&argv, &reply));
        }
        Ok(reply)
    }

    /// Does it, or foretells it by its simulation.
    async fn operate(&self, host: &Host, argv: Vec<String>) -> Result<Reply, Fault> {
        if host.check_mode() {
            let reply = self.simulate(host, &argv).await?;
            host.foretell(diff(&reply).filter(|_| host.diff_mode()));
            return Ok(reply);
        }
        let gate = host.change_if([], self.perform(argv.clone()), |reply| reply.rc == 0).await?;
        let reply = gate.acted().unwrap_or_default();
        if reply.rc != 0 {
            return Err(failure(&argv, &reply));
        }
        Ok(reply)
    }

    async fn upgrade_all(&self, host: &Host, mode: Upgrade, cache: &Cache) -> Result<Outcome, Fault> {
        let mut argv = self.apt_get();
        if self.autoremove {
            argv.push("--auto-remove".to_owned());
        }
        match mode {
            Upgrade::Dist | Upgrade::Full => argv.push("dist-upgrade".to_owned()),
            _ => argv.extend(["upgrade".to_owned(), "--with-new-pkgs".to_owned()]),
        }
        self.if_any(host, argv, |out| !out.contains("0 upgraded, 0 newly installed, 0 to remove"), true)
            .await
            .map(|outcome| cache.tell(outcome))
    }

    /// Operates where the simulation says that there is something to do.
    async fn if_any(
        &self,
        host: &Host,
        argv: Vec<String>,
        does: impl Fn(&str) -> bool,
        message: bool,
    ) -> Result<Outcome, Fault> {
        let mut reply = self.simulate(host, &argv).await?;
        if does(&text(&reply.out)) {
            if host.check_mode() {
                host.foretell(diff(&reply).filter(|_| host.diff_mode()));
            } else {
                reply = self.operate(host, argv).await?;
            }
        }
        let mut outcome = spoken(Outcome::new(), &reply);
        if let Some(diff) = diff(&reply).filter(|_| host.diff_mode()) {
            outcome.diff = vec![diff];
        }
        if message {
            outcome = outcome.with("msg", text(&reply.out));
        }
        Ok(outcome)
    }

    async fn clean_up(&self, host: &Host, operation: &str) -> Result<Outcome, Fault> {
        let mut argv = self.apt_get();
        if self.purge && operation == "autoremove" {
            argv.push("--purge".to_owned());
        }
        argv.push(operation.to_owned());
        let does = |out: &str| out.contains("The following packages will be REMOVED") || out.contains("Del ");
        self.if_any(host, argv, does, false).await
    }

    /// The packages that came only because others need them.
    async fn automatic(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let reading = host.ask(Read::of(b"/var/lib/apt/extended_states", 32 << 20)).await?;
        let Reading::Content(bytes) = reading else { return Ok(Vec::new()) };
        let states = String::from_utf8_lossy(&bytes).into_owned();
        let mut names = Vec::new();
        for paragraph in states.split("\n\n") {
            let field = |name: &str| paragraph.lines().find_map(|l| l.strip_prefix(name));
            if field("Auto-Installed: ") == Some("1") {
                names.extend(field("Package: ").map(str::to_owned));
            }
        }
        Ok(names)
    }
}

/// A command as Ansible shows it in its message.
fn shown(argv: &[String]) -> String {
    let words = argv.iter().enumerate().map(|(n, word)| match word.as_str() {
        _ if n == 0 => format!("/usr/bin/{word}"),
        word if word.starts_with("Dpkg::Options") => format!("\"{word}\""),
        word => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn failure(argv: &[String], reply: &Reply) -> Fault {
    let (out, err) = (text(&reply.out), text(&reply.err));
    Fault::new(format!("'{}' failed: {err}", shown(argv)))
        .with("rc", i64::from(reply.rc))
        .with("stdout", out)
        .with("stderr", err)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn spoken(outcome: Outcome, reply: &Reply) -> Outcome {
    outcome.with("stdout", text(&reply.out)).with("stderr", text(&reply.err))
}

/// apt's own summary, as `--diff` shows it.
fn diff(reply: &Reply) -> Option<Diff> {
    let out = text(&reply.out);
    let lines: Vec<&str> = out.lines().collect();
    let start = lines.iter().position(|l| l.starts_with("The following "))?;
    let is_end = |l: &&str| l.starts_with(|c: char| c.is_ascii_digit()) && l.contains(" upgraded, ");
    let end = lines.iter().position(is_end).map_or(lines.len(), |at| at + 1);
    let shown = lines.get(start..end)?.join("\n");
    Some(Diff { prepared: Some(shown), ..Diff::default() })
}

/// A result without news.
fn unchanged(cache: &Cache) -> Outcome {
    cache.tell(Outcome { result: Map::from_iter(std::iter::empty::<(String, Data)>()), ..Outcome::new() })
}
