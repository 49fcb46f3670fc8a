//! Parsed templates, kept by their text for the life of the process.

use super::parser::{self, Extensions};
use super::token::Mistake;
use super::{Place, Program};
use crate::maps::HashMap;
use crate::template::TemplateOptions;
use crate::template::value::Error;
use std::sync::{Arc, LazyLock, RwLock};

/// How many programs are kept before all are dropped; templates generated on the fly would fill memory otherwise.
const MOST: usize = 20_000;

type Kept = RwLock<HashMap<Arc<str>, Arc<Program>>>;

static PLAIN: LazyLock<Kept> = LazyLock::new(Default::default);
static CONDITIONALS: LazyLock<Kept> = LazyLock::new(Default::default);
static EXPRESSIONS: LazyLock<Kept> = LazyLock::new(Default::default);
/// Templates that need extensions, by these and their text.
static EXTENDED: LazyLock<Kept> = LazyLock::new(Default::default);
static DEFAULTS: LazyLock<TemplateOptions> = LazyLock::new(TemplateOptions::default);

/// What keeps a text from being read.
pub struct Unread {
    /// In ansible-core's words.
    pub error: Error,
    /// The text alone, and what it names that is not there.
    pub text: Program,
    /// Where in it.
    pub place: Place,
    /// An extension would read it.
    pub extensible: bool,
}

/// What reading a text yields.
pub type Read = Result<Arc<Program>, Box<Unread>>;

fn kept(cache: &Kept, text: &str, make: impl FnOnce() -> Read) -> Read {
    if let Some(program) = cache.read().unwrap_or_else(|e| e.into_inner()).get(text) {
        return Ok(program.clone());
    }
    let program = make()?;
    let mut programs = cache.write().unwrap_or_else(|e| e.into_inner());
    if programs.len() >= MOST {
        programs.clear();
    }
    programs.insert(text.into(), program.clone());
    Ok(program)
}

/// The program of a template in a value, read with the default options and without extensions.
///
/// # Errors
/// Syntax errors.
pub fn compile_value(text: &str) -> Read {
    kept(&PLAIN, text, || template(text, &DEFAULTS, true, Extensions::default()))
}

/// The program of a template. `outermost`: backslashes in `{{ }}` are literal, as in a value of a variable; template
/// files and what they include have Python's escapes throughout.
///
/// # Errors
/// Syntax errors.
pub fn compile(text: &str, options: &TemplateOptions, outermost: bool, extensions: Extensions) -> Read {
    if outermost && *options == *DEFAULTS {
        if extensions == Extensions::default() {
            return compile_value(text);
        }
        let key = format!("{extensions:?}{text}");
        return kept(&EXTENDED, &key, || template(text, options, outermost, extensions));
    }
    template(text, options, outermost, extensions)
}

/// The program of a bare expression; of a `conditional`, constants that are templates are rendered.
///
/// # Errors
/// Syntax errors.
pub fn compile_expression(text: &str, conditional: bool) -> Read {
    let cache = if conditional { &CONDITIONALS } else { &EXPRESSIONS };
    kept(cache, text, || {
        let source = normalised(text);
        parser::expression(source.clone(), conditional)
            .map(Arc::new)
            .map_err(|mistake| unread(*mistake, source, "expression"))
    })
}

fn template(text: &str, options: &TemplateOptions, outermost: bool, extensions: Extensions) -> Read {
    let source = normalised(text);
    let program = match unusable(options) {
        Some(text) => Err(Box::new(Mistake::new(text, 0))),
        None => parser::template(source.clone(), options, outermost, extensions),
    };
    program.map(Arc::new).map_err(|mistake| unread(*mistake, source, "template"))
}

/// Why the options do not work, if so.
fn unusable(options: &TemplateOptions) -> Option<String> {
    let marks = [
        ("variable_start_string", &options.variable_start),
        ("variable_end_string", &options.variable_end),
        ("block_start_string", &options.block_start),
        ("block_end_string", &options.block_end),
    ];
    marks.iter().find(|(_, mark)| mark.is_empty()).map(|(name, _)| format!("`{name}` is empty"))
}

fn normalised(text: &str) -> Arc<str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

fn unread(mistake: Mistake, source: Arc<str>, what: &str) -> Box<Unread> {
    let error = match mistake.of_python {
        true => Error::failed(mistake.message).within(format!("Error rendering {what}")),
        false => Error::failed(format!("Syntax error in {what}: {}", mistake.message)),
    };
    let (extensible, absent) = (mistake.extensible, mistake.absent);
    let error = match mistake.hint {
        Some(hint) => error.hint(hint),
        None => error,
    };
    Box::new(Unread {
        error,
        text: Program { source, absent, ..Program::default() },
        place: mistake.at as Place,
        extensible,
    })
}
