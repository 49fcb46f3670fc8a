//! All hosts' variables as JSON text, made in parallel; what hosts share is written out once.

use super::inventory_text as text;
use super::sources::Sources;
use crate::diag::Diagnostic;
use crate::inventory::Vars;
use crate::report::{Masks, json_string, pretty_json_at};
use crate::yaml::{Kind, Node};
use impel_modules::Data;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

/// How far `hostvars` stands inwards: `{"_meta": {"hostvars": …`.
const LEVEL: usize = 2;

/// Text of values that several hosts have, by the value's address. The sources hold the values all the while.
type Written = Mutex<HashMap<usize, Arc<str>>>;

/// `hostvars` for these hosts, those without variables left out, secrets masked.
///
/// # Errors
/// A file of variables cannot be read.
pub(super) fn host_vars(
    sources: &Sources,
    extra: &Vars,
    names: &[Arc<str>],
    masks: &Masks,
) -> Result<String, Diagnostic> {
    let written = Written::default();
    let hosts: Vec<Option<String>> = names
        .par_iter()
        .map(|name| one_host(sources, extra, name, masks, &written))
        .collect::<Result<_, Diagnostic>>()?;
    let mut all: Vec<(&Arc<str>, String)> =
        names.iter().zip(hosts).filter_map(|(name, text)| Some((name, text?))).collect();
    all.sort_by_key(|(name, _)| *name);
    let entries = all.iter().map(|(name, text)| (&***name, text.as_str()));
    Ok(object(entries, LEVEL))
}

/// A host's variables, if it has any.
fn one_host(
    sources: &Sources,
    extra: &Vars,
    name: &Arc<str>,
    masks: &Masks,
    written: &Written,
) -> Result<Option<String>, Diagnostic> {
    let Some(host) = sources.inventory.hosts.get(name) else { return Ok(None) };
    let layers = sources.layers(host)?;
    let own = sources.own_layers(host)?;
    let mut winners: BTreeMap<&str, (&Node, bool)> = BTreeMap::new();
    for layer in &layers {
        let shared = !own.iter().any(|own| Arc::ptr_eq(own, layer));
        winners.extend(layer.iter().map(|(name, node)| (&**name, (node, shared))));
    }
    let facts = sources.facts_of(host);
    winners.extend(facts.iter().map(|(name, node)| (&**name, (node, false))));
    winners.extend(extra.iter().map(|(name, node)| (&**name, (node, false))));
    if winners.is_empty() {
        return Ok(None);
    }
    let texts: Vec<(&str, Arc<str>)> = winners
        .into_iter()
        .map(|(name, (node, shared))| (name, value(node, shared, masks, written)))
        .collect();
    Ok(Some(object(texts.iter().map(|(name, text)| (*name, &**text)), LEVEL + 1)))
}

fn value(node: &Node, shared: bool, masks: &Masks, written: &Written) -> Arc<str> {
    let write = || -> Arc<str> {
        let data = text::one(node);
        let data = if masks.hide() { masks.data(&data) } else { data };
        pretty_json_at(&data, LEVEL + 2).into()
    };
    if !shared || !matches!(node.kind, Kind::Seq(_) | Kind::Map(_) | Kind::Set(_)) {
        return write();
    }
    let key = std::ptr::from_ref(node) as usize;
    let known = written.lock().unwrap_or_else(|e| e.into_inner()).get(&key).cloned();
    known.unwrap_or_else(|| {
        let text = write();
        written.lock().unwrap_or_else(|e| e.into_inner()).insert(key, text.clone());
        text
    })
}

/// A JSON object of members that are text already.
pub(super) fn object<'t>(members: impl Iterator<Item = (&'t str, &'t str)>, level: usize) -> String {
    let mut out = String::from("{");
    let mut first = true;
    for (name, text) in members {
        out.push_str(if first { "\n" } else { ",\n" });
        first = false;
        out.extend(std::iter::repeat_n(' ', 4 * (level + 1)));
        json_string(&mut out, name);
        out.push_str(": ");
        out.push_str(text);
    }
    if !first {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', 4 * level));
    }
    out.push('}');
    out
}

/// The whole answer to `--list`: the groups, and `_meta` with the hosts' variables.
pub(super) fn list(groups: &impel_modules::Map, host_vars: &str) -> String {
    let meta = object([("hostvars", host_vars), ("profile", "\"inventory_legacy\"")].into_iter(), 1);
    let mut members: Vec<(&str, String)> = groups
        .iter()
        .map(|(name, group): (&String, &Data)| (name.as_str(), pretty_json_at(group, 1)))
        .collect();
    members.push(("_meta", meta));
    members.sort_by_key(|(name, _)| *name);
    object(members.iter().map(|(name, text)| (*name, text.as_str())), 0)
}
