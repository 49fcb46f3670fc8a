//! Editing a text file in place: what `lineinfile`, `blockinfile` and `replace` share.

use crate::attributes::{FileAttributes, Wanted};
use crate::encoding::{Encoding, shown};
use crate::file::dirname;
use crate::host::{Host, Read, Reading, RealPath, Source, Stat, Status, WriteFile, make_folders};
use crate::{Data, Diff, Fault};

/// Files above this are not edited: they would have to travel twice.
const LIMIT: u64 = 64 << 20;

/// A file that is to be edited, as it is.
pub struct Edited {
    /// Where it really is, links followed.
    pub path: Vec<u8>,
    /// The path as the task names it.
    pub shown: String,
    /// Its status, where it exists.
    pub status: Option<Status>,
    /// Its text; bytes that are no text are kept one by one.
    pub text: String,
    encoding: Encoding,
}

/// How the new text is put there.
pub struct Writing<'a> {
    /// Keep the old file.
    pub backup: bool,
    /// A command that must accept the new one.
    pub validate: Option<&'a str>,
    /// Owner, group, mode.
    pub attributes: &'a FileAttributes,
}

/// What came of it.
pub struct Written {
    /// The backup's name, or empty.
    pub backup: String,
    /// Attributes were set (or would be) besides.
    pub attributes_changed: bool,
    /// The diff of the attributes.
    pub attributes_diff: Diff,
}

impl Edited {
    /// Looks at a path.
    ///
    /// # Errors
    /// It is a folder, too long, not text, or cannot be read.
    pub async fn open(host: &Host, path: &[u8]) -> Result<Edited, Fault> {
        Edited::open_as(host, path, Encoding::Utf8).await
    }

    /// Looks at a path whose text is in this encoding.
    ///
    /// # Errors
    /// It is a folder, too long, not text, or cannot be read.
    pub async fn open_as(host: &Host, path: &[u8], encoding: Encoding) -> Result<Edited, Fault> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let (status, reading) = host.ask_both(Stat::behind(path), Read::of(path, LIMIT)).await?;
        let content = match reading {
            Reading::Content(content) => content,
            Reading::Absent => Vec::new(),
            Reading::Folder => {
                return Err(Fault::at("path", format!("Path {shown} is a directory !")).with("rc", 256));
            }
            Reading::TooLong => return Err(Fault::at("path", format!("{shown} is too large to be edited"))),
            Reading::Refused(why) => {
                return Err(Fault::at("path", format!("could not read {shown}: {why}")));
            }
        };
        let text = encoding.decode(content)?;
        let path = match host.ask(Stat::of(path)).await? {
            Some(link) if link.is_link() => {
                host.ask(RealPath::of(path)).await?.unwrap_or_else(|| path.to_vec())
            }
            _ => path.to_vec(),
        };
        Ok(Edited { path, shown, status, text, encoding })
    }

    /// The lines with their ends.
    pub fn lines(&self) -> Vec<String> {
        self.text.split_inclusive('\n').map(str::to_string).collect()
    }

    /// The diff of the content.
    pub fn diff(&self, after: &str) -> Diff {
        Diff::text(&format!("{} (content)", self.shown), shown(&self.text), shown(after))
    }

    /// What a task registers as `diff`, always: contents only where they are wanted.
    pub fn diffs(&self, host: &Host, after: &str, written: Written) -> Vec<Diff> {
        let shown = host.diff_mode();
        let mut content = self.diff(if shown { after } else { "" });
        if !shown {
            content.before = "".into();
        }
        match self.status.is_none() && host.check_mode() {
            true => vec![content],
            false => vec![content, written.attributes_diff],
        }
    }

    /// Writes the new text where it differs, and sees to the attributes.
    ///
    /// # Errors
    /// The validation refused it, it cannot be written, or attributes cannot be set.
    pub async fn write(&self, host: &Host, after: &str, how: Writing<'_>) -> Result<Written, Fault> {
        let wanted = how.attributes.resolve(host).await?;
        let mut written = Written {
            backup: String::new(),
            attributes_changed: false,
            attributes_diff: attributes_diff(&self.shown),
        };
        let changed = after != self.text || self.status.is_none();
        if changed {
            let validate = validate_words(how.validate)?;
            if self.status.is_none() {
                self.make_parents(host).await?;
            }
            let act = WriteFile {
                backup: how.backup && self.status.is_some(),
                unsafe_writes: how.attributes.unsafe_writes,
                validate,
                ..WriteFile::new(&self.path, Source::bytes(self.encoding.encode(after)?))
            };
            let gate = host.change(host.diff_mode().then(|| self.diff(after)), act).await;
            let reply = gate.map_err(validation_words)?.acted();
            if let Some(reply) = reply {
                written.backup = WriteFile::backup(&reply).unwrap_or_default();
            } else if self.status.is_none() {
                return Ok(written);
            }
        }
        self.set_attributes(host, &wanted, changed, &mut written).await?;
        Ok(written)
    }

    async fn make_parents(&self, host: &Host) -> Result<(), Fault> {
        let folder = dirname(&self.path).to_vec();
        if host.ask(Stat::behind(&folder)).await?.is_some() || host.check_mode() {
            return Ok(());
        }
        let mut missing = vec![folder];
        while let Some(folder) = missing.last().map(|f| dirname(f).to_vec()) {
            if folder == b"/" || folder == b"." || host.ask(Stat::behind(&folder)).await?.is_some() {
                break;
            }
            missing.push(folder);
        }
        missing.reverse();
        host.change(None, make_folders(&missing)).await.map(drop)
    }

    async fn set_attributes(
        &self,
        host: &Host,
        wanted: &Wanted,
        written: bool,
        result: &mut Written,
    ) -> Result<(), Fault> {
        let fresh = written && self.status.is_none();
        let status = if fresh { host.ask(Stat::of(&self.path)).await? } else { self.status.clone() };
        let Some(mut status) = status else { return Ok(()) };
        status.path = self.path.clone();
        if let Some(difference) = wanted.difference(host, &status).await? {
            result.attributes_changed = true;
            result.attributes_diff.before = Data::Map(difference.before);
            result.attributes_diff.after = Data::Map(difference.after);
            host.change(None, difference.act).await?;
        }
        Ok(())
    }
}

impl Written {
    /// What is told where nothing was written.
    pub fn nothing(shown: &str) -> Written {
        Written { backup: String::new(), attributes_changed: false, attributes_diff: attributes_diff(shown) }
    }
}

/// Editing modules say it in other words than `copy`.
pub fn validation_words(mut fault: Fault) -> Fault {
    if let Some(status) = fault.result.shift_remove("exit_status") {
        fault.result.shift_remove("stdout");
        let error = fault.result.shift_remove("stderr").unwrap_or_default();
        let (status, error) = (crate::args::python_str(&status), crate::args::python_str(&error));
        fault.message = format!("failed to validate: rc:{status} error:{error}");
    }
    fault
}

fn attributes_diff(shown: &str) -> Diff {
    let header = Some(format!("{shown} (file attributes)"));
    Diff { before_header: header.clone(), after_header: header, ..Diff::default() }
}

/// The words of `validate`, which must say where the file goes.
///
/// # Errors
/// It does not, or its quotes are not closed.
pub fn validate_words(validate: Option<&str>) -> Result<Vec<String>, Fault> {
    let Some(validate) = validate.filter(|v| !v.is_empty()) else { return Ok(Vec::new()) };
    if !validate.contains("%s") {
        return Err(Fault::at("validate", format!("validate must contain %s: {validate}")));
    }
    crate::words::split(validate).map_err(|why| Fault::at("validate", why))
}
