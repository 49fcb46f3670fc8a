//! Every parser of outside input under libFuzzer; `IMPEL_FUZZ` names the one. Nothing may panic, overflow the stack,
//! hang or take memory without bound.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use impel::diag::{Diagnostic, Span};
use impel::template::{self, Effect, Value, World};
use impel::{inventory, pipe, playbook, vault, yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    static TARGET: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| std::env::var("IMPEL_FUZZ").unwrap_or_default());
    let text = String::from_utf8_lossy(data);
    match TARGET.as_str() {
        "yaml" => {
            let at = Span::new(Path::new("fuzz.yml"), 1, 1);
            if let Ok(node) = yaml::load(&text, at, yaml::Limits::default()) {
                let value = Value::from_node(&node);
                let _ = value.repr();
            }
            let _ = yaml::load_bare(&text, at, yaml::Limits::default(), false);
        }
        "ini" => inventory::probes::ini(&text),
        "patterns" => inventory::probes::patterns(&text),
        "template" => {
            let value = Value::trusted(&*text, None);
            let _ = template::render(&value, &Nothing);
            let _ = template::conditional(&value, &Nothing);
        }
        "regex" => {
            if let Ok(regex) = template::pyregex::PyRegex::new(&text, Default::default()) {
                let _ = regex.search("The quick brown fox\njumps über 12 dogs");
                let _ = regex.find_all("aaaaaaaaab");
            }
            let _ = template::pyregex::escape(&text);
        }
        "words" => {
            for free_form in [false, true] {
                let _ = playbook::split(&text, free_form);
            }
        }
        "vault" => {
            let _ = vault::is_encrypted(data);
            let _ = vault::label(data);
            // prefixed, it is about what stands behind the header; no password fits, as none is there
            let whole = [b"$ANSIBLE_VAULT;1.1;AES256\n".as_slice(), data].concat();
            let _ = vault::label(&whole);
            let none = vault::Vault::new(Vec::new(), "default", false);
            let _ = none.open(data);
            let _ = none.open(&whole);
        }
        "replies" => pipe::probes::replies(data),
        "ssh-config" => pipe::probes::ssh_config(&text),
        "known-hosts" => pipe::probes::known_hosts(&text),
        other => panic!("IMPEL_FUZZ names no parser: {other:?}"),
    }
});

/// A world without variables and files, where nothing may be done.
struct Nothing;

impl World for Nothing {
    fn variable(&self, name: &str) -> Option<Value> {
        match name {
            "text" => Some(Value::from("some text")),
            "list" => Some(Value::trusted("{{ [1, 'two', [3], {'four': 5}] }}", None)),
            "again" => Some(Value::trusted("{{ text }}{{ list }}", None)),
            _ => None,
        }
    }
    fn variable_names(&self) -> Vec<Arc<str>> {
        ["text", "list", "again"].map(Arc::from).into()
    }
    fn find_file(&self, _: &str, _: &Path) -> Option<PathBuf> {
        None
    }
    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }
    fn read_file(&self, _: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        Err(Diagnostic::user("no files here"))
    }
    fn decrypt(&self, _: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Err(Diagnostic::user("no vault here"))
    }
    fn effect(&self, _: Effect) -> Result<(), Diagnostic> {
        Err(Diagnostic::user("nothing may be done here"))
    }
    fn remembered(&self, _: &Arc<str>) -> Option<Value> {
        None
    }
    fn remember(&self, _: &Arc<str>, _: &Value) {}
    fn config(&self, _: &str) -> Option<Value> {
        None
    }
    fn warn(&self, _: &str) {}
    fn environment(&self, _: &str) -> Option<String> {
        None
    }
}
