//! Whether the user's ssh_config says anything about a host that is worth asking `ssh -G` for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::arguments::keyword;
use super::settings::{Settings, home};

/// The `Host` sections of all files, in order.
#[derive(Debug, Default)]
pub struct ConfigFiles {
    sections: Vec<Section>,
}

#[derive(Debug)]
struct Section {
    when: When,
    keywords: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum When {
    Always,
    Host(Vec<String>),
    /// For these hosts only `ssh` itself knows: a section in a file that was included in a section.
    Nested(Vec<String>),
    /// Only `ssh` itself knows.
    Match,
}

/// What the files hold for one host.
#[derive(Debug, PartialEq, Eq)]
pub enum Relevance {
    /// Nothing but these, which need no `ssh` to be understood.
    Plain(Vec<(String, String)>),
    /// Hosts with the same sections get the same answer, save for their name.
    Sections(Vec<usize>),
    /// This host must be asked for by itself.
    Own,
}

/// Includes within includes; ssh allows as many.
const DEPTH: usize = 16;

impl ConfigFiles {
    /// Reads `-F FILE`, or the user's and the system's; each set of files once per run.
    pub fn read(config_file: Option<&str>) -> Arc<ConfigFiles> {
        static READ: Mutex<Option<HashMap<Option<String>, Arc<ConfigFiles>>>> = Mutex::new(None);
        let mut read = READ.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = read.get_or_insert_default();
        let key = config_file.map(str::to_owned);
        known.entry(key).or_insert_with(|| Arc::new(ConfigFiles::gather(config_file))).clone()
    }

    fn gather(config_file: Option<&str>) -> ConfigFiles {
        let mut files = ConfigFiles::default();
        match config_file {
            Some("none") => {}
            Some(file) => files.add(Path::new(&expand(file)), &When::Always, &home().join(".ssh"), DEPTH),
            None => {
                let user = home().join(".ssh");
                files.add(&user.join("config"), &When::Always, &user, DEPTH);
                files.add(Path::new("/etc/ssh/ssh_config"), &When::Always, Path::new("/etc/ssh"), DEPTH);
            }
        }
        files
    }

    fn add(&mut self, path: &Path, outer: &When, folder: &Path, depth: usize) {
        let Ok(text) = std::fs::read(path) else { return };
        self.lines(&String::from_utf8_lossy(&text), outer, folder, depth);
    }

    fn lines(&mut self, text: &str, outer: &When, folder: &Path, depth: usize) {
        self.sections.push(Section { when: outer.clone(), keywords: Vec::new() });
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((key, value)) = keyword(line) else { continue };
            match key.as_str() {
                "host" | "match" if !matches!(outer, When::Always) => self.open(match outer {
                    When::Host(patterns) | When::Nested(patterns) => When::Nested(patterns.clone()),
                    _ => When::Match,
                }),
                "host" => self
                    .open(When::Host(value.split_whitespace().map(|p| p.trim_matches('"').into()).collect())),
                "match" if value.eq_ignore_ascii_case("all") => self.open(When::Always),
                "match" => self.open(When::Match),
                "include" if depth > 0 => {
                    let when = self.sections.last().map_or(When::Always, |section| section.when.clone());
                    for file in value.split_whitespace().flat_map(|pattern| included(pattern, folder)) {
                        self.add(&file, &when, folder, depth - 1);
                    }
                    self.open(when);
                }
                _ => {
                    if let Some(section) = self.sections.last_mut() {
                        section.keywords.push((key, value));
                    }
                }
            }
        }
    }

    fn open(&mut self, when: When) {
        self.sections.push(Section { when, keywords: Vec::new() });
    }

    /// What the files hold for `host`.
    pub fn relevance(&self, host: &str) -> Relevance {
        let mut plain = Vec::new();
        let mut sections = Vec::new();
        let mut own = false;
        for (number, section) in self.sections.iter().enumerate().filter(|(_, s)| !s.keywords.is_empty()) {
            match &section.when {
                When::Match => return Relevance::Own,
                When::Host(patterns) | When::Nested(patterns) if !listed(patterns, host) => continue,
                When::Nested(_) => return Relevance::Own,
                When::Host(_) | When::Always => {}
            }
            if section.keywords.iter().all(|(key, _)| Settings::needs_no_look(key)) {
                plain.extend(section.keywords.iter().cloned());
            } else {
                own |= section.keywords.iter().any(|(key, value)| key == "hostname" && value.contains('%'));
                sections.push(number);
            }
        }
        match (sections.is_empty(), own) {
            (true, _) => Relevance::Plain(plain),
            (false, true) => Relevance::Own,
            (false, false) => Relevance::Sections(sections),
        }
    }
}

impl ConfigFiles {
    /// All keywords for `host`, for where there is no `ssh` to ask; `None` where only it could tell.
    pub fn keywords(&self, host: &str) -> Option<Vec<(String, String)>> {
        let mut all = Vec::new();
        for section in self.sections.iter().filter(|section| !section.keywords.is_empty()) {
            match &section.when {
                When::Match => return None,
                When::Host(patterns) | When::Nested(patterns) if !listed(patterns, host) => continue,
                When::Nested(_) => return None,
                When::Host(_) | When::Always => all.extend(section.keywords.iter().cloned()),
            }
        }
        Some(all)
    }
}

/// Reads a text as a file and looks up a host in it.
#[cfg(feature = "fuzzing")]
pub fn probe(text: &str) {
    let mut files = ConfigFiles::default();
    files.lines(text, &When::Always, Path::new("/nonexistent"), 0);
    files.relevance("host");
    files.keywords("host");
}

/// Whether a list of patterns, some negated, holds `host`.
pub fn listed<S: AsRef<str>>(patterns: &[S], host: &str) -> bool {
    let mut found = false;
    for pattern in patterns.iter().map(AsRef::as_ref) {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches(pattern, host) => return false,
            Some(_) => {}
            None => found |= matches(pattern, host),
        }
    }
    found
}

/// `*` and `?` as ssh knows them, without regard to case.
pub fn matches(pattern: &str, text: &str) -> bool {
    fits(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

/// The same with regard to case.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') => (p, t) = (p + 1, t + 1),
            Some(byte) if text.get(t) == Some(byte) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    (p, t) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

fn expand(path: &str) -> String {
    match path.strip_prefix("~/") {
        Some(rest) => home().join(rest).to_string_lossy().into_owned(),
        None => path.to_owned(),
    }
}

/// The files of one `Include` pattern: a wildcard in its last part only, else ssh is asked anyway.
fn included(pattern: &str, folder: &Path) -> Vec<PathBuf> {
    let path = folder.join(expand(pattern.trim_matches('"')));
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return Vec::new();
    };
    if !name.contains(['*', '?']) {
        return vec![path];
    }
    let entries = path.parent().and_then(|folder| folder.read_dir().ok());
    let mut files: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| matches(&name, &entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> ConfigFiles {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("more"), "Host inc*\n Port 5\n").unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, text.replace("MORE", folder.path().join("m*").to_str().unwrap())).unwrap();
        ConfigFiles::gather(file.to_str())
    }

    #[test]
    fn a_distributions_file_needs_no_ssh() {
        let files =
            files("Host *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n");
        let Relevance::Plain(plain) = files.relevance("a") else { panic!() };
        assert_eq!(plain[1], ("hashknownhosts".into(), "yes".into()));
    }

    #[test]
    fn only_hosts_with_sections_of_their_own_are_asked_for() {
        let files = files(
            "Host web* !web9\n  User me\nHost other\n  HostName %h.lan\nInclude MORE\nHost *\n SendEnv X\n",
        );
        assert_eq!(files.relevance("web1"), files.relevance("web2"));
        assert!(matches!(files.relevance("web1"), Relevance::Sections(_)));
        assert!(matches!(files.relevance("web9"), Relevance::Plain(_)));
        assert_eq!(files.relevance("other"), Relevance::Own);
        assert!(
            matches!(files.relevance("inc1"), Relevance::Plain(_)),
            "the include belongs to `Host other`"
        );
    }

    #[test]
    fn a_match_line_is_for_ssh() {
        assert_eq!(files("Match user me\n Port 1\n").relevance("a"), Relevance::Own);
        assert!(matches!(files("Match all\n Port 1\n").relevance("a"), Relevance::Sections(_)));
        assert!(matches!(files("Include MORE\n").relevance("inc1"), Relevance::Sections(_)));
    }

    #[test]
    fn patterns_match_as_in_ssh() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("?", "", false),
            ("A", "a", true),
            ("*.b.*", "x.b.c.b.d", true),
            ("", "", true),
            ("a**", "a", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
