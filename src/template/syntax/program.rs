//! A template lowered to what the evaluator walks. It owns everything, so it can be cached and shared.

use crate::template::filters::Filter;
use crate::template::tests::Test;
use crate::template::value::{Str, Value};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// An offset into the template's text.
pub type Place = u32;

/// A sort of thing that a template names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginKind {
    /// Behind a `|`.
    Filter,
    /// Behind `is`.
    Test,
    /// The first argument of `lookup` and `query`.
    Lookup,
}

/// A lowered template.
#[derive(Default)]
pub struct Program {
    /// Its text, newlines normalised.
    pub source: Arc<str>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// Its blocks by name, nested ones too.
    pub blocks: HashMap<Arc<str>, Arc<Block>>,
    /// For an expression or a conditional instead of a template.
    pub expression: Option<Expr>,
    /// Filters, tests and lookups that it names and that are not there.
    pub absent: Vec<(PluginKind, Arc<str>, Place)>,
    /// Where its lines start; made when a place is asked for.
    pub lines: OnceLock<Vec<u32>>,
}

impl Program {
    /// Line and column (from 1) of a place.
    pub fn position(&self, place: Place) -> (u32, u32) {
        let lines = self.lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', self.source.as_bytes());
            std::iter::once(0).chain(newlines.map(|i| i as u32 + 1)).collect()
        });
        let line = lines.partition_point(|start| *start <= place).max(1);
        let start = lines.get(line - 1).copied().unwrap_or(0) as usize;
        let before = self.source.get(start..place as usize).unwrap_or("");
        (line as u32, before.chars().count() as u32 + 1)
    }
}

/// A statement.
pub enum Stmt {
    /// Text as it stands.
    Text(Value),
    /// `{{ … }}`
    Emit(Expr),
    /// `{% for %}`
    For(Arc<For>),
    /// `{% if %}`, each `{% elif %}`, `{% else %}`
    If(Vec<(Expr, Vec<Stmt>)>, Vec<Stmt>),
    /// `{% with %}`
    With(Vec<(Target, Expr)>, Vec<Stmt>),
    /// `{% set x = … %}`
    Set(Target, Expr),
    /// `{% set x %}…{% endset %}`, with filters.
    SetBlock(Target, Vec<FilterCall>, Vec<Stmt>),
    /// `{% filter %}`
    FilterBlock(Vec<FilterCall>, Vec<Stmt>),
    /// Statements in the scope around them.
    Group(Vec<Stmt>),
    /// `{% block %}`
    Block(Arc<Block>),
    /// `{% extends %}`
    Extends(Expr, Place),
    /// `{% include %}`
    Include {
        /// Name or names.
        name: Expr,
        /// `ignore missing`
        ignore_missing: bool,
        /// `with context`
        context: bool,
        /// Where.
        place: Place,
    },
    /// `{% import … as x %}`
    Import {
        /// Name of the template.
        name: Expr,
        /// What it is called here.
        target: Target,
        /// `with context`
        context: bool,
        /// Where.
        place: Place,
    },
    /// `{% from … import a as b %}`
    FromImport {
        /// Name of the template.
        name: Expr,
        /// Its names, and what they are called here.
        names: Vec<(Arc<str>, Arc<str>)>,
        /// `with context`
        context: bool,
        /// Where.
        place: Place,
    },
    /// `{% macro %}`
    Macro(Arc<Macro>),
    /// `{% call %}`: callee, arguments, the caller's macro.
    CallBlock(Expr, Vec<Argument>, Arc<Macro>, Place),
    /// `{% do %}`, an extension.
    Do(Expr),
    /// `{% break %}`, an extension.
    Break,
    /// `{% continue %}`, an extension.
    Continue,
    /// `{% debug %}`, an extension.
    Debug,
}

/// A `for` loop.
pub struct For {
    /// What each item is assigned to.
    pub target: Target,
    /// What is iterated.
    pub iter: Expr,
    /// `if …` in the head.
    pub filter: Option<Expr>,
    /// Whether `loop(…)` may be called.
    pub recursive: bool,
    /// Its body may speak of `loop`; itself, or a template or block that sees its names.
    pub speaks_of_loop: bool,
    /// For each item.
    pub body: Vec<Stmt>,
    /// Where there was none.
    pub otherwise: Vec<Stmt>,
}

/// A named block.
pub struct Block {
    /// Its name.
    pub name: Arc<str>,
    /// Must be overridden.
    pub required: bool,
    /// Sees the variables around it.
    pub scoped: bool,
    /// What it renders.
    pub body: Vec<Stmt>,
}

/// A macro, or a call block's caller.
pub struct Macro {
    /// Its name.
    pub name: Arc<str>,
    /// Its parameters.
    pub params: Vec<Arc<str>>,
    /// Defaults of the last ones.
    pub defaults: Vec<Expr>,
    /// What it renders.
    pub body: Vec<Stmt>,
    /// Its body speaks of `varargs`.
    pub varargs: bool,
    /// Its body speaks of `kwargs`.
    pub kwargs: bool,
    /// Its body speaks of `caller`.
    pub caller: bool,
}

/// What a value is assigned to.
pub enum Target {
    /// A name.
    Name(Arc<str>),
    /// An attribute of a namespace.
    Attribute(Expr, Arc<str>),
    /// Several, unpacked.
    Many(Vec<Target>),
}

/// An argument of a call.
#[derive(Clone)]
pub enum Argument {
    /// By position.
    Positional(Expr),
    /// By name.
    Named(Arc<str>, Expr),
    /// `*args`
    Spread(Expr),
    /// `**kwargs`
    SpreadNamed(Expr),
}

/// A filter with its arguments, its input not among them.
#[derive(Clone)]
pub struct FilterCall {
    /// As it is written.
    pub name: Arc<str>,
    /// `None` where there is no such filter.
    pub filter: Option<&'static Filter>,
    /// Its arguments.
    pub args: Vec<Argument>,
    /// Where.
    pub place: Place,
}

/// A test with its arguments.
#[derive(Clone)]
pub struct TestCall {
    /// As it is written.
    pub name: Arc<str>,
    /// `None` where there is no such test.
    pub test: Option<&'static Test>,
    /// Its arguments.
    pub args: Vec<Argument>,
    /// Where.
    pub place: Place,
}

/// Operators that always need both sides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// Computed by Python's arithmetic, under this spelling.
    Arithmetic(&'static str),
    /// `~`
    Concat,
    /// Compared.
    Compare(Comparison),
}

/// Comparisons.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

/// An expression.
#[derive(Clone)]
pub enum Expr {
    /// A constant.
    Const(Value),
    /// A constant of a conditional that is a template itself.
    Embedded(Str),
    /// A variable.
    Var(Arc<str>, Place),
    /// `a.b`
    Attribute(Box<Expr>, Arc<str>, Place),
    /// `a[b]`
    Item(Box<(Expr, Expr)>, Place),
    /// `a[b:c:d]`
    Slice(Box<(Expr, [Option<Expr>; 3])>, Place),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negative(Box<Expr>, Place),
    /// A plus sign before an operand.
    Positive(Box<Expr>, Place),
    /// `a and b`
    And(Box<(Expr, Expr)>),
    /// `a or b`
    Or(Box<(Expr, Expr)>),
    /// Any other operator of two.
    Binary(Binary, Box<(Expr, Expr)>, Place),
    /// `a < b < c`
    Chain(Box<Expr>, Vec<(Comparison, Expr)>, Place),
    /// `a if b else c`: test, then, otherwise.
    If(Box<(Expr, Expr, Option<Expr>)>, Place),
    /// `a | filter`
    Filter(Box<Expr>, Box<FilterCall>),
    /// `a is test`
    Test(Box<Expr>, Box<TestCall>),
    /// `a(…)`
    Call(Box<Expr>, Vec<Argument>, Place),
    /// `[…]`
    List(Vec<Expr>),
    /// `(…,)`
    Tuple(Vec<Expr>),
    /// `{…}`
    Dict(Vec<(Expr, Expr)>),
}
