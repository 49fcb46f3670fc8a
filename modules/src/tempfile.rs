//! `tempfile`: a new file or folder that nobody else uses.

use crate::args::PathArg;
use crate::attributes::path_info;
use crate::host::{Host, Perform, Script, Stat};
use crate::registry::Module;
use crate::{Args, Choice, Fault, Outcome};
use std::hash::{BuildHasher, Hasher, RandomState};

static TEMPFILE: Script = Script { name: "tempfile", text: include_str!("tempfile.sh"), needs: &[] };

/// Create a temporary file or folder.
#[derive(Args)]
pub struct Tempfile {
    /// A file or a folder.
    #[arg(default = "file")]
    state: State,
    /// The folder to create it in; without it the system's.
    path: Option<PathArg>,
    /// What its name begins with.
    #[arg(default = "ansible.")]
    prefix: String,
    /// What its name ends with.
    #[arg(default = "")]
    suffix: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Choice)]
enum State {
    Directory,
    File,
}

impl Module for Tempfile {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        for (name, text) in [("prefix", &self.prefix), ("suffix", &self.suffix)] {
            if text.contains('/') {
                return Err(Fault::at(
                    name,
                    format!("{name} must be a valid file name component, got '{text}'"),
                ));
            }
        }
        let folder = match &self.path {
            Some(path) => host.path(path).await?,
            None => Vec::new(),
        };
        let letters = format!("{:013x}", RandomState::new().build_hasher().finish());
        let name = format!("{}{}{}", self.prefix, letters.get(..8).unwrap_or("x"), self.suffix);
        let kind = if self.state == State::Directory { "d" } else { "f" };
        let act = Perform::script("could not create it", "tempfile_make", &TEMPFILE)
            .arg(kind)
            .arg(folder)
            .arg(name);
        let reply = host.change([], act).await?.acted().unwrap_or_default();
        let path = reply.out.strip_suffix(b"\n").unwrap_or(&reply.out);
        let status = host.ask(Stat::of(path)).await?;
        let shown = String::from_utf8_lossy(path).into_owned();
        Ok(Outcome::new().with("path", shown).with_all(path_info(status.as_ref())))
    }
}
