//! `copy` on a real shell: files, text, trees, what is there already.

use crate::Data;
use crate::host::{Input, Pipe, Source, TreeEntry, TreeKind};
use crate::module_tests::Lab;

fn tree(entries: Vec<(&str, Option<&str>)>) -> Input {
    let entry = |(path, text): (&str, Option<&str>)| TreeEntry {
        path: path.into(),
        mode: 0o755,
        kind: match text {
            None => TreeKind::Folder,
            Some(text) if text.starts_with('>') => TreeKind::Link(text.as_bytes()[1..].to_vec()),
            Some(text) => TreeKind::File(Source::bytes(text.as_bytes().to_vec())),
        },
    };
    Input::Tree(entries.into_iter().map(entry).collect())
}

#[test]
fn copy_puts_a_file_there_at_once() {
    let mut lab = Lab::new();
    let done = lab.changes_once("copy", r#"{"content": "one\n", "dest": "D/out"}"#);
    assert_eq!(done.result["checksum"], Data::str("c7059bb19433cc3cabaa6236c83d56668a843dd2"));
    assert_eq!(done.result["md5sum"], Data::str("5bbf5a52328e7439ae6e719dfe712200"));
    assert_eq!((done.result["mode"].as_str(), done.result["state"].as_str()), (Some("0644"), Some("file")));
    lab.changes_once("copy", r#"{"content": "one\n", "dest": "D/out", "mode": "0600"}"#);
    let done =
        lab.changes_once("copy", r#"{"content": "two'\n $x \u00e9", "dest": "D/out", "backup": true}"#);
    assert_eq!((lab.read("out").as_str(), lab.mode("out").as_str()), ("two'\n $x é", "0600"));
    assert_eq!(std::fs::read_to_string(done.result["backup_file"].as_str().unwrap()).unwrap(), "one\n");
    let mut source = Source::bytes(vec![0u8, 255, b'\n', 0]);
    source.mode = Some(0o751);
    lab.inputs = vec![("src".into(), Input::File(source))];
    lab.changes_once(
        "copy",
        r#"{"src": "a/name", "dest": "D/x/y/", "mode": "preserve", "directory_mode": "0700"}"#,
    );
    assert_eq!(
        (lab.mode("x/y/name").as_str(), lab.mode("x/y").as_str(), lab.mode("x").as_str()),
        ("0751", "0700", "0700")
    );
    assert_eq!(std::fs::read(lab.folder.join("x/y/name")).unwrap(), [0, 255, b'\n', 0]);
    std::fs::create_dir(lab.folder.join("d")).unwrap();
    lab.changes_once("copy", r#"{"src": "name", "dest": "D/d", "mode": "u=rwX,go="}"#);
    assert_eq!(lab.mode("d/name"), "0600");
    std::os::unix::fs::symlink("out", lab.folder.join("l")).unwrap();
    lab.changes_once("copy", r#"{"src": "name", "dest": "D/l", "follow": true}"#);
    assert!(lab.folder.join("l").is_symlink());
    lab.write("other", "");
    std::os::unix::fs::symlink("other", lab.folder.join("m")).unwrap();
    lab.changes_once("copy", r#"{"src": "name", "dest": "D/m"}"#);
    assert!(!lab.folder.join("m").is_symlink());
    lab.inputs.clear();
    lab.changes_once("copy", r#"{"content": "", "dest": "D/empty"}"#);
    lab.changes_once(
        "copy",
        r#"{"content": {"a": [1, true]}, "dest": "D/json", "validate": "grep -q true %s"}"#,
    );
    assert_eq!(lab.read("json"), r#"{"a": [1, true]}"#);
    assert!(!lab.go("copy", r#"{"content": "new", "dest": "D/json", "force": false}"#, false).changed);
    for (args, message) in [
        (
            r#"{"content": "x", "dest": "D/no/out"}"#,
            format!("Destination directory {} does not exist", lab.at("no")),
        ),
        (r#"{"content": "x", "dest": "D/no/"}"#, "can not use content with a dir as dest".into()),
        (r#"{"content": "x", "dest": "D/out", "validate": "false %s"}"#, "failed to validate".into()),
        (
            r#"{"content": "x", "dest": "D/out", "validate": "false"}"#,
            "validate must contain %s: false".into(),
        ),
        (
            r#"{"content": "x", "dest": "D/out", "checksum": "abc"}"#,
            "Copied file does not match the expected checksum. Transfer failed.".into(),
        ),
        (r#"{"dest": "D/out"}"#, "src (or content) is required".into()),
        (r#"{"content": "x"}"#, "dest is required".into()),
        (
            r#"{"src": "D/nope", "remote_src": true, "dest": "D/out"}"#,
            format!("Source {} not found", lab.at("nope")),
        ),
    ] {
        let before = lab.tree();
        assert_eq!(lab.fails("copy", args), message, "{args}");
        assert_eq!(before, lab.tree(), "{args}");
    }
}

#[test]
fn copy_shows_what_differs() {
    let mut lab = Lab::new();
    lab.diff = true;
    lab.write("f", "a\n");
    let diff = lab.go("copy", r#"{"content": "b\n", "dest": "D/f"}"#, true).result;
    let diff = diff["diff"].as_list().unwrap()[0].as_map().unwrap().clone();
    assert_eq!((&diff["before"], &diff["after"]), (&Data::str("a\n"), &Data::str("b\n")));
    assert_eq!(diff["before_header"], Data::str(lab.at("f")));
}

#[test]
fn copy_brings_a_tree_as_one_stream() {
    let mut lab = Lab::new();
    let long = "l".repeat(200);
    lab.inputs = vec![(
        "src".into(),
        tree(vec![
            ("a", Some("x\n")),
            ("sub", None),
            ("sub/b c\nd", Some("y")),
            ("sub/empty", None),
            ("sub/.hidden", Some("")),
            (&format!("sub/{long}"), Some("z")),
            ("link", Some(">a")),
        ]),
    )];
    std::fs::create_dir(lab.folder.join("dd")).unwrap();
    let done = lab.changes_once("copy", r#"{"src": "/some/tree", "dest": "D/dd"}"#);
    assert_eq!(done.result["dest"], Data::str(lab.at("dd/")));
    assert_eq!(lab.read("dd/tree/sub/b c\nd"), "y");
    assert_eq!(lab.read(&format!("dd/tree/sub/{long}")), "z");
    assert_eq!(std::fs::read_link(lab.folder.join("dd/tree/link")).unwrap().to_str(), Some("a"));
    assert_eq!(lab.mode("dd/tree/a"), "0644");
    lab.write("dd/tree/a", "other");
    lab.changes_once("copy", r#"{"src": "/some/tree", "dest": "D/dd/"}"#);
    assert_eq!(lab.read("dd/tree/a"), "x\n");
    lab.changes_once(
        "copy",
        r#"{"src": "/some/tree/", "dest": "D/e/f", "mode": "0640", "directory_mode": "0711"}"#,
    );
    assert_eq!((lab.mode("e/f/a").as_str(), lab.mode("e/f/sub").as_str()), ("0640", "0711"));
    assert_eq!(std::fs::read_dir(lab.folder.join("e/f")).unwrap().count(), 3, "no temporary folder is left");
    let turns = lab.pipe.traffic().turns;
    lab.go("copy", r#"{"src": "/some/tree/", "dest": "D/e/f", "mode": "0640"}"#, false);
    assert!(lab.pipe.traffic().turns - turns <= 4, "a tree that is right costs few turns");
}

#[test]
fn copy_copies_what_is_there() {
    let mut lab = Lab::new();
    lab.write("one", "one\n");
    lab.changes_once("copy", r#"{"src": "D/one", "dest": "D/two", "remote_src": true, "mode": "0600"}"#);
    assert_eq!((lab.read("two").as_str(), lab.mode("two").as_str()), ("one\n", "0600"));
    std::fs::create_dir_all(lab.folder.join("t/s")).unwrap();
    lab.write("t/s/x", "x");
    std::os::unix::fs::symlink("s", lab.folder.join("t/l")).unwrap();
    lab.changes_once("copy", r#"{"src": "D/t/", "dest": "D/u", "remote_src": true}"#);
    assert_eq!(lab.read("u/s/x"), "x");
    assert!(lab.folder.join("u/l").is_symlink());
}
