//! Which `ansible.cfg` counts.

use super::Environment;
use std::path::{Path, PathBuf};

/// The file that counts, if there is one, and what to warn about.
pub(super) fn discover(environment: &Environment) -> (Option<PathBuf>, Option<String>) {
    let mut warning = None;
    let mut candidates = Vec::new();
    if let Some(named) = environment.get("ANSIBLE_CONFIG") {
        let path = environment.path(named, &environment.folder);
        candidates.push(if path.is_dir() { path.join("ansible.cfg") } else { path });
    }
    let here = environment.folder.join("ansible.cfg");
    if is_world_writable(&environment.folder) {
        let named = candidates.contains(&here);
        if here.exists() && !named {
            warning = Some(format!(
                "Ansible is being run in a world writable directory ({}), ignoring it as an ansible.cfg source. For more information see https://docs.ansible.com/ansible/devel/reference_appendices/config.html#cfg-in-world-writable-dir",
                environment.folder.display()
            ));
        }
    } else {
        candidates.push(here);
    }
    candidates.push(environment.home().join(".ansible.cfg"));
    candidates.push(PathBuf::from("/etc/ansible/ansible.cfg"));
    (candidates.into_iter().find(|path| path.is_file()), warning)
}

fn is_world_writable(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(folder).is_ok_and(|about| about.permissions().mode() & 0o002 != 0)
}
