//! `command`, `shell` and `raw`: the user's own commands.

use crate::args::PathArg;
use crate::host::{Glob, Host, Reply, Stat, UserCommand, Which, Zone, join};
use crate::registry::Module;
use crate::{Args, Data, Fault, Map, Outcome};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Execute commands on targets: a program with its arguments, not a shell's line.
#[derive(Args)]
#[args(mutually_exclusive("_raw_params", "cmd", "argv"))]
pub struct Command {
    /// The command as one string.
    #[arg(name = "_raw_params")]
    raw_params: Option<String>,
    /// Set by `shell`.
    #[arg(name = "_uses_shell", default = false)]
    uses_shell: bool,
    /// The command as a list of program and arguments.
    argv: Option<Vec<String>>,
    /// Change into this folder before running the command.
    chdir: Option<PathArg>,
    /// The command to run.
    cmd: Option<String>,
    /// A path or pattern; where it matches something, the command is not run.
    creates: Option<PathArg>,
    /// The shell to run the command with, for `shell`.
    executable: Option<String>,
    /// Whether `$HOME` and `~` in arguments are replaced.
    #[arg(default = true)]
    expand_argument_vars: bool,
    /// A path or pattern; where it matches nothing, the command is not run.
    removes: Option<PathArg>,
    /// Set the stdin of the command directly to this value.
    stdin: Option<String>,
    /// Whether a newline is added to `stdin`.
    #[arg(default = true)]
    stdin_add_newline: bool,
    /// Whether empty lines are stripped from the end of stdout and stderr.
    #[arg(default = true)]
    strip_empty_ends: bool,
}

/// Execute shell commands on targets: a line for `/bin/sh` or another shell.
#[derive(Args)]
#[args(mutually_exclusive("_raw_params", "cmd"))]
pub struct Shell {
    /// The command as one string.
    #[arg(name = "_raw_params")]
    raw_params: Option<String>,
    /// Whether it goes through a shell; always.
    #[arg(name = "_uses_shell", default = true)]
    uses_shell: bool,
    /// Not for shells.
    argv: Option<Vec<String>>,
    /// Change into this folder before running the command.
    chdir: Option<PathArg>,
    /// The command to run.
    cmd: Option<String>,
    /// A path or pattern; where it matches something, the command is not run.
    creates: Option<PathArg>,
    /// The shell to run the command with; an absolute path.
    executable: Option<String>,
    /// Not for shells: the shell expands.
    expand_argument_vars: Option<bool>,
    /// A path or pattern; where it matches nothing, the command is not run.
    removes: Option<PathArg>,
    /// Set the stdin of the command directly to this value.
    stdin: Option<String>,
    /// Whether a newline is added to `stdin`.
    #[arg(default = true)]
    stdin_add_newline: bool,
    /// Whether empty lines are stripped from the end of stdout and stderr.
    #[arg(default = true)]
    strip_empty_ends: bool,
}

/// Executes a low-down and dirty command: a line for the login shell, with nothing around it.
#[derive(Args)]
pub struct RawCommand {
    /// The command as one string.
    #[arg(name = "_raw_params")]
    raw_params: Option<String>,
    /// The shell to run the command with.
    executable: Option<String>,
}

impl Module for Command {
    async fn run(mut self, host: &Host) -> Result<Outcome, Fault> {
        let shell = self.executable.take_if(|_| !self.uses_shell);
        let outcome = self.run_command(host).await;
        let outcome = match shell {
            Some(shell) => outcome.map(|outcome| {
                outcome.warn(format!(
                    "As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. \
                     Not using '{shell}'."
                ))
            }),
            None => outcome,
        };
        // What there is no output of is empty there, in failures too.
        outcome.map_err(|fault| {
            let never =
                fault.message.starts_with("one of the") || fault.message.starts_with("Argument 'args'");
            let lines: &[&str] = if never { &[] } else { &["stdout", "stderr"] };
            lines.iter().fold(fault, |fault, name| match fault.result.contains_key(*name) {
                true => fault,
                false => fault.with(name, ""),
            })
        })
    }
}

impl Module for Shell {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if self.expand_argument_vars.is_some() {
            let message = "Unsupported parameters for (shell) module: expand_argument_vars";
            return Err(Fault::at("expand_argument_vars", message));
        }
        let command = Command {
            raw_params: self.raw_params,
            uses_shell: self.uses_shell,
            argv: self.argv,
            chdir: self.chdir,
            cmd: self.cmd,
            creates: self.creates,
            executable: self.executable,
            expand_argument_vars: true,
            removes: self.removes,
            stdin: self.stdin,
            stdin_add_newline: self.stdin_add_newline,
            strip_empty_ends: self.strip_empty_ends,
        };
        command.run(host).await
    }
}

impl Module for RawCommand {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if host.check_mode() {
            return Ok(Outcome { skipped: true, ..Outcome::new() });
        }
        let Some(line) = self.raw_params.filter(|line| !line.trim().is_empty()) else {
            return Err(Fault::new("raw needs a command"));
        };
        let shell = self.executable.unwrap_or_else(|| "/bin/sh".into());
        let argv = vec![shell.into_bytes(), b"-c".to_vec(), line.into_bytes()];
        let act = UserCommand { argv, chdir: None, stdin: None, timeout: None, plain: true };
        let Some(reply) = host.change(None, act).await?.acted() else {
            return Ok(Outcome { skipped: true, ..Outcome::new() });
        };
        let mut outcome = Outcome::new();
        if !host.environment().is_empty() {
            outcome = outcome.warn("raw module does not support the environment keyword");
        }
        let outcome = outcome
            .with("rc", reply.rc)
            .with("stdout", Data::lossy(&reply.out))
            .with("stderr", Data::lossy(&reply.err));
        Ok(failed_unless_zero(outcome, reply.rc))
    }
}

fn failed_unless_zero(mut outcome: Outcome, rc: i32) -> Outcome {
    if rc != 0 {
        outcome.failed = Some(Fault::new("non-zero return code"));
    }
    outcome
}

/// What is run, and how it is shown.
struct Line {
    argv: Vec<String>,
    /// The words before anything in them was expanded.
    words: Vec<String>,
    shown: Data,
}

impl Command {
    async fn run_command(self, host: &Host) -> Result<Outcome, Fault> {
        let line = self.line(host).await?;
        let chdir = match &self.chdir {
            Some(chdir) => host.path(chdir).await?,
            None => Vec::new(),
        };
        if let Some(outcome) = self.needless(host, &chdir, &line.shown).await? {
            return Ok(outcome);
        }
        if host.check_mode() {
            if !chdir.is_empty() {
                self.look_at_chdir(host, &chdir, &line.shown, false).await?;
            }
            let would = self.creates.is_some() || self.removes.is_some();
            if would {
                // By `creates` and `removes` the task says what it is for, so its change can be foretold.
                host.foretell(None);
            }
            let outcome = Outcome { skipped: !would, ..Outcome::new() }
                .with("cmd", line.shown)
                .with("msg", "Command would have run if not in check mode")
                .with("rc", Data::from(0));
            return Ok(silent(outcome));
        }
        let act = UserCommand {
            argv: line.argv.iter().map(|word| word.as_bytes().to_vec()).collect(),
            chdir: (!chdir.is_empty()).then(|| chdir.clone()),
            stdin: self.input(),
            timeout: None,
            plain: false,
        };
        host.turn().await;
        let start = SystemTime::now();
        let (zone, gate) = join(host.ask(Zone), host.change_if(None, act, |_| false)).await;
        let end = SystemTime::now();
        let (zone, reply) = (zone.unwrap_or(0), gate?.acted().unwrap_or_default());
        if let (true, Some(limit)) = (reply.timed_out, host.timeout()) {
            host.foretell(None);
            let period = Map::from_iter([("period".to_string(), Data::from(limit.as_secs()))]);
            let message = format!("Timed out after {} second(s).", limit.as_secs());
            return Err(Fault::new(message).with("timedout", period));
        }
        self.not_started(host, &chdir, &line, &reply).await?;
        host.foretell(None);
        let outcome = Outcome::new()
            .with("cmd", line.shown)
            .with("stdout", self.text(&reply.out))
            .with("stderr", self.text(&reply.err))
            .with("rc", reply.rc)
            .with("start", local_time(start, zone))
            .with("end", local_time(end, zone))
            .with("delta", delta(end.duration_since(start).unwrap_or_default()))
            .with("msg", "");
        Ok(failed_unless_zero(outcome, reply.rc))
    }

    async fn line(&self, host: &Host) -> Result<Line, Fault> {
        let text = self.raw_params.as_ref().or(self.cmd.as_ref());
        if self.uses_shell {
            let (line, shown): (String, Data) = match (&self.argv, text) {
                // A list is made a line of words that the shell takes as they are.
                (Some(argv), _) if !argv.is_empty() => {
                    (quoted(argv), Data::List(argv.iter().map(|word| Data::str(word.as_str())).collect()))
                }
                (_, Some(text)) if !text.trim().is_empty() => (text.clone(), text.as_str().into()),
                _ => return Err(no_command(self)),
            };
            let shell = self.executable.clone().unwrap_or_else(|| "/bin/sh".into());
            return Ok(Line { argv: vec![shell, "-c".into(), line], words: Vec::new(), shown });
        }
        let mut argv = match (&self.argv, text) {
            (Some(argv), _) if !argv.is_empty() => argv.clone(),
            (_, Some(text)) if !text.trim().is_empty() => crate::words::split(text.trim())
                .map_err(|why| Fault::new(format!("Module result deserialization failed: {why}")))?,
            _ => return Err(no_command(self)),
        };
        let words = argv.clone();
        let shown = Data::List(argv.iter().map(|word| Data::str(word.as_str())).collect());
        if self.expand_argument_vars {
            for word in &mut argv {
                if word.starts_with('~') || word.contains('$') {
                    let expanded = host.expand(word).await?;
                    *word = String::from_utf8_lossy(&expanded).into_owned();
                }
            }
        }
        Ok(Line { argv, words, shown })
    }

    /// `creates` and `removes`: whether there is nothing to do.
    async fn needless(&self, host: &Host, chdir: &[u8], shown: &Data) -> Result<Option<Outcome>, Fault> {
        let did = if host.check_mode() { "Would not" } else { "Did not" };
        for (path, when, why) in [(&self.creates, true, "exists"), (&self.removes, false, "does not exist")] {
            let Some(path) = path else { continue };
            let pattern = host.path(path).await?;
            let shown_path = String::from_utf8_lossy(&pattern).into_owned();
            if host.ask(Glob { folder: chdir.to_vec(), pattern }).await? == when {
                let outcome = Outcome::new()
                    .with("cmd", shown.clone())
                    .with("stdout", format!("skipped, since {shown_path} {why}"))
                    .with("msg", format!("{did} run command since '{shown_path}' {why}"))
                    .with("rc", Data::from(0));
                return Ok(Some(silent(outcome)));
            }
        }
        Ok(None)
    }

    fn input(&self) -> Option<Vec<u8>> {
        let mut text = self.stdin.clone()?;
        if self.stdin_add_newline {
            text.push('\n');
        }
        Some(text.into_bytes())
    }

    fn text(&self, bytes: &[u8]) -> Data {
        let text = String::from_utf8_lossy(bytes);
        Data::str(if self.strip_empty_ends { text.trim_end_matches(['\r', '\n']) } else { &text })
    }

    /// Whether a command can be run in this folder.
    async fn look_at_chdir(&self, host: &Host, chdir: &[u8], shown: &Data, ran: bool) -> Result<(), Fault> {
        let shown_folder = String::from_utf8_lossy(chdir).into_owned();
        let why = match host.ask(Stat::behind(chdir)).await? {
            None => format!("[Errno 2] No such file or directory: b'{shown_folder}'"),
            Some(status) if !status.is_folder() => format!("[Errno 20] Not a directory: b'{shown_folder}'"),
            Some(_) => return Ok(()),
        };
        let fault = Fault::at("chdir", "Unable to change directory before execution.").because(why);
        let nothing: &[&str] = if ran { &["rc", "start", "end", "delta"] } else { &["rc"] };
        let fault = nothing.iter().fold(fault, |fault, name| fault.with(name, Data::Null));
        Err(fault.with("cmd", shown.clone()))
    }

    /// Tells a command that could not be started from one that ended with the same status.
    async fn not_started(&self, host: &Host, chdir: &[u8], line: &Line, reply: &Reply) -> Result<(), Fault> {
        if reply.rc == 250 && !chdir.is_empty() {
            self.look_at_chdir(host, chdir, &line.shown, true).await?;
        }
        let Some(program) = line.argv.first().filter(|_| matches!(reply.rc, 126 | 127)) else {
            return Ok(());
        };
        let relative = program.contains('/') && !program.starts_with('/') && !chdir.is_empty();
        if relative || host.ask(Which(program.clone())).await?.is_some() {
            return Ok(());
        }
        let there = program.contains('/') && host.ask(Stat::behind(program.as_bytes())).await?.is_some();
        let (errno, why) = if there { (13, "Permission denied") } else { (2, "No such file or directory") };
        let shown = quoted(match line.argv.as_slice() {
            words if self.uses_shell => words,
            _ => &line.words,
        });
        Err(Fault::new("Error executing command.")
            .because(format!("[Errno {errno}] {why}: b'{program}'"))
            .with("cmd", shown)
            .with("rc", errno))
    }
}

/// Why there is nothing to run, in the words that ansible-core has for each way of giving nothing.
fn no_command(args: &Command) -> Fault {
    match (&args.raw_params, &args.cmd, &args.argv) {
        (None, None, None) => Fault::new("one of the following is required: _raw_params, cmd, argv"),
        (None, None, Some(_)) => Fault::new("Error executing command.")
            .because("list index out of range")
            .with("cmd", "")
            .with("rc", 257)
            .with("stdout", "")
            .with("stderr", ""),
        _ => Fault::new("Argument 'args' to run_command must be list or string")
            .with("cmd", Data::Null)
            .with("rc", 257),
    }
}

/// Words as one line for a shell, as Python's `shlex.quote` does it.
fn quoted(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    let quote = |word: &String| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', "'\"'\"'")),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// The fields of a command that did not run.
fn silent(outcome: Outcome) -> Outcome {
    let mut outcome = outcome;
    for name in ["stdout", "stderr"] {
        outcome.result.entry(name.into()).or_insert_with(|| Data::str(""));
    }
    for name in ["start", "end", "delta"] {
        outcome.result.entry(name.into()).or_insert(Data::Null);
    }
    outcome
}

/// `2026-01-31 23:59:59.123456`, in a zone so many seconds ahead of UTC.
fn local_time(time: SystemTime, zone: i64) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(0) + zone;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days to a date of the Gregorian calendar, counted from 1 March 0000.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:06}", since.subsec_micros())
}

/// `0:00:01.002003`, as Python writes a time that has passed.
fn delta(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    let days = match days {
        0 => String::new(),
        1 => "1 day, ".into(),
        days => format!("{days} days, "),
    };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{days}{hour}:{minute:02}:{second:02}.{:06}", time.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_python_does() {
        let at = UNIX_EPOCH + Duration::from_micros(1_709_251_199_000_001);
        assert_eq!(local_time(at, 0), "2024-02-29 23:59:59.000001");
        assert_eq!(local_time(at, 3600), "2024-03-01 00:59:59.000001");
        assert_eq!(delta(Duration::from_micros(3_723_000_004)), "1:02:03.000004");
    }
}
