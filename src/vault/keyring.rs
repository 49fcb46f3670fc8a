//! The passwords of a run, and opening vaults with them.

use super::cipher::{Body, Keys};
use super::envelope;
use super::fault::Fault;
use super::password::Password;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};
use zeroize::Zeroizing;

/// Derived keys that are remembered: a vault is opened for many hosts, and deriving takes milliseconds.
const REMEMBERED: usize = 4096;

/// A password with the name that vaults call it by.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its name (`--vault-id NAME@…`).
    pub id: String,
    /// The password.
    pub password: Password,
}

/// What a vault held.
pub struct Opened {
    /// The plain text.
    pub plain: Zeroizing<Vec<u8>>,
    /// The password that fitted.
    pub by: Secret,
}

/// All passwords; clones share them.
#[derive(Clone, Default)]
pub struct Vault(Arc<Inner>);

type Told = dyn Fn(Heard<'_>) + Send + Sync;

/// A text that must not be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard<'t> {
    /// It came out of a vault.
    Opened(&'t str),
    /// Something made it of one that did.
    Made(&'t str),
}
/// Which password (by its place), and the salt.
type KeysOf = (usize, Vec<u8>);

#[derive(Default)]
struct Inner {
    secrets: Vec<Secret>,
    usual: String,
    /// Only passwords of the vault's own name are tried.
    strict: bool,
    /// Who must hear of every text that comes out.
    told: RwLock<Option<Box<Told>>>,
    keys: Mutex<HashMap<KeysOf, Arc<OnceLock<Keys>>>>,
    texts: Mutex<Texts>,
}

/// What came out of inline vaults.
#[derive(Default)]
struct Texts {
    by_vault: HashMap<Arc<str>, Arc<str>>,
    /// By the text's address; it is held above, so that the address is not used again.
    by_text: HashMap<usize, Arc<str>>,
}

impl Vault {
    /// These passwords, tried in this order but for those that a vault names; one that names none means the `usual`
    /// name. With `strict` only those that it names are tried (`vault_id_match`).
    pub fn new(secrets: Vec<Secret>, usual: &str, strict: bool) -> Vault {
        Vault(Arc::new(Inner { secrets, usual: usual.to_owned(), strict, ..Inner::default() }))
    }

    /// The passwords.
    pub fn secrets(&self) -> &[Secret] {
        &self.0.secrets
    }

    /// From now on the listener is told of every text that comes out of a vault, and of what is made of such texts,
    /// so that none is ever shown.
    pub fn listen(&self, listener: impl Fn(Heard<'_>) + Send + Sync + 'static) {
        *self.0.told.write().unwrap_or_else(|e| e.into_inner()) = Some(Box::new(listener));
    }

    /// Tells the listener of a text that came out of a vault.
    pub fn tell(&self, secret: &str) {
        self.say(Heard::Opened(secret));
    }

    /// Tells the listener of a text that was made of such a one.
    pub fn tell_made(&self, secret: &str) {
        self.say(Heard::Made(secret));
    }

    fn say(&self, secret: Heard<'_>) {
        if let Some(told) = &*self.0.told.read().unwrap_or_else(|e| e.into_inner()) {
            told(secret);
        }
    }

    /// Opens a vault's text.
    ///
    /// # Errors
    /// It is no vault or a broken one; no password fits.
    pub fn open(&self, vault: &[u8]) -> Result<Opened, Fault> {
        let (label, digits) = envelope::parts(vault)?;
        if self.0.secrets.is_empty() {
            return Err(Fault::NoSecrets);
        }
        let body = Body::read(&digits)?;
        let id = label.id.as_deref().unwrap_or(&self.0.usual);
        let named = |secret: &Secret| secret.id == id;
        let all = || self.0.secrets.iter().enumerate();
        let others = all().filter(|(_, secret)| !self.0.strict && !named(secret));
        for (place, secret) in all().filter(|(_, secret)| named(secret)).chain(others) {
            let keys = self.keys(place, &body.salt);
            let keys = keys.get_or_init(|| Keys::derive(&secret.password, &body.salt));
            if let Some(plain) = body.open(keys)? {
                return Ok(Opened { plain, by: secret.clone() });
            }
        }
        Err(Fault::NoMatch)
    }

    /// The place of the derived keys; whoever comes first derives them, others wait.
    fn keys(&self, place: usize, salt: &[u8]) -> Arc<OnceLock<Keys>> {
        let mut known = self.0.keys.lock().unwrap_or_else(|e| e.into_inner());
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.entry((place, salt.to_vec())).or_default().clone()
    }

    /// The plain text of an inline `!vault` string; the listener is told of it. The same vault gives the same text,
    /// by address too, as long as not too many others were opened.
    ///
    /// # Errors
    /// As [`Vault::open`]; the content is no text.
    pub fn text(&self, vault: &Arc<str>) -> Result<Arc<str>, Fault> {
        if let Some(known) = self.texts().by_vault.get(&**vault) {
            return Ok(known.clone());
        }
        let opened = self.open(vault.as_bytes())?;
        let text: Arc<str> = std::str::from_utf8(&opened.plain).map_err(|_| Fault::NotText)?.into();
        self.tell(&text);
        let mut texts = self.texts();
        if texts.by_vault.len() >= REMEMBERED {
            *texts = Texts::default();
        }
        // another thread may have been faster: then its text is the one
        let known = texts.by_vault.entry(vault.clone()).or_insert(text).clone();
        texts.by_text.insert(known.as_ptr() as usize, vault.clone());
        Ok(known)
    }

    /// The vault that this very string came out of, if it did.
    pub fn sealed(&self, plain: &Arc<str>) -> Option<Arc<str>> {
        self.texts().by_text.get(&(plain.as_ptr() as usize)).cloned()
    }

    fn texts(&self) -> MutexGuard<'_, Texts> {
        self.0.texts.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({} passwords)", self.0.secrets.len())
    }
}
