//! What `user` and `group` ask of a host beside its questions for single entries.

use crate::Fault;
use crate::host::{Framing, Gate, GroupEntry, Host, Lane, Part, Perform, Question, Reply, Script};

static ACCOUNTS: Script = Script { name: "accounts", text: include_str!("accounts.sh"), needs: &[] };

/// Asks for all groups, with their members.
#[derive(Clone, Copy)]
pub struct AllGroups;

impl Question for AllGroups {
    type Answer = Vec<GroupEntry>;

    fn lane(&self) -> Lane {
        Lane { framing: Framing::Whole, ..Lane::new("ask_groups", &ACCOUNTS) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn read(&self, part: Part) -> Result<Self::Answer, Fault> {
        let entry = |line: &str| {
            let mut fields = line.split(':');
            let (name, _, gid) = (fields.next()?, fields.next()?, fields.next()?.parse().ok()?);
            let members = fields.next().unwrap_or("").split(',').filter(|m| !m.is_empty());
            Some(GroupEntry { name: name.to_owned(), gid, members: members.map(str::to_owned).collect() })
        };
        Ok(part.text().lines().filter_map(entry).collect())
    }
}

/// A user's line of the shadow file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadow {
    /// The hash, perhaps locked by a leading `!`.
    pub password: String,
    /// Days between changes: at least.
    pub min: Option<i64>,
    /// Days between changes: at most.
    pub max: Option<i64>,
    /// Days of warning.
    pub warn: Option<i64>,
    /// Days until the account is disabled.
    pub inactive: Option<i64>,
    /// The day on which it expires.
    pub expires: Option<i64>,
}

/// Asks for a user's line of the shadow file; `None` where there is none or it may not be read.
#[derive(Clone)]
pub struct NamedShadow(pub String);

impl Question for NamedShadow {
    type Answer = Option<Shadow>;

    fn lane(&self) -> Lane {
        Lane { framing: Framing::Whole, secret: true, ..Lane::new("ask_shadow", &ACCOUNTS) }
    }

    fn words(&self) -> Vec<Vec<u8>> {
        vec![self.0.clone().into_bytes()]
    }

    fn read(&self, part: Part) -> Result<Self::Answer, Fault> {
        let text = part.text();
        let line = text.lines().find(|l| l.split(':').next() == Some(self.0.as_str()));
        Ok(line.map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let number = |n: usize| fields.get(n).and_then(|t| t.parse().ok());
            Shadow {
                password: fields.get(1).copied().unwrap_or("").to_owned(),
                min: number(3),
                max: number(4),
                warn: number(5),
                inactive: number(6),
                expires: number(7),
            }
        }))
    }
}

/// A command of the account tools, in the C locale, whatever its status.
pub fn tool<W: Into<Vec<u8>>>(argv: impl IntoIterator<Item = W>) -> Perform {
    Perform::command("could not run it", argv).variable("LC_ALL", "C").any_status()
}

/// The gate for a tool: what it refused has changed nothing.
pub async fn alter(host: &Host, act: Perform) -> Result<Gate, Fault> {
    host.change_if([], act, |reply| reply.rc == 0).await
}

/// What a reply said, as Ansible puts it into `msg`: stderr with its newline, else stdout.
pub fn said(reply: &Reply) -> String {
    let text = if reply.err.is_empty() { &reply.out } else { &reply.err };
    String::from_utf8_lossy(text).into_owned()
}
