//! The small families: user, environment, dates, kernel command line, name servers, keys, security, managers.

use super::distribution::assignments;
use super::gathered::{Facts, Gathered, map, strings};
use crate::{Data, Map};
use std::collections::BTreeSet;

/// Sets the environment that a child of the shell gets.
pub fn env(gathered: &Gathered, facts: &mut Facts) {
    let mut env = Map::new();
    for entry in gathered.section("environ").unwrap_or("").split('\0') {
        if let Some((name, value)) = entry.split_once('=') {
            env.insert(name.to_owned(), value.into());
        }
    }
    facts.set("env", env);
}

/// Sets who the shell runs as.
pub fn user(gathered: &Gathered, facts: &mut Facts) {
    let status = gathered.file("/proc/self/status").unwrap_or("");
    let ids = |key: &str| -> Vec<i64> {
        let line = status.lines().find_map(|l| l.strip_prefix(key)).unwrap_or("");
        line.split_whitespace().filter_map(|w| w.parse().ok()).collect()
    };
    let (uid, gid) = (ids("Uid:"), ids("Gid:"));
    let mut lines = gathered.section("passwd").unwrap_or("").lines();
    let named = lines.next().unwrap_or("");
    let mut entry: Vec<String> = lines.next().unwrap_or("").split(':').map(str::to_owned).collect();
    if entry.len() < 7 {
        let own = uid.first().map(i64::to_string).unwrap_or_default();
        let found =
            gathered.file("/etc/passwd").unwrap_or("").lines().map(|l| l.split(':').collect::<Vec<_>>());
        let found = found
            .filter(|f| f.len() >= 7)
            .find(|f| if named.is_empty() { f[2] == own } else { f[0] == named });
        entry = found.unwrap_or_default().into_iter().map(str::to_owned).collect();
    }
    let field = |n: usize| entry.get(n).cloned().unwrap_or_default();
    let number = |n: usize| entry.get(n).and_then(|t| t.parse::<i64>().ok());
    facts.set("user_id", if named.is_empty() { field(0) } else { named.to_owned() });
    facts.set("user_uid", number(2));
    facts.set("user_gid", number(3));
    facts.set("user_gecos", field(4));
    facts.set("user_dir", field(5));
    facts.set("user_shell", field(6));
    facts.set("real_user_id", uid.first().copied());
    facts.set("effective_user_id", uid.get(1).copied());
    facts.set("real_group_id", gid.first().copied());
    facts.set("effective_group_id", gid.get(1).copied());
}

/// Sets `date_time`.
pub fn date_time(gathered: &Gathered, facts: &mut Facts) {
    let text = gathered.section("date").unwrap_or("");
    let w: Vec<&str> = text.trim().splitn(13, ' ').collect();
    let at = |n: usize| w.get(n).copied().unwrap_or("");
    let (year, month, day) = (at(0), at(1), at(2));
    let (hour, minute, second) = (at(3), at(4), at(5));
    let epoch: i64 = at(6).parse().unwrap_or(0);
    // busybox may not know %N.
    let micro: i64 = at(11).parse::<i64>().map_or(0, |nano| nano / 1000);
    let utc = utc(epoch);
    let zone = at(12);
    let basic = format!("{year}{month}{day}T{hour}{minute}{second}");
    let pairs = map([
        ("year", year.into()),
        ("month", month.into()),
        ("weekday", at(10).into()),
        ("weekday_number", at(8).into()),
        ("weeknumber", at(9).into()),
        ("day", day.into()),
        ("hour", hour.into()),
        ("minute", minute.into()),
        ("second", second.into()),
        ("epoch", epoch.to_string().into()),
        ("epoch_int", epoch.to_string().into()),
        ("date", format!("{year}-{month}-{day}").into()),
        ("time", format!("{hour}:{minute}:{second}").into()),
        ("iso8601_micro", format!("{utc}.{micro:06}Z").into()),
        ("iso8601", format!("{utc}Z").into()),
        ("iso8601_basic", format!("{basic}{micro:06}").into()),
        ("iso8601_basic_short", basic.into()),
        ("tz", zone.into()),
        ("tz_dst", summer_name(gathered, zone).into()),
        ("tz_offset", at(7).into()),
    ]);
    facts.set("date_time", pairs);
}

/// A moment in UTC, to the second.
fn utc(epoch: i64) -> String {
    let (days, rest) = (epoch.div_euclid(86400), epoch.rem_euclid(86400));
    let date = crate::calendar::date(days);
    format!("{date}T{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The zone's name in summer: from the rule at the end of its file ("CET-1CEST,M3.5.0,M10.5.0/3").
fn summer_name(gathered: &Gathered, zone: &str) -> String {
    let files = gathered.files_of("/etc/localtime").chain(gathered.files_of("/usr/share/zoneinfo/"));
    let Some(rule) = files.filter_map(|(_, text)| text.lines().last()).next() else { return zone.to_owned() };
    let (standard, rest) = zone_name(rule);
    let (west, rest) = zone_offset(rest);
    let (other, rest) = zone_name(rest);
    if standard.is_empty() {
        return zone.to_owned();
    }
    if other.is_empty() {
        return standard;
    }
    let (other_west, _) = zone_offset(rest);
    // Dublin's winter is the exception to its rule: the name with the larger offset from UTC counts as summer's.
    match (west, other_west) {
        (Some(west), Some(other_west)) if other_west > west => standard,
        _ => other,
    }
}

fn zone_name(text: &str) -> (String, &str) {
    if let Some(rest) = text.strip_prefix('<') {
        return rest.split_once('>').map_or((String::new(), ""), |(name, rest)| (name.to_owned(), rest));
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

/// Seconds west of UTC.
fn zone_offset(text: &str) -> (Option<i64>, &str) {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | ':')).unwrap_or(text.len());
    let (offset, rest) = text.split_at(end);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let mut seconds = None;
    for (part, unit) in offset.trim_start_matches(['+', '-']).split(':').zip([3600, 60, 1]) {
        if let Ok(n) = part.parse::<i64>() {
            seconds = Some(seconds.unwrap_or(0) + n * unit);
        }
    }
    (seconds.map(|s| s * sign), rest)
}

/// Sets the kernel's command line: once with the last of equal names, once with all of them.
pub fn cmdline(gathered: &Gathered, facts: &mut Facts) {
    let Some(text) = gathered.file("/proc/cmdline") else { return };
    let (mut last, mut all) = (Map::new(), Map::new());
    for word in words(text) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Data::from(value)),
            None => (word, Data::Bool(true)),
        };
        last.insert(name.clone(), value.clone());
        match all.get_mut(&name) {
            None => {
                all.insert(name, value);
            }
            Some(Data::List(values)) => values.push(value),
            Some(one) => *one = Data::List(vec![one.clone(), value]),
        }
    }
    facts.set("cmdline", last);
    facts.set("proc_cmdline", all);
}

/// Words as a shell would split them, quotes removed.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut open, mut quote) = (String::new(), false, None);
    for c in text.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.push(c),
            None if c == '"' || c == '\'' => (quote, open) = (Some(c), true),
            None if c.is_whitespace() => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            None => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

/// Sets what resolv.conf says.
pub fn dns(gathered: &Gathered, facts: &mut Facts) {
    let mut dns = Map::new();
    for line in gathered.file("/etc/resolv.conf").unwrap_or("").lines() {
        if line.starts_with(['#', ';']) {
            continue;
        }
        let mut tokens = line.split_whitespace();
        let Some(key) = tokens.next() else { continue };
        match key {
            "nameserver" => {
                let Data::List(servers) = dns.entry("nameservers".to_owned()).or_insert(Data::List(vec![]))
                else {
                    continue;
                };
                servers.extend(tokens.map(Data::from));
            }
            "domain" => {
                if let Some(domain) = tokens.next() {
                    dns.insert("domain".to_owned(), domain.into());
                }
            }
            "search" | "sortlist" => {
                dns.insert(key.to_owned(), strings(tokens));
            }
            "options" => {
                let options = tokens.map(|option| match option.split_once(':') {
                    Some((name, value)) => (name.to_owned(), value.into()),
                    None => (option.to_owned(), true.into()),
                });
                dns.insert("options".to_owned(), Data::Map(options.collect()));
            }
            _ => {}
        }
    }
    facts.set("dns", dns);
}

/// Sets the host's public keys.
pub fn ssh_keys(gathered: &Gathered, facts: &mut Facts) {
    let folders = ["/etc/ssh", "/etc/openssh", "/etc"];
    for kind in ["dsa", "rsa", "ecdsa", "ed25519"] {
        let found = folders.iter().find_map(|f| gathered.file(&format!("{f}/ssh_host_{kind}_key.pub")));
        let mut fields = found.unwrap_or("").split_whitespace();
        if let (Some(keytype), Some(key)) = (fields.next(), fields.next()) {
            facts.set(&format!("ssh_host_key_{kind}_public"), key);
            facts.set(&format!("ssh_host_key_{kind}_public_keytype"), keytype);
        }
    }
}

/// Sets `lsb`.
pub fn lsb(gathered: &Gathered, facts: &mut Facts) {
    let mut lsb = Map::new();
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            lsb.insert(name.to_owned(), value.into());
        }
    };
    let file = assignments(gathered.file("/etc/lsb-release").unwrap_or(""));
    let said = gathered.section("lsb").unwrap_or("");
    if said.contains(':') {
        for line in said.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            match key.trim() {
                "Distributor ID" => put("id", value.trim()),
                "Description" => put("description", value.trim()),
                "Release" => put("release", value.trim()),
                "Codename" => put("codename", value.trim()),
                _ => {}
            }
        }
    } else if gathered.has_command("lsb_release") || !file.is_empty() {
        let os = assignments(gathered.file("/etc/os-release").unwrap_or(""));
        let pick = |own: &str, other: &str| {
            let found = file.get(own).filter(|v| !v.is_empty()).or_else(|| os.get(other));
            found.cloned().unwrap_or_else(|| "n/a".to_owned())
        };
        let mut id = pick("DISTRIB_ID", "ID");
        if !id.contains(char::is_uppercase) && id != "n/a" {
            let mut chars = id.chars();
            id = chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default();
        }
        put("id", &id);
        put("description", &pick("DISTRIB_DESCRIPTION", "PRETTY_NAME"));
        put("release", &pick("DISTRIB_RELEASE", "VERSION_ID"));
        put("codename", &pick("DISTRIB_CODENAME", "VERSION_CODENAME"));
    }
    if let Some(major) =
        lsb.get("release").and_then(Data::as_str).map(|r| r.split('.').next().unwrap_or("").to_owned())
    {
        lsb.insert("major_release".to_owned(), major.into());
    }
    facts.set("lsb", lsb);
}

/// Sets SELinux's state; Ansible asks libselinux, so a target without it has none to tell.
pub fn selinux(gathered: &Gathered, facts: &mut Facts) {
    let library = gathered.is_present_ending("/libselinux.so.1");
    facts.set("selinux_python_present", library);
    if !library {
        facts.set("selinux", map([("status", "Missing selinux Python library".into())]));
        return;
    }
    let Some(enforce) = gathered.file("/sys/fs/selinux/enforce") else {
        facts.set("selinux", map([("status", "disabled".into())]));
        return;
    };
    let config = assignments(gathered.file("/etc/selinux/config").unwrap_or(""));
    let of = |name: &str| config.get(name).cloned().unwrap_or_else(|| "unknown".to_owned());
    let version = gathered.file("/sys/fs/selinux/policyvers").and_then(|t| t.parse::<i64>().ok());
    facts.set(
        "selinux",
        map([
            ("status", "enabled".into()),
            ("policyvers", version.map_or(Data::from("unknown"), Data::from)),
            ("config_mode", of("SELINUX").into()),
            ("mode", if enforce == "1" { "enforcing" } else { "permissive" }.into()),
            ("type", of("SELINUXTYPE").into()),
        ]),
    );
}

/// Sets what `capsh` says of the shell's capabilities.
pub fn capabilities(gathered: &Gathered, facts: &mut Facts) {
    let Some(text) = gathered.section("caps") else {
        facts.set("system_capabilities", "N/A");
        facts.set("system_capabilities_enforced", "N/A");
        return;
    };
    let current = text.lines().find_map(|l| l.strip_prefix("Current:")).unwrap_or("").trim();
    if current == "=ep" {
        facts.set("system_capabilities_enforced", "False");
        facts.set("system_capabilities", Data::List(vec![]));
        return;
    }
    let list = current.split_once('=').map_or("", |(_, list)| list);
    facts.set("system_capabilities_enforced", "True");
    facts.set("system_capabilities", strings(list.split(',').map(str::trim)));
}

/// Sets whether the shell sits in a chroot.
pub fn chroot(gathered: &Gathered, facts: &mut Facts) {
    let lines: Vec<&str> = gathered.section("root").unwrap_or("").lines().collect();
    let of_numbers = |line: &&&str| line.starts_with(|c: char| c.is_ascii_digit());
    let numbers: Vec<&&str> = lines.iter().filter(of_numbers).collect();
    let is = match (numbers.first(), numbers.get(1)) {
        (Some(own), Some(of_init)) => own != of_init,
        // Init's root is not ours to see: the root of most file systems has inode 2.
        (Some(own), None) => {
            let inode = own.split(' ').nth(1).unwrap_or("");
            let usual = match lines.last().copied().unwrap_or("") {
                "btrfs" => "256",
                "xfs" => "128",
                _ => "2",
            };
            inode != usual
        }
        _ => false,
    };
    facts.set("is_chroot", is);
}

/// Sets apparmor, fips, iscsi, nvme, fibre channel and the load average, each if it is among `wanted`.
pub fn small(gathered: &Gathered, wanted: &BTreeSet<&str>, facts: &mut Facts) {
    if wanted.contains("apparmor") {
        let on = gathered.is_present("/sys/kernel/security/apparmor");
        facts.set("apparmor", map([("status", if on { "enabled" } else { "disabled" }.into())]));
    }
    if wanted.contains("fips") {
        facts.set("fips", gathered.file("/proc/sys/crypto/fips_enabled") == Some("1"));
    }
    if wanted.contains("iscsi") {
        let file = gathered.file("/etc/iscsi/initiatorname.iscsi").unwrap_or("");
        let name = file.lines().find_map(|l| l.trim().strip_prefix("InitiatorName=")).unwrap_or("");
        facts.set("iscsi_iqn", name);
    }
    if wanted.contains("nvme") {
        let file = gathered.file("/etc/nvme/hostnqn").unwrap_or("");
        facts.set("hostnqn", file.lines().find(|l| l.starts_with("nqn.")).unwrap_or(""));
    }
    if wanted.contains("fibre_channel_wwn") {
        let ports =
            gathered.files_of("/sys/class/fc_host/").map(|(_, text)| text.trim().trim_start_matches("0x"));
        facts.set("fibre_channel_wwn", strings(ports));
    }
    if wanted.contains("loadavg") {
        let loads = gathered.file("/proc/loadavg").unwrap_or("");
        let names = ["1m", "5m", "15m"].into_iter().zip(loads.split_whitespace());
        let map =
            names.filter_map(|(name, n)| Some((name.to_owned(), Data::Float(n.parse().ok()?)))).collect();
        facts.set("loadavg", Data::Map(map));
    }
    if wanted.contains("systemd")
        && service_manager(gathered, "") == "systemd"
        && let Some(text) = gathered.section("systemd")
    {
        let mut lines = text.lines();
        let version =
            lines.next().and_then(|l| l.split_whitespace().nth(1)).and_then(|v| v.parse::<i64>().ok());
        let features = lines.next().unwrap_or("");
        facts.set("systemd", map([("features", features.into()), ("version", version.into())]));
    }
}

/// What starts the services: the name of process 1, or what the files tell where that is just "init".
pub fn service_manager(gathered: &Gathered, distribution: &str) -> String {
    let first = gathered.file("/proc/1/comm").unwrap_or("");
    let first = match first {
        "procd" => "openwrt_init",
        "runit-init" | "runit" => "runit",
        "svscan" => "svc",
        "openrc-init" => "openrc",
        other => other,
    };
    let tells = !first.is_empty() && first != "init" && !first.ends_with("sh");
    if tells {
        return first.to_owned();
    }
    let booted = ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"];
    let has_systemctl = gathered.has_command("systemctl");
    let init = gathered.section("init").unwrap_or("").trim().rsplit('/').next().unwrap_or("");
    let manager = if distribution == "OpenWrt" {
        "openwrt_init"
    } else if has_systemctl && booted.iter().any(|p| gathered.is_present(p)) {
        "systemd"
    } else if gathered.has_command("initctl") && gathered.is_present("/etc/init/") {
        "upstart"
    } else if gathered.is_present("/sbin/openrc") {
        "openrc"
    } else if has_systemctl && init == "systemd" {
        "systemd"
    } else if gathered.is_present("/etc/init.d") {
        "sysvinit"
    } else {
        "service"
    };
    manager.to_owned()
}

/// The package manager, by what the distribution has and the target holds.
pub fn package_manager(gathered: &Gathered, family: &str, distribution: &str, major: &str) -> String {
    let has = |name: &str| gathered.has_command(name);
    if gathered.is_present("/run/ostree-booted") && has("rpm") && !has("apt-get") {
        return "atomic_container".to_owned();
    }
    if family == "RedHat" {
        let major: i64 = major.parse().unwrap_or(0);
        let old = if distribution == "Amazon" { major < 2022 } else { major < 8 && distribution != "Fedora" };
        let five = distribution == "Fedora" && major >= 41 && has("dnf5");
        let name = match (old, five) {
            (_, true) => "dnf5",
            (true, _) if has("yum") => "yum",
            (false, _) if has("dnf") || has("dnf-3") || has("microdnf") => "dnf",
            _ => "unknown",
        };
        return name.to_owned();
    }
    if family == "Altlinux" && has("apt-get") {
        return "apt_rpm".to_owned();
    }
    if family == "Debian" && has("apt-get") {
        return "apt".to_owned();
    }
    // Later ones are stronger where a target has several.
    let known = [
        ("apt-get", "apt"),
        ("yum", "yum"),
        ("dnf", "dnf"),
        ("zypper", "zypper"),
        ("urpmi", "urpmi"),
        ("pacman", "pacman"),
        ("installp", "installp"),
        ("opkg", "opkg"),
        ("xbps-install", "xbps"),
        ("emerge", "portage"),
        ("apk", "apk"),
        ("swupd", "swupd"),
        ("pkgin", "pkgin"),
    ];
    known.iter().rev().find(|(program, _)| has(program)).map_or("unknown", |(_, name)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01T00:00:00");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(utc(1_795_418_867), "2026-11-23T07:27:47");
    }

    #[test]
    fn the_summer_name_is_the_one_with_the_larger_offset() {
        let of = |rule: &str| {
            let out = format!("N files\n/etc/localtime:TZif\n/etc/localtime:{rule}\n\nN end\n");
            summer_name(&Gathered::new("N", out.as_bytes(), b""), "X")
        };
        assert_eq!(of("UTC0"), "UTC");
        assert_eq!(of("CET-1CEST,M3.5.0,M10.5.0/3"), "CEST");
        assert_eq!(of("IST-1GMT0,M10.5.0,M3.5.0/1"), "IST");
        assert_eq!(of("<+03>-3"), "+03");
    }

    #[test]
    fn repeated_words_of_the_command_line_become_lists() {
        let out = b"N files\n/proc/cmdline:quiet console=tty0 console=ttyS0 x=\"a b\"\n\nN end\n";
        let mut facts = Facts::default();
        cmdline(&Gathered::new("N", out, b""), &mut facts);
        let all = facts.0["proc_cmdline"].as_map().unwrap();
        assert_eq!(all["console"], strings(["tty0", "ttyS0"]));
        assert_eq!(all["x"].as_str(), Some("a b"));
        assert_eq!(facts.0["cmdline"].as_map().unwrap()["console"].as_str(), Some("ttyS0"));
    }
}
