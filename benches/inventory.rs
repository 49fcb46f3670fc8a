//! A large inventory through `ansible-inventory --list`: 5,000 hosts in 100 groups, with `group_vars` and `host_vars`.
//!
//! `cargo bench --bench inventory`. With `IMPEL_ORACLE` (the folder of ansible-core's programs) the same inventory goes
//! through ansible-core in the same run, the outputs are compared and the ratio is printed.

#![expect(clippy::expect_used, reason = "a bench that cannot go on says where by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HOSTS: usize = 5000;
const GROUPS: usize = 100;
const REGIONS: usize = 10;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    let impel = folder.path().join("ansible-inventory");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_impel"), &impel).expect("a link");
    let (ours, listed) = best_of(5, &impel, folder.path());
    println!("impel:        {:>8.3} s, {} bytes", ours.as_secs_f64(), listed.len());
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE").map(PathBuf::from) else {
        println!("IMPEL_ORACLE is not set: nothing to compare with");
        return;
    };
    let (theirs, wanted) = best_of(2, &oracle.join("ansible-inventory"), folder.path());
    println!("ansible-core: {:>8.3} s, {} bytes", theirs.as_secs_f64(), wanted.len());
    println!("ratio:        {:>8.1}", theirs.as_secs_f64() / ours.as_secs_f64());
    assert!(listed == wanted, "both list the same");
}

/// The shortest time of so many runs, and what was printed.
fn best_of(runs: usize, program: &Path, folder: &Path) -> (Duration, Vec<u8>) {
    let mut best: Option<(Duration, Vec<u8>)> = None;
    for _ in 0..runs {
        let begun = Instant::now();
        let output = Command::new(program)
            .args(["-i", "hosts.ini", "--list"])
            .current_dir(folder)
            .stderr(Stdio::null())
            .output()
            .expect("the program starts");
        let took = begun.elapsed();
        assert!(output.status.success(), "{} ended with {}", program.display(), output.status);
        if best.as_ref().is_none_or(|(known, _)| took < *known) {
            best = Some((took, output.stdout));
        }
    }
    best.expect("there was a run")
}

fn write(folder: &Path) {
    let mut hosts = String::new();
    for group in 0..GROUPS {
        let _ = writeln!(hosts, "[g{group:02}]");
        for host in (0..HOSTS).filter(|host| host % GROUPS == group) {
            let _ = writeln!(hosts, "node{host:04} rack={} unit={}", host % 40, host % 48);
        }
    }
    for region in 0..REGIONS {
        let _ = writeln!(hosts, "[region{region}:children]");
        for group in (0..GROUPS).filter(|group| group % REGIONS == region) {
            let _ = writeln!(hosts, "g{group:02}");
        }
    }
    let save = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    save("hosts.ini", &hosts);
    save(
        "group_vars/all.yml",
        "domain: example.test\nntp: [a.ntp, b.ntp, c.ntp]\nfqdn: \"{{ inventory_hostname }}.{{ domain }}\"\nlimits:\n  \
         nofile: 65536\n  nproc: 4096\n",
    );
    for group in 0..GROUPS {
        let tier = if group % 3 == 0 { "db" } else { "web" };
        let mut text = format!("tier: {tier}\nlisten: {}\nservices:\n", 8000 + group);
        for service in 0..8 {
            let port = 9000 + group * 10 + service;
            let _ = writeln!(text, "  - {{name: svc{service}, port: {port}, enabled: {}}}", service % 2 == 0);
        }
        save(&format!("group_vars/g{group:02}.yml"), &text);
    }
    for region in 0..REGIONS {
        let text = format!("region: r{region}\ndns: [10.{region}.0.1, 10.{region}.0.2]\n");
        save(&format!("group_vars/region{region}.yml"), &text);
    }
    for host in (0..HOSTS).step_by(5) {
        let text = format!("asset_tag: \"{host:08x}\"\nasset: {host}\nweight: {}\n", host % 97);
        save(&format!("host_vars/node{host:04}.yml"), &text);
    }
}
