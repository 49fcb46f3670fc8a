//! `impel vault` and ansible-vault side by side: what they print, what they write, and that each reads the other's.
//!
//! Needs ansible-core: `IMPEL_ORACLE` names the folder with its `ansible-vault`.

#![expect(clippy::expect_used, reason = "a test that cannot go on says where by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The calls of `commands.sh` with one program, the other one reading what it wrote.
fn calls(program: &Path, other: &Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let home = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/vault/commands.sh");
    let output = Command::new("sh")
        .arg(script)
        .args([program, other])
        .current_dir(folder.path())
        .env("HOME", home.path())
        .output()
        .expect("the shell starts");
    let left: Vec<_> = std::fs::read_dir(home.path().join(".ansible/tmp"))
        .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
        .unwrap_or_default();
    assert!(left.is_empty(), "plain copies are left behind: {left:?}");
    let path = folder.path().canonicalize().expect("a path");
    let text = String::from_utf8_lossy(&output.stdout).replace(&*path.to_string_lossy(), "FOLDER");
    // what the shell itself complains of is a mistake of the test
    text + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn vault_commands_do_what_ansible_vaults_do() {
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("left out: IMPEL_ORACLE does not name the folder of ansible-core's programs");
        return;
    };
    let bin = tempfile::tempdir().expect("a folder");
    let impel = bin.path().join("ansible-vault");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_impel"), &impel).expect("a link");
    let oracle = PathBuf::from(oracle).join("ansible-vault");
    let (wanted, got) = (calls(&oracle, &impel), calls(&impel, &oracle));
    assert!(wanted.lines().count() > 100, "{wanted}");
    let diff = similar::TextDiff::from_lines(&wanted, &got);
    assert!(wanted == got, "{}", diff.unified_diff().context_radius(3));
}
