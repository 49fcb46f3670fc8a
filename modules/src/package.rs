//! `package`: packages, by whichever manager the host has.

use crate::apt::Apt;
use crate::args::{Raw, parse};
use crate::host::{Host, Which};
use crate::registry::Module;
use crate::{Args, Fault, Map, Outcome};

/// Manage packages with the host's own package manager.
#[derive(Args)]
pub struct PackageModule {
    /// The packages.
    name: Raw,
    /// Whether they should be there: `present`, `absent`, and what the manager itself knows (`latest`).
    state: Option<Raw>,
    /// The manager's module; `auto` finds it out.
    #[arg(name = "use", default = "auto")]
    manager: String,
}

impl Module for PackageModule {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let name = self.manager.rsplit('.').next().unwrap_or("auto").to_owned();
        let manager = match name.as_str() {
            "auto" => found_manager(host).await?,
            _ => name,
        };
        if manager != "apt" {
            return Err(Fault::at("use", format!("packages of '{manager}' cannot be managed yet"))
                .with_hint(Some("impel knows apt so far; use the command module for others".to_owned())));
        }
        let mut args = Map::new();
        args.insert("name".to_owned(), self.name.0);
        if let Some(state) = self.state {
            args.insert("state".to_owned(), state.0);
        }
        parse::<Apt>("apt", args)?.run(host).await
    }
}

/// The manager that the host has.
async fn found_manager(host: &Host) -> Result<String, Fault> {
    let known = [
        ("apt-get", "apt"),
        ("dnf5", "dnf5"),
        ("dnf", "dnf"),
        ("yum", "yum"),
        ("zypper", "zypper"),
        ("apk", "apk"),
        ("pacman", "pacman"),
        ("emerge", "portage"),
        ("xbps-install", "xbps"),
        ("opkg", "opkg"),
    ];
    let found = host.ask_all(known.map(|(program, _)| Which(program.to_owned()))).await?;
    let first = known.iter().zip(found).find(|(_, path)| path.is_some());
    first.map(|((_, name), _)| (*name).to_owned()).ok_or_else(|| {
        Fault::new("Could not detect which package manager to use. Try gathering facts or setting the \"use\" option.")
    })
}
