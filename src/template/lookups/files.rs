//! The controller's files: `file`, `template`, `unvault`, `fileglob`, `first_found`.

use super::overlay::Overlay;
use super::{Lookup, options};
use crate::diag::Span;
use crate::template::args::Args;
use crate::template::filters::{glob, normalized};
use crate::template::value::{Error, Result, Value, str_repr};
use crate::template::{Effect, Eval, TemplateOptions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new("file", &[], file).open(),
    Lookup::new("unvault", &[], unvault).open(),
    Lookup::new("template", &[], template).open(),
    Lookup::new("fileglob", &[], file_glob).open(),
    Lookup::new("first_found", &[], first_found).open(),
];

/// A file's path as the term gives it, found along the search path.
pub(super) fn find(eval: &Eval<'_>, subfolder: &str, term: &str) -> Result<Option<PathBuf>> {
    eval.world().effect(Effect::ReadsController)?;
    let home = eval.world().environment("HOME");
    let term = crate::template::filters::expand_user(term, home.as_deref());
    let path = Path::new(&term);
    if path.is_absolute() {
        return Ok(path.exists().then(|| path.to_path_buf()));
    }
    Ok(eval.world().find_file(subfolder, path))
}

fn term_text<'t>(term: &'t Value, method: &str) -> Result<&'t str> {
    term.as_str()
        .ok_or_else(|| Error::new(format!("'{}' object has no attribute '{method}'", term.type_name())))
}

/// A file's text, and whether it is secret.
pub(super) fn read(eval: &Eval<'_>, path: &Path) -> Result<(String, bool)> {
    let (bytes, secret) = eval.world().read_file(path)?;
    Ok((impel_modules::undecoded::text_of(&bytes), secret))
}

fn file(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let lstrip = options::flag(args.keyword("lstrip"), false)?;
    let rstrip = options::flag(args.keyword("rstrip"), true)?;
    let mut out = Vec::new();
    for term in &terms {
        let term = term_text(term, "startswith")?;
        let Some(path) = find(eval, "files", term)? else {
            return Err(Error::new(format!(
                "Unable to access the file {}: File not found. Use -vvvvv to see paths searched.",
                str_repr(term)
            )));
        };
        let (text, secret) = read(eval, &path)
            .map_err(|error| error.within(format!("Unable to access the file {}", str_repr(term))))?;
        let mut text = text.as_str();
        if lstrip {
            text = text.trim_start();
        }
        if rstrip {
            text = text.trim_end();
        }
        out.push(Value::text(text, secret));
    }
    Ok(out)
}

fn unvault(eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    for term in &terms {
        let term = term_text(term, "startswith")?;
        let Some(path) = find(eval, "files", term)? else {
            return Err(Error::new(format!("Unable to find file matching \"{term}\"")));
        };
        let (text, secret) = read(eval, &path)?;
        out.push(Value::text(text, secret));
    }
    Ok(out)
}

fn template(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut options = TemplateOptions::default();
    let marks: [(&str, &mut String); 6] = [
        ("variable_start_string", &mut options.variable_start),
        ("variable_end_string", &mut options.variable_end),
        ("block_start_string", &mut options.block_start),
        ("block_end_string", &mut options.block_end),
        ("comment_start_string", &mut options.comment_start),
        ("comment_end_string", &mut options.comment_end),
    ];
    for (name, mark) in marks {
        if let Some(value) = args.keyword(name).filter(|v| !v.is_none()) {
            *mark = value.to_text()?;
        }
    }
    options.trim_blocks = super::options::flag(args.keyword("trim_blocks"), true)?;
    let mut out = Vec::new();
    for term in &terms {
        let term = term_text(term, "startswith")?;
        let Some(path) = find(eval, "templates", term)? else {
            return Err(Error::new(format!("the template file {term} could not be found for the lookup")));
        };
        let (text, secret) = read(eval, &path)?;
        let mut variables = described(term, &path);
        if eval.world().variable("ansible_managed").is_some() {
            variables.remove("ansible_managed");
        } else if let Some(configured) = eval.world().config("DEFAULT_MANAGED_STR") {
            variables.insert("ansible_managed".into(), configured);
        }
        if let Some(Value::Dict(more)) = args.keyword("template_vars") {
            for (key, value) in more.pairs().iter() {
                variables.insert(key.value().to_text()?.into(), value.clone());
            }
        }
        let overlay = Overlay::new(eval.world(), variables, path.parent().map(Path::to_path_buf));
        let start = Span::new(&path, 1, 1);
        let start = if secret { start.sealed() } else { start };
        let value = Eval::new(&overlay).template_native(&text, start, &options)?;
        out.push(if secret { value.into_secret() } else { value });
    }
    Ok(out)
}

/// Who owns a file: the user's name on this machine, or the number where it has none.
pub fn user_name(id: u32) -> Value {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let number = id.to_string();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then_some(name)
    });
    name.map_or(Value::Int(id.into()), Value::str)
}

/// What a template may know of its own file.
fn described(term: &str, path: &Path) -> super::overlay::Variables {
    let text = |s: &str| Value::str(s);
    let meta = path.metadata().ok();
    let time = |seconds: i64| {
        let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        Value::DateTime(Arc::new(time.to_zoned(jiff::tz::TimeZone::system()).datetime()))
    };
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    [
        ("template_host", text(node.trim_end())),
        ("template_path", text(term)),
        ("template_fullpath", text(&full.to_string_lossy())),
        ("template_uid", meta.as_ref().map_or(Value::None, |m| user_name(m.uid()))),
        ("template_mtime", meta.as_ref().map_or(Value::None, |m| time(m.mtime()))),
        ("template_run_date", time(jiff::Timestamp::now().as_second())),
        ("template_destpath", Value::None),
        ("ansible_managed", text("Ansible managed")),
    ]
    .into_iter()
    .map(|(name, value)| (Arc::from(name), value))
    .collect()
}

/// Files that fit a pattern; a pattern without folder is looked for along the search path.
fn file_glob(eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    eval.world().effect(Effect::ReadsController)?;
    let mut out = Vec::new();
    for term in &terms {
        let term = term_text(term, "startswith")?;
        let home = eval.world().environment("HOME");
        let term = crate::template::filters::expand_user(term, home.as_deref());
        let (folder, pattern) = term.rsplit_once('/').map_or((None, term.as_str()), |(f, p)| (Some(f), p));
        let mut folders = Vec::new();
        match folder {
            Some(folder) if term.starts_with('/') => folders.push(PathBuf::from(format!("{folder}/"))),
            Some(folder) => folders.extend(eval.world().find_file("files", Path::new(folder))),
            None => {
                for path in eval.world().search_path() {
                    folders.push(path.join("files"));
                    folders.push(path);
                }
            }
        }
        for folder in folders {
            let found = glob(&folder.join(pattern).to_string_lossy())?;
            let files: Vec<Value> = found
                .into_iter()
                .filter(|p| p.is_file())
                .map(|p| Value::str(p.to_string_lossy().as_ref()))
                .collect();
            if !files.is_empty() {
                out.extend(files);
                break;
            }
        }
    }
    Ok(out)
}

/// The first file that exists; terms, or `files` along `paths`.
fn first_found(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut skip = options::flag(args.keyword("skip"), false)?;
    let mut candidates = Vec::new();
    let files = names(args.keyword("files"), &[',', ';'])?;
    let paths = names(args.keyword("paths"), &[',', ':', ';'])?;
    for term in &terms {
        gather(term, &paths, &mut skip, &mut candidates, 20)?;
    }
    if terms.is_empty() {
        candidates.extend(combined(&files, &paths));
    }
    let subfolder = args.keyword("_subdir").and_then(Value::as_str).unwrap_or("").to_owned();
    for candidate in candidates {
        if let Some(path) = find(eval, &subfolder, &candidate)? {
            return Ok(vec![Value::from(normalized(&path.to_string_lossy()))]);
        }
    }
    if skip { Ok(Vec::new()) } else { Err(Error::new("No file was found when using first_found.")) }
}

fn combined(files: &[String], paths: &[String]) -> Vec<String> {
    if paths.is_empty() {
        return files.to_vec();
    }
    let join = |path: &str, file: &str| match path {
        "" => file.to_owned(),
        path => format!("{}/{file}", path.trim_end_matches('/')),
    };
    paths.iter().flat_map(|path| files.iter().map(move |file| join(path, file))).collect()
}

/// A list of names, each of which may hold several.
fn names(value: Option<&Value>, separators: &[char]) -> Result<Vec<String>> {
    let items = match value {
        None | Some(Value::None) => return Ok(Vec::new()),
        Some(text @ Value::Str(_)) => vec![text.clone()],
        Some(list) => list.iter()?.collect(),
    };
    let mut out = Vec::new();
    for item in items {
        out.extend(item.to_text()?.split(separators).filter(|s| !s.is_empty()).map(str::to_owned));
    }
    Ok(out)
}

fn gather(
    term: &Value,
    paths: &[String],
    skip: &mut bool,
    out: &mut Vec<String>,
    depth: usize,
) -> Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::new("maximum recursion depth exceeded"));
    };
    match term {
        Value::Dict(dict) => {
            *skip = options::flag(dict.get("skip").as_ref(), false)?;
            let files = names(dict.get("files").as_ref(), &[',', ';'])?;
            let paths = names(dict.get("paths").as_ref(), &[',', ':', ';'])?;
            out.extend(combined(&files, &paths));
        }
        Value::List(list) => {
            for item in list.items().iter() {
                gather(item, paths, skip, out, depth)?;
            }
        }
        Value::Str(_) => {
            // `files` are looked for only where there is no term
            out.extend(combined(&names(Some(term), &[',', ';'])?, paths));
        }
        Value::Undefined(marker) => return Err(Error(marker.clone())),
        other => {
            return Err(Error::new(format!(
                "Invalid term supplied. A string, dict or list is required, not '{}').",
                other.type_name()
            )));
        }
    }
    Ok(())
}
