//! What a template's text is cut into.

use super::{Place, PluginKind};
use std::borrow::Cow;
use std::sync::Arc;

/// The sorts of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text between the marks.
    Data,
    /// `{{`
    VariableBegin,
    /// `}}`
    VariableEnd,
    /// `{%`, or the prefix of a line statement.
    BlockBegin,
    /// `%}`, or the end of a line statement.
    BlockEnd,
    /// An identifier; words of the grammar, too.
    Name,
    /// A string literal.
    String,
    /// An integer literal.
    Integer,
    /// A float literal.
    Float,
    /// An operator or a bracket.
    Operator,
    /// The end of the text.
    End,
}

/// A token.
#[derive(Debug)]
pub struct Token<'s> {
    /// Its sort.
    pub kind: Kind,
    /// As it is written; of a string literal what it stands for.
    pub text: Cow<'s, str>,
    /// Where it begins.
    pub at: usize,
}

impl Token<'_> {
    /// Whether it is that operator or bracket.
    pub fn is(&self, operator: &str) -> bool {
        self.kind == Kind::Operator && self.text == operator
    }

    /// Whether it is that word.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text == word
    }

    /// What Jinja calls it in errors.
    pub fn described(&self) -> &str {
        match self.kind {
            Kind::Name | Kind::Operator => &self.text,
            kind => kind.described(),
        }
    }
}

impl Kind {
    /// What Jinja calls it in errors.
    pub fn described(self) -> &'static str {
        match self {
            Kind::Data => "template data / text",
            Kind::VariableBegin => "begin of print statement",
            Kind::VariableEnd => "end of print statement",
            Kind::BlockBegin => "begin of statement block",
            Kind::BlockEnd => "end of statement block",
            Kind::Name => "name",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Float => "float",
            Kind::Operator => "operator",
            Kind::End => "end of template",
        }
    }
}

/// What is wrong with a template's text.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// In Jinja's words.
    pub message: String,
    /// Where.
    pub at: usize,
    /// Python's compiler complains of it, not Jinja's parser.
    pub of_python: bool,
    /// What to do about it.
    pub hint: Option<String>,
    /// An extension would read it.
    pub extensible: bool,
    /// What the text names that is not there, where it can be read otherwise.
    pub absent: Vec<(PluginKind, Arc<str>, Place)>,
}

impl Mistake {
    /// A syntax error.
    pub fn new(message: impl Into<String>, at: usize) -> Mistake {
        Mistake {
            message: message.into(),
            at,
            of_python: false,
            hint: None,
            extensible: false,
            absent: Vec::new(),
        }
    }
}
