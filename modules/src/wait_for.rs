//! `wait_for`: until a port answers, a file is there, or time has passed.

use crate::args::{Choice as _, PathArg};
use crate::attributes::path_info;
use crate::host::{Host, Probe, Read, Reading, Script, Stat};
use crate::pattern::Pattern;
use crate::registry::Module;
use crate::{Args, Choice, Data, Fault, Map, Outcome};
use std::time::{Duration, Instant};

static PORT: Script = Script { name: "wait_port", text: include_str!("wait_for.sh"), needs: &[] };

/// Wait for a condition before continuing.
#[derive(Args)]
#[args(mutually_exclusive("port", "path"))]
pub struct WaitFor {
    /// The name or address to connect to.
    #[arg(default = "127.0.0.1")]
    host: String,
    /// Seconds until it fails.
    #[arg(default = 300)]
    timeout: i64,
    /// Seconds that one connection may take.
    #[arg(default = 5)]
    connect_timeout: i64,
    /// Seconds before the first look.
    #[arg(default = 0)]
    delay: i64,
    /// The port.
    port: Option<i64>,
    /// States of connections that count as active, for `drained`.
    #[arg(default = "ESTABLISHED,FIN_WAIT1,FIN_WAIT2,SYN_RECV,SYN_SENT,TIME_WAIT")]
    #[expect(dead_code, reason = "drained is refused")]
    active_connection_states: Vec<String>,
    /// What is waited for.
    #[arg(default = "started")]
    state: State,
    /// The file.
    path: Option<PathArg>,
    /// A pattern that the file, or what the port says, must match.
    search_regex: Option<String>,
    /// Addresses that do not count, for `drained`.
    #[expect(dead_code, reason = "drained is refused")]
    exclude_hosts: Option<Vec<String>>,
    /// Seconds between looks.
    #[arg(default = 1)]
    sleep: i64,
    /// The message of a failure.
    msg: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum State {
    Absent,
    Drained,
    Present,
    Started,
    Stopped,
}

/// What one look showed.
enum Look {
    Fine(Vec<Option<String>>, Map),
    NotYet,
}

impl Module for WaitFor {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if self.state == State::Drained {
            return Err(Fault::at("state", "waiting for connections to drain is not there yet"));
        }
        if self.search_regex.is_some()
            && matches!(self.state, State::Stopped | State::Absent)
            && self.port.is_some()
        {
            return Err(Fault::at(
                "search_regex",
                "state=stopped should only be used for checking a port without search_regex",
            ));
        }
        let pattern =
            self.search_regex.as_deref().map(|r| Pattern::multiline(r, "search_regex")).transpose()?;
        let path = match &self.path {
            Some(path) => Some(host.path(path).await?),
            None => None,
        };
        host.turn().await;
        let start = Instant::now();
        if self.delay > 0 {
            self.pause(host, self.delay).await?;
        }
        let limit = Duration::from_secs(u64::try_from(self.timeout).unwrap_or(0));
        let (groups, named) = if path.is_none() && self.port.is_none() {
            let left = limit.saturating_sub(start.elapsed()).as_secs();
            self.pause(host, i64::try_from(left).unwrap_or(0)).await?;
            (Vec::new(), Map::new())
        } else {
            loop {
                if let Look::Fine(groups, named) = self.look(host, path.as_deref(), pattern.as_ref()).await? {
                    break (groups, named);
                }
                if start.elapsed() >= limit {
                    return Err(self.late(path.as_deref(), start));
                }
                self.pause(host, self.sleep.max(1)).await?;
            }
        };
        let elapsed = i64::try_from(start.elapsed().as_secs()).unwrap_or(i64::MAX);
        let mut outcome = Outcome::new()
            .with("state", self.state.name())
            .with("port", self.port)
            .with("search_regex", self.search_regex.clone())
            .with("match_groups", groups.into_iter().map(Data::from).collect::<Vec<_>>())
            .with("match_groupdict", named)
            .with("path", path.as_ref().map(|p| String::from_utf8_lossy(p).into_owned()))
            .with("elapsed", elapsed);
        if let Some(path) = &path
            && let Some(status) = host.ask(Stat::behind(path)).await?
        {
            outcome = outcome.with_all(path_info(Some(&status)));
        }
        Ok(outcome)
    }
}

impl WaitFor {
    async fn look(&self, host: &Host, path: Option<&[u8]>, pattern: Option<&Pattern>) -> Result<Look, Fault> {
        let wanted = matches!(self.state, State::Started | State::Present);
        let fine = |yes: bool| if yes { Look::Fine(Vec::new(), Map::new()) } else { Look::NotYet };
        if let Some(path) = path {
            let Some(pattern) = pattern else {
                return Ok(fine(host.ask(Stat::behind(path)).await?.is_some() == wanted));
            };
            let Reading::Content(bytes) = host.ask(Read::of(path, 256 << 20)).await? else {
                return Ok(fine(!wanted));
            };
            return Ok(found(pattern, &bytes)
                .filter(|_| wanted)
                .map_or(Look::NotYet, |(g, n)| Look::Fine(g, n)));
        }
        let probe = Probe::script("wait_port", &PORT)
            .arg(self.host.as_str())
            .arg(self.port.unwrap_or(0).to_string())
            .arg(self.connect_timeout.max(1).to_string())
            .arg(if pattern.is_some() { "1024" } else { "" })
            .heavy();
        let part = host.ask(probe).await?;
        match (part.rc, pattern) {
            (3, _) => Err(Fault::new(part.error().trim().to_owned())),
            (0, Some(pattern)) => {
                Ok(found(pattern, &part.out).map_or(Look::NotYet, |(g, n)| Look::Fine(g, n)))
            }
            (rc, _) => Ok(fine((rc == 0) == wanted)),
        }
    }

    async fn pause(&self, host: &Host, seconds: i64) -> Result<(), Fault> {
        host.ask(Probe::command(["sleep".to_owned(), seconds.max(0).to_string()]).heavy()).await.map(drop)
    }

    fn late(&self, path: Option<&[u8]>, start: Instant) -> Fault {
        let what = match (path, self.port) {
            (Some(path), _) => {
                let path = String::from_utf8_lossy(path).into_owned();
                match (&self.search_regex, self.state) {
                    (Some(regex), _) => format!("Timeout when waiting for search string {regex} in {path}"),
                    (None, State::Absent | State::Stopped) => {
                        format!("Timeout when waiting for {path} to be absent.")
                    }
                    (None, _) => format!("Timeout when waiting for file {path}"),
                }
            }
            (None, port) => {
                let place = format!("{}:{}", self.host, port.unwrap_or(0));
                match (&self.search_regex, self.state) {
                    (Some(regex), _) => format!("Timeout when waiting for search string {regex} in {place}"),
                    (None, State::Absent | State::Stopped) => {
                        format!("Timeout when waiting for {place} to stop.")
                    }
                    (None, _) => format!("Timeout when waiting for {place}"),
                }
            }
        };
        let elapsed = i64::try_from(start.elapsed().as_secs()).unwrap_or(i64::MAX);
        Fault::new(self.msg.clone().unwrap_or(what)).with("elapsed", elapsed)
    }
}

/// The groups of a match, in order and by name.
fn found(pattern: &Pattern, bytes: &[u8]) -> Option<(Vec<Option<String>>, Map)> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let captures = pattern.search(&text)?;
    let groups = (1..=pattern.groups()).map(|g| captures.group(g).map(str::to_owned)).collect();
    let named = pattern.names().iter().map(|(name, group)| {
        let value = captures.group(*group).map(str::to_owned);
        (name.clone(), value.into())
    });
    Some((groups, named.collect()))
}
