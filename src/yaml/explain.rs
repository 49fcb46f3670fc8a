//! What a parse error is most likely about, judged by the line it is on. The words are ansible-core 2.19's.

use libyaml_safer::Mark;
/// A better explanation than the parser's own.
pub(super) struct Explanation {
    pub(super) message: &'static str,
    /// The column to point at, from 1.
    pub(super) column: u32,
    pub(super) hint: Option<&'static str>,
}

/// Guesses at the usual slips: tabs, unquoted templates, colons in values, half-quoted values.
pub(super) fn explain(line: &str) -> Option<Explanation> {
    let at = |message, bytes: usize, hint| {
        let column = line.get(..bytes).map_or(0, |before| before.chars().count()) as u32 + 1;
        Some(Explanation { message, column, hint })
    };
    if let Some(tab) = line.find('\t') {
        return at("Tabs are usually invalid in YAML.", tab, None);
    }
    let item = after_dashes(line);
    let value = after_key(line, item);
    let text = line.get(value..).unwrap_or_default();
    for start in [item, value] {
        let text = line.get(start..).unwrap_or_default();
        if text.starts_with("{{") && text.contains("}}") {
            return at(
                "This may be an issue with missing quotes around a template block.",
                start,
                Some(TEMPLATE),
            );
        }
    }
    let first_colon = text
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| text.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
    if let Some(colon) = first_colon.filter(|_| !line.trim_start().starts_with(':')) {
        return at(
            "Colons in unquoted values must be followed by a non-space character.",
            value + colon,
            Some(COLON),
        );
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'') && text.len() > 1)?;
    let text = text.trim_end();
    let ends = text.len() > 1 && text.ends_with(quote);
    let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match (ends, inside.contains(quote)) {
        (false, _) => at("Values starting with a quote must end with the same quote.", value, Some(QUOTE)),
        (true, true) => at(
            "Values starting with a quote must end with the same quote, and not contain that quote.",
            value,
            Some(QUOTE_TWICE),
        ),
        (true, false) => None,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c.is_whitespace()
}

fn first_column(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where the text starts after indentation and any `- `.
fn after_dashes(line: &str) -> usize {
    let mut at = first_column(line);
    while let Some(rest) = line.get(at..).and_then(|text| text.strip_prefix("- ")) {
        at = line.len() - rest.trim_start().len();
    }
    at
}

/// Where the value starts after a simple `key: `; a key at the end of the line is none.
fn after_key(line: &str, from: usize) -> usize {
    let text = line.get(from..).unwrap_or_default();
    let Some((key, rest)) = text.split_once(':') else { return from };
    if !key.chars().all(|c| is_word(c) || "[]{}".contains(c)) || !rest.starts_with(' ') {
        return from;
    }
    line.len() - rest.trim_start().len()
}

const TEMPLATE: &str = "For example:\n\n    raw: {{ some_var }}\n\nShould be:\n\n    raw: \"{{ some_var }}\"";
const COLON: &str =
    "For example:\n\n    raw: echo 'name: ansible'\n\nShould be:\n\n    raw: \"echo 'name: ansible'\"";
const QUOTE: &str = "For example:\n\n    raw: \"foo\" in bar\n\nShould be:\n\n    raw: '\"foo\" in bar'";
const QUOTE_TWICE: &str =
    "For example:\n\n    raw: \"foo\" in \"bar\"\n\nShould be:\n\n    raw: '\"foo\" in \"bar\"'";

/// Where, in PyYAML's words.
pub(super) fn place(mark: Mark) -> String {
    format!("\n  in \"<unicode string>\", line {}, column {}", mark.line + 1, mark.column + 1)
}

/// What the parser complains of, in PyYAML's words.
pub(super) fn bare_words(error: &libyaml_safer::Error) -> String {
    let mut words = String::new();
    let at = |mark: Mark| (mark.line, mark.column);
    if let Some(context) = error.context() {
        words.push_str(context);
        if let Some(mark) = error.context_mark()
            && error.problem_mark().map(at) != Some(at(mark))
        {
            words.push_str(&place(mark));
        }
        words.push('\n');
    }
    words.push_str(error.problem());
    if let Some(mark) = error.problem_mark() {
        words.push_str(&place(mark));
    }
    words
}

/// `YAML parsing failed: ` and the message as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let message = message.trim();
    let mut letters = message.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let stop = if message.ends_with('.') { "" } else { "." };
    format!("YAML parsing failed: {first}{}{stop}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_slips_are_named_at_the_column_where_ansible_points() {
        let table = [
            ("\tb: 1", "Tabs", 1),
            ("a: {{ x }}", "This may", 4),
            ("- foo: {{ a }}/b", "This may", 8),
            ("- - {{ x }}", "This may", 5),
            ("{{ a }} b: {{ c }}", "This may", 1),
            ("a: b: c: d", "Colons", 5),
            ("  c: d: e", "Colons", 7),
            ("x: {a: b} y: c", "Colons", 6),
            ("a-b: {{ x }}", "Colons", 4),
            ("\"a\": {{ x }}", "Colons", 4),
            ("? {a: b}", "Colons", 5),
            ("{a: b}: c", "Colons", 7),
            ("foo: : |", "Colons", 6),
            ("  with_items:", "Colons", 13),
            ("'o", "Values", 1),
            ("a: b :c: d", "Colons", 8),
            ("a: b:", "Colons", 5),
            ("a: \"b\" c", "Values", 4),
            ("- 'a' b", "Values", 3),
            ("  b: 'it's'", "Values", 6),
        ];
        for (line, message, column) in table {
            let found = explain(line);
            let found = found.map(|e| (e.message.split(' ').next().unwrap_or_default().to_owned(), e.column));
            let wanted = message.split(' ').next().unwrap_or_default().to_owned();
            assert_eq!(found, Some((wanted, column)), "{line}");
        }
        for line in [
            "a: @x",
            " c: 1",
            "- a",
            "a: [b] c",
            "- {a} y",
            "a: 'b'",
            "? \"a\" b",
            "a: [\"b\"] d",
            "  : c",
            "",
        ] {
            assert!(explain(line).is_none(), "{line}");
        }
    }
}
