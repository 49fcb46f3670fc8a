//! `group`: groups of users.

use crate::accounts::{alter, said, tool};
use crate::args::Choice as _;
use crate::host::{GroupEntry, Host, NamedGroup, Which};
use crate::registry::Module;
use crate::together::together;
use crate::{Args, Choice, Fault, Outcome};

/// Manage the presence of groups on a host.
#[derive(Args)]
#[args(required_if("non_unique", true, all("gid")))]
pub struct Group {
    /// Name of the group to manage.
    name: String,
    /// Whether the group should be there or not.
    #[arg(default = "present")]
    state: State,
    /// The number of the group.
    gid: Option<i64>,
    /// Whether a group that is created is a system group.
    #[arg(default = false)]
    system: bool,
    /// Use the tools of libuser (`lgroupadd` and its kin), for hosts with accounts from elsewhere.
    #[arg(default = false)]
    local: bool,
    /// Allow a number that another group has.
    #[arg(default = false)]
    non_unique: bool,
    /// Delete a group even if it is the primary group of a user, where the host's tool can.
    #[arg(default = false)]
    force: bool,
    /// The smallest number for a new group, in place of login.defs'.
    gid_min: Option<i64>,
    /// The largest number for a new group, in place of login.defs'.
    gid_max: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum State {
    Absent,
    Present,
}

impl Module for Group {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if self.local && self.gid_min.is_some() {
            return Err(Fault::at("gid_min", "'gid_min' can not be used with 'local'"));
        }
        if self.local && self.gid_max.is_some() {
            return Err(Fault::at("gid_max", "'gid_max' can not be used with 'local'"));
        }
        let found = self.find(host).await?;
        let argv = match (&found, self.state) {
            (None, State::Present) => Some(self.add(host).await?),
            (Some(now), State::Present) => self.modify(host, now).await?,
            (Some(_), State::Absent) => Some(self.delete(host).await?),
            (None, State::Absent) => None,
        };
        let mut outcome = Outcome::new().with("name", self.name.as_str()).with("state", self.state.name());
        let mut now = found.clone();
        if let Some(argv) = argv {
            let Some(reply) = alter(host, tool(argv)).await?.acted() else {
                // Nothing but `changed` is told of what is yet to come or go.
                return match (&found, self.state) {
                    (Some(found), State::Present) => Ok(self.present(outcome, found)),
                    _ => Ok(Outcome::new()),
                };
            };
            if reply.rc != 0 {
                return Err(Fault::new(said(&reply)).with("name", self.name.as_str()));
            }
            for (name, text) in [("stdout", &reply.out), ("stderr", &reply.err)] {
                if !text.is_empty() {
                    outcome = outcome.with(name, String::from_utf8_lossy(text).into_owned());
                }
            }
            if self.state == State::Present {
                now = self.find(host).await?;
            }
        }
        match now.filter(|_| self.state == State::Present) {
            Some(now) => Ok(self.present(outcome, &now)),
            None => Ok(outcome),
        }
    }
}

impl Group {
    /// The database also answers to numbers: only the name counts here.
    async fn find(&self, host: &Host) -> Result<Option<GroupEntry>, Fault> {
        Ok(host.ask(NamedGroup(self.name.clone())).await?.filter(|group| group.name == self.name))
    }

    fn present(&self, outcome: Outcome, now: &GroupEntry) -> Outcome {
        outcome.with("system", self.system).with("gid", i64::from(now.gid))
    }

    async fn add(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let wanted = if self.local { "lgroupadd" } else { "groupadd" };
        let (tool, busybox) =
            together(host.ask(Which(wanted.to_owned())), host.ask(Which("addgroup".to_owned()))).await;
        let gid = self.gid.map(|gid| gid.to_string());
        let mut argv;
        if let Some(tool) = tool? {
            argv = vec![tool];
            if let Some(gid) = gid {
                argv.extend(["-g".to_owned(), gid]);
                if self.non_unique {
                    argv.push("-o".to_owned());
                }
            }
            if self.system {
                argv.push("-r".to_owned());
            }
            for (key, value) in [("GID_MIN", self.gid_min), ("GID_MAX", self.gid_max)] {
                if let Some(value) = value {
                    argv.extend(["-K".to_owned(), format!("{key}={value}")]);
                }
            }
        } else if let Some(tool) = busybox?.filter(|_| !self.local) {
            argv = vec![tool];
            if self.non_unique {
                return Err(Fault::at("non_unique", "this host's addgroup cannot give a number twice"));
            }
            if let Some(gid) = gid {
                argv.extend(["-g".to_owned(), gid]);
            }
            if self.system {
                argv.push("-S".to_owned());
            }
        } else {
            return Err(missing(wanted));
        }
        argv.push(self.name.clone());
        Ok(argv)
    }

    async fn modify(&self, host: &Host, now: &GroupEntry) -> Result<Option<Vec<String>>, Fault> {
        let Some(gid) = self.gid.filter(|gid| *gid != i64::from(now.gid)) else { return Ok(None) };
        let wanted = if self.local { "lgroupmod" } else { "groupmod" };
        let tool = host.ask(Which(wanted.to_owned())).await?.ok_or_else(|| missing(wanted))?;
        let mut argv = vec![tool, "-g".to_owned(), gid.to_string()];
        if self.non_unique {
            argv.push("-o".to_owned());
        }
        argv.push(self.name.clone());
        Ok(Some(argv))
    }

    async fn delete(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let wanted = if self.local { "lgroupdel" } else { "groupdel" };
        let (tool, busybox) =
            together(host.ask(Which(wanted.to_owned())), host.ask(Which("delgroup".to_owned()))).await;
        let mut argv = match (tool?, busybox?.filter(|_| !self.local)) {
            (Some(tool), _) => vec![tool],
            (None, Some(tool)) => return Ok(vec![tool, self.name.clone()]),
            (None, None) => return Err(missing(wanted)),
        };
        if self.force && !self.local {
            argv.push("-f".to_owned());
        }
        argv.push(self.name.clone());
        Ok(argv)
    }
}

/// A tool that the host lacks.
pub(crate) fn missing(tool: &str) -> Fault {
    Fault::new(format!("Failed to find required executable \"{tool}\""))
        .with_hint(Some("install it on the host, or leave out what needs it".to_owned()))
}
