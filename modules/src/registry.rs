//! The modules that impel has: the only list.

use crate::args::{Args, Schema, parse};
use crate::host::Host;
use crate::{Fault, Map, Outcome};
use std::future::Future;
use std::pin::Pin;

/// A module's work on one host, started.
pub type Running = Pin<Box<dyn Future<Output = Result<Outcome, Fault>>>>;

/// What a task module is: typed arguments, and a conversation with one host.
pub trait Module: Args + 'static {
    /// Does the work. Awaits nothing but the host.
    fn run(self, host: &Host) -> impl Future<Output = Result<Outcome, Fault>>;
}

/// What the engine must know about a module before it runs.
pub struct ModuleDef {
    /// Its name, without a collection.
    pub name: &'static str,
    /// Its arguments and documentation.
    pub schema: fn() -> Schema,
    /// Parses the arguments and starts it.
    pub run: fn(Map, Host) -> Running,
    /// It acts each time that it runs (`command`): never started ahead of its turn.
    pub always_acts: bool,
    /// Its result may hold facts: nothing that reads variables is started behind it before it has ended.
    pub sets_facts: bool,
    /// What it takes besides `k=v`: free text arrives as the argument `_raw_params`.
    pub free_form: bool,
    /// What it does in check mode.
    pub check_mode: CheckMode,
}

impl ModuleDef {
    const fn plain(name: &'static str, schema: fn() -> Schema, run: fn(Map, Host) -> Running) -> ModuleDef {
        ModuleDef {
            name,
            schema,
            run,
            always_acts: false,
            sets_facts: false,
            free_form: false,
            check_mode: CheckMode::Full,
        }
    }
}

/// What a module does in check mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckMode {
    /// Foretells as it would change.
    Full,
    /// Foretells in some cases, else it is skipped.
    Partial,
    /// Does not run: it is skipped, and says so.
    None,
}

/// Parses and starts; the `run` of most modules.
fn run<M: Module>(name: &'static str, args: Map, host: Host) -> Running {
    // There `shell` is an action that hands on to `command`, which then says its full name.
    let said = match name {
        "command" | "shell" => "ansible.legacy.command",
        "copy" => "ansible.legacy.copy",
        name => name,
    };
    Box::pin(async move { parse::<M>(said, args)?.run(&host).await })
}

macro_rules! modules {
    ($($name:literal $type:ty $({ $($flag:ident : $value:expr),* $(,)? })?;)*) => {
        static MODULES: &[ModuleDef] = &[$(ModuleDef {
            $($($flag: $value,)*)?
            ..ModuleDef::plain($name, <$type as Args>::schema, |args, host| run::<$type>($name, args, host))
        }),*];
    };
}

modules! {
    "apt" crate::apt::Apt;
    "assemble" crate::assemble::Assemble;
    "blockinfile" crate::blockinfile::Blockinfile;
    "command" crate::command::Command { always_acts: true, free_form: true, check_mode: CheckMode::Partial };
    "copy" crate::copy::Copy;
    "cron" crate::cron::Cron;
    "fetch" crate::fetch::Fetch { check_mode: CheckMode::None };
    "file" crate::file::File;
    "find" crate::find::Find;
    "get_url" crate::get_url::GetUrl;
    "getent" crate::getent::Getent { sets_facts: true };
    "group" crate::group::Group;
    "hostname" crate::hostname::Hostname { sets_facts: true };
    "known_hosts" crate::known_hosts::KnownHosts;
    "lineinfile" crate::lineinfile::Lineinfile;
    "package" crate::package::PackageModule;
    "ping" crate::ping::Ping;
    "raw" crate::command::RawCommand { always_acts: true, free_form: true, check_mode: CheckMode::Partial };
    "reboot" crate::reboot::Reboot { always_acts: true };
    "replace" crate::replace::Replace;
    "script" crate::script::Script { always_acts: true, free_form: true, check_mode: CheckMode::Partial };
    "service" crate::service::Service;
    "setup" crate::setup::Setup { sets_facts: true };
    "shell" crate::command::Shell { always_acts: true, free_form: true, check_mode: CheckMode::Partial };
    "slurp" crate::slurp::Slurp;
    "stat" crate::stat::StatModule;
    "systemd" crate::systemd::Systemd;
    "systemd_service" crate::systemd::Systemd;
    "tempfile" crate::tempfile::Tempfile { always_acts: true, check_mode: CheckMode::None };
    "unarchive" crate::unarchive::Unarchive;
    "user" crate::user::User;
    "wait_for" crate::wait_for::WaitFor { always_acts: true, check_mode: CheckMode::None };
    "wait_for_connection" crate::wait_for_connection::WaitForConnection { always_acts: true };
}

/// Collections whose modules are these.
const OURS: [&str; 2] = ["ansible.builtin.", "ansible.legacy."];

/// The module of this name, with or without its collection.
pub fn find(name: &str) -> Option<&'static ModuleDef> {
    let short = OURS.iter().find_map(|ours| name.strip_prefix(ours)).unwrap_or(name);
    MODULES.iter().find(|module| module.name == short)
}

/// All modules, in order of name.
pub fn all() -> &'static [ModuleDef] {
    MODULES
}

/// The module that was perhaps meant.
pub fn suggest(name: &str) -> Option<&'static str> {
    nearest(name, MODULES.iter().map(|m| m.name))
}

/// The word nearest to a mistyped one, if it is near.
pub fn nearest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = words.into_iter().map(|w| (strsim::damerau_levenshtein(word, w), w)).min()?;
    (near.0 <= (word.chars().count() / 3).max(1)).then_some(near.1)
}
