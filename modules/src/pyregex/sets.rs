//! Sets of characters as Python's `re` knows them: categories, ranges, and letters whose case does not count.

use super::node::Fold;
use regex_syntax::hir::{Class, HirKind};
use std::sync::OnceLock;

/// Lower case letters that have the same upper case letters: these are the same where case does not count.
const SAME_UPPER: [&str; 23] = [
    "i\u{131}",
    "s\u{17f}",
    "\u{b5}\u{3bc}",
    "\u{345}\u{3b9}\u{1fbe}",
    "\u{390}\u{1fd3}",
    "\u{3b0}\u{1fe3}",
    "\u{3b2}\u{3d0}",
    "\u{3b5}\u{3f5}",
    "\u{3b8}\u{3d1}",
    "\u{3ba}\u{3f0}",
    "\u{3c0}\u{3d6}",
    "\u{3c1}\u{3f1}",
    "\u{3c2}\u{3c3}",
    "\u{3c6}\u{3d5}",
    "\u{432}\u{1c80}",
    "\u{434}\u{1c81}",
    "\u{43e}\u{1c82}",
    "\u{441}\u{1c83}",
    "\u{442}\u{1c84}\u{1c85}",
    "\u{44a}\u{1c86}",
    "\u{463}\u{1c87}",
    "\u{1c88}\u{a64b}",
    "\u{1e61}\u{1e9b}",
];
const SAME_LIGATURE: &str = "\u{fb05}\u{fb06}";

/// What `\d`, `\w` or `\s` stand for; capitals are the others.
#[derive(Clone, Copy)]
pub(super) struct Category {
    pub letter: char,
    pub ascii: bool,
}

impl Category {
    pub fn holds(self, c: char) -> bool {
        let plain = self.letter.to_ascii_lowercase();
        let holds = match plain {
            'd' if self.ascii => c.is_ascii_digit(),
            'd' => is_in(c, &DIGITS.get_or_init(|| Letters::new(r"\p{Nd}")).0),
            'w' => is_word(c, self.ascii),
            _ if self.ascii => matches!(c, ' ' | '\t'..='\r'),
            _ => c.is_whitespace() || matches!(c, '\x1c'..='\x1f'),
        };
        holds == (plain == self.letter)
    }
}

/// A letter, a number or `_`; marks are none.
pub(super) fn is_word(c: char, ascii: bool) -> bool {
    if c.is_ascii() || ascii {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    is_in(c, &WORDS.get_or_init(|| Letters::new(r"[\p{L}\p{N}]")).0)
}

static DIGITS: OnceLock<Letters> = OnceLock::new();
static WORDS: OnceLock<Letters> = OnceLock::new();

/// Characters of some kinds, as Unicode names them.
pub struct Letters(Vec<(char, char)>);

impl Letters {
    /// Those of a class like `\p{L}` or `[_\p{XID_Start}]`; none where it is no class.
    pub fn new(class: &str) -> Letters {
        match regex_syntax::parse(class).map(|hir| hir.into_kind()) {
            Ok(HirKind::Class(Class::Unicode(class))) => {
                Letters(class.ranges().iter().map(|r| (r.start(), r.end())).collect())
            }
            _ => Letters(Vec::new()),
        }
    }

    /// Is that character one of them?
    pub fn hold(&self, c: char) -> bool {
        is_in(c, &self.0)
    }
}

fn is_in(c: char, ranges: &[(char, char)]) -> bool {
    ranges
        .binary_search_by(|(low, high)| {
            if *high < c {
                std::cmp::Ordering::Less
            } else if *low > c {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// A letter's lower case, where that is one letter.
pub(super) fn lower(c: char, fold: Fold) -> char {
    match fold {
        Fold::No => c,
        Fold::Ascii => c.to_ascii_lowercase(),
        Fold::Unicode if c.is_ascii() => c.to_ascii_lowercase(),
        Fold::Unicode => c.to_lowercase().next().unwrap_or(c),
    }
}

fn same_upper(c: char) -> impl Iterator<Item = char> {
    let group = SAME_UPPER.iter().chain([&SAME_LIGATURE]).find(|group| group.contains(c));
    group.map_or("", |group| group).chars()
}

/// Those letters whose lower case is another letter.
fn capitals() -> &'static [(char, char)] {
    static ALL: OnceLock<Vec<(char, char)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = ('\0'..='\u{1ffff}').map(|c| (c, lower(c, Fold::Unicode)));
        all.filter(|(c, low)| c != low).collect()
    })
}

/// One character out of several.
pub(super) struct Set {
    negated: bool,
    fold: Fold,
    /// In order and apart from each other.
    ranges: Vec<(char, char)>,
    categories: Vec<Category>,
    ascii: [bool; 128],
}

impl Set {
    /// A set of ranges and categories; where case does not count, both sides are compared in lower case.
    pub fn new(negated: bool, fold: Fold, mut ranges: Vec<(char, char)>, categories: Vec<Category>) -> Set {
        match fold {
            Fold::No => {}
            Fold::Ascii => {
                let small = ranges.iter().filter_map(|(low, high)| {
                    let (low, high) = ((*low).max('A'), (*high).min('Z'));
                    (low <= high).then(|| (low.to_ascii_lowercase(), high.to_ascii_lowercase()))
                });
                ranges.extend(small.collect::<Vec<_>>());
            }
            Fold::Unicode => {
                let mut more = Vec::new();
                for (low, high) in &ranges {
                    let from = capitals().partition_point(|(c, _)| c < low);
                    let capitals = capitals().get(from..).unwrap_or(&[]);
                    more.extend(capitals.iter().take_while(|(c, _)| c <= high).map(|(_, small)| *small));
                }
                let within =
                    |c: &char| more.contains(c) || ranges.iter().any(|(low, high)| low <= c && c <= high);
                let groups = SAME_UPPER.iter().chain([&SAME_LIGATURE]);
                let same: Vec<char> = groups
                    .filter(|group| group.chars().any(|c| within(&c)))
                    .flat_map(|g| g.chars())
                    .collect();
                ranges.extend(more.into_iter().chain(same).map(|c| (c, c)));
            }
        }
        Set::of(negated, fold, ranges, categories)
    }

    fn of(negated: bool, fold: Fold, mut ranges: Vec<(char, char)>, categories: Vec<Category>) -> Set {
        ranges.sort_unstable();
        let mut joined: Vec<(char, char)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match joined.last_mut() {
                Some(last) if low <= last.1 => last.1 = last.1.max(high),
                _ => joined.push((low, high)),
            }
        }
        let mut set = Set { negated, fold, ranges: joined, categories, ascii: [false; 128] };
        set.ascii = std::array::from_fn(|byte| u8::try_from(byte).is_ok_and(|b| set.test(char::from(b))));
        set
    }

    /// A literal whose case does not count; none where it has no case.
    pub fn cased(c: char, fold: Fold) -> Option<Set> {
        let cased = match fold {
            Fold::No => false,
            Fold::Ascii => c.is_ascii_alphabetic(),
            Fold::Unicode => {
                c.is_ascii_alphabetic() || lower(c, fold) != c || c.to_uppercase().next() != Some(c)
            }
        };
        if !cased {
            return None;
        }
        let mut all = vec![(lower(c, fold), lower(c, fold))];
        if fold == Fold::Unicode {
            all.extend(same_upper(lower(c, fold)).map(|c| (c, c)));
        }
        Some(Set::of(false, fold, all, Vec::new()))
    }

    fn test(&self, c: char) -> bool {
        let c = lower(c, self.fold);
        let holds = is_in(c, &self.ranges) || self.categories.iter().any(|category| category.holds(c));
        holds != self.negated
    }

    pub fn holds(&self, c: char) -> bool {
        match self.ascii.get(c as usize) {
            Some(holds) => *holds,
            None => self.test(c),
        }
    }

    /// Does the set hold this byte as a character of its own?
    pub fn holds_byte(&self, byte: u8) -> bool {
        self.ascii.get(usize::from(byte)).is_some_and(|holds| *holds)
    }
}
