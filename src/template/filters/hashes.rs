//! Digests and encodings: `hash`, `md5`, `sha1`, `checksum`, `b64encode`, `b64decode`, `to_uuid`;
//! community.general's `crc32`.

use super::Filter;
use super::encodings::{from_encoding, to_encoding};
use crate::template::Eval;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value, str_repr};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use impel_modules::undecoded;
use sha2::Digest;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["hash"], &["hashtype"], hash),
    Filter::new(&["md5"], &[], |_, input, _| digest(&input, "md5")),
    Filter::new(&["sha1", "checksum"], &[], |_, input, _| digest(&input, "sha1")),
    Filter::new(&["community.general.crc32", "crc32"], &[], crc32),
    Filter::new(&["b64encode"], &["encoding", "urlsafe"], encode),
    Filter::new(&["b64decode"], &["encoding", "urlsafe"], decode),
    Filter::new(&["to_uuid"], &["namespace"], to_uuid),
];

/// Ansible's own namespace of UUIDs.
const NAMESPACE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

/// A text's or bytes' digest in hexadecimal digits, by any algorithm of Python's `hashlib` (`sha1`).
///
/// # Errors
/// There is no such algorithm.
fn hash(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    match args.get(0, "hashtype") {
        None => digest(&input, "sha1"),
        Some(Value::Str(name)) => digest(&input, &name.text),
        Some(_) => Err(Error::new("name must be a string")),
    }
}

/// The CRC-32 of text, in hex without zeros before it.
///
/// Errors: what is no text.
fn crc32(_eval: &mut Eval<'_>, input: Value, _args: &Args) -> Result<Value> {
    let Some(text) = input.as_str() else {
        return Err(Error::new(format!(
            "Invalid value type (<class '{}'>) for crc32 ({})",
            input.type_name(),
            input.repr()?
        )));
    };
    let mut sum = u32::MAX;
    for byte in text.bytes() {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    Ok(Value::text(format!("{:x}", !sum), input.is_secret()))
}

/// A value's bytes: text as UTF-8.
fn bytes_of(value: &Value) -> Result<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        other => Ok(undecoded::bytes_of(&other.to_text()?).into_owned()),
    }
}

fn digest(input: &Value, name: &str) -> Result<Value> {
    let bytes = bytes_of(input)?;
    if matches!(
        name.to_ascii_lowercase().replace('-', "").as_str(),
        "shake_128" | "shake_256" | "shake128" | "shake256"
    ) {
        return Err(Error::new("hexdigest() missing required argument 'length' (pos 1)"));
    }
    let hex = hex_digest(&bytes, name).ok_or_else(|| Error::new(format!("unsupported hash type {name}")))?;
    Ok(Value::text(hex, input.is_secret()))
}

/// The digest in hex, if the algorithm is known.
pub(crate) fn hex_digest(bytes: &[u8], name: &str) -> Option<String> {
    Some(match name.to_ascii_lowercase().replace('-', "_").as_str() {
        "md5" => hex(&md5::Md5::digest(bytes)),
        "sha1" => hex(&sha1::Sha1::digest(bytes)),
        "sha224" => hex(&sha2::Sha224::digest(bytes)),
        "sha256" => hex(&sha2::Sha256::digest(bytes)),
        "sha384" => hex(&sha2::Sha384::digest(bytes)),
        "sha512" => hex(&sha2::Sha512::digest(bytes)),
        "sha512_224" => hex(&sha2::Sha512_224::digest(bytes)),
        "sha512_256" => hex(&sha2::Sha512_256::digest(bytes)),
        "sha3_224" => hex(&sha3::Sha3_224::digest(bytes)),
        "sha3_256" => hex(&sha3::Sha3_256::digest(bytes)),
        "sha3_384" => hex(&sha3::Sha3_384::digest(bytes)),
        "sha3_512" => hex(&sha3::Sha3_512::digest(bytes)),
        "blake2b" => hex(&blake2::Blake2b512::digest(bytes)),
        "blake2s" => hex(&blake2::Blake2s256::digest(bytes)),
        // Python asks OpenSSL for whatever else there is
        _ => {
            let digest = openssl::hash::MessageDigest::from_name(name)?;
            hex(&openssl::hash::hash(digest, bytes).ok()?)
        }
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The encoding that is asked for, UTF-8 where none is.
fn encoding_of(args: &Args) -> Result<&str> {
    match args.get(0, "encoding") {
        None => Ok("utf-8"),
        Some(Value::Str(name)) => Ok(&name.text),
        Some(other) => {
            let name = if other.is_none() { "None" } else { other.class_name() };
            Err(Error::new(format!("encode() argument 'encoding' must be str, not {name}")))
        }
    }
}

/// A text's bytes in an encoding, as base64.
///
/// # Errors
/// There is no such encoding, or a character is not in it.
fn encode(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let encoding = encoding_of(args)?;
    let bytes = match &input {
        Value::Bytes(bytes) => bytes.to_vec(),
        other => to_encoding(&other.to_text()?, encoding)?,
    };
    crate::template::value::fits(bytes.len() / 3 * 4)?;
    let text = match args.bool(1, "urlsafe", false)? {
        true => URL_SAFE.encode(bytes),
        false => STANDARD.encode(bytes),
    };
    Ok(Value::text(text, input.is_secret()))
}

/// Lenient as Python's: what is not in the alphabet is skipped, what follows the padding too.
fn decode(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let text = input.to_text()?;
    let encoding = encoding_of(args)?;
    let urlsafe = args.bool(1, "urlsafe", false)?;
    let mut bits: u32 = 0;
    let mut count = 0usize;
    let mut pads = 0usize;
    let mut bytes = Vec::new();
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'-' if urlsafe => 62,
            b'_' if urlsafe => 63,
            b'=' => {
                pads += 1;
                if count % 4 >= 2 && count % 4 + pads >= 4 {
                    break;
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        bits = (bits << 6) | u32::from(value);
        count += 1;
        match count % 4 {
            2 => bytes.push((bits >> 4) as u8),
            3 => bytes.push((bits >> 2) as u8),
            0 => bytes.push(bits as u8),
            _ => {}
        }
    }
    match count % 4 {
        0 => {}
        1 => {
            return Err(Error::new(format!(
                "Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"
            )));
        }
        n if n + pads < 4 => return Err(Error::new("Incorrect padding")),
        _ => {}
    }
    let text = from_encoding(&bytes, encoding)?;
    Ok(Value::text(text, input.is_secret()))
}

/// The UUID of a text in a namespace.
///
/// # Errors
/// The namespace is no UUID.
fn to_uuid(_eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let namespace = match args.get(0, "namespace") {
        None => NAMESPACE,
        Some(Value::None) => {
            return Err(Error::new(
                "one of the hex, bytes, bytes_le, fields, or int arguments must be given",
            ));
        }
        Some(Value::Str(text)) => &text.text,
        Some(other) => {
            let (shown, name) = (other.to_text()?, other.class_name());
            return Err(Error::new(format!(
                "Invalid value '{shown}' for 'namespace': '{name}' object has no attribute 'replace'"
            )));
        }
    };
    // Python takes anything with 32 hexadecimal digits
    let digits = namespace.replace("urn:", "").replace("uuid:", "");
    let digits = digits.trim_matches(['{', '}']).replace('-', "");
    let parsed = Some(&digits).filter(|d| d.len() == 32 && d.bytes().all(|b| b.is_ascii_hexdigit()));
    let parsed = parsed.and_then(|d| uuid::Uuid::parse_str(d).ok()).ok_or_else(|| {
        Error::new(format!(
            "Invalid value {} for 'namespace': badly formed hexadecimal UUID string",
            str_repr(namespace)
        ))
    })?;
    let id = uuid::Uuid::new_v5(&parsed, &bytes_of(&input)?);
    Ok(Value::text(id.to_string(), input.is_secret()))
}
