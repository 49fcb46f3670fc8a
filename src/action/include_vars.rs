//! `include_vars`: variables from files, while the play runs.

use super::arguments::{flag, list, text};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Consequence, Haste, Next};
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::{self, Key, Value, World};
use crate::vars::merged;
use impel_modules::{Data, Map, Text};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads variables from a file or a folder.
pub struct IncludeVars;

const OPTIONS: &[&str] = &[
    "file",
    "dir",
    "name",
    "depth",
    "files_matching",
    "ignore_files",
    "extensions",
    "ignore_unknown_extensions",
    "hash_behaviour",
    "free-form",
];

/// Those that go with `dir` only.
const OF_FOLDERS: &[&str] =
    &["dir", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions"];

impl Action for IncludeVars {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let span = call.task.action.span;
        let refused =
            |message: String| Diagnostic::user("Task failed").because(Diagnostic::user(message).at(span));
        if let Some(wrong) = call.args.keys().find(|name| !OPTIONS.contains(&&***name)) {
            return Err(refused(format!("{wrong} is not a valid option in include_vars")));
        }
        let of_folders = OF_FOLDERS.iter().any(|name| call.args.contains_key(*name));
        let of_files = call.args.contains_key("file") || call.raw.is_some();
        if of_folders && of_files {
            let message = "You are mixing file only and dir only arguments, these are incompatible";
            return Err(refused(message.into()));
        }
        match self.read(&call) {
            Ok(answer) => Ok(Next::Done(answer)),
            // What is wrong with a file stands in `message` there.
            Err(error) => {
                let mut answer = Answer::refused(error.clone(), call.task.span);
                answer.result.insert("message".into(), error.to_string().into());
                answer.result.insert("ansible_included_var_files".into(), Data::List(Vec::new()));
                let facts = match text(&call, "name").filter(|name| !name.is_empty()) {
                    Some(name) => Map::from([(name, Data::Map(Map::new()))]),
                    None => Map::new(),
                };
                answer.result.insert("ansible_facts".into(), Data::Map(facts));
                Ok(Next::Done(answer))
            }
        }
    }
}

impl IncludeVars {
    fn read(&self, call: &Call<'_>) -> Result<Answer, Diagnostic> {
        let span = call.task.action.span;
        let file =
            text(call, "file").or_else(|| call.raw.as_ref().map(|raw| raw.to_string().trim().to_string()));
        let (mut files, mut vars) = (Vec::new(), crate::maps::IndexMap::<Arc<str>, Value>::default());
        let mut hidden = false;
        match (file, text(call, "dir")) {
            (Some(file), _) => {
                let Some(path) = call.world.find_file("vars", Path::new(&file)) else {
                    let folders: Vec<String> =
                        call.world.search_path().iter().map(|p| p.display().to_string()).collect();
                    return Err(Diagnostic::user(format!(
                        "Could not find file on the Ansible Controller: {file}"
                    ))
                    .at(span)
                    .hint(format!("looked in {}", folders.join(", "))));
                };
                hidden |= read(call, &path, &mut vars)?;
                files.push(path);
            }
            (None, Some(dir)) => {
                for path in folder(call, &dir)? {
                    hidden |= read(call, &path, &mut vars)?;
                    files.push(path);
                }
            }
            (None, None) => return Err(Diagnostic::user("Could not find file on the Ansible Controller.\nIf you are using a module and expect the file to exist on the \
                     remote, see the remote_src option").at(span)),
        }
        if let Some(name) = text(call, "name").filter(|name| !name.is_empty()) {
            let all = Value::Dict(vars.drain(..).map(|(name, value)| (Key::str(name), value)).collect());
            vars.insert(name.into(), all);
        }
        // Only `merge` merges; any other word is as good as none, as there.
        if text(call, "hash_behaviour").as_deref() == Some("merge") {
            for (name, value) in &mut vars {
                if let Some(old) = call.world.variable(name) {
                    *value = merged(&old, value, 0);
                }
            }
        }
        let mut facts = Map::new();
        // What the file holds may speak of what else it holds.
        let mut world = call.world.for_item(call.world.locals().clone());
        for (name, value) in &vars {
            world.set_local(name.clone(), value.clone());
        }
        for (name, value) in &vars {
            let shown = template::render(value, &world).ok().and_then(|value| value.to_data().ok());
            facts.insert(name.to_string(), shown.unwrap_or_else(|| plain(value)));
        }
        let mut result = Map::new();
        result.insert("ansible_facts".into(), Data::Map(facts));
        let names = files.iter().map(|path| Data::from(path.display().to_string())).collect();
        result.insert("ansible_included_var_files".into(), Data::List(names));
        let included = Consequence::Included(vars.into_iter().collect()).for_host(call.settings);
        let mut answer = Answer::ok(false, result).with(included);
        // as ansible-core does with what came out of an encrypted file
        answer.show.censored = hidden;
        Ok(answer)
    }
}

/// What a file holds, its templates as written: they are rendered when they are used.
fn plain(value: &Value) -> Data {
    match value {
        Value::Str(text) => Data::str(text.text.clone()),
        Value::List(list) => Data::List(list.items().iter().map(plain).collect()),
        Value::Dict(dict) => Data::Map(
            dict.pairs().iter().map(|(key, value)| (key.value().to_string(), plain(value))).collect(),
        ),
        Value::Vault(vault) => Data::Str(Text { text: vault.text.clone(), secret: true }),
        value => value.to_data().unwrap_or(Data::Null),
    }
}

/// Adds a file's variables; whether the file was encrypted.
fn read(
    call: &Call<'_>,
    path: &Path,
    vars: &mut crate::maps::IndexMap<Arc<str>, Value>,
) -> Result<bool, Diagnostic> {
    let node = call.world.layers().store.vault.yaml(path)?;
    if node.is_null() {
        return Ok(node.span.is_sealed());
    }
    let Some(map) = node.as_map() else {
        return Err(Diagnostic::parse(
            format!("{} must be stored as a dictionary/hash", path.display()),
            node.span,
        ));
    };
    for (key, value) in &map.pairs {
        let name = Value::from_node(key).to_string();
        vars.insert(name.into(), Value::from_node(value));
    }
    Ok(node.span.is_sealed())
}

/// The files of a folder in order of their names, as deep as asked.
fn folder(call: &Call<'_>, dir: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let span = call.task.action.span;
    // In a role a folder of its vars, else one beside the file of tasks.
    let root = match call.world.variable("role_path") {
        _ if dir.starts_with('/') => PathBuf::from(dir),
        Some(role) => Path::new(&role.to_string()).join("vars").join(dir),
        None => span.file().parent().unwrap_or(Path::new("")).join(dir),
    };
    if root.exists() && !root.is_dir() {
        return Err(Diagnostic::user(format!("{} is not a directory", root.display())).at(span));
    }
    if !root.is_dir() {
        return Err(Diagnostic::user(format!("{} directory does not exist", root.display())).at(span));
    }
    let depth: usize = text(call, "depth").and_then(|depth| depth.parse().ok()).unwrap_or(0);
    let matching = match text(call, "files_matching") {
        Some(pattern) => Some(PyRegex::new(&pattern, Flags::default()).map_err(|error| {
            Diagnostic::user(format!("Invalid regular expression: {pattern}: {error}")).at(span)
        })?),
        None => None,
    };
    let ignored = list(call, "ignore_files");
    let extensions = match call.args.get("extensions") {
        Some(_) => list(call, "extensions"),
        None => ["yaml", "yml", "json"].map(String::from).to_vec(),
    };
    let lenient = flag(call, "ignore_unknown_extensions")?.unwrap_or(false);
    let mut files = Vec::new();
    let mut folders = vec![(root, 1)];
    while let Some((folder, level)) = folders.pop() {
        let unreadable =
            |e: std::io::Error| Diagnostic::user(format!("cannot read {}: {e}", folder.display()));
        let mut entries: Vec<PathBuf> = std::fs::read_dir(&folder)
            .map_err(unreadable)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        let mut below = Vec::new();
        for path in entries {
            if path.is_dir() {
                if (depth == 0 || level < depth) && level < 100 {
                    below.push((path, level + 1));
                }
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if ignored.contains(&name)
                || matching.as_ref().is_some_and(|pattern| !matches!(pattern.search(&name), Ok(Some(_))))
            {
                continue;
            }
            let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if extensions.contains(&extension) {
                files.push(path);
            } else if !lenient {
                let message =
                    format!("{} does not have a valid extension: {}", path.display(), extensions.join(", "));
                return Err(Diagnostic::user(message).at(span));
            }
        }
        folders.extend(below.into_iter().rev());
    }
    Ok(files)
}
