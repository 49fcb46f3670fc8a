//! The kinds of layers that a variable can come from, and how dictionaries of several layers become one.

use super::scope::Scope;
use crate::diag::Span;
use crate::template::{Dict, Value};
use std::fmt;

/// Where a layer of variables comes from; the order is that of precedence, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// `defaults` of roles.
    RoleDefaults,
    /// The inventory, and the files of variables beside it and beside the playbook.
    Inventory,
    /// Facts of the host.
    Facts,
    /// `vars` of the play.
    Play,
    /// `vars_prompt`.
    Prompt,
    /// `vars_files`.
    VarsFiles,
    /// `vars` of roles.
    RoleVars,
    /// `vars` of blocks, imports and role entries.
    Block,
    /// `vars` of the task.
    Task,
    /// `include_vars`.
    IncludeVars,
    /// `set_fact` and `register`.
    SetFact,
    /// Parameters of a role.
    RoleParams,
    /// `vars` of an include.
    IncludeParams,
    /// `-e`.
    Extra,
    /// What only the run itself can set.
    Magic,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::RoleDefaults => "role defaults",
            Layer::Inventory => "inventory",
            Layer::Facts => "facts",
            Layer::Play => "play vars",
            Layer::Prompt => "vars_prompt",
            Layer::VarsFiles => "vars_files",
            Layer::RoleVars => "role vars",
            Layer::Block => "block vars",
            Layer::Task => "task vars",
            Layer::IncludeVars => "include_vars",
            Layer::SetFact => "set_fact or register",
            Layer::RoleParams => "role params",
            Layer::IncludeParams => "include params",
            Layer::Extra => "extra vars",
            Layer::Magic => "magic variable",
        })
    }
}

/// One layer's word on a variable.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The layer.
    pub layer: Layer,
    /// Where it stands, as far as it stands in a file.
    pub span: Option<Span>,
    /// The value, unrendered.
    pub value: Value,
}

impl Layer {
    /// Whether this layer and another count as one that is replaced as a whole, under `hash_behaviour = merge` too.
    pub fn replaces(self, other: Layer) -> bool {
        let of_task = |layer| matches!(layer, Layer::Block | Layer::Task);
        of_task(self) && of_task(other) || self == Layer::IncludeParams && other == Layer::IncludeParams
    }
}

/// The layers, but those that say nothing.
pub(super) fn that_say_something(layers: &mut Vec<(Layer, Scope)>) {
    layers.retain(|(_, scope)| !scope.is_empty());
}

/// How deep dictionaries are merged.
const DEEPEST: usize = 100;

/// Two values under `hash_behaviour = merge`: dictionaries as one, the stronger winning; of all else the stronger.
pub fn merged(weak: &Value, strong: &Value, level: usize) -> Value {
    let (Some(below), Some(above)) = (weak.as_dict(), strong.as_dict()) else { return strong.clone() };
    if level > DEEPEST {
        return strong.clone();
    }
    let mut pairs = (*below.pairs()).clone();
    for (key, value) in above.pairs().iter() {
        let value = match pairs.get(key) {
            Some(old) => merged(old, value, level + 1),
            None => value.clone(),
        };
        pairs.insert(key.clone(), value);
    }
    Value::Dict(Dict::new(pairs))
}
