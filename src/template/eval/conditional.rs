//! Conditionals by 2.19's strict rules: `when`, `until`, `failed_when`, `assert`.

use super::Eval;
use super::evaluator::{too_deep, unread_at};
use super::state::{Origin, State};
use crate::template::syntax;
use crate::template::value::{Error, MarkerKind, Result, Str, Value};

/// ansible-core's help where a conditional is none.
const BROKEN: &str = "Broken conditionals can be temporarily allowed with the `ALLOW_BROKEN_CONDITIONALS` configuration option.";

impl Eval<'_> {
    /// Evaluates a conditional.
    ///
    /// # Errors
    /// It fails, or yields no boolean.
    pub fn conditional(&mut self, value: &Value) -> Result<bool> {
        let text = match value {
            Value::Bool(b) => return Ok(*b),
            Value::None if self.may_be_broken() => return Ok(true),
            Value::None => return Err(empty()),
            Value::Str(s) => s,
            // sealed strings are no conditions, whatever they hold
            Value::Vault(s) => {
                return Err(Error::failed("Conditional expressions must be strings.")
                    .at(s.span)
                    .hint(BROKEN));
            }
            other if self.may_be_broken() => return other.is_true(),
            _ => return Err(Error::failed("Conditional expressions must be strings.").hint(BROKEN)),
        };
        if text.text.trim().is_empty() {
            return if self.may_be_broken() { Ok(true) } else { Err(empty().at(text.span)) };
        }
        let result = self.condition(text).and_then(|value| self.verdict(&value, text.span));
        result.map_err(|e| {
            let e = match e.0.kind {
                MarkerKind::Undefined => e.within("Error while evaluating conditional"),
                _ => e,
            };
            e.at(text.span)
        })
    }

    fn condition(&mut self, text: &Str) -> Result<Value> {
        let trimmed = text.text.trim();
        let wrapped = trimmed.starts_with("{{") && trimmed.ends_with("}}") || trimmed.starts_with("{%");
        if wrapped {
            let inner = Str { text: trimmed.into(), ..text.clone() };
            let rendered = self.nested(20, |eval| eval.template(&inner))?;
            let rendered = self.read(rendered).defined()?;
            return match &rendered {
                // What a template yields is evaluated once more where it stands in the user's own files.
                Value::Str(s) => self.condition_expression(&s.text, s),
                Value::None if self.may_be_broken() => Ok(Value::Bool(true)),
                Value::None => Err(empty()),
                _ => Ok(rendered),
            };
        }
        self.condition_expression(trimmed, text)
    }

    fn condition_expression(&mut self, source: &str, text: &Str) -> Result<Value> {
        if source.trim().is_empty() {
            return Err(empty());
        }
        if !text.trusted {
            return Err(Error::failed("Encountered untrusted template or expression.")
                .hint(
                    "Templates and expressions must be defined by trusted sources such as playbooks or roles, not \
                     untrusted sources such as module results.",
                ));
        }
        let program = syntax::compile_expression(source, true)
            .map_err(|unread| braced(unread_at(*unread, Origin::Scalar(text.span)), source))?;
        let state = State::new(program.clone(), Origin::Scalar(text.span));
        let value = self.within(state, |eval| match &program.expression {
            Some(expr) => eval.expr(expr),
            None => Ok(Value::None),
        });
        let value = value.map_err(in_expression)?;
        self.read(value).defined().map_err(in_expression)
    }

    /// Whether conditions may yield anything (`ALLOW_BROKEN_CONDITIONALS`): its truth counts, and none at all holds.
    fn may_be_broken(&self) -> bool {
        matches!(self.world.config("ALLOW_BROKEN_CONDITIONALS"), Some(Value::Bool(true)))
    }

    /// A boolean, or the complaint that it is none.
    fn verdict(&mut self, value: &Value, span: Option<crate::diag::Span>) -> Result<bool> {
        if let Value::Bool(b) = value {
            return Ok(*b);
        }
        if matches!(
            value,
            Value::Range(_) | Value::Function(_) | Value::Method(_) | Value::Object(_) | Value::Void(_)
        ) {
            let of = value.type_name();
            let text =
                format!("Error rendering expression: Type '{of}' is unsupported for variable storage.");
            return Err(Error::failed(text));
        }
        if matches!(value, Value::Omit) {
            return Err(Error::failed("A template was resolved to an Omit scalar."));
        }
        let holds = value.clone().defined()?.is_true()?;
        if self.may_be_broken() {
            return Ok(holds);
        }
        let truth = if holds { "True" } else { "False" };
        // a text tells itself where it stands
        let own = match value {
            Value::Str(text) => text.span,
            _ => None,
        };
        let place = own.or(span).map_or_else(|| "<unknown>".to_owned(), |s| s.to_string());
        // what is no file has no lines
        let place = match place.rsplit_once('>') {
            Some((name, at)) if place.starts_with('<') && at.starts_with(':') => format!("{name}>"),
            _ => place,
        };
        let place = crate::python::repr::of_str(&place);
        Err(Error::failed(format!(
            "Conditional result ({truth}) was derived from value of type '{}' at {place}. Conditionals must have a \
             boolean result.",
            value.type_name()
        ))
        .hint(BROKEN))
    }
}

/// A syntax error of an expression that has a template's braces in it.
pub(super) fn braced(error: Error, source: &str) -> Error {
    let plain = "Syntax error in expression: ";
    match error.message().strip_prefix(plain).filter(|_| crate::template::is_template(source)) {
        Some(what) => {
            let span = error.0.span;
            let text = format!(
                "Syntax error in expression. Template delimiters are not supported in expressions: {what}"
            );
            Error::failed(text).at(span)
        }
        None => error,
    }
}

fn empty() -> Error {
    Error::failed("Empty conditional expressions are not allowed.").hint(BROKEN)
}

/// What an expression raised, in the words of ansible-core.
pub(in crate::template) fn in_expression(error: Error) -> Error {
    match error.0.kind {
        MarkerKind::Raised if too_deep(&error) => error.within("Recursive loop detected in expression"),
        MarkerKind::Raised => error.within("Error rendering expression"),
        _ => error,
    }
}
