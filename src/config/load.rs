//! The configuration of a run: every key's value with where it comes from.

use super::convert::convert;
use super::discover::discover;
use super::ini::{self, Ini};
use super::keys::{self, Key};
use super::{Environment, Settings};
use crate::diag::{Diagnostic, ErrorKind, Span, nearest};
use impel_modules::Data;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// This environment variable.
    Environment(&'static str),
    /// The configuration file, at this line.
    File(Span),
}

/// A value with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The value.
    pub value: Data,
    /// Where it comes from.
    pub origin: Origin,
}

/// All keys' values.
#[derive(Clone, Debug)]
pub struct Config {
    /// The configuration file in use.
    pub file: Option<PathBuf>,
    /// What impel itself reads, typed.
    pub settings: Settings,
    /// What to warn about.
    pub warnings: Vec<String>,
    /// Keys of the file that nobody knows but that look like known ones: section, key, nearest, place.
    pub unknown: Vec<(String, String, String, Span)>,
    values: HashMap<&'static str, Setting>,
}

impl Config {
    /// Finds the file and reads it and the environment.
    ///
    /// # Errors
    /// The file cannot be read, or a value is not what its key needs (exit code 5).
    pub fn load(environment: &Environment) -> Result<Config, Diagnostic> {
        let (file, warning) = discover(environment);
        let ini = match &file {
            Some(path) => read(path)?,
            None => Ini::default(),
        };
        let mut values = HashMap::new();
        let mut known = BTreeSet::new();
        for key in keys::all() {
            let setting = setting(&key, &ini, file.as_deref(), environment)?;
            values.insert(key.name, setting);
            known.extend(key.ini);
        }
        if let Some(path) = &file {
            let value = path.to_string_lossy().as_ref().into();
            values.insert("CONFIG_FILE", Setting { value, origin: Origin::Default });
        }
        let unknown = unknown(&ini, &known, file.as_deref());
        let settings = Settings::from_values(&values)?;
        Ok(Config { file, settings, warnings: warning.into_iter().collect(), unknown, values })
    }

    /// The value of a key by Ansible's name for it (`DEFAULT_ROLES_PATH`), or an option of a plugin by the plugin's
    /// name (`ssh.ssh_args`).
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.values.get(name)
    }

    /// All keys with their values, by name.
    pub fn all(&self) -> Vec<(&str, &Setting)> {
        let mut all: Vec<_> = self.values.iter().map(|(name, setting)| (*name, setting)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }
}

fn read(path: &Path) -> Result<Ini, Diagnostic> {
    let bytes = std::fs::read(path).map_err(|e| {
        let message = format!("Error reading config file ({}): {e}", path.display());
        Diagnostic::new(ErrorKind::Options, message)
    })?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let message = format!("Error reading config file ({}): {e}", path.display());
        Diagnostic::new(ErrorKind::Options, message).at(Span::new(path, 0, 0))
    })?;
    ini::parse(text.strip_prefix('\u{feff}').unwrap_or(&text), path)
}

/// The environment wins over the file; of several variables or places the last wins.
fn setting(
    key: &Key,
    ini: &Ini,
    file: Option<&Path>,
    environment: &Environment,
) -> Result<Setting, Diagnostic> {
    let variable = key.environment.iter().rev().find_map(|name| Some((*name, environment.get(name)?)));
    if let Some((name, text)) = variable {
        let value = convert(key, text, &environment.folder, environment)
            .map_err(|why| wrong(key, &format!("env: {name}"), text, &why))?;
        return Ok(Setting { value, origin: Origin::Environment(name) });
    }
    let place = key.ini.iter().rev().find_map(|(section, entry)| ini.get(section, entry));
    if let (Some((text, line)), Some(file)) = (place, file) {
        let span = Span::new(file, line, 1);
        let base = file.parent().unwrap_or(Path::new("/"));
        let text = text.replace("{{CWD}}", &environment.folder.to_string_lossy());
        let value = convert(key, &text, base, environment)
            .map_err(|why| wrong(key, &file.display().to_string(), &text, &why).at(span))?;
        return Ok(Setting { value, origin: Origin::File(span) });
    }
    let value = if key.default.is_empty() {
        Data::Null
    } else if key.default == "''" {
        Data::str("")
    } else if key.default == "[]" {
        Data::List(Vec::new())
    } else {
        let home = environment.get("ANSIBLE_HOME").unwrap_or("~/.ansible");
        let text = key.default.replace("{home}", home);
        convert(key, &text, &environment.folder, environment).unwrap_or(Data::Null)
    };
    Ok(Setting { value, origin: Origin::Default })
}

fn wrong(key: &Key, origin: &str, text: &str, why: &str) -> Diagnostic {
    let message = if why.starts_with("Valid") {
        format!("Invalid value '{text}' for config '{}'. {why}", key.name)
    } else {
        format!("Config '{}' from '{origin}' has an invalid value: {why}", key.name)
    };
    Diagnostic::new(ErrorKind::Options, message)
}

/// Keys of the sections that Ansible itself knows, which it does not know but which look like ones it does.
fn unknown(
    ini: &Ini,
    known: &BTreeSet<(&'static str, &'static str)>,
    file: Option<&Path>,
) -> Vec<(String, String, String, Span)> {
    let Some(file) = file else { return Vec::new() };
    let mut unknown: Vec<_> = ini
        .entries()
        .filter(|(section, key, _)| !known.contains(&(*section, *key)))
        .filter_map(|(section, key, line)| {
            let beside = known.iter().filter(|(s, _)| *s == section).map(|(_, k)| *k);
            let near = nearest(key, beside)?;
            Some((section.to_string(), key.to_string(), near.to_string(), Span::new(file, line, 1)))
        })
        .collect();
    unknown.sort_by_key(|(.., span)| span.line);
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cfg: &str, variables: &[(&str, &str)]) -> Result<Config, Diagnostic> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ansible.cfg"), cfg).unwrap();
        let variables = variables.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Config::load(&Environment { variables, folder: folder.path().to_path_buf() })
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let config = with("[defaults]\nforks=7\nremote_user='joe'\n", &[("ANSIBLE_FORKS", "9")]).unwrap();
        assert_eq!(config.get("DEFAULT_FORKS").unwrap().value, Data::Int(9));
        assert_eq!(config.get("DEFAULT_FORKS").unwrap().origin, Origin::Environment("ANSIBLE_FORKS"));
        assert_eq!(config.get("DEFAULT_REMOTE_USER").unwrap().value, Data::str("joe"));
        assert_eq!(config.get("DEFAULT_TIMEOUT").unwrap().value, Data::Int(10));
        assert_eq!(config.settings.forks, Some(9));
    }

    #[test]
    fn paths_in_the_file_are_relative_to_it() {
        let config = with("[defaults]\nroles_path=a:/b:~/c\n", &[("HOME", "/h")]).unwrap();
        let here = config.file.as_ref().unwrap().parent().unwrap().to_path_buf();
        assert_eq!(config.settings.roles_path, [here.join("a"), "/b".into(), "/h/c".into()]);
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_an_option_error_with_its_place() {
        let error = with("[defaults]\nforks = x\n", &[]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Options);
        assert!(error.message.ends_with("has an invalid value: Invalid value provided for 'integer': 'x'"));
        assert_eq!(error.span.unwrap().line, 2);
        let error = with("[defaults]\ngathering=smarty\n", &[]).unwrap_err();
        assert_eq!(
            error.message,
            "Invalid value 'smarty' for config 'DEFAULT_GATHERING'. Valid values are: explicit, implicit, smart"
        );
    }

    #[test]
    fn a_key_that_is_nearly_right_is_told() {
        let config = with("[defaults]\nfork=3\nzzz=1\n", &[]).unwrap();
        let names: Vec<_> =
            config.unknown.iter().map(|(_, key, near, _)| (key.as_str(), near.as_str())).collect();
        assert_eq!(names, [("fork", "forks")]);
    }

    #[test]
    fn the_default_configuration_is_whole() {
        let config = with("", &[("HOME", "/h")]).unwrap();
        assert_eq!(config.settings.forks, None);
        assert_eq!(
            config.settings.roles_path,
            ["/h/.ansible/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"].map(PathBuf::from)
        );
        assert!(config.settings.host_key_checking);
    }
}
