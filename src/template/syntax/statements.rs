//! Jinja's statements.

use super::parser::{Parsed, Parser};
use super::program::*;
use super::token::{Kind, Mistake, Token};
use crate::template::value::Value;
use std::sync::Arc;

/// The extensions' tags, and what to ask for.
const EXTENSIONS: [(&str, &str); 5] = [
    ("do", "do"),
    ("break", "loopcontrols"),
    ("continue", "loopcontrols"),
    ("trans", "i18n"),
    ("debug", "debug"),
];

impl<'t> Parser<'t> {
    /// The statement whose tag is at hand, up to its last end mark.
    pub(super) fn statement(&mut self, tag: &'t Token<'t>) -> Parsed<Stmt> {
        self.next();
        let extensions = self.extensions;
        match &*tag.text {
            "for" => self.for_loop(),
            "if" => self.condition(),
            "set" => self.set(),
            "block" => self.block(tag),
            "extends" => self.extends(tag),
            "include" => self.include(tag),
            "import" => self.import(tag),
            "from" => self.names_import(tag),
            "macro" => self.macro_named(tag),
            "call" => self.call_block(tag),
            "filter" => self.filter_block(),
            "with" => self.with(),
            "autoescape" => {
                self.expression()?;
                let body = self.scoped(|parser| parser.whole_body(&["endautoescape"]))?;
                Ok(Stmt::With(Vec::new(), body))
            }
            "print" => self.print(),
            "do" if extensions.statements => Ok(Stmt::Do(self.tuple(true)?)),
            "break" if extensions.loop_controls => self.leaves_loop(tag, Stmt::Break),
            "continue" if extensions.loop_controls => self.leaves_loop(tag, Stmt::Continue),
            "trans" if extensions.translations => super::translation::parse(self, tag),
            "debug" if extensions.debug => Ok(Stmt::Debug),
            name => {
                let asked = EXTENSIONS.iter().find(|(tag, _)| *tag == name);
                let unknown = self.unknown_tag(Some(tag));
                unknown.map_err(|mut mistake| {
                    mistake.extensible = asked.is_some();
                    mistake.hint = asked.map(|(_, extension)| {
                        format!("ask for it with 'jinja2_extensions = jinja2.ext.{extension}' in ansible.cfg")
                    });
                    mistake
                })
            }
        }
    }

    /// Reads what is in a scope that `extends` cannot leave.
    fn scoped<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.scopes += 1;
        let unsure = std::mem::take(&mut self.unsure);
        let result = read(self);
        self.unsure = unsure;
        self.scopes -= 1;
        result
    }

    /// Reads what becomes a function of its own: no loop around it can be left from there.
    fn function<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let loops = std::mem::take(&mut self.loops);
        let result = self.scoped(read);
        self.loops = loops;
        result
    }

    fn leaves_loop(&mut self, tag: &Token<'_>, statement: Stmt) -> Parsed<Stmt> {
        if self.loops == 0 {
            let text = match &*tag.text {
                "break" => "'break' outside loop",
                _ => "'continue' not properly in loop",
            };
            self.complain(Mistake { of_python: true, ..Mistake::new(text, tag.at) });
        }
        Ok(statement)
    }

    fn for_loop(&mut self) -> Parsed<Stmt> {
        let outer_assigned = self.loop_assigned.take();
        let target = self.target(false)?;
        self.expect_word("in")?;
        let iter = self.tuple(false)?;
        let filter = match self.skip_word("if") {
            true => Some(self.scoped(Self::expression)?),
            false => None,
        };
        let recursive = self.skip_word("recursive");
        let outer = std::mem::take(&mut self.speaks_of_loop);
        self.loops += 1;
        let body = self.scoped(|parser| parser.body(&["endfor", "else"]))?;
        self.loops -= 1;
        let speaks_of_loop = self.speaks_of_loop;
        self.speaks_of_loop |= outer;
        let otherwise = match self.next().is_word("endfor") {
            true => Vec::new(),
            false => self.scoped(|parser| parser.whole_body(&["endfor"]))?,
        };
        if let Some(at) = self.loop_assigned {
            self.complain(Mistake::new("Can't assign to special loop variable in for-loop target", at));
        }
        self.loop_assigned = self.loop_assigned.or(outer_assigned);
        Ok(Stmt::For(Arc::new(For { target, iter, filter, recursive, speaks_of_loop, body, otherwise })))
    }

    fn condition(&mut self) -> Parsed<Stmt> {
        let unsure = std::mem::replace(&mut self.unsure, true);
        let result = self.branches();
        self.unsure = unsure;
        result
    }

    fn branches(&mut self) -> Parsed<Stmt> {
        let mut branches = Vec::new();
        loop {
            let test = self.tuple(false)?;
            branches.push((test, self.body(&["elif", "else", "endif"])?));
            match &*self.next().text {
                "elif" => {}
                "else" => return Ok(Stmt::If(branches, self.whole_body(&["endif"])?)),
                _ => return Ok(Stmt::If(branches, Vec::new())),
            }
        }
    }

    fn set(&mut self) -> Parsed<Stmt> {
        let target = self.target(true)?;
        if self.skip("=") {
            return Ok(Stmt::Set(target, self.tuple(true)?));
        }
        self.scoped(|parser| {
            let mut filters = Vec::new();
            while parser.skip("|") {
                filters.push(parser.filter(parser.is_sound())?);
            }
            Ok(Stmt::SetBlock(target, filters, parser.whole_body(&["endset"])?))
        })
    }

    fn with(&mut self) -> Parsed<Stmt> {
        let mut assigned = Vec::new();
        let loop_assigned = self.loop_assigned;
        while self.current().kind != Kind::BlockEnd {
            if !assigned.is_empty() {
                self.expect_operator(",")?;
            }
            let target = self.target(false)?;
            self.expect_operator("=")?;
            assigned.push((target, self.expression()?));
        }
        // its names are parameters, not assigned to
        self.loop_assigned = loop_assigned;
        Ok(Stmt::With(assigned, self.scoped(|parser| parser.whole_body(&["endwith"]))?))
    }

    fn block(&mut self, tag: &'t Token<'t>) -> Parsed<Stmt> {
        let name = self.expect(Kind::Name)?;
        let scoped = self.skip_word("scoped");
        let required = self.skip_word("required");
        if self.current().is("-") {
            return self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an \
                 underscore instead.",
            );
        }
        self.speaks_of_loop = true;
        let spoken = self.spoken;
        let body = self.function(|parser| parser.whole_body(&["endblock"]))?;
        self.spoken = spoken;
        let blank = |stmt: &Stmt| match stmt {
            Stmt::Text(text) => text.to_string().chars().all(super::lexer::is_space),
            _ => false,
        };
        if required && !body.iter().all(blank) {
            return self.fail("Required blocks can only contain comments or whitespace");
        }
        self.skip_word(&name.text);
        let block = Arc::new(Block { name: self.shared(&name.text), required, scoped, body });
        if self.blocks.insert(block.name.clone(), block.clone()).is_some() {
            self.complain(Mistake::new(format!("block '{}' defined twice", name.text), tag.at));
        }
        Ok(Stmt::Block(block))
    }

    fn extends(&mut self, tag: &Token<'_>) -> Parsed<Stmt> {
        let name = self.expression()?;
        if self.scopes > 0 {
            self.complain(Mistake::new("cannot use extend from a non top-level scope", tag.at));
        }
        Ok(Stmt::Extends(name, tag.at as Place))
    }

    fn include(&mut self, tag: &Token<'_>) -> Parsed<Stmt> {
        self.speaks_of_loop = true;
        let name = self.expression()?;
        let ignore_missing = self.current().is_word("ignore") && self.look(1).is_word("missing");
        if ignore_missing {
            self.next();
            self.next();
        }
        let context = self.context().unwrap_or(true);
        Ok(Stmt::Include { name, ignore_missing, context, place: tag.at as Place })
    }

    /// `with context` or `without context`.
    fn context(&mut self) -> Option<bool> {
        let with = self.current().is_word("with");
        if !(with || self.current().is_word("without")) || !self.look(1).is_word("context") {
            return None;
        }
        self.next();
        self.next();
        Some(with)
    }

    fn import(&mut self, tag: &Token<'_>) -> Parsed<Stmt> {
        self.speaks_of_loop = true;
        let name = self.expression()?;
        self.expect_word("as")?;
        let target = Target::Name(self.name()?);
        let context = self.context().unwrap_or(false);
        Ok(Stmt::Import { name, target, context, place: tag.at as Place })
    }

    fn names_import(&mut self, tag: &Token<'_>) -> Parsed<Stmt> {
        self.speaks_of_loop = true;
        let name = self.expression()?;
        self.expect_word("import")?;
        let mut names = Vec::new();
        let context = loop {
            if !names.is_empty() {
                self.expect_operator(",")?;
            }
            if let Some(context) = self.context() {
                break context;
            }
            let at = self.current().at;
            let imported = self.name()?;
            if imported.starts_with('_') {
                return self.fail_at("names starting with an underline can not be imported", at);
            }
            let called = if self.skip_word("as") { self.name()? } else { imported.clone() };
            names.push((imported, called));
            if let Some(context) = self.context() {
                break context;
            }
            if !self.current().is(",") {
                break false;
            }
        };
        Ok(Stmt::FromImport { names, name, context, place: tag.at as Place })
    }

    /// A name that is assigned to.
    fn name(&mut self) -> Parsed<Arc<str>> {
        let token = self.expect(Kind::Name)?;
        if ["true", "false", "none", "True", "False", "None"].contains(&&*token.text) {
            return self.fail_at("can't assign to 'name'", token.at);
        }
        Ok(self.shared(&token.text))
    }

    /// The parameters of a macro, and the defaults of the last ones.
    fn parameters(&mut self) -> Parsed<(Vec<Arc<str>>, Vec<Expr>)> {
        let (mut names, mut defaults) = (Vec::new(), Vec::new());
        self.expect_operator("(")?;
        while !self.current().is(")") {
            if !names.is_empty() {
                self.expect_operator(",")?;
            }
            let at = self.current().at;
            let name = self.name()?;
            if self.skip("=") {
                defaults.push(self.expression()?);
            } else if !defaults.is_empty() {
                return self.fail("non-default argument follows default argument");
            }
            if names.contains(&name) {
                let text = format!("duplicate argument 'l_1_{name}' in function definition");
                self.complain(Mistake { of_python: true, ..Mistake::new(text, at) });
            }
            names.push(name);
        }
        self.expect_operator(")")?;
        Ok((names, defaults))
    }

    fn macro_named(&mut self, tag: &Token<'_>) -> Parsed<Stmt> {
        let name = self.name()?;
        let outer = std::mem::take(&mut self.spoken);
        let (params, defaults) = self.parameters()?;
        Ok(Stmt::Macro(self.macro_of(tag, name, params, defaults, &["endmacro"], outer)?))
    }

    /// The macro whose body is at hand; `outer` is what the macro around it speaks of.
    fn macro_of(
        &mut self,
        tag: &Token<'_>,
        name: Arc<str>,
        params: Vec<Arc<str>>,
        defaults: Vec<Expr>,
        ends: &'static [&'static str],
        outer: [bool; 3],
    ) -> Parsed<Arc<Macro>> {
        let body = self.function(|parser| parser.whole_body(ends))?;
        let spoken @ [varargs, kwargs, caller] = std::mem::replace(&mut self.spoken, outer);
        // what a macro within speaks of, the one around it does, too
        self.spoken.iter_mut().zip(spoken).for_each(|(outer, inner)| *outer |= inner);
        let required = params.len() - defaults.len();
        if caller && params.iter().take(required).any(|param| &**param == "caller") {
            let text = "When defining macros or call blocks the special \"caller\" argument must be omitted or be \
                        given a default.";
            self.complain(Mistake::new(text, tag.at));
        }
        Ok(Arc::new(Macro { name, params, defaults, body, varargs, kwargs, caller }))
    }

    fn call_block(&mut self, tag: &'t Token<'t>) -> Parsed<Stmt> {
        let outer = std::mem::take(&mut self.spoken);
        let (params, defaults) = match self.current().is("(") {
            true => self.parameters()?,
            false => (Vec::new(), Vec::new()),
        };
        // what is called belongs to the macro around
        let own = std::mem::replace(&mut self.spoken, outer);
        let call = self.expression()?;
        let outer = std::mem::replace(&mut self.spoken, own);
        let Expr::Call(callee, args, place) = call else {
            return self.fail_at("expected call", tag.at);
        };
        let caller = self.macro_of(tag, "caller".into(), params, defaults, &["endcall"], outer)?;
        Ok(Stmt::CallBlock(*callee, args, caller, place))
    }

    fn filter_block(&mut self) -> Parsed<Stmt> {
        self.scoped(|parser| {
            let mut filters = vec![parser.filter(parser.is_sound())?];
            while parser.skip("|") {
                filters.push(parser.filter(parser.is_sound())?);
            }
            Ok(Stmt::FilterBlock(filters, parser.whole_body(&["endfilter"])?))
        })
    }

    fn print(&mut self) -> Parsed<Stmt> {
        let mut printed = Vec::new();
        while self.current().kind != Kind::BlockEnd {
            if !printed.is_empty() {
                self.expect_operator(",")?;
            }
            printed.push(Stmt::Emit(self.expression()?));
        }
        Ok(Stmt::Group(printed))
    }

    /// What is assigned to; attributes of namespaces where they may be.
    fn target(&mut self, namespaces: bool) -> Parsed<Target> {
        let at = self.current().at;
        let expr = self.tuple_of(|parser| parser.primary(namespaces))?;
        match self.assignable(expr) {
            Ok(target) => {
                self.notes_loop(&target, at);
                Ok(target)
            }
            Err(what) => self.fail_at(format!("can't assign to '{what}'"), at),
        }
    }

    fn notes_loop(&mut self, target: &Target, at: usize) {
        match target {
            Target::Name(name) if &**name == "loop" => self.loop_assigned = self.loop_assigned.or(Some(at)),
            Target::Many(targets) => targets.iter().for_each(|target| self.notes_loop(target, at)),
            _ => {}
        }
    }

    /// The target that an expression is, or what else Jinja calls it.
    fn assignable(&self, expr: Expr) -> Result<Target, &'static str> {
        Err(match expr {
            Expr::Var(name, _) => return Ok(Target::Name(name)),
            Expr::Attribute(object, name, place) => match *object {
                // an attribute in brackets was read as an expression
                Expr::Var(_, at) if at == place => return Ok(Target::Attribute(*object, name)),
                _ => "getattr",
            },
            Expr::Tuple(items) => {
                let targets: Result<Vec<Target>, _> =
                    items.into_iter().map(|item| self.assignable(item)).collect();
                return targets.map(Target::Many).map_err(|_| "tuple");
            }
            Expr::Const(_) | Expr::Embedded(_) => "const",
            Expr::List(_) => "list",
            Expr::Dict(_) => "dict",
            Expr::Item(..) => "getitem",
            Expr::Slice(..) => "getitem",
            Expr::Not(_) => "not",
            Expr::Negative(..) => "neg",
            Expr::Positive(..) => "pos",
            Expr::And(_) => "and",
            Expr::Or(_) => "or",
            Expr::Binary(Binary::Concat, ..) => "concat",
            Expr::Binary(Binary::Compare(_), ..) | Expr::Chain(..) => "compare",
            Expr::Binary(Binary::Arithmetic(op), ..) => match op {
                "+" => "add",
                "-" => "sub",
                "*" => "mul",
                "/" => "div",
                "//" => "floordiv",
                "%" => "mod",
                _ => "pow",
            },
            Expr::If(..) => "condexpr",
            Expr::Filter(..) => "filter",
            Expr::Test(..) => "test",
            Expr::Call(..) => "call",
        })
    }
}

/// A string constant.
pub(super) fn text(text: &str) -> Expr {
    Expr::Const(Value::str(text))
}
