//! `set_stats`: values for the end of the run.

use super::arguments::{flag, known};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Consequence, Haste, Next};
use impel_modules::{Data, Map};

/// Keeps values for the recap.
pub struct SetStats;

impl Action for SetStats {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        known(&call, &["data", "per_host", "aggregate"])?;
        let data = match call.args.get("data") {
            None => Map::new(),
            Some(value) => match value.to_data()? {
                Data::Map(map) => map,
                other => {
                    let message = format!(
                        "The 'data' option needs to be a dictionary/hash, not a {}",
                        other.type_name()
                    );
                    return Err(Diagnostic::user(message).at(call.task.action.span));
                }
            },
        };
        let per_host = flag(&call, "per_host")?.unwrap_or(false);
        let aggregate = flag(&call, "aggregate")?.unwrap_or(true);
        let mut stats = Map::new();
        stats.insert("data".into(), Data::Map(data.clone()));
        stats.insert("per_host".into(), per_host.into());
        stats.insert("aggregate".into(), aggregate.into());
        let result = Map::from([("ansible_stats".to_string(), Data::Map(stats))]);
        Ok(Next::Done(Answer::ok(false, result).with(Consequence::Stats { data, per_host, aggregate })))
    }
}
