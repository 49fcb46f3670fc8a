//! The commands as they are called: whole output and exit code, against what ansible-core printed.
//!
//! Every case has a file in `golden/`. With `IMPEL_ORACLE` (the folder of `ansible-playbook`) set, the file itself is
//! compared with what ansible-core prints now; with `IMPEL_RECORD` as well, it is written anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A call: its name, the program, its arguments, its environment, and whether stderr is compared too.
struct Case {
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const fn case(name: &'static str, program: &'static str, arguments: &'static [&'static str]) -> Case {
    Case { name, program, arguments, environment: &[] }
}

const CASES: &[Case] = &[
    case("inventory_list", "ansible-inventory", &["-i", "hosts.ini", "--list"]),
    case("inventory_export", "ansible-inventory", &["-i", "hosts.ini", "--list", "--export"]),
    case("inventory_yaml_export", "ansible-inventory", &["-i", "hosts.ini", "--list", "-y", "--export"]),
    case("inventory_limit", "ansible-inventory", &["-i", "hosts.ini", "--list", "-l", "web:!w2"]),
    case(
        "inventory_extra_vars",
        "ansible-inventory",
        &["-i", "hosts.ini", "--host", "d1", "-e", "a=1 b='x y'"],
    ),
    case("inventory_host", "ansible-inventory", &["-i", "hosts.ini", "--host", "w1"]),
    case("inventory_host_unknown", "ansible-inventory", &["-i", "hosts.ini", "--host", "zz"]),
    case("inventory_graph", "ansible-inventory", &["-i", "hosts.ini", "--graph"]),
    case("inventory_graph_vars", "ansible-inventory", &["-i", "hosts.ini", "--graph", "prod", "--vars"]),
    case("inventory_graph_unknown", "ansible-inventory", &["-i", "hosts.ini", "--graph", "zz"]),
    case("inventory_no_action", "ansible-inventory", &["-i", "hosts.ini"]),
    case("inventory_two_actions", "ansible-inventory", &["-i", "hosts.ini", "--list", "--graph"]),
    case("inventory_limit_file", "ansible-inventory", &["-i", "hosts.ini", "--list", "-l", "@limit"]),
    case("inventory_limit_empty", "ansible-inventory", &["-i", "hosts.ini", "--list", "-l", ""]),
    case("inventory_limit_nothing", "ansible-inventory", &["-i", "hosts.ini", "--list", "-l", "zz"]),
    case(
        "inventory_output",
        "ansible-inventory",
        &["-i", "hosts.ini", "--host", "w1", "--output", "/dev/stdout"],
    ),
    case("inventory_twice_below", "ansible-inventory", &["-i", "odd.yml", "--list", "-y", "--export"]),
    case("inventory_graph_dates", "ansible-inventory", &["-i", "odd.yml", "--graph", "--vars"]),
    Case {
        name: "inventory_export_set",
        program: "ansible-inventory",
        arguments: &["-i", "odd.yml", "--list"],
        environment: &[("ANSIBLE_INVENTORY_EXPORT", "1")],
    },
    Case {
        name: "inventory_no_plugin",
        program: "ansible-inventory",
        arguments: &["-i", "hosts.ini", "--list"],
        environment: &[("ANSIBLE_INVENTORY_ENABLED", "nope")],
    },
    Case {
        name: "inventory_no_vars_files",
        program: "ansible-inventory",
        arguments: &["-i", "hosts.ini", "--host", "w2"],
        environment: &[("ANSIBLE_VARS_ENABLED", "")],
    },
    case("inventory_nothing", "ansible-inventory", &["-i", "nothere", "--list"]),
    case("inventory_host_list", "ansible-inventory", &["-i", "a,b", "--list"]),
    case("list_tasks", "ansible-playbook", &["-i", "hosts.ini", "tags.yml", "--list-tasks"]),
    case("list_tasks_tag", "ansible-playbook", &["-i", "hosts.ini", "tags.yml", "--list-tasks", "-t", "a"]),
    case(
        "list_tasks_tagged",
        "ansible-playbook",
        &["-i", "hosts.ini", "tags.yml", "--list-tasks", "-t", "tagged", "--skip-tags", "imported,again"],
    ),
    case("list_tags", "ansible-playbook", &["-i", "hosts.ini", "tags.yml", "--list-tags"]),
    case("list_hosts", "ansible-playbook", &["-i", "hosts.ini", "tags.yml", "--list-hosts", "-l", "d1"]),
    case("syntax_check", "ansible-playbook", &["-i", "hosts.ini", "tags.yml", "site.yml", "--syntax-check"]),
    case("wrong_keyword", "ansible-playbook", &["-i", "hosts.ini", "wrong_keyword.yml"]),
    case("wrong_yaml", "ansible-playbook", &["-i", "hosts.ini", "wrong_yaml.yml"]),
    case("two_actions", "ansible-playbook", &["-i", "hosts.ini", "two_actions.yml"]),
    case("no_list", "ansible-playbook", &["-i", "hosts.ini", "no_list.yml"]),
    case("empty", "ansible-playbook", &["-i", "hosts.ini", "empty.yml"]),
    case("no_role", "ansible-playbook", &["-i", "hosts.ini", "no_role.yml"]),
    case("no_playbook", "ansible-playbook", &["-i", "hosts.ini", "nothere.yml"]),
    case("limit_nothing", "ansible-playbook", &["-i", "hosts.ini", "site.yml", "-l", "zz"]),
    case("run", "ansible-playbook", &["-i", "hosts.ini", "site.yml", "-l", "w1"]),
    case("run_verbose", "ansible-playbook", &["-i", "hosts.ini", "site.yml", "-l", "w1", "-v"]),
    case("run_check", "ansible-playbook", &["-i", "hosts.ini", "site.yml", "-l", "w1", "-C"]),
    Case {
        name: "run_options",
        program: "ansible-playbook",
        arguments: &["-i", "hosts.ini", "site.yml", "-l", "w1", "-C"],
        environment: &[
            ("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "no"),
            ("ANSIBLE_CHECK_MODE_MARKERS", "yes"),
            ("ANSIBLE_DISPLAY_FAILED_STDERR", "yes"),
            ("ANSIBLE_SHOW_TASK_PATH_ON_FAILURE", "yes"),
        ],
    },
    Case {
        name: "run_yaml_coloured",
        program: "ansible-playbook",
        arguments: &["-i", "hosts.ini", "site.yml", "-l", "w1"],
        environment: &[("ANSIBLE_CALLBACK_RESULT_FORMAT", "yaml"), ("ANSIBLE_FORCE_COLOR", "1")],
    },
    case("adhoc_debug", "ansible", &["-i", "hosts.ini", "w1", "-m", "debug", "-a", "msg={{ gv.b }}"]),
    case("adhoc_fail", "ansible", &["-i", "hosts.ini", "w1", "-m", "fail", "-a", "msg=no"]),
    case("adhoc_list_hosts", "ansible", &["-i", "hosts.ini", "prod", "--list-hosts"]),
    case("adhoc_no_hosts", "ansible", &["-i", "hosts.ini", "zz", "-m", "ping"]),
    case("adhoc_list_no_hosts", "ansible", &["-i", "hosts.ini", "zz", "--list-hosts"]),
    case("adhoc_limit_nothing", "ansible", &["-i", "hosts.ini", "d1", "--list-hosts", "-l", "w2"]),
    case("adhoc_no_arguments", "ansible", &["-i", "hosts.ini", "w1"]),
    case("adhoc_playbook", "ansible", &["-i", "hosts.ini", "site.yml"]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

/// What a program says and how it ends, as one text, without what differs from machine to machine.
fn transcript(program: &Path, case: &Case) -> String {
    let fixtures = folder().join("fixtures");
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program)
        .args(case.arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_CONFIG", "/nothere")
        .envs(case.environment.iter().copied())
        .current_dir(&fixtures)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.replace(&*fixtures.to_string_lossy(), "[FOLDER]")
            .replace(&*home.path().to_string_lossy(), "[HOME]")
    };
    let code = output.status.code().map_or("killed".to_string(), |code| code.to_string());
    format!(
        "$ {} {}\n== exit {code}\n== stdout\n{}== stderr\n{}",
        case.program,
        case.arguments.join(" "),
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// impel under Ansible's names.
fn named(names: &Path) -> BTreeMap<&'static str, PathBuf> {
    let programs = ["ansible", "ansible-playbook", "ansible-inventory", "ansible-doc", "impel"];
    let link = |name: &'static str| {
        let path = names.join(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_impel"), &path).unwrap();
        (name, path)
    };
    programs.into_iter().map(link).collect()
}

#[test]
fn commands_say_what_ansibles_say() {
    let names = tempfile::tempdir().unwrap();
    let programs = named(names.path());
    let oracle = std::env::var_os("IMPEL_ORACLE").map(PathBuf::from);
    if oracle.is_none() {
        eprintln!("IMPEL_ORACLE is not set: the recorded outputs are not compared with ansible-core's own");
    }
    let mut wrong = Vec::new();
    for case in CASES {
        let golden = folder().join("golden").join(format!("{}.txt", case.name));
        if let Some(oracle) = &oracle {
            let said = transcript(&oracle.join(case.program), case);
            if std::env::var_os("IMPEL_RECORD").is_some() {
                std::fs::write(&golden, &said).unwrap();
            }
            let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
            if said != recorded {
                wrong.push(format!(
                    "{}: ansible-core says otherwise now:\n{}",
                    case.name,
                    difference(&recorded, &said)
                ));
            }
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        let said = transcript(&programs[case.program], case);
        // impel may add hints below Ansible's own words.
        let said: String = said.split_inclusive('\n').filter(|line| !line.starts_with("hint: ")).collect();
        if said.trim_end() != expected.trim_end() {
            wrong.push(format!("{}:\n{}", case.name, difference(&expected, &said)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

fn difference(expected: &str, said: &str) -> String {
    similar::TextDiff::from_lines(expected, said).unified_diff().header("expected", "said").to_string()
}

fn impel(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_impel"))
        .args(arguments)
        .env("ANSIBLE_CONFIG", "/nothere")
        .current_dir(folder().join("fixtures"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn impel_points_at_errors_with_a_caret() {
    let (code, out, err) = impel(&["run", "-i", "hosts.ini", "wrong_keyword.yml"]);
    assert_eq!(code, Some(4));
    assert_eq!(out, "");
    assert!(err.starts_with("error: 'task' is not a valid attribute for a Play\n --> "), "{err}");
    assert!(err.contains("\n  |\n2 |   task:\n  |   ^\n"), "{err}");
}

#[test]
fn wrong_options_end_with_2_and_suggest() {
    let (code, _, err) = impel(&["run", "--syntx-check", "site.yml"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--syntax-check"), "{err}");
}

#[test]
fn what_is_not_there_yet_says_so() {
    let names = tempfile::tempdir().unwrap();
    let output = Command::new(&named(names.path())["ansible-doc"]).arg("ping").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ansible-doc is not there yet"));
    let (code, _, err) = impel(&["adhoc", "-i", "hosts.ini", "w1", "-m", "ping", "-B", "10"]);
    assert_eq!(code, Some(5));
    assert!(err.contains("not there yet"), "{err}");
}

#[test]
fn a_vault_password_file_must_be_there() {
    let (code, _, err) = impel(&["run", "site.yml", "--vault-password-file", "x"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("x was not found"), "{err}");
}

#[test]
fn every_event_is_one_json_object() {
    let (code, out, err) = impel(&["run", "-i", "hosts.ini", "site.yml", "-l", "w1", "--output", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let events: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names.first(), Some(&"playbook_start"));
    assert_eq!(names.last(), Some(&"recap"));
    assert!(!out.contains("s3cret"), "what no_log censors stays censored");
}

#[test]
fn the_version_is_found_by_tools_that_look_for_ansible() {
    let (code, out, _) = impel(&["--version"]);
    assert_eq!((code, out.as_str()), (Some(0), concat!("impel ", env!("CARGO_PKG_VERSION"), "\n")));
    let names = tempfile::tempdir().unwrap();
    let output = Command::new(&named(names.path())["ansible-playbook"]).arg("--version").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("ansible-playbook [core 2.19."));
}

#[test]
fn what_several_tasks_ask_alike_is_answered_to_all() {
    let folder = tempfile::tempdir().unwrap();
    let play = folder.path().join("pings.yml");
    let tasks = "    - ping:\n".repeat(5);
    std::fs::write(&play, format!("- hosts: localhost\n  gather_facts: false\n  tasks:\n{tasks}")).unwrap();
    let (code, out, err) = impel(&["run", "-i", "localhost,", "-c", "local", &play.to_string_lossy()]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("ok=5 "), "{out}");
}

#[test]
fn a_task_that_waits_for_a_name_holds_up_nothing_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let (play, base) = (folder.path().join("names.yml"), folder.path().display());
    let mut tasks = String::new();
    for n in 0..4 {
        tasks.push_str(&format!(
            "    - stat: {{path: /tmp}}\n      register: a{n}\n    - file: {{path: '{base}/{n}-{{{{ a{n}.stat.exists \
             }}}}', state: directory}}\n      register: b{n}\n    - file: {{path: '{{{{ b{n}.path }}}}/x', state: \
             directory}}\n"
        ));
    }
    std::fs::write(&play, format!("- hosts: localhost\n  gather_facts: false\n  tasks:\n{tasks}")).unwrap();
    let run =
        || impel(&["run", "-i", "localhost,", "-c", "local", &play.to_string_lossy(), "--output", "json"]);
    let (code, out, err) = run();
    assert_eq!(code, Some(0), "{out}{err}");
    let (_, out, _) = run();
    let recap: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let turns = recap["wire"]["turns"].as_u64().unwrap();
    assert!(turns <= 7, "twelve converged tasks took {turns} turns: {recap}");
}

#[test]
fn what_goes_on_below_is_told_as_far_as_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let play = folder.path().join("one.yml");
    std::fs::write(&play, "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - command: echo hush\n")
        .unwrap();
    let run = |told: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_impel"));
        command.args(["run", "-i", "localhost,", "-c", "local"]).arg(&play).env("IMPEL_LOG", told);
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert_eq!(run(""), "");
    let told = run("impel::pipe=debug");
    assert!(told.contains("exchange host=localhost turn=1 requests="), "{told}");
    assert!(!told.contains("hush"), "arguments are nobody's business: {told}");
    assert!(run("a=b=c").starts_with("[WARNING]: IMPEL_LOG is left out"));
    // a corrupt cache of facts ends the run and is removed
    std::fs::write(folder.path().join("s1_localhost"), "{").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_impel"));
    command.args(["adhoc", "-i", "localhost,", "-c", "local", "all", "-m", "debug"]);
    command.env("ANSIBLE_CACHE_PLUGIN", "jsonfile").env("ANSIBLE_CACHE_PLUGIN_CONNECTION", folder.path());
    let err = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(err.contains("It has been removed, so you can re-run your command now."), "{err}");
    assert!(command.output().unwrap().status.success());
}

#[test]
fn what_encrypted_files_hold_is_masked_in_inventories() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    std::fs::create_dir(folder.path().join("host_vars")).expect("a folder");
    std::fs::write(at("hosts"), "h1\n").expect("a file");
    std::fs::write(at("password"), "sesame\n").expect("a file");
    let plain =
        "b: !!binary aGlkZGVuMQ==\nd: 2024-01-02\nl: [hidden2, {k: hidden3}]\ns: hidden4\nshort: x1\nn: 77\n";
    let vars = at("host_vars/h1.yml");
    std::fs::write(&vars, plain).expect("a file");
    let password = ["--vault-password-file", &at("password")].map(str::to_owned);
    let call = |arguments: &[&str]| {
        let own: Vec<&str> = arguments.iter().copied().chain(password.iter().map(String::as_str)).collect();
        let (code, out, err) = impel(&own);
        assert_eq!(code, Some(0), "{err}");
        out
    };
    call(&["vault", "encrypt", &vars]);
    let hosts = at("hosts");
    for form in
        [&["--list"][..], &["--list", "-y"], &["--list", "--toml"], &["--graph", "--vars"], &["--host", "h1"]]
    {
        let arguments: Vec<&str> = ["inventory", "-i", &hosts].iter().chain(form).copied().collect();
        let out = call(&arguments);
        for hidden in ["hidden", "2024", "x1"] {
            assert!(!out.contains(hidden), "{form:?} shows {hidden}: {out}");
        }
        assert!(out.contains("********") && out.contains("77"), "{out}");
        let open = call(&[&arguments[..], &["--no-mask"]].concat());
        assert!(open.contains("hidden4") && !open.contains("****"), "{open}");
    }
}

#[test]
fn an_edit_that_is_ended_by_a_signal_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("password"), "sesame\n").expect("a file");
    std::fs::write(at("secret"), "text\n").expect("a file");
    let vault = |action: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_impel"));
        let arguments = ["vault", action, "--vault-password-file", "password", "secret"];
        command.args(arguments).current_dir(folder.path()).env("HOME", folder.path()).stdin(Stdio::null());
        command
    };
    assert!(vault("encrypt").status().expect("it runs").success());
    let sealed = std::fs::read(at("secret")).expect("a file");
    let copies = || -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(at(".ansible/tmp")).into_iter().flatten().flatten();
        entries
            .flat_map(|entry| std::fs::read_dir(entry.path()))
            .flatten()
            .flatten()
            .map(|e| e.path())
            .collect()
    };
    for signal in ["-QUIT", "-INT", "-TERM", "-HUP"] {
        let mut edit =
            vault("edit").env("EDITOR", "sh -c 'touch begun; exec sleep 60'").spawn().expect("it starts");
        while !at("begun").exists() {
            assert!(edit.try_wait().expect("it can be waited for").is_none(), "the editor was not started");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let mode =
            |path: &Path| std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        let plain = copies();
        assert!(plain.len() == 1 && mode(&plain[0]) & 0o777 == 0o600, "{plain:?}");
        let id = edit.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
        assert!(!edit.wait().expect("it ends").success());
        assert!(!plain[0].exists() && copies().is_empty(), "{signal}");
        assert_eq!(std::fs::read(at("secret")).expect("a file"), sealed);
        std::fs::remove_file(at("begun")).expect("it was there");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_panic() {
    let calls: [&[&str]; 4] = [
        &["--version"],
        &["inventory", "-i", "a,b", "--list"],
        &["template", "-i", "a,", "--host", "a", "-e", "{{ 'x' * 200000 }}"],
        &["explain", "inventory_hostname", "-i", "a,", "--host", "a"],
    ];
    for call in calls {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_impel"));
        let output = command.args(call).stdin(Stdio::null()).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked") && output.status.code() != Some(101), "{call:?}: {said}");
    }
}
