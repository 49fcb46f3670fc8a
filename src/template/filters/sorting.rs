//! Sorting with comparisons that may fail, as Python's do.

use crate::template::value::{Result, Value};
use std::cmp::Ordering;

/// Which of two keys goes first.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// The smaller.
    Less,
    /// The greater.
    Greater,
}

impl Order {
    /// Whether `a` goes before `b`.
    pub fn holds(self, a: &Value, b: &Value) -> Result<bool> {
        Ok(match self {
            Order::Less => a.compare(b, "<")? == Some(Ordering::Less),
            Order::Greater => a.compare(b, ">")? == Some(Ordering::Greater),
        })
    }
}

/// A key whose text is lower case, where case does not count.
pub(super) fn folded(key: Value, fold: bool) -> Value {
    match &key {
        Value::Str(s) if fold => Value::text(s.text.to_lowercase(), s.secret),
        _ => key,
    }
}

/// Sorts by key; equal keys keep their order, reversed too. A merge sort: the standard library's may panic where an
/// order contradicts itself (a NaN).
pub(super) fn sorted<T>(mut keyed: Vec<(Value, T)>, reverse: bool) -> Result<Vec<(Value, T)>> {
    if reverse {
        keyed.reverse();
    }
    let mut sorted = sorted_by(keyed, &mut |a, b| Order::Less.holds(&a.0, &b.0))?;
    if reverse {
        sorted.reverse();
    }
    Ok(sorted)
}

/// Sorts by what says whether its first argument goes before its second, by the same merge sort.
pub(crate) fn sorted_by<T>(
    mut left: Vec<T>,
    before: &mut dyn FnMut(&T, &T) -> Result<bool>,
) -> Result<Vec<T>> {
    if left.len() < 2 {
        return Ok(left);
    }
    let right = sorted_by(left.split_off(left.len() / 2), before)?;
    let left = sorted_by(left, before)?;
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        out.extend(if before(b, a)? { right.next() } else { left.next() });
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}
