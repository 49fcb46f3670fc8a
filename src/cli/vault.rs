//! Vault passwords on the command line and in the configuration: accepted, and refused where they are used.

use super::flags::VaultFlags;
use crate::config::Config;
use crate::diag::Diagnostic;

/// The error of everything that needs a vault password.
pub(super) fn missing() -> Diagnostic {
    Diagnostic::user("Attempting to decrypt but no vault secrets found.")
        .hint("vaults are not there yet in impel; decrypt the file with ansible-vault for now")
}

/// Refuses vault passwords on the command line, since nothing would be done with them. What the configuration says
/// about them is let through: it matters only where something is encrypted, and that is an error of its own.
///
/// # Errors
/// A vault flag is used.
pub(super) fn refuse(flags: &VaultFlags, config: &Config) -> Result<(), Diagnostic> {
    let used =
        !flags.ids.is_empty() || flags.ask || !flags.files.is_empty() || config.settings.ask_vault_pass;
    if !used {
        return Ok(());
    }
    Err(Diagnostic::user("vault passwords cannot be used yet: vaults are not there yet in impel")
        .hint("leave the option out where nothing is encrypted, or decrypt with ansible-vault for now"))
}
