//! JMESPath's grammar: from text to a tree, by binding powers.

use super::DEEPEST;
use crate::template::value::{Error, Result, Value};

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compared {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// `[start:stop:step]`.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    pub start: Option<i64>,
    pub stop: Option<i64>,
    pub step: Option<i64>,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Node {
    Current,
    Literal(Value),
    Field(String),
    Index(i64),
    Slice(Slice),
    Sub(Box<Node>, Box<Node>),
    Pipe(Box<Node>, Box<Node>),
    /// What follows `[*]`, `[]` or a slice, on each item.
    Project(Box<Node>, Box<Node>),
    /// What follows `*`, on each value.
    ProjectValues(Box<Node>, Box<Node>),
    Filter(Box<Node>, Box<Node>, Box<Node>),
    Flatten(Box<Node>),
    List(Vec<Node>),
    Dict(Vec<(String, Node)>),
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Compare(Compared, Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
    /// `&expression`, a function's argument.
    Reference(Box<Node>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Quoted(String),
    Literal(Value),
    Number(i64),
    Mark(&'static str),
    End,
}

/// Marks, longer ones first.
const MARKS: &[&str] = &[
    "[?", "[]", "||", "&&", "==", "!=", "<=", ">=", ".", "*", "[", "]", "{", "}", "(", ")", ",", ":", "|",
    "<", ">", "!", "@", "&",
];

fn wrong(at: usize, what: &str) -> Error {
    Error::new(format!("invalid expression at column {at}: {what}"))
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        let token = match c {
            c if c.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                at += end;
                Token::Name(rest[..end].to_owned())
            }
            c if c.is_ascii_digit() || c == '-' => {
                let end = rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |e| e + 1);
                at += end;
                Token::Number(rest[..end].parse().map_err(|_| wrong(start, "bad number"))?)
            }
            '"' | '\'' | '`' => {
                let (inner, end) = quoted(rest, c).ok_or_else(|| wrong(start, "a quote stays open"))?;
                at += end;
                match c {
                    '\'' => Token::Literal(Value::from(inner.replace("\\'", "'"))),
                    '"' => match crate::template::pyjson::read(&format!("\"{inner}\""), false) {
                        Ok(Value::Str(s)) => Token::Quoted(s.text.to_string()),
                        _ => return Err(wrong(start, "bad quoted name")),
                    },
                    _ => {
                        let inner = inner.replace("\\`", "`");
                        // What is no JSON is text, as of old.
                        let value = crate::template::pyjson::read(inner.trim(), false);
                        Token::Literal(value.unwrap_or_else(|_| Value::from(inner.trim())))
                    }
                }
            }
            _ => match MARKS.iter().find(|mark| rest.starts_with(**mark)) {
                Some(mark) => {
                    at += mark.len();
                    Token::Mark(mark)
                }
                None => return Err(wrong(at, &format!("unknown token '{c}'"))),
            },
        };
        out.push((start, token));
    }
    out.push((text.len(), Token::End));
    Ok(out)
}

/// What stands between quotes, and where the closing one ends.
fn quoted(text: &str, quote: char) -> Option<(&str, usize)> {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some((&text[1..i], i + 1)),
            _ => {}
        }
    }
    None
}

/// Reads an expression.
///
/// # Errors
/// It is none, or nests too deep.
pub fn parse(text: &str) -> Result<Node> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let node = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok(node),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
}

/// How strongly a mark binds to what stands before it.
fn binding(token: &Token) -> u8 {
    match token {
        Token::Mark("|") => 1,
        Token::Mark("||") => 2,
        Token::Mark("&&") => 3,
        Token::Mark("==" | "!=" | "<" | "<=" | ">" | ">=") => 5,
        Token::Mark("[]") => 9,
        Token::Mark("[?") => 21,
        Token::Mark(".") => 40,
        Token::Mark("[") => 55,
        Token::Mark("(") => 60,
        _ => 0,
    }
}

/// A projection ends at marks that bind less than this.
const PROJECTION_ENDS: u8 = 10;

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(_, token)| token)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn is(&self, mark: &str) -> bool {
        matches!(self.peek(), Token::Mark(m) if *m == mark)
    }

    fn take(&mut self, mark: &str) -> Result<()> {
        if !self.is(mark) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self) -> Error {
        let at = self.tokens.get(self.at).map_or(0, |(at, _)| *at);
        wrong(at, &format!("unexpected {:?}", self.peek()))
    }

    fn expression(&mut self, least: u8) -> Result<Node> {
        if self.depth >= DEEPEST {
            return Err(Error::new("the expression nests too deep"));
        }
        self.depth += 1;
        let mut left = self.prefix()?;
        let mut links = 0;
        while binding(self.peek()) > least {
            left = self.infix(left)?;
            links += 1;
            if links > DEEPEST {
                return Err(Error::new("the expression is too long"));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefix(&mut self) -> Result<Node> {
        Ok(match self.next() {
            Token::Literal(value) => Node::Literal(value),
            Token::Name(name) => Node::Field(name),
            Token::Quoted(name) if !self.is("(") => Node::Field(name),
            Token::Mark("@") => Node::Current,
            Token::Mark("*") => {
                let right = self.projected()?;
                Node::ProjectValues(Box::new(Node::Current), Box::new(right))
            }
            Token::Mark("&") => Node::Reference(Box::new(self.expression(0)?)),
            Token::Mark("!") => Node::Not(Box::new(self.expression(45)?)),
            Token::Mark("(") => {
                let inner = self.expression(0)?;
                self.take(")")?;
                inner
            }
            Token::Mark("{") => self.dict()?,
            Token::Mark("[]") => self.flattened(Node::Current)?,
            Token::Mark("[?") => self.filter(Node::Current)?,
            Token::Mark("[") => match self.peek() {
                Token::Number(_) | Token::Mark(":") => self.index(Node::Current)?,
                Token::Mark("*") if matches!(self.tokens.get(self.at + 1), Some((_, Token::Mark("]")))) => {
                    self.index(Node::Current)?
                }
                _ => self.list()?,
            },
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }

    fn infix(&mut self, left: Node) -> Result<Node> {
        let left_box = |left| Box::new(left);
        Ok(match self.next() {
            Token::Mark(".") if self.is("*") => {
                self.at += 1;
                let right = self.projected()?;
                Node::ProjectValues(left_box(left), Box::new(right))
            }
            Token::Mark(".") => Node::Sub(left_box(left), Box::new(self.after_dot(40)?)),
            Token::Mark("|") => Node::Pipe(left_box(left), Box::new(self.expression(1)?)),
            Token::Mark("||") => Node::Or(left_box(left), Box::new(self.expression(2)?)),
            Token::Mark("&&") => Node::And(left_box(left), Box::new(self.expression(3)?)),
            Token::Mark("[]") => self.flattened(left)?,
            Token::Mark("[?") => self.filter(left)?,
            Token::Mark("[") => self.index(left)?,
            Token::Mark("(") => {
                let Node::Field(name) = left else { return Err(self.unexpected()) };
                let mut arguments = Vec::new();
                while !self.is(")") {
                    arguments.push(self.expression(0)?);
                    if !self.is(")") {
                        self.take(",")?;
                    }
                }
                self.take(")")?;
                Node::Call(name, arguments)
            }
            Token::Mark(mark) => {
                let op = match mark {
                    "==" => Compared::Equal,
                    "!=" => Compared::Unequal,
                    "<" => Compared::Less,
                    "<=" => Compared::AtMost,
                    ">" => Compared::More,
                    _ => Compared::AtLeast,
                };
                Node::Compare(op, left_box(left), Box::new(self.expression(5)?))
            }
            _ => return Err(self.unexpected()),
        })
    }

    /// What may stand after a dot.
    fn after_dot(&mut self, least: u8) -> Result<Node> {
        match self.peek() {
            Token::Name(_) | Token::Quoted(_) | Token::Mark("*") => self.expression(least),
            Token::Mark("[") => {
                self.at += 1;
                self.list()
            }
            Token::Mark("{") => {
                self.at += 1;
                self.dict()
            }
            _ => Err(self.unexpected()),
        }
    }

    /// What is done with each item of a projection.
    fn projected(&mut self) -> Result<Node> {
        let next = binding(self.peek());
        if next < PROJECTION_ENDS {
            return Ok(Node::Current);
        }
        match self.peek() {
            Token::Mark("[") | Token::Mark("[?") => self.expression(20),
            Token::Mark(".") => {
                self.at += 1;
                self.after_dot(20)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn flattened(&mut self, left: Node) -> Result<Node> {
        let right = self.projected()?;
        Ok(Node::Project(Box::new(Node::Flatten(Box::new(left))), Box::new(right)))
    }

    fn filter(&mut self, left: Node) -> Result<Node> {
        let test = self.expression(0)?;
        self.take("]")?;
        let right = if self.is("[]") { Node::Current } else { self.projected()? };
        Ok(Node::Filter(Box::new(left), Box::new(test), Box::new(right)))
    }

    /// `[1]`, `[1:2]` or `[*]`, after the bracket.
    fn index(&mut self, left: Node) -> Result<Node> {
        if self.is("*") {
            self.at += 1;
            self.take("]")?;
            let right = self.projected()?;
            return Ok(Node::Project(Box::new(left), Box::new(right)));
        }
        let mut parts: [Option<i64>; 3] = [None; 3];
        let mut colons = 0;
        while !self.is("]") {
            match self.next() {
                Token::Mark(":") if colons < 2 => colons += 1,
                Token::Number(n) if parts.get(colons).is_some_and(Option::is_none) => {
                    if let Some(part) = parts.get_mut(colons) {
                        *part = Some(n);
                    }
                }
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
            }
        }
        self.take("]")?;
        let [start, stop, step] = parts;
        match (colons, start) {
            (0, Some(index)) => Ok(Node::Sub(Box::new(left), Box::new(Node::Index(index)))),
            (0, None) => Err(self.unexpected()),
            _ => {
                let slice = Node::Sub(Box::new(left), Box::new(Node::Slice(Slice { start, stop, step })));
                let right = self.projected()?;
                Ok(Node::Project(Box::new(slice), Box::new(right)))
            }
        }
    }

    fn list(&mut self) -> Result<Node> {
        let mut parts = vec![self.expression(0)?];
        while self.is(",") {
            self.at += 1;
            parts.push(self.expression(0)?);
        }
        self.take("]")?;
        Ok(Node::List(parts))
    }

    fn dict(&mut self) -> Result<Node> {
        let mut parts = Vec::new();
        loop {
            let (Token::Name(name) | Token::Quoted(name)) = self.next() else {
                self.at -= 1;
                return Err(self.unexpected());
            };
            self.take(":")?;
            parts.push((name, self.expression(0)?));
            if self.is("}") {
                self.at += 1;
                return Ok(Node::Dict(parts));
            }
            self.take(",")?;
        }
    }
}
