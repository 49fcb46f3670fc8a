//! `hostname`: the host's name.

use crate::host::{Host, Perform, Probe, Read, Reading, Source, Stat, Which, WriteFile};
use crate::registry::Module;
use crate::{Args, Choice, Data, Diff, Fault, Map, Outcome};

/// Manage the host's name: the one it has now and the one it starts with.
#[derive(Args)]
pub struct Hostname {
    /// The name.
    name: String,
    /// How it is set; without it the host decides.
    #[arg(name = "use")]
    strategy: Option<Strategy>,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum Strategy {
    Alpine,
    Debian,
    Freebsd,
    Generic,
    Macos,
    Macosx,
    Darwin,
    Openbsd,
    Openrc,
    Redhat,
    Sles,
    Solaris,
    Systemd,
}

impl Module for Hostname {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let valid =
            !self.name.is_empty() && self.name.len() <= 64 && !self.name.contains(['\n', '/', ' ', '\0']);
        if !valid || self.name.starts_with('-') {
            return Err(Fault::at("name", format!("'{}' is no name for a host", self.name)));
        }
        let systemd = match self.strategy {
            Some(Strategy::Systemd) => true,
            Some(
                Strategy::Debian
                | Strategy::Alpine
                | Strategy::Openrc
                | Strategy::Generic
                | Strategy::Redhat
                | Strategy::Sles,
            ) => false,
            Some(_) => return Err(Fault::at("use", "only hosts with Linux can be named yet")),
            None => {
                host.ask(Stat::behind(b"/run/systemd/system")).await?.is_some()
                    && host.ask(Which("hostnamectl".to_owned())).await?.is_some()
            }
        };
        let node = Probe::command(["uname", "-n"]);
        let (now, file) = host.ask_both(node, Read::of(b"/etc/hostname", 1 << 16)).await?;
        let now = now.text().trim().to_owned();
        let stored = match file {
            Reading::Content(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let line = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'));
                line.unwrap_or("").to_owned()
            }
            _ => String::new(),
        };
        let name = self.name.as_str();
        if now != name || stored != name {
            let shown = if stored == name { &now } else { &stored };
            let diff = Diff {
                before: format!("hostname = {shown}\n").into(),
                after: format!("hostname = {name}\n").into(),
                ..Diff::default()
            };
            if systemd {
                let act = Perform::command("Command failed", ["hostnamectl", "set-hostname", name]);
                host.change([diff], act).await?;
            } else {
                let mut diff = Some(diff);
                if stored != name {
                    let text = Source::bytes(format!("{name}\n").into_bytes());
                    host.change(diff.take(), WriteFile::new(b"/etc/hostname", text)).await?;
                }
                if now != name {
                    host.change(diff, Perform::command("Command failed", ["hostname", name])).await?;
                }
            }
        }
        let mut facts = Map::new();
        facts.insert("ansible_hostname".to_owned(), name.split('.').next().unwrap_or("").into());
        facts.insert("ansible_nodename".to_owned(), name.into());
        facts.insert("ansible_fqdn".to_owned(), name.into());
        let domain = name.split_once('.').map_or("", |(_, domain)| domain);
        facts.insert("ansible_domain".to_owned(), Data::from(domain));
        Ok(Outcome { facts: Some(facts), ..Outcome::new().with("name", name) })
    }
}
