//! Python's numbers, as far as arithmetic needs them in one type.

use num_bigint::BigInt;
use num_traits::ToPrimitive;
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
            (Number::Float(_), _) | (_, Number::Float(_)) => self.float().partial_cmp(&other.float()),
            _ => Some(self.integer()?.cmp(&other.integer()?)),
        }
    }
}
