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
        let wanted = settings.algorithms.get(key);
        if wanted.is_none() && key != "ciphers" {
            continue;
        }
        for method in methods {
            let mut supported = session.supported_algs(*method).map_err(|e| e.to_string())?;
            if key == "ciphers" {
                cheap_first(&mut supported, has_aes());
            }
            let chosen = wanted.map_or(supported.clone(), |wanted| allowed(wanted, &supported)).join(",");
            if chosen.is_empty() {
                return Err(format!("{key} {}", wanted.map_or("", String::as_str)));
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

/// AES in GCM before all others where the processor computes it: libssh2's own ChaCha20, which it would take first,
/// is portable C and costs several times as much. Both are what OpenSSH takes without being told.
fn cheap_first(ciphers: &mut [&str], aes: bool) {
    const ORDER: [&str; 2] = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"];
    if aes {
        ciphers.sort_by_key(|name| ORDER.iter().position(|first| first == name).unwrap_or(ORDER.len()));
    }
}

/// Whether this processor has instructions for AES.
fn has_aes() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    false
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
    fn what_the_processor_computes_comes_first() {
        let all = [
            "chacha20-poly1305@openssh.com",
            "aes256-gcm@openssh.com",
            "aes128-gcm@openssh.com",
            "aes256-ctr",
        ];
        let (mut with, mut without) = (all, all);
        cheap_first(&mut with, true);
        assert_eq!(with, [all[2], all[1], all[0], all[3]]);
        cheap_first(&mut without, false);
        assert_eq!(without, all);
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
