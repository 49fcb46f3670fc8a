//! Regular expressions: `match`, `search`, `regex`.

use super::Test;
use crate::template::args::Args;
use crate::template::pyregex::{Flags, PyRegex};
use crate::template::value::{Error, Result, Value};

/// This family's table.
pub(super) const TESTS: &[Test] = &[
    Test::new(&["match"], &["pattern", "ignorecase", "multiline"], |_, input, args| {
        matches(&input, args, "match")
    }),
    Test::new(&["search"], &["pattern", "ignorecase", "multiline"], |_, input, args| {
        matches(&input, args, "search")
    }),
    Test::new(&["regex"], &["pattern", "ignorecase", "multiline", "match_type"], |_, input, args| {
        if let Some(Value::None) = args.get(3, "match_type") {
            return Err(Error::new("attribute name must be string, not 'NoneType'"));
        }
        matches(&input, args, args.str_or(3, "match_type", "search")?)
    }),
];

fn matches(input: &Value, args: &Args, how: &str) -> Result<bool> {
    let pattern = args.get(0, "pattern").map_or(Ok(""), crate::template::filters::pattern_text)?;
    let flags = Flags {
        ignore_case: args.bool(1, "ignorecase", false)?,
        multiline: args.bool(2, "multiline", false)?,
        ..Flags::default()
    };
    let regex = PyRegex::new(pattern, flags)?;
    let text = input.to_text()?;
    Ok(match how {
        "search" => regex.search(&text)?.is_some(),
        "match" => regex.match_start(&text)?.is_some(),
        "findall" => regex.search(&text)?.is_some(),
        // What these give is something, matches or none.
        "finditer" | "split" | "scanner" => true,
        "sub" | "subn" => {
            return Err(Error::new(format!("{how}() missing required argument 'string' (pos 2)")));
        }
        "groups" | "flags" => return Err(Error::new("'int' object is not callable")),
        "fullmatch" => regex.full_match(&text)?.is_some(),
        _ => return Err(Error::new("'str' object is not callable")),
    })
}
