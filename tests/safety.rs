//! What must never be seen: values that a task hides, wherever a run may show or keep them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Stdio};

const SECRET: &str = "hush-Ahsh4ohz";

/// Every way of a task to end, each with the value in its arguments, its result or its error.
const PLAY: &str = r#"
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - copy: {content: "{{ it }}\n", dest: "{{ here }}/kept", mode: "0600"}
      no_log: true
    - command: echo {{ it }}
      no_log: true
      register: said
    - command: sh -c 'echo {{ it }} >&2; exit 3'
      no_log: true
      ignore_errors: true
    - command: echo {{ item }}
      loop: ["{{ it }}", "more {{ it }}"]
      no_log: true
    - shell: echo {{ it }}; exit 4
      no_log: true
      ignore_errors: true
      until: false
      retries: 1
      delay: 0
    - copy: {content: "{{ it }}", dest: "{{ here }}/no/such/folder/{{ it }}"}
      no_log: true
      ignore_errors: true
    - debug: {msg: "{{ it }}"}
      no_log: true
    - debug: {msg: "{{ said.stdout | nosuch_attribute_of(it) }}"}
      no_log: true
      when: false
    - debug: {msg: "{{ (it ~ '{') | from_json }}"}
      no_log: true
      ignore_errors: true
    - set_fact: {kept: "{{ it }}"}
      no_log: true
    - assert: {that: it == 'no', fail_msg: "{{ it }}"}
      no_log: true
      ignore_errors: true
    - fail: {msg: "{{ it }}"}
      no_log: true
      ignore_errors: true
    - lineinfile: {path: "{{ here }}/kept", line: "{{ it }} again"}
      no_log: true
      diff: true
    - command: echo {{ it }}
      when: it == '{{ it'
      no_log: true
      ignore_errors: true
    - block:
        - command: "{{ it }} --help"
          no_log: true
          ignore_errors: true
        - command: echo {{ it }}
          changed_when: it is nosuchtest
          no_log: true
      rescue:
        - debug: {msg: rescued}
    - file: {path: "{{ here }}/kept", state: absent}
"#;

fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    std::fs::write(folder.join("play.yml"), PLAY.replace("nosuch_attribute_of(it)", "default(it)")).unwrap();
    std::fs::write(
        folder.join("vars.yml"),
        format!("it: {SECRET}\nhere: {}\nansible_remote_tmp: {0}\n", folder.display()),
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_impel"))
        .args(["run", "play.yml", "-e", "@vars.yml"])
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn what_a_task_hides_is_shown_nowhere() {
    for (arguments, environment) in [
        (&["-vvvv", "-D"][..], &[][..]),
        (&["-D", "--output", "json"], &[]),
        (&["--check", "-D", "-vvv"], &[]),
        (&["-vvvv"], &[("ANSIBLE_STDOUT_CALLBACK", "minimal")]),
        (&["-vvvv"], &[("ANSIBLE_STDOUT_CALLBACK", "oneline")]),
        (&["-vvvv", "-D"], &[("ANSIBLE_LOG_PATH", "the.log"), ("ANSIBLE_DISPLAY_ARGS_TO_STDOUT", "1")]),
        (&["-vvvv"], &[("ANSIBLE_CALLBACK_RESULT_FORMAT", "yaml")]),
        (&["-vvvv"], &[("IMPEL_LOG", "trace")]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (code, said) = run(folder.path(), arguments, environment);
        // check mode has made no file for the last tasks
        assert!(code == Some(0) || arguments.contains(&"--check"), "{arguments:?} {environment:?}\n{said}");
        let shown = said.lines().find(|line| line.contains(SECRET));
        assert_eq!(shown, None, "{arguments:?} {environment:?}\n{said}");
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() && path.file_name().unwrap() != "vars.yml" {
                let text = std::fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&text);
                assert!(!text.contains(SECRET), "{} {arguments:?}", path.display());
            }
        }
    }
}

#[test]
fn a_password_that_a_module_takes_is_not_shown_with_its_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let play = "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n    \
                - user: {name: nosuch-user, password: \"$6$x${{ it }}\"}\n      ignore_errors: true\n";
    std::fs::write(folder.path().join("play.yml"), play).unwrap();
    std::fs::write(folder.path().join("vars.yml"), format!("it: {SECRET}\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_impel"))
        // what stands on the command line is shown with it at -vvvv, as by ansible-core
        .args(["run", "play.yml", "--check", "-vvvv", "-D", "-e", "@vars.yml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("nosuch-user") && !said.contains(SECRET), "{said}");
}

#[test]
fn a_configuration_that_anybody_may_write_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ansible.cfg"), "[defaults]\ninventory = evil.ini\n").unwrap();
    std::fs::write(folder.path().join("evil.ini"), "evil.example\n").unwrap();
    let listed = |mode: u32| {
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_impel"))
            .args(["inventory", "--list"])
            .env_remove("ANSIBLE_CONFIG")
            .env("HOME", folder.path().join("nowhere"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat()
    };
    assert!(listed(0o755).contains("evil.example"));
    let said = listed(0o777);
    assert!(!said.contains("evil.example\"") && said.contains("world writable directory"), "{said}");
}

/// A task of each kind that shows its values.
const SHOWING: &str = r#"
- hosts: localhost
  connection: local
  gather_facts: false
  vars_files: [secrets.yml]
  tasks:
    - debug: {msg: "it is {{ it }}"}
    - debug: {var: it}
    - command: echo {{ it }}
    - copy: {content: "{{ it }}\nline\n", dest: "{{ here }}/kept"}
    - lineinfile: {path: "{{ here }}/kept", line: "again {{ it }}"}
    - debug: {msg: "{{ item }}"}
      loop: ["{{ it }}", "{{ it }} more"]
    - fail: {msg: "because {{ it }}"}
      ignore_errors: true
    - copy: {content: x, dest: "{{ here }}/no/{{ it }}/folder"}
      ignore_errors: true
    - debug: {msg: "{{ ('{' ~ it) | from_json }}"}
      ignore_errors: true
    - set_fact: {kept: "{{ it | upper }} {{ it }}"}
    - debug: {msg: "{{ kept }}"}
    - assert: {that: "it == 'no'", fail_msg: "not {{ it }}"}
      ignore_errors: true
    - debug: {msg: "{{ inner.list[0] }}"}
    - debug: {msg: "{{ it.nosuch }}"}
      ignore_errors: true
    - file: {path: "{{ here }}/kept", state: absent}
"#;

#[test]
fn what_came_out_of_a_vault_is_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let impel = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_impel"))
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    std::fs::write(at("password"), "open\n").unwrap();
    std::fs::write(at("secrets.yml"), format!("it: {SECRET}\ninner: {{list: [{SECRET}]}}\n")).unwrap();
    std::fs::write(at("vars.yml"), format!("here: {}\n", folder.path().display())).unwrap();
    std::fs::write(at("play.yml"), SHOWING).unwrap();
    let (code, said) = impel(&["vault", "encrypt", "--vault-password-file", "password", "secrets.yml"], &[]);
    assert_eq!(code, Some(0), "{said}");
    let run = ["run", "play.yml", "-e", "@vars.yml", "--vault-password-file", "password"];
    for (more, environment) in [
        (&["-vvvv", "-D"][..], &[][..]),
        (&["-D", "--output", "json"], &[]),
        (&["-vvvv"], &[("ANSIBLE_STDOUT_CALLBACK", "minimal")]),
        (&["-vvvv", "-D"], &[("ANSIBLE_LOG_PATH", "the.log"), ("ANSIBLE_DISPLAY_ARGS_TO_STDOUT", "1")]),
        (&["-vvvv"], &[("IMPEL_LOG", "trace")]),
    ] {
        let (code, said) = impel(&[&run, more].concat(), environment);
        assert_eq!(code, Some(0), "{more:?} {environment:?}\n{said}");
        let shown = said.lines().find(|line| line.to_lowercase().contains(&SECRET.to_lowercase()));
        assert_eq!(shown, None, "{more:?} {environment:?}\n{said}");
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read(&path).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains(SECRET), "{} {more:?}", path.display());
        }
    }
}

/// What a host says, through everything that makes texts of texts.
const ECHOES: &str = r#"
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {lazy: "{{ said.stdout }}", lazier: "{{ lazy | trim }}"}
  tasks:
    - command: cat text
      register: said
    - set_fact: {kept: "{{ said.stdout }}", listed: "{{ said.stdout_lines }}"}
    - debug: {msg: "{{ item }}"}
      loop:
        - "{{ said.stdout }}"
        - "{{ kept }}"
        - "{{ lazier }}"
        - "{{ said.stdout | upper | lower }}"
        - "{{ said.stdout | replace('x', 'x') | regex_replace('^', '') }}"
        - "{{ [said.stdout, ''] | join('') }}"
        - "{{ '%s' | format(said.stdout) }}"
        - "{{ '' ~ said.stdout ~ '' }}"
        - "{{ said.stdout.split('nothing') | first }}"
        - "{{ (said | to_json | from_json).stdout }}"
        - "{{ ({'a': said.stdout} | to_nice_yaml | from_yaml).a }}"
        - "{{ said.stdout | b64encode | b64decode }}"
        - "{{ {'a': {'b': kept}} | combine({'c': kept}, recursive=true) }}"
        - "{{ {'a': kept} | dict2items | items2dict }}"
        - "{{ listed | map('regex_replace', 'q', 'q') | list }}"
        - "{{ lookup('vars', 'kept') }}"
        - "{{ query('vars', 'lazy') }}"
        - "{{ lookup('file', 'text') }}"
        - "{{ lookup('pipe', 'cat text') }}"
        - "{{ lookup('dict', {'a': kept}) }}"
        - "{{ hostvars[inventory_hostname].kept }}"
        - "{{ vars['kept'] }}"
        - "{{ kept | default('') | string | trim }}"
        - "{{ kept | quote }}"
    - copy: {content: "{{ kept }}", dest: copied}
    - template: {src: twice.j2, dest: templated}
    - assert: {that: [kept is defined, "kept == said.stdout"]}
    - debug: {msg: "{{ kept }}"}
      when: kept is search('touch')
    - include_tasks: "{{ kept | length }}.yml"
      ignore_errors: true
"#;

#[test]
fn what_a_host_says_is_text_through_every_filter_and_lookup() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let touch = format!("touch {}", at("executed").display());
    let text = format!("{{{{ lookup('pipe', '{touch}') }}}}{{% set x = lookup('pipe', '{touch}') %}}");
    std::fs::write(at("text"), &text).unwrap();
    std::fs::write(at("twice.j2"), "{{ kept }}{% include 'inner.j2' %}{{ lazier }}").unwrap();
    std::fs::write(at("inner.j2"), "{{ said.stdout }}").unwrap();
    std::fs::write(at(&format!("{}.yml", text.len())), "- debug: {msg: \"{{ kept }}\"}\n").unwrap();
    // relative paths of the controller are the playbook's, those of the host its working folder's
    let play = ECHOES.replace("dest: copied", &format!("dest: {}", at("copied").display()));
    let play = play.replace("dest: templated", &format!("dest: {}", at("templated").display()));
    std::fs::write(at("play.yml"), play.replace("cat text", &format!("cat {}", at("text").display())))
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_impel"))
        .args(["run", "play.yml"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!at("executed").exists(), "{said}");
    assert_eq!(std::fs::read_to_string(at("copied")).unwrap(), text);
    assert_eq!(std::fs::read_to_string(at("templated")).unwrap(), text.repeat(3));
}
