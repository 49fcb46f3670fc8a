//! Errors with their places: in ansible-core 2.19's words and layout, and in impel's own.

use crate::diag::{Diagnostic, Span, source_line};
use std::fmt::Write;

/// How wide a line of an excerpt may be, its number included.
const WIDTH: usize = 120;

/// How many causes of a cause are followed.
const DEPTH: usize = 64;

/// The error as ansible-core 2.19 lays it out behind `[ERROR]: `: the whole chain on a line, then each place
/// with its excerpt. Ends with a line feed where it has several lines (a blank line follows it then).
pub fn ansible_error(error: &Diagnostic) -> String {
    let blocks = blocks(error);
    let mut text = String::new();
    if blocks.len() > 1 {
        let messages: Vec<&str> = blocks.iter().flat_map(|block| block.messages.iter().copied()).collect();
        text = join(&messages) + "\n\n";
    }
    for (at, block) in blocks.iter().enumerate() {
        if at > 0 {
            text.push_str("\n<<< caused by >>>\n\n");
        }
        text.push_str(&join(&block.messages));
        if at + 1 < blocks.len() && !text.ends_with('.') {
            text.push('.');
        }
        if let Some(span) = block.span {
            let excerpt = excerpt(span);
            let gap = if excerpt.is_empty() { "" } else { "\n" };
            let _ = write!(text, "\nOrigin: {span}\n{gap}{excerpt}");
        }
        if let Some(help) = block.help {
            let _ = writeln!(text, "\n{help}");
        }
        if blocks.len() > 1 && !text.ends_with('\n') {
            text.push('\n');
        }
    }
    if text.contains('\n') && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// As [`ansible_error`], with impel's hints below.
pub fn hinted_error(error: &Diagnostic) -> String {
    let mut text = ansible_error(error);
    let chain = std::iter::successors(Some(error), |error| error.cause.as_deref()).take(DEPTH);
    let hints = chain.filter(|error| help_of(error).is_none()).filter_map(|error| error.hint.as_deref());
    for (at, hint) in hints.enumerate() {
        let gap =
            if at == 0 && !text.is_empty() { if text.ends_with('\n') { "\n" } else { "\n\n" } } else { "" };
        let _ = writeln!(text, "{gap}hint: {hint}");
    }
    text
}

/// Messages that share a place.
struct Block<'a> {
    messages: Vec<&'a str>,
    span: Option<Span>,
    /// ansible-core's own help, shown below the place.
    help: Option<&'a str>,
}

/// The hint where it is ansible-core's own help.
pub fn help_of(error: &Diagnostic) -> Option<&str> {
    const HELP: [&str; 7] = [
        "Templates and expressions must",
        "Provide a list of items/templates",
        "Broken conditionals can be",
        "Variable names must be strings",
        "A `vars_files` value should",
        "Variable files must contain",
        "Standard error from inventory script:",
    ];
    error.hint.as_deref().filter(|hint| HELP.iter().any(|start| hint.starts_with(start)))
}

fn blocks(error: &Diagnostic) -> Vec<Block<'_>> {
    let mut blocks = vec![Block { messages: vec![&error.message], span: error.span, help: help_of(error) }];
    let mut next = error.cause.as_deref();
    for _ in 0..DEPTH {
        let Some(cause) = next else { break };
        next = cause.cause.as_deref();
        let Some(block) = blocks.last_mut() else { break };
        // A keyword of the wrong type keeps a block of its own even where its value stands at the same place.
        let keyword = cause.message.starts_with("The value '")
            && block.messages.last().is_some_and(|m| m.starts_with("Error processing keyword"));
        let help = help_of(cause);
        if !keyword && help.is_none() && (cause.span.is_none() || cause.span == block.span) {
            block.messages.push(&cause.message);
        } else {
            blocks.push(Block { messages: vec![&cause.message], span: cause.span, help });
        }
    }
    blocks
}

/// Messages joined by `: `, each but the last without its full stop.
fn join(messages: &[&str]) -> String {
    let last = messages.len().saturating_sub(1);
    let parts: Vec<&str> = messages
        .iter()
        .enumerate()
        .map(|(at, message)| if at < last { message.trim_end_matches('.') } else { message })
        .collect();
    parts.join(": ")
}

/// The line meant with two before it, numbered, a caret under the column; ends with a line feed.
fn excerpt(span: Span) -> String {
    let file = span.file();
    if span.is_sealed() {
        return "(source not shown: content encrypted)\n".to_owned();
    }
    if span.line == 0 {
        let first = source_line(&file, 1).filter(|line| !line.starts_with("$ANSIBLE_VAULT"));
        return first.map_or(String::new(), |text| text + "\n");
    }
    if source_line(&file, span.line).is_none() {
        let why = if file.exists() { "file truncated" } else { "file not found" };
        return format!("(source not shown: {why})\n");
    }
    let first = span.line.saturating_sub(2).max(1);
    let width = span.line.to_string().len();
    let mut text = String::new();
    for number in first..=span.line {
        let line = source_line(&file, number).unwrap_or_default().replace('\t', " ");
        let line = format!("{number:>width$} {}", line.trim_end_matches(['\n', '\r']));
        text.push_str(&clipped(&line));
        text.push('\n');
    }
    let caret = match span.column {
        0 => underline(&source_line(&file, span.line).unwrap_or_default(), width),
        column => format!("{}^ column {column}", " ".repeat(width + column as usize)),
    };
    if caret.len() <= WIDTH {
        text.push_str(&caret);
        text.push('\n');
    }
    text
}

/// Where only the line is known, all of it is marked.
fn underline(line: &str, width: usize) -> String {
    let text = line.trim();
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    format!("{}{}", " ".repeat(width + 1 + indent), "^".repeat(text.chars().count()))
}

fn clipped(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_string();
    }
    line.chars().take(WIDTH - 3).chain("...".chars()).collect()
}

/// The error as impel lays it out: message, place with its line and a caret, causes, hints.
pub fn impel_error(error: &Diagnostic) -> String {
    let mut text = format!("error: {}\n", error.message);
    point(&mut text, error.span);
    let mut shown = error.span;
    let mut hints: Vec<&str> = error.hint.as_deref().into_iter().collect();
    let mut next = error.cause.as_deref();
    for _ in 0..DEPTH {
        let Some(cause) = next else { break };
        let _ = writeln!(text, "caused by: {}", cause.message);
        if cause.span != shown {
            point(&mut text, cause.span);
            shown = cause.span.or(shown);
        }
        hints.extend(cause.hint.as_deref());
        next = cause.cause.as_deref();
    }
    for hint in hints {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}

fn point(text: &mut String, span: Option<Span>) {
    let Some(span) = span else { return };
    let margin = " ".repeat(span.line.to_string().len());
    let _ = writeln!(text, "{margin}--> {span}");
    let shown = span.line > 0 && !span.is_sealed();
    let Some(line) = source_line(&span.file(), span.line).filter(|_| shown) else { return };
    let line = line.trim_end_matches(['\n', '\r']).replace('\t', " ");
    let _ = writeln!(text, "{margin} |\n{} | {}", span.line, clipped(&line));
    if span.column > 0 && (span.column as usize) < WIDTH {
        let _ = writeln!(text, "{margin} | {}^", " ".repeat(span.column as usize - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::remember_source;
    use std::path::Path;

    const PLAY: &str = "- hosts: a\n  tasks:\n    - name: x\n      debug: msg={{ nope.x }}\n";

    fn span(name: &str, line: u32, column: u32) -> Span {
        remember_source(Path::new(name), PLAY);
        Span::new(Path::new(name), line, column)
    }

    #[test]
    fn causes_without_a_place_of_their_own_share_one_block() {
        let error = Diagnostic::user("Task failed")
            .at(span("<one>", 3, 7))
            .because(Diagnostic::user("Module failed").because(Diagnostic::user("non-zero return code")));
        assert_eq!(
            ansible_error(&error),
            "Task failed: Module failed: non-zero return code\nOrigin: <one>:3:7\n\n1 - hosts: a\n2   tasks:\n3     - name: x\n        ^ column 7\n"
        );
    }

    #[test]
    fn causes_elsewhere_follow_with_their_own_excerpts() {
        let error = Diagnostic::user("Task failed.").at(span("<two>", 3, 7)).because(
            Diagnostic::user("Error while resolving value for 'msg'")
                .at(span("<two>", 4, 14))
                .because(Diagnostic::user("'nope' is undefined")),
        );
        let expected = "\
Task failed: Error while resolving value for 'msg': 'nope' is undefined

Task failed.
Origin: <two>:3:7

1 - hosts: a
2   tasks:
3     - name: x
        ^ column 7

<<< caused by >>>

Error while resolving value for 'msg': 'nope' is undefined
Origin: <two>:4:14

2   tasks:
3     - name: x
4       debug: msg={{ nope.x }}
               ^ column 14
";
        assert_eq!(ansible_error(&error), expected);
    }

    #[test]
    fn a_whole_line_is_underlined() {
        let error = Diagnostic::user("x").at(span("<line>", 2, 0));
        assert_eq!(ansible_error(&error), "x\nOrigin: <line>:2\n\n1 - hosts: a\n2   tasks:\n    ^^^^^^\n");
    }

    #[test]
    fn an_error_without_a_place_is_one_line() {
        let error = Diagnostic::user("the playbook: nope.yml could not be found");
        assert_eq!(ansible_error(&error), "the playbook: nope.yml could not be found");
    }

    #[test]
    fn a_line_that_is_not_there_is_said_not_to_be() {
        let error = Diagnostic::user("x").at(span("<short>", 9, 1));
        assert_eq!(ansible_error(&error), "x\nOrigin: <short>:9:1\n\n(source not shown: file not found)\n");
    }

    #[test]
    fn impel_points_with_a_caret_and_ends_with_hints() {
        let error =
            Diagnostic::user("'nope' is undefined").at(span("<mine>", 4, 18)).hint("did you mean 'note'?");
        let expected = "\
error: 'nope' is undefined
 --> <mine>:4:18
  |
4 |       debug: msg={{ nope.x }}
  |                  ^
hint: did you mean 'note'?
";
        assert_eq!(impel_error(&error), expected);
    }
}
