//! Assignment to names, to attributes of namespaces, and by unpacking.

use super::Eval;
use crate::template::syntax::Target;
use crate::template::value::{Error, Result, Value};

impl Eval<'_> {
    /// Assigns a value in the innermost scope.
    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<()> {
        match target {
            Target::Name(name) => {
                self.state.frame().set(name, value);
                Ok(())
            }
            Target::Attribute(object, name) => match self.expr(object)? {
                Value::Object(o) => o.set(name, value),
                Value::Undefined(marker) => Err(Error(marker)),
                _ => Err(Error::new("cannot assign attribute on non-namespace object")),
            },
            Target::Many(targets) => {
                let items = match &value {
                    Value::Undefined(marker) => return Err(Error(marker.clone())),
                    v => self.items(v).map_err(|_| {
                        Error::new(format!("cannot unpack non-iterable {} object", v.type_name()))
                    })?,
                };
                let (wanted, got) = (targets.len(), items.len());
                if got < wanted {
                    let text = format!("not enough values to unpack (expected {wanted}, got {got})");
                    return Err(Error::new(text));
                }
                if got > wanted {
                    return Err(Error::new(format!("too many values to unpack (expected {wanted})")));
                }
                targets.iter().zip(items).try_for_each(|(t, v)| self.assign(t, v))
            }
        }
    }
}
