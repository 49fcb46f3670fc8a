//! A host as a module sees it: the two verbs, and what carries them.

mod act;
mod ask;
mod conversation;
mod input;
mod path;
mod pipe;
mod questions;
mod receive;
mod setting;
mod status;
mod system;
mod tar;
#[cfg(test)]
pub mod test_pipe;
mod wave;

pub use act::{
    Act, Attributes, CopyFile, Perform, UserCommand, WRITE, WriteFile, WriteTree, hard_link, make_folders,
    refused, remove, symlink, touch,
};
pub use ask::{Framing, Lane, Part, Probe, Question};
pub use conversation::{Conversation, Gate, Host, Identity, Step, join};
pub use input::{Input, Source, TreeEntry, TreeKind};
pub use pipe::{Command, Payload, Pipe, PipeError, Reply, Request, Run, Script, Traffic};
pub use questions::{
    Access, Algorithm, Checksum, Glob, Read, Reading, Readlink, RealPath, Stat, There, Tree, What,
};
pub use receive::Received;
pub use setting::Setting;
pub use status::{FileKind, Status};
pub use system::{
    Account, GroupEntry, Me, Myself, NamedGroup, NamedUser, Package, Packages, Unit, Variables, Which, Zone,
};
pub use tar::TarFile;
pub use wave::{Wave, run_alone};
