//! `assemble`: a file put together from the files of a folder, on the host or on the controller.

use crate::args::{Mode, PathArg};
use crate::attributes::{FileAttributes, Wanted, path_info};
use crate::edit::validate_words;
use crate::file::basename;
use crate::host::{
    Algorithm, Checksum, FileKind, Host, Input, Read, Reading, Source, Stat, Status, Tree, WriteFile,
};
use crate::pattern::Pattern;
use crate::registry::Module;
use crate::{Args, Data, Diff, Fault, Outcome};

/// Larger fragments are not assembled: they travel through the controller.
const LIMIT: u64 = 64 << 20;
/// Larger contents are not shown in differences.
const SHOWN: u64 = 104_448;

/// Assemble configuration files from fragments.
#[derive(Args)]
pub struct Assemble {
    /// A folder full of source files.
    src: PathArg,
    /// The file to create of them, in order of their names.
    dest: PathArg,
    /// Keep a copy of the file as it was.
    #[arg(default = false)]
    backup: bool,
    /// What separates the files' contents; Python's escapes hold.
    delimiter: Option<String>,
    /// The folder is on the host.
    #[arg(default = true)]
    remote_src: bool,
    /// Only files whose name matches.
    regexp: Option<String>,
    /// Whether names that begin with a dot are left out.
    #[arg(default = false)]
    ignore_hidden: bool,
    /// A command that must accept the new file, `%s` standing for its path.
    validate: Option<String>,
    /// Whether vault-encrypted fragments are decrypted; done by the controller.
    #[expect(dead_code, reason = "the controller sees to it")]
    #[arg(default = true)]
    decrypt: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// Fragments joined: each begins on a line of its own.
#[derive(Default)]
pub struct Assembly {
    content: Vec<u8>,
    begun: bool,
    lacks_newline: bool,
}

impl Assembly {
    /// Adds the next fragment.
    pub fn add(&mut self, fragment: &[u8], delimiter: Option<&str>) {
        if self.lacks_newline {
            self.content.push(b'\n');
        }
        if let (true, Some(delimiter)) = (self.begun, delimiter.filter(|d| !d.is_empty())) {
            self.content.extend_from_slice(delimiter.as_bytes());
            if !delimiter.ends_with('\n') {
                self.content.push(b'\n');
            }
        }
        self.content.extend_from_slice(fragment);
        self.begun = true;
        self.lacks_newline = !fragment.is_empty() && !fragment.ends_with(b"\n");
    }

    /// All of it.
    pub fn content(self) -> Vec<u8> {
        self.content
    }
}

/// Which names are assembled.
pub struct Selection {
    pattern: Option<Pattern>,
    ignore_hidden: bool,
}

impl Selection {
    /// Those that match `regexp`.
    ///
    /// # Errors
    /// It is no regular expression.
    pub fn new(regexp: Option<&str>, ignore_hidden: bool) -> Result<Selection, Fault> {
        let pattern = regexp.filter(|r| !r.is_empty()).map(|r| Pattern::new(r, "regexp")).transpose();
        let pattern = pattern.map_err(|fault| {
            let why = fault.message.rsplit(": ").next().unwrap_or_default().to_string();
            Fault::at("regexp", format!("Invalid Regexp ({why}) in \"{}\"", regexp.unwrap_or_default()))
        })?;
        Ok(Selection { pattern, ignore_hidden })
    }

    /// Whether a file of this name is taken.
    pub fn takes(&self, name: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_in(name))
            && !(self.ignore_hidden && name.starts_with('.'))
    }
}

impl Module for Assemble {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let (src, dest) = (host.path(&self.src).await?, host.path(&self.dest).await?);
        let given = match host.input("src") {
            Some(Input::File(source)) => Some(source),
            _ if !self.remote_src => return Err(Fault::new("the controller has given no fragments")),
            _ => None,
        };
        let local = given.is_some();
        let source = match given {
            Some(source) => source,
            None => self.assemble_there(host, &src).await?,
        };
        let sha1 = source.sha1()?.to_string();
        let md5 = host.for_result(|| source.md5().map(str::to_string))?;
        let shown = String::from_utf8_lossy(&dest).into_owned();
        let status = host.ask(Stat::behind(&dest)).await?;
        if status.as_ref().is_some_and(Status::is_folder) {
            return Err(Fault::at("dest", format!("{shown} is a folder")));
        }
        let size = status.as_ref().map_or(0, |s| s.size);
        let sum = host.ask(Checksum::sized(&dest, Algorithm::Sha1, size)).await?;
        let wanted = self.attributes.resolve(host).await?;
        let mut outcome = Outcome::new();
        if sum.as_deref() != Some(&sha1) {
            let diff = match local && host.diff_mode() {
                true => Some(diff(host, &dest, &shown, &source, status.is_some()).await?),
                false => None,
            };
            let act = WriteFile {
                backup: self.backup && status.is_some(),
                unsafe_writes: self.attributes.unsafe_writes,
                validate: validate_words(self.validate.as_deref())?,
                mode: fresh_mode(&wanted, status.as_ref())?,
                ..WriteFile::new(&dest, source)
            };
            let gate = host.change(diff, act).await;
            let reply = if local { gate? } else { gate.map_err(crate::edit::validation_words)? }.acted();
            let backup = reply.as_ref().and_then(WriteFile::backup);
            outcome = outcome.with_some("backup_file", backup);
        }
        let mut status = host.ask(Stat::of(&dest)).await?;
        if let Some(now) = &status
            && let Some(difference) = wanted.difference(host, now).await?
            && host.change(None, difference.act).await?.acted().is_some()
        {
            status = host.ask(Stat::of(&dest)).await?;
        }
        let outcome = outcome
            .with("src", self.src.written())
            .with("dest", shown)
            .with("checksum", sha1)
            .with_some("md5sum", md5);
        let outcome = if local { outcome } else { outcome.with("msg", "OK") };
        Ok(outcome.with_all(path_info(status.as_ref())))
    }
}

/// The mode of a new file, so that it never has another.
fn fresh_mode(wanted: &Wanted, now: Option<&Status>) -> Result<Option<u32>, Fault> {
    match (&wanted.mode, now) {
        (Some(mode @ (Mode::Bits(_) | Mode::Symbolic(_))), None) => {
            mode.apply(0o666 & !wanted.umask, false, wanted.umask).map(Some)
        }
        _ => Ok(None),
    }
}

impl Assemble {
    async fn assemble_there(&self, host: &Host, src: &[u8]) -> Result<Source, Fault> {
        let shown = String::from_utf8_lossy(src).into_owned();
        match host.ask(Stat::behind(src)).await? {
            None => return Err(Fault::at("src", format!("Source ({shown}) does not exist"))),
            Some(status) if !status.is_folder() => {
                return Err(Fault::at("src", format!("Source ({shown}) is not a directory")));
            }
            Some(_) => {}
        }
        let selection = Selection::new(self.regexp.as_deref(), self.ignore_hidden)?;
        let delimiter = self.delimiter.as_deref().map(unescape);
        // A slash at the end makes `find` look behind a link.
        let folder = [src.strip_suffix(b"/").unwrap_or(src), b"/"].concat();
        let below = host.ask(Tree::levels(&folder, 1)).await?;
        let inside = |status: &&Status| {
            let name = basename(&status.path);
            matches!(status.kind(), FileKind::File | FileKind::Link)
                && selection.takes(&String::from_utf8_lossy(name))
        };
        let mut paths: Vec<Vec<u8>> = below.iter().filter(inside).map(|status| status.path.clone()).collect();
        paths.sort_by(|a, b| basename(a).cmp(basename(b)));
        let readings = host.ask_all(paths.iter().map(|path| Read::of(path, LIMIT))).await?;
        let mut assembly = Assembly::default();
        for (path, reading) in paths.iter().zip(readings) {
            let name = String::from_utf8_lossy(path);
            match reading {
                Reading::Content(content) => assembly.add(&content, delimiter.as_deref()),
                // A link to a folder, or to nothing.
                Reading::Folder | Reading::Absent => {}
                Reading::TooLong => {
                    return Err(Fault::at("src", format!("{name} is too large to be assembled")));
                }
                Reading::Refused(why) => {
                    return Err(Fault::at("src", format!("could not read {name}: {why}")));
                }
            }
        }
        Ok(Source::bytes(assembly.content()))
    }
}

async fn diff(host: &Host, dest: &[u8], shown: &str, source: &Source, there: bool) -> Result<Diff, Fault> {
    let mut diff = Diff { before: "".into(), after_header: Some(shown.to_string()), ..Diff::default() };
    if there {
        diff.before_header = Some(shown.to_string());
        if let Reading::Content(before) = host.ask(Read::of(dest, SHOWN)).await? {
            diff.before = Data::lossy(&before);
        }
    }
    diff.after = match source.read(SHOWN)? {
        Some(after) => Data::lossy(&after),
        None => Data::from("the new content is too large to be shown\n"),
    };
    Ok(diff)
}

/// A delimiter's `\n` and its like.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(c @ ('\\' | '\'' | '"')) => out.push(c),
            Some('x') => {
                let hex: String = chars.clone().take(2).collect();
                match u8::from_str_radix(&hex, 16) {
                    Ok(byte) if hex.len() == 2 => {
                        out.push(char::from(byte));
                        chars.by_ref().nth(1);
                    }
                    _ => out.push_str("\\x"),
                }
            }
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module_tests::Lab;

    #[test]
    fn fragments_begin_on_lines_of_their_own() {
        let mut assembly = Assembly::default();
        for fragment in ["one", "", "two\n"] {
            assembly.add(fragment.as_bytes(), Some("--"));
        }
        assert_eq!(assembly.content(), b"one\n--\n--\ntwo\n");
        assert_eq!(unescape(r"a\n\x41\\q\z"), "a\nA\\q\\z");
    }

    #[test]
    fn a_folder_of_the_host_becomes_a_file() {
        let mut lab = Lab::new();
        std::fs::create_dir_all(lab.folder.join("src/sub")).unwrap();
        lab.write("src/b", "b\n");
        lab.write("src/a", "a");
        lab.write("src/.h", "h\n");
        let args = r#"{"src": "D/src", "dest": "D/out", "ignore_hidden": true, "mode": "0600"}"#;
        lab.changes_once("assemble", args);
        assert_eq!(lab.read("out"), "a\nb\n");
        assert_eq!(lab.mode("out"), "0600");
        lab.changes_once("assemble", r#"{"src": "D/src/", "dest": "D/out", "regexp": "^b$"}"#);
        assert_eq!(lab.read("out"), "b\n");
        assert_eq!(
            lab.fails("assemble", r#"{"src": "D/out", "dest": "D/x"}"#),
            format!("Source ({}) is not a directory", lab.at("out"))
        );
        let validated = r#"{"src": "D/src", "dest": "D/out", "validate": "false %s"}"#;
        assert_eq!(lab.fails("assemble", validated), "failed to validate: rc:1 error:");
        assert_eq!(lab.read("out"), "b\n");
    }
}
