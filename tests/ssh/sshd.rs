//! A real sshd on a loopback port with a configuration, host keys and client keys of its own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use impel::pipe::SshSpec;

pub struct Sshd {
    pub folder: tempfile::TempDir,
    pub port: u16,
    child: Child,
}

/// Whoever runs the tests: sshd without root can log in nobody else.
pub fn me() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn am_root() -> bool {
    rustix::process::getuid().is_root()
}

fn program() -> Option<PathBuf> {
    ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"]
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

pub fn keygen(path: &Path, arguments: &[&str]) {
    let _ = std::fs::remove_file(path);
    let output =
        Command::new("ssh-keygen").args(["-q", "-C", "", "-f"]).arg(path).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Sshd {
    /// Starts one with further lines of configuration; `None`, with a word, where there is no sshd.
    pub fn start(more: &str) -> Option<Sshd> {
        Sshd::start_behind(&[], more)
    }

    /// The same with words before the program's own.
    pub fn start_behind(prefix: &[String], more: &str) -> Option<Sshd> {
        let Some(program) = program() else {
            eprintln!("left out: sshd is not installed");
            return None;
        };
        if am_root() {
            let _ = std::fs::create_dir_all("/run/sshd");
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, kind) in [("host_ed25519", "ed25519"), ("host_rsa", "rsa"), ("host_ecdsa", "ecdsa")] {
            keygen(&at(name), &["-t", kind, "-N", ""]);
        }
        keygen(&at("id"), &["-t", "ed25519", "-N", ""]);
        std::fs::copy(at("id.pub"), at("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "{more}\nPort {port}\nListenAddress 127.0.0.1\nListenAddress ::1\nPidFile none\nUsePAM no\nStrictModes no\n\
             PermitRootLogin yes\nAuthorizedKeysFile {0}/authorized\nMaxStartups 200\nLogLevel VERBOSE\n\
             HostKey {0}/host_ed25519\nHostKey {0}/host_rsa\nHostKey {0}/host_ecdsa\n",
            folder.path().display()
        );
        std::fs::write(at("sshd_config"), text).unwrap();
        let words = [prefix, &[program.to_str().unwrap().to_owned()]].concat();
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .args(["-D", "-e", "-f"])
            .arg(at("sshd_config"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It is ready when it says so; the rest of its log is read so that it never waits.
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let ready = log.by_ref().map_while(Result::ok).any(|line| {
            said.push(line);
            said.iter().filter(|line| line.contains("Server listening")).count() == 2
        });
        assert!(ready, "{said:?}");
        let keep = at("log");
        std::thread::spawn(move || {
            use std::io::Write;
            let mut file = std::fs::File::create(keep).unwrap();
            log.map_while(Result::ok).for_each(|line| drop(writeln!(file, "{line}")));
        });
        let sshd = Sshd { folder, port, child };
        sshd.know("");
        Some(sshd)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes known_hosts with this host's keys, after `more`.
    pub fn know(&self, more: &str) {
        let mut text = more.to_owned();
        for name in ["host_ed25519.pub", "host_rsa.pub", "host_ecdsa.pub"] {
            text.push_str(&format!(
                "[127.0.0.1]:{} {}",
                self.port,
                std::fs::read_to_string(self.file(name)).unwrap()
            ));
        }
        std::fs::write(self.file("known"), text).unwrap();
    }

    /// A client's view that touches nothing of the user who runs the tests.
    pub fn spec(&self) -> SshSpec {
        SshSpec {
            port: Some(self.port),
            key_file: Some(self.file("id")),
            ssh_args: format!(
                "-F none -o UserKnownHostsFile={} -o GlobalKnownHostsFile=none -o IdentitiesOnly=yes \
                 -o IdentityAgent=none",
                self.file("known").display()
            ),
            timeout: Duration::from_secs(10),
            ..SshSpec::new("127.0.0.1")
        }
    }

    /// Waits until the log holds `text`.
    pub fn logged(&self, text: &str) -> bool {
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if std::fs::read_to_string(self.file("log")).unwrap_or_default().contains(text) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
