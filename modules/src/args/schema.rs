//! What arguments a module takes: for parsing, for `impel doc`, for completion.

use super::{Args, FromArg};
use crate::Data;

/// A type of argument, with Ansible's name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; everything converts to it.
    Str,
    /// A list; a string is split at commas.
    List,
    /// A map; a string may be JSON or `k=v` pairs.
    Dict,
    /// True or false, in all of YAML's and Ansible's words.
    Bool,
    /// An integer.
    Int,
    /// A number.
    Float,
    /// A path, in which `~` and `$VAR` stand for what they do on the target.
    Path,
    /// Anything, as it is.
    Raw,
    /// JSON text; what is not text is written as JSON.
    Json,
    /// A number of bytes: `1.5MB`.
    Bytes,
    /// A number of bits: `1Mb`.
    Bits,
}

impl Kind {
    /// Ansible's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Str => "str",
            Kind::List => "list",
            Kind::Dict => "dict",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Path => "path",
            Kind::Raw => "raw",
            Kind::Json => "jsonarg",
            Kind::Bytes => "bytes",
            Kind::Bits => "bits",
        }
    }
}

/// One argument.
#[derive(Clone, Debug)]
pub struct Opt {
    /// Its name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Its type.
    pub kind: Kind,
    /// The type of its elements, for a list.
    pub elements: Option<Kind>,
    /// The only values it takes, where there are few.
    pub choices: &'static [&'static str],
    /// What it is when not given.
    pub default: Option<Data>,
    /// Must be given.
    pub required: bool,
    /// Its value is never shown.
    pub no_log: bool,
    /// The arguments inside, where it is a map (or a list of maps) of known shape.
    pub inside: Option<fn() -> Schema>,
    /// What it means.
    pub doc: &'static str,
}

impl Opt {
    /// An argument of the Rust type `T`.
    pub fn of<T: FromArg>(name: &'static str, doc: &'static str) -> Opt {
        Opt {
            name,
            aliases: &[],
            kind: T::kind(),
            elements: T::elements(),
            choices: T::choices(),
            default: None,
            required: false,
            no_log: T::no_log(),
            inside: T::inside(),
            doc,
        }
    }
}

/// A rule between arguments.
#[derive(Clone, Debug)]
pub enum Rule {
    /// At most one of them.
    Exclusive(&'static [&'static str]),
    /// All of them or none.
    Together(&'static [&'static str]),
    /// At least one of them.
    OneOf(&'static [&'static str]),
    /// When `key` is `is`, all (or any) of `needs`.
    If {
        /// The argument that decides.
        key: &'static str,
        /// Its value.
        is: Data,
        /// What must then be given.
        needs: &'static [&'static str],
        /// One of them is enough.
        any: bool,
    },
    /// When `key` is given, all of `needs`.
    By {
        /// The argument that decides.
        key: &'static str,
        /// What must then be given.
        needs: &'static [&'static str],
    },
}

/// All that a module takes.
#[derive(Clone, Debug)]
pub struct Schema {
    /// What the module does: its reference page.
    pub doc: &'static str,
    /// Its arguments, in the order of declaration.
    pub options: Vec<Opt>,
    /// Rules between them.
    pub rules: Vec<Rule>,
}

impl Schema {
    /// A schema without arguments yet.
    pub fn new(doc: &'static str) -> Schema {
        Schema { doc, options: Vec::new(), rules: Vec::new() }
    }

    /// The schema of a Rust type.
    pub fn of<T: Args>() -> Schema {
        T::schema()
    }

    /// Takes in the arguments and rules of another.
    pub fn absorb(&mut self, other: Schema) {
        self.options.extend(other.options);
        self.rules.extend(other.rules);
    }

    /// The argument of this name or alias.
    pub fn option(&self, name: &str) -> Option<&Opt> {
        self.options.iter().find(|o| o.name == name || o.aliases.contains(&name))
    }
}
