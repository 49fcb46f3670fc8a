//! `inventory_hostnames`: the hosts that a pattern names.

use super::Lookup;
use crate::maps::IndexMap;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::filters::fits;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new("inventory_hostnames", &[], host_names).open()];

type Groups = IndexMap<String, Vec<String>>;

fn host_names(eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let Some(groups) = eval.world().variable("groups") else {
        return Err(Error::new("'groups'"));
    };
    let groups = eval.deep(groups)?;
    let mut known = Groups::default();
    for name in groups.iter()? {
        let hosts = eval.item(&groups, &name)?;
        let hosts = hosts.iter()?.map(|h| h.to_text()).collect::<Result<Vec<_>>>()?;
        known.insert(name.to_text()?, hosts);
    }
    let mut out: Vec<String> = Vec::new();
    let (mut must, mut not) = (Vec::new(), Vec::new());
    for term in &terms {
        let term = term.to_text()?;
        let separator = if term.contains(',') { ',' } else { ':' };
        let is_regex = term.starts_with('~');
        let parts: Vec<&str> = if is_regex { vec![&term] } else { term.split(separator).collect() };
        for part in parts.into_iter().map(str::trim).filter(|p| !p.is_empty()) {
            match (part.strip_prefix('&'), part.strip_prefix('!')) {
                (Some(part), _) => must.push(named(part, &known)?),
                (_, Some(part)) => not.push(named(part, &known)?),
                _ => {
                    for host in named(part, &known)? {
                        if !out.contains(&host) {
                            out.push(host);
                        }
                    }
                }
            }
        }
    }
    out.retain(|h| must.iter().all(|m| m.contains(h)) && !not.iter().any(|n| n.contains(h)));
    Ok(out.into_iter().map(Value::from).collect())
}

/// The hosts of one part: those of the groups it fits, and hosts by name.
fn named(part: &str, groups: &Groups) -> Result<Vec<String>> {
    let regex = part.strip_prefix('~').map(|p| PyRegex::new(p, Flags::default())).transpose()?;
    let matches = |name: &str| -> Result<bool> {
        match &regex {
            Some(regex) => Ok(regex.match_start(name)?.is_some()),
            None => Ok(fits(part, name)),
        }
    };
    let mut out: Vec<String> = Vec::new();
    for (group, hosts) in groups {
        if matches(group)? {
            out.extend(hosts.iter().cloned());
        }
    }
    for host in groups.values().flatten() {
        if matches(host)? && !out.contains(host) {
            out.push(host.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    out.retain(|h| seen.insert(h.clone()));
    Ok(out)
}
