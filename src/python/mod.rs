//! What Python's strings and numbers are like: how they are shown, what is read as a number, what characters are.

pub(crate) mod letters;
pub mod number;
pub mod repr;
