//! Changing: what can be done to a host.

use super::ask::path_word;
use super::conversation::{Host, bytes_payload};
use super::input::Source;
use super::pipe::{Command, Payload, Reply, Request, Run, Script};
use super::status::Status;
use super::tar::{TarFile, TarStream};
use super::wave::nonce;
use crate::Fault;
use std::time::Duration;

pub(super) static SCRATCH: Script =
    Script { name: "act_scratch", text: include_str!("act/scratch.sh"), needs: &[] };
/// Defines `act_place TEMPORARY DEST OWNER MODE BACKUP UNSAFE TELL VALIDATE…`, for scripts that write files.
pub static WRITE: Script = Script { name: "act_write", text: include_str!("act/write.sh"), needs: &[] };
static COPY: Script = Script { name: "act_copy", text: include_str!("act/copy.sh"), needs: &[&WRITE] };
static TREE: Script = Script { name: "act_tree", text: include_str!("act/tree.sh"), needs: &[] };
static ATTRIBUTES: Script =
    Script { name: "act_attributes", text: include_str!("act/attributes.sh"), needs: &[] };
static PATH: Script = Script { name: "act_path", text: include_str!("act/path.sh"), needs: &[] };

/// Something to do to a host; given to [`Host::change`] only.
pub trait Act {
    /// What is sent, in order, in one exchange.
    ///
    /// # Errors
    /// What it needs from the controller cannot be read.
    fn requests(&mut self, host: &Host) -> Result<Vec<Request>, Fault>;

    /// Whether a reply means that it was done.
    ///
    /// # Errors
    /// Why it was not.
    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        if reply.rc == 0 { Ok(()) } else { Err(refused("the host refused", reply)) }
    }
}

/// A fault from a reply: `what`, and what the host said.
pub fn refused(what: &str, reply: &Reply) -> Fault {
    let said = String::from_utf8_lossy(&reply.err);
    let said = said.trim();
    Fault::new(if said.is_empty() {
        format!("{what} (status {})", reply.rc)
    } else {
        format!("{what}: {said}")
    })
    .with("rc", reply.rc)
}

/// A name beside `path` that nobody else uses.
pub(super) fn beside(path: &[u8]) -> Vec<u8> {
    let folder =
        path.iter().rposition(|b| *b == b'/').map_or(&b"./"[..], |at| path.get(..=at).unwrap_or(b"./"));
    let mut name = folder.to_vec();
    name.extend_from_slice(b".impel-");
    name.extend_from_slice(nonce().get(..16).unwrap_or("w").as_bytes());
    name
}

/// Writes a file at once or not at all: beside the target, then renamed over it. What is there lends its owner,
/// mode, ACL and SELinux label unless others are given.
pub struct WriteFile {
    /// Where; links are not followed.
    pub dest: Vec<u8>,
    /// What.
    pub source: Source,
    /// Owner and group by number.
    pub owner: (Option<u32>, Option<u32>),
    /// Permission bits.
    pub mode: Option<u32>,
    /// Keep what is there beside it; the reply names it (see [`WriteFile::backup`]).
    pub backup: bool,
    /// Write in place where renaming is refused.
    pub unsafe_writes: bool,
    /// The reply tells the new status (see [`WriteFile::status`]), which costs a fork.
    pub tell: bool,
    /// A command that must accept the new file: its words, `%s` standing for the path.
    pub validate: Vec<String>,
}

impl WriteFile {
    /// A write that leaves attributes as they are.
    pub fn new(dest: &[u8], source: Source) -> WriteFile {
        WriteFile {
            dest: dest.to_vec(),
            source,
            owner: (None, None),
            mode: None,
            backup: false,
            unsafe_writes: false,
            tell: false,
            validate: Vec::new(),
        }
    }

    /// The name of the backup that was made.
    pub fn backup(reply: &Reply) -> Option<String> {
        let text = String::from_utf8_lossy(&reply.out);
        text.lines().find_map(|line| line.strip_prefix("backup ").map(str::to_string))
    }
}

impl WriteFile {
    /// The status of what was written, where it was to be told.
    pub fn status(reply: &Reply) -> Option<Status> {
        Status::written(&reply.out)
    }

    /// The arguments of `act_place`.
    fn words(&self) -> Vec<Vec<u8>> {
        let dest = path_word(&self.dest);
        let temporary = beside(&dest);
        let shown = String::from_utf8_lossy(&temporary).into_owned();
        let mut words = vec![
            temporary,
            dest,
            owner_word(self.owner),
            mode_word(self.mode),
            yes(self.backup),
            yes(self.unsafe_writes),
            yes(self.tell),
        ];
        words.extend(self.validate.iter().map(|word| word.replace("%s", &shown).into_bytes()));
        words
    }
}

fn owner_word(owner: (Option<u32>, Option<u32>)) -> Vec<u8> {
    match owner {
        (None, None) => String::new(),
        (Some(user), None) => user.to_string(),
        (None, Some(group)) => format!(":{group}"),
        (Some(user), Some(group)) => format!("{user}:{group}"),
    }
    .into_bytes()
}

fn mode_word(mode: Option<u32>) -> Vec<u8> {
    // Five digits, so that GNU chmod clears a folder's setgid too.
    mode.map_or_else(Vec::new, |mode| format!("{mode:05o}").into_bytes())
}

fn yes(flag: bool) -> Vec<u8> {
    if flag { b"y".to_vec() } else { Vec::new() }
}

impl Act for WriteFile {
    fn requests(&mut self, _: &Host) -> Result<Vec<Request>, Fault> {
        let (payload, len) = self.source.payload()?;
        let mut words = self.words();
        words.insert(0, len.to_string().into_bytes());
        let mut request = Request::call("act_write", words, &[&WRITE]);
        request.payload = if payload.is_empty() { bytes_payload(&[]) } else { payload };
        request.secret = self.source.secret;
        Ok(vec![request])
    }

    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        let shown = String::from_utf8_lossy(&self.dest).into_owned();
        match reply.rc {
            0 => Ok(()),
            77 => {
                let out = String::from_utf8_lossy(&reply.out).into_owned();
                let (out, status) = out.rsplit_once("status ").unwrap_or((&out, "1"));
                if status.trim() == "127" {
                    let program = self.validate.first().map_or("", String::as_str);
                    return Err(Fault::new("Error executing command.")
                        .because(format!("[Errno 2] No such file or directory: b'{program}'"))
                        .with("rc", 2)
                        .with("stdout", "")
                        .with("stderr", ""));
                }
                Err(Fault::new("failed to validate")
                    .with("exit_status", status.trim().parse::<i64>().unwrap_or(1))
                    .with("stdout", out)
                    .with("stderr", String::from_utf8_lossy(&reply.err).into_owned()))
            }
            78 => Err(refused(&format!("Could not make backup of {shown}"), reply)),
            _ => Err(refused(&format!("could not write {shown}"), reply)),
        }
    }
}

/// As [`WriteFile`], with the content of a file that is on the host already.
pub struct CopyFile {
    /// The file there.
    pub from: Vec<u8>,
    /// Where and how; its source is not looked at.
    pub write: WriteFile,
}

impl Act for CopyFile {
    fn requests(&mut self, _: &Host) -> Result<Vec<Request>, Fault> {
        let mut words = self.write.words();
        words.insert(0, path_word(&self.from));
        Ok(vec![Request::call("act_copy", words, &[&COPY])])
    }

    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        self.write.judge(reply)
    }
}

/// Many files as one stream; each takes its place at once. Their folders exist.
pub struct WriteTree {
    /// The files, with the numbers of their folders.
    pub files: Vec<TarFile>,
    /// The folders by number.
    pub folders: Vec<Vec<u8>>,
    /// A folder that exists, on the same file system where possible.
    pub beside: Vec<u8>,
    /// Some take the place of others, whose ACL, label and extended attributes they get.
    pub replaces: bool,
}

impl Act for WriteTree {
    fn requests(&mut self, _: &Host) -> Result<Vec<Request>, Fault> {
        let stream = TarStream::new(&self.files);
        let len = stream.len();
        let temporary = beside(&[path_word(&self.beside).as_slice(), b"/x"].concat());
        let mut words = vec![len.to_string().into_bytes(), temporary, yes(self.replaces)];
        words.extend(self.folders.iter().map(|folder| path_word(folder)));
        let mut request = Request::call("act_tree", words, &[&TREE]);
        request.payload = Payload::Stream { from: Box::new(stream), len };
        request.secret = self.files.iter().any(|file| file.source.secret);
        Ok(vec![request])
    }

    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        match reply.rc {
            0 => Ok(()),
            79 => Err(Fault::new("the host has no `tar`, which copying a folder needs")),
            _ => Err(refused("could not write the files", reply)),
        }
    }
}

/// Sets owner, mode and flags of paths that get the same ones.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// Which.
    pub paths: Vec<Vec<u8>>,
    /// Set those of what links lead to.
    pub follow: bool,
    /// Owner and group by number.
    pub owner: (Option<u32>, Option<u32>),
    /// Permission bits.
    pub mode: Option<u32>,
    /// What `chattr` is given.
    pub flags: Option<String>,
    /// The SELinux context.
    pub context: Option<String>,
}

impl Act for Attributes {
    fn requests(&mut self, _: &Host) -> Result<Vec<Request>, Fault> {
        let fixed = [
            if self.follow { b"L".to_vec() } else { b"P".to_vec() },
            owner_word(self.owner),
            mode_word(self.mode),
            self.flags.clone().unwrap_or_default().into_bytes(),
            self.context.clone().unwrap_or_default().into_bytes(),
        ];
        let some = |paths: &[Vec<u8>]| {
            let words = fixed.iter().cloned().chain(paths.iter().map(|p| path_word(p)));
            Request::call("act_attributes", words, &[&ATTRIBUTES])
        };
        Ok(self.paths.chunks(200).map(some).collect())
    }

    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        let said = String::from_utf8_lossy(&reply.err).trim().to_string();
        match reply.rc {
            0 => Ok(()),
            11 => Err(Fault::new("chown failed").with("details", said)),
            12 => Err(Fault::new("chmod failed").with("details", said)),
            13 => Err(Fault::new("chattr failed").with("details", said)),
            14 => Err(Fault::new("set selinux context failed").with("details", said)),
            _ => Err(refused("could not set attributes", reply)),
        }
    }
}

/// Several acts in one exchange; the first that fails is told.
impl Act for Vec<Attributes> {
    fn requests(&mut self, host: &Host) -> Result<Vec<Request>, Fault> {
        let mut all = Vec::new();
        for act in self {
            all.extend(act.requests(host)?);
        }
        Ok(all)
    }

    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        Attributes::default().judge(reply)
    }
}

/// A call of a script's function, or of a program, as a change.
pub struct Perform {
    request: Request,
    what: String,
    any_status: bool,
}

impl Perform {
    /// A call of `function`, which `script` defines; `what` failed, if it fails ("could not add the user").
    pub fn script(what: impl Into<String>, function: &'static str, script: &'static Script) -> Perform {
        Perform { request: Request::call(function, [], &[script]), what: what.into(), any_status: false }
    }

    /// A program in a child of its own, with the task's environment and output files of its own: for what may leave
    /// a daemon behind, and for tools that users know.
    pub fn command<W: Into<Vec<u8>>>(what: impl Into<String>, argv: impl IntoIterator<Item = W>) -> Perform {
        let request = Request {
            run: Run::Command(Command::default()),
            argv: argv.into_iter().map(Into::into).collect(),
            scripts: Vec::new(),
            payload: Payload::None,
            sink: None,
            secret: false,
        };
        Perform { request, what: what.into(), any_status: false }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, word: impl Into<Vec<u8>>) -> Perform {
        self.request.argv.push(word.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<W: Into<Vec<u8>>>(mut self, words: impl IntoIterator<Item = W>) -> Perform {
        self.request.argv.extend(words.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of a command's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Perform {
        if let Run::Command(command) = &mut self.request.run {
            command.environment.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        }
        self
    }

    /// Its stdin (a command), or a payload that a function reads (it gets the length as its first argument).
    #[must_use]
    pub fn stdin(mut self, bytes: &[u8]) -> Perform {
        match &mut self.request.run {
            Run::Command(command) => command.stdin = true,
            Run::Function => self.request.argv.insert(1, bytes.len().to_string().into_bytes()),
        }
        self.request.payload = bytes_payload(bytes);
        self
    }

    /// Marks arguments or stdin as secret.
    #[must_use]
    pub fn secret(mut self) -> Perform {
        self.request.secret = true;
        self
    }

    /// Every status is fine; the module looks at the reply itself.
    #[must_use]
    pub fn any_status(mut self) -> Perform {
        self.any_status = true;
        self
    }
}

impl Act for Perform {
    fn requests(&mut self, _: &Host) -> Result<Vec<Request>, Fault> {
        let request = std::mem::replace(&mut self.request, Request::call("", [], &[]));
        Ok(vec![request])
    }

    fn judge(&self, reply: &Reply) -> Result<(), Fault> {
        if reply.rc == 0 || self.any_status { Ok(()) } else { Err(refused(&self.what, reply)) }
    }
}

/// The user's own command, whatever its status.
pub struct UserCommand {
    /// Program and arguments.
    pub argv: Vec<Vec<u8>>,
    /// Folder to change to first.
    pub chdir: Option<Vec<u8>>,
    /// Its stdin.
    pub stdin: Option<Vec<u8>>,
    /// Kill it after this long.
    pub timeout: Option<Duration>,
    /// The task's `environment` does not reach it.
    pub plain: bool,
}

impl Act for UserCommand {
    fn requests(&mut self, _: &Host) -> Result<Vec<Request>, Fault> {
        let command = Command {
            chdir: self.chdir.take(),
            environment: Vec::new(),
            timeout: self.timeout,
            stdin: self.stdin.is_some(),
            plain: self.plain,
        };
        Ok(vec![Request {
            run: Run::Command(command),
            argv: std::mem::take(&mut self.argv),
            scripts: Vec::new(),
            payload: self.stdin.take().map_or(Payload::None, |bytes| bytes_payload(&bytes)),
            sink: None,
            secret: false,
        }])
    }

    fn judge(&self, _: &Reply) -> Result<(), Fault> {
        Ok(())
    }
}

/// Makes folders, parents first.
pub fn make_folders(paths: &[Vec<u8>]) -> Perform {
    Perform::script("could not make the folder", "act_folders", &PATH)
        .args(paths.iter().map(|p| path_word(p)))
}

/// Removes a path with all that is below it.
pub fn remove(path: &[u8]) -> Perform {
    Perform::script("could not remove it", "act_remove", &PATH).arg(path_word(path))
}

/// Puts a symbolic link there, in place of what is there.
pub fn symlink(target: &[u8], path: &[u8]) -> Perform {
    let path = path_word(path);
    let temporary = beside(&path);
    let act = Perform::script("Error while linking", "act_link", &PATH).arg("s").arg(target);
    act.arg(path).arg(temporary)
}

/// Puts a hard link there, in place of what is there.
pub fn hard_link(target: &[u8], path: &[u8]) -> Perform {
    let path = path_word(path);
    let temporary = beside(&path);
    let act = Perform::script("Error while linking", "act_link", &PATH).arg("h").arg(path_word(target));
    act.arg(path).arg(temporary)
}

/// Makes an empty file where there is none, and sets times: empty is as it is, `now`, or a stamp of `touch -t`.
pub fn touch(path: &[u8], access: &str, modification: &str) -> Perform {
    Perform::script("Error, could not touch target", "act_touch", &PATH)
        .arg(path_word(path))
        .arg(access)
        .arg(modification)
}
