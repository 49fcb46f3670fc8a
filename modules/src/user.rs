//! `user`: accounts.

mod arguments;
mod modify;
mod password;

use crate::accounts::{AllGroups, NamedShadow, Shadow, alter, said, tool};
use crate::args::{Choice as _, PathArg};
use crate::group::missing;
use crate::host::{
    Account, Gate, GroupEntry, Host, NamedGroup, NamedUser, Perform, Probe, Read, Reading, Reply, Script,
    Stat, Which,
};
use crate::registry::Module;
use crate::together::together;
use crate::{Data, Fault, Outcome};
use arguments::State;
pub use arguments::User;

static HOME: Script = Script { name: "user_home", text: include_str!("user/home.sh"), needs: &[] };

/// What is known of the account.
struct Found {
    account: Account,
    shadow: Option<Shadow>,
}

/// What the tools said so far.
#[derive(Default)]
struct Said {
    out: String,
    err: String,
    changed: bool,
}

impl Said {
    fn hear(&mut self, reply: &Reply) {
        self.out.push_str(&String::from_utf8_lossy(&reply.out));
        self.err.push_str(&String::from_utf8_lossy(&reply.err));
    }
}

impl Module for User {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        self.check()?;
        let mut outcome = Outcome::new();
        if self.password.as_ref().is_some_and(|p| password::looks_plain(p.reveal())) {
            outcome = outcome.warn(
                "The input password appears not to have been hashed. The 'password' argument must be encrypted for \
                 this module to work properly.",
            );
        }
        if self.append && self.groups.is_none() {
            outcome = outcome.warn(
                "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups.This will \
                 change to an error in Ansible 2.14.",
            );
        }
        let (found, groups) = together(self.find(host), host.ask(AllGroups)).await;
        let (found, groups) = (found?, groups?);
        match self.state {
            State::Absent => self.absent(host, found, outcome).await,
            State::Present => self.present(host, found, &groups, outcome).await,
        }
    }
}

impl User {
    async fn find(&self, host: &Host) -> Result<Option<Found>, Fault> {
        if self.local {
            return self.find_local(host).await;
        }
        let asked = (NamedUser(self.name.clone()), NamedShadow(self.name.clone()));
        let (account, shadow) = host.ask_both(asked.0, asked.1).await?;
        Ok(account.filter(|account| account.name == self.name).map(|account| Found { account, shadow }))
    }

    /// With `local` only what stands in the host's own file counts.
    async fn find_local(&self, host: &Host) -> Result<Option<Found>, Fault> {
        let file = Read::of(b"/etc/passwd", 16 << 20);
        let (reading, shadow) = host.ask_both(file, NamedShadow(self.name.clone())).await?;
        let Reading::Content(bytes) = reading else {
            return Err(Fault::new(
                "'local: true' specified but unable to find local account file /etc/passwd to parse.",
            ));
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let line = text.lines().find(|l| l.split(':').next() == Some(self.name.as_str()));
        let account = line.and_then(|line| {
            let f: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, gecos, home, shell, ..] = f[..] else { return None };
            let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
            let (gecos, home, shell) = (gecos.to_owned(), home.to_owned(), shell.to_owned());
            Some(Account { name: name.to_owned(), uid, gid, gecos, home, shell })
        });
        Ok(account.map(|account| Found { account, shadow }))
    }

    async fn absent(&self, host: &Host, found: Option<Found>, outcome: Outcome) -> Result<Outcome, Fault> {
        let outcome = outcome.with("name", self.name.as_str()).with("state", self.state.name());
        if found.is_none() {
            return Ok(outcome);
        }
        let name = if self.local { "luserdel" } else { "userdel" };
        let (proper, busybox) = self.tools(host, name, "deluser").await?;
        let mut argv = match (proper, busybox) {
            (Some(tool), _) => vec![tool],
            (None, Some(tool)) => vec![tool],
            (None, None) => return Err(missing(name)),
        };
        let plain = argv.first().is_some_and(|tool| tool.ends_with("/deluser"));
        if self.force && !self.local && !plain {
            argv.push("-f".to_owned());
        }
        if self.remove {
            argv.push(if plain { "--remove-home" } else { "-r" }.to_owned());
        }
        argv.push(self.name.clone());
        let Some(reply) = alter(host, tool(argv)).await?.acted() else { return Ok(Outcome::new()) };
        if reply.rc != 0 {
            return Err(self.failure(&reply));
        }
        let mut heard = Said::default();
        heard.hear(&reply);
        Ok(spoken(outcome.with("force", self.force).with("remove", self.remove), &heard))
    }

    async fn present(
        &self,
        host: &Host,
        found: Option<Found>,
        groups: &[GroupEntry],
        mut outcome: Outcome,
    ) -> Result<Outcome, Fault> {
        let mut heard = Said::default();
        outcome = outcome.with("name", self.name.as_str()).with("state", self.state.name());
        let own;
        match &found {
            None => {
                if host.check_mode() {
                    host.foretell([]);
                    return Ok(Outcome { result: Default::default(), ..outcome });
                }
                self.create(host, groups, &mut heard).await?;
                outcome = outcome.with("system", self.system).with("create_home", self.create_home);
                own = self.find(host).await?;
            }
            Some(now) => {
                self.modify(host, now, groups, &mut heard).await?;
                outcome = outcome.with("append", self.append).with("move_home", self.move_home);
                own = if heard.changed && !host.check_mode() { self.find(host).await? } else { None };
            }
        }
        let Some(now) = own.as_ref().or(found.as_ref()) else {
            return Err(
                Fault::new("the account is not there after it was made").with("name", self.name.as_str())
            );
        };
        outcome = self.described(outcome, &now.account);
        self.missing_home(host, &now.account).await?;
        if self.generate_ssh_key {
            outcome = self.key(host, &now.account, outcome).await?;
        }
        self.ageing(host, now.shadow.as_ref(), &mut heard).await?;
        Ok(spoken(outcome, &heard))
    }

    fn described(&self, outcome: Outcome, now: &Account) -> Outcome {
        let mut outcome = outcome
            .with("uid", i64::from(now.uid))
            .with("group", i64::from(now.gid))
            .with("comment", now.gecos.as_str())
            .with("home", now.home.as_str())
            .with("shell", now.shell.as_str());
        if let Some(groups) = &self.groups {
            outcome = outcome.with("groups", groups.join(","));
        }
        if self.password.is_some() {
            outcome = outcome.with("password", "NOT_LOGGING_PASSWORD");
        }
        outcome
    }

    async fn create(&self, host: &Host, groups: &[GroupEntry], heard: &mut Said) -> Result<(), Fault> {
        let name = if self.local { "luseradd" } else { "useradd" };
        let (tools, chpasswd) =
            together(self.tools(host, name, "adduser"), host.ask(Which("chpasswd".to_owned()))).await;
        let (proper, busybox) = tools?;
        if self.password.is_some() && chpasswd?.is_none() {
            return Err(missing("chpasswd"));
        }
        let supplementary = self.supplementary(host, groups).await?;
        if let Some(group) = &self.group
            && self.group_named(host, group, groups).await?.is_none()
        {
            return Err(no_group(group));
        }
        let home = self.home(host).await?;
        match (proper, busybox) {
            (Some(path), _) => {
                let mut lone = None;
                if let Some(home) = home.as_deref().filter(|_| self.create_home) {
                    lone = self.lone_home(host, home).await?.then_some(home);
                }
                let argv = self.useradd(path, groups, &supplementary, home.as_deref());
                self.done(alter(host, tool(argv)).await?, heard)?;
                if let (Some(home), Some(now)) = (lone, self.find(host).await?) {
                    host.change([], self.make_home(home, "", Some(&now.account))).await?;
                }
                if self.local {
                    self.local_groups(host, &supplementary, &[], heard).await?;
                }
            }
            (None, Some(path)) => {
                let argv = self.adduser(path, home.as_deref())?;
                self.done(alter(host, tool(argv)).await?, heard)?;
                for group in &supplementary {
                    let argv = ["addgroup", self.name.as_str(), group.as_str()];
                    self.done(alter(host, tool(argv)).await?, heard)?;
                }
            }
            (None, None) => return Err(missing(name)),
        }
        heard.changed = true;
        if let Some(password) = &self.password {
            let lock = self.password_lock == Some(true);
            self.set_password(host, password.reveal(), lock, heard).await?;
        } else if self.password_lock == Some(true) {
            self.done(alter(host, tool(["passwd", "-l", self.name.as_str()])).await?, heard)?;
        }
        Ok(())
    }

    /// useradd makes no parents: where they are missing the home is made before, with login.defs' umask (as Ansible
    /// does, whatever `umask` says).
    async fn lone_home(&self, host: &Host, home: &str) -> Result<bool, Fault> {
        let parent =
            home.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent });
        if host.ask(Stat::behind(parent.as_bytes())).await?.is_none() {
            host.change([], self.make_home(home, "", None)).await?;
            return Ok(true);
        }
        Ok(false)
    }

    fn make_home(&self, home: &str, umask: &str, owner: Option<&Account>) -> Perform {
        let owner = owner.map(|a| format!("{}:{}", a.uid, a.gid)).unwrap_or_default();
        Perform::script(format!("could not make the home folder {home}"), "user_home", &HOME)
            .arg(home)
            .arg(self.skeleton.clone().unwrap_or_default())
            .arg(umask)
            .arg(owner)
    }

    /// A home that is not there is made, for accounts that were there before too.
    async fn missing_home(&self, host: &Host, now: &Account) -> Result<(), Fault> {
        let home = self.home(host).await?.unwrap_or_else(|| now.home.clone());
        if !self.create_home || home.is_empty() || host.ask(Stat::behind(home.as_bytes())).await?.is_some() {
            return Ok(());
        }
        host.change([], self.make_home(&home, self.umask.as_deref().unwrap_or(""), Some(now))).await.map(drop)
    }

    async fn key(&self, host: &Host, now: &Account, mut outcome: Outcome) -> Result<Outcome, Fault> {
        let file = match &self.ssh_key_file {
            Some(path) => PathArg::new(path.written()),
            None => PathArg::new(format!(".ssh/id_{}", self.ssh_key_type)),
        };
        let path = if file.written().starts_with(['/', '~']) {
            String::from_utf8_lossy(&host.path(&file).await?).into_owned()
        } else {
            format!("{}/{}", now.home, file.written())
        };
        let there = host.ask(Stat::behind(path.as_bytes())).await?.is_some();
        if !there || self.force {
            let comment = match &self.ssh_key_comment {
                Some(comment) => comment.clone(),
                None => {
                    let node = host.ask(Probe::command(["uname", "-n"])).await?.text();
                    format!("ansible-generated on {}", node.trim())
                }
            };
            let owner = format!("{}:{}", now.uid, now.gid);
            let passphrase = self.ssh_key_passphrase.as_ref().map_or("", |p| p.reveal());
            let act = Perform::script("could not make the SSH key", "user_key", &HOME)
                .arg(path.as_str())
                .arg(self.ssh_key_type.as_str())
                .arg(self.ssh_key_bits.filter(|b| *b > 0).map(|b| b.to_string()).unwrap_or_default())
                .arg(comment)
                .arg(owner)
                .arg(if self.force { "1" } else { "" })
                .stdin(passphrase.as_bytes())
                .secret()
                .any_status();
            match alter(host, act).await? {
                Gate::Foretold => return Ok(outcome),
                Gate::Acted(reply) if reply.rc != 0 => {
                    return Err(Fault::new(said(&reply)).with("name", self.name.as_str()));
                }
                Gate::Acted(_) => {}
            }
        }
        let print = Probe::command(["ssh-keygen", "-l", "-f", path.as_str()]);
        let public = Read::of(format!("{path}.pub").as_bytes(), 1 << 20);
        let (print, public) = host.ask_both(print, public).await?;
        let text = if print.rc == 0 { print.text() } else { print.error() };
        outcome = outcome.with("ssh_fingerprint", text.trim()).with("ssh_key_file", path);
        if let Reading::Content(bytes) = public {
            outcome = outcome.with("ssh_public_key", String::from_utf8_lossy(&bytes).trim());
        } else {
            outcome = outcome.with("ssh_public_key", Data::Null);
        }
        Ok(outcome)
    }

    async fn ageing(&self, host: &Host, shadow: Option<&Shadow>, heard: &mut Said) -> Result<(), Fault> {
        let now = shadow.cloned().unwrap_or_default();
        let wanted = [
            ("-m", self.password_expire_min, now.min),
            ("-M", self.password_expire_max, now.max),
            ("-W", self.password_expire_warn, now.warn),
        ];
        let mut argv = vec!["chage".to_owned()];
        for (flag, want, now) in wanted {
            if let Some(days) = want.filter(|days| Some(*days) != now) {
                argv.extend([flag.to_owned(), days.to_string()]);
            }
        }
        if argv.len() == 1 {
            return Ok(());
        }
        if host.ask(Which("chage".to_owned())).await?.is_none() {
            return Err(missing("chage"));
        }
        argv.push(self.name.clone());
        self.done(alter(host, tool(argv)).await?, heard)
    }

    async fn set_password(&self, host: &Host, hash: &str, lock: bool, heard: &mut Said) -> Result<(), Fault> {
        let mark = if lock { "!" } else { "" };
        let line = format!("{}:{mark}{hash}\n", self.name);
        let act = tool(["chpasswd", "-e"]).stdin(line.as_bytes()).secret();
        self.done(alter(host, act).await?, heard)
    }

    /// Takes in what a tool said, or fails with it.
    fn done(&self, gate: Gate, heard: &mut Said) -> Result<(), Fault> {
        heard.changed = true;
        let Gate::Acted(reply) = gate else { return Ok(()) };
        if reply.rc != 0 {
            return Err(self.failure(&reply));
        }
        heard.hear(&reply);
        Ok(())
    }

    fn failure(&self, reply: &Reply) -> Fault {
        Fault::new(said(reply)).with("name", self.name.as_str()).with("rc", i64::from(reply.rc))
    }

    /// The tool of shadow-utils or libuser, and busybox's.
    async fn tools(
        &self,
        host: &Host,
        proper: &str,
        busybox: &str,
    ) -> Result<(Option<String>, Option<String>), Fault> {
        let found = host.ask_all([Which(proper.to_owned()), Which(busybox.to_owned())]).await?;
        let mut found = found.into_iter();
        let (proper, busybox) = (found.next().flatten(), found.next().flatten());
        Ok((proper, busybox.filter(|_| !self.local)))
    }

    async fn home(&self, host: &Host) -> Result<Option<String>, Fault> {
        match &self.home {
            Some(home) => Ok(Some(String::from_utf8_lossy(&host.path(home).await?).into_owned())),
            None => Ok(None),
        }
    }

    /// A group by name or number, of those that the host lists or can find.
    async fn group_named(
        &self,
        host: &Host,
        wanted: &str,
        groups: &[GroupEntry],
    ) -> Result<Option<GroupEntry>, Fault> {
        let number = wanted.parse::<u32>().ok();
        let listed = groups
            .iter()
            .find(|g| g.name == wanted)
            .or_else(|| groups.iter().find(|g| Some(g.gid) == number));
        match listed {
            Some(group) => Ok(Some(group.clone())),
            None => host.ask(NamedGroup(wanted.to_owned())).await,
        }
    }

    /// The names of `groups`, each of which must exist.
    async fn supplementary(&self, host: &Host, groups: &[GroupEntry]) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        for wanted in self.groups.iter().flatten().filter(|g| !g.is_empty()) {
            let group = self.group_named(host, wanted, groups).await?.ok_or_else(|| no_group(wanted))?;
            if !names.contains(&group.name) {
                names.push(group.name);
            }
        }
        Ok(names)
    }
}

fn no_group(name: &str) -> Fault {
    Fault::new(format!("Group {name} does not exist"))
}

fn spoken(mut outcome: Outcome, heard: &Said) -> Outcome {
    for (name, text) in [("stdout", &heard.out), ("stderr", &heard.err)] {
        if !text.is_empty() {
            outcome = outcome.with(name, text.as_str());
        }
    }
    outcome
}
