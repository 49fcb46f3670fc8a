//! Substitution as Python does it, and files edited.

use crate::module_tests::Lab;
use crate::pattern::Pattern;

#[test]
fn substitution_is_pythons() {
    for (pattern, text, template, out) in [
        ("x*", "abxd", "-", "-a-b--d-"),
        ("(?m)^", "a\nb\n", "> ", "> a\n> b\n> "),
        ("(?m)$", "a\nb", "<", "a<\nb<"),
        (r"(\w)(?P<n>\w)", "abcd", r"\2\g<n>\1", "bbaddc"),
        ("é|$", "éa", "ü", "üaü"),
    ] {
        let found = Pattern::new(pattern, "regexp").unwrap().replace(text, template).unwrap();
        assert_eq!(found.0, out, "{pattern}");
    }
}

#[test]
fn a_section_of_a_file_is_replaced_and_strange_bytes_stay() {
    let mut lab = Lab::new();
    std::fs::write(lab.folder.join("f"), b"a\xff1\n#s\na\xff2\n#e\na3\n").unwrap();
    let args = r##"{"path": "D/f", "regexp": "^a", "replace": "b", "after": "#s\n", "before": "#e"}"##;
    lab.changes_once("replace", args);
    assert_eq!(std::fs::read(lab.folder.join("f")).unwrap(), b"a\xff1\n#s\nb\xff2\n#e\na3\n");
    let done = lab.go("replace", r#"{"path": "D/f", "regexp": "x", "after": "nope"}"#, false);
    assert!(!done.changed && done.failed.is_none(), "{done:?}");
    assert_eq!(
        lab.fails("replace", r#"{"path": "D/f", "regexp": "x", "replace": "\\2"}"#),
        "Unable to process replace due to error: invalid group reference 2 at position 1"
    );
    assert_eq!(
        lab.fails("replace", r#"{"path": "D/f", "regexp": "x", "replace": "a\\D"}"#),
        "Unable to process replace due to error: bad escape \\D at position 1"
    );
}
