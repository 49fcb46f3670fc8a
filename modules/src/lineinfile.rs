//! `lineinfile`: one line of a text file.

use crate::args::PathArg;
use crate::attributes::FileAttributes;
use crate::edit::{Edited, Writing, Written};
use crate::host::Host;
use crate::pattern::Pattern;
use crate::registry::Module;
use crate::{Args, Choice, Fault, Outcome};

/// Manage lines in text files: ensure that a particular line is there, or replace one by a regular expression.
#[derive(Args)]
#[args(mutually_exclusive("insertbefore", "insertafter"), mutually_exclusive("regexp", "search_string"))]
#[args(mutually_exclusive("backrefs", "search_string"))]
pub struct Lineinfile {
    /// The file to modify.
    #[arg(alias("dest", "destfile", "name"))]
    path: PathArg,
    /// The regular expression to look for in every line; the last line that matches is replaced.
    #[arg(alias("regex"))]
    regexp: Option<String>,
    /// The literal string to look for in every line.
    search_string: Option<String>,
    /// Whether the line should be there or not.
    #[arg(default = "present")]
    state: State,
    /// The line to insert or replace into the file.
    #[arg(alias("value"))]
    line: Option<String>,
    /// Whether `line` may refer to groups of `regexp`; without a match the file is left unchanged.
    #[arg(default = false)]
    backrefs: bool,
    /// Insert the line after the last match of this pattern, or at `EOF`.
    insertafter: Option<String>,
    /// Insert the line before the last match of this pattern, or at `BOF`.
    insertbefore: Option<String>,
    /// Create the file if it does not exist.
    #[arg(default = false)]
    create: bool,
    /// Keep a copy of the file as it was.
    #[arg(default = false)]
    backup: bool,
    /// Use the first match, not the last.
    #[arg(default = false)]
    firstmatch: bool,
    /// A command that must accept the new file, `%s` standing for its path.
    validate: Option<String>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// Whether the line should be there.
#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// Where a new line goes.
enum Place {
    Start,
    End,
    After(Pattern),
    Before(Pattern),
}

impl Module for Lineinfile {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let path = host.path(&self.path).await?;
        let mut warnings = Vec::new();
        for (name, text) in [("regular expression", &self.regexp), ("search string", &self.search_string)] {
            if text.as_deref() == Some("") {
                warnings.push(format!(
                    "The {name} is an empty string, which will match every line in the file. This may have unintended \
                     consequences, such as replacing the last line in the file rather than appending.{}",
                    if name == "search string" {
                        ""
                    } else {
                        " If this is desired, use '^' to match every line in the file and avoid this warning."
                    }
                ));
            }
        }
        let outcome = match self.state {
            State::Present => self.present(host, &path).await,
            State::Absent => self.absent(host, &path).await,
        };
        outcome.map(|outcome| Outcome { warnings, ..outcome })
    }
}

/// A line without its end.
fn bare(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

/// A line as patterns see it.
fn seen(line: &str) -> &str {
    // With its newline: `$` matches before it, `\Z` does not.
    line
}

impl Lineinfile {
    async fn present(&self, host: &Host, path: &[u8]) -> Result<Outcome, Fault> {
        if self.backrefs && self.regexp.is_none() {
            return Err(Fault::at("backrefs", "regexp is required with backrefs=true"));
        }
        let Some(line) = &self.line else {
            return Err(Fault::at("line", "line is required with state=present"));
        };
        let place = self.place()?;
        let regexp = self.regexp.as_deref().map(|r| Pattern::new(r, "regexp")).transpose()?;
        let file = Edited::open(host, path).await?;
        if file.status.is_none() && !self.create {
            let message = format!("Destination {} does not exist !", file.shown);
            return Err(Fault::at("path", message).with("rc", 257));
        }
        let mut lines = file.lines();
        let message = self.edit(&mut lines, line, regexp.as_ref(), &place)?;
        if file.status.is_none() && message.is_none() {
            let written = Written::nothing(&file.shown);
            let outcome = Outcome::new().with("msg", "").with("backup", "");
            return Ok(Outcome { diff: file.diffs(host, "", written), ..outcome });
        }
        let written = file.write(host, &lines.concat(), self.writing()).await?;
        Ok(self.outcome(host, &file, &lines, message.unwrap_or_default().into(), written))
    }

    fn place(&self) -> Result<Place, Fault> {
        Ok(match (self.insertafter.as_deref(), self.insertbefore.as_deref()) {
            (Some("BOF"), _) | (None, Some("BOF")) => Place::Start,
            (Some("EOF"), _) | (None, None) => Place::End,
            (Some(after), _) => Place::After(Pattern::new(after, "insertafter")?),
            (None, Some(before)) => Place::Before(Pattern::new(before, "insertbefore")?),
        })
    }

    fn writing(&self) -> Writing<'_> {
        Writing { backup: self.backup, validate: self.validate.as_deref(), attributes: &self.attributes }
    }

    /// Changes the lines, and says what was done to them.
    fn edit(
        &self,
        lines: &mut Vec<String>,
        line: &str,
        regexp: Option<&Pattern>,
        place: &Place,
    ) -> Result<Option<&'static str>, Fault> {
        let matching = lines.iter().enumerate().filter(|(_, l)| match (regexp, &self.search_string) {
            (Some(regexp), _) => regexp.is_in(seen(l)),
            (None, Some(text)) => l.contains(text.as_str()),
            (None, None) => false,
        });
        let matched = self.pick(matching.map(|(at, _)| at));
        let same = lines.iter().rposition(|l| bare(l) == line);
        if let Some(at) = matched.or(same) {
            let Some(current) = lines.get_mut(at) else { return Ok(None) };
            let mut new = match regexp.filter(|_| self.backrefs && matched.is_some()) {
                Some(regexp) => match regexp.search(seen(current)) {
                    Some(found) => regexp.expand(line, &found)?,
                    None => return Ok(None),
                },
                None => line.to_string(),
            };
            if !new.ends_with('\n') {
                new.push('\n');
            }
            if *current == new {
                return Ok(None);
            }
            *current = new;
            return Ok(Some("line replaced"));
        }
        if self.backrefs {
            return Ok(None);
        }
        let at = match place {
            Place::Start => 0,
            Place::End => lines.len(),
            Place::After(pattern) | Place::Before(pattern) => {
                let hits = lines.iter().enumerate().filter(|(_, l)| pattern.is_in(seen(l)));
                match (self.pick(hits.map(|(at, _)| at)), place) {
                    (Some(at), Place::After(_)) => at + 1,
                    (Some(at), _) => at,
                    (None, _) => lines.len(),
                }
            }
        };
        // What stood last may lack its newline.
        if at == lines.len()
            && let Some(last) = lines.last_mut().filter(|last| !last.ends_with(['\n', '\r']))
        {
            last.push('\n');
        }
        lines.insert(at, format!("{line}\n"));
        Ok(Some("line added"))
    }

    /// The last of several, or the first.
    fn pick(&self, mut places: impl Iterator<Item = usize>) -> Option<usize> {
        if self.firstmatch { places.next() } else { places.last() }
    }

    async fn absent(&self, host: &Host, path: &[u8]) -> Result<Outcome, Fault> {
        if self.regexp.is_none() && self.search_string.is_none() && self.line.is_none() {
            let message = "one of line, search_string, or regexp is required with state=absent";
            return Err(Fault::new(message));
        }
        let regexp = self.regexp.as_deref().map(|r| Pattern::new(r, "regexp")).transpose()?;
        let file = Edited::open(host, path).await?;
        if file.status.is_none() {
            return Ok(Outcome::new().with("msg", "file not present"));
        }
        let mut lines = file.lines();
        let before = lines.len();
        lines.retain(|l| match (&regexp, &self.search_string) {
            (Some(regexp), _) => !regexp.is_in(seen(l)),
            (None, Some(text)) => !l.contains(text.as_str()),
            (None, None) => Some(bare(l)) != self.line.as_deref(),
        });
        let found = before - lines.len();
        let written = file.write(host, &lines.concat(), self.writing()).await?;
        let message = if found > 0 { format!("{found} line(s) removed") } else { String::new() };
        let outcome = self.outcome(host, &file, &lines, message, written);
        Ok(outcome.with("found", i64::try_from(found).unwrap_or(i64::MAX)))
    }

    fn outcome(
        &self,
        host: &Host,
        file: &Edited,
        lines: &[String],
        mut message: String,
        written: Written,
    ) -> Outcome {
        if written.attributes_changed {
            let and = if message.is_empty() { "" } else { " and " };
            message = format!("{message}{and}ownership, perms or SE linux context changed");
        }
        let outcome = Outcome::new().with("msg", message).with("backup", written.backup.as_str());
        Outcome { diff: file.diffs(host, &lines.concat(), written), ..outcome }
    }
}
