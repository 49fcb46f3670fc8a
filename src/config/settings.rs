//! The keys that impel itself reads, typed.

use super::{Origin, Setting};
use crate::diag::{Diagnostic, ErrorKind};
use impel_modules::Data;
use std::collections::HashMap;
use std::path::PathBuf;

/// When facts are gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gathering {
    /// Unless a play says no.
    #[default]
    Implicit,
    /// Where a play says yes.
    Explicit,
    /// Unless a play says no, once per host.
    Smart,
}

/// What becomes of a dictionary that two scopes define.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashBehaviour {
    /// The stronger one stands.
    #[default]
    Replace,
    /// They are merged.
    Merge,
}

/// The keys that impel itself reads. Strings that nobody set are `None`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `forks`, where somebody set it.
    pub forks: Option<usize>,
    /// `host_key_checking`.
    pub host_key_checking: bool,
    /// `remote_user`.
    pub remote_user: Option<String>,
    /// `remote_port`.
    pub remote_port: Option<u16>,
    /// `private_key_file`.
    pub private_key: Option<PathBuf>,
    /// `timeout`, seconds.
    pub timeout: u64,
    /// `task_timeout`, seconds; 0 is none.
    pub task_timeout: u64,
    /// `transport`.
    pub transport: String,
    /// `executable`.
    pub executable: String,
    /// `become`.
    pub become_: bool,
    /// `become_method`.
    pub become_method: String,
    /// `become_user`.
    pub become_user: String,
    /// `become_exe`.
    pub become_exe: Option<String>,
    /// `become_flags`.
    pub become_flags: Option<String>,
    /// `become_allow_same_user`.
    pub become_allow_same_user: bool,
    /// `become_ask_pass`.
    pub become_ask_pass: bool,
    /// `become_password_file`.
    pub become_password_file: Option<PathBuf>,
    /// `ask_pass`.
    pub ask_pass: bool,
    /// `connection_password_file`.
    pub connection_password_file: Option<PathBuf>,
    /// `ask_vault_pass`.
    pub ask_vault_pass: bool,
    /// `vault_password_file`.
    pub vault_password_file: Option<PathBuf>,
    /// `vault_identity_list`.
    pub vault_identities: Vec<String>,
    /// `vault_identity`: what a password without a name is called.
    pub vault_identity: String,
    /// `vault_id_match`: a vault is opened only with passwords of its own name.
    pub vault_id_match: bool,
    /// `vault_encrypt_identity`: the password to encrypt with, by name.
    pub vault_encrypt_identity: Option<String>,
    /// `vault_encrypt_salt`.
    pub vault_encrypt_salt: Option<String>,
    /// `roles_path`.
    pub roles_path: Vec<PathBuf>,
    /// `collections_path`.
    pub collections_path: Vec<PathBuf>,
    /// `library`.
    pub library: Vec<PathBuf>,
    /// `inventory`.
    pub inventory: Vec<PathBuf>,
    /// `enable_plugins` of the inventory.
    pub inventory_plugins: Vec<String>,
    /// `ignore_extensions` of the inventory.
    pub inventory_ignore_extensions: Vec<String>,
    /// `ignore_patterns` of the inventory.
    pub inventory_ignore_patterns: Vec<String>,
    /// `unparsed_is_failed`.
    pub inventory_unparsed_is_failed: bool,
    /// `any_unparsed_is_failed`.
    pub inventory_any_unparsed_is_failed: bool,
    /// `inventory_unparsed_warning`.
    pub inventory_unparsed_warning: bool,
    /// `host_pattern_mismatch`: `warning`, `error` or `ignore`.
    pub host_pattern_mismatch: String,
    /// `localhost_warning`.
    pub localhost_warning: bool,
    /// `force_valid_group_names`.
    pub transform_group_names: String,
    /// `gathering`.
    pub gathering: Gathering,
    /// `hash_behaviour`.
    pub hash_behaviour: HashBehaviour,
    /// `inject_facts_as_vars`.
    pub inject_facts: bool,
    /// `private_role_vars`.
    pub private_role_vars: bool,
    /// `playbook_vars_root`.
    pub playbook_vars_root: String,
    /// `strategy`.
    pub strategy: String,
    /// `any_errors_fatal`.
    pub any_errors_fatal: bool,
    /// `force_handlers`.
    pub force_handlers: bool,
    /// `error_on_missing_handler`.
    pub error_on_missing_handler: bool,
    /// `invalid_task_attribute_failed`.
    pub invalid_task_attribute_failed: bool,
    /// `no_log`.
    pub no_log: bool,
    /// `allow_broken_conditionals`.
    pub allow_broken_conditionals: bool,
    /// `jinja2_extensions`.
    pub jinja_extensions: Vec<String>,
    /// `duplicate_dict_key`: `warn`, `error` or `ignore`.
    pub duplicate_keys: String,
    /// `ansible_managed`.
    pub managed: String,
    /// `diff: always`.
    pub diff: bool,
    /// `diff: context`.
    pub diff_context: usize,
    /// `max_diff_size`.
    pub diff_size: u64,
    /// `tags: run`.
    pub tags_run: Vec<String>,
    /// `tags: skip`.
    pub tags_skip: Vec<String>,
    /// `verbosity`.
    pub verbosity: u8,
    /// `verbose_to_stderr`.
    pub verbose_to_stderr: bool,
    /// `stdout_callback`.
    pub stdout_callback: String,
    /// `callbacks_enabled`.
    pub callbacks: Vec<String>,
    /// `log_path`.
    pub log_path: Option<PathBuf>,
    /// `deprecation_warnings`.
    pub deprecation_warnings: bool,
    /// `system_warnings`.
    pub system_warnings: bool,
    /// `force_color`.
    pub force_colour: bool,
    /// `nocolor`.
    pub no_colour: bool,
    /// `retry_files_enabled`.
    pub retry_files: bool,
    /// `retry_files_save_path`.
    pub retry_files_path: Option<PathBuf>,
    /// `poll_interval`.
    pub poll_interval: u64,
    /// `module_name`.
    pub module: String,
    /// `ssh_args`.
    pub ssh_args: String,
    /// `ssh_common_args`.
    pub ssh_common_args: Option<String>,
    /// `ssh_extra_args`.
    pub ssh_extra_args: Option<String>,
    /// `ssh_executable`.
    pub ssh_executable: String,
    /// `retries` of the ssh connection.
    pub ssh_retries: u64,
    /// `remote_tmp`.
    pub remote_tmp: String,
    /// `home`.
    pub home: PathBuf,
    /// `fact_caching`.
    pub fact_caching: String,
}

impl Settings {
    /// Takes what impel reads out of all values, and refuses what it does not have yet.
    pub(super) fn from_values(values: &HashMap<&'static str, Setting>) -> Result<Settings, Diagnostic> {
        let of = Values(values);
        of.refuse_unwritten()?;
        let forks = values.get("DEFAULT_FORKS").filter(|setting| setting.origin != Origin::Default);
        Ok(Settings {
            forks: forks.map(|_| of.number("DEFAULT_FORKS") as usize),
            host_key_checking: of.flag("HOST_KEY_CHECKING") && of.flag("ssh.host_key_checking"),
            remote_user: of.text_if("DEFAULT_REMOTE_USER"),
            remote_port: u16::try_from(of.number("DEFAULT_REMOTE_PORT")).ok().filter(|port| *port > 0),
            private_key: of.path_if("DEFAULT_PRIVATE_KEY_FILE"),
            timeout: of.number("ssh.timeout"),
            task_timeout: of.number("TASK_TIMEOUT"),
            transport: of.text("DEFAULT_TRANSPORT"),
            executable: of.text("DEFAULT_EXECUTABLE"),
            become_: of.flag("DEFAULT_BECOME"),
            become_method: of.text("DEFAULT_BECOME_METHOD"),
            become_user: of.text("DEFAULT_BECOME_USER"),
            become_exe: of.text_if("DEFAULT_BECOME_EXE"),
            become_flags: of.text_if("DEFAULT_BECOME_FLAGS"),
            become_allow_same_user: of.flag("BECOME_ALLOW_SAME_USER"),
            become_ask_pass: of.flag("DEFAULT_BECOME_ASK_PASS"),
            become_password_file: of.path_if("BECOME_PASSWORD_FILE"),
            ask_pass: of.flag("DEFAULT_ASK_PASS"),
            connection_password_file: of.path_if("CONNECTION_PASSWORD_FILE"),
            ask_vault_pass: of.flag("DEFAULT_ASK_VAULT_PASS"),
            vault_password_file: of.path_if("DEFAULT_VAULT_PASSWORD_FILE"),
            vault_identities: of.texts("DEFAULT_VAULT_IDENTITY_LIST"),
            vault_identity: of.text("DEFAULT_VAULT_IDENTITY"),
            vault_id_match: of.flag("DEFAULT_VAULT_ID_MATCH"),
            vault_encrypt_identity: of.text_if("DEFAULT_VAULT_ENCRYPT_IDENTITY"),
            vault_encrypt_salt: of.text_if("VAULT_ENCRYPT_SALT"),
            roles_path: of.paths("DEFAULT_ROLES_PATH"),
            collections_path: of.paths("COLLECTIONS_PATHS"),
            library: of.paths("DEFAULT_MODULE_PATH"),
            inventory: of.paths("DEFAULT_HOST_LIST"),
            inventory_plugins: of.texts("INVENTORY_ENABLED"),
            inventory_ignore_extensions: of.texts("INVENTORY_IGNORE_EXTS"),
            inventory_ignore_patterns: of.texts("INVENTORY_IGNORE_PATTERNS"),
            inventory_unparsed_is_failed: of.flag("INVENTORY_UNPARSED_IS_FAILED"),
            inventory_any_unparsed_is_failed: of.flag("INVENTORY_ANY_UNPARSED_IS_FAILED"),
            inventory_unparsed_warning: of.flag("INVENTORY_UNPARSED_WARNING"),
            host_pattern_mismatch: of.text("HOST_PATTERN_MISMATCH"),
            localhost_warning: of.flag("LOCALHOST_WARNING"),
            transform_group_names: of.text("TRANSFORM_INVALID_GROUP_CHARS"),
            gathering: match of.text("DEFAULT_GATHERING").as_str() {
                "explicit" => Gathering::Explicit,
                "smart" => Gathering::Smart,
                _ => Gathering::Implicit,
            },
            hash_behaviour: match of.text("DEFAULT_HASH_BEHAVIOUR").as_str() {
                "merge" => HashBehaviour::Merge,
                _ => HashBehaviour::Replace,
            },
            inject_facts: of.flag("INJECT_FACTS_AS_VARS"),
            private_role_vars: of.flag("DEFAULT_PRIVATE_ROLE_VARS"),
            playbook_vars_root: of.text("PLAYBOOK_VARS_ROOT"),
            strategy: of.text("DEFAULT_STRATEGY"),
            any_errors_fatal: of.flag("ANY_ERRORS_FATAL"),
            force_handlers: of.flag("DEFAULT_FORCE_HANDLERS"),
            error_on_missing_handler: of.flag("ERROR_ON_MISSING_HANDLER"),
            invalid_task_attribute_failed: of.flag("INVALID_TASK_ATTRIBUTE_FAILED"),
            no_log: of.flag("DEFAULT_NO_LOG"),
            allow_broken_conditionals: of.flag("ALLOW_BROKEN_CONDITIONALS"),
            jinja_extensions: of.texts("DEFAULT_JINJA2_EXTENSIONS"),
            duplicate_keys: of.text("DUPLICATE_YAML_DICT_KEY"),
            managed: of.text("DEFAULT_MANAGED_STR"),
            diff: of.flag("DIFF_ALWAYS"),
            diff_context: of.number("DIFF_CONTEXT") as usize,
            diff_size: of.number("MAX_FILE_SIZE_FOR_DIFF"),
            tags_run: of.texts("TAGS_RUN"),
            tags_skip: of.texts("TAGS_SKIP"),
            verbosity: u8::try_from(of.number("DEFAULT_VERBOSITY")).unwrap_or(u8::MAX),
            verbose_to_stderr: of.flag("VERBOSE_TO_STDERR"),
            stdout_callback: of.text("DEFAULT_STDOUT_CALLBACK"),
            callbacks: of.texts("CALLBACKS_ENABLED"),
            log_path: of.path_if("DEFAULT_LOG_PATH"),
            deprecation_warnings: of.flag("DEPRECATION_WARNINGS"),
            system_warnings: of.flag("SYSTEM_WARNINGS"),
            force_colour: of.flag("ANSIBLE_FORCE_COLOR"),
            no_colour: of.flag("ANSIBLE_NOCOLOR"),
            retry_files: of.flag("RETRY_FILES_ENABLED"),
            retry_files_path: of.path_if("RETRY_FILES_SAVE_PATH"),
            poll_interval: of.number("DEFAULT_POLL_INTERVAL"),
            module: of.text("DEFAULT_MODULE_NAME"),
            ssh_args: of.text("ssh.ssh_args"),
            ssh_common_args: of.text_if("ssh.ssh_common_args"),
            ssh_extra_args: of.text_if("ssh.ssh_extra_args"),
            ssh_executable: of.text("ssh.ssh_executable"),
            ssh_retries: of.number("ssh.reconnection_retries"),
            remote_tmp: of.text("sh.remote_tmp"),
            home: of.path_if("ANSIBLE_HOME").unwrap_or_default(),
            fact_caching: of.text("CACHE_PLUGIN"),
        })
    }
}

/// Typed reading; what is missing or of another type is that type's nothing.
struct Values<'a>(&'a HashMap<&'static str, Setting>);

impl Values<'_> {
    fn value(&self, name: &str) -> &Data {
        self.0.get(name).map_or(&Data::Null, |setting| &setting.value)
    }

    fn flag(&self, name: &str) -> bool {
        match self.value(name) {
            Data::Str(text) => super::convert::is_true(&text.text),
            value => value.as_bool().unwrap_or(false),
        }
    }

    /// A text that Ansible takes for true wherever it is not empty, but for the words of its own default.
    fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Data::Int(number) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }

    fn text(&self, name: &str) -> String {
        self.text_if(name).unwrap_or_default()
    }

    fn text_if(&self, name: &str) -> Option<String> {
        self.value(name).as_str().filter(|text| !text.is_empty()).map(str::to_string)
    }

    fn path_if(&self, name: &str) -> Option<PathBuf> {
        self.text_if(name).map(PathBuf::from)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let items = self.value(name).as_list().unwrap_or_default();
        items.iter().filter_map(Data::as_str).map(str::to_string).collect()
    }

    fn paths(&self, name: &str) -> Vec<PathBuf> {
        self.texts(name).into_iter().map(PathBuf::from).collect()
    }

    /// Facts caches beside memory and Jinja extensions would change what a run does; ignoring them in silence
    /// would be a lie.
    fn refuse_unwritten(&self) -> Result<(), Diagnostic> {
        let refuse = |name: &str, what: String| {
            let error = Diagnostic::new(ErrorKind::Options, what);
            match self.0.get(name).map(|setting| &setting.origin) {
                Some(Origin::File(span)) => Err(error.at(*span)),
                Some(Origin::Environment(variable)) => Err(error.hint(format!("it is set by {variable}"))),
                _ => Err(error),
            }
        };
        match self.text("CACHE_PLUGIN").trim_start_matches("ansible.builtin.") {
            "memory" => {}
            "jsonfile" if self.text("CACHE_PLUGIN_CONNECTION").is_empty() => {
                let message = "error in 'ansible.builtin.jsonfile' cache plugin: fact_caching_connection must name a folder";
                return refuse("CACHE_PLUGIN", message.into());
            }
            "jsonfile" => {}
            other => {
                return refuse(
                    "CACHE_PLUGIN",
                    format!("fact_caching = {other} is not there; memory and jsonfile are"),
                );
            }
        }
        const EXTENSIONS: [&str; 4] = ["do", "loopcontrols", "i18n", "debug"];
        let known =
            |name: &&String| name.strip_prefix("jinja2.ext.").is_some_and(|name| EXTENSIONS.contains(&name));
        if let Some(other) = self.texts("DEFAULT_JINJA2_EXTENSIONS").iter().find(|name| !known(name)) {
            return refuse("DEFAULT_JINJA2_EXTENSIONS", format!("the Jinja extension {other} is not there"));
        }
        Ok(())
    }
}
