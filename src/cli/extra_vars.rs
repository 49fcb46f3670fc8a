//! `-e`: variables from the command line, in its three forms.

use crate::diag::{Diagnostic, ErrorKind, Span};
use crate::engine::ExtraVars;
use crate::maps::IndexMap;
use crate::playbook;
use crate::vault::Vault;
use crate::yaml::{self, Kind, Limits, Mapping, Node};
use std::path::Path;
use std::sync::Arc;

/// Variables by name.
pub(super) type Vars = IndexMap<Arc<str>, Node>;

/// What all `-e` together say; later ones win.
///
/// Under `hash_behaviour = merge` dictionaries of the same name become one.
///
/// # Errors
/// A file that is not there, YAML that is none, something that is no mapping.
pub(super) fn read(all: &[ExtraVars], vault: &Vault, merge: bool) -> Result<Vars, Diagnostic> {
    let mut vars = Vars::default();
    for one in all {
        let next = match one {
            ExtraVars::File(path) => from_file(path, vault)?,
            ExtraVars::Text(text) => from_text(text)?,
        };
        for (name, value) in next {
            let value = match vars.get(&name).filter(|_| merge) {
                Some(old) => merged(old, &value, 0),
                None => value,
            };
            vars.insert(name, value);
        }
    }
    Ok(vars)
}

/// How deep dictionaries are merged.
const DEEPEST: usize = 100;

/// Two dictionaries as one, the stronger winning; of all else the stronger.
fn merged(weak: &Node, strong: &Node, depth: usize) -> Node {
    let (Kind::Map(below), Kind::Map(above)) = (&weak.kind, &strong.kind) else { return strong.clone() };
    if depth > DEEPEST {
        return strong.clone();
    }
    let mut pairs = below.pairs.clone();
    for (key, value) in &above.pairs {
        match pairs.iter_mut().find(|(known, _)| known.as_str().is_some() && known.as_str() == key.as_str()) {
            Some((_, old)) => *old = merged(old, value, depth + 1),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
    Node { kind: Kind::Map(Arc::new(Mapping { pairs })), span: strong.span }
}

fn from_file(path: &Path, vault: &Vault) -> Result<Vars, Diagnostic> {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if !full.is_file() {
        return Err(playbook::not_found(&full));
    }
    let given = format!("@{}", full.display());
    let node = vault.yaml(&full)?;
    // a file that holds nothing is no dictionary either
    if node.is_null() { Err(no_dictionary(&given)) } else { mapping(node, &given) }
}

fn from_text(text: &str) -> Result<Vars, Diagnostic> {
    let origin = Span::new(Path::new("<CLI option '-e'>"), 0, 0);
    if text.is_empty() {
        return Ok(Vars::default());
    }
    if text.starts_with(['/', '.']) {
        let message = format!("Please prepend extra_vars filename '{text}' with '@'");
        return Err(Diagnostic::new(ErrorKind::Options, message));
    }
    if text.starts_with(['{', '[']) {
        return mapping(yaml::load(text, origin, Limits::default())?, text);
    }
    let words = playbook::split(text, false).map_err(|why| Diagnostic::user(why).at(origin))?;
    let string = |text: &str| Node { kind: Kind::Str { text: text.into(), unsafe_: false }, span: origin };
    let mut vars: Vars =
        words.pairs.iter().map(|(name, value)| (Arc::from(name.as_str()), string(value))).collect();
    if let Some(raw) = &words.raw {
        vars.insert("_raw_params".into(), string(raw));
    }
    Ok(vars)
}

fn mapping(node: Node, given: &str) -> Result<Vars, Diagnostic> {
    match &node.kind {
        Kind::Null => Ok(Vars::default()),
        Kind::Map(map) => Ok(map
            .pairs
            .iter()
            .filter_map(|(name, value)| Some((Arc::from(name.as_str()?), value.clone())))
            .collect()),
        _ => Err(no_dictionary(given)),
    }
}

fn no_dictionary(given: &str) -> Diagnostic {
    let given = yaml::repr::of_str(given);
    let message = format!("Invalid extra vars data supplied. {given} could not be made into a dictionary");
    Diagnostic::new(ErrorKind::Options, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(String, String)> {
        let vars = from_text(text).unwrap();
        let shown = |node: &Node| node.as_str().map_or_else(|| node.type_name().to_string(), str::to_string);
        vars.iter().map(|(name, value)| (name.to_string(), shown(value))).collect()
    }

    #[test]
    fn pairs_are_strings_and_yaml_has_types() {
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(names("a=1 b='x y' c=d=e"), [pair("a", "1"), pair("b", "x y"), pair("c", "d=e")]);
        assert_eq!(names("{\"a\": 1, b: c}"), [pair("a", "int"), pair("b", "c")]);
        assert_eq!(names("word"), [pair("_raw_params", "word")]);
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        let error = from_text("[1]").unwrap_err();
        assert_eq!(
            error.message,
            "Invalid extra vars data supplied. '[1]' could not be made into a dictionary"
        );
        assert!(from_text("./vars.yml").unwrap_err().message.contains("with '@'"));
    }
}
