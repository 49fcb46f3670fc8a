//! `replace`: every match of a pattern in a text file.

#[cfg(test)]
mod tests;

use crate::args::PathArg;
use crate::attributes::FileAttributes;
use crate::edit::{Edited, Writing};
use crate::encoding::Encoding;
use crate::host::Host;
use crate::pattern::Pattern;
use crate::pyregex::Flags;
use crate::registry::Module;
use crate::{Args, Fault, Outcome};

/// Replace all instances of a pattern within a file.
#[derive(Args)]
pub struct Replace {
    /// The file to modify.
    #[arg(alias("dest", "destfile", "name"))]
    path: PathArg,
    /// The regular expression; `^` and `$` match at every line.
    regexp: String,
    /// What takes the place of a match; may refer to its groups. Without it matches are removed.
    #[arg(default = "")]
    replace: String,
    /// Only what comes after this pattern is changed; `.` matches newlines in it.
    after: Option<String>,
    /// Only what comes before this pattern is changed.
    before: Option<String>,
    /// Keep a copy of the file as it was.
    #[arg(default = false)]
    backup: bool,
    /// A command that must accept the new file, `%s` standing for its path.
    validate: Option<String>,
    /// The file's encoding: utf-8, latin-1 or ascii.
    #[arg(default = "utf-8")]
    encoding: String,
    #[arg(flatten)]
    attributes: FileAttributes,
}

impl Module for Replace {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let path = host.path(&self.path).await?;
        let encoding = Encoding::named(&self.encoding)?;
        let file = Edited::open_as(host, &path, encoding).await?;
        if file.status.is_none() {
            return Err(Fault::at("path", format!("Path {} does not exist !", file.shown)).with("rc", 257));
        }
        let (start, end) = match self.section(&file.text)? {
            Ok(section) => section,
            Err(pattern) => {
                let message =
                    format!("Pattern for before/after params did not match the given file: {pattern}");
                return Ok(Outcome::new().with("rc", 0).with("msg", message));
            }
        };
        let lines = Flags { multiline: true, ..Flags::default() };
        let pattern = Pattern::with(&self.regexp, "regexp", lines)?;
        let (before, rest) = file.text.split_at_checked(start).unwrap_or((&file.text, ""));
        let (section, after) = rest.split_at_checked(end - start).unwrap_or((rest, ""));
        let (replaced, count) = pattern
            .replace(section, &self.replace)
            .map_err(|why| Fault::at("replace", format!("Unable to process replace due to error: {why}")))?;
        let new = [before, &replaced, after].concat();
        // A replacement by the same text counts for nothing.
        let count = if new == file.text { 0 } else { count };
        let how =
            Writing { backup: self.backup, validate: self.validate.as_deref(), attributes: &self.attributes };
        let written = file.write(host, &new, how).await?;
        let mut message = if count > 0 { format!("{count} replacements made") } else { String::new() };
        if written.attributes_changed {
            let and = if message.is_empty() { "" } else { " and " };
            message = format!("{message}{and}ownership, perms or SE linux context changed");
        }
        let backup = Some(written.backup.clone()).filter(|name| !name.is_empty());
        let diff = (host.diff_mode() && count > 0).then(|| {
            let mut diff = file.diff(&new);
            diff.before_header = Some(file.shown.clone());
            diff.after_header = Some(file.shown.clone());
            diff
        });
        let outcome = Outcome::new().with("rc", 0).with_some("backup_file", backup).with("msg", message);
        Ok(Outcome { diff: diff.into_iter().collect(), ..outcome })
    }
}

impl Replace {
    /// Where the part begins and ends that `after` and `before` leave, or the pattern that found none.
    fn section(&self, text: &str) -> Result<Result<(usize, usize), String>, Fault> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let pattern = match (given(&self.after), given(&self.before)) {
            (None, None) => return Ok(Ok((0, text.len()))),
            (Some(after), Some(before)) => format!("{after}(?P<subsection>.*?){before}"),
            (Some(after), None) => format!("{after}(?P<subsection>.*)"),
            (None, Some(before)) => format!("(?P<subsection>.*){before}"),
        };
        let argument = if self.after.is_some() { "after" } else { "before" };
        let whole = Flags { dot_all: true, ..Flags::default() };
        let section = Pattern::with(&pattern, argument, whole)?.span_of(text, "subsection");
        Ok(section.ok_or(pattern))
    }
}
