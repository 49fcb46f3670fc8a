//! `copy`: files and folders from the controller, text, or what is on the host already. Templates arrive here too.

mod remote;
mod tree;

use crate::args::{Mode, PathArg, Raw};
use crate::attributes::{FileAttributes, Wanted, path_info};
use crate::file::{basename, dirname};
use crate::host::{
    Algorithm, Attributes, Checksum, Host, Input, Read, Reading, RealPath, Source, Stat, Status, There, What,
    WriteFile, join, make_folders,
};
use crate::registry::Module;
use crate::{Args, Data, Diff, Fault, Map, Outcome};

/// Larger contents are not shown in differences.
const SHOWN: u64 = 104_448;

/// Copy files to remote locations.
#[derive(Args)]
#[args(mutually_exclusive("src", "content"))]
pub struct Copy {
    /// Path of a file or folder on the controller (or on the host, with `remote_src`). Of a folder whose path ends
    /// with `/`, only what is inside is copied.
    src: Option<PathArg>,
    /// What the file should contain, instead of `src`.
    content: Option<Raw>,
    /// Where the file should be copied to.
    dest: Option<PathArg>,
    /// Keep a copy of the file as it was.
    #[arg(default = false)]
    backup: bool,
    /// Replace the file when its contents differ; else it is only written where there is none.
    #[arg(default = true)]
    force: bool,
    /// A command that must accept the new file, `%s` standing for its path.
    validate: Option<String>,
    /// The mode of folders that are made.
    directory_mode: Option<Mode>,
    /// `src` is on the host.
    #[arg(default = false)]
    remote_src: bool,
    /// Whether links in the destination are followed.
    #[arg(default = false)]
    follow: bool,
    /// Whether links in the source folder are followed.
    #[expect(dead_code, reason = "the controller sees to it")]
    #[arg(default = true)]
    local_follow: bool,
    /// The SHA-1 that the source must have.
    checksum: Option<String>,
    /// The name of the source, where `src` is not its name; set by impel.
    #[arg(name = "_original_basename")]
    original_basename: Option<String>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

impl Module for Copy {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        // What comes from the controller has always a `diff`, be it an empty list.
        let bare = self.remote_src;
        match self.run_copy(host).await {
            Ok(outcome) if bare || !(outcome.changed || outcome.result.contains_key("checksum")) => {
                Ok(outcome)
            }
            Ok(mut outcome) => {
                outcome.result.entry("diff".into()).or_insert_with(|| Data::List(Vec::new()));
                Ok(outcome)
            }
            Err(fault) if bare || !fault.result.contains_key("checksum") => Err(fault),
            Err(mut fault) => {
                fault.result.entry("diff".into()).or_insert_with(|| Data::List(Vec::new()));
                Err(fault)
            }
        }
    }
}

impl Copy {
    async fn run_copy(&self, host: &Host) -> Result<Outcome, Fault> {
        let Some(dest) = &self.dest else { return Err(Fault::at("dest", "dest is required")) };
        let dest = host.path(dest).await?;
        if self.remote_src && self.src.is_some() {
            return self.copy_there(host, dest).await;
        }
        let source = match (host.input("src"), &self.content) {
            (Some(Input::Tree(entries)), _) => return self.copy_tree(host, entries, dest).await,
            (Some(Input::File(source)), _) => source,
            (None, Some(_)) if dest.ends_with(b"/") => {
                return Err(Fault::at("dest", "can not use content with a dir as dest"));
            }
            (None, Some(Raw(content))) => content_source(content),
            (None, None) if self.src.is_some() => {
                return Err(Fault::at("src", "the controller has given no file for `src`"));
            }
            (None, None) => return Err(Fault::new("src (or content) is required")),
        };
        self.copy_file(host, source, dest).await
    }
}

fn content_source(content: &Data) -> Source {
    let mut source = match content {
        Data::Map(_) | Data::List(_) => Source::bytes(content.to_json_text().into_bytes()),
        other => Source::from(other),
    };
    // What `mode: preserve` means where there is no file: there, the text lies in a temporary one.
    source.mode = Some(0o600);
    source
}

/// Where one file goes, and what is there.
struct Target {
    path: Vec<u8>,
    /// The same before links were followed.
    named: Vec<u8>,
    status: Option<Status>,
    sum: Option<String>,
    /// The folder it is to be in exists.
    has_folder: bool,
    /// Missing folders are made: the task's `dest` ends with a slash.
    makes_folders: bool,
}

impl Target {
    /// Looks there. A folder takes the file inside, under the name `name`.
    async fn look(host: &Host, dest: &[u8], name: Option<&[u8]>, follow: bool) -> Result<Target, Fault> {
        let makes_folders = dest.ends_with(b"/");
        let mut path = dest.to_vec();
        if let (true, Some(name)) = (makes_folders, name) {
            path.extend_from_slice(name);
        }
        let mut named = path.clone();
        // A folder, a link to one, a link to a file: each may lead once to another path.
        for _ in 0..3 {
            let folder = dirname(&path).to_vec();
            let looks = join(host.ask(Stat::of(&path)), host.ask(There::at(&folder)));
            let ((status, is_folder), sum) =
                join(looks, host.ask(Checksum::light(&path, Algorithm::Sha1))).await;
            let (status, is_folder) = (status?, is_folder? == What::Folder);
            // where it is none, it may be one that cannot be looked at: then this says so
            let has_folder =
                is_folder || host.ask(Stat::behind(&folder)).await?.is_some_and(|p| p.is_folder());
            let behind = match &status {
                Some(link) if link.is_link() => host.ask(Stat::behind(&path)).await?,
                other => other.clone(),
            };
            match (&status, behind, name) {
                (_, Some(behind), Some(name)) if behind.is_folder() => {
                    if !path.ends_with(b"/") {
                        path.push(b'/');
                    }
                    path.extend_from_slice(name);
                    named.clone_from(&path);
                }
                (Some(link), Some(_), _) if link.is_link() && follow => {
                    path = host.ask(RealPath::of(&path)).await?.unwrap_or(path);
                }
                _ => return Ok(Target { path, named, status, sum: sum?, has_folder, makes_folders }),
            }
        }
        Err(Fault::at("dest", format!("{} leads in circles", String::from_utf8_lossy(dest))))
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }
}

impl Copy {
    async fn copy_file(&self, host: &Host, source: Source, dest: Vec<u8>) -> Result<Outcome, Fault> {
        let name = match (&self.original_basename, &self.src) {
            (Some(name), _) => Some(name.clone().into_bytes()),
            (None, Some(src)) => Some(basename(src.written().as_bytes()).to_vec()),
            (None, None) => None,
        };
        let (target, wanted) =
            join(Target::look(host, &dest, name.as_deref(), self.follow), self.attributes.resolve(host))
                .await;
        let mut target = target?;
        if target.status.is_some() && !self.force {
            return Ok(self.with_src(Outcome::new()).with("dest", target.shown()));
        }
        if target.status.as_ref().is_some_and(Status::is_folder) && self.src.is_none() {
            return Err(Fault::at("dest", "can not use content with a dir as dest").with("diff", Vec::new()));
        }
        if let Some(status) = target.status.as_ref().filter(|s| s.is_folder()) {
            return Err(Fault::at("dest", format!("{} is a folder", String::from_utf8_lossy(&status.path))));
        }
        // A large file of equal size is summed at its turn.
        if let Some(status) = target.status.as_ref().filter(|s| s.is_file())
            && target.sum.is_none()
            && status.size == source.len()
        {
            target.sum = host.ask(Checksum::sized(&target.path, Algorithm::Sha1, status.size)).await?;
        }
        let wanted = wanted?;
        // what the kernel makes up as it is read has no size
        let is_like = |s: &Status| !s.is_link() && (s.size == 0 || s.size == source.len());
        let same = match (&target.sum, &target.status) {
            (Some(sum), Some(status)) if is_like(status) => sum == source.sha1()?,
            _ => false,
        };
        if same {
            return self.same(host, &target, &wanted, &source).await;
        }
        match self.replace(host, &target, &wanted, &source).await {
            Err(fault) => Err(fault.with("checksum", source.sha1()?)),
            outcome => outcome,
        }
    }

    fn check_sum(&self, sha1: &str) -> Result<(), Fault> {
        match &self.checksum {
            Some(expected) if expected != sha1 => Err(Fault::at(
                "checksum",
                "Copied file does not match the expected checksum. Transfer failed.",
            )
            .with("checksum", sha1)
            .with("expected_checksum", expected.as_str())),
            _ => Ok(()),
        }
    }

    fn with_src(&self, outcome: Outcome) -> Outcome {
        outcome.with_some("src", self.src.as_ref().map(|src| src.written().to_string()))
    }

    /// The mode that is wanted; `preserve` is the source's.
    fn wanted_mode(wanted: &Wanted, source_mode: Option<u32>) -> Wanted {
        let mut wanted = wanted.clone();
        if wanted.mode == Some(Mode::Preserve) {
            wanted.mode = source_mode.map(Mode::Bits);
        }
        wanted
    }

    /// The content is right; the attributes may not be.
    async fn same(
        &self,
        host: &Host,
        target: &Target,
        wanted: &Wanted,
        source: &Source,
    ) -> Result<Outcome, Fault> {
        let wanted = Copy::wanted_mode(wanted, source.mode);
        let mut status = target.status.clone();
        let path = || Map::from_iter([("path".to_string(), target.shown().into())]);
        let (mut before, mut after) = (path(), path());
        if let Some(now) = &status
            && let Some(difference) = wanted.difference(host, now).await?
        {
            before.extend(difference.before);
            after.extend(difference.after);
            if host.change(None, difference.act).await?.acted().is_some() && host.is_result_read() {
                status = host.ask(Stat::of(&target.path)).await?;
            }
        }
        let mut outcome = Outcome::new();
        if host.diff_mode() {
            outcome = outcome.with("diff", Diff::fields(before, after).to_map());
        }
        let outcome = outcome.with("checksum", source.sha1()?).with("dest", target.shown());
        Ok(outcome.with("path", target.shown()).with_all(path_info(status.as_ref())))
    }

    async fn replace(
        &self,
        host: &Host,
        target: &Target,
        wanted: &Wanted,
        source: &Source,
    ) -> Result<Outcome, Fault> {
        let validate = crate::edit::validate_words(self.validate.as_deref());
        let wanted = Copy::wanted_mode(wanted, source.mode);
        let diff = match host.diff_mode() {
            true => vec![Data::Map(self.diff(host, target, source).await?.to_map())],
            false => Vec::new(),
        };
        match self.write(host, target, wanted, source, validate).await {
            Ok(outcome) => Ok(outcome.with("diff", diff)),
            Err(fault) => Err(fault.with("diff", diff)),
        }
    }

    async fn write(
        &self,
        host: &Host,
        target: &Target,
        wanted: Wanted,
        source: &Source,
        validate: Result<Vec<String>, Fault>,
    ) -> Result<Outcome, Fault> {
        if self.checksum.is_some() {
            self.check_sum(source.sha1()?)?;
        }
        let validate = validate?;
        if !target.has_folder {
            // There, check mode does not look at the folder.
            if !target.makes_folders && !host.check_mode() {
                let folder = String::from_utf8_lossy(dirname(&target.path)).into_owned();
                return Err(Fault::at("dest", format!("Destination directory {folder} does not exist")));
            }
            if target.makes_folders {
                let folder = dirname(&target.path).to_vec();
                self.make_folders(host, &folder, &wanted).await?;
            }
        }
        let base = target.status.as_ref().filter(|s| !s.is_link());
        let mode = match (&wanted.mode, base) {
            (None, _) => None,
            (Some(mode), Some(now)) => Some(mode.apply(now.mode(), false, wanted.umask)?),
            (Some(mode), None) => Some(mode.apply(0o666 & !wanted.umask, false, wanted.umask)?),
        };
        let act = WriteFile {
            source: source.clone(),
            owner: (
                wanted.uid.filter(|uid| base.is_none_or(|b| b.uid != *uid)),
                wanted.gid.filter(|gid| base.is_none_or(|b| b.gid != *gid)),
            ),
            mode,
            backup: self.backup && target.status.is_some(),
            unsafe_writes: self.attributes.unsafe_writes,
            tell: host.is_result_read() || wanted.is_asked(),
            validate,
            ..WriteFile::new(&target.path, Source::bytes(Vec::new()))
        };
        let Some(reply) = host.change(None, act).await?.acted() else {
            return Ok(Outcome { changed: true, ..Outcome::new() });
        };
        let status = WriteFile::status(&reply);
        if let Some(status) = status.as_ref().filter(|_| wanted.is_asked())
            && let Some(difference) = wanted.difference(host, status).await?
        {
            host.change(None, difference.act).await?;
        }
        Ok(self
            .with_src(Outcome::new())
            .with_some("checksum", host.for_result(|| source.sha1())?)
            .with_some("md5sum", host.for_result(|| source.md5())?)
            .with("dest", target.shown())
            .with_some("backup_file", WriteFile::backup(&reply))
            .with_all(path_info(status.as_ref())))
    }

    /// Makes a folder and its parents; new ones get `directory_mode` and the owner.
    async fn make_folders(&self, host: &Host, folder: &[u8], wanted: &Wanted) -> Result<(), Fault> {
        let mut missing = vec![folder.to_vec()];
        while let Some(parent) = missing.last().map(|f| dirname(f).to_vec()) {
            if parent == b"/" || parent == b"." || host.ask(Stat::behind(&parent)).await?.is_some() {
                break;
            }
            missing.push(parent);
        }
        missing.reverse();
        self.make_these(host, &missing, wanted).await
    }

    async fn make_these(&self, host: &Host, missing: &[Vec<u8>], wanted: &Wanted) -> Result<(), Fault> {
        if missing.is_empty() {
            return Ok(());
        }
        let mode = match &self.directory_mode {
            None | Some(Mode::Preserve) => None,
            Some(mode) => {
                let umask = host.me().await?.umask;
                Some(mode.apply(0o777 & !umask, true, umask)?)
            }
        };
        host.change(None, make_folders(missing)).await?;
        if mode.is_none() && wanted.uid.is_none() && wanted.gid.is_none() {
            return Ok(());
        }
        let owner = (wanted.uid, wanted.gid);
        let act = Attributes { paths: missing.to_vec(), owner, mode, ..Attributes::default() };
        host.change(None, act).await.map(drop)
    }

    async fn diff(&self, host: &Host, target: &Target, source: &Source) -> Result<Diff, Fault> {
        let mut diff = Diff { before: "".into(), ..Diff::default() };
        let shown = String::from_utf8_lossy(&target.named).into_owned();
        if target.status.is_some() {
            match host.ask(Read::of(&target.path, SHOWN)).await? {
                Reading::Content(bytes) if bytes.contains(&0) => {
                    diff.before = Data::Null;
                    note(&mut diff, "dst_binary", 1);
                }
                Reading::Content(bytes) => {
                    diff.before_header = Some(shown.clone());
                    diff.before = Data::lossy(&bytes);
                }
                Reading::TooLong => {
                    diff.before = Data::Null;
                    note(&mut diff, "dst_larger", SHOWN);
                }
                _ => {}
            }
        }
        diff.after_header = Some(self.src.as_ref().map_or(shown, |src| src.written().to_string()));
        match source.read(SHOWN)? {
            Some(bytes) if bytes.contains(&0) => {
                diff.after_header = None;
                note(&mut diff, "src_binary", 1);
            }
            Some(bytes) => {
                diff.after = match (Data::lossy(&bytes), source.secret) {
                    (Data::Str(text), secret) => Data::Str(crate::Text { secret, ..text }),
                    (other, _) => other,
                };
            }
            None => {
                diff.after_header = None;
                note(&mut diff, "src_larger", SHOWN);
            }
        }
        Ok(diff)
    }
}

fn note(diff: &mut Diff, name: &str, value: u64) {
    diff.extra.insert(name.into(), value.into());
}
