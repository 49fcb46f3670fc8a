//! Whether the target is a guest, a host of guests, or both, and of what.

use super::gathered::{Facts, Gathered, strings};

/// What was found so far: the first finding names the type, all are listed.
#[derive(Default)]
struct Found {
    kind: Option<(&'static str, String)>,
    guest: Vec<String>,
    host: Vec<String>,
}

impl Found {
    fn guest(&mut self, kind: &str, also: &[&str]) {
        for name in std::iter::once(&kind).chain(also) {
            if !self.guest.iter().any(|g| g == name) {
                self.guest.push((*name).to_owned());
            }
        }
        self.kind.get_or_insert_with(|| ("guest", kind.to_owned()));
    }

    fn host(&mut self, kind: &str) {
        if !self.host.iter().any(|h| h == kind) {
            self.host.push(kind.to_owned());
        }
        self.kind.get_or_insert_with(|| ("host", kind.to_owned()));
    }
}

/// Firmware's product names of virtual machines.
const PRODUCTS: &[(&str, &str)] = &[
    ("KVM", "kvm"),
    ("KVM Server", "kvm"),
    ("Bochs", "kvm"),
    ("AHV", "kvm"),
    ("RHEV Hypervisor", "RHEV"),
    ("VMware Virtual Platform", "VMware"),
    ("VMware7,1", "VMware"),
    ("VMware20,1", "VMware"),
    ("VMware Virtual Platform4", "VMware4"),
    ("OpenStack Compute", "openstack"),
    ("OpenStack Nova", "openstack"),
    ("VirtualBox", "virtualbox"),
];

/// Firmware's vendors of virtual machines.
const VENDORS: &[(&str, &str)] = &[
    ("Amazon EC2", "kvm"),
    ("DigitalOcean", "kvm"),
    ("Hetzner", "kvm"),
    ("Linode", "kvm"),
    ("Google", "kvm"),
    ("QEMU", "kvm"),
    ("Nutanix", "kvm"),
    ("oVirt", "oVirt"),
    ("OpenStack Foundation", "openstack"),
    ("Parallels Software International Inc.", "parallels"),
    ("Parallels International GmbH.", "parallels"),
    ("innotek GmbH", "virtualbox"),
    ("VMware, Inc.", "VMware"),
    ("bhyve", "bhyve"),
];

/// Sets the `virtualization_*` facts.
pub fn facts(gathered: &Gathered, facts: &mut Facts) {
    let mut found = Found::default();
    containers(gathered, &mut found);
    machines(gathered, &mut found);
    hosts(gathered, &mut found);
    let (role, kind) = found.kind.map_or(("NA", "NA".to_owned()), |(role, kind)| (role, kind));
    found.guest.sort();
    found.host.sort();
    facts.set("virtualization_type", kind);
    facts.set("virtualization_role", role);
    facts.set("virtualization_tech_guest", strings(found.guest));
    facts.set("virtualization_tech_host", strings(found.host));
}

fn containers(gathered: &Gathered, found: &mut Found) {
    if gathered.is_present("/.dockerenv") || gathered.is_present("/.dockerinit") {
        found.guest("docker", &["container"]);
    }
    for line in gathered.file("/proc/1/cgroup").unwrap_or("").lines() {
        if line.contains("/docker/") || line.contains("/docker-") {
            found.guest("docker", &["container"]);
        } else if line.contains("/lxc/") || line.contains("/machine.slice/machine-lxc") {
            found.guest("lxc", &["container"]);
        } else if line.contains("/system.slice/containerd.service") {
            found.guest("containerd", &["container"]);
        }
    }
    if gathered.is_present("/proc/vz") && !gathered.is_present("/proc/lve") {
        if gathered.is_present("/proc/bc") {
            found.host("openvz");
        } else {
            found.guest("openvz", &["container"]);
        }
    }
    for entry in gathered.file("/proc/1/environ").unwrap_or("").split('\0') {
        match entry.strip_prefix("container=") {
            Some("lxc") => found.guest("lxc", &["container"]),
            Some("podman") => found.guest("podman", &["container"]),
            Some(other) if !other.is_empty() => found.guest("container", &[]),
            _ => {}
        }
    }
    if gathered.is_present("/run/.containerenv") {
        found.guest("podman", &["container"]);
    }
}

fn machines(gathered: &Gathered, found: &mut Found) {
    if gathered.is_present("/proc/xen") {
        let controls = gathered.file("/proc/xen/capabilities").is_some_and(|t| t.contains("control_d"));
        if controls { found.host("xen") } else { found.guest("xen", &[]) }
    }
    let firmware = |name: &str| gathered.file(&format!("/sys/class/dmi/id/{name}")).unwrap_or("");
    let (product, vendor, bios) = (firmware("product_name"), firmware("sys_vendor"), firmware("bios_vendor"));
    let family = firmware("product_family");
    if let Some((_, kind)) = PRODUCTS.iter().find(|(name, _)| *name == product) {
        found.guest(kind, &[]);
    }
    if product.starts_with("RHEL") || family.contains("RHV") && vendor == "Red Hat" {
        found.guest("RHV", &[]);
    }
    match bios {
        "Xen" => found.guest("xen", &[]),
        "innotek GmbH" => found.guest("virtualbox", &[]),
        "Amazon EC2" | "Hetzner" => found.guest("kvm", &[]),
        _ => {}
    }
    if let Some((_, kind)) = VENDORS.iter().find(|(name, _)| *name == vendor) {
        found.guest(kind, &[]);
    }
    if vendor == "Microsoft Corporation" && product == "Virtual Machine" {
        found.guest("VirtualPC", &[]);
    }
    for line in gathered.section("cpu").unwrap_or("").lines() {
        let is = |key: &str, text: &str| line.starts_with(key) && line.contains(text);
        if is("model name", "QEMU Virtual CPU") {
            found.guest("kvm", &[]);
        } else if is("vendor_id", "User Mode Linux") {
            found.guest("uml", &[]);
        } else if is("vendor_id", "PowerVM Lx86") {
            found.guest("powervm_lx86", &[]);
        } else if is("vendor_id", "IBM/S390") {
            let info = gathered.file("/proc/sysinfo").unwrap_or("");
            if info.contains("KVM") {
                found.guest("kvm", &[]);
            } else if info.contains("z/VM") {
                found.guest("zvm", &[]);
            } else {
                found.guest("PR/SM", &[]);
            }
        }
    }
    let status = gathered.file("/proc/self/status").unwrap_or("");
    if let Some(context) = status.lines().find_map(|l| l.strip_prefix("VxID:")) {
        if context.trim() == "0" { found.host("linux_vserver") } else { found.guest("linux_vserver", &[]) }
    }
}

fn hosts(gathered: &Gathered, found: &mut Found) {
    let modules: Vec<&str> = gathered
        .file("/proc/modules")
        .unwrap_or("")
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    if modules.contains(&"kvm") {
        found.host("kvm");
    }
    if modules.contains(&"vboxdrv") {
        found.host("virtualbox");
    }
    if modules.contains(&"virtio") {
        found.guest("kvm", &[]);
    }
    if gathered.is_present("/dev/kvm") {
        found.host("kvm");
    }
}
