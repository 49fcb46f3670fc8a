//! `template`: a file rendered here and put there.

use super::arguments::{flag, text, to_map};
use crate::diag::{Diagnostic, Span};
use crate::engine::{Action, Call, ModuleCall, Next};
use crate::template::{self as jinja, TemplateOptions, Value, World};
use impel_modules::host::{Input, Source};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Renders a template and brings it to the host.
pub struct Template;

/// Options that only the controller reads.
const OWN: &[&str] = &[
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "output_encoding",
    // a template is always here
    "remote_src",
];

impl Action for Template {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let span = call.task.action.span;
        let (Some(name), Some(dest)) = (text(&call, "src"), text(&call, "dest")) else {
            return Err(Diagnostic::user("src and dest are required").at(span));
        };
        let Some(path) = call.world.find_file("templates", Path::new(&name)) else {
            return Err(super::copy::missing(&call, "templates", &name));
        };
        let options = options(&call)?;
        let (bytes, secret) =
            call.world.read_file(&path).map_err(|error| Diagnostic::user("Task failed").because(error))?;
        let text_of = impel_modules::undecoded::text_of(&bytes);
        let encoding = text(&call, "output_encoding").unwrap_or_else(|| "utf-8".into());
        let origin = Span::new(&path, 1, 1);
        let origin = if secret { origin.sealed() } else { origin };
        let mut world = call.world.for_item(call.world.locals().clone());
        if let Some(folder) = path.parent() {
            world.search_also(folder);
        }
        describe(&mut world, &name, &path, Some(&dest));
        let rendered = jinja::render_template_file(&text_of, origin, &options, &world)
            .map_err(|error| Diagnostic::user("Task failed").because(error))?;
        let mut source = Source::bytes(super::encoding::encode(&rendered.text, &encoding)?);
        source.secret = secret || rendered.secret;
        source.mode = Source::file(&path).ok().and_then(|file| file.mode);
        let mut args = to_map(&call)?;
        OWN.iter().for_each(|name| drop(args.shift_remove(*name)));
        let mut module = ModuleCall::new("copy", args);
        module.args.insert("src".into(), path.display().to_string().into());
        module.inputs.push(("src".into(), Input::File(source)));
        Ok(Next::Module(module))
    }
}

fn options(call: &Call<'_>) -> Result<TemplateOptions, Diagnostic> {
    let mut options = TemplateOptions::default();
    let strings = [
        ("block_start_string", &mut options.block_start),
        ("block_end_string", &mut options.block_end),
        ("variable_start_string", &mut options.variable_start),
        ("variable_end_string", &mut options.variable_end),
        ("comment_start_string", &mut options.comment_start),
        ("comment_end_string", &mut options.comment_end),
    ];
    for (name, place) in strings {
        if let Some(given) = text(call, name) {
            *place = given;
        }
    }
    // words that are no booleans are a no here
    options.trim_blocks = flag(call, "trim_blocks").unwrap_or(Some(false)).unwrap_or(true);
    options.lstrip_blocks = flag(call, "lstrip_blocks").unwrap_or(Some(false)).unwrap_or(false);
    if let Some(newline) = text(call, "newline_sequence") {
        options.newline = match newline.as_str() {
            "\n" | "\\n" => "\n".into(),
            "\r" | "\\r" => "\r".into(),
            "\r\n" | "\\r\\n" => "\r\n".into(),
            _ => {
                let message = "newline_sequence needs to be one of: \n, \r or";
                return Err(Diagnostic::user(message).at(call.task.action.span));
            }
        };
    }
    Ok(options)
}

/// `template_path` and its kin, which a template may print.
pub fn describe(world: &mut crate::vars::TaskWorld, name: &str, path: &Path, dest: Option<&str>) {
    let full = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let owner = std::fs::metadata(path).map_or(Value::None, |meta| jinja::lookups::user_name(meta.uid()));
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let string = |text: String| Value::str(text);
    world.set_local("template_path", string(name.to_string()));
    world.set_local("template_fullpath", string(full.display().to_string()));
    world.set_local("template_destpath", dest.map_or(Value::None, Value::str));
    world.set_local("template_uid", owner);
    if let Some(stamp) = modified.and_then(|time| jiff::Timestamp::try_from(time).ok()) {
        let local = stamp.to_zoned(jiff::tz::TimeZone::system()).datetime();
        world.set_local("template_mtime", Value::DateTime(std::sync::Arc::new(local)));
    }
    let now = jiff::Zoned::now().datetime();
    world.set_local("template_run_date", Value::DateTime(std::sync::Arc::new(now)));
    let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
    world.set_local("template_host", string(node));
    let configured = || world.config("DEFAULT_MANAGED_STR").unwrap_or_else(|| Value::str("Ansible managed"));
    let managed = world.variable("ansible_managed").unwrap_or_else(configured);
    world.set_local("ansible_managed", managed);
}
