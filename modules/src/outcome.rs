//! How a module's work on a host ended.

use crate::{Data, Map};

/// What a module has to say at its end. Whether something changed is known from the use of the gate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The gate was used (or would have been, in check mode).
    pub changed: bool,
    /// What the task registers, save what the other fields say.
    pub result: Map,
    /// What differs; for `--diff`.
    pub diff: Vec<Diff>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// What will stop working, as messages.
    pub deprecations: Vec<String>,
    /// Why it failed, where it did.
    pub failed: Option<Fault>,
    /// It did not run (check mode, `creates`): the reason stands in `result["msg"]` where there is one.
    pub skipped: bool,
    /// Facts to remember for this host (`ansible_facts`).
    pub facts: Option<Map>,
}

impl Outcome {
    /// An outcome without anything to say yet.
    pub fn new() -> Outcome {
        Outcome::default()
    }

    /// Adds a field to the result.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Data>) -> Outcome {
        self.result.insert(name.to_string(), value.into());
        self
    }

    /// Adds a field to the result where there is a value.
    #[must_use]
    pub fn with_some<T: Into<Data>>(self, name: &str, value: Option<T>) -> Outcome {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Takes in all these fields.
    #[must_use]
    pub fn with_all(mut self, fields: Map) -> Outcome {
        self.result.extend(fields);
        self
    }

    /// Adds a warning.
    #[must_use]
    pub fn warn(mut self, text: impl Into<String>) -> Outcome {
        self.warnings.push(text.into());
        self
    }

    /// An outcome that says why nothing was run.
    pub fn skip(message: impl Into<String>) -> Outcome {
        Outcome { skipped: true, ..Outcome::new() }.with("msg", message.into())
    }

    /// One map as a task registers it: `changed`, `failed`, `msg`, `diff`, `skipped`, `ansible_facts` and the
    /// module's own fields. (Warnings and deprecations are left to the engine.)
    pub fn to_map(&self) -> Map {
        let mut map = Map::new();
        map.insert("changed".into(), Data::Bool(self.changed));
        map.extend(self.result.clone());
        match self.diff.as_slice() {
            [] => {}
            [one] => {
                map.insert("diff".into(), Data::Map(one.to_map()));
            }
            several => {
                let list = several.iter().map(|d| Data::Map(d.to_map())).collect();
                map.insert("diff".into(), Data::List(list));
            }
        }
        if let Some(facts) = &self.facts {
            map.insert("ansible_facts".into(), Data::Map(facts.clone()));
        }
        if self.skipped {
            map.insert("skipped".into(), Data::Bool(true));
        }
        if let Some(fault) = &self.failed {
            map.extend(fault.result.clone());
            map.insert("failed".into(), Data::Bool(true));
            if !fault.result.contains_key("msg") {
                map.insert("msg".into(), Data::str(fault.message.as_str()));
            }
        }
        map
    }
}

/// Why a module failed.
#[derive(Clone, Debug, Default, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What happened; Ansible's words where it has some.
    pub message: String,
    /// What lies behind it, for the chain of causes that is displayed (it is no part of `msg`).
    pub cause: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The argument at fault (`loop.0.mode`), to be pointed at in the playbook.
    pub argument: Option<String>,
    /// Further fields of the result (`rc`, `stdout`, …).
    pub result: Map,
}

impl Fault {
    /// A fault with this message.
    pub fn new(message: impl Into<String>) -> Fault {
        Fault { message: message.into(), ..Fault::default() }
    }

    /// What Python would have raised inside the module, and `msg` as ansible-core registers that.
    pub fn raised(message: impl Into<String>) -> Fault {
        let message = message.into();
        let shown = format!("Task failed: Module failed: {message}");
        Fault::new(message).with("msg", shown)
    }

    /// A fault of this argument.
    pub fn at(argument: &str, message: impl Into<String>) -> Fault {
        Fault::new(message).with_argument(argument)
    }

    /// Names the argument at fault, unless it is known.
    #[must_use]
    pub fn with_argument(mut self, argument: &str) -> Fault {
        self.argument.get_or_insert_with(|| argument.to_string());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Option<String>>) -> Fault {
        self.hint = hint.into();
        self
    }

    /// Says what lies behind it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Fault {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a field to the result.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Data>) -> Fault {
        self.result.insert(name.to_string(), value.into());
        self
    }

    /// Takes in all these fields, where they are not there yet.
    #[must_use]
    pub fn with_all(mut self, fields: Map) -> Fault {
        for (name, value) in fields {
            self.result.entry(name).or_insert(value);
        }
        self
    }
}

/// What will differ, or did: text or fields before and after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// What was there: text, or a map of fields.
    pub before: Data,
    /// What will be there.
    pub after: Data,
    /// What to call the one before.
    pub before_header: Option<String>,
    /// What to call the one after.
    pub after_header: Option<String>,
    /// A diff that is finished, shown as it is.
    pub prepared: Option<String>,
    /// Further fields: why there is no content (`src_binary`, `dst_larger`, …).
    pub extra: Map,
}

impl Diff {
    /// Between two texts with one name.
    pub fn text(name: &str, before: impl Into<Data>, after: impl Into<Data>) -> Diff {
        Diff {
            before: before.into(),
            after: after.into(),
            before_header: Some(name.into()),
            after_header: Some(name.into()),
            ..Diff::default()
        }
    }

    /// Between two sets of fields.
    pub fn fields(before: Map, after: Map) -> Diff {
        Diff { before: Data::Map(before), after: Data::Map(after), ..Diff::default() }
    }

    /// As a task registers it.
    pub fn to_map(&self) -> Map {
        let mut map = Map::new();
        if let Some(prepared) = &self.prepared {
            map.insert("prepared".into(), Data::str(prepared.as_str()));
            return map;
        }
        map.extend(self.extra.clone());
        for (name, side) in [("before", &self.before), ("after", &self.after)] {
            let says_otherwise = !self.extra.is_empty() || self.before_header.is_some();
            if *side != Data::Null || !says_otherwise {
                map.insert(name.into(), side.clone());
            }
        }
        for (name, header) in [("before_header", &self.before_header), ("after_header", &self.after_header)] {
            if let Some(header) = header {
                map.insert(name.into(), Data::str(header.as_str()));
            }
        }
        map
    }
}
