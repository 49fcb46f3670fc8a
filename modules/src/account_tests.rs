//! `user` and `group` beside ansible-core's, on twin roots.

use crate::twins::Twins;

/// Module, arguments, check mode, fields that may differ.
type Case = (&'static str, &'static str, bool, &'static [&'static str]);

// Ansible reports password_expire_account_disable as changed each time that it is given.
const CASES: &[Case] = &[
    ("group", r#"{"name": "g1"}"#, true, &[]),
    ("group", r#"{"name": "g1"}"#, false, &[]),
    ("group", r#"{"name": "g1"}"#, false, &[]),
    ("group", r#"{"name": "g1", "gid": 2000}"#, true, &[]),
    ("group", r#"{"name": "g1", "gid": 2000}"#, false, &[]),
    ("group", r#"{"name": "g2", "gid": 2000}"#, false, &[]),
    ("group", r#"{"name": "g2", "gid": 2000, "non_unique": true}"#, false, &[]),
    ("group", r#"{"name": "g3", "non_unique": true}"#, false, &[]),
    ("group", r#"{"name": "gs", "system": true}"#, false, &[]),
    ("group", r#"{"name": "root", "state": "absent"}"#, false, &[]),
    ("group", r#"{"name": "g2", "state": "absent"}"#, true, &[]),
    ("group", r#"{"name": "g2", "state": "absent"}"#, false, &[]),
    ("group", r#"{"name": "g2", "state": "absent"}"#, false, &[]),
    ("group", r#"{"name": "g4", "gid_min": 3000, "gid_max": 3010}"#, false, &[]),
    ("user", r#"{"name": "u1"}"#, true, &[]),
    ("user", r#"{"name": "u1"}"#, false, &[]),
    ("user", r#"{"name": "u1"}"#, false, &[]),
    (
        "user",
        r#"{"name": "u1", "shell": "/bin/bash", "comment": "A B", "groups": ["g1"], "append": true}"#,
        true,
        &[],
    ),
    (
        "user",
        r#"{"name": "u1", "shell": "/bin/bash", "comment": "A B", "groups": ["g1"], "append": true}"#,
        false,
        &[],
    ),
    ("user", r#"{"name": "u1", "groups": ["g1"], "append": true}"#, false, &[]),
    ("user", r#"{"name": "u1", "groups": ["2000"]}"#, false, &[]),
    ("user", r#"{"name": "u1", "groups": ["gs"]}"#, false, &[]),
    ("user", r#"{"name": "u1", "groups": []}"#, false, &[]),
    ("user", r#"{"name": "u1", "groups": ""}"#, false, &[]),
    ("user", r#"{"name": "u1", "groups": ["nope"]}"#, false, &[]),
    ("user", r#"{"name": "u1", "group": "nope"}"#, false, &[]),
    ("user", r#"{"name": "u1", "group": "g1"}"#, false, &[]),
    (
        "user",
        r#"{"name": "u1", "password": "$6$saltsalt$wN9CPD4SvCiYBoLDpPKl.bM1V2EYYsYHhbmYNMaqVQDlt5J/Iq2GvXyXLwRbqxPqrJVhvE9LrYkLZ2kXwXjKn1"}"#,
        false,
        &[],
    ),
    (
        "user",
        r#"{"name": "u1", "password": "$6$saltsalt$wN9CPD4SvCiYBoLDpPKl.bM1V2EYYsYHhbmYNMaqVQDlt5J/Iq2GvXyXLwRbqxPqrJVhvE9LrYkLZ2kXwXjKn1"}"#,
        false,
        &[],
    ),
    ("user", r#"{"name": "u1", "password": "$6$x$y", "update_password": "on_create"}"#, false, &[]),
    ("user", r#"{"name": "u1", "password_lock": true}"#, false, &[]),
    ("user", r#"{"name": "u1", "password_lock": true}"#, false, &[]),
    ("user", r#"{"name": "u1", "password_lock": false}"#, false, &[]),
    ("user", r#"{"name": "u1", "expires": 1422403387}"#, false, &[]),
    ("user", r#"{"name": "u1", "expires": 1422403387}"#, false, &[]),
    ("user", r#"{"name": "u1", "expires": -1}"#, false, &[]),
    ("user", r#"{"name": "u1", "expires": -1}"#, false, &[]),
    (
        "user",
        r#"{"name": "u2", "uid": 1500, "group": "g1", "groups": "gs,users", "create_home": false, "home": "/srv/u2", "shell": "/bin/bash", "comment": "c", "system": true}"#,
        false,
        &[],
    ),
    ("user", r#"{"name": "u2", "uid": 1500, "home": "/srv/u2b", "move_home": true}"#, true, &[]),
    ("user", r#"{"name": "u2", "uid": 1500, "home": "/srv/u2b", "move_home": true}"#, false, &[]),
    (
        "user",
        r#"{"name": "u1", "password_expire_max": 30, "password_expire_min": 2, "password_expire_warn": 5}"#,
        false,
        &[],
    ),
    ("user", r#"{"name": "u1", "password_expire_max": 30, "password_expire_min": 2}"#, false, &[]),
    ("user", r#"{"name": "u1", "password_expire_account_disable": 7}"#, false, &[]),
    ("user", r#"{"name": "u1", "password_expire_account_disable": 7}"#, false, &["changed", "stdout"]),
    ("user", r#"{"name": "u1", "uid": 1500}"#, false, &[]),
    (
        "user",
        r#"{"name": "u1", "generate_ssh_key": true, "ssh_key_comment": "hi", "ssh_key_type": "ed25519"}"#,
        false,
        &["ssh_fingerprint", "ssh_public_key"],
    ),
    (
        "user",
        r#"{"name": "u1", "generate_ssh_key": true, "ssh_key_type": "ed25519"}"#,
        false,
        &["ssh_fingerprint", "ssh_public_key"],
    ),
    (
        "user",
        r#"{"name": "u1", "generate_ssh_key": true, "ssh_key_bits": 2048, "ssh_key_file": "keys/k", "ssh_key_passphrase": "long enough"}"#,
        false,
        &["ssh_fingerprint", "ssh_public_key"],
    ),
    ("user", r#"{"name": "u2", "state": "absent"}"#, true, &[]),
    ("user", r#"{"name": "u2", "state": "absent", "remove": true}"#, false, &[]),
    ("user", r#"{"name": "u4", "umask": "077"}"#, false, &[]),
    (
        "user",
        r#"{"name": "u5", "umask": "027", "skeleton": "/etc/skel", "home": "/home/deep/u5"}"#,
        false,
        &[],
    ),
    ("user", r#"{"name": "u7", "password": "!", "uid_min": 5000, "uid_max": 6000}"#, false, &[]),
    (
        "user",
        r#"{"name": "u8", "password": "*", "shell": "/bin/false", "home": "/nonexistent/x"}"#,
        false,
        &[],
    ),
    (
        "user",
        r#"{"name": "u9", "password": "$6$saltsalt$wN9CPD4SvCiYBoLDpPKl.bM1V2EYYsYHhbmYNMaqVQDlt5J/Iq2GvXyXLwRbqxPqrJVhvE9LrYkLZ2kXwXjKn1", "password_lock": true, "expires": 1922403387}"#,
        false,
        &[],
    ),
    ("user", r#"{"name": "g4"}"#, false, &[]),
    ("user", r#"{"name": "u1", "state": "absent", "remove": true, "force": true}"#, false, &[]),
    ("user", r#"{"name": "u1", "state": "absent"}"#, false, &[]),
    ("user", r#"{"name": "u1", "uid_min": 5, "local": true}"#, false, &[]),
];

#[test]
fn accounts_become_what_ansible_makes_of_them() {
    let Some(mut twins) = Twins::open("accounts") else { return };
    let mut found = Vec::new();
    for (module, args, check, ignore) in CASES {
        found.extend(twins.compare(module, args, *check, ignore));
        found.extend(twins.same(
            "cat /etc/passwd /etc/group; cut -d: -f1,2,4- /etc/shadow; cd /; find home srv nonexistent -exec stat -c '%n %f %u %g' {} + 2>/dev/null | sort",
        ).into_iter().map(|d| format!("after {module} {args}: {d}")).take(1));
        if found.len() > 40 {
            break;
        }
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}

#[test]
fn accounts_are_changed_once() {
    let Some(mut twins) = Twins::open("accounts-once") else { return };
    for (module, args) in [
        ("group", r#"{"name": "g1", "gid": 2345}"#),
        (
            "user",
            r#"{"name": "u1", "groups": ["g1", "users"], "shell": "/bin/bash", "password": "$6$s$h", "expires": 1922403387}"#,
        ),
        ("user", r#"{"name": "u1", "groups": ["g1"], "comment": "other", "password_expire_max": 9}"#),
        ("user", r#"{"name": "u1", "password": "$6$s$other", "password_lock": true}"#),
        ("user", r#"{"name": "u1", "state": "absent", "remove": true}"#),
        ("group", r#"{"name": "g1", "state": "absent"}"#),
    ] {
        twins.changes_once(module, args);
    }
}
