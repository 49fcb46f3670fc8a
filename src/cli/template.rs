//! `impel template`: a template file or an expression as a host sees it.

use super::display::{greet, screen};
use super::error::{Caller, Ended};
use super::flags;
use super::stage::{Stage, Wanted};
use super::streams;
use crate::action;
use crate::diag::{Diagnostic, Span};
use crate::report::pretty_json;
use crate::template::{self, TemplateOptions, Value, World};
use crate::vars::PlayVars;
use clap::Args;
use impel_modules::{Data, Map, Text};
use std::path::PathBuf;
use std::process::ExitCode;

/// Renders a template file, or evaluates an expression and shows its value and type.
///
/// With a playbook, the variables of its first play that names the host count too. No host is contacted.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// The template file.
    #[arg(value_name = "FILE", required_unless_present = "expression", conflicts_with = "expression")]
    file: Option<PathBuf>,
    /// An expression such as `groups.web | length`; text with `{{ }}` is rendered as it is in a playbook.
    #[arg(short = 'e', long, value_name = "EXPR", allow_hyphen_values = true)]
    expression: Option<String>,
    /// The host.
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    host: String,
    /// A playbook whose variables count too.
    #[arg(long, value_name = "PLAYBOOK")]
    playbook: Option<PathBuf>,
    /// Answer as JSON, with the type.
    #[arg(long)]
    json: bool,
    /// Inventory path or comma separated host list. May be given several times.
    #[arg(short, long, value_name = "INVENTORY")]
    inventory: Vec<String>,
    /// Additional variables as key=value or YAML/JSON, if filename prepend with @. May be given several times.
    #[arg(long, value_name = "EXTRA_VARS", allow_hyphen_values = true)]
    extra_vars: Vec<String>,
    /// Show secrets that came out of vaults as they are.
    #[arg(long)]
    no_mask: bool,
    #[command(flatten, next_help_heading = "Vault")]
    vault: flags::VaultFlags,
}

/// Renders it.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    let config = flags::configuration()?;
    let mut screen = screen(&config, config.settings.verbosity, arguments.no_mask)?;
    greet(&mut screen, &config, caller);
    let wanted = Wanted {
        inventory: &arguments.inventory,
        host: &arguments.host,
        playbook: arguments.playbook.as_deref(),
        vault: &arguments.vault,
        extra_vars: &arguments.extra_vars,
    };
    let stage = Stage::set(&config, &wanted, &mut screen)?;
    let mut world = match stage.plays.first() {
        Some((_, vars)) => stage.world(vars, None),
        None => stage.world(&PlayVars::default(), None),
    };
    let value = match (&arguments.file, &arguments.expression) {
        (Some(path), _) => {
            let (bytes, sealed) = world.read_file(path)?;
            action::describe_template(&mut world, &path.to_string_lossy(), path, None);
            let text = impel_modules::undecoded::text_of(&bytes);
            let options = TemplateOptions { trim_blocks: true, ..TemplateOptions::default() };
            let start = Span::new(path, 1, 1);
            let start = if sealed { start.sealed() } else { start };
            let text = template::render_template_file(&text, start, &options, &world)?;
            Value::Str(text.marked(sealed))
        }
        (None, Some(text)) if template::is_template(text) => {
            let span = Span::new("<-e>".as_ref(), 0, 0);
            template::render(&Value::trusted(text.as_str(), Some(span)), &world)?
        }
        (None, expression) => template::expression(expression.as_deref().unwrap_or_default(), &world)?,
    };
    for warning in world.take_warnings() {
        screen.warning(&warning);
    }
    let data = screen.masks.data(&value.to_data().map_err(|error| Diagnostic::user(error.to_string()))?);
    let kind = value.type_name();
    if arguments.json {
        let map = Map::from([("value".to_string(), data), ("type".to_string(), kind.into())]);
        streams::out(pretty_json(&Data::Map(map)) + "\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    match (&arguments.file, data) {
        (Some(_), Data::Str(Text { text, .. })) => {
            streams::out(&*text)?;
            // beside the text, which may go into a file
            streams::err(format_args!("({kind})"));
        }
        (_, Data::Str(Text { text, .. })) => streams::out(format!("{text}\n({kind})\n"))?,
        (_, data) => streams::out(format!("{}\n({kind})\n", pretty_json(&data)))?,
    }
    Ok(ExitCode::SUCCESS)
}
