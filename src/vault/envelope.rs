//! The outside of a vault: its first line, and the lines of hexadecimal digits below it.

use super::fault::Fault;
use std::fmt;
use zeroize::Zeroizing;

/// What every vault begins with.
const HEADER: &[u8] = b"$ANSIBLE_VAULT";

/// The only cipher there is.
const CIPHER: &str = "AES256";

/// Digits a line.
const WIDTH: usize = 80;

/// Whether these bytes are a vault: they begin as one, and are plain ASCII.
pub fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(HEADER) && bytes.is_ascii()
}

/// What a vault's first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The format's version: `1.1`, or `1.2` where an id is written.
    pub version: String,
    /// The name of the password that it was encrypted with; only a hint.
    pub id: Option<String>,
}

/// The first line of a vault.
///
/// # Errors
/// The bytes are no vault, or the line lacks something, or names an unknown cipher.
pub fn label(bytes: &[u8]) -> Result<Label, Fault> {
    parts(bytes).map(|(label, _)| label)
}

/// The first line, and the digits of all further lines.
pub(super) fn parts(bytes: &[u8]) -> Result<(Label, Vec<u8>), Fault> {
    if !is_encrypted(bytes) {
        return Err(Fault::NotEncrypted);
    }
    let mut lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let mut fields = first.split(';').map(str::trim);
    let mut field = || fields.next().ok_or(Fault::Header);
    let (_, version, cipher) = (field()?, field()?.to_owned(), field()?.to_owned());
    if cipher != CIPHER {
        return Err(Fault::Cipher(cipher));
    }
    // ansible-core reads a name under 1.1, too, though it never writes one
    let id = field().ok().filter(|id| !id.is_empty()).map(str::to_owned);
    Ok((Label { version, id }, lines.flatten().copied().collect()))
}

/// A vault's text around the body.
pub(super) fn wrap(body: &[u8], id: Option<&str>) -> String {
    let digits = hex(body);
    let mut out = String::with_capacity(digits.len() + digits.len() / WIDTH + 40);
    match id {
        Some(id) => out.push_str(&format!("$ANSIBLE_VAULT;1.2;{CIPHER};{id}\n")),
        None => out.push_str(&format!("$ANSIBLE_VAULT;1.1;{CIPHER}\n")),
    }
    for line in digits.as_bytes().chunks(WIDTH) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// What is wrong with hexadecimal digits; Python's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hex {
    /// A digit lacks its other half.
    Odd,
    /// Something else than a digit.
    Digit,
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hex::Odd => "Odd-length string",
            Hex::Digit => "Non-hexadecimal digit found",
        })
    }
}

/// The bytes that hexadecimal digits stand for.
pub(super) fn unhex(digits: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if digits.len() % 2 == 1 {
        return Err(Fault::Hex(Hex::Odd));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    bytes.map(Zeroizing::new).ok_or(Fault::Hex(Hex::Digit))
}
