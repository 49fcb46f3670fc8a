//! Reads tokens by Jinja's grammar into an owned program; the errors are Jinja's.

use super::lexer::{self, Reading};
use super::program::*;
use super::token::{Kind, Mistake, Token};
use crate::template::TemplateOptions;
use std::collections::HashMap;
use std::sync::Arc;

/// How deep brackets, signs and conditions may nest in one expression, and how many operators may depend on each
/// other: the evaluator walks what the parser makes.
pub const DEEPEST: usize = 120;
/// See [`DEEPEST`].
pub const HIGHEST: usize = 400;
/// How deep statements may nest: Python's own limit for what Jinja makes of them.
const DEEPEST_STATEMENTS: usize = 98;

/// What parsing yields.
pub type Parsed<T = ()> = Result<T, Box<Mistake>>;

/// The extensions of Jinja that the configuration asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extensions {
    /// `jinja2.ext.do`
    pub statements: bool,
    /// `jinja2.ext.loopcontrols`
    pub loop_controls: bool,
    /// `jinja2.ext.i18n`
    pub translations: bool,
    /// `jinja2.ext.debug`
    pub debug: bool,
}

/// Parses a template.
///
/// # Errors
/// Syntax errors.
pub fn template(
    source: Arc<str>,
    options: &TemplateOptions,
    literal_backslashes: bool,
    extensions: Extensions,
) -> Parsed<Program> {
    let text = match source.strip_suffix('\n') {
        Some(text) if !options.keep_trailing_newline => text,
        _ => &source,
    };
    let (tokens, broken) = lexer::of_template(text, &Reading { options, literal_backslashes });
    let mut parser = Parser::new(&tokens, broken);
    parser.newline = Some(options.newline.as_str()).filter(|newline| *newline != "\n");
    parser.extensions = extensions;
    let body = parser.statements_until(&[])?;
    parser.end()?;
    let Parser { blocks, absent, .. } = parser;
    Ok(Program { body, blocks, absent, source: source.clone(), ..Program::default() })
}

/// Parses a bare expression; in a `conditional`, constants may be templates themselves.
///
/// # Errors
/// Syntax errors.
pub fn expression(source: Arc<str>, conditional: bool) -> Parsed<Program> {
    let options = TemplateOptions::default();
    let (tokens, broken) =
        lexer::of_expression(&source, &Reading { options: &options, literal_backslashes: false });
    let mut parser = Parser::new(&tokens, broken);
    parser.conditional = conditional;
    let expression = parser.expression()?;
    if parser.current().kind != Kind::End || parser.broken.is_some() {
        return parser.fail("chunk after expression");
    }
    parser.end()?;
    let Parser { absent, .. } = parser;
    Ok(Program { expression: Some(expression), absent, source: source.clone(), ..Program::default() })
}

/// Where the parser is, and what it has met.
pub struct Parser<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    /// Why the tokens end, if not with the text.
    broken: Option<Mistake>,
    /// How deep the expression at hand is nested.
    pub(super) depth: usize,
    /// How high the tree of the expression read last is.
    pub(super) height: usize,
    /// The tags that are open.
    tags: Vec<&'t str>,
    /// The tags that would end them.
    ends: Vec<&'static [&'static str]>,
    /// What Jinja complains of once all was read.
    pub(super) late: Option<Mistake>,
    /// What Python's compiler complains of then.
    of_python: Option<Mistake>,
    /// What is read may never run: Jinja looks for its filters and tests then only.
    pub(super) unsure: bool,
    pub(super) conditional: bool,
    pub(super) extensions: Extensions,
    /// What ends a line, if not `\n`.
    pub(super) newline: Option<&'t str>,
    pub(super) blocks: HashMap<Arc<str>, Arc<Block>>,
    pub(super) absent: Vec<(PluginKind, Arc<str>, Place)>,
    /// The special names that the innermost macro's body speaks of.
    pub(super) spoken: [bool; 3],
    /// The innermost loop's body may speak of `loop`.
    pub(super) speaks_of_loop: bool,
    /// Where the name `loop` is assigned to.
    pub(super) loop_assigned: Option<usize>,
    /// Loops around this place, within the innermost function.
    pub(super) loops: usize,
    /// Scopes around this place that `extends` cannot leave.
    pub(super) scopes: usize,
    names: HashMap<&'t str, Arc<str>>,
}

impl<'t> Parser<'t> {
    fn new(tokens: &'t [Token<'t>], broken: Option<Mistake>) -> Parser<'t> {
        Parser {
            tokens,
            at: 0,
            broken,
            depth: 0,
            height: 0,
            tags: Vec::new(),
            ends: Vec::new(),
            late: None,
            of_python: None,
            unsure: false,
            conditional: false,
            extensions: Extensions::default(),
            newline: None,
            blocks: HashMap::new(),
            absent: Vec::new(),
            spoken: [false; 3],
            speaks_of_loop: false,
            loop_assigned: None,
            loops: 0,
            scopes: 0,
            names: HashMap::new(),
        }
    }

    /// The token at hand; the last one is the end.
    pub(super) fn current(&self) -> &'t Token<'t> {
        self.look(0)
    }

    /// The token so many further.
    pub(super) fn look(&self, further: usize) -> &'t Token<'t> {
        &self.tokens[(self.at + further).min(self.tokens.len() - 1)]
    }

    /// Goes on by one token; gives the one that was at hand.
    pub(super) fn next(&mut self) -> &'t Token<'t> {
        let token = self.current();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    /// Skips an operator, if it is at hand.
    pub(super) fn skip(&mut self, operator: &str) -> bool {
        let is = self.current().is(operator);
        if is {
            self.next();
        }
        is
    }

    /// Skips a word, if it is at hand.
    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let is = self.current().is_word(word);
        if is {
            self.next();
        }
        is
    }

    /// Where the token at hand stands.
    pub(super) fn place(&self) -> Place {
        self.current().at as Place
    }

    /// Fails at the token at hand; where the text could not be cut further, with that.
    pub(super) fn fail<T>(&mut self, message: impl Into<String>) -> Parsed<T> {
        self.fail_at(message, self.current().at)
    }

    pub(super) fn fail_at<T>(&mut self, message: impl Into<String>, at: usize) -> Parsed<T> {
        match self.broken.take().filter(|_| self.current().kind == Kind::End) {
            Some(broken) => Err(Box::new(broken)),
            None => Err(Box::new(Mistake::new(message, at))),
        }
    }

    /// Notes what is only complained of once all was read; the first counts.
    pub(super) fn complain(&mut self, mistake: Mistake) {
        let first = if mistake.of_python { &mut self.of_python } else { &mut self.late };
        first.get_or_insert(mistake);
    }

    /// The end of all: what is complained of late.
    fn end(&mut self) -> Parsed {
        match self.broken.take().or(self.late.take()).or(self.of_python.take()) {
            Some(mistake) => {
                let absent = std::mem::take(&mut self.absent);
                Err(Box::new(Mistake { absent, ..mistake }))
            }
            None => Ok(()),
        }
    }

    fn unexpected<T>(&mut self, expected: &str) -> Parsed<T> {
        let message = match self.current() {
            Token { kind: Kind::End, .. } => format!("unexpected end of template, expected '{expected}'."),
            token => format!("expected token '{expected}', got '{}'", token.described()),
        };
        self.fail(message)
    }

    /// The next token, which must be of that sort.
    pub(super) fn expect(&mut self, kind: Kind) -> Parsed<&'t Token<'t>> {
        if self.current().kind == kind { Ok(self.next()) } else { self.unexpected(kind.described()) }
    }

    /// The next token, which must be that operator.
    pub(super) fn expect_operator(&mut self, operator: &str) -> Parsed {
        if self.skip(operator) { Ok(()) } else { self.unexpected(operator) }
    }

    /// The next token, which must be that word.
    pub(super) fn expect_word(&mut self, word: &str) -> Parsed {
        if self.skip_word(word) { Ok(()) } else { self.unexpected(word) }
    }

    /// A name, shared among its uses.
    pub(super) fn shared(&mut self, name: &'t str) -> Arc<str> {
        self.names.entry(name).or_insert_with(|| name.into()).clone()
    }

    /// Statements and text up to a tag of `ends`, which is then at hand; up to the end where there are none.
    pub(super) fn statements_until(&mut self, ends: &'static [&'static str]) -> Parsed<Vec<Stmt>> {
        let mut body = Vec::new();
        if !ends.is_empty() {
            self.ends.push(ends);
        }
        loop {
            let token = self.current();
            match token.kind {
                Kind::End if ends.is_empty() => break,
                Kind::End => return self.unknown_tag(None),
                Kind::Data => {
                    self.next();
                    let text = match self.newline {
                        Some(newline) => token.text.replace('\n', newline),
                        None => token.text.clone().into_owned(),
                    };
                    body.push(Stmt::Text(crate::template::Value::str(text)));
                }
                Kind::VariableBegin => {
                    self.next();
                    body.push(Stmt::Emit(self.tuple(true)?));
                    self.expect(Kind::VariableEnd)?;
                }
                Kind::BlockBegin => {
                    self.next();
                    let tag = self.current();
                    if ends.iter().any(|end| tag.is_word(end)) {
                        break;
                    }
                    if tag.kind != Kind::Name {
                        return self.fail("tag name expected");
                    }
                    if self.tags.len() >= DEEPEST_STATEMENTS {
                        return too_deep(tag, "too many levels of indentation");
                    }
                    self.tags.push(&tag.text);
                    let statement = self.statement(tag)?;
                    self.tags.pop();
                    body.push(statement);
                    self.expect(Kind::BlockEnd)?;
                }
                _ => return self.fail("internal parsing error"),
            }
        }
        if !ends.is_empty() {
            self.ends.pop();
        }
        Ok(body)
    }

    /// The body of a statement up to a tag of `ends`, which is then at hand.
    pub(super) fn body(&mut self, ends: &'static [&'static str]) -> Parsed<Vec<Stmt>> {
        self.skip(":");
        self.expect(Kind::BlockEnd)?;
        self.statements_until(ends)
    }

    /// The body of a statement and the tag that ends it.
    pub(super) fn whole_body(&mut self, ends: &'static [&'static str]) -> Parsed<Vec<Stmt>> {
        let body = self.body(ends)?;
        self.next();
        Ok(body)
    }

    /// A tag that means nothing here, or the end of the text where one is needed.
    pub(super) fn unknown_tag<T>(&mut self, tag: Option<&Token<'_>>) -> Parsed<T> {
        let mut message = match tag {
            Some(tag) => format!("Encountered unknown tag '{}'.", tag.text),
            None => "Unexpected end of template.".to_owned(),
        };
        if tag.is_some() {
            self.tags.pop();
        }
        if let Some(ends) = self.ends.last() {
            let wanted: Vec<String> = ends.iter().map(|end| format!("'{end}'")).collect();
            let wanted = wanted.join(" or ");
            let nested = tag.is_some_and(|tag| self.ends.iter().any(|ends| ends.contains(&&*tag.text)));
            message += &match nested {
                true => format!(
                    " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for \
                     {wanted}."
                ),
                false => format!(" Jinja was looking for the following tags: {wanted}."),
            };
        }
        if let Some(open) = self.tags.last() {
            message += &format!(" The innermost block that needs to be closed is '{open}'.");
        }
        let at = tag.map_or(self.current().at, |tag| tag.at);
        self.fail_at(message, at)
    }
}

/// What is nested too deep for Python, or for the evaluator.
///
/// # Errors
/// Always.
pub fn too_deep<T>(token: &Token<'_>, message: &str) -> Parsed<T> {
    Err(Box::new(Mistake::new(message, token.at)))
}
