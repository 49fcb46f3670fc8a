//! `--version`, in impel's words and in those that scripts read from Ansible.

use crate::config::Config;
use std::fmt::Write;

/// impel's own version.
pub(super) const IMPEL: &str = env!("CARGO_PKG_VERSION");

/// The ansible-core whose behaviour impel has: what tools look for in the first line of `ansible --version`.
pub(super) const CORE: &str = "2.19.14";

/// What `ansible --version` prints, under the name that was called. Scripts read `[core X.Y.Z]` in the first line
/// and `config file = `; what impel does not have (Python, Jinja) is not made up.
pub(super) fn of_ansible(name: &str, config: &Config) -> String {
    let paths = |paths: &[std::path::PathBuf]| {
        paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
    };
    let file = config.file.as_ref().map_or("None".into(), |file| file.display().to_string());
    let modules: Vec<String> =
        paths(&config.settings.library).iter().map(|path| format!("'{path}'")).collect();
    let program = std::env::current_exe().map_or(name.to_string(), |path| path.display().to_string());
    let mut text = format!("{name} [core {CORE}]\n");
    let _ = writeln!(text, "  config file = {file}");
    let _ = writeln!(text, "  configured module search path = [{}]", modules.join(", "));
    let _ = writeln!(
        text,
        "  ansible collection location = {}",
        paths(&config.settings.collections_path).join(":")
    );
    let _ = writeln!(text, "  executable location = {program}");
    let _ = write!(text, "  impel version = {IMPEL}");
    text
}
