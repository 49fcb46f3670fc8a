//! Whether a host is who it says: the check of its key, and what is said where it fails.

use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::super::prompt::Prompter;
use super::known_hosts::{self, Known, Verdict, fingerprint};
use super::settings::{Settings, Strict};

/// A key as a host presented it.
pub struct Presented<'a> {
    /// What the user calls the host.
    pub host: &'a str,
    /// The host in known_hosts' way.
    pub name: &'a str,
    /// The address that answered.
    pub address: &'a str,
    /// `ssh-ed25519`
    pub key_type: &'a str,
    /// The key's own bytes.
    pub key: &'a [u8],
}

/// What to be careful about although the host was accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Its key is known.
    Known,
    /// Nobody vouches for it: no password may be sent.
    Changed,
}

/// Decides about a host's key, asking where the configuration says so, and keeps a newly accepted one.
///
/// # Errors
/// The message for the user.
pub fn check(
    settings: &Settings,
    presented: &Presented<'_>,
    known: &Known,
    user_files: &[PathBuf],
    prompter: &dyn Prompter,
) -> Result<Accepted, String> {
    let Presented { host, key_type, key, .. } = *presented;
    let short = short_type(key_type);
    let print = fingerprint(key);
    match known.verdict(key_type, key) {
        Verdict::Known => Ok(Accepted::Known),
        Verdict::Revoked(entry) => Err(format!(
            "the {short} host key of {host} ({print}) is marked as revoked in {}:{}. Host key verification failed.",
            entry.file.display(),
            entry.line
        )),
        Verdict::Changed(_) if settings.strict == Strict::No => {
            prompter.warn(format!(
                "the {short} host key of {host} has changed (now {print}) and host key checking is off"
            ));
            Ok(Accepted::Changed)
        }
        Verdict::Changed(entry) => Err(format!(
            "REMOTE HOST IDENTIFICATION HAS CHANGED! Someone could be eavesdropping on you right now \
             (man-in-the-middle attack), or the host was installed anew. The {short} key that {host} sent is {print}; \
             the one known from {}:{} is {}. If the change is meant, remove that line. Host key verification failed.",
            entry.file.display(),
            entry.line,
            fingerprint(&entry.key)
        )),
        Verdict::Unknown => {
            match settings.strict {
                Strict::Yes => {
                    return Err(format!(
                        "No {short} host key is known for {host} and you have requested strict checking ({print}). \
                         Host key verification failed."
                    ));
                }
                Strict::Ask => ask(presented, &short, &print, settings.batch_mode, prompter)?,
                Strict::AcceptNew => {}
                Strict::No => {
                    // The same words for all hosts: a warning is shown once.
                    prompter.warn(
                        "host key checking is off: keys of hosts that are not known are accepted".into(),
                    );
                }
            }
            if let Some(file) = user_files.first()
                && let Err(error) = keep(file, presented, settings.hash_known_hosts)
            {
                prompter
                    .warn(format!("the host key of {host} cannot be added to {}: {error}", file.display()));
            }
            Ok(Accepted::Known)
        }
    }
}

fn ask(
    presented: &Presented<'_>,
    short: &str,
    print: &str,
    batch_mode: bool,
    prompter: &dyn Prompter,
) -> Result<(), String> {
    let Presented { host, address, .. } = presented;
    let question = format!(
        "The authenticity of host '{host} ({address})' can't be established.\n{short} key fingerprint is {print}.\n\
         Are you sure you want to continue connecting (yes/no/[fingerprint])? "
    );
    let again = "Please type 'yes', 'no' or the fingerprint: ";
    let questions = std::iter::once(question.as_str()).chain(std::iter::repeat(again));
    let answers = questions.map_while(|question| if batch_mode { None } else { prompter.ask(question) });
    for answer in answers {
        let answer = answer.trim();
        if answer.eq_ignore_ascii_case("yes") || answer == print {
            return Ok(());
        }
        if answer.eq_ignore_ascii_case("no") {
            break;
        }
    }
    Err(format!(
        "The {short} host key of {host} ({address}) is not known: its fingerprint is {print}. \
         Log in once with ssh to accept it. Host key verification failed."
    ))
}

/// Appends the key to the user's file, one host at a time, never into the middle of an unfinished line.
fn keep(file: &Path, presented: &Presented<'_>, hashed: bool) -> std::io::Result<()> {
    static WRITING: Mutex<()> = Mutex::new(());
    let _one = WRITING.lock();
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let Some(line) = known_hosts::line(presented.name, presented.key_type, presented.key, hashed) else {
        return Ok(());
    };
    let mut old = std::fs::OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(file)?;
    // `/dev/null` is where those look who want nothing kept.
    if !old.metadata()?.is_file() {
        return Ok(());
    }
    let mut text = Vec::new();
    old.read_to_end(&mut text)?;
    let separator = if text.last().is_some_and(|byte| *byte != b'\n') { "\n" } else { "" };
    old.write_all(format!("{separator}{line}").as_bytes())
}

/// `ED25519` for `ssh-ed25519`, as OpenSSH speaks of keys.
pub fn short_type(key_type: &str) -> String {
    let name = key_type.strip_prefix("ssh-").unwrap_or(key_type);
    if name.starts_with("ecdsa") { "ECDSA".into() } else { name.to_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::super::super::prompt::Nobody;
    use super::super::super::spec::Secret;
    use super::*;

    struct Says(&'static str);
    impl Prompter for Says {
        fn ask(&self, _question: &str) -> Option<String> {
            Some(self.0.into())
        }
        fn ask_secret(&self, _question: &str) -> Option<Secret> {
            None
        }
    }

    fn checked(known: &str, strict: Strict, prompter: &dyn Prompter) -> (Result<Accepted, String>, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ssh/known_hosts");
        if !known.is_empty() {
            std::fs::create_dir(folder.path().join("ssh")).unwrap();
            std::fs::write(&file, known).unwrap();
        }
        let files = [file.clone()];
        let mut settings = Settings::new();
        settings.strict = strict;
        let presented =
            Presented { host: "h", name: "h", address: "10.0.0.1", key_type: "ssh-ed25519", key: b"key" };
        let outcome = check(&settings, &presented, &Known::read(&files, "h"), &files, prompter);
        (outcome, std::fs::read_to_string(&file).unwrap_or_default())
    }

    #[test]
    fn an_unknown_key_is_asked_about_and_kept() {
        let (outcome, file) = checked("", Strict::Ask, &Says("yes"));
        assert_eq!((outcome, file.as_str()), (Ok(Accepted::Known), "h ssh-ed25519 a2V5\n"));
        assert!(checked("", Strict::Ask, &Says("no")).0.unwrap_err().contains("verification failed"));
        assert!(checked("", Strict::Ask, &Nobody).0.unwrap_err().contains("SHA256:"));
        assert!(checked("", Strict::Yes, &Says("yes")).0.is_err());
        let (outcome, file) = checked("x ssh-rsa QQ==", Strict::AcceptNew, &Nobody);
        assert_eq!((outcome, file.as_str()), (Ok(Accepted::Known), "x ssh-rsa QQ==\nh ssh-ed25519 a2V5\n"));
    }

    #[test]
    fn a_changed_key_is_refused_with_both_fingerprints() {
        let message = checked("h ssh-ed25519 QQ==\n", Strict::AcceptNew, &Says("yes")).0.unwrap_err();
        assert!(message.contains(&fingerprint(b"key")) && message.contains(&fingerprint(b"A")), "{message}");
        assert_eq!(checked("h ssh-ed25519 QQ==\n", Strict::No, &Nobody).0, Ok(Accepted::Changed));
        assert!(
            checked("@revoked * ssh-ed25519 a2V5\n", Strict::No, &Nobody).0.unwrap_err().contains("revoked")
        );
    }
}
