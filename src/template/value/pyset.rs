//! The order of a set's elements: that of CPython's hash table, which follows from the hashes of numbers.
//!
//! Texts hash differently in every run of Python, so that a set with anything but numbers (and tuples of them) has
//! no order to be matched: it keeps the order of insertion.

use super::{Key, Value};
use crate::maps::IndexMap;
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

/// Numbers hash by this prime (2^61 - 1).
const PRIME: u64 = (1 << 61) - 1;
/// The fewest slots of a table.
const FEWEST: usize = 8;
/// How many slots beside the first are looked at before the next jump.
const NEIGHBOURS: usize = 9;

/// Python's `hash()`, where it is the same in every run.
pub(crate) fn hash(value: &Value) -> Option<i64> {
    let known = match value {
        Value::Bool(b) => i64::from(*b),
        Value::Int(i) => {
            let rest = (i.unsigned_abs() % PRIME) as i64;
            if *i < 0 { -rest } else { rest }
        }
        Value::Big(big) => {
            let rest = big.abs().mod_floor(&BigInt::from(PRIME)).to_i64()?;
            if big.is_negative() { -rest } else { rest }
        }
        Value::Float(f) => of_float(*f)?,
        Value::Tuple(items) => return of_tuple(items),
        _ => return None,
    };
    Some(if known == -1 { -2 } else { known })
}

/// A float hashes as the number that it is, modulo the prime.
fn of_float(f: f64) -> Option<i64> {
    if f.is_nan() {
        return None;
    }
    if f.is_infinite() {
        return Some(if f > 0.0 { 314_159 } else { -314_159 });
    }
    let bits = f.abs().to_bits();
    let exponent = (bits >> 52) as i64;
    let fraction = bits & ((1 << 52) - 1);
    // The value is `whole * 2^power`.
    let (whole, power) = match exponent {
        0 => (fraction, -1074),
        e => (fraction | (1 << 52), e - 1075),
    };
    let turns = power.rem_euclid(61) as u32;
    let turned = (u128::from(whole) << turns) % u128::from(PRIME);
    let rest = i64::try_from(turned).ok()?;
    Some(if f < 0.0 { -rest } else { rest })
}

fn of_tuple(items: &[Value]) -> Option<i64> {
    const FIRST: u64 = 11_400_714_785_074_694_791;
    const SECOND: u64 = 14_029_467_366_897_019_727;
    const FIFTH: u64 = 2_870_177_450_012_600_261;
    let mut sum = FIFTH;
    for item in items {
        let lane = hash(item)? as u64;
        sum = sum.wrapping_add(lane.wrapping_mul(SECOND)).rotate_left(31).wrapping_mul(FIRST);
    }
    sum = sum.wrapping_add(items.len() as u64 ^ (FIFTH ^ 3_527_539));
    Some(if sum == u64::MAX { 1_546_275_796 } else { sum as i64 })
}

#[derive(Clone)]
enum Slot {
    Empty,
    /// Something was taken out here.
    Left,
    Full(i64, Key),
}

/// CPython's table, slot for slot.
#[derive(Clone)]
struct Table {
    slots: Vec<Slot>,
    /// Slots that are not empty.
    filled: usize,
    /// Slots that hold an element.
    used: usize,
}

/// Where to look for a hash: a run of neighbours, then the next place.
struct Probe {
    mask: usize,
    at: usize,
    left: usize,
    place: usize,
    perturb: u64,
}

impl Probe {
    fn new(hash: i64, mask: usize) -> Probe {
        let place = hash as u64 as usize & mask;
        let left = if place + NEIGHBOURS <= mask { NEIGHBOURS } else { 0 };
        Probe { mask, at: place, left, place, perturb: hash as u64 }
    }

    fn step(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            self.at += 1;
            return;
        }
        self.perturb >>= 5;
        let next = self.place.wrapping_mul(5).wrapping_add(1).wrapping_add(self.perturb as usize);
        self.place = next & self.mask;
        self.at = self.place;
        self.left = if self.place + NEIGHBOURS <= self.mask { NEIGHBOURS } else { 0 };
    }
}

impl Table {
    fn new() -> Table {
        Table { slots: vec![Slot::Empty; FEWEST], filled: 0, used: 0 }
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    /// Adds what is not in it yet.
    fn add(&mut self, hash: i64, key: Key) {
        self.used += 1;
        if self.put(hash, key) {
            return;
        }
        self.filled += 1;
        if self.filled * 5 >= self.mask() * 3 {
            self.resize(if self.used > 50_000 { self.used * 2 } else { self.used * 4 });
        }
    }

    /// Puts it where Python would; says whether that is where something was taken out: the last such place on the
    /// way to an empty one.
    fn put(&mut self, hash: i64, key: Key) -> bool {
        let mut probe = Probe::new(hash, self.mask());
        let mut left = None;
        loop {
            match self.slots.get(probe.at) {
                Some(Slot::Full(..)) => {}
                Some(Slot::Left) => left = Some(probe.at),
                Some(Slot::Empty) | None => break,
            }
            probe.step();
        }
        if let Some(slot) = self.slots.get_mut(left.unwrap_or(probe.at)) {
            *slot = Slot::Full(hash, key);
        }
        left.is_some()
    }

    /// Takes out what is in it.
    fn take(&mut self, hash: i64, key: &Key) {
        let mut probe = Probe::new(hash, self.mask());
        loop {
            let Some(slot) = self.slots.get_mut(probe.at) else { return };
            match slot {
                Slot::Full(h, k) if *h == hash && k == key => {
                    *slot = Slot::Left;
                    self.used -= 1;
                    return;
                }
                Slot::Empty => return,
                _ => probe.step(),
            }
        }
    }

    fn resize(&mut self, least: usize) {
        let mut size = FEWEST;
        while size <= least {
            size *= 2;
        }
        let old = std::mem::replace(&mut self.slots, vec![Slot::Empty; size]);
        for slot in old {
            if let Slot::Full(hash, key) = slot {
                self.put(hash, key);
            }
        }
        self.filled = self.used;
    }

    fn entries(&self) -> impl Iterator<Item = (i64, &Key)> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Full(hash, key) => Some((*hash, key)),
            _ => None,
        })
    }

    /// Room for another set's elements, as made before they are taken in.
    fn reserve(&mut self, more: usize) {
        if (self.filled + more) * 5 >= self.mask() * 3 {
            self.resize((self.used + more) * 2);
        }
    }
}

/// A set's elements: found by hash, walked in CPython's order.
#[derive(Clone)]
pub struct Elements {
    keys: IndexMap<Key, ()>,
    /// The order; none once an element's hash is not known.
    table: Option<Table>,
}

impl Default for Elements {
    fn default() -> Elements {
        Elements { keys: IndexMap::default(), table: Some(Table::new()) }
    }
}

impl FromIterator<Key> for Elements {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Elements {
        let mut elements = Elements::default();
        for key in keys {
            elements.insert(key);
        }
        elements
    }
}

impl Elements {
    /// In the order in which Python would walk them.
    pub fn items(&self) -> Vec<Value> {
        self.in_order().into_iter().map(|key| key.value().clone()).collect()
    }

    fn in_order(&self) -> Vec<&Key> {
        match &self.table {
            Some(table) => table.entries().map(|(_, key)| key).collect(),
            None => self.keys.keys().collect(),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether it is among them.
    pub fn contains(&self, key: &Key) -> bool {
        self.keys.contains_key(key)
    }

    /// Adds one; says whether it is new.
    pub fn insert(&mut self, key: Key) -> bool {
        if self.keys.contains_key(&key) {
            return false;
        }
        match (hash(key.value()), &mut self.table) {
            (Some(hash), Some(table)) => table.add(hash, key.clone()),
            _ => self.table = None,
        }
        self.keys.insert(key, ());
        true
    }

    /// Takes one out; says whether it was there.
    pub fn remove(&mut self, key: &Key) -> bool {
        if self.keys.shift_remove(key).is_none() {
            return false;
        }
        if let (Some(hash), Some(table)) = (hash(key.value()), &mut self.table) {
            table.take(hash, key);
        }
        true
    }

    /// Takes in another set's, as `|=` does.
    pub fn merge(&mut self, other: &Elements) {
        if other.is_empty() {
            return;
        }
        let (Some(table), Some(theirs)) = (&mut self.table, &other.table) else {
            for key in other.in_order() {
                self.insert(key.clone());
            }
            return;
        };
        table.reserve(theirs.used);
        if table.filled > 0 {
            for key in other.in_order() {
                self.insert(key.clone());
            }
            return;
        }
        if table.mask() == theirs.mask() && theirs.filled == theirs.used {
            *table = theirs.clone();
        } else {
            for (hash, key) in theirs.entries() {
                table.put(hash, key.clone());
            }
            table.filled = theirs.used;
            table.used = theirs.used;
        }
        self.keys.extend(other.keys.iter().map(|(key, ())| (key.clone(), ())));
    }

    /// A copy, which Python lays out anew.
    pub fn copied(&self) -> Elements {
        let mut copy = Elements::default();
        copy.merge(self);
        copy
    }

    /// Whether either has no order but that of insertion.
    fn as_inserted(&self, other: &Elements) -> bool {
        self.table.is_none() || other.table.is_none()
    }

    /// Those that are (or are not) in another set.
    fn kept(&self, other: &Elements, wanted: bool) -> Elements {
        self.keys.keys().filter(|key| other.contains(key) == wanted).cloned().collect()
    }

    /// `self | other`
    pub fn union(&self, other: &Elements) -> Elements {
        if self.as_inserted(other) {
            return self.keys.keys().chain(other.keys.keys()).cloned().collect();
        }
        let mut all = self.copied();
        all.merge(other);
        all
    }

    /// `self & other`
    pub fn intersection(&self, other: &Elements) -> Elements {
        if self.as_inserted(other) {
            return self.kept(other, true);
        }
        let (walked, asked) = if other.len() > self.len() { (self, other) } else { (other, self) };
        walked.in_order().into_iter().filter(|key| asked.contains(key)).cloned().collect()
    }

    /// `self - other`
    pub fn difference(&self, other: &Elements) -> Elements {
        if self.as_inserted(other) {
            return self.kept(other, false);
        }
        if self.len() >> 2 <= other.len() {
            return self.in_order().into_iter().filter(|key| !other.contains(key)).cloned().collect();
        }
        let mut rest = self.copied();
        for key in other.in_order() {
            rest.remove(key);
        }
        if let Some(table) = &mut rest.table
            && table.filled - table.used > table.mask() / 4
        {
            table.resize(if table.used > 50_000 { table.used * 2 } else { table.used * 4 });
        }
        rest
    }

    /// `self ^ other`
    pub fn symmetric_difference(&self, other: &Elements) -> Elements {
        if self.as_inserted(other) {
            let (left, right) = (self.kept(other, false), other.kept(self, false));
            return left.union(&right);
        }
        let mut either = other.copied();
        for key in self.in_order() {
            if !either.remove(key) {
                either.insert(key.clone());
            }
        }
        either
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: impl IntoIterator<Item = i64>) -> Elements {
        numbers.into_iter().map(|n| Key::new(Value::Int(n)).unwrap()).collect()
    }

    fn shown(elements: &Elements) -> String {
        Value::list(elements.items()).to_string()
    }

    #[test]
    fn numbers_hash_as_in_python() {
        let cases = [
            (Value::Int(-1), -2),
            (Value::Int(i64::MIN), -4),
            (Value::Float(0.5), 1_152_921_504_606_846_976),
            (Value::Float(-1.5), -1_152_921_504_606_846_977),
            (Value::Float(1e300), 1_224_995_262_755_759_164),
            (Value::Float(3.0), 3),
            (Value::tuple([Value::Int(1), Value::Int(2)]), -3_550_055_125_485_641_917),
            (Value::tuple([]), 5_740_354_900_026_072_187),
        ];
        for (value, expected) in cases {
            assert_eq!(hash(&value), Some(expected), "{value}");
        }
        assert_eq!(hash(&Value::str("a")), None);
    }

    #[test]
    fn sets_of_numbers_are_walked_as_cpython_walks_them() {
        let ports = set([80, 443, 22]);
        assert_eq!(shown(&ports.union(&set([8080]))), "[80, 443, 8080, 22]");
        assert_eq!(shown(&set([80, 443, 22, 8080]).difference(&set([80]))), "[8080, 443, 22]");
        assert_eq!(shown(&set([-1, -2, 5, 33]).union(&set([]))), "[33, 5, -1, -2]");
        let either = set([3, 100, 20, 5, 1]).symmetric_difference(&set([50, 63, 3, 8, 16, 24]));
        assert_eq!(shown(&either), "[1, 5, 8, 16, 20, 24, 100, 50, 63]");
        assert_eq!(shown(&set([-1, 64, 33, 1]).intersection(&set([-1, -2, 5, 33]))), "[33, -1]");
    }

    #[test]
    fn a_set_with_text_keeps_the_order_of_insertion() {
        let mut mixed = set([100, 3]);
        mixed.insert(Key::str("b"));
        mixed.insert(Key::str("a"));
        assert_eq!(shown(&mixed), "[100, 3, 'b', 'a']");
    }
}
