//! The evaluator: walks lowered templates with Python's and Ansible's semantics.

mod access;
mod assign;
mod call;
mod conditional;
mod evaluator;
mod expressions;
mod frame;
mod globals;
mod halt;
mod inherit;
mod loops;
mod macros;
mod output;
mod state;
mod statements;

pub(super) use conditional::in_expression;
pub use evaluator::Eval;
pub use halt::halt;
