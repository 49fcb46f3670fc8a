//! Files that are encrypted, decrypted, shown and given other passwords; `-` is a standard stream.

use super::{Desk, EncryptWith};
use crate::cli::streams;
use crate::diag::Diagnostic;
use crate::vault::{Fault, Opened, Vault, label};
use rustix::fs::{Gid, Mode, Uid};
use std::fs::{File, Metadata};
use std::io::{IsTerminal, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// A standard stream, where a file could be named.
const STREAM: &str = "-";

impl Desk {
    pub(super) fn encrypt(
        &mut self,
        files: &[String],
        by: &EncryptWith,
        output: Option<&str>,
    ) -> Result<(), Diagnostic> {
        for name in self.named(files, "Reading plaintext input from stdin") {
            let sealed = by.seal(&read(&name)?)?;
            write(output.unwrap_or(&name), sealed.as_bytes(), Keep::Nothing)?;
        }
        self.done("Encryption successful");
        Ok(())
    }

    pub(super) fn decrypt(
        &mut self,
        files: &[String],
        vault: &Vault,
        output: Option<&str>,
    ) -> Result<(), Diagnostic> {
        for name in self.named(files, "Reading ciphertext input from stdin") {
            let opened = open(vault, &read(&name)?, &full(&name))?;
            write(output.unwrap_or(&name), &opened.plain, Keep::Nothing)?;
        }
        self.done("Decryption successful");
        Ok(())
    }

    pub(super) fn view(&mut self, files: &[String], vault: &Vault) -> Result<(), Diagnostic> {
        // without a file nothing is shown, as with ansible-vault; `-` is the standard input
        for name in files {
            let opened = open(vault, &read(name)?, name)?;
            self.page(&opened.plain)?;
        }
        Ok(())
    }

    pub(super) fn rekey(&mut self, name: &str, vault: &Vault, by: &EncryptWith) -> Result<(), Diagnostic> {
        let opened = open(vault, &read(name)?, &full(name))?;
        let sealed = by.seal(&opened.plain)?;
        write(name, sealed.as_bytes(), Keep::Owner)
    }

    /// The files, or the standard stream, which a person at the terminal is told of.
    fn named(&mut self, files: &[String], told: &str) -> Vec<String> {
        if !files.is_empty() {
            return files.to_vec();
        }
        if std::io::stdin().is_terminal() {
            super::say(told);
        }
        vec![STREAM.to_owned()]
    }

    /// Says at a terminal that it went well.
    pub(super) fn done(&mut self, text: &str) {
        if std::io::stdout().is_terminal() {
            super::say(text);
        }
    }

    /// Shows a text, at a terminal through the pager.
    fn page(&mut self, plain: &[u8]) -> Result<(), Diagnostic> {
        let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + 1));
        for chunk in plain.utf8_chunks() {
            text.extend_from_slice(chunk.valid().as_bytes());
            text.extend(chunk.invalid().iter().map(|_| b'?'));
        }
        if text.as_slice() != plain {
            let warning =
                "Non UTF-8 encoded data replaced with \"?\" while displaying text to stdout/stderr.";
            self.screen.warning(warning);
        }
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        let pager = self.config.get("PAGER").and_then(|setting| setting.value.as_str()).unwrap_or("less");
        if std::io::stdout().is_terminal() && !pager.is_empty() {
            let child = Command::new("sh").args(["-c", pager]).stdin(Stdio::piped()).spawn();
            if let Ok(mut child) = child {
                if let Some(mut pipe) = child.stdin.take() {
                    // a pager may be left before all was read
                    let _ = pipe.write_all(&text);
                }
                if child.wait().is_ok_and(|status| status.code() != Some(127)) {
                    return Ok(());
                }
            }
        }
        streams::out(&text)
    }
}

/// Opens a vault; an error names the file.
pub(super) fn open(vault: &Vault, bytes: &[u8], name: &str) -> Result<Opened, Diagnostic> {
    vault.open(bytes).map_err(|fault| Diagnostic::user(format!("{fault} for {name}")))
}

/// The name that a vault's password is written under; none in the older format.
pub(super) fn name_of(bytes: &[u8]) -> Result<Option<String>, Fault> {
    Ok(label(bytes)?.id)
}

/// A path without `.` and `..`, from the root.
pub(super) fn full(name: &str) -> String {
    if name == STREAM {
        return name.to_owned();
    }
    path_of(name).to_string_lossy().into_owned()
}

/// How many links lead from one to the next at most, as with the system's own limit.
const LINKS: usize = 40;

/// The file itself, where links lead to it, whether or not it is there yet.
pub(super) fn path_of(name: &str) -> PathBuf {
    let mut path = std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    for _ in 0..LINKS {
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        if let (Some(folder), Some(last)) = (folder, path.file_name()) {
            path = folder.join(last);
        }
        let Ok(target) = path.read_link() else { break };
        path = path.parent().unwrap_or(Path::new("/")).join(target);
    }
    path
}

/// All of a file, or of the standard input.
pub(super) fn read(name: &str) -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
    let mut bytes = Zeroizing::new(Vec::new());
    if name == STREAM {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|e| Diagnostic::user(format!("the standard input cannot be read: {e}")))?;
        return Ok(bytes);
    }
    let path = path_of(name);
    let wrong = |e: std::io::Error| {
        let path = path.display();
        let why = e.to_string();
        let why = why.split(" (os error").next().unwrap_or_default();
        let number = e.raw_os_error().unwrap_or_default();
        Diagnostic::user(format!("Unable to read source file ({path}): [Errno {number}] {why}: '{path}'"))
    };
    let mut file = File::open(&path).map_err(wrong)?;
    file.read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

/// What a written file keeps of the one that was there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nothing: it is its owner's alone.
    Nothing,
    /// Mode and owner.
    Owner,
}

/// Writes a file as a whole or not at all; what was there is wiped. `-` is the standard output.
pub(super) fn write(name: &str, bytes: &[u8], keep: Keep) -> Result<(), Diagnostic> {
    if name == STREAM {
        return streams::out(bytes);
    }
    let path = path_of(name);
    let folder = path.parent().unwrap_or(Path::new("/"));
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        return Err(Diagnostic::user(format!("Destination '{}' not writable", folder.display())));
    }
    let wrong = |e: std::io::Error| Diagnostic::user(format!("cannot write {}: {e}", path.display()));
    let before = std::fs::metadata(&path).ok();
    if before.as_ref().is_some_and(Metadata::is_dir) {
        return Err(Diagnostic::user(format!(
            "Vault file got recreated while we were operating on it: [Errno 17] File exists: '{}'",
            path.display()
        )));
    }
    if before.as_ref().is_some_and(|about| !about.is_file()) {
        let mut file = File::options().write(true).open(&path).map_err(wrong)?;
        return file.write_all(bytes).map_err(wrong);
    }
    // made with mode 0600
    let mut file = tempfile::Builder::new().prefix(".vault-").tempfile_in(folder).map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)?;
    if let Some(about) = before.as_ref().filter(|_| keep == Keep::Owner) {
        own(file.as_file(), about).map_err(wrong)?;
    }
    file.as_file().sync_all().map_err(wrong)?;
    let old = before.and_then(|about| Some((File::options().write(true).open(&path).ok()?, about)));
    file.persist(&path).map_err(|e| wrong(e.error))?;
    if let Some((old, about)) = old.filter(|(_, about)| about.nlink() == 1) {
        wipe(old, about.len());
    }
    Ok(())
}

/// Gives a file the mode and owner of another.
fn own(file: &File, about: &Metadata) -> std::io::Result<()> {
    rustix::fs::fchmod(file, Mode::from_raw_mode(about.permissions().mode() & 0o7777))?;
    let (user, group) = (Uid::from_raw(about.uid()), Gid::from_raw(about.gid()));
    // where one may not give files away, the mode is what can be kept
    let _ = rustix::fs::fchown(file, Some(user), Some(group));
    Ok(())
}

/// Overwrites what nobody can reach any more; on a disk that moves its blocks about this is a best effort.
pub(super) fn wipe(mut file: File, length: u64) {
    let nothing = [0u8; 4096];
    let mut left = length;
    while left > 0 {
        let step = left.min(nothing.len() as u64);
        if file.write_all(nothing.get(..step as usize).unwrap_or_default()).is_err() {
            return;
        }
        left -= step;
    }
    let _ = file.sync_all();
}
