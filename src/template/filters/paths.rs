//! Paths, as Python's `posixpath` and `ntpath` treat them: as text. Some ask the controller's file system.

use super::Filter;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, str_repr};
use crate::template::{Effect, Eval};
use std::path::{Path, PathBuf};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["basename"], &[], |_, v, _| on_text(&v, |p| p.rsplit('/').next().unwrap_or("").to_owned())),
    Filter::new(&["dirname"], &[], |_, v, _| on_text(&v, dirname)),
    Filter::new(&["expanduser"], &[], |eval, v, _| {
        eval.world().effect(Effect::ReadsController)?;
        let home = eval.world().environment("HOME");
        on_text(&v, |p| expand_user(p, home.as_deref()))
    }),
    Filter::new(&["expandvars"], &[], |eval, v, _| {
        eval.world().effect(Effect::ReadsController)?;
        let world = eval.world();
        on_text(&v, |p| expand_vars(p, |name| world.environment(name)))
    }),
    Filter::new(&["realpath"], &[], |eval, v, _| {
        eval.world().effect(Effect::ReadsController)?;
        on_text(&v, |p| real_path(&absolute(p)))
    }),
    Filter::new(&["relpath"], &["start"], |_, v, args| {
        let start = args.get(0, "start").filter(|start| !start.is_none()).map(path_text).transpose()?;
        let path = path_text(&v)?;
        if path.is_empty() {
            return Err(Error::new("no path specified"));
        }
        on_text(&v, |p| relative(&absolute(p), &absolute(start.unwrap_or("."))))
    }),
    Filter::new(&["path_join"], &[], path_join),
    Filter::new(&["normpath"], &[], |_, v, _| on_text(&v, normalized)),
    Filter::new(&["commonpath"], &[], common_path),
    Filter::new(&["splitext"], &[], split_extension),
    Filter::new(&["win_basename"], &[], |_, v, _| {
        on_text(&v, |p| {
            let rest = split_drive(p).1;
            rest.rsplit(['/', '\\']).next().unwrap_or("").to_owned()
        })
    }),
    Filter::new(&["win_dirname"], &[], |_, v, _| on_text(&v, win_dirname)),
    Filter::new(&["win_splitdrive"], &[], |_, v, _| {
        let (text, secret) = (path_text(&v)?, v.is_secret());
        let (drive, rest) = split_drive(text);
        Ok(Value::tuple([Value::text(drive, secret), Value::text(rest, secret)]))
    }),
    Filter::new(&["fileglob"], &[], |eval, v, _| {
        eval.world().effect(Effect::ReadsController)?;
        let Value::Str(pattern) = &v else { return Err(no_pattern(&v)) };
        let paths = super::globbing::glob(&pattern.text)?;
        let files = paths.into_iter().filter(|p| p.is_file());
        Ok(Value::list(files.map(|p| Value::str(p.to_string_lossy().as_ref()))))
    }),
];

/// The text of a path.
///
/// # Errors
/// It is no text.
fn path_text(value: &Value) -> Result<&str> {
    match value {
        Value::Str(s) => Ok(&s.text),
        Value::Undefined(marker) => Err(Error(marker.clone())),
        other => {
            Err(Error::new(format!("expected str, bytes or os.PathLike object, not {}", other.class_name())))
        }
    }
}

fn on_text(value: &Value, change: impl FnOnce(&str) -> String) -> Result<Value> {
    Ok(Value::text(change(path_text(value)?), value.is_secret()))
}

/// Why something is no pattern of paths.
fn no_pattern(value: &Value) -> Error {
    Error::new(match value {
        Value::List(_) | Value::Tuple(_) => {
            format!("expected str, bytes or os.PathLike object, not {}", value.class_name())
        }
        Value::Dict(_) => "unhashable type: 'slice'".to_owned(),
        other => format!("'{}' object is not subscriptable", other.class_name()),
    })
}

fn dirname(path: &str) -> String {
    let head = path.rfind('/').map_or("", |at| &path[..=at]);
    if head.chars().all(|c| c == '/') {
        return head.to_owned();
    }
    head.trim_end_matches('/').to_owned()
}

fn win_dirname(path: &str) -> String {
    let (drive, rest) = split_drive(path);
    let head = rest.rfind(['/', '\\']).map_or("", |at| &rest[..=at]);
    let bare = head.trim_end_matches(['/', '\\']);
    format!("{drive}{}", if bare.is_empty() { head } else { bare })
}

/// Drive (or UNC share) and the rest.
fn split_drive(path: &str) -> (&str, &str) {
    let normal: Vec<u8> = path.bytes().map(|b| if b == b'/' { b'\\' } else { b }).collect();
    if normal.starts_with(b"\\\\") {
        let find = |from: usize| {
            normal.get(from..).and_then(|r| r.iter().position(|b| *b == b'\\')).map(|at| at + from)
        };
        let start =
            if normal.get(..8).is_some_and(|p| p.eq_ignore_ascii_case(b"\\\\?\\UNC\\")) { 8 } else { 2 };
        let Some(first) = find(start) else { return (path, "") };
        let Some(second) = find(first + 1) else { return (path, "") };
        return path.split_at(second);
    }
    if normal.get(1) == Some(&b':') && path.is_char_boundary(2) {
        return path.split_at(2);
    }
    ("", path)
}

/// `~` and `~user`, where there is such a user.
pub(crate) fn expand_user(path: &str, home: Option<&str>) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_owned() };
    let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let passwd = || std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let home = if user.is_empty() {
        home.map(str::to_owned)
    } else {
        passwd().lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(user)).then(|| fields.nth(4).unwrap_or("").to_owned())
        })
    };
    match home {
        Some(home) => {
            let expanded = format!("{}{tail}", home.trim_end_matches('/'));
            if expanded.is_empty() { "/".to_owned() } else { expanded }
        }
        None => path.to_owned(),
    }
}

/// `$NAME` and `${NAME}`; unknown ones stay.
pub(crate) fn expand_vars(path: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, whole) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        match variable(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value),
            None => {
                out.push('$');
                out.push_str(&after[..whole]);
            }
        }
        rest = &after[whole..];
    }
    out + rest
}

/// Python's `normpath`.
pub(crate) fn normalized(path: &str) -> String {
    let slashes = path.chars().take_while(|c| *c == '/').count();
    let start = match slashes {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if slashes > 0 && parts.is_empty() => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = format!("{start}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        return normalized(path);
    }
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    normalized(&format!("{}/{path}", here.display()))
}

/// Symbolic links resolved as far as the path exists.
fn real_path(path: &str) -> String {
    let mut existing = Path::new(path);
    let mut tail = Vec::new();
    loop {
        if let Ok(real) = existing.canonicalize() {
            let mut real = real;
            real.extend(tail.iter().rev());
            return real.to_string_lossy().into_owned();
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) => {
                tail.push(name);
                existing = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

fn relative(path: &str, start: &str) -> String {
    let split = |p: &str| p.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (path, start) = (split(path), split(start));
    let same = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", start.len() - same);
    let parts: Vec<&str> = up.chain(path.iter().skip(same).map(String::as_str)).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// A list of parts as one path, or a path as it is; an absolute part begins it anew.
///
/// # Errors
/// There are no parts, or one is no text.
fn path_join(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let parts: Vec<Value> = match &input {
        Value::Str(_) => vec![input.clone()],
        Value::List(_) | Value::Tuple(_) | Value::View(_) => input.iter()?.collect(),
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        other => {
            return Err(Error::new(format!(
                "|path_join expects string or sequence, got {} instead.",
                super::dicts::class_name(other)
            )));
        }
    };
    if parts.is_empty() {
        return Err(Error::new("join() missing 1 required positional argument: 'a'"));
    }
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        let Some(part) = part.as_str() else {
            let name = part.clone().defined()?.class_name();
            return Err(Error::new(match i {
                0 => format!("expected str, bytes or os.PathLike object, not {name}"),
                _ => format!("join() argument must be str, bytes, or os.PathLike object, not '{name}'"),
            }));
        };
        if i == 0 || part.starts_with('/') {
            part.clone_into(&mut out);
        } else {
            if !out.is_empty() && !out.ends_with('/') {
                out.push('/');
            }
            out.push_str(part);
        }
    }
    Ok(Value::text(out, input.is_secret()))
}

/// The path that all of a list have in common.
///
/// # Errors
/// It is no list of texts, is empty, or holds absolute and relative ones.
fn common_path(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    if !input.is_sequence() {
        let name = super::dicts::class_name(&input.defined()?);
        return Err(Error::new(format!("|commonpath expects sequence, got {name} instead.")));
    }
    let mut paths = Vec::new();
    for path in input.iter()? {
        paths.push(path_text(&path)?.to_owned());
    }
    let Some(first) = paths.first() else {
        return Err(Error::new("commonpath() arg is an empty sequence"));
    };
    let is_absolute = first.starts_with('/');
    if paths.iter().any(|p| p.starts_with('/') != is_absolute) {
        return Err(Error::new("Can't mix absolute and relative paths"));
    }
    let split = |p: &str| -> Vec<String> {
        p.split('/').filter(|s| !matches!(*s, "" | ".")).map(str::to_owned).collect()
    };
    let mut common = split(first);
    for path in &paths {
        let same = common.iter().zip(split(path)).take_while(|(a, b)| **a == *b).count();
        common.truncate(same);
    }
    let start = if is_absolute { "/" } else { "" };
    Ok(Value::text(format!("{start}{}", common.join("/")), input.is_secret()))
}

/// A path without its extension, and the extension with its dot.
///
/// # Errors
/// It is no text.
fn split_extension(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Some(path) = input.as_str() else {
        let text = str_repr(input.clone().defined()?.type_name());
        return Err(Error::new(format!(
            "expected str, bytes or os.PathLike object, not {}",
            text.trim_matches('\'')
        )));
    };
    let name_at = path.rfind('/').map_or(0, |at| at + 1);
    let name = &path[name_at..];
    let dots = name.len() - name.trim_start_matches('.').len();
    let at = name.rfind('.').filter(|at| *at >= dots).map_or(path.len(), |at| name_at + at);
    let (root, extension) = path.split_at(at);
    let secret = input.is_secret();
    Ok(Value::tuple([Value::text(root, secret), Value::text(extension, secret)]))
}
