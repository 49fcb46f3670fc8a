//! The kernel, the machine, its names, its Python.

use super::gathered::{Facts, Gathered, map};
use crate::Data;

/// Sets kernel, architecture, host names and machine id.
pub fn facts(gathered: &Gathered, facts: &mut Facts) {
    let kernel = |name: &str| gathered.file(&format!("/proc/sys/kernel/{name}")).unwrap_or("");
    let machine = gathered.section("machine").unwrap_or("").trim();
    facts.set("system", kernel("ostype"));
    facts.set("kernel", kernel("osrelease"));
    facts.set("kernel_version", kernel("version"));
    facts.set("machine", machine);
    if let Some((_, version)) = python(gathered) {
        facts.set("python_version", format!("{}.{}.{}", version.major, version.minor, version.micro));
    }
    let node = kernel("hostname");
    let fqdn = fqdn(gathered, node);
    facts.set("fqdn", fqdn.as_str());
    facts.set("hostname", node.split('.').next().unwrap_or(""));
    facts.set("nodename", node);
    facts.set("domain", fqdn.split_once('.').map_or("", |(_, domain)| domain));
    let elf: Vec<&str> = gathered.section("bits").unwrap_or("").split_whitespace().collect();
    let bits = match elf.last() {
        Some(&"1") => "32",
        Some(&"2") => "64",
        _ if machine.contains("64") || machine == "s390x" => "64",
        _ => "32",
    };
    facts.set("userspace_bits", bits);
    let intel = |bits: &str| if bits == "64" { "x86_64" } else { "i386" };
    let is_i386 = machine.len() == 4 && machine.starts_with('i') && machine.ends_with("86");
    if is_i386 || machine == "x86_64" {
        facts.set("architecture", if is_i386 { "i386" } else { machine });
        facts.set("userspace_architecture", intel(bits));
    } else {
        facts.set("architecture", machine);
    }
    let id = gathered.file("/var/lib/dbus/machine-id").or_else(|| gathered.file("/etc/machine-id"));
    if let Some(id) = id {
        facts.set("machine_id", id.lines().next().unwrap_or(""));
    }
}

/// As Python's `getfqdn`: the first alias with a dot, else the canonical name of the node's first address.
fn fqdn(gathered: &Gathered, node: &str) -> String {
    let line = match gathered.section("fqdn").and_then(|text| text.lines().next()) {
        Some(line) => line.to_owned(),
        // No getent: what the hosts file says.
        None => {
            let hosts = gathered.file("/etc/hosts").unwrap_or("");
            let lines = || hosts.lines().map(|l| l.split('#').next().unwrap_or(""));
            let address = lines().find_map(|line| {
                let mut words = line.split_whitespace();
                let address = words.next()?;
                words.any(|w| w == node).then_some(address)
            });
            lines()
                .find(|line| address.is_some() && line.split_whitespace().next() == address)
                .unwrap_or("")
                .to_owned()
        }
    };
    let names: Vec<&str> = line.split_whitespace().skip(1).collect();
    match names.iter().find(|name| name.contains('.')).or_else(|| names.first()) {
        Some(name) => (*name).to_owned(),
        None => node.to_owned(),
    }
}

/// A Python's version.
struct Version {
    major: i64,
    minor: i64,
    micro: i64,
    level: &'static str,
    serial: i64,
    kind: &'static str,
}

fn python(gathered: &Gathered) -> Option<(String, Version)> {
    let text = gathered.section("python")?;
    let mut lines = text.lines();
    let executable = lines.next()?.to_owned();
    let said = lines.next()?;
    let number = said.strip_prefix("Python ")?.trim();
    let mut parts = number.splitn(3, '.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    let rest = parts.next().unwrap_or("0").trim_end_matches('+');
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let micro = rest[..end].parse().ok()?;
    let (level, serial) = ["rc", "a", "b"]
        .iter()
        .zip(["candidate", "alpha", "beta"])
        .find_map(|(mark, level)| Some((level, rest[end..].strip_prefix(mark)?.parse().ok()?)))
        .unwrap_or(("final", 0));
    let kind = if text.contains("PyPy") { "pypy" } else { "cpython" };
    Some((executable, Version { major, minor, micro, level, serial, kind }))
}

/// Sets the facts of the Python that Ansible would have found; none where the target has none.
pub fn python_facts(gathered: &Gathered, facts: &mut Facts) {
    let Some((executable, v)) = python(gathered) else { return };
    let info = vec![v.major.into(), v.minor.into(), v.micro.into(), v.level.into(), v.serial.into()];
    let version = map([
        ("major", v.major.into()),
        ("minor", v.minor.into()),
        ("micro", v.micro.into()),
        ("releaselevel", v.level.into()),
        ("serial", v.serial.into()),
    ]);
    let python = map([
        ("version", version),
        ("version_info", Data::List(info)),
        ("executable", executable.into()),
        ("has_sslcontext", true.into()),
        ("type", v.kind.into()),
    ]);
    facts.set("python", python);
}
