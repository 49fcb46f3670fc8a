//! The longest-block comparison of Python's difflib, so that differences break where Ansible's do.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

/// A stretch of `before` and what stands for it in `after`; `equal` where both are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Both sides are equal.
    pub equal: bool,
    /// Positions in `before`.
    pub before: Range<usize>,
    /// Positions in `after`.
    pub after: Range<usize>,
}

/// From how many items on those that occur in more than one place of a hundred are not used as anchors.
const POPULAR_FROM: usize = 200;

/// The stretches that lead from `before` to `after`, in order, without gaps.
pub(super) fn stretches<T: Hash + Eq>(before: &[T], after: &[T]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (a, b, size) in blocks(before, after) {
        if i < a || j < b {
            stretches.push(Stretch { equal: false, before: i..a, after: j..b });
        }
        if size > 0 {
            stretches.push(Stretch { equal: true, before: a..a + size, after: b..b + size });
        }
        (i, j) = (a + size, b + size);
    }
    stretches
}

/// The matching blocks `(in before, in after, length)`, neighbours joined, an empty one at the end.
fn blocks<T: Hash + Eq>(before: &[T], after: &[T]) -> Vec<(usize, usize, usize)> {
    let places = places(after);
    let mut found = Vec::new();
    let mut waiting = vec![(0..before.len(), 0..after.len())];
    while let Some((a, b)) = waiting.pop() {
        let (i, j, size) = longest(before, after, &places, &a, &b);
        if size == 0 {
            continue;
        }
        found.push((i, j, size));
        waiting.push((a.start..i, b.start..j));
        waiting.push((i + size..a.end, j + size..b.end));
    }
    found.retain(|(.., size)| *size > 0);
    found.sort_unstable();
    let mut joined: Vec<(usize, usize, usize)> = Vec::with_capacity(found.len() + 1);
    for (i, j, size) in found {
        match joined.last_mut() {
            Some((a, b, length)) if *a + *length == i && *b + *length == j => *length += size,
            _ => joined.push((i, j, size)),
        }
    }
    joined.push((before.len(), after.len(), 0));
    joined
}

/// Where each item stands in `after`, without those that are too common to tell anything.
fn places<T: Hash + Eq>(after: &[T]) -> HashMap<&T, Vec<usize>> {
    let mut places: HashMap<&T, Vec<usize>> = HashMap::new();
    for (j, item) in after.iter().enumerate() {
        places.entry(item).or_default().push(j);
    }
    if after.len() >= POPULAR_FROM {
        let most = after.len() / 100 + 1;
        places.retain(|_, at| at.len() <= most);
    }
    places
}

/// The longest block of equal items within both ranges; the earliest of equally long ones.
fn longest<T: Hash + Eq>(
    before: &[T],
    after: &[T],
    places: &HashMap<&T, Vec<usize>>,
    a: &Range<usize>,
    b: &Range<usize>,
) -> (usize, usize, usize) {
    let (mut best_i, mut best_j, mut best) = (a.start, b.start, 0);
    let mut ending: HashMap<usize, usize> = HashMap::new();
    for (i, item) in before.iter().enumerate().take(a.end).skip(a.start) {
        let mut here = HashMap::new();
        for &j in places.get(item).map_or(&[][..], Vec::as_slice) {
            if j < b.start {
                continue;
            }
            if j >= b.end {
                break;
            }
            let size = if j == 0 { 1 } else { ending.get(&(j - 1)).copied().unwrap_or(0) + 1 };
            here.insert(j, size);
            if size > best {
                (best_i, best_j, best) = (i + 1 - size, j + 1 - size, size);
            }
        }
        ending = here;
    }
    // Common items are no anchors, but a block grows over them.
    while best_i > a.start && best_j > b.start && before[best_i - 1] == after[best_j - 1] {
        (best_i, best_j, best) = (best_i - 1, best_j - 1, best + 1);
    }
    while best_i + best < a.end && best_j + best < b.end && before[best_i + best] == after[best_j + best] {
        best += 1;
    }
    (best_i, best_j, best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_cover_both_sides() {
        let (before, after): (Vec<char>, Vec<char>) =
            ("qabxcd".chars().collect(), "abycdf".chars().collect());
        let expected = [
            (false, 0..1, 0..0),
            (true, 1..3, 0..2),
            (false, 3..4, 2..3),
            (true, 4..6, 3..5),
            (false, 6..6, 5..6),
        ];
        let found: Vec<_> =
            stretches(&before, &after).into_iter().map(|s| (s.equal, s.before, s.after)).collect();
        assert_eq!(found, expected);
    }
}
