//! The same playbooks through ansible-core and impel: what they print must be the same.
//!
//! Each folder of `tests/oracle/playbooks` is a case: `site.yml`, and in `args` the command lines to try, one a
//! line, settings of the environment first. Needs ansible-core: `IMPEL_ORACLE` names the folder with its `ansible-playbook`.

#![expect(clippy::expect_used, reason = "a test that cannot go on says where by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The fields of a result that differ from run to run.
const CHANGING: &[&str] = &["start", "end", "delta", "pid"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/playbooks")
}

fn run(program: &Path, case: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let settings = arguments.iter().take_while(|word| word.starts_with("ANSIBLE_")).count();
    let (settings, arguments) = arguments.split_at(settings);
    let output = Command::new(program)
        .args(["-i", "../hosts", "site.yml"])
        .args(arguments)
        .current_dir(case)
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_DEPRECATION_WARNINGS", "0")
        .env("ANSIBLE_ROLES_PATH", case.join("roles"))
        .env("ANSIBLE_FORKS", "1")
        .envs(settings.iter().filter_map(|setting| setting.split_once('=')))
        .output()
        .expect("the program starts");
    (normal(&String::from_utf8_lossy(&output.stdout)), output.status.code())
}

/// How lines begin that tell of ansible-core's own machinery.
const MACHINERY: &[&str] = &[
    "<",
    "ansible-playbook [core",
    "Loading c",
    "Parsed ",
    "Set default localhost",
    "Skipping callback",
    "Using module file",
    "redirecting ",
    "setting up inventory plugins",
    "statically imported",
    "wire: ",
];

/// Whether a line is about the program and not about the play.
fn is_machinery(line: &str) -> bool {
    let versions = [" file = ", " path = ", " location = ", " version = "];
    MACHINERY.iter().any(|start| line.starts_with(start))
        || line.contains(" declined parsing ")
        || line.starts_with("  ") && !line.contains('"') && versions.iter().any(|word| line.contains(word))
}

/// Output without what differs from run to run, the lines of one task sorted: hosts end in any order.
fn normal(text: &str) -> String {
    let mut blocks: Vec<Vec<String>> = vec![Vec::new()];
    for line in text.lines().filter(|line| !is_machinery(line)) {
        let starts = ["PLAY", "TASK", "RUNNING HANDLER"].iter().any(|word| line.starts_with(word));
        if starts {
            blocks.push(Vec::new());
        }
        blocks.last_mut().expect("there is one").push(line.to_owned());
    }
    let mut normal = String::new();
    for mut block in blocks {
        for line in &mut block {
            for field in CHANGING {
                let marker = format!("\"{field}\": \"");
                if let Some(at) = line.find(&marker) {
                    let from = at + marker.len();
                    let to = line[from..].find('"').map_or(line.len(), |end| from + end);
                    line.replace_range(from..to, "X");
                }
            }
        }
        if block.iter().filter(|line| line.starts_with("ok:") || line.starts_with("fatal:")).count() > 1 {
            block[1..].sort();
        }
        normal.push_str(&block.join("\n"));
        normal.push('\n');
    }
    normal
}

#[test]
fn playbooks_print_what_ansible_core_prints() {
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("left out: IMPEL_ORACLE does not name the folder of ansible-core's programs");
        return;
    };
    let bin = tempfile::tempdir().expect("a folder");
    let impel = bin.path().join("ansible-playbook");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_impel"), &impel).expect("a link");
    let oracle = PathBuf::from(oracle).join("ansible-playbook");
    let only = std::env::var("CASE").ok();
    let mut different = Vec::new();
    let mut count = 0;
    let mut cases: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the cases")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("site.yml").is_file())
        .collect();
    cases.sort();
    for case in cases {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let lines = std::fs::read_to_string(case.join("args")).unwrap_or_else(|_| "\n".into());
        for line in lines.lines() {
            let arguments: Vec<&str> = line.split_whitespace().collect();
            let (wanted, wanted_code) = run(&oracle, &case, &arguments);
            let (got, code) = run(&impel, &case, &arguments);
            count += 1;
            if got != wanted || code != wanted_code {
                let diff = similar::TextDiff::from_lines(&wanted, &got);
                let diff = diff.unified_diff().context_radius(2).to_string();
                different.push(format!("## {name} {line} (exit {wanted_code:?} against {code:?})\n{diff}"));
            }
        }
    }
    assert!(different.is_empty(), "{} of {count} differ\n{}", different.len(), different.join("\n"));
}
