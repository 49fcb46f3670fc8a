//! Lists, dicts and sets that are shared by reference and changed in place, as Python's are.

use super::pyset::Elements;
use super::{Error, Result, Value};
use crate::maps::IndexMap;
use indexmap::Equivalent;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};

/// The most items that a range or a repetition may come to.
pub(crate) const LARGEST: usize = 10_000_000;

/// A shared cell around a snapshot that readers take without copying.
struct Shared<T>(Arc<RwLock<Arc<T>>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl<T: Clone> Shared<T> {
    fn new(value: T) -> Self {
        Shared(Arc::new(RwLock::new(Arc::new(value))))
    }

    fn read(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Looks at it where it is: cheaper than a snapshot; `look` must not come back to it.
    fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.read().unwrap_or_else(|e| e.into_inner()))
    }

    fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut guard = self.0.write().unwrap_or_else(|e| e.into_inner());
        change(Arc::make_mut(&mut guard))
    }

    /// The same content under another identity.
    fn apart(&self) -> Self {
        Shared(Arc::new(RwLock::new(self.read())))
    }

    fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// Whose a list or dict is: what tells whether, met twice, it counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kin {
    /// One wherever it is met.
    #[default]
    One,
    /// Rendered from a variable's template: one, and so is what is in it, but nothing that is met outside of it.
    Apart,
    /// Written in a template: another one at each place.
    Written,
}

/// A list.
#[derive(Clone)]
pub struct List(Shared<Vec<Value>>, bool, Kin);

impl List {
    /// A list of its own.
    pub fn new(items: Vec<Value>) -> List {
        List(Shared::new(items), false, Kin::One)
    }

    /// The same list, which templates may no longer change: they get a copy of their own where they try.
    pub fn frozen(self) -> List {
        List(self.0, true, self.2)
    }

    /// Whether templates change a copy of it.
    pub fn is_frozen(&self) -> bool {
        self.1
    }

    /// What it holds now; later changes do not show.
    pub fn items(&self) -> Arc<Vec<Value>> {
        self.0.read()
    }

    /// Changes it in place.
    pub fn change<R>(&self, change: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        self.0.change(change)
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.0.look(Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at that place, not rendered.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.0.look(|items| items.get(index).cloned())
    }

    /// Whether both are one list.
    pub fn same(&self, other: &List) -> bool {
        self.0.same(&other.0)
    }

    /// Tells lists apart while walking.
    pub fn address(&self) -> usize {
        self.0.address()
    }

    /// A list of the same items with an identity of its own, which a change of either does not show in.
    pub fn apart(&self) -> List {
        List(self.0.apart(), self.1, Kin::Apart)
    }

    /// The same list as another kin.
    pub fn of(self, kin: Kin) -> List {
        List(self.0, self.1, kin)
    }

    /// Whose it is.
    pub fn kin(&self) -> Kin {
        self.2
    }
}

/// A hashable value, equal and hashed as Python does it: `1`, `1.0` and `True` are one key.
#[derive(Clone)]
pub struct Key(Value);

impl Key {
    /// A key of a value that is already rendered.
    ///
    /// # Errors
    /// It cannot be hashed.
    pub fn new(value: Value) -> Result<Key> {
        match &value {
            Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::View(_) => {
                Err(Error::new(format!("unhashable type: '{}'", value.class_name())))
            }
            Value::Undefined(marker) => Err(Error(marker.clone())),
            Value::Tuple(items) => {
                for item in items.iter() {
                    Key::new(item.clone())?;
                }
                Ok(Key(value))
            }
            _ => Ok(Key(value)),
        }
    }

    /// A string key.
    pub fn str(text: impl Into<Arc<str>>) -> Key {
        Key(Value::str(text))
    }

    /// The value that is the key.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The same, never rendered as a template.
    pub fn plain(&self) -> Key {
        match &self.0 {
            Value::Str(s) if s.is_template() => Key(Value::Str(super::Str { trusted: false, ..s.clone() })),
            _ => self.clone(),
        }
    }

    /// The text, if the key is a string.
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_str()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        match (&self.0, &other.0) {
            (Value::Str(a), Value::Str(b)) => a.text == b.text,
            (a, b) => a.equals(b).unwrap_or(false),
        }
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Str(s) => s.text.hash(state),
            Value::Bool(b) => i64::from(*b).hash(state),
            Value::Int(i) => i.hash(state),
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 9e15 => (*f as i64).hash(state),
            Value::Float(f) => f.to_bits().hash(state),
            Value::Big(b) => b.hash(state),
            Value::Bytes(b) => b.hash(state),
            Value::Tuple(items) => {
                for item in items.iter() {
                    Key(item.clone()).hash(state);
                }
            }
            Value::Date(d) => d.hash(state),
            Value::DateTime(t) => t.hash(state),
            Value::Time(t) => t.hash(state),
            Value::Duration(d) => d.hash(state),
            _ => 0u8.hash(state),
        }
    }
}

impl Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_str() == Some(self)
    }
}

/// A dict, in order of insertion.
#[derive(Clone)]
pub struct Dict(Shared<IndexMap<Key, Value>>, bool, Kin);

impl Default for Dict {
    fn default() -> Dict {
        Dict::new(IndexMap::default())
    }
}

impl FromIterator<(Key, Value)> for Dict {
    fn from_iter<I: IntoIterator<Item = (Key, Value)>>(pairs: I) -> Dict {
        Dict::new(pairs.into_iter().collect())
    }
}

impl Dict {
    /// A dict of its own.
    pub fn new(pairs: IndexMap<Key, Value>) -> Dict {
        Dict(Shared::new(pairs), false, Kin::One)
    }

    /// The same dict, which templates may no longer change: they get a copy of their own where they try.
    pub fn frozen(self) -> Dict {
        Dict(self.0, true, self.2)
    }

    /// Whether templates change a copy of it.
    pub fn is_frozen(&self) -> bool {
        self.1
    }

    /// What it holds now; later changes do not show.
    pub fn pairs(&self) -> Arc<IndexMap<Key, Value>> {
        self.0.read()
    }

    /// Changes it in place.
    pub fn change<R>(&self, change: impl FnOnce(&mut IndexMap<Key, Value>) -> R) -> R {
        self.0.change(change)
    }

    /// How many pairs.
    pub fn len(&self) -> usize {
        self.0.look(IndexMap::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value under a string key, not rendered.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.look(|pairs| pairs.get(key).cloned())
    }

    /// The value under any key, not rendered.
    pub fn get_key(&self, key: &Key) -> Option<Value> {
        self.pairs().get(key).cloned()
    }

    /// Sets a value; an equal key stays as it was first written.
    pub fn insert(&self, key: Key, value: Value) {
        self.change(|pairs| pairs.insert(key, value));
    }

    /// The keys, which are never templates.
    pub fn keys(&self) -> Vec<Value> {
        self.pairs().keys().map(|key| key.plain().0).collect()
    }

    /// Whether both are one dict.
    pub fn same(&self, other: &Dict) -> bool {
        self.0.same(&other.0)
    }

    /// Tells dicts apart while walking.
    pub fn address(&self) -> usize {
        self.0.address()
    }

    /// A dict of the same pairs with an identity of its own, which a change of either does not show in.
    pub fn apart(&self) -> Dict {
        Dict(self.0.apart(), self.1, Kin::Apart)
    }

    /// The same dict as another kin.
    pub fn of(self, kin: Kin) -> Dict {
        Dict(self.0, self.1, kin)
    }

    /// Whose it is.
    pub fn kin(&self) -> Kin {
        self.2
    }
}

/// A set, walked in the order in which Python walks it where that can be known.
#[derive(Clone)]
pub struct Set(Shared<Elements>);

impl FromIterator<Key> for Set {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Set {
        Set::new(keys.into_iter().collect())
    }
}

impl Set {
    /// A set of its own.
    pub fn new(elements: Elements) -> Set {
        Set(Shared::new(elements))
    }

    /// What it holds now; later changes do not show.
    pub fn elements(&self) -> Arc<Elements> {
        self.0.read()
    }

    /// Changes it in place.
    pub fn change<R>(&self, change: impl FnOnce(&mut Elements) -> R) -> R {
        self.0.change(change)
    }

    /// The elements.
    pub fn items(&self) -> Vec<Value> {
        self.0.read().items()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.look(Elements::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it holds that element.
    pub fn contains(&self, key: &Key) -> bool {
        self.0.read().contains(key)
    }

    /// Tells sets apart while walking.
    pub fn address(&self) -> usize {
        self.0.address()
    }
}

/// What yields items without being a list: a dict's views, generators.
#[derive(Clone)]
pub struct View {
    /// What it yields.
    pub items: Arc<[Value]>,
    /// What Python calls its type: `dict_keys`, `generator` …
    pub name: &'static str,
    /// Whether it has a length (a generator has none).
    pub sized: bool,
}

impl View {
    /// The name of the pairs that `groupby` yields: `grouper` and `list`.
    pub const GROUP: &'static str = "GroupTuple";

    /// A value and the items that have it.
    pub fn group(grouper: Value, items: Vec<Value>) -> View {
        View { items: [grouper, Value::list(items)].into(), name: View::GROUP, sized: true }
    }

    /// A tuple whose places have names, under the name that it prints with.
    pub fn named(name: &'static str, items: Vec<Value>) -> View {
        View { items: items.into(), name, sized: true }
    }

    /// The names of its places, if it is such a tuple.
    pub fn fields(&self) -> &'static [&'static str] {
        match self.name {
            View::GROUP => &["grouper", "list"],
            "IsoCalendarDate" => &["year", "week", "weekday"],
            "struct_time" => &[
                "tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday",
                "tm_isdst",
            ],
            _ => &[],
        }
    }

    /// Whether it is a tuple, which is printed as one.
    pub fn is_tuple(&self) -> bool {
        !self.fields().is_empty()
    }

    /// A dict's view.
    pub fn of_dict(name: &'static str, items: Vec<Value>) -> View {
        View { items: items.into(), name, sized: true }
    }

    /// What an iterator filter yields.
    pub fn generator(items: Vec<Value>) -> View {
        View { items: items.into(), name: "generator", sized: false }
    }
}

/// `range(start, stop, step)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// First.
    pub start: i64,
    /// Not reached.
    pub stop: i64,
    /// Never zero.
    pub step: i64,
}

impl Range {
    /// How many numbers.
    pub fn len(&self) -> usize {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let count = match step {
            0 => 0,
            s if s > 0 => (stop - start + s - 1).div_euclid(s),
            s => (start - stop - s - 1).div_euclid(-s),
        };
        count.max(0) as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at that place.
    pub fn get(&self, index: usize) -> Option<Value> {
        let at = i128::from(self.start) + index as i128 * i128::from(self.step);
        (index < self.len()).then(|| Value::Int(at as i64))
    }

    /// All numbers.
    ///
    /// # Errors
    /// There are too many.
    pub fn items(&self) -> Result<Vec<Value>> {
        if self.len() > LARGEST {
            return Err(Error::new(format!(
                "Range too big. The sandbox blocks ranges larger than {LARGEST} items."
            )));
        }
        Ok((0..self.len()).filter_map(|i| self.get(i)).collect())
    }
}
