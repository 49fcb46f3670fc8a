//! The passwords of vaults: those that flags, environment and configuration name, read or asked for.

use crate::cli::flags::VaultFlags;
use crate::cli::passwords::Person;
use crate::config::Config;
use crate::diag::Diagnostic;
use crate::report::Screen;
use crate::vault::{Heard, Secret, Source, Vault, Want};
use std::path::Path;

/// The vault of a run: opens what is encrypted, and has the screen mask what comes out.
///
/// # Errors
/// No password can be had though some are named; one that is asked for is not given.
pub(in crate::cli) fn vault(
    flags: &VaultFlags,
    config: &Config,
    screen: &mut Screen,
) -> Result<Vault, Diagnostic> {
    let secrets = secrets(&wanted(flags, config, false), config, false, screen)?;
    let settings = &config.settings;
    let vault = Vault::new(secrets, &settings.vault_identity, settings.vault_id_match);
    let masks = screen.masks.clone();
    vault.secrets().iter().for_each(|secret| masks.add(&String::from_utf8_lossy(secret.password.bytes())));
    vault.listen(move |heard| match heard {
        Heard::Opened(text) => masks.add(text),
        Heard::Made(text) => masks.add_made(text),
    });
    Ok(vault)
}

/// The passwords that are named, the configuration's first. Where there are none and `prompt` says so, a person is
/// asked.
pub(super) fn wanted(flags: &VaultFlags, config: &Config, prompt: bool) -> Vec<Want> {
    let settings = &config.settings;
    let usual = &settings.vault_identity;
    let mut wants: Vec<Want> =
        settings.vault_identities.iter().chain(&flags.ids).map(|text| Want::parse(text)).collect();
    let files = flags.files.iter().chain(&settings.vault_password_file);
    wants.extend(files.map(|file| Want::named(usual, Source::file(&file.to_string_lossy()))));
    if flags.ask || settings.ask_vault_pass || wants.is_empty() && prompt {
        wants.push(Want::named(usual, Source::Ask));
    }
    wants
}

/// The passwords that `rekey` may encrypt with: the new one's first. Those that the configuration names count only
/// where one of several is `chosen` by name, its password file and a question that was asked for always; without any
/// a person is asked.
pub(super) fn renewed(
    id: Option<&str>,
    file: Option<&Path>,
    flags: &VaultFlags,
    chosen: bool,
    config: &Config,
) -> Vec<Want> {
    let settings = &config.settings;
    let usual = &settings.vault_identity;
    let configured = settings.vault_identities.iter().filter(|_| chosen);
    let mut wants: Vec<Want> = configured.map(String::as_str).chain(id).map(Want::parse).collect();
    let files = file.into_iter().chain(settings.vault_password_file.as_deref());
    wants.extend(files.map(|file| Want::named(usual, Source::file(&file.to_string_lossy()))));
    if flags.ask || settings.ask_vault_pass || wants.is_empty() {
        wants.push(Want::named(usual, Source::Ask));
    }
    wants
}

/// Reads or asks for the passwords. A file's that cannot be had is warned of, and an error only where no other can
/// be.
///
/// # Errors
/// None can be had, or a person did not give one.
pub(super) fn secrets(
    wants: &[Want],
    config: &Config,
    new: bool,
    screen: &mut Screen,
) -> Result<Vec<Secret>, Diagnostic> {
    let settings = &config.settings;
    let (mut found, mut failed) = (Vec::new(), None);
    for want in wants {
        let known = Vault::new(found.clone(), &settings.vault_identity, settings.vault_id_match);
        match want.secret(&settings.vault_identity, &known, new, &Person::password) {
            Ok(secret) => found.push(secret),
            Err(error) => {
                screen.warning(&want.warning(&error));
                if !matches!(want.source, Source::File(_)) {
                    return Err(error);
                }
                failed = Some(error);
            }
        }
    }
    match failed {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}
