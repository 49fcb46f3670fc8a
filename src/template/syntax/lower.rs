//! From minijinja's syntax tree to an owned program.

use super::complaint;
use super::escapes::unescape;
use super::prelex::{self, Rewritten};
use super::program::*;
use crate::template::value::{Error, Result, Str, Value};
use crate::template::{TemplateOptions, filters, is_template, tests};
use minijinja::machinery::{Span, ast};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use num_bigint::BigInt;
use std::collections::HashMap;
use std::sync::Arc;

/// How many `elif` a template may hold to be read on the stack at hand.
const FEW_BRANCHES: usize = 50;

/// How many `elif` a template may hold.
const MOST_BRANCHES: usize = 10_000;

/// What the parser's call for a branch takes of the stack at most.
const STACK_OF_A_BRANCH: usize = 16 << 10;

/// Lowers a template.
///
/// # Errors
/// Syntax errors.
pub fn template(text: &str, options: &TemplateOptions, literal_backslashes: bool) -> Result<Program> {
    let branches = text.matches("elif").count();
    if branches <= FEW_BRANCHES {
        return lowered(text, options, literal_backslashes);
    }
    if branches > MOST_BRANCHES {
        return Err(Error::failed(format!(
            "Syntax error in template: it has more than {MOST_BRANCHES} branches"
        )));
    }
    // The parser calls itself for each `elif`.
    let stack = branches * STACK_OF_A_BRANCH + (2 << 20);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(stack)
            .spawn_scoped(scope, || lowered(text, options, literal_backslashes));
        let program =
            thread.map_err(|e| Error::new(format!("no thread to read the template in: {e}")))?.join();
        program.unwrap_or_else(|_| Err(Error::new("the template could not be read")))
    })
}

fn lowered(text: &str, options: &TemplateOptions, literal_backslashes: bool) -> Result<Program> {
    let source = normalised(text);
    let options = &with_marks(options)?;
    let rewritten = prelex::template(&source, options);
    if rewritten.too_deep {
        return Err(Error::failed("Syntax error in template: an expression has too many operators"));
    }
    let syntax = syntax_of(options)?;
    let tree = minijinja::machinery::parse(&rewritten.text, "template", syntax)
        .map_err(|e| complaint::of_template(&e, &rewritten, &source, options))?;
    let mut lowering = Lowering::new(&source, &rewritten, literal_backslashes);
    lowering.newline = Some(options.newline.clone()).filter(|n| n != "\n");
    let ast::Stmt::Template(root) = &tree else { return Err(Error::new("the parser gave no template")) };
    let body = lowering.body(&root.children);
    let (blocks, absent) = (lowering.blocks, lowering.absent);
    Ok(Program { body, blocks, absent, source: source.as_str().into(), ..Program::default() })
}

/// Lowers a bare expression.
///
/// # Errors
/// Syntax errors.
pub fn expression(text: &str, conditional: bool) -> Result<Program> {
    let source = normalised(text);
    let rewritten = prelex::expression(&source);
    if rewritten.too_deep {
        return Err(Error::failed("Syntax error in expression: it has too many operators"));
    }
    let tree = minijinja::machinery::parse_expr(&rewritten.text)
        .map_err(|e| complaint::of(&e, &rewritten, &source, "expression"))?;
    if is_bare_tuple(&source) {
        return Err(Error::failed("Syntax error in expression: chunk after expression"));
    }
    let mut lowering = Lowering::new(&source, &rewritten, false);
    lowering.conditional = conditional;
    let expression = Some(lowering.expr(&tree));
    Ok(Program { expression, absent: lowering.absent, source: source.as_str().into(), ..Program::default() })
}

/// Whether a comma stands outside all brackets and strings: Jinja takes one expression alone.
fn is_bare_tuple(text: &str) -> bool {
    let (mut depth, mut quote, mut escaped) = (0_i32, None, false);
    for c in text.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => return true,
            (None, _) => {}
        }
    }
    false
}

fn normalised(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// No comments: what no text has starts them.
const NO_COMMENT: &str = "\u{10fffd}\u{10fffe}";

/// The options, where nothing needs to be found that is empty.
fn with_marks(options: &TemplateOptions) -> Result<std::borrow::Cow<'_, TemplateOptions>> {
    let marks = [
        ("variable_start_string", &options.variable_start),
        ("variable_end_string", &options.variable_end),
        ("block_start_string", &options.block_start),
        ("block_end_string", &options.block_end),
    ];
    if let Some((name, _)) = marks.iter().find(|(_, mark)| mark.is_empty()) {
        return Err(Error::failed(format!("Syntax error in template: `{name}` is empty")));
    }
    if options.comment_start.is_empty() || options.comment_end.is_empty() {
        let mark = || NO_COMMENT.to_owned();
        let own = TemplateOptions { comment_start: mark(), comment_end: mark(), ..options.clone() };
        return Ok(std::borrow::Cow::Owned(own));
    }
    Ok(std::borrow::Cow::Borrowed(options))
}

fn syntax_of(options: &TemplateOptions) -> Result<SyntaxConfig> {
    SyntaxConfig::builder()
        .block_delimiters(options.block_start.clone(), options.block_end.clone())
        .variable_delimiters(options.variable_start.clone(), options.variable_end.clone())
        .comment_delimiters(options.comment_start.clone(), options.comment_end.clone())
        .line_statement_prefix(options.line_statement.clone().unwrap_or_default())
        .line_comment_prefix(options.line_comment.clone().unwrap_or_default())
        .trim_blocks(options.trim_blocks)
        .lstrip_blocks(options.lstrip_blocks)
        .keep_trailing_newline(options.keep_trailing_newline)
        .build()
        .map_err(|e| Error::new(format!("the template's delimiters do not work: {e}")))
}

struct Lowering<'s> {
    source: &'s str,
    rewritten: &'s Rewritten,
    literal_backslashes: bool,
    /// Inside `{{ }}`.
    printing: bool,
    conditional: bool,
    blocks: HashMap<Arc<str>, Arc<Block>>,
    /// The special names that the innermost macro's body speaks of.
    spoken: [bool; 3],
    /// The innermost loop's body may speak of `loop`.
    speaks_of_loop: bool,
    names: HashMap<String, Arc<str>>,
    absent: Vec<(PluginKind, Arc<str>, Place)>,
    /// What ends a line, if not `\n`.
    newline: Option<String>,
}

impl<'s> Lowering<'s> {
    fn new(source: &'s str, rewritten: &'s Rewritten, literal_backslashes: bool) -> Lowering<'s> {
        Lowering {
            source,
            rewritten,
            literal_backslashes,
            printing: false,
            conditional: false,
            blocks: HashMap::new(),
            spoken: [false; 3],
            speaks_of_loop: false,
            names: HashMap::new(),
            absent: Vec::new(),
            newline: None,
        }
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let shared: Arc<str> = name.into();
        self.names.insert(name.to_owned(), shared.clone());
        shared
    }

    fn place(&self, span: Span) -> Place {
        self.rewritten.original(span.start_offset as usize) as Place
    }

    /// The original text under a span.
    fn text(&self, span: Span) -> &'s str {
        let from = self.rewritten.original(span.start_offset as usize);
        let to = self.rewritten.original(span.end_offset as usize);
        self.source.get(from..to.max(from)).unwrap_or("")
    }

    fn body(&mut self, body: &[ast::Stmt<'_>]) -> Vec<Stmt> {
        body.iter().filter_map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&mut self, stmt: &ast::Stmt<'_>) -> Option<Stmt> {
        Some(match stmt {
            ast::Stmt::Template(t) => Stmt::Group(self.body(&t.children)),
            ast::Stmt::EmitRaw(raw) => match &self.newline {
                Some(newline) => Stmt::Text(raw.raw.replace('\n', newline).into()),
                None => Stmt::Text(Value::str(raw.raw)),
            },
            ast::Stmt::EmitExpr(e) => {
                self.printing = true;
                let expr = self.expr(&e.expr);
                self.printing = false;
                Stmt::Emit(expr)
            }
            ast::Stmt::ForLoop(f) => {
                let target = self.target(&f.target);
                let iter = self.expr(&f.iter);
                let filter = f.filter_expr.as_ref().map(|e| self.expr(e));
                let outer = std::mem::take(&mut self.speaks_of_loop);
                let body = self.body(&f.body);
                let speaks_of_loop = self.speaks_of_loop;
                self.speaks_of_loop |= outer;
                let otherwise = self.body(&f.else_body);
                let recursive = f.recursive;
                Stmt::For(Arc::new(For { target, iter, filter, recursive, speaks_of_loop, body, otherwise }))
            }
            ast::Stmt::IfCond(i) => {
                // The parser nests each `elif` in the `else` before it.
                let mut branches = vec![(self.expr(&i.expr), self.body(&i.true_body))];
                let mut otherwise = &i.false_body;
                while let [ast::Stmt::IfCond(next)] = otherwise.as_slice() {
                    branches.push((self.expr(&next.expr), self.body(&next.true_body)));
                    otherwise = &next.false_body;
                }
                Stmt::If(branches, self.body(otherwise))
            }
            ast::Stmt::WithBlock(w) => {
                let assigned = w.assignments.iter().map(|(t, e)| (self.target(t), self.expr(e))).collect();
                Stmt::With(assigned, self.body(&w.body))
            }
            ast::Stmt::Set(s) => Stmt::Set(self.target(&s.target), self.expr(&s.expr)),
            ast::Stmt::SetBlock(s) => {
                let filters = s.filter.as_ref().map(|f| self.filters(f)).unwrap_or_default();
                Stmt::SetBlock(self.target(&s.target), filters, self.body(&s.body))
            }
            ast::Stmt::FilterBlock(f) => Stmt::FilterBlock(self.filters(&f.filter), self.body(&f.body)),
            ast::Stmt::AutoEscape(a) => Stmt::Group(self.body(&a.body)),
            ast::Stmt::Block(b) => {
                self.speaks_of_loop = true;
                let head = self.text(b.span());
                let block = Arc::new(Block {
                    name: self.name(b.name),
                    required: b.required,
                    scoped: head.split_whitespace().nth(2).is_some_and(|w| w.starts_with("scoped")),
                    body: self.body(&b.body),
                });
                self.blocks.insert(block.name.clone(), block.clone());
                Stmt::Block(block)
            }
            ast::Stmt::Extends(e) => Stmt::Extends(self.expr(&e.name), self.place(e.span())),
            ast::Stmt::Include(i) => {
                self.speaks_of_loop = true;
                Stmt::Include {
                    name: self.expr(&i.name),
                    ignore_missing: i.ignore_missing,
                    context: self.context(i.span(), true),
                    place: self.place(i.span()),
                }
            }
            ast::Stmt::Import(i) => {
                self.speaks_of_loop = true;
                Stmt::Import {
                    name: self.expr(&i.expr),
                    target: self.target(&i.name),
                    context: self.context(i.span(), false),
                    place: self.place(i.span()),
                }
            }
            ast::Stmt::FromImport(f) => {
                self.speaks_of_loop = true;
                let names = f.names.iter().filter_map(|(name, alias)| {
                    let ast::Expr::Var(name) = name else { return None };
                    let alias = match alias {
                        Some(ast::Expr::Var(alias)) => alias.id,
                        _ => name.id,
                    };
                    Some((Arc::from(name.id), Arc::from(alias)))
                });
                Stmt::FromImport {
                    names: names.collect(),
                    name: self.expr(&f.expr),
                    context: self.context(f.span(), false),
                    place: self.place(f.span()),
                }
            }
            ast::Stmt::Macro(m) => Stmt::Macro(self.macro_of(m)),
            ast::Stmt::CallBlock(c) => {
                let caller = self.macro_of(&c.macro_decl);
                Stmt::CallBlock(
                    self.expr(&c.call.expr),
                    self.args(&c.call.args),
                    caller,
                    self.place(c.span()),
                )
            }
            ast::Stmt::Do(d) => {
                // The pre-lexer has made the expression the argument of a call, and has made `print` a `do`.
                let prints = matches!(&d.call.expr, ast::Expr::Var(v) if v.id == prelex::PRINT);
                let args = self.args(&d.call.args).into_iter().filter_map(|arg| match arg {
                    Argument::Positional(expr) => Some(expr),
                    _ => None,
                });
                match prints {
                    true => Stmt::Group(args.map(Stmt::Emit).collect()),
                    false => Stmt::Do(Expr::Tuple(args.collect())),
                }
            }
            ast::Stmt::Break(_) => Stmt::Break,
            ast::Stmt::Continue(_) => Stmt::Continue,
        })
    }

    /// `with context` or `without context`, which the syntax tree does not keep.
    fn context(&self, span: Span, default: bool) -> bool {
        let words: Vec<&str> = self.text(span).split_whitespace().collect();
        match words.iter().rposition(|w| *w == "context").and_then(|i| words.get(i.checked_sub(1)?)) {
            Some(&"with") => true,
            Some(&"without") => false,
            _ => default,
        }
    }

    fn macro_of(&mut self, m: &ast::Macro<'_>) -> Arc<Macro> {
        let outer = std::mem::take(&mut self.spoken);
        let params = m.args.iter().filter_map(|arg| match arg {
            ast::Expr::Var(v) => Some(Arc::from(v.id)),
            _ => None,
        });
        let params = params.collect();
        let defaults = m.defaults.iter().map(|e| self.expr(e)).collect();
        let body = self.body(&m.body);
        let [varargs, kwargs, caller] = std::mem::replace(&mut self.spoken, outer);
        Arc::new(Macro { name: self.name(m.name), params, defaults, body, varargs, kwargs, caller })
    }

    fn target(&mut self, expr: &ast::Expr<'_>) -> Target {
        match expr {
            ast::Expr::GetAttr(g) => Target::Attribute(self.expr(&g.expr), self.name(g.name)),
            ast::Expr::List(l) => Target::Many(l.items.iter().map(|e| self.target(e)).collect()),
            ast::Expr::Tuple(t) => Target::Many(t.items.iter().map(|e| self.target(e)).collect()),
            ast::Expr::Var(v) if v.id == prelex::LOOP => Target::Name(self.name("loop")),
            ast::Expr::Var(v) => Target::Name(self.name(v.id)),
            // The parser yields nothing else.
            _ => Target::Many(Vec::new()),
        }
    }

    /// A chain of filters without input, first to last.
    fn filters(&mut self, expr: &ast::Expr<'_>) -> Vec<FilterCall> {
        let ast::Expr::Filter(f) = expr else { return Vec::new() };
        let mut chain = f.expr.as_ref().map(|inner| self.filters(inner)).unwrap_or_default();
        chain.push(self.filter_call(f, f.span()));
        chain
    }

    fn filter_call(&mut self, f: &ast::Filter<'_>, span: Span) -> FilterCall {
        let filter = filters::find(f.name);
        if filter.is_none() {
            self.absent.push((PluginKind::Filter, f.name.into(), self.place(span)));
        }
        FilterCall { name: self.name(f.name), filter, args: self.args(&f.args), place: self.place(span) }
    }

    fn args(&mut self, args: &[ast::CallArg<'_>]) -> Vec<Argument> {
        let lower = |arg: &ast::CallArg<'_>| match arg {
            ast::CallArg::Pos(e) => Argument::Positional(self.expr(e)),
            ast::CallArg::Kwarg(name, e) => Argument::Named(self.name(name), self.expr(e)),
            ast::CallArg::PosSplat(e) => Argument::Spread(self.expr(e)),
            ast::CallArg::KwargSplat(e) => Argument::SpreadNamed(self.expr(e)),
        };
        args.iter().map(lower).collect()
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn expr(&mut self, expr: &ast::Expr<'_>) -> Expr {
        match expr {
            ast::Expr::Var(v) => {
                for (i, special) in ["varargs", "kwargs", "caller"].iter().enumerate() {
                    self.spoken[i] |= v.id == *special;
                }
                self.speaks_of_loop |= v.id == "loop";
                Expr::Var(self.name(v.id), self.place(v.span()))
            }
            ast::Expr::Const(c) => self.constant(&c.value, c.span()),
            ast::Expr::Slice(s) => {
                let bounds = [&s.start, &s.stop, &s.step].map(|e| e.as_ref().map(|e| self.expr(e)));
                Expr::Slice(Box::new((self.expr(&s.expr), bounds)), self.place(s.span()))
            }
            ast::Expr::UnaryOp(u) => match u.op {
                ast::UnaryOpKind::Not => Expr::Not(self.boxed(&u.expr)),
                ast::UnaryOpKind::Neg => {
                    let place = self.place(u.span());
                    match self.source.as_bytes().get(place as usize) {
                        Some(b'+') => Expr::Positive(self.boxed(&u.expr), place),
                        _ => Expr::Negative(self.boxed(&u.expr), place),
                    }
                }
            },
            ast::Expr::BinOp(b) => {
                let sides = Box::new((self.expr(&b.left), self.expr(&b.right)));
                let op = match b.op {
                    ast::BinOpKind::ScAnd => return Expr::And(sides),
                    ast::BinOpKind::ScOr => return Expr::Or(sides),
                    ast::BinOpKind::Eq => Binary::Compare(Comparison::Eq),
                    ast::BinOpKind::Ne => Binary::Compare(Comparison::Ne),
                    ast::BinOpKind::Lt => Binary::Compare(Comparison::Lt),
                    ast::BinOpKind::Lte => Binary::Compare(Comparison::Le),
                    ast::BinOpKind::Gt => Binary::Compare(Comparison::Gt),
                    ast::BinOpKind::Gte => Binary::Compare(Comparison::Ge),
                    ast::BinOpKind::In => Binary::Compare(Comparison::In),
                    ast::BinOpKind::Concat => Binary::Concat,
                    ast::BinOpKind::Add => Binary::Arithmetic("+"),
                    ast::BinOpKind::Sub => Binary::Arithmetic("-"),
                    ast::BinOpKind::Mul => Binary::Arithmetic("*"),
                    ast::BinOpKind::Div => Binary::Arithmetic("/"),
                    ast::BinOpKind::FloorDiv => Binary::Arithmetic("//"),
                    ast::BinOpKind::Rem => Binary::Arithmetic("%"),
                    ast::BinOpKind::Pow => Binary::Arithmetic("**"),
                };
                Expr::Binary(op, sides, self.place(b.span()))
            }
            ast::Expr::Compare(c) => {
                let ops = c.ops.iter().map(|op| {
                    let kind = match op.op {
                        ast::CompareOpKind::Eq => Comparison::Eq,
                        ast::CompareOpKind::Ne => Comparison::Ne,
                        ast::CompareOpKind::Lt => Comparison::Lt,
                        ast::CompareOpKind::Lte => Comparison::Le,
                        ast::CompareOpKind::Gt => Comparison::Gt,
                        ast::CompareOpKind::Gte => Comparison::Ge,
                        ast::CompareOpKind::In => Comparison::In,
                        ast::CompareOpKind::NotIn => Comparison::NotIn,
                    };
                    (kind, self.expr(&op.expr))
                });
                let ops = ops.collect();
                Expr::Chain(self.boxed(&c.expr), ops, self.place(c.span()))
            }
            ast::Expr::IfExpr(i) => {
                let otherwise = i.false_expr.as_ref().map(|e| self.expr(e));
                let parts = (self.expr(&i.test_expr), self.expr(&i.true_expr), otherwise);
                Expr::If(Box::new(parts), self.place(i.span()))
            }
            ast::Expr::Filter(f) => {
                let input = f.expr.as_ref().map_or(Expr::Const(Value::None), |e| self.expr(e));
                Expr::Filter(Box::new(input), Box::new(self.filter_call(f, f.span())))
            }
            ast::Expr::Test(t) => {
                let test = tests::find(t.name);
                if test.is_none() {
                    self.absent.push((PluginKind::Test, t.name.into(), self.place(t.span())));
                }
                let call = TestCall {
                    name: self.name(t.name),
                    test,
                    args: self.args(&t.args),
                    place: self.place(t.span()),
                };
                Expr::Test(self.boxed(&t.expr), Box::new(call))
            }
            ast::Expr::GetAttr(g) => {
                Expr::Attribute(self.boxed(&g.expr), self.name(g.name), self.place(g.span()))
            }
            ast::Expr::GetItem(g) => {
                let parts = (self.expr(&g.expr), self.expr(&g.subscript_expr));
                Expr::Item(Box::new(parts), self.place(g.span()))
            }
            ast::Expr::Call(c) => {
                if let (ast::Expr::Var(callee), Some(ast::CallArg::Pos(ast::Expr::Const(name)))) =
                    (&c.expr, c.args.first())
                    && matches!(callee.id, "lookup" | "query" | "q")
                    && let Some(name) = name.value.as_str()
                    && crate::template::lookups::find(name).is_none()
                {
                    self.absent.push((PluginKind::Lookup, name.into(), self.place(c.span())));
                }
                Expr::Call(self.boxed(&c.expr), self.args(&c.args), self.place(c.span()))
            }
            ast::Expr::List(l) => Expr::List(l.items.iter().map(|e| self.expr(e)).collect()),
            ast::Expr::Tuple(t) => Expr::Tuple(t.items.iter().map(|e| self.expr(e)).collect()),
            ast::Expr::Map(m) => {
                Expr::Dict(m.keys.iter().zip(&m.values).map(|(k, v)| (self.expr(k), self.expr(v))).collect())
            }
        }
    }

    fn constant(&mut self, value: &minijinja::Value, span: Span) -> Expr {
        match value.kind() {
            ValueKind::Bool => Expr::Const(Value::Bool(value.is_true())),
            ValueKind::Number => match self.number(value, span) {
                // Jinja writes such a number into Python's source as a name that is not there
                Value::Float(f) if f.is_infinite() => Expr::Var(self.name("inf"), self.place(span)),
                number => Expr::Const(number),
            },
            ValueKind::String => {
                let raw = self.text(span);
                let text = if raw.contains('\\') {
                    self.literals(raw)
                } else {
                    value.as_str().unwrap_or("").to_owned()
                };
                if self.conditional && is_template(&text) {
                    return Expr::Embedded(Str::trusted(text, None));
                }
                Expr::Const(Value::Str(Str::constant(text)))
            }
            _ => Expr::Const(Value::None),
        }
    }

    fn number(&self, value: &minijinja::Value, span: Span) -> Value {
        if !value.is_integer() {
            return Value::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN));
        }
        let raw = self.text(span).replace('_', "");
        let number = match raw.bytes().all(|b| b.is_ascii_digit()) {
            true => raw.parse::<BigInt>(),
            false => value.to_string().parse(),
        };
        number.map_or(Value::None, Value::int)
    }

    /// The text of one or more adjacent literals.
    fn literals(&self, raw: &str) -> String {
        let mut out = String::new();
        let mut rest = raw;
        while let Some(start) = rest.find(['\'', '"']) {
            let quote = rest.as_bytes()[start];
            let body = &rest[start + 1..];
            let mut end = 0;
            let bytes = body.as_bytes();
            while end < bytes.len() && bytes[end] != quote {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            let end = end.min(body.len());
            let text = body.get(..end).unwrap_or(body);
            if self.literal_backslashes && self.printing {
                out.push_str(text);
            } else {
                out.push_str(&unescape(text));
            }
            rest = body.get(end + 1..).unwrap_or("");
        }
        out
    }
}
