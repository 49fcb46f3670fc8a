//! How a run is to look: what the configuration and the flags say about it.

use super::Palette;

/// In what form results are written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON with sorted keys.
    #[default]
    Json,
    /// YAML blocks.
    Yaml,
}

/// How a run is to look.
#[derive(Clone, Debug)]
pub struct Look {
    /// `-v` counted.
    pub verbosity: u8,
    /// Show skipped hosts.
    pub skipped: bool,
    /// Show hosts on which nothing changed.
    pub ok: bool,
    /// Failures go to stderr.
    pub failed_stderr: bool,
    /// Show `set_stats` at the end.
    pub custom_stats: bool,
    /// Mark what only foretells.
    pub check_markers: bool,
    /// Show when a host begins a task.
    pub host_start: bool,
    /// Show a failed task's place.
    pub path_on_failure: bool,
    /// Show a task's arguments in its banner.
    pub args: bool,
    /// The form of results.
    pub format: Format,
    /// Spread results over lines (or not) whatever the verbosity.
    pub pretty: Option<bool>,
    /// Lines of verbosity go to stderr.
    pub verbose_to_stderr: bool,
    /// Lines of context around a difference.
    pub diff_context: usize,
    /// Show deprecations.
    pub deprecations: bool,
    /// Show warnings.
    pub warnings: bool,
    /// Paint.
    pub colour: bool,
    /// With what.
    pub palette: Palette,
    /// Columns of the terminal, if stdout is one.
    pub columns: Option<usize>,
    /// Show what may have been meant below an error; Ansible's own names for the commands show what Ansible shows.
    pub hints: bool,
    /// Show secrets as they are.
    pub unmasked: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            verbosity: 0,
            skipped: true,
            ok: true,
            failed_stderr: false,
            custom_stats: false,
            check_markers: false,
            host_start: false,
            path_on_failure: false,
            args: false,
            format: Format::Json,
            pretty: None,
            verbose_to_stderr: false,
            diff_context: 3,
            deprecations: true,
            warnings: true,
            colour: false,
            palette: Palette::default(),
            columns: None,
            hints: false,
            unmasked: false,
        }
    }
}

impl Look {
    /// How wide banners are: the terminal less one column, 79 at least.
    pub fn width(&self) -> usize {
        self.columns.map_or(79, |columns| columns.saturating_sub(1).max(79))
    }
}
