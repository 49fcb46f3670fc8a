//! `{% trans %}` of the extension `jinja2.ext.i18n`: a call of `gettext` or its kin, and the formatting of what it
//! gives. ansible-core installs no translations, so those are names that a template defines itself, or undefined.

use super::parser::{Parsed, Parser};
use super::program::*;
use super::statements::text;
use super::token::{Kind, Token};
use std::sync::Arc;

/// A tag's parts.
struct Translation {
    context: Option<Expr>,
    variables: Vec<(Arc<str>, Expr)>,
    /// What decides between singular and plural.
    counted: Option<Expr>,
    /// A call that counts is made once, under a name of its own.
    called: Option<Expr>,
    trimmed: bool,
}

/// The name under which a call's result is kept.
const KEPT: &str = "_trans";

/// The names in a message, and where.
type Names = Vec<(Arc<str>, Place)>;

/// Reads the statement behind its tag, up to its last end mark.
pub fn parse<'t>(parser: &mut Parser<'t>, tag: &'t Token<'t>) -> Parsed<Stmt> {
    let mut parts = head(parser)?;
    parser.expect(Kind::BlockEnd)?;
    let (mut referenced, mut singular) = body(parser, true)?;
    if let (None, Some((name, place))) = (&parts.counted, referenced.first()) {
        parts.counted = Some(Expr::Var(name.clone(), *place));
    }
    let mut plural = None;
    if parser.skip_word("pluralize") {
        if parser.current().kind != Kind::BlockEnd {
            let token = parser.expect(Kind::Name)?;
            let known = parts.variables.iter().find(|(name, _)| **name == *token.text);
            let Some((_, counted)) = known else {
                return parser
                    .fail_at(format!("unknown variable '{}' for pluralization", token.text), token.at);
            };
            parts.counted = Some(counted.clone());
        }
        parser.expect(Kind::BlockEnd)?;
        let (names, text) = body(parser, false)?;
        referenced.extend(names);
        plural = Some(text);
    }
    parser.next();
    let is_referenced = !referenced.is_empty();
    for (name, place) in referenced {
        if !parts.variables.iter().any(|(known, _)| *known == name) {
            parts.variables.push((name.clone(), Expr::Var(name, place)));
        }
    }
    if plural.is_some() && parts.counted.is_none() {
        return parser.fail_at("pluralize without variables", tag.at);
    }
    for message in [Some(&mut singular), plural.as_mut()].into_iter().flatten() {
        if parts.trimmed {
            *message = trimmed(message);
        }
        if !is_referenced {
            *message = message.replace("%%", "%");
        }
    }
    Ok(statement(parts, &singular, plural.as_deref(), tag.at as Place))
}

fn statement(parts: Translation, singular: &str, plural: Option<&str>, place: Place) -> Stmt {
    let function = match (&parts.context, plural) {
        (None, None) => "gettext",
        (None, Some(_)) => "ngettext",
        (Some(_), None) => "pgettext",
        (Some(_), Some(_)) => "npgettext",
    };
    let mut args: Vec<Expr> = parts.context.into_iter().chain([text(singular)]).collect();
    if let (Some(plural), Some(counted)) = (plural, parts.counted) {
        args.extend([text(plural), counted]);
    }
    let args = args.into_iter().map(Argument::Positional).collect();
    let mut printed = Expr::Call(Box::new(Expr::Var(function.into(), place)), args, place);
    if !parts.variables.is_empty() {
        let variables = parts.variables.into_iter().map(|(name, value)| (text(&name), value)).collect();
        let sides = Box::new((printed, Expr::Dict(variables)));
        printed = Expr::Binary(Binary::Arithmetic("%"), sides, place);
    }
    let kept = parts.called.map(|call| Stmt::Set(Target::Name(KEPT.into()), call));
    Stmt::Group(kept.into_iter().chain([Stmt::Emit(printed)]).collect())
}

/// The variables behind the tag.
fn head(parser: &mut Parser<'_>) -> Parsed<Translation> {
    let mut parts =
        Translation { context: None, variables: Vec::new(), counted: None, called: None, trimmed: false };
    if parser.current().kind == Kind::String {
        parts.context = Some(text(&parser.next().text));
    }
    let mut trimming = None;
    while parser.current().kind != Kind::BlockEnd {
        if !parts.variables.is_empty() {
            parser.expect_operator(",")?;
        }
        if parser.skip(":") {
            break;
        }
        let token = parser.expect(Kind::Name)?;
        let name = parser.shared(&token.text);
        if parts.variables.iter().any(|(known, _)| *known == name) {
            return parser.fail_at(format!("translatable variable '{name}' defined twice."), token.at);
        }
        let mut value = if parser.skip("=") {
            parser.expression()?
        } else if trimming.is_none() && (&*name == "trimmed" || &*name == "notrimmed") {
            trimming = Some(&*name == "trimmed");
            continue;
        } else {
            parser.speaks(&name);
            Expr::Var(name.clone(), token.at as Place)
        };
        if parts.counted.is_none() {
            if matches!(value, Expr::Call(..)) {
                let kept = Expr::Var(KEPT.into(), token.at as Place);
                parts.called = Some(std::mem::replace(&mut value, kept));
            }
            parts.counted = Some(value.clone());
        }
        parts.variables.push((name, value));
    }
    parts.trimmed = trimming.unwrap_or(false);
    Ok(parts)
}

/// The message up to the next tag, which is then at hand, and the names in it.
fn body(parser: &mut Parser<'_>, pluralize: bool) -> Parsed<(Names, String)> {
    let (mut names, mut message) = (Vec::new(), String::new());
    loop {
        let token = parser.current();
        match token.kind {
            Kind::Data => {
                parser.next();
                let newline = parser.newline.unwrap_or("\n");
                message += &token.text.replace('\n', newline).replace('%', "%%");
            }
            Kind::VariableBegin => {
                parser.next();
                let name = parser.expect(Kind::Name)?;
                parser.speaks(&name.text);
                message += &format!("%({})s", name.text);
                names.push((parser.shared(&name.text), name.at as Place));
                parser.expect(Kind::VariableEnd)?;
            }
            Kind::BlockBegin => {
                parser.next();
                let tag = parser.current();
                if tag.is_word("endtrans") || pluralize && tag.is_word("pluralize") {
                    return Ok((names, message));
                }
                return match tag.kind {
                    Kind::Name if tag.text == "pluralize" => {
                        parser.fail("a translatable section can have only one pluralize section")
                    }
                    Kind::Name if tag.text == "trans" => {
                        parser.fail("trans blocks can't be nested; did you mean `endtrans`?")
                    }
                    kind => {
                        let saw = if kind == Kind::Name { &*tag.text } else { "None" };
                        parser.fail(format!(
                            "control structures in translatable sections are not allowed; saw `{saw}`"
                        ))
                    }
                };
            }
            _ => return parser.fail("unclosed translation block"),
        }
    }
}

/// The message without whitespace around it, and without newlines and the blanks around those.
fn trimmed(message: &str) -> String {
    let lines = message.trim_matches(super::lexer::is_space).lines();
    let lines: Vec<&str> = lines.map(|line| line.trim_matches(super::lexer::is_space)).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}
