//! Every argument that ansible-core documents for a module is there: its aliases, type, choices, default.

use crate::args::{Kind, Opt};
use crate::registry;
use std::fmt::Write as _;

/// Where the arguments themselves differ from what is documented, there or here: ansible-core's own name for `name` of
/// apt is `package`; free text is `_raw_params`; `content` may be any value and `dest` is asked for by copy itself;
/// what has no default there is as good as false; the comment of a key is found out on the host.
const MEANT: &[(&str, &str)] = &[
    ("apt", "name"),
    ("apt", "package"),
    ("command", "free_form"),
    ("raw", "free_form"),
    ("shell", "free_form"),
    ("command", "executable"),
    ("shell", "argv"),
    ("shell", "executable"),
    ("shell", "expand_argument_vars"),
    ("shell", "strip_empty_ends"),
    ("copy", "content"),
    ("copy", "dest"),
    ("copy", "local_follow"),
    ("copy", "decrypt"),
    ("package", "name"),
    ("package", "state"),
    ("fetch", "src"),
    ("reboot", "reboot_command"),
    ("reboot", "search_paths"),
    ("script", "decrypt"),
    ("script", "free_form"),
    ("unarchive", "copy"),
    ("setup", "gather_subset"),
    ("stat", "get_selinux_context"),
    ("systemd", "force"),
    ("systemd_service", "force"),
    ("user", "ssh_key_comment"),
    ("wait_for", "active_connection_states"),
];

#[test]
fn arguments_are_those_that_ansible_core_documents() {
    let Ok(oracle) = std::env::var("IMPEL_ORACLE") else {
        eprintln!("skipped: IMPEL_ORACLE (folder of ansible-core's programs) is not set");
        return;
    };
    let names = registry::all().iter().map(|module| module.name);
    let out =
        std::process::Command::new(format!("{oracle}/ansible-doc")).arg("-j").args(names).output().unwrap();
    let docs: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut wrong = String::new();
    for module in registry::all() {
        let documented = docs[module.name]["doc"]["options"].as_object().unwrap();
        let schema = (module.schema)();
        for (name, theirs) in documented {
            let key = (module.name, name.as_str());
            match schema.options.iter().find(|ours| ours.name == name) {
                _ if MEANT.contains(&key) => {}
                None => writeln!(wrong, "{} {name}: is not there", module.name).unwrap(),
                Some(ours) => compare(&mut wrong, module.name, ours, theirs),
            }
        }
        for ours in &schema.options {
            if !documented.contains_key(ours.name)
                && !ours.name.starts_with('_')
                && !MEANT.contains(&(module.name, ours.name))
            {
                writeln!(wrong, "{} {}: is not documented there", module.name, ours.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn compare(wrong: &mut String, module: &str, ours: &Opt, theirs: &serde_json::Value) {
    let words = |value: &serde_json::Value| -> Vec<String> {
        let plain = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let mut all: Vec<String> = match value {
            serde_json::Value::Array(list) => list.iter().map(plain).collect(),
            serde_json::Value::Object(map) => map.keys().cloned().collect(),
            _ => Vec::new(),
        };
        all.sort();
        all
    };
    let sorted = |list: &[&str]| {
        let mut list: Vec<String> = list.iter().map(|w| (*w).to_owned()).collect();
        list.sort();
        list
    };
    let mut say = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            writeln!(wrong, "{module} {what}: ours {ours}, theirs {theirs}").unwrap();
        }
    };
    let at = |what: &str| format!("{} {what}", ours.name);
    say(&at("aliases"), format!("{:?}", sorted(ours.aliases)), format!("{:?}", words(&theirs["aliases"])));
    if ours.kind != Kind::Bool {
        say(
            &at("choices"),
            format!("{:?}", sorted(ours.choices)),
            format!("{:?}", words(&theirs["choices"])),
        );
    }
    say(&at("type"), ours.kind.name().to_owned(), theirs["type"].as_str().unwrap_or("str").to_owned());
    let elements = ours.elements.map_or("", Kind::name);
    say(&at("elements"), elements.to_owned(), theirs["elements"].as_str().unwrap_or("").to_owned());
    say(
        &at("required"),
        ours.required.to_string(),
        theirs["required"].as_bool().unwrap_or(false).to_string(),
    );
    let default = ours.default.as_ref().map_or("null".to_owned(), |d| match ours.kind {
        Kind::Bool => crate::Data::from(
            matches!(d.as_str().unwrap_or_default(), "yes" | "true") || *d == crate::Data::Bool(true),
        )
        .to_json_text(),
        _ => d.to_json_text(),
    });
    let theirs = match &theirs["default"] {
        serde_json::Value::String(word) if ours.kind == Kind::Bool => (word == "yes").to_string(),
        other => other.to_string(),
    };
    // no list is as good as an empty one
    let theirs = if theirs == "[]" && default == "null" { default.clone() } else { theirs };
    say(&at("default"), default, theirs);
}
