//! Shells over SSH, by libssh2 and by the system's program, against a real sshd.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod command_line;
mod identity;
mod sshd;

use std::process::{Command as Process, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use impel::pipe::{Connection, ConnectionSpec, Nobody, Prompter, Reach, Secret, Shell, SshSpec, Transport};
use impel_modules::host::{Command, Payload, Pipe, PipeError, Reply, Request, Run, Script};
use sshd::{Sshd, am_root, keygen, me};

static SCRIPT: Script = Script { name: "ssh tests", text: include_str!("../shells.sh"), needs: &[] };

/// Answers in order; keeps what it was asked.
#[derive(Default)]
struct Says(Mutex<Vec<String>>, Mutex<Vec<&'static str>>);

impl Says {
    fn new(answers: &[&'static str]) -> Arc<Says> {
        Arc::new(Says(Mutex::default(), Mutex::new(answers.iter().rev().copied().collect())))
    }
    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Prompter for Says {
    fn ask(&self, question: &str) -> Option<String> {
        self.0.lock().unwrap().push(question.to_owned());
        self.1.lock().unwrap().pop().map(Into::into)
    }
    fn ask_secret(&self, question: &str) -> Option<Secret> {
        self.ask(question).map(Secret::new)
    }
}

fn connect(spec: SshSpec) -> Connection {
    asking(spec, Arc::new(Nobody))
}

fn asking(spec: SshSpec, prompter: Arc<dyn Prompter>) -> Connection {
    Connection::new(ConnectionSpec::new("target", Reach::Ssh(Box::new(spec))), prompter)
}

fn both(sshd: &Sshd) -> [Connection; 2] {
    let with = |transport| connect(SshSpec { transport, ..sshd.spec() });
    [with(Transport::Ssh2), with(Transport::Binary)]
}

fn call(function: &'static str, arguments: &[&[u8]]) -> Request {
    Request::call(function, arguments.iter().map(|a| a.to_vec()), &[&SCRIPT])
}

fn sh(text: &str) -> Request {
    Request {
        run: Run::Command(Command::default()),
        argv: vec![b"sh".into(), b"-c".into(), text.into()],
        ..call("f", &[])
    }
}

fn stream(mut request: Request, len: u64) -> Request {
    request.payload =
        Payload::Stream { from: Box::new(std::io::Read::take(std::io::repeat(b'z'), len)), len };
    request
}

fn one(pipe: &mut Shell, request: Request) -> Reply {
    pipe.exchange(vec![request]).unwrap().remove(0)
}

/// The message of what must be unreachable.
fn lost(connection: &Connection) -> String {
    match connection.shell(None).exchange(vec![sh("echo x")]) {
        Err(PipeError::Lost(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn works(connection: &Connection) {
    let mut shell = connection.shell(None);
    assert_eq!(one(&mut shell, sh("echo x")).out, b"x\n");
    shell.close();
}

#[test]
fn requests_pass_over_both_programs() {
    let Some(sshd) = Sshd::start("") else { return };
    for connection in both(&sshd) {
        let mut shell = connection.shell(None);
        let bytes: Vec<u8> = (1..=255).collect();
        let mut expected = bytes.clone();
        expected.push(b'|');
        assert_eq!(one(&mut shell, call("t_print", &[&bytes])).out, expected);
        let reply = one(&mut shell, sh("echo out; echo err >&2; exit 3"));
        assert_eq!((reply.rc, &*reply.out, &*reply.err), (3, &b"out\n"[..], &b"err\n"[..]));
        let folder = String::from_utf8(shell.session_folder().unwrap()).unwrap();
        assert!(std::path::Path::new(&folder).is_dir());
        let before = shell.traffic();
        one(&mut shell, sh("echo x"));
        assert_eq!(shell.traffic().turns, before.turns + 1);
        shell.close();
        assert!(!std::path::Path::new(&folder).exists(), "{folder}");
        assert_eq!(one(&mut shell, sh("echo again")).out, b"again\n", "a closed shell opens anew");
    }
}

#[test]
fn two_thousand_requests_and_large_streams_at_once() {
    let Some(sshd) = Sshd::start("") else { return };
    for connection in both(&sshd) {
        let mut shell = connection.shell(None);
        let wave: Vec<Request> =
            (0..2000).map(|i| call("t_print", &[format!("{i} {}", "x".repeat(200)).as_bytes()])).collect();
        let replies = shell.exchange(wave).unwrap();
        assert!(replies[1999].out.starts_with(b"1999 x"));
        // Up and down at the same time: the first's reply comes while the second is still sent.
        let size = 30_000_000u64;
        let text = size.to_string();
        let up = || stream(call("t_upload", &[text.as_bytes()]), size);
        let replies = shell.exchange(vec![up(), up(), sh("echo end")]).unwrap();
        assert_eq!(replies.iter().map(|r| r.out.len() as u64).collect::<Vec<_>>(), [size, size, 4]);
        let large = one(&mut shell, sh("head -c 200000000 /dev/zero"));
        assert_eq!(large.out.len(), 200_000_000);
        shell.close();
    }
}

#[test]
fn one_session_carries_several_shells() {
    let Some(sshd) = Sshd::start("") else { return };
    let connection = connect(sshd.spec());
    let (mut a, mut b) = (connection.shell(None), connection.shell(None));
    one(&mut a, sh("echo a"));
    assert!(connection.chosen().unwrap().contains("libssh2"));
    let alone = a.traffic().turns;
    one(&mut b, sh("echo b"));
    assert_eq!(b.traffic().turns, 3, "channel, exec, exchange; the first one took {alone}");
    std::thread::scope(|scope| {
        for shell in [&mut a, &mut b] {
            scope.spawn(move || {
                for i in 0..200 {
                    let text = format!("{i}");
                    assert_eq!(
                        one(shell, call("t_print", &[text.as_bytes()])).out,
                        format!("{i}|").into_bytes()
                    );
                }
            });
        }
    });
}

#[test]
fn ipv6_and_noise_of_the_login_shell() {
    let Some(sshd) = Sshd::start("ForceCommand echo noise; echo more >&2; eval \"$SSH_ORIGINAL_COMMAND\"")
    else {
        return;
    };
    let key = std::fs::read_to_string(sshd.file("host_ed25519.pub")).unwrap();
    sshd.know(&format!("[::1]:{} {key}", sshd.port));
    for transport in [Transport::Ssh2, Transport::Binary] {
        works(&connect(SshSpec { address: "::1".into(), transport, ..sshd.spec() }));
    }
}

#[test]
fn keys_of_every_kind_open() {
    let Some(sshd) = Sshd::start("") else { return };
    let authorized = sshd.file("authorized");
    for (kind, format) in
        [("rsa", "PEM"), ("rsa", "RFC4716"), ("ecdsa", "PEM"), ("ecdsa", "RFC4716"), ("ed25519", "RFC4716")]
    {
        for passphrase in ["", "secret"] {
            for beside in [true, false] {
                let key = sshd.file(&format!("k_{kind}_{format}_{passphrase}_{beside}"));
                keygen(&key, &["-t", kind, "-m", format, "-N", passphrase]);
                let public = key.with_extension("pub");
                std::fs::copy(&public, &authorized).unwrap();
                if !beside {
                    std::fs::remove_file(&public).unwrap();
                }
                let prompter = Says::new(if passphrase.is_empty() { &[] } else { &["wrong", "secret"] });
                let spec = SshSpec { key_file: Some(key.clone()), transport: Transport::Ssh2, ..sshd.spec() };
                let reply = asking(spec, prompter.clone()).shell(None).exchange(vec![sh("echo x")]);
                let what = format!("{kind} {format} passphrase {passphrase:?} .pub {beside}");
                assert!(reply.is_ok(), "{what}: {reply:?} asked {:?}", prompter.asked());
                assert_eq!(prompter.asked().len(), if passphrase.is_empty() { 0 } else { 2 }, "{what}");
            }
        }
    }
    let key = sshd.file("k_rsa_PEM_secret_true");
    std::fs::copy(key.with_extension("pub"), &authorized).unwrap();
    let passphrase = Some(Secret::new("secret"));
    works(&connect(SshSpec { key_file: Some(key), key_passphrase: passphrase, ..sshd.spec() }));
}

#[test]
fn a_certificate_opens() {
    let Some(sshd) = Sshd::start("TrustedUserCAKeys /dev/null") else { return };
    drop(sshd);
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca");
    keygen(&ca, &["-t", "ed25519", "-N", ""]);
    let Some(sshd) = Sshd::start(&format!("TrustedUserCAKeys {}.pub", ca.display())) else { return };
    std::fs::write(sshd.file("authorized"), "").unwrap();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = sshd.file(&format!("c_{kind}"));
        keygen(&key, &["-t", kind, "-N", ""]);
        let signed = Process::new("ssh-keygen")
            .args(["-q", "-s"])
            .arg(&ca)
            .args(["-I", "id", "-n", &me()])
            .arg(key.with_extension("pub"))
            .status()
            .unwrap();
        assert!(signed.success());
        let reply =
            connect(SshSpec { key_file: Some(key), ..sshd.spec() }).shell(None).exchange(vec![sh("echo x")]);
        assert!(reply.is_ok(), "{kind}: {reply:?}");
    }
}

#[test]
fn an_agent_opens() {
    let Some(sshd) = Sshd::start("") else { return };
    let socket = sshd.file("agent");
    let mut agent =
        Process::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    while !socket.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    let add = |name: &str| {
        let added =
            Process::new("ssh-add").arg("-q").arg(sshd.file(name)).env("SSH_AUTH_SOCK", &socket).output();
        assert!(added.unwrap().status.success());
    };
    keygen(&sshd.file("other"), &["-t", "rsa", "-N", ""]);
    add("other");
    add("id");
    let args =
        sshd.spec().ssh_args.replace("IdentityAgent=none", &format!("IdentityAgent={}", socket.display()));
    let base =
        || SshSpec { ssh_args: args.replace("-o IdentitiesOnly=yes", ""), key_file: None, ..sshd.spec() };
    works(&connect(base()));
    // The private half is nowhere but in the agent.
    std::fs::remove_file(sshd.file("id")).unwrap();
    works(&connect(SshSpec { ssh_args: args.clone(), key_file: Some(sshd.file("id")), ..sshd.spec() }));
    let why = lost(&connect(SshSpec { ssh_args: args, key_file: Some(sshd.file("nokey")), ..sshd.spec() }));
    assert!(why.contains("nokey: no such file"), "{why}");
    agent.kill().unwrap();
    agent.wait().unwrap();
}

#[test]
fn what_was_tried_is_listed() {
    let Some(sshd) = Sshd::start("") else { return };
    std::fs::write(sshd.file("authorized"), "").unwrap();
    let why = lost(&connect(sshd.spec()));
    assert!(why.starts_with("Failed to connect to the host via ssh: "), "{why}");
    assert!(why.contains("Permission denied (publickey") && why.contains("refused by the server"), "{why}");
    let why = lost(&connect(SshSpec { transport: Transport::Binary, ..sshd.spec() }));
    assert!(why.contains("Permission denied"), "{why}");
}

#[test]
fn unreachable_hosts_say_why() {
    let Some(sshd) = Sshd::start("") else { return };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for transport in [Transport::Ssh2, Transport::Binary] {
        let why = lost(&connect(SshSpec { port: Some(closed), transport, ..sshd.spec() }));
        assert!(
            why.contains(&format!("ssh: connect to host 127.0.0.1 port {closed}: Connection refused")),
            "{why}"
        );
        let why = lost(&connect(SshSpec { address: "impel.invalid".into(), transport, ..sshd.spec() }));
        assert!(why.contains("ssh: Could not resolve hostname impel.invalid"), "{why}");
    }
    // Accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = Some(silent.local_addr().unwrap().port());
    let start = Instant::now();
    let why = lost(&connect(SshSpec { port, timeout: Duration::from_secs(1), ..sshd.spec() }));
    assert!(start.elapsed() < Duration::from_secs(3), "{why}");
}

#[test]
fn host_keys_are_checked() {
    let Some(sshd) = Sshd::start("") else { return };
    let known = sshd.file("known");
    let text = || std::fs::read_to_string(&known).unwrap();
    let key = |name: &str| std::fs::read_to_string(sshd.file(name)).unwrap();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let spec = || SshSpec { transport: Transport::Ssh2, ..sshd.spec() };

    std::fs::write(&known, "").unwrap();
    let why = lost(&connect(spec()));
    assert!(why.contains("Host key verification failed") && why.contains("SHA256:"), "{why}");
    assert_eq!(text(), "");

    let prompter = Says::new(&["what", "yes"]);
    works(&asking(spec(), prompter.clone()));
    assert!(
        prompter.asked()[0].contains("authenticity of host '127.0.0.1 (127.0.0.1)' can't be established")
    );
    assert_eq!(prompter.asked().len(), 2);
    assert!(text().starts_with(&format!("{name} ssh-ed25519 ")), "{}", text());
    works(&connect(spec()));

    // Only the RSA key is known: it is asked for, not a new one accepted.
    std::fs::write(&known, format!("{name} {}", key("host_rsa.pub"))).unwrap();
    works(&connect(spec()));

    std::fs::write(&known, format!("{name} {}", key("id.pub"))).unwrap();
    let why = lost(&connect(spec()));
    assert!(why.contains("REMOTE HOST IDENTIFICATION HAS CHANGED"), "{why}");
    assert_eq!(why.matches("SHA256:").count(), 2, "{why}");
    works(&connect(SshSpec { host_key_checking: false, ..spec() }));

    std::fs::write(&known, format!("* {0}@revoked * {0}", key("host_ed25519.pub"))).unwrap();
    let why = lost(&connect(spec()));
    assert!(why.contains("revoked"), "{why}");

    std::fs::write(&known, format!("@cert-authority * {}", key("id.pub"))).unwrap();
    let connection = connect(SshSpec { host_key_checking: false, ..sshd.spec() });
    works(&connection);
    assert!(connection.chosen().unwrap().contains("@cert-authority"), "{:?}", connection.chosen());

    std::fs::write(&known, "").unwrap();
    let accept =
        SshSpec { common_args: "-o StrictHostKeyChecking=accept-new -o HashKnownHosts=yes".into(), ..spec() };
    works(&connect(accept.clone()));
    assert!(text().starts_with("|1|"), "{}", text());
    works(&connect(spec()));

    let null = spec().ssh_args.replace(&known.display().to_string(), "/dev/null");
    works(&connect(SshSpec { ssh_args: null, host_key_checking: false, ..spec() }));
}

#[test]
fn a_host_is_reached_through_others() {
    let Some(sshd) = Sshd::start("") else { return };
    let Some(hop) = Sshd::start("") else { return };
    let Some(far) = Sshd::start("") else { return };
    let config = sshd.file("config");
    let mut text = String::new();
    for (name, host) in [("hop", &hop), ("far", &far)] {
        text.push_str(&format!(
            "Host {name}\n HostName 127.0.0.1\n Port {}\n IdentityFile {}\n UserKnownHostsFile {}\n",
            host.port,
            host.file("id").display(),
            host.file("known").display()
        ));
    }
    text.push_str("Host circle\n ProxyJump circle\n");
    std::fs::write(&config, text).unwrap();
    let args = sshd.spec().ssh_args.replace("-F none", &format!("-F {}", config.display()));
    for jump in ["hop", "hop,far"] {
        let spec = SshSpec {
            ssh_args: args.clone(),
            extra_args: format!("-J {jump}"),
            transport: Transport::Ssh2,
            ..sshd.spec()
        };
        let connection = connect(spec);
        let mut shell = connection.shell(None);
        let size = 5_000_000u64;
        let replies =
            shell.exchange(vec![stream(call("t_upload", &[b"5000000"]), size), sh("echo x")]).unwrap();
        assert_eq!((replies[0].out.len() as u64, &*replies[1].out), (size, &b"x\n"[..]), "{jump}");
        shell.close();
    }
    assert!(far.logged("Accepted publickey"));
    let why = lost(&connect(SshSpec { ssh_args: args.clone(), address: "circle".into(), ..sshd.spec() }));
    assert!(why.contains("circle"), "{why}");
    std::fs::write(hop.file("authorized"), "").unwrap();
    let why = lost(&connect(SshSpec { ssh_args: args, extra_args: "-J hop".into(), ..sshd.spec() }));
    assert!(why.contains("jump host hop") && why.contains("Permission denied"), "{why}");
}

#[test]
fn a_dead_session_is_told_and_made_anew() {
    let Some(sshd) = Sshd::start("") else { return };
    for connection in both(&sshd) {
        let mut shell = connection.shell(None);
        let folder = String::from_utf8(shell.session_folder().unwrap()).unwrap();
        // The process of sshd that serves this session: the parent of the shell's parent or the parent itself.
        let broken =
            shell.exchange(vec![call("t_print", &[b"a"]), sh("kill -9 $(ps -o ppid= -p $PPID); sleep 1")]);
        assert!(matches!(broken, Err(PipeError::Lost(_) | PipeError::Closed(_))), "{broken:?}");
        assert_eq!(one(&mut shell, sh("echo b")).out, b"b\n");
        shell.close();
        let until = Instant::now() + Duration::from_secs(5);
        while std::path::Path::new(&folder).exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(!std::path::Path::new(&folder).exists(), "nothing is left on the target");
    }
}

#[test]
fn an_upload_that_is_cut_leaves_the_old_file_alone() {
    let Some(sshd) = Sshd::start("") else { return };
    for connection in both(&sshd) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let part = folder.path().join("file.new");
        std::fs::write(&file, "old").unwrap();
        let mut shell = connection.shell(None);
        let parent = one(&mut shell, sh("ps -o ppid= -p $PPID")).out;
        let parent = String::from_utf8(parent).unwrap().trim().to_owned();
        struct Slow;
        impl std::io::Read for Slow {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                std::thread::sleep(Duration::from_millis(5));
                Ok(into.len().min(5000))
            }
        }
        let mut request = call("t_replace", &[b"1000000000", file.to_str().unwrap().as_bytes()]);
        request.payload = Payload::Stream { from: Box::new(Slow), len: 1_000_000_000 };
        let seen = part.clone();
        let killer = std::thread::spawn(move || {
            let until = Instant::now() + Duration::from_secs(5);
            while !seen.exists() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
            let begun = seen.exists();
            Process::new("kill").args(["-9", &parent]).status().unwrap();
            begun
        });
        let broken = shell.exchange(vec![request]);
        assert!(killer.join().unwrap(), "it was at it");
        assert!(matches!(broken, Err(PipeError::Lost(_))), "{broken:?}");
        let until = Instant::now() + Duration::from_secs(5);
        while part.exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!part.exists());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    }
}

#[test]
fn a_frozen_host_is_found() {
    let Some(sshd) = Sshd::start("") else { return };
    let args = format!("{} -o ServerAliveInterval=2 -o ServerAliveCountMax=2", sshd.spec().ssh_args);
    let mut shell = connect(SshSpec { ssh_args: args, ..sshd.spec() }).shell(None);
    // The process of sshd that serves this session is the shell's parent.
    let parent = one(&mut shell, sh("ps -o ppid= -p $PPID")).out;
    let parent = String::from_utf8(parent).unwrap().trim().to_owned();
    let kill =
        |signal: &str| assert!(Process::new("kill").args([signal, &parent]).status().unwrap().success());
    let start = Instant::now();
    one(&mut shell, sh("sleep 7"));
    assert!(start.elapsed() > Duration::from_secs(7), "a host that answers may take its time");
    kill("-STOP");
    let start = Instant::now();
    let broken = shell.exchange(vec![sh("echo x")]);
    kill("-CONT");
    assert!(matches!(&broken, Err(PipeError::Lost(why)) if why.contains("does not answer")), "{broken:?}");
    // two intervals without an answer, and room for a loaded machine
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(one(&mut shell, sh("echo y")).out, b"y\n");
}

#[test]
fn many_hosts_connect_at_once() {
    let Some(sshd) = Sshd::start("") else { return };
    let key = std::fs::read_to_string(sshd.file("host_ed25519.pub")).unwrap();
    sshd.know(&format!("* {key}"));
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| works(&connect(sshd.spec())));
        }
    });
    assert!(sshd.process() > 0 && (am_root() || !me().is_empty()));
}
