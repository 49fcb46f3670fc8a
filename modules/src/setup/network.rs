//! Network interfaces, addresses and default routes.

use super::gathered::{Facts, Gathered, map, strings};
use crate::{Data, Map};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Sets the network's facts; none on a target without `ip`, as with Ansible.
pub fn facts(gathered: &Gathered, facts: &mut Facts) {
    let Some(listed) = gathered.section("addr") else { return };
    let mut interfaces = devices(gathered);
    let (mut all4, mut all6) = (Vec::new(), Vec::new());
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, device, kind, address, ..] = words[..] else { continue };
        let (all, loopback) = if kind == "inet" { (&mut all4, "127.") } else { (&mut all6, "::1") };
        let plain = address.split('/').next().unwrap_or("");
        if !plain.starts_with(loopback) {
            all.push(plain.to_owned());
        }
        let device = device.trim_end_matches(':');
        let label = words.get(3..).and_then(|w| label(w, device));
        if kind == "inet" {
            add_inet(&mut interfaces, device, label, &words);
        } else if kind == "inet6" {
            add_inet6(&mut interfaces, device, &words);
        }
    }
    for (name, features) in gathered.sections_of("ethtool ") {
        ethtool(&mut interfaces, name, features, gathered.section(&format!("ethtool-T {name}")));
    }
    let default4 = route(gathered, "route4", &interfaces, listed);
    let default6 = route(gathered, "route6", &interfaces, listed);
    facts.set("default_ipv4", default4);
    facts.set("default_ipv6", default6);
    facts.set("interfaces", strings(interfaces.keys()));
    facts.set("all_ipv4_addresses", strings(all4));
    facts.set("all_ipv6_addresses", strings(all6));
    let local = map([("ipv4", reachable(gathered, "local4")), ("ipv6", reachable(gathered, "local6"))]);
    facts.set("locally_reachable_ips", local);
    for (name, interface) in interfaces {
        facts.set(&name.replace(['-', ':', '.'], "_"), interface);
    }
}

/// Every interface with what /sys tells of it, in the kernel's order.
fn devices(gathered: &Gathered) -> Map {
    let links = gathered.links("netlinks");
    let link = |path: String| links.iter().find(|(p, _)| *p == path).map(|(_, target)| target.as_str());
    let mut order: Vec<String> = Vec::new();
    for line in gathered.section("addr").unwrap_or("").lines() {
        if let Some(name) = line.split_whitespace().nth(1) {
            let name = name.trim_end_matches(':').split('@').next().unwrap_or("").to_owned();
            if !order.contains(&name) {
                order.push(name);
            }
        }
    }
    for (rest, _) in gathered.files_of("/sys/class/net/") {
        if let Some(name) = rest.strip_suffix("/address")
            && !order.iter().any(|n| n == name)
        {
            order.push(name.to_owned());
        }
    }
    let mut interfaces = Map::new();
    for name in order {
        let folder = format!("/sys/class/net/{name}");
        let file = |leaf: &str| gathered.file(&format!("{folder}/{leaf}"));
        if !gathered.has_file(&format!("{folder}/mtu")) {
            continue;
        }
        let mut own = Map::new();
        let mut put = |key: &str, value: Data| {
            own.insert(key.to_owned(), value);
        };
        put("device", name.as_str().into());
        if let Some(address) = file("address").filter(|a| *a != "00:00:00:00:00:00") {
            put("macaddress", address.into());
        }
        if let Some(mtu) = file("mtu").and_then(|t| t.parse::<i64>().ok()) {
            put("mtu", mtu.into());
        }
        if let Some(state) = file("operstate") {
            put("active", (state != "down").into());
        }
        if let Some(module) = link(format!("{folder}/device/driver/module")) {
            put("module", module.rsplit('/').next().unwrap_or("").into());
        }
        let kind = match file("type") {
            Some("1") => "ether",
            Some("32") => "infiniband",
            Some("512") => "ppp",
            Some("772") => "loopback",
            Some("65534") => "tunnel",
            _ => "unknown",
        };
        put("type", kind.into());
        if gathered.has_file(&format!("{folder}/bridge/bridge_id")) {
            put("type", "bridge".into());
            let members = links.iter().filter_map(|(p, _)| p.strip_prefix(&format!("{folder}/brif/")));
            put("interfaces", strings(members));
            put("id", file("bridge/bridge_id").unwrap_or("").into());
            if let Some(stp) = file("bridge/stp_state") {
                put("stp", (stp == "1").into());
            }
        }
        if gathered.has_file(&format!("{folder}/bonding/mode")) {
            put("type", "bonding".into());
            put("slaves", strings(file("bonding/slaves").unwrap_or("").split_whitespace()));
            let first = |leaf: &str| file(leaf).and_then(|t| t.split_whitespace().next());
            put("mode", first("bonding/mode").unwrap_or("").into());
            put("miimon", first("bonding/miimon").unwrap_or("").into());
            put("lacp_rate", first("bonding/lacp_rate").unwrap_or("").into());
            if let Some(primary) = file("bonding/primary") {
                put("primary", primary.into());
            }
            if let Some(all) = file("bonding/all_slaves_active") {
                put("all_slaves_active", (all == "1").into());
            }
        }
        if let Some(address) = file("bonding_slave/perm_hwaddr") {
            put("perm_macaddress", address.into());
        }
        if let Some(target) = link(format!("{folder}/device")) {
            put("pciid", target.rsplit('/').next().unwrap_or("").into());
        }
        if let Some(speed) = file("speed").and_then(|t| t.parse::<i64>().ok()) {
            put("speed", speed.into());
        }
        if let Some(flags) =
            file("flags").and_then(|t| i64::from_str_radix(t.trim_start_matches("0x"), 16).ok())
        {
            put("promisc", (flags & 0x100 != 0).into());
        }
        interfaces.insert(name, Data::Map(own));
    }
    interfaces
}

/// The word after a name.
fn after<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    let at = words.iter().position(|w| *w == name)?;
    words.get(at + 1).copied()
}

/// An alias such as `eth0:1`, which `ip` puts just before the backslash of `-o`.
fn label<'a>(words: &[&'a str], device: &str) -> Option<&'a str> {
    let end = words.iter().position(|w| w.contains('\\'))?;
    let last = words[end].split('\\').next().unwrap_or("");
    let last = if last.is_empty() { words.get(end.checked_sub(1)?)? } else { last };
    (last.starts_with(device) && last.len() > device.len() && last[device.len()..].starts_with(':'))
        .then_some(last)
}

struct Inet {
    address: String,
    prefix: u32,
    netmask: Ipv4Addr,
    network: Ipv4Addr,
    broadcast: String,
}

fn inet(words: &[&str]) -> Option<Inet> {
    let shown = words.get(3)?;
    // A point-to-point address has its peer's prefix, and counts as a single host's.
    let (address, prefix) = shown.split_once('/').unwrap_or((shown, "32"));
    let prefix: u32 = prefix.parse().ok().filter(|n| *n <= 32)?;
    let bits = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    let number = u32::from(address.parse::<Ipv4Addr>().ok()?);
    Some(Inet {
        address: address.to_owned(),
        prefix,
        netmask: bits.into(),
        network: (number & bits).into(),
        broadcast: after(words, "brd").unwrap_or("").to_owned(),
    })
}

fn inet_map(inet: &Inet) -> Data {
    map([
        ("address", inet.address.as_str().into()),
        ("broadcast", inet.broadcast.as_str().into()),
        ("netmask", inet.netmask.to_string().into()),
        ("network", inet.network.to_string().into()),
        ("prefix", inet.prefix.to_string().into()),
    ])
}

fn add_inet(interfaces: &mut Map, device: &str, label: Option<&str>, words: &[&str]) {
    let Some(inet) = inet(words) else { return };
    let secondary = words.contains(&"secondary");
    if let Some(label) = label {
        let alias = interfaces.entry(label.to_owned()).or_insert_with(|| Data::Map(Map::new()));
        if let Data::Map(alias) = alias {
            alias.entry("ipv4".to_owned()).or_insert_with(|| inet_map(&inet));
        }
    }
    let Some(Data::Map(own)) = interfaces.get_mut(device.split('@').next().unwrap_or("")) else { return };
    if !secondary && !own.contains_key("ipv4") {
        own.insert("ipv4".to_owned(), inet_map(&inet));
        return;
    }
    let others = own.entry("ipv4_secondaries".to_owned()).or_insert_with(|| Data::List(vec![]));
    if let Data::List(others) = others {
        others.push(inet_map(&inet));
    }
}

fn add_inet6(interfaces: &mut Map, device: &str, words: &[&str]) {
    let Some((address, prefix)) = words.get(3).map(|w| w.split_once('/').unwrap_or((w, "128"))) else {
        return;
    };
    let Some(Data::Map(own)) = interfaces.get_mut(device.split('@').next().unwrap_or("")) else { return };
    let list = own.entry("ipv6".to_owned()).or_insert_with(|| Data::List(vec![]));
    if let Data::List(list) = list {
        let scope = after(words, "scope").unwrap_or("");
        list.push(map([("address", address.into()), ("prefix", prefix.into()), ("scope", scope.into())]));
    }
}

/// The facts of the way out, by what the kernel answers for a far address.
fn route(gathered: &Gathered, section: &str, interfaces: &Map, listed: &str) -> Data {
    let line = gathered.section(section).unwrap_or("").lines().next().unwrap_or("");
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut found = Map::new();
    let (Some(device), Some(source)) = (after(&words, "dev"), after(&words, "src")) else {
        return Data::Map(found);
    };
    if words.first() == Some(&"unreachable") {
        return Data::Map(found);
    }
    let mut put = |key: &str, value: Data| {
        found.insert(key.to_owned(), value);
    };
    if let Some(gateway) = after(&words, "via") {
        put("gateway", gateway.into());
    }
    put("interface", device.into());
    put("address", source.into());
    let known = interfaces.get(device).and_then(Data::as_map);
    let of = |key: &str| known.and_then(|own| own.get(key)).cloned();
    let mine = listed.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let plain = words.get(3)?.split('/').next()?;
        (words.get(1)?.trim_end_matches(':') == device && plain == source).then_some(words)
    });
    if let Some(words) = &mine {
        match inet(words).filter(|_| section == "route4") {
            Some(inet) => {
                put("broadcast", inet.broadcast.as_str().into());
                put("netmask", inet.netmask.to_string().into());
                put("network", inet.network.to_string().into());
                put("prefix", inet.prefix.to_string().into());
                let shown = words.get(3..).and_then(|w| label(w, device));
                put("alias", shown.unwrap_or(device).into());
            }
            None => {
                let prefix = words.get(3).and_then(|w| w.split_once('/')).map_or("128", |(_, prefix)| prefix);
                put("prefix", prefix.into());
                put("scope", after(words, "scope").unwrap_or("").into());
            }
        }
    }
    for (key, from) in [("macaddress", "macaddress"), ("mtu", "mtu"), ("type", "type")] {
        if let Some(value) = of(from) {
            put(key, value);
        }
    }
    Data::Map(found)
}

/// What the kernel takes as its own: addresses and ranges of its local table.
fn reachable(gathered: &Gathered, section: &str) -> Data {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for line in gathered.section(section).unwrap_or("").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [kind, address, ..] = words[..] else { continue };
        if kind == "local" {
            found.insert(address);
        }
    }
    strings(found)
}

fn ethtool(interfaces: &mut Map, name: &str, features: &str, stamping: Option<&str>) {
    let Some(Data::Map(own)) = interfaces.get_mut(name) else { return };
    let mut map = Map::new();
    for line in features.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        if line.starts_with("Features for") || value.trim().is_empty() {
            continue;
        }
        map.insert(key.trim().replace('-', "_"), value.trim().into());
    }
    if !map.is_empty() {
        own.insert("features".to_owned(), Data::Map(map));
    }
    let (mut modes, mut filters, mut at) = (Vec::new(), Vec::new(), 0);
    for line in stamping.unwrap_or("").lines() {
        let word = line.split_whitespace().next().unwrap_or("");
        if !line.starts_with(char::is_whitespace) {
            at = match line {
                l if l.starts_with("Capabilities") => 1,
                l if l.starts_with("Hardware Receive Filter") => 2,
                _ => 0,
            };
            if let Some(clock) =
                line.strip_prefix("PTP Hardware Clock:").and_then(|n| n.trim().parse::<i64>().ok())
            {
                own.insert("phc_index".to_owned(), clock.into());
            }
            continue;
        }
        match at {
            1 => modes.push(word.replace("SOF_TIMESTAMPING_", "").to_lowercase()),
            2 => filters.push(word.replace("HWTSTAMP_FILTER_", "").to_lowercase()),
            _ => {}
        }
    }
    if stamping.is_some() && !(modes.is_empty() && filters.is_empty()) {
        own.insert("timestamping".to_owned(), strings(modes));
        own.insert("hw_timestamp_filters".to_owned(), strings(filters));
    }
}
