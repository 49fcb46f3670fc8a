//! Encrypted strings and files, as ansible-vault writes them: the format, the passwords and where these come from.

mod cipher;
mod envelope;
mod fault;
mod keyring;
mod open;
mod password;
mod source;
#[cfg(test)]
mod tests;

pub use cipher::seal;
pub use envelope::{Label, is_encrypted, label};
pub use fault::Fault;
pub use keyring::{Heard, Opened, Secret, Vault};
pub use open::Content;
pub use password::Password;
pub use source::{Asked, Source, Want, password_of};
