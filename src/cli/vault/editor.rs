//! `create` and `edit`: a plain copy for the editor, readable by its owner alone, wiped and gone afterwards.

use super::files::{self, Keep};
use super::{Desk, EncryptWith, options_error};
use crate::diag::Diagnostic;
use crate::vault::{Secret, Vault};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::io::{IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use zeroize::Zeroizing;

impl Desk {
    pub(super) fn create(&mut self, name: &str, by: &EncryptWith, any: bool) -> Result<(), Diagnostic> {
        if !any && !std::io::stdout().is_terminal() {
            return Err(options_error("not a tty, editor cannot be opened"));
        }
        let path = Path::new(name);
        if let Some(folder) =
            path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        {
            self.screen.warning(&format!("{} does not exist, creating...", folder.display()));
            std::fs::create_dir_all(folder)
                .map_err(|e| Diagnostic::user(format!("cannot make {}: {e}", folder.display())))?;
        }
        if path.is_file() {
            return Err(Diagnostic::user(format!("{name} exists, please use 'edit' instead")));
        }
        let plain = self.edited(name, b"")?;
        files::write(name, by.seal(&plain)?.as_bytes(), Keep::Nothing)
    }

    pub(super) fn edit(&mut self, name: &str, vault: &Vault) -> Result<(), Diagnostic> {
        let sealed = files::read(name)?;
        let opened = files::open(vault, &sealed, &files::full(name))?;
        let plain = self.edited(name, &opened.plain)?;
        if plain == opened.plain {
            return Ok(());
        }
        // the same password, under the name that the file has for it, or else the usual one
        let id = files::name_of(&sealed)?.unwrap_or_else(|| self.config.settings.vault_identity.clone());
        let by = self.with(Secret { id, ..opened.by });
        files::write(name, by.seal(&plain)?.as_bytes(), Keep::Owner)
    }

    /// What a person makes of a text with the editor.
    fn edited(&self, name: &str, plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, Diagnostic> {
        // asked for before there is a copy: a signal must not leave it behind
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            let _ = signal_hook::flag::register(signal, self.interrupted.clone());
        }
        let copy = Copy::new(&self.folder(), name, plain)?;
        let text = |key: &str| self.config.get(key).and_then(|setting| setting.value.as_str());
        let editor = text("EDITOR").unwrap_or("vi");
        let mut words = shlex::split(editor).ok_or_else(|| {
            Diagnostic::user(format!("No closing quotation in the editor's name: {editor}"))
        })?;
        words.push(copy.file.to_string_lossy().into_owned());
        let line = words.join(" ");
        // without an editor the copy itself would be called, which the system refuses: ansible-vault's error
        let (program, rest) = words.split_first().unwrap_or((&line, &[]));
        let mut child = Command::new(program).args(rest).spawn().map_err(|e| {
            let why = e.to_string();
            let why = why.split(" (os error").next().unwrap_or_default();
            Diagnostic::user(format!(
                "Unable to execute the command \"{line}\": [Errno {}] {why}: '{program}'",
                e.raw_os_error().unwrap_or_default()
            ))
        })?;
        wait(&mut child, &self.interrupted)?;
        files::read(&copy.file.to_string_lossy())
    }

    /// Where copies lie: `local_tmp`, or where the system keeps such files.
    fn folder(&self) -> PathBuf {
        let folder = self.config.get("DEFAULT_LOCAL_TMP").and_then(|setting| setting.value.as_str());
        let folder = folder.map(PathBuf::from).filter(|folder| std::fs::create_dir_all(folder).is_ok());
        folder.unwrap_or_else(std::env::temp_dir)
    }
}

/// Waits for the editor; a signal that would end us ends it first. What it answers is no matter, as with Ansible.
fn wait(child: &mut Child, ended: &AtomicBool) -> Result<(), Diagnostic> {
    let wrong = |e: std::io::Error| Diagnostic::user(format!("the editor cannot be waited for: {e}"));
    loop {
        if child.try_wait().map_err(wrong)?.is_some() {
            return Ok(());
        }
        if ended.load(Ordering::SeqCst) {
            let _ = child.kill();
            child.wait().map_err(wrong)?;
            return Err(Diagnostic::user("interrupted; the file is as it was"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The plain copy, in a folder of its own.
struct Copy {
    file: PathBuf,
    folder: TempDir,
}

impl Copy {
    fn new(folder: &Path, name: &str, plain: &[u8]) -> Result<Copy, Diagnostic> {
        let wrong =
            |e: std::io::Error| Diagnostic::user(format!("the text cannot be laid out for editing: {e}"));
        let folder = tempfile::Builder::new().prefix("impel-vault-").tempdir_in(folder).map_err(wrong)?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).map_err(wrong)?;
        let ending = Path::new(name).extension().map(|end| format!(".{}", end.to_string_lossy()));
        // made with mode 0600
        let file = tempfile::Builder::new()
            .prefix("plain-")
            .suffix(&ending.unwrap_or_default())
            .tempfile_in(folder.path())
            .map_err(wrong)?;
        file.as_file().write_all(plain).map_err(wrong)?;
        let (_, path) = file.keep().map_err(|e| wrong(e.error))?;
        Ok(Copy { file: path, folder })
    }
}

impl Drop for Copy {
    /// Wipes whatever lies in the folder, an editor's own copies too; the folder goes by itself.
    fn drop(&mut self) {
        let Ok(entries) = std::fs::read_dir(self.folder.path()) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let length = std::fs::symlink_metadata(&path)
                .ok()
                .filter(|about| about.is_file())
                .map(|about| about.len());
            if let (Some(length), Ok(file)) = (length, std::fs::File::options().write(true).open(&path)) {
                files::wipe(file, length);
            }
        }
    }
}
