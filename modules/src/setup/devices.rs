//! Block devices and what is mounted.

use super::gathered::{Facts, Gathered, map, strings};
use crate::{Data, Map};
use std::collections::{BTreeMap, BTreeSet};

/// Which names of /dev/disk lead to which device.
#[derive(Default)]
struct Links {
    ids: BTreeMap<String, BTreeSet<String>>,
    uuids: BTreeMap<String, BTreeSet<String>>,
    labels: BTreeMap<String, BTreeSet<String>>,
    masters: BTreeMap<String, BTreeSet<String>>,
}

/// Sets `devices`, `device_links` and `mounts`.
pub fn facts(gathered: &Gathered, facts: &mut Facts) {
    let listed = gathered.links("links");
    let links = disk_links(&listed);
    let kinds = [&links.ids, &links.uuids, &links.labels, &links.masters];
    let names = ["ids", "uuids", "labels", "masters"];
    let all = names.into_iter().zip(kinds).map(|(name, of)| {
        (name.to_owned(), Data::Map(of.iter().map(|(device, set)| (device.clone(), strings(set))).collect()))
    });
    facts.set("device_links", Data::Map(all.collect()));
    let mut devices = Map::new();
    for (path, target) in &listed {
        let Some(name) = path.strip_prefix("/sys/block/").filter(|n| !n.contains('/')) else { continue };
        devices.insert(name.to_owned(), device(gathered, name, target, &links, &listed));
    }
    facts.set("devices", devices);
    facts.set("mounts", mounts(gathered, &links));
}

fn disk_links(listed: &[(String, String)]) -> Links {
    let mut links = Links::default();
    for (path, target) in listed {
        let leaf = target.rsplit('/').next().unwrap_or("").to_owned();
        let mut kind = None;
        for (folder, map) in [
            ("/dev/disk/by-id/", &mut links.ids),
            ("/dev/disk/by-uuid/", &mut links.uuids),
            ("/dev/disk/by-label/", &mut links.labels),
        ] {
            if let Some(name) = path.strip_prefix(folder) {
                kind = Some((map, unescaped(name)));
            }
        }
        if let Some((map, name)) = kind {
            map.entry(leaf).or_default().insert(name);
        } else if let Some((master, slave)) =
            path.strip_prefix("/sys/block/").and_then(|p| p.split_once("/slaves/"))
        {
            links.masters.entry(slave.to_owned()).or_default().insert(master.to_owned());
        }
    }
    links
}

/// udev writes odd characters of labels as `\x20`.
fn unescaped(name: &str) -> String {
    let mut out = Vec::new();
    let bytes = name.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (bytes.get(at..at + 2) == Some(b"\\x"))
            .then(|| name.get(at + 2..at + 4).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        match code {
            Some(code) => {
                out.push(code);
                at += 4;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn own_links(links: &Links, name: &str) -> Data {
    let of = |kind: &BTreeMap<String, BTreeSet<String>>| strings(kind.get(name).into_iter().flatten());
    map([
        ("ids", of(&links.ids)),
        ("uuids", of(&links.uuids)),
        ("labels", of(&links.labels)),
        ("masters", of(&links.masters)),
    ])
}

fn holders(gathered: &Gathered, listed: &[(String, String)], folder: &str) -> Data {
    let prefix = format!("{folder}/holders/");
    let names = listed.iter().filter_map(|(path, _)| path.strip_prefix(prefix.as_str())).map(|name| {
        let mapped = gathered.file(&format!("/sys/block/{name}/dm/name"));
        if name.starts_with("dm-") { mapped.unwrap_or(name).to_owned() } else { name.to_owned() }
    });
    strings(names)
}

fn device(gathered: &Gathered, name: &str, target: &str, links: &Links, listed: &[(String, String)]) -> Data {
    let folder = format!("/sys/block/{name}");
    let file = |leaf: &str| gathered.file(&format!("{folder}/{leaf}"));
    let sectors: i64 = file("size").and_then(|t| t.parse().ok()).unwrap_or(0);
    let scheduler = file("queue/scheduler").unwrap_or("");
    let mode =
        scheduler.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(mode, _)| mode);
    let mut partitions = Map::new();
    for (rest, start) in gathered.files_of(&format!("{folder}/")) {
        let Some(part) = rest.strip_suffix("/start").filter(|p| p.starts_with(name)) else { continue };
        let size: i64 = file(&format!("{part}/size")).and_then(|t| t.parse().ok()).unwrap_or(0);
        let sector: i64 =
            file(&format!("{part}/queue/hw_sector_size")).and_then(|t| t.parse().ok()).unwrap_or(512);
        let uuid = links.uuids.get(part).and_then(|set| set.iter().next().cloned());
        partitions.insert(
            part.to_owned(),
            map([
                ("links", own_links(links, part)),
                ("start", start.trim().into()),
                ("sectors", size.into()),
                ("sectorsize", sector.into()),
                ("size", human(size, 512).into()),
                ("uuid", uuid.into()),
                ("holders", holders(gathered, listed, &format!("{folder}/{part}"))),
            ]),
        );
    }
    map([
        ("virtual", 1_i64.into()),
        ("links", own_links(links, name)),
        ("vendor", file("device/vendor").into()),
        ("model", file("device/model").into()),
        ("sas_address", file("device/sas_address").into()),
        ("sas_device_handle", file("device/sas_device_handle").into()),
        ("removable", file("removable").into()),
        ("support_discard", file("queue/discard_granularity").into()),
        ("partitions", Data::Map(partitions)),
        ("rotational", file("queue/rotational").into()),
        ("scheduler_mode", mode.into()),
        ("sectors", sectors.into()),
        ("sectorsize", file("queue/hw_sector_size").unwrap_or("512").into()),
        ("size", human(sectors, 512).into()),
        ("host", controller(gathered, target).into()),
        ("holders", holders(gathered, listed, &folder)),
    ])
}

/// A size as a person reads it, with two decimals.
fn human(units: i64, of: i64) -> String {
    let bytes = units as f64 * of as f64;
    let steps = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
    let mut size = bytes;
    let mut step = 0;
    while size >= 1024.0 && step + 1 < steps.len() {
        size /= 1024.0;
        step += 1;
    }
    format!("{size:.2} {}", steps[step])
}

/// What `lspci` calls the controller that the device hangs on.
fn controller(gathered: &Gathered, target: &str) -> String {
    let is_address =
        |part: &str| part.len() == 12 && part.as_bytes().get(4) == Some(&b':') && part.contains('.');
    let address = target.split('/').rfind(|part| is_address(part));
    let Some(address) = address else { return String::new() };
    let text = gathered.section("lspci").unwrap_or("");
    let line = text.lines().find_map(|l| l.strip_prefix(address));
    line.map_or(String::new(), |rest| rest.trim().to_owned())
}

/// `\040` and its like of the mount table.
fn unoctal(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = (*byte == b'\\').then(|| text.get(at + 1..at + 4)).flatten();
        match digits.and_then(|d| u8::from_str_radix(d, 8).ok()) {
            Some(code) => {
                out.push(code);
                at += 4;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn mounts(gathered: &Gathered, links: &Links) -> Data {
    let table = gathered.file("/etc/mtab").or_else(|| gathered.file("/proc/mounts")).unwrap_or("");
    // Mounts of something else than their file system's root: binds.
    let info = gathered.file("/proc/self/mountinfo").unwrap_or("");
    let binds: BTreeSet<&str> = info
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(3);
            let (root, point) = (fields.next()?, fields.next()?);
            (root != "/").then_some(point)
        })
        .collect();
    let mut sizes: BTreeMap<&str, [i64; 6]> = BTreeMap::new();
    for line in gathered.section("statfs").unwrap_or("").lines() {
        let fields: Vec<&str> = line.splitn(7, '|').collect();
        let mut numbers = [0; 6];
        for (slot, field) in numbers.iter_mut().zip(&fields) {
            *slot = field.parse().unwrap_or(0);
        }
        if let Some(point) = fields.get(6) {
            sizes.insert(point, numbers);
        }
    }
    let uuids: BTreeMap<&str, &str> = gathered
        .section("lsblk")
        .unwrap_or("")
        .lines()
        .filter_map(|l| l.trim().split_once(' '))
        .map(|(name, uuid)| (name, uuid.trim()))
        .filter(|(_, uuid)| !uuid.is_empty())
        .collect();
    let mut mounts = Vec::new();
    for line in table.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [device, point, fstype, options, dump, pass, ..] = fields[..] else { continue };
        let real = device.starts_with(['/', '\\']) || device.contains(":/");
        if !real || fstype == "none" {
            continue;
        }
        let (device, mounted) = (unoctal(device), unoctal(point));
        let mut options = options.to_owned();
        if binds.contains(point) && !options.split(',').any(|o| o == "bind") {
            options.push_str(",bind");
        }
        let leaf = device.rsplit('/').next().unwrap_or("");
        let linked = links.uuids.get(leaf).and_then(|set| set.iter().next().map(String::as_str));
        let uuid = uuids.get(device.as_str()).copied().or(linked).unwrap_or("N/A").to_owned();
        let mut mount = Map::new();
        let mut put = |name: &str, value: Data| {
            mount.insert(name.to_owned(), value);
        };
        put("mount", mounted.as_str().into());
        put("device", device.into());
        put("fstype", fstype.into());
        put("options", options.into());
        put("dump", dump.parse::<i64>().unwrap_or(0).into());
        put("passno", pass.parse::<i64>().unwrap_or(0).into());
        if let Some([size, total, free, available, inodes, free_inodes]) = sizes.get(mounted.as_str()) {
            put("size_total", (size * total).into());
            put("size_available", (size * available).into());
            put("block_size", (*size).into());
            put("block_total", (*total).into());
            put("block_available", (*available).into());
            put("block_used", (total - available).into());
            put("inode_total", (*inodes).into());
            put("inode_available", (*free_inodes).into());
            put("inode_used", (inodes - free_inodes).into());
            let _ = free;
        }
        put("uuid", uuid.into());
        mounts.push(Data::Map(mount));
    }
    Data::List(mounts)
}
