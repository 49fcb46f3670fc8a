//! Matches a program against a text as Python does: the first way that fits, step by step, with a bound.

use super::RegexError;
use super::node::{Fold, How, Place};
use super::program::{ENDLESS, One, Program, Step};
use super::sets::{is_word, lower};

/// How many steps all matches of one call may take, besides those that the text's length allows:
/// some seconds, in which fits what takes Python one (`(a+)+$` on 24 characters). What is compiled without optimisation
/// has fewer.
const STEPS: u64 = match (cfg!(test), cfg!(debug_assertions)) {
    (true, _) => 2_000_000,
    (_, true) => 50_000_000,
    _ => 250_000_000,
};
/// How many more for each byte of the text.
const STEPS_A_BYTE: u64 = 16;
/// How many choices may wait to be taken back.
const CHOICES: usize = 6_000_000;
/// No place.
const NONE: u32 = u32::MAX;

/// What is undone or tried next when a way does not lead on.
enum Choice {
    Slot {
        slot: u32,
        old: u32,
    },
    Register {
        register: u32,
        count: u32,
        last: u32,
    },
    Go {
        at: u32,
        pos: u32,
    },
    /// Leaves a repetition.
    Leave {
        until: u32,
        count: u32,
        last: u32,
        pos: u32,
    },
    /// Takes one more turn.
    Turn {
        until: u32,
        pos: u32,
    },
    /// One character less.
    Fewer {
        at: u32,
        low: u32,
        pos: u32,
    },
    /// One character more.
    More {
        at: u32,
        left: u32,
        pos: u32,
    },
}

/// A search in one text: its matches one after the other, under one bound.
pub(super) struct Matcher<'p, 't> {
    program: &'p Program,
    text: &'t str,
    bytes: &'t [u8],
    slots: Vec<u32>,
    registers: Vec<(u32, u32)>,
    choices: Vec<Choice>,
    left: u64,
    /// Where a match may not end, since one that was empty ended there.
    barred: Option<usize>,
    /// A match must end with the text.
    whole: bool,
}

impl<'p, 't> Matcher<'p, 't> {
    /// # Errors
    /// The text is too long.
    pub fn new(program: &'p Program, text: &'t str) -> Result<Matcher<'p, 't>, RegexError> {
        if text.len() >= NONE as usize {
            return Err(RegexError("the text is too long for a regular expression".to_owned()));
        }
        Ok(Matcher {
            program,
            text,
            bytes: text.as_bytes(),
            slots: vec![NONE; 2 * (program.groups + 1)],
            registers: vec![(0, NONE); program.registers],
            choices: Vec::new(),
            left: STEPS + STEPS_A_BYTE * text.len() as u64,
            barred: None,
            whole: false,
        })
    }

    /// The places of the groups after a match.
    pub fn groups(&self) -> Vec<Option<(usize, usize)>> {
        let pairs = self.slots.chunks_exact(2);
        pairs
            .map(|pair| match pair {
                [start, end] if *start != NONE && *end != NONE && start <= end => {
                    Some((*start as usize, *end as usize))
                }
                _ => None,
            })
            .collect()
    }

    /// A match that starts here, and ends the text where `whole`.
    ///
    /// # Errors
    /// It took too many steps.
    pub fn match_at(&mut self, pos: usize, whole: bool) -> Result<bool, RegexError> {
        self.whole = whole;
        self.attempt(pos)
    }

    /// The next match that starts here or later; `barred`: it may not be empty where it starts at `pos`.
    ///
    /// # Errors
    /// It took too many steps.
    pub fn search(&mut self, mut pos: usize, barred: bool) -> Result<bool, RegexError> {
        self.barred = barred.then_some(pos);
        let program = self.program;
        loop {
            if let Some(prefix) = &program.prefix {
                match self.bytes.get(pos..).and_then(|rest| prefix.find(rest)) {
                    Some(skipped) => pos += skipped,
                    None => return Ok(false),
                }
            } else if let Some(first) = &program.first {
                let rest = self.bytes.get(pos..).unwrap_or(&[]);
                match rest.iter().position(|byte| first.get(usize::from(*byte)).is_some_and(|f| *f)) {
                    Some(skipped) => pos += skipped,
                    None => return Ok(false),
                }
            }
            if program.anchored && pos > 0 {
                return Ok(false);
            }
            let bars = self.barred.is_some_and(|at| at == pos);
            if self.attempt(pos)? {
                return Ok(true);
            }
            self.barred = None;
            match program.sweeps.filter(|_| !bars) {
                Some(One::All) => return Ok(false),
                Some(One::Any) => match self.bytes.get(pos..).and_then(|r| memchr::memchr(b'\n', r)) {
                    Some(skipped) => pos += skipped + 1,
                    None => return Ok(false),
                },
                _ => match self.char_at(pos) {
                    Some(c) => pos += c.len_utf8(),
                    None => return Ok(false),
                },
            }
        }
    }

    fn attempt(&mut self, pos: usize) -> Result<bool, RegexError> {
        self.slots.fill(NONE);
        self.choices.clear();
        let Some(end) = self.run(0, pos)? else { return Ok(false) };
        if let Some(whole) = self.slots.first_chunk_mut::<2>() {
            *whole = [pos as u32, end as u32];
        }
        Ok(true)
    }

    fn spend(&mut self, steps: usize) -> Result<(), RegexError> {
        match self.left.checked_sub(steps as u64) {
            Some(left) => self.left = left,
            None => return Err(RegexError("the pattern took too many steps".to_owned())),
        }
        Ok(())
    }

    fn push(&mut self, choice: Choice) -> Result<(), RegexError> {
        if self.choices.len() >= CHOICES {
            return Err(RegexError("the pattern took too many steps: too many choices are open".to_owned()));
        }
        self.choices.push(choice);
        Ok(())
    }

    fn char_at(&self, pos: usize) -> Option<char> {
        match self.bytes.get(pos) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.text.get(pos..)?.chars().next(),
        }
    }

    fn char_before(&self, pos: usize) -> Option<char> {
        match self.bytes.get(pos.checked_sub(1)?) {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            _ => self.text.get(..pos)?.chars().next_back(),
        }
    }

    fn one_at(&self, one: One, pos: usize) -> Option<usize> {
        let c = self.char_at(pos)?;
        let holds = match one {
            One::Any => c != '\n',
            One::All => true,
            One::Of(set) => self.program.sets.get(set)?.holds(c),
        };
        holds.then_some(pos + c.len_utf8())
    }

    /// Where at most `most` characters of a kind end that start here, and how many they are.
    fn many(&mut self, one: One, pos: usize, most: u32) -> Result<(usize, u32), RegexError> {
        if most == ENDLESS {
            let rest = self.bytes.get(pos..).unwrap_or(&[]);
            let end = match one {
                One::All => Some(rest.len()),
                One::Any => Some(memchr::memchr(b'\n', rest).unwrap_or(rest.len())),
                One::Of(_) => None,
            };
            if let Some(end) = end {
                self.spend(end / 16)?;
                return Ok((pos + end, ENDLESS));
            }
        }
        let (mut end, mut count) = (pos, 0);
        while count < most
            && let Some(next) = self.one_at(one, end)
        {
            end = next;
            count += 1;
        }
        self.spend((end - pos) / 2)?;
        Ok((end, count))
    }

    fn is_at(&self, place: Place, pos: usize) -> bool {
        let end = self.bytes.len();
        let newline = |at: usize| self.bytes.get(at) == Some(&b'\n');
        let edge = |ascii: bool| {
            let before = self.char_before(pos).is_some_and(|c| is_word(c, ascii));
            before != self.char_at(pos).is_some_and(|c| is_word(c, ascii))
        };
        match place {
            Place::Start => pos == 0,
            Place::LineStart => pos == 0 || newline(pos - 1),
            Place::End => pos == end,
            Place::LastLineEnd => pos == end || (pos + 1 == end && newline(pos)),
            Place::LineEnd => pos == end || newline(pos),
            Place::Boundary { ascii } => edge(ascii),
            // Nothing at all has no place that is no boundary.
            Place::NoBoundary { ascii } => end > 0 && !edge(ascii),
        }
    }

    fn back(&mut self, group: usize, fold: Fold, pos: usize) -> Result<Option<usize>, RegexError> {
        let place =
            |slot: usize| self.slots.get(slot).copied().filter(|at| *at != NONE).map(|at| at as usize);
        let (Some(start), Some(end)) = (place(2 * group), place(2 * group + 1)) else { return Ok(None) };
        let Some(wanted) = self.text.get(start..end) else { return Ok(None) };
        self.spend(wanted.len() / 8)?;
        let Some(rest) = self.text.get(pos..) else { return Ok(None) };
        if fold == Fold::No {
            return Ok(rest.starts_with(wanted).then_some(pos + wanted.len()));
        }
        let mut chars = rest.chars();
        for c in wanted.chars() {
            if chars.next().map(|c| lower(c, fold)) != Some(lower(c, fold)) {
                return Ok(None);
            }
        }
        Ok(Some(self.bytes.len() - chars.as_str().len()))
    }

    /// Matches what is apart from the rest: once done, its choices are forgotten, its groups may be taken back.
    fn apart(&mut self, at: usize, pos: usize) -> Result<Option<usize>, RegexError> {
        let base = self.choices.len();
        let end = self.run(at, pos)?;
        if end.is_some() {
            let mut kept = base;
            for i in base..self.choices.len() {
                if matches!(self.choices.get(i), Some(Choice::Slot { .. })) {
                    self.choices.swap(kept, i);
                    kept += 1;
                }
            }
            self.choices.truncate(kept);
        }
        Ok(end)
    }

    /// Takes back what was done since there were so many choices.
    fn unwind(&mut self, base: usize) {
        while self.choices.len() > base {
            if let Some(Choice::Slot { slot, old }) = self.choices.pop()
                && let Some(place) = self.slots.get_mut(slot as usize)
            {
                *place = old;
            }
        }
    }

    fn register(&mut self, register: usize, count: u32, last: u32) {
        if let Some(place) = self.registers.get_mut(register) {
            *place = (count, last);
        }
    }

    /// Runs from a step at a place until the match is done: where it ends.
    fn run(&mut self, at: usize, pos: usize) -> Result<Option<usize>, RegexError> {
        let base = self.choices.len();
        let program = self.program;
        let mut next = Some((at, pos));
        loop {
            let (at, pos) = match next {
                Some(next) => next,
                None => match self.retry(base)? {
                    Some(next) => next,
                    None => return Ok(None),
                },
            };
            self.spend(1)?;
            let Some(step) = program.steps.get(at) else { return Ok(None) };
            let on = at + 1;
            next = match step {
                Step::Text(text) => {
                    let rest = self.bytes.get(pos..).unwrap_or(&[]);
                    rest.starts_with(text).then_some((on, pos + text.len()))
                }
                Step::One(one) => self.one_at(*one, pos).map(|end| (on, end)),
                Step::At(place) => self.is_at(*place, pos).then_some((on, pos)),
                Step::Split(other) => {
                    self.push(Choice::Go { at: *other as u32, pos: pos as u32 })?;
                    Some((on, pos))
                }
                Step::Jump(to) => Some((*to, pos)),
                Step::Mark(slot) => {
                    let old = self.slots.get(*slot).copied().unwrap_or(NONE);
                    self.push(Choice::Slot { slot: *slot as u32, old })?;
                    if let Some(place) = self.slots.get_mut(*slot) {
                        *place = pos as u32;
                    }
                    Some((on, pos))
                }
                Step::Many { one, low, high, how, .. } => self.repeated(at, pos, *one, *low, *high, *how)?,
                Step::Start { register, end } => {
                    let (count, last) = self.registers.get(*register).copied().unwrap_or_default();
                    self.push(Choice::Register { register: *register as u32, count, last })?;
                    // One less than none: the end of the repetition counts before the first turn too.
                    self.register(*register, u32::MAX, NONE);
                    Some((*end, pos))
                }
                Step::Until { register, body, low, high, lazy } => {
                    let (old, last) = self.registers.get(*register).copied().unwrap_or_default();
                    let count = old.wrapping_add(1);
                    let again = (count < *high || *high == ENDLESS) && last != pos as u32;
                    if count < *low {
                        self.push(Choice::Register { register: *register as u32, count: old, last })?;
                        self.register(*register, count, last);
                        Some((*body, pos))
                    } else if *lazy {
                        if again {
                            self.push(Choice::Turn { until: at as u32, pos: pos as u32 })?;
                        }
                        Some((on, pos))
                    } else if again {
                        self.push(Choice::Leave { until: at as u32, count: old, last, pos: pos as u32 })?;
                        self.register(*register, count, pos as u32);
                        Some((*body, pos))
                    } else {
                        Some((on, pos))
                    }
                }
                Step::Atomic { after } => self.apart(on, pos)?.map(|end| (*after, end)),
                Step::Possessive { low, high, after } => {
                    self.possessive(on, pos, *low, *high)?.map(|end| (*after, end))
                }
                Step::Look { wanted, behind, after } => {
                    self.looks(on, pos, *wanted, *behind)?.then_some((*after, pos))
                }
                Step::Back { group, fold } => self.back(*group, *fold, pos)?.map(|end| (on, end)),
                Step::Condition { group, no } => {
                    let place = |slot: usize| self.slots.get(slot).copied().filter(|at| *at != NONE);
                    let took_part =
                        matches!((place(2 * group), place(2 * group + 1)), (Some(a), Some(b)) if a <= b);
                    Some((if took_part { on } else { *no }, pos))
                }
                Step::Done => return Ok(Some(pos)),
                Step::Match => {
                    let refused = self.barred == Some(pos) || (self.whole && pos != self.bytes.len());
                    if !refused {
                        return Ok(Some(pos));
                    }
                    None
                }
            };
        }
    }

    /// A character of a kind several times.
    fn repeated(
        &mut self,
        at: usize,
        pos: usize,
        one: One,
        low: u32,
        high: u32,
        how: How,
    ) -> Result<Option<(usize, usize)>, RegexError> {
        let (start, count) = self.many(one, pos, low)?;
        if count < low {
            return Ok(None);
        }
        let left = if high == ENDLESS { ENDLESS } else { high - low };
        if left == 0 {
            return Ok(Some((at + 1, start)));
        }
        if how == How::Lazy {
            self.push(Choice::More { at: at as u32, left, pos: start as u32 })?;
            return Ok(Some((at + 1, start)));
        }
        let (end, _) = self.many(one, start, left)?;
        if how == How::Possessive || end == start {
            return Ok(Some((at + 1, end)));
        }
        self.push(Choice::Fewer { at: at as u32, low: start as u32, pos: end as u32 })?;
        Ok(Some((at + 1, end)))
    }

    fn possessive(
        &mut self,
        body: usize,
        pos: usize,
        low: u32,
        high: u32,
    ) -> Result<Option<usize>, RegexError> {
        let (mut at, mut count) = (pos, 0);
        while count < low {
            self.spend(1)?;
            match self.apart(body, at)? {
                Some(end) => at = end,
                None => return Ok(None),
            }
            count += 1;
        }
        let mut last = None;
        while (count < high || high == ENDLESS) && last != Some(at) {
            last = Some(at);
            match self.apart(body, at)? {
                Some(end) => at = end,
                None => break,
            }
            count += 1;
        }
        Ok(Some(at))
    }

    fn looks(
        &mut self,
        body: usize,
        pos: usize,
        wanted: bool,
        behind: Option<u32>,
    ) -> Result<bool, RegexError> {
        let mut from = pos;
        for _ in 0..behind.unwrap_or(0) {
            match self.char_before(from) {
                Some(c) => from -= c.len_utf8(),
                None => return Ok(!wanted),
            }
        }
        self.spend((pos - from) / 8)?;
        let base = self.choices.len();
        let found = self.apart(body, from)?.is_some();
        if found && !wanted {
            self.unwind(base);
        }
        Ok(found == wanted)
    }

    /// Takes back the last choice and says where to go on; none where no choice is left above `base`.
    fn retry(&mut self, base: usize) -> Result<Option<(usize, usize)>, RegexError> {
        while self.choices.len() > base {
            let Some(choice) = self.choices.pop() else { break };
            match choice {
                Choice::Slot { slot, old } => {
                    if let Some(place) = self.slots.get_mut(slot as usize) {
                        *place = old;
                    }
                }
                Choice::Register { register, count, last } => self.register(register as usize, count, last),
                Choice::Go { at, pos } => return Ok(Some((at as usize, pos as usize))),
                Choice::Leave { until, count, last, pos } => {
                    if let Some(Step::Until { register, .. }) = self.program.steps.get(until as usize) {
                        self.register(*register, count, last);
                    }
                    return Ok(Some((until as usize + 1, pos as usize)));
                }
                Choice::Turn { until, pos } => {
                    let Some(Step::Until { register, body, .. }) = self.program.steps.get(until as usize)
                    else {
                        continue;
                    };
                    let (count, last) = self.registers.get(*register).copied().unwrap_or_default();
                    self.push(Choice::Register { register: *register as u32, count, last })?;
                    self.register(*register, count.wrapping_add(1), pos);
                    return Ok(Some((*body, pos as usize)));
                }
                Choice::Fewer { at, low, pos } => {
                    if let Some(next) = self.fewer(at, low, pos)? {
                        return Ok(Some(next));
                    }
                }
                Choice::More { at, left, pos } => {
                    let Some(Step::Many { one, .. }) = self.program.steps.get(at as usize) else { continue };
                    let Some(end) = self.one_at(*one, pos as usize) else { continue };
                    let left = if left == ENDLESS { left } else { left - 1 };
                    if left > 0 {
                        self.push(Choice::More { at, left, pos: end as u32 })?;
                    }
                    return Ok(Some((at as usize + 1, end)));
                }
            }
        }
        Ok(None)
    }

    /// Gives characters back until what must follow does.
    fn fewer(&mut self, at: u32, low: u32, pos: u32) -> Result<Option<(usize, usize)>, RegexError> {
        let Some(Step::Many { follows, .. }) = self.program.steps.get(at as usize) else { return Ok(None) };
        let (start, low) = (pos as usize, low as usize);
        let mut end = start;
        while end > low {
            let Some(c) = self.char_before(end) else { break };
            end -= c.len_utf8();
            if follows.is_none_or(|byte| self.bytes.get(end) == Some(&byte)) {
                self.spend((start - end) / 4)?;
                if end > low {
                    self.push(Choice::Fewer { at, low: low as u32, pos: end as u32 })?;
                }
                return Ok(Some((at as usize + 1, end)));
            }
        }
        self.spend((start - end) / 4)?;
        Ok(None)
    }
}
