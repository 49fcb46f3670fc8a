//! Vaults that ansible-vault wrote, broken ones, and where passwords come from.

use super::*;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// Written by `ansible-vault encrypt_string`, password `secret1`, name `l1`: `hunter22`.
const NAMED: &str = "$ANSIBLE_VAULT;1.2;AES256;l1
61366264386236346465383137323135393262653530383134333039626630333663383530383161
6436623866376239306662636363316563623438653634630a323362306234343833393231333131
66616461336334343430316131616338353363363238663365323765373333336566323538326266
3061326438303666310a396238643639393563353766616261636265653032303964663937623730
3532
";

/// Written by ansible-core's filter `vault`: `abc`, password `sss`, salt `abcdef`.
const SALTED: &str = "$ANSIBLE_VAULT;1.2;AES256;filter_default
3631363236333634363536360a343239623638626334373932343135303139613764396433303035
656339313432626462656334663761663966316537343566316665356434376339643264660a3436
383864663033623533616335653965366432363930366339656263653165
";

fn vault(passwords: &[(&str, &str)], strict: bool) -> Vault {
    let secret = |(id, password): &(&str, &str)| Secret {
        id: (*id).into(),
        password: Password::new(password.as_bytes()),
    };
    Vault::new(passwords.iter().map(secret).collect(), "default", strict)
}

fn opened(vault: &Vault, text: &str) -> Result<String, Fault> {
    vault.open(text.as_bytes()).map(|opened| String::from_utf8_lossy(&opened.plain).into_owned())
}

#[test]
fn what_ansible_vault_wrote_is_read() {
    assert_eq!(opened(&vault(&[("l1", "secret1")], false), NAMED).unwrap(), "hunter22");
    let crlf = NAMED.replace('\n', "\r\n") + "\r\n";
    assert_eq!(opened(&vault(&[("other", "secret1")], false), &crlf).unwrap(), "hunter22");
}

#[test]
fn the_same_salt_gives_ansible_cores_bytes() {
    let sealed = seal(b"abc", &Password::new("sss"), Some(b"abcdef"), Some("filter_default"));
    assert_eq!(sealed.unwrap(), SALTED);
}

#[test]
fn whatever_is_sealed_can_be_opened() {
    let known = vault(&[("default", "pw")], false);
    for length in [0, 1, 15, 16, 17, 1000] {
        let plain: Vec<u8> = (0..length).map(|at| (at * 7) as u8).collect();
        let sealed = seal(&plain, &Password::new("pw"), None, None).unwrap();
        assert!(sealed.starts_with("$ANSIBLE_VAULT;1.1;AES256\n") && sealed.lines().all(|l| l.len() <= 80));
        assert_eq!(*known.open(sealed.as_bytes()).unwrap().plain, plain);
    }
    assert_eq!(seal(b"x", &Password::new("pw"), Some(b""), None), Err(Fault::Salt));
}

#[test]
fn passwords_of_the_vaults_own_name_are_tried_first_and_with_strict_alone() {
    let both = [("a", "wrong"), ("l1", "secret1")];
    assert_eq!(vault(&both, false).open(NAMED.as_bytes()).unwrap().by.id, "l1");
    assert_eq!(opened(&vault(&both, true), NAMED).unwrap(), "hunter22");
    assert_eq!(opened(&vault(&[("a", "secret1")], false), NAMED).unwrap(), "hunter22");
    assert_eq!(opened(&vault(&[("a", "secret1")], true), NAMED), Err(Fault::NoMatch));
}

#[test]
fn broken_vaults_are_errors_in_ansible_cores_words() {
    let known = vault(&[("default", "secret1")], false);
    let body = |text: &str| format!("$ANSIBLE_VAULT;1.1;AES256\n{text}\n");
    let altered = NAMED.replace("396238", "396239");
    let cases = [
        ("plain", "Input is not vault encrypted data."),
        ("", "Input is not vault encrypted data."),
        ("$ANSIBLE_VAULT\n61", "Vault envelope format error: list index out of range"),
        ("$ANSIBLE_VAULT;1.1\n61", "Vault envelope format error: list index out of range"),
        ("$ANSIBLE_VAULT;1.1;AES\n61", "Cipher 'AES' could not be found."),
        (&body(""), "Vault vaulttext format error: not enough values to unpack (expected 3, got 1)"),
        (
            &body("6162\n0a61"),
            "Vault vaulttext format error: not enough values to unpack (expected 3, got 2)",
        ),
        (&body("zz"), "Vault format unhexlify error: Non-hexadecimal digit found"),
        (&body("616"), "Vault format unhexlify error: Odd-length string"),
        (&body("610a62620a6262"), "Vault format unhexlify error: Odd-length string"),
        (&altered, "Decryption failed (no vault secrets were found that could decrypt)."),
        (SALTED, "Decryption failed (no vault secrets were found that could decrypt)."),
    ];
    for (text, message) in cases {
        assert_eq!(opened(&known, text).unwrap_err().to_string(), message, "{text}");
    }
    assert_eq!(opened(&Vault::default(), NAMED), Err(Fault::NoSecrets));
}

#[test]
fn inline_vaults_are_remembered_and_known_by_their_text() {
    let known = vault(&[("l1", "secret1")], false);
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = heard.clone();
    known.listen(move |heard| push(&listener, heard));
    let sealed: Arc<str> = NAMED.into();
    let (first, second) = (known.text(&sealed).unwrap(), known.text(&sealed).unwrap());
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(known.sealed(&first).as_deref(), Some(NAMED));
    assert_eq!(known.sealed(&Arc::from("hunter22")), None);
    assert_eq!(*heard.lock().unwrap(), ["hunter22"]);
}

#[test]
fn the_strings_of_an_encrypted_file_stand_at_sealed_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vars.yml");
    let sealed = seal(b"a: [hunter22, 1]\nb: \"{{ a }}\"\nc: !!binary aGVsbG8=\nd: {e: 2024-01-02 03:04:05, f: !!set {x: }}\n", &Password::new("pw"), None, None).unwrap();
    std::fs::write(&path, sealed).unwrap();
    let known = vault(&[("default", "pw")], false);
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = heard.clone();
    known.listen(move |heard| push(&listener, heard));
    let node = known.yaml(&path).unwrap();
    assert!(node.span.is_sealed() && node.as_map().unwrap().pairs[0].1.span.is_sealed());
    assert_eq!(node.span.file(), path.as_path().into());
    assert_eq!(
        *heard.lock().unwrap(),
        ["hunter22", "{{ a }}", "hello", "aGVsbG8=", "2024-01-02T03:04:05", "2024-01-02 03:04:05", "x"]
    );
    let error = Vault::default().yaml(&path).unwrap_err();
    assert_eq!(error.message, "Attempting to decrypt but no vault secrets found.");
    assert_eq!(error.span.unwrap().to_string(), path.display().to_string());
}

fn push(to: &Mutex<Vec<String>>, heard: Heard<'_>) {
    let Heard::Opened(text) = heard else { return };
    to.lock().unwrap().push(text.to_owned());
}

fn nobody(_: &str) -> Option<Zeroizing<String>> {
    None
}

fn password(want: &Want, asked: Asked<'_>, new: bool) -> Result<String, String> {
    let found = want.secret("default", &Vault::default(), new, asked).map_err(|e| e.message)?;
    Ok(format!("{}={}", found.id, String::from_utf8_lossy(found.password.bytes())))
}

#[test]
fn files_and_programs_give_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let from = |text: &str| password(&Want::parse(text), &nobody, false);
    assert_eq!(from(&file("pw", " \t pass word\n\n", 0o600)).unwrap(), "default=pass word");
    let program = file("run.sh", "#!/bin/sh\nprintf '\\n a %s \\r\\n' \"$*\"\n", 0o700);
    assert_eq!(from(&format!("lab@{program}")).unwrap(), "lab= a  ");
    let client = file("run-client.sh", "#!/bin/sh\necho \"$@\"\n", 0o700);
    assert_eq!(from(&format!("lab@{client}")).unwrap(), "lab=--vault-id lab");
    let silent = file("nil", "#!/bin/sh\n", 0o700);
    assert_eq!(
        from(&silent).unwrap_err(),
        format!("Invalid vault password was provided from script ({silent})")
    );
    let missing = file("not-client", "#!/bin/sh\necho it\\'s gone >&2; exit 2\n", 0o700);
    assert_eq!(
        from(&format!("lab@{missing}")).unwrap_err(),
        format!(
            "Vault password client script {missing} did not find a secret for vault-id=lab: b\"it's gone\\n\""
        )
    );
    let empty = file("empty", " \n", 0o600);
    assert_eq!(from(&empty).unwrap_err(), format!("Invalid vault password was provided from file ({empty})"));
    assert_eq!(from("/nothere").unwrap_err(), "The vault password file /nothere was not found");
    let error = from("/").unwrap_err();
    assert_eq!(error, "The vault password file provided '/' can not be a directory");
}

#[test]
fn a_password_file_may_be_a_vault_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pw");
    std::fs::write(&path, seal(b"inner\n", &Password::new("outer"), None, None).unwrap()).unwrap();
    let found = password_of(&path, None, &vault(&[("a", "outer")], false)).unwrap();
    assert_eq!(found.bytes(), b"inner");
}

#[test]
fn people_are_asked_by_name_and_twice_for_a_new_password() {
    let asked = Mutex::new(Vec::new());
    let same = |prompt: &str| {
        asked.lock().unwrap().push(prompt.to_owned());
        Some(Zeroizing::new("typed ".to_owned()))
    };
    assert_eq!(password(&Want::parse("x@prompt"), &same, false).unwrap(), "x=typed");
    assert_eq!(password(&Want::parse("prompt"), &same, true).unwrap(), "default=typed");
    assert_eq!(password(&Want::named("default", Source::Ask), &same, true).unwrap(), "default=typed");
    assert_eq!(
        *asked.lock().unwrap(),
        [
            "Vault password (x): ",
            "New vault password (default): ",
            "Confirm new vault password (default): ",
            "New Vault password: ",
            "Confirm New Vault password: "
        ]
    );
    let each = |prompt: &str| Some(Zeroizing::new(prompt.to_owned()));
    assert_eq!(password(&Want::parse("prompt"), &each, true).unwrap_err(), "Passwords do not match");
    let error = password(&Want::parse("x@prompt"), &nobody, false).unwrap_err();
    assert_eq!(error, "EOFError (ctrl-d) on prompt for (x)");
}

#[test]
fn names_stand_before_the_first_at_sign() {
    let place = |text: &str| (Want::parse(text).id, Want::parse(text).source);
    assert_eq!(place("a@b@/c"), (Some("a".into()), Source::file("b@/c")));
    assert_eq!(place("@/c"), (None, Source::File("/c".into())));
    assert_eq!(place("/a/./b/../c"), (None, Source::File("/a/c".into())));
    assert_eq!(
        Source::file("x"),
        Source::File(Path::new("x").canonicalize().unwrap_or(std::env::current_dir().unwrap().join("x")))
    );
}
