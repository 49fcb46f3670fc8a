//! `find`: files below folders, by name, age, size, kind, mode, content.

use crate::args::{Mode, PathArg};
use crate::host::{Algorithm, Checksum, FileKind, Host, Read, Reading, Stat, Status, Tree};
use crate::pattern::Pattern;
use crate::registry::Module;
use crate::{Args, Choice, Data, Fault, Map, Outcome, fnmatch};
use std::time::{SystemTime, UNIX_EPOCH};

/// Files above this are not searched for `contains`.
const LIMIT: u64 = 64 << 20;

/// Return a list of files based on specific criteria.
#[derive(Args)]
pub struct Find {
    /// Folders to search.
    #[arg(alias("name", "path"))]
    paths: Vec<PathArg>,
    /// Patterns of names: shell's, or regular expressions with `use_regex`.
    #[arg(default = Vec::<Data>::new(), alias("pattern"))]
    patterns: Vec<String>,
    /// Patterns of names to leave out.
    #[arg(alias("exclude"))]
    excludes: Option<Vec<String>>,
    /// A regular expression that the content must match.
    contains: Option<String>,
    /// Match `contains` against the whole content, not line by line.
    #[arg(default = false)]
    read_whole_file: bool,
    /// The encoding of the contents: only UTF-8 is read.
    encoding: Option<String>,
    /// What to find.
    #[arg(default = "file")]
    file_type: Type,
    /// At least so old (`2d`), or at most with a minus.
    age: Option<String>,
    /// Which time counts as age.
    #[arg(default = "mtime")]
    age_stamp: Stamp,
    /// At least so large (`1m`), or at most with a minus.
    size: Option<String>,
    /// Descend into folders.
    #[arg(default = false)]
    recurse: bool,
    /// Descend so many levels.
    depth: Option<i64>,
    /// Stop after so many.
    limit: Option<i64>,
    /// Find hidden files too.
    #[arg(default = false)]
    hidden: bool,
    /// Follow symbolic links.
    #[arg(default = false)]
    follow: bool,
    /// The permissions it must have.
    mode: Option<Mode>,
    /// Exactly these permissions, not at least these.
    #[arg(default = true)]
    exact_mode: bool,
    /// Patterns are regular expressions.
    #[arg(default = false)]
    use_regex: bool,
    /// Return checksums too.
    #[arg(default = false)]
    get_checksum: bool,
    /// Which checksum.
    #[arg(default = "sha1", alias("checksum", "checksum_algo"))]
    checksum_algorithm: Sum,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum Type {
    Any,
    Directory,
    File,
    Link,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum Stamp {
    Atime,
    Ctime,
    Mtime,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum Sum {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Names by shell patterns or regular expressions.
enum Names {
    Shell(Vec<String>),
    Regex(Vec<Pattern>),
}

impl Names {
    fn new(patterns: &[String], regex: bool, argument: &str) -> Result<Names, Fault> {
        if !regex {
            return Ok(Names::Shell(patterns.to_vec()));
        }
        // Python's match: at the beginning.
        let compiled = patterns.iter().map(|p| Pattern::new(&format!("^(?:{p})"), argument));
        Ok(Names::Regex(compiled.collect::<Result<_, _>>()?))
    }

    fn any(&self, name: &str) -> bool {
        match self {
            Names::Shell(patterns) => patterns.iter().any(|p| fnmatch::matches(p, name)),
            Names::Regex(patterns) => patterns.iter().any(|p| p.is_in(name)),
        }
    }
}

impl Module for Find {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if self
            .encoding
            .as_deref()
            .is_some_and(|e| !matches!(e.to_lowercase().as_str(), "utf-8" | "utf8" | "ascii"))
        {
            return Err(Fault::at("encoding", "only UTF-8 contents can be searched"));
        }
        if self.follow {
            return Err(Fault::at("follow", "following links while searching is not there yet"));
        }
        let all = if self.use_regex { ".*" } else { "*" };
        let patterns = if self.patterns.is_empty() { vec![all.to_owned()] } else { self.patterns.clone() };
        let names = Names::new(&patterns, self.use_regex, "patterns")?;
        let excluded = Names::new(self.excludes.as_deref().unwrap_or(&[]), self.use_regex, "excludes")?;
        let age = self.age.as_deref().map(seconds).transpose()?;
        let size = self.size.as_deref().map(bytes).transpose()?;
        let contains = match &self.contains {
            Some(text) if self.read_whole_file => Some(Pattern::new(text, "contains")?),
            Some(text) => Some(Pattern::new(&format!("^(?:{text})"), "contains")?),
            None => None,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        let depth = if self.recurse { self.depth.and_then(|d| u32::try_from(d).ok()) } else { Some(1) };
        let (mut files, mut skipped, mut examined) = (Vec::new(), Map::new(), 0_i64);
        let limit = self.limit.and_then(|l| usize::try_from(l).ok()).unwrap_or(usize::MAX);
        for path in &self.paths {
            let path = host.path(path).await?;
            let shown = String::from_utf8_lossy(&path).into_owned();
            if !host.ask(Stat::behind(&path)).await?.is_some_and(|s| s.is_folder()) {
                skipped.insert(shown.clone(), format!("'{shown}' is not a directory").into());
                continue;
            }
            // A trailing slash enters a folder behind a link.
            let root = [path.strip_suffix(b"/").unwrap_or(&path), b"/"].concat();
            // With `depth`, Ansible also counts (and no more) what is one level deeper.
            let tree = match depth {
                Some(depth) => Tree::levels(&root, depth + u32::from(self.recurse)),
                None => Tree::below(&root),
            };
            for status in host.ask(tree).await? {
                if status.path.len() <= root.len() {
                    continue;
                }
                examined += 1;
                let below = status.path.get(root.len()..).unwrap_or_default();
                let level = below.iter().filter(|b| **b == b'/').count() + 1;
                if depth.is_some_and(|depth| level > depth as usize) {
                    continue;
                }
                if files.len() >= limit {
                    break;
                }
                if !self.suits(&status, &root, &names, &excluded, age.map(|age| (age, now)), size)? {
                    continue;
                }
                if let Some(contains) = &contains
                    && !(status.is_file() && self.content_matches(host, &status, contains).await?)
                {
                    continue;
                }
                let mut entry = described(&status);
                if self.get_checksum && status.is_file() {
                    let sum = Checksum::sized(&status.path, self.checksum_algorithm.algorithm(), status.size);
                    entry.insert("checksum".to_owned(), host.ask(sum).await?.into());
                }
                files.push(Data::Map(entry));
            }
        }
        let message = if skipped.is_empty() {
            "All paths examined"
        } else {
            "Not all paths examined, check warnings for details"
        };
        let mut outcome = Outcome::new();
        for reason in skipped.values() {
            outcome = outcome.warn(format!("Skipped {}", reason.as_str().unwrap_or("")));
        }
        let matched = i64::try_from(files.len()).unwrap_or(i64::MAX);
        Ok(outcome
            .with("files", files)
            .with("matched", matched)
            .with("msg", message)
            .with("examined", examined)
            .with("skipped_paths", skipped))
    }
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

impl Find {
    fn suits(
        &self,
        status: &Status,
        root: &[u8],
        names: &Names,
        excluded: &Names,
        age: Option<(f64, f64)>,
        size: Option<f64>,
    ) -> Result<bool, Fault> {
        let below = status.path.get(root.len()..).unwrap_or_default();
        let name = String::from_utf8_lossy(below.rsplit(|b| *b == b'/').next().unwrap_or(below)).into_owned();
        // Hidden folders are not entered either way; only the last name counts, as with Ansible.
        if !self.hidden && name.starts_with('.') {
            return Ok(false);
        }
        let kind = match self.file_type {
            Type::Any => true,
            Type::Directory => status.is_folder(),
            Type::File => status.is_file(),
            Type::Link => status.kind() == FileKind::Link,
        };
        if !kind || !names.any(&name) || excluded.any(&name) {
            return Ok(false);
        }
        if let Some((wanted, now)) = age {
            let stamp = match self.age_stamp {
                Stamp::Atime => status.atime,
                Stamp::Ctime => status.ctime,
                Stamp::Mtime => status.mtime,
            };
            let old = now - stamp;
            if (wanted >= 0.0 && old < wanted) || (wanted < 0.0 && old > -wanted) {
                return Ok(false);
            }
        }
        // Sizes are asked of files; folders and links have none that means something.
        if let Some(wanted) = size.filter(|_| status.is_file()) {
            let own = status.size as f64;
            if (wanted >= 0.0 && own < wanted) || (wanted < 0.0 && own > -wanted) {
                return Ok(false);
            }
        }
        if let Some(mode) = &self.mode {
            let wanted = mode.apply(0, status.is_folder(), 0)?;
            let own = status.mode();
            let same = if self.exact_mode { own == wanted } else { own & wanted == wanted };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn content_matches(&self, host: &Host, status: &Status, contains: &Pattern) -> Result<bool, Fault> {
        let Reading::Content(bytes) = host.ask(Read::of(&status.path, LIMIT)).await? else {
            return Ok(false);
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(if self.read_whole_file { contains.is_in(&text) } else { text.lines().any(|l| contains.is_in(l)) })
    }
}

/// `-2w`: a number with a unit of time.
fn seconds(text: &str) -> Result<f64, Fault> {
    let units = [('s', 1.0), ('m', 60.0), ('h', 3600.0), ('d', 86400.0), ('w', 604_800.0)];
    number(text, &units).ok_or_else(|| Fault::at("age", "failed to process age").with("age", text))
}

/// `-10k`: a number with a unit of size.
fn bytes(text: &str) -> Result<f64, Fault> {
    let units =
        [('b', 1.0), ('k', 1024.0), ('m', 1_048_576.0), ('g', 1_073_741_824.0), ('t', 1_099_511_627_776.0)];
    number(text, &units).ok_or_else(|| Fault::at("size", "failed to process size").with("size", text))
}

fn number(text: &str, units: &[(char, f64)]) -> Option<f64> {
    let text = text.trim().to_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text[digits.len()..].chars().next();
    let factor = match unit {
        None => 1.0,
        Some(unit) => units.iter().find(|(u, _)| *u == unit)?.1,
    };
    digits.parse::<i64>().ok().map(|n| n as f64 * factor)
}

fn described(status: &Status) -> Map {
    let mut map = Map::new();
    let mut put = |name: &str, value: Data| map.insert(name.to_owned(), value);
    put("path", Data::lossy(&status.path));
    put("mode", format!("{:04o}", status.mode()).into());
    for (name, kind) in [
        ("isdir", FileKind::Folder),
        ("ischr", FileKind::CharDevice),
        ("isblk", FileKind::BlockDevice),
        ("isreg", FileKind::File),
        ("isfifo", FileKind::Fifo),
        ("islnk", FileKind::Link),
        ("issock", FileKind::Socket),
    ] {
        put(name, (status.kind() == kind).into());
    }
    put("uid", status.uid.into());
    put("gid", status.gid.into());
    put("size", status.size.into());
    put("inode", status.inode.into());
    put("dev", status.dev.into());
    put("nlink", status.nlink.into());
    put("atime", status.atime.into());
    put("mtime", status.mtime.into());
    put("ctime", status.ctime.into());
    put("gr_name", status.group.clone().unwrap_or_default().into());
    put("pw_name", status.user.clone().unwrap_or_default().into());
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
        put(name, (status.mode() & bit != 0).into());
    }
    map
}
