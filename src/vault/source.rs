//! Where passwords come from: files, programs, and people.

use super::envelope::is_encrypted;
use super::keyring::{Secret, Vault};
use super::password::Password;
use crate::diag::Diagnostic;
use crate::yaml::repr;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Asks a person for a password; `None` where there is nobody.
pub type Asked<'a> = &'a dyn Fn(&str) -> Option<Zeroizing<String>>;

/// More bytes than any password has; what a program prints beyond them is not read.
const LONGEST: u64 = 1 << 20;

/// A place that holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A person, who is told for which name.
    Prompt,
    /// A person, asked without a name (`-J`).
    Ask,
    /// A file that holds it, or a program that prints it.
    File(PathBuf),
}

/// A password that is wanted, by name and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The name, where one was given.
    pub id: Option<String>,
    /// The place.
    pub source: Source,
}

impl Source {
    /// The file or program at a path as a user gives it.
    pub fn file(text: &str) -> Source {
        Source::File(full(text))
    }
}

impl Want {
    /// The password of a file, or asked for, under a name.
    pub fn named(id: &str, source: Source) -> Want {
        Want { id: Some(id.to_owned()), source }
    }

    /// What `--vault-id` says: `NAME@PLACE`, or only the place.
    pub fn parse(text: &str) -> Want {
        let (id, place) = match text.split_once('@') {
            Some((id, place)) => (Some(id).filter(|id| !id.is_empty()), place),
            None => (None, text),
        };
        let source = match place {
            "prompt" => Source::Prompt,
            "prompt_ask_vault_pass" => Source::Ask,
            file => Source::file(file),
        };
        Want { id: id.map(str::to_owned), source }
    }

    /// The password, with its name or the `usual` one. `known` opens password files that are vaults themselves; with
    /// `new` a person is asked twice, since it is for encrypting.
    ///
    /// # Errors
    /// It is not there, is empty, cannot be read, or its program failed.
    pub fn secret(
        &self,
        usual: &str,
        known: &Vault,
        new: bool,
        asked: Asked<'_>,
    ) -> Result<Secret, Diagnostic> {
        let name = self.id.as_deref().unwrap_or(usual);
        let password = match &self.source {
            Source::File(path) => password_of(path, self.id.as_deref(), known)?,
            Source::Prompt if new => ask(
                &[format!("New vault password ({name}): "), format!("Confirm new vault password ({name}): ")],
                name,
                asked,
            )?,
            Source::Prompt => ask(&[format!("Vault password ({name}): ")], name, asked)?,
            Source::Ask if new => {
                ask(&["New Vault password: ".into(), "Confirm New Vault password: ".into()], name, asked)?
            }
            Source::Ask => ask(&["Vault password: ".into()], name, asked)?,
        };
        Ok(Secret { id: name.to_owned(), password })
    }

    /// The warning that goes with an error of [`Want::secret`].
    pub fn warning(&self, error: &Diagnostic) -> String {
        let id = self.id.as_deref().unwrap_or("None");
        let what = match self.source {
            Source::Prompt | Source::Ask => "Error in vault password prompt",
            Source::File(_) if is_absent(error) => "Error getting vault password file",
            Source::File(_) => "Error in vault password file loading",
        };
        format!("{what} ({id}): {error}")
    }
}

fn is_absent(error: &Diagnostic) -> bool {
    error.message.starts_with("The vault password file ")
}

/// Asks once, or twice for the same.
fn ask(prompts: &[String], name: &str, asked: Asked<'_>) -> Result<Password, Diagnostic> {
    let mut first: Option<Zeroizing<String>> = None;
    for prompt in prompts {
        let Some(answer) = asked(prompt) else {
            return Err(Diagnostic::user(format!("EOFError (ctrl-d) on prompt for ({name})")));
        };
        if answer.trim().is_empty() {
            return Err(Diagnostic::user("Invalid vault password was provided"));
        }
        if first.as_ref().is_some_and(|first| first.trim() != answer.trim()) {
            return Err(Diagnostic::user("Passwords do not match"));
        }
        first.get_or_insert(answer);
    }
    Ok(Password::new(first.as_ref().map_or("", |answer| answer.trim()).as_bytes()))
}

/// A path as a user gives it: `~` and variables expanded, without `.` and `..`, links left alone.
fn full(text: &str) -> PathBuf {
    let home = std::env::var("HOME").ok();
    let expanded = match (text.strip_prefix('~'), &home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        _ => text.to_owned(),
    };
    let expanded = match expanded.strip_prefix('$').map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
        Some((name, rest)) => match std::env::var(name.trim_matches(['{', '}'])) {
            Ok(value) => format!("{value}/{rest}"),
            Err(_) => expanded,
        },
        None => expanded,
    };
    let base = std::env::current_dir().unwrap_or_default();
    let mut path = PathBuf::new();
    for part in base.join(expanded).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

/// The password that a file holds, or that it prints if it may be run; one whose name ends in `-client` is told for
/// which name it is wanted.
///
/// # Errors
/// As [`Want::secret`].
pub fn password_of(path: &Path, id: Option<&str>, known: &Vault) -> Result<Password, Diagnostic> {
    let shown = path.display();
    let Ok(about) = std::fs::metadata(path) else {
        return Err(Diagnostic::user(format!("The vault password file {shown} was not found")));
    };
    if about.is_dir() {
        let message = format!("The vault password file provided '{shown}' can not be a directory");
        return Err(Diagnostic::user(message));
    }
    if about.permissions().mode() & 0o111 != 0 {
        return printed(path, id);
    }
    let unreadable = |e: std::io::Error| {
        Diagnostic::user(format!("Could not read vault password file {shown}: {}", os_error(&e)))
    };
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    let plain = match is_encrypted(&bytes) {
        true if known.secrets().is_empty() => {
            return Err(Diagnostic::user("A vault password must be specified to decrypt data."));
        }
        true => known.open(&bytes)?.plain,
        false => bytes,
    };
    let password = plain.trim_ascii();
    if password.is_empty() {
        return Err(Diagnostic::user(format!("Invalid vault password was provided from file ({shown})")));
    }
    Ok(Password::new(password))
}

/// What a program prints.
fn printed(path: &Path, id: Option<&str>) -> Result<Password, Diagnostic> {
    let shown = path.display();
    let client = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client"));
    let mut command = Command::new(path);
    if let (true, Some(id)) = (client, id) {
        command.args(["--vault-id", id]);
    }
    // a client's errors go into our message; any other program may talk to the person
    command.stdin(Stdio::inherit()).stdout(Stdio::piped());
    command.stderr(if client { Stdio::piped() } else { Stdio::inherit() });
    let wrong = |e: std::io::Error| {
        Diagnostic::user(format!(
            "Problem running vault password script {shown} ({}: '{shown}'). If this is not a script, remove the \
             executable bit from the file.",
            os_error(&e)
        ))
    };
    let mut child = command.spawn().map_err(wrong)?;
    let complaints = child.stderr.take().map(|pipe| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.take(LONGEST).read_to_end(&mut text);
            text
        })
    });
    let mut bytes = Zeroizing::new(Vec::new());
    if let Some(pipe) = child.stdout.take() {
        pipe.take(LONGEST).read_to_end(&mut bytes).map_err(wrong)?;
    }
    let status = child.wait().map_err(wrong)?;
    let complaints = complaints.and_then(|reader| reader.join().ok());
    if !status.success() {
        use std::os::unix::process::ExitStatusExt;
        let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
        let id = id.unwrap_or("None");
        let said = complaints
            .map_or("None".to_owned(), |text| format!("b{}", repr::of_str(&String::from_utf8_lossy(&text))));
        return Err(Diagnostic::user(match (client, code) {
            (true, 2) => format!(
                "Vault password client script {shown} did not find a secret for vault-id={id}: {said}"
            ),
            (true, code) => format!(
                "Vault password client script {shown} returned non-zero ({code}) when getting secret for \
                 vault-id={id}: {said}"
            ),
            (false, code) => format!("Vault password script {shown} returned non-zero ({code}): {said}"),
        }));
    }
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |at| at + 1);
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    let password = bytes.get(start..end).unwrap_or_default();
    if password.is_empty() {
        return Err(Diagnostic::user(format!("Invalid vault password was provided from script ({shown})")));
    }
    Ok(Password::new(password))
}

/// An operating system's error as Python shows it.
fn os_error(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            format!("[Errno {number}] {text}")
        }
        None => error.to_string(),
    }
}
