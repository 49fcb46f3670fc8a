//! `unarchive`: an archive unpacked by the host's own tar or unzip, which keep what is inside below the folder.

#[cfg(test)]
mod tests;
mod zip;

use crate::args::PathArg;
use crate::attributes::{FileAttributes, Wanted, path_info};
use crate::host::{Host, Input, Perform, Probe, Script, Stat, Which};
use crate::registry::Module;
use crate::{Args, Data, Diff, Fault, Map, Outcome};

static FETCH: Script =
    Script { name: "unarchive_fetch", text: include_str!("unarchive/fetch.sh"), needs: &[] };

/// Unpack an archive after (optionally) copying it from the local machine.
#[derive(Args)]
#[args(mutually_exclusive("include", "exclude"))]
pub struct Unarchive {
    /// The archive: on the controller, or on the host with `remote_src` (a URL is downloaded there).
    src: PathArg,
    /// An existing folder to unpack into.
    dest: PathArg,
    /// Where this path is there already, nothing is done.
    creates: Option<PathArg>,
    /// Tell the files of the archive.
    #[arg(default = false)]
    list_files: bool,
    /// Entries to leave out.
    exclude: Option<Vec<String>>,
    /// The only entries to take.
    include: Option<Vec<String>>,
    /// Files that are newer than the archive's stay.
    #[arg(default = false)]
    keep_newer: bool,
    /// Further options for the tool.
    extra_opts: Option<Vec<String>>,
    /// The archive is on the host.
    #[arg(default = false)]
    remote_src: bool,
    /// The opposite, in older words.
    #[expect(dead_code, reason = "the controller sees to it")]
    copy: Option<bool>,
    /// Whether a vault-encrypted archive is decrypted; done by the controller.
    #[expect(dead_code, reason = "the controller sees to it")]
    #[arg(default = true)]
    decrypt: bool,
    /// Check certificates when downloading.
    #[arg(default = true)]
    validate_certs: bool,
    /// For compatibility; the tools have buffers of their own.
    #[expect(dead_code, reason = "the host's tools unpack")]
    #[arg(default = 65536)]
    io_buffer_size: i64,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// What unpacks, and the archive it unpacks.
struct Job {
    program: String,
    archive: Vec<u8>,
    dest: Vec<u8>,
    /// tar's option for the compression, where it must be named.
    gzip: bool,
}

/// What is in the archive and differs from what is there.
struct Contents {
    files: Vec<Vec<u8>>,
    differs: bool,
    /// rsync's letters, one line for each that differs.
    prepared: String,
}

impl Module for Unarchive {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if let Some(creates) = &self.creates {
            let path = host.path(creates).await?;
            if host.ask(Stat::behind(&path)).await?.is_some() {
                return Ok(Outcome::skip(format!(
                    "skipped, since {} exists",
                    String::from_utf8_lossy(&path)
                )));
            }
        }
        let dest = host.path(&self.dest).await?;
        let shown = String::from_utf8_lossy(&dest).into_owned();
        host.turn().await;
        let (archive, scratch) = self.archive(host).await?;
        let outcome = self.unpack(host, archive, dest, &shown).await;
        if let Some(scratch) = scratch {
            host.discard(&[scratch]).await?;
        }
        outcome
    }
}

impl Unarchive {
    async fn unpack(
        &self,
        host: &Host,
        archive: Vec<u8>,
        dest: Vec<u8>,
        shown: &str,
    ) -> Result<Outcome, Fault> {
        let folder = host.ask(Stat::behind(&dest)).await?;
        if !folder.is_some_and(|status| status.is_folder()) {
            return Err(Fault::at("dest", format!("dest '{shown}' must be an existing dir")));
        }
        let magic = host
            .ask(Probe::command([&b"dd"[..], &[b"if=", &archive[..]].concat(), b"bs=6", b"count=1"]))
            .await?;
        let zip = magic.out.starts_with(b"PK");
        if host.check_mode() && !zip {
            let message =
                "remote module (ansible.legacy.unarchive) does not support check mode when using gtar";
            return Ok(Outcome::skip(message));
        }
        let program = program(host, zip, self.src.written()).await?;
        let job = Job { program, archive, dest: dest.clone(), gzip: magic.out.starts_with(b"\x1f\x8b") };
        let contents = if zip { self.look_zip(host, &job).await? } else { self.look_tar(host, &job).await? };
        let handler = match (zip, job.gzip) {
            (true, _) => "ZipArchive",
            (_, true) => "TgzArchive",
            _ => "TarArchive",
        };
        let mut outcome = Outcome::new().with("handler", handler).with("dest", shown);
        outcome = outcome.with("src", Data::lossy(&job.archive));
        if contents.differs {
            let argv = if zip { self.unzip(&job) } else { self.untar(&job) };
            let diff = (zip && host.diff_mode())
                .then(|| Diff { prepared: Some(contents.prepared.clone()), ..Diff::default() });
            let act = Perform::command("unpacking", argv.iter().cloned()).any_status();
            if let Some(reply) = host.change_if(diff, act, |reply| reply.rc == 0).await?.acted() {
                let cmd: Vec<Data> = argv.iter().map(|word| Data::lossy(word)).collect();
                let results = [
                    ("cmd", Data::List(cmd)),
                    ("rc", reply.rc.into()),
                    ("out", Data::lossy(&reply.out)),
                    ("err", Data::lossy(&reply.err)),
                ];
                let results: Map =
                    results.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
                outcome = outcome.with("extract_results", Data::Map(results));
                if reply.rc != 0 {
                    let archive = String::from_utf8_lossy(&job.archive).into_owned();
                    outcome.failed = Some(Fault::new(format!("failed to unpack {archive} to {shown}")));
                }
            }
        }
        if outcome.failed.is_none() {
            self.set_attributes(host, &job, &contents.files).await?;
        }
        if self.list_files {
            let files: Vec<Data> = contents.files.iter().map(|file| Data::lossy(file)).collect();
            outcome = outcome.with("files", files);
        }
        let status = host.ask(Stat::behind(&dest)).await?;
        Ok(outcome.with_all(path_info(status.as_ref())))
    }
}

async fn program(host: &Host, zip: bool, src: &str) -> Result<String, Fault> {
    let names: &[&str] = if zip { &["unzip"] } else { &["gtar", "tar"] };
    let found = host.ask_all(names.iter().map(|name| Which((*name).to_string()))).await?;
    let Some(program) = found.into_iter().flatten().next() else {
        let needed = if zip { "\"unzip\" or \"zipinfo\"" } else { "\"gtar\" or \"tar\"" };
        return Err(Fault::new(format!(
            "Failed to find handler for \"{src}\". Make sure the required command to extract the file is installed.\n\
             Unable to find required {needed} binary in the path."
        )));
    };
    if !zip {
        let version = host.ask(Probe::command([program.as_str(), "--version"])).await?;
        if !version.text().contains("GNU tar") {
            let message = format!("Command \"{program}\" is not GNU tar, which unpacking needs.");
            return Err(Fault::new(message));
        }
    }
    Ok(program)
}

impl Unarchive {
    /// The archive on the host, and the path again where it is a copy that must go.
    async fn archive(&self, host: &Host) -> Result<(Vec<u8>, Option<Vec<u8>>), Fault> {
        if let Some(Input::File(source)) = host.input("src") {
            let path = host.scratch(&source).await?;
            return Ok((path.clone(), Some(path)));
        }
        if !self.remote_src {
            return Err(Fault::at("src", "the controller has given no archive"));
        }
        if self.src.written().contains("://") {
            let insecure = if self.validate_certs { "" } else { "y" };
            let probe =
                Probe::script("unarchive_fetch", &FETCH).arg(self.src.written()).arg(insecure).heavy();
            let part = host.ask(probe).await?;
            return match (part.rc, part.out.strip_suffix(b"\n")) {
                (0, Some(path)) => Ok((path.to_vec(), Some(path.to_vec()))),
                _ => Err(Fault::at(
                    "src",
                    format!("Failure downloading {}, {}", self.src.written(), part.error().trim()),
                )),
            };
        }
        let path = host.path(&self.src).await?;
        let shown = String::from_utf8_lossy(&path).into_owned();
        match host.ask_both(Stat::behind(&path), crate::host::Access::of(&path)).await? {
            (None, _) => Err(Fault::at("src", format!("Source '{shown}' does not exist"))),
            (_, (false, _, _)) => Err(Fault::at("src", format!("Source '{shown}' not readable"))),
            (Some(status), _) if status.size == 0 => {
                Err(Fault::at("src", format!("Invalid archive '{shown}', the file is 0 bytes")))
            }
            _ => Ok((path, None)),
        }
    }

    fn given(list: &Option<Vec<String>>) -> impl Iterator<Item = &String> {
        list.iter().flatten().filter(|word| !word.is_empty())
    }

    /// tar's words: what is done, and what with.
    fn tar(&self, job: &Job, what: &[&str], owner: bool) -> Vec<Vec<u8>> {
        let mut argv = vec![job.program.clone().into_bytes()];
        argv.extend(what.iter().map(|word| word.as_bytes().to_vec()));
        argv.extend([b"-C".to_vec(), job.dest.clone()]);
        if job.gzip {
            argv.push(b"-z".to_vec());
        }
        let mut add = |word: String| argv.push(word.into_bytes());
        if self.extra_opts.iter().flatten().next().is_some() {
            add("--show-transformed-names".into());
        }
        Self::given(&self.extra_opts).for_each(|word| add(word.clone()));
        if owner && self.keep_newer {
            add("--keep-newer-files".into());
        }
        for (name, value) in [("owner", &self.attributes.owner), ("group", &self.attributes.group)] {
            if let (true, Some(value)) = (owner, value) {
                add(format!("--{name}={value}"));
            }
        }
        Self::given(&self.exclude).for_each(|word| add(format!("--exclude={word}")));
        argv.extend([b"-f".to_vec(), job.archive.clone()]);
        argv.extend(Self::given(&self.include).map(|word| word.clone().into_bytes()));
        argv
    }

    fn untar(&self, job: &Job) -> Vec<Vec<u8>> {
        self.tar(job, &["--extract"], true)
    }

    async fn look_tar(&self, host: &Host, job: &Job) -> Result<Contents, Fault> {
        let list = self.tar(job, &["--list", "--quoting-style=literal"], false);
        let listed = host.ask(Probe::command(list).heavy()).await?;
        if listed.rc != 0 {
            let archive = self.src.written();
            return Err(Fault::at(
                "src",
                format!(
                    "Failed to find handler for \"{archive}\". Make sure the required command to extract the file is \
                     installed.\nCommand \"{}\" could not handle archive: {}",
                    job.program,
                    listed.error()
                ),
            ));
        }
        let mut files: Vec<Vec<u8>> = listed.out.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        files.pop();
        // What `--strip-components` leaves of the first folder.
        files.iter_mut().filter(|file| *file == b"/").for_each(Vec::clear);
        let root = host.me().await?.uid == 0;
        let compared = host.ask(Probe::command(self.tar(job, &["--diff"], false)).heavy()).await?;
        let text = compared.text() + &compared.error();
        let differs = text.lines().any(|line| self.tells(line, root));
        Ok(Contents { files, differs, prepared: String::new() })
    }

    /// Whether a line of `tar --diff` tells of something that unpacking would change.
    fn tells(&self, line: &str, root: bool) -> bool {
        // Owner and mode are the task's where it names them; only root gives files away.
        let ends = |word: &str| line.ends_with(word);
        if ends(": Uid differs") {
            return root && self.attributes.owner.is_none();
        }
        if ends(": Gid differs") {
            return root && self.attributes.group.is_none();
        }
        if ends(": Mode differs") {
            return self.attributes.mode.is_none();
        }
        // A name that `--strip-components` leaves nothing of, and tar's own remarks.
        if line.contains(": : Warning: Cannot") || line.contains(": Removing leading") {
            return false;
        }
        [" differs", " differ", "No such file or directory", "Not a directory", "Not linked to"]
            .iter()
            .any(|word| line.contains(word))
    }

    /// Owner, mode and so on for everything that was unpacked.
    async fn set_attributes(&self, host: &Host, job: &Job, files: &[Vec<u8>]) -> Result<(), Fault> {
        if self.attributes.is_empty() {
            return Ok(());
        }
        let wanted: Wanted = self.attributes.resolve(host).await?;
        let paths = files.iter().filter_map(|file| below(&job.dest, file)).map(|path| Stat::of(&path));
        let mut acts = Vec::new();
        for status in host.ask_all(paths).await?.into_iter().flatten() {
            if let Some(difference) = wanted.difference(host, &status).await? {
                acts.push(difference.act);
            }
        }
        if !acts.is_empty() {
            host.change(None, acts).await?;
        }
        Ok(())
    }
}

/// A member's path, unless it would be outside of the folder: then the tools have put it elsewhere, or nowhere.
fn below(dest: &[u8], member: &[u8]) -> Option<Vec<u8>> {
    let member = member.strip_suffix(b"/").unwrap_or(member);
    let outside = member.starts_with(b"/") || member.split(|b| *b == b'/').any(|part| part == b"..");
    (!outside && !member.is_empty()).then(|| [dest.strip_suffix(b"/").unwrap_or(dest), b"/", member].concat())
}
