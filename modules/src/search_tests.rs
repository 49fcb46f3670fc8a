//! `find`, `slurp`, `tempfile` and `wait_for` beside ansible-core's, on twin roots.

use crate::twins::Twins;

/// Module, arguments, fields that may differ.
type Case = (&'static str, &'static str, &'static [&'static str]);

const MAKE: &str = "mkdir -p /f/sub/.h /f/.hid /f/deep/er; echo abc >/f/a.txt; echo hello >/f/sub/b.log; ln -s a.txt /f/l; \
    echo x >/f/.hidden; echo y >/f/.hid/y; echo z >/f/sub/.h/z; printf 'one\\ntwo\\n' >/f/deep/er/c.txt; \
    chmod 600 /f/a.txt; chmod 4755 /f/sub/b.log; head -c 3000 /dev/zero >/f/big; touch -t 202001010000 /f/deep/er/c.txt";

/// Each twin has its own inodes and times.
const OWN: &[&str] = &["files"];

const CASES: &[Case] = &[
    ("find", r#"{"paths": ["/f"]}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "hidden": true}"#, OWN),
    (
        "find",
        r#"{"paths": ["/f"], "recurse": true, "hidden": true, "file_type": "any", "patterns": "*"}"#,
        OWN,
    ),
    ("find", r#"{"paths": ["/f"], "recurse": true, "file_type": "directory"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "file_type": "link"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "depth": 2}"#, OWN),
    (
        "find",
        r#"{"paths": ["/f"], "recurse": true, "patterns": ["*.txt", "*.log"], "excludes": ["a*"]}"#,
        OWN,
    ),
    (
        "find",
        r#"{"paths": ["/f"], "recurse": true, "use_regex": true, "patterns": ["^[ab]\\.(txt|log)$"]}"#,
        OWN,
    ),
    ("find", r#"{"paths": ["/f"], "recurse": true, "age": "1d"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "age": "-1d"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "size": "1k"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "size": "-1k"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "mode": "0600"}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "mode": "0400", "exact_mode": false}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "contains": "tw."}"#, OWN),
    ("find", r#"{"paths": ["/f"], "recurse": true, "contains": "e\\nt", "read_whole_file": true}"#, OWN),
    ("find", r#"{"paths": ["/nope", "/f/a.txt"]}"#, OWN),
    ("find", r#"{"paths": ["/f"], "size": "x"}"#, &["msg"]),
    ("slurp", r#"{"src": "/f/a.txt"}"#, &[]),
    ("slurp", r#"{"src": "/f"}"#, &[]),
    ("slurp", r#"{"src": "/nope"}"#, &[]),
    ("tempfile", r#"{"state": "directory", "suffix": "x"}"#, &["path"]),
    ("tempfile", r#"{"state": "file", "path": "/f", "prefix": "p"}"#, &["path"]),
    ("wait_for", r#"{"path": "/f/a.txt"}"#, &[]),
    ("wait_for", r#"{"path": "/f/a.txt", "search_regex": "a(?P<x>b)(c)"}"#, &[]),
    ("wait_for", r#"{"path": "/nope", "timeout": 1}"#, &["elapsed"]),
    ("wait_for", r#"{"path": "/nope", "state": "absent"}"#, &[]),
    ("wait_for", r#"{"port": 1, "timeout": 1}"#, &["elapsed"]),
    ("wait_for", r#"{"port": 1, "state": "stopped"}"#, &[]),
    ("wait_for", r#"{"timeout": 1}"#, &["elapsed"]),
];

#[test]
fn what_is_searched_is_found_as_ansible_finds_it() {
    let Some(mut twins) = Twins::open("search") else { return };
    twins.same(MAKE);
    let mut found = Vec::new();
    for (module, args, ignore) in CASES {
        found.extend(twins.compare(module, args, false, ignore));
        if *module != "find" {
            continue;
        }
        let (ours, theirs) = (twins.ours(module, args, false).to_map(), twins.theirs(module, args, false));
        let Some(theirs) = theirs else { continue };
        let own = ["atime", "mtime", "ctime", "inode", "dev"];
        let list = |map: &crate::Map| -> Vec<String> {
            let files = map.get("files").and_then(|f| f.as_list()).unwrap_or_default().iter();
            let mut shown: Vec<String> = files
                .map(|file| {
                    let fields = file.as_map().unwrap().iter().filter(|(k, _)| !own.contains(&k.as_str()));
                    let folder = file.as_map().unwrap()["isdir"].as_bool() == Some(true);
                    let mut fields: Vec<String> = fields
                        .filter(|(k, _)| !(folder && *k == "size"))
                        .map(|(k, v)| format!("{k}={v:?}"))
                        .collect();
                    fields.sort();
                    fields.join(" ")
                })
                .collect();
            shown.sort();
            shown
        };
        let (a, b) = (list(&ours), list(&theirs));
        let only = |x: &[String], y: &[String]| -> Vec<String> {
            x.iter()
                .filter(|l| !y.contains(l))
                .map(|l| l.split(" path=").nth(1).unwrap_or(l).chars().take(60).collect())
                .collect()
        };
        if a != b {
            found.push(format!(
                "{module} {args}: only ours {:?}\n    only theirs {:?}",
                only(&a, &b),
                only(&b, &a)
            ));
        }
    }
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
}
