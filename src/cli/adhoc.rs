//! `impel adhoc`, `ansible`: one task on some hosts.

use super::display::{self, Output};
use super::error::{Caller, Ended, Failure};
use super::flags::{self, AllFlags};
use super::launch;
use super::notices::Notices;
use super::streams;
use super::vault::passwords as vault_passwords;
use crate::config::Config;
use crate::diag::{Diagnostic, ErrorKind, Span, remember_source};
use crate::engine::{Answer, Event, TaskLine};
use crate::inventory::{Inventory, Matched};
use crate::playbook;
use crate::report::{Masks, Reports, Sink, result_json};
use crate::yaml::{Kind, Limits, Mapping, Node, repr};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// Define and run a single task 'playbook' against a set of hosts.
#[derive(Clone, Debug, Args)]
pub(super) struct Arguments {
    /// Host pattern.
    #[arg(required_unless_present = "version", value_name = "pattern")]
    pattern: Option<String>,
    /// Name of the action to execute (default: command).
    #[arg(short = 'm', long, value_name = "MODULE_NAME")]
    module_name: Option<String>,
    /// The action's options in space separated k=v format, or a json string.
    #[arg(short = 'a', long = "args", value_name = "MODULE_ARGS", allow_hyphen_values = true)]
    args: Option<String>,
    /// Run asynchronously, failing after X seconds.
    #[arg(short = 'B', long = "background", value_name = "SECONDS")]
    background: Option<u64>,
    /// Set the poll interval if using -B.
    #[arg(short = 'P', long, value_name = "POLL_INTERVAL")]
    poll: Option<u64>,
    /// Condense output.
    #[arg(short = 'o', long)]
    one_line: bool,
    /// Log output to this directory.
    #[arg(short = 't', long, value_name = "TREE")]
    tree: Option<PathBuf>,
    /// Use this as a substitute playbook directory.
    #[arg(long, value_name = "BASEDIR")]
    playbook_dir: Option<PathBuf>,
    /// Set task timeout limit in seconds, must be positive integer.
    #[arg(long, value_name = "TASK_TIMEOUT")]
    task_timeout: Option<u64>,
    #[command(flatten)]
    all: AllFlags,
}

/// Runs the task.
pub(super) fn main(caller: &Caller, arguments: Arguments) -> Ended {
    if flags::version(caller, &arguments.all.general)? {
        return Ok(ExitCode::SUCCESS);
    }
    let config = flags::configuration()?;
    let all = &arguments.all;
    let mut screen = display::screen(&config, all.general.verbosity(&config), all.general.no_mask)?;
    display::greet(&mut screen, &config, caller);
    all.warn_of_what_is_not_there(&mut screen);
    let Some(pattern) = &arguments.pattern else {
        return Err(options_error("no host pattern was given").into());
    };
    let vault = vault_passwords::vault(&all.vault, &config, &mut screen)?;
    let options = all.options(&config)?;
    let folder = match &arguments.playbook_dir {
        Some(folder) => folder.clone(),
        None => std::env::current_dir().unwrap_or_default(),
    };
    let mut ground = launch::ground_for(
        pattern,
        &config,
        &options,
        &all.inventory.inventory,
        &folder,
        vault,
        &mut screen,
    )?;
    // what is wrong with the pattern fails the run, and lists no hosts
    let (mut matched, wrong) = match ground.inventory.hosts_matching(pattern) {
        Ok(matched) => (matched, None),
        Err(error) => (Matched::default(), Some(Failure::with_code(error, 1))),
    };
    if !ground.inventory.is_limited() {
        matched.warnings.iter().for_each(|warning| screen.warning(warning));
        if matched.hosts.is_empty() && ground.inventory.hosts.values().any(|host| !host.implicit) {
            screen.warning("No hosts matched, nothing to do");
        }
    }
    if all.run.list_hosts {
        if matched.hosts.is_empty() && Inventory::is_localhost(pattern) {
            matched.hosts.push(pattern.as_str().into());
        }
        let lines = matched.hosts.iter().map(|host| format!("    {host}\n")).collect::<String>();
        streams::out(format!("  hosts ({}):\n{lines}", matched.hosts.len()))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(error) = wrong {
        return Err(error);
    }
    let play = arguments.play(pattern, &config)?;
    if matched.hosts.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let notices = Notices::default();
    notices.hear_yaml();
    let disk = launch::disk(&config, &ground, &folder, &notices);
    let playbook = match playbook::of_node(&play, &folder.join("<adhoc>"), &disk) {
        Err(error) if error.message.starts_with("couldn't resolve module/action") => {
            let module = arguments.module_name.as_deref().unwrap_or_default();
            unresolved(module, &error, &matched.hosts, display::reports(arguments.output(&config)?, screen));
            return Ok(ExitCode::from(2));
        }
        loaded => loaded?,
    };
    launch::refuse_missing(&playbook)?;
    options.hide_passwords(&screen.masks);
    let output = arguments.output(&config)?;
    let masks = screen.masks.clone();
    let mut reports = display::reports(output, screen);
    if let Some(tree) = &arguments.tree {
        reports = reports.and(Tree::new(tree, masks)?);
    }
    let verdict = launch::execute(config, options, reports, &notices, ground, &disk, |run| {
        for play in &playbook.plays {
            run.play(play)?;
        }
        Ok(())
    })?;
    Ok(ExitCode::from(verdict.code()))
}

/// A module that nobody knows fails on every host, as it does in ansible-core.
fn unresolved(module: &str, error: &Diagnostic, hosts: &[Arc<str>], mut reports: Reports) {
    let written = Path::new("<CLI option '-m'>");
    remember_source(written, module.to_string());
    let message = format!("Cannot resolve '{module}' to an action or module.");
    let mut cause = Diagnostic::user(message).at(Span::new(written, 0, 0));
    cause.hint.clone_from(&error.hint);
    let task = error.span.unwrap_or_else(|| Span::new(written, 0, 0));
    let answer = Answer::failed_at(cause, task);
    let line = Arc::new(TaskLine { name: module.into(), action: module.into(), ..TaskLine::default() });
    for host in hosts {
        let mut result = answer.to_result(host, &line, Duration::ZERO);
        result.result.insert("changed".into(), false.into());
        reports.take(&Event::Result(Box::new(result)));
    }
}

fn options_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(ErrorKind::Options, message)
}

/// Modules that do nothing without arguments.
const NEED_ARGUMENTS: [&str; 6] = ["command", "shell", "script", "raw", "win_command", "win_shell"];

/// Actions that make sense in playbooks only.
const PLAYBOOK_ONLY: [&str; 4] = ["import_playbook", "import_role", "import_tasks", "include"];

impl Arguments {
    /// The play around the task.
    fn play(&self, pattern: &str, config: &Config) -> Result<Node, Diagnostic> {
        let module = self.module_name.as_deref().unwrap_or(&config.settings.module);
        let short = module
            .strip_prefix("ansible.builtin.")
            .or_else(|| module.strip_prefix("ansible.legacy."))
            .unwrap_or(module);
        if self.background.is_some_and(|seconds| seconds > 0) {
            return Err(options_error("tasks in the background (-B) are not there yet in impel")
                .hint("leave -B and -P out to wait for the task"));
        }
        if PLAYBOOK_ONLY.contains(&short) {
            return Err(options_error(format!("'{module}' is not a valid action for ad-hoc commands")));
        }
        let configured = config.get("DEFAULT_MODULE_ARGS").and_then(|setting| setting.value.as_str());
        let args = self.args.as_deref().or(configured).unwrap_or_default().to_string();
        if NEED_ARGUMENTS.contains(&short) && args.trim().is_empty() {
            let mut message = format!("No argument passed to {module} module");
            if pattern.ends_with(".yml") || pattern.ends_with(".yaml") {
                message.push_str(" (did you mean to run ansible-playbook?)");
            }
            return Err(options_error(message));
        }
        let name = format!("<adhoc '{module}' task>");
        let span = Span::new(Path::new(&name), 0, 0);
        remember_source(Path::new(&name), described(module, short, &args));
        let node = |kind: Kind| Node { kind, span };
        let text = |text: &str| node(Kind::Str { text: text.into(), unsafe_: false });
        let map = |pairs: Vec<(Node, Node)>| node(Kind::Map(Arc::new(Mapping { pairs })));
        let given = if args.trim_start().starts_with('{') {
            crate::yaml::load(&args, Span::new(Path::new("<CLI option '-a'>"), 0, 0), Limits::default())?
        } else if args.is_empty() {
            node(Kind::Null)
        } else {
            text(&args)
        };
        let mut task = vec![(text(module), given)];
        if let Some(timeout) = self.task_timeout {
            task.push((text("timeout"), node(Kind::Int(i64::try_from(timeout).unwrap_or(i64::MAX)))));
        }
        let play = map(vec![
            (text("name"), text("Ansible Ad-Hoc")),
            (text("hosts"), text(pattern)),
            (text("gather_facts"), node(Kind::Bool(false))),
            (text("tasks"), node(Kind::Seq([map(task)].into()))),
        ]);
        Ok(node(Kind::Seq([play].into())))
    }

    fn output(&self, config: &Config) -> Result<Output, Diagnostic> {
        if self.one_line {
            return Ok(Output::Oneline);
        }
        if let Some(output) = self.all.run.output {
            return Ok(output);
        }
        let load = config.get("DEFAULT_LOAD_CALLBACK_PLUGINS").and_then(|setting| setting.value.as_bool());
        if load == Some(true) { Output::configured(config) } else { Ok(Output::Minimal) }
    }
}

/// The task as ansible-core shows it below an error's place.
fn described(module: &str, short: &str, args: &str) -> String {
    let free_form = NEED_ARGUMENTS.contains(&short);
    let words = playbook::split(args, free_form).unwrap_or_default();
    let mut pairs: Vec<String> = words
        .pairs
        .iter()
        .map(|(name, value)| format!("{}: {}", repr::of_str(name), repr::of_str(value)))
        .collect();
    if let Some(raw) = &words.raw {
        pairs.push(format!("'_raw_params': {}", repr::of_str(raw)));
    }
    format!(
        "{{'action': {}, 'args': {{{}}}, 'timeout': 0, 'async_val': 0, 'poll': 15}}",
        repr::of_str(module),
        pairs.join(", ")
    )
}

/// Writes every host's result into a file of its own (`-t`).
struct Tree {
    folder: PathBuf,
    masks: Masks,
}

impl Tree {
    fn new(folder: &Path, masks: Masks) -> Result<Tree, Diagnostic> {
        std::fs::create_dir_all(folder).map_err(|e| {
            Diagnostic::user(format!(
                "Unable to access or create the configured directory ({}): {e}",
                folder.display()
            ))
        })?;
        Ok(Tree { folder: folder.to_path_buf(), masks })
    }
}

impl Sink for Tree {
    fn take(&mut self, event: &Event) {
        let Event::Result(result) = event else { return };
        // A host's name is a file's name here, never a path.
        let name: String = result.host.chars().map(|c| if c == '/' || c == '\0' { '_' } else { c }).collect();
        let written = match name.as_str() {
            "." | ".." => Ok(()),
            name => std::fs::write(self.folder.join(name), result_json(result, &self.masks)),
        };
        if let Err(error) = written {
            streams::err(format_args!("[WARNING]: Unable to write to {}'s file: {error}", result.host));
        }
    }
}
