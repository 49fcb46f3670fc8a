//! What ansible-core refuses, impel refuses in its words, at the same place.

use super::{Disk, Item, Playbook, Source, What, load};
use std::path::Path;
use tempfile::TempDir;

fn disk(base: &Path) -> Disk {
    Disk::new(base, Box::new(|what, name| what == What::Module && name == "ping"))
}

/// Writes files from `--- name` sections and loads `site.yml`.
fn loaded(files: &str) -> (TempDir, Result<Playbook, crate::diag::Diagnostic>) {
    let folder = tempfile::tempdir().unwrap();
    for part in files.split("#### ").skip(1) {
        let (name, text) = part.split_once('\n').unwrap();
        let path = folder.path().join(name.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let result = load(&folder.path().join("site.yml"), &disk(folder.path()));
    (folder, result)
}

/// The tasks of a list, blocks walked through, as `role:action`.
fn actions(items: &[Item]) -> Vec<String> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Task(task) if task.implicit => {}
            Item::Task(task) => {
                let role = task.role().map(|role| format!("{}:", role.name)).unwrap_or_default();
                let what = task.action.arg("msg").or(task.action.raw.as_ref()).and_then(|n| n.as_str());
                found
                    .push(format!("{role}{} {}", task.action.name, what.unwrap_or("")).trim_end().to_owned());
            }
            Item::Block(block) => {
                for list in [&block.block, &block.rescue, &block.always] {
                    found.extend(actions(list));
                }
            }
        }
    }
    found
}

#[test]
fn refuses_in_the_words_of_ansible_core_and_at_its_places() {
    // the playbook, then ansible-core 2.19's first line and its place
    let cases = include_str!("refused.txt");
    let mut different = Vec::new();
    for case in cases.split("\n====\n") {
        let (playbook, answer) = case.split_once("\n--\n").unwrap();
        let (_folder, result) = loaded(&format!("#### site.yml\n{playbook}\n"));
        let Err(error) = result else { panic!("not refused:\n{playbook}") };
        let (message, place) = answer.trim_end().rsplit_once(" @ ").unwrap();
        let span = error.span.map(|span| format!("{}:{}", span.line, span.column)).unwrap_or_default();
        let text = error.to_string();
        if text.lines().next() != Some(message) || place != "-" && span != place {
            different.push(format!("{playbook}\n   got: {text} @ {span}\nwanted: {message} @ {place}\n"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn roles_run_behind_pre_tasks_and_their_dependencies_before_them() {
    let (_folder, result) = loaded(
        "#### site.yml
- hosts: all
  pre_tasks: [debug: msg=pre]
  tasks:
    - debug: msg=task
    - import_role: {name: leaf, tasks_from: more}
  roles: [top]
  handlers: [debug: msg=own]
#### roles/top/meta/main.yml
dependencies: [{role: leaf, colour: red, tags: 'a, b,c'}]
#### roles/top/tasks/main.yml
- import_tasks: sub/one.yml
- include_tasks: two.yml
#### roles/top/tasks/sub/one.yml
- block: [debug: msg=one]
  always: [debug: msg=always]
- import_tasks: three.yml
#### roles/top/tasks/three.yml
- debug: msg=three
#### roles/leaf/tasks/main.yml
- debug: msg=leaf
#### roles/leaf/tasks/more.yml
- command: echo  x chdir=/tmp
#### roles/leaf/handlers/main.yml
- debug: msg=handler
",
    );
    let playbook = result.unwrap();
    let play = &playbook.plays[0];
    let sections: Vec<_> = play.sections.iter().map(|section| actions(&section.items)).collect();
    assert_eq!(
        sections,
        [
            vec!["debug pre".to_owned()],
            [
                "leaf:debug leaf",
                "top:debug one",
                "top:debug always",
                "top:debug three",
                "top:include_tasks two.yml",
                "debug task",
                "leaf:command echo  x"
            ]
            .map(str::to_owned)
            .to_vec(),
            vec![]
        ]
    );
    let handlers: Vec<_> = play.handlers.iter().flat_map(|list| actions(list)).collect();
    assert_eq!(handlers, ["leaf:debug handler", "debug own", "leaf:debug handler"]);
    let Item::Task(leaf) = &play.sections[1].items[0] else { panic!() };
    let tags: Vec<_> = leaf.tags().iter().filter_map(|n| n.as_str()).collect();
    assert_eq!(tags, ["a", "b", "c"]);
    assert_eq!(leaf.role().unwrap().params.get("colour").unwrap().as_str(), Some("red"));
}

#[test]
fn static_imports_may_use_vars_and_vars_files() {
    let (_folder, result) = loaded(
        "#### site.yml
- import_playbook: '{{ book }}.yml'
  vars: {book: other}
  tags: [imported]
#### other.yml
- hosts: all
  vars: {dir: d}
  vars_files: ['{{ dir }}/v.yml']
  tasks:
    - import_tasks: '{{ dir }}/{{ name }}.yml'
      vars: {name: '{{ stem }}'}
#### d/v.yml
stem: t
#### d/t.yml
- ping:
",
    );
    let playbook = result.unwrap();
    assert_eq!(actions(&playbook.plays[0].sections[1].items), ["ping"]);
    let Item::Task(task) = &playbook.plays[0].sections[1].items[0] else { panic!() };
    assert_eq!(task.tags()[0].as_str(), Some("imported"));
}

#[test]
fn a_role_asked_for_twice_alike_is_one_and_otherwise_another() {
    let (_folder, result) = loaded(
        "#### site.yml
- hosts: all
  roles: [r, {role: r}, {role: r, x: 1}, {role: r, tags: t}]
#### roles/r/tasks/main.yml
- ping:
",
    );
    let roles = &result.unwrap().plays[0].roles;
    let identities: Vec<u32> = roles.iter().map(|role| role.identity).collect();
    assert_eq!(identities[0], identities[1]);
    assert_ne!(identities[0], identities[2]);
    assert_ne!(identities[0], identities[3]);
}

#[test]
fn what_impel_lacks_is_listed_once_with_its_place() {
    struct Known;
    impl super::Known for Known {
        fn has(&self, what: What, name: &str) -> bool {
            what == What::Keyword && name != "async" || what == What::Module && name == "ping"
        }
    }
    let (_folder, result) = loaded(
        "#### site.yml
- hosts: all
  strategy: free
  tasks:
    - ping:
      async: 5
    - block: [git: ]
      when: x | community.general.jc is match('a') and (y | unheard_of)
      become_method: su
",
    );
    let missing = super::missing(&result.unwrap(), &Known);
    let shown: Vec<String> = missing
        .iter()
        .map(|m| format!("{:?} {} {}:{}", m.what, m.name, m.span.line, m.span.column))
        .collect();
    assert_eq!(
        shown,
        [
            "Strategy free 2:13",
            "Keyword async 5:14",
            "Become su 8:22",
            "Filter community.general.jc 7:13",
            "Module git 6:15"
        ]
    );
}

#[test]
fn a_wholly_wrong_file_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk(folder.path());
    assert!(disk.read(&folder.path().join("none.yml")).is_err());
    let (_folder, result) = loaded(
        "#### site.yml\n- hosts: all\n  tasks: [import_tasks: t.yml]\n#### t.yml\n- import_tasks: t.yml\n",
    );
    assert!(result.is_err());
}
