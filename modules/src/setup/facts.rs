//! From the script's text to Ansible's facts.

use super::gathered::{Facts, Gathered};
use super::{devices, distribution, hardware, local, network, platform, subset, system, virtualization};
use crate::{Data, Map};
use std::collections::BTreeSet;

/// Which facts are asked for.
pub struct Wanted(BTreeSet<&'static str>);

impl Wanted {
    /// Reads `gather_subset`; an unknown name is an error in Ansible's words.
    pub fn new(gather_subset: &[String]) -> Result<Wanted, String> {
        subset::wanted(gather_subset).map(Wanted)
    }

    /// The words that tell the script what to read.
    pub fn words(&self) -> Vec<&'static str> {
        let of = |group: &&'static str| match *group {
            "ssh_pub_keys" => "ssh",
            "fibre_channel_wwn" => "fibre",
            "date_time" => "date",
            other => other,
        };
        let mut words: Vec<&str> = self.0.iter().map(of).collect();
        // The interpreter's version is also a fact of the platform.
        if self.0.contains("platform") && !self.0.contains("python") {
            words.push("python");
        }
        words
    }
}

/// The facts, with their `ansible_` prefix, and warnings on the way.
pub fn all(gathered: &Gathered, wanted: &Wanted) -> (Map, Vec<String>) {
    let mut facts = Facts::default();
    let has = |group: &str| wanted.0.contains(group);
    let mut warnings = Vec::new();
    if has("platform") {
        platform::facts(gathered, &mut facts);
    }
    if has("distribution") {
        distribution::facts(gathered, &mut facts);
    }
    if has("python") {
        platform::python_facts(gathered, &mut facts);
    }
    if has("user") {
        system::user(gathered, &mut facts);
    }
    if has("env") {
        system::env(gathered, &mut facts);
    }
    if has("date_time") {
        system::date_time(gathered, &mut facts);
    }
    if has("cmdline") {
        system::cmdline(gathered, &mut facts);
    }
    if has("dns") {
        system::dns(gathered, &mut facts);
    }
    if has("ssh_pub_keys") {
        system::ssh_keys(gathered, &mut facts);
    }
    if has("lsb") {
        system::lsb(gathered, &mut facts);
    }
    if has("selinux") {
        system::selinux(gathered, &mut facts);
    }
    if has("caps") {
        system::capabilities(gathered, &mut facts);
    }
    if has("chroot") {
        system::chroot(gathered, &mut facts);
    }
    system::small(gathered, &wanted.0, &mut facts);
    let known = |facts: &Facts, name: &str| facts.0.get(name).and_then(Data::as_str).unwrap_or("").to_owned();
    let name = known(&facts, "distribution");
    if has("service_mgr") {
        facts.set("service_mgr", system::service_manager(gathered, &name));
    }
    if has("pkg_mgr") {
        let (family, major) = (known(&facts, "os_family"), known(&facts, "distribution_major_version"));
        facts.set("pkg_mgr", system::package_manager(gathered, &family, &name, &major));
    }
    if has("hardware") {
        hardware::processors(gathered, &mut facts);
        hardware::memory(gathered, &mut facts);
        hardware::firmware(gathered, &mut facts);
        hardware::volumes(gathered, &mut facts);
        devices::facts(gathered, &mut facts);
    }
    if has("network") {
        network::facts(gathered, &mut facts);
    }
    if has("virtual") {
        virtualization::facts(gathered, &mut facts);
    }
    if has("local") {
        let (local, of_local) = local::facts(gathered);
        facts.set("local", local);
        warnings.extend(of_local);
    }
    let prefixed = facts.0.into_iter().map(|(name, value)| (format!("ansible_{name}"), value));
    (prefixed.collect(), warnings)
}
