//! Connections as users configure them: inventories, ssh_config and the terminal, through the real program.

use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::sshd::{Sshd, keygen, me};

/// One host `web` with variables, one task; what was said and the exit code.
struct Play<'a> {
    sshd: &'a Sshd,
    folder: tempfile::TempDir,
    variables: Vec<String>,
    config: String,
    environment: Vec<(&'static str, String)>,
}

impl<'a> Play<'a> {
    fn new(sshd: &'a Sshd) -> Play<'a> {
        let folder = tempfile::tempdir().unwrap();
        Play { sshd, folder, variables: Vec::new(), config: String::new(), environment: Vec::new() }
    }

    /// Lines for the host in ssh's configuration: whatever the test does not set reaches the test's own sshd.
    fn config(mut self, lines: &str) -> Play<'a> {
        self.config.push_str(lines);
        self.config.push('\n');
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Play<'a> {
        self.variables.push(format!("      {name}: {value:?}\n"));
        self
    }

    fn environment(mut self, name: &'static str, value: &str) -> Play<'a> {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// A configuration in which everything that reaches the host is written down.
    fn complete(self) -> Play<'a> {
        let (port, id, known) = (self.sshd.port, self.sshd.file("id"), self.sshd.file("known"));
        self.config(&format!(
            "HostName 127.0.0.1\nPort {port}\nIdentityFile {}\nUserKnownHostsFile {}",
            id.display(),
            known.display()
        ))
    }

    fn command(&self) -> Command {
        let config = self.folder.path().join("config");
        std::fs::write(&config, format!("Host web\n{}IdentityAgent none\n", self.config)).unwrap();
        self.command_with(&format!("-F {}", config.display()))
    }

    fn command_with(&self, ssh_args: &str) -> Command {
        let at = |name: &str| self.folder.path().join(name);
        let given: String = self.variables.concat();
        let arguments = format!("      ansible_ssh_args: {ssh_args:?}\n");
        std::fs::write(at("hosts.yml"), format!("all:\n  hosts:\n    web:\n{arguments}{given}")).unwrap();
        let play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - {name: who, raw: \"echo I am $(id -un) $IT_SENT\"}\n";
        std::fs::write(at("play.yml"), play).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_impel"));
        command.arg("run").arg("-i").arg(at("hosts.yml")).arg(at("play.yml")).arg("-vvv");
        command.env("ANSIBLE_NOCOLOR", "1").env_remove("SSH_AUTH_SOCK").env("LC_ALL", "C.UTF-8");
        command.env("ANSIBLE_CONFIG", "/dev/null").envs(self.environment.iter().cloned());
        command
    }

    fn run(&self) -> (i32, String) {
        let output = self.command().stdin(Stdio::null()).output().unwrap();
        let said =
            [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
        (output.status.code().unwrap_or(-1), said)
    }

    fn works(&self, what: &str, by: &str) -> String {
        let (code, said) = self.run();
        assert!(code == 0 && said.contains(&format!("I am {}", me())), "{what}: {code}\n{said}");
        assert!(said.contains(by), "{what}: expected {by:?}\n{said}");
        said
    }

    /// The same at a terminal where each question is answered when it comes.
    fn at_terminal(&self, answers: &[(&str, &str)]) -> (i32, String) {
        let (master, slave) = terminal();
        let mut command = self.command();
        let child =
            command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        let lead = || {
            rustix::process::setsid()?;
            rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
            Ok(())
        };
        #[expect(unsafe_code, reason = "two system calls between fork and exec give the child its terminal")]
        // SAFETY: the closure allocates nothing and takes no lock.
        let child = unsafe { child.pre_exec(lead) };
        let mut child = child.spawn().unwrap();
        drop(command);
        let mut answers = answers.iter();
        let mut next = answers.next();
        let mut seen = String::new();
        let mut from = 0;
        let mut terminal = std::fs::File::from(master);
        let mut buffer = [0; 4096];
        let until = Instant::now() + Duration::from_secs(60);
        // The end of the last process that holds the terminal is an error to read.
        while let Ok(count) = terminal.read(&mut buffer) {
            seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
            if let Some((question, answer)) = next
                && let Some(at) = seen[from..].find(question)
            {
                from += at + question.len();
                terminal.write_all(format!("{answer}\n").as_bytes()).unwrap();
                next = answers.next();
            }
            assert!(Instant::now() < until, "{seen}");
        }
        assert!(next.is_none(), "never asked {next:?}\n{seen}");
        (child.wait().unwrap().code().unwrap_or(-1), seen)
    }
}

fn terminal() -> (OwnedFd, OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = rustix::fs::open(&*name, flags, rustix::fs::Mode::empty()).unwrap();
    (master, slave)
}

const BUILT_IN: &str = "connecting by libssh2";

#[test]
fn keywords_of_ssh_config_are_obeyed_by_libssh2() {
    let Some(sshd) = Sshd::start("") else { return };
    let play = || Play::new(&sshd).complete();
    play().works("HostName, Port, IdentityFile, UserKnownHostsFile", BUILT_IN);
    play().config(&format!("User {}\nIdentitiesOnly yes\nConnectTimeout 7", me())).works("User", BUILT_IN);
    let (code, said) = play().config("User nosuchuser").run();
    assert!(code == 4 && said.contains("nosuchuser@") && said.contains(BUILT_IN), "{code} {said}");

    let Some(hop) = Sshd::start("") else { return };
    let jump = format!(
        "ProxyJump hop\nHost hop\nHostName 127.0.0.1\nPort {}\nIdentityFile {}\nUserKnownHostsFile {}",
        hop.port,
        hop.file("id").display(),
        hop.file("known").display()
    );
    play().config(&jump).works("ProxyJump", BUILT_IN);
    assert!(hop.logged("Accepted publickey"));

    std::fs::write(sshd.file("known"), "").unwrap();
    let (code, said) = play().config("StrictHostKeyChecking yes").run();
    assert!(code == 4 && said.contains("you have requested strict checking"), "{said}");
    play().config("StrictHostKeyChecking accept-new").works("StrictHostKeyChecking", BUILT_IN);
    assert!(std::fs::read_to_string(sshd.file("known")).unwrap().contains("ssh-ed25519"));

    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let start = Instant::now();
    let slow = Play::new(&sshd).config(&format!(
        "HostName 127.0.0.1\nPort {}\nConnectTimeout 1",
        silent.local_addr().unwrap().port()
    ));
    // What the variables say (`timeout`, 10 seconds) comes before the file, as with Ansible.
    let (code, said) = slow.variable("ansible_timeout", "2").run();
    assert!(code == 4 && start.elapsed() < Duration::from_secs(9), "{:?} {said}", start.elapsed());
}

#[test]
fn what_goes_to_the_program_is_said_with_its_reason() {
    let Some(sshd) = Sshd::start("") else { return };
    let Some(hop) = Sshd::start("") else { return };
    let through = format!(
        "ProxyCommand ssh -F none -i {} -o UserKnownHostsFile={} -p {} -W 127.0.0.1:%p 127.0.0.1",
        hop.file("id").display(),
        hop.file("known").display(),
        hop.port
    );
    for (line, reason) in [
        (&*through, "proxycommand ssh -F none"),
        ("ForwardAgent yes", "forwardagent yes in ssh's configuration"),
        (
            "KexAlgorithms sntrup761x25519-sha512@openssh.com",
            "kexalgorithms sntrup761x25519-sha512@openssh.com",
        ),
        ("BindAddress 127.0.0.1", "bindaddress 127.0.0.1"),
    ] {
        let said = Play::new(&sshd).complete().config(line).works(line, &format!(": {reason}"));
        assert!(said.contains("connecting by the ssh program"), "{line}: {said}");
    }
    let (_, said) = Play::new(&sshd).complete().config("ControlPath /dev/null").run();
    assert!(said.contains("the ssh program: controlpath /dev/null in ssh's configuration"), "{said}");
    let matched = "Match exec true\nForwardAgent yes";
    Play::new(&sshd).complete().config(matched).works(matched, "the ssh program: forwardagent yes");
    Play::new(&sshd)
        .complete()
        .variable("ansible_ssh_extra_args", "-A")
        .works("-A", "the ssh program: forwardagent yes in ssh arguments");
    let (_, said) = Play::new(&sshd).complete().variable("ansible_ssh_extra_args", "-W a:1").run();
    assert!(said.contains("the ssh program: -W in ssh arguments"), "{said}");
}

#[test]
fn arguments_in_variables_are_translated() {
    let Some(sshd) = Sshd::start("") else { return };
    let Some(hop) = Sshd::start("") else { return };
    let (port, id, known) = (sshd.port, sshd.file("id"), sshd.file("known"));
    let (id, known) = (id.display(), known.display());
    let here = || Play::new(&sshd).variable("ansible_host", "127.0.0.1");
    for name in ["ansible_ssh_common_args", "ansible_ssh_extra_args"] {
        let given = format!("-o UserKnownHostsFile={known} -o IdentityFile={id} -oPort={port}");
        here().variable(name, &given).works("-o", BUILT_IN);
        let given = format!("-i {id} -p{port} -l {} -o 'UserKnownHostsFile {known}'", me());
        here().variable(name, &given).works("-i -p -l", BUILT_IN);
    }
    let (code, said) = here()
        .variable(
            "ansible_ssh_common_args",
            &format!("-i {id} -p {port} -l nosuch -o UserKnownHostsFile={known}"),
        )
        .run();
    assert!(code == 4 && said.contains("nosuch@"), "{said}");
    let config = sshd.file("other_config");
    std::fs::write(
        &config,
        format!(
            "Host *\nIdentityAgent none\nHost 127.0.0.1\nPort {port}\nIdentityFile {id}\nUserKnownHostsFile {known}\n\
             Host hop\nHostName ::1\nPort {}\nIdentityFile {}\nUserKnownHostsFile {}\nHostKeyAlias hop\n",
            hop.port,
            hop.file("id").display(),
            hop.file("known").display()
        ),
    )
    .unwrap();
    let key = std::fs::read_to_string(hop.file("host_ed25519.pub")).unwrap();
    hop.know(&format!("hop {key}"));
    // The first -F counts, so the test's own must not be there.
    let play = here();
    let mut command = play.command_with(&format!("-F {} -J hop", config.display()));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains(BUILT_IN), "-F -J: {said}");
    assert!(hop.logged("Accepted publickey"));
}

#[test]
fn variables_are_sent_along() {
    let Some(sshd) = Sshd::start("AcceptEnv IT_*") else { return };
    let play = Play::new(&sshd).complete().environment("IT_SENT", "along").environment("NOT_SENT", "x");
    let said = play.config("SendEnv IT_* NOT_*").works("SendEnv", BUILT_IN);
    assert!(said.contains(&format!("I am {} along", me())), "{said}");
    // one alone goes out together with the command; refused or not, whichever answer is read first
    for (name, value) in [("IT_SENT", " alone"), ("NOT_SENT", "")] {
        for _ in 0..5 {
            let play =
                Play::new(&sshd).complete().environment(name, "alone").config(&format!("SendEnv {name}"));
            let said = play.works("SendEnv of one", BUILT_IN);
            assert!(said.contains(&format!("I am {}{value}", me())), "{said}");
        }
    }
    let set = Play::new(&sshd).complete().config("SetEnv IT_SENT=\"two words\"").works("SetEnv", BUILT_IN);
    assert!(set.contains("two words"), "{set}");
    let none = Play::new(&sshd).complete().environment("IT_SENT", "along").works("nothing asked", BUILT_IN);
    assert!(!none.contains("along"), "{none}");
}

#[test]
fn an_unknown_key_is_asked_about_at_a_terminal() {
    let Some(sshd) = Sshd::start("") else { return };
    std::fs::write(sshd.file("known"), "").unwrap();
    let question = "Are you sure you want to continue connecting";
    let (code, said) = Play::new(&sshd).complete().at_terminal(&[(question, "no")]);
    assert!(code == 4 && said.contains("SHA256:") && said.contains("UNREACHABLE"), "{code} {said}");
    assert_eq!(std::fs::read_to_string(sshd.file("known")).unwrap(), "");
    let (code, said) =
        Play::new(&sshd).complete().at_terminal(&[(question, "perhaps"), ("Please type 'yes'", "yes")]);
    assert_eq!(code, 0, "{said}");
    Play::new(&sshd).complete().works("known now", BUILT_IN);
}

#[test]
fn a_passphrase_is_asked_for_at_a_terminal_and_not_shown() {
    let Some(sshd) = Sshd::start("") else { return };
    let key = sshd.file("locked");
    keygen(&key, &["-t", "ed25519", "-N", "open sesame"]);
    std::fs::copy(key.with_extension("pub"), sshd.file("authorized")).unwrap();
    let play = Play::new(&sshd).complete().variable("ansible_ssh_private_key_file", key.to_str().unwrap());
    let asked = "Enter passphrase for key";
    let (code, said) = play.at_terminal(&[(asked, "wrong"), (asked, "open sesame")]);
    assert!(code == 0 && !said.contains("sesame"), "{code} {said}");
    let (code, said) = play.run();
    assert!(code == 4 && said.contains("UNREACHABLE"), "nobody is there to ask: {code} {said}");
}
