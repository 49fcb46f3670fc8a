//! Becoming other users by sudo, su and doas, as users who exist only in a mount namespace of the test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use impel::pipe::{
    Become, Connection, ConnectionSpec, Method, Nobody, Reach, Secret, Shell, SshSpec, Transport,
};
use impel_modules::host::{Pipe, PipeError};

use crate::sshd::{Sshd, am_root};
use crate::{call, connect, one, sh};

/// The hash of `right`.
const HASH: &str =
    "$6$impel$CjzKoCtPw4bpKk/EOdi17LFtdwKP/KigxkHPtpnMg1AWxEJ0cuqaNri..Wrj9jLVFLpgQL3PN/p2zlWDxUpJZ1";

const USERS: [(&str, u32); 5] =
    [("it_pass", 63001), ("it_free", 63002), ("it_tty", 63003), ("it_none", 63004), ("it_other", 63005)];

/// A copy of /etc with users of its own, to be mounted over /etc where nobody else sees it.
struct Users {
    folder: tempfile::TempDir,
}

impl Users {
    /// `None`, with a word, where this machine cannot do it.
    fn make(programs: &[&str]) -> Option<Users> {
        let missing = programs
            .iter()
            .find(|name| !["/usr/bin", "/bin"].iter().any(|at| PathBuf::from(at).join(name).exists()));
        if !am_root() || missing.is_some() {
            eprintln!("left out: becoming others needs root and {programs:?}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        open_to_all(folder.path());
        let users = Users { folder };
        let etc = users.at("etc");
        assert!(Command::new("cp").args(["-a", "/etc"]).arg(&etc).status().unwrap().success());
        let append = |name: &str, text: &str| {
            let old = std::fs::read_to_string(etc.join(name)).unwrap();
            std::fs::write(etc.join(name), format!("{}\n{text}", old.trim_end())).unwrap();
        };
        for (name, id) in USERS {
            append("passwd", &format!("{name}:x:{id}:{id}::/tmp:/bin/sh\n"));
            append("group", &format!("{name}:x:{id}:\n"));
            append("shadow", &format!("{name}:{HASH}:19000:0:99999:7:::\n"));
        }
        let rules = "Defaults timestamp_timeout=0, lecture=never\nDefaults:it_tty requiretty\n\
                     it_pass ALL=(ALL) ALL\nit_free,it_tty ALL=(ALL) NOPASSWD: ALL\n";
        let _ = std::fs::create_dir_all(etc.join("sudoers.d"));
        std::fs::write(etc.join("sudoers.d/impel"), rules).unwrap();
        let set = |name: &str, mode: u32| {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(etc.join(name), PermissionsExt::from_mode(mode)).unwrap();
        };
        set("sudoers.d/impel", 0o440);
        std::fs::write(etc.join("doas.conf"), "permit nopass it_free\npermit it_pass\n").unwrap();
        let enter = format!(
            "mount --bind {} /etc || exit 99\nu=$1; shift\n[ $u != root ] || exec \"$@\"\n\
             exec setpriv --reuid=$u --regid=$u --init-groups env -C / HOME=/tmp USER=$u LANG=C.UTF-8 \"$@\"\n",
            etc.display()
        );
        std::fs::write(users.at("enter"), enter).unwrap();
        let works =
            Command::new("unshare").args(["-m", "sh"]).arg(users.at("enter")).args(["root", "true"]).status();
        if !works.is_ok_and(|status| status.success()) {
            eprintln!("left out: mount namespaces are not allowed here");
            return None;
        }
        Some(users)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn prefix(&self, user: &str) -> Vec<String> {
        let enter = self.at("enter").to_str().unwrap().to_owned();
        ["unshare", "-m", "--propagation", "private", "sh", &enter, user].map(str::to_owned).into()
    }

    fn local(&self, user: &str) -> Connection {
        let spec = ConnectionSpec::new(user, Reach::Exec { argv: self.prefix(user) });
        Connection::new(spec, Arc::new(Nobody))
    }
}

fn open_to_all(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

fn by(method: Method, user: &str, password: Option<&str>) -> Become {
    Become { password: password.map(Secret::new), ..Become::new(method, user) }
}

fn who(shell: &mut Shell) -> String {
    let reply = one(shell, sh("id -un; echo $LC_ALL"));
    String::from_utf8(reply.out).unwrap().trim().to_owned()
}

fn refused(mut shell: Shell) -> String {
    let start = Instant::now();
    match shell.exchange(vec![sh("id")]) {
        Err(PipeError::Become(why)) => {
            assert!(start.elapsed() < Duration::from_secs(8), "{why} took {:?}", start.elapsed());
            why
        }
        other => panic!("{other:?}"),
    }
}

/// Everything that must hold however the user `it_*` logs in.
fn becomes(login: impl Fn(&str) -> Connection) {
    use Method::{Doas, Su, Sudo};
    let cases = [
        ("it_free", by(Sudo, "root", None)),
        ("it_free", by(Sudo, "it_other", None)),
        ("it_free", by(Sudo, "root", Some("never asked for"))),
        ("it_pass", by(Sudo, "root", Some("right"))),
        ("it_pass", by(Sudo, "it_other", Some("right"))),
        ("it_tty", by(Sudo, "root", None)),
        ("it_tty", by(Sudo, "root", Some("right"))),
        ("it_none", by(Su, "it_other", Some("right"))),
        ("it_free", by(Doas, "root", None)),
        ("it_pass", by(Doas, "root", Some("right"))),
        ("it_pass", by(Doas, "it_other", Some("right"))),
    ];
    for (user, identity) in cases {
        let connection = login(user);
        let mut own = connection.shell(None);
        assert_eq!(who(&mut own), user);
        let mut shell = connection.shell(Some(identity.clone()));
        assert_eq!(who(&mut shell), identity.user, "{user} {identity:?}");
        // Every byte passes, through a terminal too.
        let bytes: Vec<u8> = (1..=255).cycle().take(100_000).collect();
        let mut expected = bytes.clone();
        expected.push(b'|');
        assert!(one(&mut shell, call("t_print", &[&bytes])).out == expected, "{user} {identity:?}");
        let mut up = call("t_cat", &[b"100000"]);
        up.payload = impel_modules::host::Payload::Bytes(bytes.clone().into());
        assert!(one(&mut shell, up).out == bytes, "{user} {identity:?}");
        let folder = PathBuf::from(String::from_utf8(shell.session_folder().unwrap()).unwrap());
        assert!(folder.is_dir());
        shell.close();
        own.close();
        // a terminal's hang-up reaches the shell a moment after the channel has closed
        let until = Instant::now() + Duration::from_secs(if user == "it_tty" { 3 } else { 0 });
        while folder.exists() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!folder.exists(), "{user} {identity:?}: {}", folder.display());
        if user == "it_tty" || identity.method == Doas {
            // As when impel is killed: nobody says goodbye, also not to a terminal.
            let folder = PathBuf::from(String::from_utf8(shell.session_folder().unwrap()).unwrap());
            drop(shell);
            drop((own, connection));
            let until = Instant::now() + Duration::from_secs(8);
            while folder.exists() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(!folder.exists(), "{user} {identity:?}: {}", folder.display());
        }
    }
    for (user, identity, expected) in [
        ("it_pass", by(Sudo, "root", None), "Missing sudo password"),
        ("it_pass", by(Sudo, "root", Some("wrong")), "Incorrect sudo password"),
        ("it_none", by(Sudo, "root", Some("right")), "it_none is not in the sudoers file"),
        ("it_free", by(Sudo, "nosuch", None), "unknown user"),
        ("it_pass", by(Su, "root", None), "Missing su password"),
        ("it_pass", by(Su, "it_other", Some("wrong")), "Incorrect su password"),
        ("it_pass", by(Doas, "root", None), "Missing doas password"),
        ("it_pass", by(Doas, "root", Some("wrong")), "Incorrect doas password"),
        ("it_none", by(Doas, "root", None), "Operation not permitted"),
    ] {
        let why = refused(login(user).shell(Some(identity.clone())));
        assert!(why.contains(expected), "{user} {identity:?}: {why}");
    }
}

const PROGRAMS: [&str; 4] = ["sudo", "su", "doas", "unshare"];

#[test]
fn becoming_others_in_a_local_shell() {
    let Some(users) = Users::make(&PROGRAMS) else { return };
    becomes(|user| users.local(user));
}

#[test]
fn becoming_others_over_libssh2_and_over_the_ssh_program() {
    let Some(users) = Users::make(&PROGRAMS) else { return };
    let Some(sshd) = Sshd::start_behind(&users.prefix("root"), "") else { return };
    open_to_all(sshd.folder.path());
    for transport in [Transport::Ssh2, Transport::Binary] {
        becomes(|user| connect(SshSpec { user: Some(user.into()), transport, ..sshd.spec() }));
    }
}

#[test]
fn passwords_log_in() {
    let Some(users) = Users::make(&PROGRAMS) else { return };
    let folder = tempfile::tempdir().unwrap();
    let pam = folder.path().join("pam");
    std::fs::write(&pam, "").unwrap();
    for (more, offered) in [
        ("PubkeyAuthentication no\nKbdInteractiveAuthentication no", "(password)"),
        (
            "PubkeyAuthentication no\nPasswordAuthentication no\nUsePAM yes\nKbdInteractiveAuthentication yes",
            "(keyboard-interactive)",
        ),
    ] {
        // The first line of a keyword wins.
        let Some(sshd) = Sshd::start_behind(&users.prefix("root"), more) else { return };
        for transport in [Transport::Ssh2, Transport::Binary] {
            let with = |password: &str| SshSpec {
                user: Some("it_none".into()),
                password: Some(Secret::new(password)),
                transport,
                ..sshd.spec()
            };
            let mut shell = connect(with("right")).shell(None);
            assert_eq!(who(&mut shell), "it_none", "{offered}");
            shell.close();
            let why = crate::lost(&connect(with("wrong")));
            assert!(why.contains("Permission denied") && why.contains(offered), "{transport:?} {why}");
        }
    }
}
