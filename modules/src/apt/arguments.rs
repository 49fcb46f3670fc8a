//! What `apt` takes.

use crate::args::PathArg;
use crate::{Args, Choice};

/// Manage packages with apt, as on Debian and Ubuntu. `apt-get` does the work, also where Ansible would use
/// aptitude; neither is Python needed on the host.
#[derive(Args)]
#[args(mutually_exclusive("deb", "package", "upgrade"))]
#[args(required_one_of("autoremove", "autoclean", "clean", "deb", "package", "update_cache", "upgrade"))]
pub struct Apt {
    /// Packages: `foo`, `foo=1.0`, `foo=1.0*`, `foo>=1.0`, `foo*`; `*` is all installed ones.
    #[arg(name = "package", alias("pkg", "name"))]
    pub(super) name: Option<Vec<String>>,
    /// What is wanted of them.
    #[arg(default = "present")]
    pub(super) state: State,
    /// Fetch the package lists first.
    #[arg(alias("update-cache"))]
    pub(super) update_cache: Option<bool>,
    /// How often fetching is tried again.
    #[arg(default = 5)]
    pub(super) update_cache_retries: i64,
    /// The longest pause between tries, in seconds.
    #[arg(default = 12)]
    pub(super) update_cache_retry_max_delay: i64,
    /// Fetch the lists only where they are older than so many seconds.
    #[arg(default = 0)]
    pub(super) cache_valid_time: i64,
    /// Remove configuration files too.
    #[arg(default = false)]
    pub(super) purge: bool,
    /// The release that packages come from.
    #[arg(alias("default-release"))]
    pub(super) default_release: Option<String>,
    /// Install recommended packages too; without it apt's own configuration decides.
    #[arg(alias("install-recommends"))]
    pub(super) install_recommends: Option<bool>,
    /// `--force-yes`: dangerous.
    #[arg(default = false)]
    pub(super) force: bool,
    /// Forget fetched packages.
    #[arg(default = false)]
    pub(super) clean: bool,
    /// Install packages that cannot be authenticated.
    #[arg(default = false, alias("allow-unauthenticated"))]
    pub(super) allow_unauthenticated: bool,
    /// Let a version replace a later one.
    #[arg(default = false, alias("allow-downgrade", "allow_downgrades", "allow-downgrades"))]
    pub(super) allow_downgrade: bool,
    /// Let packages on hold change.
    #[arg(default = false)]
    pub(super) allow_change_held_packages: bool,
    /// Upgrade everything.
    #[arg(default = "no")]
    pub(super) upgrade: Upgrade,
    /// Options for dpkg, with commas between.
    #[arg(default = "force-confdef,force-confold")]
    pub(super) dpkg_options: String,
    /// A `.deb` on the host, or its URL.
    pub(super) deb: Option<PathArg>,
    /// Remove dependencies that nothing needs any more.
    #[arg(default = false)]
    pub(super) autoremove: bool,
    /// Forget fetched packages that can no longer be had.
    #[arg(default = false)]
    pub(super) autoclean: bool,
    /// What policy-rc.d answers meanwhile: 101 keeps services from starting.
    pub(super) policy_rc_d: Option<i64>,
    /// Only upgrade what is installed.
    #[arg(default = false)]
    pub(super) only_upgrade: bool,
    /// Fail where anything would be removed.
    #[arg(default = false)]
    pub(super) fail_on_autoremove: bool,
    /// Always so here.
    #[arg(default = false)]
    #[expect(dead_code, reason = "apt-get is all that impel uses")]
    force_apt_get: bool,
    /// How many seconds to wait for another apt to end.
    #[arg(default = 60)]
    pub(super) lock_timeout: i64,
    /// Nothing needs to be installed for this module.
    #[arg(default = true)]
    #[expect(dead_code, reason = "Python's bindings of apt are not used")]
    auto_install_module_deps: bool,
}

/// What is wanted of packages.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(super) enum State {
    Absent,
    #[choice("build-dep")]
    BuildDep,
    Fixed,
    Latest,
    Present,
}

/// How everything is upgraded.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(super) enum Upgrade {
    Dist,
    Full,
    No,
    Safe,
    Yes,
}

impl Upgrade {
    /// None for `no`.
    pub(super) fn mode(self) -> Option<Upgrade> {
        (self != Upgrade::No).then_some(self)
    }
}
