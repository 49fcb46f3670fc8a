//! `include_vars`: variables from files, while the play runs.

use super::arguments::{list, text};
use crate::diag::{Diagnostic, Span};
use crate::engine::{Action, Answer, Call, Consequence, Haste, Next, Status, say_why};
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
        match Reading::of(&call).and_then(|reading| reading.answer(&call)) {
            Ok(answer) => Ok(Next::Done(answer)),
            Err(error) => Err(Diagnostic::user("Task failed").because(error.at(span))),
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    files: Vec<PathBuf>,
    vars: crate::maps::IndexMap<Arc<str>, Value>,
    places: Vec<Span>,
    /// A file was encrypted.
    hidden: bool,
    /// What is wrong with a file: it stands in `message` of the result.
    wrong: Option<String>,
}

/// What ansible-core adds where a file is missing here.
const REMOTE: &str = "on the Ansible Controller.\nIf you are using a module and expect the file to exist on the \
                      remote, see the remote_src option";

impl Reading {
    /// Reads what is asked for, as far as it can be read.
    ///
    /// # Errors
    /// An argument is wrong, or a file of a folder.
    fn of(call: &Call<'_>) -> Result<Reading, Diagnostic> {
        let file =
            text(call, "file").or_else(|| call.raw.as_ref().map(|raw| raw.to_string().trim().to_string()));
        let mut reading = Reading::default();
        match (file, text(call, "dir")) {
            (Some(file), _) => match call.world.find_file("vars", Path::new(&file)) {
                Some(path) if path.is_dir() => {
                    let path = path.display();
                    reading.wrong = Some(format!(
                        "An error occurred while trying to read the file '{path}': [Errno 21] Is a directory: '{path}'"
                    ));
                }
                Some(path) => {
                    if let Err(error) = reading.file(call, &path) {
                        reading.wrong = Some(error.message);
                    }
                }
                None => reading.wrong = Some(super::copy::missing(call, "vars", &file).message),
            },
            (None, Some(dir)) => reading.folder(call, &dir)?,
            (None, None) => reading.wrong = Some(format!("Could not find file {REMOTE}")),
        }
        Ok(reading)
    }

    fn answer(self, call: &Call<'_>) -> Result<Answer, Diagnostic> {
        let Reading { files, mut vars, mut places, hidden, wrong } = self;
        let name = text(call, "name").filter(|name| !name.is_empty());
        let mut result = Map::new();
        let shown = files.iter().map(|path| Data::from(path.display().to_string())).collect();
        result.insert("ansible_included_var_files".into(), Data::List(shown));
        if let Some(message) = wrong {
            let facts = name.map(|name| (name, Data::Map(Map::new()))).into_iter().collect();
            result.insert("ansible_facts".into(), Data::Map(facts));
            result.insert("message".into(), message.into());
            let mut answer = Answer::new(Status::Failed, result);
            say_why(&mut answer, call.task.span);
            return Ok(answer);
        }
        if let Some(name) = name {
            let all = Value::Dict(vars.drain(..).map(|(name, value)| (Key::str(name), value)).collect());
            vars.insert(name.into(), all);
            places.clear();
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
        result.insert("ansible_facts".into(), Data::Map(facts));
        let included = Consequence::Included(vars.into_iter().collect(), places).for_host(call.settings);
        let mut answer = Answer::ok(false, result).with(included);
        // as ansible-core does with what came out of an encrypted file
        answer.show.censored = hidden;
        Ok(answer)
    }

    /// Adds a file's variables.
    fn file(&mut self, call: &Call<'_>, path: &Path) -> Result<(), Diagnostic> {
        let node = call.world.layers().store.vault.yaml(path)?;
        self.hidden |= node.span.is_sealed();
        if !node.is_null() {
            let Some(map) = node.as_map() else { return Err(no_dictionary(path)) };
            for (key, value) in &map.pairs {
                let (at, _) =
                    self.vars.insert_full(Value::from_node(key).to_string().into(), Value::from_node(value));
                self.places.truncate(self.places.len().max(at));
                match self.places.get_mut(at) {
                    Some(place) => *place = value.span,
                    None => self.places.push(value.span),
                }
            }
        }
        self.files.push(path.to_path_buf());
        Ok(())
    }

    /// Adds the files of a folder in order of their names, as deep as asked.
    fn folder(&mut self, call: &Call<'_>, dir: &str) -> Result<(), Diagnostic> {
        let limits = Limits::of(call)?;
        let root = root(call, dir);
        if root.exists() && !root.is_dir() {
            self.wrong = Some(format!("{} is not a directory", root.display()));
            return Ok(());
        }
        if !root.is_dir() {
            self.wrong = Some(format!("{} directory does not exist", root.display()));
            return Ok(());
        }
        let mut folders = vec![(root, 1)];
        while let Some((folder, level)) = folders.pop() {
            if !limits.reach(level) {
                continue;
            }
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
                    below.push((path, level + 1));
                    continue;
                }
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if !path.is_file() || limits.leave_out(&name) {
                    continue;
                }
                let extension = path.extension().unwrap_or_default().to_string_lossy();
                if !limits.extensions.iter().any(|fit| *fit == extension) {
                    if limits.lenient {
                        continue;
                    }
                    let fit = limits.extensions.join(", ");
                    self.wrong = Some(format!("{} does not have a valid extension: {fit}", path.display()));
                    return Ok(());
                }
                match self.file(call, &path) {
                    Err(error) if error.message == no_dictionary(&path).message => {
                        self.wrong = Some(error.message);
                        return Ok(());
                    }
                    read => read?,
                }
            }
            folders.extend(below.into_iter().rev());
        }
        Ok(())
    }
}

fn no_dictionary(path: &Path) -> Diagnostic {
    Diagnostic::user(format!("{} must be stored as a dictionary/hash", path.display()))
}

/// Which files of a folder count.
struct Limits {
    depth: f64,
    matching: Option<Arc<PyRegex>>,
    ignored: Vec<Arc<PyRegex>>,
    extensions: Vec<String>,
    lenient: bool,
}

/// Folders below folders, where nothing else is said.
const DEEPEST: usize = 100;

impl Limits {
    fn of(call: &Call<'_>) -> Result<Limits, Diagnostic> {
        let refused = |message: String| Diagnostic::user(message).at(call.task.action.span);
        let regex = |pattern: &str| {
            PyRegex::new(pattern, Flags::default()).map_err(|error| refused(error.to_string()))
        };
        let depth = match call.args.get("depth") {
            None | Some(Value::None) => 0.0,
            Some(Value::Int(depth)) => *depth as f64,
            Some(Value::Float(depth)) => *depth,
            Some(Value::Bool(depth)) => f64::from(u8::from(*depth)),
            Some(other) => {
                let class = if other.as_str().is_some() { "_AnsibleTaggedStr" } else { other.type_name() };
                return Err(refused(format!("'>' not supported between instances of 'int' and '{class}'")));
            }
        };
        let extensions = match call.args.get("extensions") {
            None => ["yaml", "yml", "json"].map(String::from).to_vec(),
            Some(Value::List(list)) => list.items().iter().map(ToString::to_string).collect(),
            // as there, each letter of a text is one
            Some(Value::Str(text)) => text.text.chars().map(String::from).collect(),
            Some(_) => {
                return Err(refused("Invalid type for \"extensions\" option, it must be a list".into()));
            }
        };
        let ignored: Vec<String> = match call.args.get("ignore_files") {
            Some(Value::Str(text)) => text.text.split_whitespace().map(String::from).collect(),
            Some(value @ (Value::Int(_) | Value::Bool(true) | Value::Float(_))) => {
                let class = match value {
                    Value::Int(_) => "_AnsibleTaggedInt",
                    Value::Float(_) => "_AnsibleTaggedFloat",
                    _ => "bool",
                };
                return Err(refused(format!("'{class}' object is not iterable")));
            }
            _ => list(call, "ignore_files"),
        };
        Ok(Limits {
            depth,
            matching: text(call, "files_matching").map(|pattern| regex(&pattern)).transpose()?,
            ignored: ignored.iter().map(|name| regex(&format!("{name}$"))).collect::<Result<_, _>>()?,
            extensions,
            lenient: call
                .args
                .get("ignore_unknown_extensions")
                .is_some_and(|value| value.is_true().unwrap_or(false)),
        })
    }

    fn reach(&self, level: usize) -> bool {
        (self.depth == 0.0 || level as f64 <= self.depth) && level <= DEEPEST
    }

    fn leave_out(&self, name: &str) -> bool {
        let found = |pattern: &Arc<PyRegex>| matches!(pattern.search(name), Ok(Some(_)));
        self.ignored.iter().any(found) || self.matching.as_ref().is_some_and(|pattern| !found(pattern))
    }
}

/// The folder: in a role one of its vars, else one beside the file of tasks.
fn root(call: &Call<'_>, dir: &str) -> PathBuf {
    match call.world.variable("role_path") {
        _ if dir.starts_with('/') => PathBuf::from(dir),
        Some(role) => {
            let role = PathBuf::from(role.to_string());
            match dir.split('/').next() {
                Some("vars") => role.join(dir),
                _ => role.join("vars").join(dir),
            }
        }
        None => call.task.action.span.file().parent().unwrap_or(Path::new("")).join(dir),
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
