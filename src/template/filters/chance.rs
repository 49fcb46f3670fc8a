//! `random` and `shuffle`: with a seed as Python's `random.Random(seed)` would, without one from the system.

use super::Filter;
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
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
            // Other numbers seed with their hash, read without its sign.
            Value::Float(f) => Random::of_integer(&BigInt::from(hash(*f)? as u64)),
            other => Random::of_integer(&other.as_number()?.integer()?),
        })
    }

    /// As `random.Random('text')`: the text's bytes followed by their SHA-512, as one integer.
    pub fn of_text(text: &str) -> Random {
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend(sha2::Sha512::digest(text.as_bytes()));
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

/// Python's hash of a number that is finite: its value modulo the prime 2^61 - 1.
fn hash(number: f64) -> Option<i64> {
    const PRIME: u64 = (1 << 61) - 1;
    if !number.is_finite() {
        return None;
    }
    let bits = number.abs().to_bits();
    let (exponent, fraction) = ((bits >> 52) as i64, bits & ((1 << 52) - 1));
    let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
    // Doubling modulo that prime is a rotation by one of 61 bits.
    let turns = (exponent.max(1) - 1075).rem_euclid(61) as u32;
    let turned = (u128::from(mantissa) << turns) % u128::from(PRIME);
    let signed = turned as i64 * if number.is_sign_negative() { -1 } else { 1 };
    Some(if signed == -1 { -2 } else { signed })
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

fn random(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let mut generator = generator(eval, args.get(2, "seed"))?;
    let integer = |index: usize, name: &str, default: i64| -> Result<BigInt> {
        match args.get(index, name) {
            None | Some(Value::None) => Ok(default.into()),
            Some(v) => v.as_number().and_then(|n| n.integer()).ok_or_else(|| {
                let name = v.type_name();
                Error::new(format!("'{name}' object cannot be interpreted as an integer"))
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

fn shuffle(eval: &mut Eval<'_>, input: Value, args: &Args) -> Result<Value> {
    let Ok(items) = input.iter() else { return Ok(input) };
    let mut items: Vec<Value> = items.collect();
    let seed = match args.get(0, "seed") {
        Some(seed) if seed.is_true()? => Some(seed),
        _ => None,
    };
    let mut generator = generator(eval, seed)?;
    for i in (1..items.len()).rev() {
        items.swap(i, generator.index(i + 1));
    }
    Ok(Value::list(items))
}
