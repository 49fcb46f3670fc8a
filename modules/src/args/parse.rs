//! A task's arguments checked against a schema, in Ansible's order and words.

use super::coerce::{coerce, python_str};
use super::schema::{Kind, Opt, Rule, Schema};
use crate::{Data, Fault, Map};

/// A struct that a module's arguments become; derived.
pub trait Args: Sized {
    /// What it takes.
    fn schema() -> Schema;
    /// The struct, out of arguments that [`validate`] has been through.
    ///
    /// # Errors
    /// A value does not fit its field.
    fn take(map: &mut Map) -> Result<Self, Fault>;
}

/// The typed arguments of the module called `module`.
///
/// # Errors
/// The first thing wrong with them, in Ansible's words.
pub fn parse<A: Args>(module: &str, map: Map) -> Result<A, Fault> {
    let mut map = validate(&A::schema(), module, map)?;
    A::take(&mut map)
}

/// Where in nested arguments we are.
#[derive(Clone, Copy)]
struct Place<'a> {
    module: &'a str,
    path: &'a [&'a str],
}

impl Place<'_> {
    fn found_in(self) -> String {
        if self.path.is_empty() { String::new() } else { format!(" found in {}", self.path.join(" -> ")) }
    }

    fn argument(self, name: &str) -> String {
        self.path.iter().copied().chain([name]).collect::<Vec<_>>().join(".")
    }
}

/// The arguments with canonical names, coerced values and defaults. An unknown name is reported only where nothing
/// else is wrong, as Ansible does.
///
/// # Errors
/// The first thing wrong with them.
pub fn validate(schema: &Schema, module: &str, map: Map) -> Result<Map, Fault> {
    validate_at(schema, map, Place { module, path: &[] })
}

fn validate_at(schema: &Schema, given: Map, place: Place<'_>) -> Result<Map, Fault> {
    let (mut map, unknown) = canonical(schema, given);
    for rule in &schema.rules {
        exclusive(rule, &map, place)?;
    }
    required(schema, &map, place)?;
    for option in &schema.options {
        if let Some(value) = map.get_mut(option.name)
            && *value != Data::Null
        {
            *value = typed(option, std::mem::replace(value, Data::Null), place)?;
        }
    }
    for option in &schema.options {
        if let (Some(default), None | Some(Data::Null)) = (&option.default, map.get(option.name)) {
            let value = typed(option, default.clone(), place)?;
            map.insert(option.name.to_string(), value);
        }
    }
    for option in &schema.options {
        if let Some(value) = map.get_mut(option.name) {
            chosen(option, value, place)?;
        }
    }
    rules(schema, &map, place)?;
    if !unknown.is_empty() {
        let names = unknown.iter().map(|name| place.argument(name)).collect::<Vec<_>>().join(", ");
        let first = unknown.first().map_or("", String::as_str);
        return Err(Fault::at(
            &place.argument(first),
            format!(
                "Unsupported parameters for ({}) module: {names}. Supported parameters include: {}.",
                place.module,
                supported(schema)
            ),
        )
        .with_hint(nearest(schema, first)));
    }
    nested(schema, &mut map, place)?;
    Ok(map)
}

/// `a, b (alias, alias2)`: the names a module takes and all aliases, sorted, for its message on unknown ones.
pub fn supported(schema: &Schema) -> String {
    let mut names: Vec<&str> = schema.options.iter().map(|o| o.name).collect();
    let mut aliases: Vec<&str> = schema.options.iter().flat_map(|o| o.aliases.iter().copied()).collect();
    names.sort_unstable();
    aliases.sort_unstable();
    let names = names.join(", ");
    if aliases.is_empty() { names } else { format!("{names} ({})", aliases.join(", ")) }
}

fn nearest(schema: &Schema, word: &str) -> Option<String> {
    let names = schema.options.iter().flat_map(|o| std::iter::once(o.name).chain(o.aliases.iter().copied()));
    crate::registry::nearest(word, names).map(|name| format!("did you mean `{name}`?"))
}

/// Names for aliases (of several given, the alias declared last wins, as there), and what no option claims.
fn canonical(schema: &Schema, given: Map) -> (Map, Vec<String>) {
    let mut map = Map::new();
    let mut unknown = Vec::new();
    let mut by_alias: Vec<(&Opt, usize, Data)> = Vec::new();
    for (name, value) in given {
        let Some(option) = schema.option(&name) else {
            // Ansible's own parameters (`_ansible_check_mode`) never reach a module here; one that is written
            // by hand is unknown like any other.
            unknown.push(name);
            continue;
        };
        match option.aliases.iter().position(|a| *a == name) {
            Some(at) => by_alias.push((option, at, value)),
            None => {
                map.insert(name, value);
            }
        }
    }
    by_alias.sort_by_key(|(_, at, _)| *at);
    for (option, _, value) in by_alias {
        map.insert(option.name.to_string(), value);
    }
    unknown.sort_unstable();
    (map, unknown)
}

fn has(map: &Map, name: &str) -> bool {
    map.get(name).is_some_and(|v| *v != Data::Null)
}

fn exclusive(rule: &Rule, map: &Map, place: Place<'_>) -> Result<(), Fault> {
    match rule {
        Rule::Exclusive(names) if names.iter().filter(|n| has(map, n)).count() > 1 => Err(Fault::new(
            format!("parameters are mutually exclusive: {}{}", names.join("|"), place.found_in()),
        )),
        _ => Ok(()),
    }
}

fn required(schema: &Schema, map: &Map, place: Place<'_>) -> Result<(), Fault> {
    let mut missing: Vec<&str> =
        schema.options.iter().filter(|o| o.required && !map.contains_key(o.name)).map(|o| o.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort_unstable();
    Err(Fault::new(format!("missing required arguments: {}{}", missing.join(", "), place.found_in())))
}

fn typed(option: &Opt, value: Data, place: Place<'_>) -> Result<Data, Fault> {
    let argument = place.argument(option.name);
    let was = value.type_name();
    let value = coerce(option.kind, value).map_err(|why| {
        let inside = if place.path.is_empty() {
            String::new()
        } else {
            format!(" found in '{}'.", place.path.join(" -> "))
        };
        Fault::at(
            &argument,
            format!(
                "argument '{}' is of type {was}{inside} and we were unable to convert to {}: {why}",
                option.name,
                option.kind.name()
            ),
        )
    })?;
    let (Some(elements), Data::List(items)) = (option.elements, &value) else { return Ok(value) };
    let mut list = Vec::with_capacity(items.len());
    for item in items {
        let was = item.type_name();
        list.push(coerce(elements, item.clone()).map_err(|why| {
            Fault::at(
                &argument,
                format!(
                    "Elements value for option '{}'{} is of type {was} and we were unable to convert to {}: {why}",
                    option.name,
                    place.found_in(),
                    elements.name()
                ),
            )
        })?);
    }
    Ok(Data::List(list))
}

fn chosen(option: &Opt, value: &mut Data, place: Place<'_>) -> Result<(), Fault> {
    if option.choices.is_empty() || *value == Data::Null {
        return Ok(());
    }
    let choices = option.choices.join(", ");
    if let Data::List(items) = value {
        let wrong: Vec<String> =
            items.iter().map(python_str).filter(|w| !option.choices.contains(&w.as_str())).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        return Err(Fault::at(
            &place.argument(option.name),
            format!(
                "value of {} must be one or more of: {choices}. Got no match for: {}{}",
                option.name,
                wrong.join(", "),
                place.found_in()
            ),
        ));
    }
    let word = python_str(value);
    if option.choices.contains(&word.as_str()) {
        return Ok(());
    }
    // YAML makes booleans of `yes` and `off` where a choice of that name was meant.
    let meant = match word.as_str() {
        "True" => overlap(option, &["y", "yes", "on", "1", "true", "t"]),
        "False" => overlap(option, &["n", "no", "off", "0", "false", "f"]),
        _ => None,
    };
    if let Some(meant) = meant {
        *value = Data::str(meant);
        return Ok(());
    }
    Err(Fault::at(
        &place.argument(option.name),
        format!("value of {} must be one of: {choices}, got: {word}{}", option.name, place.found_in()),
    )
    .with_hint(
        crate::registry::nearest(&word, option.choices.iter().copied())
            .map(|w| format!("did you mean `{w}`?")),
    ))
}

fn overlap(option: &Opt, words: &[&str]) -> Option<&'static str> {
    let mut found = option.choices.iter().filter(|c| words.contains(c));
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

fn rules(schema: &Schema, map: &Map, place: Place<'_>) -> Result<(), Fault> {
    let rules = || schema.rules.iter();
    let found_in = place.found_in();
    for names in rules().filter_map(|r| if let Rule::Together(n) = r { Some(n) } else { None }) {
        let count = names.iter().filter(|n| has(map, n)).count();
        if count > 0 && count < names.len() {
            return Err(Fault::new(format!(
                "parameters are required together: {}{found_in}",
                names.join(", ")
            )));
        }
    }
    for names in rules().filter_map(|r| if let Rule::OneOf(n) = r { Some(n) } else { None }) {
        if !names.iter().any(|n| has(map, n)) {
            return Err(Fault::new(format!(
                "one of the following is required: {}{found_in}",
                names.join(", ")
            )));
        }
    }
    for rule in rules() {
        let Rule::If { key, is, needs, any } = rule else { continue };
        if map.get(*key).is_none_or(|v| python_str(v) != python_str(is)) {
            continue;
        }
        let missing: Vec<&str> = needs.iter().copied().filter(|n| !has(map, n)).collect();
        let enough = if *any { missing.len() < needs.len() } else { missing.is_empty() };
        if !enough {
            let quantity = if *any { "any" } else { "all" };
            return Err(Fault::new(format!(
                "{key} is {} but {quantity} of the following are missing: {}{found_in}",
                python_str(is),
                missing.join(", ")
            )));
        }
    }
    for rule in rules() {
        let Rule::By { key, needs } = rule else { continue };
        let missing: Vec<&str> = needs.iter().copied().filter(|n| !has(map, n)).collect();
        if has(map, key) && !missing.is_empty() {
            return Err(Fault::new(format!(
                "missing parameter(s) required by '{key}': {}{found_in}",
                missing.join(", ")
            )));
        }
    }
    Ok(())
}

fn nested(schema: &Schema, map: &mut Map, place: Place<'_>) -> Result<(), Fault> {
    for option in &schema.options {
        let (Some(inside), Some(value)) = (option.inside, map.get_mut(option.name)) else { continue };
        let path: Vec<&str> = place.path.iter().copied().chain([option.name]).collect();
        let place = Place { module: place.module, path: &path };
        *value = match std::mem::replace(value, Data::Null) {
            Data::Map(given) => Data::Map(validate_at(&inside(), given, place)?),
            Data::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.push(match coerce(Kind::Dict, item) {
                        Ok(Data::Map(given)) => Data::Map(validate_at(&inside(), given, place)?),
                        Ok(other) => other,
                        Err(why) => return Err(Fault::at(option.name, why)),
                    });
                }
                Data::List(list)
            }
            other => other,
        };
    }
    Ok(())
}
