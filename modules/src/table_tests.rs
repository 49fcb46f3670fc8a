//! `cron` and `blockinfile` beside ansible-core's, on twin roots.

use crate::twins::Twins;

/// Module, arguments, check mode, fields that may differ.
type Case = (&'static str, &'static str, bool, &'static [&'static str]);

const CASES: &[Case] = &[
    ("cron", r#"{"name": "a", "job": "ls -l", "minute": "5"}"#, true, &[]),
    ("cron", r#"{"name": "a", "job": "ls -l", "minute": "5"}"#, false, &[]),
    ("cron", r#"{"name": "a", "job": "ls -l", "minute": "5"}"#, false, &[]),
    ("cron", r#"{"name": "a", "job": "ls -la", "minute": "5", "hour": "1,2", "dow": "1"}"#, false, &[]),
    ("cron", r#"{"name": "b", "job": "true", "special_time": "reboot"}"#, false, &[]),
    ("cron", r#"{"name": "b", "job": "true", "special_time": "reboot", "hour": "1"}"#, false, &[]),
    ("cron", r#"{"name": "b", "job": "true", "disabled": true}"#, false, &[]),
    ("cron", r#"{"name": "PATH", "env": true, "job": "/bin:/usr/bin"}"#, false, &[]),
    ("cron", r#"{"name": "APP", "env": true, "value": "x", "insertafter": "PATH"}"#, false, &[]),
    ("cron", r#"{"name": "APQ", "env": true, "value": "x", "insertbefore": "NONE"}"#, false, &[]),
    ("cron", r#"{"name": "APP", "env": true, "state": "absent"}"#, false, &[]),
    ("cron", r#"{"name": "b", "state": "absent"}"#, true, &[]),
    ("cron", r#"{"name": "b", "state": "absent"}"#, false, &[]),
    ("cron", r#"{"name": "b", "state": "absent"}"#, false, &[]),
    (
        "cron",
        r#"{"name": "f", "cron_file": "imp", "user": "root", "job": "true", "minute": "0"}"#,
        false,
        &[],
    ),
    (
        "cron",
        r#"{"name": "f", "cron_file": "imp", "user": "root", "job": "true", "minute": "0"}"#,
        false,
        &[],
    ),
    ("cron", r#"{"name": "f", "cron_file": "imp", "job": "true", "minute": "0"}"#, false, &[]),
    (
        "cron",
        r#"{"name": "g", "cron_file": "imp", "user": "root", "job": "false", "backup": true}"#,
        false,
        &["backup_file"],
    ),
    ("cron", r#"{"name": "f", "cron_file": "imp", "state": "absent"}"#, false, &[]),
    ("cron", r#"{"name": "g", "cron_file": "imp", "state": "absent"}"#, false, &[]),
    ("cron", r#"{"name": "g", "cron_file": "imp", "state": "absent"}"#, false, &[]),
    ("cron", r#"{"name": "x"}"#, false, &[]),
    ("cron", r#"{"name": "u", "user": "daemon", "job": "true"}"#, false, &[]),
    ("cron", r#"{"name": "u", "user": "nobodyelse", "job": "true"}"#, false, &["msg"]),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "x\ny"}"#, false, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "x\ny", "create": true}"#, true, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "x\ny", "create": true, "mode": "0600"}"#, false, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "x\ny"}"#, false, &[]),
    (
        "blockinfile",
        r#"{"path": "/tmp/b", "block": "1\n", "marker": "// {mark} two", "insertbefore": "BOF", "append_newline": true}"#,
        false,
        &[],
    ),
    (
        "blockinfile",
        r#"{"path": "/tmp/b", "block": "3", "marker": "// {mark} three", "insertafter": "^x", "prepend_newline": true, "append_newline": true}"#,
        false,
        &[],
    ),
    (
        "blockinfile",
        r#"{"path": "/tmp/b", "block": "4", "marker": "// {mark} four", "insertbefore": "^y", "backup": true}"#,
        false,
        &["backup_file"],
    ),
    (
        "blockinfile",
        r#"{"path": "/tmp/b", "block": "5", "marker": "// {mark} five", "insertafter": "^nomatch"}"#,
        false,
        &[],
    ),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "", "marker": "// {mark} two"}"#, true, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "", "marker": "// {mark} two"}"#, false, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "state": "absent", "marker": "// {mark} three"}"#, false, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "state": "absent", "marker": "// {mark} three"}"#, false, &[]),
    ("blockinfile", r#"{"path": "/tmp/b", "block": "z", "mode": "0644"}"#, false, &[]),
    ("blockinfile", r#"{"path": "/tmp", "block": "z"}"#, false, &[]),
    (
        "blockinfile",
        r#"{"path": "/tmp/b", "block": "z", "insertafter": "a", "insertbefore": "b"}"#,
        false,
        &[],
    ),
    ("package", r#"{"name": "tar", "state": "present"}"#, false, &["cache_update_time"]),
];

#[test]
fn tables_and_blocks_become_what_ansible_makes_of_them() {
    let Some(mut twins) = Twins::open("tables") else { return };
    let mut found = Vec::new();
    for (module, args, check, ignore) in CASES {
        found.extend(twins.compare(module, args, *check, ignore));
        let script = "crontab -l; crontab -u daemon -l; ls /etc/cron.d; cat /etc/cron.d/imp /tmp/b; \
                      stat -c '%n %f %u' /tmp/b /etc/cron.d/imp";
        found.extend(twins.same(script).into_iter().map(|d| format!("after {module} {args}: {d}")));
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}
