//! Statements.

use super::Eval;
use super::frame::Frame;
use super::output::Output;
use crate::template::syntax::{FilterCall, Stmt};
use crate::template::value::{Error, Result, Value};
use std::sync::Arc;

/// What happens after a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    /// The next one.
    Next,
    /// The loop ends.
    Break,
    /// The loop goes on with its next item.
    Continue,
}

impl Eval<'_> {
    /// Runs the state's program to its native value.
    pub(super) fn run(&mut self) -> Result<Value> {
        let program = self.state.shared_program();
        if let [Stmt::Emit(expr)] = program.body.as_slice() {
            return self.expr(expr);
        }
        let mut out = Output::with_capacity(program.body.len());
        match self.run_extending(program, &mut out) {
            Ok(()) => self.concat(out),
            // what was printed before counts first
            Err(error) => Err(out.pieces.into_iter().find_map(|piece| self.failure(piece)).unwrap_or(error)),
        }
    }

    /// Runs statements, which print to `out`.
    pub(super) fn body(&mut self, body: &[Stmt], out: &mut Output) -> Result<Flow> {
        for stmt in body {
            let flow = self.stmt(stmt, out)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn stmt(&mut self, stmt: &Stmt, out: &mut Output) -> Result<Flow> {
        match stmt {
            // What follows `extends` prints nothing.
            Stmt::Text(_) | Stmt::Emit(_) if self.state.parent.is_some() => {}
            Stmt::Text(text) => out.push(text.clone())?,
            Stmt::Emit(expr) => out.push(self.expr(expr)?)?,
            Stmt::For(head) => {
                let iter = self.expr(&head.iter)?;
                return self.nested(4, |eval| eval.for_loop(head, &iter, 0, out));
            }
            Stmt::If(branches, otherwise) => {
                let mut chosen = otherwise;
                for (test, body) in branches {
                    if self.expr(test)?.is_true()? {
                        chosen = body;
                        break;
                    }
                }
                return self.nested(2, |eval| eval.body(chosen, out));
            }
            Stmt::With(assigned, body) => {
                let mut values = Vec::with_capacity(assigned.len());
                for (_, expr) in assigned {
                    values.push(self.expr(expr)?);
                }
                return self.scoped(|eval| {
                    for ((target, _), value) in assigned.iter().zip(values) {
                        eval.assign(target, value)?;
                    }
                    eval.body(body, out)
                });
            }
            Stmt::Set(target, expr) => {
                let value = self.expr(expr)?;
                self.assign(target, value)?;
            }
            Stmt::SetBlock(target, filters, body) => {
                let (value, flow) = self.capture(body)?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
                let value = self.chain(filters, value)?;
                self.assign(target, value)?;
            }
            Stmt::FilterBlock(filters, body) => {
                let (value, flow) = self.capture(body)?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
                out.push(self.chain(filters, value)?)?;
            }
            Stmt::Group(body) => return self.nested(2, |eval| eval.body(body, out)),
            Stmt::Block(block) => self.nested(4, |eval| eval.block_here(block, out))?,
            Stmt::Extends(name, place) => self.extends(name, *place)?,
            Stmt::Include { name, ignore_missing, context, place } => {
                self.nested(10, |eval| eval.include(name, *ignore_missing, *context, *place, out))?;
            }
            Stmt::Import { name, target, context, place } => {
                let module = self.nested(10, |eval| eval.import(name, *context, *place))?;
                self.assign(target, module)?;
            }
            Stmt::FromImport { name, names, context, place } => {
                self.nested(10, |eval| eval.import_names(name, names, *context, *place))?;
            }
            Stmt::Macro(code) => {
                let closure = self.closure(code);
                self.state.frame().set(&code.name, closure);
            }
            Stmt::CallBlock(callee, arguments, caller, place) => {
                let closure = self.closure(caller);
                let callee = self.expr(callee)?;
                let mut args = self.args(&"".into(), arguments)?;
                args.named.push(("caller".into(), closure));
                out.push(self.invoke(&callee, args).map_err(|e| e.at(self.span(*place)))?)?;
            }
            Stmt::Do(expr) => {
                self.expr(expr)?;
            }
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            // so it ends with ansible-core, whose context cannot be shown
            Stmt::Debug => return Err(Error::failed("Error rendering template.")),
        }
        Ok(Flow::Next)
    }

    /// Runs work in a scope of its own.
    pub(super) fn scoped<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let own = Frame::within(self.state.frame());
        let around = self.state.enter(own);
        let result = self.nested(2, work);
        self.state.enter(around);
        result
    }

    /// What statements print, as one native value.
    fn capture(&mut self, body: &[Stmt]) -> Result<(Value, Flow)> {
        let mut out = Output::default();
        let parent = self.state.parent.take();
        let flow = self.scoped(|eval| eval.body(body, &mut out));
        self.state.parent = parent;
        Ok((self.concat(out)?, flow?))
    }

    /// Applies filters one after the other.
    fn chain(&mut self, filters: &[FilterCall], input: Value) -> Result<Value> {
        let mut value = input;
        for call in filters {
            let Some(filter) = call.filter else {
                return Err(super::call::no_filter(&call.name, " found").at(self.span(call.place)));
            };
            let args = self.args(&call.name, &call.args)?;
            value = self.apply(filter, &call.name, value, args);
        }
        Ok(value)
    }

    /// The text of an expression that names a template.
    pub(super) fn template_names(&mut self, value: &Value) -> Result<Vec<Arc<str>>> {
        let names = match value {
            Value::Str(s) => return Ok(vec![s.text.clone()]),
            other => self.items(other)?,
        };
        names.iter().map(|n| Ok(n.clone().defined()?.to_text()?.into())).collect()
    }
}
