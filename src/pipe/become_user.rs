//! Becoming another user: the words in front of a shell, and the dialogue about the password.

use std::time::Instant;

use impel_modules::host::PipeError;
use memchr::memmem;

use super::carrier::Carrier;
use super::spec::Secret;
use super::wire::{LOOP, Nonce};

/// The program that changes the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `sudo`
    Sudo,
    /// `su`
    Su,
    /// `doas`
    Doas,
}

impl Method {
    /// The name in messages, and the program where no other is named.
    pub fn name(self) -> &'static str {
        match self {
            Method::Sudo => "sudo",
            Method::Su => "su",
            Method::Doas => "doas",
        }
    }
}

/// Another user, and how to become it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Become {
    /// The program.
    pub method: Method,
    /// Whom to become.
    pub user: String,
    /// Another path to the program (`become_exe`); may hold words of its own.
    pub executable: Option<String>,
    /// Its options instead of the usual ones (`become_flags`), as the user wrote them.
    pub flags: Option<String>,
    /// The password that it asks for.
    pub password: Option<Secret>,
}

impl Become {
    /// `user` by `method`, without a password.
    pub fn new(method: Method, user: impl Into<String>) -> Become {
        Become { method, user: user.into(), executable: None, flags: None, password: None }
    }

    /// Whether the shell must be waited for: a password sent to one that asks for none would be run.
    pub(super) fn waits(&self) -> bool {
        self.password.is_some()
    }

    /// Whether only a terminal will do from the start.
    pub(super) fn needs_terminal(&self) -> bool {
        self.method == Method::Doas && self.password.is_some()
    }

    /// How the other user is become, for `-vvv`: the program and its options as ansible-core shows them.
    pub(super) fn told(&self) -> String {
        let exe = self.executable.as_deref().unwrap_or(self.method.name());
        let flags = match self.method {
            Method::Sudo => format!("{} -S{}", self.sudo_flags(), if self.waits() { "" } else { " -n" }),
            Method::Doas | Method::Su => spaced(self.flags.as_deref().unwrap_or_default()),
        };
        let user = if self.method == Method::Su { "" } else { " -u" };
        format!("becoming {}: {exe}{flags}{user} {}", self.user, quote(&self.user))
    }

    /// The line that starts `shell` as the other user; for a POSIX shell, and simple enough for others.
    pub(super) fn command(&self, shell: &str, nonce: &Nonce) -> String {
        let exe = self.executable.as_deref().unwrap_or(self.method.name());
        let user = quote(&self.user);
        let loop_for = |before: &str| format!("{} -c '{before}{}'", quote(shell), self.body(nonce));
        match self.method {
            Method::Sudo => {
                let ask = match &self.password {
                    None => "-n".into(),
                    Some(_) => format!("-p '{}'", sudo_prompt(nonce)),
                };
                format!("{exe}{} -S {ask} -u {user} {}", self.sudo_flags(), loop_for(""))
            }
            Method::Doas => {
                let flags = spaced(self.flags.as_deref().unwrap_or_default());
                let ask = if self.password.is_some() { "" } else { " -n" };
                format!("{exe}{ask}{flags} -u {user} {}", loop_for(""))
            }
            // Its prompt is translated; the user's own commands get their locale back.
            Method::Su => {
                let flags = spaced(self.flags.as_deref().unwrap_or_default());
                format!("env LC_ALL=C {exe}{flags} {user} -c {}", quote(&loop_for("unset LC_ALL; ")))
            }
        }
    }

    fn body(&self, nonce: &Nonce) -> String {
        if self.waits() { format!("echo _i\"\"R{}; {LOOP}", nonce.key()) } else { LOOP.into() }
    }

    /// The user's flags without those that decide how a password is asked for, which is the pipe's business.
    fn sudo_flags(&self) -> String {
        let given = self.flags.as_deref().unwrap_or("-H");
        let kept = given
            .split_whitespace()
            .filter(|flag| !matches!(*flag, "-n" | "-S" | "--non-interactive" | "--stdin"));
        spaced(&kept.collect::<Vec<_>>().join(" "))
    }

    /// Answers the prompt and waits for the shell; what it said last is in `seen`.
    ///
    /// # Errors
    /// [`PipeError::Become`] in Ansible's words, or that the connection is lost.
    pub(super) fn converse(
        &self,
        carrier: &mut dyn Carrier,
        nonce: &Nonce,
        until: Instant,
        turns: &mut u64,
        seen: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let ready = format!("_iR{}", nonce.key());
        let mut answer: Vec<u8> = Vec::new();
        let mut answered = false;
        *turns += 1;
        loop {
            if memmem::find(seen, ready.as_bytes()).is_some() {
                return Ok(());
            }
            if self.asks(seen, nonce) {
                let Some(password) = self.password.as_ref().filter(|_| !answered) else {
                    return Err(Refusal::Failed(PipeError::Become(format!(
                        "Incorrect {} password",
                        self.method.name()
                    ))));
                };
                answer = [password.reveal().as_bytes(), b"\n"].concat();
                answered = true;
                seen.clear();
                *turns += 1;
            } else if answered && says_wrong(seen) {
                return Err(Refusal::Failed(PipeError::Become(format!(
                    "Incorrect {} password",
                    self.method.name()
                ))));
            }
            if Instant::now() >= until {
                return Err(Refusal::Failed(PipeError::Become(format!(
                    "Timed out waiting for become success or become password prompt: {}",
                    said(seen)
                ))));
            }
            let step = carrier
                .step(&answer, seen, until)
                .map_err(|broken| Refusal::Failed(PipeError::Lost(broken.0)))?;
            answer.drain(..step.wrote.min(answer.len()));
            if step.ended && memmem::find(seen, ready.as_bytes()).is_none() {
                return Err(self.refusal(seen, answered));
            }
        }
    }

    fn asks(&self, seen: &[u8], nonce: &Nonce) -> bool {
        match self.method {
            Method::Sudo => memmem::find(seen, sudo_prompt(nonce).as_bytes()).is_some(),
            // "Password: ", "doas (me@host) password: ": the end of what was said, as a reply would not be.
            Method::Su | Method::Doas => {
                let line = seen.rsplit(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
                let line = line.trim_ascii_end().to_ascii_lowercase();
                line.ends_with(b":") && memmem::find(&line, b"assword").is_some()
            }
        }
    }

    /// Why the shell did not start, from what was said instead.
    pub(super) fn refusal(&self, noise: &[u8], answered: bool) -> Refusal {
        let text = String::from_utf8_lossy(noise);
        let name = self.method.name();
        let has = |what: &str| text.to_lowercase().contains(what);
        if has("must have a tty")
            || has("a tty is required")
            || has("terminal is required to") && self.waits()
        {
            return Refusal::NeedsTerminal(PipeError::Become(said(noise)));
        }
        if answered && (says_wrong(noise) || said(noise).is_empty()) {
            return Refusal::Failed(PipeError::Become(format!("Incorrect {name} password")));
        }
        let asked = has("a password is required")
            || has("a terminal is required")
            || has("authorization required")
            || has("authentication required")
            || has("assword:");
        if asked && self.password.is_none() {
            return Refusal::Failed(PipeError::Become(format!("Missing {name} password")));
        }
        let why = match said(noise) {
            text if text.is_empty() => format!("{name} ended without a word"),
            text => text,
        };
        Refusal::Failed(PipeError::Become(format!("{name} could not become {}: {why}", self.user)))
    }
}

/// Why a shell as another user did not start.
pub enum Refusal {
    /// It may with a terminal; else this is why.
    NeedsTerminal(PipeError),
    /// For good.
    Failed(PipeError),
}

impl Refusal {
    /// The reason, where trying again is no option.
    pub fn into_error(self) -> PipeError {
        match self {
            Refusal::NeedsTerminal(error) | Refusal::Failed(error) => error,
        }
    }
}

fn says_wrong(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen).to_lowercase();
    [
        "sorry, try again",
        "incorrect password",
        "authentication failure",
        "authentication failed",
        "permission denied",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn sudo_prompt(nonce: &Nonce) -> String {
    format!("[impel {}] password:", nonce.key())
}

/// What a program said, fit for a message.
pub fn said(noise: &[u8]) -> String {
    let text = String::from_utf8_lossy(noise);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

fn spaced(flags: &str) -> String {
    if flags.is_empty() { String::new() } else { format!(" {flags}") }
}

/// One word for a POSIX shell.
pub fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-+./:,@%".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(of: &Become) -> String {
        let nonce = Nonce::new().unwrap();
        of.command("sh", &nonce).replace(nonce.key(), "KEY").replace(LOOP, "LOOP")
    }

    #[test]
    fn the_words_in_front_of_the_shell() {
        let with = |method, password: Option<&str>, flags: Option<&str>| Become {
            password: password.map(Secret::new),
            flags: flags.map(Into::into),
            ..Become::new(method, "o'root")
        };
        let cases = [
            (with(Method::Sudo, None, None), r"sudo -H -S -n -u 'o'\''root' sh -c 'LOOP'"),
            (
                with(Method::Sudo, Some("x"), Some("-H -S -n -E")),
                r#"sudo -H -E -S -p '[impel KEY] password:' -u 'o'\''root' sh -c 'echo _i""RKEY; LOOP'"#,
            ),
            (with(Method::Doas, None, None), r"doas -n -u 'o'\''root' sh -c 'LOOP'"),
            (
                with(Method::Su, None, Some("-")),
                r"env LC_ALL=C su - 'o'\''root' -c 'sh -c '\''unset LC_ALL; LOOP'\'''",
            ),
        ];
        for (identity, expected) in cases {
            assert_eq!(line(&identity), expected);
        }
    }

    #[test]
    fn what_was_said_instead_becomes_ansibles_message() {
        let sudo = Become::new(Method::Sudo, "root");
        let told =
            |identity: &Become, noise: &str, answered| match identity.refusal(noise.as_bytes(), answered) {
                Refusal::NeedsTerminal(_) => "terminal".to_owned(),
                Refusal::Failed(error) => error.to_string(),
            };
        assert_eq!(told(&sudo, "sudo: a password is required\n", false), "Missing sudo password");
        assert_eq!(told(&sudo, "sudo: sorry, you must have a tty to run sudo\n", false), "terminal");
        assert_eq!(
            told(&sudo, "sudo: unknown user x\n", false),
            "sudo could not become root: sudo: unknown user x"
        );
        let su = Become { password: Some(Secret::new("x")), ..Become::new(Method::Su, "root") };
        assert_eq!(told(&su, "\nsu: Authentication failure\n", true), "Incorrect su password");
    }
}
