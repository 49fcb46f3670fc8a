//! What the configuration reads of the process it runs in; tests make their own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Environment variables, the working folder and the home folder.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The variables; what is not UTF-8 is left out.
    pub variables: HashMap<String, String>,
    /// The working folder.
    pub folder: PathBuf,
}

impl Environment {
    /// The process's own.
    pub fn process() -> Environment {
        let variables = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Environment { variables, folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")) }
    }

    /// A variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The user's home folder.
    pub fn home(&self) -> PathBuf {
        match self.get("HOME").filter(|home| !home.is_empty()) {
            Some(home) => PathBuf::from(home),
            None => PathBuf::from("/"),
        }
    }

    /// The path with `~` and `$VARIABLES` expanded, made absolute from `base`.
    pub fn path(&self, text: &str, base: &Path) -> PathBuf {
        let expanded = self.expand(text);
        let path = match expanded.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                self.home().join(rest.trim_start_matches('/'))
            }
            _ => PathBuf::from(&expanded),
        };
        plain(&base.join(path))
    }

    /// The text with `$NAME` and `${NAME}` replaced where there is such a variable.
    fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, shown, behind) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
                Some((name, behind)) => (name, format!("${{{name}}}"), behind),
                None => {
                    let end =
                        after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                    let (name, behind) = after.split_at(end);
                    (name, format!("${name}"), behind)
                }
            };
            out.push_str(self.get(name).unwrap_or(&shown));
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}

/// The path without `.` and `..`, by its text alone.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_expanded_and_made_absolute() {
        let environment = Environment {
            variables: HashMap::from([("HOME".into(), "/home/me".into()), ("X".into(), "/x".into())]),
            folder: PathBuf::new(),
        };
        for (text, expected) in [
            ("~/a", "/home/me/a"),
            ("$X/b", "/x/b"),
            ("${X}b", "/xb"),
            ("c/../d", "/base/d"),
            ("$NONE", "/base/$NONE"),
            ("/e", "/e"),
        ] {
            assert_eq!(environment.path(text, Path::new("/base")), Path::new(expected), "{text}");
        }
    }
}
