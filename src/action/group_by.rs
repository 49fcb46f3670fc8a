//! `group_by`: puts the host into a group.

use super::arguments::{list, options, text};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Consequence, Haste, Next};
use impel_modules::{Data, Map};

/// Puts the host into a group.
pub struct GroupBy;

impl Action for GroupBy {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        options(&call, "group_by", &["key", "parents"])?;
        let Some(key) = text(&call, "key") else {
            return Err(
                Diagnostic::user("the 'key' param is required when using group_by").at(call.task.action.span)
            );
        };
        let name = |text: &str| text.replace(' ', "-");
        let mut parents = list(&call, "parents");
        if parents.is_empty() {
            parents.push("all".into());
        }
        let parents: Vec<String> = parents.iter().map(|parent| name(parent)).collect();
        let group = name(&key);
        let mut result = Map::new();
        result.insert("add_group".into(), group.as_str().into());
        let shown = parents.iter().map(|parent| Data::from(parent.as_str())).collect();
        result.insert("parent_groups".into(), Data::List(shown));
        let changed = !call.world.layers().host.groups().iter().any(|known| **known == *group);
        let parents = parents.iter().map(|parent| parent.as_str().into()).collect();
        Ok(Next::Done(
            Answer::ok(changed, result).with(Consequence::GroupBy { group: group.into(), parents }),
        ))
    }
}
