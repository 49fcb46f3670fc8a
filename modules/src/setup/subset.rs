//! `gather_subset`: which groups of facts are asked for.

use std::collections::BTreeSet;

/// One group of facts: its name, the other names it answers to, the groups it needs, whether it is of the minimum.
struct Group {
    name: &'static str,
    aliases: &'static [&'static str],
    needs: &'static [&'static str],
    minimum: bool,
}

const fn group(
    name: &'static str,
    aliases: &'static [&'static str],
    needs: &'static [&'static str],
    minimum: bool,
) -> Group {
    Group { name, aliases, needs, minimum }
}

const GROUPS: &[Group] = &[
    group("apparmor", &[], &[], true),
    group("caps", &["system_capabilities", "system_capabilities_enforced"], &[], true),
    group("chroot", &["is_chroot"], &[], false),
    group("cmdline", &[], &[], true),
    group("date_time", &[], &[], true),
    group(
        "distribution",
        &["distribution_version", "distribution_release", "distribution_major_version", "os_family"],
        &[],
        true,
    ),
    group("dns", &[], &[], true),
    group("env", &[], &[], true),
    group("facter", &["facter"], &[], false),
    group("fibre_channel_wwn", &[], &[], false),
    group("fips", &[], &[], true),
    group(
        "hardware",
        &["processor", "processor_cores", "processor_count", "mounts", "devices"],
        &["platform"],
        false,
    ),
    group("iscsi", &[], &[], false),
    group("loadavg", &[], &[], false),
    group("local", &[], &[], true),
    group("lsb", &[], &[], true),
    group(
        "network",
        &["interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"],
        &["distribution", "platform"],
        false,
    ),
    group("nvme", &[], &[], false),
    group("ohai", &[], &[], false),
    group("pkg_mgr", &[], &["distribution"], true),
    group(
        "platform",
        &["system", "kernel", "kernel_version", "machine", "python_version", "architecture", "machine_id"],
        &[],
        true,
    ),
    group("python", &[], &[], true),
    group("selinux", &[], &[], true),
    group("service_mgr", &[], &["platform", "distribution"], true),
    group(
        "ssh_pub_keys",
        &[
            "ssh_host_pub_keys",
            "ssh_host_key_dsa_public",
            "ssh_host_key_rsa_public",
            "ssh_host_key_ecdsa_public",
            "ssh_host_key_ed25519_public",
        ],
        &[],
        true,
    ),
    group("systemd", &[], &[], false),
    group(
        "user",
        &[
            "user_id",
            "user_uid",
            "user_gid",
            "user_gecos",
            "user_dir",
            "user_shell",
            "real_user_id",
            "effective_user_id",
            "effective_group_ids",
        ],
        &[],
        true,
    ),
    group(
        "virtual",
        &[
            "virtualization_type",
            "virtualization_role",
            "virtualization_tech_guest",
            "virtualization_tech_host",
        ],
        &[],
        false,
    ),
];

/// The groups that `subset` asks for, needs included, or the message for a name that is none.
///
/// As observed: `!min` takes away the minimum by its groups' own names, so that `all` brings some of them back by
/// their other names; exclusions alone leave the minimum; `!all` is stronger than `all`; a name that is given
/// itself is stronger than its exclusion, save for `!min`.
pub fn wanted(subset: &[String]) -> Result<BTreeSet<&'static str>, String> {
    let minimum: Vec<&'static str> = GROUPS.iter().filter(|g| g.minimum).map(|g| g.name).collect();
    let mut asked: BTreeSet<&'static str> = BTreeSet::new();
    let mut excluded: BTreeSet<&'static str> = BTreeSet::new();
    let mut given: BTreeSet<&'static str> = BTreeSet::new();
    let (mut all, mut none) = (subset.is_empty(), false);
    for name in subset {
        let (name, out) = match name.strip_prefix('!') {
            Some(rest) => (rest, true),
            None => (name.as_str(), false),
        };
        match (name, out) {
            ("all", true) => none = true,
            ("all", false) => all = true,
            ("min", true) => excluded.extend(&minimum),
            ("min", false) => {}
            (_, true) => {
                let members = members(name).ok_or_else(|| bad(name))?;
                excluded.extend(members);
            }
            (_, false) => {
                let members = members(name).ok_or_else(|| bad(name))?;
                given.extend(members.first());
            }
        }
    }
    asked.extend(&minimum);
    if all && !none {
        asked.extend(GROUPS.iter().flat_map(names));
    }
    asked.extend(&given);
    let kept = |name: &str| given.contains(name) || !excluded.contains(name);
    let mut groups: BTreeSet<&'static str> = BTreeSet::new();
    for group in GROUPS {
        if names(group).any(|n| asked.contains(n) && kept(n)) {
            groups.insert(group.name);
            groups.extend(group.needs);
        }
    }
    Ok(groups)
}

fn names(group: &Group) -> impl Iterator<Item = &'static str> {
    std::iter::once(group.name).chain(group.aliases.iter().copied())
}

/// The names that go with one: all of a group's for its own, else just that.
fn members(name: &str) -> Option<Vec<&'static str>> {
    if let Some(group) = GROUPS.iter().find(|g| g.name == name) {
        return Some(names(group).collect());
    }
    GROUPS.iter().flat_map(names).find(|n| *n == name).map(|n| vec![n])
}

fn bad(name: &str) -> String {
    let mut known: Vec<&str> = GROUPS.iter().flat_map(names).filter(|n| *n != "min").collect();
    known.push("all");
    known.sort_unstable();
    known.dedup();
    format!("Bad subset '{name}' given to Ansible. gather_subset options allowed: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<&'static str> {
        let names: Vec<String> = names.iter().map(|s| (*s).to_owned()).collect();
        wanted(&names).unwrap().into_iter().collect()
    }

    #[test]
    fn nothing_given_is_everything() {
        assert_eq!(of(&[]), of(&["all"]));
        assert!(of(&[]).contains(&"hardware"));
    }

    #[test]
    fn exclusions_alone_leave_the_minimum() {
        assert_eq!(of(&["!hardware", "!network"]), of(&["!all"]));
        assert!(of(&["!all"]).contains(&"user"));
        assert!(!of(&["!all"]).contains(&"network"));
        assert!(of(&["!all", "!min"]).is_empty());
        assert!(of(&["!min"]).is_empty());
    }

    #[test]
    fn all_with_an_exclusion_lacks_only_that() {
        let groups = of(&["all", "!hardware"]);
        assert!(!groups.contains(&"hardware"));
        assert!(groups.contains(&"network") && groups.contains(&"virtual"));
    }

    #[test]
    fn the_minimum_taken_from_all_leaves_what_has_other_names() {
        let groups = of(&["all", "!min"]);
        assert!(!groups.contains(&"date_time") && !groups.contains(&"env"));
        assert!(groups.contains(&"user") && groups.contains(&"ssh_pub_keys") && groups.contains(&"platform"));
    }

    #[test]
    fn a_name_given_brings_its_needs() {
        assert_eq!(of(&["!all", "!min", "network"]), ["distribution", "network", "platform"]);
        assert_eq!(of(&["!all", "!min", "devices"]), ["hardware", "platform"]);
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known() {
        let error = wanted(&["bogus".to_owned()]).unwrap_err();
        assert!(error.starts_with(
            "Bad subset 'bogus' given to Ansible. gather_subset options allowed: all, all_ipv4"
        ));
        assert!(error.ends_with("virtualization_tech_host, virtualization_type"));
    }
}
