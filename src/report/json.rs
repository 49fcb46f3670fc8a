//! `--output json`: every event as one object on a line.

use super::default::full_name;
use super::dump::{self, Layout};
use super::{Masks, Sink, ansible_error, python, shown};
use crate::engine::{Event, HostResult, MessageKind, Recap, Status, TaskLine};
use impel_modules::{Data, Map};
use std::io::Write;
use std::sync::Arc;

/// Writes events as JSON lines.
pub struct Json {
    to: Box<dyn Write + Send>,
    masks: Masks,
}

impl Json {
    /// Writes to `to`.
    pub fn new(to: Box<dyn Write + Send>, masks: Masks) -> Json {
        Json { to, masks }
    }

    fn object(&self, event: &Event) -> Map {
        let mut map = Map::new();
        let (name, fields) = self.fields(event);
        map.insert("event".into(), name.into());
        map.insert("at".into(), Data::str(jiff::Timestamp::now().to_string()));
        map.extend(fields);
        map
    }

    fn fields(&self, event: &Event) -> (&'static str, Map) {
        match event {
            Event::PlaybookStart(run) => (
                "playbook_start",
                object([
                    ("playbook", run.playbook.to_string_lossy().as_ref().into()),
                    ("check_mode", run.check_mode.into()),
                ]),
            ),
            Event::PlayStart(play) => (
                "play_start",
                object([
                    ("play", self.masks.text(&play.name).into()),
                    ("uuid", Data::str(play.uuid.clone())),
                    ("pattern", Data::str(play.pattern.clone())),
                    ("hosts", names(&play.hosts)),
                    ("check_mode", play.check_mode.into()),
                ]),
            ),
            Event::NoHostsMatched => ("no_hosts_matched", Map::new()),
            Event::NoHostsLeft => ("no_hosts_left", Map::new()),
            Event::TaskStart(task) => ("task_start", object([("task", Data::Map(self.task(task)))])),
            Event::HostStart { host, task } => {
                ("host_start", object([("host", Data::str(host.clone())), ("task_uuid", uuid(task))]))
            }
            Event::Item(result) => ("item", self.result(result)),
            Event::Result(result) => ("result", self.result(result)),
            Event::AsyncPoll(result) => ("async_poll", self.result(result)),
            Event::AsyncEnd(result) => ("async_end", self.result(result)),
            Event::Told(_) => ("told", Map::new()),
            Event::Retry(retry) => {
                let mut map = self.result(&retry.attempt);
                map.insert("left".into(), Data::Int(i64::try_from(retry.left).unwrap_or(i64::MAX)));
                ("retry", map)
            }
            Event::Included(include) => (
                "included",
                object([
                    ("file", include.file.as_str().into()),
                    ("hosts", names(&include.hosts)),
                    ("task_uuid", uuid(&include.task)),
                    ("item", include.item.as_ref().map(|item| self.masks.data(item)).into()),
                ]),
            ),
            Event::Notified(notice) => (
                "notified",
                object([
                    ("handler", Data::str(notice.handler.clone())),
                    ("host", Data::str(notice.host.clone())),
                ]),
            ),
            Event::Message(message) => {
                let (kind, host) = match &message.kind {
                    MessageKind::Line => ("line", None),
                    MessageKind::Verbose { host, .. } => ("verbose", host.clone()),
                    MessageKind::Warning => ("warning", None),
                    MessageKind::Deprecation => ("deprecation", None),
                    MessageKind::Error => ("error", None),
                };
                let mut map =
                    object([("kind", kind.into()), ("text", self.masks.text(&message.text).into())]);
                if let Some(host) = host {
                    map.insert("host".into(), Data::str(host));
                }
                ("message", map)
            }
            Event::Left(left) => (
                "left",
                object([
                    ("host", Data::str(left.host.clone())),
                    ("task", left.task.as_ref().map(|task| self.masks.text(&full_name(task))).into()),
                    ("cut", left.cut.into()),
                ]),
            ),
            Event::Recap(recap) => ("recap", self.recap(recap)),
        }
    }

    fn task(&self, task: &TaskLine) -> Map {
        let mut map = object([
            ("uuid", Data::str(task.uuid.clone())),
            ("name", self.masks.text(&full_name(task)).into()),
            ("action", Data::str(task.action.clone())),
            ("handler", (task.section == crate::engine::Section::Handler).into()),
            ("check_mode", task.check_mode.into()),
        ]);
        if let Some(origin) = &task.origin {
            map.insert("file".into(), origin.file.to_string_lossy().as_ref().into());
            map.insert("line".into(), Data::Int(i64::from(origin.line)));
        }
        map
    }

    fn result(&self, result: &HostResult) -> Map {
        let status = match result.status {
            Status::Ok { changed: true } => "changed",
            Status::Ok { changed: false } => "ok",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Unreachable => "unreachable",
        };
        let mut map = object([
            ("host", Data::str(result.host.clone())),
            ("task", self.masks.text(&full_name(&result.task)).into()),
            ("task_uuid", uuid(&result.task)),
            ("status", status.into()),
            ("took", Data::Float(result.took.as_secs_f64())),
        ]);
        let flags = [("ignored", result.ignored), ("rescued", result.rescued), ("no_log", result.no_log)];
        map.extend(flags.iter().filter(|(_, on)| *on).map(|(key, _)| (key.to_string(), Data::Bool(true))));
        if let Some(delegate) = &result.delegate {
            map.insert("delegated_to".into(), Data::str(delegate.name.clone()));
        }
        if result.item.is_some() {
            map.insert("item".into(), shown::label(result, &self.masks).into());
        }
        if let Some(error) = &result.error {
            map.insert("error".into(), self.masks.text(ansible_error(error).trim_end()).into());
        }
        let shown =
            if result.no_log { shown::censored(&result.result) } else { self.masks.map(&result.result) };
        map.insert("result".into(), finite(&Data::Map(shown)));
        map
    }

    fn recap(&self, recap: &Recap) -> Map {
        let count = |n: u64| Data::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let hosts = recap.hosts.iter().map(|(host, totals)| {
            let totals = object([
                ("ok", count(totals.ok)),
                ("changed", count(totals.changed)),
                ("unreachable", count(totals.unreachable)),
                ("failed", count(totals.failed)),
                ("skipped", count(totals.skipped)),
                ("rescued", count(totals.rescued)),
                ("ignored", count(totals.ignored)),
            ]);
            (host.to_string(), Data::Map(totals))
        });
        let wire = object([
            ("connections", count(recap.wire.connections)),
            ("turns", count(recap.wire.turns)),
            ("requests", count(recap.wire.requests)),
            ("wasted", count(recap.wire.wasted)),
            ("sent", count(recap.wire.sent)),
            ("received", count(recap.wire.received)),
        ]);
        object([
            ("hosts", Data::Map(hosts.collect())),
            ("custom", Data::Map(self.masks.map(&recap.custom))),
            ("wire", Data::Map(wire)),
            ("took", Data::Float(recap.took.as_secs_f64())),
        ])
    }
}

impl Sink for Json {
    fn take(&mut self, event: &Event) {
        let line = dump::map(&self.object(event), Layout::Line);
        let _ = writeln!(self.to, "{line}");
        let _ = self.to.flush();
    }
}

fn object<const N: usize>(pairs: [(&str, Data); N]) -> Map {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

fn uuid(task: &TaskLine) -> Data {
    Data::str(task.uuid.clone())
}

fn names(hosts: &[Arc<str>]) -> Data {
    Data::List(hosts.iter().map(|host| Data::str(host.clone())).collect())
}

/// JSON has no infinities; they become what Python calls them.
fn finite(data: &Data) -> Data {
    match data {
        Data::Float(f) if !f.is_finite() => python::str(data).into(),
        Data::List(items) => Data::List(items.iter().map(finite).collect()),
        Data::Map(map) => Data::Map(map.iter().map(|(key, value)| (key.clone(), finite(value))).collect()),
        other => other.clone(),
    }
}
