//! YAML 1.1 as Ansible's loader reads it: nodes that know where they stand.

mod again;
mod compose;
mod construct;
mod emit;
mod explain;
pub mod json;
mod load;
mod mapping;
mod node;
mod notice;
pub mod repr;
mod scalar;
mod tag;
#[cfg(test)]
mod tests;

pub use again::Again;
pub use emit::{Emit, LineBreak, Style, Tree, dump, try_dump};
pub use load::{Limits, Loaded, load, load_bare, load_file, read, read_yaml, text_of};
pub use node::{Kind, Mapping, Node};
pub use notice::{Notice, listen, notices};
