//! What a name in apt's list asks for, and how Debian orders versions.

use crate::fnmatch;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A name with its version, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The package, perhaps a pattern, perhaps with an architecture.
    pub name: String,
    /// Which versions.
    pub version: Wanted,
}

/// Which versions are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// This one, perhaps a pattern.
    Is(String),
    /// This one or a later one.
    AtLeast(String),
}

impl Spec {
    /// Reads `foo`, `foo=1.0*`, `foo>=1.0`.
    pub fn new(text: &str) -> Result<Spec, String> {
        let trimmed = text.trim();
        let (name, version) = if let Some((name, version)) = trimmed.split_once(">=") {
            (name, Wanted::AtLeast(version.trim().to_owned()))
        } else if let Some((name, version)) = trimmed.split_once('=') {
            (name, Wanted::Is(version.trim().to_owned()))
        } else {
            (trimmed, Wanted::Any)
        };
        let name = name.trim();
        let extra = matches!(&version, Wanted::Is(v) | Wanted::AtLeast(v) if v.contains('=') || v.is_empty());
        if extra || name.is_empty() || name.starts_with('-') {
            return Err(format!("invalid package spec: {text}"));
        }
        Ok(Spec { name: name.to_owned(), version })
    }

    /// Whether a version is one of those wanted.
    pub fn takes(&self, version: &str) -> bool {
        match &self.version {
            Wanted::Any => true,
            Wanted::Is(wanted) => wanted == version || fnmatch::matches(wanted, version),
            Wanted::AtLeast(wanted) => compare(version, wanted) != Ordering::Less,
        }
    }
}

/// What apt knows of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What would be installed.
    pub candidate: Option<String>,
    /// All versions that can be had, best first.
    pub versions: Vec<String>,
}

/// Reads the answer of `apt-cache policy NAME…`.
pub fn policies(text: &str) -> BTreeMap<String, Policy> {
    let mut found: BTreeMap<String, Policy> = BTreeMap::new();
    let mut name = String::new();
    let mut in_table = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            name = line.trim_end_matches(':').to_owned();
            found.entry(name.clone()).or_default();
            in_table = false;
            continue;
        }
        let Some(policy) = found.get_mut(&name) else { continue };
        if let Some(candidate) = line.trim().strip_prefix("Candidate: ") {
            policy.candidate = (candidate != "(none)").then(|| candidate.to_owned());
        } else if line.trim() == "Version table:" {
            in_table = true;
        } else if in_table
            && (line.starts_with(" *** ") || (line.starts_with("     ") && !line.starts_with("      ")))
        {
            let version = line.trim_start_matches([' ', '*']).split_whitespace().next();
            policy.versions.extend(version.map(str::to_owned));
        }
    }
    found
}

/// Debian's order of versions: epoch, upstream version, revision.
pub fn compare(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> (u64, String, String) {
        let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        (epoch.parse().unwrap_or(0), upstream.to_owned(), revision.to_owned())
    };
    let (one, other) = (parts(one), parts(other));
    one.0.cmp(&other.0).then_with(|| fragment(&one.1, &other.1)).then_with(|| fragment(&one.2, &other.2))
}

/// Alternately what is no digit (a tilde before the end, letters before the rest) and numbers.
fn fragment(one: &str, other: &str) -> Ordering {
    let weight = |c: Option<u8>| match c {
        Some(b'~') => -1,
        None => 0,
        Some(c) if c.is_ascii_digit() => 0,
        Some(c) if c.is_ascii_alphabetic() => i32::from(c),
        Some(c) => i32::from(c) + 256,
    };
    let (a, b) = (one.as_bytes(), other.as_bytes());
    let (mut i, mut j) = (0, 0);
    let digit = |s: &[u8], at: usize| s.get(at).is_some_and(u8::is_ascii_digit);
    while i < a.len() || j < b.len() {
        while (i < a.len() && !digit(a, i)) || (j < b.len() && !digit(b, j)) {
            let order = weight(a.get(i).copied()).cmp(&weight(b.get(j).copied()));
            if order != Ordering::Equal {
                return order;
            }
            i += 1;
            j += 1;
        }
        let number = |s: &[u8], from: usize| {
            let end = (from..s.len()).find(|at| !s[*at].is_ascii_digit()).unwrap_or(s.len());
            (
                end.max(from),
                String::from_utf8_lossy(s.get(from..end).unwrap_or(&[])).trim_start_matches('0').to_owned(),
            )
        };
        let ((end_a, x), (end_b, y)) = (number(a, i), number(b, j));
        let order = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
        if order != Ordering::Equal {
            return order;
        }
        (i, j) = (end_a, end_b);
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_dpkg_orders_them() {
        use Ordering::{Equal, Greater, Less};
        for (one, other, expected) in [
            ("1.0", "1.0", Equal),
            ("1.0", "1.1", Less),
            ("1.10", "1.9", Greater),
            ("1:0.1", "2.0", Greater),
            ("1.0~rc1", "1.0", Less),
            ("1.0-1", "1.0-1+deb12u1", Less),
            ("1.0a", "1.0", Greater),
            ("1.0+b", "1.0a", Greater),
            ("2.10-3", "2.10-3+b1", Less),
            ("007", "7", Equal),
        ] {
            assert_eq!(compare(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn specs_are_read() {
        assert_eq!(Spec::new("foo=1.0*").unwrap().version, Wanted::Is("1.0*".into()));
        assert_eq!(
            Spec::new("foo >= 1.0").unwrap(),
            Spec { name: "foo".into(), version: Wanted::AtLeast("1.0".into()) }
        );
        assert!(Spec::new("foo=1=2").is_err());
        assert!(Spec::new("--reinstall").is_err());
        assert!(Spec::new("foo=1.0*").unwrap().takes("1.0-3"));
    }

    #[test]
    fn policies_are_read() {
        let text = "hello:\n  Installed: (none)\n  Candidate: 2.10-3\n  Version table:\n     2.10-3 500\n        500 http://x bookworm/main amd64 Packages\n *** 2.9 100\n        100 /var/lib/dpkg/status\nawk:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n";
        let found = policies(text);
        assert_eq!(found["hello"].candidate.as_deref(), Some("2.10-3"));
        assert_eq!(found["hello"].versions, ["2.10-3", "2.9"]);
        assert_eq!(found["awk"], Policy::default());
    }
}
