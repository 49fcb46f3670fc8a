//! The wire protocol against every shell that a target may have as its `sh`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use impel::pipe::{Connection, ConnectionSpec, Nobody, Reach, Shell};
use impel_modules::host::{Command, Payload, Pipe, PipeError, Reply, Request, Run, Script};

/// How each shell is started; the words after the program come before `-c`.
const SHELLS: [&str; 7] =
    ["dash", "bash", "bash --posix", "busybox ash", "mksh", "ksh93", "zsh --emulate sh"];

static SCRIPT: Script = Script { name: "shells", text: include_str!("shells.sh"), needs: &[&NEEDED] };
static NEEDED: Script = Script {
    name: "shells needed",
    text: "# comment\nt_needed() {\n    echo \"needed by $1\"\n}\n",
    needs: &[],
};

fn present(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs `test` once per shell that is here and says which are not.
fn each(test: impl Fn(&str, Shell)) {
    for shell in SHELLS {
        if !present(shell.split(' ').next().unwrap()) {
            eprintln!("left out: {shell} is not installed");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        test(shell, Connection::new(spec(shell, folder.path()), Arc::new(Nobody)).shell(None));
    }
}

fn spec(shell: &str, folder: &Path) -> ConnectionSpec {
    let wrapper = folder.join("shell");
    std::fs::write(&wrapper, format!("#!/bin/sh\nexec {shell} \"$@\"\n")).unwrap();
    std::fs::set_permissions(&wrapper, PermissionsExt::from_mode(0o755)).unwrap();
    ConnectionSpec {
        shell: wrapper.to_str().unwrap().into(),
        ..ConnectionSpec::new(shell, Reach::Exec { argv: vec!["env".into()] })
    }
}

fn call(function: &'static str, arguments: &[&[u8]]) -> Request {
    Request::call(function, arguments.iter().map(|a| a.to_vec()), &[&SCRIPT])
}

fn with(mut request: Request, payload: Vec<u8>) -> Request {
    request.payload = Payload::Bytes(payload.into());
    request
}

fn user(argv: &[&str], command: Command) -> Request {
    Request {
        run: Run::Command(command),
        argv: argv.iter().map(|a| a.as_bytes().to_vec()).collect(),
        ..call("f", &[])
    }
}

fn sh(text: &str) -> Request {
    user(&["sh", "-c", text], Command::default())
}

fn one(pipe: &mut Shell, request: Request) -> Reply {
    pipe.exchange(vec![request]).unwrap().remove(0)
}

fn noise(size: usize) -> Vec<u8> {
    (0..size).map(|i| ((i * 7919) >> 3) as u8).collect()
}

#[test]
fn every_byte_passes_in_an_argument() {
    each(|shell, mut pipe| {
        let bytes: Vec<u8> = (1..=255).collect();
        let reply = one(&mut pipe, call("t_print", &[&bytes, b"", b"-n", b"\n\n", b"*", b"~", b"$HOME`x`"]));
        let expected = [bytes.as_slice(), b"||-n|\n\n|*|~|$HOME`x`|"].concat();
        assert_eq!(reply.out, [b"".as_slice(), &bytes, &expected[255..]].concat(), "{shell}");
        assert_eq!((reply.rc, reply.err.len()), (0, 0), "{shell}");
    });
}

#[test]
fn a_function_has_a_status_an_output_and_an_error_output() {
    each(|shell, mut pipe| {
        let replies = pipe
            .exchange(vec![
                call("t_all", &[b"3"]),
                call("t_needs", &[b"it"]),
                call("t_all", &[b"0"]),
                call("t_stdin", &[]),
            ])
            .unwrap();
        assert_eq!(
            (replies[0].rc, &*replies[0].out, &*replies[0].err),
            (3, &b"out\n\n"[..], &b"err\0\n"[..]),
            "{shell}"
        );
        assert_eq!(replies[1].out, b"needed by it\n", "{shell}");
        assert_eq!(replies[2].rc, 0, "{shell}");
        assert_eq!(replies[3].out, b"end\n", "{shell}");
        assert_eq!(pipe.traffic().turns, 1, "{shell}: the prelude travels with the first batch");
    });
}

#[test]
fn payloads_arrive_exactly() {
    each(|shell, mut pipe| {
        for size in [0usize, 1, 255, 4096, 65535, 65537, 131_073, 1 << 20] {
            let payload = if size == 255 { vec![b'\n'; size] } else { noise(size) };
            let count = size.to_string();
            let replies = pipe
                .exchange(vec![
                    with(call("t_cat", &[count.as_bytes()]), payload.clone()),
                    with(call("t_ignore", &[]), payload.clone()),
                    with(call("t_upload", &[count.as_bytes()]), payload.clone()),
                ])
                .unwrap();
            for (which, reply) in [(0, &replies[0]), (2, &replies[2])] {
                assert_eq!(reply.rc, 0, "{shell} {size} {which} {}", String::from_utf8_lossy(&reply.err));
                assert!(reply.out == payload, "{shell} {size} {which}: got {}", reply.out.len());
            }
            assert_eq!(replies[1].rc, 5, "{shell}: a payload that nobody reads is thrown away");
        }
    });
}

#[test]
fn payloads_arrive_exactly_where_dd_reads_short() {
    each(|shell, mut pipe| {
        let replies = pipe
            .exchange(vec![
                call("t_old_dd", &[]),
                with(call("t_cat", &[b"200000"]), noise(200_000)),
                with(call("t_upload", &[b"70000"]), noise(70_000)),
            ])
            .unwrap();
        assert!(replies[1].out == noise(200_000), "{shell}: {}", replies[1].out.len());
        assert!(replies[2].out == noise(70_000), "{shell}: {}", replies[2].out.len());
    });
}

#[test]
fn a_full_disk_is_the_writers_error_and_the_shell_goes_on() {
    each(|shell, mut pipe| {
        // large ones and small ones take different ways
        let full = |size: usize| with(call("t_full", &[size.to_string().as_bytes()]), noise(size));
        let nowhere = |size: usize| {
            let path = b"/nonexistent/folder/file";
            with(call("t_replace", &[size.to_string().as_bytes(), path]), noise(size))
        };
        let wave =
            vec![full(300_000), full(3_000), nowhere(300_000), nowhere(3_000), call("t_print", &[b"x"])];
        let replies = pipe.exchange(wave).unwrap();
        for (reply, why) in replies.iter().zip(["No space left", "No space left", "No such", "No such"]) {
            assert_ne!(reply.rc, 0, "{shell}");
            let err = String::from_utf8_lossy(&reply.err);
            assert!(
                err.to_lowercase().contains(&why.to_lowercase()) || err.contains("onexistent"),
                "{shell} {err}"
            );
        }
        assert_eq!(replies[4].out, b"x|", "{shell}");
    });
}

#[test]
fn a_users_command_has_its_own_everything() {
    each(|shell, mut pipe| {
        let reply = one(&mut pipe, sh("printf 'a\\000b\\n\\n'; printf 'e\\000\\n\\n' >&2; exit 7"));
        assert_eq!((reply.rc, &*reply.out, &*reply.err), (7, &b"a\0b\n\n"[..], &b"e\0\n\n"[..]), "{shell}");
        assert_eq!(one(&mut pipe, sh("cat; read x || echo eof")).out, b"eof\n", "{shell}: stdin is empty");

        let command = Command {
            chdir: Some(b"/".into()),
            environment: vec![
                (b"A".into(), b"b 'c'\n".to_vec()),
                (b"D.E".into(), b"f".into()),
                (b"UID".into(), b"g".into()),
                (b"LANG".into(), b"C".into()),
            ],
            stdin: true,
            ..Command::default()
        };
        let script = "pwd; printf '%s|' \"$A\" \"$LANG\"; cat";
        let reply = one(&mut pipe, with(user(&["sh", "-c", script], command.clone()), b"in\0\n".to_vec()));
        assert_eq!(String::from_utf8_lossy(&reply.out), "/\nb 'c'\n|C|in\0\n", "{shell} {reply:?}");
        let reply = one(&mut pipe, user(&["env"], Command { stdin: false, ..command }));
        let all = String::from_utf8_lossy(&reply.out);
        assert!(all.contains("\nD.E=f\n") && all.contains("\nUID=g\n"), "{shell} {all}");

        let there = Command { chdir: Some(b"-nowhere".into()), ..Command::default() };
        assert_eq!(one(&mut pipe, user(&["pwd"], there)).rc, 250, "{shell}");
        let unread = Command { stdin: true, ..Command::default() };
        assert_eq!(
            one(&mut pipe, with(user(&["sh", "-c", "exit 3"], unread), noise(100_000))).rc,
            3,
            "{shell}"
        );
        assert_eq!(one(&mut pipe, user(&["/nonexistent"], Command::default())).rc, 127, "{shell}");
        // mksh and zsh do not tell a signal from an exit with such a status.
        let by_signal = if shell.starts_with("mksh") || shell.starts_with("zsh") { 137 } else { -9 };
        assert_eq!(one(&mut pipe, sh("kill -9 $$")).rc, by_signal, "{shell}");
        assert_eq!(one(&mut pipe, sh("exit 137")).rc, 137, "{shell}");
        assert_eq!(one(&mut pipe, sh("cd /; umask 077; exec false")).rc, 1, "{shell}");
        let mask = std::process::Command::new("sh").args(["-c", "umask"]).output().unwrap().stdout;
        assert_eq!(one(&mut pipe, sh("umask")).out, mask, "{shell}: the user's own umask");
        let names = one(&mut pipe, sh("env | grep '^_i' || :"));
        assert_eq!(names.out, b"", "{shell}: nothing of the pipe is in the environment");
        let many = (0..120).map(|i| sh(&format!("echo {i}"))).collect();
        let replies = pipe.exchange(many).unwrap();
        assert!(replies.iter().enumerate().all(|(i, r)| r.out == format!("{i}\n").as_bytes()), "{shell}");
    });
}

#[test]
fn a_process_left_behind_neither_delays_nor_disturbs() {
    each(|shell, mut pipe| {
        let start = Instant::now();
        let reply = one(&mut pipe, sh("(sleep 1; echo late; echo late >&2; sleep 1) & echo now"));
        assert_eq!(reply.out, b"now\n", "{shell}");
        assert!(start.elapsed() < Duration::from_millis(900), "{shell}");
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(400));
            let reply = one(&mut pipe, sh("echo x; echo y >&2"));
            assert_eq!((&*reply.out, &*reply.err), (&b"x\n"[..], &b"y\n"[..]), "{shell}");
        }
    });
}

#[test]
fn a_timeout_ends_the_whole_group() {
    each(|shell, mut pipe| {
        let limited = || Command { timeout: Some(Duration::from_secs(1)), ..Command::default() };
        let seconds = format!("30.{}", std::process::id());
        for script in [
            format!("echo begun; sleep {seconds}"),
            format!("echo begun; sleep {seconds} & sleep {seconds}"),
            format!("echo begun; trap '' TERM; sleep {seconds}; sleep {seconds}"),
        ] {
            let start = Instant::now();
            let reply = one(&mut pipe, user(&["sh", "-c", &script], limited()));
            assert_eq!((reply.rc, reply.timed_out), (124, true), "{shell}: {script} {reply:?}");
            assert_eq!(reply.out, b"begun\n", "{shell}: {script}");
            assert!(start.elapsed() < Duration::from_secs(4), "{shell}: {script} {:?}", start.elapsed());
            std::thread::sleep(Duration::from_millis(50));
            let left = std::process::Command::new("pgrep")
                .args(["-f", &format!("^sleep {seconds}")])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&left.stdout), "", "{shell}: {script}");
        }
        let start = Instant::now();
        let reply = one(&mut pipe, user(&["sh", "-c", "echo fast; exit 9"], limited()));
        assert_eq!((reply.rc, reply.timed_out, &*reply.out), (9, false, &b"fast\n"[..]), "{shell}");
        let stdin = Command { stdin: true, ..limited() };
        let reply = one(&mut pipe, with(user(&["cat"], stdin), b"in".to_vec()));
        assert_eq!(&*reply.out, b"in", "{shell}");
        assert!(start.elapsed() < Duration::from_millis(900), "{shell}: nobody waits for the watchdog");
    });
}

#[test]
fn a_command_that_ends_before_its_watchdog_began_harms_nothing() {
    // Several at once: on an idle machine the watchdog always begins first.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                each(|shell, mut pipe| {
                    for round in 0..50 {
                        let limited =
                            Command { timeout: Some(Duration::from_secs(20)), ..Command::default() };
                        let reply = one(&mut pipe, user(&["echo", "fast"], limited));
                        assert_eq!(
                            (reply.rc, &*reply.out),
                            (0, &b"fast\n"[..]),
                            "{shell}: {round} {reply:?}"
                        );
                    }
                });
            });
        }
    });
}

#[test]
fn two_thousand_requests_in_one_wave() {
    each(|shell, mut pipe| {
        let blob = noise(300);
        let wave = (0..2000)
            .map(|i| match i % 100 {
                7 => with(call("t_cat", &[b"300"]), blob.clone()),
                _ => call("t_print", &[format!("{i} {}", "x".repeat(150)).as_bytes()]),
            })
            .collect();
        let replies = pipe.exchange(wave).unwrap();
        assert_eq!(replies.len(), 2000, "{shell}");
        assert!(replies[1999].out.starts_with(b"1999 x"), "{shell}");
        assert!(replies[107].out == blob, "{shell}");
    });
}

#[test]
fn the_session_folder_is_private_and_goes_with_the_pipe() {
    each(|shell, mut pipe| {
        let folder = pipe.session_folder().unwrap();
        let folder = PathBuf::from(String::from_utf8(folder).unwrap());
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{shell}");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(one(&mut pipe, call("t_print", &[b"x"])).out, b"x|", "{shell}");
        let lost = one(&mut pipe, sh(&format!("rm -rf {}; echo x", folder.display())));
        assert_eq!(lost.rc, -1, "{shell}");
        assert_eq!(one(&mut pipe, sh("echo y")).out, b"y\n", "{shell}: it is made anew");
        let reply = one(&mut pipe, call("t_programs", &[]));
        assert_eq!(reply.rc, 0, "{shell}");
        let programs = PathBuf::from(String::from_utf8(reply.out).unwrap().trim_end());
        assert!(programs.is_dir(), "{shell}");
        pipe.close();
        assert!(!folder.exists() && !programs.exists(), "{shell}");
    });
}

#[test]
fn a_stale_folder_is_swept() {
    each(|shell, mut pipe| {
        let folder = PathBuf::from(String::from_utf8(pipe.session_folder().unwrap()).unwrap());
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let process = name.split('.').nth(2).unwrap().to_owned();
        let killed = one(&mut pipe, sh("echo $PPID"));
        assert_eq!(String::from_utf8_lossy(&killed.out).trim(), process, "{shell}");
        let gone = pipe.exchange(vec![sh(&format!("kill -9 {process}; sleep 1"))]);
        assert!(matches!(gone, Err(PipeError::Closed(_))), "{shell} {gone:?}");
        assert!(folder.exists(), "{shell}: nobody could remove it");
        let anew = pipe.session_folder().unwrap();
        assert_ne!(anew, folder.to_str().unwrap().as_bytes(), "{shell}");
        one(&mut pipe, call("t_print", &[b"x"]));
        assert!(!folder.exists(), "{shell}");
    });
}

#[test]
fn what_ends_the_shell_is_told_and_the_next_exchange_opens_a_new_one() {
    each(|shell, mut pipe| {
        for deadly in [sh("kill -9 $PPID"), sh("kill 0; sleep 1"), call("t_exit", &[])] {
            let broken = pipe.exchange(vec![call("t_print", &[b"a"]), deadly, call("t_print", &[b"b"])]);
            let Err(PipeError::Closed(why)) = broken else { panic!("{shell}: {broken:?}") };
            assert!(why.contains("ended while it worked"), "{shell}: {why}");
            assert_eq!(one(&mut pipe, call("t_print", &[b"c"])).out, b"c|", "{shell}");
        }
    });
}

#[test]
fn a_large_output_goes_to_its_sink() {
    each(|shell, mut pipe| {
        struct Count(Arc<Mutex<u64>>);
        impl std::io::Write for Count {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                *self.0.lock().unwrap() += bytes.len() as u64;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let count = Arc::new(Mutex::new(0));
        let size = 20_000_000u64;
        let source = std::io::Read::take(std::io::repeat(b'z'), size);
        let mut both = call("t_upload", &[size.to_string().as_bytes()]);
        both.payload = Payload::Stream { from: Box::new(source), len: size };
        both.sink = Some(Box::new(Count(count.clone())));
        let reply = one(&mut pipe, both);
        assert_eq!((reply.rc, reply.out.len(), *count.lock().unwrap()), (0, 0, size), "{shell}");
    });
}

#[test]
fn a_stream_that_ends_early_leaves_nothing() {
    each(|shell, mut pipe| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let mut cut = call("t_replace", &[b"3000000", file.to_str().unwrap().as_bytes()]);
        cut.payload = Payload::Stream {
            from: Box::new(std::io::Read::take(std::io::repeat(1), 2_000_000)),
            len: 3_000_000,
        };
        let broken = pipe.exchange(vec![cut]);
        assert!(matches!(broken, Err(PipeError::Request(_))), "{shell} {broken:?}");
        let until = Instant::now() + Duration::from_secs(3);
        while folder.path().read_dir().unwrap().count() > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let left: Vec<_> = folder.path().read_dir().unwrap().collect();
        assert!(left.is_empty(), "{shell}: {left:?}");
    });
}

#[test]
fn every_script_of_the_project_parses_and_passes_shellcheck() {
    fn gather(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in folder.read_dir().unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                gather(&path, into);
            } else if path.extension().is_some_and(|e| e == "sh") {
                into.push(path);
            }
        }
    }
    let mut scripts = Vec::new();
    for folder in ["src", "modules/src"] {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut scripts);
    }
    assert!(scripts.iter().any(|path| path.ends_with("prelude.sh")));
    for script in &scripts {
        let text = impel::pipe::minify(&std::fs::read_to_string(script).unwrap());
        for shell in SHELLS.into_iter().filter(|shell| present(shell.split(' ').next().unwrap())) {
            let words: Vec<&str> = shell.split(' ').collect();
            let output = std::process::Command::new(words[0])
                .args(&words[1..])
                .args(["-n", "-c", &text])
                .output()
                .unwrap();
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{shell} {}: {complaint}", script.display());
        }
    }
    if present("shellcheck") {
        let output =
            std::process::Command::new("shellcheck").args(["-s", "sh"]).args(&scripts).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    } else {
        eprintln!("left out: shellcheck is not installed");
    }
}
