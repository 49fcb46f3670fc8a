//! How module tests talk to a real shell: check, run, and again.

use crate::host::test_pipe::TestPipe;
use crate::host::{Input, Setting, run_alone};
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
