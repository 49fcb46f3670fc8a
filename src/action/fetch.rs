//! `fetch`: the controller's side, which says where the file goes.

use super::arguments::text;
use crate::diag::Diagnostic;
use crate::engine::{Action, Answer, Call, ModuleCall, Next, Status, to_bool};
use crate::template::Value;
use impel_modules::{Data, Map};
use std::path::PathBuf;

/// Finds out where a fetched file goes.
pub struct Fetch;

impl Action for Fetch {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        if call.settings.check {
            let message = "check mode not (yet) supported for this module";
            return Ok(Next::Done(Answer::new(
                Status::Skipped,
                Map::from([("msg".to_string(), Data::from(message))]),
            )));
        }
        let given = |name: &str| call.args.get(name).filter(|value| !value.is_none());
        for (name, word) in [("src", "source"), ("dest", "dest")] {
            if given(name).is_some_and(|value| !matches!(value, Value::Str(_))) {
                let message = format!("Invalid type supplied for {word} option, it must be a string");
                return Err(Diagnostic::user(message));
            }
        }
        let (Some(src), Some(dest)) = (text(&call, "src"), text(&call, "dest")) else {
            return Err(Diagnostic::user("src and dest are required"));
        };
        // ansible-core takes what is no boolean for a no here, and ignores arguments that it does not know
        let flag = |name: &str, default| given(name).map_or(default, |value| to_bool(value).unwrap_or(false));
        let mut args = Map::new();
        args.insert("src".into(), src.into());
        args.insert("dest".into(), place(&call, &dest).into());
        for (name, default) in [("fail_on_missing", true), ("validate_checksum", true), ("flat", false)] {
            args.insert(name.into(), flag(name, default).into());
        }
        args.insert("_host".into(), call.world.layers().host.name.to_string().into());
        Ok(Next::Module(ModuleCall::new("fetch", args)))
    }
}

/// A path of the controller as the playbook means it; a slash at its end stays.
fn place(call: &Call<'_>, dest: &str) -> String {
    let home = dest.strip_prefix("~/").zip(std::env::var_os("HOME"));
    let path = match home {
        Some((rest, home)) => PathBuf::from(home).join(rest),
        None => call.world.layers().playbook_dir().join(dest),
    };
    let path = std::path::absolute(&path).unwrap_or(path).display().to_string();
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}{}", parts.join("/"), if path.ends_with('/') { "/" } else { "" })
}
