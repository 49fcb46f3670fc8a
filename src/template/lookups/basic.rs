//! Lookups that only hand their terms on: `items`, `list`.

use super::Lookup;
use crate::template::value::Value;

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new("list", &[], |_, terms, _| Ok(terms)),
    Lookup::new("items", &[], |_, terms, _| {
        let each = terms.into_iter().flat_map(|term| match &term {
            Value::List(l) => l.items().to_vec(),
            Value::Tuple(t) => t.to_vec(),
            _ => vec![term],
        });
        Ok(each.collect())
    }),
];
