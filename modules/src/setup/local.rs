//! The target's own facts: the files of facts.d.

use super::gathered::Gathered;
use crate::configparser::IniFile;
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
        let value = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => Ok(Data::from_json(&value)),
            Err(_) => match IniFile::read(text, false, false) {
                Ok(file) => sections(&file).map(Data::Map).map_err(|why| {
                    format!("error loading facts as ini - please check content: {path} ({why})")
                }),
                Err(_) => Err(format!("error loading facts as JSON or ini - please check content: {path}")),
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

/// All sections of an INI file.
///
/// # Errors
/// A value refers to what does not exist.
fn sections(file: &IniFile) -> Result<Map, String> {
    let mut all = Map::new();
    for section in file.sections().into_iter().filter(|name| name != "DEFAULT") {
        let mut values = Map::new();
        for option in file.options(&section).into_iter().flatten() {
            let value = file.get(&section, &option, true)?.flatten().unwrap_or_default();
            values.insert(option, value.into());
        }
        all.insert(section, values.into());
    }
    Ok(all)
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
