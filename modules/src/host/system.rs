//! The closed set of typed questions: those about the host itself: accounts, programs, packages, units, its clock.

use super::ask::{Framing, Lane, Part, Question};
use super::pipe::Script;
use super::questions::{GLOB, line};
use crate::{Fault, Map};
use std::str::FromStr;

static ACCOUNT: Script = Script { name: "ask_account", text: include_str!("ask/account.sh"), needs: &[] };
static SYSTEM: Script = Script { name: "ask_system", text: include_str!("ask/system.sh"), needs: &[] };

/// An entry of the user database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// Number.
    pub uid: u32,
    /// Number of the primary group.
    pub gid: u32,
    /// Comment.
    pub gecos: String,
    /// Home folder.
    pub home: String,
    /// Login shell.
    pub shell: String,
}

/// An entry of the group database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupEntry {
    /// Its name.
    pub name: String,
    /// Number.
    pub gid: u32,
    /// Members (not those whose primary group it is).
    pub members: Vec<String>,
}

/// The user of this name or number; `None` where there is none.
#[derive(Clone, Debug)]
pub struct NamedUser(pub String);

/// The group of this name or number; `None` where there is none.
#[derive(Clone, Debug)]
pub struct NamedGroup(pub String);

fn account_lane(database: &str) -> Lane {
    Lane { fixed: vec![database.into()], ..Lane::new("ask_account", &ACCOUNT) }
}

impl Question for NamedUser {
    type Answer = Option<Account>;

    fn lane(&self) -> Lane {
        account_lane("passwd")
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Option<Account>, Fault> {
        let text = part.text();
        let fields: Vec<&str> = text.lines().next().unwrap_or_default().split(':').collect();
        let [name, _, uid, gid, gecos, home, shell, ..] = fields.as_slice() else { return Ok(None) };
        let (Ok(uid), Ok(gid)) = (uid.parse(), gid.parse()) else { return Ok(None) };
        Ok(Some(Account {
            name: (*name).into(),
            uid,
            gid,
            gecos: (*gecos).into(),
            home: (*home).into(),
            shell: (*shell).into(),
        }))
    }
}

impl Question for NamedGroup {
    type Answer = Option<GroupEntry>;

    fn lane(&self) -> Lane {
        account_lane("group")
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Option<GroupEntry>, Fault> {
        let text = part.text();
        let fields: Vec<&str> = text.lines().next().unwrap_or_default().split(':').collect();
        let [name, _, gid, members, ..] = fields.as_slice() else { return Ok(None) };
        let Ok(gid) = gid.parse() else { return Ok(None) };
        let members = members.split(',').filter(|m| !m.is_empty()).map(str::to_string).collect();
        Ok(Some(GroupEntry { name: (*name).into(), gid, members }))
    }
}

/// Who we are on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Myself {
    /// User number.
    pub uid: u32,
    /// User name, where there is one.
    pub user: String,
    /// Group number.
    pub gid: u32,
    /// Group name, where there is one.
    pub group: String,
    /// The user's own umask.
    pub umask: u32,
    /// Home folder.
    pub home: Vec<u8>,
    /// Where relative paths start.
    pub folder: Vec<u8>,
}

/// Asks who we are.
#[derive(Clone, Copy, Debug)]
pub struct Me;

impl Question for Me {
    type Answer = Myself;

    fn lane(&self) -> Lane {
        Lane::new("ask_me", &ACCOUNT)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn read(&self, part: Part) -> Result<Myself, Fault> {
        let lines: Vec<&[u8]> = part.out.split(|b| *b == b'\n').collect();
        let wrong = || Fault::new(format!("could not find out who we are there: {}", part.error().trim()));
        let [uid, user, gid, group, umask, home, folder, ..] = lines.as_slice() else { return Err(wrong()) };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Myself {
            uid: number(uid).ok_or_else(wrong)?,
            user: text(user),
            gid: number(gid).ok_or_else(wrong)?,
            group: text(group),
            umask: u32::from_str_radix(&text(umask), 8).unwrap_or(0o022),
            home: home.to_vec(),
            folder: folder.to_vec(),
        })
    }
}

/// The value of an environment variable of ours there; `None` where it is not set.
#[derive(Clone, Debug)]
pub struct Variables(String);

impl Variables {
    /// Of this variable; names that no shell has are never set.
    pub fn named(name: &str) -> Option<Variables> {
        let plain = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        plain.then(|| Variables(name.to_string()))
    }
}

impl Question for Variables {
    type Answer = Option<Vec<u8>>;

    fn lane(&self) -> Lane {
        Lane::new("ask_variables", &ACCOUNT)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Option<Vec<u8>>, Fault> {
        let value = part.out.strip_suffix(b".\n").map(<[u8]>::to_vec);
        Ok(value.filter(|_| part.rc == 0))
    }
}

/// Where a program is; `None` where the host lacks it.
#[derive(Clone, Debug)]
pub struct Which(pub String);

impl Question for Which {
    type Answer = Option<String>;

    fn lane(&self) -> Lane {
        Lane::new("ask_which", &ACCOUNT)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Option<String>, Fault> {
        Ok((part.rc == 0).then(|| String::from_utf8_lossy(line(&part.out)).into_owned()))
    }
}

/// What dpkg knows of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub arch: String,
    /// Its version.
    pub version: String,
    /// dpkg's three letters: `ii `.
    pub status: String,
    /// What it provides.
    pub provides: String,
}

impl Package {
    /// Installed whole.
    pub fn is_installed(&self) -> bool {
        self.status.get(1..2) == Some("i")
    }
}

/// dpkg's entries for a name (several architectures may answer).
#[derive(Clone, Debug)]
pub struct Packages(pub String);

impl Question for Packages {
    type Answer = Vec<Package>;

    fn lane(&self) -> Lane {
        Lane { framing: Framing::Whole, ..Lane::new("ask_packages", &SYSTEM) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Vec<Package>, Fault> {
        let text = part.text();
        let wanted = self.0.split(':').next().unwrap_or_default();
        let mut found = Vec::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.splitn(5, '|').collect();
            let [name, arch, version, status, provides] = fields.as_slice() else { continue };
            if *name == wanted {
                found.push(Package {
                    name: (*name).into(),
                    arch: (*arch).into(),
                    version: (*version).into(),
                    status: (*status).into(),
                    provides: (*provides).into(),
                });
            }
        }
        Ok(found)
    }
}

/// systemd's properties of a unit (`LoadState` is `not-found` where there is none).
#[derive(Clone, Debug)]
pub struct Unit(pub String);

impl Question for Unit {
    type Answer = Map;

    fn lane(&self) -> Lane {
        Lane::new("ask_unit", &SYSTEM)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Map, Fault> {
        if part.rc != 0 {
            return Err(Fault::new(format!("could not ask systemd for {}: {}", self.0, part.error().trim())));
        }
        let mut map = Map::new();
        let mut last: Option<String> = None;
        for line in part.text().lines() {
            match line.split_once('=') {
                Some((name, value)) if name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                    map.insert(name.to_string(), value.into());
                    last = Some(name.to_string());
                }
                // A value of several lines.
                _ => {
                    if let Some(value) = last.as_ref().and_then(|name| map.get_mut(name)) {
                        *value = format!("{}\n{line}", value.as_str().unwrap_or_default()).into();
                    }
                }
            }
        }
        Ok(map)
    }
}

/// Seconds that the host's clock is ahead of UTC.
#[derive(Clone, Copy, Debug)]
pub struct Zone;

impl Question for Zone {
    type Answer = i64;

    fn lane(&self) -> Lane {
        Lane::new("ask_zone", &GLOB)
    }

    fn words(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn read(&self, part: Part) -> Result<i64, Fault> {
        let text = part.text();
        let (sign, digits) = text.trim().split_at_checked(1).unwrap_or(("+", "0"));
        let number: i64 = digits.parse().unwrap_or(0);
        let seconds = number / 100 * 3600 + number % 100 * 60;
        Ok(if sign == "-" { -seconds } else { seconds })
    }
}

fn number<T: FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}
