//! The target's own facts: the files of facts.d.

use super::gathered::Gathered;
use crate::{Data, Map};

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
        let value = serde_json::from_str(text)
            .ok()
            .map(|value: serde_json::Value| Data::from_json(&value))
            .or_else(|| ini(text).map(Data::Map));
        let value = value.unwrap_or_else(|| {
            let message = format!("error loading facts as JSON or ini - please check content: {path}");
            warnings.push(message.clone());
            message.into()
        });
        local.insert(name, value);
    }
    (local, warnings)
}

/// Sections of lower-cased names and text values, as Python's configparser reads them.
fn ini(text: &str) -> Option<Map> {
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
    let named = sections.into_iter().filter(|(name, _)| name != "DEFAULT");
    let filled = named.map(|(name, entries)| {
        let mut map: Map = entries.into_iter().map(|(name, value)| (name, value.into())).collect();
        for (name, value) in &defaults {
            map.entry(name.clone()).or_insert_with(|| value.as_str().into());
        }
        (name, Data::Map(map))
    });
    Some(filled.collect())
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
