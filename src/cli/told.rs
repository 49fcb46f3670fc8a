//! The command line as `-vvvv` tells it: every option that says something, in ansible-core's names and order.

use super::flags::AllFlags;
use crate::config::Config;
use crate::engine::RunOptions;
use crate::yaml::repr;
use std::path::{Path, PathBuf};

/// Python's tuple of texts.
fn tuple<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let all: Vec<String> = texts.into_iter().map(|text| repr::of_str(text)).collect();
    match &all[..] {
        [] => String::new(),
        [one] => format!("({one},)"),
        all => format!("({})", all.join(", ")),
    }
}

fn path(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    crate::playbook::tidy(&path).display().to_string()
}

/// The lines, `playbooks` being what stands on the command line without a flag.
pub(super) fn lines(
    flags: &AllFlags,
    options: &RunOptions,
    config: &Config,
    playbooks: &[PathBuf],
) -> Vec<String> {
    let settings = &config.settings;
    let connection = &flags.connection;
    let become_user = &flags.become_user;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let file = |value: &Option<PathBuf>| value.as_deref().map(path).unwrap_or_default();
    let flag = |on: bool| if on { "True".to_string() } else { String::new() };
    let configured: Vec<String> = settings.inventory.iter().map(|path| path.display().to_string()).collect();
    let inventory =
        if flags.inventory.inventory.is_empty() { &configured } else { &flags.inventory.inventory };
    let inventory: Vec<String> = inventory
        .iter()
        .map(|source| if source.contains(',') { source.clone() } else { path(Path::new(source)) })
        .collect();
    let vault: Vec<String> = flags.vault.files.iter().map(|file| path(file)).collect();
    let pairs = [
        ("verbosity", options.verbosity.to_string()),
        ("ask_pass", flag(connection.ask_pass)),
        ("private_key_file", file(&options.private_key.clone().or_else(|| settings.private_key.clone()))),
        ("remote_user", text(&options.remote_user.clone().or_else(|| settings.remote_user.clone()))),
        ("connection", options.connection.clone().unwrap_or_else(|| settings.transport.clone())),
        ("timeout", options.timeout.map(|seconds| seconds.to_string()).unwrap_or_default()),
        ("ssh_common_args", text(&connection.ssh_common_args)),
        ("sftp_extra_args", text(&connection.sftp_extra_args)),
        ("scp_extra_args", text(&connection.scp_extra_args)),
        ("ssh_extra_args", text(&connection.ssh_extra_args)),
        ("connection_password_file", file(&connection.connection_password_file)),
        ("force_handlers", flag(options.force_handlers)),
        ("become", flag(options.become_.on || settings.become_)),
        ("become_method", options.become_.method.clone().unwrap_or_else(|| settings.become_method.clone())),
        ("become_user", text(&options.become_.user)),
        ("become_ask_pass", flag(become_user.ask_become_pass)),
        ("become_password_file", file(&become_user.become_password_file)),
        ("tags", tuple(&options.tags.run)),
        ("skip_tags", tuple(&options.tags.skip)),
        ("check", flag(options.check)),
        ("diff", flag(options.diff)),
        ("inventory", tuple(&inventory)),
        ("subset", text(&options.limit)),
        ("flush_cache", flag(options.flush_cache)),
        ("extra_vars", tuple(&flags.general.extra_vars)),
        ("vault_ids", tuple(&flags.vault.ids)),
        ("ask_vault_pass", flag(flags.vault.ask)),
        ("vault_password_files", tuple(&vault)),
        ("forks", options.forks.map(|forks| forks.to_string()).unwrap_or_default()),
        ("module_path", tuple(&flags.run.module_path)),
        ("step", flag(options.step)),
        ("start_at_task", text(&options.start_at_task)),
    ];
    let names: Vec<String> = playbooks.iter().map(|path| path.display().to_string()).collect();
    let mut lines = vec![format!("Positional arguments: {}", names.join(" "))];
    let said = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    lines.extend(said.map(|(name, value)| format!("{name}: {value}")));
    lines
}
