//! The `key=value` shorthand for arguments, split as Ansible splits it.
//!
//! Its rules were found by giving ansible-core strings and looking: words end at spaces (not at tabs) and line
//! ends outside quotes and Jinja blocks; a backslash alone at a line's end joins lines; the text that is no
//! `key=value` keeps its spacing, but for a single space that starts a line.

/// The `key=value` pairs of a text, in order, and what else stood in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Names and values, unquoted.
    pub pairs: Vec<(String, String)>,
    /// What is not a pair: free-form text.
    pub raw: Option<String>,
}

/// The names that stay options within free-form text (`command`, `shell`, `raw`, `script`).
const FREE_FORM_OPTIONS: &[&str] =
    &["creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends"];

/// Splits shorthand arguments. With `free_form`, only the options of `command` and its kin count as pairs.
///
/// # Errors
/// A quote or a Jinja block is not closed; an escape names a character that does not exist.
pub fn split(text: &str, free_form: bool) -> Result<Words, String> {
    let unbalanced = || {
        format!(
            "failed at splitting arguments, either an unbalanced jinja2 block or quotes: {}",
            text.trim_end()
        )
    };
    let mut words = Words::default();
    let mut rest: Vec<String> = Vec::new();
    for word in tokens(text).ok_or_else(unbalanced)? {
        let decoded = decode(&word)?;
        let Some(equals) = separator(&decoded) else {
            rest.push(if decoded.contains('=') { decoded.replace("\\=", "=") } else { word });
            continue;
        };
        let key = decoded[..equals].trim();
        if free_form && !FREE_FORM_OPTIONS.contains(&key) {
            rest.push(word);
            continue;
        }
        let value = unquote(decoded[equals + 1..].trim()).to_owned();
        match words.pairs.iter_mut().find(|(known, _)| known == key) {
            Some(pair) => pair.1 = value,
            None => words.pairs.push((key.to_owned(), value)),
        }
    }
    if !rest.is_empty() {
        words.raw = Some(join(&rest));
    }
    Ok(words)
}

/// Where the first `=` stands that is neither escaped nor the first character.
fn separator(word: &str) -> Option<usize> {
    let bytes = word.as_bytes();
    (1..bytes.len()).find(|&i| bytes[i] == b'=' && bytes[i - 1] != b'\\')
}

/// Words with the spacing that follows them; `None` where a quote or block stays open.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut quote: Option<char> = None;
    let mut depth = [0i32; 3];
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let mut joined = false;
        let parts: Vec<&str> = line.split(' ').collect();
        for (at, part) in parts.iter().enumerate() {
            let open = quote.is_some() || depth.iter().any(|d| *d > 0);
            if *part == "\\" && quote.is_none() {
                joined = true;
                continue;
            }
            if open {
                let last = words.last_mut()?;
                if at > 0 {
                    last.push(' ');
                }
                last.push_str(part);
            } else if part.is_empty() {
                if at > 0 {
                    append(&mut words, ' ');
                }
            } else {
                words.push((*part).to_owned());
            }
            quote = quote_after(part, quote);
            for (d, (opening, closing)) in depth.iter_mut().zip([("{{", "}}"), ("{%", "%}"), ("{#", "#}")]) {
                let change = part.matches(opening).count() as i32 - part.matches(closing).count() as i32;
                *d = (*d + change).max(0);
            }
        }
        if lines.peek().is_some() && !joined {
            append(&mut words, '\n');
        }
    }
    (quote.is_none() && depth == [0; 3]).then_some(words)
}

/// Adds a character to the last word, or makes it a word of its own.
fn append(words: &mut Vec<String>, c: char) {
    match words.last_mut() {
        Some(last) => last.push(c),
        None => words.push(c.into()),
    }
}

/// The quote that is open behind a word. A quote behind a backslash is none.
fn quote_after(word: &str, before: Option<char>) -> Option<char> {
    let mut quote = before;
    let mut previous = None;
    for c in word.chars() {
        if matches!(c, '"' | '\'') && previous != Some('\\') {
            match quote {
                None => quote = Some(c),
                Some(open) if open == c => quote = None,
                Some(_) => {}
            }
        }
        previous = Some(c);
    }
    quote
}

/// Words with one space between them, but none behind a line's end.
fn join(words: &[String]) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Without the quotes around it, if one pair encloses it.
fn unquote(value: &str) -> &str {
    let mut chars = value.chars();
    match (chars.next(), chars.next_back()) {
        (Some(first @ ('"' | '\'')), Some(last))
            if first == last && !value[..value.len() - 1].ends_with('\\') =>
        {
            &value[1..value.len() - 1]
        }
        _ => value,
    }
}

/// Python's escapes of one character; octal ones and unknown ones stay as they are.
fn decode(word: &str) -> Result<String, String> {
    let mut text = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else {
            text.push('\\');
            break;
        };
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let simple = match kind {
            '\\' | '\'' | '"' => Some(kind),
            'a' => Some('\x07'),
            'b' => Some('\x08'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            _ => None,
        };
        if let Some(c) = simple {
            text.push(c);
            rest = &rest[1..];
        } else if let Some(hex) =
            rest.get(1..=digits).filter(|h| digits > 0 && h.bytes().all(|b| b.is_ascii_hexdigit()))
        {
            let code = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
            text.push(code.ok_or_else(|| format!("illegal Unicode character in the escape \\{kind}{hex}"))?);
            rest = &rest[1 + digits..];
        } else if rest.starts_with("N{") && rest.contains('}') {
            return Err(
                "escapes of the form \\N{…} cannot be used in key=value arguments; write the character"
                    .into(),
            );
        } else {
            text.push('\\');
        }
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ansible-core 2.19 made of these: text, free form, then its answer as JSON.
    const OBSERVED: &str = include_str!("split_cases.jsonl");

    #[test]
    fn splits_as_ansible_core_was_seen_to_split() {
        for line in OBSERVED.lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let (text, free) = (case[0].as_str().unwrap(), case[1].as_bool().unwrap());
            let got = match split(text, free) {
                Ok(words) => {
                    let mut map: serde_json::Map<String, serde_json::Value> =
                        words.pairs.into_iter().map(|(k, v)| (k, v.into())).collect();
                    if let Some(raw) = words.raw {
                        map.insert("_raw_params".into(), raw.into());
                    }
                    map.into()
                }
                Err(message) => serde_json::Value::from(format!("ERR {message}")),
            };
            assert_eq!(got, case[2], "{text:?} free form {free}");
        }
    }
}
