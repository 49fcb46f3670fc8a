//! A pattern's tree as a list of steps for the matcher.

use super::RegexError;
use super::node::{Fold, How, Node, Place};
use super::sets::Set;

/// How many steps a pattern may have.
const LARGEST: usize = 1_000_000;
/// No upper bound of a repetition.
pub(super) const ENDLESS: u32 = u32::MAX;

/// One step; what follows it is the next in the list.
pub(super) enum Step {
    /// These bytes.
    Text(Box<[u8]>),
    One(One),
    At(Place),
    /// Tries the next step, and that at the place given where it fails.
    Split(usize),
    Jump(usize),
    /// Notes the place as a group's start or end.
    Mark(usize),
    /// A character of one kind several times; the byte that must follow where one byte must.
    Many {
        one: One,
        low: u32,
        high: u32,
        how: How,
        follows: Option<u8>,
    },
    /// Begins a repetition that counts in that register, and jumps to its end.
    Start {
        register: usize,
        end: usize,
    },
    /// The end of a repetition whose body begins there.
    Until {
        register: usize,
        body: usize,
        low: u32,
        high: u32,
        lazy: bool,
    },
    /// What follows up to `Done` is matched once for all; then on at the step given.
    Atomic {
        after: usize,
    },
    /// The same again and again.
    Possessive {
        low: u32,
        high: u32,
        after: usize,
    },
    Look {
        wanted: bool,
        behind: Option<u32>,
        after: usize,
    },
    Back {
        group: usize,
        fold: Fold,
    },
    /// Goes on where the group took part, and at the step given where not.
    Condition {
        group: usize,
        no: usize,
    },
    /// The end of what is matched apart.
    Done,
    Match,
}

/// One character of a kind.
#[derive(Clone, Copy)]
pub(super) enum One {
    /// Any but a newline.
    Any,
    All,
    /// That set.
    Of(usize),
}

/// A pattern ready to be matched.
pub(super) struct Program {
    pub steps: Vec<Step>,
    pub sets: Vec<Set>,
    pub registers: usize,
    pub groups: usize,
    /// Every match starts with this.
    pub prefix: Option<memchr::memmem::Finder<'static>>,
    /// The bytes that a match may start with; none where it may be empty.
    pub first: Option<Box<[bool; 256]>>,
    /// A match starts where the text does.
    pub anchored: bool,
    /// The pattern begins with `.*`: where it fails, it fails up to the next line's start, or everywhere.
    pub sweeps: Option<One>,
}

impl Program {
    /// Writes a pattern's steps.
    ///
    /// # Errors
    /// They are too many.
    pub fn new(node: Node, groups: usize) -> Result<Program, RegexError> {
        let mut first = Box::new([false; 256]);
        let may_be_empty = first_bytes(&node, &mut first);
        let mut start = &node;
        while let Node::Sequence(nodes) = start
            && let Some(node) = nodes.first()
        {
            start = node;
        }
        let sweeps = match start {
            Node::Repeat { body, low: 0, high: ENDLESS, how } if *how != How::Possessive => match **body {
                Node::Any => Some(One::Any),
                Node::All => Some(One::All),
                _ => None,
            },
            _ => None,
        };
        let mut prefix = String::new();
        text_at_start(&node, &mut prefix);
        let mut program = Program {
            steps: Vec::new(),
            sets: Vec::new(),
            registers: 0,
            groups,
            prefix: (prefix.len() > 1).then(|| memchr::memmem::Finder::new(prefix.as_bytes()).into_owned()),
            first: (!may_be_empty).then_some(first),
            anchored: matches!(start, Node::At(Place::Start)),
            sweeps,
        };
        program.write(node)?;
        program.step(Step::Match)?;
        for at in 0..program.steps.len() {
            let byte = match program.steps.get(at + 1) {
                Some(Step::Text(text)) => text.first().copied(),
                _ => None,
            };
            if let Some(Step::Many { follows, .. }) = program.steps.get_mut(at) {
                *follows = byte;
            }
        }
        Ok(program)
    }

    fn step(&mut self, step: Step) -> Result<usize, RegexError> {
        if self.steps.len() >= LARGEST {
            return Err(RegexError("the pattern is too large".to_owned()));
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }

    fn one(&mut self, node: Node) -> Result<One, Node> {
        Ok(match node {
            Node::Any => One::Any,
            Node::All => One::All,
            Node::Set(set) => {
                self.sets.push(set);
                One::Of(self.sets.len() - 1)
            }
            Node::Char(c) => {
                self.sets.push(Set::new(false, Fold::No, vec![(c, c)], Vec::new()));
                One::Of(self.sets.len() - 1)
            }
            other => return Err(other),
        })
    }

    fn write(&mut self, node: Node) -> Result<(), RegexError> {
        match node {
            Node::Empty => {}
            Node::Char(c) => {
                self.step(Step::Text(c.to_string().into_bytes().into()))?;
            }
            node @ (Node::Any | Node::All | Node::Set(_)) => {
                if let Ok(one) = self.one(node) {
                    self.step(Step::One(one))?;
                }
            }
            Node::At(place) => {
                self.step(Step::At(place))?;
            }
            Node::Sequence(nodes) => {
                let mut text = String::new();
                for node in nodes {
                    if let Node::Char(c) = node {
                        text.push(c);
                        continue;
                    }
                    self.write_text(&mut text)?;
                    self.write(node)?;
                }
                self.write_text(&mut text)?;
            }
            Node::Either(branches) => {
                let mut ends = Vec::new();
                let last = branches.len().saturating_sub(1);
                for (i, branch) in branches.into_iter().enumerate() {
                    if i == last {
                        self.write(branch)?;
                        continue;
                    }
                    let split = self.step(Step::Split(0))?;
                    self.write(branch)?;
                    ends.push(self.step(Step::Jump(0))?);
                    self.set(split, Step::Split(self.steps.len()));
                }
                for end in ends {
                    self.set(end, Step::Jump(self.steps.len()));
                }
            }
            Node::Group(group, body) => {
                self.step(Step::Mark(2 * group))?;
                self.write(*body)?;
                self.step(Step::Mark(2 * group + 1))?;
            }
            Node::Repeat { body, low, high, how } => self.repeat(*body, low, high, how)?,
            Node::Atomic(body) => {
                let at = self.step(Step::Done)?;
                self.write(*body)?;
                self.step(Step::Done)?;
                self.set(at, Step::Atomic { after: self.steps.len() });
            }
            Node::Look { body, wanted, behind } => {
                let at = self.step(Step::Done)?;
                self.write(*body)?;
                self.step(Step::Done)?;
                self.set(at, Step::Look { wanted, behind, after: self.steps.len() });
            }
            Node::Back { group, fold } => {
                self.step(Step::Back { group, fold })?;
            }
            Node::Condition { group, yes, no } => {
                let at = self.step(Step::Done)?;
                self.write(*yes)?;
                let end = self.step(Step::Jump(0))?;
                self.set(at, Step::Condition { group, no: self.steps.len() });
                self.write(*no)?;
                self.set(end, Step::Jump(self.steps.len()));
            }
        }
        Ok(())
    }

    fn write_text(&mut self, text: &mut String) -> Result<(), RegexError> {
        if !text.is_empty() {
            self.step(Step::Text(std::mem::take(text).into_bytes().into()))?;
        }
        Ok(())
    }

    fn repeat(&mut self, body: Node, low: u32, high: u32, how: How) -> Result<(), RegexError> {
        let body = match self.one(body) {
            Ok(one) => {
                self.step(Step::Many { one, low, high, how, follows: None })?;
                return Ok(());
            }
            Err(body) => body,
        };
        if how == How::Possessive {
            let at = self.step(Step::Done)?;
            self.write(body)?;
            self.step(Step::Done)?;
            self.set(at, Step::Possessive { low, high, after: self.steps.len() });
            return Ok(());
        }
        let register = self.registers;
        self.registers += 1;
        let at = self.step(Step::Done)?;
        self.write(body)?;
        let lazy = how == How::Lazy;
        let end = self.step(Step::Until { register, body: at + 1, low, high, lazy })?;
        self.set(at, Step::Start { register, end });
        Ok(())
    }
}

/// Marks the bytes that a match may start with; whether it may be empty (or that cannot be told).
fn first_bytes(node: &Node, first: &mut [bool; 256]) -> bool {
    let mut mark = |holds: &dyn Fn(u8) -> bool| {
        for (slot, byte) in first.iter_mut().zip(0u8..=255) {
            *slot |= holds(byte);
        }
        false
    };
    match node {
        Node::Char(c) => {
            let start = c.encode_utf8(&mut [0; 4]).bytes().next();
            mark(&|byte| Some(byte) == start)
        }
        Node::Any => mark(&|byte| byte != b'\n'),
        Node::All => mark(&|_| true),
        Node::Set(set) => mark(&|byte| byte >= 128 || set.holds_byte(byte)),
        Node::Sequence(nodes) => nodes.iter().all(|node| first_bytes(node, first)),
        Node::Either(nodes) => {
            let mut empty = false;
            for node in nodes {
                // each is asked, since each adds its bytes
                empty |= first_bytes(node, first);
            }
            empty
        }
        Node::Group(_, body) | Node::Atomic(body) => first_bytes(body, first),
        Node::Repeat { body, low, .. } => first_bytes(body, first) || *low == 0,
        Node::Condition { yes, no, .. } => first_bytes(yes, first) | first_bytes(no, first),
        Node::Empty | Node::At(_) | Node::Look { .. } | Node::Back { .. } => true,
    }
}

/// The text that every match starts with; whether what follows may still add to it.
fn text_at_start(node: &Node, text: &mut String) -> bool {
    match node {
        Node::Empty => true,
        Node::Char(c) => {
            text.push(*c);
            true
        }
        Node::Sequence(nodes) => nodes.iter().all(|node| text_at_start(node, text)),
        Node::Group(_, body) => text_at_start(body, text),
        _ => false,
    }
}
