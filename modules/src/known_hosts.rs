//! `known_hosts`: keys of hosts in a file that ssh reads.

use crate::args::PathArg;
use crate::attributes::path_info;
use crate::edit::Edited;
use crate::host::{Host, Source, Stat, WriteFile};
use crate::registry::Module;
use crate::{Args, Choice, Data, Diff, Fault, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// Add or remove a host from the known_hosts file.
#[derive(Args)]
pub struct KnownHosts {
    /// The host; with a port `[host]:port`.
    #[arg(alias("host"))]
    name: String,
    /// Its line for the file: host, type and key. To remove, all lines of the host without it.
    key: Option<String>,
    /// The file.
    #[arg(default = "~/.ssh/known_hosts")]
    path: PathArg,
    /// Write a hash of the name instead of the name.
    #[arg(default = false)]
    hash_host: bool,
    /// Whether the key should be there.
    #[arg(default = "present")]
    state: State,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// A line of the file that names hosts.
struct Line<'a> {
    marker: Option<&'a str>,
    hosts: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Line<'a>> {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let mut words = line.split_whitespace();
        let first = words.next()?;
        let (marker, hosts) = match first.starts_with('@') {
            true => (Some(first), words.next()?),
            false => (None, first),
        };
        Some(Line { marker, hosts, kind: words.next()?, key: words.next()? })
    }

    fn is_hashed(&self) -> bool {
        self.hosts.starts_with("|1|")
    }

    /// Whether the line names this host; patterns count as what they are, not for what they match.
    fn names(&self, host: &str) -> bool {
        match self.hosts.strip_prefix("|1|").and_then(|rest| rest.split_once('|')) {
            Some((salt, hash)) => STANDARD.decode(salt).is_ok_and(|salt| hash_of(&salt, host) == hash),
            None => self.hosts.split(',').any(|name| name.eq_ignore_ascii_case(host)),
        }
    }

    fn same_key(&self, other: &Line<'_>) -> bool {
        self.marker == other.marker && self.kind == other.kind && self.key == other.key
    }
}

impl Module for KnownHosts {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let name = self.name.to_lowercase();
        if name.contains(',') {
            let message = "Comma separated list of names is not supported. Please pass a single name to lookup in the \
                           known_hosts file.";
            return Err(Fault::at("name", message));
        }
        let key = self.key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        let wanted = match key {
            None if self.state == State::Present => {
                return Err(Fault::at("key", "No key specified when adding a host"));
            }
            None => None,
            Some(key) => match Line::parse(key).filter(|line| line.names(&name)) {
                Some(line) => Some(line),
                None => {
                    let message = "Host parameter does not match hashed host field in supplied key";
                    return Err(Fault::at("key", message));
                }
            },
        };
        let path = host.path(&self.path).await?;
        let file = Edited::open(host, &path).await?;
        let after = match (self.state, &wanted) {
            (State::Present, Some(wanted)) => self.with(&file.text, &name, wanted, key.unwrap_or_default()),
            (_, wanted) => without(&file.text, &name, wanted.as_ref()),
        };
        // The difference is told in any case, as there.
        let before = if file.status.is_some() { file.shown.as_str() } else { "/dev/null" };
        let diff = Diff {
            before_header: Some(before.to_string()),
            ..Diff::text(&file.shown, file.text.as_str(), after.as_str())
        };
        let outcome = Outcome::new().with("diff", Data::Map(diff.to_map()));
        if after != file.text {
            let act = WriteFile::new(&file.path, Source::bytes(after.into_bytes()));
            host.change(None, act).await?;
        }
        if host.check_mode() {
            return Ok(outcome);
        }
        let status = host.ask(Stat::behind(&path)).await?;
        let state = if self.state == State::Present { "present" } else { "absent" };
        Ok(outcome
            .with("name", self.name.as_str())
            .with("key", self.key.clone())
            .with("path", file.shown.as_str())
            .with("hash_host", self.hash_host)
            .with("state", state)
            .with_all(path_info(status.as_ref())))
    }
}

impl KnownHosts {
    /// The text with the key: one line of its kind for the host, a new one at the end.
    fn with(&self, text: &str, name: &str, wanted: &Line<'_>, key: &str) -> String {
        let of_kind =
            |line: &Line<'_>| line.names(name) && line.kind == wanted.kind && line.marker == wanted.marker;
        let hashed = self.hash_host || wanted.is_hashed();
        // Authorities and revoked keys may be several.
        let replaced = |line: &Line<'_>| of_kind(line) && (line.marker.is_none() || line.same_key(wanted));
        let right = |line: &Line<'_>| of_kind(line) && line.same_key(wanted) && line.is_hashed() == hashed;
        if text.lines().filter_map(Line::parse).any(|line| right(&line)) {
            return text.to_string();
        }
        let mut after: String = text
            .split_inclusive('\n')
            .filter(|line| !Line::parse(line).is_some_and(|l| replaced(&l)))
            .collect();
        if !after.is_empty() && !after.ends_with('\n') {
            after.push('\n');
        }
        match self.hash_host && !wanted.is_hashed() {
            true => {
                let salt = salt();
                let marker = wanted.marker.map(|marker| format!("{marker} ")).unwrap_or_default();
                let hash = hash_of(&salt, name);
                let salt = STANDARD.encode(salt);
                after.push_str(&format!("{marker}|1|{salt}|{hash} {} {}", wanted.kind, wanted.key));
            }
            false => after.push_str(key),
        }
        after.push('\n');
        after
    }
}

/// The text without the host's key, or without any of its keys.
fn without(text: &str, name: &str, key: Option<&Line<'_>>) -> String {
    let gone = |line: &Line<'_>| line.names(name) && key.is_none_or(|key| line.same_key(key));
    text.split_inclusive('\n').filter(|line| !Line::parse(line).is_some_and(|l| gone(&l))).collect()
}

fn salt() -> [u8; 20] {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut salt = [0; 20];
    for chunk in salt.chunks_mut(8) {
        let word = RandomState::new().build_hasher().finish().to_le_bytes();
        let len = chunk.len();
        chunk.copy_from_slice(word.get(..len).unwrap_or_default());
    }
    salt
}

/// HMAC-SHA1 of a name with the salt as key, in base64: what ssh hashes names to.
fn hash_of(salt: &[u8], name: &str) -> String {
    let mut block = [0u8; 64];
    match salt.len() {
        0..=64 => block.iter_mut().zip(salt).for_each(|(b, s)| *b = *s),
        _ => block.iter_mut().zip(Sha1::digest(salt)).for_each(|(b, s)| *b = s),
    }
    let padded = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha1::new().chain_update(padded(0x36)).chain_update(name).finalize();
    STANDARD.encode(Sha1::new().chain_update(padded(0x5c)).chain_update(inner).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module_tests::Lab;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIPg7/0kpt3adNmAPRAaqXU63DUsiw1JjwEiGrUp2skol";

    #[test]
    fn hashes_are_those_of_ssh() {
        let line = "|1|UJoblq9nID6LsW2jveaNCkVaeeE=|gi9nimzxotcQYL7b29hUEftodZ4= ssh-ed25519 AAAA";
        let line = Line::parse(line).unwrap();
        assert!(line.names("h") && !line.names("g"));
    }

    #[test]
    fn a_key_comes_is_replaced_and_goes() {
        let mut lab = Lab::new();
        lab.write("known", "# mine\n*.example ssh-rsa AAAA\nother ssh-rsa AAAA");
        let args = |name: &str, key: &str, more: &str| {
            format!(r#"{{"path": "D/known", "name": "{name}", "key": "{key}"{more}}}"#)
        };
        lab.changes_once("known_hosts", &args("Web", &format!("web ssh-ed25519 {KEY}"), ""));
        lab.changes_once("known_hosts", &args("web", "web ssh-ed25519 BBBB", ""));
        assert_eq!(
            lab.read("known"),
            "# mine\n*.example ssh-rsa AAAA\nother ssh-rsa AAAA\nweb ssh-ed25519 BBBB\n"
        );
        lab.changes_once("known_hosts", &args("web", "web ssh-ed25519 BBBB", r#", "hash_host": true"#));
        assert!(lab.read("known").contains("\n|1|") && !lab.read("known").contains("web"));
        lab.changes_once("known_hosts", &args("web", "web ssh-ed25519 BBBB", ""));
        lab.changes_once("known_hosts", r#"{"path": "D/known", "name": "web", "state": "absent"}"#);
        assert_eq!(lab.read("known"), "# mine\n*.example ssh-rsa AAAA\nother ssh-rsa AAAA\n");
        assert!(lab.fails("known_hosts", &args("web", "other ssh-rsa AAAA", "")).contains("does not match"));
        assert!(lab.fails("known_hosts", r#"{"path": "D/known", "name": "web"}"#).contains("No key"));
    }
}
