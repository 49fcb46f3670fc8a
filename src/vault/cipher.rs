//! The inside of a vault: keys out of a password, AES in counter mode, and the code that tells a wrong password.

use super::envelope;
use super::fault::Fault;
use super::password::Password;
use aes::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

type Cipher = ctr::Ctr128BE<aes::Aes256>;

/// Rounds of PBKDF2: the format's.
const ROUNDS: u32 = 10_000;

/// The cipher's block, up to which content is padded.
const BLOCK: usize = 16;

/// What a password and a salt come to: the cipher's key and start, and the code's key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Keys([u8; 80]);

impl Keys {
    /// Derives the keys; this is the slow part.
    pub(super) fn derive(password: &Password, salt: &[u8]) -> Keys {
        let mut keys = Keys([0; 80]);
        // the length of the output is fixed, so this cannot fail
        let _ = pbkdf2::pbkdf2::<Hmac<Sha256>>(password.bytes(), salt, ROUNDS, &mut keys.0);
        keys
    }

    fn cipher(&self) -> Option<Cipher> {
        Cipher::new_from_slices(self.0.get(..32)?, self.0.get(64..)?).ok()
    }

    fn code(&self, content: &[u8]) -> Option<Hmac<Sha256>> {
        let mut code = <Hmac<Sha256> as Mac>::new_from_slice(self.0.get(32..64)?).ok()?;
        code.update(content);
        Some(code)
    }
}

/// A vault's body: what was encrypted, with what it takes to check it.
pub(super) struct Body {
    pub(super) salt: Zeroizing<Vec<u8>>,
    code: Zeroizing<Vec<u8>>,
    content: Zeroizing<Vec<u8>>,
}

impl Body {
    /// Reads the digits below a vault's first line.
    pub(super) fn read(digits: &[u8]) -> Result<Body, Fault> {
        let joined = envelope::unhex(digits)?;
        let mut parts = joined.splitn(3, |byte| *byte == b'\n');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(salt), Some(code), Some(content)) => Ok(Body {
                salt: envelope::unhex(salt)?,
                code: envelope::unhex(code)?,
                content: envelope::unhex(content)?,
            }),
            (_, None, _) => Err(Fault::Body(1)),
            _ => Err(Fault::Body(2)),
        }
    }

    /// The plain text, or `None` where these are the wrong keys. The code is checked, in constant time, before
    /// anything is decrypted.
    pub(super) fn open(&self, keys: &Keys) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
        let right = keys.code(&self.content).is_some_and(|code| code.verify_slice(&self.code).is_ok());
        let (true, Some(mut cipher)) = (right, keys.cipher()) else { return Ok(None) };
        let mut plain = self.content.clone();
        cipher.apply_keystream(&mut plain);
        let padding = plain.last().copied().map_or(0, usize::from);
        let end = plain.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding));
        let Some(end) = end.filter(|end| plain.iter().skip(*end).all(|byte| usize::from(*byte) == padding))
        else {
            return Err(Fault::Padding);
        };
        plain.truncate(end);
        Ok(Some(plain))
    }
}

/// Encrypts: the vault's whole text, lines and all. Without a salt a random one is made; with an id the format is
/// 1.2, else 1.1.
///
/// # Errors
/// The salt is empty.
pub fn seal(
    plain: &[u8],
    password: &Password,
    salt: Option<&[u8]>,
    id: Option<&str>,
) -> Result<String, Fault> {
    let mut random = [0u8; 32];
    let salt = match salt {
        Some([]) => return Err(Fault::Salt),
        Some(salt) => salt,
        None => {
            getrandom::fill(&mut random).map_err(|_| Fault::Salt)?;
            &random
        }
    };
    let keys = Keys::derive(password, salt);
    let padding = BLOCK - plain.len() % BLOCK;
    let mut content = Zeroizing::new(Vec::with_capacity(plain.len() + padding));
    content.extend_from_slice(plain);
    content.extend(std::iter::repeat_n(padding as u8, padding));
    if let Some(mut cipher) = keys.cipher() {
        cipher.apply_keystream(&mut content);
    }
    let code = keys.code(&content).map(|code| code.finalize().into_bytes()).unwrap_or_default();
    let parts = [envelope::hex(salt), envelope::hex(&code), envelope::hex(&content)];
    Ok(envelope::wrap(parts.join("\n").as_bytes(), id))
}
