//! From what a template printed to one native value.

use super::Eval;
use crate::template::value::{Result, Value};

/// How deep containers may nest.
const DEEPEST: u32 = 200;

impl Eval<'_> {
    /// `None` drops out; none left gives `None`, one gives that value as it is, more give joined text.
    pub(super) fn concat(&mut self, parts: Vec<Value>) -> Result<Value> {
        let mut parts: Vec<Value> = parts.into_iter().filter(|v| !v.is_none()).collect();
        match parts.len() {
            0 => return Ok(Value::None),
            1 => return Ok(parts.pop().unwrap_or_default()),
            _ => {}
        }
        let mut text = String::new();
        let mut secret = false;
        for part in parts {
            self.tell_secret(&part);
            secret |= part.is_secret();
            self.print(part, &mut text)?;
            crate::template::value::fits(text.len())?;
        }
        Ok(Value::text(text, secret))
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
    pub(super) fn print(&mut self, value: Value, out: &mut String) -> Result<()> {
        match value {
            Value::Omit | Value::None => {}
            Value::Str(s) if !s.trusted => out.push_str(&s.text),
            value => {
                // what behaves as a dict is printed as one
                let value = match &value {
                    Value::Object(object) if object.keys().is_some() => self.opened(value)?,
                    _ => value,
                };
                let value = self.finish(value, false, DEEPEST)?;
                match &value {
                    Value::None => {}
                    Value::Str(s) => out.push_str(&s.text),
                    other => out.push_str(&other.to_text()?),
                }
            }
        }
        Ok(())
    }
}
