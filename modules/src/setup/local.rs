//! The target's own facts: the files of facts.d.

use super::gathered::Gathered;
use crate::{Data, Map};
use std::cell::Cell;

/// What the `.fact` files say, by their names, and warnings about those that say nothing sensible.
pub fn facts(gathered: &Gathered) -> (Map, Vec<String>) {
    let (mut local, mut warnings) = (Map::new(), Vec::new());
    for (path, text) in gathered.sections_of("local ") {
        let leaf = path.rsplit('/').next().unwrap_or("");
        let name = leaf.strip_suffix(".fact").unwrap_or(leaf).to_owned();
        let status = gathered.section(&format!("localrc {path}")).map(|rc| rc.trim().to_owned());
        if status.as_deref() == Some("gone") {
            let message =
                format!("Could not stat fact ({path}): [Errno 2] No such file or directory: '{path}'");
            warnings.push(message.clone());
            local.insert(name, message.into());
            continue;
        }
        if let Some(rc) = status.filter(|rc| rc != "0") {
            let error = gathered.error(path);
            let message = format!("Failure executing fact script ({path}), rc: {rc}, err: {error}");
            warnings.push(message.clone());
            local.insert(name, message.into());
            continue;
        }
        let value = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => Ok(Data::from_json(&value)),
            Err(_) => match ini(text).map(|sections| filled(&sections)) {
                Some(Ok(sections)) => Ok(Data::Map(sections)),
                Some(Err(why)) => {
                    Err(format!("error loading facts as ini - please check content: {path} ({why})"))
                }
                None => Err(format!("error loading facts as JSON or ini - please check content: {path}")),
            },
        };
        let value = value.unwrap_or_else(|message| {
            warnings.push(message.clone());
            message.into()
        });
        local.insert(name, value);
    }
    (local, warnings)
}

/// A section's name, and its options with their values as written.
type Section = (String, Vec<(String, String)>);

/// Sections of lower-cased names and text values, as Python's configparser reads them; what stands in `DEFAULT` is
/// in each.
fn ini(text: &str) -> Option<Vec<Section>> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut defaults: Vec<(String, String)> = Vec::new();
    let mut continued = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
            .filter(|_| !line.starts_with(' '))
        {
            if name != "DEFAULT" && sections.iter().any(|(n, _)| n == name) {
                return None;
            }
            sections.push((name.to_owned(), Vec::new()));
            continued = false;
            continue;
        }
        let (section, entries) = sections.last_mut()?;
        let entries = if section == "DEFAULT" { &mut defaults } else { entries };
        if line.starts_with(char::is_whitespace) && continued {
            let (_, value) = entries.last_mut()?;
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        let at = trimmed.find(['=', ':'])?;
        let name = trimmed[..at].trim().to_lowercase();
        if entries.iter().any(|(n, _)| *n == name) {
            return None;
        }
        entries.push((name, trimmed[at + 1..].trim().to_owned()));
        continued = true;
    }
    sections.retain(|(name, _)| name != "DEFAULT");
    for (_, entries) in &mut sections {
        for (name, value) in &defaults {
            if !entries.iter().any(|(known, _)| known == name) {
                entries.push((name.clone(), value.clone()));
            }
        }
    }
    Some(sections)
}

/// The values with their `%(option)s` put in.
fn filled(sections: &[Section]) -> Result<Map, String> {
    let section = |(name, entries): &Section| {
        let values = entries.iter().map(|(option, raw)| {
            let mut value = String::new();
            Filling { section: name, entries, option, raw, left: Cell::new(Filling::MOST) }
                .fill(raw, &mut value, 1)?;
            Ok((option.clone(), Data::from(value)))
        });
        Ok((name.clone(), Data::Map(values.collect::<Result<Map, String>>()?)))
    };
    sections.iter().map(section).collect()
}

/// One option's value being filled in, by the rules of configparser's `BasicInterpolation`.
struct Filling<'a> {
    section: &'a str,
    entries: &'a [(String, String)],
    option: &'a str,
    raw: &'a str,
    /// How many more references are followed: ten levels of a few each would take for ever.
    left: Cell<usize>,
}

impl Filling<'_> {
    /// Values nest no deeper than this.
    const DEEPEST: usize = 10;
    /// A value refers to no more others than this, directly or through them, and is no longer in bytes.
    const MOST: usize = 1 << 20;

    fn fill(&self, text: &str, into: &mut String, depth: usize) -> Result<(), String> {
        if depth > Self::DEEPEST {
            return Err(format!(
                "Recursion limit exceeded in value substitution: option '{}' in section '{}' contains an \
                 interpolation key which cannot be substituted in {} steps. Raw value: '{}'",
                self.option,
                self.section,
                Self::DEEPEST,
                self.raw
            ));
        }
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('%') {
            into.push_str(before);
            if let Some(behind) = from.strip_prefix('%') {
                into.push('%');
                rest = behind;
                continue;
            }
            let Some(named) = from.strip_prefix('(') else {
                return Err(format!("'%' must be followed by '%' or '(', found: '%{from}'"));
            };
            let Some((name, behind)) =
                named.split_once(")s").filter(|(name, _)| !name.is_empty() && !name.contains(')'))
            else {
                return Err(format!("bad interpolation variable reference '%{from}'"));
            };
            let name = name.to_lowercase();
            let Some((_, value)) = self.entries.iter().find(|(known, _)| *known == name) else {
                return Err(format!(
                    "Bad value substitution: option '{}' in section '{}' contains an interpolation key '{name}' which \
                     is not a valid option name. Raw value: '{}'",
                    self.option, self.section, self.raw
                ));
            };
            let left = self.left.get().checked_sub(1).filter(|_| into.len() <= Self::MOST);
            self.left.set(left.ok_or_else(|| format!("option '{}' grows without end", self.option))?);
            self.fill(value, into, depth + 1)?;
            rest = behind;
        }
        into.push_str(rest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(out: &str) -> (Map, Vec<String>) {
        facts(&Gathered::new("N", out.as_bytes(), b"\nN /f/bad.fact\nboom\n\nN end\n"))
    }

    #[test]
    fn json_and_ini_files_are_read() {
        let (local, warnings) = of(
            "N local /f/a.fact\n{\"x\": [1, 2.5, \"s\", null]}\n\nN local /f/b.fact\n[One]\nKey = Value\nother: 2\n more\n\nN end\n",
        );
        assert!(warnings.is_empty());
        let x = local["a"].as_map().unwrap()["x"].as_list().unwrap();
        assert_eq!(x, [Data::Int(1), Data::Float(2.5), "s".into(), Data::Null]);
        let one = local["b"].as_map().unwrap()["One"].as_map().unwrap();
        assert_eq!(one["key"].as_str(), Some("Value"));
        assert_eq!(one["other"].as_str(), Some("2\nmore"));
    }

    #[test]
    fn values_of_ini_files_refer_to_each_other() {
        let (local, warnings) =
            of("N local /f/a.fact\n[DEFAULT]\nd = 1\n[a]\nx=%(D)s2\nb=%(x)s%%\n\nN end\n");
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(local["a"].as_map().unwrap()["a"].as_map().unwrap()["b"].as_str(), Some("12%"));
        for (value, why) in [
            ("a % b", "'%' must be followed by '%' or '(', found: '% b'"),
            ("%(x", "bad interpolation variable reference '%(x'"),
            (
                "%(X)s",
                "Bad value substitution: option 'b' in section 'a' contains an interpolation key 'x' which is not a \
                 valid option name. Raw value: '%(X)s'",
            ),
            (
                "%(b)s",
                "Recursion limit exceeded in value substitution: option 'b' in section 'a' contains an interpolation \
                 key which cannot be substituted in 10 steps. Raw value: '%(b)s'",
            ),
        ] {
            let (local, _) = of(&format!("N local /f/a.fact\n[a]\nb={value}\n\nN end\n"));
            let message = format!("error loading facts as ini - please check content: /f/a.fact ({why})");
            assert_eq!(local["a"].as_str(), Some(message.as_str()));
        }
    }

    #[test]
    fn a_value_does_not_grow_without_end() {
        let levels = |last: &str| {
            let line = |n: u32| format!("o{n}={}\n", format!("%(o{})s", n + 1).repeat(20));
            (1..9).map(line).collect::<String>() + "o9=" + last
        };
        for last in ["", "text"] {
            let (local, _) = of(&format!("N local /f/a.fact\n[a]\n{}\n\nN end\n", levels(last)));
            assert!(local["a"].as_str().is_some_and(|text| text.contains("grows without end")));
        }
    }

    #[test]
    fn a_link_to_nothing_is_told() {
        let (local, warnings) = of("N local /f/d.fact\n\nN localrc /f/d.fact\ngone\n\nN end\n");
        let message = "Could not stat fact (/f/d.fact): [Errno 2] No such file or directory: '/f/d.fact'";
        assert_eq!(local["d"].as_str(), Some(message));
        assert_eq!(warnings, [message]);
    }

    #[test]
    fn a_script_that_fails_becomes_its_message() {
        let (local, warnings) = of("N local /f/bad.fact\nx\n\nN localrc /f/bad.fact\n3\n\nN end\n");
        assert_eq!(
            local["bad"].as_str(),
            Some("Failure executing fact script (/f/bad.fact), rc: 3, err: boom\n")
        );
        assert_eq!(warnings.len(), 1);
    }
}
