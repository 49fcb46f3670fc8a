//! From template text to an owned program: lexer, parser, a cache.

mod cache;
mod escapes;
mod expressions;
mod header;
mod lexer;
mod parser;
mod program;
mod statements;
mod token;
mod translation;

pub(super) use cache::{Unread, compile, compile_expression, compile_value};
pub(super) use header::options_of;
pub(super) use parser::Extensions;
pub use program::PluginKind;
pub(super) use program::{
    Argument, Binary, Block, Comparison, Expr, FilterCall, For, Macro, Place, Program, Stmt, Target, TestCall,
};
