//! Which algorithms are offered: what the configuration allows, host keys that are known already first.

use ssh2::{MethodType, Session};

use super::known_hosts::Known;
use super::settings::Settings;

/// Sets the session's preferences before its handshake.
///
/// # Errors
/// The configuration allows nothing that libssh2 knows: the reason to use the `ssh` program.
pub fn prefer(session: &Session, settings: &Settings, known: &Known) -> Result<(), String> {
    for (key, methods) in [
        ("ciphers", &[MethodType::CryptCs, MethodType::CryptSc][..]),
        ("macs", &[MethodType::MacCs, MethodType::MacSc][..]),
        ("kexalgorithms", &[MethodType::Kex][..]),
    ] {
        let Some(wanted) = settings.algorithms.get(key) else { continue };
        for method in methods {
            let supported = session.supported_algs(*method).map_err(|e| e.to_string())?;
            let chosen = allowed(wanted, &supported).join(",");
            if chosen.is_empty() {
                return Err(format!("{key} {wanted}"));
            }
            session.method_pref(*method, &chosen).map_err(|e| e.to_string())?;
        }
    }
    // Never certificates: libssh2 would take one without asking who signed it.
    let supported = session.supported_algs(MethodType::HostKey).map_err(|e| e.to_string())?;
    let plain: Vec<&str> = supported.into_iter().filter(|name| !name.contains("-cert-")).collect();
    let plain =
        settings.algorithms.get("hostkeyalgorithms").map_or(plain.clone(), |wanted| allowed(wanted, &plain));
    let chosen = known_first(plain, &known.key_types());
    if chosen.is_empty() {
        return Err("hostkeyalgorithms".into());
    }
    session.method_pref(MethodType::HostKey, &chosen.join(",")).map_err(|e| e.to_string())
}

/// The usual order, Ed25519 first, with the types of known keys before all others.
fn known_first<'a>(mut algorithms: Vec<&'a str>, known: &[&str]) -> Vec<&'a str> {
    const ORDER: [&str; 6] = [
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "rsa-sha2-512",
        "rsa-sha2-256",
    ];
    let rank = |name: &str| {
        let key_type = if name.starts_with("rsa-sha2-") { "ssh-rsa" } else { name };
        let place = ORDER.iter().position(|usual| *usual == name).unwrap_or(ORDER.len());
        (!known.contains(&key_type), place)
    };
    algorithms.sort_by_key(|name| rank(name));
    algorithms
}

/// A configured list, with ssh's `+`, `-` and `^`, cut down to what is supported.
fn allowed<'a>(wanted: &str, supported: &[&'a str]) -> Vec<&'a str> {
    let listed =
        |list: &str, name: &str| list.split(',').any(|pattern| super::config_files::matches(pattern, name));
    let all = supported.iter().copied();
    match wanted.split_at_checked(1) {
        Some(("+", _)) => all.collect(),
        Some(("-", list)) => all.filter(|name| !listed(list, name)).collect(),
        Some(("^", list)) => {
            let (first, rest): (Vec<_>, Vec<_>) = all.partition(|name| listed(list, name));
            [first, rest].concat()
        }
        _ => wanted
            .split(',')
            .filter_map(|name| supported.iter().copied().find(|known| *known == name))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_types_come_first() {
        let all = vec!["ecdsa-sha2-nistp256", "ssh-ed25519", "rsa-sha2-512", "ssh-rsa"];
        assert_eq!(
            known_first(all.clone(), &["ssh-rsa"]),
            ["rsa-sha2-512", "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"]
        );
        assert_eq!(known_first(all, &[])[0], "ssh-ed25519");
    }

    #[test]
    fn lists_are_cut_to_what_is_supported() {
        let supported = ["a", "b1", "b2"];
        assert_eq!(allowed("b2,x,a", &supported), ["b2", "a"]);
        assert_eq!(allowed("-b*", &supported), ["a"]);
        assert_eq!(allowed("^b2", &supported), ["b2", "a", "b1"]);
        assert!(allowed("x", &supported).is_empty());
    }
}
