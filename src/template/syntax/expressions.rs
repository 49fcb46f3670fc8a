//! Jinja's expressions.

use super::parser::{DEEPEST, HIGHEST, Parsed, Parser, too_deep};
use super::program::*;
use super::token::{Kind, Mistake, Token};
use crate::template::value::{Str, Value};
use crate::template::{filters, is_template, tests};
use num_bigint::BigInt;
use std::sync::Arc;

/// How strongly `not` binds, by the levels of [`Parser::operator`].
const NOT: usize = 2;
/// How strongly comparisons bind.
const COMPARISON: usize = 3;

impl<'t> Parser<'t> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.conditioned(true)
    }

    /// An expression; without conditions where an `if` belongs to the statement around it.
    fn conditioned(&mut self, conditions: bool) -> Parsed<Expr> {
        let place = self.place();
        let before = self.late.clone();
        let mut expr = self.deeper(|parser| parser.operation(0))?;
        while conditions && self.skip_word("if") {
            self.late.clone_from(&before);
            expr = self.condition_of(expr, place)?;
        }
        Ok(expr)
    }

    /// The condition behind `if`, and what stands there otherwise.
    fn condition_of(&mut self, then: Expr, place: Place) -> Parsed<Expr> {
        let unsure = std::mem::replace(&mut self.unsure, true);
        let height = self.height;
        let test = self.deeper(|parser| parser.operation(0))?;
        self.grown(height)?;
        let height = self.height;
        let otherwise = match self.skip_word("else") {
            true => Some(self.deeper(Self::expression)?),
            false => None,
        };
        self.grown(height)?;
        self.unsure = unsure;
        Ok(Expr::If(Box::new((test, then, otherwise)), place))
    }

    /// Reads what is nested in the expression at hand.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return too_deep(self.current(), "an expression has too many operators");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Notes that the expression read last now depends on another one, of that height, too.
    fn grown(&mut self, height: usize) -> Parsed {
        self.height = self.height.max(height) + 1;
        if self.height > HIGHEST {
            return too_deep(self.current(), "an expression has too many operators");
        }
        Ok(())
    }

    /// Operators that bind at least as strongly as `least`, and what stands between them; all of them hold from left
    /// to right.
    fn operation(&mut self, least: usize) -> Parsed<Expr> {
        let place = self.place();
        let mut left = match least <= NOT && self.current().is_word("not") {
            true => self.negated()?,
            false => self.unary(true)?,
        };
        while let Some(level) = self.operator().filter(|level| *level >= least) {
            left = match level {
                COMPARISON => self.comparison(left, place)?,
                _ => self.joined(left, level, place)?,
            };
        }
        Ok(left)
    }

    fn negated(&mut self) -> Parsed<Expr> {
        self.next();
        let inner = self.deeper(|parser| parser.operation(NOT))?;
        self.grown(0)?;
        Ok(Expr::Not(Box::new(inner)))
    }

    /// How strongly the operator at hand binds, if there is one.
    fn operator(&self) -> Option<usize> {
        let token = self.current();
        match (token.kind, &*token.text) {
            (Kind::Name, "or") => Some(0),
            (Kind::Name, "and") => Some(1),
            (Kind::Name, "in") => Some(COMPARISON),
            (Kind::Name, "not") if self.look(1).is_word("in") => Some(COMPARISON),
            (Kind::Operator, "==" | "!=" | "<" | "<=" | ">" | ">=") => Some(COMPARISON),
            (Kind::Operator, "+" | "-") => Some(4),
            (Kind::Operator, "~") => Some(5),
            (Kind::Operator, "*" | "/" | "//" | "%") => Some(6),
            (Kind::Operator, "**") => Some(7),
            _ => None,
        }
    }

    /// The operator at hand and its right side, behind its left one.
    fn joined(&mut self, left: Expr, level: usize, place: Place) -> Parsed<Expr> {
        let height = self.height;
        let op = self.next();
        let sides = Box::new((left, self.operation(level + 1)?));
        self.grown(height)?;
        let op = match &*op.text {
            "or" => return Ok(Expr::Or(sides)),
            "and" => return Ok(Expr::And(sides)),
            "~" => Binary::Concat,
            "+" => Binary::Arithmetic("+"),
            "-" => Binary::Arithmetic("-"),
            "*" => Binary::Arithmetic("*"),
            "/" => Binary::Arithmetic("/"),
            "//" => Binary::Arithmetic("//"),
            "%" => Binary::Arithmetic("%"),
            _ => Binary::Arithmetic("**"),
        };
        Ok(Expr::Binary(op, sides, place))
    }

    /// One comparison or several, behind the first side.
    fn comparison(&mut self, first: Expr, place: Place) -> Parsed<Expr> {
        let mut height = self.height;
        let mut rest = Vec::new();
        while let Some(op) = self.comparing() {
            let right = self.operation(COMPARISON + 1)?;
            height = height.max(self.height);
            rest.push((op, right));
        }
        self.grown(height)?;
        if rest.len() > 1 {
            return Ok(Expr::Chain(Box::new(first), rest, place));
        }
        Ok(match rest.pop() {
            Some((op, right)) => Expr::Binary(Binary::Compare(op), Box::new((first, right)), place),
            None => first,
        })
    }

    /// Skips the operator of a comparison, if one is at hand.
    fn comparing(&mut self) -> Option<Comparison> {
        self.operator().filter(|level| *level == COMPARISON)?;
        Some(match &*self.next().text {
            "==" => Comparison::Eq,
            "!=" => Comparison::Ne,
            "<" => Comparison::Lt,
            "<=" => Comparison::Le,
            ">" => Comparison::Gt,
            ">=" => Comparison::Ge,
            "in" => Comparison::In,
            _ => {
                self.next();
                Comparison::NotIn
            }
        })
    }

    fn unary(&mut self, filtered: bool) -> Parsed<Expr> {
        let sound = self.is_sound();
        let token = self.current();
        let start = token.at as Place;
        let signed: Option<fn(Box<Expr>, Place) -> Expr> = match () {
            () if token.is("-") => Some(Expr::Negative),
            () if token.is("+") => Some(Expr::Positive),
            () => None,
        };
        let expr = match signed {
            Some(signed) => {
                self.next();
                let inner = self.deeper(|parser| parser.unary(false))?;
                self.grown(0)?;
                signed(Box::new(inner), start)
            }
            None => self.primary(false)?,
        };
        let expr = self.postfix(expr, start)?;
        if filtered { self.filtered(expr, start, sound) } else { Ok(expr) }
    }

    /// A name, a literal or something in brackets; where it is `assigned` to, attributes of namespaces, too.
    pub(super) fn primary(&mut self, assigned: bool) -> Parsed<Expr> {
        self.height = 0;
        let token = self.current();
        match token.kind {
            Kind::Name => self.name_or_constant(assigned),
            Kind::String => Ok(self.string()),
            Kind::Integer => Ok(Expr::Const(integer(&self.next().text))),
            Kind::Float => Ok(self.float()),
            Kind::Operator if token.is("(") => self.parenthesised(),
            Kind::Operator if token.is("[") => self.list(),
            Kind::Operator if token.is("{") => self.dict(),
            _ => self.fail(format!("unexpected '{}'", token.described())),
        }
    }

    fn name_or_constant(&mut self, assigned: bool) -> Parsed<Expr> {
        let place = self.place();
        let token = self.next();
        match &*token.text {
            "true" | "True" => return Ok(Expr::Const(Value::Bool(true))),
            "false" | "False" => return Ok(Expr::Const(Value::Bool(false))),
            "none" | "None" => return Ok(Expr::Const(Value::None)),
            _ => {}
        }
        let name = Expr::Var(self.shared(&token.text), place);
        if !assigned {
            self.speaks(&token.text);
        } else if self.skip(".") {
            let attribute = self.expect(Kind::Name)?;
            return Ok(Expr::Attribute(Box::new(name), self.shared(&attribute.text), place));
        }
        Ok(name)
    }

    /// A string literal, and those right behind it.
    fn string(&mut self) -> Expr {
        let mut text = self.next().text.clone().into_owned();
        while self.current().kind == Kind::String {
            text += &self.next().text;
        }
        match self.conditional && is_template(&text) {
            true => Expr::Embedded(Str::trusted(text, None)),
            false => Expr::Const(Value::Str(Str::constant(text))),
        }
    }

    fn float(&mut self) -> Expr {
        let place = self.place();
        let number: f64 = self.next().text.replace('_', "").parse().unwrap_or(f64::NAN);
        match number.is_infinite() {
            // Jinja writes such a number into Python's source as a name that is not there
            true => Expr::Var("inf".into(), place),
            false => Expr::Const(Value::Float(number)),
        }
    }

    fn parenthesised(&mut self) -> Parsed<Expr> {
        self.next();
        let empty = self.ends_tuple();
        let inner = if empty { Expr::Tuple(Vec::new()) } else { self.tuple(true)? };
        self.expect_operator(")")?;
        Ok(inner)
    }

    fn list(&mut self) -> Parsed<Expr> {
        self.next();
        self.items("]", Self::expression).map(Expr::List)
    }

    fn dict(&mut self) -> Parsed<Expr> {
        self.next();
        self.items("}", Self::pair).map(Expr::Dict)
    }

    fn pair(&mut self) -> Parsed<(Expr, Expr)> {
        let key = self.expression()?;
        let height = self.height;
        self.expect_operator(":")?;
        let value = self.expression()?;
        self.height = self.height.max(height);
        Ok((key, value))
    }

    /// Notes a name that is read, where it is one of the special ones.
    pub(super) fn speaks(&mut self, name: &str) {
        for (spoken, special) in self.spoken.iter_mut().zip(["varargs", "kwargs", "caller"]) {
            *spoken |= name == special;
        }
        self.speaks_of_loop |= name == "loop";
    }

    /// What stands between brackets, with commas between; the last one may have one behind it.
    fn items<T>(&mut self, close: &str, read: impl Fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        let mut height = 0;
        while !self.current().is(close) {
            if !items.is_empty() {
                self.expect_operator(",")?;
                if self.current().is(close) {
                    break;
                }
            }
            items.push(read(self)?);
            height = height.max(self.height);
        }
        self.expect_operator(close)?;
        self.grown(height)?;
        Ok(items)
    }

    /// Whether nothing follows a comma. Jinja looks for the words `in` and `recursive` here, too, but never finds them.
    fn ends_tuple(&self) -> bool {
        let token = self.current();
        matches!(token.kind, Kind::VariableEnd | Kind::BlockEnd) || token.is(")")
    }

    /// An expression, or several with commas between: a tuple.
    pub(super) fn tuple(&mut self, conditions: bool) -> Parsed<Expr> {
        self.tuple_of(|parser| parser.conditioned(conditions))
    }

    pub(super) fn tuple_of(&mut self, read: impl Fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        let mut items = Vec::new();
        let mut is_tuple = false;
        let mut height = 0;
        loop {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            if self.ends_tuple() {
                break;
            }
            items.push(read(self)?);
            height = height.max(self.height);
            if !self.current().is(",") {
                break;
            }
            is_tuple = true;
        }
        if is_tuple {
            self.grown(height)?;
            return Ok(Expr::Tuple(items));
        }
        match items.pop() {
            Some(only) => Ok(only),
            None => {
                let got = self.current().described();
                self.fail(format!("Expected an expression, got '{got}'"))
            }
        }
    }

    /// Attributes, items and calls behind an expression.
    pub(super) fn postfix(&mut self, expr: Expr, start: Place) -> Parsed<Expr> {
        let mut expr = expr;
        loop {
            let token = self.current();
            let height = self.height;
            if token.is(".") {
                self.next();
                let name = self.next();
                expr = match name.kind {
                    Kind::Name => Expr::Attribute(Box::new(expr), self.shared(&name.text), start),
                    Kind::Integer => Expr::Item(Box::new((expr, Expr::Const(integer(&name.text)))), start),
                    _ => return self.fail_at("expected name or number", name.at),
                };
                self.height = 0;
            } else if token.is("[") {
                self.next();
                expr = self.subscript(expr, start, token)?;
            } else if token.is("(") {
                expr = self.call(expr, start)?;
            } else {
                return Ok(expr);
            }
            self.grown(height)?;
        }
    }

    /// Filters, tests and calls behind an expression.
    fn filtered(&mut self, expr: Expr, start: Place, sound: bool) -> Parsed<Expr> {
        let mut expr = expr;
        loop {
            let token = self.current();
            let height = self.height;
            if token.is("|") {
                self.next();
                let call = self.filter(sound)?;
                expr = Expr::Filter(Box::new(expr), Box::new(call));
            } else if token.is_word("is") {
                self.next();
                expr = self.test(expr, sound)?;
            } else if token.is("(") {
                expr = self.call(expr, start)?;
            } else {
                return Ok(expr);
            }
            self.grown(height)?;
        }
    }

    fn subscript(&mut self, object: Expr, start: Place, bracket: &Token<'_>) -> Parsed<Expr> {
        let mut parts: Vec<Result<Expr, [Option<Expr>; 3]>> = Vec::new();
        let mut height = 0;
        while !self.current().is("]") {
            if !parts.is_empty() {
                self.expect_operator(",")?;
            }
            parts.push(self.subscribed()?);
            height = height.max(self.height);
        }
        self.expect_operator("]")?;
        self.height = height;
        if parts.len() == 1 {
            return Ok(match parts.pop() {
                Some(Ok(key)) => Expr::Item(Box::new((object, key)), start),
                Some(Err(bounds)) => Expr::Slice(Box::new((object, bounds)), start),
                None => object,
            });
        }
        let mut keys = Vec::new();
        for part in parts {
            match part {
                Ok(key) => keys.push(key),
                Err(_) => {
                    let mistake = Mistake::new("invalid syntax", bracket.at);
                    self.complain(Mistake { of_python: true, ..mistake });
                }
            }
        }
        Ok(Expr::Item(Box::new((object, Expr::Tuple(keys))), start))
    }

    /// What stands in the brackets of a subscript: an expression, or the bounds of a slice.
    fn subscribed(&mut self) -> Parsed<Result<Expr, [Option<Expr>; 3]>> {
        let first = self.bound()?;
        let mut height = self.height;
        if !self.skip(":") {
            return match first {
                Some(key) => Ok(Ok(key)),
                None => self.expression().map(Ok),
            };
        }
        let stop = self.bound()?;
        height = height.max(self.height);
        let step = if self.skip(":") { self.bound()? } else { None };
        self.height = height.max(self.height);
        Ok(Err([first, stop, step]))
    }

    /// A bound of a slice, unless it is left out.
    fn bound(&mut self) -> Parsed<Option<Expr>> {
        let token = self.current();
        if token.is(":") || token.is("]") || token.is(",") {
            self.height = 0;
            return Ok(None);
        }
        self.expression().map(Some)
    }

    fn call(&mut self, callee: Expr, start: Place) -> Parsed<Expr> {
        let args = self.arguments()?;
        if let (Expr::Var(function, _), Some(Argument::Positional(Expr::Const(Value::Str(name))))) =
            (&callee, args.first())
            && matches!(&**function, "lookup" | "query" | "q")
            && crate::template::lookups::find(&name.text).is_none()
        {
            self.absent.push((PluginKind::Lookup, name.text.clone(), start));
        }
        Ok(Expr::Call(Box::new(callee), args, start))
    }

    /// The arguments of a call, in their parentheses.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let open = self.current();
        self.expect_operator("(")?;
        let (mut plain, mut named, mut spread, mut spread_named) = (Vec::new(), Vec::new(), None, None);
        let mut height = 0;
        let mut first = true;
        while !self.current().is(")") {
            if !first {
                self.expect_operator(",")?;
                if self.current().is(")") {
                    break;
                }
            }
            first = false;
            let fits = if self.current().is("*") {
                spread.is_none() && spread_named.is_none()
            } else if self.current().is("**") || self.names_argument() {
                spread_named.is_none()
            } else {
                spread.is_none() && spread_named.is_none() && named.is_empty()
            };
            if !fits {
                return self.fail_at("invalid syntax for function call expression", open.at);
            }
            if self.skip("*") {
                spread = Some(Argument::Spread(self.expression()?));
            } else if self.skip("**") {
                spread_named = Some(Argument::SpreadNamed(self.expression()?));
            } else if self.names_argument() {
                let token = self.next();
                self.next();
                let name = self.shared(&token.text);
                self.once(&named, &name, token.at);
                let value = self.expression()?;
                named.push((name, value));
            } else {
                plain.push(Argument::Positional(self.expression()?));
            }
            height = height.max(self.height);
        }
        self.expect_operator(")")?;
        self.height = height;
        let named = named.into_iter().map(|(name, value)| Argument::Named(name, value));
        Ok(plain.into_iter().chain(spread).chain(named).chain(spread_named).collect())
    }

    fn names_argument(&self) -> bool {
        self.current().kind == Kind::Name && self.look(1).is("=")
    }

    /// Python's compiler takes each name once.
    fn once(&mut self, named: &[(Arc<str>, Expr)], name: &Arc<str>, at: usize) {
        if named.iter().any(|(other, _)| other == name) {
            let mistake = Mistake::new(format!("keyword argument repeated: {name}"), at);
            self.complain(Mistake { of_python: true, ..mistake });
        }
    }

    /// The name of a plugin, with its dots.
    fn plugin(&mut self) -> Parsed<(Arc<str>, Place)> {
        let token = self.expect(Kind::Name)?;
        let place = token.at as Place;
        if !self.current().is(".") {
            return Ok((self.shared(&token.text), place));
        }
        let mut name = token.text.clone().into_owned();
        while self.skip(".") {
            name.push('.');
            name += &self.expect(Kind::Name)?.text;
        }
        Ok((name.into(), place))
    }

    /// Notes a filter or test that is not there; Jinja refuses it unless it stands in a branch that may not be taken.
    /// `sound`: nothing was complained of before its input.
    fn absent(&mut self, kind: PluginKind, name: &Arc<str>, place: Place, sound: bool) {
        self.absent.push((kind, name.clone(), place));
        if self.unsure {
            return;
        }
        let (what, near) = match kind {
            PluginKind::Test => ("test", crate::diag::nearest(name, tests::names())),
            _ => ("filter", crate::diag::nearest(name, filters::names())),
        };
        let text = format!("No {what} named '{name}'.");
        let hint = near.map(|near| format!("did you mean '{near}'?"));
        let mistake = Mistake { hint, ..Mistake::new(text, place as usize) };
        // the one applied last is complained of first
        if sound {
            self.late = Some(mistake);
        } else {
            self.complain(mistake);
        }
    }

    /// Whether nothing is complained of so far.
    pub(super) fn is_sound(&self) -> bool {
        self.late.is_none()
    }

    /// A filter with its arguments.
    pub(super) fn filter(&mut self, sound: bool) -> Parsed<FilterCall> {
        let (name, place) = self.plugin()?;
        self.height = 0;
        let args = if self.current().is("(") { self.arguments()? } else { Vec::new() };
        let filter = filters::find(&name);
        if filter.is_none() {
            self.absent(PluginKind::Filter, &name, place, sound);
        }
        Ok(FilterCall { name, filter, args, place })
    }

    fn test(&mut self, input: Expr, sound: bool) -> Parsed<Expr> {
        let negated = self.skip_word("not");
        let (name, place) = self.plugin()?;
        self.height = 0;
        let token = self.current();
        let operand = match token.kind {
            Kind::Name => !["else", "or", "and"].contains(&&*token.text),
            Kind::String | Kind::Integer | Kind::Float => true,
            _ => token.is("[") || token.is("{"),
        };
        let args = if token.is("(") {
            self.arguments()?
        } else if operand {
            if token.is_word("is") {
                return self.fail("You cannot chain multiple tests with is");
            }
            let start = self.place();
            let argument = self.primary(false)?;
            vec![Argument::Positional(self.postfix(argument, start)?)]
        } else {
            Vec::new()
        };
        let test = tests::find(&name);
        if test.is_none() {
            self.absent(PluginKind::Test, &name, place, sound);
        }
        let expr = Expr::Test(Box::new(input), Box::new(TestCall { name, test, args, place }));
        Ok(if negated { Expr::Not(Box::new(expr)) } else { expr })
    }
}

/// The value of an integer literal.
fn integer(text: &str) -> Value {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits.as_str()),
    };
    match i64::from_str_radix(digits, radix) {
        Ok(number) => Value::Int(number),
        Err(_) => BigInt::parse_bytes(digits.as_bytes(), radix).map_or(Value::None, Value::int),
    }
}
