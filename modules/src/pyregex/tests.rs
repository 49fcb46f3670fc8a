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
    assert!(PyRegex::new("(?:(?:a{1000}){1000}){1000}", Flags::default()).is_err());
}
