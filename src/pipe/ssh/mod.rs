//! SSH: what the user's configuration asks for, and the two programs that can do it.

mod agreement;
mod arguments;
mod authentication;
mod binary;
mod channel;
mod config_files;
mod host_key;
mod jump;
mod keys;
mod known_hosts;
mod limits;
#[cfg(feature = "fuzzing")]
pub mod probes;
mod resolve;
mod session;
mod settings;
mod watchdog;

pub use binary::open as open_binary;
pub use resolve::{Choice, resolve};
pub use session::{NoSession, Session};
pub use settings::login;
