//! The attributes that every module that writes files can set: owner, group, mode, flags.

use crate::args::{Args as _, Mode};
use crate::host::{Attributes, Host, NamedGroup, NamedUser, Probe, Stat, Status, join};
use crate::{Args, Data, Fault, Map};

/// Where the kernel has SELinux.
const SELINUX: &[u8] = b"/sys/fs/selinux/enforce";

/// What a task may ask of a file's attributes.
#[derive(Args, Clone, Debug)]
pub struct FileAttributes {
    /// The permissions the resulting filesystem object should have: octal (`'0644'`) or symbolic (`u=rwX,g=rX,o=`).
    pub mode: Option<Mode>,
    /// Name or number of the user that should own the filesystem object.
    pub owner: Option<String>,
    /// Name or number of the group that should own the filesystem object.
    pub group: Option<String>,
    /// The user part of the SELinux context.
    pub seuser: Option<String>,
    /// The role part of the SELinux context.
    pub serole: Option<String>,
    /// The level part of the SELinux context.
    pub selevel: Option<String>,
    /// The type part of the SELinux context.
    pub setype: Option<String>,
    /// The flags it should have, in the order of `lsattr`; an operator (`=` is the default) may come first.
    #[arg(alias("attr"))]
    pub attributes: Option<String>,
    /// Write in place where the system does not let a file be replaced at once.
    #[arg(default = false)]
    pub unsafe_writes: bool,
}

/// The same with names looked up on the host.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Owner's number.
    pub uid: Option<u32>,
    /// Group's number.
    pub gid: Option<u32>,
    /// Mode.
    pub mode: Option<Mode>,
    /// The user's umask there, for symbolic modes that name no one.
    pub umask: u32,
    /// Operator and letters for `chattr`.
    pub flags: Option<(char, String)>,
    /// User, role, type and level of the SELinux context, on a host that has SELinux.
    pub context: Option<[Option<String>; 4]>,
    /// In check mode: an account that is not there (an earlier task would make it). Only a path that exists cares.
    unknown: Option<(&'static str, String)>,
}

/// What would have to be set on one path, and the fields of the diff.
pub struct Difference {
    /// The act.
    pub act: Attributes,
    /// Fields before.
    pub before: Map,
    /// Fields after.
    pub after: Map,
}

impl FileAttributes {
    /// Looks up what must be looked up.
    ///
    /// # Errors
    /// No such user or group (in check mode that is said once there is a difference to tell); SELinux is on and a context is asked for.
    pub async fn resolve(&self, host: &Host) -> Result<Wanted, Fault> {
        let mut unknown = None;
        let user = async {
            match self.owner.as_deref().map(Named::read) {
                None => Ok(None),
                Some(Named::Number(uid)) => Ok(Some(Ok(uid))),
                Some(Named::Name(name)) => {
                    let account = host.ask(NamedUser(name.to_owned())).await?;
                    let missing = || format!("chown failed: failed to look up user {name}");
                    Ok::<_, Fault>(Some(account.map(|account| account.uid).ok_or_else(missing)))
                }
            }
        };
        let group = async {
            match self.group.as_deref().map(Named::read) {
                None => Ok(None),
                Some(Named::Number(gid)) => Ok(Some(Ok(gid))),
                Some(Named::Name(name)) => {
                    let group = host.ask(NamedGroup(name.to_owned())).await?;
                    let missing = || format!("chgrp failed: failed to look up group {name}");
                    Ok::<_, Fault>(Some(group.map(|group| group.gid).ok_or_else(missing)))
                }
            }
        };
        let (user, group) = join(user, group).await;
        let mut known = |argument, found: Option<Result<u32, String>>| match found? {
            Ok(number) => Some(number),
            Err(message) => {
                unknown.get_or_insert((argument, message));
                None
            }
        };
        let (uid, gid) = (known("owner", user?), known("group", group?));
        if let (false, Some((argument, message))) = (host.check_mode(), &unknown) {
            return Err(Fault::at(argument, message.clone()));
        }
        let symbolic = matches!(&self.mode, Some(Mode::Symbolic(_)));
        let umask = if symbolic { host.me().await?.umask } else { 0o022 };
        let parts = [&self.seuser, &self.serole, &self.setype, &self.selevel].map(Clone::clone);
        // Without SELinux its contexts are passed over, as there.
        let context = match parts.iter().any(Option::is_some) {
            true => host.ask(Stat::behind(SELINUX)).await?.map(|_| parts),
            false => None,
        };
        let flags = self.attributes.as_ref().map(|text| match text.chars().next() {
            Some(operator @ ('+' | '-' | '=')) => (operator, text.get(1..).unwrap_or_default().to_string()),
            _ => ('=', text.clone()),
        });
        Ok(Wanted { uid, gid, mode: self.mode.clone(), umask, flags, context, unknown })
    }

    /// In check mode: warnings about accounts that an earlier task may still have to make.
    ///
    /// # Errors
    /// The host could not answer.
    pub async fn missing_accounts(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut warnings = Vec::new();
        if let Some(owner) = &self.owner
            && host.ask(NamedUser(owner.clone())).await?.is_none()
        {
            warnings.push(missing_account("user", "uid", owner));
        }
        if let Some(group) = &self.group
            && host.ask(NamedGroup(group.clone())).await?.is_none()
        {
            warnings.push(missing_account("group", "gid", group));
        }
        Ok(warnings)
    }

    /// Nothing is asked for.
    pub fn is_empty(&self) -> bool {
        let context = [&self.seuser, &self.serole, &self.setype, &self.selevel];
        let given = [&self.owner, &self.group, &self.attributes].into_iter().chain(context);
        self.mode.is_none() && given.into_iter().all(|option| option.is_none())
    }

    /// Their schema alone, for modules that take them in.
    pub fn names() -> Vec<&'static str> {
        Self::schema().options.iter().map(|o| o.name).collect()
    }
}

fn missing_account(kind: &str, number: &str, given: &str) -> String {
    let number =
        if given.bytes().all(|b| b.is_ascii_digit()) { format!(" with {number}") } else { String::new() };
    format!("failed to look up {kind}{number} {given}. Create {kind} up to this point in real play")
}

/// How an account is given.
enum Named<'a> {
    Number(u32),
    Name(&'a str),
}

impl Named<'_> {
    /// Root is 0 everywhere on Linux, so nobody has to be asked.
    fn read(text: &str) -> Named<'_> {
        match text.parse() {
            Ok(number) => Named::Number(number),
            Err(_) if text == "root" => Named::Number(0),
            Err(_) => Named::Name(text),
        }
    }
}

impl Wanted {
    /// What must be set on a path with this status, if anything.
    ///
    /// # Errors
    /// A symbolic mode that means nothing; flags cannot be read.
    pub async fn difference(&self, host: &Host, now: &Status) -> Result<Option<Difference>, Fault> {
        let mut found = self.plain_difference(now)?;
        if let Some((operator, letters)) = &self.flags
            && !now.is_link()
        {
            let before = flags(host, &now.path).await?.unwrap_or_default();
            let after = apply_flags(&before, *operator, letters);
            if after != sorted(&before) {
                let difference = found.get_or_insert_with(|| Difference::none(now));
                difference.act.flags = Some(format!("{operator}{letters}"));
                difference.before.insert("attributes".into(), before.into());
                difference.after.insert("attributes".into(), format!("{operator}{letters}").into());
            }
        }
        if let Some(wanted) = &self.context
            && let Some((before, after)) = context(host, &now.path, wanted).await?
        {
            let difference = found.get_or_insert_with(|| Difference::none(now));
            difference.before.insert("secontext".into(), parts_of(&before));
            difference.after.insert("secontext".into(), parts_of(&after));
            difference.act.context = Some(after);
        }
        Ok(found)
    }

    /// Whether something of it has to be asked for path by path: flags, an SELinux context.
    pub fn is_asked(&self) -> bool {
        self.flags.is_some() || self.context.is_some()
    }

    /// The same without flags: nothing has to be asked.
    ///
    /// # Errors
    /// A symbolic mode that means nothing; in check mode no such user or group.
    pub fn plain_difference(&self, now: &Status) -> Result<Option<Difference>, Fault> {
        if let Some((argument, message)) = &self.unknown {
            return Err(Fault::at(argument, message.clone()));
        }
        let mut difference = Difference::none(now);
        if let Some(uid) = self.uid.filter(|uid| *uid != now.uid) {
            difference.act.owner.0 = Some(uid);
            difference.before.insert("owner".into(), now.uid.into());
            difference.after.insert("owner".into(), uid.into());
        }
        if let Some(gid) = self.gid.filter(|gid| *gid != now.gid) {
            difference.act.owner.1 = Some(gid);
            difference.before.insert("group".into(), now.gid.into());
            difference.after.insert("group".into(), gid.into());
        }
        if let Some(mode) = &self.mode {
            let mode = mode.apply(now.mode(), now.is_folder(), self.umask)?;
            // Linux has no mode of a link itself.
            if mode != now.mode() && !now.is_link() {
                difference.before.insert("mode".into(), show_mode(now.mode()).into());
                difference.after.insert("mode".into(), show_mode(mode).into());
                difference.act.mode = Some(mode);
            } else if difference.act.owner != (None, None) && mode & 0o6000 != 0 {
                // chown clears these bits.
                difference.act.mode = Some(mode);
            }
        }
        Ok((!difference.after.is_empty()).then_some(difference))
    }
}

impl Difference {
    fn none(now: &Status) -> Difference {
        Difference {
            act: Attributes { paths: vec![now.path.clone()], ..Attributes::default() },
            before: Map::new(),
            after: Map::new(),
        }
    }
}

/// `0644`, `04755`: as Ansible shows modes in results of modules that write files.
pub fn show_mode(mode: u32) -> String {
    format!("0{mode:03o}")
}

/// The letters that `lsattr` shows; `None` where the file system or the host has none.
///
/// # Errors
/// The host could not answer.
pub async fn flags(host: &Host, path: &[u8]) -> Result<Option<String>, Fault> {
    let part = host.ask(Probe::command([&b"lsattr"[..], b"-d", path])).await?;
    let text = part.text();
    let letters = text.split_whitespace().next().map(|word| word.replace('-', ""));
    Ok(letters.filter(|_| part.rc == 0))
}

/// The SELinux context that a path has and the one that it should have, where they differ.
async fn context(
    host: &Host,
    path: &[u8],
    wanted: &[Option<String>; 4],
) -> Result<Option<(String, String)>, Fault> {
    let now = host.ask(Probe::command([&b"stat"[..], b"-c", b"%C", b"--", path])).await?;
    if now.rc != 0 {
        return Err(Fault::new("could not read the SELinux context").with("details", now.error().trim()));
    }
    let before = now.text().trim().to_string();
    let mut usual = String::new();
    if wanted.iter().flatten().any(|part| part == "_default") {
        usual =
            host.ask(Probe::command([&b"matchpathcon"[..], b"-n", path])).await?.text().trim().to_string();
    }
    let after = contexts_mixed(&before, wanted, &usual);
    Ok((after != before).then_some((before, after)))
}

/// A context with the parts that are wanted, `_default` being the policy's.
fn contexts_mixed(before: &str, wanted: &[Option<String>; 4], usual: &str) -> String {
    let mut own = before.splitn(4, ':');
    let mut policy = usual.splitn(4, ':');
    let mut parts = Vec::new();
    for part in wanted {
        let (own, policy) = (own.next(), policy.next());
        let part = match part.as_deref() {
            None => own,
            Some("_default") => policy.filter(|p| !p.is_empty()).or(own),
            given => given,
        };
        parts.extend(part);
    }
    parts.join(":")
}

fn parts_of(context: &str) -> Data {
    Data::List(context.splitn(4, ':').map(Data::from).collect())
}

fn sorted(letters: &str) -> Vec<char> {
    let mut letters: Vec<char> = letters.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    letters
}

fn apply_flags(before: &str, operator: char, letters: &str) -> Vec<char> {
    let mut after = match operator {
        '=' => letters.to_string(),
        '+' => format!("{before}{letters}"),
        _ => before.chars().filter(|c| !letters.contains(*c)).collect(),
    };
    // `e` (extents) cannot be taken from a file and is there or not.
    if before.contains('e') && !after.contains('e') {
        after.push('e');
    }
    sorted(&after)
}

/// What Ansible adds to the result of every module that names a `path` or `dest`.
pub fn path_info(status: Option<&Status>) -> Map {
    let mut map = Map::new();
    let Some(status) = status else { return map };
    let name = |name: &Option<String>, number: u32| name.clone().unwrap_or_else(|| number.to_string());
    map.insert("uid".into(), status.uid.into());
    map.insert("gid".into(), status.gid.into());
    map.insert("owner".into(), name(&status.user, status.uid).into());
    map.insert("group".into(), name(&status.group, status.gid).into());
    map.insert("mode".into(), show_mode(status.mode()).into());
    map.insert("state".into(), Data::from(state_name(status)));
    map.insert("size".into(), status.size.into());
    map
}

/// Ansible's word for what is at a path.
pub fn state_name(status: &Status) -> &'static str {
    if status.is_link() {
        "link"
    } else if status.is_folder() {
        "directory"
    } else if status.nlink > 1 {
        "hard"
    } else {
        "file"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_mixed_part_by_part() {
        let want = |parts: [&str; 4]| parts.map(|p| Some(p.to_string()).filter(|p| !p.is_empty()));
        let now = "unconfined_u:object_r:tmp_t:s0:c1,c2";
        for (wanted, after) in [
            (["", "", "etc_t", ""], "unconfined_u:object_r:etc_t:s0:c1,c2"),
            (["_default", "", "_default", "s0"], "system_u:object_r:net_conf_t:s0"),
            (["", "", "", ""], now),
        ] {
            assert_eq!(contexts_mixed(now, &want(wanted), "system_u:object_r:net_conf_t:s0"), after);
        }
    }
}
