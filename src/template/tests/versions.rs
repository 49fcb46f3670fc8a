//! `version`: loose and strict as Python's distutils had them, semantic, and PEP 440.

use super::Test;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, str_repr};
use std::cmp::Ordering;

/// This family's table.
pub(super) const TESTS: &[Test] = &[Test::new(
    &["version", "version_compare"],
    &["version", "operator", "strict", "version_type"],
    |_, input, args| compare_versions(&input, args),
)];

fn compare_versions(input: &Value, args: &Args) -> Result<bool> {
    let Some(other) = args.get(0, "version") else {
        return Err(Error::new("version_compare() missing 1 required positional argument: 'version'"));
    };
    let operator = args.str_or(1, "operator", "eq")?;
    let strict = args.get(2, "strict").filter(|v| !v.is_none());
    let kind = args.opt_str(3, "version_type")?.filter(|kind| !kind.is_empty());
    if !input.is_true()? {
        return Err(Error::new("Input version value cannot be empty"));
    }
    if !other.is_true()? {
        return Err(Error::new("Version parameter to compare against cannot be empty"));
    }
    if strict.is_some() && kind.is_some() {
        return Err(Error::new("Cannot specify both 'strict' and 'version_type'"));
    }
    let kind = match (kind, strict) {
        (Some(kind), _) => kind,
        (None, Some(strict)) if strict.is_true()? => "strict",
        _ => "loose",
    };
    if !matches!(kind, "loose" | "strict" | "semver" | "semantic" | "pep440") {
        return Err(Error::new(format!(
            "Invalid version type ({kind}). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'"
        )));
    }
    let wanted: fn(Ordering) -> bool = match operator {
        "==" | "=" | "eq" => Ordering::is_eq,
        "<" | "lt" => Ordering::is_lt,
        "<=" | "le" => Ordering::is_le,
        ">" | "gt" => Ordering::is_gt,
        ">=" | "ge" => Ordering::is_ge,
        "!=" | "<>" | "ne" => Ordering::is_ne,
        _ => {
            return Err(Error::new(format!(
                "Invalid operator type ({operator}). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', \
                 'gt', '>=', 'ge', '!=', '<>', 'ne'"
            )));
        }
    };
    let (a, b) = (input.to_text()?, other.to_text()?);
    let order = match kind {
        "loose" => loose(&a, &b),
        "strict" => strict_version(&a).and_then(|a| Ok(a.cmp(&strict_version(&b)?))),
        "pep440" => Pep440::parse(&a).and_then(|a| Ok(a.cmp(&Pep440::parse(&b)?))),
        _ => Semantic::parse(&a).and_then(|a| Ok(a.cmp(&Semantic::parse(&b)?))),
    };
    order.map(wanted).map_err(|e| Error::new(format!("Version comparison failed: {e}")))
}

/// Digits without leading zeros, so that length and text give their order whatever their size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Digits(String);

impl Digits {
    fn of(text: &str) -> Digits {
        Digits(text.trim_start_matches('0').to_owned())
    }
}

impl Ord for Digits {
    fn cmp(&self, other: &Digits) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Digits) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

enum LoosePart {
    Number(Digits),
    Text(String),
}

fn loose_parts(version: &str) -> Vec<LoosePart> {
    let class = |c: char| match c {
        '0'..='9' => 0,
        'a'..='z' => 1,
        '.' => 2,
        _ => 3,
    };
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let kind = class(first);
        let end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        match kind {
            0 => parts.push(LoosePart::Number(Digits::of(part))),
            2 => {}
            _ => parts.push(LoosePart::Text(part.to_owned())),
        }
        rest = after;
    }
    parts
}

/// Orders versions as Python's `LooseVersion` did: digits as numbers, letters as text.
///
/// # Errors
/// A number meets text.
pub(crate) fn loose(a: &str, b: &str) -> Result<Ordering, String> {
    let (a, b) = (loose_parts(a), loose_parts(b));
    for (x, y) in a.iter().zip(&b) {
        let order = match (x, y) {
            (LoosePart::Number(x), LoosePart::Number(y)) => x.cmp(y),
            (LoosePart::Text(x), LoosePart::Text(y)) => x.cmp(y),
            (LoosePart::Text(_), LoosePart::Number(_)) => {
                return Err("'<' not supported between instances of 'str' and 'int'".into());
            }
            (LoosePart::Number(_), LoosePart::Text(_)) => {
                return Err("'<' not supported between instances of 'int' and 'str'".into());
            }
        };
        if order != Ordering::Equal {
            return Ok(order);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

/// Major, minor, patch; then a release is later than what came before it.
type Strict = (Digits, Digits, Digits, Option<(char, Digits)>, bool);

fn strict_version(text: &str) -> Result<StrictOrder, String> {
    parse_strict(text).map(StrictOrder).ok_or_else(|| format!("invalid version number {}", str_repr(text)))
}

fn parse_strict(text: &str) -> Option<Strict> {
    let is_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let (numbers, before) = match text.find(['a', 'b']) {
        Some(at) => {
            let (numbers, tail) = text.split_at(at);
            let mut chars = tail.chars();
            let letter = chars.next()?;
            let number = chars.as_str();
            (numbers, Some((letter, Some(number).filter(|n| is_digits(n))?)))
        }
        None => (text, None),
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(|p| is_digits(p)) {
        return None;
    }
    let part = |i: usize| Digits::of(parts.get(i).copied().unwrap_or("0"));
    let before = before.map(|(letter, number)| (letter, Digits::of(number)));
    let is_release = before.is_none();
    Some((part(0), part(1), part(2), before, is_release))
}

#[derive(PartialEq, Eq)]
struct StrictOrder(Strict);

impl Ord for StrictOrder {
    fn cmp(&self, other: &StrictOrder) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        (&a.0, &a.1, &a.2, a.4, &a.3).cmp(&(&b.0, &b.1, &b.2, b.4, &b.3))
    }
}

impl PartialOrd for StrictOrder {
    fn partial_cmp(&self, other: &StrictOrder) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(Digits),
    Text(String),
}

struct Semantic {
    core: [Digits; 3],
    before: Vec<Identifier>,
}

impl Semantic {
    fn parse(text: &str) -> Result<Semantic, String> {
        Semantic::read(text).ok_or_else(|| format!("invalid semantic version {}", str_repr(text)))
    }

    fn read(text: &str) -> Option<Semantic> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let number = |s: &str| digits(s) && (s == "0" || !s.starts_with('0'));
        let (rest, build) = match text.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (text, None),
        };
        if build.is_some_and(|b| !b.split('.').all(word)) {
            return None;
        }
        let (core, before) = match rest.split_once('-') {
            Some((core, before)) => (core, Some(before)),
            None => (rest, None),
        };
        let mut parts = core.split('.');
        let mut part = || parts.next().filter(|p| number(p)).map(Digits::of);
        let core = [part()?, part()?, part()?];
        if parts.next().is_some() {
            return None;
        }
        let mut identifiers = Vec::new();
        for part in before.into_iter().flat_map(|b| b.split('.')) {
            identifiers.push(match part {
                p if number(p) => Identifier::Number(Digits::of(p)),
                p if word(p) && !digits(p) => Identifier::Text(p.to_owned()),
                _ => return None,
            });
        }
        Some(Semantic { core, before: identifiers })
    }

    fn cmp(&self, other: &Semantic) -> Ordering {
        let release = |s: &Semantic| s.before.is_empty();
        self.core
            .cmp(&other.core)
            .then_with(|| release(self).cmp(&release(other)))
            .then_with(|| self.before.cmp(&other.before))
    }
}

/// A version by PEP 440, in the form in which tuples order it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pep440 {
    epoch: Digits,
    release: Vec<Digits>,
    before: Edge<(String, Digits)>,
    post: Edge<Digits>,
    dev: Edge<Digits>,
    local: Edge<Vec<LocalPart>>,
}

/// A part that, where it is missing, comes before or after everything.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Edge<T> {
    First,
    Is(T),
    Last,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum LocalPart {
    Text(String),
    Number(Digits),
}

const PEP440: &str = concat!(
    r"^\s*v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)",
    r"([-_\.]?(alpha|a|beta|b|preview|pre|c|rc)[-_\.]?([0-9]+)?)?",
    r"((?:-([0-9]+))|(?:[-_\.]?(post|rev|r)[-_\.]?([0-9]+)?))?",
    r"([-_\.]?(dev)[-_\.]?([0-9]+)?)?",
    r"(?:\+([a-z0-9]+(?:[-_\.][a-z0-9]+)*))?\s*$",
);

impl Pep440 {
    fn parse(text: &str) -> Result<Pep440, String> {
        use crate::template::pyregex::{Flags, PyRegex};
        let flags = Flags { ignore_case: true, ..Flags::default() };
        let regex = PyRegex::new(PEP440, flags).map_err(|e| e.0)?;
        let found = regex.match_start(text).map_err(|e| e.0)?;
        let Some(found) = found else {
            return Err(format!("Invalid version: {}", str_repr(text)));
        };
        let digits = |group: usize| Digits::of(found.group(group).unwrap_or("0"));
        let mut release: Vec<Digits> = digits_of(found.group(2).unwrap_or("0"));
        while release.last().is_some_and(|d| d.0.is_empty()) {
            release.pop();
        }
        let has = |group: usize| found.group(group).is_some_and(|g| !g.is_empty());
        let letter = found.group(4).map(|l| match l.to_lowercase().as_str() {
            "alpha" | "a" => "a".to_owned(),
            "beta" | "b" => "b".to_owned(),
            _ => "rc".to_owned(),
        });
        let (is_post, is_dev) = (has(6), has(10));
        let before = match letter {
            Some(letter) => Edge::Is((letter, digits(5))),
            None if !is_post && is_dev => Edge::First,
            None => Edge::Last,
        };
        let post = match is_post {
            true if has(7) => Edge::Is(digits(7)),
            true => Edge::Is(digits(9)),
            false => Edge::First,
        };
        let dev = if is_dev { Edge::Is(digits(12)) } else { Edge::Last };
        let local = match found.group(13) {
            None => Edge::First,
            Some(local) => Edge::Is(
                local
                    .to_lowercase()
                    .split(['-', '_', '.'])
                    .map(|p| match p.bytes().all(|b| b.is_ascii_digit()) {
                        true => LocalPart::Number(Digits::of(p)),
                        false => LocalPart::Text(p.to_owned()),
                    })
                    .collect(),
            ),
        };
        Ok(Pep440 { epoch: digits(1), release, before, post, dev, local })
    }
}

fn digits_of(dotted: &str) -> Vec<Digits> {
    dotted.split('.').map(Digits::of).collect()
}
