//! `ansible.cfg` as Python's configparser reads it, every value with its line.

use crate::diag::{Diagnostic, Span};
use std::collections::HashMap;
use std::path::Path;

/// A configuration file: values by section and key, keys in lower case.
#[derive(Debug, Default)]
pub(super) struct Ini {
    values: HashMap<(String, String), (String, u32)>,
}

impl Ini {
    /// The value of a key with its line.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<(&str, u32)> {
        let (value, line) = self.values.get(&(section.to_string(), key.to_string()))?;
        Some((value, *line))
    }

    /// All sections, keys and their lines.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str, u32)> {
        self.values.iter().map(|((section, key), (_, line))| (section.as_str(), key.as_str(), *line))
    }
}

/// Reads a configuration file.
pub(super) fn parse(text: &str, file: &Path) -> Result<Ini, Diagnostic> {
    let mut ini = Ini::default();
    let mut section: Option<String> = None;
    let mut open: Option<(String, String)> = None;
    let at = |line: u32| Span::new(file, line, 1);
    for (line, number) in text.lines().zip(1..) {
        let Some(content) = content(line) else {
            continue;
        };
        let indented = line.starts_with([' ', '\t']);
        if indented && let Some((value, _)) = open.as_ref().and_then(|key| ini.values.get_mut(key)) {
            value.push('\n');
            value.push_str(content);
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = Some(name.0.to_string());
            open = None;
            continue;
        }
        let Some(section) = &section else {
            return Err(reading(file, "it starts without a section header such as [defaults]").at(at(number)));
        };
        let Some(split) = content.find(['=', ':']) else {
            return Err(reading(file, format!("no '=' in {content:?}")).at(at(number)));
        };
        let key = content[..split].trim().to_lowercase();
        let value = content[split + 1..].trim().to_string();
        let place = (section.clone(), key.clone());
        if ini.values.insert(place.clone(), (value, number)).is_some() {
            let message = format!("option '{key}' in section '{section}' already exists");
            return Err(reading(file, message).at(at(number)));
        }
        open = Some(place);
    }
    Ok(ini)
}

/// What a line says: nothing for comments (`#`, `;` at its start) and blank lines; `;` after a space ends it.
fn content(line: &str) -> Option<&str> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
        return None;
    }
    let mut from = 0;
    while let Some(found) = trimmed[from..].find(';') {
        let at = from + found;
        if trimmed[..at].ends_with([' ', '\t']) {
            return Some(trimmed[..at].trim_end());
        }
        from = at + 1;
    }
    Some(trimmed)
}

fn reading(file: &Path, message: impl std::fmt::Display) -> Diagnostic {
    let message = format!("Error reading config file ({}): {message}", file.display());
    Diagnostic::new(crate::diag::ErrorKind::Options, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Ini, Diagnostic> {
        parse(text, Path::new("ansible.cfg"))
    }

    #[test]
    fn values_comments_and_continuations() {
        let ini =
            read("[defaults]\n# c\n; d\nForks = 2 ; e\nroles_path = a:\n  b\nx: y#z\n\n[ssh]\nargs=-o A=b\n")
                .unwrap();
        assert_eq!(ini.get("defaults", "forks"), Some(("2", 4)));
        assert_eq!(ini.get("defaults", "roles_path"), Some(("a:\nb", 5)));
        assert_eq!(ini.get("defaults", "x"), Some(("y#z", 7)));
        assert_eq!(ini.get("ssh", "args"), Some(("-o A=b", 10)));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, place) in [
            ("forks=1\n", "ansible.cfg:1:1"),
            ("[defaults]\nforks 3\n", "ansible.cfg:2:1"),
            ("[defaults]\nforks=3\nforks=4\n", "ansible.cfg:3:1"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.span.map(|span| span.to_string()).as_deref(), Some(place), "{text}");
        }
    }
}
