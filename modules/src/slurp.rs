//! `slurp`: a file's content, in base64.

use crate::args::PathArg;
use crate::host::{Host, Read, Reading};
use crate::registry::Module;
use crate::{Args, Fault, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Larger files are for `fetch`, which streams.
const LIMIT: u64 = 256 << 20;

/// Fetch a file's content in base64, into the result.
#[derive(Args)]
pub struct Slurp {
    /// The file.
    #[arg(alias("path"))]
    src: PathArg,
}

impl Module for Slurp {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        let path = host.path(&self.src).await?;
        let shown = String::from_utf8_lossy(&path).into_owned();
        let fault = |what: String| Err(Fault::at("src", what));
        match host.ask(Read::of(&path, LIMIT)).await? {
            Reading::Content(bytes) => Ok(Outcome::new()
                .with("content", STANDARD.encode(bytes))
                .with("source", shown)
                .with("encoding", "base64")),
            Reading::Absent => fault(format!("File not found: {shown}")),
            Reading::Folder => fault(format!("Source is a directory and must be a file: {shown}")),
            Reading::Refused(why) if why == "Permission denied" => {
                fault(format!("File is not readable: {shown}"))
            }
            Reading::Refused(why) => fault(format!("Unable to slurp file {shown}: {why}")),
            Reading::TooLong => {
                fault(format!("Unable to slurp file {shown}: it is larger than 256 MB; fetch streams"))
            }
        }
    }
}
