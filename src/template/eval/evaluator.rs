//! The evaluator's state, and how one text is rendered.

use super::state::{DEFAULTS, Origin, State};
use crate::diag::Span;
use crate::maps::HashMap;
use crate::template::syntax::{self, Extensions, Place, Program, Unread};
use crate::template::value::{Error, Marker, MarkerKind, Result, Str, Value};
use crate::template::{TemplateOptions, World};
use std::sync::Arc;

/// The budget of nested work: a template rendered within another, a macro's call and a nested expression each take
/// their share, so that no input exhausts the stack.
const DEEPEST: u32 = 1000;

/// An evaluation in a world.
pub struct Eval<'w> {
    pub(super) world: &'w dyn World,
    pub(super) state: State,
    depth: u32,
    /// How many values were met on the way through one.
    pub(super) visited: usize,
    /// What is undefined is told of in its place, and noted here.
    pub(super) replaced: Option<Vec<String>>,
    /// Copies of frozen containers that this evaluation has changed, by the original's address.
    pub(super) changed: HashMap<usize, (Value, Value)>,
}

impl<'w> Eval<'w> {
    /// A new evaluation.
    pub fn new(world: &'w dyn World) -> Eval<'w> {
        Eval {
            world,
            state: State::default(),
            depth: 0,
            visited: 0,
            replaced: None,
            changed: HashMap::default(),
        }
    }

    /// A new evaluation that tells of what is undefined in its place, as `debug: var=` does.
    pub fn replacing(world: &'w dyn World) -> Eval<'w> {
        Eval { replaced: Some(Vec::new()), ..Eval::new(world) }
    }

    /// What was undefined, in ansible-core's words.
    pub fn replaced(&self) -> &[String] {
        self.replaced.as_deref().unwrap_or_default()
    }

    /// What stands for a marker, where markers are replaced and it is of something undefined.
    pub(super) fn replacement(&mut self, marker: &Marker) -> Option<String> {
        let all = self.replaced.as_mut().filter(|_| marker.kind == MarkerKind::Undefined)?;
        let text = format!("error {} - {}", all.len() + 1, marker.message);
        all.push(text.clone());
        Some(format!("<< {text} >>"))
    }

    /// The world around the template.
    pub fn world(&self) -> &'w dyn World {
        self.world
    }

    /// Does nested work, which costs a share of the budget.
    ///
    /// # Errors
    /// The budget is spent.
    pub(super) fn nested<T>(&mut self, cost: u32, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        super::halt::check()?;
        if self.depth + cost > DEEPEST {
            return Err(Error::new("maximum recursion depth exceeded"));
        }
        self.depth += cost;
        let result = work(self);
        self.depth -= cost;
        result
    }

    /// Runs `work` with another state, and comes back to this one.
    pub(super) fn within<T>(&mut self, state: State, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = std::mem::replace(&mut self.state, state);
        let result = work(self);
        self.state = before;
        result
    }

    /// Where a place of the running program stands in the user's files.
    ///
    /// ansible-core points at a value's start; within a block scalar the line is more use.
    pub(super) fn span(&self, place: Place) -> Option<Span> {
        span_in(self.state.program(), self.state.origin, place)
    }

    /// The program of a template's text; read with Jinja's extensions where it needs those that are configured.
    pub(super) fn compiled(
        &self,
        text: &str,
        options: &TemplateOptions,
        outermost: bool,
        origin: Origin,
    ) -> Result<Arc<Program>> {
        let program = match syntax::compile(text, options, outermost, Extensions::default()) {
            Err(unread) if unread.extensible => self.extended(text, options, outermost, *unread),
            program => program,
        };
        program.map_err(|unread| unread_at(*unread, origin))
    }

    fn extended(
        &self,
        text: &str,
        options: &TemplateOptions,
        outermost: bool,
        unread: Unread,
    ) -> std::result::Result<Arc<Program>, Box<Unread>> {
        let Some(asked) = self.world.config("DEFAULT_JINJA2_EXTENSIONS") else {
            return Err(Box::new(unread));
        };
        let names: Vec<String> = match &asked {
            Value::Str(s) => s.text.split(',').map(|n| n.trim().to_owned()).collect(),
            other => other.iter().map(|i| i.map(|v| v.to_string()).collect()).unwrap_or_default(),
        };
        let asked = |name: &str| names.iter().any(|n| n.strip_prefix("jinja2.ext.") == Some(name));
        let extensions = Extensions {
            statements: asked("do"),
            loop_controls: asked("loopcontrols"),
            translations: asked("i18n"),
            debug: asked("debug"),
        };
        match extensions == Extensions::default() {
            true => Err(Box::new(unread)),
            false => syntax::compile(text, options, outermost, extensions),
        }
    }

    /// Renders a trusted string as its reading does: remembered, and a marker where it fails.
    pub(super) fn rendered(&mut self, text: &Str) -> Value {
        if let Some(known) = self.world.remembered(&text.text) {
            return known;
        }
        let value = self.nested(20, |eval| eval.template(text)).unwrap_or_else(|e| {
            let recursive = e.message().starts_with("maximum recursion depth");
            let e = if recursive { e.within("Recursive loop detected in template") } else { e };
            Value::from(e.at(text.span))
        });
        let value = if text.secret { value.into_secret() } else { value }.apart();
        self.tell_secret(&value);
        if self.replaced.is_none() {
            self.world.remember(&text.text, &value);
        }
        value
    }

    /// Renders a template text to its native value.
    ///
    /// # Errors
    /// Whatever it raises.
    pub(super) fn template(&mut self, text: &Str) -> Result<Value> {
        if !text.text.starts_with("#jinja2:") {
            let program = match syntax::compile_value(&text.text) {
                Ok(program) => program,
                Err(_) => self.compiled(&text.text, &DEFAULTS, true, Origin::Scalar(text.span))?,
            };
            let state = State::new(program, Origin::Scalar(text.span));
            let value = self.within(state, |eval| eval.run()).map_err(attributed)?;
            return Ok(restore_newlines(&text.text, value, "\n"));
        }
        let (options, body) = syntax::options_of(&text.text, &DEFAULTS)?;
        let program = self.compiled(body, &options, true, Origin::Scalar(text.span))?;
        let state = State::new(program, Origin::Scalar(text.span)).reading(options);
        let value = self.within(state, |eval| eval.run()).map_err(attributed)?;
        Ok(restore_newlines(body, value, "\n"))
    }

    /// Renders the text of a template file to text.
    ///
    /// # Errors
    /// Whatever it raises.
    pub fn template_file(&mut self, text: &str, origin: Span, options: &TemplateOptions) -> Result<Str> {
        let value = self.template_native(text, origin, options)?;
        let secret = value.is_secret();
        // Newlines at the end are put back behind text alone: a number, a list or nothing at all stands there bare.
        let text = match &value {
            Value::None => String::new(),
            Value::Omit => {
                return Err(Error::failed("A template was resolved to an Omit scalar.").at(Some(origin)));
            }
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            value => value.to_text()?,
        };
        Ok(Str::plain(text).marked(secret))
    }

    /// Renders the text of a template file to its native value, as `lookup('template')` does.
    ///
    /// # Errors
    /// Whatever it raises.
    pub fn template_native(&mut self, text: &str, origin: Span, options: &TemplateOptions) -> Result<Value> {
        if !marked(text, options) {
            return Ok(Value::str(text));
        }
        let (body, value, newline) = self.file_value(text, origin, options)?;
        Ok(restore_newlines(body, value, &newline))
    }

    /// What a template file yields, with its body and the newline it asks for.
    fn file_value<'t>(
        &mut self,
        text: &'t str,
        origin: Span,
        options: &TemplateOptions,
    ) -> Result<(&'t str, Value, String)> {
        // Newlines at the end are those asked for outside of the header.
        let newline = options.newline.clone();
        let (options, body) = syntax::options_of(text, options)?;
        // A header takes a line.
        let origin = if body.len() < text.len() { origin.at(2, 1) } else { origin.at(1, 1) };
        let program = self.compiled(body, &options, false, Origin::File(origin))?;
        let state = State::new(program, Origin::File(origin)).reading(options);
        let value = self.within(state, |eval| {
            let value = eval.run()?;
            let value = eval.deep(value)?;
            eval.finalize(value)
        });
        Ok((body, value.map_err(attributed)?, newline))
    }

    /// An error as the user is told of it: attributed, and with the name that may have been meant.
    pub(in crate::template) fn told(&self, error: Error) -> Error {
        let error = attributed(error);
        let name = error.message().strip_prefix('\'').and_then(|rest| rest.strip_suffix("' is undefined"));
        let Some(name) = name.filter(|_| error.0.kind == MarkerKind::Undefined) else { return error };
        let names = self.world.variable_names();
        match crate::diag::nearest(name, names.iter().map(|n| &**n)) {
            Some(near) => {
                let hint = format!("did you mean '{near}'?");
                error.hint(hint)
            }
            None => error,
        }
    }

    /// Evaluates a bare expression; the result may be a marker.
    ///
    /// # Errors
    /// It cannot be parsed, or raises.
    pub fn expression(&mut self, source: &str) -> Result<Value> {
        let program = syntax::compile_expression(source, false)
            .map_err(|unread| super::conditional::braced(unread_at(*unread, Origin::Scalar(None)), source))?;
        let state = State::new(program.clone(), Origin::Scalar(None));
        self.within(state, |eval| match &program.expression {
            Some(expr) => eval.expr(expr),
            None => Ok(Value::None),
        })
        .map_err(super::conditional::in_expression)
    }
}

/// Where a place of a program from there stands in the user's files.
fn span_in(program: &Program, origin: Origin, place: Place) -> Option<Span> {
    match origin {
        Origin::Scalar(span) => {
            let span = span?;
            match program.position(place) {
                (line, column) if line > 1 && is_literal_block(span) => {
                    let indent = indent(span, line, &program.source);
                    Some(span.at(span.line + line, column + indent))
                }
                _ => Some(span),
            }
        }
        Origin::File(span) => {
            let (line, column) = program.position(place);
            Some(span.at(span.line.max(1) + line - 1, column))
        }
    }
}

/// A syntax error at its place; where that cannot be pointed at, a hint names the line.
pub(super) fn unread_at(unread: Unread, origin: Origin) -> Error {
    let span = span_in(&unread.text, origin, unread.place);
    let error = unread.error.at(span);
    let exact = match origin {
        Origin::File(_) => true,
        Origin::Scalar(start) => span != start,
    };
    if exact || !unread.text.source.trim_end().contains('\n') {
        return error;
    }
    let line = unread.text.position(unread.place).0;
    error.hint(format!("in line {line} of the template"))
}

/// Whether a value's lines are lines of its file: it begins with `|`.
fn is_literal_block(span: Span) -> bool {
    let line = crate::diag::source_line(&span.file(), span.line);
    let begin = usize::try_from(span.column).unwrap_or(0).saturating_sub(1);
    line.is_some_and(|line| line.chars().nth(begin) == Some('|'))
}

/// How far a line of a block stands to the right of where it does in the value.
fn indent(span: Span, line: u32, value: &str) -> u32 {
    let own = value.lines().nth(line as usize - 1).unwrap_or_default();
    let written = crate::diag::source_line(&span.file(), span.line + line).unwrap_or_default();
    let before = written.trim_end().strip_suffix(own.trim_end()).unwrap_or_default();
    u32::try_from(before.chars().count()).unwrap_or(0)
}

/// Whether a value nests deeper than can be told, which ansible-core takes for one that holds itself.
pub(super) fn too_deep(error: &Error) -> bool {
    error.message() == "maximum recursion depth exceeded"
}

/// What was raised while rendering, in the words of ansible-core.
pub(super) fn attributed(error: Error) -> Error {
    match error.0.kind {
        MarkerKind::Raised if too_deep(&error) => error.within("Recursive loop detected in template"),
        MarkerKind::Raised => error.within("Error rendering template"),
        _ => error,
    }
}

/// Whether a file's text has anything in it that may be a template: without, it is left as it is.
fn marked(text: &str, options: &TemplateOptions) -> bool {
    let marks = [&options.variable_start, &options.block_start, &options.comment_start];
    text.starts_with("#jinja2:")
        || options.line_statement.is_some()
        || options.line_comment.is_some()
        || marks.iter().any(|mark| text.contains(mark.as_str()))
}

/// Jinja drops newlines at the end; Ansible puts them back.
fn restore_newlines(source: &str, value: Value, newline: &str) -> Value {
    let count = |text: &str| text.len() - text.trim_end_matches('\n').len();
    let wanted = if source.ends_with("\r\n") { 1 } else { count(source) };
    match &value {
        Value::Str(s) if wanted > count(&s.text) => {
            let missing = newline.repeat(wanted - count(&s.text));
            Value::text(format!("{}{missing}", s.text), s.secret)
        }
        _ => value,
    }
}
