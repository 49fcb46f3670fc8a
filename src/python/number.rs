//! Text that is read as a number.

use super::letters::{is_decimal, is_space};
use num_bigint::BigInt;

/// The most digits of an integer that Python reads, in a base that is no power of two.
pub const MOST_DIGITS: usize = 4300;

/// Python's `int(text, base)`.
pub fn int(text: &str, base: i64) -> Option<BigInt> {
    let text = text.trim_matches(is_space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_lowercase();
    let (base, digits) = match (base, lower.get(..2)) {
        (0 | 16, Some("0x")) => (16, lower.get(2..).unwrap_or_default()),
        (0 | 8, Some("0o")) => (8, lower.get(2..).unwrap_or_default()),
        (0 | 2, Some("0b")) => (2, lower.get(2..).unwrap_or_default()),
        (0, _) if lower.starts_with('0') && !lower.trim_matches(['0', '_']).is_empty() => return None,
        (0, _) => (10, lower.as_str()),
        (2..=36, _) => (u32::try_from(base).ok()?, lower.as_str()),
        _ => return None,
    };
    let bad_underscore = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    let most = if base.is_power_of_two() { MOST_DIGITS * 100 } else { MOST_DIGITS };
    if digits.is_empty() || bad_underscore || digits.len() > most {
        return None;
    }
    let plain: String = digits.chars().filter(|c| *c != '_').map(ascii_digit).collect();
    let number = BigInt::parse_bytes(plain.as_bytes(), base).filter(|_| !plain.starts_with(['-', '+']))?;
    Some(if negative { -number } else { number })
}

/// Python's `float(text)`.
pub fn float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let bad = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    let between = text.as_bytes().windows(3).all(|w| match w {
        [a, b'_', b] => a.is_ascii_digit() && b.is_ascii_digit(),
        _ => true,
    });
    if bad || !between {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').map(ascii_digit).collect();
    plain.parse().ok()
}

/// Decimal digits of other scripts count too: each script has its ten in a row.
fn ascii_digit(c: char) -> char {
    if c.is_ascii() || !is_decimal(c) {
        return c;
    }
    let before = (0..u32::from(c)).rev().take_while(|code| char::from_u32(*code).is_some_and(is_decimal));
    char::from_digit(before.count() as u32 % 10, 10).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts_are_read() {
        for (text, number) in [("٣", 3), ("１２", 12), ("𝟙𝟡", 19), ("\u{a0}12\u{2003}", 12), ("-٣_٤", -34)]
        {
            assert_eq!(int(text, 10), Some(number.into()), "{text}");
        }
        assert_eq!(int("0o17", 8), Some(15.into()));
        assert_eq!(int("²", 10), None);
        assert_eq!(float("٣.٥"), Some(3.5));
    }
}
