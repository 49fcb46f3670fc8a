//! Password hashes as crypt(3) reads them, with passlib's defaults: sha512, sha256, md5, bcrypt.

use super::filters::Random;
use super::value::{Error, Result};
use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest, Md5};

/// The most rounds: beyond, a template would seem to hang.
const MOST_ROUNDS: i64 = 10_000_000;
/// The most characters of a password.
const LONGEST_PASSWORD: usize = 4096;
/// The letters of salts and of the SHA and MD5 schemes' own base64.
const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `$6$`
    Sha512,
    /// `$5$`
    Sha256,
    /// `$1$`
    Md5,
    /// `$2b$`
    Bcrypt,
}

impl Scheme {
    /// By passlib's name (`sha512_crypt`) or Ansible's (`sha512`).
    pub fn named(name: &str) -> Option<Scheme> {
        Some(match name {
            "sha512" | "sha512_crypt" => Scheme::Sha512,
            "sha256" | "sha256_crypt" => Scheme::Sha256,
            "md5" | "md5_crypt" => Scheme::Md5,
            "blowfish" | "bcrypt" => Scheme::Bcrypt,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Scheme::Sha512 => "sha512_crypt",
            Scheme::Sha256 => "sha256_crypt",
            Scheme::Md5 => "md5_crypt",
            Scheme::Bcrypt => "bcrypt",
        }
    }

    /// The longest salt, which is also the length of a random one.
    fn salt_length(self) -> usize {
        match self {
            Scheme::Sha512 | Scheme::Sha256 => 16,
            Scheme::Md5 => 8,
            Scheme::Bcrypt => 22,
        }
    }
}

/// What a hash is made with, besides the password.
#[derive(Clone, Debug, Default)]
pub struct Choices<'a> {
    /// The salt; a random one if there is none.
    pub salt: Option<&'a str>,
    /// How long a random salt is.
    pub salt_size: Option<i64>,
    /// How many rounds (bcrypt: their power of two).
    pub rounds: Option<i64>,
    /// bcrypt's version: `2b`, `2a`, `2y`, `2`.
    pub ident: Option<&'a str>,
}

/// A random salt for a scheme.
///
/// # Errors
/// The size does not fit the scheme; the system has no randomness.
pub fn random_salt(scheme: Scheme, size: Option<i64>) -> Result<String> {
    let most = scheme.salt_length();
    let size = match size {
        None => most,
        Some(size) => {
            let name = scheme.name();
            match usize::try_from(size) {
                Ok(size) if size == most => size,
                _ if scheme == Scheme::Bcrypt => {
                    return Err(bad(format!("{name}: salt_size ({size}) must be exactly {most}")));
                }
                Ok(size) if size < most => size,
                Ok(_) => {
                    return Err(bad(format!("{name}: salt_size ({size}) above max_salt_size ({most})")));
                }
                Err(_) => return Err(bad(format!("{name}: salt_size ({size}) below min_salt_size (0)"))),
            }
        }
    };
    let mut random = Random::from_system()?;
    let mut salt: String =
        (0..size).filter_map(|_| LETTERS.get(random.index(64))).map(|b| char::from(*b)).collect();
    if scheme == Scheme::Bcrypt {
        // The last of 22 letters holds only two bits.
        salt.pop();
        salt.extend([".", "O", "e", "u"].get(random.index(4)).copied());
    }
    Ok(salt)
}

fn bad(message: impl std::fmt::Display) -> Error {
    Error::new(format!("Could not hash the secret: {message}"))
}

/// The hash of a password.
///
/// # Errors
/// The salt or the number of rounds does not fit the scheme.
pub fn hash(password: &str, scheme: Scheme, choices: &Choices<'_>) -> Result<String> {
    if scheme == Scheme::Md5 && choices.rounds.is_some() {
        return Err(Error::new("MinimalHandler.using() got an unexpected keyword argument 'rounds'"));
    }
    let random;
    let salt = match choices.salt.filter(|s| !s.is_empty()) {
        Some(salt) => {
            if let Some(size) = choices.salt_size {
                random_salt(scheme, Some(size))?;
            }
            salt
        }
        None => {
            random = random_salt(scheme, choices.salt_size)?;
            &random
        }
    };
    if !salt.bytes().all(|b| LETTERS.contains(&b)) {
        return Err(bad(format!("invalid characters in {} salt", scheme.name())));
    }
    if salt.len() > scheme.salt_length() {
        let (name, most) = (scheme.name(), scheme.salt_length());
        return Err(bad(format!("salt too large ({name} requires <= {most} chars)")));
    }
    if password.chars().count() > LONGEST_PASSWORD {
        return Err(bad("password exceeds maximum allowed size"));
    }
    match scheme {
        Scheme::Md5 => Ok(format!("$1${salt}${}", md5_crypt(password.as_bytes(), salt.as_bytes()))),
        Scheme::Bcrypt => bcrypt_hash(password, salt, choices),
        Scheme::Sha512 => {
            let rounds = sha_rounds(scheme, choices.rounds, 656_000)?;
            let params = sha_crypt::Sha512Params::new(rounds).map_err(|e| bad(format!("{e:?}")))?;
            let sum = sha_crypt::sha512_crypt_b64(password.as_bytes(), salt.as_bytes(), &params)
                .map_err(|e| bad(format!("{e:?}")))?;
            Ok(format!("$6${}{salt}${sum}", shown_rounds(rounds)))
        }
        Scheme::Sha256 => {
            let rounds = sha_rounds(scheme, choices.rounds, 535_000)?;
            let params = sha_crypt::Sha256Params::new(rounds).map_err(|e| bad(format!("{e:?}")))?;
            let sum = sha_crypt::sha256_crypt_b64(password.as_bytes(), salt.as_bytes(), &params)
                .map_err(|e| bad(format!("{e:?}")))?;
            Ok(format!("$5${}{salt}${sum}", shown_rounds(rounds)))
        }
    }
}

/// 5000 rounds are what crypt(3) takes where none are given.
fn shown_rounds(rounds: usize) -> String {
    if rounds == 5000 { String::new() } else { format!("rounds={rounds}$") }
}

fn sha_rounds(scheme: Scheme, rounds: Option<i64>, default: usize) -> Result<usize> {
    let Some(rounds) = rounds else { return Ok(default) };
    let name = scheme.name();
    if rounds < 1000 {
        return Err(bad(format!("{name}: min_desired_rounds ({rounds}) is too low, must be at least 1000")));
    }
    if rounds > 999_999_999 {
        return Err(bad(format!(
            "{name}: min_desired_rounds ({rounds}) is too large, cannot be more than 999999999"
        )));
    }
    if rounds > MOST_ROUNDS {
        return Err(bad(format!("{name}: {rounds} rounds are too many, at most {MOST_ROUNDS}")));
    }
    Ok(usize::try_from(rounds).unwrap_or(default))
}

fn bcrypt_hash(password: &str, salt: &str, choices: &Choices<'_>) -> Result<String> {
    let ident = choices.ident.unwrap_or("2b").trim_matches('$');
    let version = match ident {
        "2b" | "2" => bcrypt::Version::TwoB,
        "2a" => bcrypt::Version::TwoA,
        "2y" => bcrypt::Version::TwoY,
        other => return Err(bad(format!("invalid ident: {}", super::value::str_repr(other)))),
    };
    let rounds = choices.rounds.unwrap_or(12);
    let cost = match u32::try_from(rounds) {
        Ok(cost @ 4..=20) => cost,
        Ok(21..=31) => return Err(bad(format!("bcrypt: {rounds} rounds would take too long, at most 20"))),
        _ if rounds < 4 => {
            return Err(bad(format!("bcrypt: min_desired_rounds ({rounds}) is too low, must be at least 4")));
        }
        _ => {
            return Err(bad(format!(
                "bcrypt: min_desired_rounds ({rounds}) is too large, cannot be more than 31"
            )));
        }
    };
    if salt.len() % 4 == 1 {
        return Err(Error::new("source length must != 1 mod 4"));
    }
    let settings = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    let bytes = GeneralPurpose::new(&BCRYPT, settings).decode(salt);
    let bytes: Option<[u8; 16]> = bytes.ok().and_then(|b| b.try_into().ok());
    let Some(bytes) = bytes else {
        return Err(bad("salt too small (bcrypt requires exactly 22 chars)"));
    };
    if ident == "2" {
        // The first version did not end the password: it was repeated without a zero in between.
        let repeated: Vec<u8> = password.bytes().cycle().take(72).collect();
        let parts = bcrypt::hash_with_salt(repeated, cost, bytes).map_err(bad)?;
        return Ok(parts.format_for_version(version).replacen("$2b$", "$2$", 1));
    }
    let parts = bcrypt::hash_with_salt(password, cost, bytes).map_err(bad)?;
    Ok(parts.format_for_version(version))
}

/// The old MD5 scheme of Poul-Henning Kamp: a thousand rounds that mix password, salt and what came before.
fn md5_crypt(password: &[u8], salt: &[u8]) -> String {
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let mut first = Md5::new().chain_update(password).chain_update(b"$1$").chain_update(salt);
    for i in 0..password.len() {
        first.update(inner.get(i % 16..=i % 16).unwrap_or(&[]));
    }
    let mut bits = password.len();
    while bits > 0 {
        first.update(if bits & 1 == 1 { &[0] } else { password.get(..1).unwrap_or(&[]) });
        bits >>= 1;
    }
    let mut sum = first.finalize();
    for round in 0..1000 {
        let mut next = Md5::new();
        next.update(if round % 2 == 1 { password } else { &sum });
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(if round % 2 == 1 { sum.as_slice() } else { password });
        sum = next.finalize();
    }
    let byte = |i: usize| u32::from(sum.get(i).copied().unwrap_or(0));
    let mut out = String::new();
    let mut put = |mut value: u32, letters: usize| {
        for _ in 0..letters {
            out.extend(LETTERS.get((value & 63) as usize).map(|b| char::from(*b)));
            value >>= 6;
        }
    };
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        put(byte(a) << 16 | byte(b) << 8 | byte(c), 4);
    }
    put(byte(11), 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(password: &str, scheme: &str, salt: &str, rounds: Option<i64>) -> String {
        let choices = Choices { salt: Some(salt), rounds, ..Choices::default() };
        hash(password, Scheme::named(scheme).unwrap(), &choices).unwrap()
    }

    #[test]
    fn hashes_are_those_of_passlib() {
        assert_eq!(hashed("secret", "md5", "mysalt", None), "$1$mysalt$n/EfEiV74OYgBdqhKQzSW/");
        assert_eq!(hashed("", "md5", "mysalt", None), "$1$mysalt$VI9bXrMhLdRvj1lW3XeMd/");
        assert_eq!(
            hashed("a-very-long-password-that-is-longer-than-sixteen-bytes", "md5", "mysalt", None),
            "$1$mysalt$lpYIBIEjXms8mB0lm0Jc5/"
        );
        assert_eq!(
            hashed("sécret", "sha256", "mysalt", Some(2000)),
            "$5$rounds=2000$mysalt$SagUJxOEBuTTWFYYjtExvE2j.ahagKZH89TCHkI1I2A"
        );
        assert_eq!(
            hashed("secret", "sha512", "mysalt", Some(5000)),
            "$6$mysalt$UX6P1VKOf6dr0s2pg4pLNvIUB6hLXvP6M5f/Yj9hJgMPdAJ4oArvk5YUD9/XWtk1JOpVwt/JTsczMJr8sFVML1"
        );
    }

    #[test]
    fn bcrypt_gives_the_known_vectors() {
        let choices = Choices {
            salt: Some("CCCCCCCCCCCCCCCCCCCCC."),
            rounds: Some(5),
            ident: Some("2a"),
            ..Choices::default()
        };
        assert_eq!(
            hash("U*U", Scheme::Bcrypt, &choices).unwrap(),
            "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
        );
    }
}
