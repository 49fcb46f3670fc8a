//! Words of a line as Python's `shlex.split(line, comments=True)` splits them.

/// The words, quotes taken off; a `#` outside quotes ends the line, even within a word.
///
/// # Errors
/// Python's words for an open quote or escape.
pub fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' => break,
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let text = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("No closing quotation")? {
                        '\'' => break,
                        c => text.push(c),
                    }
                }
            }
            '"' => {
                let text = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("No closing quotation")? {
                        '"' => break,
                        '\\' => match chars.next().ok_or("No closing quotation")? {
                            c @ ('"' | '\\') => text.push(c),
                            c => text.extend(['\\', c]),
                        },
                        c => text.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or("No escaped character")?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_as_shlex_splits_them() {
        let table = [
            ("a b=c d='x y' e=\"q \\\" r\" # no", vec!["a", "b=c", "d=x y", "e=q \" r"]),
            ("h=a#b c", vec!["h=a"]),
            ("d=a\\ b e=''", vec!["d=a b", "e="]),
            ("x=\"a\\d\"", vec!["x=a\\d"]),
            ("", vec![]),
        ];
        for (line, wanted) in table {
            assert_eq!(split(line).unwrap(), wanted, "{line}");
        }
        assert_eq!(split("a 'b"), Err("No closing quotation"));
        assert_eq!(split("a\\"), Err("No escaped character"));
    }
}
