//! INI text, as community.general has it: `from_ini`, `to_ini`.

use super::Filter;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
use crate::template::{Dict, Eval, Key};
use impel_modules::configparser::IniFile;
use std::collections::HashSet;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["community.general.from_ini", "from_ini"], &[], from_ini),
    Filter::new(&["community.general.to_ini", "to_ini"], &[], to_ini),
];

/// INI text as a dict of sections, each a dict of text.
fn from_ini(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Some(text) = input.as_str() else {
        return Err(Error::new(format!("from_ini requires a str, got <class '{}'>", input.type_name())));
    };
    let file = IniFile::read(text, true, false)
        .map_err(|e| Error::new(format!("from_ini failed to parse given string: {e}")))?;
    let out = Dict::default();
    for section in file.sections() {
        let options = Dict::default();
        for option in file.options(&section).unwrap_or_default() {
            let value = file.get(&section, &option, false).map_err(Error::new)?.flatten();
            options.insert(Key::str(option.as_str()), value.map_or(Value::None, Value::from));
        }
        out.insert(Key::str(section.as_str()), Value::Dict(options));
    }
    Ok(Value::Dict(out))
}

/// A dict of sections as INI text.
fn to_ini(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Some(sections) = input.as_dict() else {
        return Err(Error::new(format!("to_ini requires a dict, got <class '{}'>", input.type_name())));
    };
    if sections.is_empty() {
        return Err(Error::new("to_ini received an empty dict. An empty dict cannot be converted."));
    }
    let failed = |what: String| Error::new(format!("to_ini failed to parse given dict:{what}"));
    // As Python's `str`, which has a word for nothing.
    let shown = |value: &Value| if value.is_str() { value.to_text() } else { value.repr() };
    let mut parts: Vec<(String, String)> = Vec::new();
    for (name, options) in sections.pairs().iter() {
        let Some(options) = options.as_dict() else {
            return Err(failed(format!("'{}' object has no attribute 'items'", options.type_name())));
        };
        let name = shown(name.value())?;
        if parts.iter().any(|(known, _)| *known == name) {
            return Err(failed(format!("Section '{name}' already exists")));
        }
        let mut part = format!("[{name}]\n");
        let mut seen = HashSet::new();
        for (option, value) in options.pairs().iter() {
            if value.is_none() {
                return Err(failed("option values must be strings".into()));
            }
            let option = shown(option.value())?;
            let text = shown(value)?.replace('\n', "\n\t");
            part.push_str(&format!("{option} = {text}\n"));
            if !seen.insert(option.clone()) {
                return Err(failed(format!(
                    "While reading from '<dict>': option '{option}' in section '{name}' already exists"
                )));
            }
        }
        parts.push((name, part));
    }
    // The section of defaults goes first.
    parts.sort_by_key(|(name, _)| name != "DEFAULT");
    let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
    Ok(Value::text(parts.join("\n"), input.is_secret()))
}
