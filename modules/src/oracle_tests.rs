//! The same tasks through ansible-core and these modules, in folders that start alike: results and folders compared.

use crate::module_tests::Lab;
use crate::{Data, Map};
use std::fmt::Write as _;

/// Tasks in order; each in check mode, run, and run again. `D/` is the folder.
const TASKS: &[(&str, &str)] = &[
    ("file", r#"{"path": "D/a/b c", "state": "directory", "mode": "0750"}"#),
    (
        "file",
        r#"{"path": "D/t", "state": "touch", "modification_time": "preserve", "access_time": "preserve"}"#,
    ),
    ("file", r#"{"path": "D/t", "mode": "u=rw,g=r,o="}"#),
    ("file", r#"{"path": "D/t", "mode": "+x"}"#),
    ("file", r#"{"path": "D/t", "mode": "g=u,o+t"}"#),
    ("file", r#"{"path": "D/l", "src": "t", "state": "link"}"#),
    ("file", r#"{"path": "D/l", "mode": "0600"}"#),
    ("file", r#"{"path": "D/l2", "src": "gone", "state": "link", "force": true}"#),
    ("file", r#"{"path": "D/l2", "src": "gone2", "state": "link"}"#),
    ("file", r#"{"path": "D/h", "src": "D/t", "state": "hard"}"#),
    ("file", r#"{"path": "D/h", "state": "directory"}"#),
    ("file", r#"{"path": "D/h", "state": "link", "src": "a"}"#),
    ("file", r#"{"path": "D/a", "src": "D/t", "state": "hard"}"#),
    ("file", r#"{"path": "D/a", "state": "directory", "mode": "u=rwX,g=rX,o=rX", "recurse": true}"#),
    ("file", r#"{"path": "D/t/x", "state": "directory"}"#),
    ("file", r#"{"path": "D/none/x", "state": "touch"}"#),
    ("file", r#"{"path": "D/none", "bogus": 1}"#),
    ("file", r#"{"path": "D/t", "owner": "nobody", "mode": "4755"}"#),
    ("file", r#"{"path": "D/t", "owner": "0", "group": "0"}"#),
    ("file", r#"{"path": "D/l2", "state": "absent"}"#),
    ("file", r#"{"path": "D/a/b c/", "state": "absent"}"#),
    ("file", r#"{"path": "D/none", "state": "absent"}"#),
    ("stat", r#"{"path": "D/none"}"#),
    ("copy", r#"{"content": "one\n", "dest": "D/out"}"#),
    ("copy", r#"{"content": "one\n", "dest": "D/out", "mode": "0600"}"#),
    ("copy", r#"{"content": "two", "dest": "D/out", "mode": "u=rw,g+r", "group": "nogroup"}"#),
    ("copy", r#"{"content": {"a": [1, true, null, 1.5, "é"]}, "dest": "D/json"}"#),
    ("copy", r#"{"content": "x", "dest": "D/l"}"#),
    ("copy", r#"{"content": "x", "dest": "D/no/out"}"#),
    ("copy", r#"{"content": "z", "dest": "D/out", "force": false}"#),
    ("copy", r#"{"content": "z", "dest": "D/out", "validate": "false %s"}"#),
    ("copy", r#"{"src": "D/out", "dest": "D/rs", "remote_src": true}"#),
    ("copy", r#"{"src": "D/out", "dest": "D/rs", "remote_src": true, "mode": "preserve"}"#),
    ("lineinfile", r#"{"path": "D/out", "line": "c", "insertbefore": "BOF"}"#),
    ("lineinfile", r#"{"path": "D/out", "line": "t=1", "regexp": "^tw"}"#),
    ("lineinfile", r#"{"path": "D/out", "line": "x", "insertafter": "^c", "mode": "0644"}"#),
    ("lineinfile", r#"{"path": "D/out", "line": "y", "insertafter": "^nope"}"#),
    ("lineinfile", r#"{"path": "D/out", "line": "\\1=2", "regexp": "^(t)=1", "backrefs": true}"#),
    ("lineinfile", r#"{"path": "D/out", "regexp": "^[xy]", "state": "absent"}"#),
    ("lineinfile", r#"{"path": "D/sub/new", "line": "c", "create": true}"#),
    ("blockinfile", r#"{"path": "D/out", "block": "x\ny", "insertafter": "^t"}"#),
    ("blockinfile", r#"{"path": "D/out", "block": "x\nz", "mode": "0600", "append_newline": true}"#),
    ("blockinfile", r#"{"path": "D/blk", "block": "x", "create": true, "marker": "; {mark}"}"#),
    ("blockinfile", r#"{"path": "D/out", "state": "absent"}"#),
    ("command", r#"{"cmd": "touch D/made", "creates": "D/made"}"#),
    ("command", r#"{"argv": ["sh", "-c", "echo $0 a; echo b >&2; exit 4", "~"]}"#),
    ("command", r#"{"cmd": "nosuch x"}"#),
    ("command", r#"{"cmd": "pwd", "chdir": "D/nope"}"#),
    ("shell", r#"{"cmd": "echo 'a b' | tr a c; pwd", "chdir": "/"}"#),
    ("shell", r#"{"cmd": "cat", "stdin": "x\ny"}"#),
    ("command", r#"{"cmd": "rm D/made", "removes": "D/made"}"#),
];

/// What differs by nature: times, temporary names, and what only ansible-core adds around a result.
const VOLATILE: &[&str] = &[
    "start",
    "end",
    "delta",
    "src",
    "warnings",
    "ansible_facts",
    "exception",
    "stdout_lines",
    "stderr_lines",
    "failed",
    "deprecations",
    "module_stdout",
    "module_stderr",
    "invocation",
    "skipped",
    "_ansible_no_log",
];

#[test]
fn results_are_those_of_ansible_core() {
    let Ok(oracle) = std::env::var("IMPEL_ORACLE") else {
        eprintln!("skipped: IMPEL_ORACLE (folder of ansible-core's programs) is not set");
        return;
    };
    let mut lab = Lab::new();
    let theirs = std::env::temp_dir().join(format!("impel-oracle-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&theirs);
    std::fs::create_dir_all(theirs.join("D")).unwrap();
    let folder = format!("{}/", theirs.join("D").display());
    let mut play = String::from("- hosts: localhost\n  gather_facts: no\n  tasks:\n");
    let mut names = Vec::new();
    for (i, (module, args)) in TASKS.iter().enumerate() {
        for (step, check) in [("check", "yes"), ("run", "no"), ("again", "no")] {
            let args = args.replace("D/", &folder);
            let name = format!("r{i}_{step}");
            writeln!(
                play,
                "  - {module}: {args}\n    check_mode: {check}\n    ignore_errors: yes\n    register: {name}"
            )
            .unwrap();
            names.push(name);
        }
    }
    let list = names.join(", ");
    let out = theirs.join("results.json").display().to_string();
    writeln!(play, "  - copy:\n      content: \"{{{{ [{list}] | to_json }}}}\"\n      dest: {out}").unwrap();
    let book = theirs.join("play.yml");
    std::fs::write(&book, play).unwrap();
    let ran = std::process::Command::new(format!("{oracle}/ansible-playbook"))
        .args(["-i", "localhost,", "-c", "local", "-e"])
        .arg(format!("ansible_python_interpreter={oracle}/python"))
        .arg(&book)
        .output()
        .unwrap();
    let text = std::fs::read_to_string(&out).unwrap_or_else(|e| {
        panic!("{e}: {}\n{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
    });
    let results = Data::from_json(&serde_json::from_str(&text).unwrap());
    let mut wrong = String::new();
    for (i, (module, args)) in TASKS.iter().enumerate() {
        for (step, their) in results.as_list().unwrap()[i * 3..i * 3 + 3].iter().enumerate() {
            let ours = lab.go(module, args, step == 0).to_map();
            let their = comparable(their.as_map().unwrap(), &folder);
            let ours = comparable(&ours, &format!("{}/", lab.folder.display()));
            if ours != their {
                let which = ["check", "run", "again"][step];
                writeln!(wrong, "{module} {args} ({which})\n  ours   {ours}\n  theirs {their}").unwrap();
            }
        }
    }
    let tree = lab.tree();
    let _ = std::fs::rename(&lab.folder, lab.folder.with_extension("ours"));
    std::fs::rename(theirs.join("D"), &lab.folder).unwrap();
    let their_tree = lab.tree();
    let _ = std::fs::remove_dir_all(lab.folder.with_extension("ours"));
    let _ = std::fs::remove_dir_all(&theirs);
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(tree, their_tree);
}

fn comparable(result: &Map, folder: &str) -> String {
    let mut lines: Vec<String> = result
        .iter()
        .filter(|(name, _)| !VOLATILE.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={}", value.to_json_text().replace(folder, "D/")))
        .collect();
    lines.sort();
    lines.join(" ")
}
