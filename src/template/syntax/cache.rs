//! Lowered templates, kept by their text for the life of the process.

use super::{Program, lower};
use crate::maps::HashMap;
use crate::template::TemplateOptions;
use crate::template::value::Result;
use std::sync::{Arc, LazyLock, RwLock};

/// How many programs are kept before all are dropped; templates generated on the fly would fill memory otherwise.
const MOST: usize = 20_000;

type Kept = RwLock<HashMap<Arc<str>, Arc<Program>>>;

static PLAIN: LazyLock<Kept> = LazyLock::new(Default::default);
static CONDITIONALS: LazyLock<Kept> = LazyLock::new(Default::default);
static EXPRESSIONS: LazyLock<Kept> = LazyLock::new(Default::default);
static DEFAULTS: LazyLock<TemplateOptions> = LazyLock::new(TemplateOptions::default);

fn kept(cache: &Kept, text: &str, make: impl FnOnce() -> Result<Program>) -> Result<Arc<Program>> {
    if let Some(program) = cache.read().unwrap_or_else(|e| e.into_inner()).get(text) {
        return Ok(program.clone());
    }
    let program = Arc::new(make()?);
    let mut programs = cache.write().unwrap_or_else(|e| e.into_inner());
    if programs.len() >= MOST {
        programs.clear();
    }
    programs.insert(text.into(), program.clone());
    Ok(program)
}

/// The program of a template in a value, read with the default options.
///
/// # Errors
/// Syntax errors.
pub fn compile_value(text: &str) -> Result<Arc<Program>> {
    kept(&PLAIN, text, || lower::template(text, &DEFAULTS, true))
}

/// The program of a template. `outermost`: backslashes in `{{ }}` are literal, as in a value of a variable; template
/// files and what they include have Python's escapes throughout.
///
/// # Errors
/// Syntax errors.
pub fn compile(text: &str, options: &TemplateOptions, outermost: bool) -> Result<Arc<Program>> {
    if outermost && *options == *DEFAULTS {
        return kept(&PLAIN, text, || lower::template(text, options, true));
    }
    Ok(Arc::new(lower::template(text, options, outermost)?))
}

/// The program of a bare expression; of a `conditional`, constants that are templates are rendered.
///
/// # Errors
/// Syntax errors.
pub fn compile_expression(text: &str, conditional: bool) -> Result<Arc<Program>> {
    let cache = if conditional { &CONDITIONALS } else { &EXPRESSIONS };
    kept(cache, text, || lower::expression(text, conditional))
}
