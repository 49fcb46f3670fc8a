//! A task's loop: its items, and the variables that each brings.

use super::settings::{processing, rendered, to_bool};
use crate::diag::Diagnostic;
use crate::maps::IndexMap;
use crate::playbook::{Task, is_variable_name, no_variable_name};
use crate::template::args::Args;
use crate::template::{self, Eval, Value};
use crate::vars::TaskWorld;
use crate::yaml::{Kind, Node};
use std::sync::Arc;

/// What a loop yields.
pub struct Items {
    /// The items.
    pub values: Vec<Value>,
    /// `loop_var`.
    pub loop_var: Arc<str>,
    /// `index_var`.
    pub index_var: Option<Arc<str>>,
    /// `extended`.
    pub extended: bool,
    /// `extended_allitems`.
    pub all_items: bool,
    /// `pause` between items, in seconds.
    pub pause: f64,
}

/// The items of a task's loop; `None` where it has none.
///
/// # Errors
/// The loop's template fails, or yields no list.
pub fn items(task: &Task, world: &TaskWorld) -> Result<Option<Items>, Diagnostic> {
    let Some(loop_) = &task.loop_ else { return Ok(None) };
    let values = match &loop_.lookup {
        None => {
            let value = rendered(&loop_.items, world)?;
            match &value {
                Value::List(list) => list.items().to_vec(),
                other => {
                    let found = other.type_name();
                    let message = format!("The `loop` value must resolve to a 'list', not '{found}'.");
                    return Err(Diagnostic::user(message)
                        .at(loop_.items.span)
                        .hint("Provide a list of items/templates, or a template resolving to a list."));
                }
            }
        }
        Some(lookup) => {
            let is_search = matches!(&**lookup, "first_found" | "ansible.builtin.first_found");
            let terms = if is_search { defined(&loop_.items, world) } else { rendered(&loop_.items, world) };
            let terms = terms?;
            let terms = match &terms {
                Value::List(list) => list.items().to_vec(),
                other => vec![other.clone()],
            };
            let mut options = Args::default();
            if is_search {
                options.named.push(("_subdir".into(), Value::str(subfolder(&task.action.name))));
            }
            // `with_items` and its kin flatten one level by themselves
            let found = Eval::new(world).lookup(lookup, terms, options);
            found.map_err(|error| Diagnostic::from(error).at(loop_.items.span))?
        }
    };
    let control = &task.loop_control;
    let shaped = |name: &str, node: &Node| {
        rendered(node, world).map_err(|error| processing(name, error, Some(node.span)))
    };
    let text = |name: &str, node: &Option<Node>| -> Result<Option<Arc<str>>, Diagnostic> {
        match node {
            Some(node) => Ok(Some(shaped(name, node)?.to_string().into())),
            None => Ok(None),
        }
    };
    let flag = |name: &str, node: &Option<Node>| -> Result<Option<bool>, Diagnostic> {
        match node {
            Some(node) => Ok(to_bool(&shaped(name, node)?)),
            None => Ok(None),
        }
    };
    let loop_var = text("loop_var", &control.loop_var)?.unwrap_or_else(|| "item".into());
    if !is_variable_name(&loop_var) {
        let place = control.loop_var.as_ref().map(|node| node.span);
        return Err(no_variable_name(&loop_var).at(place));
    }
    Ok(Some(Items {
        values,
        loop_var,
        index_var: text("index_var", &control.index_var)?,
        extended: flag("extended", &control.extended)?.unwrap_or(false),
        all_items: flag("extended_allitems", &control.extended_allitems)?.unwrap_or(true),
        pause: text("pause", &control.pause)?.and_then(|p| p.parse().ok()).unwrap_or(0.0),
    }))
}

/// The folder that `with_first_found` looks into, beside the task's own.
fn subfolder(action: &str) -> &'static str {
    match action.rsplit('.').next() {
        Some("template") => "templates",
        Some("include_vars") => "vars",
        _ => "files",
    }
}

/// Terms of `with_first_found`, which does without what is undefined in them.
fn defined(node: &Node, world: &TaskWorld) -> Result<Value, Diagnostic> {
    let found = template::resolve(&Value::from_node(node), world);
    let kept = if found.is_undefined() { found } else { without_undefined(&found, 20) };
    template::render(&kept, world).map_err(|error| error.at(node.span))
}

fn without_undefined(value: &Value, depth: usize) -> Value {
    let is_kept = |value: &Value| !matches!(value, Value::Undefined(marker) if marker.kind == template::MarkerKind::Undefined);
    match (value, depth.checked_sub(1)) {
        (Value::List(list), Some(depth)) => {
            let items = list.items();
            Value::list(items.iter().filter(|item| is_kept(item)).map(|item| without_undefined(item, depth)))
        }
        (Value::Dict(dict), Some(depth)) => {
            let pairs = dict.pairs();
            let kept = pairs.iter().filter(|(_, value)| is_kept(value));
            Value::Dict(kept.map(|(key, value)| (key.clone(), without_undefined(value, depth))).collect())
        }
        _ => value.clone(),
    }
}

/// Whether what a loop's task renders for an item mentions the variable that it registers.
pub fn mention_register(task: &Task) -> bool {
    let Some(name) = task.register.as_ref().and_then(Node::as_str).filter(|_| task.loop_.is_some()) else {
        return false;
    };
    let action = &task.action;
    let written = action.args.iter().map(|(_, node)| node).chain(&action.raw).chain(&action.whole);
    let keywords = task.keywords.vars.pairs.iter().map(|(_, node)| node);
    written.chain(keywords).chain(task.when()).any(|node| mentions(node, name, 0))
}

fn mentions(node: &Node, name: &str, depth: usize) -> bool {
    match &node.kind {
        Kind::Str { text, .. } => text.contains(name),
        Kind::Seq(items) | Kind::Tuple(items) if depth < 1_000 => {
            items.iter().any(|item| mentions(item, name, depth + 1))
        }
        Kind::Map(map) if depth < 1_000 => map
            .pairs
            .iter()
            .any(|(key, value)| mentions(key, name, depth + 1) || mentions(value, name, depth + 1)),
        _ => false,
    }
}

impl Items {
    /// The variables of the item at `index`.
    pub fn locals(&self, index: usize) -> IndexMap<Arc<str>, Value> {
        let mut locals = IndexMap::default();
        let Some(value) = self.values.get(index) else { return locals };
        locals.insert(self.loop_var.clone(), value.clone());
        locals.insert("ansible_loop_var".into(), Value::str(self.loop_var.clone()));
        if let Some(name) = &self.index_var {
            locals.insert(name.clone(), Value::Int(index as i64));
            locals.insert("ansible_index_var".into(), Value::str(name.clone()));
        }
        if self.extended {
            locals.insert("ansible_loop".into(), self.extended(index));
        }
        locals
    }

    /// `ansible_loop`.
    fn extended(&self, index: usize) -> Value {
        let len = self.values.len();
        let int = |n: usize| Value::Int(n as i64);
        let mut pairs = vec![
            ("index", int(index + 1)),
            ("index0", int(index)),
            ("first", Value::Bool(index == 0)),
            ("last", Value::Bool(index + 1 == len)),
            ("length", int(len)),
            ("revindex", int(len - index)),
            ("revindex0", int(len - index - 1)),
        ];
        if self.all_items {
            pairs.push(("allitems", Value::list(self.values.iter().cloned())));
        }
        if let Some(next) = self.values.get(index + 1) {
            pairs.push(("nextitem", next.clone()));
        }
        if let Some(previous) = index.checked_sub(1).and_then(|i| self.values.get(i)) {
            pairs.push(("previtem", previous.clone()));
        }
        Value::dict(pairs)
    }
}
