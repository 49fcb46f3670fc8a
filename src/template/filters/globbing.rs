//! Shell patterns on the controller's files, as Python's `glob` and `fnmatch` read them.

use crate::template::value::{Error, Result};
use std::path::{Path, PathBuf};

/// The most paths that a pattern may come to.
const MOST: usize = 1_000_000;

/// What a pattern matches; names that start with a dot only where the pattern does.
pub(crate) fn glob(pattern: &str) -> Result<Vec<PathBuf>> {
    let root = if pattern.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let mut found = vec![root];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        let mut next = Vec::new();
        for base in found {
            if !part.contains(['*', '?', '[']) {
                let path = base.join(part);
                if path.symlink_metadata().is_ok() {
                    next.push(path);
                }
                continue;
            }
            let folder = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if (!name.starts_with('.') || part.starts_with('.')) && matches(part, &name) {
                    next.push(base.join(entry.file_name()));
                }
            }
            if next.len() > MOST {
                return Err(Error::new(format!("the pattern '{pattern}' matches more than {MOST} paths")));
            }
        }
        found = next;
    }
    found.retain(|p| !p.as_os_str().is_empty());
    Ok(found)
}

/// Whether a name fits a pattern of `*`, `?` and `[…]`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on after the last star, should what follows it not fit.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(_) => one(&pattern, p, name.get(n).copied().unwrap_or(' ')),
            None => None,
        };
        match (step, star) {
            (Some(after), _) => {
                p = after;
                n += 1;
            }
            (None, Some((after, from))) => {
                p = after;
                n = from + 1;
                star = Some((after, from + 1));
            }
            (None, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or(&[]).iter().all(|c| *c == '*')
}

/// Matches one character; where the pattern goes on.
fn one(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => {
            let negated = pattern.get(at + 1) == Some(&'!');
            let start = at + 1 + usize::from(negated);
            let end = (start + 1..pattern.len()).find(|i| pattern.get(*i) == Some(&']'));
            let Some(end) = end else { return (c == '[').then_some(at + 1) };
            let set = pattern.get(start..end).unwrap_or(&[]);
            let mut hit = false;
            let mut i = 0;
            while let Some(low) = set.get(i) {
                match (set.get(i + 1), set.get(i + 2)) {
                    (Some('-'), Some(high)) => {
                        hit |= (*low..=*high).contains(&c);
                        i += 3;
                    }
                    _ => {
                        hit |= *low == c;
                        i += 1;
                    }
                }
            }
            (hit != negated).then_some(end + 1)
        }
        x => (*x == c).then_some(at + 1),
    }
}
