//! Expressions.

use super::Eval;
use crate::template::args::Args;
use crate::template::methods;
use crate::template::syntax::{Argument, Binary, Comparison, Expr, FilterCall, Place, TestCall};
use crate::template::value::{
    Dict, Error, Key, Kin, List, MarkerKind, Result, Value, binary, negative, positive,
};
use std::cmp::Ordering;
use std::sync::Arc;

impl Eval<'_> {
    /// Evaluates an expression; what is missing comes as a marker, what uses it raises.
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<Value> {
        match expr {
            Expr::Const(value) => Ok(value.clone()),
            Expr::Var(name, place) => Ok(self.variable(name, *place)),
            _ => self.nested(1, |eval| eval.compound(expr)),
        }
    }

    /// Each kind has a function of its own, so that nesting costs little stack.
    fn compound(&mut self, expr: &Expr) -> Result<Value> {
        match expr {
            Expr::Const(value) => Ok(value.clone()),
            Expr::Var(name, place) => Ok(self.variable(name, *place)),
            Expr::Embedded(text) => Ok(self.rendered(text)),
            Expr::Attribute(object, name, place) => self.attribute_expr(object, name, *place),
            Expr::Item(parts, place) => self.item_expr(&parts.0, &parts.1, *place),
            Expr::Slice(parts, place) => self.slice_expr(&parts.0, &parts.1, *place),
            Expr::Not(inner) => Ok(Value::Bool(!self.truth(inner)?)),
            Expr::Negative(inner, place) => self.signed_expr(inner, *place, negative),
            Expr::Positive(inner, place) => self.signed_expr(inner, *place, positive),
            Expr::And(sides) => self.either(&sides.0, &sides.1, false),
            Expr::Or(sides) => self.either(&sides.0, &sides.1, true),
            Expr::Binary(op, sides, place) => self.binary_expr(*op, &sides.0, &sides.1, *place),
            Expr::Chain(first, rest, place) => self.comparison_chain(first, rest, *place),
            Expr::If(parts, place) => match (self.truth(&parts.0)?, &parts.2) {
                (true, _) => self.expr(&parts.1),
                (false, Some(otherwise)) => self.expr(otherwise),
                (false, None) => Ok(self.no_else(*place)),
            },
            Expr::Filter(input, call) => self.filter_expr(input, call),
            Expr::Test(input, call) => self.test_expr(input, call),
            Expr::Call(callee, arguments, place) => {
                let value = self.call_expr(callee, arguments, *place)?;
                Ok(self.placed(value, *place))
            }
            Expr::List(items) => Ok(Value::List(List::new(self.all(items)?).of(Kin::Written))),
            Expr::Tuple(items) => Ok(Value::tuple(self.all(items)?)),
            Expr::Dict(pairs) => self.dict_expr(pairs),
        }
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            values.push(self.expr(expr)?);
        }
        Ok(values)
    }

    fn attribute_expr(&mut self, object: &Expr, name: &str, place: Place) -> Result<Value> {
        let object = self.expr(object)?;
        let value = self.attribute(&object, name).map_err(|e| e.at(self.span(place)))?;
        Ok(self.placed(value, place))
    }

    fn item_expr(&mut self, object: &Expr, key: &Expr, place: Place) -> Result<Value> {
        let object = self.expr(object)?;
        if object.is_undefined() {
            return Ok(object);
        }
        let key = self.expr(key)?;
        let value = self.item(&object, &key).map_err(|e| e.at(self.span(place)))?;
        Ok(self.placed(value, place))
    }

    fn slice_expr(&mut self, object: &Expr, exprs: &[Option<Expr>; 3], place: Place) -> Result<Value> {
        let object = self.expr(object)?;
        if object.is_undefined() {
            return Ok(object);
        }
        let mut bounds = [Value::None, Value::None, Value::None];
        for (bound, expr) in bounds.iter_mut().zip(exprs) {
            if let Some(expr) = expr {
                *bound = self.expr(expr)?.defined()?;
            }
        }
        slice(&object, &bounds).map_err(|e| e.at(self.span(place)))
    }

    fn signed_expr(
        &mut self,
        inner: &Expr,
        place: Place,
        sign: fn(&Value) -> Result<Value>,
    ) -> Result<Value> {
        let value = self.expr(inner)?;
        sign(&value).map_err(|e| e.at(self.span(place)))
    }

    /// `and` and `or`: the left side where its truth is `decides`, the right one otherwise.
    fn either(&mut self, left: &Expr, right: &Expr, decides: bool) -> Result<Value> {
        let left = self.expr(left)?;
        if left.is_true()? == decides { Ok(left) } else { self.expr(right) }
    }

    fn binary_expr(&mut self, op: Binary, left: &Expr, right: &Expr, place: Place) -> Result<Value> {
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        self.operate(op, left, right).map_err(|e| e.at(self.span(place)))
    }

    fn comparison_chain(&mut self, first: &Expr, rest: &[(Comparison, Expr)], place: Place) -> Result<Value> {
        let mut left = self.expr(first)?;
        for (op, expr) in rest {
            let right = self.expr(expr)?;
            if !self.compare(*op, &left, &right).map_err(|e| e.at(self.span(place)))? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn filter_expr(&mut self, input: &Expr, call: &FilterCall) -> Result<Value> {
        let Some(filter) = call.filter else {
            return Err(super::call::no_filter(&call.name, " found").at(self.span(call.place)));
        };
        let input = self.expr(input)?;
        let args = self.args(&call.name, &call.args)?;
        let value = self.apply(filter, &call.name, input, args);
        Ok(self.placed(value, call.place))
    }

    fn test_expr(&mut self, input: &Expr, call: &TestCall) -> Result<Value> {
        let Some(test) = call.test else {
            return Err(super::call::no_test(&call.name, " found").at(self.span(call.place)));
        };
        let input = self.expr(input)?;
        let args = self.args(&call.name, &call.args)?;
        let value = self.ask(test, &call.name, input, args);
        Ok(self.placed(value, call.place))
    }

    fn dict_expr(&mut self, pairs: &[(Expr, Expr)]) -> Result<Value> {
        let mut dict = crate::maps::IndexMap::with_capacity_and_hasher(pairs.len(), Default::default());
        for (key, value) in pairs {
            let key = Key::new(self.expr(key)?)?;
            let value = self.expr(value)?;
            dict.insert(key, value);
        }
        Ok(Value::Dict(Dict::new(dict).of(Kin::Written)))
    }

    /// A call; a method is called on its object without being taken off first.
    pub(super) fn call_expr(&mut self, callee: &Expr, arguments: &[Argument], place: Place) -> Result<Value> {
        if let Expr::Attribute(object, name, at) = callee {
            let object = self.expr(object)?;
            if methods::has(&object, name) {
                let args = self.args(name, arguments)?;
                if let Some(marker) = args.values().find(|v| v.is_undefined()) {
                    return Ok(marker.clone());
                }
                return Ok(methods::call(self, &object, name, &args).unwrap_or_else(Value::from));
            }
            let callee = self.attribute(&object, name).map_err(|e| e.at(self.span(*at)))?;
            let args = self.args(name, arguments)?;
            return self.invoke(&callee, args);
        }
        let callee_value = self.expr(callee)?;
        let name: Arc<str> = match callee {
            Expr::Var(name, _) => name.clone(),
            _ => "".into(),
        };
        let args = self.args(&name, arguments)?;
        self.invoke(&callee_value, args).map_err(|e| e.at(self.span(place)))
    }

    /// Evaluates the arguments of a call.
    pub(super) fn args(&mut self, callee: &Arc<str>, arguments: &[Argument]) -> Result<Args> {
        let mut args = Args { callee: callee.clone(), positional: Vec::new(), named: Vec::new() };
        for argument in arguments {
            match argument {
                Argument::Positional(expr) => args.positional.push(self.expr(expr)?),
                Argument::Named(name, expr) => {
                    let value = self.expr(expr)?;
                    args.named.push((name.clone(), value));
                }
                Argument::Spread(expr) => {
                    let value = self.expr(expr)?;
                    args.positional.extend(self.items(&value)?);
                }
                Argument::SpreadNamed(expr) => {
                    let value = self.expr(expr)?.defined()?;
                    if !value.is_mapping() {
                        let text = format!("argument after ** must be a mapping, not {}", value.type_name());
                        return Err(Error::new(text));
                    }
                    for key in self.items(&value)? {
                        let item = self.item(&value, &key)?;
                        args.named.push((key.to_text()?.into(), item));
                    }
                }
            }
        }
        Ok(args)
    }

    fn truth(&mut self, expr: &Expr) -> Result<bool> {
        self.expr(expr)?.is_true()
    }

    /// A name: the template's own, the world's, then the engine's.
    pub(super) fn variable(&mut self, name: &Arc<str>, place: Place) -> Value {
        if let Some(value) = self.state.name(name) {
            return self.read(value);
        }
        if !self.state.isolated
            && let Some(value) = self.world.variable(name)
        {
            let value = self.read(value);
            return self.placed(value, place);
        }
        if let Some(value) = self.global(name) {
            return value;
        }
        self.placed(Value::undefined(format!("'{name}' is undefined")), place)
    }

    /// Gives a marker its place, unless it has one.
    fn placed(&self, value: Value, place: Place) -> Value {
        match value {
            Value::Undefined(marker) if marker.span.is_none() => Error(marker).at(self.span(place)).into(),
            value => value,
        }
    }

    fn no_else(&self, place: Place) -> Value {
        let line = self.state.program().position(place).0;
        let text = format!(
            "the inline if-expression on line {line} evaluated to false and no else section was defined."
        );
        let marker = crate::template::value::Marker::new(MarkerKind::Raised, text);
        Value::Void(Arc::new(marker))
    }

    fn operate(&mut self, op: Binary, left: Value, right: Value) -> Result<Value> {
        match op {
            Binary::Compare(comparison) => Ok(Value::Bool(self.compare(comparison, &left, &right)?)),
            // a marker has no place in a format without any
            Binary::Arithmetic("%") if right.is_undefined() && left.as_str().is_some_and(has_no_place) => {
                binary("%", &left, &Value::Dict(Dict::default()))
            }
            Binary::Arithmetic("%") if left.is_str() => {
                let right = self.deep(right)?;
                binary("%", &left, &right)
            }
            Binary::Arithmetic(op) => binary(op, &left, &right),
            Binary::Concat => {
                let secret = left.is_secret() || right.is_secret();
                let mut text = String::new();
                for side in [left, right] {
                    match side {
                        Value::None => text.push_str("None"),
                        Value::Omit => text.push_str("<<Omit>>"),
                        // tuples stay tuples in what `~` joins
                        side @ (Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Bytes(_)) => {
                            self.deep(side)?.write_text(&mut text)?;
                        }
                        side => self.print(side.defined()?, &mut text)?,
                    }
                    crate::template::value::fits(text.len())?;
                }
                Ok(Value::text(text, secret))
            }
        }
    }

    fn compare(&mut self, op: Comparison, left: &Value, right: &Value) -> Result<bool> {
        let whole = (self.whole(left)?, self.whole(right)?);
        let (left, right) = (whole.0.as_ref().unwrap_or(left), whole.1.as_ref().unwrap_or(right));
        Ok(match op {
            Comparison::Eq => left.equals(right)?,
            Comparison::Ne => !left.equals(right)?,
            Comparison::In => right.contains(left)?,
            Comparison::NotIn => !right.contains(left)?,
            Comparison::Lt => left.compare(right, "<")? == Some(Ordering::Less),
            Comparison::Le => left.compare(right, "<=")?.is_some_and(Ordering::is_le),
            Comparison::Gt => left.compare(right, ">")? == Some(Ordering::Greater),
            Comparison::Ge => left.compare(right, ">=")?.is_some_and(Ordering::is_ge),
        })
    }

    /// A container with everything in it read; `None` for anything else.
    fn whole(&mut self, value: &Value) -> Result<Option<Value>> {
        match value {
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::View(_) => {
                self.deep(value.clone()).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// Whether Python's `%` finds nothing to put in.
fn has_no_place(format: &str) -> bool {
    !format.replace("%%", "").contains('%')
}

/// `object[start:stop:step]`.
fn slice(object: &Value, bounds: &[Value; 3]) -> Result<Value> {
    match object {
        Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Range(_) | Value::Bytes(_) => {}
        Value::Dict(_) => return Err(Error::new("unhashable type: 'slice'")),
        other => return Err(Error::new(format!("'{}' object is not subscriptable", other.class_name()))),
    }
    let mut numbers = [None; 3];
    for (number, bound) in numbers.iter_mut().zip(bounds) {
        *number = match bound {
            Value::None => None,
            v => Some(v.as_int().ok_or_else(|| {
                Error::new("slice indices must be integers or None or have an __index__ method")
            })?),
        };
    }
    let [start, stop, step] = numbers;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::new("slice step cannot be zero"));
    }
    let len = object.len()? as i64;
    let norm = |i: i64| if i < 0 { i.saturating_add(len) } else { i };
    let mut places = Vec::new();
    if matches!(object, Value::Range(_)) {
        // its bounds are computed, however many numbers it has
    } else if step > 0 {
        let mut i = start.map_or(0, norm).clamp(0, len);
        let end = stop.map_or(len, norm).clamp(0, len);
        while i < end {
            places.push(i as usize);
            i = i.saturating_add(step);
        }
    } else {
        let mut i = start.map_or(len - 1, norm).clamp(-1, len - 1);
        let end = stop.map_or(-1, norm).clamp(-1, len - 1);
        while i > end {
            places.push(i as usize);
            i = i.saturating_add(step);
        }
    }
    Ok(match object {
        Value::Str(s) => {
            let chars: Vec<char> = s.text.chars().collect();
            let text: String = places.iter().filter_map(|i| chars.get(*i)).collect();
            Value::text(text, s.secret)
        }
        Value::Bytes(b) => Value::Bytes(places.iter().filter_map(|i| b.get(*i).copied()).collect()),
        Value::Range(r) => {
            let at = |i: i64| r.start.saturating_add(i.saturating_mul(r.step));
            let first = start.map_or(if step > 0 { 0 } else { len - 1 }, norm);
            let first = if step > 0 { first.clamp(0, len) } else { first.clamp(-1, len - 1) };
            let last = stop.map_or(if step > 0 { len } else { -1 }, norm);
            let last = if step > 0 { last.clamp(0, len) } else { last.clamp(-1, len - 1) };
            let step = r.step.saturating_mul(step);
            Value::Range(crate::template::value::Range { start: at(first), stop: at(last), step })
        }
        Value::Tuple(t) => Value::tuple(places.iter().filter_map(|i| t.get(*i).cloned())),
        other => {
            let items: Vec<Value> = other.iter()?.collect();
            Value::list(places.iter().filter_map(|i| items.get(*i).cloned()))
        }
    })
}
