//! Paths as tasks write them: `~`, `~user` and `$VAR` stand for what they do on the target.

use super::conversation::Host;
use super::system::{NamedUser, Variables};
use crate::Fault;
use crate::args::PathArg;

impl Host {
    /// The bytes of a path argument, expanded; the host is asked only where there is something to expand.
    ///
    /// # Errors
    /// The host could not answer.
    pub async fn path(&self, path: &PathArg) -> Result<Vec<u8>, Fault> {
        self.expand(path.written()).await
    }

    /// Text with `~` and `$VAR` expanded as on the target. What is not known there stays as it is.
    ///
    /// # Errors
    /// The host could not answer.
    pub async fn expand(&self, text: &str) -> Result<Vec<u8>, Fault> {
        let text = if text.contains('$') { self.expand_variables(text).await? } else { text.into() };
        let Some(rest) = text.strip_prefix(b"~") else { return Ok(text) };
        let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
        let (user, tail) = rest.split_at_checked(end).unwrap_or((rest, b""));
        let home = if user.is_empty() {
            Some(self.me().await?.home.clone())
        } else {
            let name = String::from_utf8_lossy(user).into_owned();
            self.ask(NamedUser(name)).await?.map(|account| account.home.into_bytes())
        };
        Ok(match home {
            Some(home) if home == b"/" && !tail.is_empty() => tail.to_vec(),
            Some(home) => [home.as_slice(), tail].concat(),
            None => text,
        })
    }

    async fn expand_variables(&self, text: &str) -> Result<Vec<u8>, Fault> {
        let pieces = pieces(text);
        let names: Vec<&str> = pieces.iter().filter_map(|(_, name)| *name).collect();
        let mut values = Vec::with_capacity(names.len());
        for name in &names {
            let own = self.environment().iter().rev().find(|(n, _)| n == name.as_bytes());
            values.push(match (own, Variables::named(name)) {
                (Some((_, value)), _) => Some(value.clone()),
                (None, Some(question)) => self.ask(question).await?,
                (None, None) => None,
            });
        }
        let mut values = values.into_iter();
        let mut out = Vec::new();
        for (written, name) in pieces {
            match name.and_then(|_| values.next().flatten()) {
                Some(value) => out.extend(value),
                None => out.extend(written.as_bytes()),
            }
        }
        Ok(out)
    }
}

/// Text cut into plain pieces and variables: as written, and the name.
fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (plain, tail) = rest.split_at(at);
        pieces.push((plain, None));
        let after = tail.get(1..).unwrap_or_default();
        let (name, len) = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (inner.get(..end), end + 3),
                None => (None, 1),
            },
            None => {
                let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                (after.get(..end).filter(|n| !n.is_empty()), end + 1)
            }
        };
        let (written, next) = tail.split_at_checked(len).unwrap_or((tail, ""));
        pieces.push((written, name));
        rest = next;
    }
    pieces.push((rest, None));
    pieces
}
