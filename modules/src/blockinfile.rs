//! `blockinfile`: lines of a text file between two markers.

use crate::args::PathArg;
use crate::attributes::FileAttributes;
use crate::edit::{Edited, Writing};
use crate::host::Host;
use crate::pattern::Pattern;
use crate::registry::Module;
use crate::{Args, Choice, Fault, Outcome};

/// Insert, update or remove a block of lines surrounded by marker lines.
#[derive(Args)]
#[args(mutually_exclusive("insertbefore", "insertafter"))]
pub struct Blockinfile {
    /// The file to modify.
    #[arg(alias("dest", "destfile", "name"))]
    path: PathArg,
    /// Whether the block should be there or not.
    #[arg(default = "present")]
    state: State,
    /// The marker line; `{mark}` becomes `marker_begin` before the block and `marker_end` after it.
    #[arg(default = "# {mark} ANSIBLE MANAGED BLOCK")]
    marker: String,
    /// The text to insert inside the marker lines; without any the block is removed.
    #[arg(default = "", alias("content"))]
    block: String,
    /// Insert a new block after the last match of this pattern, or at `EOF`.
    insertafter: Option<String>,
    /// Insert a new block before the last match of this pattern, or at `BOF`.
    insertbefore: Option<String>,
    /// Create the file if it does not exist.
    #[arg(default = false)]
    create: bool,
    /// Keep a copy of the file as it was.
    #[arg(default = false)]
    backup: bool,
    /// A command that must accept the new file, `%s` standing for its path.
    validate: Option<String>,
    /// What `{mark}` becomes before the block.
    #[arg(default = "BEGIN")]
    marker_begin: String,
    /// What `{mark}` becomes after the block.
    #[arg(default = "END")]
    marker_end: String,
    /// Put an empty line after the block.
    #[arg(default = false)]
    append_newline: bool,
    /// Put an empty line before the block.
    #[arg(default = false)]
    prepend_newline: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// Whether the block should be there.
#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

impl Module for Blockinfile {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let pattern = |text: &Option<String>, name| match text.as_deref() {
            None | Some("BOF" | "EOF") => Ok(None),
            Some(text) => Pattern::new(text, name).map(Some),
        };
        let after = pattern(&self.insertafter, "insertafter")?;
        let before = pattern(&self.insertbefore, "insertbefore")?;
        let path = host.path(&self.path).await?;
        let file = Edited::open(host, &path).await?;
        if file.status.is_none() && !self.create {
            if self.state == State::Absent {
                return Ok(Outcome::new().with("msg", format!("File {} not present", file.shown)));
            }
            let message = format!("Path {} does not exist !", file.shown);
            return Err(Fault::at("path", message).with("rc", 257));
        }
        let mut lines = file.lines();
        let block = self.lines();
        self.edit(&mut lines, &block, after.as_ref(), before.as_ref());
        let mut text = lines.concat();
        if !text.is_empty() && !text.ends_with('\n') && (!block.is_empty() || file.text.ends_with('\n')) {
            text.push('\n');
        }
        let writing =
            Writing { backup: self.backup, validate: self.validate.as_deref(), attributes: &self.attributes };
        let written = file.write(host, &text, writing).await?;
        let mut message = match (&file.status, text == file.text) {
            (None, _) => "File created",
            (Some(_), true) => "",
            (Some(_), false) if block.is_empty() => "Block removed",
            (Some(_), false) => "Block inserted",
        }
        .to_string();
        if written.attributes_changed {
            let and = if message.is_empty() { "" } else { " and " };
            message = format!("{message}{and}ownership, perms or SE linux context changed");
        }
        let backup = Some(written.backup.clone()).filter(|name| !name.is_empty());
        let outcome = Outcome::new().with("msg", message).with_some("backup_file", backup);
        Ok(Outcome { diff: file.diffs(host, &text, written), ..outcome })
    }
}

impl Blockinfile {
    fn marked(&self, mark: &str) -> String {
        self.marker.replace("{mark}", mark)
    }

    /// The block with its markers; nothing where it is to go.
    fn lines(&self) -> Vec<String> {
        if self.state == State::Absent || self.block.is_empty() {
            return Vec::new();
        }
        let inside =
            self.block.split_inclusive('\n').map(|line| format!("{}\n", line.trim_end_matches('\n')));
        let first = format!("{}\n", self.marked(&self.marker_begin));
        let last = format!("{}\n", self.marked(&self.marker_end));
        std::iter::once(first).chain(inside).chain([last]).collect()
    }

    fn edit(
        &self,
        lines: &mut Vec<String>,
        block: &[String],
        after: Option<&Pattern>,
        before: Option<&Pattern>,
    ) {
        let bare = |line: &str| line.trim_end_matches(['\r', '\n']).to_string();
        let find = |mark: &str| {
            let marker = self.marked(mark);
            lines.iter().rposition(|line| bare(line) == marker)
        };
        let matching = |pattern: &Pattern| lines.iter().rposition(|line| pattern.is_in(&bare(line)));
        let mut at = match (find(&self.marker_begin), find(&self.marker_end)) {
            (Some(begin), Some(end)) => {
                let (first, last) = (begin.min(end), begin.max(end));
                lines.drain(first..=last);
                first
            }
            _ => match (after, before, self.insertbefore.as_deref(), self.insertafter.as_deref()) {
                (Some(after), ..) => matching(after).map_or(lines.len(), |at| at + 1),
                (_, Some(before), ..) => matching(before).unwrap_or(lines.len()),
                (.., Some("BOF"), _) | (.., Some("BOF")) => 0,
                _ => lines.len(),
            },
        };
        // What stood before may lack its newline.
        if let Some(line) = at.checked_sub(1).and_then(|at| lines.get_mut(at))
            && !line.ends_with('\n')
            && !block.is_empty()
        {
            line.push('\n');
        }
        let is_empty = |lines: &[String], at: usize| lines.get(at).is_some_and(|line| line == "\n");
        if self.prepend_newline && !block.is_empty() && at > 0 && !is_empty(lines, at - 1) {
            lines.insert(at, "\n".into());
            at += 1;
        }
        lines.splice(at..at, block.iter().cloned());
        let end = at + block.len();
        if self.append_newline && !block.is_empty() && end < lines.len() && !is_empty(lines, end) {
            lines.insert(end, "\n".into());
        }
    }
}
