//! Python's numbers, as far as arithmetic needs them in one type.

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};
use std::cmp::Ordering;
use std::sync::Arc;

/// An integer of any size or a float.
#[derive(Clone, Debug)]
pub enum Number {
    /// An integer in machine range.
    Small(i64),
    /// An integer beyond machine range.
    Big(Arc<BigInt>),
    /// A float.
    Float(f64),
}

impl Number {
    /// As a float, infinite where it is too large.
    pub fn float(&self) -> f64 {
        match self {
            Number::Small(i) => *i as f64,
            Number::Big(b) => b.to_f64().unwrap_or(f64::INFINITY),
            Number::Float(f) => *f,
        }
    }

    /// As a float.
    ///
    /// # Errors
    /// It is an integer too large for one.
    pub fn finite(&self) -> super::Result<f64> {
        match (self, self.float()) {
            (Number::Big(_), f) if f.is_infinite() => {
                Err(super::Error::new("int too large to convert to float"))
            }
            (_, f) => Ok(f),
        }
    }

    /// As an integer, if it is one.
    pub fn integer(&self) -> Option<BigInt> {
        match self {
            Number::Small(i) => Some((*i).into()),
            Number::Big(b) => Some((**b).clone()),
            Number::Float(_) => None,
        }
    }

    /// Order; `None` where a NaN takes part.
    pub fn order(&self, other: &Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Small(a), Number::Small(b)) => Some(a.cmp(b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
            (integer, Number::Float(f)) => integer.beside(*f),
            (Number::Float(f), integer) => integer.beside(*f).map(Ordering::reverse),
            _ => Some(self.integer()?.cmp(&other.integer()?)),
        }
    }

    /// The order of an integer and a float, exact where the integer is no float.
    fn beside(&self, float: f64) -> Option<Ordering> {
        if let Number::Small(i) = self
            && i.unsigned_abs() <= 1 << 53
        {
            return (*i as f64).partial_cmp(&float);
        }
        if !float.is_finite() {
            return 0f64.partial_cmp(&float);
        }
        let order = self.integer()?.cmp(&BigInt::from_f64(float.floor())?);
        Some(order.then(if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less }))
    }
}
