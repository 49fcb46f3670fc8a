//! Does a text look like the hash of a password?

/// Whether Ansible would warn that it looks like a password in the clear.
pub fn looks_plain(password: &str) -> bool {
    // These disable the account.
    if ["*", "!", "*************"].contains(&password) {
        return false;
    }
    if password.contains([':', '*', '!']) {
        return true;
    }
    let fields: Vec<&str> = password.split('$').collect();
    let (Some(kind), Some(hash)) = (fields.get(1), fields.last().filter(|_| fields.len() >= 3)) else {
        return true;
    };
    if hash.contains(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '='))) {
        return true;
    }
    match *kind {
        "1" => hash.len() != 22,
        "5" => hash.len() != 43,
        "6" => hash.len() != 86,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::looks_plain;

    #[test]
    fn hashes_of_known_lengths_pass() {
        assert!(!looks_plain(&format!("$6$salt${}", "a".repeat(86))));
        assert!(!looks_plain(&format!("$1$salt${}", "a".repeat(22))));
        assert!(!looks_plain("$y$j9T$abc$def"));
        assert!(!looks_plain("!"));
    }

    #[test]
    fn words_do_not() {
        for plain in ["secret", "", "$6$short", "$6$salt$short", "a:b", "!$6$x$y"] {
            assert!(looks_plain(plain), "{plain}");
        }
    }
}
