//! `random` and `shuffle`: with a seed as Python's `random.Random(seed)` would, without one from the system.

use super::Filter;
use crate::template::args::Args;
use crate::template::value::pyset::hash;
use crate::template::value::{Error, Result, Value, str_repr};
use crate::template::{Effect, Eval};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use rand_mt::Mt;
use sha2::Digest;

/// This family's table.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new(&["random"], &["start", "step", "seed"], random),
    Filter::new(&["shuffle"], &["seed"], shuffle),
];

/// Python's generator.
pub(crate) struct Random(Mt);

impl Random {
    /// As `random.Random(seed)`; `None` for kinds of seeds that Python refuses.
    pub fn seeded(seed: &Value) -> Option<Random> {
        Some(match seed {
            Value::Str(s) => Random::of_text(&s.text),
            Value::Bytes(b) => Random::of_bytes(b),
            // by their hash, as a machine word without sign
            Value::Float(_) => Random::of_integer(&BigInt::from(hash(seed)? as u64)),
            other => Random::of_integer(&other.as_number()?.integer()?),
        })
    }

    /// As `random.Random('text')`: the text's bytes followed by their SHA-512, as one integer.
    pub fn of_text(text: &str) -> Random {
        Random::of_bytes(text.as_bytes())
    }

    fn of_bytes(bytes: &[u8]) -> Random {
        let mut bytes = bytes.to_vec();
        bytes.extend(sha2::Sha512::digest(&bytes));
        Random::of_integer(&BigInt::from_bytes_be(Sign::Plus, &bytes))
    }

    fn of_integer(seed: &BigInt) -> Random {
        let mut words = seed.abs().to_u32_digits().1;
        if words.is_empty() {
            words.push(0);
        }
        Random(Mt::new_with_key(words))
    }

    /// From the system's randomness.
    ///
    /// # Errors
    /// The system has none.
    pub fn from_system() -> Result<Random> {
        let mut bytes = [0u8; 64];
        getrandom::fill(&mut bytes).map_err(|e| Error::new(format!("no randomness from the system: {e}")))?;
        Ok(Random::of_integer(&BigInt::from_bytes_le(Sign::Plus, &bytes)))
    }

    fn bits(&mut self, count: u64) -> BigInt {
        let mut words = Vec::new();
        let mut left = count;
        while left > 0 {
            let word = self.0.next_u32();
            words.push(if left < 32 { word >> (32 - left) } else { word });
            left = left.saturating_sub(32);
        }
        BigInt::from_slice(Sign::Plus, &words)
    }

    /// A number below `limit`, which is above zero.
    pub fn below(&mut self, limit: &BigInt) -> BigInt {
        let bits = limit.bits();
        loop {
            let drawn = self.bits(bits);
            if drawn < *limit {
                return drawn;
            }
        }
    }

    /// An index into something of that length (not zero).
    pub fn index(&mut self, length: usize) -> usize {
        self.below(&BigInt::from(length.max(1))).to_usize().unwrap_or(0)
    }
}

fn generator(eval: &Eval<'_>, seed: Option<&Value>) -> Result<Random> {
    match seed {
        None | Some(Value::None) => {
            eval.world().effect(Effect::Volatile)?;
            Random::from_system()
        }
        Some(seed) => Random::seeded(seed).ok_or_else(|| {
            Error::new("The only supported seed types are: None,\nint, float, str, bytes, and bytearray.")
        }),
    }
}

/// An item by chance, or a number below the input: from `start` in steps of `step`.
///
/// # Errors
/// There is nothing to choose from, or a parameter is of the wrong type.
fn random(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let mut generator = generator(eval, args.get(2, "seed"))?;
    let integer = |index: usize, name: &str, default: i64| -> Result<BigInt> {
        match args.get(index, name) {
            None | Some(Value::None) => Ok(default.into()),
            Some(Value::Float(f)) if f.fract() == 0.0 => Ok(BigInt::from(*f as i64)),
            Some(Value::Str(s)) if crate::python::number::int(&s.text, 10).is_none() => {
                let shown = str_repr(&s.text);
                Err(Error::new(format!("invalid literal for int() with base 10: {shown}")))
            }
            Some(v) => v.as_number().and_then(|n| n.integer()).ok_or_else(|| match v {
                Value::Float(_) | Value::Str(_) => {
                    Error::new(format!("non-integer arg {} for randrange()", index + 1))
                }
                other => Error::new(format!(
                    "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                    other.class_name()
                )),
            }),
        }
    };
    if let Value::Int(_) | Value::Big(_) | Value::Bool(_) = input {
        let end = input.as_number().and_then(|n| n.integer()).unwrap_or_default();
        let start = integer(0, "start", 0)?;
        let step = Some(integer(1, "step", 1)?).filter(|s: &BigInt| !s.is_zero()).unwrap_or_else(|| 1.into());
        let width = &end - &start;
        let one = BigInt::from(1);
        if step == one && !width.is_positive() {
            return Err(Error::new(format!("empty range for randrange() ({start}, {end}, {width})")));
        }
        let rounding = BigInt::from(if step.is_positive() { -1 } else { 1 });
        let span: BigInt = &width + &step + rounding;
        let count = span.div_floor(&step);
        if !count.is_positive() {
            return Err(Error::new("empty range for randrange()"));
        }
        return Ok(Value::int(start + step * generator.below(&count)));
    }
    let given = |index: usize, name: &str| args.get(index, name).map_or(Ok(false), Value::is_true);
    let items: Vec<Value> = match &input {
        Value::Float(_) | Value::None => {
            return Err(Error::new("random can only be used on sequences and integers"));
        }
        other => match other.iter() {
            Ok(items) => items.collect(),
            Err(error) if other.is_undefined() => return Err(error),
            Err(_) => return Err(Error::new("random can only be used on sequences and integers")),
        },
    };
    if given(0, "start")? || given(1, "step")? {
        return Err(Error::new("start and step can only be used with integer values"));
    }
    if items.is_empty() {
        return Err(Error::new("Cannot choose from an empty sequence"));
    }
    let at = generator.index(items.len());
    if let Value::Dict(dict) = &input {
        // Python indexes the dict with the number it drew.
        let key = crate::template::Key::new(Value::from(at))?;
        return dict.get_key(&key).ok_or_else(|| Error::new(at.to_string()));
    }
    Ok(items.into_iter().nth(at).unwrap_or_default())
}

/// The items in an order by chance; what has no items stays as it is.
fn shuffle(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Ok(items) = input.iter() else { return Ok(input) };
    let mut items: Vec<Value> = items.collect();
    let seed = match args.get(0, "seed") {
        Some(seed) if seed.is_true()? => Some(seed),
        _ => None,
    };
    let mut generator = match (generator(eval, seed), seed) {
        (Ok(generator), _) => generator,
        // with a seed that Python does not take, everything stays where it is
        (Err(_), Some(_)) => return Ok(Value::list(items)),
        (Err(error), None) => return Err(error),
    };
    for i in (1..items.len()).rev() {
        items.swap(i, generator.index(i + 1));
    }
    Ok(Value::list(items))
}
