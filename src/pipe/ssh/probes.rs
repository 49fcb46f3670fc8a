//! SSH's parsers, opened to fuzz targets.

use std::path::PathBuf;

use super::arguments::Arguments;
use super::known_hosts::{Known, host_name};
use super::settings::Settings;
use super::{config_files, jump, keys, resolve};

/// What `ssh -G` says, lines of ssh_config, `ansible_ssh_args`, jump hosts, keys.
pub fn config(text: &str) {
    let mut settings = Settings::new();
    for (key, value) in resolve::parse(text) {
        let _ = settings.apply(&key, &value, None);
    }
    settings.expand(text, "host", "user");
    settings.identities("host", "user");
    settings.environment([("LANG".to_owned(), "C".to_owned())].into_iter());
    config_files::probe(text);
    let _ = Arguments::default().add(text);
    jump::probe(text);
    let _ = keys::key_type(text.as_bytes());
}

/// known_hosts files, for a name that is hashed, plain, with a port.
pub fn known_hosts(text: &str) {
    for name in [host_name("host", 22), host_name("::1", 2222)] {
        let mut known = Known::default();
        known.add(text.as_bytes(), &PathBuf::from("known_hosts"), &name);
        let _ = known.verdict("ssh-ed25519", b"key");
        known.key_types();
        known.has_authority();
    }
}
