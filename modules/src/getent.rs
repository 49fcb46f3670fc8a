//! `getent`: entries of the host's databases as facts.

use crate::host::{Host, Probe, Which};
use crate::registry::Module;
use crate::{Args, Data, Fault, Map, Outcome};

/// A wrapper to the unix getent utility.
#[derive(Args)]
pub struct Getent {
    /// The database: passwd, group, hosts, services, …
    database: String,
    /// The entry to look for; without it, all.
    key: Option<String>,
    /// Ask this service alone (`files`, `ldap`).
    service: Option<String>,
    /// What separates fields; without it, a colon or blanks, as the database has it.
    split: Option<String>,
    /// Fail where the entry is missing.
    #[arg(default = true)]
    fail_key: bool,
}

/// Databases whose fields are separated by colons.
const COLONS: [&str; 4] = ["passwd", "shadow", "group", "gshadow"];

impl Module for Getent {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let Some(program) = host.ask(Which("getent".into())).await? else {
            return Err(Fault::new(
                "Failed to find required executable \"getent\" in paths: the host's PATH",
            ));
        };
        let mut argv = vec![program];
        if let Some(service) = &self.service {
            argv.extend(["-s".to_string(), service.clone()]);
        }
        argv.push(self.database.clone());
        argv.extend(self.key.clone());
        let secret = self.database.ends_with("shadow");
        let probe = Probe::command(argv);
        let part = host.ask(if secret { probe.secret() } else { probe }).await?;
        let fact = format!("getent_{}", self.database);
        match part.rc {
            0 => {
                let entries = self.entries(&part.text());
                Ok(Outcome { facts: Some(Map::from_iter([(fact, Data::Map(entries))])), ..Outcome::new() })
            }
            1 => Err(Fault::new("Missing arguments, or database unknown.")),
            2 => {
                let message = "One or more supplied key could not be found in the database.";
                if self.fail_key {
                    return Err(Fault::new(message));
                }
                let none = Map::from_iter([(self.key.clone().unwrap_or_default(), Data::Null)]);
                let facts = Some(Map::from_iter([(fact, Data::Map(none))]));
                Ok(Outcome { facts, ..Outcome::new().with("msg", message) })
            }
            3 => Err(Fault::new("Enumeration not supported on this database.")),
            _ => Err(Fault::new("Unexpected failure!")),
        }
    }
}

impl Getent {
    /// Lines as fields by their first; of several lines with one name there is a list.
    fn entries(&self, text: &str) -> Map {
        let colon = COLONS.contains(&self.database.as_str()).then(|| ":".to_string());
        let split = self.split.clone().filter(|s| !s.is_empty()).or(colon);
        let (mut entries, mut several) = (Map::new(), Vec::new());
        for line in text.lines() {
            let fields: Vec<Data> = match &split {
                Some(split) => line.split(split.as_str()).map(Data::str).collect(),
                None => line.split_whitespace().map(Data::str).collect(),
            };
            let Some((name, rest)) = fields.split_first() else { continue };
            let (name, rest) = (name.as_str().unwrap_or_default(), Data::List(rest.to_vec()));
            match entries.get_mut(name) {
                None => drop(entries.insert(name.to_string(), rest)),
                Some(Data::List(list)) if several.iter().any(|known| known == name) => list.push(rest),
                Some(first) => {
                    several.push(name.to_string());
                    *first = Data::List(vec![std::mem::take(first), rest]);
                }
            }
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module_tests::Lab;

    #[test]
    fn entries_are_facts_and_missing_ones_fail() {
        let mut lab = Lab::new();
        if !std::path::Path::new("/usr/bin/getent").exists() {
            eprintln!("skipped: there is no getent");
            return;
        }
        let done = lab.go("getent", r#"{"database": "passwd", "key": "root"}"#, true);
        let facts = done.facts.clone().unwrap();
        let root = facts["getent_passwd"].as_map().unwrap()["root"].as_list().unwrap().to_vec();
        assert_eq!(root[1], Data::str("0"), "{done:?}");
        assert!(
            lab.fails("getent", r#"{"database": "passwd", "key": "no-one"}"#).contains("could not be found")
        );
        let args = r#"{"database": "passwd", "key": "no-one", "fail_key": false}"#;
        assert!(lab.go("getent", args, false).failed.is_none());
        assert!(lab.fails("getent", r#"{"database": "nosuch"}"#).contains("database unknown"));
    }

    #[test]
    fn lines_of_one_name_become_a_list() {
        let getent =
            Getent { database: "hosts".into(), key: None, service: None, split: None, fail_key: true };
        let entries = getent.entries("1 a\n2  b c\n1 d\n1 e\n");
        assert_eq!(Data::Map(entries).to_json_text(), r#"{"1": [["a"], ["d"], ["e"]], "2": ["b", "c"]}"#);
    }
}
