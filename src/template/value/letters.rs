//! Letters at the start of a word, as Unicode and so Python's `str.title` and `str.capitalize` write them.

/// A character as it starts a word: `ß` becomes `Ss`, `ǆ` becomes `ǅ`.
pub fn titled(c: char) -> String {
    let one = match c {
        'Ǆ'..='ǆ' => Some('ǅ'),
        'Ǉ'..='ǉ' => Some('ǈ'),
        'Ǌ'..='ǌ' => Some('ǋ'),
        'Ǳ'..='ǳ' => Some('ǲ'),
        '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(c) | 8),
        'ᾳ' | 'ᾼ' => Some('ᾼ'),
        'ῃ' | 'ῌ' => Some('ῌ'),
        'ῳ' | 'ῼ' => Some('ῼ'),
        _ => None,
    };
    if let Some(one) = one {
        return one.to_string();
    }
    let mut upper = c.to_uppercase();
    let first: String = upper.next().into_iter().collect();
    let rest: String = upper.collect();
    first + &if c == 'ŉ' { rest } else { rest.to_lowercase() }
}

/// Python's `str.capitalize`.
pub fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(titled).unwrap_or_default();
    first + &rest.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_start_as_in_python() {
        for (text, expected) in
            [("ß", "Ss"), ("ǆa", "ǅa"), ("ﬁN", "Fin"), ("ŉ", "ʼN"), ("éA", "Éa"), ("ᾳ", "ᾼ")]
        {
            assert_eq!(capitalized(text), expected);
        }
    }
}
