//! Differences as Ansible prints them: unified, with `before` and `after` for headers.

use super::dump::{self, Layout};
use super::sequence::{Stretch, stretches};
use super::{Hue, python};
use impel_modules::{Data, Map};

/// Pieces of text with their colours; the text of a difference.
pub(super) type Pieces = Vec<(String, Option<Hue>)>;

/// The text of a result's `diff`: one map or a list of them.
pub(super) fn pieces(diff: &Data, context: usize) -> Pieces {
    let mut pieces = Pieces::new();
    match diff {
        Data::List(several) => {
            several.iter().filter_map(Data::as_map).for_each(|one| add(&mut pieces, one, context));
        }
        Data::Map(one) => add(&mut pieces, one, context),
        _ => {}
    }
    pieces
}

fn add(pieces: &mut Pieces, diff: &Map, context: usize) {
    let skipped = [
        ("dst_binary", "diff skipped: destination file appears to be binary\n"),
        ("src_binary", "diff skipped: source file appears to be binary\n"),
    ];
    for (key, text) in skipped {
        if diff.contains_key(key) {
            pieces.push((text.into(), None));
        }
    }
    for (key, which) in [("dst_larger", "destination"), ("src_larger", "source")] {
        if let Some(size) = diff.get(key) {
            pieces.push((
                format!("diff skipped: {which} file size is greater than {}\n", python::str(size)),
                None,
            ));
        }
    }
    if let (Some(before), Some(after)) = (diff.get("before"), diff.get("after")) {
        unified(pieces, diff, &side(before), &side(after), context);
    }
    if let Some(prepared) = diff.get("prepared") {
        pieces.push((python::str(prepared), None));
    }
}

/// One side as text: a map is compared by its JSON.
fn side(value: &Data) -> String {
    match value {
        Data::Map(map) => dump::map(map, Layout::Indented(4)) + "\n",
        Data::Null => String::new(),
        other => python::str(other),
    }
}

fn unified(pieces: &mut Pieces, diff: &Map, before: &str, after: &str, context: usize) {
    let (old, new) = (lines(before), lines(after));
    let header = |key: &str, word: &str| match diff.get(key) {
        Some(Data::Null) | None => word.to_string(),
        Some(name) => format!("{word}: {}", python::str(name)),
    };
    let mut first = true;
    for hunk in hunks(&stretches(&old, &new), context) {
        let (Some(start), Some(end)) = (hunk.first(), hunk.last()) else { continue };
        if first {
            let headers = [
                (format!("--- {}\n", header("before_header", "before")), Hue::DiffRemove),
                (format!("+++ {}\n", header("after_header", "after")), Hue::DiffAdd),
            ];
            pieces.extend(headers.map(|(text, hue)| (text, Some(hue))));
            first = false;
        }
        let at = format!(
            "@@ -{} +{} @@\n",
            range(start.before.start, end.before.end),
            range(start.after.start, end.after.end)
        );
        pieces.push((at, Some(Hue::DiffLines)));
        for stretch in hunk {
            if stretch.equal {
                pieces.extend(old[stretch.before].iter().map(|line| (format!(" {line}"), None)));
                continue;
            }
            let removed = old[stretch.before].iter().map(|line| (format!("-{line}"), Some(Hue::DiffRemove)));
            pieces.extend(removed);
            let added = new[stretch.after].iter().map(|line| (format!("+{line}"), Some(Hue::DiffAdd)));
            pieces.extend(added);
        }
    }
}

/// The lines with their ends; one without end gets the marker that says so.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_string).collect();
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push_str("\n\\ No newline at end of file\n");
    }
    lines
}

/// The stretches grouped so that changes near each other share their context.
fn hunks(stretches: &[Stretch], context: usize) -> Vec<Vec<Stretch>> {
    let mut hunks = Vec::new();
    let mut hunk: Vec<Stretch> = Vec::new();
    let last = stretches.len().saturating_sub(1);
    for (at, stretch) in stretches.iter().enumerate() {
        let length = stretch.before.len();
        let mut now = stretch.clone();
        if stretch.equal && at == 0 {
            let cut = length.saturating_sub(context);
            now = part(stretch, cut, length);
        } else if stretch.equal && at == last {
            now = part(stretch, 0, length.min(context));
        } else if stretch.equal && length > 2 * context {
            hunk.push(part(stretch, 0, context));
            hunks.push(std::mem::take(&mut hunk));
            now = part(stretch, length - context, length);
        }
        hunk.push(now);
    }
    hunks.push(hunk);
    hunks.retain(|hunk| hunk.iter().any(|stretch| !stretch.equal));
    hunks
}

fn part(stretch: &Stretch, from: usize, to: usize) -> Stretch {
    Stretch {
        equal: stretch.equal,
        before: stretch.before.start + from..stretch.before.start + to,
        after: stretch.after.start + from..stretch.after.start + to,
    }
}

/// `start,length` as unified differences count: from 1, the length left out where it is 1, an empty range
/// named after the line before it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => (start + 1).to_string(),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(diff: Map) -> String {
        pieces(&Data::Map(diff), 3).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn a_new_file_without_last_newline() {
        let diff = Map::from([
            ("before".into(), Data::str("")),
            ("after".into(), Data::str("one\ntwo")),
            ("after_header".into(), Data::str("/tmp/x")),
        ]);
        assert_eq!(
            text(diff),
            "--- before\n+++ after: /tmp/x\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn attributes_are_compared_as_json() {
        let side = |mode: &str| {
            Data::Map(Map::from([("path".into(), Data::str("/a")), ("mode".into(), Data::str(mode))]))
        };
        let diff = Map::from([("before".into(), side("0644")), ("after".into(), side("0600"))]);
        assert_eq!(
            text(diff),
            "--- before\n+++ after\n@@ -1,4 +1,4 @@\n {\n-    \"mode\": \"0644\",\n+    \"mode\": \"0600\",\n     \"path\": \"/a\"\n }\n"
        );
    }

    #[test]
    fn changes_far_apart_are_hunks_of_their_own() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("2\n3\n", "two\n3\n").replace("19\n", "");
        let diff = Map::from([("before".into(), before.into()), ("after".into(), after.into())]);
        let expected = "--- before\n+++ after\n@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n@@ -16,5 +16,4 @@\n 16\n 17\n 18\n-19\n 20\n";
        assert_eq!(text(diff), expected);
    }

    #[test]
    fn what_is_no_text_is_said_to_be_skipped() {
        let diff = Map::from([("src_larger".into(), Data::Int(104448))]);
        assert_eq!(text(diff), "diff skipped: source file size is greater than 104448\n");
    }
}
