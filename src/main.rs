//! The `impel` command; all it does is in the library.

fn main() {}
