//! From what a template printed to one native value.

use super::Eval;
use crate::template::value::{Error, Result, Value};

/// How deep containers may nest.
const DEEPEST: u32 = crate::template::value::DEEPEST as u32;

/// What a template prints, piece by piece.
#[derive(Default)]
pub(super) struct Output {
    pub(super) pieces: Vec<Value>,
    size: usize,
}

impl Output {
    /// With room for so many pieces.
    pub fn with_capacity(capacity: usize) -> Output {
        Output { pieces: Vec::with_capacity(capacity), size: 0 }
    }

    /// Prints one more.
    ///
    /// # Errors
    /// All of them are too much.
    pub fn push(&mut self, piece: Value) -> Result<()> {
        self.size += 16 + piece.as_str().map_or(0, str::len);
        crate::template::value::fits(self.size)?;
        self.pieces.push(piece);
        Ok(())
    }
}

impl Eval<'_> {
    /// `None` drops out; none left gives `None`, one gives that value as it is, more give joined text.
    pub(super) fn concat(&mut self, parts: Output) -> Result<Value> {
        let mut parts = parts.pieces.into_iter().filter(|v| !v.is_none()).peekable();
        let Some(first) = parts.next() else { return Ok(Value::None) };
        if parts.peek().is_none() {
            return Ok(first);
        }
        let mut text = String::new();
        let mut secret = false;
        for part in std::iter::once(first).chain(parts) {
            self.tell_secret(&part);
            if part.is_undefined() && self.replaced.is_none() {
                return Ok(part);
            }
            secret |= part.is_secret();
            self.print(part, &mut text)?;
            crate::template::value::fits(text.len())?;
        }
        Ok(Value::text(text, secret))
    }

    /// That a piece cannot be printed, being a marker.
    pub(super) fn failure(&mut self, piece: Value) -> Option<Error> {
        match piece {
            Value::Undefined(marker) if self.replacement(&marker).is_none() => Some(Error(marker)),
            _ => None,
        }
    }

    /// Tells the world of a secret text: what is made of it elsewhere (a command's output, say) is masked, too.
    pub(super) fn tell_secret(&self, value: &Value) {
        if let Value::Str(text) = value
            && text.secret
        {
            self.world.secret_made(&text.text);
        }
    }

    /// Appends a value as a template prints it.
    pub(super) fn print(&mut self, mut value: Value, out: &mut String) -> Result<()> {
        match value {
            Value::Undefined(marker) => match self.replacement(&marker) {
                Some(text) => out.push_str(&text),
                None => return Err(Error(marker)),
            },
            Value::Omit | Value::None => {}
            Value::Str(s) if !s.is_template() => out.push_str(&s.text),
            // ansible-core joins bytes as the text they are
            Value::Bytes(bytes) => out.push_str(&String::from_utf8_lossy(&bytes)),
            _ => {
                // what behaves as a dict is printed as one
                if matches!(&value, Value::Object(object) if object.keys().is_some()) {
                    self.open(&mut value)?;
                }
                let value = self.finish(value, false, DEEPEST)?;
                match &value {
                    Value::None => {}
                    Value::Str(s) => out.push_str(&s.text),
                    other => other.write_text(out)?,
                }
            }
        }
        Ok(())
    }
}
