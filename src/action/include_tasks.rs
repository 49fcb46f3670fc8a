//! `include_tasks`: a file of tasks, decided while the play runs.

use super::arguments::text;
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Consequence, Haste, IncludeCall, Included, Next};
use crate::playbook::tidy;
use impel_modules::Map;
use std::path::{Path, PathBuf};

/// Includes a file of tasks.
pub struct IncludeTasks;

impl Action for IncludeTasks {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let file = call.raw.as_ref().map(ToString::to_string).or_else(|| text(&call, "file"));
        let Some(file) = file.map(|file| file.trim().to_string()).filter(|file| !file.is_empty()) else {
            let message = format!("No file specified for {}", call.task.action.written);
            return Err(Diagnostic::user(message).at(call.task.action.span));
        };
        let mut result = Map::new();
        let what = match find(&call, &file) {
            Ok(path) => {
                result.insert("include".into(), path.display().to_string().into());
                Included::Tasks(path)
            }
            Err(path) => Included::Missing { file, path },
        };
        let include = IncludeCall { what, values: call.locals.to_vec(), item: None };
        Ok(Next::Done(Answer::ok(false, result).with(Consequence::Include(include))))
    }
}

/// Beside the file that includes, in its role, beside the playbook.
fn find(call: &Call<'_>, name: &str) -> Result<PathBuf, PathBuf> {
    let name = match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    };
    let kind = if call.task.handler { "handlers" } else { "tasks" };
    let mut places = Vec::new();
    places.extend(call.task.span.file().parent().map(|folder| folder.join(&name)));
    for role in call.task.parent.roles() {
        places.push(role.path.join(kind).join(&name));
        places.push(role.path.join("tasks").join(&name));
    }
    let base = call.world.layers().playbook_dir();
    places.push(base.join(&name));
    match places.iter().find(|place| place.is_file()) {
        Some(place) => Ok(tidy(place)),
        None => Err(base.join(&name)),
    }
}
