//! What Python's `re` answered to the same questions.

use super::*;

fn regex(pattern: &str) -> Arc<PyRegex> {
    PyRegex::new(pattern, Flags::default()).unwrap()
}

fn error(pattern: &str) -> String {
    PyRegex::new(pattern, Flags::default()).err().map(|e| e.0).unwrap_or_default()
}

fn all(pattern: &str, text: &str) -> Vec<String> {
    regex(pattern).find_all(text).unwrap().iter().map(|m| m.group(0).unwrap().to_owned()).collect()
}

fn sub(pattern: &str, with: &str, text: &str) -> String {
    let regex = regex(pattern);
    let replacement = Replacement::parse(with, &regex).unwrap();
    regex.replace(text, &replacement, 0).unwrap().0
}

#[test]
fn empty_matches_follow_matches_as_in_python() {
    assert_eq!(all("a*", "baac"), ["", "aa", "", ""]);
    assert_eq!(all("|a", "a"), ["", "a", ""]);
    assert_eq!(sub("x*", "-", "abxd"), "-a-b--d-");
    assert_eq!(sub(".*", "<\\g<0>>", "ab"), "<ab><>");
    assert_eq!(sub(r"\b", "|", "one two"), "|one| |two|");
}

#[test]
fn dollar_matches_before_a_last_newline() {
    assert_eq!(sub("$", "!", "a\n"), "a!\n!");
    assert_eq!(sub(r"\Z", "!", "a\n"), "a\n!");
    assert_eq!(sub("(?m)^", "> ", "a\nb"), "> a\n> b");
    assert_eq!(sub("(?m)$", "!", "a\nb\n"), "a!\nb!\n!");
}

#[test]
fn python_syntax_is_understood() {
    assert_eq!(all(r"[[a]", "[a"), ["[", "a"]);
    assert_eq!(all(r"[&&a]", "&a"), ["&", "a"]);
    assert_eq!(all(r"[]x]", "]x"), ["]", "x"]);
    assert_eq!(all(r"[^]x]", "]xa"), ["a"]);
    assert_eq!(all(r"\061\x31\u0031", "111"), ["111"]);
    assert_eq!(all(r"(?P<q>['\x22])\w+(?P=q)", "'ab' \"cd'"), ["'ab'"]);
    assert_eq!(all(r"(<)?a(?(1)>|!)", "<a> a! a"), ["<a>", "a!"]);
    assert_eq!(all(r"(?i)STRASSE|x{,2}y", "strasse xxy"), ["strasse", "xxy"]);
    assert_eq!(all(r"(?x) a b # c", "ab"), ["ab"]);
    assert_eq!(all(r"a(?i:B)c", "aBc abc abC"), ["aBc", "abc"]);
    assert_eq!(all(r"(?<=a)b(?!c)", "abc abd"), ["b"]);
    assert_eq!(all(r"a{,}b{x}", "aab{x}"), ["aab{x}"]);
    assert_eq!(all(r"(a|ab)(c|bcd)(d*)", "abcd"), ["abcd"]);
    assert_eq!(all(r"a++b|(?>c+)d", "aab ccd"), ["aab", "ccd"]);
    assert_eq!(all(r"[\w.-]+@[^\s]+", "me@x.org, a-b.c@d"), ["me@x.org,", "a-b.c@d"]);
}

#[test]
fn what_python_rejects_is_rejected_in_its_words() {
    let cases = [
        ("(", "missing ), unterminated subpattern at position 0"),
        (")", "unbalanced parenthesis at position 0"),
        ("[a", "unterminated character set at position 0"),
        ("[z-a]", "bad character range z-a at position 1"),
        ("*a", "nothing to repeat at position 0"),
        ("a**", "multiple repeat at position 2"),
        ("a{3,2}", "min repeat greater than max repeat at position 2"),
        (r"\p{L}", r"bad escape \p at position 0"),
        (r"a\z", r"bad escape \z at position 1"),
        ("(?<n>a)", "unknown extension ?<n at position 1"),
        ("a(?i)b", "global flags not at the start of the expression at position 1"),
        ("(?<=a*)b", "look-behind requires fixed-width pattern"),
        (r"(a)\2", "invalid group reference 2 at position 4"),
        (r"(a\1)", "cannot refer to an open group at position 2"),
        ("(?P<a>x)(?P<a>y)", "redefinition of group name 'a' as group 2; was group 1 at position 12"),
        ("a\\", "bad escape (end of pattern) at position 1"),
    ];
    for (pattern, message) in cases {
        assert_eq!(error(pattern), message, "{pattern}");
    }
}

#[test]
fn replacements_know_groups_and_escapes() {
    assert_eq!(sub("(a)(?P<n>b)?", r"[\1\g<n>\g<2>\n]", "ab"), "[abb\n]");
    assert_eq!(sub("a", r"\.\-", "a"), r"\.\-");
    let regex = regex("(a)");
    assert_eq!(Replacement::parse(r"\d", &regex).err().unwrap().0, r"bad escape \d at position 0");
    assert_eq!(
        Replacement::parse(r"x\2", &regex).err().unwrap().0,
        "invalid group reference 2 at position 2"
    );
    assert_eq!(Replacement::parse(r"\g<q>", &regex).err().unwrap().0, "unknown group name 'q'");
}

#[test]
fn hostile_patterns_end() {
    let slow = regex(r"^(a+)+\1$");
    assert!(slow.search(&"a".repeat(40).replace("aaaa", "aaab")).is_ok_and(|m| m.is_none()));
    assert!(PyRegex::new(&"(".repeat(5000), Flags::default()).is_err());
    assert!(regex("(?:(?:a{1000}){1000}){1000}").search(&"a".repeat(50)).is_ok_and(|m| m.is_none()));
    assert!(regex("(a+)+$").search(&format!("{}b", "a".repeat(50))).is_err());
    // One bound for all matches of a call.
    assert!(regex("(a|a)*\\1c|.").find_all(&format!("{}b", "a".repeat(20)).repeat(2000)).is_err());
    assert!(regex(".*b").find_all(&"a".repeat(2_000_000)).is_ok_and(|m| m.is_empty()));
}

#[test]
fn bounded_repeats_of_any_size_work() {
    for pattern in [
        r"^\w{1,253}$",
        r"^[\w.-]{1,255}$",
        r"^([\w-]{1,63}\.?){1,10}$",
        r"^([\w-]{1,63}\.?){1,128}$",
        r"^.{1,65535}$",
        r"(\d{0,4096})",
        r"([^\s]{0,10000})",
        r"(?:(?:(?:\w{1,63}){1,63}){1,63}){1,63}",
    ] {
        assert!(regex(pattern).match_start("wwwexample").unwrap().is_some(), "{pattern}");
    }
    assert!(regex(r"^\w{1,253}$").search(&"é".repeat(253)).unwrap().is_some());
    assert!(regex(r"^\w{1,253}$").search(&"é".repeat(254)).unwrap().is_none());
}

#[test]
fn the_last_empty_turn_of_a_repeated_group_counts() {
    assert_eq!(sub(r"(a|b|)*", r"[\1]", "ab"), "[][]");
    assert_eq!(sub(r"^(/?[^/]*)*$", r"\1", "/a/b"), "");
    let found = regex(r"((?:\w*),?)*");
    assert_eq!(found.search("ab,cd").unwrap().unwrap().group(1), Some(""));
    assert_eq!(all("(?:a|b)*", &"ab".repeat(300_000)).len(), 2);
}

#[test]
fn words_end_as_in_python() {
    assert_eq!(sub(r"\b", "|", "10m²"), "|10m²|");
    assert_eq!(sub(r"\b", "|", "a\u{301}b"), "|a|\u{301}|b|");
    assert_eq!(sub(r"(?a)\b", "|", "é1"), "é|1|");
    assert_eq!(sub(r"\B", "|", ""), "");
}

#[test]
fn letters_without_case_are_those_of_python() {
    assert_eq!(all("(?i)[A-Z]", "iİıſ\u{212a}").len(), 5);
    assert_eq!(all("(?i)i", "iIİı").len(), 4);
    assert_eq!(all("(?ai)i|k|s", "İıſ\u{212a}iKS"), ["i", "K", "S"]);
    assert_eq!(all("(?ai)é", "Éé"), ["é"]);
    assert_eq!(all("(?i)É+|[ß-ü]", "éÉÜ").len(), 2);
    assert_eq!(all(r"(?i)[^A-Z]", "aB1"), ["1"]);
    assert_eq!(all(r"(?i)(é)\1", "éÉ"), ["éÉ"]);
}

#[test]
fn flags_and_group_numbers_are_read_as_in_python() {
    let cases = [
        ("(?L)a", "bad inline flags: cannot use 'L' flag with a str pattern at position 3"),
        ("(?iL:a)", "bad inline flags: cannot use 'L' flag with a str pattern at position 4"),
        ("(?au)a", "bad inline flags: flags 'a', 'u' and 'L' are incompatible at position 4"),
        ("(?au:b)", "bad inline flags: flags 'a', 'u' and 'L' are incompatible at position 4"),
        ("(?a)(?u)b", "ASCII and UNICODE flags are incompatible"),
        ("(?i-i:a)", "bad inline flags: flag turned on and off at position 5"),
    ];
    for (pattern, message) in cases {
        assert_eq!(error(pattern), message, "{pattern}");
    }
    assert_eq!(all("(?#x)(?i)A", "aA"), ["a", "A"]);
    assert_eq!(all("(?(+1)a|b)(x)", "bx"), ["bx"]);
    assert_eq!(sub("(a)", r"\g< 1>\g<+1>\g<0_1>\g<-0>", "a"), "aaaa");
}

#[test]
fn characters_have_names() {
    assert_eq!(all(r"[\N{DIGIT ONE}-\N{digit three}]", "1 2 3 4"), ["1", "2", "3"]);
    assert_eq!(all(r"a\N{LATIN SMALL LETTER E WITH ACUTE}?", "aé a"), ["aé", "a"]);
    for (pattern, message) in [
        (r"\N{nope}", "undefined character name 'nope' at position 0"),
        (r"[\N{digit-one}]", "undefined character name 'digit-one' at position 1"),
        (r"\N", "missing { at position 2"),
        (r"[\N]", "missing { at position 3"),
        (r"\N{", "missing character name at position 3"),
        (r"\N{}", "missing character name at position 3"),
        (r"\N{DIGIT ONE", "missing }, unterminated name at position 3"),
    ] {
        assert_eq!(error(pattern), message, "{pattern}");
    }
}
