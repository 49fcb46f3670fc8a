//! Packages in and out, one by one.

use super::arguments::{Apt, State};
use super::spec::{Policy, Spec, Wanted, compare, policies};
use super::{Cache, diff, spoken, text, unchanged};
use crate::args::PathArg;
use crate::fnmatch;
use crate::host::{Host, Package, Packages, Perform, Probe, Reply, Stat, Which, join};
use crate::{Fault, Outcome};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What is installed before anything is done.
pub(super) struct Installed {
    /// The entries of each package that was named.
    packages: Vec<Vec<Package>>,
    /// The packages that came only because others need them.
    automatic: Vec<String>,
}

impl Apt {
    /// Looks at the packages, where they are named without patterns, are to be there, and nothing is done before.
    pub(super) async fn look(&self, host: &Host, specs: &[Spec]) -> Result<Option<Installed>, Fault> {
        let plain = !specs.is_empty() && !specs.iter().any(|s| fnmatch::is_pattern(&s.name));
        match self.state {
            State::Present | State::Latest if plain && self.deb.is_none() && !self.refreshes() => {
                self.installed(host, specs).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn installed(&self, host: &Host, specs: &[Spec]) -> Result<Installed, Fault> {
        let packages = host.ask_all(specs.iter().map(|s| Packages(s.name.clone())));
        let (packages, automatic) = join(packages, self.automatic(host)).await;
        Ok(Installed { packages: packages?, automatic: automatic? })
    }

    /// Brings packages to `present`, `latest`, or with `build-dep` and `fixed` their surroundings.
    pub(super) async fn install(
        &self,
        host: &Host,
        specs: &[Spec],
        installed: Option<Installed>,
        cache: &Cache,
    ) -> Result<Outcome, Fault> {
        if self.state == State::BuildDep {
            return self.build_dependencies(host, specs, cache).await;
        }
        let specs = self.expanded(host, specs).await?;
        let installed = match installed {
            Some(installed) => installed,
            None => self.installed(host, &specs).await?,
        };
        let known = self.known(host, &specs, &installed.packages).await?;
        let mut wanted: Vec<String> = Vec::new();
        for (spec, packages) in specs.iter().zip(&installed.packages) {
            let own = of_architecture(packages, &spec.name).find(|p| p.is_installed());
            wanted.extend(self.lacking(host, spec, own, known.get(&spec.name)).await?);
        }
        let fixed = self.state == State::Fixed;
        if wanted.is_empty() && !fixed {
            self.mark(host, &specs, &installed).await?;
            return Ok(unchanged(cache));
        }
        let mut argv = self.apt_get();
        if self.autoremove {
            argv.push("--auto-remove".to_owned());
        }
        if fixed {
            argv.push("--fix-broken".to_owned());
        }
        argv.push("install".to_owned());
        argv.extend(wanted.iter().cloned());
        if fixed {
            let simulated = self.simulate(host, &argv).await?;
            if text(&simulated.out).contains("\n0 upgraded, 0 newly installed, 0 to remove") {
                return Ok(unchanged(cache));
            }
        }
        let reply = self.operate(host, argv).await?;
        self.mark(host, &specs, &installed).await?;
        Ok(cache.tell(self.told(host, &reply)))
    }

    fn told(&self, host: &Host, reply: &Reply) -> Outcome {
        let mut outcome = spoken(Outcome::new(), reply);
        if let Some(diff) = diff(reply).filter(|_| host.diff_mode()) {
            outcome.diff = vec![diff];
        }
        outcome
    }

    async fn build_dependencies(&self, host: &Host, specs: &[Spec], cache: &Cache) -> Result<Outcome, Fault> {
        let mut argv = self.apt_get();
        argv.push("build-dep".to_owned());
        argv.extend(specs.iter().map(|s| s.name.clone()));
        let none = |out: &str| !out.contains("0 upgraded, 0 newly installed, 0 to remove");
        self.if_any(host, argv, none, false).await.map(|outcome| cache.tell(outcome))
    }

    /// Names with patterns become all names that match.
    async fn expanded(&self, host: &Host, specs: &[Spec]) -> Result<Vec<Spec>, Fault> {
        if !specs.iter().any(|s| fnmatch::is_pattern(&s.name)) {
            return Ok(specs.to_vec());
        }
        let names = host.ask(Probe::command(["apt-cache", "pkgnames"])).await?.text();
        let mut names: Vec<&str> = names.lines().collect();
        names.sort_unstable();
        let mut all = Vec::new();
        for spec in specs {
            if !fnmatch::is_pattern(&spec.name) {
                all.push(spec.clone());
                continue;
            }
            let matching: Vec<Spec> = names
                .iter()
                .filter(|name| fnmatch::matches(&spec.name, name))
                .map(|name| Spec { name: (*name).to_owned(), version: spec.version.clone() })
                .collect();
            if matching.is_empty() && self.state != State::Absent {
                return Err(Fault::at("name", format!("No package(s) matching '{}' available", spec.name)));
            }
            all.extend(matching);
        }
        Ok(all)
    }

    /// What apt knows, where that matters: of what is not installed as it should be.
    async fn known(
        &self,
        host: &Host,
        specs: &[Spec],
        installed: &[Vec<Package>],
    ) -> Result<BTreeMap<String, Policy>, Fault> {
        let unclear = specs.iter().zip(installed).filter(|(spec, packages)| {
            let own = of_architecture(packages, &spec.name).find(|p| p.is_installed());
            match own {
                None => !self.only_upgrade,
                Some(own) => {
                    let pattern = matches!(&spec.version, Wanted::Is(v) if fnmatch::is_pattern(v));
                    self.state == State::Latest || pattern || !spec.takes(&own.version)
                }
            }
        });
        let names: Vec<String> = unclear.map(|(spec, _)| spec.name.clone()).collect();
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut argv = vec!["apt-cache".to_owned()];
        if let Some(release) = &self.default_release {
            argv.extend(["-o".to_owned(), format!("APT::Default-Release={release}")]);
        }
        argv.push("policy".to_owned());
        argv.extend(names);
        let part = host.ask(Probe::command(argv)).await?;
        if part.rc != 0 {
            return Err(
                Fault::new(part.error().replacen("E: ", "E:", 1).trim()).with("rc", i64::from(part.rc))
            );
        }
        Ok(policies(&part.text()))
    }

    /// What apt-get is to be given for one package; nothing where all is well.
    async fn lacking(
        &self,
        host: &Host,
        spec: &Spec,
        own: Option<&Package>,
        known: Option<&Policy>,
    ) -> Result<Option<String>, Fault> {
        let named = |version: &str| format!("{}={version}", spec.name);
        if let Some(own) = own {
            if self.state == State::Latest && spec.version == Wanted::Any {
                let candidate = known.and_then(|p| p.candidate.as_deref());
                let newer = candidate.is_some_and(|c| compare(c, &own.version) == Ordering::Greater);
                return Ok(newer.then(|| spec.name.clone()));
            }
            // Of several versions that a pattern takes the first that can be had is meant.
            let best = match (&spec.version, known) {
                (Wanted::Is(wanted), Some(known)) if fnmatch::is_pattern(wanted) => {
                    known.versions.iter().find(|v| spec.takes(v))
                }
                _ => None,
            };
            if spec.takes(&own.version) && best.is_none_or(|best| *best == own.version) {
                return Ok(None);
            }
        } else if self.only_upgrade {
            return Ok(None);
        }
        let Some(known) = known else {
            return Err(Fault::at("name", format!("No package matching '{}' is available", spec.name)));
        };
        match &spec.version {
            Wanted::Any if own.is_none() && known.candidate.is_none() => {
                // A virtual package counts as installed where its only provider is; else apt-get itself knows best
                // what to say.
                let list = host
                    .ask(Probe::command(["apt-cache", "showpkg", "--", spec.name.as_str()]))
                    .await?
                    .text();
                let providers = list.split_once("Reverse Provides:").map_or("", |(_, rest)| rest);
                let mut names: Vec<&str> = providers.lines().filter_map(|l| l.split(' ').next()).collect();
                names.retain(|n| !n.is_empty());
                names.sort_unstable();
                names.dedup();
                let there = match names[..] {
                    [only] => host.ask(Packages(only.to_owned())).await?.iter().any(Package::is_installed),
                    _ => false,
                };
                Ok((!there).then(|| spec.name.clone()))
            }
            Wanted::Any => Ok(Some(spec.name.clone())),
            Wanted::Is(wanted) => {
                let found = known.versions.iter().find(|v| spec.takes(v));
                let none = || {
                    Fault::at(
                        "name",
                        format!("no available installation candidate for {}={wanted}", spec.name),
                    )
                };
                found.map(|v| Some(named(v))).ok_or_else(none)
            }
            Wanted::AtLeast(wanted) => {
                let found = known.candidate.iter().chain(&known.versions).find(|v| spec.takes(v));
                let none = || {
                    Fault::at(
                        "name",
                        format!("no available installation candidate for {}>={wanted}", spec.name),
                    )
                };
                found.map(|v| Some(named(v))).ok_or_else(none)
            }
        }
    }

    /// What was asked for by name shall not go away as somebody's dependency. As with Ansible this is no change.
    async fn mark(&self, host: &Host, specs: &[Spec], installed: &Installed) -> Result<(), Fault> {
        if host.check_mode() {
            return Ok(());
        }
        let there = specs
            .iter()
            .zip(&installed.packages)
            .filter(|(_, found)| found.iter().any(Package::is_installed));
        let names: Vec<&str> = there.map(|(spec, _)| spec.name.split(':').next().unwrap_or("")).collect();
        if names.is_empty() {
            return Ok(());
        }
        let mut argv = vec!["apt-mark", "manual"];
        argv.extend(names.iter().filter(|name| installed.automatic.iter().any(|a| a == *name)));
        if argv.len() == 2 {
            return Ok(());
        }
        let act = Perform::command("could not mark packages as asked for", argv).variable("LC_ALL", "C");
        host.change_if([], act, |_| false).await.map(drop)
    }

    /// Takes packages away.
    pub(super) async fn remove(&self, host: &Host, specs: &[Spec]) -> Result<Outcome, Fault> {
        let specs = self.expanded(host, specs).await?;
        let found = host.ask_all(specs.iter().map(|s| Packages(s.name.clone()))).await?;
        let mut names = Vec::new();
        for (spec, packages) in specs.iter().zip(&found) {
            let leftovers = |p: &Package| self.purge && p.status.get(1..2) == Some("c");
            if of_architecture(packages, &spec.name).any(|p| p.is_installed() || leftovers(p)) {
                names.push(spec.name.clone());
            }
        }
        if names.is_empty() {
            return Ok(Outcome::new());
        }
        let mut argv = self.apt_get();
        if self.purge {
            argv.push("--purge".to_owned());
        }
        if self.autoremove {
            argv.push("--auto-remove".to_owned());
        }
        argv.push("remove".to_owned());
        argv.append(&mut names);
        let reply = self.operate(host, argv).await?;
        Ok(self.told(host, &reply))
    }

    /// Installs one file, where its version is not there yet.
    pub(super) async fn install_deb(
        &self,
        host: &Host,
        deb: &PathArg,
        cache: &Cache,
    ) -> Result<Outcome, Fault> {
        let is_url = deb.written().contains("://");
        let path = if is_url {
            if host.check_mode() {
                host.foretell([]);
                return Ok(cache.tell(Outcome::new()));
            }
            self.fetch(host, deb.written()).await?
        } else {
            host.path(deb).await?
        };
        let outcome = self.install_file(host, &path).await;
        if is_url {
            host.change_if([], Perform::command("could not remove it", ["rm", "-f"]).arg(path), |_| false)
                .await?;
        }
        outcome.map(|outcome| cache.tell(outcome))
    }

    async fn install_file(&self, host: &Host, path: &[u8]) -> Result<Outcome, Fault> {
        let name = String::from_utf8_lossy(path).into_owned();
        if host.ask(Stat::behind(path)).await?.is_none() {
            return Err(Fault::at(
                "deb",
                format!(
                    "Unable to install package: E:Could not open file {name} - open (2: No such file or directory)"
                ),
            ));
        }
        let fields = Probe::command(["dpkg-deb", "-f"]).arg(path).args(["Package", "Version"]);
        let part = host.ask(fields).await?;
        let said = part.text();
        let field =
            |key: &str| said.lines().find_map(|l| l.strip_prefix(key)).unwrap_or("").trim().to_owned();
        let (package, version) = (field("Package:"), field("Version:"));
        if part.rc != 0 || package.is_empty() {
            return Err(Fault::at("deb", format!("Unable to install package: {}", part.error().trim())));
        }
        let found = host.ask(Packages(package.clone())).await?;
        if let Some(own) = found.iter().find(|p| p.is_installed()) {
            match compare(&own.version, &version) {
                Ordering::Equal if !self.force => {
                    return Ok(Outcome::new().with("stdout", "").with("stderr", ""));
                }
                Ordering::Greater if !self.allow_downgrade && !self.force => {
                    return Err(Fault::at(
                        "deb",
                        format!(
                            "Unable to install package {package}: a later version is already installed ({})",
                            own.version
                        ),
                    )
                    .with_hint(Some("allow_downgrade: true lets an older version replace it".to_owned())));
                }
                _ => {}
            }
        }
        let mut argv = self.apt_get();
        argv.push("install".to_owned());
        argv.push(if name.starts_with('/') { name } else { format!("./{name}") });
        let reply = self.operate(host, argv).await?;
        Ok(self.told(host, &reply))
    }

    /// Brings the file of a URL to the host, by a tool of the host.
    async fn fetch(&self, host: &Host, url: &str) -> Result<Vec<u8>, Fault> {
        let found = host.ask_all([Which("curl".to_owned()), Which("wget".to_owned())]).await?;
        let mut found = found.into_iter();
        let (curl, wget) = (found.next().flatten(), found.next().flatten());
        let made = host.change_if(
            [],
            Perform::command("could not make a temporary file", ["mktemp", "--suffix=.deb"]),
            |_| false,
        );
        let made = made.await?.acted().unwrap_or_default();
        let path = made.out.strip_suffix(b"\n").unwrap_or(&made.out).to_vec();
        let argv: Vec<Vec<u8>> = match (curl, wget) {
            (Some(curl), _) => [curl.as_str(), "-fsSL", "-o"]
                .iter()
                .map(|w| w.as_bytes().to_vec())
                .chain([path.clone(), url.into()])
                .collect(),
            (None, Some(wget)) => [wget.as_str(), "-q", "-O"]
                .iter()
                .map(|w| w.as_bytes().to_vec())
                .chain([path.clone(), url.into()])
                .collect(),
            (None, None) => {
                return Err(Fault::at("deb", "the host has neither curl nor wget to fetch a URL with"));
            }
        };
        host.change_if([], Perform::command(format!("Failure downloading {url}"), argv), |_| false).await?;
        Ok(path)
    }
}

/// The entries for a name; `foo:i386` asks for one architecture.
fn of_architecture<'a>(packages: &'a [Package], name: &'a str) -> impl Iterator<Item = &'a Package> {
    let arch = name.split_once(':').map(|(_, arch)| arch);
    packages.iter().filter(move |p| arch.is_none_or(|arch| arch == "any" || p.arch == arch))
}
