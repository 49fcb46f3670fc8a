//! HTML and URLs in text: `escape`, `safe`, `striptags`, `urlize`, `xmlattr`, `urlencode`, `urldecode`, `urlsplit`.

use super::Filter;
use super::entities::unescape_html;
use crate::template::args::Args;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value, escape_html, str_repr};
use crate::template::{Eval, Key};
use std::collections::BTreeSet;
use std::sync::Arc;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["escape", "e"], &[], |_, input, _| input.escaped()),
    Filter::new(&["forceescape"], &[], |_, input, _| {
        Ok(Value::text(escape_html(&input.to_text()?), input.is_secret()).into_markup())
    }),
    Filter::new(&["safe"], &[], |_, input, _| {
        Ok(Value::text(input.to_text()?, input.is_secret()).into_markup())
    }),
    Filter::new(&["striptags"], &[], strip_tags),
    Filter::new(&["urlize"], &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"], urlize),
    Filter::new(&["xmlattr"], &["autospace"], xml_attributes),
    Filter::new(&["urlencode"], &[], url_encode),
    Filter::new(&["urldecode"], &[], |_, input, _| {
        Ok(Value::text(unquote_plus(super::strings::text_with(&input, "replace")?), input.is_secret()))
    }),
    Filter::new(&["urlsplit"], &["query", "alias"], url_split),
];

/// Drops comments and tags, squeezes blanks, resolves entities.
fn strip_tags(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    Ok(Value::text(without_tags(&input.to_text()?), input.is_secret()))
}

/// Text without comments and tags, its entities resolved.
pub(crate) fn without_tags(text: &str) -> String {
    let plain = without(&without(text, "<!--", "-->"), "<", ">");
    let squeezed = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    unescape_html(&squeezed)
}

fn without(text: &str, start: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(start) {
        let Some((_, tail)) = after.split_once(end) else { break };
        out.push_str(before);
        rest = tail;
    }
    out + rest
}

const HTTP: &str = concat!(
    r"^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})",
    r"|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)",
    r"|(https?://)((([\d]{1,3})(\.[\d]{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\])))",
    r"(?::[\d]{1,5})?(?:[/?#]\S*)?$",
);
const EMAIL: &str = r"^\S+@\w[\w.-]*\.\w+$";

/// Turns what looks like a URL or an address into a link.
fn urlize(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = escape_html(&input.to_text()?);
    // what the limit is matters only once there is a link
    let limit = args.get(0, "trim_url_limit").filter(|limit| !limit.is_none()).cloned();
    let rel = match args.get(3, "rel") {
        Some(rel) if rel.is_true()? => super::strings::text_with(rel, "split")?,
        _ => "",
    };
    let mut rel: BTreeSet<&str> = rel.split_whitespace().collect();
    rel.insert("noopener");
    if args.bool(1, "nofollow", false)? {
        rel.insert("nofollow");
    }
    let rel = rel.into_iter().collect::<Vec<_>>().join(" ");
    let mut attributes = format!(" rel=\"{}\"", escape_html(&rel));
    if let Some(target) = args.get(2, "target").filter(|target| target.is_true().unwrap_or(false)) {
        let target = target.to_text()?;
        attributes.push_str(&format!(" target=\"{}\"", escape_html(&target)));
    }
    let mut schemes = Vec::new();
    if let Some(list) = args.get(4, "extra_schemes").filter(|v| !v.is_none()) {
        for scheme in list.iter()? {
            let scheme = scheme.to_text()?;
            if !is_scheme(&scheme)? {
                let shown = str_repr(&scheme);
                return Err(Error::new(format!("{shown} is not a valid URI scheme prefix.")));
            }
            schemes.push(scheme);
        }
    }
    let compile = |p, ignore_case| {
        PyRegex::new(p, Flags { ignore_case, ..Flags::default() }).map_err(|e| Error::new(e.0))
    };
    let links =
        Links { http: compile(HTTP, true)?, email: compile(EMAIL, false)?, attributes, limit, schemes };
    let parts = compile(r"(\s+)", false)?.split(&text, 0).map_err(|e| Error::new(e.0))?;
    let mut out = String::new();
    for part in parts.into_iter().flatten() {
        links.word(part, &mut out)?;
    }
    Ok(Value::text(out, input.is_secret()))
}

/// Whether Jinja takes it for the start of a URI.
fn is_scheme(text: &str) -> Result<bool> {
    let regex = PyRegex::new(r"^([\w.+-]{2,}:(/){0,2})$", Flags::default()).map_err(|e| Error::new(e.0))?;
    Ok(regex.match_start(text).map_err(|e| Error::new(e.0))?.is_some())
}

struct Links {
    http: Arc<PyRegex>,
    email: Arc<PyRegex>,
    attributes: String,
    limit: Option<Value>,
    schemes: Vec<String>,
}

impl Links {
    fn word(&self, word: &str, out: &mut String) -> Result<()> {
        let mut middle = word;
        while let Some(rest) = ["(", "<", "&lt;"].iter().find_map(|s| middle.strip_prefix(s)) {
            middle = rest;
        }
        let head = &word[..word.len() - middle.len()];
        let all = middle;
        while let Some(rest) = [")", ">", ".", ",", "\n", "&gt;"].iter().find_map(|s| middle.strip_suffix(s))
        {
            middle = rest;
        }
        // Brackets that were opened inside belong to the link.
        for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
            let opened = middle.matches(open).count();
            if opened <= middle.matches(close).count() {
                continue;
            }
            for _ in 0..opened {
                let tail = &all[middle.len()..];
                let Some(at) = tail.find(close) else { break };
                middle = &all[..middle.len() + at + close.len()];
            }
        }
        let tail = &all[middle.len()..];
        let hit = |regex: &PyRegex, text: &str| -> Result<bool> {
            Ok(regex.match_start(text).map_err(|e| Error::new(e.0))?.is_some())
        };
        let attributes = &self.attributes;
        let link = if hit(&self.http, middle)? {
            let scheme =
                if middle.starts_with("https://") || middle.starts_with("http://") { "" } else { "https://" };
            format!("<a href=\"{scheme}{middle}\"{attributes}>{}</a>", self.shown(middle)?)
        } else if let Some(address) = middle.strip_prefix("mailto:")
            && hit(&self.email, address)?
        {
            format!("<a href=\"{middle}\">{address}</a>")
        } else if middle.contains('@')
            && !middle.starts_with("www.")
            && !middle.starts_with('@')
            && !middle.contains(':')
            && hit(&self.email, middle)?
        {
            format!("<a href=\"mailto:{middle}\">{middle}</a>")
        } else if self.schemes.iter().any(|s| middle != s && middle.starts_with(s.as_str())) {
            format!("<a href=\"{middle}\"{attributes}>{middle}</a>")
        } else {
            middle.to_owned()
        };
        out.push_str(head);
        out.push_str(&link);
        out.push_str(tail);
        Ok(())
    }

    fn shown(&self, url: &str) -> Result<String> {
        let Some(limit) = &self.limit else { return Ok(url.to_owned()) };
        let Some(limit) = limit.as_int() else {
            let name = limit.class_name();
            return Err(Error::new(format!("'>' not supported between instances of 'int' and '{name}'")));
        };
        let limit = usize::try_from(limit).unwrap_or(0);
        Ok(match url.chars().count() > limit {
            true => url.chars().take(limit).collect::<String>() + "...",
            false => url.to_owned(),
        })
    }
}

/// A dict as attributes of a tag; what is `None` drops out.
fn xml_attributes(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Some(dict) = input.as_dict() else {
        return Err(Error::new(format!("'{}' object has no attribute 'items'", input.type_name())));
    };
    let mut parts = Vec::new();
    for (key, value) in dict.pairs().iter() {
        if value.is_none() {
            continue;
        }
        let value = value.clone().defined()?;
        let Some(name) = key.as_str() else {
            let name = key.value().class_name();
            return Err(Error::new(format!("expected string or bytes-like object, got '{name}'")));
        };
        if name.chars().any(|c| c.is_whitespace() || "/>=".contains(c)) {
            return Err(Error::new(format!("Invalid character in attribute name: {}", str_repr(name))));
        }
        parts.push(format!("{}=\"{}\"", escape_html(name), escape_html(&value.to_text()?)));
    }
    let mut text = parts.join(" ");
    if args.bool(0, "autospace", true)? && !text.is_empty() {
        text.insert(0, ' ');
    }
    Ok(Value::text(text, input.is_secret()))
}

/// Percent-encodes text as a path; a dict or pairs as a query.
fn url_encode(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let secret = input.is_secret();
    let quote_value = |value: &Value, plus: bool| -> Result<String> {
        let text = value.to_text()?;
        Ok(if plus { url_quote(&text, "").replace("%20", "+") } else { url_quote(&text, "/") })
    };
    let mut parts = Vec::new();
    match &input {
        Value::Dict(dict) => {
            for (key, value) in dict.pairs().iter() {
                parts.push(format!("{}={}", quote_value(key.value(), true)?, quote_value(value, true)?));
            }
        }
        Value::List(_) | Value::Tuple(_) | Value::View(_) => {
            for pair in input.iter()? {
                let pair: Vec<Value> = pair.iter()?.collect();
                let [key, value] = pair.as_slice() else {
                    return Err(Error::new(format!(
                        "{} values to unpack (expected 2)",
                        if pair.len() < 2 { "not enough" } else { "too many" }
                    )));
                };
                parts.push(format!("{}={}", quote_value(key, true)?, quote_value(value, true)?));
            }
        }
        other => return Ok(Value::text(quote_value(other, false)?, secret)),
    }
    Ok(Value::text(parts.join("&"), secret))
}

fn url_quote(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "_.-~".contains(c) || safe.contains(c) {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn unquote_plus(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex = after.get(..2).and_then(|h| std::str::from_utf8(h).ok());
                match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                    Some(code) => {
                        bytes.push(code);
                        rest = after.get(2..).unwrap_or(&[]);
                    }
                    None => bytes.push(byte),
                }
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The parts of a URL, all or the one asked for.
///
/// # Errors
/// It is no text or no URL, or there is no such part.
fn url_split(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = match &input {
        Value::Str(s) => &*s.text,
        Value::List(_) | Value::Dict(_) => {
            return Err(Error::new(format!("unhashable type: '{}'", input.class_name())));
        }
        other => super::strings::text_with(other, "decode")?,
    };
    let alias = args.str_or(1, "alias", "urlsplit")?.to_owned();
    let secret = input.is_secret();
    let parts = split_url(text, secret)?;
    let query = match args.get(0, "query") {
        Some(query) if query.is_true()? => Some(query.to_text()?),
        _ => None,
    };
    match query {
        None => Ok(Value::Dict(parts.into_iter().map(|(k, v)| (Key::str(k), v)).collect())),
        Some(query) => match parts.into_iter().find(|(k, _)| *k == query) {
            Some((_, value)) => Ok(value),
            None => Err(Error::new(format!("{alias}: unknown URL component: {query}"))),
        },
    }
}

fn split_url(url: &str, secret: bool) -> Result<Vec<(&'static str, Value)>> {
    let url = url.trim_start_matches(|c: char| c <= ' ');
    let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
    let mut rest = url.as_str();
    let mut scheme = String::new();
    if let Some((before, after)) = rest.split_once(':')
        && before.starts_with(|c: char| c.is_ascii_alphabetic())
        && before.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    {
        scheme = before.to_ascii_lowercase();
        rest = after;
    }
    let mut netloc = "";
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        (netloc, rest) = after.split_at(end);
        if netloc.contains('[') != netloc.contains(']') {
            return Err(Error::new("Invalid IPv6 URL"));
        }
    }
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (user, host) = match netloc.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, netloc),
    };
    let (username, password) = match user {
        None => (None, None),
        Some(user) => match user.split_once(':') {
            Some((name, password)) => (Some(name), Some(password)),
            None => (Some(user), None),
        },
    };
    let (hostname, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((name, after)) => (name, after.strip_prefix(':').unwrap_or("")),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let port = match port {
        "" => Value::None,
        p if p.chars().all(|c| c.is_ascii_digit()) => match p.parse::<u16>() {
            Ok(number) => Value::Int(number.into()),
            Err(_) => return Err(Error::new("Port out of range 0-65535")),
        },
        p => {
            return Err(Error::new(format!("Port could not be cast to integer value as {}", str_repr(p))));
        }
    };
    let text = |s: &str| Value::text(s, secret);
    let maybe = |s: Option<&str>| s.map_or(Value::None, text);
    let hostname = Some(hostname.to_lowercase()).filter(|h| !h.is_empty());
    Ok(vec![
        ("fragment", text(fragment)),
        ("hostname", maybe(hostname.as_deref())),
        ("netloc", text(netloc)),
        ("password", maybe(password)),
        ("path", text(path)),
        ("port", port),
        ("query", text(query)),
        ("scheme", text(&scheme)),
        ("username", maybe(username)),
    ])
}
