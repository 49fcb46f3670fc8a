//! The distribution: its name, version, release and family.

use super::gathered::{Facts, Gathered};
use std::collections::HashMap;

/// os-release's identifiers by the name that goes into `ansible_distribution`.
const NAMES: &[(&str, &str)] = &[
    ("amzn", "Amazon"),
    ("rhel", "Redhat"),
    ("ol", "OracleLinux"),
    ("almalinux", "AlmaLinux"),
    ("opensuse-leap", "openSUSE Leap"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed"),
    ("openeuler", "openEuler"),
];

/// Families by their members; a distribution that is in none is its own.
const FAMILIES: &[(&str, &[&str])] = &[
    (
        "RedHat",
        &[
            "RedHat",
            "RHEL",
            "Fedora",
            "CentOS",
            "Scientific",
            "SLC",
            "Ascendos",
            "CloudLinux",
            "PSBM",
            "OracleLinux",
            "OVS",
            "OEL",
            "Amazon",
            "Amzn",
            "Virtuozzo",
            "XenServer",
            "Alibaba",
            "EulerOS",
            "openEuler",
            "AlmaLinux",
            "Rocky",
            "TencentOS",
            "EuroLinux",
            "Kylin Linux Advanced Server",
            "MIRACLE",
        ],
    ),
    (
        "Debian",
        &[
            "Debian",
            "Ubuntu",
            "Raspbian",
            "Neon",
            "KDE neon",
            "Linux Mint",
            "SteamOS",
            "Devuan",
            "Kali",
            "Cumulus Linux",
            "Pop!_OS",
            "Parrot",
            "Pardus GNU/Linux",
            "Uos",
            "Deepin",
            "OSMC",
        ],
    ),
    (
        "Suse",
        &[
            "SuSE",
            "SLES",
            "SLED",
            "openSUSE",
            "openSUSE Tumbleweed",
            "SLES_SAP",
            "SUSE_LINUX",
            "openSUSE Leap",
            "ALP-Dolomite",
            "SL-Micro",
            "openSUSE MicroOS",
        ],
    ),
    ("Archlinux", &["Archlinux", "Antergos", "Manjaro"]),
    ("Mandrake", &["Mandrake", "Mandriva"]),
    ("Gentoo", &["Gentoo", "Funtoo"]),
    ("Alpine", &["Alpine"]),
    ("Altlinux", &["Altlinux"]),
    ("Slackware", &["Slackware"]),
    ("ClearLinux", &["Clear Linux OS", "Clear Linux Mix"]),
];

/// A file of `NAME=value` lines, as os-release and lsb-release are.
pub fn assignments(text: &str) -> HashMap<String, String> {
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.trim().split_once('=')?;
            if name.starts_with('#') {
                return None;
            }
            Some((name.to_owned(), unquoted(value.trim())))
        })
        .collect()
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|v| v.strip_suffix(quote)) {
            return inner.replace("\\\"", "\"").replace("\\$", "$").replace("\\`", "`").replace("\\\\", "\\");
        }
    }
    value.to_owned()
}

/// What the generic sources say, before a distribution's own file refines it.
struct Seen<'a> {
    gathered: &'a Gathered,
    os: HashMap<String, String>,
    id: String,
    name: String,
    version: String,
    release: String,
}

/// How a distribution's own file was recognised.
struct Own {
    path: &'static str,
    variety: &'static str,
    parsed: bool,
    search: Option<&'static str>,
}

/// Sets the `distribution*` and `os_family` facts.
pub fn facts(gathered: &Gathered, facts: &mut Facts) {
    let os_text =
        gathered.file("/etc/os-release").or_else(|| gathered.file("/usr/lib/os-release")).unwrap_or("");
    let os = assignments(os_text);
    let lsb = assignments(gathered.file("/etc/lsb-release").unwrap_or(""));
    let field = |name: &str| os.get(name).cloned().unwrap_or_default();
    let mut id = field("ID").to_lowercase();
    if id.is_empty() {
        id = lsb.get("DISTRIB_ID").map(|s| s.to_lowercase()).unwrap_or_default();
    }
    let mut seen = Seen {
        gathered,
        name: generic_name(&id),
        version: field("VERSION_ID"),
        release: codename(&os),
        os,
        id,
    };
    if seen.version.is_empty() && os_text.is_empty() {
        seen.version = lsb.get("DISTRIB_RELEASE").cloned().unwrap_or_default();
    }
    if seen.id == "debian" {
        // Debian's own file has the point release.
        if let Some(text) = gathered.file("/etc/debian_version") {
            seen.version = text.to_owned();
        }
    }
    if seen.id == "centos"
        && let Some(found) = gathered.file("/etc/centos-release").and_then(number)
    {
        seen.version = found.split('.').take(2).collect::<Vec<_>>().join(".");
    }
    for text in [&mut seen.version, &mut seen.release] {
        if text.is_empty() && seen.id != "fedora" {
            *text = "NA".to_owned();
        }
    }
    let mut minor = None;
    let own = own_file(&mut seen, &mut minor);
    let major =
        if seen.version == "NA" { "NA" } else { seen.version.split('.').next().unwrap_or("NA") }.to_owned();
    let major = if seen.id == "debian" && seen.version.contains('/') { seen.version.clone() } else { major };
    facts.set("distribution", seen.name.as_str());
    facts.set("distribution_release", seen.release.as_str());
    facts.set("distribution_version", seen.version.as_str());
    facts.set("distribution_major_version", major);
    if let Some(own) = own {
        facts.set("distribution_file_path", own.path);
        facts.set("distribution_file_variety", own.variety);
        if own.parsed {
            facts.set("distribution_file_parsed", true);
        }
        if let Some(search) = own.search {
            facts.set("distribution_file_search_string", search);
        }
    }
    if let Some(minor) = minor {
        facts.set("distribution_minor_version", minor);
    }
    facts.set("os_family", family(&seen.name));
}

/// The family of a distribution, by its name in `ansible_distribution`.
pub fn family(name: &str) -> String {
    let found = FAMILIES.iter().find(|(_, members)| members.contains(&name));
    found.map_or(name, |(family, _)| family).to_owned()
}

fn generic_name(id: &str) -> String {
    if id.is_empty() {
        return "OtherLinux".to_owned();
    }
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == id) {
        return (*name).to_owned();
    }
    let mut chars = id.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn codename(os: &HashMap<String, String>) -> String {
    if let Some(name) = os.get("VERSION_CODENAME").or_else(|| os.get("UBUNTU_CODENAME")) {
        return name.clone();
    }
    // "9.3 (Blue Onyx)" and "14.04.5 LTS, Trusty Tahr".
    let version = os.get("VERSION").map_or("", String::as_str);
    if let Some((_, rest)) = version.split_once('(') {
        return rest.split(')').next().unwrap_or("").to_owned();
    }
    version.split_once(", ").map(|(_, name)| name.to_owned()).unwrap_or_default()
}

/// The first version number in a text.
fn number(text: &str) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.').to_owned())
}

/// Finds the distribution's own file, in Ansible's order, and lets it refine what was seen.
fn own_file(seen: &mut Seen<'_>, minor: &mut Option<String>) -> Option<Own> {
    let gathered = seen.gathered;
    let of = |path, variety| Own { path, variety, parsed: true, search: None };
    if gathered.is_present("/etc/altlinux-release") || gathered.has_file("/etc/altlinux-release") {
        seen.name = "Altlinux".to_owned();
        let named = gathered.file("/etc/altlinux-release").and_then(|t| t.split_once('('));
        if let Some((_, name)) = named.filter(|_| seen.release == "NA") {
            seen.release = name.trim_end_matches(')').to_owned();
        }
        return Some(Own { search: Some("ALT"), ..of("/etc/altlinux-release", "Altlinux") });
    }
    if let Some(text) = gathered.file("/etc/oracle-release")
        && text.contains("Oracle Linux")
    {
        seen.name = "OracleLinux".to_owned();
        return Some(Own { search: Some("Oracle Linux"), ..of("/etc/oracle-release", "OracleLinux") });
    }
    if let Some(text) = gathered.file("/etc/slackware-version") {
        seen.name = "Slackware".to_owned();
        seen.version = number(text).unwrap_or_else(|| seen.version.clone());
        return Some(of("/etc/slackware-version", "Slackware"));
    }
    if let Some(text) = gathered.file("/etc/centos-release")
        && text.contains("CentOS Stream")
    {
        seen.name = "CentOS".to_owned();
        seen.release = "Stream".to_owned();
        return Some(of("/etc/centos-release", "CentOS"));
    }
    if let Some(text) = gathered.file("/etc/redhat-release") {
        if text.contains("Red Hat") {
            seen.name = "RedHat".to_owned();
            return Some(Own { search: Some("Red Hat"), ..of("/etc/redhat-release", "RedHat") });
        }
        let first = text.split_whitespace().next().unwrap_or("");
        seen.name = first.to_owned();
        return Some(of("/etc/redhat-release", "RedHat"));
    }
    if gathered.has_file("/etc/openwrt_release") {
        seen.name = "OpenWrt".to_owned();
        return Some(of("/etc/openwrt_release", "OpenWrt"));
    }
    match seen.id.as_str() {
        "amzn" => {
            seen.name = "Amazon".to_owned();
            *minor = Some(seen.version.split_once('.').map_or("NA", |(_, minor)| minor).to_owned());
            return Some(of("/etc/os-release", "Amazon"));
        }
        _ if gathered.has_file("/etc/alpine-release") => {
            seen.name = "Alpine".to_owned();
            seen.version = gathered.file("/etc/alpine-release").unwrap_or("NA").to_owned();
            return Some(of("/etc/alpine-release", "Alpine"));
        }
        _ if gathered.is_present("/etc/arch-release") => {
            seen.name = "Archlinux".to_owned();
            return Some(Own { parsed: false, ..of("/etc/arch-release", "Archlinux") });
        }
        _ => {}
    }
    from_os_release(seen, minor).filter(|_| gathered.has_file("/etc/os-release"))
}

fn from_os_release(seen: &mut Seen<'_>, minor: &mut Option<String>) -> Option<Own> {
    let variety = |variety| Some(Own { path: "/etc/os-release", variety, parsed: true, search: None });
    let name = seen.os.get("NAME").cloned().unwrap_or_default();
    let pretty = seen.os.get("PRETTY_NAME").cloned().unwrap_or_default();
    let like = format!("{name}\n{pretty}\n{}", seen.os.get("ID").map_or("", String::as_str)).to_lowercase();
    if like.contains("suse") || like.contains("sles") || like.contains("sled") {
        if let Some((_, point)) = seen.version.split_once('.') {
            seen.release = point.to_owned();
        } else {
            seen.release = String::new();
        }
        if !name.is_empty() {
            seen.name = name;
        }
        return variety("SUSE");
    }
    let debian = [
        ("debian", "Debian"),
        ("raspbian", "Debian"),
        ("ubuntu", "Ubuntu"),
        ("steamos", "SteamOS"),
        ("devuan", "Devuan"),
        ("kali", "Kali"),
        ("linuxmint", "Linux Mint"),
        ("parrot", "Parrot"),
        ("cumulus-linux", "Cumulus Linux"),
        ("uos", "Uos"),
        ("deepin", "Deepin"),
    ];
    if let Some((_, name)) = debian.iter().find(|(id, _)| *id == seen.id) {
        seen.name = (*name).to_owned();
        if matches!(seen.id.as_str(), "debian" | "raspbian")
            && let Some(text) = seen.gathered.file("/etc/debian_version")
            && let Some((_, point)) = text.split_once('.')
        {
            *minor = Some(point.to_owned());
        }
        return variety("Debian");
    }
    match seen.id.as_str() {
        "flatcar" => {
            seen.name = "Flatcar".to_owned();
            variety("Flatcar")
        }
        "coreos" => {
            seen.name = "Coreos".to_owned();
            variety("Coreos")
        }
        "clear-linux-os" => {
            seen.name = name;
            variety("ClearLinux")
        }
        _ => {
            // Nobody's own: the first word of its name.
            if let Some(first) = name.split_whitespace().next() {
                seen.name = first.to_owned();
            }
            variety("NA")
        }
    }
}
