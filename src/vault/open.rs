//! Files that may be vaults: their content, and what they hold as YAML.

use super::envelope::is_encrypted;
use super::fault::Fault;
use super::keyring::Vault;
use crate::diag::{Diagnostic, Span};
use crate::yaml::{self, Kind, Limits, Node};
use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};
use std::path::Path;
use zeroize::Zeroizing;

/// What a file holds, and whether it was encrypted as a whole: then all of it is secret.
pub struct Content {
    /// The plain bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// It was a vault.
    pub secret: bool,
}

/// Deeper than any document that can be read.
const DEEPEST: usize = 1000;

impl Vault {
    /// A file's content out of its bytes, opened where they are a vault.
    ///
    /// # Errors
    /// As [`Vault::open`], pointing at the file.
    pub fn content(&self, path: &Path, bytes: Vec<u8>) -> Result<Content, Diagnostic> {
        if !is_encrypted(&bytes) {
            return Ok(Content { bytes: Zeroizing::new(bytes), secret: false });
        }
        let opened = self.open(&bytes).map_err(|fault| Diagnostic::from(fault).at(Span::new(path, 0, 0)))?;
        let text = String::from_utf8_lossy(&opened.plain);
        self.tell(&text);
        Ok(Content { bytes: opened.plain, secret: true })
    }

    /// A text file's content, and where it begins: a sealed place where it was a vault.
    ///
    /// # Errors
    /// As [`Vault::open`]; the file cannot be read or is no UTF-8.
    pub fn text_of(&self, path: &Path) -> Result<(Zeroizing<String>, Span), Diagnostic> {
        let (text, span) = (yaml::text_of(path)?, Span::new(path, 1, 1));
        if !is_encrypted(text.as_bytes()) {
            return Ok((Zeroizing::new(text), span));
        }
        let file = span.at(0, 0);
        let opened = self.open(text.as_bytes()).map_err(|fault| Diagnostic::from(fault).at(file))?;
        let plain =
            std::str::from_utf8(&opened.plain).map_err(|_| Diagnostic::from(Fault::NotText).at(file))?;
        Ok((Zeroizing::new(plain.to_owned()), span.sealed()))
    }

    /// A file of YAML. All strings of one that was a vault stand at sealed places, and the listener hears of them.
    ///
    /// # Errors
    /// As [`Vault::text_of`] and [`yaml::load`].
    pub fn yaml(&self, path: &Path) -> Result<Node, Diagnostic> {
        let (text, origin) = self.text_of(path)?;
        let node = yaml::load(&text, origin, Limits::default())?;
        if origin.is_sealed() {
            self.tell_all(&node);
        }
        Ok(node)
    }

    /// Tells the listener of all scalars in a node: strings, bytes and dates in every form that they are shown in. Not
    /// of numbers, which are never masked, nor of keys, which are names.
    pub fn tell_all(&self, node: &Node) {
        self.tell_below(node, DEEPEST);
    }

    fn tell_below(&self, node: &Node, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &node.kind {
            Kind::Str { text, .. } => self.tell(text),
            Kind::Bytes(bytes) => {
                self.tell(&String::from_utf8_lossy(bytes));
                self.tell(&STANDARD.encode(bytes));
            }
            Kind::Date(date) => self.tell(&date.to_string()),
            Kind::Time(time) => self.tell(&time.to_string()),
            Kind::DateTime(stamp) => self.tell_stamp(&stamp.to_string()),
            Kind::Zoned(stamp) => self.tell_stamp(&stamp.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()),
            Kind::Seq(items) | Kind::Tuple(items) | Kind::Set(items) => {
                items.iter().for_each(|item| self.tell_below(item, depth));
            }
            Kind::Map(map) => map.pairs.iter().for_each(|(_, value)| self.tell_below(value, depth)),
            // told when it is opened
            Kind::Vault(_) => {}
            // told where it stands first
            Kind::Again(_) => {}
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Big(_) | Kind::Float(_) => {}
        }
    }

    /// A date with its time, between which stands a `T` or a space.
    fn tell_stamp(&self, stamp: &str) {
        self.tell(stamp);
        self.tell(&stamp.replacen('T', " ", 1));
    }
}
