//! `apt` beside ansible-core's, on twin roots. Packages come from the network: `IMPEL_TEST_NETWORK=1` allows it.

use crate::twins::Twins;

/// Arguments, check mode, fields that may differ.
type Case = (&'static str, bool, &'static [&'static str]);

/// What apt prints while it works depends on speed and terminal.
const NOISE: &[&str] = &["stdout", "stderr", "msg", "diff"];

const CASES: &[Case] = &[
    (r#"{"name": "hello"}"#, true, &["diff"]),
    (r#"{"name": "hello"}"#, false, NOISE),
    (r#"{"name": "hello"}"#, false, &[]),
    (r#"{"name": ["hello", "tree"], "state": "latest"}"#, false, NOISE),
    (r#"{"name": ["hello=2.10*"], "state": "latest"}"#, false, &[]),
    (r#"{"name": ["hello>=2.9"]}"#, false, &[]),
    (r#"{"name": ["hello=2.10-4"]}"#, false, &[]),
    (r#"{"name": ["no-such-package"]}"#, false, &[]),
    (r#"{"name": ["no-such-*"]}"#, false, &[]),
    (r#"{"name": "awk"}"#, false, NOISE),
    (r#"{"name": "mail-transport-agent"}"#, true, &["stdout", "diff"]),
    (r#"{"name": "cowsay", "only_upgrade": true, "state": "latest"}"#, false, &[]),
    (r#"{"name": ["hell*"], "state": "absent"}"#, true, &["diff"]),
    (r#"{"name": ["hello"], "state": "absent", "purge": true}"#, false, NOISE),
    (r#"{"name": ["hello"], "state": "absent", "purge": true}"#, false, &[]),
    (r#"{"update_cache": true}"#, false, &["cache_update_time"]),
    (r#"{"update_cache": true, "cache_valid_time": 3600}"#, false, &["cache_update_time"]),
    (r#"{"update_cache": true, "cache_valid_time": 3600, "name": "tree"}"#, false, &["cache_update_time"]),
    (r#"{"autoclean": true}"#, false, &[]),
    (r#"{"autoremove": true}"#, false, &[]),
    (r#"{"clean": true}"#, false, &[]),
    (r#"{"upgrade": "dist"}"#, true, &["cache_updated", "cache_update_time"]),
    (r#"{"upgrade": "safe"}"#, true, &["cache_updated", "cache_update_time"]),
    (r#"{"deb": "/tmp/nope.deb"}"#, false, &["cache_updated", "cache_update_time"]),
    (r#"{"name": "hello", "state": "fixed"}"#, false, NOISE),
    (r#"{"name": "hello", "deb": "/x.deb"}"#, false, &[]),
    (r#"{"name": "a=1=2"}"#, false, &[]),
    (r#"{"state": "present"}"#, false, &[]),
];

#[test]
fn packages_become_what_ansible_makes_of_them() {
    if std::env::var_os("IMPEL_TEST_NETWORK").is_none() {
        eprintln!("skipped: IMPEL_TEST_NETWORK is not set (packages come from the network)");
        return;
    }
    let Some(mut twins) = Twins::open("apt") else { return };
    let mut found = Vec::new();
    for (args, check, ignore) in CASES {
        found.extend(twins.compare("apt", args, *check, ignore));
        let packages = "dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n' | sort";
        found.extend(twins.same(packages).into_iter().map(|d| format!("after {args}: {d}")));
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}
