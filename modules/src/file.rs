//! `file`: files, folders, links and their attributes.

mod links;
mod times;
mod tree;

use crate::args::PathArg;
use crate::attributes::{FileAttributes, Wanted, path_info, state_name};
use crate::host::{Host, RealPath, Stat, Status, There, What, join, make_folders, remove, touch};
use crate::registry::Module;
use crate::{Args, Choice, Data, Diff, Fault, Map, Outcome};
use times::Times;

/// Manage files and file properties.
#[derive(Args)]
pub struct File {
    /// Path to the file being managed.
    #[arg(alias("dest", "name"))]
    path: PathArg,
    /// What should be there: `absent` removes it, `directory` makes it with its parents, `file` sees to its
    /// attributes only, `hard` and `link` make a link, `touch` makes an empty file or renews its times.
    state: Option<State>,
    /// Path of the file to link to, for `link` and `hard`.
    src: Option<PathArg>,
    /// Recursively set the attributes on the folder's contents.
    #[arg(default = false)]
    recurse: bool,
    /// Force the creation of links: where the source does not exist, or where something else is in the way.
    #[arg(default = false)]
    force: bool,
    /// Whether links in `path` are followed.
    #[arg(default = true)]
    follow: bool,
    /// `preserve`, `now`, or a time in `modification_time_format`.
    modification_time: Option<String>,
    /// How `modification_time` is written.
    #[arg(default = "%Y%m%d%H%M.%S")]
    modification_time_format: String,
    /// `preserve`, `now`, or a time in `access_time_format`.
    access_time: Option<String>,
    /// How `access_time` is written.
    #[arg(default = "%Y%m%d%H%M.%S")]
    access_time_format: String,
    /// The name a file had before it was copied; set by `copy`.
    #[arg(name = "_original_basename")]
    original_basename: Option<String>,
    /// For compatibility; not used.
    #[expect(dead_code, reason = "accepted, as there")]
    #[arg(name = "_diff_peek")]
    diff_peek: Option<bool>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// What should be at a path.
#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Directory,
    File,
    Hard,
    Link,
    Touch,
}

/// The task's view while it works: what differs is gathered here.
struct Work<'a> {
    host: &'a Host,
    args: &'a File,
    times: Times,
    path: Vec<u8>,
    /// The path as it was found.
    found: Option<Status>,
    before: Map,
    after: Map,
    warnings: Vec<String>,
    /// Attributes that were looked up with the first look at the path.
    wanted: Option<Result<Wanted, Fault>>,
}

impl Module for File {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let mut path = host.path(&self.path).await?;
        if self.src.is_some() && self.state.is_some_and(|s| !matches!(s, State::Link | State::Hard)) {
            return Err(Fault::at("src", "src option requires state to be 'link' or 'hard'")
                .with("path", Data::lossy(&path)));
        }
        if path.is_empty() && self.state == Some(State::Touch) {
            return Err(Fault::at("path", "Error, could not touch target.").with("path", ""));
        }
        if self.attributes.mode == Some(crate::args::Mode::Preserve) {
            return Err(Fault::at("mode", "mode must be in octal or symbolic form")
                .with("details", "bad symbolic permission for mode: preserve")
                .with("path", Data::lossy(&path)));
        }
        let src = match &self.src {
            Some(src) => Some(host.path(src).await?),
            None => None,
        };
        let (now, wanted) = join(host.ask(Stat::of(&path)), async {
            match self.state {
                Some(State::Absent) => None,
                _ => Some(self.attributes.resolve(host).await),
            }
        })
        .await;
        let mut now = now?;
        if let Some(name) = self.name_inside(host, &path, now.as_ref(), src.as_deref()).await? {
            path = [&path, &b"/"[..], &name].concat();
            now = host.ask(Stat::of(&path)).await?;
        }
        let state = self.state(now.as_ref());
        let times = Times::read(&self, state == State::Touch)?;
        let mut work = Work {
            host,
            args: &self,
            times,
            path,
            found: now.clone(),
            before: Map::new(),
            after: Map::new(),
            warnings: Vec::new(),
            wanted,
        };
        let done = work.reach(state, now, src).await;
        work.finish(done).await
    }
}

impl File {
    /// A folder that is there takes the link or file inside it, under the source's name.
    async fn name_inside(
        &self,
        host: &Host,
        path: &[u8],
        now: Option<&Status>,
        src: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>, Fault> {
        if matches!(self.state, Some(State::Link | State::Absent)) {
            return Ok(None);
        }
        let name = match (&self.original_basename, src) {
            (Some(name), _) => name.clone().into_bytes(),
            (None, Some(src)) => basename(src).to_vec(),
            (None, None) => return Ok(None),
        };
        let folder = match now {
            Some(now) if now.is_link() => host.ask(Stat::behind(path)).await?.is_some_and(|s| s.is_folder()),
            Some(now) => now.is_folder(),
            None => false,
        };
        Ok((folder && !name.is_empty()).then_some(name))
    }

    fn state(&self, now: Option<&Status>) -> State {
        match (self.state, now) {
            (Some(state), _) => state,
            (None, Some(now)) => match state_name(now) {
                "link" => State::Link,
                "directory" => State::Directory,
                "hard" => State::Hard,
                _ => State::File,
            },
            (None, None) if self.recurse => State::Directory,
            (None, None) => State::File,
        }
    }
}

impl Work<'_> {
    async fn reach(
        &mut self,
        state: State,
        now: Option<Status>,
        src: Option<Vec<u8>>,
    ) -> Result<Outcome, Fault> {
        if self.args.recurse && state != State::Directory {
            return Err(Fault::at("recurse", "recurse option requires state to be 'directory'")
                .with("path", self.shown()));
        }
        if self.host.check_mode() {
            let missing = self.args.attributes.missing_accounts(self.host).await?;
            self.warnings.extend(missing);
        }
        match state {
            State::Absent => self.absent(now).await,
            State::File => self.file(now).await,
            State::Directory => self.directory(now).await,
            State::Touch => self.touch(now).await,
            State::Link => self.symlink(now, src).await,
            State::Hard => self.hard(now, src).await,
        }
    }

    /// Adds what Ansible adds: the state of the path as it is now, the diff.
    async fn finish(self, done: Result<Outcome, Fault>) -> Result<Outcome, Fault> {
        let said = match &done {
            Ok(outcome) => &outcome.result,
            Err(fault) => &fault.result,
        };
        let named = said.contains_key("path") || said.contains_key("dest");
        // A link that leads nowhere counts as nothing there.
        // What was seen at first holds where nothing was altered; a link's end was not looked at.
        let holds = self.host.is_untouched()
            && self.found.as_ref().is_none_or(|found| found.path == self.path && !found.is_link());
        let status = match named {
            true if holds => self.found.clone(),
            true if done.is_ok() && !self.host.is_result_read() => None,
            true => {
                let asked = [Stat::of(&self.path), Stat::behind(&self.path)];
                let answers = self.host.ask_all(asked).await?;
                let is_there = answers.iter().all(Option::is_some);
                answers.into_iter().next().flatten().filter(|_| is_there)
            }
            false => None,
        };
        let info = path_info(status.as_ref());
        let mut outcome = match done {
            Err(fault) if self.warnings.is_empty() => return Err(fault.with_all(info)),
            Err(fault) => {
                let warnings: Vec<Data> = self.warnings.iter().map(|w| Data::from(w.as_str())).collect();
                return Err(fault.with_all(info).with("warnings", warnings));
            }
            Ok(outcome) => outcome,
        };
        outcome.result.extend(info);
        outcome.warnings.extend(self.warnings);
        if self.host.diff_mode() && !self.before.is_empty() {
            outcome.diff = vec![Diff::fields(self.before, self.after)];
        }
        Ok(outcome)
    }

    fn shown(&self) -> Data {
        Data::lossy(&self.path)
    }

    /// The attributes, looked up.
    async fn wanted(&self) -> Result<Wanted, Fault> {
        match &self.wanted {
            Some(wanted) => wanted.clone(),
            None => self.args.attributes.resolve(self.host).await,
        }
    }

    /// The first fields of the diff: the path, and the state where it differs.
    fn begin_diff(&mut self, state: &str, now: Option<&Status>) {
        let before = now.map_or("absent", state_name);
        for (map, state_word) in [(&mut self.before, before), (&mut self.after, state)] {
            map.insert("path".into(), Data::lossy(&self.path));
            if before != state {
                map.insert("state".into(), state_word.into());
            }
        }
    }

    /// With links followed, the path that is meant is where the link leads.
    async fn follow(&mut self, now: Option<Status>) -> Result<Option<Status>, Fault> {
        if !self.args.follow || !now.as_ref().is_some_and(Status::is_link) {
            return Ok(now);
        }
        let Some(real) = self.host.ask(RealPath::of(&self.path)).await? else { return Ok(now) };
        self.path = real;
        self.host.ask(Stat::of(&self.path)).await
    }

    async fn absent(&mut self, now: Option<Status>) -> Result<Outcome, Fault> {
        let Some(now) = now else {
            return Ok(Outcome::new().with("path", self.shown()).with("state", "absent"));
        };
        self.begin_diff("absent", Some(&now));
        if now.is_folder() && self.host.diff_mode() {
            self.contents_before().await?;
        }
        let what = if now.is_folder() { "rmtree failed" } else { "unlinking failed" };
        let gate = self.host.change(None, remove(&self.path)).await;
        gate.map_err(|fault| self.refusal(what, &fault))?;
        Ok(Outcome::new().with("path", self.shown()).with("state", "absent"))
    }

    async fn file(&mut self, now: Option<Status>) -> Result<Outcome, Fault> {
        let now = self.follow(now).await?;
        self.begin_diff("file", now.as_ref());
        match now {
            Some(now) if !now.is_folder() && !now.is_link() => {
                self.set_attributes(now).await?;
                Ok(Outcome::new().with("path", self.shown()))
            }
            now => {
                let state = now.as_ref().map_or("absent", state_name);
                let shown = String::from_utf8_lossy(&self.path).into_owned();
                Err(Fault::at("path", format!("file ({shown}) is {state}, cannot continue"))
                    .with("path", self.shown())
                    .with("state", state))
            }
        }
    }

    async fn directory(&mut self, now: Option<Status>) -> Result<Outcome, Fault> {
        let now = self.follow(now).await?;
        self.begin_diff("directory", now.as_ref());
        let outcome = |work: &Self| Outcome::new().with("path", work.shown());
        let now = match now {
            Some(now) if now.is_folder() => now,
            Some(now) => {
                let shown = String::from_utf8_lossy(&self.path).into_owned();
                return Err(Fault::at("path", format!("{shown} already exists as a {}", state_name(&now)))
                    .with("path", self.shown()));
            }
            None => {
                // Names are looked up first, so that an unknown owner leaves no folder behind.
                let wanted = self.wanted().await?;
                let missing = self.missing_folders().await?;
                let gate = self.host.change(None, make_folders(&missing)).await.map_err(|fault| {
                    let shown = String::from_utf8_lossy(&self.path).into_owned();
                    self.refusal(&format!("There was an issue creating {shown} as requested"), &fault)
                })?;
                if gate.acted().is_none() {
                    return Ok(outcome(self));
                }
                // Each new folder gets the attributes, as Ansible gives them to parents too.
                for folder in missing.iter().take(missing.len().saturating_sub(1)) {
                    if let Some(status) = self.host.ask(Stat::of(folder)).await? {
                        self.set_wanted(&wanted, status).await?;
                    }
                }
                match self.host.ask(Stat::of(&self.path)).await? {
                    Some(now) => now,
                    None => return Err(Fault::new("the folder is gone again").with("path", self.shown())),
                }
            }
        };
        let folder = now.path.clone();
        self.set_attributes(now).await?;
        if self.args.recurse {
            self.set_below(&folder).await?;
        }
        Ok(outcome(self))
    }

    /// The path and those of its parents that are not there, topmost first.
    async fn missing_folders(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let mut ancestors = Vec::new();
        for (at, byte) in self.path.iter().enumerate() {
            if *byte == b'/' && at > 0 && self.path.get(at - 1) != Some(&b'/') {
                ancestors.extend(self.path.get(..at).map(<[u8]>::to_vec));
            }
        }
        if !self.path.ends_with(b"/") {
            ancestors.push(self.path.clone());
        }
        let there = self.host.ask_all(ancestors.iter().map(|a| There::at(a))).await?;
        let pairs = ancestors.into_iter().zip(there);
        Ok(pairs.filter(|(_, there)| *there == What::Nothing).map(|(path, _)| path).collect())
    }

    /// Why there is nothing to touch. dash has the same words for a folder that is not there and for a file in its
    /// place.
    async fn untouched(&self, fault: &Fault) -> Result<Fault, Fault> {
        const DASH: &str = "Directory nonexistent";
        let complaint = fault.message.trim_end();
        let reason = match complaint.strip_suffix(DASH) {
            None => python_error(complaint, &self.path),
            Some(_) => {
                let there = self.host.ask(Stat::behind(dirname(&self.path))).await?.is_some();
                let reason = if there { "Not a directory" } else { "No such file or directory" };
                python_error(reason, &self.path)
            }
        };
        Ok(Fault::new("Error, could not touch target.").because(reason).with("path", self.shown()))
    }

    async fn touch(&mut self, now: Option<Status>) -> Result<Outcome, Fault> {
        if now.is_some() || !self.host.check_mode() {
            self.begin_diff("touch", now.as_ref());
        }
        let outcome = |work: &Self| Outcome::new().with("dest", work.shown());
        let now = match now {
            Some(now) => now,
            None => {
                let wanted = self.wanted().await?;
                let (access, modification) = self.times.stamps();
                let gate = self.host.change(None, touch(&self.path, &access, &modification)).await;
                let gate = match gate {
                    Ok(gate) => gate,
                    Err(fault) => return Err(self.untouched(&fault).await?),
                };
                if gate.acted().is_none() {
                    return Ok(outcome(self));
                }
                if let Some(status) = self.host.ask(Stat::of(&self.path)).await? {
                    self.set_wanted(&wanted, status).await?;
                }
                return Ok(outcome(self));
            }
        };
        let now = if self.args.follow && now.is_link() {
            self.host.ask(Stat::behind(&self.path)).await?.unwrap_or(now)
        } else {
            now
        };
        self.set_attributes(now).await?;
        Ok(outcome(self))
    }

    /// Owner, group, mode, flags, and times.
    async fn set_attributes(&mut self, now: Status) -> Result<(), Fault> {
        let wanted = self.wanted().await.map_err(|f| f.with("path", self.shown()))?;
        let path = self.path.clone();
        self.set_wanted(&wanted, now.clone()).await?;
        // What a link leads to is told as the link's.
        if now.path != path && self.args.follow && !self.args.recurse {
            let difference = wanted.difference(self.host, &now).await.ok().flatten();
            if let Some(difference) = difference {
                self.before.extend(difference.before);
                self.after.extend(difference.after);
            }
        }
        self.set_times(&now).await
    }

    async fn set_wanted(&mut self, wanted: &Wanted, now: Status) -> Result<(), Fault> {
        let difference =
            wanted.difference(self.host, &now).await.map_err(|f| f.with("path", self.shown()))?;
        let Some(difference) = difference else { return Ok(()) };
        if now.path == self.path {
            self.before.extend(difference.before);
            self.after.extend(difference.after);
        }
        self.host.change(None, difference.act).await.map_err(|f| f.with("path", self.shown()))?;
        Ok(())
    }
}

impl Work<'_> {
    /// What a tool said, as Python says it.
    fn refusal(&self, what: &str, fault: &Fault) -> Fault {
        Fault::new(format!("{what}: {}", python_error(&fault.message, &self.path))).with("path", self.shown())
    }
}

/// `[Errno 20] Not a directory: b'/path'`, from the last words of a tool's complaint.
fn python_error(complaint: &str, path: &[u8]) -> String {
    const REASONS: [(&str, u32); 15] = [
        ("Operation not permitted", 1),
        ("No such file or directory", 2),
        ("Permission denied", 13),
        ("Device or resource busy", 16),
        ("File exists", 17),
        ("Not a directory", 20),
        ("Is a directory", 21),
        ("Invalid argument", 22),
        ("Text file busy", 26),
        ("No space left on device", 28),
        ("Read-only file system", 30),
        ("Too many links", 31),
        ("File name too long", 36),
        ("Directory not empty", 39),
        ("Too many levels of symbolic links", 40),
    ];
    match REASONS.iter().find(|(reason, _)| complaint.trim_end().ends_with(reason)) {
        Some((reason, errno)) => format!("[Errno {errno}] {reason}: b'{}'", String::from_utf8_lossy(path)),
        None => complaint.to_string(),
    }
}

pub(crate) fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

pub(crate) fn dirname(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|b| *b == b'/') {
        Some(0) => b"/",
        Some(at) => path.get(..at).unwrap_or(b"."),
        None => b".",
    }
}
