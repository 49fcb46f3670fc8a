//! `fetch` against a real shell, and against a host that lies.

use super::within;
use crate::Data;
use crate::module_tests::Lab;

fn text<'a>(outcome: &'a crate::Outcome, name: &str) -> &'a str {
    outcome.result.get(name).and_then(Data::as_str).unwrap_or_default()
}

#[test]
fn a_file_comes_once_and_is_whole() {
    let mut lab = Lab::new();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(lab.folder.join("big"), &bytes).unwrap();
    let args = r#"{"src": "D/big", "dest": "D/got", "_host": "web1"}"#;
    let done = lab.go("fetch", args, false);
    assert!(done.failed.is_none() && done.changed, "{done:?}");
    let place = format!("{}/got/web1{}", lab.folder.display(), lab.at("big"));
    assert_eq!(text(&done, "dest"), place);
    assert_eq!(text(&done, "checksum"), text(&done, "remote_checksum"));
    assert!(std::fs::read(&place).unwrap() == bytes);
    let again = lab.go("fetch", args, false);
    assert!(!again.changed, "{again:?}");
    assert_eq!(text(&again, "file"), lab.at("big"));
    let folder = std::path::Path::new(&place).parent().unwrap().to_path_buf();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn no_path_of_the_host_leads_out_of_dest() {
    let mut lab = Lab::new();
    lab.write("secret", "x");
    let up = "../".repeat(40);
    for src in [format!("{up}{}", lab.at("secret")), format!("/{up}{}", lab.at("secret"))] {
        let args = format!(r#"{{"src": "{src}", "dest": "D/got/a", "_host": "../../h"}}"#);
        let done = lab.go("fetch", &args, false);
        assert!(done.failed.is_none(), "{done:?}");
        assert_eq!(text(&done, "dest"), format!("{}/got/a/h{}", lab.folder.display(), lab.at("secret")));
    }
    let done = lab.go("fetch", r#"{"src": "D/x/../secret", "dest": "D/flat/", "flat": true}"#, false);
    assert!(done.failed.is_some(), "x is no folder");
    for flat in ["..", "D/..", "/"] {
        let done =
            lab.go("fetch", &format!(r#"{{"src": "{flat}", "dest": "D/flat/", "flat": true}}"#), false);
        assert!(done.failed.is_some(), "{done:?}");
    }
    assert_eq!(within("/a/./b/../../../c//d"), ["c", "d"]);
}

#[test]
fn what_is_not_there_fails_unless_told_otherwise() {
    let mut lab = Lab::new();
    assert_eq!(
        lab.fails("fetch", r#"{"src": "D/none", "dest": "D/got"}"#),
        "the remote file does not exist, not transferring, ignored"
    );
    let done = lab.go("fetch", r#"{"src": "D/none", "dest": "D/got", "fail_on_missing": false}"#, false);
    assert!(done.failed.is_none() && !done.changed, "{done:?}");
    assert!(lab.fails("fetch", r#"{"src": "D/", "dest": "D/got"}"#).contains("is a directory"));
    lab.write("file", "x");
    std::fs::create_dir(lab.folder.join("taken")).unwrap();
    let args = r#"{"src": "D/file", "dest": "D/taken", "flat": true}"#;
    assert!(lab.fails("fetch", args).starts_with("dest is an existing directory"));
    std::fs::create_dir(lab.folder.join("taken/file")).unwrap();
    let args = r#"{"src": "D/file", "dest": "D/taken/", "flat": true}"#;
    assert!(lab.fails("fetch", args).starts_with("calculated dest"));
}
