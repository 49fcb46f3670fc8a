//! How module tests talk to a real shell: check, run, and again.

use crate::host::test_pipe::TestPipe;
use crate::host::{Input, Setting, Source, run_alone};
use crate::{Data, Map, Outcome};
use std::path::PathBuf;

/// A shell and a folder of its own, removed at the end.
pub struct Lab {
    pub pipe: TestPipe,
    pub folder: PathBuf,
    pub inputs: Vec<(String, Input)>,
    pub diff: bool,
}

impl Lab {
    pub fn new() -> Lab {
        let name = format!("impel-test-{}-{:?}", std::process::id(), std::thread::current().id());
        let folder = std::env::temp_dir().join(name.replace(['(', ')'], ""));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Lab { pipe: TestPipe::local(), folder, inputs: Vec::new(), diff: false }
    }

    /// A path in the folder.
    pub fn at(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Runs a module; `D/` in string arguments is the folder.
    pub fn go(&mut self, module: &str, args: &str, check: bool) -> Outcome {
        let text = args.replace("D/", &format!("{}/", self.folder.display()));
        let Data::Map(args) = Data::from_json(&serde_json::from_str(&text).unwrap()) else { panic!("a map") };
        self.go_map(module, args, check)
    }

    pub fn go_map(&mut self, module: &str, args: Map, check: bool) -> Outcome {
        let setting = Setting {
            check_mode: check,
            diff_mode: self.diff,
            inputs: self.inputs.clone(),
            ..Setting::default()
        };
        run_alone(&mut self.pipe, crate::registry::find(module).unwrap(), args, setting).unwrap()
    }

    /// Check mode foretells and changes nothing, the run changes, the second run does not. The run's outcome.
    pub fn changes_once(&mut self, module: &str, args: &str) -> Outcome {
        let before = self.tree();
        let foretold = self.go(module, args, true);
        assert!(foretold.failed.is_none(), "check: {:?}", foretold.failed);
        assert!(foretold.changed, "check mode foretells a change: {args}");
        assert_eq!(before, self.tree(), "check mode changed something: {args}");
        let done = self.go(module, args, false);
        assert!(done.failed.is_none(), "run: {:?}", done.failed);
        assert!(done.changed, "the run changes: {args}");
        let after = self.tree();
        let again = self.go(module, args, false);
        assert!(again.failed.is_none(), "again: {:?}", again.failed);
        assert!(!again.changed, "the second run changes nothing: {args}\n{again:?}");
        assert_eq!(after, self.tree(), "the second run changed something: {args}");
        done
    }

    /// The message of a run that fails.
    pub fn fails(&mut self, module: &str, args: &str) -> String {
        let outcome = self.go(module, args, false);
        outcome.failed.expect("it fails").message
    }

    /// Every path with its mode and content.
    pub fn tree(&self) -> String {
        let script = "find . -exec stat -c '%n %f %u %g %h' {} + | sort; find . -type l -exec readlink {} + ; \
                      find . -type f -exec cksum {} + | sort";
        let out = std::process::Command::new("sh").args(["-c", script]).current_dir(&self.folder).output();
        String::from_utf8_lossy(&out.unwrap().stdout).into_owned()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    pub fn mode(&self, name: &str) -> String {
        use std::os::unix::fs::MetadataExt;
        format!("{:04o}", std::fs::symlink_metadata(self.folder.join(name)).unwrap().mode() & 0o7777)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn ping_answers_pong() {
    let mut lab = Lab::new();
    let outcome = lab.go("ping", "{}", false);
    assert_eq!(outcome.result.get("ping"), Some(&Data::str("pong")));
    assert!(!outcome.changed);
}

#[test]
fn stat_tells_what_is_there_and_what_is_not() {
    let mut lab = Lab::new();
    lab.write("a\nb", "text");
    std::os::unix::fs::symlink("a\nb", lab.folder.join("l")).unwrap();
    let outcome = lab.go("stat", r#"{"path": "D/none"}"#, false);
    assert_eq!(outcome.result["stat"].as_map().unwrap()["exists"], Data::Bool(false));
    for (args, kind) in [
        (r#"{"path": "D/a\nb"}"#, "isreg"),
        (r#"{"path": "D/l"}"#, "islnk"),
        (r#"{"path": "D/l", "follow": true}"#, "isreg"),
        (r#"{"path": "D/"}"#, "isdir"),
    ] {
        let outcome = lab.go("stat", args, false);
        assert_eq!(outcome.failed, None);
        let stat = outcome.result["stat"].as_map().unwrap().clone();
        assert_eq!(stat[kind], Data::Bool(true), "{args} {stat:?}");
        if kind == "isreg" {
            assert_eq!(stat["checksum"], Data::str("372ea08cab33e71c02c651dbc83a474d32c676ea"));
        }
    }
}

#[test]
fn file_reaches_every_state_once() {
    let mut lab = Lab::new();
    lab.changes_once("file", r#"{"path": "D/a/b c/d", "state": "directory", "mode": "0750"}"#);
    assert_eq!((lab.mode("a").as_str(), lab.mode("a/b c/d").as_str()), ("0750", "0750"));
    lab.write("f", "x");
    let done = lab.changes_once("file", r#"{"path": "D/f", "mode": "u=rw,g=r,o="}"#);
    assert_eq!(done.result["mode"], Data::str("0640"));
    assert_eq!(done.result["state"], Data::str("file"));
    let done = lab.changes_once("file", r#"{"path": "D/l", "src": "f", "state": "link"}"#);
    assert_eq!((&done.result["src"], &done.result["state"]), (&Data::str("f"), &Data::str("link")));
    lab.changes_once("file", r#"{"path": "D/l", "src": "a", "state": "link"}"#);
    lab.changes_once("file", r#"{"path": "D/l", "src": "gone", "state": "link", "force": true}"#);
    lab.changes_once("file", r#"{"path": "D/h", "src": "D/f", "state": "hard"}"#);
    lab.changes_once("file", r#"{"path": "D/h", "state": "absent"}"#);
    lab.changes_once("file", r#"{"path": "D/l", "state": "absent"}"#);
    lab.write("a/b c/x", "");
    std::os::unix::fs::symlink("/", lab.folder.join("a/root")).unwrap();
    let args =
        r#"{"path": "D/a", "state": "directory", "mode": "u=rwX,g=rX,o=", "recurse": true, "follow": false}"#;
    lab.changes_once("file", args);
    assert_eq!((lab.mode("a/b c/x").as_str(), lab.mode("a/b c").as_str()), ("0640", "0750"));
    lab.changes_once("file", r#"{"path": "D/a", "state": "absent"}"#);
    lab.changes_once(
        "file",
        r#"{"path": "D/t", "state": "touch", "modification_time": "preserve", "access_time": "preserve"}"#,
    );
    lab.changes_once("file", r#"{"path": "D/t", "modification_time": "202001020304.05"}"#);
    assert!(lab.go("file", r#"{"path": "D/t", "state": "touch"}"#, false).changed);
    assert!(lab.go("file", r#"{"path": "D/t", "state": "touch"}"#, false).changed);
}

#[test]
fn file_refuses_in_ansibles_words() {
    let mut lab = Lab::new();
    lab.write("f", "x");
    std::fs::create_dir(lab.folder.join("d")).unwrap();
    std::fs::write(lab.folder.join("d/x"), "").unwrap();
    let at = |name: &str| lab.folder.join(name).display().to_string();
    let (f, d, none) = (at("f"), at("d"), at("none"));
    for (args, message) in [
        (r#"{}"#, "missing required arguments: path".to_string()),
        (r#"{"path": "D/none"}"#, format!("file ({none}) is absent, cannot continue")),
        (r#"{"path": "D/d", "state": "file"}"#, format!("file ({d}) is directory, cannot continue")),
        (r#"{"path": "D/f", "state": "directory"}"#, format!("{f} already exists as a file")),
        (r#"{"path": "D/f", "owner": "nosuch"}"#, "chown failed: failed to look up user nosuch".into()),
        (r#"{"path": "D/f", "group": "nosuch"}"#, "chgrp failed: failed to look up group nosuch".into()),
        (r#"{"path": "D/f", "mode": "g=q"}"#, "mode must be in octal or symbolic form".into()),
        (
            r#"{"path": "D/f", "state": "link", "src": "none"}"#,
            format!("src file does not exist, use 'force=yes' if you really want to create the link: {none}"),
        ),
        (
            r#"{"path": "D/f", "state": "link", "src": "d"}"#,
            format!("refusing to convert from file to symlink for {f}"),
        ),
        (
            r#"{"path": "D/d", "state": "link", "src": "D/f", "force": true}"#,
            format!("the directory {d} is not empty, refusing to convert it"),
        ),
        (r#"{"path": "D/h", "state": "hard", "src": "D/none"}"#, "src does not exist".into()),
        (r#"{"path": "D/f", "recurse": true}"#, "recurse option requires state to be 'directory'".into()),
    ] {
        assert_eq!(lab.fails("file", args), message, "{args}");
    }
}

#[test]
fn file_shows_what_differs() {
    let mut lab = Lab::new();
    lab.diff = true;
    lab.write("f", "x");
    lab.go("file", r#"{"path": "D/f", "mode": "0644"}"#, false);
    let outcome = lab.go("file", r#"{"path": "D/f", "mode": "0600"}"#, true);
    let diff = outcome.diff.first().unwrap();
    assert_eq!(diff.before.as_map().unwrap()["mode"], Data::str("0644"));
    assert_eq!(diff.after.as_map().unwrap()["mode"], Data::str("0600"));
    let outcome = lab.go("file", r#"{"path": "D/f", "state": "absent"}"#, true);
    assert_eq!(outcome.diff.first().unwrap().before.as_map().unwrap()["state"], Data::str("file"));
}

#[test]
fn a_path_is_expanded_as_on_the_host() {
    let mut lab = Lab::new();
    let home = std::env::var("HOME").unwrap();
    for (written, path) in
        [("~", home.clone()), ("$HOME/x", format!("{home}/x")), ("${NOPE}y", "${NOPE}y".into())]
    {
        let map = Map::from_iter([("path".to_string(), Data::str(written)), ("state".into(), "file".into())]);
        let fault = lab.go_map("file", map, true).failed.unwrap();
        assert_eq!(fault.result["path"], Data::str(path));
    }
}

#[test]
fn questions_of_one_kind_share_one_call() {
    use crate::host::{Conversation, Identity, Pipe, Step, Wave};
    let mut lab = Lab::new();
    let args = |name: String| {
        Map::from_iter([("path".to_string(), Data::str(name)), ("state".into(), "touch".into())])
    };
    let module = crate::registry::find("ansible.builtin.file").unwrap();
    let start = |i: usize| Conversation::start(module, args(lab.at(&format!("f{i}"))), Setting::default());
    let mut conversations: Vec<_> = (0..50).map(start).collect();
    let dropped = Conversation::start(module, args("/x".into()), Setting::default());
    for conversation in &mut conversations {
        assert!(matches!(conversation.poll(), Step::Waiting));
    }
    let (wave, requests) = Wave::gather(Identity(0), &conversations);
    assert_eq!(requests.len(), 1);
    conversations.pop();
    drop(dropped);
    wave.accept(lab.pipe.exchange(requests).unwrap());
    for conversation in &mut conversations {
        assert!(matches!(conversation.poll(), Step::WantsTurn), "a change waits for its turn");
        assert!(!conversation.has_acted());
    }
    let first = &mut conversations[0];
    first.grant_turn();
    assert!(matches!(first.poll(), Step::Waiting));
}

#[test]
fn command_runs_words_and_shell_runs_lines() {
    let mut lab = Lab::new();
    lab.write("there", "");
    let text = |outcome: &Outcome, name: &str| crate::args::python_str(&outcome.to_map()[name]);
    for (module, args, out, rc) in [
        ("command", r#"{"_raw_params": "printf '%s|' a 'b c' $HOME_NOT *"}"#, "a|b c|$HOME_NOT|*|", "0"),
        ("command", r#"{"argv": ["printf", "a b\n\n\n"]}"#, "a b", "0"),
        (
            "command",
            r#"{"cmd": "cat", "stdin": "x", "stdin_add_newline": false, "strip_empty_ends": false}"#,
            "x",
            "0",
        ),
        ("command", r#"{"cmd": "pwd", "chdir": "/"}"#, "/", "0"),
        ("shell", r#"{"cmd": "echo $((1+1)) | cat; exit 3"}"#, "2", "3"),
        ("shell", r#"{"cmd": "exit 250", "chdir": "/"}"#, "", "250"),
        ("shell", r#"{"cmd": "exit 127"}"#, "", "127"),
        ("raw", r#"{"_raw_params": "echo a"}"#, "a\n", "0"),
        ("shell", r#"{"_raw_params": "exec 3>&1; umask; kill -9 $$"}"#, "0022", "-9"),
    ] {
        let outcome = lab.go(module, args, false);
        assert_eq!((text(&outcome, "stdout").as_str(), text(&outcome, "rc").as_str()), (out, rc), "{args}");
        assert!(outcome.changed);
        assert_eq!(outcome.failed.is_some(), rc != "0");
        assert_eq!(
            outcome.failed.map(|f| f.message),
            (rc != "0").then(|| "non-zero return code".to_string())
        );
    }
    for (args, check, message, changed) in [
        (
            r#"{"cmd": "echo", "creates": "D/th*"}"#,
            false,
            format!("Did not run command since '{}' exists", lab.at("th*")),
            false,
        ),
        (
            r#"{"cmd": "echo", "removes": "D/no"}"#,
            true,
            format!("Would not run command since '{}' does not exist", lab.at("no")),
            false,
        ),
        (
            r#"{"cmd": "echo", "creates": "D/no"}"#,
            true,
            "Command would have run if not in check mode".into(),
            true,
        ),
        (r#"{"cmd": "echo"}"#, true, "Command would have run if not in check mode".into(), false),
    ] {
        let outcome = lab.go("command", args, check);
        assert_eq!((text(&outcome, "msg"), outcome.changed), (message, changed), "{args}");
        assert_eq!(outcome.skipped, args == r#"{"cmd": "echo"}"#);
    }
    for (args, message, cause) in [
        (
            r#"{"cmd": "nosuchcmd a"}"#,
            "Error executing command.",
            "[Errno 2] No such file or directory: b'nosuchcmd'",
        ),
        (
            r#"{"cmd": "/etc/passwd"}"#,
            "Error executing command.",
            "[Errno 13] Permission denied: b'/etc/passwd'",
        ),
        (
            r#"{"cmd": "pwd", "chdir": "/nope"}"#,
            "Unable to change directory before execution.",
            "[Errno 2] No such file or directory: b'/nope'",
        ),
    ] {
        let outcome = lab.go("command", args, false);
        let fault = outcome.failed.unwrap();
        assert_eq!((fault.message.as_str(), fault.cause.as_deref()), (message, Some(cause)));
        assert!(!outcome.changed);
    }
}

#[test]
fn lineinfile_sees_to_one_line() {
    let mut lab = Lab::new();
    for (before, args, after, message) in [
        ("a\nb", r#""line": "c""#, "a\nb\nc\n", "line added"),
        ("a\nb\n", r#""regexp": "^b", "line": "b=2""#, "a\nb=2\n", "line replaced"),
        ("b\na\nb\n", r#""regexp": "^b", "line": "b=2", "firstmatch": true"#, "b=2\na\nb\n", "line replaced"),
        ("a\nb\n", r#""line": "x", "insertafter": "^a""#, "a\nx\nb\n", "line added"),
        ("a\nb\n", r#""line": "x", "insertbefore": "^b""#, "a\nx\nb\n", "line added"),
        ("a\nb\n", r#""line": "x", "insertbefore": "BOF""#, "x\na\nb\n", "line added"),
        ("a\nb\n", r#""line": "x", "insertafter": "^zz""#, "a\nb\nx\n", "line added"),
        (
            "k = 1\n",
            r#""regexp": "^(k) *= *(\\d)$", "line": "\\1=\\g<2>0", "backrefs": true"#,
            "k=10\n",
            "line replaced",
        ),
        ("a\nb\n", r#""regexp": "^b", "state": "absent""#, "a\n", "1 line(s) removed"),
        ("a\nb\n", r#""search_string": "b", "line": "c""#, "a\nc\n", "line replaced"),
        ("a\r\nb\r\n", r#""line": "a", "regexp": "^a""#, "a\nb\r\n", "line replaced"),
        (
            "a\n",
            r#""line": "b", "mode": "0600""#,
            "a\nb\n",
            "line added and ownership, perms or SE linux context changed",
        ),
    ] {
        lab.write("f", before);
        std::fs::set_permissions(lab.folder.join("f"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .unwrap();
        let json = format!(r#"{{"path": "D/f", {args}}}"#);
        if args.contains("backrefs") {
            assert!(lab.go("lineinfile", &json, false).changed);
        } else {
            let outcome = lab.changes_once("lineinfile", &json);
            assert_eq!(outcome.result["msg"], Data::str(message), "{args}");
        }
        assert_eq!(lab.read("f"), after, "{args}");
    }
    lab.changes_once("lineinfile", r#"{"path": "D/x/y/new", "create": true, "line": "q"}"#);
    assert_eq!(lab.read("x/y/new"), "q\n");
    for (args, message) in [
        (r#"{"path": "D/none", "line": "q"}"#, format!("Destination {} does not exist !", lab.at("none"))),
        (r#"{"path": "D/x", "line": "q"}"#, format!("Path {} is a directory !", lab.at("x"))),
        (r#"{"path": "D/f"}"#, "line is required with state=present".into()),
        (r#"{"path": "D/f", "line": "z", "validate": "false %s"}"#, "failed to validate: rc:1 error:".into()),
        (r#"{"path": "D/f", "line": "z", "validate": "false"}"#, "validate must contain %s: false".into()),
    ] {
        assert_eq!(lab.fails("lineinfile", args), message, "{args}");
    }
    let done = lab.go(
        "lineinfile",
        r#"{"path": "D/f", "line": "w", "backup": true, "validate": "grep -q w %s"}"#,
        false,
    );
    let backup = done.result["backup"].as_str().unwrap().to_string();
    assert_eq!(std::fs::read_to_string(backup).unwrap(), "a\nb\n");
    std::os::unix::fs::symlink("f", lab.folder.join("l")).unwrap();
    lab.changes_once("lineinfile", r#"{"path": "D/l", "line": "v"}"#);
    assert_eq!(lab.read("f"), "a\nb\nw\nv\n");
}

#[test]
fn blockinfile_keeps_a_block_between_markers() {
    let mut lab = Lab::new();
    let block = "# BEGIN ANSIBLE MANAGED BLOCK\nx\ny\n# END ANSIBLE MANAGED BLOCK\n";
    for (before, args, after, message) in [
        ("a\nb", r#""block": "x\ny""#, format!("a\nb\n{block}"), "Block inserted"),
        (block, r#""block": "z\n""#, block.replace("x\ny", "z"), "Block inserted"),
        ("a\nb\n", r#""block": "x\ny", "insertafter": "^a""#, format!("a\n{block}b\n"), "Block inserted"),
        ("a\nb\n", r#""block": "x\ny", "insertbefore": "BOF""#, format!("{block}a\nb\n"), "Block inserted"),
        (
            "a\nb\n",
            r#""block": "x\ny", "insertbefore": "^b", "append_newline": true, "prepend_newline": true"#,
            format!("a\n\n{block}\nb\n"),
            "Block inserted",
        ),
        (&format!("a\n{block}b\n"), r#""state": "absent""#, "a\nb\n".into(), "Block removed"),
        (&format!("a\n{block}b\n"), r#""block": """#, "a\nb\n".into(), "Block removed"),
        (
            "",
            r#""block": "q", "marker": "// {mark} M", "marker_begin": "<", "marker_end": ">""#,
            "// < M\nq\n// > M\n".into(),
            "Block inserted",
        ),
    ] {
        lab.write("f", before);
        let done = lab.changes_once("blockinfile", &format!(r#"{{"path": "D/f", {args}}}"#));
        assert_eq!((lab.read("f"), &done.result["msg"]), (after, &Data::str(message)), "{args}");
    }
    let done = lab.changes_once("blockinfile", r#"{"path": "D/new", "block": "x\ny", "create": true}"#);
    assert_eq!((lab.read("new").as_str(), &done.result["msg"]), (block, &Data::str("File created")));
    let missing = format!("Path {} does not exist !", lab.at("none"));
    assert_eq!(lab.fails("blockinfile", r#"{"path": "D/none", "block": "x"}"#), missing);
}

#[test]
fn a_scratch_file_belongs_to_the_turn_and_is_no_change() {
    use crate::host::{Host, Probe};
    use crate::registry::{CheckMode, ModuleDef, Running};
    fn run(_: Map, host: Host) -> Running {
        Box::pin(async move {
            let path = host.scratch(&Source::bytes(b"a'b\0\n".to_vec())).await?;
            let size = host.ask(Probe::command([&b"wc"[..], b"-c", &path])).await?.text();
            host.discard(std::slice::from_ref(&path)).await?;
            let gone = host.ask(crate::host::Stat::of(&path)).await?.is_none();
            Ok(Outcome::new().with("size", size.split(' ').next().unwrap_or("")).with("gone", gone))
        })
    }
    let module = ModuleDef {
        name: "scratch",
        schema: || crate::args::Schema::new(""),
        run,
        always_acts: false,
        sets_facts: false,
        free_form: false,
        check_mode: CheckMode::Full,
    };
    let mut lab = Lab::new();
    for check_mode in [true, false] {
        let setting = Setting { check_mode, ..Setting::default() };
        let outcome = run_alone(&mut lab.pipe, &module, Map::new(), setting).unwrap();
        assert_eq!((outcome.changed, outcome.failed), (false, None));
        assert_eq!((&outcome.result["size"], &outcome.result["gone"]), (&Data::str("5"), &Data::Bool(true)));
    }
}

#[test]
fn the_registry_knows_collections_and_near_names() {
    use crate::registry::{find, suggest};
    assert!(find("ansible.legacy.copy").is_some() && find("ansible.builtin.copy").is_some());
    assert!(find("community.general.copy").is_none());
    assert_eq!(suggest("lineinfil"), Some("lineinfile"));
    assert_eq!(suggest("quite_other"), None);
}
