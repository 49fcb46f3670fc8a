//! Private key files: whether a passphrase is needed, and the public half where the file shows it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::prompt::Prompter;
use super::super::spec::Secret;

/// A private key as it is on disk.
pub struct KeyFile {
    pub path: PathBuf,
    pub text: Zeroizing<String>,
    pub encrypted: bool,
    /// `ssh-ed25519 AAAA…`, from the file itself or the `.pub` beside it.
    pub public: Option<String>,
    /// A certificate for the key, in the same form.
    pub certificate: Option<String>,
}

impl KeyFile {
    /// Reads a key; `Ok(None)` where there is no such file.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(path: &Path) -> Result<Option<KeyFile>, String> {
        let text = match std::fs::read(path) {
            Ok(bytes) => Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        refuse_open_to_others(path)?;
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            std::fs::read_to_string(name).ok().and_then(|text| first_line(&text))
        };
        let (encrypted, inner) = match openssh(&text) {
            Some((encrypted, blob)) => (encrypted, key_line(&blob)),
            None => (text.contains("ENCRYPTED"), None),
        };
        let public = inner.or_else(|| beside(".pub"));
        Ok(Some(KeyFile { path: path.into(), encrypted, public, certificate: beside("-cert.pub"), text }))
    }

    /// Whether only the `ssh` program can use it: its secret is in a device.
    pub fn is_in_device(&self) -> bool {
        self.public.as_ref().is_some_and(|public| public.starts_with("sk-"))
    }

    /// The public key's own bytes.
    pub fn blob(&self) -> Option<Vec<u8>> {
        blob(self.public.as_ref()?)
    }
}

/// The bytes of a `type base64` line.
pub fn blob(line: &str) -> Option<Vec<u8>> {
    STANDARD.decode(line.split_whitespace().nth(1)?).ok()
}

fn first_line(text: &str) -> Option<String> {
    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned)
}

/// ssh refuses such keys, and so the user shall learn of it here too.
fn refuse_open_to_others(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let Ok(status) = path.metadata() else { return Ok(()) };
    let mine = status.uid() == rustix::process::getuid().as_raw();
    if mine && status.mode() & 0o077 != 0 {
        let mode = status.mode() & 0o777;
        return Err(format!("{}: permissions {mode:04o} are too open, the key is ignored", path.display()));
    }
    Ok(())
}

/// The outer part of an OpenSSH key, which is never encrypted: whether the inner is, and the public key.
fn openssh(text: &str) -> Option<(bool, Vec<u8>)> {
    let body = text.split_once("-----BEGIN OPENSSH PRIVATE KEY-----")?.1;
    let body = body.split_once("-----END")?.0;
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(body).ok()?;
    let mut rest = bytes.strip_prefix(b"openssh-key-v1\0".as_slice())?;
    let cipher = string(&mut rest)?;
    string(&mut rest)?;
    string(&mut rest)?;
    rest = rest.get(4..)?;
    Some((cipher != b"none", string(&mut rest)?.to_vec()))
}

/// A length and as many bytes, as SSH writes strings.
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (text, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = tail;
    Some(text)
}

fn key_line(blob: &[u8]) -> Option<String> {
    let key_type = string(&mut &*blob)?;
    Some(format!("{} {}", std::str::from_utf8(key_type).ok()?, STANDARD.encode(blob)))
}

/// The type named at the start of a key's bytes.
pub fn key_type(blob: &[u8]) -> Option<String> {
    string(&mut &*blob).and_then(|name| String::from_utf8(name.to_vec()).ok())
}

/// Passphrases by file: one question for all hosts. `None` is "nobody answered, do not ask again".
static ANSWERS: Mutex<Option<HashMap<PathBuf, Option<Secret>>>> = Mutex::new(None);

/// The passphrase of `path`, asked for once in a run.
pub fn passphrase(path: &Path, prompter: &dyn Prompter) -> Option<Secret> {
    // Held while asking: all other hosts that need this answer wait for it.
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = answers.get_or_insert_default();
    let ask = || prompter.ask_secret(&format!("Enter passphrase for key '{}': ", path.display()));
    known.entry(path.to_owned()).or_insert_with(ask).clone()
}

/// The answer was wrong: whoever comes next is asked again.
pub fn forget_passphrase(path: &Path) {
    if let Some(known) = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
        known.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_files_tell_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, args: &[&str]| {
            let path = folder.path().join(name);
            let made =
                std::process::Command::new("ssh-keygen").args(["-q", "-f"]).arg(&path).args(args).output();
            made.is_ok_and(|output| output.status.success()).then_some(path)
        };
        let Some(plain) = make("plain", &["-t", "ed25519", "-N", ""]) else {
            eprintln!("left out: ssh-keygen is not installed");
            return;
        };
        let locked = make("locked", &["-t", "ecdsa", "-N", "secret"]).unwrap();
        let pem = make("pem", &["-t", "rsa", "-m", "PEM", "-N", "secret"]).unwrap();
        for (path, encrypted, start) in [
            (&plain, false, "ssh-ed25519 "),
            (&locked, true, "ecdsa-sha2-nistp256 "),
            (&pem, true, "ssh-rsa "),
        ] {
            let key = KeyFile::read(path).unwrap().unwrap();
            assert_eq!(key.encrypted, encrypted, "{}", path.display());
            assert!(key.public.as_ref().unwrap().starts_with(start));
            assert_eq!(key_type(&key.blob().unwrap()).unwrap(), start.trim());
        }
        std::fs::remove_file(folder.path().join("plain.pub")).unwrap();
        assert!(KeyFile::read(&plain).unwrap().unwrap().public.is_some());
        assert!(KeyFile::read(&folder.path().join("none")).unwrap().is_none());
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&plain, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(KeyFile::read(&plain).err().unwrap().contains("too open"));
    }

    #[test]
    fn garbage_is_no_key() {
        for text in ["", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END", "x"] {
            assert_eq!(openssh(text), None);
        }
    }
}
