//! How what is known of a variable is shown: as text, or as JSON.

use super::{Entry, View, innermost};
use crate::diag::Span;
use crate::report::{Masks, python_repr};
use crate::template::Value;
use impel_modules::{Data, Map};

/// What stands behind a value that a task sets which may also not run.
const PERHAPS: &str = " (if that task runs)";

/// How views are shown.
pub(super) struct Shown<'s> {
    pub(super) masks: &'s Masks,
    pub(super) name: &'s str,
    pub(super) host: &'s str,
}

impl Shown<'_> {
    fn value(&self, value: &Value) -> Data {
        match value {
            Value::Vault(_) => Data::str("!vault (encrypted)"),
            value => {
                value.to_data().map_or_else(|_| Data::str(value.to_string()), |data| self.masks.data(&data))
            }
        }
    }

    fn written(&self, value: Option<&Value>) -> String {
        match value {
            None | Some(Value::Undefined(_)) => "(known when the task has run)".into(),
            Some(Value::Vault(_)) => "!vault (encrypted)".into(),
            Some(value) => python_repr(&self.value(value)),
        }
    }

    pub(super) fn text(&self, view: &View) -> String {
        let mut out = format!("{} for {}", self.name, self.host);
        if let Some((play, span)) = &view.play {
            out.push_str(&format!(" in play '{}' ({})", self.masks.text(play), place(Some(*span), "")));
        }
        out.push_str(":\n");
        if view.is_empty() {
            out.push_str("    nothing sets it\n");
        }
        let places = view.settings.iter().map(|entry| place(entry.span, self.name).len());
        let width = places.max().unwrap_or(0).min(60);
        for (at, entry) in view.settings.iter().enumerate() {
            let mark = if at + 1 == view.settings.len() { '*' } else { ' ' };
            out.push_str(&format!("  {mark} {}\n", self.line(entry, self.name, width)));
        }
        self.rendered(view, &mut out);
        if !view.in_tasks.is_empty() {
            out.push_str("  in some tasks:\n");
        }
        for some in &view.in_tasks {
            let mark = if some.wins { '*' } else { ' ' };
            let tasks =
                if some.tasks == 1 { "1 task".into() } else { format!("{} tasks, first", some.tasks) };
            let line = self.line(&some.entry, self.name, 0);
            out.push_str(&format!("  {mark} {line} (in {tasks} {})\n", place(Some(some.first), "")));
        }
        if !view.later.is_empty() {
            out.push_str("  set while the run goes on:\n");
        }
        for later in &view.later {
            let value = self.written(later.value.as_ref());
            let perhaps = if later.perhaps { PERHAPS } else { "" };
            let place = place(Some(later.span), self.name);
            out.push_str(&format!("    {:<15} {place}  {value}{perhaps}\n", later.what));
        }
        out
    }

    /// What the winner comes to, and from what.
    fn rendered(&self, view: &View, out: &mut String) {
        match &view.rendered {
            Some(Ok(rendered)) => {
                let value = python_repr(&self.value(&rendered.value));
                let raw = view.settings.last().map(|winner| self.written(winner.value.as_ref()));
                if raw.as_ref() != Some(&value) {
                    let merged = if rendered.merged { ", all of them merged by hash_behaviour" } else { "" };
                    out.push_str(&format!("      is {value} ({}){merged}\n", rendered.value.type_name()));
                }
                for (name, winner) in &rendered.read {
                    out.push_str(&match winner {
                        Some(winner) => format!("      with {name}: {}\n", self.line(winner, name, 0)),
                        None => format!("      with {name}: not defined\n"),
                    });
                }
            }
            Some(Err(error)) => {
                let error = self.masks.text(innermost(error));
                out.push_str(&format!("      cannot be rendered: {error}\n"));
            }
            None => {}
        }
    }

    fn line(&self, entry: &Entry, name: &str, width: usize) -> String {
        let value = self.written(entry.value.as_ref());
        let perhaps = if entry.perhaps { PERHAPS } else { "" };
        format!("{:<15} {:<width$}  {value}{perhaps}", entry.layer, place(entry.span, name))
    }

    pub(super) fn data(&self, view: &View) -> Data {
        let entry = |entry: &Entry, winner: bool| {
            let mut map = self.entry(entry, self.name);
            map.insert("winner".into(), Data::Bool(winner));
            map
        };
        let last = view.settings.len();
        let settings = view.settings.iter().zip(1..).map(|(setting, n)| Data::Map(entry(setting, n == last)));
        let play = view.play.as_ref().map_or(Data::Null, |(name, _)| Data::str(self.masks.text(name)));
        let mut map = Map::from([
            ("variable".to_string(), self.name.into()),
            ("host".to_string(), self.host.into()),
            ("play".to_string(), play),
            ("settings".to_string(), Data::List(settings.collect())),
        ]);
        match &view.rendered {
            Some(Ok(rendered)) => {
                map.insert("value".into(), self.value(&rendered.value));
                map.insert("type".into(), rendered.value.type_name().into());
                let read = rendered.read.iter().map(|(name, winner)| {
                    let mut map = winner.as_ref().map(|winner| self.entry(winner, name)).unwrap_or_default();
                    map.insert("variable".into(), Data::str(name.clone()));
                    Data::Map(map)
                });
                map.insert("read".into(), Data::List(read.collect()));
            }
            Some(Err(error)) => {
                map.insert("error".into(), self.masks.text(innermost(error)).into());
            }
            None => {
                let value = view.settings.last().and_then(|winner| winner.value.as_ref());
                map.insert("value".into(), value.map_or(Data::Null, |value| self.value(value)));
                map.insert("type".into(), value.map_or("undefined", Value::type_name).into());
            }
        }
        let in_tasks = view.in_tasks.iter().map(|some| {
            let mut map = entry(&some.entry, some.wins);
            map.insert("tasks".into(), Data::Int(some.tasks as i64));
            map.insert("first_task".into(), place(Some(some.first), "").into());
            Data::Map(map)
        });
        map.insert("in_tasks".into(), Data::List(in_tasks.collect()));
        let later = view.later.iter().map(|later| {
            let value = later.value.as_ref().map_or(Data::Null, |value| self.value(value));
            Data::Map(Map::from([
                ("what".to_string(), later.what.into()),
                ("place".to_string(), place(Some(later.span), self.name).into()),
                ("value".to_string(), value),
                ("perhaps".to_string(), Data::Bool(later.perhaps)),
            ]))
        });
        map.insert("later".into(), Data::List(later.collect()));
        Data::Map(map)
    }

    fn entry(&self, entry: &Entry, name: &str) -> Map {
        let span = entry.span;
        Map::from([
            ("layer".to_string(), entry.layer.to_string().into()),
            ("place".to_string(), span.map_or(Data::Null, |span| place(Some(span), name).into())),
            ("value".to_string(), entry.value.as_ref().map_or(Data::Null, |value| self.value(value))),
            ("perhaps".to_string(), Data::Bool(entry.perhaps)),
        ])
    }
}

/// A place as `file:line:col`, below this folder without the folder. Of one that knows no column that of the
/// variable's name in its line.
fn place(span: Option<Span>, name: &str) -> String {
    let Some(span) = span else { return "-".into() };
    let span = match (span.line, span.column) {
        (line, 0) if line > 0 && !span.is_sealed() => span.at(line, column(span, name).unwrap_or(0)),
        _ => span,
    };
    let shown = span.to_string();
    let here = std::env::current_dir().unwrap_or_default();
    let here = format!("{}/", here.display());
    shown.strip_prefix(&here).map_or(shown.clone(), str::to_string)
}

/// Where `name =` stands in a line of an INI file.
fn column(span: Span, name: &str) -> Option<u32> {
    let text = std::fs::read_to_string(span.file()).ok()?;
    let line = text.lines().nth(span.line.checked_sub(1)? as usize)?;
    let is_there = |at: usize| {
        let before = line.get(..at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']));
        let after = line.get(at + name.len()..).map(str::trim_start);
        before && after.is_some_and(|after| after.starts_with(['=', ':']))
    };
    let at =
        line.match_indices(name).map(|(at, _)| at).find(|at| is_there(*at)).filter(|_| !name.is_empty())?;
    Some(line.get(..at)?.chars().count() as u32 + 1)
}
