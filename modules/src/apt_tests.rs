//! `apt` beside ansible-core's, on twin roots: with a repository on the roots themselves, and with Debian's from the
//! network where `IMPEL_TEST_NETWORK=1` allows it.

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

/// With a repository on the hosts themselves. A line that begins with `!` is a command that both run.
const LOCAL: &[Case] = &[
    (r#"{"update_cache": true}"#, true, &["cache_updated", "changed"]),
    (r#"{"update_cache": true}"#, false, &[]),
    (r#"{"name": "imp-a=1.0"}"#, true, &["diff"]),
    (r#"{"name": "imp-a=1.0"}"#, false, NOISE),
    (r#"{"name": "imp-a=1.0"}"#, false, &[]),
    (r#"{"name": "imp-a"}"#, false, &[]),
    (r#"{"name": "imp-a=1.*"}"#, false, NOISE),
    (r#"{"name": "imp-a>=1.1"}"#, false, NOISE),
    (r#"{"name": "imp-a>=3"}"#, false, &[]),
    (r#"{"name": "imp-a=9"}"#, false, &[]),
    (r#"{"name": "imp-a", "state": "latest"}"#, false, NOISE),
    (r#"{"name": "imp-a=1.0"}"#, false, NOISE),
    (r#"{"name": "imp-a=1.0", "allow_downgrade": true}"#, true, NOISE),
    (r#"{"name": "imp-a=1.0", "allow_downgrade": true}"#, false, NOISE),
    (r#"{"name": "imp-a", "state": "latest", "default_release": "testing"}"#, false, NOISE),
    (r#"{"name": "imp-a", "state": "latest", "default_release": "testing"}"#, false, &[]),
    (r#"{"name": "imp-a=1.1", "force": true}"#, false, NOISE),
    ("!apt-mark hold imp-a", false, &[]),
    (r#"{"name": "imp-a=2.0"}"#, false, NOISE),
    (r#"{"name": "imp-a=2.0", "allow_change_held_packages": true}"#, false, NOISE),
    ("!apt-mark unhold imp-a", false, &[]),
    (r#"{"name": "imp-b", "only_upgrade": true}"#, false, &[]),
    (r#"{"name": "imp-b", "install_recommends": false}"#, false, NOISE),
    (r#"{"name": "imp-b", "state": "absent", "autoremove": true}"#, true, NOISE),
    (r#"{"name": "imp-b", "state": "absent", "autoremove": true}"#, false, NOISE),
    (r#"{"name": "imp-b", "install_recommends": true}"#, false, NOISE),
    (r#"{"name": ["imp-b", "imp-rec"], "state": "absent"}"#, false, NOISE),
    (r#"{"autoremove": true}"#, true, NOISE),
    (r#"{"autoremove": true}"#, false, NOISE),
    (r#"{"autoremove": true}"#, false, &[]),
    (r#"{"name": "imp-src", "state": "build-dep"}"#, true, NOISE),
    (r#"{"name": "imp-src", "state": "build-dep"}"#, false, NOISE),
    (r#"{"name": "imp-src", "state": "build-dep"}"#, false, NOISE),
    (r#"{"name": "imp-nosrc", "state": "build-dep"}"#, false, NOISE),
    (r#"{"name": "imp-virtual"}"#, false, NOISE),
    (r#"{"name": "imp-virtual"}"#, false, NOISE),
    (r#"{"name": "imp-svc", "policy_rc_d": 101}"#, false, NOISE),
    ("!cat /imp-policy; ls /usr/sbin/policy-rc.d", false, &[]),
    (r#"{"name": "imp-svc", "state": "absent", "purge": true}"#, false, NOISE),
    (r#"{"name": "imp-svc"}"#, false, NOISE),
    ("!cat /imp-policy", false, &[]),
    (r#"{"name": "imp-conf"}"#, false, NOISE),
    ("!echo mine >/etc/imp.conf", false, &[]),
    (r#"{"name": "imp-conf=2.0", "dpkg_options": "force-confnew"}"#, false, NOISE),
    ("!cat /etc/imp.conf; echo mine >/etc/imp.conf", false, &[]),
    (r#"{"name": "imp-conf", "state": "absent"}"#, false, NOISE),
    (r#"{"name": "imp-conf", "state": "absent"}"#, false, &[]),
    (r#"{"name": "imp-conf", "state": "absent", "purge": true}"#, false, NOISE),
    ("!ls /etc/imp.conf", false, &[]),
    (r#"{"deb": "/repo/pool/stable/imp-rec_1.0_all.deb"}"#, true, NOISE),
    (r#"{"deb": "/repo/pool/stable/imp-rec_1.0_all.deb"}"#, false, NOISE),
    (r#"{"deb": "/repo/pool/stable/imp-rec_1.0_all.deb"}"#, false, &[]),
    (r#"{"deb": "/repo/pool/stable/imp-b_1.0_all.deb"}"#, false, NOISE),
    (r#"{"deb": "/repo/pool/stable/imp-a_1.0_all.deb"}"#, false, NOISE),
    (r#"{"deb": "/repo/pool/stable/imp-a_1.0_all.deb", "allow_downgrade": true}"#, false, NOISE),
    (r#"{"upgrade": "safe"}"#, true, NOISE),
    (r#"{"upgrade": "yes"}"#, false, NOISE),
    (r#"{"upgrade": "yes"}"#, false, NOISE),
    (r#"{"upgrade": "full", "default_release": "testing"}"#, false, NOISE),
    (r#"{"upgrade": "dist"}"#, false, NOISE),
    (r#"{"name": "*", "state": "latest"}"#, false, NOISE),
    (r#"{"name": "imp-*", "state": "absent"}"#, true, NOISE),
    (r#"{"name": ["imp-v*", "imp-lib"], "state": "absent"}"#, false, NOISE),
    (r#"{"autoclean": true}"#, false, NOISE),
    (r#"{"clean": true}"#, false, NOISE),
    (r#"{"name": "imp-rec", "state": "latest", "fail_on_autoremove": true}"#, false, NOISE),
    (
        r#"{"name": "imp-rec", "allow_unauthenticated": true, "lock_timeout": 5, "update_cache": true, "cache_valid_time": 99999}"#,
        false,
        &[],
    ),
    ("!echo 'deb [trusted=yes] file:/nowhere stable main' >/etc/apt/sources.list.d/bad.list", false, &[]),
    (
        r#"{"update_cache": true, "update_cache_retries": 1, "update_cache_retry_max_delay": 1}"#,
        false,
        &["msg", "rc"],
    ),
    (r#"{"name": "imp-rec", "state": "nonsense"}"#, false, &[]),
    (r#"{"name": "imp-rec", "upgrade": "dist"}"#, false, &[]),
    (r#"{"name": "-imp"}"#, false, &["msg"]),
];

#[test]
fn packages_of_a_repository_become_what_ansible_makes_of_them() {
    let Some(mut twins) = Twins::open("repository") else { return };
    twins.both(include_str!("apt/repository.sh"));
    let mut found = Vec::new();
    for (args, check, ignore) in LOCAL {
        match args.strip_prefix('!') {
            Some(script) => found.extend(twins.same(script).into_iter().map(|d| format!("{script}: {d}"))),
            // each root has fetched its lists at a time of its own
            None => found.extend(twins.compare(
                "apt",
                args,
                *check,
                &[ignore, &["cache_update_time"][..]].concat(),
            )),
        }
        let packages = "dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n' | sort; apt-mark showmanual | sort";
        found.extend(twins.same(packages).into_iter().map(|d| format!("after {args}: {d}")));
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}
