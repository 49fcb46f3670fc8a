//! The facts of this machine by impel and by ansible-core, side by side.

use super::facts::{Wanted, all};
use super::gathered::Gathered;
use crate::{Data, Map};
use std::process::Command;

/// Differ from one moment to the next, or between the two processes that are asked.
const VOLATILE: &[&str] = &[
    "ansible_date_time",
    "ansible_env",
    "ansible_loadavg",
    "ansible_memfree_mb",
    "ansible_memory_mb",
    "ansible_mounts",
    "ansible_uptime_seconds",
    "ansible_python",
    "ansible_python_version",
    "ansible_interfaces",
    "gather_subset",
    "module_setup",
];

fn ours() -> Map {
    let wanted = Wanted::new(&[]).unwrap();
    let call = format!(
        "{}\n_facts NONCE /etc/ansible/facts.d 10 {}",
        include_str!("facts.sh"),
        wanted.words().join(" ")
    );
    let shell = std::env::var("IMPEL_TEST_SHELL").unwrap_or_else(|_| "sh".to_owned());
    let mut words = shell.split(' ');
    let out = Command::new(words.next().unwrap()).args(words).arg("-c").arg(call).output().unwrap();
    let gathered = Gathered::new("NONCE", &out.stdout, &out.stderr);
    assert!(gathered.is_complete(), "{}", String::from_utf8_lossy(&out.stderr));
    all(&gathered, &wanted).0
}

fn differences(path: &str, theirs: &Data, ours: Option<&Data>, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Data::Map(theirs), Some(Data::Map(ours))) => {
            for (key, value) in theirs {
                differences(&format!("{path}.{key}"), value, ours.get(key), found);
            }
            for key in ours.keys().filter(|key| !theirs.contains_key(*key)) {
                found.push(format!("{path}.{key}: only ours: {:?}", ours[key]));
            }
        }
        (theirs, Some(ours)) if theirs == ours => {}
        // Python's sets have no order.
        (Data::List(theirs), Some(Data::List(ours)))
            if (path.contains("_tech_") || path.contains("locally_reachable"))
                && theirs.len() == ours.len()
                && theirs.iter().all(|item| ours.contains(item)) => {}
        (theirs, ours) => found.push(format!("{path}: theirs {theirs:?}\n    ours {ours:?}")),
    }
}

#[test]
fn the_facts_of_this_machine_are_those_of_ansible() {
    let Ok(oracle) = std::env::var("IMPEL_ORACLE") else {
        eprintln!("skipped: IMPEL_ORACLE (folder of ansible-core's programs) is not set");
        return;
    };
    let out = Command::new(format!("{oracle}/ansible")).args(["localhost", "-m", "setup"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let json = &text[text.find("=>").expect("no result") + 2..];
    let theirs = Data::from_json(&serde_json::from_str(json).unwrap());
    let Data::Map(mut theirs) = theirs.as_map().unwrap()["ansible_facts"].clone() else { panic!() };
    let mut ours = ours();
    let kinds = |map: &Map, key: &str| map.get(key).map(Data::type_name);
    for key in VOLATILE.iter().filter(|key| key.starts_with("ansible_")) {
        assert_eq!(kinds(&theirs, key), kinds(&ours, key), "{key}");
    }
    for key in VOLATILE {
        let (a, b) = (theirs.shift_remove(*key), ours.shift_remove(*key));
        if *key == "ansible_date_time" {
            for (name, value) in a.as_ref().and_then(Data::as_map).unwrap() {
                let ours = b.as_ref().and_then(Data::as_map).and_then(|m| m.get(name)).map(Data::type_name);
                assert_eq!(Some(value.type_name()), ours, "{key}.{name}");
            }
        }
        if *key == "ansible_mounts" {
            let strip = |list: Option<Data>| -> Vec<Map> {
                let list = list.unwrap().as_list().unwrap().to_vec();
                let maps = list.into_iter().map(|m| m.as_map().unwrap().clone());
                maps.map(|m| {
                    m.into_iter().filter(|(k, _)| !k.ends_with("available") && !k.ends_with("used")).collect()
                })
                .collect()
            };
            let (a, b) = (strip(a), strip(b));
            assert_eq!(a.len(), b.len());
            let sorted = |m: &Map| {
                let mut v: Vec<_> = m.iter().map(|(k, v)| format!("{k}={v:?}")).collect();
                v.sort();
                v
            };
            // ansible-core lists file systems as its threads finish
            let all = |list: &[Map]| {
                let mut all: Vec<_> = list.iter().map(sorted).collect();
                all.sort();
                all
            };
            assert_eq!(all(&a), all(&b));
        }
    }
    let mut found = Vec::new();
    differences("", &Data::Map(theirs), Some(&Data::Map(ours)), &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
