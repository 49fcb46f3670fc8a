//! The characters that Python knows by name, behind `\N{...}` in patterns and in its string literals.

/// The character of a Unicode name or of an alias such as `LF`, in any case; spelled otherwise it is none.
pub fn character_named(name: &str) -> Option<char> {
    // No name begins with a hyphen; the crate would look at what stands before it.
    let spelled = name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-');
    if !spelled || name.starts_with('-') {
        return None;
    }
    let found = unicode_names2::character(name)?;
    let own = unicode_names2::name(found).map(|own| own.to_string());
    // The crate also takes names that differ in blanks and hyphens.
    let same = match own {
        Some(own) => {
            own.eq_ignore_ascii_case(name)
                || own.replace([' ', '-'], "") != name.to_uppercase().replace([' ', '-'], "")
        }
        None => true,
    };
    same.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::character_named;

    #[test]
    fn names_are_spelled_as_python_wants_them() {
        for (name, character) in [
            ("DIGIT ONE", Some('1')),
            ("digit one", Some('1')),
            ("digit-one", None),
            ("DIGITONE", None),
            (" DIGIT ONE", None),
            ("DIGIT_ONE", None),
            ("NULL", Some('\0')),
            ("LF", Some('\n')),
            ("ALERT", Some('\x07')),
            ("BELL", Some('\u{1f514}')),
            ("NBSP", Some('\u{a0}')),
            ("CJK UNIFIED IDEOGRAPH-4E00", Some('一')),
            ("HANGUL SYLLABLE GA", Some('가')),
            ("KEYCAP DIGIT ONE", None),
            ("U+31", None),
            ("café", None),
            ("-DIGIT ONE", None),
            ("-", None),
            ("DIGIT ONE-", None),
            ("CJK UNIFIED IDEOGRAPH-", None),
            ("CJK UNIFIED IDEOGRAPH-FFFFFFFFFFFFFFFFF", None),
            ("HANGUL SYLLABLE", None),
            ("", None),
        ] {
            assert_eq!(character_named(name), character, "{name}");
        }
    }
}
