//! Keys that somebody set and that impel does not obey: they are told, never skipped in silence.

use super::{Config, Origin};
use impel_modules::Data;
use impel_modules::args::python_str;

/// The keys that would change what a run does or shows, with the value that changes nothing, and what to say.
///
/// What concerns Python on either side, network devices or pagers alone is not here: there is nothing to obey.
const UNHEEDED: &[(&str, &str, &str)] = &[
    ("ACTION_WARNINGS", "True", "warnings of actions are always shown"),
    ("BECOME_PLUGIN_PATH", "", "plugins in Python are not loaded"),
    ("CALLBACKS_ENABLED", "", "there are no callbacks beside default, minimal and oneline"),
    ("DEFAULT_ALLOW_UNSAFE_LOOKUPS", "False", "what a lookup yields is never a template"),
    ("DEFAULT_KEEP_REMOTE_FILES", "False", "nothing is kept on a host"),
    ("DEFAULT_LOG_FILTER", "", "the log has one source only"),
    ("DEFAULT_STRATEGY_PLUGIN_PATH", "", "plugins in Python are not loaded"),
    ("DISPLAY_TRACEBACK", "never", "there are no tracebacks"),
    ("DUPLICATE_YAML_DICT_KEY", "warn", "a duplicate key is warned of, and the last one stands"),
    ("ENABLE_TASK_DEBUGGER", "False", "the task debugger is not there yet"),
    ("FACTS_MODULES", "smart", "facts are gathered by impel's own setup"),
    ("INVALID_TASK_ATTRIBUTE_FAILED", "True", "an unknown keyword is always an error"),
    ("MAX_FILE_SIZE_FOR_DIFF", "104448", "differences of large files are left out by impel's own measure"),
    ("PLAYBOOK_VARS_ROOT", "top", "variables are read beside the first playbook"),
    ("PLUGIN_FILTERS_CFG", "", "nothing is filtered out"),
    ("RETRY_FILES_ENABLED", "False", "retry files are not written"),
    ("RUN_VARS_PLUGINS", "demand", "files of variables are read when they are needed"),
    ("SSH_AGENT", "none", "no agent is started; one that runs is used"),
    ("VARIABLE_PLUGINS_ENABLED", "host_group_vars", "there are no vars plugins beside host_group_vars"),
    ("YAML_FILENAME_EXTENSIONS", ".yml, .yaml, .json", "files of variables end in .yml, .yaml or .json"),
    ("ssh.reconnection_retries", "0", "a host that cannot be reached is not tried again"),
    ("ssh.pkcs11_provider", "", "keys on tokens are reached through the agent"),
    ("sudo.sudo_chdir", "", "sudo's --chdir is not used"),
];

impl Config {
    /// What somebody set in vain, each as a warning.
    pub fn unheeded(&self) -> Vec<String> {
        let text = |value: &Data| match value {
            Data::Null => String::new(),
            Data::List(items) => items.iter().map(python_str).collect::<Vec<_>>().join(", "),
            value => python_str(value),
        };
        UNHEEDED
            .iter()
            .filter_map(|(name, harmless, why)| {
                let setting = self.get(name)?;
                let place = match &setting.origin {
                    Origin::Default => return None,
                    Origin::Environment(variable) => (*variable).to_string(),
                    Origin::File(span) => format!("{span}"),
                };
                let value = text(&setting.value);
                let same = value == *harmless || value.is_empty();
                (!same).then(|| format!("{place}: {name} = {value} has no effect in impel: {why}"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Environment};

    #[test]
    fn a_key_that_is_not_obeyed_is_told_unless_its_value_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cfg =
            "[defaults]\nretry_files_enabled = true\nfacts_modules = smart\ncallbacks_enabled = timer\n";
        std::fs::write(folder.path().join("ansible.cfg"), cfg).unwrap();
        let variables = [("ANSIBLE_RUN_VARS_PLUGINS".to_string(), "start".to_string())].into();
        let config = Config::load(&Environment { variables, folder: folder.path().to_path_buf() }).unwrap();
        let told = config.unheeded();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("ansible.cfg:4"), "{told:?}");
        assert!(told[0].ends_with("CALLBACKS_ENABLED = timer has no effect in impel: there are no callbacks beside default, minimal and oneline"));
        assert!(told[1].contains("RETRY_FILES_ENABLED = True"));
        assert!(told[2].starts_with("ANSIBLE_RUN_VARS_PLUGINS: "));
    }
}
