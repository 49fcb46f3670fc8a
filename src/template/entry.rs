//! The doors to the template engine: rendering values, conditionals, expressions and template files.

use super::syntax::{PluginKind, Program};
use super::value::{Str, Value};
use super::{Eval, World};
use crate::diag::{Diagnostic, Span};
use std::sync::Arc;

/// How a template file is read: the options of the `template` module, which a `#jinja2:` first line overrides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TemplateOptions {
    /// Marks the start of a statement.
    pub block_start: String,
    /// Marks its end.
    pub block_end: String,
    /// Marks the start of an expression to print.
    pub variable_start: String,
    /// Marks its end.
    pub variable_end: String,
    /// Marks the start of a comment.
    pub comment_start: String,
    /// Marks its end.
    pub comment_end: String,
    /// Marks a line that is a statement.
    pub line_statement: Option<String>,
    /// Marks the rest of a line as a comment.
    pub line_comment: Option<String>,
    /// Drop the first newline after a statement.
    pub trim_blocks: bool,
    /// Drop blanks before a statement.
    pub lstrip_blocks: bool,
    /// Keep the newline at the end (newlines at the end are restored either way).
    pub keep_trailing_newline: bool,
    /// What ends a line: `\n`, `\r\n` or `\r`.
    pub newline: String,
}

impl Default for TemplateOptions {
    fn default() -> TemplateOptions {
        TemplateOptions {
            block_start: "{%".into(),
            block_end: "%}".into(),
            variable_start: "{{".into(),
            variable_end: "}}".into(),
            comment_start: "{#".into(),
            comment_end: "#}".into(),
            line_statement: None,
            line_comment: None,
            trim_blocks: true,
            lstrip_blocks: false,
            keep_trailing_newline: false,
            newline: "\n".into(),
        }
    }
}

/// Whether text may be a template at all.
pub fn is_template(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.starts_with("#jinja2:")
        || memchr::memchr_iter(b'{', bytes).any(|i| matches!(bytes.get(i + 1), Some(b'{' | b'%' | b'#')))
}

/// The filters, tests and lookups that a template names and impel does not have, without rendering anything; a
/// `conditional` is an expression without braces. What cannot be parsed names nothing: it fails when it is rendered.
pub fn absent(text: &str, conditional: bool) -> Vec<(PluginKind, Arc<str>)> {
    let program = if conditional && !is_template(text) {
        super::syntax::compile_expression(text, true)
    } else if is_template(text) {
        super::syntax::compile_value(text)
    } else {
        return Vec::new();
    };
    let names = |text: &Program| text.absent.iter().map(|(kind, name, _)| (*kind, name.clone())).collect();
    match program {
        Ok(program) => names(&program),
        Err(unread) => names(&unread.text),
    }
}

/// Renders every trusted string in a value, to native types; `omit` drops out of containers (as the whole value it
/// is `Value::Omit`).
///
/// # Errors
/// Whatever the templates raise, undefined names included.
pub fn render(value: &Value, world: &dyn World) -> Result<Value, Diagnostic> {
    let mut eval = Eval::new(world);
    let value = eval.deep(value.clone()).and_then(|value| eval.finalize(value));
    Ok(value.map_err(|e| eval.told(e))?)
}

/// As [`render`], but what fails or is undefined stays in its place as a marker, to be raised when it is used.
pub fn resolve(value: &Value, world: &dyn World) -> Value {
    Eval::new(world).deep(value.clone()).unwrap_or_else(Value::from)
}

/// Renders one string, to its native type.
///
/// # Errors
/// As [`render`].
pub fn render_str(text: &Str, world: &dyn World) -> Result<Value, Diagnostic> {
    render(&Value::Str(text.clone()), world)
}

/// Evaluates a conditional (`when`, `until`, `failed_when`, `assert`) by 2.19's strict rules.
///
/// # Errors
/// It cannot be evaluated, or yields something else than a boolean.
pub fn conditional(value: &Value, world: &dyn World) -> Result<bool, Diagnostic> {
    let mut eval = Eval::new(world);
    Ok(eval.conditional(value).map_err(|e| eval.told(e))?)
}

/// Evaluates a bare expression, as `debug: var=` does.
///
/// # Errors
/// As [`render`].
pub fn expression(source: &str, world: &dyn World) -> Result<Value, Diagnostic> {
    let mut eval = Eval::new(world);
    let value =
        eval.expression(source).and_then(|value| eval.deep(value)).and_then(|value| eval.finalize(value));
    Ok(value.map_err(|e| eval.told(super::eval::in_expression(e)))?)
}

/// As [`expression`], with what is undefined told of in its place; those tellings, too.
///
/// # Errors
/// As [`render`], but for what is undefined.
pub fn expression_shown(source: &str, world: &dyn World) -> Result<(Value, Vec<String>), Diagnostic> {
    let mut eval = Eval::replacing(world);
    let value = eval.expression(source).or_else(|e| match e.0.kind {
        super::MarkerKind::Undefined => Ok(Value::from(e)),
        _ => Err(e),
    });
    let value = value.and_then(|value| eval.deep(value)).and_then(|value| eval.finalize(value));
    let value = value.map_err(|e| eval.told(super::eval::in_expression(e)))?;
    Ok((value, eval.replaced().to_vec()))
}

/// Renders the text of a template file to text, as the `template` module does. The result's secret bit is set where
/// something secret took part.
///
/// # Errors
/// As [`render`]; a bad `#jinja2:` line.
pub fn render_template_file(
    text: &str,
    origin: Span,
    options: &TemplateOptions,
    world: &dyn World,
) -> Result<Str, Diagnostic> {
    let mut eval = Eval::new(world);
    Ok(eval.template_file(text, origin, options).map_err(|e| eval.told(e))?)
}
