//! What a host's configuration comes to, as far as libssh2 can do it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

/// What to do about a host key that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strict {
    /// Refuse.
    Yes,
    /// Ask, where somebody is there.
    Ask,
    /// Accept and keep it; refuse a changed one.
    AcceptNew,
    /// Accept whatever comes.
    No,
}

/// Which kind of address a name may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Either.
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}

/// Everything that libssh2 is told.
#[derive(Clone, Debug)]
pub struct Settings {
    pub host_name: Option<String>,
    pub port: u16,
    pub user: Option<String>,
    /// As written: `~` and tokens are expanded when they are used.
    pub identity_files: Vec<String>,
    pub certificate_files: Vec<String>,
    pub identities_only: bool,
    /// `IdentityAgent`: a socket's path, `none`, or nothing for `$SSH_AUTH_SOCK`.
    pub identity_agent: Option<String>,
    pub jump: Option<String>,
    pub timeout: Option<Duration>,
    pub strict: Strict,
    pub user_known_hosts: Vec<String>,
    pub global_known_hosts: Vec<String>,
    pub host_key_alias: Option<String>,
    pub hash_known_hosts: bool,
    pub publickey: bool,
    pub password: bool,
    pub keyboard_interactive: bool,
    pub preferred: Vec<String>,
    pub batch_mode: bool,
    pub family: Family,
    pub attempts: u32,
    pub alive_interval: Option<Duration>,
    pub alive_count: u32,
    /// `SendEnv`: patterns of names whose variables go along; those with `-` in front do not.
    pub send_env: Vec<String>,
    /// `SetEnv`: `NAME=value`.
    pub set_env: Vec<String>,
    /// Algorithms where the configuration names others than the usual ones, by keyword.
    pub algorithms: HashMap<&'static str, String>,
    seen: HashSet<String>,
}

/// Keywords that make no difference to a pipe of requests.
const HARMLESS: &[&str] = &[
    "addkeystoagent",
    "batchmode",
    "casignaturealgorithms",
    "checkhostip",
    "clearallforwardings",
    "compression",
    "controlmaster",
    "controlpersist",
    "enableescapecommandline",
    "enablesshkeysign",
    "escapechar",
    "exitonforwardfailure",
    "fingerprinthash",
    "forwardx11timeout",
    "forwardx11trusted",
    "gatewayports",
    "gssapidelegatecredentials",
    "gssapikexalgorithms",
    "gssapikeyexchange",
    "gssapirenewalforcesrekey",
    "gssapiclientidentity",
    "gssapiserveridentity",
    "gssapitrustdns",
    "host",
    "hostbasedacceptedalgorithms",
    "hostbasedauthentication",
    "hostbasedkeytypes",
    "ignoreunknown",
    "include",
    "ipqos",
    "kbdinteractivedevices",
    "loglevel",
    "logverbose",
    "nohostauthenticationforlocalhost",
    "numberofpasswordprompts",
    "obscurekeystroketiming",
    "permitremoteopen",
    "protocol",
    "pubkeyacceptedalgorithms",
    "pubkeyacceptedkeytypes",
    "rekeylimit",
    "requiredrsasize",
    "securitykeyprovider",
    "streamlocalbindmask",
    "streamlocalbindunlink",
    "syslogfacility",
    "tag",
    "tcpkeepalive",
    "updatehostkeys",
    "useroaming",
    "usekeychain",
    "verifyhostkeydns",
    "versionaddendum",
    "visualhostkey",
    "warnweakcrypto",
    "xauthlocation",
    "refuseconnection",
    "channeltimeout",
    "sessiontype",
    "stdinnull",
    "forkafterauthentication",
    "proxyusefdpass",
    "pkcs11provider",
    "requesttty",
    "canonicalizefallbacklocal",
    "canonicalizemaxdots",
    "canonicalizepermittedcnames",
    "canonicaldomains",
];

/// Harmless only with these values.
const HARMLESS_AS: &[(&str, &[&str])] = &[
    ("verifyhostkeydns", &["no", "false"]),
    ("pkcs11provider", &["none"]),
    ("nohostauthenticationforlocalhost", &["no"]),
    ("sessiontype", &["default"]),
    ("stdinnull", &["no"]),
    ("forkafterauthentication", &["no"]),
    ("requesttty", &["no", "auto", "false"]),
    ("hostbasedauthentication", &["no"]),
    ("gssapikeyexchange", &["no"]),
    ("forwardagent", &["no"]),
    ("forwardx11", &["no"]),
    ("proxycommand", &["none"]),
    ("permitlocalcommand", &["no"]),
    ("canonicalizehostname", &["no", "false", "none"]),
    ("tunnel", &["no", "false"]),
    ("controlpath", &["none"]),
    ("remotecommand", &["none"]),
    ("localcommand", &["none"]),
    ("bindaddress", &["none"]),
    ("knownhostscommand", &["none"]),
    ("revokedhostkeys", &["none"]),
];

const ALGORITHMS: &[&str] = &["ciphers", "macs", "kexalgorithms", "hostkeyalgorithms"];

impl Settings {
    /// What holds without any configuration.
    pub fn new() -> Settings {
        Settings {
            host_name: None,
            port: 22,
            user: None,
            identity_files: Vec::new(),
            certificate_files: Vec::new(),
            identities_only: false,
            identity_agent: None,
            jump: None,
            timeout: None,
            strict: Strict::Ask,
            user_known_hosts: vec!["~/.ssh/known_hosts".into(), "~/.ssh/known_hosts2".into()],
            global_known_hosts: vec!["/etc/ssh/ssh_known_hosts".into(), "/etc/ssh/ssh_known_hosts2".into()],
            host_key_alias: None,
            hash_known_hosts: false,
            publickey: true,
            password: true,
            keyboard_interactive: true,
            preferred: ["publickey", "keyboard-interactive", "password"].map(Into::into).into(),
            batch_mode: false,
            family: Family::Any,
            attempts: 1,
            alive_interval: None,
            alive_count: 3,
            send_env: Vec::new(),
            set_env: Vec::new(),
            algorithms: HashMap::new(),
            seen: HashSet::new(),
        }
    }

    /// Takes a keyword in lower case and its value, unless it was given before. `usual` is what `ssh -G` says
    /// of it without any configuration.
    ///
    /// # Errors
    /// What libssh2 cannot do: the reason to use the `ssh` program.
    pub fn apply(&mut self, key: &str, value: &str, usual: Option<&str>) -> Result<(), String> {
        let reason = || Err(format!("{key} {value}"));
        let many = matches!(key, "identityfile" | "certificatefile" | "sendenv" | "setenv");
        if !many && !self.seen.insert(key.to_owned()) {
            return Ok(());
        }
        let yes = matches!(value, "yes" | "true");
        let text = || Some(value.to_owned()).filter(|value| value != "none");
        let seconds = || value.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let files = || value.split_whitespace().map(|file| file.trim_matches('"').to_owned()).collect();
        match key {
            "hostname" => self.host_name = Some(value.into()),
            "port" => match value.parse() {
                Ok(port) => self.port = port,
                Err(_) => return reason(),
            },
            "user" => self.user = Some(value.into()),
            "identityfile" if value == "none" => {}
            "identityfile" => self.identity_files.push(value.into()),
            "certificatefile" => self.certificate_files.push(value.into()),
            "identitiesonly" => self.identities_only = yes,
            "identityagent" if value == "SSH_AUTH_SOCK" => {}
            "identityagent" => self.identity_agent = Some(value.into()),
            "proxyjump" => self.jump = text(),
            "connecttimeout" => self.timeout = seconds(),
            "stricthostkeychecking" => {
                self.strict = match value {
                    "yes" | "true" => Strict::Yes,
                    "no" | "off" | "false" => Strict::No,
                    "accept-new" => Strict::AcceptNew,
                    _ => Strict::Ask,
                }
            }
            "userknownhostsfile" => self.user_known_hosts = files(),
            "globalknownhostsfile" => self.global_known_hosts = files(),
            "hostkeyalias" => self.host_key_alias = text(),
            "hashknownhosts" => self.hash_known_hosts = yes,
            "pubkeyauthentication" => self.publickey = value != "no" && value != "false",
            "passwordauthentication" => self.password = yes,
            "kbdinteractiveauthentication" | "challengeresponseauthentication" => {
                self.keyboard_interactive = yes
            }
            "preferredauthentications" => self.preferred = value.split(',').map(Into::into).collect(),
            "batchmode" => self.batch_mode = yes,
            "sendenv" => self.send_env.extend(value.split_whitespace().map(str::to_owned)),
            "setenv" => match shlex::split(value) {
                Some(pairs) if pairs.iter().all(|pair| pair.contains('=')) => self.set_env.extend(pairs),
                _ => return reason(),
            },
            "addressfamily" => {
                self.family = match value {
                    "inet" => Family::Inet,
                    "inet6" => Family::Inet6,
                    _ => Family::Any,
                }
            }
            "connectionattempts" => self.attempts = value.parse().unwrap_or(1).max(1),
            "serveraliveinterval" => self.alive_interval = seconds(),
            "serveralivecountmax" => self.alive_count = value.parse().unwrap_or(3),
            // Debian's configuration asks for it on every machine; without a ticket it does nothing.
            "gssapiauthentication" if !yes || !has_ticket() => {}
            "gssapiauthentication" => return Err("gssapiauthentication yes, and there is a ticket".into()),
            // Somebody may have logged in by hand and left the connection open for others.
            "controlpath" if !Path::new(value).exists() => {}
            _ if usual == Some(value) => {}
            _ if ALGORITHMS.contains(&key) => {
                if let Some(key) = ALGORITHMS.iter().find(|name| **name == key) {
                    self.algorithms.insert(key, value.to_owned());
                }
            }
            _ => {
                if let Some((_, values)) = HARMLESS_AS.iter().find(|(name, _)| *name == key) {
                    return if values.contains(&value) { Ok(()) } else { reason() };
                }
                if !HARMLESS.contains(&key) {
                    return reason();
                }
            }
        }
        Ok(())
    }

    /// Whether a line of a configuration file with this keyword can be left to whatever reads it later.
    pub fn needs_no_look(key: &str) -> bool {
        matches!(
            key,
            "sendenv" | "hashknownhosts" | "gssapiauthentication" | "compression" | "loglevel" | "ipqos"
        ) || (HARMLESS.contains(&key) && !HARMLESS_AS.iter().any(|(name, _)| *name == key))
    }

    /// The variables that go along with a shell, of those that `environment` holds.
    pub fn environment(&self, environment: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
        let mut sent: Vec<(String, String)> = Vec::new();
        for pair in &self.set_env {
            if let Some((name, value)) = pair.split_once('=')
                && !sent.iter().any(|(known, _)| known == name)
            {
                sent.push((name.to_owned(), value.to_owned()));
            }
        }
        let wanted = |name: &str| {
            self.send_env.iter().fold(false, |wanted, pattern| match pattern.strip_prefix('-') {
                Some(pattern) => wanted && !super::config_files::fits(pattern, name),
                None => wanted || super::config_files::fits(pattern, name),
            })
        };
        let mut kept: Vec<(String, String)> = environment.filter(|(name, _)| wanted(name)).collect();
        kept.retain(|(name, _)| !sent.iter().any(|(known, _)| known == name));
        kept.sort();
        sent.extend(kept);
        sent
    }

    /// The files to take identities from.
    pub fn identities(&self, host: &str, user: &str) -> Vec<PathBuf> {
        let usual = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"].map(str::to_owned);
        let files = if self.identity_files.is_empty() { &usual[..] } else { &self.identity_files };
        files.iter().map(|file| self.expand(file, host, user)).collect()
    }

    /// A path with `~`, `${NAME}` and ssh's tokens expanded.
    pub fn expand(&self, path: &str, host: &str, user: &str) -> PathBuf {
        let home = home();
        let path = match path.strip_prefix("~/") {
            Some(rest) => home.join(rest).to_string_lossy().into_owned(),
            None => path.to_owned(),
        };
        let mut expanded = String::new();
        let mut rest = path.as_str();
        while let Some(at) = rest.find(['%', '$']) {
            expanded.push_str(&rest[..at]);
            let tail = &rest[at..];
            if let Some((name, after)) = tail.strip_prefix("${").and_then(|tail| tail.split_once('}')) {
                expanded.push_str(&std::env::var(name).unwrap_or_default());
                rest = after;
                continue;
            }
            let mut letters = tail.chars();
            let first = letters.next();
            rest = letters.as_str();
            if first == Some('$') {
                expanded.push('$');
                continue;
            }
            match letters.next() {
                Some('%') => expanded.push('%'),
                Some('d') => expanded.push_str(&home.to_string_lossy()),
                Some('h') => expanded.push_str(self.host_name.as_deref().unwrap_or(host)),
                Some('n') => expanded.push_str(host),
                Some('k') => expanded.push_str(self.host_key_alias.as_deref().unwrap_or(host)),
                Some('p') => expanded.push_str(&self.port.to_string()),
                Some('r') => expanded.push_str(user),
                Some('u') => expanded.push_str(&login().0),
                Some('i') => expanded.push_str(&rustix::process::getuid().as_raw().to_string()),
                Some(other) => expanded.extend(['%', other]),
                None => expanded.push('%'),
            }
            rest = letters.as_str();
        }
        expanded.push_str(rest);
        PathBuf::from(expanded)
    }
}

fn has_ticket() -> bool {
    std::env::var_os("KRB5CCNAME").is_some()
        || Path::new(&format!("/tmp/krb5cc_{}", rustix::process::getuid().as_raw())).exists()
}

/// The user's folder as `ssh` sees it: by the user database, not by `$HOME`.
pub fn home() -> PathBuf {
    let known = PathBuf::from(&login().1);
    if known.as_os_str().is_empty() { std::env::home_dir().unwrap_or_default() } else { known }
}

/// Name and folder of whoever runs impel; looked up once.
pub fn login() -> &'static (String, String) {
    static LOGIN: LazyLock<(String, String)> = LazyLock::new(look_up_login);
    &LOGIN
}

fn look_up_login() -> (String, String) {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let found = users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[..] {
            [name, _, uid, _, _, home, ..] if uid == id => Some((name.to_owned(), home.to_owned())),
            _ => None,
        }
    });
    found.unwrap_or_else(|| {
        let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
        (name.unwrap_or_default(), std::env::var("HOME").unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_wins_and_files_gather() {
        let mut settings = Settings::new();
        for (key, value) in [("port", "1"), ("port", "2"), ("identityfile", "a"), ("identityfile", "b")] {
            settings.apply(key, value, None).unwrap();
        }
        assert_eq!((settings.port, settings.identity_files.join(" ")), (1, "a b".into()));
    }

    #[test]
    fn what_libssh2_cannot_do_is_a_reason() {
        for (key, value) in [
            ("proxycommand", "nc %h %p"),
            ("forwardagent", "yes"),
            ("pkcs11provider", "/x.so"),
            ("canonicalizehostname", "yes"),
            ("localforward", "1 a:2"),
            ("nosuchword", "x"),
            ("controlpath", "/dev/null"),
        ] {
            assert_eq!(Settings::new().apply(key, value, None), Err(format!("{key} {value}")));
        }
        for (key, value) in [
            ("proxycommand", "none"),
            ("sendenv", "LANG LC_*"),
            ("controlmaster", "auto"),
            ("loglevel", "ERROR"),
            ("controlpath", "/nowhere/%h"),
        ] {
            assert_eq!(Settings::new().apply(key, value, None), Ok(()), "{key}");
        }
        assert_eq!(
            Settings::new().apply("nosuchword", "x", Some("x")),
            Ok(()),
            "what is usual makes no difference"
        );
    }

    #[test]
    fn variables_go_along_as_the_configuration_says() {
        let mut settings = Settings::new();
        for (key, value) in [("sendenv", "LANG LC_*"), ("sendenv", "-LC_A*"), ("setenv", "A=b 'C=d e'")] {
            settings.apply(key, value, None).unwrap();
        }
        let here = ["LANG=de", "LC_ALL=x", "LC_TIME=t", "HOME=h", "A=z", "lang=n"];
        let here = here.iter().filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.into(), v.into()));
        let sent: Vec<String> = settings.environment(here).iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(sent, ["A=b", "C=d e", "LANG=de", "LC_TIME=t"]);
        assert!(Settings::new().apply("setenv", "A", None).is_err());
    }

    #[test]
    fn paths_are_expanded() {
        let mut settings = Settings::new();
        settings.apply("hostname", "real", None).unwrap();
        let expand = |path| settings.expand(path, "alias", "me").to_string_lossy().into_owned();
        assert_eq!(expand("/k/%n-%h-%r-%p%%/$x"), "/k/alias-real-me-22%/$x");
        assert_eq!(expand("~/x"), home().join("x").to_string_lossy());
        assert_eq!(expand("/a%"), "/a%");
    }
}
