//! A task's keywords for one host, inherited and rendered.

use crate::diag::{Diagnostic, Span};
use crate::playbook::{Keywords, Task};
use crate::template::{self, Value, World};
use crate::vars::TaskWorld;
use crate::yaml::{Kind, Node, repr};
use impel_modules::Map;
use std::sync::Arc;

/// What the keywords of a task come to on a host.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `check_mode`, the run's included.
    pub check: bool,
    /// `diff`, the run's included.
    pub diff: bool,
    /// `ignore_errors`.
    pub ignore_errors: bool,
    /// `ignore_unreachable`.
    pub ignore_unreachable: bool,
    /// `no_log`.
    pub no_log: bool,
    /// `become`, where anyone says.
    pub become_: Option<bool>,
    /// `become_user`.
    pub become_user: Option<String>,
    /// `become_method`.
    pub become_method: Option<String>,
    /// `become_flags`.
    pub become_flags: Option<String>,
    /// `become_exe`.
    pub become_exe: Option<String>,
    /// `connection`.
    pub connection: Option<String>,
    /// `remote_user`.
    pub remote_user: Option<String>,
    /// `port`.
    pub port: Option<u16>,
    /// `environment`.
    pub environment: Vec<(String, String)>,
    /// `delegate_to`.
    pub delegate: Option<Arc<str>>,
    /// `delegate_facts`.
    pub delegate_facts: bool,
    /// `timeout`, in seconds; 0 is none.
    pub timeout: u64,
    /// `retries`.
    pub retries: Option<f64>,
    /// `delay` between attempts, in seconds.
    pub delay: Option<f64>,
    /// `module_defaults` that apply to the action.
    pub defaults: Map,
}

/// A keyword's rendered value, if it was written anywhere above the task.
///
/// # Errors
/// Its template fails; in ansible-core's words, which name the keyword.
pub fn keyword<'a>(
    task: &'a Task,
    world: &TaskWorld,
    name: &str,
    of: impl Fn(&'a Keywords) -> &'a Option<Node>,
) -> Result<Option<Value>, Diagnostic> {
    let Some(node) = task.inherited(of) else { return Ok(None) };
    match rendered(node, world).map_err(|error| processing(name, error, Some(node.span)))? {
        Value::Omit => Ok(None),
        value => Ok(Some(value)),
    }
}

/// What went wrong with a keyword, in ansible-core's words.
pub(super) fn processing(name: &str, error: Diagnostic, place: Option<Span>) -> Diagnostic {
    Diagnostic::user(format!("Error processing keyword '{name}'")).at(place).because(error.at(place))
}

/// A node rendered in a world; what is no template costs nothing.
pub fn rendered(node: &Node, world: &TaskWorld) -> Result<Value, Diagnostic> {
    template::render(&Value::from_node(node), world).map_err(|error| error.at(node.span))
}

/// Ansible's booleans: `yes`, `on`, `1`, `true` and their opposites.
pub fn to_bool(value: &Value) -> Option<bool> {
    if let Some(b) = value.as_bool() {
        return Some(b);
    }
    match value {
        Value::None => Some(false),
        Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::Float(f) if *f == 0.0 => Some(false),
        Value::Float(f) if *f == 1.0 => Some(true),
        Value::Str(s) => match s.text.to_lowercase().trim() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

impl Settings {
    /// The settings of a task in a world.
    ///
    /// # Errors
    /// A keyword's template fails, or yields what the keyword cannot be.
    pub fn of(task: &Task, world: &TaskWorld) -> Result<Settings, Diagnostic> {
        let magic = &world.layers().store.run;
        let read = Reader { task, world };
        Ok(Settings {
            check: read.flag("check_mode", |k| &k.check_mode)?.unwrap_or(magic.check),
            diff: read.flag("diff", |k| &k.diff)?.unwrap_or(magic.diff),
            ignore_errors: read.flag("ignore_errors", |k| &k.ignore_errors)?.unwrap_or(false),
            ignore_unreachable: read.flag("ignore_unreachable", |k| &k.ignore_unreachable)?.unwrap_or(false),
            no_log: match read.flag("no_log", |k| &k.no_log)? {
                Some(flag) => flag,
                None => matches!(world.config("DEFAULT_NO_LOG"), Some(Value::Bool(true))),
            },
            become_: read.flag("become", |k| &k.become_)?,
            become_user: read.text("become_user", |k| &k.become_user)?,
            become_method: read.text("become_method", |k| &k.become_method)?,
            become_flags: read.text("become_flags", |k| &k.become_flags)?,
            become_exe: read.text("become_exe", |k| &k.become_exe)?,
            connection: read.text("connection", |k| &k.connection)?,
            remote_user: read.text("remote_user", |k| &k.remote_user)?,
            port: match read.text("port", |k| &k.port)? {
                None => None,
                Some(port) => Some(port.parse().map_err(|_| {
                    Diagnostic::user(format!("the keyword 'port' must be a number up to 65535, not '{port}'"))
                        .at(task.span)
                })?),
            },
            environment: environment(task, world)?,
            // ansible-core renders this one on its own
            delegate: read
                .text("", |k| &k.delegate_to)
                .map_err(|error| error.cause.map_or_else(|| Diagnostic::user(""), |cause| *cause))?
                .filter(|name| !name.is_empty())
                .map(Arc::from),
            delegate_facts: read.flag("delegate_facts", |k| &k.delegate_facts)?.unwrap_or(false),
            timeout: timeout(&read)?,
            retries: number(&read, "retries", "int", &task.retries)?,
            delay: number(&read, "delay", "float", &task.delay)?,
            defaults: defaults(task, world)?,
        })
    }
}

impl Settings {
    /// What says how a failure is taken, where a keyword of the task failed itself: each for itself.
    pub fn of_failure(task: &Task, world: &TaskWorld) -> Settings {
        let read = Reader { task, world };
        Settings {
            ignore_errors: matches!(read.flag("ignore_errors", |k| &k.ignore_errors), Ok(Some(true))),
            // what cannot be read may have asked for silence
            no_log: read.flag("no_log", |k| &k.no_log).is_ok_and(|flag| flag == Some(true))
                || read.flag("no_log", |k| &k.no_log).is_err(),
            ..Settings::default()
        }
    }
}

/// Why `no_log` is neither true nor false, where it is neither; the failure itself is hidden then.
pub fn no_log_error(task: &Task, world: &TaskWorld) -> Option<String> {
    let error = Reader { task, world }.flag("no_log", |k| &k.no_log).err()?;
    Some(match &error.cause {
        Some(cause) => format!("{}: {}", error.message, cause.message),
        None => error.message,
    })
}

struct Reader<'a> {
    task: &'a Task,
    world: &'a TaskWorld,
}

impl<'a> Reader<'a> {
    fn flag(
        &self,
        name: &str,
        of: impl Fn(&'a Keywords) -> &'a Option<Node> + Copy,
    ) -> Result<Option<bool>, Diagnostic> {
        let Some(value) = keyword(self.task, self.world, name, of)? else { return Ok(None) };
        let place = self.task.inherited(of).map(|node| node.span);
        to_bool(&value).map(Some).ok_or_else(|| unfit(name, &value, "bool", place))
    }

    fn text(
        &self,
        name: &str,
        of: impl Fn(&'a Keywords) -> &'a Option<Node>,
    ) -> Result<Option<String>, Diagnostic> {
        let value = keyword(self.task, self.world, name, of)?;
        Ok(value.filter(|v| !v.is_none()).map(|v| v.to_string()))
    }
}

/// The host that a task is delegated to.
///
/// # Errors
/// The name cannot be rendered. `Ok(Err(_))` is a template that yields nothing.
pub fn delegate(task: &Task, world: &TaskWorld) -> Result<Result<Option<Arc<str>>, Diagnostic>, Diagnostic> {
    let Some(node) = task.inherited(|k| &k.delegate_to) else { return Ok(Ok(None)) };
    if node.is_null() || node.as_str() == Some("") {
        return Ok(Ok(None));
    }
    Ok(match rendered(node, world)? {
        Value::Omit => Ok(None),
        Value::None | Value::Bool(false) | Value::Int(0) => Err(node),
        value => {
            Some(value.to_string()).filter(|name| !name.is_empty()).map(|name| Some(name.into())).ok_or(node)
        }
    }
    .map_err(|node| {
        let written = node.as_str().unwrap_or_default();
        Diagnostic::user(format!("Empty hostname produced from delegate_to: \"{written}\""))
    }))
}

/// A keyword whose value cannot be what it must be, in ansible-core's words.
fn unfit(name: &str, value: &Value, wanted: &str, place: Option<Span>) -> Diagnostic {
    let cause = Diagnostic::user(format!("The value '{value}' could not be converted to '{wanted}'."));
    processing(name, cause, place)
}

/// `retries` or `delay`; blanks around the digits do not matter.
fn number(read: &Reader<'_>, name: &str, kind: &str, node: &Option<Node>) -> Result<Option<f64>, Diagnostic> {
    let Some(node) = node else { return Ok(None) };
    let place = Some(node.span);
    let value = rendered(node, read.world).map_err(|error| processing(name, error, place))?;
    if matches!(value, Value::Omit | Value::None) {
        return Ok(None);
    }
    let number: Option<f64> = value.to_string().trim().parse().ok().filter(|n: &f64| n.is_finite());
    let number = number.filter(|n| kind == "float" || n.fract() == 0.0);
    number.map(Some).ok_or_else(|| unfit(name, &value, kind, place))
}

/// `timeout`, or the configuration's.
fn timeout(read: &Reader<'_>) -> Result<u64, Diagnostic> {
    let Some(value) =
        keyword(read.task, read.world, "timeout", |k| &k.timeout)?.filter(|value| !value.is_none())
    else {
        let configured = read.world.config("TASK_TIMEOUT");
        return Ok(match configured {
            Some(Value::Int(seconds)) => u64::try_from(seconds).unwrap_or(0),
            _ => 0,
        });
    };
    let place = read.task.inherited(|k| &k.timeout).map(|node| node.span);
    let seconds: i64 =
        value.to_string().trim().parse().map_err(|_| unfit("timeout", &value, "int", place))?;
    u64::try_from(seconds).ok().filter(|seconds| *seconds <= 100_000_000).ok_or_else(|| {
        Diagnostic::user(format!("Timeout {seconds} is invalid, it must be between 0 and 100000000."))
    })
}

/// The environment of all levels; the innermost wins.
fn environment(task: &Task, world: &TaskWorld) -> Result<Vec<(String, String)>, Diagnostic> {
    let mut all: crate::maps::IndexMap<String, String> = crate::maps::IndexMap::default();
    let levels = task.gathered(|k| &k.environment);
    for node in &levels {
        let value =
            rendered(node, world).map_err(|error| processing("environment", error, Some(node.span)))?;
        let maps = match &value {
            Value::List(list) => list.items().to_vec(),
            Value::None | Value::Omit => Vec::new(),
            value => vec![value.clone()],
        };
        for map in maps {
            let Some(dict) = map.as_dict() else {
                if matches!(map, Value::Omit | Value::None) || map.as_str() == Some("") {
                    continue;
                }
                // ansible-core goes on without it, too
                let written = levels.iter().flat_map(|node| match &node.kind {
                    Kind::Seq(items) => items.iter().collect(),
                    _ => vec![*node],
                });
                let written: Vec<String> = written.map(repr::of_node).collect();
                let written = written.join(", ");
                world.warn(&format!("could not parse environment value, skipping: [{written}]"));
                continue;
            };
            for (key, value) in dict.pairs().iter() {
                all.insert(key.value().to_string(), value.to_string());
            }
        }
    }
    Ok(all.into_iter().collect())
}

/// The `module_defaults` for the task's action.
fn defaults(task: &Task, world: &TaskWorld) -> Result<Map, Diagnostic> {
    let mut all = Map::new();
    let name = &*task.action.name;
    for node in task.gathered(|k| &k.module_defaults) {
        let value = rendered(node, world)?;
        let maps = match &value {
            Value::List(list) => list.items().to_vec(),
            value => vec![value.clone()],
        };
        for map in maps {
            let Some(dict) = map.as_dict() else { continue };
            for (key, args) in dict.pairs().iter() {
                let Some(key) = key.as_str() else { continue };
                let short =
                    key.strip_prefix("ansible.builtin.").or_else(|| key.strip_prefix("ansible.legacy."));
                if short.unwrap_or(key) != name {
                    continue;
                }
                if let Some(args) = args.as_dict() {
                    for (arg, value) in args.pairs().iter() {
                        all.insert(arg.value().to_string(), value.to_data()?);
                    }
                }
            }
        }
    }
    Ok(all)
}
