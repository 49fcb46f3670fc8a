//! Reading values: rendering on access, attributes, items, and what a variable may hold in the end.

use super::Eval;
use crate::diag::Diagnostic;
use crate::template::methods;
use crate::template::value::{Dict, Error, Key, List, Marker, MarkerKind, Result, Str, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep containers may nest.
const DEEPEST: u32 = crate::template::value::DEEPEST as u32;

/// What reading made of containers that changed by it: one that is met again stays one.
type Read = HashMap<usize, (Value, Value)>;

impl Eval<'_> {
    /// Reads a value as an access does: a trusted template is rendered, an encrypted string decrypted; what fails
    /// becomes a marker. Containers stay as they are.
    pub fn read(&mut self, value: Value) -> Value {
        match &value {
            Value::Str(s) if s.is_template() => self.rendered(s),
            Value::Vault(vault) => self.decrypted(vault),
            Value::List(l) if l.is_frozen() && !self.changed.is_empty() => self.own_copy(l.address(), value),
            Value::Dict(d) if d.is_frozen() && !self.changed.is_empty() => self.own_copy(d.address(), value),
            _ => value,
        }
    }

    fn decrypted(&mut self, vault: &Str) -> Value {
        if let Some(known) = self.world.remembered(&vault.text) {
            return known;
        }
        let value = match self.world.decrypt(&vault.text) {
            Ok(text) => Value::Str(Str { span: vault.span, ..Str::plain(text).marked(true) }),
            Err(e) => {
                let hint = e.hint.clone();
                let error =
                    Diagnostic::user("Attempt to use undecryptable variable").at(vault.span).because(e);
                let marker = Error::from(Diagnostic { hint, ..error }).0;
                let sealed = Some(vault.text.clone());
                let kind = MarkerKind::Raised;
                Value::Undefined(Arc::new(Marker { kind, sealed, ..(*marker).clone() }))
            }
        };
        self.world.remember(&vault.text, &value);
        value
    }

    /// What this evaluation made of a frozen container when it changed it, if it did.
    fn own_copy(&self, address: usize, value: Value) -> Value {
        self.changed.get(&address).map_or(value, |(_, copy)| copy.clone())
    }

    /// The container that a method may change: a frozen one is copied first, and every later reading of it in
    /// this evaluation gives the copy.
    pub(crate) fn thawed(&mut self, value: &Value) -> Value {
        let (address, copy) = match value {
            Value::List(l) if l.is_frozen() => (l.address(), Value::List(List::new(l.items().to_vec()))),
            Value::Dict(d) if d.is_frozen() => (d.address(), Value::Dict(Dict::new((*d.pairs()).clone()))),
            _ => return value.clone(),
        };
        // The original is kept, so that its address is not given to another.
        self.changed.entry(address).or_insert_with(|| (value.clone(), copy)).1.clone()
    }

    /// Reads a value and everything in it; what fails inside stays in its place as a marker.
    ///
    /// # Errors
    /// It nests too deep.
    pub fn deep(&mut self, mut value: Value) -> Result<Value> {
        self.deepen(&mut value)?;
        Ok(value)
    }

    /// As [`Eval::deep`], in its place.
    pub(super) fn deepen(&mut self, value: &mut Value) -> Result<()> {
        self.read_whole(value, false)
    }

    fn read_whole(&mut self, value: &mut Value, open: bool) -> Result<()> {
        if is_plain(value) {
            return Ok(());
        }
        let before = std::mem::take(&mut self.visited);
        let read = self.deeply(value, DEEPEST, open, &mut Read::new());
        self.visited = before;
        if let Some(read) = read? {
            *value = read;
        }
        Ok(())
    }

    /// As [`Eval::deepen`], with objects that behave as dicts (`hostvars`) made into dicts.
    pub(super) fn open(&mut self, value: &mut Value) -> Result<()> {
        self.read_whole(value, true)
    }

    /// What reading makes of it, or `None` where it stays as it is.
    fn deeply(&mut self, value: &Value, depth: u32, open: bool, known: &mut Read) -> Result<Option<Value>> {
        if is_plain(value) {
            return Ok(None);
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::new("maximum recursion depth exceeded"));
        };
        let address = match value {
            Value::List(l) => Some(l.address()),
            Value::Dict(d) => Some(d.address()),
            _ => None,
        };
        if let Some((_, read)) = address.filter(|_| !known.is_empty()).and_then(|at| known.get(&at)) {
            return Ok(Some(read.clone()));
        }
        self.visit()?;
        let read = self.deeply_read(value, depth, open, known)?;
        if let (Some(address), Some(read)) = (address, &read) {
            known.insert(address, (value.clone(), read.clone()));
        }
        Ok(read)
    }

    fn deeply_read(
        &mut self,
        value: &Value,
        depth: u32,
        open: bool,
        known: &mut Read,
    ) -> Result<Option<Value>> {
        Ok(match value {
            Value::Str(s) if s.is_template() => {
                let value = self.rendered(s);
                Some(self.deeply(&value, depth, open, known)?.unwrap_or(value))
            }
            Value::Vault(vault) => Some(self.decrypted(vault)),
            Value::List(l) => {
                let value = self.read(value.clone());
                match &value {
                    Value::List(own) if !own.same(l) => {
                        Some(self.deeply(&value, depth, open, known)?.unwrap_or(value))
                    }
                    _ => self.deep_all(&l.items(), depth, open, known)?.map(Value::list),
                }
            }
            Value::Tuple(t) => self.deep_all(t, depth, open, known)?.map(Value::tuple),
            Value::View(v) => self
                .deep_all(&v.items, depth, open, known)?
                .map(|items| Value::View(crate::template::value::View { items: items.into(), ..v.clone() })),
            Value::Dict(d) => {
                let value = self.read(value.clone());
                match &value {
                    Value::Dict(own) if !own.same(d) => {
                        Some(self.deeply(&value, depth, open, known)?.unwrap_or(value))
                    }
                    _ => self.deep_dict(d, depth, open, known)?,
                }
            }
            Value::Object(o) if open => match o.keys() {
                Some(keys) => {
                    let dict = Dict::default();
                    for key in keys {
                        let item = self.item(value, &key)?;
                        let item = self.deeply(&item, depth, open, known)?.unwrap_or(item);
                        dict.insert(Key::new(key)?, item);
                    }
                    Some(Value::Dict(dict))
                }
                None => None,
            },
            _ => None,
        })
    }

    fn deep_all(
        &mut self,
        items: &[Value],
        depth: u32,
        open: bool,
        known: &mut Read,
    ) -> Result<Option<Vec<Value>>> {
        let mut changed: Option<Vec<Value>> = None;
        for (i, item) in items.iter().enumerate() {
            match (self.deeply(item, depth, open, known)?, &mut changed) {
                (Some(new), Some(all)) => all.push(new),
                (None, Some(all)) => all.push(item.clone()),
                (Some(new), None) => {
                    let mut all = Vec::with_capacity(items.len());
                    all.extend_from_slice(items.get(..i).unwrap_or(&[]));
                    all.push(new);
                    changed = Some(all);
                }
                (None, None) => {}
            }
        }
        Ok(changed)
    }

    fn deep_dict(&mut self, dict: &Dict, depth: u32, open: bool, known: &mut Read) -> Result<Option<Value>> {
        let pairs = dict.pairs();
        let mut changed = None;
        for (key, value) in pairs.iter() {
            if let Some(new) = self.deeply(value, depth, open, known)? {
                changed.get_or_insert_with(|| (*pairs).clone()).insert(key.clone(), new);
            }
        }
        Ok(changed.map(|pairs| Value::Dict(Dict::new(pairs))))
    }

    /// A value as a variable may hold it: tuples, sets and views become lists, `omit` drops out of containers.
    ///
    /// # Errors
    /// A marker is in it, or something no variable can hold (a function, a macro).
    pub fn finalize(&mut self, value: Value) -> Result<Value> {
        self.finish(value, true, DEEPEST)
    }

    /// As [`Eval::finalize`]; what is only printed (`storing` false) may be anything.
    pub(super) fn finish(&mut self, value: Value, storing: bool, depth: u32) -> Result<Value> {
        if is_plain(&value) {
            return Ok(value);
        }
        let before = std::mem::take(&mut self.visited);
        let finished = self.finished(&value, storing, depth);
        self.visited = before;
        Ok(finished?.unwrap_or(value))
    }

    /// Counts a value that is met within another: a list that holds another twice, and so on, is short in memory only.
    ///
    /// # Errors
    /// They are too many.
    pub(super) fn visit(&mut self) -> Result<()> {
        self.visited += 1;
        crate::template::value::fits(self.visited * 8)
    }

    /// What storing makes of it, or `None` where it stays as it is: what was stored before is not built again.
    fn finished(&mut self, value: &Value, storing: bool, depth: u32) -> Result<Option<Value>> {
        if is_plain(value) {
            return Ok(None);
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::new("maximum recursion depth exceeded"));
        };
        self.visit()?;
        let read = self.read(value.clone());
        let items = match &read {
            // What was rendered is never a template again, whatever it looks like; other text stays trusted.
            Value::Str(s) if s.markup || s.embedded || s.is_template() => {
                let trusted = s.trusted && !s.is_template();
                let plain = Str { trusted, markup: s.markup && !storing, embedded: false, ..s.clone() };
                return Ok(Some(Value::Str(plain)));
            }
            Value::List(l) => {
                let same = matches!(value, Value::List(given) if given.same(l));
                let items = l.items();
                let all = match self.finish_all(&items, storing, depth)? {
                    None if l.is_frozen() => return Ok((!same).then_some(read)),
                    all => all.unwrap_or_else(|| items.to_vec()),
                };
                return Ok(Some(Value::List(List::new(all).frozen())));
            }
            Value::Tuple(t) => t.to_vec(),
            // in text, a tuple whose places have names stays one
            Value::View(v) if !storing && v.is_tuple() => {
                return self.deeply(&read, depth, false, &mut Read::new());
            }
            Value::View(v) => v.items.to_vec(),
            Value::Set(s) => s.items(),
            Value::Dict(d) => {
                let same = matches!(value, Value::Dict(given) if given.same(d));
                let new = self.finish_dict(d, storing, depth)?;
                return Ok(new.or_else(|| (!same).then_some(read)));
            }
            Value::Undefined(marker) => {
                let replaced = self.replacement(marker).map(Value::from);
                return replaced.map(Some).ok_or_else(|| Error(marker.clone()));
            }
            Value::Object(o) if o.printed().is_some() => return Ok(o.printed()),
            Value::Object(o) if storing => match o.keys() {
                Some(keys) => {
                    let dict = Dict::default();
                    for key in keys {
                        let item = self.item(&read, &key)?;
                        dict.insert(Key::new(key)?, item);
                    }
                    return self.finish_dict(&dict, storing, depth);
                }
                None => return Err(unstorable(&read)),
            },
            Value::Range(_) | Value::Function(_) | Value::Method(_) | Value::Void(_) | Value::Duration(_)
                if storing =>
            {
                return Err(unstorable(&read));
            }
            _ => {
                let rendered = matches!(value, Value::Str(s) if s.is_template());
                return Ok((rendered || matches!(value, Value::Vault(_))).then_some(read));
            }
        };
        let all = self.finish_all(&items, storing, depth)?.unwrap_or(items);
        Ok(Some(Value::List(List::new(all).frozen())))
    }

    /// The items as they are stored, or `None` where all stay as they are.
    fn finish_all(&mut self, items: &[Value], storing: bool, depth: u32) -> Result<Option<Vec<Value>>> {
        let mut changed: Option<Vec<Value>> = None;
        for (at, item) in items.iter().enumerate() {
            let new = self.finished(item, storing, depth)?;
            if new.is_none() && changed.is_none() && !matches!(item, Value::Omit) {
                continue;
            }
            let all = changed.get_or_insert_with(|| items.get(..at).unwrap_or_default().to_vec());
            match new.unwrap_or_else(|| item.clone()) {
                Value::Omit => {}
                item => all.push(item),
            }
        }
        Ok(changed)
    }

    /// The dict as it is stored, or `None` where it stays as it is.
    fn finish_dict(&mut self, dict: &Dict, storing: bool, depth: u32) -> Result<Option<Value>> {
        let stays = dict.is_frozen();
        let pairs = dict.pairs();
        let mut changed: Option<crate::maps::IndexMap<Key, Value>> = None;
        for (at, (key, value)) in pairs.iter().enumerate() {
            let new = self.finished(value, storing, depth)?;
            // A tuple becomes a list where it is stored, which no dict can have as a key.
            let is_left_out = matches!(new.as_ref().unwrap_or(value), Value::Omit);
            if storing && !is_left_out && matches!(key.value(), Value::Tuple(_)) {
                return Err(Error::new("unhashable type: 'list'"));
            }
            let is_template = matches!(key.value(), Value::Str(s) if s.is_template());
            if stays && new.is_none() && changed.is_none() && !is_template && !is_left_out {
                continue;
            }
            let all = changed.get_or_insert_with(|| {
                let mut all =
                    crate::maps::IndexMap::with_capacity_and_hasher(pairs.len(), Default::default());
                all.extend(pairs.iter().take(at).map(|(key, value)| (key.clone(), value.clone())));
                all
            });
            if !is_left_out {
                all.insert(key.plain(), new.unwrap_or_else(|| value.clone()));
            }
        }
        Ok(match changed {
            None if stays => None,
            changed => Some(Value::Dict(Dict::new(changed.unwrap_or_default()).frozen())),
        })
    }

    /// The items of a value, each read.
    ///
    /// # Errors
    /// It cannot be iterated, or is a marker.
    pub fn items(&mut self, value: &Value) -> Result<Vec<Value>> {
        if let Value::Dict(d) = value {
            return Ok(d.keys());
        }
        Ok(value.iter()?.map(|v| self.read(v)).collect())
    }

    /// `object.name`, read; a marker where there is none.
    ///
    /// # Errors
    /// The attribute exists and cannot be computed.
    pub fn attribute(&mut self, object: &Value, name: &str) -> Result<Value> {
        if object.is_undefined() {
            return Ok(object.clone());
        }
        if let Value::Void(marker) = object {
            return Err(Error(marker.clone()));
        }
        if let Value::Object(o) = object
            && let Some(value) = o.attribute(self, name)?
        {
            return Ok(self.read(value));
        }
        if is_unsafe(name) {
            return Ok(unsafe_attribute(object, name));
        }
        if let Some(value) = methods::property(object, name) {
            return Ok(value);
        }
        if methods::has(object, name) {
            let bound = crate::template::value::Bound { object: object.clone(), name: name.into() };
            return Ok(Value::Method(Arc::new(bound)));
        }
        if let Value::Dict(d) = object {
            return Ok(match d.get(name) {
                Some(value) => self.read(value),
                None => missing(object, &Value::str(name)),
            });
        }
        self.item(object, &Value::str(name))
    }

    /// `object[key]`, read; a marker where there is none.
    ///
    /// # Errors
    /// The item exists and cannot be computed.
    pub fn item(&mut self, object: &Value, key: &Value) -> Result<Value> {
        if object.is_undefined() {
            return Ok(object.clone());
        }
        if let Value::Undefined(marker) = key {
            return Err(Error(marker.clone()));
        }
        if let Value::Void(marker) = object {
            return Err(Error(marker.clone()));
        }
        let found = match (object, key) {
            (Value::Dict(d), Value::Str(s)) => d.get(&s.text),
            (Value::Dict(d), key) => Key::new(key.clone()).ok().and_then(|k| d.get_key(&k)),
            (Value::Object(o), key) => match o.item(self, key)? {
                None if o.keys().is_none() => match key.as_str() {
                    Some(name) => o.attribute(self, name)?,
                    None => None,
                },
                found => found,
            },
            (_, Value::Int(_) | Value::Bool(_)) => indexed(object, key.as_int().unwrap_or(0)),
            _ => None,
        };
        if let Some(value) = found {
            return Ok(self.read(value));
        }
        if let Some(name) = key.as_str() {
            if is_unsafe(name) {
                return Ok(unsafe_attribute(object, name));
            }
            if let Some(value) = methods::property(object, name) {
                return Ok(value);
            }
            if methods::has(object, name) {
                let bound = crate::template::value::Bound { object: object.clone(), name: name.into() };
                return Ok(Value::Method(Arc::new(bound)));
            }
        }
        Ok(missing(object, key))
    }

    /// Follows a dotted path (`a.b.0`) as Jinja's `attribute=` arguments do.
    ///
    /// # Errors
    /// As [`Eval::attribute`].
    pub fn path(&mut self, object: &Value, path: &Value) -> Result<Value> {
        let Value::Str(text) = path else { return self.item(object, path) };
        let mut value = object.clone();
        for part in text.text.split('.') {
            let key = match part.parse::<i64>() {
                Ok(index) if part.bytes().all(|b| b.is_ascii_digit()) => Value::Int(index),
                _ => Value::str(part),
            };
            value = self.item(&value, &key)?;
        }
        Ok(value)
    }
}

/// Whether a value is the same however it is read and stored: most are.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => true,
        Value::Str(s) => !s.markup && !s.embedded && !s.is_template(),
        _ => false,
    }
}

fn unstorable(value: &Value) -> Error {
    Error::new(format!("Type '{}' is unsupported for variable storage.", value.type_name()))
}

/// Whether a name is one of those that every Python object or container has and that no template may read.
fn is_unsafe(name: &str) -> bool {
    const NAMES: [&str; 41] = [
        "add",
        "class",
        "contains",
        "delattr",
        "delitem",
        "dir",
        "doc",
        "eq",
        "format",
        "ge",
        "getattribute",
        "getitem",
        "getstate",
        "gt",
        "hash",
        "iadd",
        "imul",
        "init",
        "init_subclass",
        "iter",
        "le",
        "len",
        "lt",
        "mod",
        "module",
        "mul",
        "ne",
        "new",
        "reduce",
        "reduce_ex",
        "repr",
        "reversed",
        "rmod",
        "rmul",
        "setattr",
        "setitem",
        "sizeof",
        "str",
        "subclasshook",
        "code",
        "globals",
    ];
    name.strip_prefix("__")
        .and_then(|name| name.strip_suffix("__"))
        .is_some_and(|inner| NAMES.contains(&inner))
}

fn unsafe_attribute(object: &Value, name: &str) -> Value {
    let class = object.class_name();
    let class = class.strip_prefix("datetime.").unwrap_or(class);
    Value::undefined(format!("access to attribute '{name}' of '{class}' object is unsafe."))
}

/// The marker of an item that is not there. A key that is false (`0`, `''`) has Jinja's own words, which name
/// Python's class.
fn missing(object: &Value, key: &Value) -> Value {
    let shown = key.repr().unwrap_or_else(|_| "?".into());
    if object.type_name() == "HostVars" {
        return Value::undefined(format!("hostvars[{shown}]"));
    }
    if key.is_true().unwrap_or(true) {
        return Value::undefined(format!("object of type '{}' has no attribute {shown}", object.type_name()));
    }
    let name = object.class_name();
    let class = match object {
        Value::None => "None".to_owned(),
        Value::List(_) | Value::Dict(_) | Value::Tuple(_) => {
            format!("ansible._internal._templating._lazy_containers.{name} object")
        }
        Value::Str(text) if text.is_tagged() => {
            format!("ansible.module_utils._internal._datatag.{name} object")
        }
        _ => format!("{name} object"),
    };
    Value::undefined(match key {
        Value::Str(_) => format!("'{class}' has no attribute {shown}"),
        _ => format!("{class} has no element {shown}"),
    })
}

fn indexed(object: &Value, index: i64) -> Option<Value> {
    let at = |len: usize| {
        let index = if index < 0 { index + len as i64 } else { index };
        usize::try_from(index).ok().filter(|i| *i < len)
    };
    match object {
        Value::List(l) => {
            let items = l.items();
            items.get(at(items.len())?).cloned()
        }
        Value::Tuple(t) => t.get(at(t.len())?).cloned(),
        // ansible-core hands out lists here.
        Value::View(v) => v.items.get(at(v.items.len())?).cloned(),
        Value::Range(r) => r.get(at(r.len())?),
        Value::Bytes(b) => b.get(at(b.len())?).map(|b| Value::Int((*b).into())),
        Value::Str(s) => {
            let c = s.text.chars().nth(at(s.text.chars().count())?)?;
            Some(Value::text(c.to_string(), s.secret))
        }
        _ => None,
    }
}
