//! `inventory_hostnames`: the hosts that a pattern names.

use super::Lookup;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new("inventory_hostnames", &[], host_names).open()];

fn host_names(eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let Some(groups) = eval.world().variable("groups") else {
        return Err(Error::new("'groups'"));
    };
    let groups = eval.deep(groups)?;
    let mut known = Vec::new();
    for name in groups.iter()? {
        let hosts = eval.item(&groups, &name)?;
        let hosts = hosts.iter()?.map(|h| h.to_text()).collect::<Result<Vec<_>>>()?;
        known.push((name.to_text()?, hosts));
    }
    let patterns = terms.iter().map(Value::to_text).collect::<Result<Vec<_>>>()?;
    let found = eval.world().hosts_matching(&known, &patterns)?;
    Ok(found.into_iter().map(Value::str).collect())
}
