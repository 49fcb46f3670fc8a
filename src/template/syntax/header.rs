//! The `#jinja2:` first line of a template, which overrides how it is read.

use super::escapes::unescape;
use crate::template::TemplateOptions;
use crate::template::value::{Error, Result};

/// The options that hold for a text, and the text without its header.
///
/// # Errors
/// The header is malformed or names an unknown option.
pub fn options_of<'a>(text: &'a str, options: &TemplateOptions) -> Result<(TemplateOptions, &'a str)> {
    let mut options = options.clone();
    let Some(rest) = text.strip_prefix("#jinja2:") else { return Ok((options, text)) };
    let Some((header, body)) = rest.split_once('\n') else {
        return Err(Error::failed("Syntax error in template: Missing newline after '#jinja2:' override."));
    };
    for pair in header.split(',') {
        let Some((name, value)) = pair.split_once(':') else {
            return Err(Error::failed(format!(
                "Syntax error in template: Missing key-value separator `:` in '#jinja2:' override pair '{pair}'."
            )));
        };
        set(&mut options, name.trim(), value.trim())?;
    }
    Ok((options, body))
}

fn set(options: &mut TemplateOptions, name: &str, value: &str) -> Result<()> {
    let text = || -> Result<String> {
        let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let body = quote.and_then(|q| value.get(1..)?.strip_suffix(q));
        body.map(unescape).ok_or_else(|| {
            Error::failed(format!("Syntax error in template: Malformed override '{name}': '{value}'."))
        })
    };
    let truth = || match value {
        "True" | "true" => Ok(true),
        "False" | "false" => Ok(false),
        _ => Err(Error::failed(format!(
            "Syntax error in template: The override '{name}' must be True or False, not '{value}'."
        ))),
    };
    match name {
        "block_start_string" => options.block_start = text()?,
        "block_end_string" => options.block_end = text()?,
        "variable_start_string" => options.variable_start = text()?,
        "variable_end_string" => options.variable_end = text()?,
        "comment_start_string" => options.comment_start = text()?,
        "comment_end_string" => options.comment_end = text()?,
        "line_statement_prefix" => options.line_statement = Some(text()?),
        "line_comment_prefix" => options.line_comment = Some(text()?),
        "trim_blocks" => options.trim_blocks = truth()?,
        "lstrip_blocks" => options.lstrip_blocks = truth()?,
        "keep_trailing_newline" => options.keep_trailing_newline = truth()?,
        "newline_sequence" => options.newline = text()?,
        _ => {
            let known = [
                "block_start_string",
                "block_end_string",
                "variable_start_string",
                "variable_end_string",
                "comment_start_string",
                "comment_end_string",
                "line_statement_prefix",
                "line_comment_prefix",
                "trim_blocks",
                "lstrip_blocks",
                "keep_trailing_newline",
                "newline_sequence",
            ];
            let error =
                Error::failed(format!("Syntax error in template: Invalid '#jinja2:' override key '{name}'."));
            return Err(match crate::diag::nearest(name, known) {
                Some(near) => error.hint(format!("did you mean '{near}'?")),
                None => error,
            });
        }
    }
    Ok(())
}
