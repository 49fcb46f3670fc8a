//! Complex numbers: what a fractional power of a negative number is in Python. They can be shown, no more.

use super::{Error, Object, Result, Value, float_repr};
use crate::template::Eval;
use crate::template::args::Args;

/// A complex number.
pub(super) struct Complex {
    /// The part on the line of the real numbers.
    pub real: f64,
    /// The factor of `j`.
    pub imaginary: f64,
}

impl Object for Complex {
    fn type_name(&self) -> &'static str {
        "complex"
    }

    fn repr(&self) -> String {
        let part = |f: f64| {
            let text = float_repr(f);
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        };
        if self.real == 0.0 && self.real.is_sign_positive() {
            return format!("{}j", part(self.imaginary));
        }
        let imaginary = part(self.imaginary);
        let sign = if imaginary.starts_with('-') { "" } else { "+" };
        format!("({}{sign}{imaginary}j)", part(self.real))
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(match name {
            "real" => Some(Value::Float(self.real)),
            "imag" => Some(Value::Float(self.imaginary)),
            _ => None,
        })
    }

    fn methods(&self) -> &'static [&'static str] {
        &["conjugate"]
    }

    fn call_method(&self, _eval: &mut Eval<'_>, name: &str, args: &Args) -> Result<Value> {
        args.fit(&[], 0)?;
        match name {
            "conjugate" => Ok(Value::object(Complex { real: self.real, imaginary: -self.imaginary })),
            other => Err(Error::new(format!("'complex' object has no attribute '{other}'"))),
        }
    }
}
