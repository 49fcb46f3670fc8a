//! Variables and settings by name: `vars`, `varnames`, `env`, `config`.

use super::{Lookup, options};
use crate::template::args::Args;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, MarkerKind, Result, Value};
use crate::template::{Effect, Eval};

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup::new("vars", &[], vars).open(),
    Lookup::new("varnames", &[], variable_names).open(),
    Lookup::new("env", &[], environment).open().sees_undefined(),
    Lookup::new("config", &[], config).open(),
];

fn vars(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut out = Vec::new();
    for term in &terms {
        let Some(name) = term.as_str() else {
            return Err(Error::new(format!("Variable name must be 'str' not '{}'.", term.type_name())));
        };
        let value = match (eval.world().variable(name), args.keyword("default").filter(|v| !v.is_none())) {
            // what fails in it is no reason for the default
            (Some(value), _) => eval.read(value),
            (None, Some(default)) => default.clone(),
            (None, None) => {
                let error = Error::undefined(format!("No variable named '{name}' was found."));
                let names = eval.world().variable_names();
                Value::from(match crate::diag::nearest(name, names.iter().map(|n| &**n)) {
                    Some(near) => error.hint(format!("did you mean '{near}'?")),
                    None => error,
                })
            }
        };
        out.push(value.apart());
    }
    Ok(out)
}

fn variable_names(eval: &mut Eval<'_>, terms: Vec<Value>, _args: &Args) -> Result<Vec<Value>> {
    let names = eval.world().variable_names();
    let mut out = Vec::new();
    for term in &terms {
        let Some(pattern) = term.as_str() else {
            return Err(Error::new(format!(
                "Invalid setting identifier, \"{}\" is not a string, it is a <class '{}'>",
                term.to_text()?,
                term.type_name()
            )));
        };
        let regex = PyRegex::new(pattern, Flags::default())
            .map_err(|e| Error::new(format!("Unable to use \"{pattern}\" as a search parameter: {e}")))?;
        for name in &names {
            if regex.search(name)?.is_some() {
                out.push(Value::str(name.clone()));
            }
        }
    }
    Ok(out)
}

fn environment(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    eval.world().effect(Effect::ReadsController)?;
    let mut out = Vec::new();
    for term in terms {
        let term = term.defined()?;
        let Some(name) = term.as_str().map(|t| t.split_whitespace().next().unwrap_or("").to_owned()) else {
            return Err(Error::new(format!("'{}' object has no attribute 'split'", term.type_name())));
        };
        let default = args.keyword("default").filter(|v| !v.is_none());
        out.push(match (eval.world().environment(&name), default) {
            (Some(value), _) => Value::from(value),
            (None, Some(Value::Undefined(m))) if m.kind == MarkerKind::Undefined => {
                Value::undefined(format!("The environment variable '{name}' is not set."))
            }
            (None, Some(default)) => default.clone(),
            (None, None) => Value::str(""),
        });
    }
    Ok(out)
}

fn config(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let on_missing = args.keyword("on_missing").map_or(Ok("error".to_owned()), Value::to_text)?;
    if !matches!(on_missing.as_str(), "error" | "warn" | "skip") {
        return Err(Error::new(format!(
            "Invalid value '{on_missing}' for config 'on_missing' for 'config' lookup plugin."
        )));
    }
    let text = |name: &str| args.keyword(name).filter(|v| !v.is_none()).map(Value::to_text).transpose();
    let (plugin_type, plugin_name) = (text("plugin_type")?, text("plugin_name")?);
    if plugin_type.is_some() != plugin_name.is_some() {
        return Err(Error::new(
            "Both plugin_type and plugin_name are required, cannot use one without the other.",
        ));
    }
    let show_origin = options::flag(args.keyword("show_origin"), false)?;
    let mut out = Vec::new();
    for term in &terms {
        let Some(name) = term.as_str() else {
            return Err(Error::new(format!(
                "Invalid setting identifier, {} is not a <class 'str'>, its a <class '{}'>.",
                term.to_text()?,
                term.type_name()
            )));
        };
        let plugin = plugin_type.as_deref().zip(plugin_name.as_deref());
        let known = match plugin {
            Some((kind, plugin)) => {
                let plugin = plugin.strip_prefix("ansible.builtin.").unwrap_or(plugin);
                if kind_of(plugin) == Some(kind) { format!("{plugin}.{name}") } else { String::new() }
            }
            None if name.contains('.') => String::new(),
            None => name.to_owned(),
        };
        let missing = match plugin {
            Some((kind, plugin)) => {
                format!("No config definition exists for '{name}' for '{plugin}' {kind} plugin.")
            }
            None => format!("No config definition exists for '{name}'."),
        };
        let variable = VARIABLES.iter().find(|(key, _)| *key == known);
        if let Some((var, value)) = variable.and_then(|(_, var)| Some((*var, eval.world().variable(var)?))) {
            let value = as_configured(&known, value, eval.world().config(&known))?;
            out.push(match show_origin {
                true => Value::tuple([value, Value::from(format!("var: {var}"))]),
                false => value,
            });
            continue;
        }
        match (eval.world().config(&known), on_missing.as_str()) {
            (Some(value), _) if show_origin => {
                let origin = eval.world().config_origin(&known).unwrap_or_else(|| "default".into());
                out.push(Value::tuple([value, Value::from(origin)]));
            }
            (Some(value), _) => out.push(value),
            (None, "skip") => {}
            (None, "warn") => eval.world().warn(&format!("Skipping {name}: {missing}")),
            (None, _) => {
                return Err(Error::new(missing));
            }
        }
    }
    Ok(out)
}

/// Keys that a variable sets, too.
const VARIABLES: [(&str, &str); 13] = [
    ("COVERAGE_REMOTE_OUTPUT", "_ansible_coverage_remote_output"),
    ("DEFAULT_MODULE_COMPRESSION", "ansible_module_compression"),
    ("DEFAULT_NO_TARGET_SYSLOG", "ansible_no_target_syslog"),
    ("DEPRECATION_WARNINGS", "ansible_deprecation_warnings"),
    ("FACTS_MODULES", "ansible_facts_modules"),
    ("INTERPRETER_PYTHON", "ansible_python_interpreter"),
    ("INTERPRETER_PYTHON_FALLBACK", "ansible_interpreter_python_fallback"),
    ("PYTHON_MODULE_RLIMIT_NOFILE", "ansible_python_module_rlimit_nofile"),
    ("TARGET_LOG_INFO", "ansible_target_log_info"),
    ("WIN_ASYNC_STARTUP_TIMEOUT", "ansible_win_async_startup_timeout"),
    ("_ANSIBALLZ_COVERAGE_CONFIG", "_ansible_ansiballz_coverage_config"),
    ("_ANSIBALLZ_DEBUGPY_CONFIG", "_ansible_ansiballz_debugpy_config"),
    ("_ANSIBALLZ_PYDEVD_CONFIG", "_ansible_ansiballz_pydevd_config"),
];

/// A variable's value, as it stands, as the key's type, which that of the configured value tells.
fn as_configured(key: &str, value: Value, configured: Option<Value>) -> Result<Value> {
    let text = value.as_str();
    Ok(match (configured, text) {
        (Some(Value::Bool(_)), Some(text)) => Value::Bool(matches!(
            text.trim().to_lowercase().as_str(),
            "y" | "yes" | "on" | "1" | "1.0" | "true" | "t"
        )),
        (Some(Value::Int(_)), Some(text)) if key == "WIN_ASYNC_STARTUP_TIMEOUT" => {
            let wrong = || {
                Error::new(format!(
                    "Config {} from 'var: ansible_win_async_startup_timeout' has an invalid value: Invalid value \
                     provided for 'integer': {}",
                    crate::yaml::repr::of_str(key),
                    crate::yaml::repr::of_str(text)
                ))
            };
            Value::Int(text.trim().parse().map_err(|_| wrong())?)
        }
        (Some(Value::List(_)), Some(text)) => {
            Value::list(text.split(',').map(|part| Value::from(part.trim().to_owned())))
        }
        _ => value,
    })
}

/// The type of a plugin whose options are among the configuration.
fn kind_of(plugin: &str) -> Option<&'static str> {
    Some(match plugin {
        "ssh" => "connection",
        "sh" => "shell",
        "sudo" | "su" => "become",
        "default" => "callback",
        "constructed" => "inventory",
        "url" => "lookup",
        _ => return None,
    })
}
