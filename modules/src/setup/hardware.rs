//! Processors, memory, firmware tables, logical volumes, uptime.

use super::gathered::{Facts, Gathered, map, strings};
use crate::{Data, Map};
use std::collections::BTreeMap;

/// Sets the processors' facts.
pub fn processors(gathered: &Gathered, facts: &mut Facts) {
    let machine = gathered.section("machine").unwrap_or("").trim();
    let text = gathered.section("cpu").unwrap_or("");
    let mut listed: Vec<&str> = Vec::new();
    let (mut by_vendor, mut by_model, mut by_number, mut counted) = (0, 0, 0, 0);
    let mut sockets: BTreeMap<String, i64> = BTreeMap::new();
    let mut cores: BTreeMap<String, i64> = BTreeMap::new();
    let (mut socket, mut core) = (String::new(), String::new());
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim());
        let number = || value.parse::<i64>().unwrap_or(1);
        match key {
            "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                listed.push(value);
                by_vendor += i64::from(key == "vendor_id");
                by_model += i64::from(key == "model name");
                by_number += i64::from(key == "processor");
                counted += 1;
            }
            "physical id" => {
                socket = value.to_owned();
                sockets.entry(socket.clone()).or_insert(1);
            }
            "core id" => {
                core = value.to_owned();
                cores.entry(core.clone()).or_insert(1);
            }
            "cpu cores" => {
                sockets.insert(socket.clone(), number());
            }
            "siblings" => {
                cores.insert(core.clone(), number());
            }
            "flags" | "Features" => facts.set("flags", strings(value.split_whitespace())),
            _ => {}
        }
    }
    facts.set("processor", strings(&listed));
    let mut units = counted;
    if by_vendor > 0 && by_vendor == by_model {
        units = by_vendor;
    }
    if ["armv", "aarch", "ppc"].iter().any(|m| machine.starts_with(m)) || by_vendor == 0 {
        units = by_number;
    }
    let count = if sockets.is_empty() { units } else { sockets.len() as i64 };
    let per_socket = sockets.values().next().copied().filter(|n| *n > 0).unwrap_or(1);
    let threads = match cores.values().next() {
        Some(siblings) => (siblings / per_socket).max(1),
        None => 1,
    };
    let allowed = gathered.file("/proc/self/status").unwrap_or("");
    let allowed = allowed.lines().find_map(|l| l.strip_prefix("Cpus_allowed:")).unwrap_or("");
    let usable: u32 = allowed.chars().filter_map(|c| c.to_digit(16)).map(u32::count_ones).sum();
    facts.set("processor_count", count);
    facts.set("processor_cores", per_socket);
    facts.set("processor_threads_per_core", threads);
    facts.set("processor_vcpus", threads * count * per_socket);
    facts.set("processor_nproc", i64::from(usable));
}

/// Sets memory's facts.
pub fn memory(gathered: &Gathered, facts: &mut Facts) {
    let info = gathered.file("/proc/meminfo").unwrap_or("");
    let kilobytes = |name: &str| -> i64 {
        let line = info.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).unwrap_or("");
        line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let mb = |name: &str| kilobytes(name) / 1024;
    let (total, free, swap, swap_free) = (mb("MemTotal"), mb("MemFree"), mb("SwapTotal"), mb("SwapFree"));
    facts.set("memtotal_mb", total);
    facts.set("memfree_mb", free);
    facts.set("swaptotal_mb", swap);
    facts.set("swapfree_mb", swap_free);
    let without_cache = (kilobytes("MemFree") + kilobytes("Cached") + kilobytes("Buffers")) / 1024;
    let memory = map([
        ("real", map([("total", total.into()), ("used", (total - free).into()), ("free", free.into())])),
        ("nocache", map([("free", without_cache.into()), ("used", (total - without_cache).into())])),
        (
            "swap",
            map([
                ("total", swap.into()),
                ("free", swap_free.into()),
                ("used", (swap - swap_free).into()),
                ("cached", mb("SwapCached").into()),
            ]),
        ),
    ]);
    facts.set("memory_mb", memory);
    if let Some(uptime) = gathered.file("/proc/uptime") {
        let seconds = uptime.split('.').next().and_then(|s| s.parse::<i64>().ok());
        facts.set("uptime_seconds", seconds);
    }
}

/// SMBIOS's chassis types by number.
const FORM_FACTORS: &[&str] = &[
    "Unknown",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All In One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "Sub Chassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system",
    "CompactPCI",
    "AdvancedTCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

/// Sets what the firmware's tables say; "NA" where they say nothing.
pub fn firmware(gathered: &Gathered, facts: &mut Facts) {
    let of = |name: &str| gathered.file(&format!("/sys/class/dmi/id/{name}"));
    for name in [
        "bios_date",
        "bios_vendor",
        "bios_version",
        "board_asset_tag",
        "board_name",
        "board_serial",
        "board_vendor",
        "board_version",
        "chassis_asset_tag",
        "chassis_serial",
        "chassis_vendor",
        "chassis_version",
        "product_name",
        "product_serial",
        "product_uuid",
        "product_version",
    ] {
        facts.set(name, of(name).unwrap_or("NA"));
    }
    facts.set("system_vendor", of("sys_vendor").unwrap_or("NA"));
    let chassis = of("chassis_type");
    let factor = chassis.map(|text| match text.parse::<usize>().ok().and_then(|n| FORM_FACTORS.get(n)) {
        Some(name) => (*name).to_owned(),
        None => format!("unknown ({text})"),
    });
    facts.set("form_factor", factor.unwrap_or_else(|| "NA".to_owned()));
}

/// Sets the logical volumes, to who may see them.
pub fn volumes(gathered: &Gathered, facts: &mut Facts) {
    let (Some(lvs), Some(vgs), Some(pvs)) =
        (gathered.section("lvs"), gathered.section("vgs"), gathered.section("pvs"))
    else {
        facts.set("lvm", "N/A");
        return;
    };
    let rows = |text: &'_ str| -> Vec<Vec<String>> {
        let lines = text.lines().filter(|l| !l.trim().is_empty());
        lines.map(|l| l.trim().split(',').map(|f| f.trim().to_owned()).collect()).collect()
    };
    let at = |row: &[String], n: usize| Data::from(row.get(n).cloned().unwrap_or_default());
    let mut groups = Map::new();
    for row in rows(vgs) {
        let name = row.first().cloned().unwrap_or_default();
        let last = row.len().saturating_sub(1);
        let group = map([
            ("size_g", at(&row, last.saturating_sub(1))),
            ("free_g", at(&row, last)),
            ("num_lvs", at(&row, 2)),
            ("num_pvs", at(&row, 1)),
            ("lvs", Data::Map(Map::new())),
        ]);
        groups.insert(name, group);
    }
    let mut logical = Map::new();
    for row in rows(lvs) {
        let name = row.first().cloned().unwrap_or_default();
        let volume = map([("size_g", at(&row, 3)), ("vg", at(&row, 1))]);
        if let Some(Data::Map(group)) = row.get(1).and_then(|vg| groups.get_mut(vg))
            && let Some(Data::Map(own)) = group.get_mut("lvs")
        {
            own.insert(name.clone(), volume.clone());
        }
        logical.insert(name, volume);
    }
    let mut physical = Map::new();
    for row in rows(pvs) {
        let name = row.first().cloned().unwrap_or_default();
        physical.insert(name, map([("size_g", at(&row, 4)), ("free_g", at(&row, 5)), ("vg", at(&row, 1))]));
    }
    facts.set(
        "lvm",
        map([("lvs", Data::Map(logical)), ("vgs", Data::Map(groups)), ("pvs", Data::Map(physical))]),
    );
}
