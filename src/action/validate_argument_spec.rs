//! `validate_argument_spec`: checks variables against a specification; what a role's `meta/argument_specs.yml` asks
//! for, before the role runs.

use super::arguments::known;
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, Next};
use crate::template::{self, Value, World};
use impel_modules::args::{Kind, coerce, python_str};
use impel_modules::{Data, Map};

/// How deep specifications may be nested.
const DEPTH: usize = 50;

/// Checks variables against a specification.
pub struct ValidateArgumentSpec;

impl Action for ValidateArgumentSpec {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        known(&call, &["argument_spec", "provided_arguments", "validate_args_context"])?;
        let span = call.task.action.span;
        let Some(spec) = call.args.get("argument_spec") else {
            return Err(Diagnostic::user("\"argument_spec\" arg is required in args: {}").at(span));
        };
        let map = |name: &str, value: &Value| match value.to_data() {
            Ok(Data::Map(map)) => Ok(map),
            _ => {
                let class = value.type_name();
                let message = format!("Incorrect type for {name}, expected dict and got <class '{class}'>");
                Err(Diagnostic::user(message).at(span))
            }
        };
        let spec = map("argument_spec", spec)?;
        let provided = match call.args.get("provided_arguments").filter(|value| !value.is_none()) {
            Some(value) => map("provided_arguments", value)?,
            None => Map::new(),
        };
        let mut given = Map::new();
        for name in spec.keys() {
            if let Some(raw) = call.world.variable(name) {
                given.insert(name.clone(), template::render(&raw, call.world)?.to_data()?);
            }
        }
        given.extend(provided);
        let context = match call.args.get("validate_args_context").filter(|value| !value.is_none()) {
            Some(value) => value.to_data()?,
            None => Data::Map(Map::new()),
        };
        let mut errors = Vec::new();
        let mut unknown = Vec::new();
        check(&spec, &mut given, &Place { path: &[] }, &mut errors, &mut unknown);
        errors.extend(unknown);
        if errors.is_empty() {
            let mut result = Map::new();
            result.insert("msg".into(), "The arg spec validation passed".into());
            result.insert("validate_args_context".into(), context);
            return Ok(Next::Done(Answer::ok(false, result)));
        }
        let message = format!("Validation of arguments failed:\n{}", errors.join("\n"));
        let mut answer = Answer::failed(message.clone()).explained("Action", &message, call.task.span);
        answer.result.insert("msg".into(), message.into());
        answer.result.insert("argument_spec_data".into(), Data::Map(spec));
        let errors: Vec<Data> = errors.into_iter().map(Data::from).collect();
        answer.result.insert("argument_errors".into(), errors.into());
        answer.result.insert("validate_args_context".into(), context);
        Ok(Next::Done(answer))
    }
}

/// The options above the one that is looked at.
struct Place<'a> {
    path: &'a [&'a str],
}

impl Place<'_> {
    /// ` found in a -> b`, for what is nested.
    fn found_in(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!(" found in {}", self.path.join(" -> ")) }
    }

    fn quoted(&self) -> String {
        if self.path.is_empty() { String::new() } else { format!(" found in '{}'.", self.path.join(" -> ")) }
    }
}

/// Checks one level. What is wrong goes to `errors`, names that the specification lacks to `unknown`.
fn check(
    spec: &Map,
    given: &mut Map,
    place: &Place<'_>,
    errors: &mut Vec<String>,
    unknown: &mut Vec<String>,
) {
    if place.path.len() > DEPTH {
        errors.push("the argument specification is nested too deeply".into());
        return;
    }
    let options: Vec<(&str, &Map)> =
        spec.iter().filter_map(|(name, option)| Some((name.as_str(), option.as_map()?))).collect();
    for (name, option) in &options {
        for alias in words(option.get("aliases")) {
            if let Some(value) = given.shift_remove(&alias) {
                given.insert((*name).to_string(), value);
            }
        }
    }
    let mut strangers: Vec<String> =
        given.keys().filter(|name| !spec.contains_key(*name)).map(|name| nested_name(place, name)).collect();
    strangers.sort();
    if !strangers.is_empty() {
        unknown.push(format!(
            "{}. Supported parameters include: {}.",
            strangers.join(", "),
            supported(&options)
        ));
    }
    let is_true = |option: &Map, key: &str| {
        option.get(key).cloned().is_some_and(|value| coerce(Kind::Bool, value) == Ok(Data::Bool(true)))
    };
    let missing: Vec<&str> = options
        .iter()
        .filter(|(name, option)| is_true(option, "required") && !given.contains_key(*name))
        .map(|(name, _)| *name)
        .collect();
    if !missing.is_empty() {
        errors.push(format!("missing required arguments: {}{}", missing.join(", "), place.found_in()));
    }
    for (name, option) in &options {
        typed(name, option, given, place, errors);
    }
    for (name, option) in &options {
        if let Some(value) = given.get(*name) {
            chosen(name, option, value, place, errors);
        }
    }
    for (name, option) in &options {
        if let (Some(default), None) = (option.get("default"), given.get(*name)) {
            given.insert((*name).to_string(), default.clone());
        }
    }
    for (name, option) in &options {
        let (Some(Data::Map(within)), Some(value)) = (option.get("options"), given.get_mut(*name)) else {
            continue;
        };
        let path: Vec<&str> = place.path.iter().copied().chain([*name]).collect();
        let place = Place { path: &path };
        match value {
            Data::Map(map) => check(within, map, &place, errors, unknown),
            Data::List(items) => {
                for item in items {
                    if let Data::Map(map) = item {
                        check(within, map, &place, errors, unknown);
                    }
                }
            }
            Data::Null => {}
            _ => errors.push(format!("value of '{name}' must be of type dict or list of dicts")),
        }
    }
}

/// Converts a value and the elements of a list to what the specification says.
fn typed(name: &str, option: &Map, given: &mut Map, place: &Place<'_>, errors: &mut Vec<String>) {
    let Some(value) = given.get_mut(name).filter(|value| **value != Data::Null) else { return };
    let wanted = option.get("type").and_then(Data::as_str).unwrap_or("str");
    match converted(wanted, value) {
        Ok(converted) => *value = converted,
        Err(why) => {
            let because = format!(
                "argument '{name}' is of type {}{} and we were unable to convert to {wanted}: {why}",
                value.type_name(),
                place.quoted()
            );
            if wanted == "dict" && value.as_str().is_some() {
                errors.push(why);
            }
            errors.push(because);
            return;
        }
    }
    let (Some(elements), Data::List(items)) = (option.get("elements").and_then(Data::as_str), value) else {
        return;
    };
    for item in items {
        match converted(elements, item) {
            Ok(converted) => *item = converted,
            Err(why) => {
                let because = format!(
                    "Elements value for option '{name}'{} is of type {} and we were unable to convert to {elements}: {why}",
                    place.found_in(),
                    item.type_name()
                );
                if elements == "dict" && item.as_str().is_some() {
                    errors.push(why);
                }
                errors.push(because);
            }
        }
    }
}

fn converted(wanted: &str, value: &Data) -> Result<Data, String> {
    let kind = match wanted {
        "str" => Kind::Str,
        "list" => Kind::List,
        "dict" => Kind::Dict,
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "path" => Kind::Path,
        "raw" => Kind::Raw,
        "json" | "jsonarg" => Kind::Json,
        "bytes" => Kind::Bytes,
        "bits" => Kind::Bits,
        _ => return Err("'NoneType' object is not callable".into()),
    };
    coerce(kind, value.clone())
}

fn chosen(name: &str, option: &Map, value: &Data, place: &Place<'_>, errors: &mut Vec<String>) {
    let Some(Data::List(choices)) = option.get("choices") else { return };
    let listed = || choices.iter().map(python_str).collect::<Vec<_>>().join(", ");
    let fits = |value: &Data| {
        choices.iter().any(|choice| choice == value || python_str(choice) == python_str(value))
    };
    match value {
        Data::Null => {}
        Data::List(items) if option.get("type").and_then(Data::as_str) == Some("list") => {
            let wrong: Vec<String> = items.iter().filter(|item| !fits(item)).map(python_str).collect();
            if !wrong.is_empty() {
                errors.push(format!(
                    "value of {name} must be one or more of: {}. Got no match for: {}{}",
                    listed(),
                    wrong.join(", "),
                    place.found_in()
                ));
            }
        }
        value if !fits(value) => {
            let got = python_str(value);
            errors.push(format!(
                "value of {name} must be one of: {}, got: {got}{}",
                listed(),
                place.found_in()
            ));
        }
        _ => {}
    }
}

fn nested_name(place: &Place<'_>, name: &str) -> String {
    place.path.iter().copied().chain([name]).collect::<Vec<_>>().join(".")
}

/// `a, b (alias)`: the names that there are, sorted, then all aliases.
fn supported(options: &[(&str, &Map)]) -> String {
    let mut names: Vec<&str> = options.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let mut aliases: Vec<String> =
        options.iter().flat_map(|(_, option)| words(option.get("aliases"))).collect();
    aliases.sort();
    match aliases.is_empty() {
        true => names.join(", "),
        false => format!("{} ({})", names.join(", "), aliases.join(", ")),
    }
}

fn words(value: Option<&Data>) -> Vec<String> {
    let items = value.and_then(Data::as_list).unwrap_or_default();
    items.iter().filter_map(Data::as_str).map(str::to_string).collect()
}
