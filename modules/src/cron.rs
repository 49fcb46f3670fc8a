//! `cron`: entries and variables of crontabs.

mod table;

use crate::args::PathArg;
use crate::host::{Host, Perform, Probe, Read, Reading, Script, Source, Stat, Which, WriteFile};
use crate::registry::Module;
use crate::{Args, Choice, Data, Diff, Fault, Outcome};
use table::{Place, Table};

static CRON: Script = Script { name: "cron", text: include_str!("cron/install.sh"), needs: &[] };

/// Manage crontabs: entries (known by a comment with their name) and variables.
#[derive(Args)]
#[args(mutually_exclusive("insertafter", "insertbefore"))]
pub struct Cron {
    /// The entry's description, or the variable's name.
    name: String,
    /// Whose crontab; without it our own. With `cron_file`, whom the entry runs as.
    user: Option<String>,
    /// The command, or the variable's value.
    #[arg(alias("value"))]
    job: Option<String>,
    /// A file in place of a user's crontab; relative ones are in `/etc/cron.d`.
    cron_file: Option<PathArg>,
    /// Whether the entry should be there.
    #[arg(default = "present")]
    state: State,
    /// Keep a copy of the crontab as it was.
    #[arg(default = false)]
    backup: bool,
    /// Minute.
    #[arg(default = "*")]
    minute: String,
    /// Hour.
    #[arg(default = "*")]
    hour: String,
    /// Day of the month.
    #[arg(default = "*", alias("dom"))]
    day: String,
    /// Month.
    #[arg(default = "*")]
    month: String,
    /// Day of the week.
    #[arg(default = "*", alias("dow"))]
    weekday: String,
    /// A nickname in place of the five fields.
    special_time: Option<Special>,
    /// Keep the entry, commented out.
    #[arg(default = false)]
    disabled: bool,
    /// It is a variable.
    #[arg(default = false)]
    env: bool,
    /// Put the variable after this one.
    insertafter: Option<String>,
    /// Put the variable before this one.
    insertbefore: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum State {
    Absent,
    Present,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum Special {
    Annually,
    Daily,
    Hourly,
    Monthly,
    Reboot,
    Weekly,
    Yearly,
}

impl Module for Cron {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        self.check()?;
        let mut warnings = Vec::new();
        let path = match &self.cron_file {
            Some(file) if file.written().starts_with(['/', '~', '$']) => Some(host.path(file).await?),
            Some(file) => Some(format!("/etc/cron.d/{}", file.written()).into_bytes()),
            None => None,
        };
        if self.cron_file.as_ref().is_some_and(|f| f.written().contains('.') && !f.written().starts_with('/'))
        {
            warnings.push("Filename for cron_file should not contain '.' or '~' characters".to_owned());
        }
        let before = self.read(host, path.as_deref()).await?;
        let mut table = Table::new(&before);
        self.edit(&mut table)?;
        let after = table.text();
        // A file of its own goes with its last entry.
        let gone = path.is_some() && self.state == State::Absent && after.is_empty() && !before.is_empty();
        let changed = after != before || gone;
        let mut backup = None;
        if changed {
            let header = match (&path, &self.user) {
                (Some(path), _) => String::from_utf8_lossy(path).into_owned(),
                (None, Some(user)) => format!("crontab for user \"{user}\""),
                (None, None) => "crontab".to_owned(),
            };
            let diff = Diff::text(&header, before.as_str(), after.as_str());
            let diff = host.diff_mode().then_some(diff);
            if self.backup && !host.check_mode() {
                backup = Some(self.keep(host, &before).await?);
            }
            match &path {
                Some(path) if gone => {
                    host.change(
                        diff,
                        Perform::command("could not remove the file", ["rm", "-f", "--"]).arg(path.clone()),
                    )
                    .await?;
                }
                Some(path) => {
                    let new = host.ask(Stat::of(path)).await?.is_none();
                    let write = WriteFile {
                        mode: new.then_some(0o644),
                        ..WriteFile::new(path, Source::bytes(after.into_bytes()))
                    };
                    host.change(diff, write).await?;
                }
                None => {
                    let user = self.user.clone().unwrap_or_default();
                    let act = Perform::script("Unable to update crontab", "cron_install", &CRON)
                        .arg(user)
                        .stdin(after.as_bytes());
                    host.change(diff, act).await?;
                }
            }
        }
        let mut outcome = Outcome { warnings, ..Outcome::new() };
        if let Some(path) = &self.cron_file {
            outcome = outcome.with("cron_file", path.written());
        }
        if gone {
            return Ok(outcome.with("state", "absent"));
        }
        let list = |names: Vec<String>| Data::List(names.into_iter().map(Data::from).collect());
        outcome = outcome.with("jobs", list(table.jobs())).with("envs", list(table.variables()));
        Ok(outcome.with_some("backup_file", backup))
    }
}

impl Cron {
    /// What the schema cannot say.
    fn check(&self) -> Result<(), Fault> {
        let times = [&self.minute, &self.hour, &self.day, &self.month, &self.weekday];
        if self.special_time.is_some() && times.iter().any(|t| *t != "*") {
            return Err(Fault::at(
                "special_time",
                "You cannot combine special_time with any of the time or day/date parameters.",
            ));
        }
        if self.state == State::Present && self.job.is_none() {
            return Err(Fault::at("job", "You must specify 'job' to install a new cron job or variable"));
        }
        if self.cron_file.is_some() && self.user.is_none() && !self.env && self.state == State::Present {
            return Err(Fault::at(
                "user",
                "To use cron_file=... parameter you must specify user=... as well",
            ));
        }
        if (self.insertafter.is_some() || self.insertbefore.is_some()) && !self.env {
            return Err(Fault::new("Insertafter and insertbefore parameters are valid only with env=yes"));
        }
        if self.job.as_ref().is_some_and(|job| job.contains('\n')) {
            return Err(Fault::at("job", "a job is one line: it cannot contain line breaks"));
        }
        Ok(())
    }

    async fn read(&self, host: &Host, path: Option<&[u8]>) -> Result<String, Fault> {
        if let Some(path) = path {
            return match host.ask(Read::of(path, 4 << 20)).await? {
                Reading::Content(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                Reading::Absent => Ok(String::new()),
                _ => Err(Fault::at("cron_file", "the crontab's file cannot be read")),
            };
        }
        let mut argv = vec!["crontab"];
        if let Some(user) = &self.user {
            argv.extend(["-u", user]);
        }
        argv.push("-l");
        let part = host.ask(Probe::command(argv)).await?;
        match part.rc {
            0 => Ok(table::without_header(&part.text())),
            // One: there is none yet.
            1 if !part.error().contains("not found") && !part.error().contains("unknown") => {
                Ok(String::new())
            }
            127 => Err(missing_crontab(host).await?),
            _ => Err(Fault::new(format!("Unable to read crontab: {}", part.error().trim()))
                .with("rc", i64::from(part.rc))
                .with("stdout", part.text())
                .with("stderr", part.error())),
        }
    }

    /// Changes the table.
    fn edit(&self, table: &mut Table) -> Result<(), Fault> {
        if self.env {
            return match self.state {
                State::Present => {
                    let value = self.job.as_deref().unwrap_or("");
                    let place = match (&self.insertafter, &self.insertbefore) {
                        (Some(name), _) => Place::After(name),
                        (_, Some(name)) => Place::Before(name),
                        _ => Place::Top,
                    };
                    if self.name.contains(' ') {
                        return Err(Fault::at("name", "Invalid name for environment variable"));
                    }
                    table.set_variable(&self.name, value, place).map_err(Fault::new)?;
                    Ok(())
                }
                State::Absent => {
                    table.remove_variable(&self.name);
                    Ok(())
                }
            };
        }
        match self.state {
            State::Present => {
                let line = self.line();
                table.set_job(&self.name, &line);
                Ok(())
            }
            State::Absent => {
                table.remove_job(&self.name);
                Ok(())
            }
        }
    }

    /// The entry's line.
    fn line(&self) -> String {
        use crate::args::Choice as _;
        let job = self.job.as_deref().unwrap_or("").trim_matches(['\r', '\n']);
        let mark = if self.disabled { "#" } else { "" };
        let user = match (&self.cron_file, &self.user) {
            (Some(_), Some(user)) => format!("{user} "),
            _ => String::new(),
        };
        match self.special_time {
            Some(special) => format!("{mark}@{} {user}{job}", special.name()),
            None => format!(
                "{mark}{} {} {} {} {} {user}{job}",
                self.minute, self.hour, self.day, self.month, self.weekday
            ),
        }
    }

    async fn keep(&self, host: &Host, text: &str) -> Result<String, Fault> {
        let make = Perform::script("could not keep the crontab", "cron_backup", &CRON).stdin(text.as_bytes());
        let reply = host.change_if([], make, |_| false).await?.acted().unwrap_or_default();
        Ok(String::from_utf8_lossy(&reply.out).trim().to_owned())
    }
}

async fn missing_crontab(host: &Host) -> Result<Fault, Fault> {
    let found = host.ask(Which("crontab".to_owned())).await?;
    Ok(match found {
        None => Fault::new("Failed to find required executable \"crontab\"")
            .with_hint(Some("install cron on the host".to_owned())),
        Some(path) => Fault::new(format!("Unable to read crontab: {path} could not be run")),
    })
}
