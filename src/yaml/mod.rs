//! YAML 1.1 as Ansible's loader reads it: nodes that know where they stand.

mod load;
mod node;

pub use load::{Limits, load, load_file};
pub use node::{Kind, Mapping, Node};
