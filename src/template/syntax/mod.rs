//! From template text to an owned program: pre-lexer, minijinja's parser, lowering, a cache.

mod cache;
mod complaint;
mod escapes;
mod header;
mod lower;
mod prelex;
mod program;

pub(super) use cache::{compile, compile_expression, compile_value};
pub(super) use header::options_of;
pub use program::PluginKind;
pub(super) use program::{
    Argument, Binary, Block, Comparison, Expr, FilterCall, For, Macro, Place, Program, Stmt, Target, TestCall,
};
