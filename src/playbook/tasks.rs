//! Lists of tasks: tasks, blocks, and static imports in their places.

use super::action::{Named, named};
use super::known;
use super::source::{Source, What, class_of};
use super::{Block, Item, Keywords, Loop, LoopControl, Parent, Role, Task, Vars};
use crate::diag::{Diagnostic, Span};
use crate::yaml::{Kind, Mapping, Node};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// How deep imports and blocks may stand in one another.
const DEPTH: usize = 200;

/// The keywords of a task that are not handed down.
pub(super) const TASK_KEYWORDS: &[&str] = &[
    "args",
    "async",
    "async_val",
    "changed_when",
    "delay",
    "failed_when",
    "loop",
    "loop_control",
    "name",
    "poll",
    "register",
    "retries",
    "until",
    "vars",
    "tags",
    "when",
    "listen",
];

/// What a dynamic include may carry besides its own arguments.
const INCLUDE_KEYWORDS: &[&str] = &[
    "args",
    "collections",
    "debugger",
    "ignore_errors",
    "loop",
    "loop_control",
    "name",
    "no_log",
    "register",
    "run_once",
    "tags",
    "timeout",
    "vars",
    "when",
];

/// The parser of one playbook, or of what is included while it runs.
#[derive(Clone)]
pub struct Loader<'a> {
    pub(super) source: &'a dyn Source,
    /// The folder of the playbook, where `roles/` is looked for.
    pub(super) base: PathBuf,
    /// What `import_role` brought in besides tasks.
    pub(super) imported: Arc<Mutex<Imported>>,
}

/// The roles that `import_role` brought in while something was read, and their handlers.
#[derive(Default)]
pub struct Imported {
    /// The roles, those within others first.
    pub roles: Vec<Arc<Role>>,
    /// A list for each role that has any.
    pub handlers: Vec<Vec<Item>>,
}

/// The next number of a task, block, play or role of this run.
pub(super) fn next_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<'a> Loader<'a> {
    /// A parser whose relative names start at a folder.
    pub fn new(source: &'a dyn Source, base: PathBuf) -> Loader<'a> {
        Loader { source, base, imported: Arc::default() }
    }

    /// What `import_role` brought in since the last time.
    pub fn take_imported(&self) -> Imported {
        std::mem::take(&mut *self.imported.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// The items of a list of tasks below `parent`. `what` names the list in errors.
    pub(super) fn items(
        &self,
        list: &Node,
        parent: &Arc<Parent>,
        handlers: bool,
        within: (&str, Span),
    ) -> Result<Vec<Item>, Diagnostic> {
        let entries = match &list.kind {
            Kind::Null => return Ok(Vec::new()),
            Kind::Seq(entries) => entries,
            _ => {
                return Err(Diagnostic::parse(
                    format!(
                        "A malformed block was encountered while loading {}: {} should be a list or None but is {}",
                        within.0,
                        shown(list),
                        class_of(list)
                    ),
                    within.1,
                ));
            }
        };
        if parent.chain().count() > DEPTH {
            return Err(Diagnostic::parse(
                "tasks are nested or imported too deeply, perhaps within themselves",
                list.span,
            ));
        }
        let mut items = Vec::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| !entry.is_null()) {
            let Some(map) = entry.as_map() else {
                return Err(Diagnostic::parse(
                    format!(
                        "A malformed block was encountered while loading a block: The ds ({}) should be a dict but was \
                         a <class 'list'>",
                        shown(list)
                    ),
                    entry.span,
                ));
            };
            if ["block", "rescue", "always"].iter().any(|key| map.get(key).is_some()) {
                items.push(Item::Block(Arc::new(self.block(entry.span, map, parent, handlers)?)));
            } else {
                self.task(entry.span, map, parent, handlers, &mut items)?;
            }
        }
        Ok(items)
    }

    fn block(
        &self,
        span: Span,
        map: &Mapping,
        parent: &Arc<Parent>,
        handlers: bool,
    ) -> Result<Block, Diagnostic> {
        if let Some(alone) =
            ["rescue", "always"].iter().find(|k| map.get(k).is_some() && map.get("block").is_none())
        {
            let message = format!("'{alone}' keyword cannot be used without 'block'");
            return Err(Diagnostic::parse(message, span));
        }
        let mut keywords = Keywords::default();
        let mut name = None;
        for (key, value) in &map.pairs {
            match key.as_str() {
                Some("block" | "rescue" | "always") => {}
                Some("name") => name = Some(text_field("name", value, span)?),
                Some(word) if keywords.read(word, value, "Block")? => {}
                _ => return Err(not_an_attribute(key, "Block", key.span)),
            }
        }
        let keywords = Arc::new(keywords);
        let below = parent.below(super::Scope::Block(keywords.clone()));
        let list = |key: &str| -> Result<Vec<Item>, Diagnostic> {
            let Some(node) = map.get(key) else { return Ok(Vec::new()) };
            if node.as_seq().is_none() {
                return Err(Diagnostic::parse(
                    format!(
                        "A malformed block was encountered while loading a block: The ds ({}) should be a list but was a {}",
                        shown(node),
                        class_of(node)
                    ),
                    span,
                ));
            }
            self.items(node, &below, handlers, ("a block", span))
        };
        Ok(Block {
            id: next_id(),
            span,
            name,
            block: list("block")?,
            rescue: list("rescue")?,
            always: list("always")?,
            keywords,
            parent: parent.clone(),
        })
    }

    fn task(
        &self,
        span: Span,
        map: &Mapping,
        parent: &Arc<Parent>,
        handler: bool,
        items: &mut Vec<Item>,
    ) -> Result<(), Diagnostic> {
        let is_keyword = |name: &str| TASK_KEYWORDS.contains(&name) || Keywords::NAMES.contains(&name);
        let role = parent.role().map(|role| role.path.as_path());
        let Named { action, local } = named(self.source, role, span, map, is_keyword)?;
        let dynamic = matches!(&*action.name, "include_tasks" | "include_role");
        let level = match (&*action.name, handler) {
            ("include_tasks", false) => "TaskInclude",
            ("include_tasks", true) => "HandlerTaskInclude",
            ("include_role" | "import_role", _) => "IncludeRole",
            (_, true) => "Handler",
            (_, false) => "Task",
        };
        let mut task = Task {
            id: next_id(),
            span,
            name: None,
            action,
            keywords: Arc::default(),
            loop_: None,
            loop_control: LoopControl::default(),
            register: None,
            changed_when: Vec::new(),
            failed_when: Vec::new(),
            until: Vec::new(),
            retries: None,
            delay: None,
            async_: None,
            poll: None,
            listen: Vec::new(),
            handler,
            implicit: false,
            parent: parent.clone(),
        };
        let mut keywords = Keywords::default();
        for (key, value) in &map.pairs {
            let Some(word) = key.as_str() else { continue };
            if dynamic
                && is_keyword(word)
                && !INCLUDE_KEYWORDS.contains(&word)
                && !(handler && word == "listen")
            {
                return Err(not_an_attribute(key, level, span));
            }
            self.field(&mut task, &mut keywords, key, value, level)?;
        }
        if local && keywords.delegate_to.is_none() {
            let text = Kind::Str { text: "localhost".into(), unsafe_: false };
            keywords.delegate_to = Some(Node { kind: text, span });
        }
        task.keywords = Arc::new(keywords);
        match &*task.action.name {
            "import_tasks" => self.import_tasks(task, items),
            "import_role" => self.import_role(task, items),
            "include_tasks" => {
                self.check_include_tasks(&task)?;
                items.push(Item::Task(Arc::new(task)));
                Ok(())
            }
            "include_role" => {
                if handler {
                    let message = "Using 'include_role' as a handler is not supported.";
                    return Err(Diagnostic::parse(message, span));
                }
                self.check_role_args(&task)?;
                items.push(Item::Task(Arc::new(task)));
                Ok(())
            }
            _ => {
                items.push(Item::Task(Arc::new(task)));
                Ok(())
            }
        }
    }

    /// Takes in one key of a task. What is no keyword is the action, which [`named`] has seen to.
    fn field(
        &self,
        task: &mut Task,
        keywords: &mut Keywords,
        key: &Node,
        value: &Node,
        level: &str,
    ) -> Result<(), Diagnostic> {
        let word = key.as_str().unwrap_or_default();
        let some = || (!value.is_null()).then(|| value.clone());
        match word {
            "name" => task.name = some().map(|n| text_field("name", &n, task.span)).transpose()?,
            "loop" => {
                if let Some(items) = some() {
                    set_loop(task, None, items, key.span)?;
                }
            }
            "loop_control" => task.loop_control = loop_control(value)?,
            "register" => {
                task.register = some();
                if let Some(name) = value.as_str()
                    && !is_variable_name(name)
                {
                    let cause = no_variable_name(name).at(value.span);
                    return Err(Diagnostic::parse("Invalid 'register' specified", value.span).because(cause));
                }
            }
            "changed_when" => task.changed_when = list_of(value),
            "failed_when" => task.failed_when = list_of(value),
            "until" => task.until = list_of(value),
            "retries" => task.retries = some(),
            "delay" => task.delay = some(),
            "async" | "async_val" => task.async_ = some(),
            "poll" => task.poll = some(),
            "listen" if task.handler => {
                task.listen = list_of(value);
                if let Some(bad) = task.listen.iter().find(|n| n.as_str().is_none()) {
                    return Err(Diagnostic::parse(
                        format!("Keyword 'listen' items must be of type 'str', not '{}'.", bad.type_name()),
                        bad.span,
                    ));
                }
            }
            "listen" => return Err(not_an_attribute(key, level, key.span)),
            "args" | "action" | "local_action" => {}
            _ => {
                if let Some(lookup) = word.strip_prefix("with_") {
                    let short = known::short(lookup);
                    if !known::LOOKUPS.contains(&short) && !self.source.has(What::Lookup, lookup, None) {
                        return Err(not_an_attribute(key, level, key.span));
                    }
                    if value.is_null() {
                        return Err(Diagnostic::user(format!(
                            "you must specify a value when using with_{lookup}"
                        ))
                        .at(task.span));
                    }
                    set_loop(task, Some(short.into()), value.clone(), key.span)?;
                } else {
                    keywords.read(word, value, level)?;
                }
            }
        }
        Ok(())
    }
}

fn set_loop(task: &mut Task, lookup: Option<Arc<str>>, items: Node, span: Span) -> Result<(), Diagnostic> {
    if task.loop_.is_some() {
        let which = lookup.as_deref().unwrap_or("items");
        return Err(Diagnostic::user(format!("duplicate loop in task: {which}")).at(task.span));
    }
    task.loop_ = Some(Loop { lookup, items, span });
    Ok(())
}

fn loop_control(node: &Node) -> Result<LoopControl, Diagnostic> {
    let mut control = LoopControl::default();
    let Some(map) = node.as_map() else {
        if node.is_null() {
            return Ok(control);
        }
        return Err(Diagnostic::parse(
            "the `loop_control` value must be specified as a dictionary and cannot be a variable itself (though it \
             can contain variables)",
            node.span,
        ));
    };
    for (key, value) in &map.pairs {
        let slot = match key.as_str() {
            Some("loop_var") => &mut control.loop_var,
            Some("index_var") => &mut control.index_var,
            Some("label") => &mut control.label,
            Some("pause") => &mut control.pause,
            Some("extended") => &mut control.extended,
            Some("extended_allitems") => &mut control.extended_allitems,
            Some("break_when") => {
                control.break_when = list_of(value);
                continue;
            }
            _ => return Err(not_an_attribute(key, "LoopControl", key.span)),
        };
        *slot = (!value.is_null()).then(|| value.clone());
    }
    Ok(control)
}

/// The error of a key that a level does not have, with the nearest that it has.
pub(super) fn not_an_attribute(key: &Node, level: &str, span: Span) -> Diagnostic {
    let error = Diagnostic::parse(format!("'{}' is not a valid attribute for a {level}", shown(key)), span);
    let name = key.as_str().unwrap_or_default();
    match crate::diag::nearest(name, Keywords::NAMES.iter().chain(TASK_KEYWORDS).copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// A list as itself, nothing as none, anything else as the only entry.
pub(super) fn list_of(node: &Node) -> Vec<Node> {
    match &node.kind {
        Kind::Null => Vec::new(),
        Kind::Seq(items) => items.to_vec(),
        _ => vec![node.clone()],
    }
}

/// A field that must be text, or a number that is shown as text.
pub(super) fn text_field(name: &str, node: &Node, span: Span) -> Result<Node, Diagnostic> {
    match &node.kind {
        Kind::Seq(_) | Kind::Map(_) | Kind::Set(_) => Err(Diagnostic::parse(
            format!(
                "The field '{name}' is supposed to be a string type, however the incoming data structure is a {}",
                class_of(node)
            ),
            span,
        )),
        _ => Ok(node.clone()),
    }
}

/// Whether a name can be a variable's.
pub fn is_variable_name(name: &str) -> bool {
    // what templates read as values
    let value = matches!(name, "true" | "True" | "false" | "False" | "none" | "None");
    let mut chars = name.chars();
    !value
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name that cannot be a variable's, in ansible-core's words.
pub fn no_variable_name(name: &str) -> Diagnostic {
    Diagnostic::user(format!("Invalid variable name {}.", crate::yaml::repr::of_str(name))).hint(
        "Variable names must be strings starting with a letter or underscore character, and contain only letters, \
         numbers and underscores.",
    )
}

/// A node as Python would print it, shortened.
pub(super) fn shown(node: &Node) -> String {
    printed(node, 300)
}

/// A node as Python's `repr` shows it.
pub(super) fn quoted(node: &Node) -> String {
    match node.as_str() {
        Some(text) => format!("'{text}'"),
        None => shown(node),
    }
}

/// A node as Python would print it, up to about so many bytes.
pub(super) fn printed(node: &Node, most: usize) -> String {
    fn write(node: &Node, text: &mut String, depth: usize, most: usize) {
        if text.len() > most || depth > 300 {
            text.push('…');
            return;
        }
        match &node.kind {
            Kind::Null => text.push_str("None"),
            Kind::Bool(true) => text.push_str("True"),
            Kind::Bool(false) => text.push_str("False"),
            Kind::Int(n) => text.push_str(&n.to_string()),
            Kind::Float(n) => text.push_str(&n.to_string()),
            Kind::Str { text: t, .. } if depth == 0 => text.push_str(t),
            Kind::Str { text: t, .. } => text.push_str(&format!("'{t}'")),
            Kind::Seq(items) => {
                text.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        text.push_str(", ");
                    }
                    write(item, text, depth + 1, most);
                }
                text.push(']');
            }
            Kind::Map(map) => {
                text.push('{');
                for (at, (key, value)) in map.pairs.iter().enumerate() {
                    if at > 0 {
                        text.push_str(", ");
                    }
                    write(key, text, depth + 1, most);
                    text.push_str(": ");
                    write(value, text, depth + 1, most);
                }
                text.push('}');
            }
            _ => text.push_str(node.type_name()),
        }
    }
    let mut text = String::new();
    write(node, &mut text, 0, most);
    text
}

/// `vars` of a level.
pub(super) fn vars_of(node: &Node, level: &str) -> Result<Arc<Vars>, Diagnostic> {
    let map = match &node.kind {
        Kind::Null => return Ok(Arc::default()),
        Kind::Map(map) => map,
        _ => {
            let message = format!("Vars in a {level} must be specified as a dictionary.");
            return Err(Diagnostic::parse(message, node.span));
        }
    };
    let mut vars = Vars::default();
    for (key, value) in &map.pairs {
        match key.as_str() {
            Some(name) if is_variable_name(name) => vars.pairs.push((name.into(), value.clone())),
            _ => {
                return Err(Diagnostic::user(format!("Invalid variable name '{}'.", shown(key))).at(key.span).hint(
                    "Variable names must be strings starting with a letter or underscore character, and contain \
                     only letters, numbers and underscores.",
                ));
            }
        }
    }
    Ok(Arc::new(vars))
}
