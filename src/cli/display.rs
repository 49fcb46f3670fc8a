//! From the configuration and the flags to what a run looks like.

use super::error::Caller;
use crate::config::Config;
use crate::diag::{Diagnostic, ErrorKind, nearest};
use crate::report::{
    Default as DefaultCallback, Format, Hue, Json, Log, Look, Masks, Minimal, OneLine, Progress, Reports,
    Screen,
};
use impel_modules::Data;
use std::fs::OpenOptions;

/// In what form a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// As Ansible's default callback shows it.
    Default,
    /// As `ansible` shows it.
    Minimal,
    /// A line a host.
    Oneline,
    /// Every event as a JSON object on a line.
    Json,
}

impl Output {
    /// The output that `stdout_callback` names.
    pub(super) fn configured(config: &Config) -> Result<Output, Diagnostic> {
        let name = &config.settings.stdout_callback;
        match name.strip_prefix("ansible.builtin.").unwrap_or(name) {
            "default" => Ok(Output::Default),
            "minimal" => Ok(Output::Minimal),
            "oneline" => Ok(Output::Oneline),
            other => {
                let hint = match nearest(other, ["default", "minimal", "oneline"]) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => "impel has default, minimal and oneline; for JSON there is --output json".into(),
                };
                Err(Diagnostic::user(format!("Could not load '{name}' callback plugin.")).hint(hint))
            }
        }
    }
}

/// The look that configuration and flags ask for.
pub(super) fn look(config: &Config, verbosity: u8, unmasked: bool) -> Look {
    let flag = |name: &str| config.get(name).and_then(|setting| setting.value.as_bool());
    let on = |name: &str| flag(name).unwrap_or(false);
    let mut look = Look {
        verbosity,
        skipped: on("default.display_skipped_hosts"),
        ok: on("default.display_ok_hosts"),
        failed_stderr: on("default.display_failed_stderr"),
        custom_stats: on("default.show_custom_stats"),
        check_markers: on("default.check_mode_markers"),
        host_start: on("default.show_per_host_start"),
        path_on_failure: on("default.show_task_path_on_failure"),
        args: on("DISPLAY_ARGS_TO_STDOUT"),
        format: match config.get("default.result_format").and_then(|setting| setting.value.as_str()) {
            Some("yaml") => Format::Yaml,
            _ => Format::Json,
        },
        pretty: flag("default.pretty_results"),
        verbose_to_stderr: config.settings.verbose_to_stderr,
        diff_context: config.settings.diff_context,
        deprecations: config.settings.deprecation_warnings,
        warnings: config.settings.system_warnings,
        hints: Caller::of_process() == Caller::Impel,
        unmasked,
        ..Look::default()
    };
    for (hue, name, _) in Hue::ALL {
        if let Some(Data::Str(colour)) = config.get(name).map(|setting| &setting.value) {
            look.palette.set(hue, &colour.text);
        }
    }
    look.of_terminal(config.settings.force_colour, config.settings.no_colour)
}

/// The screen of a command, with its log.
///
/// # Errors
/// The log cannot be written.
pub(super) fn screen(config: &Config, verbosity: u8, unmasked: bool) -> Result<Screen, Diagnostic> {
    let masks = Masks::new(unmasked);
    super::error::hide(&masks);
    let screen = Screen::terminal(look(config, verbosity, unmasked), masks);
    let Some(path) = &config.settings.log_path else { return Ok(screen) };
    let log = OpenOptions::new().create(true).append(true).open(path).map_err(|e| {
        Diagnostic::new(ErrorKind::User, format!("the log {} cannot be written: {e}", path.display()))
    })?;
    let deeper = match config.get("LOG_VERBOSITY").map(|setting| &setting.value) {
        Some(Data::Int(level)) => u8::try_from(*level).unwrap_or(0),
        _ => 0,
    };
    let user = crate::pipe::login_name().unwrap_or_default();
    Ok(screen.logged(Log::new(Box::new(log), user, deeper)))
}

/// The sinks of a run.
pub(super) fn reports(output: Output, mut screen: Screen) -> Reports {
    if output == Output::Json {
        return Reports::new().and(Json::new(Box::new(std::io::stdout()), screen.masks));
    }
    let progress = Progress::on_terminal();
    if let Some(progress) = &progress {
        screen = screen.beside(progress.bar());
    }
    let reports = match output {
        Output::Minimal => Reports::new().and(Minimal::new(screen)),
        Output::Oneline => Reports::new().and(OneLine::new(screen)),
        Output::Default | Output::Json => Reports::new().and(DefaultCallback::new(screen)),
    };
    match progress {
        Some(progress) => reports.and(progress),
        None => reports,
    }
}

/// What every command says first at `-v` and above.
pub(super) fn greet(screen: &mut Screen, config: &Config, caller: &Caller) {
    if let Caller::Ansible(name) = caller {
        screen.verbose(2, None, &super::version::of_ansible(name, config));
    } else {
        screen.verbose(2, None, &format!("impel {}", super::version::IMPEL));
    }
    match &config.file {
        Some(file) => screen.verbose(1, None, &format!("Using {} as config file", file.display())),
        None => screen.verbose(1, None, "No config file found; using defaults"),
    }
    for warning in config.warnings.iter().chain(&config.unheeded()) {
        screen.warning(warning);
    }
    if *caller == Caller::Impel {
        for (section, key, near, span) in &config.unknown {
            screen.warning(&format!("{span}: unknown key '{key}' in [{section}]; did you mean '{near}'?"));
        }
    }
}
