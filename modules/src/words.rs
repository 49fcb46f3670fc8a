//! A command line cut into words, as Python's `shlex.split` does it.

/// The words of a command line.
///
/// # Errors
/// A quotation that is not closed, or a backslash at the end; Python's words for it.
pub fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let (mut words, mut word, mut within) = (Vec::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                within = true;
                loop {
                    match chars.next().ok_or("No closing quotation")? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                within = true;
                loop {
                    match chars.next().ok_or("No closing quotation")? {
                        '"' => break,
                        '\\' => match chars.next().ok_or("No closing quotation")? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => {
                within = true;
                word.push(chars.next().ok_or("No escaped character")?);
            }
            c if c.is_whitespace() => {
                if std::mem::take(&mut within) {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => {
                within = true;
                word.push(c);
            }
        }
    }
    if within {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_those_of_python() {
        for (text, words) in [
            ("a  b\tc\n", vec!["a", "b", "c"]),
            (r#"a 'b c' "d \" \x e" f\ g"#, vec!["a", "b c", r#"d " \x e"#, "f g"]),
            (r#"x"y"'z' '' "#, vec!["xyz", ""]),
        ] {
            assert_eq!(split(text).unwrap(), words, "{text}");
        }
        assert_eq!(split("a 'b"), Err("No closing quotation"));
    }
}
