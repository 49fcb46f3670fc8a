//! Methods of `bytes`.

use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};

/// Their names.
pub const NAMES: &[&str] = &["decode", "hex"];

/// Calls one.
pub fn call(bytes: &[u8], name: &str, args: &Args) -> Result<Value> {
    match name {
        "hex" => Ok(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>().into()),
        "decode" => {
            let encoding = args.str_or(0, "encoding", "utf-8")?.to_lowercase().replace('_', "-");
            match &*encoding {
                "utf-8" | "utf8" | "ascii" | "us-ascii" => match std::str::from_utf8(bytes) {
                    Ok(text) => Ok(text.into()),
                    Err(e) => {
                        let at = e.valid_up_to();
                        let byte = bytes.get(at).copied().unwrap_or(0);
                        Err(Error::new(format!(
                            "'{encoding}' codec can't decode byte 0x{byte:02x} in position {at}: invalid start byte"
                        )))
                    }
                },
                "latin-1" | "latin1" | "iso-8859-1" => {
                    Ok(bytes.iter().map(|b| char::from(*b)).collect::<String>().into())
                }
                _ => Err(Error::new(format!("unknown encoding: {encoding}"))),
            }
        }
        other => Err(Error::new(format!("'bytes' object has no attribute '{other}'"))),
    }
}
