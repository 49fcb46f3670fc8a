//! `add_host`: a new host (and groups) for the rest of the run.

use super::arguments::list;
use crate::diag::Diagnostic;
use crate::engine::{self, Action, Answer, Call, Consequence, Haste, Next};
use crate::template::Value;
use impel_modules::{Data, Map};

/// Adds a host to the inventory.
pub struct AddHost;

const NAMES: [&str; 4] = ["name", "hostname", "host", "groups"];
const GROUPS: [&str; 4] = ["groups", "groupname", "group", "groupnames"];

impl Action for AddHost {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, mut call: Call<'_>) -> Result<Next, Diagnostic> {
        let span = call.task.action.span;
        if call.raw.is_some() {
            let message = "Invalid raw parameters passed, requires a dictionary/mapping got a  <class \
                           'ansible.module_utils._internal._datatag._AnsibleTaggedStr'>";
            return Err(Diagnostic::user(message).at(span));
        }
        let given = NAMES.iter().take(3).find_map(|name| call.args.get(*name).cloned());
        let Some(name) = given.map(|value| value.to_string()).filter(|name| !name.is_empty()) else {
            return Err(Diagnostic::user("name, host or hostname needs to be provided").at(span));
        };
        // `host:port`, but no bare IPv6 address
        let (host, port) = match name.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse::<u16>() {
                Ok(port) => (host.trim_matches(['[', ']']).to_string(), Some(port)),
                Err(_) => (name.clone(), None),
            },
            _ => (name.clone(), None),
        };
        let groups = match call.args.get(GROUPS[1]) {
            _ if call.args.contains_key(GROUPS[0]) => list(&call, GROUPS[0]),
            Some(_) => list(&call, GROUPS[1]),
            None if call.args.contains_key(GROUPS[2]) => list(&call, GROUPS[2]),
            None => list(&call, GROUPS[3]),
        };
        // As there, `host` and `group` name the host and its group and are variables as well.
        for special in ["name", "hostname", "groups", "groupname", "groupnames"].iter() {
            call.args.shift_remove(*special);
        }
        let mut vars: Vec<(std::sync::Arc<str>, Value)> = call.args.into_iter().collect();
        if let Some(port) = port {
            vars.push(("ansible_ssh_port".into(), Value::Int(port.into())));
        }
        let mut shown = Map::new();
        shown.insert("host_name".into(), host.as_str().into());
        shown.insert(
            "groups".into(),
            Data::List(groups.iter().map(|group| Data::from(group.as_str())).collect()),
        );
        let mut host_vars = Map::new();
        for (name, value) in &vars {
            host_vars.insert(name.to_string(), value.to_data()?);
        }
        shown.insert("host_vars".into(), Data::Map(host_vars));
        let groups: Vec<std::sync::Arc<str>> = groups.into_iter().map(Into::into).collect();
        let add = engine::AddHost { name: host.into(), groups, vars };
        // ansible-core says changed only where the inventory did; a new name or group is what makes the difference
        let known = call.world.layers().store.host(&add.name);
        let changed = match &known {
            None => true,
            Some(host) => {
                let groups = host.groups();
                let layers = host.inventory();
                let known = |name: &str| layers.iter().rev().find_map(|layer| layer.get(name)).cloned();
                let same = |value: &Value, old: &Value| value.to_data().ok() == old.to_data().ok();
                add.vars.iter().any(|(name, value)| !known(name).is_some_and(|old| same(value, &old)))
                    || add.groups.iter().any(|group| !groups.contains(group))
            }
        };
        let result = Map::from([("add_host".to_string(), Data::Map(shown))]);
        Ok(Next::Done(Answer::ok(changed, result).with(Consequence::AddHost(add))))
    }
}
