//! Arguments of actions: checked and converted in Ansible's words.

use crate::diag::{Diagnostic, nearest};
use crate::engine::{Call, to_bool};
use crate::template::Value;
use impel_modules::Map;

/// Names that stand for others: `msg` of assert is its `fail_msg`.
const ALIASES: [&str; 1] = ["msg"];

/// Refuses arguments that an action does not have.
///
/// # Errors
/// There is such an argument.
pub fn known(call: &Call<'_>, names: &[&str]) -> Result<(), Diagnostic> {
    let wrong: Vec<&str> =
        call.args.keys().map(|name| &**name).filter(|name| !names.contains(name)).collect();
    let Some(first) = wrong.first() else { return Ok(()) };
    // Aliases follow in brackets; where `msg` is the only one of a pair it is a name of its own.
    let (aliases, mut supported): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| names.contains(&"fail_msg") && ALIASES.contains(name));
    supported.sort_unstable();
    let aliases = if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) };
    let mut error = Diagnostic::user(format!(
        "Unsupported parameters for ({}) module: {}. Supported parameters include: {}{aliases}.",
        call.task.action.written,
        wrong.join(", "),
        supported.join(", ")
    ))
    .at(call.task.action.span);
    if let Some(near) = nearest(first, names.iter().copied()) {
        error = error.hint(format!("did you mean '{near}'?"));
    }
    Err(error)
}

/// The same in the words of actions that know no schema.
///
/// # Errors
/// There is such an argument.
pub fn options(call: &Call<'_>, action: &str, names: &[&str]) -> Result<(), Diagnostic> {
    let wrong: Vec<&str> =
        call.args.keys().map(|name| &**name).filter(|name| !names.contains(name)).collect();
    let Some(first) = wrong.first() else { return Ok(()) };
    let error = Diagnostic::user(format!("Invalid options for {action}: {}", wrong.join(",")));
    Err(match nearest(first, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    }
    .at(call.task.action.span))
}

/// An argument as text.
pub fn text(call: &Call<'_>, name: &str) -> Option<String> {
    call.args.get(name).filter(|value| !value.is_none()).map(ToString::to_string)
}

/// An argument as a boolean.
///
/// # Errors
/// It is none.
pub fn flag(call: &Call<'_>, name: &str) -> Result<Option<bool>, Diagnostic> {
    let Some(value) = call.args.get(name).filter(|value| !value.is_none()) else { return Ok(None) };
    to_bool(value).map(Some).ok_or_else(|| {
        Diagnostic::user(format!(
            "argument '{name}' is of type {} and we were unable to convert to bool: The value '{value}' is not a \
             valid boolean.",
            value.type_name()
        ))
        .at(call.task.action.span)
    })
}

/// An argument as a list of texts; a string is split at commas.
pub fn list(call: &Call<'_>, name: &str) -> Vec<String> {
    match call.args.get(name) {
        None | Some(Value::None) => Vec::new(),
        Some(Value::List(list)) => list.items().iter().map(ToString::to_string).collect(),
        Some(value) => value
            .to_string()
            .split(',')
            .map(|part| part.trim().to_string())
            .filter(|part| !part.is_empty())
            .collect(),
    }
}

/// All arguments as a module gets them, free-form text included.
///
/// # Errors
/// One holds what no module can be given.
pub fn to_map(call: &Call<'_>) -> Result<Map, Diagnostic> {
    let mut map = Map::new();
    if let Some(raw) = &call.raw {
        map.insert("_raw_params".into(), raw.to_data()?);
    }
    for (name, value) in &call.args {
        map.insert(name.to_string(), value.to_data()?);
    }
    Ok(map)
}
