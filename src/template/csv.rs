//! Text in columns, read as Python's `csv` reads it.

/// The longest cell that Python's reader takes.
const LONGEST: usize = 131_072;

/// How the text is written.
pub(crate) struct Csv {
    /// Between cells.
    pub delimiter: char,
    /// Spaces after a delimiter do not count.
    pub skip_spaces: bool,
    /// Bad quoting is an error.
    pub strict: bool,
    /// A carriage return alone ends a row; otherwise it is an error.
    pub lone_returns: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the first character of a cell.
    Start,
    /// After spaces that do not count, before the first character of a cell.
    Spaced,
    Cell,
    Quoted,
    /// After a quote within a quoted cell: its end, or the first of two that stand for one.
    Closing,
}

impl Csv {
    /// The rows; a line of nothing is an empty row.
    ///
    /// # Errors
    /// In Python's words: bad quoting where that counts, a lone carriage return, a cell that is too long.
    pub fn rows(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut rows = Vec::new();
        let mut row: Vec<String> = Vec::new();
        let mut cell = String::new();
        let mut state = State::Start;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if cell.len() > LONGEST {
                return Err(format!("field larger than field limit ({LONGEST})"));
            }
            state = match (state, c) {
                (State::Quoted, '"') => State::Closing,
                (State::Quoted, _) => {
                    cell.push(c);
                    State::Quoted
                }
                (State::Closing, '"') => {
                    cell.push('"');
                    State::Quoted
                }
                (_, '\r' | '\n') => {
                    if c == '\r' && chars.peek() == Some(&'\n') {
                        chars.next();
                    } else if c == '\r' && chars.peek().is_some() && !self.lone_returns {
                        return Err(
                            "new-line character seen in unquoted field - do you need to open the file in \
                                    universal-newline mode?"
                                .to_owned(),
                        );
                    }
                    if state != State::Start || !row.is_empty() {
                        row.push(std::mem::take(&mut cell));
                    }
                    rows.push(std::mem::take(&mut row));
                    State::Start
                }
                (State::Start | State::Spaced, '"') => State::Quoted,
                (State::Start | State::Spaced, ' ') if self.skip_spaces => State::Spaced,
                (_, c) if c == self.delimiter => {
                    row.push(std::mem::take(&mut cell));
                    State::Start
                }
                (State::Closing, _) if self.strict => {
                    return Err(format!("'{}' expected after '\"'", self.delimiter));
                }
                _ => {
                    cell.push(c);
                    State::Cell
                }
            };
        }
        if state == State::Quoted && self.strict {
            return Err("unexpected end of data".to_owned());
        }
        if state != State::Start || !row.is_empty() {
            row.push(cell);
            rows.push(row);
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::Csv;

    #[test]
    fn quotes_and_line_ends_are_pythons() {
        let csv = Csv { delimiter: ',', skip_spaces: false, strict: false, lone_returns: true };
        let rows = |text: &str| csv.rows(text).unwrap();
        assert_eq!(
            rows("a,b\r\n1,\"2\n\"\"x\"\"\"\n\n,"),
            [vec!["a", "b"], vec!["1", "2\n\"x\""], vec![], vec!["", ""]]
        );
        assert_eq!(rows("\"abc\"def\"g,\"x"), [["abcdef\"g", "x"]]);
        assert_eq!(rows("a\rb,\"\""), [vec!["a"], vec!["b", ""]]);
        let strict = Csv { strict: true, lone_returns: false, ..csv };
        assert_eq!(strict.rows("\"a\"b").unwrap_err(), "',' expected after '\"'");
        assert_eq!(strict.rows("\"a").unwrap_err(), "unexpected end of data");
        assert!(strict.rows("a\rb").unwrap_err().starts_with("new-line character"));
    }
}
