//! Archives unpacked by the tools of this machine.

use super::below;
use crate::host::{Input, Source};
use crate::module_tests::Lab;

fn shell(lab: &Lab, script: &str) {
    let done = std::process::Command::new("sh").args(["-ec", script]).current_dir(&lab.folder).status();
    assert!(done.unwrap().success(), "{script}");
}

#[test]
fn a_tar_is_unpacked_once() {
    let mut lab = Lab::new();
    shell(&lab, "mkdir -p t/sub out; echo a >t/a; echo b >'t/sub/b c'; ln -s a t/l; tar czf t.tgz t");
    let args = r#"{"src": "D/t.tgz", "dest": "D/out", "remote_src": true, "mode": "u+rwX,g-w,o="}"#;
    assert!(lab.go("unarchive", args, true).skipped, "tar cannot foretell there either");
    let done = lab.go("unarchive", args, false);
    assert!(done.failed.is_none() && done.changed, "{done:?}");
    assert_eq!(lab.read("out/t/sub/b c"), "b\n");
    assert_eq!((lab.mode("out/t/a"), lab.mode("out/t/sub")), ("0640".into(), "0750".into()));
    let again = lab.go("unarchive", args, false);
    assert!(again.failed.is_none() && !again.changed, "{again:?}");
    lab.write("out/t/a", "other");
    assert!(lab.go("unarchive", args, false).changed);
    assert_eq!(lab.read("out/t/a"), "a\n");
}

#[test]
fn a_tar_of_the_controller_keeps_below_its_folder() {
    let mut lab = Lab::new();
    shell(&lab, "mkdir -p a/b out; echo x >evil; tar cPf evil.tar ../*/evil; rm evil");
    let source = Source::file(lab.folder.join("evil.tar")).unwrap();
    lab.inputs.push(("src".into(), Input::File(source)));
    let done = lab.go("unarchive", r#"{"src": "evil.tar", "dest": "D/a/b", "owner": "0"}"#, false);
    assert!(done.failed.is_some() && !done.changed, "{done:?}");
    assert!(!lab.folder.join("a/evil").exists() && !lab.folder.join("evil").exists());
    assert_eq!(below(b"/d/", b"a/"), Some(b"/d/a".to_vec()));
    assert!(below(b"/d", b"a/../../b").is_none() && below(b"/d", b"/b").is_none());
}

#[test]
fn what_cannot_be_unpacked_is_said() {
    let mut lab = Lab::new();
    lab.write("text", "no archive");
    let fails = |lab: &mut Lab, src: &str, dest: &str| {
        lab.fails("unarchive", &format!(r#"{{"src": "{src}", "dest": "{dest}", "remote_src": true}}"#))
    };
    assert!(fails(&mut lab, "D/none", "D/").ends_with("does not exist"));
    assert!(fails(&mut lab, "D/text", "D/text").ends_with("must be an existing dir"));
    assert!(fails(&mut lab, "D/text", "D/").starts_with("Failed to find handler for"));
}
