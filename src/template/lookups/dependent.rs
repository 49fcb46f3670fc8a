//! `community.general.dependent`: loops of which the inner ones are computed from the items of the outer ones.

use super::lists::MOST;
use crate::template::args::Args;
use crate::template::names::Named;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};

/// Every combination of items, as dicts from the names of the loops. Each term is a dict of one name and a list, a dict
/// (iterated as `dict2items` does) or an expression, which sees the items chosen so far as `item`.
///
/// Errors: terms that are something else, a name twice, an expression that fails or yields neither list nor dict.
pub(super) fn dependent(eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let mut loops: Vec<(Key, Value)> = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        let Some(dict) = term.as_dict() else {
            return Err(Error::new(format!(
                "Parameter {at} must be a dictionary, got <class '{}'>",
                term.type_name()
            )));
        };
        let pairs = dict.pairs();
        let (Some((name, values)), 1) = (pairs.first(), pairs.len()) else {
            return Err(Error::new(format!(
                "Parameter {at} must be a one-element dictionary, got {} elements",
                pairs.len()
            )));
        };
        let shown = name.value().to_text()?;
        if loops.iter().any(|(known, _)| known == name) {
            return Err(Error::new(format!("The variable '{shown}' appears more than once")));
        }
        if !matches!(values, Value::Str(_) | Value::Dict(_) | Value::List(_)) {
            return Err(Error::new(format!(
                "Parameter '{shown}' (index {at}) must have a value of type string, dictionary or list, got type \
                 <class '{}'>",
                values.type_name()
            )));
        }
        loops.push((name.clone(), values.clone()));
    }
    if loops.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = vec![Dict::default()];
    for (name, values) in &loops {
        let mut next = Vec::new();
        for row in &rows {
            for item in items(eval, name, values, row)? {
                let longer: Dict = row.pairs().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                longer.insert(name.clone(), item);
                next.push(longer);
            }
            if next.len() > MOST {
                return Err(Error::new(format!("the result would have more than {MOST} items")));
            }
        }
        rows = next;
    }
    Ok(rows.into_iter().map(Value::Dict).collect())
}

/// What a loop iterates over when these items were chosen.
fn items(eval: &Eval<'_>, name: &Key, values: &Value, chosen: &Dict) -> Result<Vec<Value>> {
    let computed = match values {
        Value::Str(expression) => {
            let names: Dict = [(Key::str("item"), Value::Dict(chosen.clone()))].into_iter().collect();
            let world = Named { world: eval.world(), names, alone: false };
            let mut inner = Eval::new(&world);
            let text = expression.text.trim();
            let bare = text.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")).unwrap_or(text);
            let found = inner.expression(bare).and_then(|value| inner.deep(value));
            let item = || Value::Dict(chosen.clone()).repr().unwrap_or_default();
            let value = match found {
                Ok(Value::Undefined(marker)) => Err(Error(marker)),
                other => other,
            };
            let value = value.map_err(|e| {
                let shown = name.value().to_text().unwrap_or_default();
                Error::new(format!(
                    "Caught \"{}\" while evaluating '{shown}' with item == {}",
                    e.message(),
                    item()
                ))
            })?;
            if !matches!(value, Value::Dict(_) | Value::List(_) | Value::Tuple(_) | Value::View(_)) {
                return Err(Error::new(format!(
                    "Did not obtain dictionary or list while evaluating '{}' with item == {}, but <class '{}'>",
                    name.value().to_text()?,
                    item(),
                    value.type_name()
                )));
            }
            value
        }
        other => other.clone(),
    };
    Ok(match &computed {
        Value::Dict(dict) => dict
            .pairs()
            .iter()
            .map(|(key, value)| Value::dict([("key", key.value().clone()), ("value", value.clone())]))
            .collect(),
        list => list.iter()?.collect(),
    })
}
