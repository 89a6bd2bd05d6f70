//! Which item of a list became which: by identity, by equality, by place.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::document::{Scalar, Tree, TreeValue, View};

use super::change::same_scalar;

/// The keys that name the items of a list, the better name first.
const IDENTITIES: [&str; 4] = ["name", "at", "key", "flag"];

/// The largest table that looking for equal items may fill.
const MAX_TABLE: usize = 1_000_000;

/// For each wanted item the one that it was.
pub(super) struct Pairs {
    pub(super) of_new: Vec<Option<usize>>,
}

/// Matches the items of a list with the wanted ones.
pub(super) fn match_items(old: &[View<'_>], new: &[Tree]) -> Pairs {
    let mut pairs = Pairs {
        of_new: vec![None; new.len()],
    };
    let identity = IDENTITIES.iter().find(|key| {
        is_unique(
            old.iter()
                .map(|item| item.get(key).and_then(|v| v.as_str())),
        ) && is_unique(new.iter().map(|item| item.get(key).and_then(Tree::as_str)))
    });
    if let Some(identity) = identity.filter(|_| !old.is_empty() && !new.is_empty()) {
        by_identity(old, new, identity, &mut pairs);
        fill_gaps(
            old.len(),
            &mut pairs,
            |index, place| matches!((old.get(index), new.get(place)), (Some(old), Some(new)) if is_like(*old, new)),
        );
    } else {
        by_equality(old, new, &mut pairs);
        fill_gaps(old.len(), &mut pairs, |_, _| true);
    }
    pairs
}

fn is_unique<'n>(names: impl Iterator<Item = Option<&'n str>>) -> bool {
    let mut seen = HashSet::new();
    for name in names {
        if !name.is_some_and(|name| seen.insert(name)) {
            return false;
        }
    }
    true
}

fn by_identity(old: &[View<'_>], new: &[Tree], key: &str, pairs: &mut Pairs) {
    let named = |(index, item): (usize, &View<'_>)| {
        item.get(key)
            .and_then(|v| v.as_str().map(str::to_owned))
            .map(|name| (name, index))
    };
    let table: HashMap<String, usize> = old.iter().enumerate().filter_map(named).collect();
    for (item, pair) in new.iter().zip(&mut pairs.of_new) {
        let name = item.get(key).and_then(Tree::as_str);
        *pair = name.and_then(|name| table.get(name).copied());
    }
}

/// An item with another name is the same item if at least half of its other keys say the same.
fn is_like(old: View<'_>, new: &Tree) -> bool {
    let equal = |(key, tree): &&(String, Tree)| old.get(key).is_some_and(|value| says(value, tree));
    let equal = new.entries().iter().filter(equal).count();
    let all = old.entries().len().max(new.entries().len());
    equal * 2 >= all.saturating_sub(1)
}

fn by_equality(old: &[View<'_>], new: &[Tree], pairs: &mut Pairs) {
    let equal =
        |a: usize, b: usize| matches!((old.get(a), new.get(b)), (Some(a), Some(b)) if says(*a, b));
    let shorter = old.len().min(new.len());
    let front = (0..shorter).take_while(|at| equal(*at, *at)).count();
    let back = (0..shorter - front)
        .take_while(|at| equal(old.len() - 1 - at, new.len() - 1 - at))
        .count();
    let set = |pairs: &mut Pairs, b: usize, a: usize| {
        if let Some(pair) = pairs.of_new.get_mut(b) {
            *pair = Some(a);
        }
    };
    for at in 0..front {
        set(pairs, at, at);
    }
    for at in 1..=back {
        set(pairs, new.len() - at, old.len() - at);
    }
    let (rows, columns) = (old.len() - front - back, new.len() - front - back);
    if rows.saturating_mul(columns) > MAX_TABLE {
        return;
    }
    for (a, b) in longest_common(rows, columns, |a, b| equal(front + a, front + b)) {
        set(pairs, front + b, front + a);
    }
    // Equal items that crossed others have moved.
    let mut free: BTreeSet<usize> = (front..front + rows).collect();
    for pair in pairs.of_new.iter().flatten() {
        free.remove(pair);
    }
    for b in front..front + columns {
        if pairs.of_new.get(b) == Some(&None)
            && let Some(a) = free.iter().copied().find(|a| equal(*a, b))
        {
            free.remove(&a);
            set(pairs, b, a);
        }
    }
}

fn longest_common(
    rows: usize,
    columns: usize,
    equal: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let width = columns + 1;
    let mut lengths = vec![0_usize; (rows + 1) * width];
    let length =
        |lengths: &[usize], a: usize, b: usize| lengths.get(a * width + b).copied().unwrap_or(0);
    let mut is_equal = vec![false; rows * columns];
    for a in (0..rows).rev() {
        for b in (0..columns).rev() {
            let same = equal(a, b);
            let best = if same {
                length(&lengths, a + 1, b + 1) + 1
            } else {
                length(&lengths, a + 1, b).max(length(&lengths, a, b + 1))
            };
            if let Some(cell) = lengths.get_mut(a * width + b) {
                *cell = best;
            }
            if let Some(cell) = is_equal.get_mut(a * columns + b) {
                *cell = same;
            }
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < rows && b < columns {
        if is_equal.get(a * columns + b) == Some(&true) {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if length(&lengths, a + 1, b) >= length(&lengths, a, b + 1) {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

/// Pairs what is left between two neighbours that are matched, in order.
fn fill_gaps(old_len: usize, pairs: &mut Pairs, may: impl Fn(usize, usize) -> bool) {
    let taken: HashSet<usize> = pairs.of_new.iter().filter_map(|old| *old).collect();
    let mut next = 0;
    for place in 0..pairs.of_new.len() {
        match pairs.of_new.get(place) {
            Some(Some(old)) => next = old + 1,
            Some(None) if next < old_len && !taken.contains(&next) && may(next, place) => {
                if let Some(pair) = pairs.of_new.get_mut(place) {
                    *pair = Some(next);
                }
                next += 1;
            }
            _ => {}
        }
    }
}

/// Returns whether a place says what a tree says.
pub(super) fn says(view: View<'_>, tree: &Tree) -> bool {
    match &tree.value {
        TreeValue::Scalar(scalar) => view
            .scalar()
            .is_some_and(|old: &Scalar<'_>| same_scalar(old, scalar)),
        TreeValue::List(items) => {
            view.is_list()
                && view.items().len() == items.len()
                && view.items().zip(items).all(|(view, tree)| says(view, tree))
        }
        TreeValue::Map(entries) => {
            view.is_map()
                && view.entries().len() == entries.len()
                && view.entries().zip(entries).all(|(member, (key, value))| {
                    if member.key == key {
                        says(member.value, value)
                    } else {
                        tree.get(member.key)
                            .is_some_and(|value| says(member.value, value))
                    }
                })
        }
    }
}
