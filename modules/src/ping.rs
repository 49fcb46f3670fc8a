//! `ping`: is the host there, and can it run commands?

use crate::host::{Host, Me};
use crate::registry::Module;
use crate::{Args, Fault, Outcome};

/// Try to connect to a host and return `pong` on success.
#[derive(Args)]
pub struct Ping {
    /// Data to return for the `ping` return value. If set to `crash`, the module fails.
    #[arg(default = "pong")]
    data: String,
}

impl Module for Ping {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        host.ask(Me).await?;
        if self.data == "crash" {
            return Err(Fault::raised("boom"));
        }
        Ok(Outcome::new().with("ping", self.data))
    }
}
