//! Choosing and insisting: `bool`, `mandatory`, `ternary`, `type_debug`, `attr`, `pprint`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, MarkerKind, Result, Value, str_repr};

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
        match &input {
            // a dict's items are no attributes
            Value::Dict(_) if !name.starts_with("__") && !crate::template::methods::has(&input, &name) => {
                let shown = str_repr(&name);
                Ok(Value::undefined(format!("object of type 'dict' has no attribute {shown}")))
            }
            _ => eval.attribute(&input, &name),
        }
    })
    .lazy(),
    Filter::new(&["pprint"], &[], |_, input, _| {
        let text = match &input {
            Value::Str(s) => printed(&s.text)?,
            other => other.repr()?,
        };
        Ok(Value::text(text, input.is_secret()))
    }),
];

/// A text as Python's `pprint` shows it: over several lines where it is long, cut at its own lines and its words.
fn printed(text: &str) -> Result<String> {
    const WIDTH: usize = 79;
    let whole = str_repr(text);
    let length = |shown: &str| shown.chars().count();
    if length(&whole) <= WIDTH + 1 {
        return Ok(whole);
    }
    let lines = crate::template::methods::lines(text, true);
    let mut chunks = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let is_last = i + 1 == lines.len();
        let shown = str_repr(line);
        if length(&shown) <= WIDTH - usize::from(is_last) {
            chunks.push(shown);
            continue;
        }
        let mut current = String::new();
        let words = words(line);
        for (j, word) in words.iter().enumerate() {
            let limit = WIDTH - usize::from(is_last && j + 1 == words.len());
            let candidate = format!("{current}{word}");
            if length(&str_repr(&candidate)) > limit {
                if !current.is_empty() {
                    chunks.push(str_repr(&current));
                }
                current = (*word).to_owned();
            } else {
                current = candidate;
            }
        }
        if !current.is_empty() {
            chunks.push(str_repr(&current));
        }
    }
    Ok(match chunks.as_slice() {
        [one] => one.clone(),
        all => format!("({})", all.join("\n ")),
    })
}

/// Words, each with the blanks behind it.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(super::strings::is_blank).unwrap_or(rest.len());
        let after = rest.get(word..).unwrap_or("");
        let end = word + after.find(|c| !super::strings::is_blank(c)).unwrap_or(after.len());
        let (word, tail) = rest.split_at(end);
        words.push(word);
        rest = tail;
    }
    words
}

/// Ansible's booleans: `yes`, `on`, `1`, `true` and the true numbers; everything else is false.
fn to_bool(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    match &input {
        Value::List(items) => {
            items.items().iter().try_for_each(|item| item.clone().defined().map(|_| ()))?;
        }
        Value::Dict(dict) => {
            dict.pairs().values().try_for_each(|item| item.clone().defined().map(|_| ()))?;
        }
        _ => {}
    }
    Ok(Value::Bool(match &input {
        Value::Bool(b) => *b,
        Value::Str(s) => matches!(s.text.to_lowercase().as_str(), "yes" | "on" | "1" | "true"),
        other => other.as_number().is_some_and(|n| n.float() == 1.0),
    }))
}

/// The input, which must be defined; `msg` says otherwise what is wrong.
///
/// # Errors
/// It is undefined, or stands for a failure.
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
        .or_else(|| marker.message.rsplit_once(" has no element ").map(|(_, name)| format!("'{name}' ")))
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
