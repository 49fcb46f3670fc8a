//! Host names in sources: ports, and ranges such as `web[01:10:2]` and `db[a:f]`.

use std::net::Ipv6Addr;

/// More hosts than one range may stand for.
const MOST: usize = 1_000_000;

/// The hosts that a name in a source stands for, and their port.
///
/// # Errors
/// A range that makes no sense; the text says why.
pub fn expand(name: &str) -> Result<(Vec<String>, Option<i64>), String> {
    let (base, port) = split_port(name).unwrap_or((name, None));
    Ok((expand_ranges(base)?, port))
}

/// Name and port, if the text is a valid address or host name, ranges allowed.
pub fn split_port(text: &str) -> Option<(&str, Option<i64>)> {
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.rsplit_once("]:"));
    let (host, port) = match bracketed {
        Some((host, port)) if digits(port) => (host, Some(port)),
        _ => match text.rsplit_once(':') {
            Some((host, port)) if digits(port) && !has_bare_colon(host) && !ends_in_range(text) => {
                (host, Some(port))
            }
            _ => (text, None),
        },
    };
    if !is_address(host) {
        return None;
    }
    Some((host, port.and_then(|port| port.parse().ok())))
}

/// Whether the last colon is within brackets.
fn ends_in_range(text: &str) -> bool {
    text.ends_with(']')
}

fn has_bare_colon(host: &str) -> bool {
    let mut depth = 0;
    host.chars().any(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        c == ':' && depth <= 0
    })
}

/// An IPv6 address, or labels of letters, digits, `_`, `-` and ranges, joined by dots.
fn is_address(host: &str) -> bool {
    if host.parse::<Ipv6Addr>().is_ok() {
        return true;
    }
    let mut bare = String::with_capacity(host.len());
    let mut rest = host;
    while let Some(open) = rest.find('[') {
        let (before, range) = rest.split_at(open);
        let Some(close) = range.find(']') else { return false };
        if !is_range(range.get(1..close).unwrap_or_default()) {
            return false;
        }
        bare.push_str(before);
        bare.push('0');
        rest = range.get(close + 1..).unwrap_or_default();
    }
    bare.push_str(rest);
    let label = |label: &str| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        label.starts_with(word)
            && label.ends_with(word)
            && label.chars().all(|c| word(c) || c == '-')
            && label.len() < 64
    };
    bare.split('.').all(label)
}

fn is_range(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let part = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    matches!(parts.len(), 2 | 3) && parts.iter().all(part)
}

/// All that the ranges in a name stand for, the first one varying slowest.
fn expand_ranges(name: &str) -> Result<Vec<String>, String> {
    let mut names = vec![String::new()];
    let mut rest = name;
    while let Some((before, range)) = rest.split_once('[') {
        let (range, after) = range.split_once(']').ok_or(OPEN)?;
        let values = values(range)?;
        if names.len().saturating_mul(values.len()) > MOST {
            return Err(format!("'{name}' stands for more than {MOST} hosts"));
        }
        names = names
            .iter()
            .flat_map(|head| values.iter().map(move |value| [head, before, value].concat()))
            .collect();
        rest = after;
    }
    names.iter_mut().for_each(|name| name.push_str(rest));
    Ok(names)
}

/// Whether an error is one that Ansible does not make itself but runs into.
pub fn is_pythons(error: &str) -> bool {
    error.starts_with("invalid literal") || [OPEN, STANDS_STILL].contains(&error)
}

const OPEN: &str = "not enough values to unpack (expected 3, got 2)";
const STANDS_STILL: &str = "range() arg 3 must not be zero";
const MALFORMED: &str = "host range must be begin:end or begin:end:step";

fn values(range: &str) -> Result<Vec<String>, String> {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let parts: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match parts.as_slice() {
        [begin, end] => (*begin, *end, "1"),
        [begin, end, step] => (*begin, *end, *step),
        _ => return Err(MALFORMED.into()),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err("host range must specify end value".into());
    }
    let width = if begin.starts_with('0') && begin.len() > 1 { begin.len() } else { 0 };
    if width != 0 && width != end.len() {
        return Err("host range must specify equal-length begin and end formats".into());
    }
    let number = |text: &str| {
        text.parse::<i64>().map_err(|_| format!("invalid literal for int() with base 10: '{text}'"))
    };
    let step = number(step)?;
    if let (Some(first), Some(last)) = (LETTERS.find(begin), LETTERS.find(end)) {
        if first > last {
            return Err("host range must have begin <= end".into());
        }
        let Some(step) = steps(step)? else { return Ok(Vec::new()) };
        // the letters up to the end of what was asked for, which may be several
        let letters = LETTERS.chars().take(last + end.len()).skip(first).step_by(step);
        return Ok(letters.map(String::from).collect());
    }
    let (first, last) = (number(begin)?, number(end)?);
    let Some(step) = steps(step)? else { return Ok(Vec::new()) };
    if last.saturating_sub(first) / step as i64 > MOST as i64 {
        return Err(format!("host range stands for more than {MOST} hosts"));
    }
    Ok((first..=last).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

/// How far to step; backwards nothing is found.
fn steps(step: i64) -> Result<Option<usize>, String> {
    if step == 0 { Err(STANDS_STILL.into()) } else { Ok(usize::try_from(step).ok()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_hosts() {
        let table = [
            ("web[01:10:3].x.org", "web01.x.org web04.x.org web07.x.org web10.x.org", None),
            ("web-[a:c]", "web-a web-b web-c", None),
            ("db[1:2]x[a:b]:22", "db1xa db1xb db2xa db2xb", Some(22)),
            ("h[:2]", "h0 h1 h2", None),
            ("h[8:11]", "h8 h9 h10 h11", None),
            ("beta:2222", "beta", Some(2222)),
            ("::1", "::1", None),
            ("[fe80::1]:22", "fe80::1", Some(22)),
            ("fe80::1:22", "fe80::1:22", None),
            ("10.0.0.[1:3]", "10.0.0.1 10.0.0.2 10.0.0.3", None),
            ("a=b:22", "a=b:22", None),
            ("h:99999", "h", Some(99999)),
            ("a:", "a:", None),
            ("h[1:9:-1]", "", None),
        ];
        for (name, wanted, port) in table {
            let (hosts, found) = expand(name).unwrap();
            assert_eq!((hosts.join(" ").as_str(), found), (wanted, port), "{name}");
        }
        for (name, wanted) in [
            ("h[1:]", "host range must specify end value"),
            ("h[01:3]", "host range must specify equal-length begin and end formats"),
            ("h[c:a]", "host range must have begin <= end"),
            ("h[1]", "host range must be begin:end or begin:end:step"),
            ("h[1", "not enough values to unpack (expected 3, got 2)"),
            ("h[1:2:0]", "range() arg 3 must not be zero"),
            ("h[1:2:3:4]", "host range must be begin:end or begin:end:step"),
        ] {
            assert_eq!(expand(name).unwrap_err(), wanted, "{name}");
        }
        assert!(expand("h[0:999999999]").is_err());
        assert!(expand("h[0:9999][0:9999]").is_err());
    }
}
