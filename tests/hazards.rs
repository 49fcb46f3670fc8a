//! What must be true after the worst: a killed controller, a cut upload, an interrupt; and what a request costs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use impel::pipe::{Connection, ConnectionSpec, Nobody, Reach, Shell};
use impel_modules::host::{Command, Payload, Pipe, PipeError, Reply, Request, Run, Script};

static SCRIPT: Script = Script { name: "hazards", text: include_str!("shells.sh"), needs: &[] };

fn local() -> Shell {
    Connection::new(ConnectionSpec::local("here"), Arc::new(Nobody)).shell(None)
}

fn call(function: &'static str, arguments: &[&[u8]]) -> Request {
    Request::call(function, arguments.iter().map(|a| a.to_vec()), &[&SCRIPT])
}

fn sh(text: &str) -> Request {
    let argv = vec![b"sh".into(), b"-c".into(), text.into()];
    Request { run: Run::Command(Command::default()), argv, ..call("f", &[]) }
}

fn one(pipe: &mut Shell, request: Request) -> Reply {
    pipe.exchange(vec![request]).unwrap().remove(0)
}

fn gone(path: &Path) -> bool {
    let until = Instant::now() + Duration::from_secs(8);
    while path.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    !path.exists()
}

/// Runs the ignored test `name` of this file as another controller; the first line it says is its session folder.
fn controller(name: &str, argument: &Path) -> (Child, PathBuf) {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", name])
        .env("IMPEL_TEST_ARGUMENT", argument)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let folder = lines.filter_map(|line| line.split("folder:").nth(1).map(PathBuf::from)).next().unwrap();
    (child, folder)
}

fn argument() -> PathBuf {
    std::env::var_os("IMPEL_TEST_ARGUMENT").unwrap().into()
}

fn announce(pipe: &mut Shell) {
    let folder = pipe.session_folder().unwrap();
    println!("folder:{}", String::from_utf8(folder).unwrap());
    std::io::stdout().flush().unwrap();
}

#[test]
#[ignore = "run by another test, which kills it"]
fn works_on_a_command() {
    let mut pipe = local();
    announce(&mut pipe);
    one(&mut pipe, sh(&format!("sleep 1; echo done >{}", argument().display())));
}

#[test]
#[ignore = "run by another test, which kills it"]
fn uploads_slowly() {
    struct Slow;
    impl std::io::Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_millis(20));
            into[..1000].fill(7);
            Ok(1000)
        }
    }
    let mut pipe = local();
    announce(&mut pipe);
    let mut request = call("t_replace", &[b"1000000000", argument().to_str().unwrap().as_bytes()]);
    request.payload = Payload::Stream { from: Box::new(Slow), len: 1_000_000_000 };
    one(&mut pipe, request);
}

#[test]
fn a_killed_controller_lets_the_command_end_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let (mut child, session) = controller("works_on_a_command", &done);
    std::thread::sleep(Duration::from_millis(300));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!done.exists());
    assert!(gone(&session), "{}", session.display());
    assert!(done.exists(), "the command was let end");
}

#[test]
fn a_controller_killed_while_it_uploads_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "old").unwrap();
    let (mut child, session) = controller("uploads_slowly", &file);
    let part = folder.path().join("file.new");
    let until = Instant::now() + Duration::from_secs(5);
    while !part.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(part.exists(), "it is at it");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(gone(&session) && gone(&part));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
}

#[test]
fn an_interrupt_and_a_deadline_end_an_exchange() {
    let spec = ConnectionSpec::local("here");
    let cut = spec.cut.clone();
    let mut pipe = Connection::new(spec, Arc::new(Nobody)).shell(None);
    pipe.session_folder().unwrap();
    let start = Instant::now();
    pipe.set_deadline(Some(start + Duration::from_millis(200)));
    let late = pipe.exchange(vec![sh("sleep 3")]);
    assert!(matches!(&late, Err(PipeError::Closed(why)) if why.contains("timed out")), "{late:?}");
    pipe.set_deadline(None);
    assert_eq!(one(&mut pipe, sh("echo x")).out, b"x\n");
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        cut.store(true, Ordering::Relaxed);
    });
    let interrupted = pipe.exchange(vec![sh("sleep 3")]);
    assert!(matches!(&interrupted, Err(PipeError::Lost(why)) if why == "interrupted"), "{interrupted:?}");
    assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
}

#[test]
fn a_command_that_prints_markers_of_its_own_disturbs_nobody() {
    let mut pipe = local();
    let reply = one(&mut pipe, sh("echo '@0123456789abcdef0123456789abcdef@0 0'; echo '@@'"));
    assert_eq!(reply.out, b"@0123456789abcdef0123456789abcdef@0 0\n@@\n");
    // A process that finds out the real one can only break the pipe.
    let marker = "m=$(tr '\\0' '\\n' </proc/$PPID/mem 2>/dev/null | head -c 0); echo \"$m\"";
    assert_eq!(one(&mut pipe, sh(marker)).rc, 0);
}

#[test]
fn what_cannot_be_sent_leaves_the_pipe_as_it_is() {
    let mut pipe = local();
    one(&mut pipe, sh("echo x"));
    let before = pipe.traffic();
    let refused = pipe.exchange(vec![sh("echo a"), call("t_print", &[b"a\0b"])]);
    assert!(matches!(refused, Err(PipeError::Request(_))), "{refused:?}");
    assert_eq!(pipe.traffic(), before, "nothing was sent");
    assert_eq!(one(&mut pipe, sh("echo y")).out, b"y\n");
}

#[test]
fn a_shell_that_cannot_start_says_why() {
    let with = |reach| Connection::new(ConnectionSpec::new("x", reach), Arc::new(Nobody)).shell(None);
    let lost = |mut shell: Shell| match shell.exchange(vec![sh("id")]) {
        Err(PipeError::Lost(why)) => why,
        other => panic!("{other:?}"),
    };
    let why = lost(with(Reach::Exec { argv: vec!["/no/such/program".into()] }));
    assert!(why.contains("cannot start /no/such/program"), "{why}");
    let why =
        lost(with(Reach::Exec { argv: vec!["sh".into(), "-c".into(), "echo sorry >&2; exit 4".into()] }));
    assert!(why.contains("exit status 4") && why.contains("sorry"), "{why}");
    let chroot = Reach::Chroot { root: "/no/such/folder".into(), executable: "chroot".into() };
    let why = lost(with(chroot));
    assert!(why.contains("/no/such/folder"), "{why}");
}

#[test]
fn a_chroot_of_nothing_but_busybox_works() {
    let busybox = ["/usr/bin/busybox", "/bin/busybox"].iter().map(Path::new).find(|path| path.exists());
    let (Some(busybox), true) = (busybox, rustix::process::getuid().is_root()) else {
        eprintln!("left out: needs root and busybox");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["bin", "dev", "tmp"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    std::fs::copy(busybox, at("bin/busybox")).unwrap();
    // Debian's needs libc.
    let libraries = std::process::Command::new("ldd").arg(busybox).output().unwrap();
    for word in
        String::from_utf8_lossy(&libraries.stdout).split_whitespace().filter(|word| word.starts_with('/'))
    {
        let copy = at(word.trim_start_matches('/'));
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(word, copy).unwrap();
    }
    let applets = "sh cat dd mkdir rm rmdir df id mv sleep env setsid wc chmod";
    for applet in applets.split(' ') {
        std::os::unix::fs::symlink("busybox", at("bin").join(applet)).unwrap();
    }
    let chroot = || {
        let reach = Reach::Chroot { root: folder.path().into(), executable: "chroot".into() };
        Connection::new(ConnectionSpec::new("jail", reach), Arc::new(Nobody)).shell(None)
    };
    let Err(PipeError::Lost(why)) = chroot().exchange(vec![sh("id -u")]) else { panic!() };
    assert_eq!(why, "there is no /dev/null");
    let made =
        std::process::Command::new("mknod").arg(at("dev/null")).args(["c", "1", "3"]).status().unwrap();
    if !made.success() || std::fs::File::open(at("dev/null")).is_err() {
        eprintln!("left out: device files are not allowed here");
        return;
    }
    let mut pipe = chroot();
    assert_eq!(one(&mut pipe, sh("id -u; pwd")).out, b"0\n/\n");
    let mut up = call("t_upload", &[b"200000"]);
    up.payload = Payload::Bytes(vec![9; 200_000].into());
    assert_eq!(one(&mut pipe, up).out.len(), 200_000);
    let session = pipe.session_folder().unwrap();
    assert!(session.starts_with(b"/tmp/.impel."));
    pipe.close();
    assert_eq!(at("tmp").read_dir().unwrap().count(), 0);
}

#[test]
fn requests_without_forks_are_cheap() {
    let mut pipe = local();
    one(&mut pipe, call("t_print", &[b"x"]));
    let fastest = (0..300)
        .map(|_| {
            let start = Instant::now();
            one(&mut pipe, call("t_print", &[]));
            start.elapsed()
        })
        .min()
        .unwrap();
    // 42 µs were measured; a machine at work gets time.
    assert!(fastest < Duration::from_millis(2), "{fastest:?}");
    println!("a request without a fork: {fastest:?}");
}
