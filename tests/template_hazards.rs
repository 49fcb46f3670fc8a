//! Every filter, test and harmless lookup on inputs that make no sense: errors are fine, panics and endless work
//! are not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use impel::diag::Diagnostic;
use impel::template::{self, Args, Effect, Eval, Key, Value, World};
use rustix::time::{ClockId, clock_gettime};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A world without anything in it.
struct Nothing;

impl World for Nothing {
    fn variable(&self, _name: &str) -> Option<Value> {
        None
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn find_file(&self, _subfolder: &str, _name: &Path) -> Option<PathBuf> {
        None
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read_file(&self, _path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        Err(Diagnostic::user("there are no files"))
    }

    fn decrypt(&self, _vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Err(Diagnostic::user("there is no password"))
    }

    fn effect(&self, _effect: Effect) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    fn config(&self, _name: &str) -> Option<Value> {
        None
    }

    fn warn(&self, _text: &str) {}
}

fn values() -> Vec<Value> {
    let mut deep = Value::list([]);
    for _ in 0..500 {
        deep = Value::list([deep]);
    }
    let odd_keys =
        [(Key::new(Value::Int(1)).unwrap(), Value::None), (Key::str("a"), Value::list([Value::Int(1)]))];
    vec![
        Value::None,
        Value::Bool(true),
        Value::Int(0),
        Value::Int(-1),
        Value::Int(3),
        Value::Int(i64::MAX),
        Value::Int(i64::MIN),
        Value::int("9".repeat(60).parse().unwrap()),
        Value::Float(f64::NAN),
        Value::Float(f64::INFINITY),
        Value::Float(-1.5e300),
        Value::str(""),
        Value::str("a"),
        Value::str("é☃😀 \u{0}\r\n\t%s %(x)d \\1 \\g<1> {0} ~ $HOME/${ ["),
        Value::str("%"),
        Value::str("\\"),
        Value::str("(a*)*$|[^"),
        Value::str("1-9999999999999:%d"),
        Value::str("99999999999999999999GB"),
        Value::str("2020-13-45 99:99:99"),
        Value::str("http://[::1"),
        Value::str("C:\\é\\x"),
        Value::str("sha512"),
        Value::Bytes(vec![0xff, 0, 0x80].into()),
        Value::list([]),
        Value::list([Value::Float(f64::NAN), Value::Int(1), Value::Float(f64::NAN), Value::Int(0)]),
        Value::list([Value::str("a"), Value::None, Value::list([Value::Int(1)])]),
        Value::tuple([Value::Int(1), Value::str("b")]),
        Value::Dict(odd_keys.into_iter().collect()),
        Value::Range(template::value::Range { start: 0, stop: i64::MAX, step: 1 }),
        Value::undefined("'x' is undefined"),
        Value::Omit,
        Value::Function("range"),
        deep,
    ]
}

/// Runs one call; complains of panics and of what takes long.
fn harmless(what: &str, call: impl FnOnce()) -> Option<String> {
    // The thread's own time: a loaded machine is no fault of the call.
    let spent = || clock_gettime(ClockId::ThreadCPUTime).tv_sec;
    let started = spent();
    let ended = catch_unwind(AssertUnwindSafe(call));
    match ended {
        Err(_) => Some(format!("{what} panicked")),
        Ok(()) if spent() - started > 10 => Some(format!("{what} took too long")),
        Ok(()) => None,
    }
}

/// Argument lists: none, each value alone, pairs along a diagonal.
fn argument_lists() -> Vec<Vec<Value>> {
    let values = values();
    let mut lists = vec![Vec::new()];
    lists.extend(values.iter().map(|v| vec![v.clone()]));
    let shifted = |by: usize| values.iter().cycle().skip(by).cloned();
    lists.extend(values.iter().zip(shifted(5)).zip(shifted(11)).map(|((a, b), c)| vec![a.clone(), b, c]));
    lists
}

fn sane<'a>(names: impl Iterator<Item = &'a str>, call: impl Fn(&str, Value, Vec<Value>)) {
    let mut faults = Vec::new();
    let (inputs, lists) = (values(), argument_lists());
    for name in names {
        for (i, input) in inputs.iter().enumerate() {
            for (j, arguments) in lists.iter().enumerate() {
                let what = format!("{name} (input {i}, arguments {j})");
                faults.extend(harmless(&what, || call(name, input.clone(), arguments.clone())));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_filter_panics() {
    // A hash of many rounds takes its time by design; the rounds are bounded.
    let names = template::filters::names().filter(|n| *n != "password_hash");
    sane(names, |name, input, arguments| {
        let _ = Eval::new(&Nothing).filter(name, input, Args::of(name, arguments));
    });
}

#[test]
fn no_test_panics() {
    sane(template::tests::names(), |name, input, arguments| {
        let _ = Eval::new(&Nothing).test(name, input, Args::of(name, arguments));
    });
}

#[test]
fn no_lookup_panics() {
    let names = template::lookups::names().filter(|n| !matches!(*n, "pipe" | "lines" | "password"));
    sane(names, |name, input, arguments| {
        let terms = std::iter::once(input).chain(arguments).collect();
        let _ = Eval::new(&Nothing).lookup(name, terms, Args::default());
    });
}
