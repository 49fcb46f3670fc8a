//! Choosing and insisting: `bool`, `mandatory`, `ternary`, `type_debug`, `attr`, `pprint`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, MarkerKind, Result, Value};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["bool"], &[], to_bool),
    Filter::new(&["mandatory"], &["msg"], mandatory).lazy().sees_undefined(),
    Filter::new(&["ternary"], &["true_val", "false_val", "none_val"], ternary).lazy().sees_undefined(),
    Filter::new(&["type_debug"], &[], |_, input, _| Ok(Value::str(debug_name(&input))))
        .lazy()
        .sees_undefined(),
    Filter::new(&["attr"], &["name"], |eval, input, args| {
        let name = args.str(0, "name")?.to_owned();
        eval.attribute(&input, &name)
    })
    .lazy(),
    Filter::new(&["pprint"], &[], |_, input, _| Ok(Value::text(input.repr()?, input.is_secret()))),
];

/// Ansible's booleans: `yes`, `on`, `1`, `true` and the true numbers; everything else is false.
fn to_bool(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    Ok(Value::Bool(match &input {
        Value::Bool(b) => *b,
        Value::Str(s) => matches!(s.text.to_lowercase().as_str(), "yes" | "on" | "1" | "true"),
        other => other.as_number().is_some_and(|n| n.float() == 1.0),
    }))
}

fn mandatory(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Value::Undefined(marker) = input else { return Ok(input) };
    if marker.kind != MarkerKind::Undefined {
        return Err(Error(marker));
    }
    if let Some(message) = args.get(0, "msg").filter(|v| !v.is_none()) {
        return Err(Error::new(message.to_text()?));
    }
    let name = marker
        .message
        .strip_suffix(" is undefined")
        .or_else(|| marker.message.rsplit_once(" has no attribute ").map(|(_, name)| name))
        .map(|name| format!("{name} "))
        .unwrap_or_default();
    Err(Error::new(format!("Mandatory variable {name}not defined.")))
}

/// One value or the other; the one not chosen may be undefined.
fn ternary(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    if args.get(0, "true_val").is_none() && args.get(1, "false_val").is_none() {
        return Err(Error::new(
            "ternary() missing 2 required positional arguments: 'true_val' and 'false_val'",
        ));
    }
    let (yes, no) = (args.required(0, "true_val")?, args.required(1, "false_val")?);
    let chosen = match args.get(2, "none_val").filter(|v| !v.is_none()) {
        Some(none) if input.is_none() => none,
        _ if input.is_true()? => yes,
        _ => no,
    };
    Ok(chosen.clone())
}

fn debug_name(value: &Value) -> &'static str {
    match value {
        Value::Undefined(marker) if marker.kind == MarkerKind::Failed => "CapturedExceptionMarker",
        other => other.type_name(),
    }
}
