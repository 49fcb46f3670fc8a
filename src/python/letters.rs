//! What Python's strings say of characters (digit, letter, blank, printable) and what their cases are.

use impel_modules::pyregex::Letters;
use std::sync::LazyLock;

/// What Python takes for a blank: Unicode's and four of ASCII's separators.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

macro_rules! class {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Letters> = LazyLock::new(|| Letters::new($pattern));
    };
}

class!(LETTER, r"\p{L}");
class!(DECIMAL, r"\p{Nd}");
class!(NUMBER, r"\p{N}");
class!(HIDDEN, r"[\p{C}\p{Z}]");
class!(STARTS, r"[_\p{XID_Start}]");
class!(CONTINUES, r"\p{XID_Continue}");

/// Digits that are no decimals: superscripts, numbers in circles.
const DIGITS: &[(u32, u32)] = &[
    (0xb2, 0xb3),
    (0xb9, 0xb9),
    (0x1369, 0x1371),
    (0x19da, 0x19da),
    (0x2070, 0x2070),
    (0x2074, 0x2079),
    (0x2080, 0x2089),
    (0x2460, 0x2468),
    (0x2474, 0x247c),
    (0x2488, 0x2490),
    (0x24ea, 0x24ea),
    (0x24f5, 0x24fd),
    (0x24ff, 0x24ff),
    (0x2776, 0x277e),
    (0x2780, 0x2788),
    (0x278a, 0x2792),
    (0x10a40, 0x10a43),
    (0x10e60, 0x10e68),
    (0x11052, 0x1105a),
    (0x1f100, 0x1f10a),
];

/// Letters that are numerals.
const NUMERALS: &str = "㐅㒃㠪㭍一七万三九二五亖亿什仟仨伍佰億兆兩八六十千卄卅卌叁参參叄四壱壹幺廾廿弌弍弎弐拾捌柒漆玖百肆萬貮貳贰阡陆陌陸零\
    \u{f96b}\u{f973}\u{f978}\u{f9b2}\u{f9d1}\u{f9d3}\u{f9fd}\u{20001}\u{20064}\u{200e2}\u{20121}\
    \u{2092a}\u{20983}\u{2098c}\u{2099c}\u{20aea}\u{20afd}\u{20b19}\u{22390}\u{22998}\u{23b1b}\u{2626d}\u{2f890}";

/// `str.isalpha` of one character.
pub(crate) fn is_alpha(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { LETTER.hold(c) }
}

/// `str.isdecimal` of one character.
pub(crate) fn is_decimal(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { DECIMAL.hold(c) }
}

/// `str.isdigit` of one character.
pub(crate) fn is_digit(c: char) -> bool {
    let code = u32::from(c);
    is_decimal(c) || DIGITS.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

/// `str.isnumeric` of one character.
pub(crate) fn is_numeric(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { NUMBER.hold(c) || NUMERALS.contains(c) }
}

/// `str.isalnum` of one character.
pub(crate) fn is_alnum(c: char) -> bool {
    is_alpha(c) || is_digit(c) || is_numeric(c)
}

/// `str.isprintable` of one character.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_control() } else { !HIDDEN.hold(c) }
}

/// `str.isidentifier`.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| STARTS.hold(c)) && chars.all(|c| CONTINUES.hold(c))
}

/// One of the few characters that are two letters, the first of which is large.
fn is_titlecase(c: char) -> bool {
    matches!(u32::from(c), 0x1c5 | 0x1c8 | 0x1cb | 0x1f2 | 0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf
        | 0x1fbc | 0x1fcc | 0x1ffc)
}

/// Whether it is a letter that has cases.
fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || is_titlecase(c)
}

/// `str.title`.
pub(crate) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut within = false;
    for (at, c) in text.char_indices() {
        if within {
            push_lower(text, at, c, &mut out)
        } else {
            push_title(c, &mut out)
        }
        within = is_cased(c);
    }
    out
}

/// `str.capitalize`.
pub(crate) fn capitalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if at == 0 { push_title(c, &mut out) } else { push_lower(text, at, c, &mut out) }
    }
    out
}

/// `str.swapcase`.
pub(crate) fn swapcase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c.is_uppercase() {
            push_lower(text, at, c, &mut out);
        } else if c.is_lowercase() {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// `str.casefold`: what makes texts alike that differ in case only.
pub(crate) fn casefold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            0x131 | 0x13a0..=0x13f5 => out.push(c),
            0x1e9e => out.push_str("ss"),
            0x13f8..=0x13fd | 0xab70..=0xabbf => out.extend(c.to_uppercase()),
            _ => out.extend(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
    out
}

/// `str.istitle`.
pub(crate) fn is_title(text: &str) -> bool {
    let (mut cased, mut within) = (false, false);
    for c in text.chars() {
        let large = c.is_uppercase() || is_titlecase(c);
        if large && within || c.is_lowercase() && !within {
            return false;
        }
        within = large || c.is_lowercase();
        cased |= within;
    }
    cased
}

/// `str.islower`.
pub(crate) fn is_lower(text: &str) -> bool {
    text.chars().any(char::is_lowercase) && !text.chars().any(|c| c.is_uppercase() || is_titlecase(c))
}

/// `str.isupper`.
pub(crate) fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(|c| c.is_lowercase() || is_titlecase(c))
}

/// The character at `at` of a text as a small letter; a sigma at the end of a word has a form of its own.
fn push_lower(text: &str, at: usize, c: char, out: &mut String) {
    if c != 'Σ' {
        out.extend(c.to_lowercase());
        return;
    }
    // The standard library knows the rule; a sigma is as long small as it is large.
    let start = text[..at].char_indices().rev().nth(20).map_or(0, |(i, _)| i);
    let end = text[at..].char_indices().nth(20).map_or(text.len(), |(i, _)| at + i);
    let before: usize = text[start..at].chars().flat_map(char::to_lowercase).map(char::len_utf8).sum();
    out.extend(text[start..end].to_lowercase().get(before..).and_then(|rest| rest.chars().next()));
}

/// The character as it opens a word.
fn push_title(c: char, out: &mut String) {
    let code = u32::from(c);
    let single = match code {
        0x1c4..=0x1c6 => 0x1c5,
        0x1c7..=0x1c9 => 0x1c8,
        0x1ca..=0x1cc => 0x1cb,
        0x1f1..=0x1f3 => 0x1f2,
        // Georgian has no capitals within words.
        0x10d0..=0x10ff => code,
        0x1f80..=0x1faf => code | 8,
        0x1fb3 | 0x1fbc => 0x1fbc,
        0x1fc3 | 0x1fcc => 0x1fcc,
        0x1ff3 | 0x1ffc => 0x1ffc,
        _ => 0,
    };
    if let Some(single) = char::from_u32(single).filter(|c| *c != '\0') {
        out.push(single);
        return;
    }
    let mut upper = c.to_uppercase();
    out.extend(upper.next());
    for rest in upper {
        match rest {
            '\u{399}' if (0x1f00..0x2000).contains(&code) => out.push('\u{345}'),
            'N' if code == 0x149 => out.push('N'),
            rest => out.extend(rest.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_the_title_form() {
        for (text, expected) in [
            ("ßa", "Ssa"),
            ("ǆabc ǇA", "ǅabc ǈa"),
            ("ΑΣ ΑΣΑ", "Ας Ασα"),
            ("ﬁx", "Fix"),
            ("ŉ", "ʼN"),
            ("ᾳ", "ᾼ"),
            ("中a", "中A"),
            ("they're", "They'Re"),
        ] {
            assert_eq!(title(text), expected, "{text}");
        }
        assert_eq!(capitalize("ΑΣΑ ΑΣ"), "Ασα ας");
        assert_eq!(swapcase("ΑΣ ß"), "ας SS");
    }

    #[test]
    fn casefold_makes_alike() {
        for (text, expected) in
            [("Straße", "strasse"), ("ẞ", "ss"), ("ﬁ", "fi"), ("ς", "σ"), ("Ꭰ", "Ꭰ"), ("ꭰ", "Ꭰ")]
        {
            assert_eq!(casefold(text), expected, "{text}");
        }
    }

    #[test]
    fn digits_are_not_all_decimals() {
        assert!(is_digit('²') && !is_decimal('²') && is_numeric('²'));
        assert!(is_digit('१') && is_decimal('१'));
        assert!(is_numeric('½') && !is_digit('½'));
        assert!(is_numeric('一') && is_alpha('一'));
        assert!(!is_alpha('Ⅷ') && is_numeric('Ⅷ'));
        assert!(!is_printable('\u{200b}') && is_printable('é') && !is_printable('\u{a0}'));
        assert!(is_identifier("_é1") && !is_identifier("1a"));
    }
}
