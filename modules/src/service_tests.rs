//! `systemd_service` and `service` beside ansible-core's, on two booted containers.

use crate::Data;
use crate::twins::Twins;

/// Module, arguments, check mode, fields that may differ.
type Case = (&'static str, &'static str, bool, &'static [&'static str]);

/// Times and numbers of processes are each machine's own.
const STATUS: &[&str] = &["status"];

const CASES: &[Case] = &[
    ("systemd", r#"{"name": "cron", "state": "started"}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "state": "stopped"}"#, true, STATUS),
    ("systemd", r#"{"name": "cron", "state": "stopped"}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "state": "stopped"}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "state": "restarted", "enabled": true}"#, false, STATUS),
    ("systemd", r#"{"name": "cron.service", "state": "reloaded"}"#, false, STATUS),
    ("systemd", r#"{"name": "nope", "state": "started"}"#, false, STATUS),
    ("systemd", r#"{"name": "nope", "state": "stopped"}"#, false, STATUS),
    ("systemd", r#"{"name": "nope", "enabled": true}"#, false, STATUS),
    ("systemd", r#"{"name": "nope", "enabled": false}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "masked": true}"#, true, STATUS),
    ("systemd", r#"{"name": "cron", "masked": true}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "masked": true}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "state": "restarted"}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "masked": false}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "enabled": false}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "enabled": false}"#, false, STATUS),
    ("systemd", r#"{"name": "cron", "enabled": true, "force": true}"#, false, STATUS),
    ("systemd", r#"{"daemon_reload": true}"#, false, &[]),
    ("systemd", r#"{"daemon_reload": true}"#, true, &[]),
    ("systemd", r#"{"daemon_reexec": true}"#, false, &[]),
    ("systemd", r#"{"name": "cron"}"#, false, STATUS),
    ("systemd", r#"{"name": "systemd-journald", "enabled": true}"#, false, STATUS),
    ("systemd", r#"{"name": "getty@tty5", "state": "started", "enabled": true}"#, false, STATUS),
    ("systemd", r#"{"name": "multi-user.target", "state": "started"}"#, false, STATUS),
    ("systemd", r#"{"name": "cron*", "state": "started"}"#, false, STATUS),
    ("systemd", r#"{"enabled": true}"#, false, STATUS),
    (
        "systemd",
        r#"{"name": "cron", "state": "started", "no_block": true, "daemon_reload": true}"#,
        false,
        STATUS,
    ),
    ("service", r#"{"name": "cron", "state": "started"}"#, false, STATUS),
    ("service", r#"{"name": "cron", "state": "restarted", "sleep": 1, "pattern": "x"}"#, false, STATUS),
    ("service", r#"{"name": "cron", "state": "stopped", "enabled": false}"#, false, STATUS),
    ("service", r#"{"name": "cron", "state": "started", "enabled": true}"#, true, STATUS),
    ("service", r#"{"name": "cron", "state": "started", "enabled": true}"#, false, STATUS),
    ("service", r#"{"name": "nope", "state": "started"}"#, false, STATUS),
    ("service", r#"{"name": "cron"}"#, false, STATUS),
    ("hostname", r#"{"name": "web1.example.org"}"#, true, &["ansible_facts", "diff"]),
    ("hostname", r#"{"name": "web1.example.org"}"#, false, &["ansible_facts", "diff"]),
    ("hostname", r#"{"name": "web1.example.org"}"#, false, &["ansible_facts", "diff"]),
    ("hostname", r#"{"name": "web2", "use": "debian"}"#, false, &["ansible_facts", "diff"]),
];

#[test]
fn services_become_what_ansible_makes_of_them() {
    let Some(mut twins) = Twins::booted("services") else { return };
    same_status(&mut twins);
    let mut found = Vec::new();
    for (module, args, check, ignore) in CASES {
        found.extend(twins.compare(module, args, *check, ignore));
        found.extend(
            twins
                .same("systemctl is-active cron; systemctl is-enabled cron; systemctl is-enabled getty@tty5")
                .into_iter()
                .map(|d| format!("after {module} {args}: {d}")),
        );
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}

/// Both have restarted the unit before, so that they tell of the same times.
fn same_status(twins: &mut Twins) {
    let args = r#"{"name": "cron", "state": "started"}"#;
    twins.ours("systemd", args, false);
    if twins.theirs("systemd", args, false).is_none() {
        return;
    }
    let ours = twins.ours("systemd", args, false).result["status"].as_map().unwrap().clone();
    let theirs = twins.theirs("systemd", args, false).unwrap()["status"].as_map().unwrap().clone();
    let lacking: Vec<_> =
        theirs.keys().filter(|k| !ours.contains_key(*k) && !k.contains("Timestamp")).collect();
    let surplus: Vec<_> =
        ours.keys().filter(|k| !theirs.contains_key(*k) && !k.contains("Timestamp")).collect();
    assert!(lacking.is_empty() && surplus.is_empty(), "lacking {lacking:?}, surplus {surplus:?}");
    let own = [
        "Monotonic",
        "Timestamp",
        "PID",
        "InvocationID",
        "CPU",
        "Memory",
        "Tasks",
        "ExecStart",
        "ControlGroup",
        "IO",
        "IP",
    ];
    for (name, value) in theirs.iter().filter(|(name, _)| !own.iter().any(|o| name.contains(o))) {
        let words = |value: Option<&Data>| {
            let text = value.and_then(Data::as_str).unwrap_or("").to_owned();
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort();
            words
        };
        assert_eq!(words(ours.get(name)), words(Some(value)), "{name}");
    }
}
