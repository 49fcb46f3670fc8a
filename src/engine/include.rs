//! Dynamic includes: what hosts asked for, grouped, read, and put behind the including task.

use super::answer::{Answer, Included};
use super::batch::Batch;
use super::commit::Wanted;
use super::event::{Event, Include, Message, MessageKind, Status};
use super::position;
use super::position::Step;
use crate::diag::{Diagnostic, Span};
use crate::playbook::{Item, Keywords, Loader, Role, RoleAsk, Source, Vars, not_found};
use crate::template::Value;
use crate::yaml::{Kind, Mapping, Node};
use impel_modules::{Data, Map};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Hosts that include the same thing with the same values.
struct Group {
    call: super::answer::IncludeCall,
    hosts: Vec<usize>,
}

impl Batch<'_, '_> {
    /// Includes what the hosts asked for.
    ///
    /// # Errors
    /// A file cannot be read, or a role is not there: for a file that is wrong the run ends, as ansible-core's does.
    pub fn include(&mut self, step: &Step, wanted: Vec<Wanted>) -> Result<(), Diagnostic> {
        let groups = grouped(wanted);
        let mut loaded = Vec::new();
        // a host whose include failed has moved on: its other includes of this task are not for it any more
        let mut fallen: Vec<usize> = Vec::new();
        for (number, mut group) in groups.into_iter().enumerate() {
            group.hosts.retain(|host| !fallen.contains(host));
            if group.hosts.is_empty() {
                continue;
            }
            let items = match self.load(step, &group) {
                Ok(items) => items,
                Err(error) => {
                    let answer = self.why(step, &group.call.what, error);
                    self.include_failed(step, &group.hosts, &answer);
                    fallen.extend(&group.hosts);
                    continue;
                }
            };
            let hosts: Vec<Arc<str>> = group
                .hosts
                .iter()
                .filter_map(|i| self.tracks.get(*i))
                .map(|t| t.store.name.clone())
                .collect();
            let file = match &group.call.what {
                Included::Tasks(path) | Included::Missing { path, .. } => path.display().to_string(),
                Included::Role(args) => {
                    args.get("name").and_then(Data::as_str).unwrap_or_default().to_string()
                }
            };
            let line = group.hosts.first().map(|host| self.line(step, *host, super::batch::Strategy::Linear));
            let task = line.unwrap_or_default();
            let item = match task.no_log {
                true => Some(Data::str("(censored due to no_log)")),
                false => group.call.item.clone(),
            };
            self.run.shared.emit(Event::Included(Include { file, hosts, item, task }));
            let found = crate::playbook::missing_in(&items, self.run.known);
            if !found.is_empty() {
                return Err(super::run::missing_error(&found));
            }
            // each file or role that was included counts
            for host in &group.hosts {
                if let Some(name) = self.tracks.get(*host).map(|track| track.store.name.clone()) {
                    self.totals(&name).ok += 1;
                }
            }
            loaded.push((number, group.hosts, items));
        }
        let mut lists: BTreeMap<usize, Vec<position::Included>> = BTreeMap::new();
        for (number, hosts, items) in loaded {
            for host in hosts {
                lists.entry(host).or_default().push((number as u32, items.clone()));
            }
        }
        for (host, lists) in lists {
            if let Some(track) = self.tracks.get_mut(host) {
                track.position.include_after(&step.key, lists.into());
            }
        }
        Ok(())
    }

    fn load(&mut self, step: &Step, group: &Group) -> Result<Arc<[Item]>, Diagnostic> {
        let task = &step.task;
        let loader = Loader::new(self.run.source, self.run.base_of(&self.play));
        let values = values(&group.call.values, task.span);
        if let Some(values) = &values {
            let scope = Arc::new(group.call.values.iter().cloned().collect());
            self.run.shared.store.scopes.put(values, scope);
        }
        let (items, role, handlers) = match &group.call.what {
            Included::Missing { path, .. } => return Err(not_found(path)),
            Included::Tasks(path) => (loader.include_tasks(task, path, values)?, None, Vec::new()),
            Included::Role(args) => {
                let ask = role_ask(args, self.run.source, task.action.span);
                let loaded = loader.include_role(task, ask, values)?;
                (loaded.items, Some(loaded.role), loaded.handlers)
            }
        };
        // what the included files import is the play's as much as what the play imports itself
        let imported = loader.take_imported();
        let roles: Vec<Arc<Role>> = imported.roles.into_iter().chain(role).collect();
        if !roles.is_empty() {
            let mut vars = (*self.vars).clone();
            vars.take_in(&roles, &self.run.shared.store.scopes);
            self.vars = Arc::new(vars);
        }
        let handlers: Vec<Vec<Item>> = handlers.into_iter().chain(imported.handlers).collect();
        self.add_handlers(&handlers);
        Ok(items.into())
    }

    /// How an include failed, in the form of its result.
    fn why(&self, step: &Step, what: &Included, error: Diagnostic) -> Answer {
        let Included::Missing { file, path } = what else { return Answer::refused(error, step.task.span) };
        let path = path.display();
        let text = format!("Could not find or access '{path}' on the Ansible Controller: {}", error.message);
        let result = [("include", file.as_str()), ("reason", text.as_str())];
        let result = result.into_iter().map(|(name, text)| (name.to_string(), Data::from(text))).collect();
        self.run.shared.emit(Event::Message(Message { kind: MessageKind::Error, text }));
        Answer::new(Status::Failed, result)
    }

    fn include_failed(&mut self, step: &Step, hosts: &[usize], answer: &Answer) {
        for host in hosts {
            let Some(first) = self.tracks.get(*host) else { continue };
            let name = first.store.name.clone();
            let line = self.line(step, *host, super::batch::Strategy::Linear);
            let answer = answer.clone();
            let end = super::turn::TurnEnd {
                host: *host,
                step: step.clone(),
                line,
                answer,
                register: None,
                notify: Vec::new(),
                ignore_errors: false,
                ignore_unreachable: false,
                no_log: false,
                took: std::time::Duration::ZERO,
            };
            // a failure notifies nobody
            if self.commit(end, &[]).is_err() {
                self.run.shared.warn(format!("{name}: the include could not be settled"));
            }
        }
    }
}

/// Calls of several hosts with the same file and values are one; a host's own stay apart, in their order.
fn grouped(wanted: Vec<Wanted>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // by what is called with which values: the groups, and how many of them each host is in already
    let mut known: HashMap<String, (Vec<usize>, HashMap<usize, usize>)> = HashMap::new();
    for want in wanted {
        let values = Data::Map(
            want.call
                .values
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_data().unwrap_or(Data::Null)))
                .collect(),
        );
        let (alike, times) = known.entry(format!("{:?} {values:?}", want.call.what)).or_default();
        let time = times.entry(want.host).or_default();
        match alike.get(*time).and_then(|at| groups.get_mut(*at)) {
            Some(group) => group.hosts.push(want.host),
            None => {
                alike.push(groups.len());
                groups.push(Group { call: want.call, hosts: vec![want.host] });
            }
        }
        *time += 1;
    }
    groups
}

/// The include's variables, as what stands above the included tasks.
fn values(values: &[(Arc<str>, Value)], span: Span) -> Option<Arc<Vars>> {
    if values.is_empty() {
        return None;
    }
    let pairs = values.iter().map(|(name, value)| (name.clone(), to_node(value, span, 0))).collect();
    Some(Arc::new(Vars { pairs }))
}

/// A rendered value as a node: its strings are never templates again, unless they were trusted.
pub fn to_node(value: &Value, span: Span, depth: usize) -> Node {
    let kind = match value {
        Value::None | Value::Omit => Kind::Null,
        Value::Bool(b) => Kind::Bool(*b),
        Value::Int(i) => Kind::Int(*i),
        Value::Big(b) => Kind::Big(b.clone()),
        Value::Float(f) => Kind::Float(*f),
        Value::Str(s) => Kind::Str { text: s.text.clone(), unsafe_: !s.trusted },
        Value::Bytes(b) => Kind::Bytes(b.clone()),
        Value::Date(d) => Kind::Date(*d),
        Value::DateTime(t) => Kind::DateTime(**t),
        Value::Time(t) => Kind::Time(*t),
        Value::Zoned(t) => Kind::Zoned((**t).clone()),
        Value::Vault(vault) => Kind::Vault(vault.text.clone()),
        Value::List(list) if depth < 100 => {
            Kind::Seq(list.items().iter().map(|item| to_node(item, span, depth + 1)).collect())
        }
        Value::Dict(dict) if depth < 100 => {
            let pairs = dict.pairs();
            let pairs = pairs
                .iter()
                .map(|(key, value)| (to_node(key.value(), span, depth + 1), to_node(value, span, depth + 1)));
            Kind::Map(Arc::new(Mapping { pairs: pairs.collect() }))
        }
        other => Kind::Str { text: other.to_string().into(), unsafe_: true },
    };
    // what is secret stays so
    let sealed = matches!(value, Value::Str(s) if s.secret);
    Node { kind, span: if sealed { span.sealed() } else { span } }
}

/// The role that an `include_role` asks for.
pub fn role_ask(args: &Map, source: &dyn Source, span: Span) -> RoleAsk {
    let text = |name: &str| args.get(name).and_then(Data::as_str).map(str::to_string);
    let flag = |name: &str| args.get(name).and_then(Data::as_bool);
    RoleAsk {
        keywords: Arc::new(Keywords::default()),
        tasks_from: text("tasks_from"),
        vars_from: text("vars_from"),
        defaults_from: text("defaults_from"),
        handlers_from: text("handlers_from"),
        included: true,
        public: flag("public").unwrap_or(source.private_role_vars() == Some(false)),
        allow_duplicates: Some(flag("allow_duplicates").unwrap_or(true)),
        validate: flag("rolespec_validate").unwrap_or(true),
        ..RoleAsk::new(text("name").or_else(|| text("role")).unwrap_or_default(), span)
    }
}
