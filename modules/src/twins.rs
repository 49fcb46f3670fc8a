//! Two Debian roots that start alike: modules run in one through a pipe, ansible-core's in the other; results and
//! roots are compared.
//!
//! Needs root, `IMPEL_TEST_ROOT` (the folder of a Debian root, left untouched: both twins are overlays of it, mounted
//! in private namespaces) and for comparisons `IMPEL_ORACLE` (the folder of ansible-core's programs).

use crate::host::test_pipe::TestPipe;
use crate::host::{self, Pipe, Request, Run, Setting, run_alone};
use crate::{Data, Map, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounts an overlay of `$1` kept in `$2` and goes on inside it with the rest.
const ENTER: &str = "b=$1 d=$2; shift 2; mkdir -p $d/up $d/work $d/root && \
    mount -t overlay overlay -o lowerdir=$b,upperdir=$d/up,workdir=$d/work $d/root && \
    mount -t proc proc $d/root/proc && mount --rbind /dev $d/root/dev && \
    { mount --bind /etc/resolv.conf $d/root/etc/resolv.conf || true; } 2>/dev/null && \
    exec chroot $d/root \"$@\"";

/// The environment of a root login.
const CLEAN: &[&str] = &[
    "/usr/bin/env",
    "-i",
    "HOME=/root",
    "USER=root",
    "LOGNAME=root",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
];

pub struct Twins {
    /// What leads into each twin: the words before a command.
    into: [Vec<String>; 2],
    folder: PathBuf,
    oracle: Option<String>,
    pipe: TestPipe,
}

impl Twins {
    /// The twins, or a word on why there are none.
    pub fn open(name: &str) -> Option<Twins> {
        let Ok(base) = std::env::var("IMPEL_TEST_ROOT") else {
            eprintln!("skipped: IMPEL_TEST_ROOT (folder of a Debian root) is not set");
            return None;
        };
        let uid = Command::new("id").arg("-u").output().unwrap().stdout;
        if uid != b"0\n" {
            eprintln!("skipped: this test mounts overlays and so needs root");
            return None;
        }
        let folder = scratch(name);
        let into = [enter(&base, &folder.join("ours")), enter(&base, &folder.join("theirs"))];
        Some(Twins::of(into, folder))
    }

    /// Two booted systems with systemd: `IMPEL_TEST_BOOTED` has the process ids of their inits, with a blank between.
    pub fn booted(name: &str) -> Option<Twins> {
        let Ok(pids) = std::env::var("IMPEL_TEST_BOOTED") else {
            eprintln!("skipped: IMPEL_TEST_BOOTED (ids of the inits of two containers) is not set");
            return None;
        };
        let own = std::fs::read_link("/proc/self/ns/pid").unwrap();
        let into = |pid: &str| -> Vec<String> {
            let other = std::fs::read_link(format!("/proc/{pid}/ns/pid")).unwrap();
            assert_ne!(own, other, "{pid} is no init of a container");
            let words = ["nsenter", "-t", pid, "-m", "-u", "-i", "-n", "-p", "--"];
            words.iter().chain(CLEAN).map(|w| (*w).to_owned()).collect()
        };
        let (ours, theirs) = pids.split_once(' ').expect("two process ids");
        Some(Twins::of([into(ours), into(theirs)], scratch(name)))
    }

    fn of(into: [Vec<String>; 2], folder: PathBuf) -> Twins {
        let shell = r#"while IFS= read -r _iL; do eval "$_iL"; done"#;
        let mut words = into[0].clone();
        words.extend(["sh", "-c", shell].map(str::to_owned));
        let oracle = std::env::var("IMPEL_ORACLE").ok();
        let twins = Twins { pipe: TestPipe::open(&words), into, folder, oracle };
        twins.assert_apart();
        twins
    }

    /// Runs a module of ours.
    pub fn ours(&mut self, module: &str, args: &str, check: bool) -> Outcome {
        let Data::Map(args) = Data::from_json(&serde_json::from_str(args).unwrap()) else { panic!("a map") };
        let setting = Setting { check_mode: check, ..Setting::default() };
        run_alone(&mut self.pipe, crate::registry::find(module).unwrap(), args, setting).unwrap()
    }

    /// Runs ansible-core's; none without it.
    pub fn theirs(&self, module: &str, args: &str, check: bool) -> Option<Map> {
        let oracle = self.oracle.as_ref()?;
        let mut command = Command::new(format!("{oracle}/ansible"));
        command.args(["-i", "localhost,", "-c", "local", "localhost", "-m", module, "-a", args]);
        command.arg("-e").arg(format!("ansible_python_interpreter={}", self.interpreter().display()));
        command.arg("-e").arg("ansible_become=false");
        command.env("ANSIBLE_PIPELINING", "1").env("ANSIBLE_LOCALHOST_WARNING", "0");
        if check {
            command.arg("-C");
        }
        let out = command.output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let at =
            text.find("=> {").unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&out.stderr)));
        let Data::Map(mut map) = Data::from_json(&serde_json::from_str(&text[at + 2..]).unwrap()) else {
            panic!()
        };
        for extra in [
            "invocation",
            "diff",
            "stdout_lines",
            "stderr_lines",
            "warnings",
            "deprecations",
            "ansible_facts",
        ] {
            map.shift_remove(extra);
        }
        Some(map)
    }

    /// The "Python" that ansible-core is given: a program that enters the twin and runs Python there. Modules come
    /// to it on stdin (pipelining) or, if that were off, as files that are not to be found in the twin: in no case
    /// does one of them run on this machine itself.
    fn interpreter(&self) -> PathBuf {
        let path = self.folder.join("python3");
        if !path.exists() {
            let words: Vec<String> = self.into[1].iter().map(|w| quoted(w)).collect();
            std::fs::write(&path, format!("#!/bin/sh\nexec {} python3 \"$@\"\n", words.join(" "))).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&path, mode).unwrap();
        }
        path
    }

    /// Before anything is compared: what ansible-core sees must be the twin and not this machine.
    fn assert_apart(&self) {
        let marker = "/impel-this-is-the-twin";
        assert!(!Path::new(marker).exists(), "{marker} must not exist on this machine");
        if self.oracle.is_none() {
            return;
        }
        let inside = |program: &str| {
            let words = &self.into[1];
            assert!(
                Command::new(&words[0]).args(&words[1..]).args([program, marker]).status().unwrap().success()
            );
        };
        inside("touch");
        assert!(!Path::new(marker).exists(), "{marker} was made on this machine");
        let seen = self.theirs("stat", &format!("{{\"path\": \"{marker}\"}}"), true);
        let exists = seen.as_ref().map(|map| map["stat"].as_map().unwrap()["exists"].clone());
        assert_ne!(exists, Some(Data::Bool(false)), "ansible-core is not inside the twin: refusing to go on");
        inside("rm");
    }

    /// Both; what differs between the results, save the fields in `ignore`.
    pub fn compare(&mut self, module: &str, args: &str, check: bool, ignore: &[&str]) -> Vec<String> {
        let outcome = self.ours(module, args, check);
        let ours = outcome.to_map();
        let Some(theirs) = self.theirs(module, args, check) else { return Vec::new() };
        let mut found = Vec::new();
        let keys = ours.keys().chain(theirs.keys().filter(|k| !ours.contains_key(*k)));
        for key in keys.filter(|k| !ignore.contains(&k.as_str()) && !["failed", "diff"].contains(&k.as_str()))
        {
            if ours.get(key) != theirs.get(key) {
                found.push(format!(
                    "{module} {args}{}: {key}\n    ours   {:?}\n    theirs {:?}",
                    if check { " (check)" } else { "" },
                    ours.get(key).map(shown),
                    theirs.get(key).map(shown)
                ));
            }
        }
        found
    }

    /// Runs a script in both roots; it must succeed.
    pub fn both(&mut self, script: &str) {
        let done = format!("exec 3>&1 >/dev/null 2>&1\n{script}\necho done >&3");
        let request = Request {
            run: Run::Command(host::Command::default()),
            argv: ["sh", "-ec", &done].iter().map(|w| w.as_bytes().to_vec()).collect(),
            ..Request::call("", [], &[])
        };
        let reply = self.pipe.exchange(vec![request]).unwrap().remove(0);
        assert_eq!(reply.out, b"done\n", "the script fails");
        if self.oracle.is_some() {
            let words = &self.into[1];
            let out = Command::new(&words[0]).args(&words[1..]).args(["sh", "-ec", &done]).output().unwrap();
            assert_eq!(out.stdout, b"done\n", "the script fails");
        }
    }

    /// The same command inside both roots must print the same.
    pub fn same(&mut self, script: &str) -> Vec<String> {
        if self.oracle.is_none() {
            return Vec::new();
        }
        // Ours through its own pipe: mounting an overlay twice at once is not for those who write to it.
        let request = Request {
            run: Run::Command(host::Command::default()),
            argv: ["sh", "-c", script].iter().map(|w| w.as_bytes().to_vec()).collect(),
            ..Request::call("", [], &[])
        };
        let reply = self.pipe.exchange(vec![request]).unwrap().remove(0);
        let ours = String::from_utf8_lossy(&reply.out).into_owned();
        let words = &self.into[1];
        let out = Command::new(&words[0]).args(&words[1..]).args(["sh", "-c", script]).output().unwrap();
        let theirs = String::from_utf8_lossy(&out.stdout).into_owned();
        let lines = |text: &str, other: &str| -> Vec<String> {
            text.lines().filter(|l| !other.lines().any(|o| o == *l)).map(str::to_owned).collect()
        };
        if ours == theirs {
            return Vec::new();
        }
        vec![format!("ours {:?}\n    theirs {:?}", lines(&ours, &theirs), lines(&theirs, &ours))]
    }

    /// Check mode foretells, the run changes, the second run does not.
    pub fn changes_once(&mut self, module: &str, args: &str) {
        let foretold = self.ours(module, args, true);
        assert!(foretold.failed.is_none() && foretold.changed, "check: {args} {foretold:?}");
        let done = self.ours(module, args, false);
        assert!(done.failed.is_none() && done.changed, "run: {args} {done:?}");
        let again = self.ours(module, args, false);
        assert!(again.failed.is_none() && !again.changed, "again: {args} {again:?}");
    }
}

impl Drop for Twins {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn shown(data: &Data) -> String {
    let text = format!("{data:?}");
    text.replace("Str(Text { text: ", "(").replace(", secret: false })", ")")
}

fn enter(base: &str, twin: &Path) -> Vec<String> {
    let mut words: Vec<String> =
        ["unshare", "-m", "--propagation", "private", "sh", "-c", ENTER, "sh"].map(str::to_owned).to_vec();
    words.extend([base.to_owned(), twin.display().to_string()]);
    words.extend(CLEAN.iter().map(|w| (*w).to_owned()));
    words
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("impel-twins-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
