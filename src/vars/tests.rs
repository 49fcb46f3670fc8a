//! Which layer wins, as ansible-core 2.19 was seen to decide: every pair of layers sets one name.

use super::{Layers, PlayVars, Scope, TaskWorld, VarStore, scope_of};
use crate::maps::IndexMap;
use crate::playbook::{Disk, Item, Loader, Task, What, load};
use crate::template::{Value, World};
use std::path::Path;
use std::sync::Arc;

/// From the weakest to the strongest. Between the inventory's own variables and the files beside it the order is
/// the inventory's to give: it hands its layers over in order.
const LAYERS: &[&str] = &[
    "role defaults",
    "inventory",
    "facts",
    "play vars",
    "vars_prompt",
    "vars_files",
    "role vars",
    "role entry's vars",
    "block vars",
    "task vars",
    "include_vars",
    "set_fact",
    "role params",
    "include vars",
    "extra vars",
];

/// The names that a layer sets: one for each other layer.
fn names(layer: &str) -> Vec<String> {
    let at = LAYERS.iter().position(|l| *l == layer).unwrap();
    let name = |other: usize| format!("p_{}_{}", at.min(other), at.max(other));
    (0..LAYERS.len()).filter(|other| *other != at).map(name).collect()
}

fn values(layer: &str) -> Vec<(Arc<str>, Value)> {
    names(layer).iter().map(|name| (Arc::from(name.as_str()), Value::str(layer))).collect()
}

fn scope(layer: &str) -> Scope {
    Arc::new(values(layer).into_iter().collect::<IndexMap<_, _>>())
}

fn yaml(layer: &str, indent: usize) -> String {
    names(layer).iter().map(|name| format!("{:indent$}{name}: {layer}\n", "")).collect()
}

fn write(folder: &Path, name: &str, text: String) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn first_task(items: &[Item]) -> Arc<Task> {
    match items.iter().find(|item| !matches!(item, Item::Task(task) if task.implicit)).unwrap() {
        Item::Task(task) => task.clone(),
        Item::Block(block) => first_task(&block.block),
    }
}

#[test]
fn the_stronger_of_every_two_layers_wins() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let play = format!(
        "- hosts: all\n  vars:\n{}  roles:\n    - role: r\n      vars:\n{}{}",
        yaml("play vars", 4),
        yaml("role entry's vars", 8),
        yaml("role params", 6)
    );
    write(at, "site.yml", play);
    write(at, "roles/r/defaults/main.yml", yaml("role defaults", 0));
    write(at, "roles/r/vars/main.yml", yaml("role vars", 0));
    let block = format!(
        "- block:\n    - include_tasks: inner.yml\n      vars:\n{}  vars:\n{}",
        yaml("include vars", 8),
        yaml("block vars", 4)
    );
    write(at, "roles/r/tasks/main.yml", block);
    write(at, "roles/r/tasks/inner.yml", format!("- debug:\n  vars:\n{}", yaml("task vars", 4)));

    let disk = Disk::new(at, Box::new(|what, _| what == What::Module));
    let playbook = load(&at.join("site.yml"), &disk).unwrap();
    let play = &playbook.plays[0];
    let include = first_task(&play.sections[1].items);
    let loader = Loader::new(&disk, at.to_path_buf());
    let path = loader.tasks_path(&include, "inner.yml").unwrap();
    let task = first_task(&loader.include_tasks(&include, &path, None).unwrap());

    let mut store = VarStore::default();
    store.extra = scope("extra vars");
    store.run.inject_facts = true;
    store.set_host(&"h".into(), vec![scope("inventory")], Vec::new());
    let host = store.host("h").unwrap();
    host.add_facts(values("facts"));
    host.add_set(values("set_fact"));
    host.add_included(values("include_vars"));
    let vars = PlayVars {
        vars: scope_of(&play.keywords.vars),
        prompts: scope("vars_prompt"),
        files: vec![scope("vars_files")],
        ..PlayVars::default()
    };
    let world = TaskWorld::new(Arc::new(Layers::new(&Arc::new(store), &Arc::new(vars), host, Some(task))));
    for (strong, winner) in LAYERS.iter().enumerate() {
        for (weak, loser) in LAYERS.iter().enumerate().take(strong) {
            let got = world.variable(&format!("p_{weak}_{strong}")).map(|value| value.to_string());
            assert_eq!(got.as_deref(), Some(*winner), "{loser} against {winner}");
        }
    }
}

#[test]
fn files_are_found_in_the_role_beside_the_task_and_beside_the_playbook() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "site.yml", "- hosts: all\n  roles: [r]\n".into());
    write(at, "roles/r/tasks/main.yml", "- import_tasks: sub/s.yml\n".into());
    write(at, "roles/r/tasks/sub/s.yml", "- debug:\n".into());
    let disk = Disk::new(at, Box::new(|what, _| what == What::Module));
    let playbook = load(&at.join("site.yml"), &disk).unwrap();
    let task = first_task(&playbook.plays[0].sections[1].items);
    let mut store = VarStore::default();
    store.run.playbook_dir = at.to_path_buf();
    store.set_host(&"h".into(), Vec::new(), Vec::new());
    let host = store.host("h").unwrap();
    let layers = Layers::new(&Arc::new(store), &Arc::default(), host, Some(task));
    let world = TaskWorld::new(Arc::new(layers));

    // as ansible-core was seen to look
    let order = [
        "roles/r/files/x",
        "roles/r/x",
        "roles/r/tasks/x",
        "roles/r/tasks/sub/files/x",
        "roles/r/tasks/sub/x",
        "files/x",
        "x",
    ];
    order.iter().for_each(|name| write(at, name, String::new()));
    for name in order {
        assert_eq!(world.find_file("files", Path::new("x")), Some(at.join(name)));
        std::fs::remove_file(at.join(name)).unwrap();
    }
    assert_eq!(world.find_file("files", Path::new("x")), None);
}
