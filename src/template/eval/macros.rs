//! Macros, and the callers of `call` blocks.

use super::Eval;
use super::frame::Frame;
use super::output::Output;
use super::state::{Blocks, Origin, State};
use crate::template::TemplateOptions;
use crate::template::args::Args;
use crate::template::syntax::{Macro, Program};
use crate::template::value::{Error, Object, Result, Value};
use std::sync::Arc;

/// A macro with the scope that it was written in.
pub(super) struct Closure {
    code: Arc<Macro>,
    program: Arc<Program>,
    origin: Origin,
    frame: Arc<Frame>,
    top: Arc<Frame>,
    isolated: bool,
    blocks: Option<Arc<Blocks>>,
    options: Option<Arc<TemplateOptions>>,
}

impl Eval<'_> {
    /// A macro, closed over the current scope.
    pub(super) fn closure(&mut self, code: &Arc<Macro>) -> Value {
        Value::object(Closure {
            code: code.clone(),
            program: self.state.shared_program(),
            origin: self.state.origin,
            frame: self.state.frame().clone(),
            top: self.state.top().clone(),
            isolated: self.state.isolated,
            blocks: self.state.blocks.clone(),
            options: self.state.options.clone(),
        })
    }
}

impl Object for Closure {
    fn type_name(&self) -> &'static str {
        "Macro"
    }

    fn repr(&self) -> String {
        format!("<Macro '{}'>", self.code.name)
    }

    fn callable(&self) -> bool {
        true
    }

    fn takes_markers(&self) -> bool {
        true
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(Some(match name {
            "name" => Value::str(self.code.name.clone()),
            "arguments" => Value::tuple(self.code.params.iter().map(|p| Value::str(p.clone()))),
            "catch_kwargs" => self.code.kwargs.into(),
            "catch_varargs" => self.code.varargs.into(),
            "caller" => self.code.caller.into(),
            _ => return Ok(None),
        }))
    }

    fn call(&self, eval: &mut Eval<'_>, mut args: Args) -> Result<Value> {
        let code = &self.code;
        let frame = Frame::within(&self.frame);
        let state = State::new(self.program.clone(), self.origin);
        let mut state = state.scoped(frame.clone(), self.top.clone());
        state.isolated = self.isolated;
        state.blocks = self.blocks.clone();
        state.options = self.options.clone();
        eval.within(state, |eval| {
            let first_default = code.params.len().saturating_sub(code.defaults.len());
            for (i, param) in code.params.iter().enumerate() {
                let by_name = args.named.iter().position(|(n, _)| n == param);
                let value = match (args.positional.get(i).cloned(), by_name) {
                    (Some(_), Some(_)) => {
                        let text =
                            format!("macro '{}' got multiple values for argument '{param}'", code.name);
                        return Err(Error::new(text));
                    }
                    (Some(value), None) => value,
                    (None, Some(at)) => args.named.remove(at).1,
                    (None, None) => match i.checked_sub(first_default).and_then(|d| code.defaults.get(d)) {
                        Some(default) => eval.expr(default)?,
                        None => Value::undefined(format!("parameter '{param}' was not provided")),
                    },
                };
                frame.set(param, value);
            }
            self.special(&frame, &mut args)?;
            let mut out = Output::default();
            eval.body(&code.body, &mut out)?;
            eval.concat(out)
        })
    }
}

impl Closure {
    /// `caller`, `kwargs` and `varargs`, where the body speaks of them; what is left over otherwise is an error.
    fn special(&self, frame: &Arc<Frame>, args: &mut Args) -> Result<()> {
        let code = &self.code;
        let caller = args.named.iter().position(|(n, _)| &**n == "caller").map(|at| args.named.remove(at).1);
        match caller {
            None if code.params.iter().any(|param| &**param == "caller") => {}
            Some(caller) if code.caller => frame.set(&"caller".into(), caller),
            None if code.caller => frame.set(&"caller".into(), Value::undefined("No caller defined")),
            Some(_) if code.kwargs => {}
            Some(_) => {
                return Err(Error::new(format!(
                    "macro '{}' was invoked with two values for the special caller argument. This is most likely a \
                     bug.",
                    code.name
                )));
            }
            None => {}
        }
        if code.kwargs {
            frame.set(&"kwargs".into(), Value::dict(args.named.drain(..)));
        } else if let Some((name, _)) = args.named.first() {
            return Err(Error::new(format!("macro '{}' takes no keyword argument '{name}'", code.name)));
        }
        if code.varargs {
            frame.set(&"varargs".into(), Value::tuple(args.rest(code.params.len()).iter().cloned()));
        } else if args.positional.len() > code.params.len() {
            let most = code.params.len();
            return Err(Error::new(format!("macro '{}' takes not more than {most} argument(s)", code.name)));
        }
        Ok(())
    }
}
