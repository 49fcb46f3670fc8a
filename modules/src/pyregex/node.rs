//! A parsed pattern as a tree.

use super::sets::Set;

/// One piece of a pattern.
pub(super) enum Node {
    /// Matches nothing at all, everywhere.
    Empty,
    /// A character that stands for itself.
    Char(char),
    /// `.`: any character but a newline.
    Any,
    /// `.` with `(?s)`: any character.
    All,
    /// One of several characters.
    Set(Set),
    /// A place that takes no characters.
    At(Place),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first of these with which the rest matches too.
    Either(Vec<Node>),
    /// A group that captures, with its number.
    Group(usize, Box<Node>),
    /// Something several times; no upper bound is `u32::MAX`.
    Repeat { body: Box<Node>, low: u32, high: u32, how: How },
    /// `(?>...)`: what it once matched stays.
    Atomic(Box<Node>),
    /// A look ahead, or that many characters behind.
    Look { body: Box<Node>, wanted: bool, behind: Option<u32> },
    /// What a group captured, once more.
    Back { group: usize, fold: Fold },
    /// `(?(1)yes|no)`
    Condition { group: usize, yes: Box<Node>, no: Box<Node> },
}

/// How a repetition chooses its count.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum How {
    Greedy,
    Lazy,
    Possessive,
}

/// Which letters are the same.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fold {
    No,
    Ascii,
    Unicode,
}

/// A place between characters.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Start,
    LineStart,
    End,
    /// The end, or before a newline that is the last character.
    LastLineEnd,
    LineEnd,
    Boundary {
        ascii: bool,
    },
    NoBoundary {
        ascii: bool,
    },
}
