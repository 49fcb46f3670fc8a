//! Rewrites what minijinja's parser does not read as Jinja2 does, so that its syntax tree is Jinja2's.
//!
//! Literals that it would reject are masked to equal length (the lowering reads them again from the original text),
//! a unary plus and a colon at the end of a statement are blanked, `{% raw %}` keeps its newline, and bare tuples
//! get parentheses, whose places are noted so that offsets lead back to the original.

use crate::template::TemplateOptions;

/// The rewritten text and the way back.
pub struct Rewritten {
    /// What the parser reads.
    pub text: String,
    /// Offsets in `text` of characters that were put in.
    inserted: Vec<usize>,
    /// An expression holds so many operators that its syntax tree would be too deep to walk.
    pub too_deep: bool,
}

impl Rewritten {
    /// The offset in the original text.
    pub fn original(&self, offset: usize) -> usize {
        offset - self.inserted.partition_point(|at| *at < offset)
    }
}

/// Rewrites a template.
pub fn template(source: &str, options: &TemplateOptions) -> Rewritten {
    let mut edits = Edits::new(source);
    let bytes = source.as_bytes();
    let mut at = 0;
    let mut marks = Marks::new(source, options);
    while let Some((start, mark)) = marks.next(at) {
        match mark {
            Mark::Comment => {
                let body = start + options.comment_start.len();
                match find(source, body, &options.comment_end) {
                    Some(end) => at = end + options.comment_end.len(),
                    None => break,
                }
            }
            Mark::Variable => {
                let body = skip_sign(bytes, start + options.variable_start.len());
                let scan = scan(&mut edits, source, body, &options.variable_end);
                if !scan.commas.is_empty() {
                    edits.insert.push((body, '('));
                    edits.insert.push((scan.end, ')'));
                }
                at = scan.end;
            }
            Mark::Block => {
                let body = skip_sign(bytes, start + options.block_start.len());
                if let Some(end) = raw_tag(source, body, options, &mut edits) {
                    at = end;
                    continue;
                }
                at = statement(&mut edits, source, body, &options.block_end);
            }
            Mark::Line => {
                let prefix = options.line_statement.as_ref().map_or(0, String::len);
                at = statement(&mut edits, source, skip_sign(bytes, start + prefix), "\n");
            }
            Mark::LineComment => at = find(source, start, "\n").unwrap_or(source.len()),
        }
    }
    edits.apply()
}

/// A statement that waits for its end.
pub struct OpenTag<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its `else` was seen.
    has_else: bool,
}

impl OpenTag<'_> {
    /// The tags that may come next at its level, in Jinja2's order.
    pub fn closers(&self) -> Vec<String> {
        let end = format!("end{}", self.name);
        match (self.name, self.has_else) {
            ("if", false) => vec!["elif".into(), "else".into(), end],
            ("for", false) => vec![end, "else".into()],
            _ => vec![end],
        }
    }
}

/// The statements that are open where the text ends or at `until`; `None` where a tag itself is.
pub fn open_tags<'s>(source: &'s str, options: &TemplateOptions, until: usize) -> Option<Vec<OpenTag<'s>>> {
    const OPENERS: [&str; 9] =
        ["if", "for", "block", "macro", "call", "filter", "with", "autoescape", "trans"];
    let mut edits = Edits::new(source);
    let mut marks = Marks::new(source, options);
    let mut tags: Vec<OpenTag<'s>> = Vec::new();
    let mut at = 0;
    while let Some((start, mark)) = marks.next(at).filter(|(start, _)| *start < until) {
        let (body, end_mark) = match mark {
            Mark::Comment => {
                let end = find(source, start + options.comment_start.len(), &options.comment_end)?;
                at = end + options.comment_end.len();
                continue;
            }
            Mark::LineComment => {
                at = find(source, start, "\n").unwrap_or(source.len());
                continue;
            }
            Mark::Variable => (start + options.variable_start.len(), options.variable_end.as_str()),
            Mark::Block => (start + options.block_start.len(), options.block_end.as_str()),
            Mark::Line => (start + options.line_statement.as_ref().map_or(0, String::len), "\n"),
        };
        let body = skip_sign(source.as_bytes(), body);
        if matches!(mark, Mark::Block)
            && let Some(end) = raw_tag(source, body, options, &mut edits)
        {
            at = end;
            continue;
        }
        let scan = scan(&mut edits, source, body, end_mark);
        if scan.end >= source.len() && end_mark != "\n" {
            return if until < source.len() { Some(tags) } else { None };
        }
        at = scan.end;
        if matches!(mark, Mark::Variable) || body > until {
            continue;
        }
        let words: Vec<&str> = scan.words.iter().filter_map(|(from, to)| source.get(*from..*to)).collect();
        let Some(&word) = words.first() else { continue };
        // the tag at fault is not yet one that counts
        if source.get(body..).is_some_and(|rest| body + (rest.len() - rest.trim_start().len()) >= until) {
            break;
        }
        if OPENERS.contains(&word) || word == "set" && !source[body..scan.end].contains('=') {
            tags.push(OpenTag { name: word, has_else: false });
        } else if word == "else" {
            if let Some(tag) = tags.last_mut() {
                tag.has_else = true;
            }
        } else if let Some(name) = word.strip_prefix("end")
            && tags.last().is_some_and(|tag| tag.name == name)
        {
            tags.pop();
        }
    }
    Some(tags)
}

/// Rewrites a statement; gives where it ends.
fn statement(edits: &mut Edits, source: &str, body: usize, end_mark: &str) -> usize {
    let scan = scan(edits, source, body, end_mark);
    tuple_in_for(edits, source, body, &scan);
    call_in_do(edits, source, &scan);
    loop_in_set(edits, source, &scan);
    if let Some(colon) = scan.last_colon.filter(|c| source[c + 1..scan.end].trim().is_empty()) {
        edits.blank(colon);
    }
    scan.end
}

/// Rewrites a bare expression.
pub fn expression(source: &str) -> Rewritten {
    let mut edits = Edits::new(source);
    let scan = scan(&mut edits, source, 0, "\0");
    if !scan.commas.is_empty() {
        edits.insert.push((0, '('));
        edits.insert.push((source.len(), ')'));
    }
    edits.apply()
}

/// The most operators that may depend on each other in one expression.
const MOST_OPERATORS: usize = 400;

struct Edits {
    bytes: Vec<u8>,
    insert: Vec<(usize, char)>,
    too_deep: bool,
}

impl Edits {
    fn new(source: &str) -> Edits {
        Edits { bytes: source.as_bytes().to_vec(), insert: Vec::new(), too_deep: false }
    }

    fn blank(&mut self, at: usize) {
        if let Some(byte) = self.bytes.get_mut(at) {
            *byte = b' ';
        }
    }

    fn mask(&mut self, from: usize, to: usize, with: u8) {
        if let Some(part) = self.bytes.get_mut(from..to) {
            part.fill(with);
        }
    }

    fn apply(mut self) -> Rewritten {
        // Whole characters were masked or ASCII replaced by ASCII, so the text stays UTF-8.
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.insert.is_empty() {
            return Rewritten { text, inserted: Vec::new(), too_deep: self.too_deep };
        }
        self.insert.sort_by_key(|(at, _)| *at);
        let mut out = String::with_capacity(text.len() + self.insert.len());
        let mut inserted = Vec::with_capacity(self.insert.len());
        let mut done = 0;
        for (at, c) in self.insert {
            out.push_str(&text[done..at]);
            inserted.push(out.len());
            out.push(c);
            done = at;
        }
        out.push_str(&text[done..]);
        Rewritten { text: out, inserted, too_deep: self.too_deep }
    }
}

enum Mark {
    Comment,
    Variable,
    Block,
    Line,
    LineComment,
}

fn find(source: &str, from: usize, what: &str) -> Option<usize> {
    source.get(from..)?.find(what).map(|i| i + from)
}

/// The marks of a text, found one after the other; each sort is looked for only behind the one that was seen.
struct Marks<'s> {
    source: &'s str,
    options: &'s TemplateOptions,
    /// The next of each sort: not yet looked for, or where.
    next: [Option<Option<usize>>; 5],
}

impl<'s> Marks<'s> {
    fn new(source: &'s str, options: &'s TemplateOptions) -> Marks<'s> {
        Marks { source, options, next: [None; 5] }
    }

    /// The next start of a comment, statement or expression; of several at one place the longest.
    fn next(&mut self, from: usize) -> Option<(usize, Mark)> {
        let options = self.options;
        let prefix = |prefix: &'s Option<String>| prefix.as_deref().unwrap_or("");
        let sorts: [(&str, bool, Mark); 5] = [
            (&options.comment_start, false, Mark::Comment),
            (&options.block_start, false, Mark::Block),
            (&options.variable_start, false, Mark::Variable),
            (prefix(&options.line_statement), true, Mark::Line),
            (prefix(&options.line_comment), true, Mark::LineComment),
        ];
        let mut best: Option<(usize, usize, Mark)> = None;
        for ((text, of_line, mark), known) in sorts.into_iter().zip(&mut self.next) {
            if text.is_empty() {
                continue;
            }
            let at = match *known {
                Some(None) => None,
                Some(Some(at)) if at >= from => Some(at),
                _ if of_line => line_start(self.source, from, text),
                _ => find(self.source, from, text),
            };
            *known = Some(at);
            if let Some(at) = at
                && best
                    .as_ref()
                    .is_none_or(|(first, len, _)| (at, usize::MAX - text.len()) < (*first, usize::MAX - *len))
            {
                best = Some((at, text.len(), mark));
            }
        }
        best.map(|(at, _, mark)| (at, mark))
    }
}

/// Where a line, after its blanks, starts with a prefix.
fn line_start(source: &str, from: usize, prefix: &str) -> Option<usize> {
    let mut start = if from == 0 { 0 } else { find(source, from - 1, "\n")? + 1 };
    loop {
        let line = source.get(start..)?;
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        if line[blanks..].starts_with(prefix) {
            return Some(start + blanks);
        }
        start += line.find('\n')? + 1;
    }
}

fn skip_sign(bytes: &[u8], at: usize) -> usize {
    if matches!(bytes.get(at), Some(b'-' | b'+')) { at + 1 } else { at }
}

/// If `{% raw %}` starts here: keeps its newline, and gives where `{% endraw %}` ends.
fn raw_tag(source: &str, body: usize, options: &TemplateOptions, edits: &mut Edits) -> Option<usize> {
    // Blanks are ASCII here, so that one can be replaced by a sign.
    let rest = source.get(body..)?.trim_ascii_start().strip_prefix("raw")?;
    let blank = rest.trim_ascii_start();
    let mut after = source.len() - blank.len();
    if !blank.starts_with(&options.block_end) {
        if !blank.starts_with(['-', '+']) || !blank[1..].starts_with(&options.block_end) {
            return None;
        }
        after += 1;
    } else if blank.len() < rest.len() {
        edits.mask(after - 1, after, b'+');
    } else {
        edits.insert.push((after, '+'));
    }
    let mut at = after + options.block_end.len();
    let content = at;
    while let Some(start) = find(source, at, &options.block_start) {
        at = start + options.block_start.len();
        let signed = skip_sign(source.as_bytes(), at);
        let tag = source[signed..].trim_start();
        if let Some(rest) = tag.strip_prefix("endraw") {
            let rest = rest.trim_start();
            let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if let Some(rest) = rest.strip_prefix(options.block_end.as_str()) {
                // Blanks on the line of `{% raw %}` itself stay.
                if options.lstrip_blocks && signed == at && !source[content..start].contains('\n') {
                    edits.insert.push((at, '+'));
                }
                return Some(source.len() - rest.len());
            }
        }
    }
    Some(source.len())
}

/// What stands between the marks of one statement or expression.
struct Scan {
    /// Where it ends: at the end mark (its sign included), or at the end of the text.
    end: usize,
    /// Commas outside of brackets.
    commas: Vec<usize>,
    /// Words outside of brackets.
    words: Vec<(usize, usize)>,
    /// The last colon outside of brackets.
    last_colon: Option<usize>,
}

fn scan(edits: &mut Edits, source: &str, from: usize, end_mark: &str) -> Scan {
    let bytes = source.as_bytes();
    let mut scan = Scan { end: source.len(), commas: Vec::new(), words: Vec::new(), last_colon: None };
    let mut depth = 0usize;
    // How many operators what comes next depends on, and how many each open bracket did.
    let mut operators = 0usize;
    let mut open: Vec<usize> = Vec::new();
    // Whether what comes next starts an operand, so that a plus is unary.
    let mut operand = true;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if depth == 0 {
            let signed = matches!(byte, b'-' | b'+') && bytes[at + 1..].starts_with(end_mark.as_bytes());
            if signed || bytes[at..].starts_with(end_mark.as_bytes()) {
                scan.end = at;
                return scan;
            }
        }
        let start = at;
        at += 1;
        edits.too_deep |= operators > MOST_OPERATORS;
        match byte {
            b'\'' | b'"' => {
                let (end, escaped) = literal_end(bytes, at, byte);
                if escaped {
                    edits.mask(at, end, b'x');
                }
                at = end + 1;
                operand = false;
            }
            b'(' | b'[' | b'{' => {
                depth += 1;
                open.push(operators);
                operators += 1;
                operand = true;
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                operators = open.pop().unwrap_or(0) + 1;
                operand = false;
            }
            b'0'..=b'9' => {
                let run = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                at += run;
                if run > 36 && bytes[start..at].iter().all(|b| b.is_ascii_digit() || *b == b'_') {
                    edits.mask(start + 1, at - 1, b'_');
                }
                operand = false;
            }
            // the parser knows one sign; the lowering looks which one stands there
            b'+' if operand => edits.mask(start, at, b'-'),
            b',' => {
                operators = open.last().map_or(0, |before| before + 1);
                if depth == 0 {
                    scan.commas.push(start);
                }
                operand = true;
            }
            b':' if depth == 0 => {
                scan.last_colon = Some(start);
                operand = true;
            }
            b if b.is_ascii_whitespace() => {}
            b if b == b'_' || b.is_ascii_alphabetic() || !b.is_ascii() => {
                at += bytes[at..]
                    .iter()
                    .take_while(|b| **b == b'_' || b.is_ascii_alphanumeric() || !b.is_ascii())
                    .count();
                let word = &source[start..at];
                operand = matches!(word, "in" | "not" | "and" | "or" | "if" | "else" | "is");
                operators += usize::from(operand);
                if depth == 0 {
                    scan.words.push((start, at));
                }
            }
            _ => {
                operators += 1;
                operand = true;
            }
        }
    }
    scan
}

/// Where a literal's closing quote stands, and whether a backslash is in it.
fn literal_end(bytes: &[u8], from: usize, quote: u8) -> (usize, bool) {
    let mut at = from;
    let mut escaped = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => {
                escaped = true;
                at += 1;
            }
            b if b == quote => return (at, escaped),
            _ => {}
        }
        at += 1;
    }
    (bytes.len(), false)
}

/// What `print` calls once it is a `do`.
pub const PRINT: &str = "_p";

/// Makes the expression of a `do` the argument of a call, since the parser takes nothing else there; so it does with
/// a `print`, which the parser does not know.
fn call_in_do(edits: &mut Edits, source: &str, scan: &Scan) {
    let Some((from, to)) = scan.words.first().copied() else { return };
    match source.get(from..to) {
        Some("do") => edits.insert.extend([(to, ' '), (to, '_'), (to, '('), (scan.end, ')')]),
        Some("print") => {
            edits.mask(from, to, b' ');
            edits.mask(from, from + 1, b'd');
            edits.mask(from + 1, from + 2, b'o');
            edits.insert.extend(PRINT.chars().chain(['(']).map(|c| (to, c)));
            edits.insert.push((scan.end, ')'));
        }
        _ => {}
    }
}

/// What `loop` is called where it is assigned to.
pub const LOOP: &str = "l00p";

/// Hides the name `loop` in `{% set loop = … %}`, which the parser refuses.
fn loop_in_set(edits: &mut Edits, source: &str, scan: &Scan) {
    if let [set, name, ..] = scan.words.as_slice()
        && source.get(set.0..set.1) == Some("set")
        && source.get(name.0..name.1) == Some("loop")
    {
        edits.mask(name.0 + 1, name.1 - 1, b'0');
    }
}

/// Puts parentheses around a bare tuple after `for … in`.
fn tuple_in_for(edits: &mut Edits, source: &str, body: usize, scan: &Scan) {
    let word = |(from, to): (usize, usize)| &source[from..to];
    let Some(first) = scan.words.first().copied().filter(|w| word(*w) == "for" && w.0 >= body) else {
        return;
    };
    let Some(within) = scan.words.iter().copied().find(|w| w.0 > first.0 && word(*w) == "in") else { return };
    let later = scan.words.iter().copied().filter(|w| w.0 > within.1);
    let end = later.into_iter().find(|w| matches!(word(*w), "if" | "recursive")).map_or(scan.end, |w| w.0);
    let end = match scan.last_colon {
        Some(colon) if colon < end && source[colon + 1..end].trim().is_empty() => colon,
        _ => end,
    };
    if scan.commas.iter().any(|c| (within.1..end).contains(c)) {
        edits.insert.push((within.1, '('));
        edits.insert.push((end, ')'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(source: &str) -> String {
        template(source, &TemplateOptions::default()).text
    }

    #[test]
    fn rewrites_only_what_the_parser_does_not_read() {
        for (source, expected) in [
            ("{{ 1, 2 }}", "{{( 1, 2 )}}"),
            ("{{ [1, 2] }}", "{{ [1, 2] }}"),
            ("{{ +1 - +2 }}", "{{ -1 - -2 }}"),
            ("{{ 'a\\'b' }}", "{{ 'xxxx' }}"),
            ("{% for x in y: %}", "{% for x in y  %}"),
            ("{% for x in 1,2 %}", "{% for x in( 1,2 )%}"),
            ("{% for a, b in c.items() %}", "{% for a, b in c.items() %}"),
            ("{% raw %}\n{{ 1, 2 }}{% endraw %}{{ 3, 4 }}", "{% raw+%}\n{{ 1, 2 }}{% endraw %}{{( 3, 4 )}}"),
            ("{% do x if y %}", "{% do _( x if y )%}"),
            ("{# {{ 1, 2 }} #}", "{# {{ 1, 2 }} #}"),
            ("{{ {'a': {'b': 1}} }}", "{{ {'a': {'b': 1}} }}"),
        ] {
            assert_eq!(rewrite(source), expected, "{source}");
        }
    }

    #[test]
    fn offsets_lead_back_to_the_original() {
        let source = "{{ 1, 2 }}{{ three }}";
        let rewritten = template(source, &TemplateOptions::default());
        let at = rewritten.text.find("three").unwrap();
        assert_eq!(rewritten.original(at), source.find("three").unwrap());
    }
}
