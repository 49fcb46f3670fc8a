//! The evaluator: walks lowered templates with Python's and Ansible's semantics.

mod evaluator;

pub use evaluator::Eval;
