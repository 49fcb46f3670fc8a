//! Host patterns: `web:&prod:!w1`, globs, `~regex`, `web[0:2]`; and `--limit`.

use super::model::{ALL, Inventory};
use super::names::split_port;
use crate::diag::Diagnostic;
use crate::maps::IndexSet;
use crate::template::pyregex::{Flags, PyRegex};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// What a pattern matches.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// The hosts, in order.
    pub hosts: Vec<Arc<str>>,
    /// Patterns that match nothing, in Ansible's words.
    pub warnings: Vec<String>,
}

impl Inventory {
    /// The hosts that a pattern names and `--limit` leaves. A pattern that names this machine makes the implicit
    /// `localhost` where no source does.
    ///
    /// # Errors
    /// A regular expression that is none; a subscript beyond the hosts that there are.
    pub fn hosts_matching(&mut self, pattern: &str) -> Result<Matched, Diagnostic> {
        self.hosts_matching_all(&[pattern])
    }

    /// [`Self::hosts_matching`] for a list of patterns, as `hosts:` may hold.
    ///
    /// # Errors
    /// As there.
    pub fn hosts_matching_all(&mut self, patterns: &[impl AsRef<str>]) -> Result<Matched, Diagnostic> {
        let patterns: Vec<String> = patterns.iter().flat_map(|pattern| split(pattern.as_ref())).collect();
        let mut matched = self.evaluate(&patterns)?;
        if let Some(limit) = &self.limit {
            matched.hosts.retain(|host| limit.contains(host));
        }
        Ok(matched)
    }

    /// The hosts that patterns name among groups and their hosts, as the lookup `inventory_hostnames` does.
    ///
    /// # Errors
    /// As [`Self::hosts_matching`].
    pub fn among(
        groups: &[(String, Vec<String>)],
        patterns: &[impl AsRef<str>],
    ) -> Result<Matched, Diagnostic> {
        let mut inventory = Inventory::default();
        for (group, hosts) in groups {
            inventory.add_group(group);
            for host in hosts {
                inventory.add_host(host, Some(group));
            }
        }
        inventory.settle()?;
        inventory.hosts_matching_all(patterns)
    }

    /// Whether `--limit` or a share leaves only some hosts.
    pub fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Of the hosts that are left, leaves only the `k`-th of `n` shares, counted from 1: every `n`-th host. The first
    /// share has this machine, too.
    ///
    /// # Errors
    /// The hosts cannot be told.
    pub fn share(&mut self, k: usize, n: usize) -> Result<(), Diagnostic> {
        let all = self.hosts_matching("all")?.hosts;
        let own = all.into_iter().enumerate().filter(|(at, _)| at % n.max(1) + 1 == k).map(|(_, host)| host);
        let mut own: HashSet<Arc<str>> = own.collect();
        if k == 1 {
            own.extend(["localhost", "127.0.0.1", "::1"].map(Arc::from));
        }
        self.limit = Some(own);
        Ok(())
    }

    /// Leaves only the hosts that `--limit` names: patterns, and `@file` with a pattern a line, which stands as it is:
    /// commas, colons and `#` are part of it. `None`, or what names nothing at all, lifts it. Gives the warnings.
    ///
    /// # Errors
    /// A file that cannot be read; as [`Self::hosts_matching`].
    pub fn set_limit(&mut self, limit: Option<&str>) -> Result<Vec<String>, Diagnostic> {
        let Some(limit) = limit else {
            self.limit = None;
            return Ok(Vec::new());
        };
        let mut patterns = Vec::new();
        for part in split(limit) {
            let Some(file) = part.strip_prefix('@') else {
                patterns.push(part);
                continue;
            };
            if Path::new(file).is_dir() {
                let message = format!("Limit starting with \"@\" must be a file, not a directory: b'{file}'");
                return Err(Diagnostic::user(message));
            }
            let text = std::fs::read(Path::new(file)).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Diagnostic::user(format!("Unable to find limit file b'{file}'"))
                }
                _ => Diagnostic::user(format!("Unable to open limit file b'{file}': {error}")),
            })?;
            let text = String::from_utf8_lossy(&text);
            patterns.extend(text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
        }
        if patterns.is_empty() {
            self.limit = None;
            return Ok(Vec::new());
        }
        let matched = self.evaluate(&patterns)?;
        self.limit = Some(matched.hosts.into_iter().collect());
        Ok(matched.warnings)
    }

    /// What patterns that are split already match together.
    fn evaluate(&mut self, patterns: &[String]) -> Result<Matched, Diagnostic> {
        let of =
            |first: &[char]| patterns.iter().filter(|p| p.starts_with(first)).map(String::as_str).collect();
        let plain: Vec<&str> =
            patterns.iter().map(String::as_str).filter(|p| !p.starts_with(['&', '!'])).collect();
        let (both, without): (Vec<&str>, Vec<&str>) = (of(&['&']), of(&['!']));
        let mut hosts: IndexSet<Arc<str>> = IndexSet::default();
        let mut matched = Matched::default();
        // Excluding or narrowing alone is from all.
        let plain = if plain.is_empty() { vec![ALL] } else { plain };
        for pattern in plain {
            hosts.extend(self.one(pattern, &mut matched.warnings)?);
        }
        for pattern in both {
            let keep: IndexSet<Arc<str>> =
                self.one(skip_first(pattern), &mut matched.warnings)?.into_iter().collect();
            hosts.retain(|host| keep.contains(host));
        }
        for pattern in without {
            let drop: IndexSet<Arc<str>> =
                self.one(skip_first(pattern), &mut matched.warnings)?.into_iter().collect();
            hosts.retain(|host| !drop.contains(host));
        }
        matched.hosts = hosts.into_iter().collect();
        Ok(matched)
    }

    /// What one pattern without operators matches.
    fn one(&mut self, pattern: &str, warnings: &mut Vec<String>) -> Result<Vec<Arc<str>>, Diagnostic> {
        if let Some((name, host)) = self.hosts.get_key_value(pattern)
            && !host.implicit
        {
            return Ok(vec![name.clone()]);
        }
        let (name, subscript) =
            if pattern.starts_with('~') { (pattern, None) } else { subscript(pattern, warnings) };
        let hosts = self.named(name, warnings)?;
        Ok(match subscript {
            None => hosts,
            Some(Subscript::One(at)) => {
                let at = if at < 0 { at.saturating_add(hosts.len() as i64) } else { at };
                let host = usize::try_from(at).ok().and_then(|at| hosts.get(at)).cloned();
                if host.is_none() && !hosts.is_empty() {
                    let message = format!("No hosts matched the subscripted pattern '{pattern}'");
                    return Err(Diagnostic::user(message));
                }
                host.into_iter().collect()
            }
            Some(Subscript::Range(from, to)) => {
                let to = to.map_or(hosts.len(), |to| to.saturating_add(1).min(hosts.len()));
                hosts.get(from.min(to)..to).unwrap_or_default().to_vec()
            }
        })
    }

    fn named(&mut self, pattern: &str, warnings: &mut Vec<String>) -> Result<Vec<Arc<str>>, Diagnostic> {
        let test = Test::new(pattern)?;
        let mut found: IndexSet<Arc<str>> = IndexSet::default();
        let mut any_group = false;
        let groups: Vec<Arc<str>> = match &test {
            Test::Exactly(name) => {
                self.groups.get_key_value(*name).map(|(name, _)| name.clone()).into_iter().collect()
            }
            _ => self.groups.keys().filter(|name| test.holds(name)).cloned().collect(),
        };
        for group in groups {
            any_group = true;
            found.extend(self.members(&group));
        }
        if !any_group || pattern.starts_with('~') || pattern.contains(['.', '?', '*', '[']) {
            let is_there = |name: &Arc<str>| self.hosts.get(name).is_some_and(|host| !host.implicit);
            match &test {
                Test::Exactly(name) => {
                    found.extend(
                        self.hosts.get_key_value(*name).map(|(name, _)| name.clone()).filter(is_there),
                    );
                }
                _ => {
                    found.extend(self.hosts.keys().filter(|name| test.holds(name) && is_there(name)).cloned())
                }
            }
        }
        if found.is_empty()
            && let Some(localhost) = self.localhost(pattern)
        {
            return Ok(vec![localhost]);
        }
        if found.is_empty() && !any_group && pattern != ALL {
            warnings.push(format!("Could not match supplied host pattern, ignoring: {pattern}"));
        }
        Ok(found.into_iter().collect())
    }
}

fn skip_first(pattern: &str) -> &str {
    pattern.get(1..).unwrap_or_default()
}

/// A list of patterns as its parts: at commas, else at colons that are neither in brackets nor part of an address.
fn split(pattern: &str) -> Vec<String> {
    let trimmed = |part: &str| Some(part.trim().to_owned()).filter(|part| !part.is_empty());
    if pattern.contains(',') {
        return pattern.split(',').filter_map(trimmed).collect();
    }
    if split_port(pattern.trim()).is_some() {
        return trimmed(pattern).into_iter().collect();
    }
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let mut width = c.len_utf8();
        match c {
            '[' => {
                if let Some(close) = rest.find(']') {
                    width = close + 1;
                    part.push_str(rest.get(..width).unwrap_or_default());
                } else {
                    parts.push(std::mem::take(&mut part));
                }
            }
            ':' | ']' => parts.push(std::mem::take(&mut part)),
            c if c.is_whitespace() => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
        rest = rest.get(width..).unwrap_or_default();
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

enum Subscript {
    One(i64),
    /// From, and to where that is given, both included.
    Range(usize, Option<usize>),
}

/// `name[1]`, `name[-1]`, `name[1:3]`, `name[1:]`: the name and the subscript.
fn subscript<'p>(pattern: &'p str, warnings: &mut Vec<String>) -> (&'p str, Option<Subscript>) {
    let parts =
        pattern.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).filter(|(name, _)| !name.is_empty());
    let Some((name, inside)) = parts else { return (pattern, None) };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(inside.strip_prefix('-').unwrap_or(inside)) {
        return (name, inside.parse().ok().map(Subscript::One));
    }
    let Some((from, to)) = inside.split_once([':', '-']) else { return (pattern, None) };
    if !digits(from) || !(to.is_empty() || digits(to)) {
        return (pattern, None);
    }
    if inside.contains('-') {
        warnings.push("Use [x:y] inclusive subscripts instead of [x-y] which has been removed".into());
    }
    (name, from.parse().ok().map(|from| Subscript::Range(from, to.parse().ok())))
}

/// How a name is matched.
enum Test<'p> {
    Exactly(&'p str),
    Glob(Vec<Piece>),
    Regex(Arc<PyRegex>),
}

enum Piece {
    One(char),
    AnyOne,
    Any,
    OneOf { chars: Vec<(char, char)>, not: bool },
}

impl<'p> Test<'p> {
    fn new(pattern: &'p str) -> Result<Test<'p>, Diagnostic> {
        if let Some(regex) = pattern.strip_prefix('~') {
            return PyRegex::new(regex, Flags::default())
                .map(Test::Regex)
                .map_err(|_| Diagnostic::user(format!("Invalid host list pattern: {pattern}")));
        }
        Ok(if pattern.contains(['*', '?', '[']) { Test::Glob(glob(pattern)) } else { Test::Exactly(pattern) })
    }

    fn holds(&self, name: &str) -> bool {
        match self {
            Test::Exactly(wanted) => name == *wanted,
            Test::Glob(pieces) => glob_holds(pieces, name),
            Test::Regex(regex) => regex.match_start(name).is_ok_and(|found| found.is_some()),
        }
    }
}

/// `fnmatch`'s pieces.
fn glob(pattern: &str) -> Vec<Piece> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '*' => pieces.push(Piece::Any),
            '?' => pieces.push(Piece::AnyOne),
            '[' => {
                let not = chars.get(at) == Some(&'!');
                let first = at + usize::from(not);
                // A bracket that comes first is one of the characters.
                let close =
                    chars.iter().skip(first + 1).position(|c| *c == ']').map(|offset| first + 1 + offset);
                let Some(close) = close else {
                    pieces.push(Piece::One('['));
                    continue;
                };
                let inside = chars.get(first..close).unwrap_or_default();
                let mut ranges = Vec::new();
                let mut within = 0;
                while let Some(&low) = inside.get(within) {
                    match (inside.get(within + 1), inside.get(within + 2)) {
                        (Some('-'), Some(&high)) => {
                            ranges.push((low, high));
                            within += 3;
                        }
                        _ => {
                            ranges.push((low, low));
                            within += 1;
                        }
                    }
                }
                pieces.push(Piece::OneOf { chars: ranges, not });
                at = close + 1;
            }
            c => pieces.push(Piece::One(c)),
        }
    }
    pieces
}

/// Whether the whole name matches, in time of at most the product of both lengths.
fn glob_holds(pieces: &[Piece], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut piece, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match (pieces.get(piece), name.get(at)) {
            (None, None) => return true,
            (Some(Piece::Any), _) => {
                retry = Some((piece, at));
                piece += 1;
                continue;
            }
            (Some(Piece::AnyOne), Some(_)) => true,
            (Some(Piece::One(wanted)), Some(c)) => wanted == c,
            (Some(Piece::OneOf { chars, not }), Some(c)) => {
                chars.iter().any(|(low, high)| low <= c && c <= high) != *not
            }
            _ => false,
        };
        if step {
            piece += 1;
            at += 1;
            continue;
        }
        match retry {
            Some((star, from)) if from < name.len() => {
                retry = Some((star, from + 1));
                piece = star + 1;
                at = from + 1;
            }
            _ => return false,
        }
    }
}
