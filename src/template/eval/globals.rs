//! The engine's own names: `range`, `dict`, `namespace`, `lookup`, `now` and the like.

use super::Eval;
use crate::template::Effect;
use crate::template::World;
use crate::template::args::Args;
use crate::template::calendar;
use crate::template::value::{Dict, Error, Key, Object, Range, Result, Value};
use std::sync::{Arc, Mutex};

const FUNCTIONS: &[&str] =
    &["range", "dict", "namespace", "lipsum", "cycler", "joiner", "lookup", "query", "q", "now", "undef"];

impl Eval<'_> {
    /// A name that the engine itself gives.
    pub(super) fn global(&mut self, name: &str) -> Option<Value> {
        if let Some(known) = FUNCTIONS.iter().find(|f| **f == name) {
            return Some(Value::Function(known));
        }
        match name {
            "omit" => Some(Value::Omit),
            "self" => Some(self.myself()),
            "vars" if !self.state.isolated => Some(Value::object(Vars { names: names(self.world) })),
            _ => None,
        }
    }

    /// Calls one of the engine's functions.
    pub(super) fn function(&mut self, name: &str, args: &Args) -> Result<Value> {
        match name {
            "range" => range(args),
            "dict" => self.dict(args),
            "namespace" => {
                let Value::Dict(names) = self.dict(args)? else { return Ok(Value::None) };
                Ok(Value::object(Namespace { names }))
            }
            "cycler" if args.positional.is_empty() => Err(Error::new("at least one item has to be provided")),
            "cycler" => Ok(Value::object(Cycler { items: args.positional.clone(), at: Mutex::new(0) })),
            "joiner" => {
                args.fit(&["sep"], 0)?;
                let separator = args.str_or(0, "sep", ", ")?.into();
                Ok(Value::object(Joiner { separator, used: Mutex::new(false) }))
            }
            "lipsum" => self.lipsum(args),
            "lookup" => self.lookup_call(args, false),
            "query" | "q" => self.lookup_call(args, true),
            "now" => self.now(args),
            "undef" => {
                args.fit(&["hint"], 0)?;
                let hint = args.str_or(0, "hint", "")?;
                let text = if hint.is_empty() { "Mandatory variable has not been overridden" } else { hint };
                Ok(Value::undefined(text))
            }
            other => Err(Error::new(format!("'{other}' is not callable"))),
        }
    }

    fn dict(&mut self, args: &Args) -> Result<Value> {
        let dict = Dict::default();
        match args.positional.as_slice() {
            [] => {}
            [from] => {
                let from = from.clone().defined()?;
                self.update(&dict, &from)?;
            }
            more => {
                return Err(Error::new(format!("dict expected at most 1 argument, got {}", more.len())));
            }
        }
        for (name, value) in &args.named {
            dict.insert(Key::str(name.clone()), value.clone());
        }
        Ok(Value::Dict(dict))
    }

    /// Takes the pairs of a mapping, or of an iterable of pairs, into a dict.
    pub(crate) fn update(&mut self, dict: &Dict, from: &Value) -> Result<()> {
        if from.is_mapping() {
            for key in self.items(from)? {
                let value = self.item(from, &key)?;
                dict.insert(Key::new(key)?, value);
            }
            return Ok(());
        }
        for (i, pair) in self.items(from)?.into_iter().enumerate() {
            let parts = match pair.len() {
                Ok(_) => self.items(&pair)?,
                Err(_) => {
                    let text = "cannot convert dictionary update sequence element";
                    return Err(Error::new(format!("{text} #{i} to a sequence")));
                }
            };
            let [key, value] = parts.as_slice() else {
                let text = format!(
                    "dictionary update sequence element #{i} has length {}; 2 is required",
                    parts.len()
                );
                return Err(Error::new(text));
            };
            dict.insert(Key::new(key.clone())?, value.clone());
        }
        Ok(())
    }

    /// `now(utc, fmt)`.
    fn now(&mut self, args: &Args) -> Result<Value> {
        args.fit(&["utc", "fmt"], 0)?;
        self.world.effect(Effect::Volatile)?;
        let now = jiff::Timestamp::now();
        let zone = match args.bool(0, "utc", false)? {
            true => jiff::tz::TimeZone::UTC,
            false => jiff::tz::TimeZone::system(),
        };
        let time = now.to_zoned(zone).datetime();
        let micros = time.subsec_nanosecond() / 1000 * 1000;
        let time = time.with().subsec_nanosecond(micros).build().unwrap_or(time);
        match args.opt_str(1, "fmt")? {
            Some(format) if !format.is_empty() => {
                Ok(Value::str(calendar::of_value(format, &Value::DateTime(Arc::new(time)))?))
            }
            _ => Ok(Value::DateTime(Arc::new(time))),
        }
    }

    /// `lipsum(n, html, min, max)`: filler text.
    fn lipsum(&mut self, args: &Args) -> Result<Value> {
        const WORDS: &[&str] = &[
            "lorem",
            "ipsum",
            "dolor",
            "sit",
            "amet",
            "consectetur",
            "adipiscing",
            "elit",
            "sed",
            "do",
            "eiusmod",
            "tempor",
            "incididunt",
            "ut",
            "labore",
            "et",
            "dolore",
            "magna",
            "aliqua",
        ];
        args.fit(&["n", "html", "min", "max"], 0)?;
        self.world.effect(Effect::Volatile)?;
        let paragraphs = args.int(0, "n", 5)?.clamp(0, 1000);
        let html = args.bool(1, "html", true)?;
        let (least, most) = (args.int(2, "min", 20)?.max(1), args.int(3, "max", 100)?.clamp(1, 10_000));
        let mut all = Vec::new();
        for i in 0..paragraphs {
            let count = least + (i * 37) % (most - least).max(1);
            let words = (0..count).filter_map(|w| WORDS.get((w + i) as usize % WORDS.len()).copied());
            let text = words.collect::<Vec<_>>().join(" ");
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase()).unwrap_or('.');
            all.push(format!("{first}{}.", chars.as_str()));
        }
        Ok(Value::str(match html {
            true => all.iter().map(|p| format!("<p>{p}</p>")).collect::<Vec<_>>().join("\n"),
            false => all.join("\n\n"),
        }))
    }
}

fn names(world: &dyn World) -> Vec<Arc<str>> {
    world.variable_names()
}

fn range(args: &Args) -> Result<Value> {
    if !args.named.is_empty() {
        return Err(Error::new("range() takes no keyword arguments"));
    }
    let mut numbers = Vec::new();
    for value in &args.positional {
        numbers.push(value.as_int().ok_or_else(|| {
            Error::new(format!("'{}' object cannot be interpreted as an integer", value.type_name()))
        })?);
    }
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] => (*start, *stop, *step),
        [] => return Err(Error::new("range expected at least 1 argument, got 0")),
        more => return Err(Error::new(format!("range expected at most 3 arguments, got {}", more.len()))),
    };
    if step == 0 {
        return Err(Error::new("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Range { start, stop, step }))
}

/// `vars`: all variables by name, each rendered when it is read.
struct Vars {
    names: Vec<Arc<str>>,
}

impl Object for Vars {
    fn type_name(&self) -> &'static str {
        "dict"
    }

    fn item(&self, eval: &mut Eval<'_>, key: &Value) -> Result<Option<Value>> {
        let Some(value) = key.as_str().and_then(|name| eval.world.variable(name)) else { return Ok(None) };
        Ok(Some(eval.read(value)))
    }

    fn keys(&self) -> Option<Vec<Value>> {
        Some(self.names.iter().map(|n| Value::str(n.clone())).collect())
    }
}

/// `namespace(…)`: names that may be set from inner scopes.
struct Namespace {
    names: Dict,
}

impl Object for Namespace {
    fn type_name(&self) -> &'static str {
        "Namespace"
    }

    fn repr(&self) -> String {
        let names = Value::Dict(self.names.clone()).repr();
        format!("<Namespace {}>", names.unwrap_or_default())
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(self.names.get(name))
    }

    fn set(&self, name: &str, value: Value) -> Result<()> {
        self.names.insert(Key::str(name), value);
        Ok(())
    }
}

/// `cycler(…)`.
struct Cycler {
    items: Vec<Value>,
    at: Mutex<usize>,
}

impl Cycler {
    fn step(&self, by: usize, reset: bool) -> Value {
        let mut at = self.at.lock().unwrap_or_else(|e| e.into_inner());
        let current = self.items.get(*at).cloned().unwrap_or_default();
        *at = if reset { 0 } else { (*at + by) % self.items.len().max(1) };
        current
    }
}

impl Object for Cycler {
    fn type_name(&self) -> &'static str {
        "Cycler"
    }

    fn attribute(&self, _eval: &mut Eval<'_>, name: &str) -> Result<Option<Value>> {
        Ok(match name {
            "current" => Some(self.step(0, false)),
            _ => None,
        })
    }

    fn methods(&self) -> &'static [&'static str] {
        &["next", "reset"]
    }

    fn call_method(&self, _eval: &mut Eval<'_>, name: &str, _args: &Args) -> Result<Value> {
        Ok(match name {
            "next" => self.step(1, false),
            _ => {
                self.step(0, true);
                Value::None
            }
        })
    }
}

/// `joiner(sep)`: nothing on its first call, the separator on every later one.
struct Joiner {
    separator: Arc<str>,
    used: Mutex<bool>,
}

impl Object for Joiner {
    fn type_name(&self) -> &'static str {
        "Joiner"
    }

    fn callable(&self) -> bool {
        true
    }

    fn call(&self, _eval: &mut Eval<'_>, _args: Args) -> Result<Value> {
        let mut used = self.used.lock().unwrap_or_else(|e| e.into_inner());
        Ok(match std::mem::replace(&mut *used, true) {
            true => Value::str(self.separator.clone()),
            false => Value::str(""),
        })
    }
}
