//! Results written out as YAML, for `callback_result_format = yaml`.

use crate::yaml::{Emit, Tree, dump};
use impel_modules::{Data, Map};

/// The result below its line, indented by four. Pretty results lay out multi-line text as blocks even where that
/// costs its trailing spaces and tabs, and leave out the lines that repeat stdout and stderr.
pub(super) fn written(mut map: Map, pretty: bool) -> String {
    if pretty {
        for key in ["stdout", "stderr"] {
            let lines = format!("{key}_lines");
            if map.contains_key(key) && map.contains_key(&lines) {
                map.insert(lines, Data::str("<omitted>"));
            }
        }
    }
    let options = Emit { indent: if pretty { 4 } else { 2 }, ..Emit::default() };
    let text = dump(&tree(&Data::Map(map), pretty), &options).unwrap_or_default();
    let mut out = String::new();
    for line in text.trim_end().lines() {
        out.push('\n');
        if !line.trim().is_empty() {
            out.push_str("    ");
            out.push_str(line);
        }
    }
    out
}

/// The value as a tree. The emitter bounds its depth.
fn tree(data: &Data, pretty: bool) -> Tree {
    match data {
        Data::Null => Tree::Null,
        Data::Bool(b) => Tree::Bool(*b),
        Data::Int(i) => Tree::Int(*i),
        Data::Big(i) => Tree::Big((**i).clone()),
        Data::Float(f) => Tree::Float(*f),
        Data::Str(text) if text.text.contains('\n') && pretty => Tree::Block(readable(&text.text)),
        Data::Str(text) if text.text.contains('\n') => Tree::Block(text.text.to_string()),
        Data::Str(text) => Tree::Str(text.text.to_string()),
        Data::Bytes(bytes) => Tree::Bytes(bytes.to_vec()),
        Data::List(items) => Tree::Seq(items.iter().map(|item| tree(item, pretty)).collect()),
        Data::Map(map) => {
            let pairs = map.iter().map(|(key, value)| (Tree::Str(key.clone()), tree(value, pretty)));
            Tree::Map(pairs.collect())
        }
    }
}

/// The text so that YAML can hold it in a literal block: no control characters, tabs expanded to columns of
/// eight, no spaces at the ends of lines.
fn readable(text: &str) -> String {
    let lines: Vec<String> = text.trim_end().split('\n').map(expanded).collect();
    lines.join("\n")
}

fn expanded(line: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for c in line.chars() {
        match c {
            '\t' => {
                let spaces = 8 - column % 8;
                out.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
            }
            c if c.is_control() => {}
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    out.trim_end_matches(' ').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Map {
        Map::from([
            ("stdout".into(), Data::str("a\nb  \n\tc")),
            ("stdout_lines".into(), Data::List(vec!["a".into()])),
            ("delta".into(), "0:00:00.1".into()),
            (
                "list".into(),
                Data::List(vec![Data::Map(Map::from([("k".into(), Data::Null)])), "a: b".into()]),
            ),
        ])
    }

    #[test]
    fn pretty_results_are_blocks_by_four() {
        let expected = "
    delta: '0:00:00.1'
    list:
    -   k: null
    - 'a: b'
    stdout: |-
        a
        b
                c
    stdout_lines: <omitted>";
        assert_eq!(written(sample(), true), expected);
    }

    #[test]
    fn plain_results_keep_every_character() {
        let expected = "
    delta: '0:00:00.1'
    list:
    - k: null
    - 'a: b'
    stdout: \"a\\nb  \\n\\tc\"
    stdout_lines:
    - a";
        assert_eq!(written(sample(), false), expected);
    }
}
