//! What can be wrong with a vault; the words are ansible-core's.

use super::envelope::Hex;
use crate::diag::Diagnostic;

/// Why a vault could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text does not begin as a vault does.
    #[error("Input is not vault encrypted data.")]
    NotEncrypted,
    /// The first line lacks version or cipher.
    #[error("Vault envelope format error: list index out of range")]
    Header,
    /// The first line names a cipher that nobody has.
    #[error("Cipher '{0}' could not be found.")]
    Cipher(String),
    /// The body is no hexadecimal text.
    #[error("Vault format unhexlify error: {0}")]
    Hex(Hex),
    /// The body lacks salt, code or content.
    #[error("Vault vaulttext format error: not enough values to unpack (expected 3, got {0})")]
    Body(usize),
    /// What was decrypted does not end as it must, though its code is right.
    #[error("Invalid padding bytes.")]
    Padding,
    /// There is no password at all.
    #[error("Attempting to decrypt but no vault secrets found.")]
    NoSecrets,
    /// No password fits: a wrong one, or the content was altered.
    #[error("Decryption failed (no vault secrets were found that could decrypt).")]
    NoMatch,
    /// The plain text is none.
    #[error("The decrypted content is not UTF-8 text.")]
    NotText,
    /// A salt that was configured is empty.
    #[error("Empty or invalid salt passed to encrypt()")]
    Salt,
}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Diagnostic {
        let error = Diagnostic::user(fault.to_string());
        match fault {
            Fault::NoSecrets => error.hint("give the password: --vault-id, --vault-password-file or -J"),
            _ => error,
        }
    }
}
