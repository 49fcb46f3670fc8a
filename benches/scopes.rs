//! How fast a variable is found, and a task's view of the variables made: `cargo bench --bench scopes`.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use impel::playbook::{Disk, Item, Task, What, load};
use impel::template::{Value, World};
use impel::vars::{Layers, PlayVars, Scope, TaskWorld, VarStore, scope_of};
use std::hint::black_box;
use std::sync::Arc;

/// A layer with so many names; the first is `only_LAYER`.
fn scope(layer: &str, size: usize) -> Scope {
    let name = |number: usize| match number {
        0 => format!("only_{layer}"),
        number => format!("{layer}_{number}"),
    };
    Arc::new((0..size).map(|number| (Arc::from(name(number)), Value::from(number as i64))).collect())
}

fn task(folder: &std::path::Path) -> (Arc<Task>, PlayVars) {
    let play = "- hosts: all\n  vars: {in_play: 1}\n  tasks:\n    - block:\n        - debug: {msg: x}\n          vars: {in_task: 1}\n      vars: {in_block: 1}\n";
    std::fs::write(folder.join("site.yml"), play).unwrap();
    let disk = Disk::new(folder, Box::new(|what, _| what == What::Module));
    let playbook = load(&folder.join("site.yml"), &disk).unwrap();
    let play = &playbook.plays[0];
    let first = play.sections.iter().flat_map(|section| section.items.iter()).find_map(|item| match item {
        Item::Block(block) => Some(block),
        Item::Task(_) => None,
    });
    let task = first.unwrap().block.iter().find_map(|item| match item {
        Item::Task(task) => Some(task.clone()),
        Item::Block(_) => None,
    });
    (task.unwrap(), PlayVars { vars: scope_of(&play.keywords.vars), ..PlayVars::default() })
}

fn looking(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (task, vars) = task(folder.path());
    let mut store = VarStore::default();
    store.extra = scope("extra", 20);
    store.run.inject_facts = true;
    store.set_host(&"h".into(), (0..10).map(|n| scope(&format!("group{n}"), 50)).collect(), Vec::new());
    let host = store.host("h").unwrap();
    host.add_set(scope("set", 100).iter().map(|(name, value)| (name.clone(), value.clone())));
    host.add_facts(scope("facts", 200).iter().map(|(name, value)| (name.clone(), value.clone())));
    let (store, vars) = (Arc::new(store), Arc::new(vars));
    let made = || TaskWorld::new(Arc::new(Layers::new(&store, &vars, host.clone(), Some(task.clone()))));
    let mut group = c.benchmark_group("scopes");
    group.bench_function("a task's view", |b| b.iter(|| black_box(made())));
    let world = made();
    for name in [
        "in_task",
        "in_block",
        "in_play",
        "only_extra",
        "only_set",
        "only_facts",
        "only_group0",
        "only_group9",
        "nowhere",
    ] {
        assert_eq!(world.variable(name).is_some(), name != "nowhere", "{name}");
        group.bench_function(name, |b| b.iter(|| world.variable(black_box(name))));
    }
    group.finish();
}

criterion_group!(benches, looking);
criterion_main!(benches);
