//! Calling filters, tests, lookups, methods, functions and objects.

use super::Eval;
use crate::template::args::Args;
use crate::template::filters::{self, Filter};
use crate::template::lookups;
use crate::template::methods;
use crate::template::tests::{self, Test};
use crate::template::value::{Error, MarkerKind, Result, Str, Value, markup};

impl Eval<'_> {
    /// Calls a function, method, macro or object.
    ///
    /// # Errors
    /// It cannot be called, or the call fails.
    pub fn call(&mut self, callee: &Value, args: Args) -> Result<Value> {
        self.invoke(callee, args)?.defined()
    }

    /// Calls a value; a marker among the arguments is the result (but macros take them), and what fails is a
    /// marker too.
    pub(super) fn invoke(&mut self, callee: &Value, args: Args) -> Result<Value> {
        if callee.is_undefined() {
            return Ok(callee.clone());
        }
        let takes_markers = match callee {
            Value::Object(o) => o.takes_markers(),
            Value::Function(name) => matches!(*name, "lookup" | "query" | "q" | "dict" | "namespace"),
            _ => false,
        };
        if !takes_markers && let Some(marker) = args.values().find(|v| v.is_undefined()) {
            return Ok(marker.clone());
        }
        let result = match callee {
            Value::Function(name) => self.function(name, &args),
            Value::Method(m) => methods::call(self, &m.object, &m.name, &args),
            Value::Object(o) => {
                let object = o.clone();
                return self.nested(8, |eval| object.call(eval, args));
            }
            other => Err(Error::new(format!("'{}' object is not callable", other.type_name()))),
        };
        Ok(result.unwrap_or_else(Value::from))
    }

    /// Applies a filter, `name` as it was called; what fails is a marker.
    pub(in crate::template) fn apply(
        &mut self,
        filter: &'static Filter,
        name: &str,
        input: Value,
        args: Args,
    ) -> Value {
        self.apply_strictly(filter, input, args).unwrap_or_else(|e| match e.0.kind {
            MarkerKind::Failed | MarkerKind::Raised if !e.0.captured => {
                e.within(format!("The filter plugin '{}' failed", full(name))).into()
            }
            _ => e.into(),
        })
    }

    fn apply_strictly(&mut self, filter: &'static Filter, mut input: Value, mut args: Args) -> Result<Value> {
        if let Some(marker) = self.prepare(&mut input, &mut args, filter.lazy, filter.sees_undefined)? {
            return Ok(marker);
        }
        if !filter.open {
            args.fit(filter.params, 1)?;
        }
        let secret = input.is_secret() || args.is_secret();
        let name = filter.names.first().copied().unwrap_or("");
        let markup = input.is_markup() && markup::is_kept_by(name);
        if markup && name == "format" {
            args = markup::arguments_beside(&args);
        }
        let value = (filter.run)(self, input, &args)?;
        let value = if markup { value.into_markup() } else { value };
        // what a filter hands on is a list by then
        let value = if let Value::Range(range) = value { Value::list(range.items()?) } else { value };
        Ok(if secret { value.into_secret() } else { value.one() })
    }

    /// Makes input and arguments what a filter or test takes, or finds the marker among them.
    fn prepare(
        &mut self,
        input: &mut Value,
        args: &mut Args,
        lazy: bool,
        sees: bool,
    ) -> Result<Option<Value>> {
        if !sees {
            if input.is_undefined() {
                return Ok(Some(input.clone()));
            }
            if let Some(marker) = args.values().find(|v| v.is_undefined()) {
                return Ok(Some(marker.clone()));
            }
        }
        if lazy {
            return Ok(None);
        }
        self.open(input)?;
        args.positional.iter_mut().try_for_each(|value| self.deepen(value))?;
        args.named.iter_mut().try_for_each(|(_, value)| self.deepen(value))?;
        Ok(None)
    }

    /// Applies a test, `name` as it was called; what fails is a marker.
    pub(in crate::template) fn ask(
        &mut self,
        test: &'static Test,
        name: &str,
        input: Value,
        args: Args,
    ) -> Value {
        // what failed is no answer to whether it is there
        if let Value::Undefined(marker) = &input
            && marker.kind != MarkerKind::Undefined
            && marker.sealed.is_none()
        {
            return input;
        }
        self.ask_strictly(test, input, args).unwrap_or_else(|e| match e.0.kind {
            // it is the vault's failure, not the test's
            _ if e.0.sealed.is_some() => e.into(),
            MarkerKind::Failed | MarkerKind::Raised if !e.0.captured => {
                e.within(format!("The test plugin '{}' failed", full(name))).into()
            }
            _ => e.into(),
        })
    }

    fn ask_strictly(&mut self, test: &'static Test, mut input: Value, mut args: Args) -> Result<Value> {
        if let Some(marker) = self.prepare(&mut input, &mut args, test.lazy, test.sees_undefined)? {
            return Ok(marker);
        }
        if !test.open {
            args.fit(test.params, 1)?;
        }
        (test.run)(self, input, &args).map(Value::Bool)
    }

    /// Applies a filter by name. The result may be a marker.
    ///
    /// # Errors
    /// There is no such filter.
    pub fn filter(&mut self, name: &str, input: Value, args: Args) -> Result<Value> {
        let filter = filters::find(name).ok_or_else(|| no_filter(name, ""))?;
        Ok(self.apply(filter, name, input, Args { callee: name.into(), ..args }))
    }

    /// Applies a test by name.
    ///
    /// # Errors
    /// There is no such test, or it fails.
    pub fn test(&mut self, name: &str, input: Value, args: Args) -> Result<bool> {
        let test = tests::find(name).ok_or_else(|| no_test(name, ""))?;
        self.ask(test, name, input, Args { callee: name.into(), ..args }).is_true()
    }

    /// Runs a lookup plugin: the list that it yields, as `query` gives it. `args` holds its options by name.
    ///
    /// # Errors
    /// There is no such lookup, or it fails.
    pub fn lookup(&mut self, name: &str, terms: Vec<Value>, mut args: Args) -> Result<Vec<Value>> {
        let Some(lookup) = lookups::find(name) else {
            let error = Error::failed(format!("The lookup plugin '{name}' was not found."));
            return Err(match crate::diag::nearest(name, lookups::names()) {
                Some(near) => error.hint(format!("did you mean '{near}'?")),
                None => error,
            });
        };
        args.callee = name.into();
        let terms = terms.into_iter().map(|t| self.term(t)).collect::<Result<Vec<_>>>()?;
        let options = args.named.iter().map(|(_, value)| value).filter(|_| !lookup.sees_undefined);
        if let Some(Value::Undefined(marker)) = terms.iter().chain(options).find(|v| v.is_undefined()) {
            return Err(Error(marker.clone()));
        }
        for (_, value) in &mut args.named {
            self.deepen(value)?;
        }
        if !lookup.open {
            args.fit(lookup.options, 0)?;
        }
        let secret = args.is_secret() || terms.iter().any(Value::is_secret);
        let found = (lookup.run)(self, terms, &args).map_err(|e| match e.0.kind {
            MarkerKind::Raised => e.within(lookup_failed(name)),
            // it is not the plugin that failed
            MarkerKind::Undefined | MarkerKind::Failed | MarkerKind::Pending => e,
        })?;
        Ok(if secret { found.into_iter().map(Value::into_secret).collect() } else { found })
    }

    /// A lookup's term, read through and through: constants that are templates are rendered here, and only here.
    fn term(&mut self, term: Value) -> Result<Value> {
        let term = self.deep(term)?;
        if !Str::any_embedded() {
            return Ok(term);
        }
        self.visited = 0;
        self.embedded(&term, 100).map(|rendered| rendered.unwrap_or(term))
    }

    /// What rendering the constants in it makes of it, or `None` where there are none.
    fn embedded(&mut self, value: &Value, depth: u32) -> Result<Option<Value>> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
        self.visit()?;
        let all = |eval: &mut Self, items: &[Value]| -> Result<Option<Vec<Value>>> {
            let found = items.iter().map(|item| eval.embedded(item, depth)).collect::<Result<Vec<_>>>()?;
            let changed = found.iter().any(Option::is_some);
            let all = items.iter().zip(found).map(|(item, new)| new.unwrap_or_else(|| item.clone()));
            Ok(changed.then(|| all.collect()))
        };
        Ok(match value {
            Value::Str(s) if s.embedded => {
                let value = self.rendered(&Str { trusted: true, embedded: false, ..s.clone() });
                Some(self.deep(value)?)
            }
            Value::List(list) => all(self, &list.items())?.map(Value::list),
            Value::Tuple(tuple) => all(self, tuple)?.map(Value::tuple),
            Value::Dict(dict) => {
                let pairs = dict.pairs();
                let values: Vec<Value> = pairs.values().cloned().collect();
                all(self, &values)?.map(|values| Value::Dict(pairs.keys().cloned().zip(values).collect()))
            }
            _ => None,
        })
    }

    /// `lookup(name, terms…)` with `wantlist` and `errors`; `query` wants the list.
    pub(super) fn lookup_call(&mut self, args: &Args, wantlist: bool) -> Result<Value> {
        let mut terms = args.positional.clone();
        if terms.is_empty() {
            return Err(Error::new("lookup() missing 1 required positional argument: 'plugin_name'"));
        }
        let name = terms.remove(0).defined()?;
        let Some(name) = name.as_str().map(str::to_owned) else {
            return Err(Error::new(format!("a lookup's name must be a string, not {}", name.type_name())));
        };
        let mut named = Vec::new();
        let (is_query, mut wantlist) = (wantlist, wantlist);
        let mut on_error = "strict".to_owned();
        for (key, value) in &args.named {
            match &**key {
                "wantlist" => wantlist = is_query || value.is_true()?,
                "errors" => on_error = value.to_text()?,
                _ => named.push((key.clone(), value.clone())),
            }
        }
        let found = match (self.lookup(&name, terms, Args { named, ..Args::default() }), &*on_error) {
            (Ok(found), _) => found,
            // only what the plugin itself ran into may be ignored
            (Err(e), "warn" | "ignore") if e.message() == lookup_failed(&name) => {
                if on_error == "warn" {
                    let why = e.0.cause.as_ref().map_or("", |cause| &cause.message);
                    let text = format!("An error occurred while running the lookup plugin '{name}': {why}");
                    self.world.warn(&text);
                }
                if !wantlist {
                    return Ok(Value::None);
                }
                Vec::new()
            }
            (Err(e), _) => return Err(e),
        };
        if wantlist {
            return Ok(Value::list(found));
        }
        if found.len() == 1 {
            return Ok(found.into_iter().next().unwrap_or_default());
        }
        if !found.is_empty() && found.iter().all(Value::is_str) {
            let secret = found.iter().any(Value::is_secret);
            let texts = found.iter().map(Value::to_text).collect::<Result<Vec<_>>>()?;
            return Ok(Value::text(texts.join(","), secret));
        }
        Ok(Value::list(found))
    }
}

fn lookup_failed(name: &str) -> String {
    format!("The lookup plugin '{name}' failed")
}

/// The name that messages of ansible-core use.
fn full(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("ansible.builtin.{name}") }
}

/// A filter that is not there; ` found` where it stands in a branch.
pub(super) fn no_filter(name: &str, found: &str) -> Error {
    absent("filter", name, found, crate::diag::nearest(name, filters::names()))
}

/// A test that is not there; ` found` where it stands in a branch.
pub(super) fn no_test(name: &str, found: &str) -> Error {
    absent("test", name, found, crate::diag::nearest(name, tests::names()))
}

fn absent(what: &str, name: &str, found: &str, near: Option<&str>) -> Error {
    let error = Error::new(format!("No {what} named '{name}'{found}."));
    match near {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    }
}
