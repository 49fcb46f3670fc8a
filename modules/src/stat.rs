//! `stat`: what is at a path.

use crate::args::{Choice as _, PathArg};
use crate::host::{
    Access, Algorithm, Checksum, FileKind, Host, Probe, Readlink, RealPath, Stat, Status, join,
};
use crate::registry::Module;
use crate::{Args, Choice, Data, Fault, Map, Outcome};

/// Retrieve facts for a file, similar to the Linux/Unix `stat` command.
#[derive(Args)]
pub struct StatModule {
    /// The full path of the file or object to get the facts of.
    #[arg(alias("dest", "name"))]
    path: PathArg,
    /// Whether to follow symlinks.
    #[arg(default = false)]
    follow: bool,
    /// Whether to return a checksum of the file.
    #[arg(default = true)]
    get_checksum: bool,
    /// Whether to return the type of the file, as the host's `file` program sees it.
    #[arg(default = true, alias("mime", "mime_type", "mime-type"))]
    get_mime: bool,
    /// Whether to return the file's flags, as `lsattr` does.
    #[arg(default = true, alias("attr", "attributes"))]
    get_attributes: bool,
    /// Which checksum.
    #[arg(default = "sha1", alias("checksum", "checksum_algo"))]
    checksum_algorithm: Sum,
}

/// Which checksum.
#[derive(Choice, Clone, Copy)]
enum Sum {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Sum {
    fn algorithm(self) -> Algorithm {
        match self {
            Sum::Md5 => Algorithm::Md5,
            Sum::Sha1 => Algorithm::Sha1,
            Sum::Sha224 => Algorithm::Sha224,
            Sum::Sha256 => Algorithm::Sha256,
            Sum::Sha384 => Algorithm::Sha384,
            Sum::Sha512 => Algorithm::Sha512,
        }
    }
}

impl Module for StatModule {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let path = host.path(&self.path).await?;
        let asked = if self.follow { Stat::behind(&path) } else { Stat::of(&path) };
        let (status, folder) = host.ask_both(asked, Stat::behind(crate::file::dirname(&path))).await?;
        let Some(status) = status else {
            if folder.is_some_and(|folder| !folder.is_folder()) {
                return Err(Fault::at("path", "Not a directory"));
            }
            return Ok(absent());
        };
        let mut map = fields(&status, &path);
        // Everything else is asked at once.
        let sum = async {
            match status.is_file() && self.get_checksum {
                true => {
                    let algorithm = self.checksum_algorithm.algorithm();
                    host.ask(Checksum::sized(&path, algorithm, status.size)).await
                }
                false => Ok(None),
            }
        };
        let mime = async {
            match self.get_mime {
                true => self.mime(host, &path).await.map(Some),
                false => Ok(None),
            }
        };
        let flags = async {
            match self.get_attributes {
                true => self.flags(host, &path).await,
                false => Ok(Map::new()),
            }
        };
        let ((access, sum), (mime, flags)) =
            join(join(host.ask(Access::of(&path)), sum), join(mime, flags)).await;
        let (read, write, execute) = access?;
        map.insert("readable".into(), read.into());
        map.insert("writeable".into(), write.into());
        map.insert("executable".into(), execute.into());
        if status.is_link() {
            let (says, leads) = host.ask_both(Readlink::of(&path), RealPath::of(&path)).await?;
            map.insert("lnk_source".into(), Data::lossy(&leads.unwrap_or_default()));
            map.insert("lnk_target".into(), Data::lossy(&says.unwrap_or_default()));
        }
        if read && let Some(sum) = sum? {
            map.insert("checksum".into(), sum.into());
        }
        if let Some((mime, charset)) = mime? {
            map.insert("mimetype".into(), mime.into());
            map.insert("charset".into(), charset.into());
        }
        map.extend(flags?);
        Ok(Outcome::new().with("stat", map))
    }
}

fn absent() -> Outcome {
    let map = Map::from_iter([("exists".to_string(), Data::Bool(false))]);
    Outcome::new().with("stat", map)
}

fn fields(status: &Status, path: &[u8]) -> Map {
    let mode = status.mode();
    let is = |kind| Data::Bool(status.kind() == kind);
    let may = |bit: u32| Data::Bool(mode & bit != 0);
    let mut map = Map::new();
    let mut put = |name: &str, value: Data| map.insert(name.to_string(), value);
    put("exists", true.into());
    put("path", Data::lossy(path));
    put("mode", format!("{mode:04o}").into());
    put("isdir", is(FileKind::Folder));
    put("ischr", is(FileKind::CharDevice));
    put("isblk", is(FileKind::BlockDevice));
    put("isreg", is(FileKind::File));
    put("isfifo", is(FileKind::Fifo));
    put("islnk", is(FileKind::Link));
    put("issock", is(FileKind::Socket));
    put("uid", status.uid.into());
    put("gid", status.gid.into());
    put("size", status.size.into());
    put("inode", status.inode.into());
    put("dev", status.dev.into());
    put("nlink", status.nlink.into());
    put("atime", status.atime.into());
    put("mtime", status.mtime.into());
    put("ctime", status.ctime.into());
    for (name, bit) in [
        ("wusr", 0o200),
        ("rusr", 0o400),
        ("xusr", 0o100),
        ("wgrp", 0o020),
        ("rgrp", 0o040),
        ("xgrp", 0o010),
        ("woth", 0o002),
        ("roth", 0o004),
        ("xoth", 0o001),
        ("isuid", 0o4000),
        ("isgid", 0o2000),
    ] {
        put(name, may(bit));
    }
    put("blocks", status.blocks.into());
    // What Linux gives for all common file systems; `stat` has no portable letter for it.
    put("block_size", 4096.into());
    let (major, minor) = status.device;
    put("device_type", ((major << 8) | minor).into());
    if let Some(user) = &status.user {
        put("pw_name", user.as_str().into());
    }
    if let Some(group) = &status.group {
        put("gr_name", group.as_str().into());
    }
    map
}

impl StatModule {
    /// What `file` says; `unknown` where the host has no such program.
    async fn mime(&self, host: &Host, path: &[u8]) -> Result<(String, String), Fault> {
        // `follow` or not, it is the path itself that is looked at, as there.
        let mut words: Vec<&[u8]> = vec![b"file"];
        words.extend([&b"--mime-type"[..], b"--mime-encoding", b"-b", b"--", path]);
        let part = host.ask(Probe::command(words)).await?;
        let text = part.text();
        let (mime, charset) = text.trim().split_once(';').unwrap_or(("unknown", ""));
        let charset = charset.trim().strip_prefix("charset=").unwrap_or("unknown");
        if part.rc != 0 {
            return Ok(("unknown".into(), "unknown".into()));
        }
        Ok((mime.trim().to_string(), charset.to_string()))
    }

    async fn flags(&self, host: &Host, path: &[u8]) -> Result<Map, Fault> {
        let part = host.ask(Probe::command([&b"lsattr"[..], b"-vd", path])).await?;
        let text = part.text();
        let mut words = text.split_whitespace();
        let (version, letters) = match (part.rc, words.next(), words.next()) {
            (0, Some(version), Some(letters)) => (Some(version), letters.replace('-', "")),
            _ => (None, String::new()),
        };
        let names = letters.chars().filter_map(flag_name).map(Data::from).collect::<Vec<_>>();
        let mut map = Map::new();
        map.insert("version".into(), version.map(str::to_string).into());
        map.insert("attr_flags".into(), letters.into());
        map.insert("attributes".into(), names.into());
        Ok(map)
    }
}

/// The names that Ansible gives to the letters of `lsattr`.
fn flag_name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        'X' => "compressedraw",
        'Z' => "compresseddirty",
        _ => return None,
    })
}

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
