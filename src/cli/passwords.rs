//! Passwords from the terminal or from files, and other questions to a person.

use super::streams;
use crate::diag::{Diagnostic, ErrorKind};
use crate::engine::{Ask, Secret};
use crate::pipe::{Terminal, Unanswered};
use std::io::{BufRead, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use zeroize::Zeroizing;

/// The exit code of a program that a person has interrupted; ansible-core's.
pub(super) const INTERRUPTED: u8 = 99;

/// The person at the terminal.
#[derive(Debug, Default)]
pub(super) struct Person;

impl Ask for Person {
    fn line(&self, prompt: &str, hidden: bool) -> Option<String> {
        if hidden && std::io::stdin().is_terminal() {
            return Person::hidden(prompt).ok().map(|answer| answer.reveal().to_owned());
        }
        let mut out = std::io::stdout();
        let _ = out.write_all(prompt.as_bytes());
        let _ = out.flush();
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end_matches(['\n', '\r']).to_string()),
        }
    }
}

/// The same while a run goes on: an interrupt ends a question.
#[derive(Debug, Default)]
pub(super) struct Attended {
    /// How often the user has interrupted.
    pub(super) interrupts: Arc<AtomicU8>,
}

impl Ask for Attended {
    fn is_there(&self) -> bool {
        std::io::stdin().is_terminal()
    }

    fn line(&self, prompt: &str, hidden: bool) -> Option<String> {
        if hidden || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Person.line(prompt, hidden);
        }
        let stop = || self.interrupts.load(Ordering::SeqCst) > 0;
        Terminal::default().visible(prompt, &stop)
    }
}

impl Person {
    /// What is typed at the terminal without echo, wherever the standard input comes from; where there is no
    /// terminal, the next line of the standard input.
    pub(super) fn password(prompt: &str) -> Option<Zeroizing<String>> {
        match Person::hidden(prompt) {
            Ok(answer) => Some(Zeroizing::new(answer.reveal().to_owned())),
            Err(Unanswered::Nobody) => Person.line(prompt, false).map(Zeroizing::new),
            Err(_) => None,
        }
    }

    /// What is typed without echo; Ctrl-C ends the program, as it does with Ansible.
    fn hidden(prompt: &str) -> Result<crate::pipe::Secret, Unanswered> {
        let answer = Terminal::default().hidden(prompt);
        if answer == Err(Unanswered::Interrupted) {
            streams::err("[ERROR]: User interrupted execution");
            std::process::exit(INTERRUPTED.into());
        }
        answer
    }
}

/// What was asked for: passwords of the connection and of the user to become.
#[derive(Clone, Debug, Default)]
pub(super) struct Passwords {
    /// `-k`.
    pub(super) connection: Option<Secret>,
    /// `-K`.
    pub(super) become_: Option<Secret>,
}

/// Where the passwords come from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Ask for the connection's.
    pub(super) ask_connection: bool,
    /// Read it from this file.
    pub(super) connection_file: Option<&'a Path>,
    /// Ask for the one to become another user.
    pub(super) ask_become: bool,
    /// Read it from this file.
    pub(super) become_file: Option<&'a Path>,
    /// Its name in the question: `BECOME`, in capitals as Ansible shows it.
    pub(super) method: &'a str,
}

/// Asks for what is wanted; an empty answer for the second stands for the first.
pub(super) fn passwords(wanted: Wanted<'_>, person: &dyn Ask) -> Result<Passwords, Diagnostic> {
    let mut found = Passwords::default();
    if let Some(file) = wanted.connection_file {
        found.connection = Some(from_file(file)?);
    } else if wanted.ask_connection {
        found.connection = Some(asked(person, "SSH password: ")?);
    }
    if let Some(file) = wanted.become_file {
        found.become_ = Some(from_file(file)?);
    } else if wanted.ask_become {
        let prompt = match &found.connection {
            Some(_) => format!("{} password[defaults to SSH password]: ", wanted.method),
            None => format!("{} password: ", wanted.method),
        };
        let answer = asked(person, &prompt)?;
        let same = answer.reveal().is_empty();
        found.become_ = Some(found.connection.clone().filter(|_| same).unwrap_or(answer));
    }
    Ok(found)
}

fn asked(person: &dyn Ask, prompt: &str) -> Result<Secret, Diagnostic> {
    person
        .line(prompt, true)
        .map(Secret::new)
        .ok_or_else(|| Diagnostic::user("a password is needed, but there is nobody to ask for it"))
}

/// A password file: `-` is the standard input, an executable is run, anything else holds it.
fn from_file(path: &Path) -> Result<Secret, Diagnostic> {
    let wrong =
        |why: String| Diagnostic::new(ErrorKind::User, format!("the password file {} {why}", path.display()));
    let bytes = if path == Path::new("-") {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        line.into_bytes()
    } else {
        let about = std::fs::metadata(path).map_err(|_| wrong("was not found".into()))?;
        if about.permissions().mode() & 0o111 != 0 && about.is_file() {
            let ran = Command::new(path)
                .stdin(Stdio::inherit())
                .stderr(Stdio::inherit())
                .output()
                .map_err(|e| wrong(format!("cannot be run: {e}")))?;
            if !ran.status.success() {
                return Err(wrong(format!("was run and failed: {}", ran.status)));
            }
            ran.stdout
        } else {
            std::fs::read(path).map_err(|e| wrong(format!("cannot be read: {e}")))?
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".into()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(wrong("is empty".into()));
    }
    Ok(Secret::new(text.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Answers(Mutex<Vec<&'static str>>, Mutex<Vec<String>>);

    impl Ask for Answers {
        fn line(&self, prompt: &str, _hidden: bool) -> Option<String> {
            self.1.lock().unwrap().push(prompt.to_string());
            let mut answers = self.0.lock().unwrap();
            (!answers.is_empty()).then(|| answers.remove(0).to_string())
        }
    }

    #[test]
    fn an_empty_second_answer_stands_for_the_first() {
        let person = Answers(Mutex::new(vec!["one", ""]), Mutex::default());
        let wanted = Wanted { ask_connection: true, ask_become: true, method: "BECOME", ..Wanted::default() };
        let found = passwords(wanted, &person).unwrap();
        assert_eq!(found.become_.unwrap().reveal(), "one");
        assert_eq!(
            *person.1.lock().unwrap(),
            ["SSH password: ", "BECOME password[defaults to SSH password]: "]
        );
    }

    #[test]
    fn a_password_file_gives_its_line_and_a_program_its_output() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pw");
        std::fs::write(&file, "s3cret\n").unwrap();
        assert_eq!(from_file(&file).unwrap().reveal(), "s3cret");
        std::fs::write(&file, "#!/bin/sh\necho fromprogram\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(from_file(&file).unwrap().reveal(), "fromprogram");
        assert!(from_file(Path::new("/nothere")).unwrap_err().message.ends_with("was not found"));
    }
}
