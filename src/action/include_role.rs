//! `include_role`: a role, decided while the play runs.

use super::arguments::{flag, text, to_map};
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Consequence, Haste, IncludeCall, Included, Next};
use impel_modules::Map;

/// Includes a role.
pub struct IncludeRole;

impl Action for IncludeRole {
    fn haste(&self) -> Haste {
        Haste::AtTurn
    }

    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let name = text(&call, "name").or_else(|| text(&call, "role"));
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            let message = format!("'name' is a required field for {}.", call.task.action.written);
            return Err(Diagnostic::user(message).at(call.task.action.span));
        };
        let mut args = to_map(&call)?;
        args.insert("name".into(), name.as_str().into());
        for name in ["public", "allow_duplicates", "rolespec_validate"] {
            if let Some(on) = flag(&call, name)? {
                args.insert(name.into(), on.into());
            }
        }
        // `apply` is read from the task as it was written
        args.shift_remove("apply");
        let mut result = Map::new();
        result.insert("include_role".into(), name.into());
        let include = IncludeCall { what: Included::Role(args), values: call.locals.to_vec(), item: None };
        Ok(Next::Done(Answer::ok(false, result).with(Consequence::Include(include))))
    }
}
