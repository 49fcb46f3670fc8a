//! Commands that make and change accounts, from what is there and what is wanted.

use super::arguments::Update;
use super::{Found, Said, User, no_group};
use crate::Fault;
use crate::accounts::{alter, tool};
use crate::group::missing;
use crate::host::{GroupEntry, Host, Which};

impl User {
    /// The arguments of useradd, or of luseradd.
    pub(super) fn useradd(
        &self,
        path: String,
        groups: &[GroupEntry],
        supplementary: &[String],
        home: Option<&str>,
    ) -> Vec<String> {
        let mut argv = vec![path];
        let mut put = |words: &[&str]| argv.extend(words.iter().map(|w| (*w).to_owned()));
        if let Some(uid) = self.uid {
            put(&["-u", &uid.to_string()]);
            if self.non_unique {
                put(&["-o"]);
            }
        }
        if let Some(seuser) = &self.seuser {
            put(&["-Z", seuser]);
        }
        if let Some(group) = &self.group {
            put(&["-g", group]);
        } else if groups.iter().any(|g| g.name == self.name) {
            // A group of that name is there: it is not the user's own.
            if self.local { put(&["-n"]) } else { put(&["-N"]) }
        }
        if !supplementary.is_empty() && !self.local {
            put(&["-G", &supplementary.join(",")]);
        }
        if let Some(comment) = &self.comment {
            put(&["-c", comment]);
        }
        if let Some(home) = home {
            put(&["-d", home]);
        }
        if let Some(shell) = &self.shell {
            put(&["-s", shell.written()]);
        }
        if let Some(expires) = self.expires.filter(|_| !self.local) {
            put(&["-e", &date(expires)]);
        }
        if self.create_home {
            if !self.local {
                put(&["-m"]);
            }
            if let Some(skeleton) = &self.skeleton {
                put(&["-k", skeleton]);
            }
            if let Some(umask) = &self.umask {
                put(&["-K", &format!("UMASK={umask}")]);
            }
        } else {
            put(&["-M"]);
        }
        if self.system {
            put(&["-r"]);
        }
        if let Some(days) = self.password_expire_account_disable.filter(|_| !self.local) {
            put(&["-f", &days.to_string()]);
        }
        for (key, value) in [("UID_MIN", self.uid_min), ("UID_MAX", self.uid_max)] {
            if let Some(value) = value {
                put(&["-K", &format!("{key}={value}")]);
            }
        }
        argv.push(self.name.clone());
        argv
    }

    /// The arguments of busybox's adduser, which knows less.
    pub(super) fn adduser(&self, path: String, home: Option<&str>) -> Result<Vec<String>, Fault> {
        let cannot = [
            ("non_unique", self.non_unique),
            ("expires", self.expires.is_some()),
            ("seuser", self.seuser.is_some()),
            ("uid_min", self.uid_min.is_some()),
            ("uid_max", self.uid_max.is_some()),
            ("password_expire_account_disable", self.password_expire_account_disable.is_some()),
        ];
        if let Some((name, _)) = cannot.iter().find(|(_, given)| *given) {
            let hint = "install the shadow tools on the host".to_owned();
            return Err(Fault::at(name, format!("this host's adduser (busybox) cannot do '{name}'"))
                .with_hint(Some(hint)));
        }
        let mut argv = vec![path, "-D".to_owned()];
        let mut put = |words: &[&str]| argv.extend(words.iter().map(|w| (*w).to_owned()));
        if let Some(uid) = self.uid {
            put(&["-u", &uid.to_string()]);
        }
        if let Some(group) = &self.group {
            put(&["-G", group]);
        }
        if let Some(comment) = &self.comment {
            put(&["-g", comment]);
        }
        if let Some(home) = home {
            put(&["-h", home]);
        }
        if let Some(shell) = &self.shell {
            put(&["-s", shell.written()]);
        }
        if !self.create_home {
            put(&["-H"]);
        }
        if let Some(skeleton) = &self.skeleton {
            put(&["-k", skeleton]);
        }
        if self.system {
            put(&["-S"]);
        }
        argv.push(self.name.clone());
        Ok(argv)
    }

    /// Brings an account that is there to what is wanted.
    pub(super) async fn modify(
        &self,
        host: &Host,
        found: &Found,
        groups: &[GroupEntry],
        heard: &mut Said,
    ) -> Result<(), Fault> {
        let now = &found.account;
        let mut flags: Vec<String> = Vec::new();
        let mut put = |words: &[&str]| flags.extend(words.iter().map(|w| (*w).to_owned()));
        if let Some(uid) = self.uid.filter(|uid| *uid != i64::from(now.uid)) {
            put(&["-u", &uid.to_string()]);
            if self.non_unique {
                put(&["-o"]);
            }
        }
        if let Some(wanted) = &self.group {
            let group = self.group_named(host, wanted, groups).await?.ok_or_else(|| no_group(wanted))?;
            if group.gid != now.gid {
                put(&["-g", &group.gid.to_string()]);
            }
        }
        let memberships = self.memberships(host, now.gid, groups).await?;
        if let Some((add, _)) = memberships.as_ref().filter(|_| !self.local) {
            if self.append {
                put(&["-a"]);
            }
            put(&["-G", &add.join(",")]);
        }
        if let Some(comment) = self.comment.as_ref().filter(|c| **c != now.gecos) {
            put(&["-c", comment]);
        }
        if let Some(home) = self.home(host).await?.filter(|home| *home != now.home) {
            put(&["-d", &home]);
            if self.move_home {
                put(&["-m"]);
            }
        }
        if let Some(shell) = self.shell.as_ref().filter(|s| s.written() != now.shell) {
            put(&["-s", shell.written()]);
        }
        let shadow = found.shadow.clone().unwrap_or_default();
        if let Some(wanted) = self.expires {
            let current = shadow.expires.filter(|day| *day >= 0);
            let day = (wanted >= 0.0).then_some((wanted / 86400.0).floor() as i64);
            if day != current {
                put(&["-e", &date(wanted)]);
            }
        }
        let locked = shadow.password.starts_with('!');
        if self.password_lock == Some(true) && !locked {
            put(&["-L"]);
        } else if self.password_lock == Some(false) && locked {
            put(&["-U"]);
        }
        if let Some(days) = self.password_expire_account_disable.filter(|days| Some(*days) != shadow.inactive)
        {
            put(&["-f", &days.to_string()]);
        }
        let password = self.password.as_ref().map(|p| p.reveal()).filter(|wanted| {
            self.update_password == Update::Always
                && wanted.trim_start_matches('!') != shadow.password.trim_start_matches('!')
        });
        let groups_alone = self.local && memberships.is_some();
        if flags.is_empty() && password.is_none() && !groups_alone {
            return Ok(());
        }
        if !flags.is_empty() {
            let name = if self.local { "lusermod" } else { "usermod" };
            let mut argv = vec![host.ask(Which(name.to_owned())).await?.ok_or_else(|| missing(name))?];
            argv.append(&mut flags);
            argv.push(self.name.clone());
            self.done(alter(host, tool(argv)).await?, heard)?;
        }
        if let Some((add, remove)) = memberships.filter(|_| self.local) {
            self.local_groups(host, &add, &remove, heard).await?;
        }
        if let Some(password) = password {
            let lock = self.password_lock == Some(true);
            self.set_password(host, password, lock, heard).await?;
        }
        Ok(())
    }

    /// The groups to be given to usermod and those to be left, where anything differs.
    async fn memberships(
        &self,
        host: &Host,
        primary: u32,
        groups: &[GroupEntry],
    ) -> Result<Option<(Vec<String>, Vec<String>)>, Fault> {
        if self.groups.is_none() {
            return Ok(None);
        }
        let wanted = self.supplementary(host, groups).await?;
        let current: Vec<&String> = groups
            .iter()
            .filter(|g| g.members.contains(&self.name) && (g.gid != primary || wanted.contains(&g.name)))
            .map(|g| &g.name)
            .collect();
        // Being in one's primary group needs no entry.
        let own = groups.iter().find(|g| g.gid == primary).map(|g| &g.name);
        let lacking = wanted.iter().any(|g| !current.contains(&g) && Some(g) != own);
        let surplus: Vec<String> = current.into_iter().filter(|g| !wanted.contains(g)).cloned().collect();
        let differs = lacking || (!self.append && !surplus.is_empty());
        Ok(differs.then_some((wanted, if self.append { Vec::new() } else { surplus })))
    }

    /// libuser keeps memberships with the groups.
    pub(super) async fn local_groups(
        &self,
        host: &Host,
        add: &[String],
        remove: &[String],
        heard: &mut Said,
    ) -> Result<(), Fault> {
        for (flag, groups) in [("-M", add), ("-m", remove)] {
            for group in groups {
                let name = "lgroupmod";
                let path = host.ask(Which(name.to_owned())).await?.ok_or_else(|| missing(name))?;
                let argv = [path.as_str(), flag, self.name.as_str(), group.as_str()];
                self.done(alter(host, tool(argv)).await?, heard)?;
            }
        }
        Ok(())
    }
}

/// A day as useradd wants it; empty for never.
fn date(epoch: f64) -> String {
    if epoch < 0.0 {
        return String::new();
    }
    let days = (epoch / 86400.0).floor() as i64;
    crate::calendar::date(days)
}
