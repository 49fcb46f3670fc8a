//! What a task sets for its module, and how the module reads it.

use super::conversation::{Host, Identity};
use super::input::Input;
use crate::Fault;

/// What a task sets for its module.
#[derive(Clone, Default)]
pub struct Setting {
    /// The pipe it talks through.
    pub identity: Identity,
    /// Foretell, change nothing.
    pub check_mode: bool,
    /// Differences are wanted, with contents.
    pub diff_mode: bool,
    /// How many `-v`.
    pub verbosity: u8,
    /// The task's turn has come: it may change the host. Without it the conversation is speculative.
    pub turn: bool,
    /// The task's `environment`.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    /// Files and trees from the controller, by the argument that names them.
    pub inputs: Vec<(String, Input)>,
    /// The task's `timeout`: its commands are killed after this long.
    pub timeout: Option<std::time::Duration>,
    /// The value of `no_log`: requests are marked secret.
    pub no_log: bool,
    /// The host is the controller itself.
    pub local: bool,
    /// Nobody reads more of the result than whether it changed or failed: what costs extra is left out.
    pub unread: bool,
}

impl Host {
    /// The task foretells and changes nothing.
    pub fn check_mode(&self) -> bool {
        self.setting().check_mode
    }

    /// Somebody reads the result: what costs extra belongs into it.
    pub fn is_result_read(&self) -> bool {
        !self.setting().unread
    }

    /// What is for the result alone, worked out where somebody reads that.
    ///
    /// # Errors
    /// Working it out failed.
    pub fn for_result<T>(&self, what: impl FnOnce() -> Result<T, Fault>) -> Result<Option<T>, Fault> {
        self.is_result_read().then(what).transpose()
    }

    /// Differences are wanted, with contents.
    pub fn diff_mode(&self) -> bool {
        self.setting().diff_mode
    }

    /// How many `-v`.
    pub fn verbosity(&self) -> u8 {
        self.setting().verbosity
    }

    /// The task's `environment`.
    pub fn environment(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.setting().environment
    }

    /// The task's `timeout`.
    pub fn timeout(&self) -> Option<std::time::Duration> {
        self.setting().timeout
    }

    /// The file or tree that the controller resolved for this argument.
    pub fn input(&self, argument: &str) -> Option<Input> {
        self.setting().inputs.iter().find(|(name, _)| name == argument).map(|(_, input)| input.clone())
    }
}
