//! `gather_facts`: the facts module for the host, which is `setup`.

use super::arguments::to_map;
use crate::diag::Diagnostic;
use crate::engine::{Action, Call, ModuleCall, Next};

/// Gathers facts.
pub struct GatherFacts;

impl Action for GatherFacts {
    fn run(&self, call: Call<'_>) -> Result<Next, Diagnostic> {
        let mut args = to_map(&call)?;
        args.shift_remove("parallel");
        Ok(Next::Module(ModuleCall::new("setup", args)))
    }
}
