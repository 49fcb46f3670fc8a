//! Arguments, variables and configuration files, brought together: what to do, and whether libssh2 can do it.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::spec::{SshSpec, Transport};
use super::arguments::Arguments;
use super::config_files::{ConfigFiles, Relevance};
use super::settings::Settings;

/// Who speaks SSH with a host, and why.
pub enum Choice {
    /// libssh2.
    Ssh2(Box<Settings>),
    /// The system's `ssh`, for this reason.
    Binary(String),
}

type Pairs = Arc<Vec<(String, String)>>;

/// Answers of `ssh -G` with the host they were given for, by file and matching sections.
type Answers = HashMap<(Option<String>, Vec<usize>), (String, Pairs)>;

/// Settles how `ssh` is reached.
///
/// # Errors
/// Arguments or configuration that cannot be understood.
pub fn resolve(ssh: &SshSpec) -> Result<Choice, String> {
    if ssh.transport == Transport::Binary {
        return Ok(Choice::Binary("it was asked for".into()));
    }
    let binary = |why: String| match ssh.transport {
        Transport::Ssh2 => Err(format!("libssh2 cannot do what is configured: {why}")),
        _ => Ok(Choice::Binary(why)),
    };
    let arguments = arguments(ssh)?;
    if let Some(foreign) = arguments.foreign {
        return binary(format!("{foreign} in ssh arguments"));
    }
    let mut settings = Settings::new();
    for (key, value) in &arguments.options {
        if let Err(why) = settings.apply(key, value, None) {
            return binary(format!("{why} in ssh arguments"));
        }
    }
    match configure(&mut settings, ssh, &arguments) {
        Ok(None) => Ok(Choice::Ssh2(Box::new(settings))),
        Ok(Some(why)) => binary(why),
        Err(error) => Err(error),
    }
}

/// All that was given beside the files, in the order in which Ansible's own command line has it.
fn arguments(ssh: &SshSpec) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    arguments.add(&ssh.ssh_args)?;
    let mut option = |key: &str, value: String| arguments.options.push((key.into(), value));
    if !ssh.host_key_checking {
        option("stricthostkeychecking", "no".into());
    }
    if let Some(port) = ssh.port {
        option("port", port.to_string());
    }
    if let Some(file) = &ssh.key_file {
        option("identityfile", file.to_string_lossy().into_owned());
    }
    if ssh.password.is_none() {
        option("kbdinteractiveauthentication", "no".into());
        option("passwordauthentication", "no".into());
    }
    if let Some(user) = &ssh.user {
        option("user", user.clone());
    }
    option("connecttimeout", ssh.timeout.as_secs().max(1).to_string());
    arguments.add(&ssh.common_args)?;
    arguments.add(&ssh.extra_args)?;
    Ok(arguments)
}

/// Adds what the configuration files say; the reason to use the `ssh` program, if there is one.
fn configure(
    settings: &mut Settings,
    ssh: &SshSpec,
    arguments: &Arguments,
) -> Result<Option<String>, String> {
    let config_file = arguments.config_file.as_deref();
    let files = ConfigFiles::read(config_file);
    let host = ssh.address.as_str();
    let key = match files.relevance(host) {
        Relevance::Plain(pairs) => return Ok(apply(settings, &pairs, &[], host)),
        Relevance::Sections(sections) => Some((config_file.map(str::to_owned), sections)),
        Relevance::Own => None,
    };
    static ANSWERS: Mutex<Option<Answers>> = Mutex::new(None);
    let known = key.as_ref().and_then(|key| {
        ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().get(key).cloned()
    });
    let (asked, pairs) = match known {
        Some(known) => known,
        None => {
            // Only `Match` looks at what was given beside the files.
            let given: &[String] = if key.is_none() { &option_words(ssh)? } else { &[] };
            let Some(pairs) = ask(ssh, config_file, given)? else {
                return match files.keywords(host) {
                    Some(pairs) => Ok(apply(settings, &pairs, &[], host)),
                    None => {
                        Err("the ssh configuration has Match lines, and there is no ssh program to ask"
                            .into())
                    }
                };
            };
            let answer = (host.to_owned(), Arc::new(pairs));
            if let Some(key) = key {
                let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
                answers.get_or_insert_default().insert(key, answer.clone());
            }
            answer
        }
    };
    let usual = usual(ssh)?;
    Ok(apply(settings, &pairs, &usual, &asked))
}

fn apply(
    settings: &mut Settings,
    pairs: &[(String, String)],
    usual: &[(String, String)],
    asked: &str,
) -> Option<String> {
    let all = |list: &[(String, String)], key: &str| -> Vec<String> {
        list.iter().filter(|(k, _)| k == key).map(|(_, value)| value.clone()).collect()
    };
    let usual_identities = all(pairs, "identityfile") == all(usual, "identityfile");
    for (key, value) in pairs {
        let is_usual = match key.as_str() {
            // The same answer serves other names with the same sections.
            "hostname" => value.eq_ignore_ascii_case(asked),
            "identityfile" => usual_identities,
            "host" => true,
            _ => usual.contains(&(key.clone(), value.clone())),
        };
        if is_usual {
            continue;
        }
        if let Err(why) = settings.apply(key, value, None) {
            return Some(format!("{why} in ssh's configuration"));
        }
    }
    None
}

/// What `ssh -G` says without any configuration: whatever differs from it was meant.
fn usual(ssh: &SshSpec) -> Result<Pairs, String> {
    static USUAL: Mutex<Option<HashMap<String, Pairs>>> = Mutex::new(None);
    let mut usual = USUAL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pairs) = usual.get_or_insert_default().get(&ssh.executable) {
        return Ok(pairs.clone());
    }
    let plain = SshSpec { executable: ssh.executable.clone(), ..SshSpec::new("impel.invalid") };
    let pairs: Pairs = Arc::new(ask(&plain, Some("none"), &[])?.unwrap_or_default());
    usual.get_or_insert_default().insert(ssh.executable.clone(), pairs.clone());
    Ok(pairs)
}

/// Runs `ssh -G`; `None` where there is no such program.
fn ask(
    ssh: &SshSpec,
    config_file: Option<&str>,
    given: &[String],
) -> Result<Option<Vec<(String, String)>>, String> {
    let mut command = Command::new(&ssh.executable);
    if let Some(file) = config_file {
        command.args(["-F", file]);
    }
    command.args(given).args(["-G", "--", &ssh.address]).stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Ok(Some(parse(&String::from_utf8_lossy(&output.stdout)))),
        Ok(output) => Err(format!("ssh -G: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", ssh.executable)),
    }
}

/// The lines of `ssh -G`.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    let pair = |(key, value): (&str, &str)| match key.to_lowercase() {
        // One variable a line, without the quotes that a file would have around it.
        key if key == "setenv" => (key, shlex::try_quote(value).unwrap_or_default().into_owned()),
        key => (key, value.trim().to_owned()),
    };
    pairs.map(pair).collect()
}

/// The words between `ssh` and the host, for the program itself.
pub fn option_words(ssh: &SshSpec) -> Result<Vec<String>, String> {
    let words = |text: &str| {
        let mut arguments = Arguments::default();
        arguments.add(text).map(|()| arguments.words)
    };
    let mut all = words(&ssh.ssh_args)?;
    let mut option = |text: String| all.extend(["-o".to_owned(), text]);
    if !ssh.host_key_checking {
        option("StrictHostKeyChecking=no".into());
    }
    if let Some(port) = ssh.port {
        option(format!("Port={port}"));
    }
    if let Some(file) = &ssh.key_file {
        option(format!("IdentityFile=\"{}\"", file.display()));
    }
    if ssh.password.is_none() {
        option("KbdInteractiveAuthentication=no".into());
        option("PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey".into());
        option("PasswordAuthentication=no".into());
    }
    if let Some(user) = &ssh.user {
        option(format!("User=\"{user}\""));
    }
    option(format!("ConnectTimeout={}", ssh.timeout.as_secs().max(1)));
    all.extend(words(&ssh.common_args)?);
    all.extend(words(&ssh.extra_args)?);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(text: &str, change: impl Fn(&mut SshSpec)) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        let mut ssh = SshSpec { ssh_args: format!("-F {}", file.display()), ..SshSpec::new("web1") };
        change(&mut ssh);
        match resolve(&ssh)? {
            Choice::Ssh2(settings) => Ok(*settings),
            Choice::Binary(why) => Err(why),
        }
    }

    fn ssh_is_here() -> bool {
        let here = Command::new("ssh").arg("-V").output().is_ok();
        if !here {
            eprintln!("left out: ssh is not installed");
        }
        here
    }

    #[test]
    fn the_files_fill_in_what_the_variables_leave_open() {
        if !ssh_is_here() {
            return;
        }
        let text =
            "Host web*\n HostName 10.0.0.9\n User them\n Port 2200\n ProxyJump hop\n IdentityFile /k\n";
        let settings = settled(text, |ssh| ssh.user = Some("me".into())).unwrap();
        assert_eq!(settings.user.as_deref(), Some("me"));
        assert_eq!((settings.host_name.as_deref(), settings.port), (Some("10.0.0.9"), 2200));
        assert_eq!((settings.jump.as_deref(), settings.identity_files.join(",")), (Some("hop"), "/k".into()));
        let other = settled("Host web*\n Port 7\n", |ssh| ssh.address = "web2".into()).unwrap();
        assert_eq!((other.host_name, other.port, other.identity_files.len()), (None, 7, 0));
    }

    #[test]
    fn what_libssh2_cannot_do_goes_to_the_program_with_the_reason() {
        if !ssh_is_here() {
            return;
        }
        let why = settled("Host *\n ProxyCommand nc %h %p\n", |_| {}).unwrap_err();
        assert_eq!(why, "proxycommand nc %h %p in ssh's configuration");
        let why = settled("", |ssh| ssh.extra_args = "-o ForwardAgent=yes".into()).unwrap_err();
        assert_eq!(why, "forwardagent yes in ssh arguments");
        let why =
            settled("Match user me\n ForwardX11 yes\n", |ssh| ssh.user = Some("me".into())).unwrap_err();
        assert_eq!(why, "forwardx11 yes in ssh's configuration");
        assert!(settled("Match user me\n ForwardX11 yes\n", |ssh| ssh.user = Some("you".into())).is_ok());
        assert!(settled("Nonsense yes\n", |_| {}).unwrap_err().contains("ssh -G"));
    }

    #[test]
    fn without_the_program_the_files_are_read_as_far_as_they_go() {
        let text = "Host web*\n User them\n Port 2200\n";
        let gone = |ssh: &mut SshSpec| ssh.executable = "/nonexistent/ssh".into();
        let settings = settled(text, gone).unwrap();
        assert_eq!((settings.user.as_deref(), settings.port), (Some("them"), 2200));
        assert!(settled("Match user me\n Port 1\n", gone).unwrap_err().contains("no ssh program"));
    }

    #[test]
    fn a_distributions_defaults_stay_with_libssh2() {
        let settings = settled("Host *\n SendEnv LANG LC_*\n HashKnownHosts yes\n", |ssh| {
            ssh.ssh_args.push_str(" -C -o ControlMaster=auto -o ControlPersist=60s");
            ssh.host_key_checking = false;
        })
        .unwrap();
        assert!(settings.hash_known_hosts);
        assert_eq!(settings.strict, super::super::settings::Strict::No);
        assert!(!settings.password, "as Ansible has it, without a password none is tried");
    }
}
