//! JSON: `to_json`, `to_nice_json`, `tojson`, `from_json`, `json_query`.

use super::Filter;
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::pyjson::{self, Layout, Profile};
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["to_json"], &[], to_json).open(),
    Filter::new(&["to_nice_json"], &[], to_nice_json).open(),
    Filter::new(&["community.general.json_query", "json_query"], &["expr"], json_query),
    Filter::new(&["tojson"], &["indent"], |eval, input, args| {
        let mut layout = Layout { sort_keys: true, profile: Profile::Python, ..Layout::default() };
        if let Some(indent) = args.get(0, "indent") {
            layout.indent(indent)?;
        }
        let text = pyjson::write(eval, &input, &layout)?;
        let text = text
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\'', "\\u0027");
        Ok(Value::text(text, input.is_secret()).into_markup())
    }),
    Filter::new(&["from_json"], &[], from_json).open(),
];

/// A value as JSON in one line; takes a `profile` (`tagless`, `legacy`) and the keywords of Python's `json.dumps`.
///
/// # Errors
/// What has no form in JSON, and arguments that Python or Ansible would not take.
fn to_json(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    takes(args, "to_json", 3)?;
    let mut layout = Layout { profile: profile(args)?, ..Layout::default() };
    keywords(args, &mut layout)?;
    write(eval, &input, &layout)
}

/// A value as JSON over several lines, keys sorted; `indent` (4) and `sort_keys` also by position. Separators are not
/// for the user to set.
///
/// # Errors
/// As [`to_json`].
fn to_nice_json(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    takes(args, "to_nice_json", 2)?;
    let named = Args { positional: Vec::new(), ..args.clone() };
    let mut layout = Layout { sort_keys: true, profile: profile(&named)?, ..Layout::default() };
    layout.indent(args.get(0, "indent").unwrap_or(&Value::Int(4)))?;
    if let Some(sort) = args.get(1, "sort_keys") {
        layout.sort_keys = sort.is_true()?;
    }
    let others = named.named.iter().filter(|(name, _)| &**name != "separators").cloned().collect();
    keywords(&Args { named: others, ..named }, &mut layout)?;
    layout.separators = Some((",".to_owned(), ": ".to_owned()));
    write(eval, &input, &layout)
}

/// What JSON text holds; `profile` says which of Ansible's own marks count, `strict=false` lets control characters
/// pass.
///
/// # Errors
/// It is no text, or no JSON, in the words of Python's `json`.
fn from_json(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    takes(args, "from_json", 1)?;
    let profile = profile(args)?;
    let mut strict = true;
    for (name, value) in &args.named {
        match &**name {
            "profile" => {}
            "strict" => strict = value.is_true()?,
            "parse_float" | "parse_int" | "parse_constant" | "object_hook" | "object_pairs_hook" => {
                if !value.is_none() {
                    return Err(Error::new(format!("'{}' object is not callable", value.type_name())));
                }
            }
            "cls" => return Err(Error::new("json.loads() got multiple values for keyword argument 'cls'")),
            name => {
                return Err(Error::new(format!(
                    "JSONDecoder.__init__() got an unexpected keyword argument '{name}'"
                )));
            }
        }
    }
    match &input {
        Value::Str(s) => pyjson::read_as(&s.text, s.secret, Some(profile), strict),
        Value::Bytes(b) => pyjson::read_as(&String::from_utf8_lossy(b), false, Some(profile), strict),
        other => {
            let name = other.class_name();
            Err(Error::new(format!("the JSON object must be str, bytes or bytearray, not {name}")))
        }
    }
}

/// Refuses more arguments by position than there are parameters.
fn takes(args: &Args, name: &str, most: usize) -> Result<()> {
    let given = args.positional.len();
    if given > most {
        return Err(Error::new(format!(
            "{name}() takes from 1 to {} positional arguments but {} were given",
            most + 1,
            given + 1
        )));
    }
    Ok(())
}

/// The profile that is asked for: the first argument, or the one of that name.
fn profile(args: &Args) -> Result<Profile> {
    let Some(value) = args.get(0, "profile").filter(|value| !value.is_none()) else {
        return Ok(Profile::Tagless);
    };
    for (index, name) in [(1, "vault_to_text"), (2, "preprocess_unsafe")] {
        if args.get(index, name).is_some_and(|value| !value.is_none()) {
            return Err(Error::new(format!("Only one of `{name}` or `profile` can be specified.")));
        }
    }
    match value {
        value if !value.is_true()? => Ok(Profile::Tagless),
        Value::Str(name) => match &*name.text {
            "tagless" => Ok(Profile::Tagless),
            "legacy" => Ok(Profile::Legacy),
            "inventory_legacy" | "fallback_to_str" | "cache_persistence" | "module_legacy_c2m"
            | "module_legacy_m2c" | "module_modern_c2m" | "module_modern_m2c" => Err(Error::new(format!(
                "the profile '{}' is for ansible-core's own use and not there",
                name.text
            ))),
            other => Err(Error::new(format!("Unknown profile name '{other}'."))),
        },
        other => Err(Error::new(format!(
            "Name is <class '{}'> instead of <class 'str'> or <class 'module'>.",
            other.type_name()
        ))),
    }
}

fn write(eval: &mut Eval<'_>, input: &Value, layout: &Layout) -> Result<Value> {
    Ok(Value::text(pyjson::write(eval, input, layout)?, input.is_secret()))
}

/// The keywords of `json.dumps`.
fn keywords(args: &Args, layout: &mut Layout) -> Result<()> {
    for (name, value) in &args.named {
        match &**name {
            "indent" => layout.indent(value)?,
            "sort_keys" => layout.sort_keys = value.is_true()?,
            "ensure_ascii" => layout.ensure_ascii = value.is_true()?,
            "allow_nan" => layout.allow_nan = value.is_true()?,
            "separators" if !value.is_none() => {
                let part = |v: Value| match &v {
                    Value::Str(s) => Ok(s.text.to_string()),
                    other => {
                        let name = other.type_name();
                        Err(Error::new(format!("make_encoder() argument 5 must be str, not {name}")))
                    }
                };
                let parts: Vec<String> = value.iter()?.map(part).collect::<Result<_>>()?;
                let [item, key] = parts.as_slice() else {
                    return Err(Error::new(match parts.len() {
                        n @ (0 | 1) => format!("not enough values to unpack (expected 2, got {n})"),
                        _ => "too many values to unpack (expected 2)".to_owned(),
                    }));
                };
                layout.separators = Some((item.clone(), key.clone()));
            }
            "default" if !value.is_none() => {
                return Err(Error::new(format!("'{}' object is not callable", value.type_name())));
            }
            "separators" | "skipkeys" | "check_circular" | "vault_to_text" | "preprocess_unsafe"
            | "profile" | "default" => {}
            "cls" => return Err(Error::new("json.dumps() got multiple values for keyword argument 'cls'")),
            name => {
                return Err(Error::new(format!(
                    "JSONEncoder.__init__() got an unexpected keyword argument '{name}'"
                )));
            }
        }
    }
    Ok(())
}

/// What a JMESPath expression selects of any value.
///
/// Errors: an expression that is no text or cannot be read, a function that does not take what it is given, text that is
/// compared with a number.
fn json_query(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let given = args.required(0, "expr")?;
    let expression = match given {
        Value::Str(s) => s.text.to_string(),
        Value::None => String::new(),
        other => {
            return Err(Error::new(format!(
                "Error in jmespath.search in json_query filter plugin:\n'{}' object is not an expression",
                other.type_name()
            )));
        }
    };
    if expression.trim().is_empty() {
        return Err(Error::new("JMESPathError in json_query filter plugin:\nthe expression is empty"));
    }
    crate::template::jmespath::search(&expression, &input).map_err(|e| {
        Error::new(format!("JMESPathError in json_query filter plugin:\n{}", e.message()))
            .hint(format!("the expression is: {expression}"))
    })
}
