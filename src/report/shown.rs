//! What of a result is shown, and in what form.

use super::dump::{self, Layout};
use super::{Format, Look, Masks, block, python};
use crate::engine::HostResult;
use impel_modules::{Data, Map};

const CENSORED: &str =
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

/// What a `no_log` result still says.
const KEPT: [&str; 3] = ["attempts", "changed", "retries"];

/// Bookkeeping that `debug: var=` does not show.
const BOOKKEEPING: [&str; 4] = ["changed", "invocation", "skip_reason", "ansible_loop_var"];

/// What is said elsewhere than in the written-out result.
const ELSEWHERE: [&str; 6] = ["failed", "skipped", "warnings", "deprecations", "exception", "results"];

/// How deep internal keys are looked for.
const DEPTH: usize = 200;

/// The result without what Ansible keeps to itself, censored where it must be, secrets masked.
pub(super) fn cleaned(result: &HostResult, look: &Look, masks: &Masks) -> Map {
    let debug = result.debug || matches!(bare(&result.task.action), "debug");
    let mut map = match result.no_log {
        true => censored(&result.result),
        false => without_internals(&masks.map(&result.result), 0),
    };
    map.retain(|key, _| match key.as_str() {
        "invocation" | "diff" => look.verbosity >= 3,
        key => !ELSEWHERE.contains(&key),
    });
    if debug && map.contains_key("msg") {
        map.retain(|key, _| key == "msg");
    } else if debug {
        map.retain(|key, _| !BOOKKEEPING.contains(&key.as_str()));
    }
    map
}

/// The censored form of a result.
pub(super) fn censored(result: &Map) -> Map {
    let mut map = Map::from([("censored".to_string(), Data::str(CENSORED))]);
    map.extend(KEPT.iter().filter_map(|key| Some((key.to_string(), result.get(*key)?.clone()))));
    map
}

fn without_internals(map: &Map, level: usize) -> Map {
    map.iter()
        .filter(|(key, _)| !key.starts_with("_ansible_"))
        .map(|(key, value)| {
            let value = match value {
                Data::Map(inner) if level < DEPTH => Data::Map(without_internals(inner, level + 1)),
                other => other.clone(),
            };
            (key.clone(), value)
        })
        .collect()
}

/// The result written out as the default callback does it.
pub(super) fn dumped(result: &HostResult, look: &Look, masks: &Masks) -> String {
    if look.format == Format::Yaml {
        return block::written(cleaned(result, look, masks), look.pretty.unwrap_or(true));
    }
    let spread = (result.verbose_always && !result.no_log) || look.verbosity > 2 || look.pretty == Some(true);
    let layout = if spread { Layout::Indented(4) } else { Layout::Line };
    dump::map(&cleaned(result, look, masks), layout)
}

/// A result as one line of JSON, masked and censored, for what keeps results in files.
pub fn result_json(result: &HostResult, masks: &Masks) -> String {
    dump::map(&cleaned(result, &Look::default(), masks), Layout::Line)
}

/// Whether a result is written out from this verbosity on.
pub(super) fn is_shown(result: &HostResult, look: &Look, above: u8) -> bool {
    let always = result.verbose_always && !result.no_log;
    (look.verbosity > above || always) && !result.verbose_override
}

/// An item's label.
pub(super) fn label(result: &HostResult, masks: &Masks) -> String {
    match &result.item {
        _ if result.no_log => "(censored due to no_log)".to_string(),
        Some(item) => python::str(&masks.data(item)),
        None => "None".to_string(),
    }
}

/// The host, and who does its work where that is another: `web1 -> proxy(10.0.0.1)`.
pub(super) fn host(result: &HostResult) -> String {
    match &result.delegate {
        None => result.host.to_string(),
        Some(delegate) => {
            let address = delegate.address.as_ref().map_or(String::new(), |address| format!("({address})"));
            format!("{} -> {}{address}", result.host, delegate.name)
        }
    }
}

/// An action's name without its collection.
pub(super) fn bare(action: &str) -> &str {
    action
        .strip_prefix("ansible.builtin.")
        .or_else(|| action.strip_prefix("ansible.legacy."))
        .unwrap_or(action)
}

/// The warnings that came with a result.
pub(super) fn warnings(result: &HostResult) -> Vec<String> {
    let list = result.result.get("warnings").and_then(Data::as_list).unwrap_or_default();
    list.iter().map(python::str).collect()
}

/// The deprecations that came with a result, as sentences.
pub(super) fn deprecations(result: &HostResult) -> Vec<String> {
    let list = result.result.get("deprecations").and_then(Data::as_list).unwrap_or_default();
    list.iter().filter_map(Data::as_map).map(deprecation).collect()
}

fn deprecation(entry: &Map) -> String {
    let text = |key: &str| entry.get(key).filter(|value| **value != Data::Null).map(python::str);
    let message = text("msg").unwrap_or_default();
    let message = message.trim_end_matches('.');
    let from = match text("collection_name").as_deref() {
        None => String::new(),
        Some("ansible.builtin") => " from ansible-core".to_string(),
        Some(collection) => format!(" from collection '{collection}'"),
    };
    let when = match (text("version"), text("date")) {
        (Some(version), _) => format!(" version {version}"),
        (None, Some(date)) => format!(" in a release after {date}"),
        (None, None) => " in a future release".to_string(),
    };
    format!("{message}. This feature will be removed{from}{when}.")
}
