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
