//! known_hosts files: which keys are known for a host, as OpenSSH reads them.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::config_files::listed;

/// A line that speaks of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub marker: Marker,
    pub key_type: String,
    pub key: Vec<u8>,
    pub file: PathBuf,
    pub line: usize,
}

/// What is in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    None,
    Revoked,
    CertAuthority,
}

/// What is known about one host.
#[derive(Debug, Default)]
pub struct Known {
    pub entries: Vec<Entry>,
}

/// How a key that a host presents stands to what is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    Known,
    Unknown,
    /// Another key of the same type is known.
    Changed(&'a Entry),
    Revoked(&'a Entry),
}

impl Known {
    /// Gathers what `files` say about `name` (as [`host_name`] writes it); missing files say nothing.
    pub fn read(files: &[PathBuf], name: &str) -> Known {
        let mut known = Known::default();
        for file in files {
            let Ok(text) = std::fs::read(file) else { continue };
            known.add(&text, file, name);
        }
        known
    }

    /// Adds what the lines of one file say about `name`.
    pub fn add(&mut self, text: &[u8], file: &Path, name: &str) {
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if let Some((marker, key_type, key)) = parse(&String::from_utf8_lossy(line), name) {
                self.entries.push(Entry { marker, key_type, key, file: file.into(), line: number + 1 });
            }
        }
    }

    /// How `key` of `key_type` stands.
    pub fn verdict(&self, key_type: &str, key: &[u8]) -> Verdict<'_> {
        let plain = || self.entries.iter().filter(|entry| entry.marker == Marker::None);
        if let Some(entry) = self.entries.iter().find(|e| e.marker == Marker::Revoked && e.key == key) {
            return Verdict::Revoked(entry);
        }
        if plain().any(|entry| entry.key == key) {
            return Verdict::Known;
        }
        plain().find(|entry| entry.key_type == key_type).map_or(Verdict::Unknown, Verdict::Changed)
    }

    /// The key types that are known, in the files' order.
    pub fn key_types(&self) -> Vec<&str> {
        let plain = self.entries.iter().filter(|entry| entry.marker == Marker::None);
        plain.map(|entry| entry.key_type.as_str()).collect()
    }

    /// Whether a certificate authority speaks for the host, which libssh2 cannot check.
    pub fn has_authority(&self) -> bool {
        self.entries.iter().any(|entry| entry.marker == Marker::CertAuthority)
    }
}

/// A host as known_hosts names it: `[host]:port` where the port is not 22.
pub fn host_name(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

/// A new line for `name`.
pub fn line(name: &str, key_type: &str, key: &[u8], hashed: bool) -> Option<String> {
    let name = if hashed {
        let mut salt = [0u8; 20];
        getrandom::fill(&mut salt).ok()?;
        format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hmac_sha1(&salt, name.as_bytes())))
    } else {
        name.to_owned()
    };
    Some(format!("{name} {key_type} {}\n", STANDARD.encode(key)))
}

/// `SHA256:…` as ssh prints it.
pub fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(key)))
}

fn parse(line: &str, name: &str) -> Option<(Marker, String, Vec<u8>)> {
    let mut words = line.split_whitespace();
    let mut first = words.next().filter(|word| !word.starts_with('#'))?;
    let marker = match first {
        "@revoked" => Marker::Revoked,
        "@cert-authority" => Marker::CertAuthority,
        word if word.starts_with('@') => return None,
        _ => Marker::None,
    };
    if marker != Marker::None {
        first = words.next()?;
    }
    if !names(first, name) {
        return None;
    }
    let key_type = words.next()?.to_owned();
    let key = STANDARD.decode(words.next()?).ok()?;
    Some((marker, key_type, key))
}

fn names(hosts: &str, name: &str) -> bool {
    if let Some(hashed) = hosts.strip_prefix("|1|") {
        let decoded = hashed
            .split_once('|')
            .and_then(|(salt, hash)| Some((STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?)));
        return decoded.is_some_and(|(salt, hash)| hmac_sha1(&salt, name.as_bytes())[..] == hash[..]);
    }
    listed(&hosts.split(',').collect::<Vec<_>>(), name)
}

fn hmac_sha1(key: &[u8], text: &[u8]) -> [u8; 20] {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha1::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(text).finalize();
    Sha1::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, name: &str) -> (tempfile::TempDir, Known) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known");
        std::fs::write(&file, text).unwrap();
        let known = Known::read(&[folder.path().join("missing"), file], name);
        (folder, known)
    }

    #[test]
    fn lines_are_matched_as_openssh_does() {
        // `ssh-keygen -H` of a line for [127.0.0.1]:22199.
        let cases = [
            ("a,b ssh-rsa QQ==", "b", true),
            ("*.lan,!x.lan ssh-rsa QQ==", "y.lan", true),
            ("*.lan,!x.lan ssh-rsa QQ==", "x.lan", false),
            ("[a]:2222 ssh-rsa QQ==", "[a]:2222", true),
            ("a ssh-rsa QQ==", "[a]:2222", false),
            ("A ssh-rsa QQ== comment here", "a", true),
            ("# a ssh-rsa QQ==", "a", false),
            ("a ssh-rsa", "a", false),
            ("a ssh-rsa !!!", "a", false),
            ("@nosuch a ssh-rsa QQ==", "a", false),
            ("|1|x", "a", false),
            ("\u{0}\u{1}", "a", false),
        ];
        for (line, name, expected) in cases {
            assert_eq!(!known(line, name).1.entries.is_empty(), expected, "{line} {name}");
        }
    }

    #[test]
    fn a_hashed_line_is_found_again() {
        let text = line("[h]:2", "ssh-ed25519", b"key", true).unwrap();
        assert!(text.starts_with("|1|"));
        assert_eq!(known(&text, "[h]:2").1.verdict("ssh-ed25519", b"key"), Verdict::Known);
        assert_eq!(known(&text, "h").1.verdict("ssh-ed25519", b"key"), Verdict::Unknown);
    }

    #[test]
    fn hmac_is_the_standards() {
        let hex: String =
            hmac_sha1(b"Jefe", b"what do ya want for nothing?").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    }

    #[test]
    fn verdicts() {
        let (_folder, known) =
            known("h ssh-rsa QQ==\n@revoked * ssh-rsa Qg==\n@cert-authority *.x ssh-rsa Qw==\n", "h");
        assert_eq!(known.verdict("ssh-rsa", b"A"), Verdict::Known);
        assert!(matches!(known.verdict("ssh-rsa", b"B"), Verdict::Revoked(_)));
        assert!(matches!(known.verdict("ssh-rsa", b"C"), Verdict::Changed(entry) if entry.line == 1));
        assert_eq!(known.verdict("ssh-ed25519", b"C"), Verdict::Unknown);
        assert!(!known.has_authority());
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_strange(line in "\\PC*", name in "[a-z*.\\[\\]:0-9]{0,9}") {
            parse(&line, &name);
            parse(&format!("|1|{line} ssh-rsa QQ=="), &name);
            super::super::arguments::keyword(&line);
            let _ = super::super::arguments::Arguments::default().add(&line);
            super::super::config_files::matches(&line, &name);
        }
    }
}
